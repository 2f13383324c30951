//! Listings, in the byte order of the keys, in pages, with what a delimiter folds together.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use catalog::storage::{Disk, Listed, Object};
use futures::{StreamExt as _, TryStreamExt as _};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use s3s::dto::{CommonPrefix, EncodingType, ListObjectsInput, ListObjectsOutput, ListObjectsV2Input, ListObjectsV2Output};
use s3s::{S3Result, s3_error};

use super::door::Door;
use super::error::of_object;
use super::object::{etag_of, modified};

/// The most entries of a page, and how many there are where nobody says.
const PAGE: i32 = 1000;

/// What stays as it is where a client asks for keys as a URL would have them.
const KEPT: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~').remove(b'/');

/// A page: entries in order, and where the next one begins.
#[derive(Debug, Default, PartialEq, Eq)]
struct Page {
    objects: Vec<Object>,
    prefixes: Vec<String>,
    /// The last key or prefix, where there is more.
    next: Option<String>,
}

/// ListObjectsV2.
pub(super) async fn second(door: &Door, input: ListObjectsV2Input) -> S3Result<ListObjectsV2Output> {
    let after = match &input.continuation_token {
        Some(token) => Some(decoded(token)?),
        None => input.start_after.clone(),
    };
    let (most, encode) = (most(input.max_keys)?, encoder(input.encoding_type.as_ref()));
    let page = page(door, &input.bucket, input.prefix.as_deref(), input.delimiter.as_deref(), after.as_deref(), most).await?;
    Ok(ListObjectsV2Output {
        name: Some(input.bucket),
        prefix: Some(encode(&input.prefix.unwrap_or_default())),
        max_keys: i32::try_from(most).ok(),
        key_count: i32::try_from(page.objects.len() + page.prefixes.len()).ok(),
        continuation_token: input.continuation_token,
        is_truncated: Some(page.next.is_some()),
        next_continuation_token: page.next.map(|next| URL_SAFE_NO_PAD.encode(next)),
        contents: Some(page.objects.iter().map(|object| entry(object, encode)).collect()),
        common_prefixes: Some(page.prefixes.iter().map(|prefix| CommonPrefix { prefix: Some(encode(prefix)) }).collect()),
        delimiter: input.delimiter.as_deref().map(encode),
        start_after: input.start_after.as_deref().map(encode),
        encoding_type: input.encoding_type,
        ..ListObjectsV2Output::default()
    })
}

/// ListObjects, the first version.
pub(super) async fn first(door: &Door, input: ListObjectsInput) -> S3Result<ListObjectsOutput> {
    let (most, encode) = (most(input.max_keys)?, encoder(input.encoding_type.as_ref()));
    let (prefix, delimiter) = (input.prefix.as_deref(), input.delimiter.as_deref());
    let page = page(door, &input.bucket, prefix, delimiter, input.marker.as_deref(), most).await?;
    Ok(ListObjectsOutput {
        name: Some(input.bucket.clone()),
        prefix: Some(encode(prefix.unwrap_or_default())),
        marker: Some(encode(input.marker.as_deref().unwrap_or_default())),
        max_keys: i32::try_from(most).ok(),
        is_truncated: Some(page.next.is_some()),
        // Without a delimiter clients go on from the last key, as S3 has it.
        next_marker: page.next.as_deref().filter(|_| delimiter.is_some()).map(encode),
        contents: Some(page.objects.iter().map(|object| entry(object, encode)).collect()),
        common_prefixes: Some(page.prefixes.iter().map(|prefix| CommonPrefix { prefix: Some(encode(prefix)) }).collect()),
        delimiter: delimiter.map(encode),
        encoding_type: input.encoding_type,
        ..ListObjectsOutput::default()
    })
}

fn entry(object: &Object, encode: fn(&str) -> String) -> s3s::dto::Object {
    s3s::dto::Object {
        key: Some(encode(&object.key)),
        size: i64::try_from(object.size).ok(),
        e_tag: etag_of(object),
        last_modified: modified(object),
        storage_class: Some(s3s::dto::ObjectStorageClass::from_static(s3s::dto::ObjectStorageClass::STANDARD)),
        ..s3s::dto::Object::default()
    }
}

fn most(asked: Option<i32>) -> S3Result<usize> {
    let most = asked.unwrap_or(PAGE).min(PAGE);
    usize::try_from(most).map_err(|_| s3_error!(InvalidArgument, "max-keys is not negative"))
}

fn encoder(encoding: Option<&EncodingType>) -> fn(&str) -> String {
    match encoding {
        Some(_) => |key| utf8_percent_encode(key, KEPT).to_string(),
        None => str::to_owned,
    }
}

fn decoded(token: &str) -> S3Result<String> {
    let bytes = URL_SAFE_NO_PAD.decode(token).ok().and_then(|bytes| String::from_utf8(bytes).ok());
    bytes.ok_or_else(|| s3_error!(InvalidArgument, "the continuation token provided is incorrect"))
}

