//! ListObjectsV2 and ListObjects: one page of a walk, said in either way.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use catalog::storage::{Entry, Page, Question};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use s3s::dto::{
    CommonPrefix, ETag, EncodingType, ListObjectsInput, ListObjectsOutput, ListObjectsV2Input, ListObjectsV2Output, Object,
    ObjectStorageClass, Owner,
};
use s3s::{S3Error, S3ErrorCode, S3Result};

use super::door::Door;
use super::rights::Wish;
use super::{failure, time};
use crate::aws::ACCOUNT;

/// What stays as it is in a key when `encoding-type=url` is asked for.
pub(super) const KEPT: &AsciiSet =
    &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~').remove(b'*').remove(b'/');
/// Entries of a page, at most.
const LONGEST: i32 = 1000;

/// How keys are written in an answer.
#[derive(Clone, Copy)]
pub(super) struct Writing {
    encoded: bool,
}

impl Writing {
    /// Errors: `InvalidArgument` for another encoding than `url`.
    pub(super) fn of(encoding: Option<&EncodingType>) -> S3Result<Self> {
        match encoding.map(EncodingType::as_str) {
            None => Ok(Self { encoded: false }),
            Some(EncodingType::URL) => Ok(Self { encoded: true }),
            Some(other) => Err(invalid(format!("the encoding '{other}' is unknown; known is url"))),
        }
    }

    pub(super) fn key(self, key: &str) -> String {
        match self.encoded {
            true => utf8_percent_encode(key, KEPT).to_string(),
            false => key.to_owned(),
        }
    }

    pub(super) fn optional(self, key: Option<String>) -> Option<String> {
        key.map(|key| self.key(&key))
    }

    fn contents(self, page: &Page, owner: bool) -> (Vec<Object>, Vec<CommonPrefix>) {
        let (mut objects, mut prefixes) = (Vec::new(), Vec::new());
        for entry in &page.entries {
            match entry {
                Entry::Prefix(prefix) => prefixes.push(CommonPrefix { prefix: Some(self.key(prefix)) }),
                Entry::Object(object) => objects.push(Object {
                    key: Some(self.key(&object.key)),
                    size: i64::try_from(object.size).ok(),
                    e_tag: object.etag.clone().map(ETag::Strong),
                    last_modified: Some(time::stamp(object.modified)),
                    storage_class: Some(ObjectStorageClass::from_static(ObjectStorageClass::STANDARD)),
                    owner: owner.then(self::owner),
                    ..Object::default()
                }),
            }
        }
        (objects, prefixes)
    }
}

/// Whom everything belongs to.
pub(super) fn owner() -> Owner {
    Owner { display_name: None, id: Some(ACCOUNT.to_owned()) }
}

pub(super) async fn second(door: &Door, input: ListObjectsV2Input) -> S3Result<ListObjectsV2Output> {
    let writing = Writing::of(input.encoding_type.as_ref())?;
    let prefix = input.prefix.clone().unwrap_or_default();
    let after = match &input.continuation_token {
        Some(token) => key_of(token)?,
        None => input.start_after.clone().unwrap_or_default(),
    };
    let limit = limit(input.max_keys)?;
    door.may(&input.bucket, Wish::List(&prefix))?;
    let question = Question { prefix, after, delimiter: input.delimiter.clone() };
    let page = door.bucket(&input.bucket)?.page(question, limit).await.map_err(failure::of)?;
    let (contents, common_prefixes) = writing.contents(&page, input.fetch_owner.unwrap_or(false));
    Ok(ListObjectsV2Output {
        key_count: i32::try_from(page.entries.len()).ok(),
        max_keys: i32::try_from(limit).ok(),
        is_truncated: Some(page.more),
        next_continuation_token: page.entries.last().filter(|_| page.more).map(|last| token(last.key())),
        continuation_token: input.continuation_token,
        contents: Some(contents),
        common_prefixes: Some(common_prefixes),
        name: Some(input.bucket),
        prefix: Some(writing.key(&input.prefix.unwrap_or_default())),
        delimiter: writing.optional(input.delimiter),
        start_after: writing.optional(input.start_after),
        encoding_type: input.encoding_type,
        ..ListObjectsV2Output::default()
    })
}

pub(super) async fn first(door: &Door, input: ListObjectsInput) -> S3Result<ListObjectsOutput> {
    let writing = Writing::of(input.encoding_type.as_ref())?;
    let prefix = input.prefix.clone().unwrap_or_default();
    let after = input.marker.clone().unwrap_or_default();
    let limit = limit(input.max_keys)?;
    door.may(&input.bucket, Wish::List(&prefix))?;
    let question = Question { prefix, after, delimiter: input.delimiter.clone() };
    let page = door.bucket(&input.bucket)?.page(question, limit).await.map_err(failure::of)?;
    let (contents, common_prefixes) = writing.contents(&page, true);
    Ok(ListObjectsOutput {
        max_keys: i32::try_from(limit).ok(),
        is_truncated: Some(page.more),
        // Without a delimiter clients go on from the last key themselves, and S3 says no marker.
        next_marker: page.entries.last().filter(|_| page.more && input.delimiter.is_some()).map(|last| writing.key(last.key())),
        contents: Some(contents),
        common_prefixes: Some(common_prefixes),
        name: Some(input.bucket),
        prefix: Some(writing.key(&input.prefix.unwrap_or_default())),
        delimiter: writing.optional(input.delimiter),
        marker: Some(writing.key(&input.marker.unwrap_or_default())),
        encoding_type: input.encoding_type,
        ..ListObjectsOutput::default()
    })
}

/// How many entries a page may have. Errors: `InvalidArgument` for a negative number.
pub(super) fn limit(asked: Option<i32>) -> S3Result<usize> {
    usize::try_from(asked.unwrap_or(LONGEST).min(LONGEST))
        .map_err(|_| invalid("the number of entries of a page cannot be negative".to_owned()))
}

/// Where a listing goes on, as a token that no client takes for a key.
fn token(key: &str) -> String {
    format!("1{}", URL_SAFE_NO_PAD.encode(key))
}

fn key_of(token: &str) -> S3Result<String> {
    let bytes = token.strip_prefix('1').and_then(|text| URL_SAFE_NO_PAD.decode(text).ok());
    bytes
        .and_then(|bytes| String::from_utf8(bytes).ok())
        .ok_or_else(|| invalid("the continuation token is not one that this server gave".to_owned()))
}

fn invalid(why: String) -> S3Error {
    S3Error::with_message(S3ErrorCode::InvalidArgument, why)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_and_keys() {
        for key in ["a/b", "ü +%", "a//", "\u{1}"] {
            assert_eq!(key_of(&token(key)).unwrap(), key);
        }
        assert!(key_of("a/b").is_err() && key_of("1%").is_err());
        let url = EncodingType::from_static(EncodingType::URL);
        assert_eq!(Writing::of(Some(&url)).unwrap().key("a b/ü+*~%"), "a%20b/%C3%BC%2B*~%25");
        assert_eq!((limit(None).unwrap(), limit(Some(5000)).unwrap(), limit(Some(0)).unwrap()), (1000, 1000, 0));
    }
}
