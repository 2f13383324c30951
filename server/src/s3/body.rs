//! Bodies on their way to a file: summed up as they come, written as they come once they are large.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use catalog::storage::{Condition, Disk, Object};
use futures::StreamExt as _;
use futures::stream::BoxStream;
use md5::{Digest as _, Md5};
use s3s::checksum::ChecksumHasher;
use s3s::crypto::Checksum as _;
use s3s::dto::{Checksum, ChecksumAlgorithm, StreamingBlob};
use s3s::{S3Result, s3_error};

use super::attributes::Checksums;
use super::error::of_object;
use crate::aws::Trailers;

/// What is held of a body before it goes to the disk, in bytes.
const PIECE: usize = 1 << 20;

/// Sums of a body, and what they have to be.
#[derive(Default)]
pub(super) struct Sums {
    hasher: ChecksumHasher,
    md5: Option<Md5>,
    expected: Checksum,
    expected_md5: Option<String>,
    /// What is expected is known when the body has been read.
    trailers: Option<Trailers>,
}

impl Sums {
    /// `expected` as the request's headers say; `algorithm` is one that is to be kept though nothing is expected.
    pub(super) fn new(
        expected: Checksum,
        md5: Option<String>,
        algorithm: Option<&ChecksumAlgorithm>,
        trailers: Option<Trailers>,
    ) -> Self {
        let wants = |name: &str, expected: &Option<String>| {
            expected.is_some() || algorithm.is_some_and(|algorithm| algorithm.as_str().eq_ignore_ascii_case(name))
        };
        let hasher = ChecksumHasher {
            crc32: wants("CRC32", &expected.checksum_crc32).then(s3s::crypto::Crc32::new),
            crc32c: wants("CRC32C", &expected.checksum_crc32c).then(s3s::crypto::Crc32c::new),
            crc64nvme: wants("CRC64NVME", &expected.checksum_crc64nvme).then(s3s::crypto::Crc64Nvme::new),
            sha1: wants("SHA1", &expected.checksum_sha1).then(s3s::crypto::Sha1::new),
            sha256: wants("SHA256", &expected.checksum_sha256).then(s3s::crypto::Sha256::new),
        };
        Self { hasher, md5: md5.is_some().then(Md5::new), expected, expected_md5: md5, trailers }
    }

    fn update(&mut self, bytes: &[u8]) {
        self.hasher.update(bytes);
        if let Some(md5) = &mut self.md5 {
            md5.update(bytes);
        }
    }

    /// Errors: `BadDigest` when the body is not what its sender summed up.
    async fn finish(self) -> S3Result<Checksums> {
        let (found, mut expected) = (Checksums::from(self.hasher.finalize()), Checksums::from(self.expected));
        if let Some(trailers) = self.trailers {
            expected.add(trailers.await.unwrap_or_default());
        }
        let agrees = |expected: &Option<String>, found: &Option<String>| expected.is_none() || expected == found;
        let md5 = self.md5.map(|md5| STANDARD.encode(md5.finalize()));
        if md5 != self.expected_md5 {
            return Err(s3_error!(BadDigest, "the Content-MD5 you specified did not match what we received"));
        }
        for (name, expected, found) in [
            ("CRC32", &expected.crc32, &found.crc32),
            ("CRC32C", &expected.crc32c, &found.crc32c),
            ("CRC64NVME", &expected.crc64nvme, &found.crc64nvme),
            ("SHA1", &expected.sha1, &found.sha1),
            ("SHA256", &expected.sha256, &found.sha256),
        ] {
            if !agrees(expected, found) {
                return Err(s3_error!(BadDigest, "the {name} you specified did not match the calculated checksum"));
            }
        }
        Ok(found)
    }
}

/// An object's bytes as the body of an answer, or of a copy.
pub(super) fn read(bytes: BoxStream<'static, catalog::Result<Bytes>>) -> StreamingBlob {
    StreamingBlob::from(s3s::Body::http_body_unsync(axum::body::Body::from_stream(bytes)))
}

/// Writes a body as an object; readers see all of it or nothing.
///
/// Errors: `IncompleteBody`, `BadDigest`, `PreconditionFailed`.
pub(super) async fn write(
    disk: &Disk,
    key: &str,
    body: Option<StreamingBlob>,
    condition: Condition,
    mut sums: Sums,
) -> S3Result<(Object, Checksums)> {
    let Some(mut body) = body else {
        let found = sums.finish().await?;
        return Ok((disk.put(key, Vec::new(), condition).await.map_err(of_object)?, found));
    };
    let (mut piece, mut size, mut upload) = (Vec::<Bytes>::new(), 0, None);
    while let Some(chunk) = body.next().await {
        let chunk = chunk.map_err(|error| s3_error!(IncompleteBody, "the body ended early: {error}"))?;
        sums.update(&chunk);
        size += chunk.len();
        piece.push(chunk);
        if size >= PIECE {
            if upload.is_none() {
                upload = Some(disk.upload(key).await.map_err(of_object)?);
            }
            if let Some(upload) = &mut upload {
                upload.part(std::mem::take(&mut piece)).await.map_err(of_object)?;
            }
            size = 0;
        }
    }
    // An upload that is dropped leaves nothing behind.
    let found = sums.finish().await?;
    let object = match upload {
        None => disk.put(key, piece, condition).await,
        Some(mut upload) => {
            upload.part(piece).await.map_err(of_object)?;
            upload.complete_if(condition).await
        }
    };
    Ok((object.map_err(of_object)?, found))
}
