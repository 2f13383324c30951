//! Writing, copying and deleting objects: content goes to an unfinished file, which then gets its name in one step.

use std::fs::{self, File};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use bytes::Bytes;

use super::names::{Names, UNFINISHED};
use super::{Attributes, Disk, Inner, Opened, is_missing, multipart, stat};
use crate::storage::Object;
use crate::{Error, ErrorKind, Result};

/// Unfinished files older than this were left behind by a process that was killed.
const ABANDONED: Duration = Duration::from_secs(24 * 60 * 60);

/// What must be so for a write to happen.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Condition {
    #[default]
    None,
    /// There is no object of that key; else `AlreadyExists`.
    Absent,
    /// The object has this etag; else `Conflict`. Holds against writers of this process; those of others can come between.
    Etag(String),
}

impl Disk {
    /// Writes an object and returns what it is now.
    pub async fn put(&self, key: &str, content: Vec<Bytes>, condition: Condition) -> Result<Object> {
        let (disk, key) = (self.inner.clone(), key.to_owned());
        self.blocking(move |_| {
            let (mut unfinished, mut file) = Unfinished::create(&disk, &key)?;
            content.iter().try_for_each(|chunk| file.write_all(chunk)).map_err(|error| disk.failed(&key, "write", error))?;
            unfinished.publish(file, &condition)
        })
        .await
    }

    /// Copies an object within this tree, without its content passing through here where the file system can do so.
    pub async fn copy(&self, from: &str, to: &str, condition: Condition) -> Result<Object> {
        let (disk, from, to) = (self.inner.clone(), from.to_owned(), to.to_owned());
        self.blocking(move |_| {
            let mut source = disk.open(&from)?;
            let (mut unfinished, mut file) = Unfinished::create(&disk, &to)?;
            source.copy_to(&mut file)?;
            unfinished.publish(file, &condition)
        })
        .await
    }

    /// Copies an object of any tree to here, with other attributes; its content is on the disk before it has its name.
    pub async fn copy_in(&self, mut source: Opened, to: &str, condition: Condition, attributes: Attributes) -> Result<Object> {
        let (disk, to) = (self.inner.clone(), to.to_owned());
        self.blocking(move |_| {
            let (mut unfinished, mut file) = Unfinished::create(&disk, &to)?;
            source.copy_to(&mut file)?;
            unfinished.publish_with(file, &condition, &attributes)
        })
        .await
    }

    /// Deletes an object, and in the lake the folders that it leaves empty. Deleting what is not there is fine.
    pub async fn delete(&self, key: &str) -> Result<()> {
        let key = key.to_owned();
        self.blocking(move |disk| disk.delete(&key)).await
    }
}

