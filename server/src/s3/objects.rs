//! Objects: written, read, copied, deleted.

use bytes::Bytes;
use catalog::storage::{Attributes, Digest, Object, Opened, Upload};
use catalog::{Error, ErrorKind};
use futures::{Stream, StreamExt as _, TryStreamExt as _};
use http_body_util::StreamBody;
use hyper::body::Frame;
use s3s::dto::{
    CopyObjectInput, CopyObjectOutput, CopyObjectResult, CopySource, DeleteObjectInput, DeleteObjectOutput, DeleteObjectsInput,
    DeleteObjectsOutput, DeletedObject, ETag, GetObjectInput, GetObjectOutput, HeadObjectInput, HeadObjectOutput,
    MetadataDirective, PutObjectInput, PutObjectOutput, Range, StreamingBlob, TaggingDirective,
};
use s3s::{S3Error, S3ErrorCode, S3Request, S3Response, S3Result};

use super::checksum::Check;
use super::conditions::{Conditions, of_write};
use super::door::Door;
use super::overrides::Overrides;
use super::rights::Wish;
use super::{attributes, checksum, failure, time};

/// Bytes that are written to the disk at once.
const CHUNK: usize = 1024 * 1024;
/// The longest body of one request. <https://docs.aws.amazon.com/AmazonS3/latest/userguide/qfacts.html>
const LONGEST: u64 = 5 << 30;

pub(super) async fn put(door: &Door, request: S3Request<PutObjectInput>) -> S3Result<S3Response<PutObjectOutput>> {
    let (input, headers) = (request.input, request.headers);
    door.may(&input.bucket, Wish::Write(&input.key))?;
    let mut attributes = attributes::of_request(&headers)?;
    let check = Check::of_request(&headers, &door.behind, None)?;
    let condition = of_write(input.if_match, input.if_none_match)?;
    let mut upload = door.bucket(&input.bucket)?.upload(&input.key).await.map_err(failure::of)?;
    let digest = receive(&mut upload, body(input.body), check, input.content_length).await?;
    attributes.digest = Some(digest.clone());
    let object = upload.publish(condition, attributes).await.map_err(failure::of)?;
    let output = PutObjectOutput { e_tag: object.etag.map(ETag::Strong), ..PutObjectOutput::default() };
    Ok(S3Response::with_headers(output, checksum_headers(&digest)))
}

/// The headers that say the checksum of what was written.
pub(super) fn checksum_headers(digest: &Digest) -> hyper::HeaderMap {
    let mut headers = hyper::HeaderMap::new();
    digest.checksum.iter().for_each(|checksum| attributes::put_checksum(&mut headers, checksum));
    headers
}

/// The body of a request, chunk by chunk. Errors: `IncompleteBody` when it breaks off, `SignatureDoesNotMatch` when it is not what was
/// signed.
pub(super) fn body(body: Option<StreamingBlob>) -> impl Stream<Item = S3Result<Bytes>> + Send {
    futures::stream::iter(body).flatten().map_err(|error| {
        let mut causes = std::iter::successors(Some(error.as_ref() as &dyn std::error::Error), |error| error.source());
        match causes.find_map(|cause| cause.downcast_ref::<Error>()).filter(|cause| cause.kind() == ErrorKind::AccessDenied) {
            Some(cause) => S3Error::with_message(S3ErrorCode::SignatureDoesNotMatch, cause.message().to_owned()),
            None => S3Error::with_message(S3ErrorCode::IncompleteBody, format!("the body could not be read to its end: {error}")),
        }
    })
}

