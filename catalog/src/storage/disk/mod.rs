//! Objects that are files of this machine: `file://` and the embedded lake, which differ only in how keys are written as names.
//!
//! Every operation does its work in one blocking task. Writes are whole or absent for every reader, and survive the end of the process
//! at once; those of the engine are not synced to the disk one by one, so a power cut can lose the last seconds.

mod attributes;
#[cfg(test)]
mod door_tests;
mod guard;
mod multipart;
mod names;
mod page;
mod read;
mod stat;
mod store;
#[cfg(test)]
mod tests;
mod upload;
mod walk;
mod write;

use std::fs::Metadata;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicU64};
use std::sync::{Arc, Mutex};

use futures::stream::BoxStream;
use futures::{StreamExt as _, stream};
use tokio::sync::mpsc;

pub use attributes::{Attributes, Checksum, Digest};
pub(super) use guard::Guard;
pub use multipart::{Multipart, Part, Record};
use names::Names;
pub use page::{Entry, Page, Question};
pub use read::Opened;
pub use upload::Upload;
use walk::{Range, Step, Walk};
pub use write::Condition;

use super::{Folder, Listed, Object, key};
use crate::{Error, ErrorKind, Result};

/// Entries of one page of a listing.
const PAGE: usize = 1000;

/// A tree of files as objects: one bucket of the embedded lake, or all files of this machine. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Disk {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    /// What errors call it: `s3://bucket/` or `file:///`.
    name: String,
    root: PathBuf,
    names: Names,
    guard: Guard,
    /// Held while names change: making way for a folder, checking a condition, pruning folders.
    changes: Mutex<()>,
    /// Whether what dead processes left behind was removed.
    swept: AtomicBool,
    /// Objects made by this process.
    made: AtomicU64,
    /// Listings that wait for their next page.
    paused: Mutex<Vec<page::Paused>>,
}

impl Disk {
    /// The files of this machine.
    pub(super) fn files(guard: Guard) -> Self {
        Self::new("file:///".to_owned(), PathBuf::from("/"), Names::Plain, guard)
    }

    /// A bucket of the embedded lake, whose folder is `root`.
    pub(super) fn bucket(bucket: &str, root: PathBuf, guard: Guard) -> Self {
        Self::new(format!("s3://{bucket}/"), root, Names::Escaped, guard)
    }

    fn new(name: String, root: PathBuf, names: Names, guard: Guard) -> Self {
        Self {
            inner: Arc::new(Inner {
                name,
                root,
                names,
                guard,
                changes: Mutex::new(()),
                swept: AtomicBool::new(false),
                made: AtomicU64::new(0),
                paused: Mutex::default(),
            }),
        }
    }

