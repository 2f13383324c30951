//! Where an object or a folder of objects is: scheme, bucket and key, as plain text.

use std::fmt;
use std::path::{Component, Path, PathBuf};

use crate::{Error, Result};

/// The kind of store that a location names.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Scheme {
    /// `s3://`, also written `s3a://` and `s3n://` (Hadoop's names for it).
    S3,
    /// `gs://`, also written `gcs://`.
    Gs,
    /// `az://`, also written `azure://`, `adl://`, `abfs://` and `abfss://`.
    Az,
    /// `file://` and plain paths of this machine.
    File,
}

/// An object, or a prefix of objects, in a store.
///
/// Nothing in a location is percent-encoded, in neither direction: catalogs keep the text that Hive and Glue keep, in which a `%`
/// of an S3 key or of a partition folder (`dt=00%3A00`) is just that character. This holds for `file://` too, although RFC 8089
/// would decode it: Hive writes `file:/warehouse/dt=00%3A00` for a folder whose name has a `%` in it.
///
/// `Display` prints the canonical text (`s3a://b/k` as `s3://b/k`), which parses to the same location.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Location {
    pub scheme: Scheme,
    /// The bucket or container; for Azure also `container@account.dfs.core.windows.net`; empty for `file://`.
    pub bucket: String,
    /// The object's key, or a prefix (a folder when it is empty or ends with `/`). For `file://` the absolute path without its first `/`.
    pub key: String,
}

impl Location {
    /// Reads `s3://bucket/key`, `gs://`, `az://` (with their aliases), `file:/path`, `file:///path`, and paths of this machine;
    /// relative ones count from the current directory, and `.` and `..` in them are resolved by name.
    ///
    /// Errors (`InvalidInput`): an unknown scheme, no bucket, a `file://` host other than `localhost`, `..` in a `file:` URL.
    pub fn parse(text: &str) -> Result<Self> {
        let refuse = |why: &str| Err(Error::invalid(format!("location '{text}': {why}")));
        if text.is_empty() {
            return refuse("is empty; give a URL such as s3://bucket/folder/ or a path");
        }
        let Some((scheme, rest)) = split_scheme(text) else {
            let folder = text.ends_with('/') || text.ends_with("/.") || text.ends_with("/..") || text == "." || text == "..";
            return Self::of_path(Path::new(text), folder);
        };
        let scheme = match scheme.to_ascii_lowercase().as_str() {
            "s3" | "s3a" | "s3n" => Scheme::S3,
            "gs" | "gcs" => Scheme::Gs,
            "az" | "azure" | "adl" | "abfs" | "abfss" => Scheme::Az,
            "file" => return Self::of_file_url(text, rest),
            other => return refuse(&format!("the scheme '{other}' is unknown; known are s3, gs, az and file")),
        };
        let Some(rest) = rest.strip_prefix("//") else { return refuse("expected '//' after the scheme") };
        let (bucket, key) = rest.split_once('/').unwrap_or((rest, ""));
        if bucket.is_empty() {
            return refuse("has no bucket; expected scheme://bucket/key");
        }
        if bucket.contains(|c: char| c.is_whitespace() || c.is_control() || matches!(c, '?' | '#' | '%' | '\\' | ':')) {
            return refuse("the bucket's name has a character that no bucket has");
        }
        if scheme != Scheme::Az && bucket.contains('@') {
            return refuse("a location holds no credentials; give them by the environment or the configuration");
        }
        Ok(Self { scheme, bucket: bucket.to_owned(), key: key.to_owned() })
    }

    /// The location of a path of this machine; `folder` says that it names a folder and gets a trailing slash.
    ///
    /// Errors (`InvalidInput`): the path is not UTF-8, or the current directory of a relative path is gone.
    pub fn of_path(path: &Path, folder: bool) -> Result<Self> {
        let absolute = std::path::absolute(path).map_err(|error| {
            Error::invalid(format!("path '{}' cannot be made absolute: {error}", path.display())).caused_by(error)
        })?;
        let mut parts: Vec<&str> = Vec::new();
        for component in absolute.components() {
            match component {
                Component::Normal(name) => match name.to_str() {
                    Some(name) => parts.push(name),
                    None => return Err(Error::invalid(format!("path '{}' is not UTF-8; rename it", path.display()))),
                },
                Component::ParentDir => {
                    parts.pop();
                }
                Component::RootDir | Component::CurDir | Component::Prefix(_) => {}
            }
        }
        let mut key = parts.join("/");
        if folder && !key.is_empty() {
            key.push('/');
        }
        Ok(Self { scheme: Scheme::File, bucket: String::new(), key })
    }

