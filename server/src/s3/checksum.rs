//! Checksums of content: what a client says its body has, and what it has.
//! <https://docs.aws.amazon.com/AmazonS3/latest/userguide/checking-object-integrity.html>

use std::sync::{Arc, Mutex, PoisonError};

use axum::http::HeaderMap;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use catalog::storage::{Checksum, Digest};
use s3s::checksum::ChecksumHasher;
use s3s::crypto::{Checksum as _, Md5};
use s3s::{S3Error, S3ErrorCode, S3Result, dto};

use super::attributes::text;
use crate::aws::Trailers;

/// What S3 computes where the client asks for none.
const DEFAULT: &str = "CRC64NVME";
const ALGORITHMS: [&str; 5] = ["CRC32", "CRC32C", DEFAULT, "SHA1", "SHA256"];

/// What comes behind a request's body, there once the body was read.
#[derive(Debug, Clone, Default)]
pub(super) struct Behind(Arc<Mutex<Option<Trailers>>>);

impl Behind {
    pub(super) fn new(trailers: Option<Trailers>) -> Self {
        Self(Arc::new(Mutex::new(trailers)))
    }

    fn get(&self, name: &str) -> Option<String> {
        let mut trailers = self.0.lock().unwrap_or_else(PoisonError::into_inner).take()?;
        trailers.try_recv().ok()?.into_iter().find(|(found, _)| found.as_str() == name).map(|(_, value)| value)
    }
}

/// What a client says of a body, and what the body turns out to have.
pub(super) struct Check {
    algorithm: &'static str,
    expected: Option<String>,
    md5: Option<String>,
    behind: Behind,
    sums: ChecksumHasher,
    content: Md5,
}

impl Check {
    /// `preferred` is the algorithm to use where the request names none.
    ///
    /// Errors: `InvalidDigest` for a Content-MD5 that is none; `InvalidRequest` for an unknown algorithm.
    pub(super) fn of_request(headers: &HeaderMap, behind: &Behind, preferred: Option<&str>) -> S3Result<Self> {
        let md5 = text(headers, "content-md5").map(str::to_owned);
        if md5.as_ref().is_some_and(|md5| STANDARD.decode(md5).map_or(0, |md5| md5.len()) != 16) {
            return Err(S3Error::with_message(S3ErrorCode::InvalidDigest, "the Content-MD5 is no MD5 in Base64"));
        }
        let given = ALGORITHMS.iter().find(|algorithm| headers.contains_key(header(algorithm)));
        let announced = text(headers, "x-amz-trailer").and_then(|name| name.strip_prefix("x-amz-checksum-"));
        let named = announced
            .or(text(headers, "x-amz-sdk-checksum-algorithm"))
            .or(text(headers, "x-amz-checksum-algorithm"))
            .or(preferred)
            .unwrap_or(DEFAULT);
        let algorithm = match given {
            Some(given) => given,
            None => known(named)?,
        };
        let expected = text(headers, &header(algorithm)).map(str::to_owned);
        Ok(Self { md5, expected, behind: behind.clone(), ..Self::new(algorithm) })
    }

    /// For content of which nobody says anything.
    pub(super) fn new(algorithm: &'static str) -> Self {
        let mut sums = ChecksumHasher::default();
        match algorithm {
            "CRC32" => sums.crc32 = Some(Default::default()),
            "CRC32C" => sums.crc32c = Some(Default::default()),
            "SHA1" => sums.sha1 = Some(Default::default()),
            "SHA256" => sums.sha256 = Some(Default::default()),
            _ => sums.crc64nvme = Some(Default::default()),
        }
        Self { algorithm, expected: None, md5: None, behind: Behind::default(), sums, content: Md5::new() }
    }

    /// With the algorithm that S3 uses by itself.
    pub(super) fn plain() -> Self {
        Self::new(DEFAULT)
    }

    pub(super) fn update(&mut self, chunk: &Bytes) {
        self.sums.update(chunk);
        self.content.update(chunk);
    }

    /// The digest of the whole. Errors: `BadDigest` when it is not what the client said.
    pub(super) fn finish(self) -> S3Result<Digest> {
        let bad = |what: &str| {
            Err(S3Error::with_message(S3ErrorCode::BadDigest, format!("the {what} you specified did not match what we received")))
        };
        let content = self.content.finalize();
        if self.md5.is_some_and(|md5| md5 != STANDARD.encode(content)) {
            return bad("Content-MD5");
        }
        let value = value(self.algorithm, self.sums.finalize()).unwrap_or_default();
        let expected = self.expected.or_else(|| self.behind.get(&header(self.algorithm)));
        if expected.is_some_and(|expected| expected != value) {
            return bad(self.algorithm);
        }
        Ok(Digest { etag: hex(&content), checksum: Some(Checksum { algorithm: self.algorithm.to_owned(), value }) })
    }
}