    /// Runs `work` where it may block.
    async fn blocking<T: Send + 'static>(&self, work: impl FnOnce(&Inner) -> Result<T> + Send + 'static) -> Result<T> {
        let inner = self.inner.clone();
        tokio::task::spawn_blocking(move || work(&inner))
            .await
            .map_err(|error| Error::internal("a task of the file storage was lost").caused_by(error))?
    }

    /// Size, etag and time of an object.
    pub async fn head(&self, key: &str) -> Result<Object> {
        let key = key.to_owned();
        self.blocking(move |disk| Ok(stat::object(key.clone(), &disk.find(&key)?.1))).await
    }

    /// Every object whose key begins with `prefix` (which may end amid a name) and is greater than `after`, in byte order, in pages.
    pub fn list(&self, prefix: &str, after: &str) -> BoxStream<'static, Result<Vec<Listed>>> {
        let range = Range { prefix: prefix.to_owned(), after: after.to_owned(), delimiter: None };
        let pages = self.walk(range);
        let threads = std::thread::available_parallelism().map_or(2, |n| n.get().clamp(2, 8));
        pages
            .map(|page| async move {
                let read = move || page.map(|page| page.into_iter().filter_map(walk::listed).collect());
                tokio::task::spawn_blocking(read)
                    .await
                    .unwrap_or_else(|error| Err(Error::internal("a listing was lost").caused_by(error)))
            })
            .buffered(threads)
            .boxed()
    }

    /// One level of a listing: the objects whose key begins with `prefix` and has no further `/`, and the folders behind the others.
    pub async fn list_folder(&self, prefix: &str) -> Result<Folder> {
        let range = Range { prefix: prefix.to_owned(), after: String::new(), delimiter: Some("/".to_owned()) };
        self.blocking(move |disk| {
            let mut folder = Folder::default();
            for step in Walk::new(&disk.root, disk.names, &disk.guard, range)? {
                match step {
                    Step::Folder(key) => folder.push_folder(key),
                    step => match walk::listed(step) {
                        Some(Listed::Object(object)) => folder.objects.push(object),
                        Some(Listed::Skipped(skipped)) => folder.skipped.push(skipped),
                        None => {}
                    },
                }
            }
            Ok(folder)
        })
        .await
    }

    /// Pages of walked names. The walk runs ahead by a few pages and ends when nobody listens.
    fn walk(&self, range: Range) -> BoxStream<'static, Result<Vec<Step>>> {
        let (send, receive) = mpsc::channel(4);
        let disk = self.inner.clone();
        tokio::task::spawn_blocking(move || match Walk::new(&disk.root, disk.names, &disk.guard, range) {
            Err(error) => drop(send.blocking_send(Err(error))),
            Ok(mut walk) => loop {
                let page: Vec<Step> = walk.by_ref().take(PAGE).collect();
                if page.is_empty() || send.blocking_send(Ok(page)).is_err() {
                    return;
                }
            },
        });
        stream::unfold(receive, |mut receive| async { receive.recv().await.map(|page| (page, receive)) }).boxed()
    }
}

impl Inner {
    fn absolute(&self, relative: &Path) -> PathBuf {
        self.root.join(relative)
    }

    /// The paths at which the object of this key can be, the usual one first.
    fn paths(&self, key: &str) -> Result<impl Iterator<Item = PathBuf>> {
        if self.names == Names::Plain
            && let Some(why) = key::unholdable(key)
        {
            return Err(Error::invalid(format!("{}{key}: not the path of a file: {why}", self.name)));
        }
        let usual = self.absolute(&self.names.object(key));
        Ok(std::iter::once(usual).chain(self.names.beside(key).map(|path| self.absolute(&path))))
    }

    /// The file of an object, its links followed.
    fn find(&self, key: &str) -> Result<(PathBuf, Metadata)> {
        for path in self.paths(key)? {
            match std::fs::metadata(&path) {
                Ok(meta) if meta.is_file() => {
                    self.guard.check(&path)?;
                    return Ok((path, meta));
                }
                Ok(_) => {}
                Err(error) if is_missing(&error) => {}
                Err(error) => return Err(self.failed(key, "read", error)),
            }
        }
        Err(self.missing(key))
    }

    fn missing(&self, key: &str) -> Error {
        Error::new(ErrorKind::ObjectNotFound, format!("{}{key}: there is no such object", self.name))
    }

    /// The error of a file operation on an object.
    fn failed(&self, key: &str, what: &str, error: io::Error) -> Error {
        let kind = match error.kind() {
            io::ErrorKind::NotFound => ErrorKind::ObjectNotFound,
            io::ErrorKind::AlreadyExists => ErrorKind::AlreadyExists,
            io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem => ErrorKind::AccessDenied,
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => ErrorKind::LimitExceeded,
            io::ErrorKind::IsADirectory | io::ErrorKind::NotADirectory | io::ErrorKind::InvalidFilename => {
                ErrorKind::InvalidInput
            }
            _ => ErrorKind::Unavailable,
        };
        Error::new(kind, format!("{}{key}: cannot {what}: {error}", self.name)).caused_by(error)
    }
}

/// Nothing is there, or a file is where a folder would have to be.
fn is_missing(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory | io::ErrorKind::InvalidFilename)
}