impl Inner {
    /// Keeps renames, deletions and conditions of this process apart. A panic while it was held left nothing half done.
    pub(super) fn changing(&self) -> std::sync::MutexGuard<'_, ()> {
        self.changes.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }

    pub(super) fn delete(&self, key: &str) -> Result<()> {
        let _changing = self.changing();
        for path in self.paths(key)? {
            // The link itself goes, not what it leads to; but where the link is must be allowed.
            self.guard.check(path.parent().unwrap_or(&self.root))?;
            match fs::symlink_metadata(&path) {
                Ok(meta) if meta.is_dir() => continue,
                Err(error) if is_missing(&error) => continue,
                _ => {}
            }
            match fs::remove_file(&path) {
                Ok(()) if self.names == Names::Escaped => self.prune(&path),
                Ok(()) => {}
                Err(error) if is_missing(&error) => {}
                Err(error) => return Err(self.failed(key, "delete", error)),
            }
        }
        Ok(())
    }

    /// Removes the folders above `path` that are empty now.
    fn prune(&self, path: &Path) {
        let folders = path.ancestors().skip(1).take_while(|folder| folder.starts_with(&self.root) && *folder != self.root);
        for folder in folders {
            if fs::remove_dir(folder).is_err() {
                return;
            }
        }
    }

    /// Makes the folders of a key, moving an object that stands where one must be to its name beside it.
    fn make_folders(&self, key: &str) -> io::Result<()> {
        for (end, _) in key.match_indices('/') {
            let Some(object) = key.get(..end) else { continue };
            let folder = self.absolute(&self.names.object(object));
            match fs::metadata(&folder) {
                Ok(meta) if meta.is_dir() => continue,
                Ok(_) => match self.names.beside(object) {
                    Some(beside) => {
                        let beside = self.absolute(&beside);
                        beside.parent().map_or(Ok(()), fs::create_dir_all)?;
                        fs::rename(&folder, beside)?;
                    }
                    None => return Err(io::ErrorKind::NotADirectory.into()),
                },
                Err(_) => {}
            }
            fs::create_dir_all(&folder)?;
        }
        Ok(())
    }

    /// Makes the folder of unfinished files, unless it is there.
    fn make_unfinished(&self) -> io::Result<()> {
        match fs::create_dir(self.root.join(UNFINISHED)) {
            Err(error) if error.kind() != io::ErrorKind::AlreadyExists => Err(error),
            _ => Ok(()),
        }
    }

    /// Does `work` in the folder of unfinished files, which is made where it is missing. What dead processes left in it goes, once in
    /// the life of this one.
    pub(super) fn in_unfinished<T>(&self, work: impl Fn() -> io::Result<T>) -> io::Result<T> {
        if !self.swept.swap(true, Ordering::Relaxed) {
            self.make_unfinished()?;
            self.sweep()?;
        }
        match work() {
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                self.make_unfinished()?;
                work()
            }
            done => done,
        }
    }

    fn sweep(&self) -> io::Result<()> {
        let folder = self.root.join(UNFINISHED);
        for entry in fs::read_dir(folder)?.flatten() {
            let Ok(meta) = entry.metadata() else { continue };
            let age = meta.modified().ok().and_then(|modified| modified.elapsed().ok()).unwrap_or_default();
            // Another process may sweep too; whoever is second finds nothing.
            match meta.is_dir() {
                true if age > multipart::ABANDONED => fs::remove_dir_all(entry.path()).ok(),
                false if age > ABANDONED => fs::remove_file(entry.path()).ok(),
                _ => None,
            };
        }
        Ok(())
    }

    /// The path at which an object is to be written.
    fn target(&self, key: &str) -> Result<PathBuf> {
        let mut paths = self.paths(key)?;
        let usual = paths.next().unwrap_or_default();
        Ok(paths.next().filter(|beside| usual.is_dir() || beside.is_file() && !usual.exists()).unwrap_or(usual))
    }
}

/// A file that has no name yet; it is removed unless it is published.
#[derive(Debug)]
pub(super) struct Unfinished {
    disk: Arc<Inner>,
    key: String,
    path: PathBuf,
    published: bool,
}

impl Unfinished {
    /// Begins the content of `key`. Errors: `AccessDenied` outside the allowed folders, `ObjectNotFound` when the bucket is gone.
    pub(super) fn create(disk: &Arc<Inner>, key: &str) -> Result<(Self, File)> {
        let usual = disk.paths(key)?.next().unwrap_or_default();
        disk.guard.check(&usual)?;
        let failed = |error| disk.failed(key, "write", error);
        let path = disk.absolute(&disk.names.temporary(&disk.names.object(key)));
        let file = match disk.names {
            Names::Plain => disk.make_folders(key).and_then(|()| File::create_new(&path)),
            Names::Escaped => disk.in_unfinished(|| File::create_new(&path)),
        };
        let file = file.map_err(failed)?;
        Ok((Self { disk: disk.clone(), key: key.to_owned(), path, published: false }, file))
    }

