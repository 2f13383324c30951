//! Uploads in parts. A part is a file in a tree beside the buckets until the upload is complete; which uploads there are is in the
//! catalog's database, so they outlive the server.

use catalog::PageRequest;
use catalog::local::{Document, SEPARATOR};
use catalog::storage::{Condition, Disk, Listed, Object};
use futures::{StreamExt as _, TryStreamExt as _};
use s3s::dto::*;
use s3s::{S3Result, s3_error};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::attributes::{Attributes, Headers, http_date};
use super::body::{Sums, read, write};
use super::door::Door;
use super::error::of_object;
use super::object::{condition, etag_of, modified, source, time};

/// Parts but the last have at least so many bytes.
const SMALLEST: u64 = 5 << 20;
const MOST_PARTS: i32 = 10_000;

/// An upload under way.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct Upload {
    bucket: String,
    key: String,
    id: String,
    /// Milliseconds since 1970-01-01 UTC.
    initiated: i64,
    /// What the object will have.
    attributes: Attributes,
}

impl Document for Upload {
    const KIND: &'static str = "s3_upload";
    const WHAT: &'static str = "upload";

    fn key(&self) -> String {
        upload_key(&self.bucket, &self.key, &self.id)
    }
}

fn upload_key(bucket: &str, key: &str, id: &str) -> String {
    format!("{bucket}{SEPARATOR}{key}{SEPARATOR}{id}")
}

pub(super) async fn create(door: &Door, input: CreateMultipartUploadInput) -> S3Result<CreateMultipartUploadOutput> {
    door.writable(&input.bucket, &input.key)?;
    let headers = Headers {
        content_type: input.content_type,
        cache_control: input.cache_control,
        content_disposition: input.content_disposition,
        content_encoding: input.content_encoding,
        content_language: input.content_language,
        expires: input.expires.as_ref().and_then(http_date),
    };
    let metadata = input.metadata.unwrap_or_default().into_iter().collect();
    let (bucket, key) = (input.bucket, input.key);
    let attributes = Attributes { bucket: bucket.clone(), key: key.clone(), headers, metadata, ..Attributes::default() };
    let initiated = chrono::Utc::now().timestamp_millis();
    let upload = Upload { bucket, key, id: Uuid::new_v4().simple().to_string(), initiated, attributes };
    door.home.create_document(&upload).await.map_err(of_object)?;
    Ok(CreateMultipartUploadOutput {
        bucket: Some(upload.bucket),
        key: Some(upload.key),
        upload_id: Some(upload.id),
        checksum_algorithm: input.checksum_algorithm,
        checksum_type: input.checksum_type,
        ..CreateMultipartUploadOutput::default()
    })
}

/// The upload, and where its parts are.
async fn open(door: &Door, bucket: &str, key: &str, id: &str) -> S3Result<(Upload, Disk)> {
    door.writable(bucket, key)?;
    let upload = door.home.document::<Upload>(&upload_key(bucket, key, id)).await;
    let upload = upload.map_err(|error| match error.kind() {
        catalog::ErrorKind::EntityNotFound => {
            s3_error!(NoSuchUpload, "the upload does not exist; it may have been completed or aborted")
        }
        _ => of_object(error),
    })?;
    Ok((upload, door.lake.uploads().await.map_err(of_object)?))
}

fn part_key(id: &str, number: i32) -> S3Result<String> {
    match (1..=MOST_PARTS).contains(&number) {
        true => Ok(format!("{id}/{number:05}")),
        false => Err(s3_error!(InvalidArgument, "a part's number is from 1 to {MOST_PARTS}")),
    }
}

pub(super) async fn part(door: &Door, input: UploadPartInput) -> S3Result<UploadPartOutput> {
    let (_, parts) = open(door, &input.bucket, &input.key, &input.upload_id).await?;
    let expected = Checksum {
        checksum_crc32: input.checksum_crc32,
        checksum_crc32c: input.checksum_crc32c,
        checksum_crc64nvme: input.checksum_crc64nvme,
        checksum_sha1: input.checksum_sha1,
        checksum_sha256: input.checksum_sha256,
        ..Checksum::default()
    };
    let sums = Sums::new(expected, input.content_md5, input.checksum_algorithm.as_ref(), door.trailers());
    let key = part_key(&input.upload_id, input.part_number)?;
    let (object, sums) = write(&parts, &key, input.body, Condition::None, sums).await?;
    Ok(UploadPartOutput {
        e_tag: etag_of(&object),
        checksum_crc32: sums.crc32,
        checksum_crc32c: sums.crc32c,
        checksum_crc64nvme: sums.crc64nvme,
        checksum_sha1: sums.sha1,
        checksum_sha256: sums.sha256,
        ..UploadPartOutput::default()
    })
}

