//! Reading objects: one, ranges of one, or very many small ones.

use std::fs::File;
use std::io::{self, Read as _, Seek as _, SeekFrom};
use std::ops::Range;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use bytes::Bytes;
use futures::stream::{self, BoxStream};
use futures::{StreamExt as _, TryStreamExt as _};
use tokio::sync::mpsc;

use super::{Attributes, Disk, Inner, stat};
use crate::storage::Object;
use crate::{Error, Result};

/// Bytes read in one blocking task.
const CHUNK: u64 = 1024 * 1024;
/// Small objects read before they are handed over; fewer when they are large.
const BATCH: usize = 128;

/// An object opened for reading: what is read is what it was then, even when it is replaced meanwhile.
#[derive(Debug)]
pub struct Opened {
    /// Its etag is the file's; [`Self::attributes`] may know the one that S3's clients see.
    pub object: Object,
    file: File,
    disk: Arc<Inner>,
}

impl Opened {
    /// The bytes of `range`, which must lie within the object, in chunks.
    pub fn stream(self, range: Range<u64>) -> BoxStream<'static, Result<Bytes>> {
        let whole = async move |(mut opened, range): (Self, Range<u64>)| {
            if range.is_empty() {
                return Ok(None);
            }
            let read = move || {
                let end = range.end.min(range.start + CHUNK);
                let chunk = opened.read(range.start..end)?;
                Ok(Some((chunk, (opened, end..range.end))))
            };
            tokio::task::spawn_blocking(read).await.map_err(|error| Error::internal("a read was lost").caused_by(error))?
        };
        stream::try_unfold((self, range), whole).boxed()
    }

    /// As [`Self::stream`], its first chunk already read, so that a small object costs no second task.
    pub(super) fn stream_at_once(mut self, range: Range<u64>) -> Result<BoxStream<'static, Result<Bytes>>> {
        let middle = range.end.min(range.start + CHUNK);
        let first = self.read(range.start..middle)?;
        let rest = self.stream(middle..range.end);
        Ok(stream::iter((!first.is_empty()).then_some(Ok(first))).chain(rest).boxed())
    }

    pub(super) fn read(&mut self, range: Range<u64>) -> Result<Bytes> {
        let failed = |error| self.disk.failed(&self.object.key, "read", error);
        let size = usize::try_from(range.end - range.start).map_err(|_| failed(io::ErrorKind::FileTooLarge.into()))?;
        let mut content = vec![0; size];
        self.file.seek(SeekFrom::Start(range.start)).and_then(|_| self.file.read_exact(&mut content)).map_err(
            |error| match error.kind() {
                io::ErrorKind::UnexpectedEof => Error::new(
                    crate::ErrorKind::Unavailable,
                    format!("{}{}: the file was cut short while it was read; try again", self.disk.name, self.object.key),
                ),
                _ => failed(error),
            },
        )?;
        Ok(content.into())
    }
}

impl Opened {
    /// What is kept beside the content.
    pub fn attributes(&self) -> Attributes {
        self.file.metadata().map_or_else(|_| Attributes::default(), |meta| Attributes::read(&self.file, &meta))
    }

    /// Writes the whole content to another file, within the file system where it can do so.
    pub(super) fn copy_to(&mut self, to: &mut File) -> Result<()> {
        io::copy(&mut self.file, to).map(drop).map_err(|error| self.disk.failed(&self.object.key, "copy", error))
    }
}

impl Disk {
    /// Opens an object. Errors: `ObjectNotFound`, `AccessDenied`.
    pub async fn open(&self, key: &str) -> Result<Opened> {
        let (disk, key) = (self.inner.clone(), key.to_owned());
        self.blocking(move |_| disk.open(&key)).await
    }

    /// The whole content of an object.
    pub async fn get(&self, key: &str) -> Result<Bytes> {
        let opened = self.open(key).await?;
        let size = opened.object.size;
        let chunks: Vec<Bytes> = opened.stream(0..size).try_collect().await?;
        match <[Bytes; 1]>::try_from(chunks) {
            Ok([whole]) => Ok(whole),
            Err(chunks) => Ok(chunks.concat().into()),
        }
    }

