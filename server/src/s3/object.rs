//! Objects: put, get, head, copy, delete.

use std::time::{Duration, UNIX_EPOCH};

use catalog::storage::{Condition, Object};
use s3s::dto::*;
use s3s::{S3Result, s3_error};

use super::attributes::{Attributes, Headers, document_key, http_date};
use super::body::{Sums, read, write};
use super::door::Door;
use super::error::of_object;

/// The type of what was put without one.
const UNTYPED: &str = "binary/octet-stream";

pub(super) async fn put(door: &Door, input: PutObjectInput) -> S3Result<PutObjectOutput> {
    let disk = door.writable(&input.bucket, &input.key)?;
    let condition = condition(input.if_match.as_ref(), input.if_none_match.as_ref())?;
    let expected = Checksum {
        checksum_crc32: input.checksum_crc32,
        checksum_crc32c: input.checksum_crc32c,
        checksum_crc64nvme: input.checksum_crc64nvme,
        checksum_sha1: input.checksum_sha1,
        checksum_sha256: input.checksum_sha256,
        ..Checksum::default()
    };
    let sums = Sums::new(expected, input.content_md5, input.checksum_algorithm.as_ref(), door.trailers());
    let (object, checksum) = write(&disk, &input.key, input.body, condition, sums).await?;
    let headers = Headers {
        content_type: input.content_type.filter(|kind| kind != UNTYPED),
        cache_control: input.cache_control,
        content_disposition: input.content_disposition,
        content_encoding: input.content_encoding,
        content_language: input.content_language,
        expires: input.expires.as_ref().and_then(http_date),
    };
    let etag = object.etag.clone().unwrap_or_default();
    let metadata = input.metadata.unwrap_or_default().into_iter().collect();
    let kept = Attributes { bucket: input.bucket, key: input.key, etag, headers, metadata, checksum };
    kept.store(&door.home).await.map_err(of_object)?;
    Ok(PutObjectOutput {
        e_tag: etag_of(&object),
        checksum_crc32: kept.checksum.crc32,
        checksum_crc32c: kept.checksum.crc32c,
        checksum_crc64nvme: kept.checksum.crc64nvme,
        checksum_sha1: kept.checksum.sha1,
        checksum_sha256: kept.checksum.sha256,
        ..PutObjectOutput::default()
    })
}

/// What a writer demands of the object that is there.
pub(super) fn condition(if_match: Option<&ETagCondition>, if_none_match: Option<&ETagCondition>) -> S3Result<Condition> {
    match (if_match, if_none_match) {
        (None, None) => Ok(Condition::None),
        (None, Some(ETagCondition::Any)) => Ok(Condition::Absent),
        (Some(ETagCondition::ETag(etag)), None) => Ok(Condition::Etag(etag.value().to_owned())),
        _ => Err(s3_error!(NotImplemented, "a write takes If-None-Match: * or If-Match: \"etag\"")),
    }
}