/// Writes content to an upload and says its digest. `length` is what the request announced.
pub(super) async fn receive(
    upload: &mut Upload,
    content: impl Stream<Item = S3Result<Bytes>> + Send,
    mut check: Check,
    length: Option<i64>,
) -> S3Result<Digest> {
    let mut content = std::pin::pin!(content);
    let (mut waiting, mut bytes, mut total) = (Vec::new(), 0, 0_u64);
    while let Some(chunk) = content.try_next().await? {
        check.update(&chunk);
        bytes += chunk.len();
        total += chunk.len() as u64;
        if total > LONGEST {
            return Err(S3Error::with_message(S3ErrorCode::EntityTooLarge, "one request holds at most 5 GiB; upload in parts"));
        }
        waiting.push(chunk);
        if bytes >= CHUNK {
            upload.part(std::mem::take(&mut waiting)).await.map_err(failure::of)?;
            bytes = 0;
        }
    }
    if !waiting.is_empty() {
        upload.part(waiting).await.map_err(failure::of)?;
    }
    if length.is_some_and(|length| u64::try_from(length) != Ok(total)) {
        let why = format!("the body has {total} bytes and the request said {}", length.unwrap_or_default());
        return Err(S3Error::with_message(S3ErrorCode::IncompleteBody, why));
    }
    check.finish()
}

/// An opened object as S3's clients see it.
pub(super) fn seen(opened: &Opened) -> (Object, Attributes) {
    let attributes = opened.attributes();
    let mut object = opened.object.clone();
    if let Some(digest) = &attributes.digest {
        object.etag = Some(digest.etag.clone());
    }
    (object, attributes)
}

/// There is one version of each object, which S3 calls `null`. Errors: `NoSuchVersion`.
pub(super) fn current(version: Option<&str>) -> S3Result<()> {
    match version {
        None | Some("null") => Ok(()),
        Some(_) => Err(S3Error::with_message(S3ErrorCode::NoSuchVersion, "objects have no other version than 'null'")),
    }
}

/// The part of an object that is asked for. Errors: `InvalidRange`, with the size of the object.
fn part(range: Option<Range>, number: Option<i32>, size: u64) -> S3Result<Option<std::ops::Range<u64>>> {
    if number.is_some_and(|number| number != 1) {
        let status = hyper::StatusCode::RANGE_NOT_SATISFIABLE;
        return Err(failure::custom("InvalidPartNumber", status, "an object is kept as one part"));
    }
    let Some(range) = range else { return Ok(None) };
    range.check(size).map(Some).map_err(|_| {
        let mut error = S3Error::with_message(S3ErrorCode::InvalidRange, "The requested range is not satisfiable");
        let total = hyper::header::HeaderValue::from_str(&format!("bytes */{size}"));
        error.set_headers(total.map(|total| [(hyper::header::CONTENT_RANGE, total)].into_iter().collect()).unwrap_or_default());
        error
    })
}

fn said(range: &std::ops::Range<u64>, size: u64) -> String {
    format!("bytes {}-{}/{size}", range.start, range.end.saturating_sub(1))
}

/// The headers about an object, as the request wants them.
fn described(attributes: &Attributes, whole: bool, checksum: bool, overrides: &Overrides) -> hyper::HeaderMap {
    let mut headers = attributes::headers(attributes);
    if let Some(sum) = attributes.digest.as_ref().and_then(|digest| digest.checksum.as_ref()).filter(|_| whole && checksum) {
        attributes::put_checksum(&mut headers, sum);
    }
    overrides.apply(&mut headers);
    headers
}

pub(super) async fn get(door: &Door, request: S3Request<GetObjectInput>) -> S3Result<S3Response<GetObjectOutput>> {
    let overrides = Overrides::of(&request.uri)?;
    let input = request.input;
    current(input.version_id.as_deref())?;
    door.may(&input.bucket, Wish::Read(&input.key))?;
    let opened = door.bucket(&input.bucket)?.open(&input.key).await.map_err(failure::of)?;
    let (object, attributes) = seen(&opened);
    let conditions = Conditions {
        matches: input.if_match,
        matches_none: input.if_none_match,
        modified_since: input.if_modified_since,
        unmodified_since: input.if_unmodified_since,
    };
    conditions.check(&object)?;
    let range = part(input.range, input.part_number, object.size)?;
    let headers = described(&attributes, range.is_none(), input.checksum_mode.is_some(), &overrides);
    let wanted = range.clone().unwrap_or(0..object.size);
    let output = GetObjectOutput {
        accept_ranges: Some("bytes".to_owned()),
        content_length: i64::try_from(wanted.end - wanted.start).ok(),
        content_range: range.map(|range| said(&range, object.size)),
        e_tag: object.etag.map(ETag::Strong),
        last_modified: Some(time::stamp(object.modified)),
        body: Some(s3s::Body::http_body_unsync(StreamBody::new(opened.stream(wanted).map_ok(Frame::data))).into()),
        ..GetObjectOutput::default()
    };
    Ok(S3Response::with_headers(output, headers))
}

