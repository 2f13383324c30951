//! What S3 keeps beside an object's content: headers, metadata, tags, digests. It lives in an extended attribute of the object's
//! file, so that it comes and goes with the content, in one step with it. Files copied in by hand have none.

use std::collections::BTreeMap;
use std::fs::{File, Metadata};
use std::io;
use std::path::Path;

use serde::{Deserialize, Serialize};
use xattr::FileExt as _;

use super::{Disk, Inner, stat};
use crate::storage::Object;
use crate::{Error, ErrorKind, Result};

/// The extended attribute. Its names are short: a file system has about 4 KB for all of a file's.
const NAME: &str = "user.civetta";

/// What is kept beside an object.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Attributes {
    /// Headers that are given back as they came, by their names in lower case: `content-type`, `cache-control`.
    #[serde(rename = "h", skip_serializing_if = "BTreeMap::is_empty")]
    pub headers: BTreeMap<String, String>,
    /// A user's own, by their names without `x-amz-meta-`.
    #[serde(rename = "m", skip_serializing_if = "BTreeMap::is_empty")]
    pub metadata: BTreeMap<String, String>,
    #[serde(rename = "t", skip_serializing_if = "BTreeMap::is_empty")]
    pub tags: BTreeMap<String, String>,
    /// None when the file was changed by other hands since.
    #[serde(rename = "d", skip_serializing_if = "Option::is_none")]
    pub digest: Option<Digest>,
}

/// What was computed from the content.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Digest {
    /// As S3 makes it: the MD5 of the content, or that of the parts' MD5s with `-` and their number.
    #[serde(rename = "e")]
    pub etag: String,
    #[serde(rename = "c", skip_serializing_if = "Option::is_none")]
    pub checksum: Option<Checksum>,
}

/// A checksum in S3's sense.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Checksum {
    /// `CRC32`, `CRC32C`, `CRC64NVME`, `SHA1` or `SHA256`.
    #[serde(rename = "a")]
    pub algorithm: String,
    /// In Base64; of the parts' checksums it ends with `-` and their number.
    #[serde(rename = "v")]
    pub value: String,
}

/// As it is written, with what the file was then.
#[derive(Serialize, Deserialize)]
struct Stored {
    #[serde(rename = "s")]
    stamp: String,
    #[serde(flatten)]
    attributes: Attributes,
}

impl Attributes {
    /// Those of an open file.
    pub(super) fn read(file: &File, meta: &Metadata) -> Self {
        Self::decode(file.get_xattr(NAME), meta)
    }

    pub(super) fn read_path(path: &Path, meta: &Metadata) -> Self {
        Self::decode(xattr::get_deref(path, NAME), meta)
    }

    /// A file system without such attributes has objects without them.
    fn decode(found: io::Result<Option<Vec<u8>>>, meta: &Metadata) -> Self {
        let Some(Ok(Stored { stamp, mut attributes })) = found.ok().flatten().map(|json| serde_json::from_slice(&json)) else {
            return Self::default();
        };
        attributes.digest = attributes.digest.filter(|_| stamp == stat::stamp(meta));
        attributes
    }

    /// Writes them to a file whose content is complete. Digests are dropped where the file system keeps no attributes; what a user
    /// gave is not.
    fn write(&self, file: &File) -> io::Result<()> {
        if *self == Self::default() {
            return Ok(());
        }
        let stored = Stored { stamp: stat::stamp(&file.metadata()?), attributes: self.clone() };
        match file.set_xattr(NAME, &serde_json::to_vec(&stored)?) {
            Err(error) if is_unsupported(&error) && self.metadata.is_empty() && self.tags.is_empty() => Ok(()),
            written => written,
        }
    }

    /// The object with the etag that S3's clients see.
    pub(super) fn object(&self, key: String, meta: &Metadata) -> Object {
        let object = stat::object(key, meta);
        match &self.digest {
            Some(digest) => Object { etag: Some(digest.etag.clone()), ..object },
            None => object,
        }
    }
}

fn is_unsupported(error: &io::Error) -> bool {
    error.kind() == io::ErrorKind::Unsupported
}

impl Inner {
    /// Writes what is kept beside an object whose content is complete.
    ///
    /// Errors: `NotSupported` when the file system keeps no metadata; `LimitExceeded` when it is too much for the file system.
    pub(super) fn attach(&self, attributes: &Attributes, file: &File, key: &str) -> Result<()> {
        attributes.write(file).map_err(|error| match error.kind() {
            io::ErrorKind::Unsupported => Error::new(
                ErrorKind::NotSupported,
                format!("{}{key}: the file system of the data directory keeps no metadata of objects", self.name),
            ),
            io::ErrorKind::StorageFull | io::ErrorKind::ArgumentListTooLong => Error::new(
                ErrorKind::LimitExceeded,
                format!("{}{key}: metadata and tags are more than the file system keeps for one file", self.name),
            ),
            _ => self.failed(key, "write metadata", error),
        })
    }
}

impl Disk {
    /// Changes what is kept beside an object, not its content. Errors: `ObjectNotFound`; those of writing it.
    pub async fn change_attributes(&self, key: &str, change: impl FnOnce(&mut Attributes) + Send + 'static) -> Result<()> {
        let (disk, key) = (self.inner.clone(), key.to_owned());
        self.blocking(move |_| {
            let _changing = disk.changing();
            let (path, meta) = disk.find(&key)?;
            let file = File::open(path).map_err(|error| disk.failed(&key, "read", error))?;
            let mut attributes = Attributes::read(&file, &meta);
            change(&mut attributes);
            disk.attach(&attributes, &file, &key)
        })
        .await
    }
}