pub(super) async fn get(door: &Door, input: GetObjectInput) -> S3Result<GetObjectOutput> {
    if input.part_number.is_some() || input.version_id.is_some() {
        return Err(s3_error!(NotImplemented, "objects are read whole or by range, not by part number or version"));
    }
    let disk = door.readable(&input.bucket, &input.key)?;
    let opened = disk.open(&input.key).await.map_err(of_object)?;
    let object = opened.object.clone();
    let asked = Asked {
        if_match: input.if_match,
        if_none_match: input.if_none_match,
        if_modified_since: input.if_modified_since,
        if_unmodified_since: input.if_unmodified_since,
    };
    asked.check(&object)?;
    let range = match &input.range {
        None => 0..object.size,
        Some(range) => range.check(object.size)?,
    };
    let content_range =
        input.range.is_some().then(|| format!("bytes {}-{}/{}", range.start, range.end.saturating_sub(1), object.size));
    let kept = Attributes::load(&door.home, &input.bucket, &input.key, object.etag.as_deref().unwrap_or_default()).await;
    // A checksum is of the whole object, so a part goes without.
    let summed = input.checksum_mode.is_some() && content_range.is_none();
    let checksum = if summed { kept.checksum } else { Default::default() };
    let length = range.end - range.start;
    Ok(GetObjectOutput {
        accept_ranges: Some("bytes".to_owned()),
        body: Some(read(opened.stream(range))),
        content_length: i64::try_from(length).ok(),
        content_range,
        e_tag: etag_of(&object),
        last_modified: modified(&object),
        content_type: input.response_content_type.or(kept.headers.content_type).or_else(|| Some(UNTYPED.to_owned())),
        cache_control: input.response_cache_control.or(kept.headers.cache_control),
        content_disposition: input.response_content_disposition.or(kept.headers.content_disposition),
        content_encoding: input.response_content_encoding.or(kept.headers.content_encoding),
        content_language: input.response_content_language.or(kept.headers.content_language),
        expires: input.response_expires.or_else(|| date(kept.headers.expires.as_deref())),
        metadata: Some(kept.metadata.into_iter().collect()).filter(|metadata: &Metadata| !metadata.is_empty()),
        checksum_crc32: checksum.crc32,
        checksum_crc32c: checksum.crc32c,
        checksum_crc64nvme: checksum.crc64nvme,
        checksum_sha1: checksum.sha1,
        checksum_sha256: checksum.sha256,
        ..GetObjectOutput::default()
    })
}

pub(super) async fn head(door: &Door, input: HeadObjectInput) -> S3Result<HeadObjectOutput> {
    let disk = door.readable(&input.bucket, &input.key)?;
    let object = disk.head(&input.key).await.map_err(of_object)?;
    let asked = Asked {
        if_match: input.if_match,
        if_none_match: input.if_none_match,
        if_modified_since: input.if_modified_since,
        if_unmodified_since: input.if_unmodified_since,
    };
    asked.check(&object)?;
    let kept = Attributes::load(&door.home, &input.bucket, &input.key, object.etag.as_deref().unwrap_or_default()).await;
    let checksum = if input.checksum_mode.is_some() { kept.checksum } else { Default::default() };
    Ok(HeadObjectOutput {
        accept_ranges: Some("bytes".to_owned()),
        content_length: i64::try_from(object.size).ok(),
        e_tag: etag_of(&object),
        last_modified: modified(&object),
        content_type: kept.headers.content_type.or_else(|| Some(UNTYPED.to_owned())),
        cache_control: kept.headers.cache_control,
        content_disposition: kept.headers.content_disposition,
        content_encoding: kept.headers.content_encoding,
        content_language: kept.headers.content_language,
        expires: date(kept.headers.expires.as_deref()),
        metadata: Some(kept.metadata.into_iter().collect()).filter(|metadata: &Metadata| !metadata.is_empty()),
        checksum_crc32: checksum.crc32,
        checksum_crc32c: checksum.crc32c,
        checksum_crc64nvme: checksum.crc64nvme,
        checksum_sha1: checksum.sha1,
        checksum_sha256: checksum.sha256,
        ..HeadObjectOutput::default()
    })
}