pub(super) async fn head(door: &Door, request: S3Request<HeadObjectInput>) -> S3Result<S3Response<HeadObjectOutput>> {
    let overrides = Overrides::of(&request.uri)?;
    let input = request.input;
    current(input.version_id.as_deref())?;
    door.may(&input.bucket, Wish::Read(&input.key))?;
    let opened = door.bucket(&input.bucket)?.open(&input.key).await.map_err(failure::of)?;
    let (object, attributes) = seen(&opened);
    let conditions = Conditions {
        matches: input.if_match,
        matches_none: input.if_none_match,
        modified_since: input.if_modified_since,
        unmodified_since: input.if_unmodified_since,
    };
    conditions.check(&object)?;
    let range = part(input.range, input.part_number, object.size)?;
    let headers = described(&attributes, range.is_none(), input.checksum_mode.is_some(), &overrides);
    let wanted = range.clone().unwrap_or(0..object.size);
    let status = range.as_ref().map(|_| hyper::StatusCode::PARTIAL_CONTENT);
    let output = HeadObjectOutput {
        accept_ranges: Some("bytes".to_owned()),
        content_length: i64::try_from(wanted.end - wanted.start).ok(),
        content_range: range.map(|range| said(&range, object.size)),
        e_tag: object.etag.map(ETag::Strong),
        last_modified: Some(time::stamp(object.modified)),
        ..HeadObjectOutput::default()
    };
    Ok(S3Response { status, ..S3Response::with_headers(output, headers) })
}

pub(super) async fn delete(door: &Door, input: DeleteObjectInput) -> S3Result<DeleteObjectOutput> {
    current(input.version_id.as_deref())?;
    if input.if_match.is_some() || input.if_match_size.is_some() || input.if_match_last_modified_time.is_some() {
        return Err(failure::not_implemented("a conditional delete"));
    }
    door.may(&input.bucket, Wish::Write(&input.key))?;
    door.bucket(&input.bucket)?.delete(&input.key).await.map_err(failure::of)?;
    Ok(DeleteObjectOutput::default())
}

/// Each object stands for itself: what fails is reported, the rest is deleted.
pub(super) async fn delete_many(door: &Door, input: DeleteObjectsInput) -> S3Result<DeleteObjectsOutput> {
    if input.delete.objects.len() > 1000 {
        return Err(S3Error::with_message(S3ErrorCode::MalformedXML, "one request deletes at most 1000 objects"));
    }
    door.may(&input.bucket, Wish::See)?;
    door.bucket(&input.bucket)?;
    let (mut deleted, mut errors) = (Vec::new(), Vec::new());
    for object in input.delete.objects {
        let asked = DeleteObjectInput {
            bucket: input.bucket.clone(),
            key: object.key.clone(),
            version_id: object.version_id,
            if_match: object.e_tag.map(s3s::dto::ETagCondition::ETag),
            ..DeleteObjectInput::default()
        };
        match delete(door, asked).await {
            Ok(_) => deleted.push(DeletedObject { key: Some(object.key), ..DeletedObject::default() }),
            Err(error) => errors.push(s3s::dto::Error {
                key: Some(object.key),
                code: Some(error.code().as_str().to_owned()),
                message: error.message().map(str::to_owned),
                version_id: None,
            }),
        }
    }
    let deleted = (!input.delete.quiet.unwrap_or(false)).then_some(deleted);
    Ok(DeleteObjectsOutput { deleted, errors: Some(errors), ..DeleteObjectsOutput::default() })
}

