//! Multipart uploads. <https://docs.aws.amazon.com/AmazonS3/latest/userguide/mpuoverview.html>

use catalog::storage::{Attributes, Digest, Multipart, Part, Record};
use futures::TryStreamExt as _;
use percent_encoding::utf8_percent_encode;
use s3s::dto::{
    AbortMultipartUploadInput, AbortMultipartUploadOutput, ChecksumAlgorithm, ChecksumType, CompleteMultipartUploadInput,
    CompleteMultipartUploadOutput, CompletedPart, CopyPartResult, CreateMultipartUploadInput, CreateMultipartUploadOutput, ETag,
    ListMultipartUploadsInput, ListMultipartUploadsOutput, ListPartsInput, ListPartsOutput, MultipartUpload, Range, StorageClass,
    UploadPartCopyInput, UploadPartCopyOutput, UploadPartInput, UploadPartOutput,
};
use s3s::{S3Error, S3ErrorCode, S3Request, S3Response, S3Result};

use super::checksum::Check;
use super::conditions::{Conditions, of_write};
use super::door::Door;
use super::list::{self, Writing};
use super::objects::{self, receive, seen};
use super::rights::Wish;
use super::{attributes, checksum, failure, time};

/// Parts but the last have at least so many bytes.
const SHORTEST: u64 = 5 << 20;

pub(super) async fn create(door: &Door, request: S3Request<CreateMultipartUploadInput>) -> S3Result<CreateMultipartUploadOutput> {
    let (input, headers) = (request.input, request.headers);
    door.may(&input.bucket, Wish::Write(&input.key))?;
    let algorithm = input.checksum_algorithm.as_ref().map(|algorithm| checksum::known(algorithm.as_str())).transpose()?;
    let whole = match input.checksum_type.as_ref().map(ChecksumType::as_str) {
        Some(kind) => kind == ChecksumType::FULL_OBJECT,
        None => algorithm == Some("CRC64NVME"),
    };
    let record = Record {
        key: input.key.clone(),
        attributes: attributes::of_request(&headers)?,
        algorithm: algorithm.map(str::to_owned),
        whole,
        begun: chrono::Utc::now().timestamp_millis(),
    };
    let id = door.bucket(&input.bucket)?.begin_multipart(record).await.map_err(failure::of)?;
    Ok(CreateMultipartUploadOutput {
        bucket: Some(input.bucket),
        key: Some(input.key),
        upload_id: Some(id),
        checksum_algorithm: algorithm.map(ChecksumAlgorithm::from_static),
        checksum_type: algorithm.map(|_| kind(whole)),
        ..CreateMultipartUploadOutput::default()
    })
}

fn kind(whole: bool) -> ChecksumType {
    ChecksumType::from_static(if whole { ChecksumType::FULL_OBJECT } else { ChecksumType::COMPOSITE })
}

/// An upload that may be used. Errors: `NoSuchUpload`, also when it is one of another key.
async fn find(door: &Door, bucket: &str, key: &str, id: &str) -> S3Result<Multipart> {
    door.may(bucket, Wish::Write(key))?;
    let upload = door.bucket(bucket)?.multipart(id).await.map_err(failure::of)?;
    match upload.record.key == key {
        true => Ok(upload),
        false => Err(S3Error::with_message(S3ErrorCode::NoSuchUpload, format!("the upload '{id}' is not one of this key"))),
    }
}

/// Errors: `InvalidArgument` outside 1 to 10,000.
fn number(number: i32) -> S3Result<u16> {
    u16::try_from(number).ok().filter(|number| (1..=10_000).contains(number)).ok_or_else(|| {
        S3Error::with_message(S3ErrorCode::InvalidArgument, "Part number must be an integer between 1 and 10000, inclusive")
    })
}

pub(super) async fn part(door: &Door, request: S3Request<UploadPartInput>) -> S3Result<S3Response<UploadPartOutput>> {
    let (input, headers) = (request.input, request.headers);
    let upload = find(door, &input.bucket, &input.key, &input.upload_id).await?;
    let check = Check::of_request(&headers, &door.behind, upload.record.algorithm.as_deref())?;
    let digest = write(&upload, number(input.part_number)?, objects::body(input.body), check, input.content_length).await?;
    let output = UploadPartOutput { e_tag: Some(ETag::Strong(digest.etag.clone())), ..UploadPartOutput::default() };
    Ok(S3Response::with_headers(output, objects::checksum_headers(&digest)))
}

