//! ListObjectVersions: a bucket has one version of each object, which S3 calls `null`. Programs that clear a bucket, or that look which
//! version they have, ask so.

use catalog::storage::{Entry, Question};
use s3s::dto::{CommonPrefix, ETag, ListObjectVersionsInput, ListObjectVersionsOutput, ObjectVersion, ObjectVersionStorageClass};
use s3s::{S3Error, S3ErrorCode, S3Result};

use super::door::Door;
use super::list::{Writing, limit, owner};
use super::rights::Wish;
use super::{failure, time};

const VERSION: &str = "null";

/// Errors: `InvalidArgument` for a version to go on from without its key.
pub(super) async fn list(door: &Door, input: ListObjectVersionsInput) -> S3Result<ListObjectVersionsOutput> {
    if input.version_id_marker.is_some() && input.key_marker.is_none() {
        let why = "A version-id marker cannot be specified without a key marker.";
        return Err(S3Error::with_message(S3ErrorCode::InvalidArgument, why));
    }
    let writing = Writing::of(input.encoding_type.as_ref())?;
    let prefix = input.prefix.clone().unwrap_or_default();
    let after = input.key_marker.clone().unwrap_or_default();
    let limit = limit(input.max_keys)?;
    door.may(&input.bucket, Wish::List(&prefix))?;
    let question = Question { prefix, after, delimiter: input.delimiter.clone() };
    let page = door.bucket(&input.bucket)?.page(question, limit).await.map_err(failure::of)?;
    let (mut versions, mut prefixes) = (Vec::new(), Vec::new());
    for entry in &page.entries {
        match entry {
            Entry::Prefix(prefix) => prefixes.push(CommonPrefix { prefix: Some(writing.key(prefix)) }),
            Entry::Object(object) => versions.push(ObjectVersion {
                key: Some(writing.key(&object.key)),
                version_id: Some(VERSION.to_owned()),
                is_latest: Some(true),
                size: i64::try_from(object.size).ok(),
                e_tag: object.etag.clone().map(ETag::Strong),
                last_modified: Some(time::stamp(object.modified)),
                storage_class: Some(ObjectVersionStorageClass::from_static(ObjectVersionStorageClass::STANDARD)),
                owner: Some(owner()),
                ..ObjectVersion::default()
            }),
        }
    }
    let last = page.entries.last().filter(|_| page.more);
    Ok(ListObjectVersionsOutput {
        max_keys: i32::try_from(limit).ok(),
        is_truncated: Some(page.more),
        next_key_marker: last.map(|last| writing.key(last.key())),
        next_version_id_marker: last.filter(|last| matches!(last, Entry::Object(_))).map(|_| VERSION.to_owned()),
        versions: Some(versions),
        common_prefixes: Some(prefixes),
        name: Some(input.bucket),
        prefix: Some(writing.key(&input.prefix.unwrap_or_default())),
        delimiter: writing.optional(input.delimiter),
        key_marker: Some(writing.key(&input.key_marker.unwrap_or_default())),
        version_id_marker: input.version_id_marker,
        encoding_type: input.encoding_type,
        ..ListObjectVersionsOutput::default()
    })
}
