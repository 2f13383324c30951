//! `keys.toml` in the data directory: a table `[[key]]` for each key. Only its owner may read it, since it holds the secrets; it is
//! replaced as a whole, so that who reads it sees all of it.

use std::fmt;
use std::fs::{File, Metadata};
use std::io::{ErrorKind, Write as _};
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};

use catalog::storage::Location;
use catalog::{Error, Result};
use chrono::{DateTime, SubsecRound as _, Utc};
use serde::{Deserialize, Serialize};
use tempfile::NamedTempFile;

/// A text that is not shown.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub(super) struct Secret(pub(super) String);

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}

/// An access key. What is absent of its limits is no limit.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Key {
    pub id: String,
    pub(super) secret: Secret,
    /// What it is for; no two keys have the same.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    pub created: DateTime<Utc>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub databases: Option<Vec<String>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub work_groups: Option<Vec<String>>,
    /// Where objects may be read and written, such as `s3://bucket/folder/`; never more than the server's own roots.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub roots: Option<Vec<String>>,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub read_only: bool,
}

impl Key {
    /// A new key without limits, of the lengths that AWS's keys have. Its characters need no quoting anywhere.
    ///
    /// Errors (`Internal`): the machine gives no random numbers.
    pub fn generate(name: Option<String>) -> Result<Self> {
        const IDS: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
        const SECRETS: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
        let id = format!("AKIA{}", random(IDS, 16)?);
        let (secret, created) = (Secret(random(SECRETS, 40)?), Utc::now().trunc_subsecs(0));
        Ok(Self { id, secret, name, created, databases: None, work_groups: None, roots: None, read_only: false })
    }

    /// The secret, for the one who is to have it.
    pub fn secret(&self) -> &str {
        &self.secret.0
    }
}

/// `length` characters of `alphabet`, which has at most 64, each as likely as the others.
fn random(alphabet: &[u8], length: usize) -> Result<String> {
    let (mut text, mut bytes) = (String::new(), [0; 64]);
    while text.len() < length {
        getrandom::fill(&mut bytes).map_err(|error| Error::internal(format!("no random numbers: {error}")))?;
        let drawn = bytes.iter().filter_map(|byte| alphabet.get(usize::from(byte & 63)));
        text.extend(drawn.take(length - text.len()).map(|byte| char::from(*byte)));
    }
    Ok(text)
}

#[derive(Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Content {
    #[serde(default)]
    key: Vec<Key>,
}

/// What tells one state of the file from another: its time of change, inode and size.
pub(super) type Stamp = (i64, i64, u64, u64);

/// Where the keys are.
#[derive(Debug, Clone)]
pub struct KeyFile {
    path: PathBuf,
}

impl KeyFile {
    /// `keys.toml` of this data directory.
    pub fn within(data: &Path) -> Self {
        Self { path: data.join("keys.toml") }
    }

    pub fn path(&self) -> &Path {
        &self.path
    }

    pub(super) fn stamp(&self) -> Option<Stamp> {
        let about = std::fs::metadata(&self.path).ok()?;
        Some((about.ctime(), about.ctime_nsec(), about.ino(), about.size()))
    }

