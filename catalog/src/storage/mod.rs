//! Objects by location: `s3://` (embedded, AWS or another endpoint), `gs://`, `az://` and `file://`, listed, read and written.
//!
//! `gs://` and `az://` take their credentials from the environment: `GOOGLE_APPLICATION_CREDENTIALS` or `GOOGLE_SERVICE_ACCOUNT`
//! (else the machine's own), and `AZURE_STORAGE_ACCOUNT_NAME` with `AZURE_STORAGE_ACCOUNT_KEY`, `AZURE_STORAGE_SAS_TOKEN` or
//! `AZURE_CLIENT_ID`, `AZURE_CLIENT_SECRET` and `AZURE_TENANT_ID` (else the machine's own).

mod config;
mod confine;
mod disk;
mod failure;
mod gate;
mod key;
mod lake;
mod listing;
mod location;
mod open;
mod requests;
mod s3;
mod waiting;

use std::collections::HashMap;
use std::fmt;
use std::ops::Range;
use std::sync::{Arc, RwLock};

use bytes::Bytes;
use futures::stream::{self, BoxStream};
use futures::{StreamExt as _, TryStreamExt as _};
use object_store::{GetOptions, GetRange, ObjectStore, ObjectStoreExt as _, PutMode, PutOptions};
use tokio::runtime::Handle;
use tokio::sync::Semaphore;
use url::Url;

pub use config::{Access, Credentials, S3, StorageConfig};
pub use disk::{Attributes, Checksum, Condition, Digest, Disk, Entry, Multipart, Opened, Page, Part, Question, Record, Upload};
pub use key::Why;
pub use lake::{Bucket, Lake};
pub use listing::{Folder, Listed, Object, Skipped};
pub use location::{Location, Scheme};
pub use requests::Requests;
pub use s3::{Answer, Forward, Heard, Payload};

use self::confine::Confinement;
use self::failure::from_library;
use self::listing::{meta, metas, object, prefix};
use self::open::{Lister, Open};
use self::requests::{Counters, count};
use crate::{ErrorKind, Result};

/// The stores. Cheap to clone.
#[derive(Clone)]
pub struct Storage {
    inner: Arc<Inner>,
}

struct Inner {
    confinement: Arc<Confinement>,
    counters: Arc<Counters>,
    permits: Arc<Semaphore>,
    concurrency: usize,
    files: Disk,
    /// Present when `s3://` is the embedded lake.
    lake: Option<Lake>,
    /// Present when it is not.
    s3: Option<Arc<s3::Client>>,
    /// Where requests of `object_store` wait.
    runtime: Handle,
    /// Stores in use, by scheme and bucket.
    stores: RwLock<HashMap<(Scheme, String), Open>>,
}

impl fmt::Debug for Storage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Storage")
            .field("confinement", &self.inner.confinement)
            .field("requests", &self.requests())
            .finish_non_exhaustive()
    }
}

impl Storage {
    /// Opens the storage; credentials are looked for at the first request that needs them.
    ///
    /// Errors (`InvalidInput`): the S3 endpoint is not a URL of a host.
    pub async fn new(config: StorageConfig) -> Result<Self> {
        let counters = Arc::new(Counters::default());
        let concurrency = config.concurrency.clamp(1, Semaphore::MAX_PERMITS);
        let permits = Arc::new(Semaphore::new(concurrency));
        let confinement = Arc::new(Confinement::new(&config));
        let files = Disk::files(confinement.files());
        let lake = matches!(config.s3, S3::Embedded).then(|| Lake::new(&config.data, config.confined));
        let s3 = s3::Client::new(config.s3, permits.clone(), counters.clone()).await?.map(Arc::new);
        let (stores, runtime) = (RwLock::default(), Handle::current());
        Ok(Self { inner: Arc::new(Inner { confinement, counters, permits, concurrency, files, lake, s3, runtime, stores }) })
    }

    /// The roots that requests to `s3://` must be under; none where everything of it may be touched.
    pub fn s3_roots(&self) -> Option<&[Location]> {
        self.inner.confinement.s3_roots()
    }

    /// The same stores for one who may touch less: what is under one of `roots` (`None`: all that this one may), and only read it if
    /// `read_only`. Requests are bounded and counted together.
    #[must_use]
    pub fn narrowed(&self, roots: Option<&[Location]>, read_only: bool) -> Self {
        let inner = &self.inner;
        let confinement = Arc::new(inner.confinement.narrowed(roots, read_only));
        Self {
            inner: Arc::new(Inner {
                files: Disk::files(confinement.files()),
                confinement,
                counters: Arc::clone(&inner.counters),
                permits: Arc::clone(&inner.permits),
                concurrency: inner.concurrency,
                lake: inner.lake.clone(),
                s3: inner.s3.clone(),
                runtime: inner.runtime.clone(),
                stores: RwLock::default(),
            }),
        }
    }