    fn of_file_url(text: &str, rest: &str) -> Result<Self> {
        let path = match rest.strip_prefix("//") {
            Some(rest) if rest.starts_with('/') => rest,
            Some(rest) => match rest.strip_prefix("localhost/") {
                Some(_) => rest.strip_prefix("localhost").unwrap_or(rest),
                None => return Err(Error::invalid(format!("location '{text}': expected file:///absolute/path"))),
            },
            None if rest.starts_with('/') => rest,
            None => return Err(Error::invalid(format!("location '{text}': expected file:///absolute/path"))),
        };
        if path.split('/').any(|part| part == "..") {
            return Err(Error::invalid(format!("location '{text}': '..' is not allowed in a file URL")));
        }
        // Doubled slashes and `.` name the same file; one spelling keeps keys comparable.
        let mut key = path.split('/').filter(|part| !part.is_empty() && *part != ".").collect::<Vec<_>>().join("/");
        if (path.ends_with('/') || path.ends_with("/.")) && !key.is_empty() {
            key.push('/');
        }
        Ok(Self { scheme: Scheme::File, bucket: String::new(), key })
    }

    /// This location as a folder with `relative` below it: `s3://b/a` and `s3://b/a/` joined with `x/y` are both `s3://b/a/x/y`.
    #[must_use]
    pub fn join(&self, relative: &str) -> Self {
        let mut joined = self.folder();
        joined.key.push_str(relative);
        joined
    }

    /// The same location with a trailing slash (the root of a bucket, whose key is empty, stays so).
    #[must_use]
    pub fn folder(&self) -> Self {
        let mut folder = self.clone();
        if !folder.is_folder() {
            folder.key.push('/');
        }
        folder
    }

    /// Whether it is written as a folder: the whole bucket, or a key with a trailing slash.
    pub fn is_folder(&self) -> bool {
        self.key.is_empty() || self.key.ends_with('/')
    }

    /// The same bucket with another key.
    #[must_use]
    pub fn with_key(&self, key: impl Into<String>) -> Self {
        Self { scheme: self.scheme, bucket: self.bucket.clone(), key: key.into() }
    }

    /// Whether `at` is this location or below it, part by part: `s3://b/x` covers `s3://b/x/y` and not `s3://b/xy`.
    pub fn covers(&self, at: &Self) -> bool {
        let below = |folder: &str| at.key == folder.trim_end_matches('/') || at.key.starts_with(folder);
        self.scheme == at.scheme && self.bucket == at.bucket && (self.key.is_empty() || below(&self.folder().key))
    }

    /// The last part of the key, without a trailing slash; of a whole bucket its name.
    pub fn name(&self) -> &str {
        match self.key.trim_end_matches('/').rsplit('/').next() {
            Some(name) if !name.is_empty() => name,
            _ => &self.bucket,
        }
    }

    /// The path of a `file://` location on this machine; none for the other schemes.
    pub fn file_path(&self) -> Option<PathBuf> {
        (self.scheme == Scheme::File).then(|| PathBuf::from(format!("/{}", self.key)))
    }

    /// The key as `object_store` takes it, character by character.
    ///
    /// Errors (`InvalidInput`): `object_store` cannot hold the key (see [`super::Why`]).
    pub fn path(&self) -> Result<object_store::path::Path> {
        match super::key::unholdable(&self.key) {
            None => object_store::path::Path::parse(&self.key)
                .map_err(|error| Error::invalid(format!("{self}: this key cannot be read")).caused_by(error)),
            Some(why) => Err(Error::invalid(format!("{self}: this key cannot be read: {why}"))),
        }
    }
}

/// `scheme` and what follows its colon, where the text begins with a scheme.
/// `./a:b` and `/a:b` are paths; so is a single letter before the colon, which would be a Windows drive.
fn split_scheme(text: &str) -> Option<(&str, &str)> {
    let (scheme, rest) = text.split_once(':')?;
    let is_scheme = scheme.len() > 1
        && scheme.starts_with(|c: char| c.is_ascii_alphabetic())
        && scheme.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '+' | '-' | '.'));
    (is_scheme && rest.starts_with('/')).then_some((scheme, rest))
}