/// An algorithm by its name in any case. Errors: `InvalidRequest`.
pub(super) fn known(name: &str) -> S3Result<&'static str> {
    ALGORITHMS.into_iter().find(|known| known.eq_ignore_ascii_case(name)).ok_or_else(|| {
        let known = ALGORITHMS.join(", ");
        S3Error::with_message(
            S3ErrorCode::InvalidRequest,
            format!("the checksum algorithm '{name}' is unknown; known are {known}"),
        )
    })
}

/// The digest of an object by those of its parts: MD5 of MD5s, checksum of checksums.
pub(super) fn of_parts(parts: &[Digest], algorithm: Option<&str>) -> S3Result<Digest> {
    let mut content = Md5::new();
    parts.iter().for_each(|part| content.update(&unhex(&part.etag)));
    let etag = format!("{}-{}", hex(&content.finalize()), parts.len());
    let Some(algorithm) = algorithm else { return Ok(Digest { etag, checksum: None }) };
    let mut check = Check::new(known(algorithm)?);
    for part in parts {
        let sum = part.checksum.as_ref().filter(|sum| sum.algorithm == algorithm);
        let Some(bytes) = sum.and_then(|sum| STANDARD.decode(&sum.value).ok()) else {
            return Ok(Digest { etag, checksum: None });
        };
        check.update(&bytes.into());
    }
    let sum = check.finish()?.checksum;
    let composite = sum.map(|sum| Checksum { value: format!("{}-{}", sum.value, parts.len()), ..sum });
    Ok(Digest { etag, checksum: composite })
}

/// The header that carries a checksum.
fn header(algorithm: &str) -> String {
    format!("x-amz-checksum-{}", algorithm.to_ascii_lowercase())
}

fn value(algorithm: &str, sums: dto::Checksum) -> Option<String> {
    match algorithm {
        "CRC32" => sums.checksum_crc32,
        "CRC32C" => sums.checksum_crc32c,
        "SHA1" => sums.checksum_sha1,
        "SHA256" => sums.checksum_sha256,
        _ => sums.checksum_crc64nvme,
    }
}

/// A checksum as S3's structures carry it.
pub(super) fn structure(checksum: Option<&Checksum>) -> dto::Checksum {
    let mut sums = dto::Checksum::default();
    let Some(Checksum { algorithm, value }) = checksum else { return sums };
    let place = match algorithm.as_str() {
        "CRC32" => &mut sums.checksum_crc32,
        "CRC32C" => &mut sums.checksum_crc32c,
        "SHA1" => &mut sums.checksum_sha1,
        "SHA256" => &mut sums.checksum_sha256,
        _ => &mut sums.checksum_crc64nvme,
    };
    *place = Some(value.clone());
    sums
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The bytes of a hexadecimal text; of another text its own.
fn unhex(text: &str) -> Vec<u8> {
    let byte = |at| text.get(at..at + 2).and_then(|pair| u8::from_str_radix(pair, 16).ok());
    let bytes: Option<Vec<u8>> = (0..text.len()).step_by(2).map(byte).collect();
    bytes.unwrap_or_else(|| text.as_bytes().to_vec())
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderName;

    use super::*;

    fn check(pairs: &[(&'static str, &str)]) -> S3Result<Digest> {
        let headers = pairs.iter().map(|(name, value)| (HeaderName::from_static(name), value.parse().unwrap())).collect();
        let mut check = Check::of_request(&headers, &Behind::default(), None)?;
        check.update(&Bytes::from_static(b"bo"));
        check.update(&Bytes::from_static(b"dy"));
        check.finish()
    }

    #[test]
    fn digests_of_content() {
        for (pairs, algorithm, value) in [
            (&[][..], "CRC64NVME", "mI+Ji1NHP80="),
            (&[("x-amz-sdk-checksum-algorithm", "crc32")], "CRC32", "26gLsg=="),
            (&[("x-amz-checksum-sha1", "Agg/RXngimEkJcDBoX7ket14O5Q=")], "SHA1", "Agg/RXngimEkJcDBoX7ket14O5Q="),
        ] {
            let digest = check(pairs).unwrap();
            assert_eq!(digest.etag, "841a2d689ad86bd1611447453c22c6fc");
            assert_eq!(digest.checksum, Some(Checksum { algorithm: algorithm.to_owned(), value: value.to_owned() }));
        }
    }

    #[test]
    fn wrong_digests_are_refused() {
        for (name, value, code) in [
            ("x-amz-checksum-crc32", "AAAAAA==", "BadDigest"),
            ("content-md5", "AAAAAAAAAAAAAAAAAAAAAA==", "BadDigest"),
            ("content-md5", "short", "InvalidDigest"),
            ("x-amz-sdk-checksum-algorithm", "CRC7", "InvalidRequest"),
        ] {
            assert_eq!(check(&[(name, value)]).unwrap_err().code().as_str(), code, "{name}: {value}");
        }
    }

    #[test]
    fn digests_of_parts() {
        let part = check(&[("x-amz-sdk-checksum-algorithm", "SHA256")]).unwrap();
        let whole = of_parts(&[part.clone(), part], Some("SHA256")).unwrap();
        assert!(whole.etag.ends_with("-2") && whole.checksum.unwrap().value.ends_with("=-2"));
    }
}