    /// The keys, in the order of their making; none where there is no file.
    ///
    /// Errors (`InvalidInput`): others may read the file; it is no file of keys.
    pub fn read(&self) -> Result<Vec<Key>> {
        let wrong = |why: String| Error::invalid(format!("access keys {}: {why}", self.path.display()));
        let text = match std::fs::metadata(&self.path).and_then(|about| Ok((about, std::fs::read_to_string(&self.path)?))) {
            Ok((about, text)) => {
                private(&about).map_err(|why| wrong(format!("{why}; chmod 600 it")))?;
                text
            }
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Vec::new()),
            Err(error) => return Err(wrong(error.to_string())),
        };
        // The line itself is not shown, it may hold a secret.
        let Content { key: keys } = toml::from_str(&text).map_err(|error| {
            let line = error.span().map_or(1, |span| text.get(..span.start).unwrap_or_default().matches('\n').count() + 1);
            wrong(format!("line {line}: {}", error.message().trim()))
        })?;
        for key in &keys {
            for root in key.roots.iter().flatten() {
                Location::parse(root).map_err(|error| wrong(format!("key {}: {}", key.id, error.message())))?;
            }
        }
        Ok(keys)
    }

    /// Adds a key.
    ///
    /// Errors: `AlreadyExists` for its name; those of [`Self::read`]; `Unavailable` where the file cannot be written.
    pub fn add(&self, key: &Key) -> Result<()> {
        for root in key.roots.iter().flatten() {
            Location::parse(root)?;
        }
        self.change(|keys| {
            if let Some(name) = key.name.as_ref().filter(|name| keys.iter().any(|other| other.name.as_ref() == Some(name))) {
                return Err(Error::new(catalog::ErrorKind::AlreadyExists, format!("there is a key named '{name}' already")));
            }
            keys.push(key.clone());
            Ok(())
        })
    }

    /// Removes the key of this id or name and gives it back.
    ///
    /// Errors: `EntityNotFound`; those of [`Self::add`].
    pub fn remove(&self, id_or_name: &str) -> Result<Key> {
        self.change(|keys| {
            let found = keys.iter().position(|key| key.id == id_or_name || key.name.as_deref() == Some(id_or_name));
            let missing = || Error::new(catalog::ErrorKind::EntityNotFound, format!("there is no access key '{id_or_name}'"));
            Ok(keys.remove(found.ok_or_else(missing)?))
        })
    }

    /// One change at a time, across processes.
    fn change<T>(&self, change: impl FnOnce(&mut Vec<Key>) -> Result<T>) -> Result<T> {
        let failed = |error: std::io::Error| {
            let text = format!("access keys {}: {error}", self.path.display());
            Error::new(catalog::ErrorKind::Unavailable, text).caused_by(error)
        };
        let folder = self.path.parent().unwrap_or(Path::new("."));
        std::fs::create_dir_all(folder).map_err(failed)?;
        let lock = File::open(folder).map_err(failed)?;
        lock.lock().map_err(failed)?;
        let mut content = Content { key: self.read()? };
        let result = change(&mut content.key)?;
        let text = toml::to_string(&content).map_err(|error| Error::internal(format!("access keys: {error}")))?;
        // The library makes it for its owner alone.
        let mut file = NamedTempFile::new_in(folder).map_err(failed)?;
        file.write_all(text.as_bytes()).and_then(|()| file.as_file().sync_all()).map_err(failed)?;
        file.persist(&self.path).map_err(|error| failed(error.error))?;
        lock.sync_all().map_err(failed)?;
        Ok(result)
    }
}

/// Whether only the owner may read and write it.
fn private(about: &Metadata) -> std::result::Result<(), String> {
    match about.permissions().mode() & 0o777 {
        mode if mode & 0o077 != 0 => Err(format!("others may use the file (mode {mode:04o})")),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use std::fs::Permissions;

    use super::*;

    #[test]
    fn keys_are_kept_for_their_owner_alone() {
        let folder = tempfile::tempdir().unwrap();
        let file = KeyFile::within(&folder.path().join("data"));
        assert!(file.read().unwrap().is_empty());
        let first = Key { roots: Some(vec!["s3://b/x/".into()]), ..Key::generate(Some("etl".into())).unwrap() };
        let second = Key { read_only: true, databases: Some(vec![]), ..Key::generate(None).unwrap() };
        file.add(&first).unwrap();
        file.add(&second).unwrap();
        assert_eq!(file.read().unwrap(), [first.clone(), second.clone()]);
        assert_eq!(std::fs::metadata(file.path()).unwrap().permissions().mode() & 0o777, 0o600);
        assert_eq!((first.id.len(), first.secret().len()), (20, 40));
        assert_ne!(first.secret(), second.secret());

        let again = file.add(&Key::generate(Some("etl".into())).unwrap()).unwrap_err();
        assert_eq!(again.kind(), catalog::ErrorKind::AlreadyExists);
        assert_eq!(file.remove("nobody").unwrap_err().kind(), catalog::ErrorKind::EntityNotFound);
        assert_eq!(file.remove("etl").unwrap(), first);
        assert_eq!(file.remove(&second.id).unwrap(), second);
        assert!(file.read().unwrap().is_empty());
    }

    #[test]
    fn what_is_wrong_is_named_without_its_secret() {
        let folder = tempfile::tempdir().unwrap();
        let file = KeyFile::within(folder.path());
        file.add(&Key::generate(None).unwrap()).unwrap();
        std::fs::set_permissions(file.path(), Permissions::from_mode(0o640)).unwrap();
        assert!(file.read().unwrap_err().message().contains("mode 0640"));
        std::fs::set_permissions(file.path(), Permissions::from_mode(0o600)).unwrap();
        let head = "[[key]]\nid = \"AKIA\"\ncreated = \"2026-01-01T00:00:00Z\"\n";
        for (tail, why) in [
            ("secret = \"hunter2\"\nadmin = true\n", "line 5: unknown field `admin`"),
            ("secret = hunter2\n", "line 4"),
            ("secret = \"hunter2\"\nroots = [\"ftp://x\"]\n", "key AKIA: location 'ftp://x'"),
        ] {
            std::fs::write(file.path(), format!("{head}{tail}")).unwrap();
            let error = file.read().unwrap_err();
            assert!(error.message().contains(why) && !format!("{error:?}").contains("hunter2"), "{error:?}");
        }
    }
}
