//! What S3 keeps with an object beside its bytes. It lies in the catalog's database, because a file has no place for it, and names
//! the etag that it belongs to: a file that was replaced by hand has none of it.

use std::collections::BTreeMap;

use axum::http::HeaderName;
use catalog::Result;
use catalog::local::{Document, LocalCatalog, SEPARATOR};
use s3s::dto::{Checksum, Timestamp, TimestampFormat};
use serde::{Deserialize, Serialize};

/// An object's attributes.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct Attributes {
    pub(super) bucket: String,
    pub(super) key: String,
    /// Of the content that they describe.
    pub(super) etag: String,
    pub(super) headers: Headers,
    /// Without `x-amz-meta-`.
    pub(super) metadata: BTreeMap<String, String>,
    pub(super) checksum: Checksums,
}

/// What is given back as it was given.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct Headers {
    pub(super) content_type: Option<String>,
    pub(super) cache_control: Option<String>,
    pub(super) content_disposition: Option<String>,
    pub(super) content_encoding: Option<String>,
    pub(super) content_language: Option<String>,
    /// As HTTP writes dates.
    pub(super) expires: Option<String>,
}

/// In base64, as S3 writes them.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct Checksums {
    pub(super) crc32: Option<String>,
    pub(super) crc32c: Option<String>,
    pub(super) crc64nvme: Option<String>,
    pub(super) sha1: Option<String>,
    pub(super) sha256: Option<String>,
}

impl From<Checksum> for Checksums {
    fn from(sum: Checksum) -> Self {
        Self {
            crc32: sum.checksum_crc32,
            crc32c: sum.checksum_crc32c,
            crc64nvme: sum.checksum_crc64nvme,
            sha1: sum.checksum_sha1,
            sha256: sum.checksum_sha256,
        }
    }
}

impl Checksums {
    /// With those that came behind a body.
    pub(super) fn add(&mut self, trailers: Vec<(HeaderName, String)>) {
        for (name, value) in trailers {
            let sum = match name.as_str() {
                "x-amz-checksum-crc32" => &mut self.crc32,
                "x-amz-checksum-crc32c" => &mut self.crc32c,
                "x-amz-checksum-crc64nvme" => &mut self.crc64nvme,
                "x-amz-checksum-sha1" => &mut self.sha1,
                "x-amz-checksum-sha256" => &mut self.sha256,
                _ => continue,
            };
            *sum = Some(value);
        }
    }
}

impl Document for Attributes {
    const KIND: &'static str = "s3_object";
    const WHAT: &'static str = "attributes of the object";

    fn key(&self) -> String {
        document_key(&self.bucket, &self.key)
    }
}

pub(super) fn document_key(bucket: &str, key: &str) -> String {
    format!("{bucket}{SEPARATOR}{key}")
}

impl Attributes {
    /// Those of the object with this content; the defaults where nothing is kept.
    pub(super) async fn load(home: &LocalCatalog, bucket: &str, key: &str, etag: &str) -> Self {
        let kept = home.document::<Self>(&document_key(bucket, key)).await;
        kept.ok().filter(|kept| kept.etag == etag).unwrap_or_default()
    }

    /// Keeps them, where there is anything to keep.
    pub(super) async fn store(&self, home: &LocalCatalog) -> Result<()> {
        let nothing = self.headers == Headers::default() && self.metadata.is_empty() && self.checksum == Checksums::default();
        if nothing { Ok(()) } else { home.put_document(self).await }
    }
}

/// A date as HTTP writes it.
pub(super) fn http_date(date: &Timestamp) -> Option<String> {
    let mut text = Vec::new();
    date.format(TimestampFormat::HttpDate, &mut text).ok()?;
    String::from_utf8(text).ok()
}