async fn write(
    upload: &Multipart,
    number: u16,
    content: impl futures::Stream<Item = S3Result<bytes::Bytes>> + Send,
    check: Check,
    length: Option<i64>,
) -> S3Result<Digest> {
    let gone = |error: catalog::Error| match error.kind() {
        catalog::ErrorKind::ObjectNotFound => S3Error::with_message(S3ErrorCode::NoSuchUpload, "the upload has ended meanwhile"),
        _ => failure::of(error),
    };
    let (parts, key) = upload.part(number);
    let mut file = parts.upload(&key).await.map_err(gone)?;
    let digest = receive(&mut file, content, check, length).await?;
    let attributes = Attributes { digest: Some(digest.clone()), ..Attributes::default() };
    let object = file.publish(Default::default(), attributes).await.map_err(gone)?;
    Ok(Digest { etag: object.etag.unwrap_or(digest.etag), ..digest })
}

pub(super) async fn part_copy(door: &Door, input: UploadPartCopyInput) -> S3Result<UploadPartCopyOutput> {
    let upload = find(door, &input.bucket, &input.key, &input.upload_id).await?;
    let conditions = Conditions {
        matches: input.copy_source_if_match,
        matches_none: input.copy_source_if_none_match,
        modified_since: input.copy_source_if_modified_since,
        unmodified_since: input.copy_source_if_unmodified_since,
    };
    let opened = objects::source(door, input.copy_source, conditions).await?;
    let size = seen(&opened).0.size;
    let range = match &input.copy_source_range {
        None => 0..size,
        Some(text) => Range::parse(text).ok().and_then(|range| range.check(size).ok()).ok_or_else(|| {
            S3Error::with_message(
                S3ErrorCode::InvalidRange,
                format!("the range '{text}' does not lie in the source's {size} bytes"),
            )
        })?,
    };
    let check = match &upload.record.algorithm {
        Some(algorithm) => Check::new(checksum::known(algorithm)?),
        None => Check::plain(),
    };
    let content = opened.stream(range).map_err(failure::of);
    let digest = write(&upload, number(input.part_number)?, content, check, None).await?;
    let sums = checksum::structure(digest.checksum.as_ref());
    let result = CopyPartResult {
        e_tag: Some(ETag::Strong(digest.etag)),
        last_modified: Some(time::stamp(chrono::Utc::now().timestamp_millis())),
        checksum_crc32: sums.checksum_crc32,
        checksum_crc32c: sums.checksum_crc32c,
        checksum_crc64nvme: sums.checksum_crc64nvme,
        checksum_sha1: sums.checksum_sha1,
        checksum_sha256: sums.checksum_sha256,
    };
    Ok(UploadPartCopyOutput { copy_part_result: Some(result), ..UploadPartCopyOutput::default() })
}

/// The URL of the object, by path unless the bucket was in the host.
fn location(door: &Door, bucket: &str, key: &str) -> String {
    let (origin, key) = (&door.origin, utf8_percent_encode(key, list::KEPT));
    let virtual_host = origin.split_once("://").is_some_and(|(_, host)| host.starts_with(&format!("{bucket}.")));
    if virtual_host { format!("{origin}/{key}") } else { format!("{origin}/{bucket}/{key}") }
}

