//! Objects by location: `s3://` (embedded, AWS or another endpoint), `gs://`, `az://` and `file://`, listed, read and written.

mod config;
mod key;
mod location;

use std::ops::Range;
use std::sync::Arc;

use bytes::Bytes;
use futures::stream::BoxStream;
use futures::{StreamExt as _, stream};
use object_store::ObjectStore;
use url::Url;

pub use config::{Access, Credentials, S3, StorageConfig};
pub use key::Why;
pub use location::{Location, Scheme};

use crate::{Error, Result};

/// What a listing says of one object.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Object {
    /// The whole key, from the bucket's root.
    pub key: String,
    /// In bytes.
    pub size: u64,
    /// Changes whenever the content does; without quotes.
    pub etag: Option<String>,
    /// Milliseconds since 1970-01-01 UTC.
    pub modified: i64,
}

/// One entry of a listing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Listed {
    Object(Object),
    /// Something that is there and cannot be read; never fatal for the listing.
    Skipped(Skipped),
}

/// A key that is there and cannot be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Skipped {
    pub key: String,
    pub why: Why,
}

/// One level of a listing.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Folder {
    /// The objects directly in the folder, in byte order of their keys.
    pub objects: Vec<Object>,
    /// The whole keys of the folders directly in it, each with its trailing slash, in byte order.
    pub folders: Vec<String>,
    pub skipped: Vec<Skipped>,
}

/// Counters of requests since the storage was opened. A request that was retried counts once.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Requests {
    /// Pages of listings; for files of this machine, listings.
    pub list: u64,
    pub get: u64,
    pub head: u64,
    pub put: u64,
    pub delete: u64,
    /// Bytes of objects' content.
    pub bytes_read: u64,
}

/// The stores. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Storage {
    inner: Arc<StorageConfig>,
}

fn soon<T>() -> Result<T> {
    Err(Error::not_supported("storage is being written"))
}

impl Storage {
    /// Opens the storage; credentials are looked for at the first request.
    pub async fn new(config: StorageConfig) -> Result<Self> {
        Ok(Self { inner: Arc::new(config) })
    }

    /// Every object under `prefix`, recursively, in pages, in byte order of the keys.
    /// A prefix without trailing slash is the object of that key and all under the folder of that name: `s3://b/x` lists no `s3://b/xy`.
    /// Nothing there is an empty listing; a missing bucket is an error.
    pub fn list(&self, _prefix: &Location) -> BoxStream<'static, Result<Vec<Listed>>> {
        stream::once(async { soon() }).boxed()
    }

    /// One level of a folder: its objects and the folders in it.
    pub async fn list_folder(&self, _folder: &Location) -> Result<Folder> {
        let _ = &self.inner;
        soon()
    }

    /// The whole object.
    pub async fn get(&self, _at: &Location) -> Result<Bytes> {
        soon()
    }

    /// The bytes of `range`, cut at the object's end.
    pub async fn get_range(&self, _at: &Location, _range: Range<u64>) -> Result<Bytes> {
        soon()
    }

    /// Size, etag and time of an object.
    pub async fn head(&self, _at: &Location) -> Result<Object> {
        soon()
    }

    /// Writes the object, replacing one that is there; readers see the old or the new one, never a part.
    pub async fn put(&self, _at: &Location, _content: Bytes) -> Result<()> {
        soon()
    }

    /// Writes the object unless there is one (`AlreadyExists`).
    pub async fn put_if_absent(&self, _at: &Location, _content: Bytes) -> Result<()> {
        soon()
    }

    /// Deletes the object; deleting what is not there is fine, as in S3.
    pub async fn delete(&self, _at: &Location) -> Result<()> {
        soon()
    }

    /// Many small objects of `base`'s bucket, in the order in which they arrive. Each key comes with a number of the caller's
    /// that is given back with the content; `limit` cuts each object to its first so many bytes.
    pub fn get_many(
        &self,
        _base: &Location,
        _keys: Vec<(usize, String)>,
        _limit: Option<u64>,
    ) -> BoxStream<'static, (usize, Result<Bytes>)> {
        stream::empty().boxed()
    }

    /// A large object in chunks; a body that breaks is resumed where it broke.
    pub fn stream(&self, _at: &Location) -> BoxStream<'static, Result<Bytes>> {
        stream::once(async { soon() }).boxed()
    }

    /// The store of `at` for libraries that want one, and the URL to register it under (`s3://bucket`, `file:///`); a key in it is
    /// [`Location::path`]. Its requests are checked, bounded and counted like the others.
    pub fn object_store(&self, _at: &Location) -> Result<(Url, Arc<dyn ObjectStore>)> {
        soon()
    }

    /// Counters since the storage was opened.
    pub fn requests(&self) -> Requests {
        Requests::default()
    }
}