async fn page(
    door: &Door,
    bucket: &str,
    prefix: Option<&str>,
    delimiter: Option<&str>,
    after: Option<&str>,
    most: usize,
) -> S3Result<Page> {
    let (prefix, after) = (prefix.unwrap_or_default(), after.unwrap_or_default());
    let disk = door.readable(bucket, prefix)?;
    if most == 0 {
        return Ok(Page::default());
    }
    match delimiter.filter(|delimiter| !delimiter.is_empty()) {
        None => flat(&disk, prefix, after, most).await,
        Some("/") => folder(&disk, prefix, after, most).await,
        Some(delimiter) => folded(&disk, prefix, delimiter, after, most).await,
    }
}

/// Every key under the prefix.
async fn flat(disk: &Disk, prefix: &str, after: &str, most: usize) -> S3Result<Page> {
    let mut page = Page::default();
    let mut listing = disk.list(prefix, after);
    while let Some(entries) = listing.try_next().await.map_err(of_object)? {
        for listed in entries {
            let Some(object) = object(disk, listed).await else { continue };
            if page.objects.len() == most {
                page.next = page.objects.last().map(|last| last.key.clone());
                return Ok(page);
            }
            page.objects.push(object);
        }
    }
    Ok(page)
}

/// One level of a tree, which the disk can list without looking below it.
async fn folder(disk: &Disk, prefix: &str, after: &str, most: usize) -> S3Result<Page> {
    let level = disk.list_folder(prefix).await.map_err(of_object)?;
    let mut objects = level.objects;
    let mut prefixes = level.folders;
    for skipped in level.skipped {
        match skipped.key[prefix.len()..].find('/') {
            Some(at) => prefixes.push(skipped.key[..=prefix.len() + at].to_owned()),
            None => objects.extend(disk.head(&skipped.key).await.ok()),
        }
    }
    // A prefix that was given already covers whatever is behind the last key of the page.
    objects.retain(|object| object.key.as_str() > after);
    prefixes.retain(|folder| folder.as_str() > after);
    objects.sort_unstable_by(|left, right| left.key.cmp(&right.key));
    prefixes.sort_unstable();
    prefixes.dedup();
    Ok(merged(objects, prefixes, most))
}

/// The first `most` of both in one order.
fn merged(objects: Vec<Object>, prefixes: Vec<String>, most: usize) -> Page {
    let mut page = Page::default();
    let (mut objects, mut prefixes) = (objects.into_iter().peekable(), prefixes.into_iter().peekable());
    let mut last = String::new();
    while objects.peek().is_some() || prefixes.peek().is_some() {
        if page.objects.len() + page.prefixes.len() == most {
            page.next = Some(last);
            break;
        }
        let object = objects.next_if(|object| prefixes.peek().is_none_or(|prefix| object.key < *prefix));
        if let Some(object) = object {
            last.clone_from(&object.key);
            page.objects.push(object);
        } else if let Some(prefix) = prefixes.next() {
            last.clone_from(&prefix);
            page.prefixes.push(prefix);
        }
    }
    page
}

/// Folded at another delimiter than the one of folders: what is behind a prefix is passed over key by key.
async fn folded(disk: &Disk, prefix: &str, delimiter: &str, after: &str, most: usize) -> S3Result<Page> {
    let mut page = Page::default();
    let mut last = String::new();
    let mut listing = disk.list(prefix, after).map_err(of_object).boxed();
    while let Some(entries) = listing.try_next().await? {
        for listed in entries {
            let Some(object) = object(disk, listed).await else { continue };
            let end = object.key[prefix.len()..].find(delimiter).map(|at| prefix.len() + at + delimiter.len());
            let common = end.map(|end| object.key[..end].to_owned());
            if common.as_ref().is_some_and(|common| page.prefixes.last() == Some(common) || after.starts_with(common.as_str())) {
                continue;
            }
            if page.objects.len() + page.prefixes.len() == most {
                page.next = Some(last);
                return Ok(page);
            }
            match common {
                Some(common) => {
                    last.clone_from(&common);
                    page.prefixes.push(common);
                }
                None => {
                    last.clone_from(&object.key);
                    page.objects.push(object);
                }
            }
        }
    }
    Ok(page)
}

/// An entry as an object: a key that no path of a library can hold is one all the same, here.
async fn object(disk: &Disk, listed: Listed) -> Option<Object> {
    match listed {
        Listed::Object(object) => Some(object),
        Listed::Skipped(skipped) => disk.head(&skipped.key).await.ok(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn objects_and_prefixes_share_one_order_and_one_limit() {
        let object = |key: &str| Object { key: key.to_owned(), size: 1, etag: None, modified: 0 };
        let page = merged(vec![object("a"), object("b!"), object("z")], vec!["a/".to_owned(), "b/".to_owned()], 3);
        assert_eq!(page.objects.iter().map(|object| object.key.as_str()).collect::<Vec<_>>(), ["a", "b!"]);
        assert_eq!((page.prefixes, page.next), (vec!["a/".to_owned()], Some("b!".to_owned())));
        let whole = merged(vec![object("a")], vec!["b/".to_owned()], 2);
        assert_eq!(whole.next, None, "a page that is just full has no next one");
    }

    #[test]
    fn keys_as_a_url_has_them() {
        let encode = encoder(Some(&EncodingType::from_static(EncodingType::URL)));
        assert_eq!(encode("a/b +%é"), "a/b%20%2B%25%C3%A9");
        assert_eq!(encoder(None)("a +"), "a +");
    }
}