pub(super) async fn complete(door: &Door, input: CompleteMultipartUploadInput) -> S3Result<CompleteMultipartUploadOutput> {
    let upload = find(door, &input.bucket, &input.key, &input.upload_id).await?;
    let condition = of_write(input.if_match, input.if_none_match)?;
    let named = input.multipart_upload.and_then(|upload| upload.parts).unwrap_or_default();
    let parts = chosen(&named, &upload.parts().await.map_err(failure::of)?)?;
    let size: u64 = parts.iter().map(|part| part.object.size).sum();
    if input.mpu_object_size.is_some_and(|expected| u64::try_from(expected) != Ok(size)) {
        return Err(S3Error::with_message(S3ErrorCode::InvalidRequest, format!("the parts together have {size} bytes")));
    }
    let digest = digest(&upload, &parts).await?;
    let attributes = Attributes { digest: Some(digest.clone()), ..upload.record.attributes.clone() };
    let numbers = parts.iter().map(|part| part.number).collect();
    let object = door.bucket(&input.bucket)?.complete_multipart(&upload, numbers, condition, attributes).await;
    let object = object.map_err(failure::of)?;
    let sums = checksum::structure(digest.checksum.as_ref());
    Ok(CompleteMultipartUploadOutput {
        location: Some(location(door, &input.bucket, &input.key)),
        bucket: Some(input.bucket),
        key: Some(input.key),
        e_tag: object.etag.map(ETag::Strong),
        checksum_type: digest.checksum.as_ref().map(|_| kind(upload.record.whole)),
        checksum_crc32: sums.checksum_crc32,
        checksum_crc32c: sums.checksum_crc32c,
        checksum_crc64nvme: sums.checksum_crc64nvme,
        checksum_sha1: sums.checksum_sha1,
        checksum_sha256: sums.checksum_sha256,
        ..CompleteMultipartUploadOutput::default()
    })
}

/// The parts that a client names, as they are there.
///
/// Errors: `MalformedXML` without any, `InvalidPartOrder`, `InvalidPart`, `EntityTooSmall`.
fn chosen(named: &[CompletedPart], there: &[Part]) -> S3Result<Vec<Part>> {
    let refuse = |code, why: String| Err(S3Error::with_message(code, why));
    if named.is_empty() {
        return refuse(S3ErrorCode::MalformedXML, "an upload is completed with at least one part".to_owned());
    }
    let mut parts: Vec<Part> = Vec::with_capacity(named.len());
    for name in named {
        let number = number(name.part_number.unwrap_or_default())?;
        if parts.last().is_some_and(|last| last.number >= number) {
            return refuse(S3ErrorCode::InvalidPartOrder, "parts must be named in ascending order".to_owned());
        }
        let etag = name.e_tag.as_ref().map(ETag::value);
        let found = there.iter().find(|part| part.number == number).filter(|part| part.object.etag.as_deref() == etag);
        match found {
            Some(part) => parts.push(part.clone()),
            None => {
                return refuse(S3ErrorCode::InvalidPart, format!("part {number} was not uploaded, or has another etag"));
            }
        }
    }
    match parts.iter().rev().skip(1).find(|part| part.object.size < SHORTEST) {
        Some(part) => refuse(
            S3ErrorCode::EntityTooSmall,
            format!("part {} has {} bytes; all parts but the last have at least {SHORTEST}", part.number, part.object.size),
        ),
        None => Ok(parts),
    }
}

/// The digest of what the parts make.
async fn digest(upload: &Multipart, parts: &[Part]) -> S3Result<Digest> {
    let record = &upload.record;
    let of = |part: &Part| Digest {
        etag: part.object.etag.clone().unwrap_or_default(),
        checksum: part.digest.as_ref().and_then(|digest| digest.checksum.clone()),
    };
    let digests: Vec<Digest> = parts.iter().map(of).collect();
    let by_parts = checksum::of_parts(&digests, record.algorithm.as_deref().filter(|_| !record.whole))?;
    let Some(algorithm) = record.algorithm.as_deref().filter(|_| record.whole) else { return Ok(by_parts) };
    let mut check = Check::new(checksum::known(algorithm)?);
    for part in parts {
        let (disk, key) = upload.part(part.number);
        let mut content = disk.open(&key).await.map_err(failure::of)?.stream(0..part.object.size);
        while let Some(chunk) = content.try_next().await.map_err(failure::of)? {
            check.update(&chunk);
        }
    }
    Ok(Digest { checksum: check.finish()?.checksum, ..by_parts })
}

pub(super) async fn abort(door: &Door, input: AbortMultipartUploadInput) -> S3Result<AbortMultipartUploadOutput> {
    let upload = find(door, &input.bucket, &input.key, &input.upload_id).await?;
    upload.end().await.map_err(failure::of)?;
    Ok(AbortMultipartUploadOutput::default())
}

