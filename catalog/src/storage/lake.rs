//! The embedded lake: `s3://BUCKET/KEY` as files of this machine, `DATA/lake/BUCKET/KEY`.
//!
//! Files copied in by hand are objects at once; there is no other record of them than the file system's. What S3 keeps beside an
//! object's content is an extended attribute of its file ([`super::Attributes`]). On a file system that does not tell `A` from `a` (macOS, Windows) the
//! lake does not either.

use std::collections::HashMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::UNIX_EPOCH;

use super::disk::{Disk, Guard};
use crate::{Error, ErrorKind, Result};

/// Paths of the server that no bucket may have as its name: path-style S3 shares their place.
const RESERVED: [&str; 6] = ["events", "healthz", "metrics", "readyz", "ui", "v1"];

/// The buckets of a data directory. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Lake {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    root: PathBuf,
    /// Whether links may not lead out of a bucket.
    confined: bool,
    /// Buckets in use: what changes names in one goes through one [`Disk`].
    open: Mutex<HashMap<String, Disk>>,
}

/// A bucket of the embedded lake.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bucket {
    pub name: String,
    /// Milliseconds since 1970-01-01 UTC.
    pub created: i64,
}

impl Lake {
    pub(super) fn new(data: &Path, confined: bool) -> Self {
        Self { inner: Arc::new(Inner { root: data.join("lake"), confined, open: Mutex::default() }) }
    }

    /// A bucket's objects, by keys of any kind. Errors: `ObjectNotFound` when there is no such bucket.
    pub fn bucket(&self, name: &str) -> Result<Disk> {
        let root = self.inner.folder(name)?;
        if !root.is_dir() {
            return Err(missing(name));
        }
        let mut open = self.inner.open.lock().unwrap_or_else(PoisonError::into_inner);
        let bucket = open.entry(name.to_owned()).or_insert_with(|| {
            let guard = if self.inner.confined { Guard::new(std::slice::from_ref(&root), None) } else { Guard::default() };
            Disk::bucket(name, root, guard)
        });
        Ok(bucket.clone())
    }

    /// Makes a bucket. Errors: `InvalidInput` for a name that S3 would refuse or the server needs, `AlreadyExists`.
    pub async fn create_bucket(&self, name: &str) -> Result<()> {
        validate(name)?;
        let name = name.to_owned();
        self.blocking(move |lake| {
            let root = lake.folder(&name)?;
            fs::create_dir_all(&lake.root).and_then(|()| fs::create_dir(&root)).map_err(|error| match error.kind() {
                io::ErrorKind::AlreadyExists => {
                    Error::new(ErrorKind::AlreadyExists, format!("bucket 's3://{name}' exists already"))
                }
                _ => failed(&name, "made", error),
            })
        })
        .await
    }

    /// Removes an empty bucket. Errors: `ObjectNotFound`; `Conflict` when there is an object or an unfinished upload in it.
    pub async fn delete_bucket(&self, name: &str) -> Result<()> {
        let name = name.to_owned();
        self.blocking(move |lake| {
            let root = lake.folder(&name)?;
            remove_empty(&root).map_err(|error| match error.kind() {
                io::ErrorKind::NotFound => missing(&name),
                io::ErrorKind::DirectoryNotEmpty | io::ErrorKind::NotADirectory => {
                    Error::new(ErrorKind::Conflict, format!("bucket 's3://{name}' is not empty; delete its objects first"))
                }
                _ => failed(&name, "removed", error),
            })?;
            lake.open.lock().unwrap_or_else(PoisonError::into_inner).remove(&name);
            Ok(())
        })
        .await
    }

    /// All buckets, by name.
    pub async fn buckets(&self) -> Result<Vec<Bucket>> {
        self.blocking(|lake| {
            let entries = match fs::read_dir(&lake.root) {
                Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
                entries => entries.map_err(|error| failed("", "listed", error))?,
            };
            let mut buckets: Vec<Bucket> = entries.flatten().filter_map(|entry| bucket(&entry)).collect();
            buckets.sort_unstable_by(|a, b| a.name.cmp(&b.name));
            Ok(buckets)
        })
        .await
    }

    async fn blocking<T: Send + 'static>(&self, work: impl FnOnce(&Inner) -> Result<T> + Send + 'static) -> Result<T> {
        let inner = self.inner.clone();
        tokio::task::spawn_blocking(move || work(&inner))
            .await
            .map_err(|error| Error::internal("a task of the lake was lost").caused_by(error))?
    }
}

impl Inner {
    /// The folder of a bucket. A name that cannot be a bucket's is a bucket that is not there; it never becomes a path.
    fn folder(&self, name: &str) -> Result<PathBuf> {
        validate(name).map_err(|error| Error::new(ErrorKind::ObjectNotFound, error.message()))?;
        Ok(self.root.join(name))
    }
}