/// The source of a copy. Errors: `NotImplemented` for one that is no plain bucket and key.
pub(super) async fn source(door: &Door, source: CopySource, conditions: Conditions) -> S3Result<Opened> {
    let CopySource::Bucket { bucket, key, version_id } = source else {
        return Err(failure::not_implemented("a copy from an access point"));
    };
    current(version_id.as_deref())?;
    door.may(&bucket, Wish::Read(&key))?;
    let opened = door.bucket(&bucket)?.open(&key).await.map_err(failure::of)?;
    conditions.check_source(&seen(&opened).0)?;
    Ok(opened)
}

fn is_sum(digest: &Digest, algorithm: &str) -> bool {
    digest.checksum.as_ref().is_some_and(|checksum| checksum.algorithm == algorithm)
}

pub(super) async fn copy(door: &Door, request: S3Request<CopyObjectInput>) -> S3Result<CopyObjectOutput> {
    let (input, headers) = (request.input, request.headers);
    door.may(&input.bucket, Wish::Write(&input.key))?;
    let replaces = input.metadata_directive.as_ref().is_some_and(|directive| directive.as_str() == MetadataDirective::REPLACE);
    let retags = input.tagging_directive.as_ref().is_some_and(|directive| directive.as_str() == TaggingDirective::REPLACE);
    let to_itself =
        matches!(&input.copy_source, CopySource::Bucket { bucket, key, .. } if **bucket == *input.bucket && **key == *input.key);
    if to_itself && !replaces && !retags {
        return Err(S3Error::with_message(
            S3ErrorCode::InvalidRequest,
            "This copy request is illegal because it is trying to copy an object to itself without changing the object's metadata",
        ));
    }
    let conditions = Conditions {
        matches: input.copy_source_if_match,
        matches_none: input.copy_source_if_none_match,
        modified_since: input.copy_source_if_modified_since,
        unmodified_since: input.copy_source_if_unmodified_since,
    };
    let opened = source(door, input.copy_source, conditions).await?;
    let (object, old) = seen(&opened);
    let said = attributes::of_request(&headers)?;
    let mut new = Attributes {
        headers: if replaces { said.headers } else { old.headers },
        metadata: if replaces { said.metadata } else { old.metadata },
        tags: if retags { said.tags } else { old.tags },
        digest: old.digest,
    };
    let wanted = input.checksum_algorithm.as_ref().map(|algorithm| checksum::known(algorithm.as_str())).transpose()?;
    let bucket = door.bucket(&input.bucket)?;
    let copied = if new.digest.as_ref().is_some_and(|digest| wanted.is_none_or(|wanted| is_sum(digest, wanted))) {
        bucket.copy_in(opened, &input.key, Default::default(), new.clone()).await.map_err(failure::of)?
    } else {
        let mut upload = bucket.upload(&input.key).await.map_err(failure::of)?;
        let check = wanted.map_or_else(Check::plain, Check::new);
        new.digest = Some(receive(&mut upload, opened.stream(0..object.size).map_err(failure::of), check, None).await?);
        upload.publish(Default::default(), new.clone()).await.map_err(failure::of)?
    };
    let sums = checksum::structure(new.digest.as_ref().and_then(|digest| digest.checksum.as_ref()));
    let result = CopyObjectResult {
        e_tag: copied.etag.map(ETag::Strong),
        last_modified: Some(time::stamp(copied.modified)),
        checksum_crc32: sums.checksum_crc32,
        checksum_crc32c: sums.checksum_crc32c,
        checksum_crc64nvme: sums.checksum_crc64nvme,
        checksum_sha1: sums.checksum_sha1,
        checksum_sha256: sums.checksum_sha256,
        ..CopyObjectResult::default()
    };
    Ok(CopyObjectOutput { copy_object_result: Some(result), ..CopyObjectOutput::default() })
}