    /// Many objects, in the order in which they are read, by a few threads that take the next batch when they are done with one.
    /// `limit` cuts each object to its first so many bytes.
    pub(in crate::storage) fn get_many(
        &self,
        keys: Vec<(usize, String)>,
        limit: Option<u64>,
    ) -> BoxStream<'static, (usize, Result<Bytes>)> {
        let threads =
            std::thread::available_parallelism().map_or(2, |n| n.get().clamp(2, 16)).min(keys.len().div_ceil(BATCH)).max(1);
        let (send, receive) = mpsc::channel(2 * threads);
        let (keys, next) = (Arc::new(keys), Arc::new(AtomicUsize::new(0)));
        for _ in 0..threads {
            let (disk, keys, next, send) = (self.inner.clone(), keys.clone(), next.clone(), send.clone());
            tokio::task::spawn_blocking(move || {
                let mut reader = Reader { disk: &disk, limit: limit.unwrap_or(u64::MAX), checked: None, buffer: Vec::new() };
                loop {
                    let start = next.fetch_add(BATCH, Ordering::Relaxed);
                    let Some(batch) = keys.get(start..keys.len().min(start + BATCH)).filter(|batch| !batch.is_empty()) else {
                        return;
                    };
                    if reader.batch(batch, &send).is_err() {
                        return;
                    }
                }
            });
        }
        stream::unfold(receive, |mut receive| async { receive.recv().await.map(|batch| (batch, receive)) })
            .flat_map(stream::iter)
            .boxed()
    }
}

impl Inner {
    pub(super) fn open(self: &Arc<Self>, key: &str) -> Result<Opened> {
        let (path, _) = self.find(key)?;
        let file = File::open(&path).map_err(|error| self.failed(key, "read", error))?;
        let meta = file.metadata().map_err(|error| self.failed(key, "read", error))?;
        Ok(Opened { object: stat::object(key.to_owned(), &meta), file, disk: self.clone() })
    }
}

type Batch = Vec<(usize, Result<Bytes>)>;

/// One thread's reading of many objects.
struct Reader<'a> {
    disk: &'a Arc<Inner>,
    limit: u64,
    /// The folder that the guard allowed last: objects of one folder come together.
    checked: Option<PathBuf>,
    buffer: Vec<u8>,
}

impl Reader<'_> {
    fn batch(&mut self, keys: &[(usize, String)], send: &mpsc::Sender<Batch>) -> Result<(), mpsc::error::SendError<Batch>> {
        let mut batch = Vec::with_capacity(keys.len());
        let mut bytes = 0;
        for (number, key) in keys {
            let content = self.read(key);
            bytes += content.as_ref().map_or(0, Bytes::len) as u64;
            batch.push((*number, content));
            if bytes >= CHUNK {
                send.blocking_send(std::mem::take(&mut batch))?;
                bytes = 0;
            }
        }
        send.blocking_send(batch)
    }

    fn read(&mut self, key: &str) -> Result<Bytes> {
        let usual = self.disk.paths(key)?.next().unwrap_or_default();
        let opened = self.allowed(&usual).then(|| File::open(&usual));
        // Whatever is not the plain case, a folder of that name included, is what the careful way is for.
        let Some(Ok(mut file)) = opened else { return self.carefully(key) };
        self.buffer.clear();
        match file.by_ref().take(self.limit).read_to_end(&mut self.buffer) {
            Ok(_) => Ok(Bytes::copy_from_slice(&self.buffer)),
            Err(_) => self.carefully(key),
        }
    }

    fn carefully(&self, key: &str) -> Result<Bytes> {
        let mut opened = self.disk.open(key)?;
        let size = opened.object.size.min(self.limit);
        opened.read(0..size)
    }

    /// Whether the file may be read without resolving its whole path: its folder was checked, and it is no link.
    fn allowed(&mut self, path: &std::path::Path) -> bool {
        if self.disk.guard.is_open() {
            return true;
        }
        let folder = path.parent();
        if self.checked.as_deref() != folder {
            self.checked = folder.filter(|folder| self.disk.guard.check(folder).is_ok()).map(PathBuf::from);
        }
        self.checked.is_some() && std::fs::symlink_metadata(path).is_ok_and(|meta| meta.is_file())
    }
}