pub(super) async fn parts(door: &Door, input: ListPartsInput) -> S3Result<ListPartsOutput> {
    let upload = find(door, &input.bucket, &input.key, &input.upload_id).await?;
    let (after, limit) = (input.part_number_marker.unwrap_or(0), list::limit(input.max_parts)?);
    let mut there = upload.parts().await.map_err(failure::of)?;
    there.retain(|part| i32::from(part.number) > after);
    let more = there.len() > limit;
    there.truncate(limit);
    let part = |part: &Part| {
        let sums = checksum::structure(part.digest.as_ref().and_then(|digest| digest.checksum.as_ref()));
        s3s::dto::Part {
            part_number: Some(i32::from(part.number)),
            e_tag: part.object.etag.clone().map(ETag::Strong),
            size: i64::try_from(part.object.size).ok(),
            last_modified: Some(time::stamp(part.object.modified)),
            checksum_crc32: sums.checksum_crc32,
            checksum_crc32c: sums.checksum_crc32c,
            checksum_crc64nvme: sums.checksum_crc64nvme,
            checksum_sha1: sums.checksum_sha1,
            checksum_sha256: sums.checksum_sha256,
        }
    };
    Ok(ListPartsOutput {
        parts: Some(there.iter().map(part).collect()),
        is_truncated: Some(more),
        next_part_number_marker: there.last().map(|part| i32::from(part.number)),
        part_number_marker: Some(after),
        max_parts: i32::try_from(limit).ok(),
        bucket: Some(input.bucket),
        key: Some(input.key),
        upload_id: Some(input.upload_id),
        owner: Some(list::owner()),
        storage_class: Some(StorageClass::from_static(StorageClass::STANDARD)),
        checksum_type: upload.record.algorithm.as_ref().map(|_| kind(upload.record.whole)),
        checksum_algorithm: upload.record.algorithm.map(ChecksumAlgorithm::from),
        ..ListPartsOutput::default()
    })
}

pub(super) async fn uploads(door: &Door, input: ListMultipartUploadsInput) -> S3Result<ListMultipartUploadsOutput> {
    if input.delimiter.is_some() {
        return Err(failure::not_implemented("a listing of uploads with a delimiter"));
    }
    let writing = Writing::of(input.encoding_type.as_ref())?;
    let prefix = input.prefix.clone().unwrap_or_default();
    door.may(&input.bucket, Wish::List(&prefix))?;
    let mut there = door.bucket(&input.bucket)?.multiparts().await.map_err(failure::of)?;
    let (key, id) = (input.key_marker.clone().unwrap_or_default(), input.upload_id_marker.clone());
    there.retain(|upload| {
        let behind = match &id {
            Some(id) => (&upload.record.key, &upload.id) > (&key, id),
            None => upload.record.key > key,
        };
        upload.record.key.starts_with(&prefix) && behind
    });
    let limit = list::limit(input.max_uploads)?;
    let more = there.len() > limit;
    there.truncate(limit);
    let upload = |upload: &Multipart| MultipartUpload {
        key: Some(writing.key(&upload.record.key)),
        upload_id: Some(upload.id.clone()),
        initiated: Some(time::stamp(upload.record.begun)),
        owner: Some(list::owner()),
        storage_class: Some(StorageClass::from_static(StorageClass::STANDARD)),
        checksum_algorithm: upload.record.algorithm.clone().map(ChecksumAlgorithm::from),
        ..MultipartUpload::default()
    };
    let last = there.last().filter(|_| more);
    Ok(ListMultipartUploadsOutput {
        next_key_marker: last.map(|last| writing.key(&last.record.key)),
        next_upload_id_marker: last.map(|last| last.id.clone()),
        uploads: Some(there.iter().map(upload).collect()),
        is_truncated: Some(more),
        max_uploads: i32::try_from(limit).ok(),
        bucket: Some(input.bucket),
        prefix: writing.optional(input.prefix),
        key_marker: writing.optional(input.key_marker),
        upload_id_marker: input.upload_id_marker,
        encoding_type: input.encoding_type,
        ..ListMultipartUploadsOutput::default()
    })
}