pub(super) async fn part_copy(door: &Door, input: UploadPartCopyInput) -> S3Result<UploadPartCopyOutput> {
    let (_, parts) = open(door, &input.bucket, &input.key, &input.upload_id).await?;
    let (bucket, key) = source(&input.copy_source)?;
    let from = door.readable(&bucket, &key)?.open(&key).await.map_err(of_object)?;
    let range = match input.copy_source_range.as_deref() {
        None => 0..from.object.size,
        Some(text) => {
            let range = Range::parse(text).map_err(|_| s3_error!(InvalidArgument, "'{text}' is no range of bytes"))?;
            range.check(from.object.size)?
        }
    };
    let body = read(from.stream(range));
    let key = part_key(&input.upload_id, input.part_number)?;
    let (object, _) = write(&parts, &key, Some(body), Condition::None, Sums::default()).await?;
    let result = CopyPartResult { e_tag: etag_of(&object), last_modified: modified(&object), ..CopyPartResult::default() };
    Ok(UploadPartCopyOutput { copy_part_result: Some(result), ..UploadPartCopyOutput::default() })
}

pub(super) async fn complete(door: &Door, input: CompleteMultipartUploadInput) -> S3Result<CompleteMultipartUploadOutput> {
    let (upload, parts) = open(door, &input.bucket, &input.key, &input.upload_id).await?;
    let condition = condition(input.if_match.as_ref(), input.if_none_match.as_ref())?;
    let named = input.multipart_upload.and_then(|upload| upload.parts).unwrap_or_default();
    let chosen = chosen(&parts, &upload.id, &named).await?;
    let disk = door.writable(&input.bucket, &input.key)?;
    let mut whole = disk.upload(&input.key).await.map_err(of_object)?;
    for part in chosen {
        let mut content = parts.open(&part.key).await.map_err(of_object)?.stream(0..part.size);
        while let Some(chunk) = content.try_next().await.map_err(of_object)? {
            whole.part(vec![chunk]).await.map_err(of_object)?;
        }
    }
    let object = whole.complete_if(condition).await.map_err(of_object)?;
    let kept = Attributes { etag: object.etag.clone().unwrap_or_default(), ..upload.attributes.clone() };
    kept.store(&door.home).await.map_err(of_object)?;
    forget(door, &upload, &parts).await?;
    Ok(CompleteMultipartUploadOutput {
        location: Some(format!("/{}/{}", input.bucket, input.key)),
        bucket: Some(input.bucket),
        key: Some(input.key),
        e_tag: etag_of(&object),
        ..CompleteMultipartUploadOutput::default()
    })
}

/// The parts that a client names, which have to be those that are here.
async fn chosen(parts: &Disk, id: &str, named: &[CompletedPart]) -> S3Result<Vec<Object>> {
    if named.is_empty() {
        return Err(s3_error!(MalformedXML, "an upload is completed with at least one part"));
    }
    let numbers: Vec<i32> = named.iter().map(|part| part.part_number.unwrap_or_default()).collect();
    if !numbers.is_sorted_by(|left, right| left < right) {
        return Err(s3_error!(InvalidPartOrder, "the parts are not in ascending order"));
    }
    let mut chosen = Vec::with_capacity(named.len());
    for (part, number) in named.iter().zip(numbers) {
        let here = parts.head(&part_key(id, number)?).await.ok();
        let same = |object: &Object| part.e_tag.as_ref().is_none_or(|etag| Some(etag.value()) == object.etag.as_deref());
        let missing = || s3_error!(InvalidPart, "part {number} was not uploaded, or has another ETag");
        chosen.push(here.filter(same).ok_or_else(missing)?);
    }
    if chosen.iter().rev().skip(1).any(|part| part.size < SMALLEST) {
        return Err(s3_error!(EntityTooSmall, "a part that is not the last has at least 5 MiB"));
    }
    Ok(chosen)
}