pub(super) async fn copy(door: &Door, input: CopyObjectInput) -> S3Result<CopyObjectOutput> {
    let (from_bucket, from_key) = source(&input.copy_source)?;
    let (from, to) = (door.readable(&from_bucket, &from_key)?, door.writable(&input.bucket, &input.key)?);
    let original = from.head(&from_key).await.map_err(of_object)?;
    let asked = Asked {
        if_match: input.copy_source_if_match,
        if_none_match: input.copy_source_if_none_match,
        if_modified_since: input.copy_source_if_modified_since,
        if_unmodified_since: input.copy_source_if_unmodified_since,
    };
    asked.check(&original).map_err(|_| s3_error!(PreconditionFailed, "the source does not meet the conditions"))?;
    let replaces = input.metadata_directive.as_ref().is_some_and(|how| how.as_str() == MetadataDirective::REPLACE);
    let onto_itself = from_bucket == input.bucket && from_key == input.key;
    if onto_itself && !replaces {
        return Err(s3_error!(InvalidRequest, "a copy of an object onto itself has to change its metadata"));
    }
    let etag = original.etag.clone().unwrap_or_default();
    let mut kept = Attributes::load(&door.home, &from_bucket, &from_key, &etag).await;
    let object = if onto_itself {
        original
    } else if from_bucket == input.bucket {
        to.copy(&from_key, &input.key, Condition::None).await.map_err(of_object)?
    } else {
        let body = read(from.open(&from_key).await.map_err(of_object)?.stream(0..original.size));
        write(&to, &input.key, Some(body), Condition::None, Sums::default()).await?.0
    };
    if replaces {
        kept.headers = Headers {
            content_type: input.content_type.filter(|kind| kind != UNTYPED),
            cache_control: input.cache_control,
            content_disposition: input.content_disposition,
            content_encoding: input.content_encoding,
            content_language: input.content_language,
            expires: input.expires.as_ref().and_then(http_date),
        };
        kept.metadata = input.metadata.unwrap_or_default().into_iter().collect();
    }
    (kept.bucket, kept.key, kept.etag) = (input.bucket, input.key, object.etag.clone().unwrap_or_default());
    door.home.put_document(&kept).await.map_err(of_object)?;
    let result = CopyObjectResult { e_tag: etag_of(&object), last_modified: modified(&object), ..CopyObjectResult::default() };
    Ok(CopyObjectOutput { copy_object_result: Some(result), ..CopyObjectOutput::default() })
}

/// Bucket and key of what is copied.
pub(super) fn source(from: &CopySource) -> S3Result<(String, String)> {
    match from {
        CopySource::Bucket { bucket, key, version_id: None } => Ok((bucket.to_string(), key.to_string())),
        _ => Err(s3_error!(NotImplemented, "only an object of a bucket can be copied, not a version and not by access point")),
    }
}

pub(super) async fn delete(door: &Door, bucket: &str, key: &str) -> S3Result<()> {
    let disk = door.writable(bucket, key)?;
    disk.delete(key).await.map_err(of_object)?;
    // Nothing may have been kept of it; what is kept belongs to an etag that never comes again.
    door.home.delete_document::<Attributes>(&document_key(bucket, key)).await.ok();
    Ok(())
}

/// The conditions of a reader, in the order of RFC 9110, 13.2.2.
struct Asked {
    if_match: Option<ETagCondition>,
    if_none_match: Option<ETagCondition>,
    if_modified_since: Option<Timestamp>,
    if_unmodified_since: Option<Timestamp>,
}

impl Asked {
    fn check(&self, object: &Object) -> S3Result<()> {
        let is = |condition: &ETagCondition| match condition {
            ETagCondition::Any => true,
            ETagCondition::ETag(etag) => Some(etag.value()) == object.etag.as_deref(),
        };
        // HTTP's dates have seconds.
        let changed = time(object.modified.div_euclid(1000) * 1000);
        let changed_after = |date: &Timestamp| changed.as_ref().is_some_and(|changed| changed > date);
        let fails = match (&self.if_match, &self.if_unmodified_since) {
            (Some(etag), _) => !is(etag),
            (None, Some(date)) => changed_after(date),
            (None, None) => false,
        };
        if fails {
            return Err(s3_error!(PreconditionFailed, "at least one of the preconditions you specified did not hold"));
        }
        let unchanged = match (&self.if_none_match, &self.if_modified_since) {
            (Some(etag), _) => is(etag),
            (None, Some(date)) => !changed_after(date),
            (None, None) => false,
        };
        if unchanged { Err(s3_error!(NotModified)) } else { Ok(()) }
    }
}

pub(super) fn etag_of(object: &Object) -> Option<ETag> {
    object.etag.clone().map(ETag::Strong)
}

pub(super) fn modified(object: &Object) -> Option<Timestamp> {
    time(object.modified)
}

/// Milliseconds since 1970 as S3 says them.
pub(super) fn time(milliseconds: i64) -> Option<Timestamp> {
    let since = Duration::from_millis(u64::try_from(milliseconds).ok()?);
    Some(Timestamp::from(UNIX_EPOCH + since))
}

fn date(text: Option<&str>) -> Option<Timestamp> {
    Timestamp::parse(TimestampFormat::HttpDate, text?).ok()
}
