//! Stores as they come into use, one for each bucket.

use std::ops::Range;
use std::sync::{Arc, PoisonError};

use bytes::Bytes;
use futures::StreamExt as _;
use futures::stream::BoxStream;
use object_store::azure::MicrosoftAzureBuilder;
use object_store::client::SpawnedReqwestConnector;
use object_store::gcp::GoogleCloudStorageBuilder;
use object_store::path::Path;
use object_store::{GetOptions, ObjectStore, ObjectStoreExt as _};
use url::Url;

use super::failure::from_library;
use super::gate::Gate;
use super::listing::{library_pages, object};
use super::requests::{Counters, count};
use super::{Disk, Folder, Listed, Location, Scheme, Skipped, Storage, Why, key, s3};
use crate::{Error, ErrorKind, Result};

/// A bucket in use.
#[derive(Debug, Clone)]
pub(super) struct Open {
    pub(super) url: Url,
    /// Behind the gate.
    pub(super) store: Arc<dyn ObjectStore>,
    pub(super) lister: Lister,
}

/// Who lists a bucket.
#[derive(Debug, Clone)]
pub(super) enum Lister {
    Disk(Disk),
    S3(s3::Bucket),
    /// `object_store` does.
    Library(Arc<dyn ObjectStore>),
}

impl Storage {
    /// The store of a location that may be touched.
    pub(super) fn open(&self, at: &Location) -> Result<Open> {
        self.inner.confinement.check(at)?;
        self.opened(at)
    }

    /// The store that a location is in, whose operations check what they touch.
    pub(super) fn opened(&self, at: &Location) -> Result<Open> {
        let place = (at.scheme, at.bucket.clone());
        let known = self.inner.stores.read().unwrap_or_else(PoisonError::into_inner).get(&place).cloned();
        if let Some(open) = known {
            // A bucket of the lake may be gone since.
            if let (Scheme::S3, Some(lake)) = (at.scheme, &self.inner.lake) {
                lake.bucket(&at.bucket)?;
            }
            return Ok(open);
        }
        let open = self.connect(at)?;
        self.inner.stores.write().unwrap_or_else(PoisonError::into_inner).insert(place, open.clone());
        Ok(open)
    }

    fn connect(&self, at: &Location) -> Result<Open> {
        let inner = &self.inner;
        let (lister, store): (Lister, Arc<dyn ObjectStore>) = match (at.scheme, &inner.lake, &inner.s3) {
            (Scheme::File, ..) => (Lister::Disk(inner.files.clone()), Arc::new(inner.files.clone())),
            (Scheme::S3, Some(lake), _) => {
                let bucket = lake.bucket(&at.bucket)?;
                (Lister::Disk(bucket.clone()), Arc::new(bucket))
            }
            (Scheme::S3, None, Some(client)) => {
                let bucket = s3::Bucket::new(client.clone(), &at.bucket);
                (Lister::S3(bucket.clone()), Arc::new(bucket))
            }
            (Scheme::S3, None, None) => return Err(Error::internal("there is no S3")),
            (Scheme::Gs | Scheme::Az, ..) => {
                let store = library(at, SpawnedReqwestConnector::new(inner.runtime.clone()))?;
                (Lister::Library(store.clone()), store)
            }
        };
        let bucket = at.with_key("");
        let text = bucket.to_string();
        let url = Url::parse(text.strip_suffix('/').filter(|_| at.scheme != Scheme::File).unwrap_or(&text))
            .map_err(|error| Error::invalid(format!("{bucket} is no URL: {error}")))?;
        let permits = (!matches!(lister, Lister::Disk(_))).then(|| inner.permits.clone());
        let (confinement, counters) = (inner.confinement.clone(), inner.counters.clone());
        Ok(Open { url, store: Arc::new(Gate { store, bucket, confinement, counters, permits }), lister })
    }
}

/// A store that `object_store` does alone, configured by the environment.
fn library(at: &Location, http: SpawnedReqwestConnector) -> Result<Arc<dyn ObjectStore>> {
    let bucket = at.with_key("");
    let built: object_store::Result<Arc<dyn ObjectStore>> = match at.scheme {
        Scheme::Gs => {
            let builder = GoogleCloudStorageBuilder::from_env().with_bucket_name(&at.bucket).with_http_connector(http);
            builder.build().map(|store| Arc::new(store) as _)
        }
        _ => {
            let mut builder = MicrosoftAzureBuilder::from_env().with_http_connector(http);
            builder = match at.bucket.split_once('@') {
                // container@account.dfs.core.windows.net
                Some((container, host)) => {
                    builder.with_container_name(container).with_account(host.split('.').next().unwrap_or(host))
                }
                None => builder.with_container_name(&at.bucket),
            };
            builder.build().map(|store| Arc::new(store) as _)
        }
    };
    built.map_err(|error| from_library(bucket, error))
}