pub(super) async fn abort(door: &Door, input: AbortMultipartUploadInput) -> S3Result<()> {
    let (upload, parts) = open(door, &input.bucket, &input.key, &input.upload_id).await?;
    forget(door, &upload, &parts).await
}

async fn forget(door: &Door, upload: &Upload, parts: &Disk) -> S3Result<()> {
    door.home.delete_document::<Upload>(&Document::key(upload)).await.map_err(of_object)?;
    for part in stored(parts, &upload.id).await? {
        parts.delete(&part.key).await.map_err(of_object)?;
    }
    Ok(())
}

/// The parts that are here, by number.
async fn stored(parts: &Disk, id: &str) -> S3Result<Vec<Object>> {
    let mut found = Vec::new();
    let mut listing = parts.list(&format!("{id}/"), "").map_err(of_object).boxed();
    while let Some(page) = listing.try_next().await? {
        found.extend(page.into_iter().filter_map(|listed| match listed {
            Listed::Object(object) => Some(object),
            Listed::Skipped(_) => None,
        }));
    }
    Ok(found)
}

pub(super) async fn parts(door: &Door, input: ListPartsInput) -> S3Result<ListPartsOutput> {
    let (upload, parts) = open(door, &input.bucket, &input.key, &input.upload_id).await?;
    let (most, marker) = (input.max_parts.unwrap_or(1000).clamp(0, 1000), input.part_number_marker.unwrap_or_default());
    let number = |object: &Object| object.key.rsplit('/').next().and_then(|number| number.parse::<i32>().ok());
    let all = stored(&parts, &upload.id).await?;
    let mut after = all.iter().filter_map(|object| number(object).filter(|number| *number > marker).map(|n| (n, object)));
    let listed: Vec<Part> = after
        .by_ref()
        .take(usize::try_from(most).unwrap_or_default())
        .map(|(number, object)| Part {
            part_number: Some(number),
            size: i64::try_from(object.size).ok(),
            e_tag: etag_of(object),
            last_modified: modified(object),
            ..Part::default()
        })
        .collect();
    let truncated = after.next().is_some();
    Ok(ListPartsOutput {
        bucket: Some(input.bucket),
        key: Some(input.key),
        upload_id: Some(upload.id),
        max_parts: Some(most),
        part_number_marker: Some(marker),
        is_truncated: Some(truncated),
        next_part_number_marker: listed.last().and_then(|part| part.part_number),
        parts: Some(listed),
        ..ListPartsOutput::default()
    })
}

pub(super) async fn list(door: &Door, input: ListMultipartUploadsInput) -> S3Result<ListMultipartUploadsOutput> {
    let prefix = input.prefix.clone().unwrap_or_default();
    door.readable(&input.bucket, &prefix)?;
    if input.delimiter.is_some() {
        return Err(s3_error!(NotImplemented, "uploads are listed without a delimiter"));
    }
    let most = usize::try_from(input.max_uploads.unwrap_or(1000).clamp(1, 1000)).unwrap_or(1000);
    let marker = input.key_marker.as_deref().filter(|marker| !marker.is_empty());
    let token = marker.map(|key| upload_key(&input.bucket, key, input.upload_id_marker.as_deref().unwrap_or("\u{10ffff}")));
    let start = format!("{}{SEPARATOR}{prefix}", input.bucket);
    let page = door.home.documents::<Upload>(&start, PageRequest { limit: Some(most), token }).await.map_err(of_object)?;
    let last = page.next.as_ref().and(page.items.last());
    Ok(ListMultipartUploadsOutput {
        next_key_marker: last.map(|upload| upload.key.clone()),
        next_upload_id_marker: last.map(|upload| upload.id.clone()),
        is_truncated: Some(last.is_some()),
        bucket: Some(input.bucket),
        prefix: input.prefix,
        max_uploads: i32::try_from(most).ok(),
        uploads: Some(
            page.items
                .iter()
                .map(|upload| MultipartUpload {
                    key: Some(upload.key.clone()),
                    upload_id: Some(upload.id.clone()),
                    initiated: time(upload.initiated),
                    ..MultipartUpload::default()
                })
                .collect(),
        ),
        ..ListMultipartUploadsOutput::default()
    })
}