    /// Errors: `AccessDenied` where nothing may be written.
    pub fn writable(&self, at: &Location) -> Result<()> {
        self.inner.confinement.check_write(at)
    }

    /// The embedded lake, where `s3://` is one. It is not confined.
    pub fn lake(&self) -> Option<&Lake> {
        self.inner.lake.as_ref()
    }

    /// Sends a request of a client on to the S3 that is not embedded, signed with this storage's own credentials. Whether it may be
    /// sent is for the caller to check, by [`Self::s3_roots`].
    ///
    /// Errors: `InvalidInput` for a header that cannot be signed; `NotSupported` for a key that cannot be said, or where S3 is
    /// embedded; `AccessDenied` without credentials; `Unavailable`; and whatever the request's body ends with.
    pub async fn forward(&self, forward: Forward) -> Result<Answer> {
        match &self.inner.s3 {
            Some(client) => client.forward(forward).await,
            None => Err(crate::Error::not_supported("there is no other S3 behind the embedded lake")),
        }
    }

    /// What the S3 that is not embedded says of itself; `None` where it is embedded.
    ///
    /// Errors: `Unavailable` when it does not answer.
    pub async fn hear(&self) -> Result<Option<Heard>> {
        match &self.inner.s3 {
            Some(client) => client.hear().await.map(Some),
            None => Ok(None),
        }
    }

    /// The region of a bucket of the S3 that is not embedded; `None` where it is embedded.
    ///
    /// Errors: `ObjectNotFound` for a bucket that Amazon does not have, `AccessDenied`, `Unavailable`.
    pub async fn region_of(&self, bucket: &str) -> Result<Option<String>> {
        match &self.inner.s3 {
            Some(client) => client.region_of(bucket).await.map(Some),
            None => Ok(None),
        }
    }