impl fmt::Display for Location {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let scheme = match self.scheme {
            Scheme::S3 => "s3",
            Scheme::Gs => "gs",
            Scheme::Az if self.bucket.contains('@') => "abfss",
            Scheme::Az => "az",
            Scheme::File => "file",
        };
        write!(f, "{scheme}://{}/{}", self.bucket, self.key)
    }
}

impl std::str::FromStr for Location {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        Self::parse(text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_and_prints_locations() {
        for (text, scheme, bucket, key, printed) in [
            ("s3://b/k", Scheme::S3, "b", "k", "s3://b/k"),
            ("s3a://b/a/b/", Scheme::S3, "b", "a/b/", "s3://b/a/b/"),
            ("S3N://b", Scheme::S3, "b", "", "s3://b/"),
            ("s3://b//a//b", Scheme::S3, "b", "/a//b", "s3://b//a//b"),
            ("s3://b/dt=00%3A00/a b+c?d#e", Scheme::S3, "b", "dt=00%3A00/a b+c?d#e", "s3://b/dt=00%3A00/a b+c?d#e"),
            ("s3://b/../x", Scheme::S3, "b", "../x", "s3://b/../x"),
            ("gs://b/k", Scheme::Gs, "b", "k", "gs://b/k"),
            ("az://c/k", Scheme::Az, "c", "k", "az://c/k"),
            (
                "abfs://c@a.dfs.core.windows.net/k",
                Scheme::Az,
                "c@a.dfs.core.windows.net",
                "k",
                "abfss://c@a.dfs.core.windows.net/k",
            ),
            ("file:///a/b", Scheme::File, "", "a/b", "file:///a/b"),
            ("file:/a/b/", Scheme::File, "", "a/b/", "file:///a/b/"),
            ("file://localhost/a", Scheme::File, "", "a", "file:///a"),
            ("file:///dt=00%3A00//./x y", Scheme::File, "", "dt=00%3A00/x y", "file:///dt=00%3A00/x y"),
            ("/a/./b/../c/", Scheme::File, "", "a/c/", "file:///a/c/"),
            ("/a:b", Scheme::File, "", "a:b", "file:///a:b"),
            ("/", Scheme::File, "", "", "file:///"),
        ] {
            let location = Location::parse(text).unwrap();
            assert_eq!((location.scheme, location.bucket.as_str(), location.key.as_str()), (scheme, bucket, key), "{text}");
            assert_eq!(location.to_string(), printed, "{text}");
            assert_eq!(Location::parse(printed).unwrap(), location, "{text} read again");
        }
    }

    #[test]
    fn relative_paths_count_from_the_current_directory() {
        let here = std::env::current_dir().unwrap();
        let here = here.to_str().unwrap().trim_start_matches('/');
        assert_eq!(Location::parse("./x/y.json").unwrap().key, format!("{here}/x/y.json"));
        assert_eq!(Location::parse("x/").unwrap().key, format!("{here}/x/"));
        assert_eq!(Location::parse("x/..").unwrap().key, format!("{here}/"));
        assert_eq!(Location::parse("a:b").unwrap().key, format!("{here}/a:b"));
    }

    #[test]
    fn refuses_what_is_no_location() {
        for (text, why) in [
            ("", "is empty"),
            ("s3:///k", "has no bucket"),
            ("s3:/b/k", "expected '//'"),
            ("http://host/x", "the scheme 'http' is unknown"),
            ("s3://key:secret@b/k", "no bucket has"),
            ("gs://user@b/k", "holds no credentials"),
            ("file://host/x", "expected file:///"),
            ("file:///a/../b", "'..' is not allowed"),
        ] {
            let error = Location::parse(text).unwrap_err();
            assert!(error.message().contains(why), "{text}: {error}");
        }
    }

    #[test]
    fn joins_and_names() {
        let location = Location::parse("s3://b/a").unwrap();
        assert_eq!(location.join("x").to_string(), "s3://b/a/x");
        assert_eq!(location.folder().join("x").to_string(), "s3://b/a/x");
        assert_eq!(Location::parse("s3://b").unwrap().join("x").to_string(), "s3://b/x");
        assert_eq!(Location::parse("s3://b/a/c/").unwrap().name(), "c");
        assert_eq!(Location::parse("s3://b").unwrap().name(), "b");
    }
}