/// A folder of the lake as a bucket, where it is one.
fn bucket(entry: &fs::DirEntry) -> Option<Bucket> {
    let name = entry.file_name().into_string().ok().filter(|name| validate(name).is_ok())?;
    let meta = fs::metadata(entry.path()).ok().filter(fs::Metadata::is_dir)?;
    let created = meta.created().or_else(|_| meta.modified()).ok()?.duration_since(UNIX_EPOCH).unwrap_or_default();
    Some(Bucket { name, created: i64::try_from(created.as_millis()).unwrap_or(i64::MAX) })
}

/// Removes folders, from the innermost; the first file stops it.
fn remove_empty(folder: &Path) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        match entry.file_type()?.is_dir() {
            true => remove_empty(&entry.path())?,
            false => return Err(io::ErrorKind::DirectoryNotEmpty.into()),
        }
    }
    fs::remove_dir(folder)
}

fn missing(name: &str) -> Error {
    Error::new(ErrorKind::ObjectNotFound, format!("bucket 's3://{name}' does not exist in the embedded lake"))
}

fn failed(name: &str, what: &str, error: io::Error) -> Error {
    Error::new(ErrorKind::Unavailable, format!("bucket 's3://{name}' cannot be {what}: {error}")).caused_by(error)
}

/// Checks a name by S3's rules and against the server's own paths.
/// <https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html>
///
/// Errors (`InvalidInput`) name the rule.
pub(super) fn validate(name: &str) -> Result<()> {
    let at_end = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit();
    let why = if RESERVED.contains(&name) {
        "the server has a path of that name"
    } else if !(3..=63).contains(&name.len()) {
        "a bucket's name has 3 to 63 characters"
    } else if !name.chars().all(|c| at_end(c) || c == '.' || c == '-') {
        "a bucket's name has only a-z, 0-9, '.' and '-'"
    } else if !name.starts_with(at_end) || !name.ends_with(at_end) {
        "a bucket's name begins and ends with a letter or digit"
    } else if name.contains("..") {
        "a bucket's name has no two '.' in a row"
    } else if name.parse::<std::net::Ipv4Addr>().is_ok() {
        "a bucket's name is not an IP address"
    } else if ["xn--", "sthree-", "amzn-s3-demo-"].iter().any(|start| name.starts_with(start))
        || ["-s3alias", "--ol-s3", ".mrap", "--x-s3", "--table-s3"].iter().any(|end| name.ends_with(end))
    {
        "S3 reserves names that begin or end so"
    } else {
        return Ok(());
    };
    Err(Error::invalid(format!("'{name}' cannot be a bucket: {why}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bucket_names_are_those_of_s3() {
        for name in ["abc", "a-b.c", "0ab", "a".repeat(63).as_str(), "lake-2026", "1.2.3"] {
            assert!(validate(name).is_ok(), "{name}");
        }
        let long = "a".repeat(64);
        for name in [
            "",
            "ab",
            &long,
            "Abc",
            "a_b",
            "-ab",
            "ab-",
            ".ab",
            "a..b",
            "192.168.0.1",
            "xn--a",
            "abc-s3alias",
            "events",
            "healthz",
            "metrics",
            "readyz",
            "ui",
            "v1",
            "..",
            "a/b",
            "äbc",
        ] {
            assert_eq!(validate(name).unwrap_err().kind(), ErrorKind::InvalidInput, "{name}");
        }
    }

    #[tokio::test]
    async fn buckets_are_folders() {
        let dir = tempfile::tempdir().unwrap();
        let lake = Lake::new(dir.path(), true);
        assert_eq!(lake.buckets().await.unwrap(), []);
        lake.create_bucket("one").await.unwrap();
        assert_eq!(lake.create_bucket("one").await.unwrap_err().kind(), ErrorKind::AlreadyExists);
        fs::create_dir_all(dir.path().join("lake/two/empty/folder")).unwrap();
        fs::create_dir_all(dir.path().join("lake/Not a bucket")).unwrap();
        let names = |buckets: Vec<Bucket>| buckets.into_iter().map(|bucket| bucket.name).collect::<Vec<_>>();
        assert_eq!(names(lake.buckets().await.unwrap()), ["one", "two"]);
        lake.bucket("one").unwrap().put("a/", vec!["x".into()], Default::default()).await.unwrap();
        assert_eq!(lake.delete_bucket("one").await.unwrap_err().kind(), ErrorKind::Conflict);
        lake.bucket("one").unwrap().delete("a/").await.unwrap();
        lake.delete_bucket("one").await.unwrap();
        lake.delete_bucket("two").await.unwrap();
        assert_eq!(lake.delete_bucket("two").await.unwrap_err().kind(), ErrorKind::ObjectNotFound);
        for name in ["two", "..", "../lake", "v1", ""] {
            assert_eq!(lake.bucket(name).unwrap_err().kind(), ErrorKind::ObjectNotFound, "{name}");
        }
    }
}