    /// Every object under `prefix`, recursively, in pages, in byte order of the keys.
    /// A prefix without trailing slash is the object of that key and all under the folder of that name: `s3://b/x` lists no `s3://b/xy`.
    /// Nothing there is an empty listing; a missing bucket is an error.
    pub fn list(&self, prefix: &Location) -> BoxStream<'static, Result<Vec<Listed>>> {
        let open = match self.open(prefix) {
            Ok(open) => open,
            Err(error) => return stream::once(async { Err(error) }).boxed(),
        };
        let below = open.lister.list(&prefix.folder(), &self.inner.counters);
        if prefix.is_folder() {
            return below;
        }
        let (at, counters) = (prefix.clone(), self.inner.counters.clone());
        let exact = async move { open.lister.exact(&at, &counters).await.map(|found| found.into_iter().collect::<Vec<_>>()) };
        stream::once(exact).try_filter(|found| std::future::ready(!found.is_empty())).chain(below).boxed()
    }

    /// One level of a folder: its objects and the folders in it.
    pub async fn list_folder(&self, folder: &Location) -> Result<Folder> {
        self.open(folder)?.lister.list_folder(&folder.folder(), &self.inner.counters).await
    }

    /// The whole object.
    pub async fn get(&self, at: &Location) -> Result<Bytes> {
        self.open(at)?.get(at, None).await
    }

    /// The bytes of `range`, cut at the object's end; empty when it begins there.
    pub async fn get_range(&self, at: &Location, range: Range<u64>) -> Result<Bytes> {
        if range.is_empty() {
            return Ok(Bytes::new());
        }
        self.open(at)?.get(at, Some(range)).await
    }

    /// Size, etag and time of an object.
    pub async fn head(&self, at: &Location) -> Result<Object> {
        self.open(at)?.store.head(&at.path()?).await.map(object).map_err(|error| from_library(at, error))
    }

    /// Writes the object, replacing one that is there; readers see the old or the new one, never a part.
    pub async fn put(&self, at: &Location, content: Bytes) -> Result<()> {
        self.put_as(at, content, PutMode::Overwrite).await
    }

    /// Writes the object unless there is one (`AlreadyExists`).
    pub async fn put_if_absent(&self, at: &Location, content: Bytes) -> Result<()> {
        self.put_as(at, content, PutMode::Create).await
    }

    async fn put_as(&self, at: &Location, content: Bytes, mode: PutMode) -> Result<()> {
        let options = PutOptions { mode, ..PutOptions::default() };
        let put = self.open(at)?.store.put_opts(&at.path()?, content.into(), options).await;
        put.map(drop).map_err(|error| from_library(at, error))
    }

    /// Deletes the object; deleting what is not there is fine, as in S3.
    pub async fn delete(&self, at: &Location) -> Result<()> {
        let deleted = self.open(at)?.store.delete(&at.path()?).await;
        match deleted.map_err(|error| from_library(at, error)) {
            Err(error) if error.kind() == ErrorKind::ObjectNotFound => Ok(()),
            result => result,
        }
    }

    /// Many small objects of `base`'s bucket, in the order in which they arrive. Each key comes with a number of the caller's
    /// that is given back with the content; `limit` cuts each object to its first so many bytes.
    pub fn get_many(
        &self,
        base: &Location,
        keys: Vec<(usize, String)>,
        limit: Option<u64>,
    ) -> BoxStream<'static, (usize, Result<Bytes>)> {
        let open = match self.open(&base.with_key(keys.first().map_or("", |(_, key)| key.as_str()))) {
            Ok(open) => open,
            Err(error) => {
                let (kind, message) = (error.kind(), error.message().to_owned());
                return stream::iter(keys)
                    .map(move |(number, _)| (number, Err(crate::Error::new(kind, message.clone()))))
                    .boxed();
            }
        };
        if let Lister::Disk(disk) = &open.lister {
            let (allowed, refused) = self.divide(base, keys);
            let counters = self.inner.counters.clone();
            let read = disk.get_many(allowed, limit).inspect(move |(_, content)| {
                count(&counters.get);
                counters.read(content.as_ref().map_or(0, Bytes::len));
            });
            return stream::iter(refused).chain(read).boxed();
        }
        let base = base.clone();
        stream::iter(keys)
            .map(move |(number, key)| {
                let (open, at) = (open.clone(), base.with_key(key));
                async move { (number, open.get(&at, limit.map(|limit| 0..limit)).await) }
            })
            .buffer_unordered(self.inner.concurrency)
            .boxed()
    }

    /// Keys that may be read, and the answers for those that may not.
    #[allow(clippy::type_complexity)]
    fn divide(&self, base: &Location, keys: Vec<(usize, String)>) -> (Vec<(usize, String)>, Vec<(usize, Result<Bytes>)>) {
        let mut refused = Vec::new();
        let mut at = base.clone();
        let allowed = keys.into_iter().filter_map(|(number, key)| {
            at.key = key;
            match self.inner.confinement.check(&at) {
                Ok(()) => Some((number, std::mem::take(&mut at.key))),
                Err(error) => {
                    refused.push((number, Err(error)));
                    None
                }
            }
        });
        (allowed.collect(), refused)
    }

    /// A large object in chunks; a body that breaks is resumed where it broke.
    pub fn stream(&self, at: &Location) -> BoxStream<'static, Result<Bytes>> {
        self.stream_from(at, 0)
    }

    /// The same from its byte number `from` on.
    ///
    /// Errors: also `Unavailable` where the object has no such byte.
    pub fn stream_from(&self, at: &Location, from: u64) -> BoxStream<'static, Result<Bytes>> {
        let opened = self.open(at).and_then(|open| Ok((open, at.path()?)));
        let at = at.clone();
        let body = async move {
            let (open, path) = opened?;
            let range = (from > 0).then_some(GetRange::Offset(from));
            let result = open
                .store
                .get_opts(&path, GetOptions { range, ..GetOptions::default() })
                .await
                .map_err(|error| from_library(&at, error))?;
            Result::<_>::Ok(result.into_stream().map_err(move |error| from_library(&at, error)))
        };
        stream::once(body).try_flatten().boxed()
    }

    /// The store of `at` for libraries that want one, and the URL to register it under (`s3://bucket`, `file:///`); a key in it is
    /// [`Location::path`]. Its requests are checked, bounded and counted like the others.
    pub fn object_store(&self, at: &Location) -> Result<(Url, Arc<dyn ObjectStore>)> {
        let open = self.open(at)?;
        Ok((open.url, open.store))
    }

    /// The same store by the URL alone. Of it perhaps only a part may be touched, so it is each of its requests that is refused or not.
    ///
    /// Errors: `InvalidInput` for no URL of a store, `ObjectNotFound` for a bucket that the lake does not have.
    pub fn registered(&self, url: &Url) -> Result<Arc<dyn ObjectStore>> {
        Ok(self.opened(&Location::parse(url.as_str())?)?.store)
    }

    /// Counters since the storage was opened.
    pub fn requests(&self) -> Requests {
        self.inner.counters.now()
    }
}