    /// Gives the content its name, if the condition holds, with what is kept beside it. It is on the disk by then.
    pub(super) fn publish_with(&mut self, file: File, condition: &Condition, attributes: &Attributes) -> Result<Object> {
        file.sync_data().map_err(|error| self.disk.failed(&self.key, "write", error))?;
        self.disk.attach(attributes, &file, &self.key)?;
        let object = self.publish(file, condition)?;
        match &attributes.digest {
            Some(digest) => Ok(Object { etag: Some(digest.etag.clone()), ..object }),
            None => Ok(object),
        }
    }

    /// Gives the content its name, if the condition holds.
    pub(super) fn publish(&mut self, file: File, condition: &Condition) -> Result<Object> {
        let disk = self.disk.clone();
        let meta = file.metadata().map_err(|error| disk.failed(&self.key, "write", error))?;
        drop(file);
        let _changing = disk.changing();
        self.verify(condition)?;
        // Mostly the folder is there, and nothing needs to be asked. Another process may prune it or put a file in the way at the same
        // moment; then it is made again.
        let mut attempts = 0;
        loop {
            let way = if attempts == 0 { Ok(()) } else { self.make_way() };
            match way.and_then(|()| self.name(condition)) {
                Ok(()) => break,
                Err(error) if attempts < 5 && (is_missing(&error) || error.kind() == io::ErrorKind::IsADirectory) => {
                    attempts += 1
                }
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => return Err(self.exists()),
                Err(error) => return Err(disk.failed(&self.key, "write", error)),
            }
        }
        disk.made.fetch_add(1, Ordering::Relaxed);
        Ok(stat::object(self.key.clone(), &meta))
    }

    fn verify(&self, condition: &Condition) -> Result<()> {
        let current = match condition {
            Condition::None => return Ok(()),
            _ => self.disk.find(&self.key),
        };
        match (condition, current) {
            (Condition::Absent, Ok(_)) => Err(self.exists()),
            (Condition::Etag(etag), Ok((path, meta))) if is_etag(etag, &path, &meta) => Ok(()),
            (Condition::Absent, Err(error)) if error.kind() == ErrorKind::ObjectNotFound => Ok(()),
            (Condition::Etag(_), Ok(_)) => {
                Err(Error::new(ErrorKind::Conflict, format!("{}{}: the object has changed meanwhile", self.disk.name, self.key)))
            }
            (_, Err(error)) => Err(error),
            (Condition::None, Ok(_)) => Ok(()),
        }
    }

    /// Makes the folders of the target.
    fn make_way(&self) -> io::Result<()> {
        self.disk.make_folders(&self.key)?;
        let target = self.disk.target(&self.key).map_err(io::Error::other)?;
        target.parent().map_or(Ok(()), fs::create_dir_all)
    }

    fn name(&mut self, condition: &Condition) -> io::Result<()> {
        let target = self.disk.target(&self.key).map_err(io::Error::other)?;
        if *condition == Condition::Absent {
            // Unlike a rename, a link fails when somebody else was first, also in another process.
            return fs::hard_link(&self.path, &target);
        }
        fs::rename(&self.path, &target)?;
        self.published = true;
        Ok(())
    }

    fn exists(&self) -> Error {
        Error::new(ErrorKind::AlreadyExists, format!("{}{}: there is such an object already", self.disk.name, self.key))
    }
}

/// Whether an object has this etag, be it the file's or the one that S3's clients see.
fn is_etag(etag: &str, path: &Path, meta: &fs::Metadata) -> bool {
    let of = |object: Object| object.etag.as_deref() == Some(etag);
    of(stat::object(String::new(), meta)) || of(Attributes::read_path(path, meta).object(String::new(), meta))
}

impl Drop for Unfinished {
    fn drop(&mut self) {
        if !self.published
            && let Err(error) = fs::remove_file(&self.path)
        {
            tracing::debug!(path = %self.path.display(), %error, "an unfinished file stays");
        }
    }
}