impl Open {
    /// An object, or the part of it that lies in `range`.
    pub(super) async fn get(&self, at: &Location, range: Option<Range<u64>>) -> Result<Bytes> {
        let path = at.path()?;
        let options = GetOptions { range: range.clone().map(Into::into), ..GetOptions::default() };
        let content = async { self.store.get_opts(&path, options).await?.bytes().await };
        match (content.await, range) {
            (Ok(content), _) => Ok(content),
            (Err(error), None) => Err(from_library(at, error)),
            // A range that begins at the end is an error of S3 (416), which looks like any other; an empty object has no other range.
            (Err(error @ object_store::Error::Generic { .. }), Some(range)) => match self.store.head(&path).await {
                Ok(meta) if meta.size <= range.start => Ok(Bytes::new()),
                _ => Err(from_library(at, error)),
            },
            (Err(error), Some(_)) => Err(from_library(at, error)),
        }
    }
}

impl Lister {
    /// All objects below a folder.
    pub(super) fn list(&self, folder: &Location, counters: &Arc<Counters>) -> BoxStream<'static, Result<Vec<Listed>>> {
        match self {
            Self::S3(bucket) => bucket.list_pages(&folder.key, ""),
            Self::Disk(disk) => {
                count(&counters.list);
                disk.list(&folder.key, "")
            }
            Self::Library(store) => {
                let counters = counters.clone();
                match library_path(folder) {
                    Ok(path) => {
                        library_pages(store.list(Some(&path)), folder.clone()).inspect(move |_| count(&counters.list)).boxed()
                    }
                    Err(error) => futures::stream::once(async { Err(error) }).boxed(),
                }
            }
        }
    }

    /// One level of a folder.
    pub(super) async fn list_folder(&self, folder: &Location, counters: &Counters) -> Result<Folder> {
        match self {
            Self::S3(bucket) => bucket.list_folder(&folder.key).await,
            Self::Disk(disk) => {
                count(&counters.list);
                disk.list_folder(&folder.key).await
            }
            Self::Library(store) => {
                count(&counters.list);
                let result =
                    store.list_with_delimiter(Some(&library_path(folder)?)).await.map_err(|error| from_library(folder, error))?;
                let mut listed = Folder { objects: result.objects.into_iter().map(object).collect(), ..Folder::default() };
                result.common_prefixes.iter().for_each(|prefix| listed.push_folder(format!("{prefix}/")));
                Ok(listed)
            }
        }
    }

    /// The object of exactly this key, if there is one.
    pub(super) async fn exact(&self, at: &Location, counters: &Counters) -> Result<Option<Listed>> {
        let found = match self {
            Self::S3(bucket) => bucket.exact(&at.key).await?,
            // Such a key is no path of a file, and no library's; the lake has them.
            _ if at.scheme != Scheme::S3 && key::unholdable(&at.key).is_some() => None,
            Self::Disk(disk) => {
                count(&counters.head);
                absent_is_none(disk.head(&at.key).await)?
            }
            Self::Library(store) => {
                count(&counters.head);
                absent_is_none(store.head(&at.path()?).await.map(object).map_err(|error| from_library(at, error)))?
            }
        };
        Ok(found.map(|object| match key::unholdable(&object.key) {
            None => Listed::Object(object),
            Some(why) => Listed::Skipped(Skipped { key: object.key, why: Why::Name(why) }),
        }))
    }
}

fn absent_is_none<T>(result: Result<T>) -> Result<Option<T>> {
    match result {
        Ok(found) => Ok(Some(found)),
        Err(error) if error.kind() == ErrorKind::ObjectNotFound => Ok(None),
        Err(error) => Err(error),
    }
}

/// A folder as a path for `object_store`, which adds the slash itself.
fn library_path(folder: &Location) -> Result<Path> {
    match folder.key.strip_suffix('/') {
        None => Ok(Path::ROOT),
        Some(key) => folder.with_key(key).path(),
    }
}
