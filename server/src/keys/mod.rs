//! Access keys: who may speak to this server, and what each may do. They are in a file that may change while the server runs.

mod file;
mod session;

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::sync::{Arc, PoisonError, RwLock};

use catalog::storage::Location;
use catalog::{Result, name};
use chrono::{DateTime, Utc};

pub use file::{Key, KeyFile};
pub(crate) use session::Session;

use self::file::{Secret, Stamp};
use crate::aws::Rights;
use crate::signature::Refused;

/// The keys of a running server. Clones are the same keys.
#[derive(Debug, Clone)]
pub struct Keys(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    file: KeyFile,
    /// Whether every request needs a signature of a known key. It never becomes false again: a server does not open because its
    /// keys went away.
    required: AtomicBool,
    loaded: RwLock<Loaded>,
}

#[derive(Debug)]
struct Loaded {
    /// What the file was when it was read; `None`: there was none.
    stamp: Option<Stamp>,
    keys: HashMap<String, Arc<Known>>,
}

/// A key in use.
#[derive(Debug)]
pub(crate) struct Known {
    pub(crate) id: String,
    secret: Secret,
    pub(crate) name: Option<String>,
    pub(crate) rights: Arc<Rights>,
}

/// Who holds the credentials that a request was signed with: a key, or a session that a key was asked for.
#[derive(Debug, Clone)]
pub(crate) struct Holder {
    pub(crate) key: Arc<Known>,
    /// What the session is called, `ROLE/SESSION`.
    pub(crate) session: Option<String>,
    secret: Secret,
}

impl Keys {
    /// The keys of `file`; a file that is not there has none.
    ///
    /// Errors (`InvalidInput`): others may read the file, or it is not as it has to be.
    pub fn open(file: KeyFile) -> Result<Self> {
        let stamp = file.stamp();
        let keys = known(file.read()?)?;
        let required = AtomicBool::new(!keys.is_empty());
        Ok(Self(Arc::new(Inner { file, required, loaded: RwLock::new(Loaded { stamp, keys }) })))
    }

    /// Whether there is no key.
    pub fn is_empty(&self) -> bool {
        self.look();
        self.0.loaded.read().unwrap_or_else(PoisonError::into_inner).keys.is_empty()
    }

    /// From now on every request needs a signature, be there keys or not.
    pub(crate) fn require(&self) {
        self.0.required.store(true, Relaxed);
    }

    /// Whether every request needs a signature.
    pub(crate) fn required(&self) -> bool {
        self.look();
        self.0.required.load(Relaxed)
    }

    /// Whose credentials these are.
    ///
    /// Errors: `UnknownKey`; `BadToken` and `ExpiredToken` for a session.
    pub(crate) fn holder(&self, id: &str, token: Option<&str>, now: DateTime<Utc>) -> std::result::Result<Holder, Refused> {
        let loaded = self.0.loaded.read().unwrap_or_else(PoisonError::into_inner);
        match token {
            Some(token) => session::holder(token, id, now, |id| loaded.keys.get(id).cloned()),
            None => {
                let key = loaded.keys.get(id).ok_or(Refused::UnknownKey)?;
                Ok(Holder { key: Arc::clone(key), session: None, secret: key.secret.clone() })
            }
        }
    }

    /// Reads the file again if it is another one than before. One that cannot be read leaves the keys as they are.
    fn look(&self) {
        let stamp = self.0.file.stamp();
        if self.0.loaded.read().unwrap_or_else(PoisonError::into_inner).stamp == stamp {
            return;
        }
        let read = self.0.file.read().and_then(known);
        let mut loaded = self.0.loaded.write().unwrap_or_else(PoisonError::into_inner);
        loaded.stamp = stamp;
        match read {
            Ok(keys) => {
                if !keys.is_empty() {
                    self.require();
                }
                tracing::info!("read {} access keys", keys.len());
                loaded.keys = keys;
            }
            Err(error) => tracing::error!("the access keys stay as they were: {error}"),
        }
    }
}

impl Holder {
    /// What requests are signed with.
    pub(crate) fn secret(&self) -> &str {
        &self.secret.0
    }
}

fn known(keys: Vec<Key>) -> Result<HashMap<String, Arc<Known>>> {
    let known = keys.into_iter().map(|key| {
        let roots = key.roots.map(|roots| roots.iter().map(|root| Location::parse(root)).collect::<Result<_>>()).transpose()?;
        let rights = Rights {
            databases: key.databases.map(|names| names.iter().map(|name| name::fold(name)).collect()),
            work_groups: key.work_groups.map(|names| names.into_iter().collect()),
            roots,
            read_only: key.read_only,
        };
        let known = Known { id: key.id, secret: key.secret, name: key.name, rights: Arc::new(rights) };
        Ok((known.id.clone(), Arc::new(known)))
    });
    known.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_come_and_go_while_the_server_runs() {
        let folder = tempfile::tempdir().unwrap();
        let file = KeyFile::within(folder.path());
        let keys = Keys::open(file.clone()).unwrap();
        assert!(keys.is_empty() && !keys.required());
        let key = Key { databases: Some(vec!["Sales".to_owned()]), read_only: true, ..Key::generate(None).unwrap() };
        file.add(&key).unwrap();
        assert!(keys.required() && !keys.is_empty());
        let holder = keys.holder(&key.id, None, Utc::now()).unwrap();
        assert!(holder.key.rights.database("sales").is_ok() && holder.key.rights.database("hr").is_err());
        assert!(holder.key.rights.write().is_err());
        assert!(!format!("{keys:?}{holder:?}{key:?}").contains(key.secret()));
        // What cannot be read changes nothing.
        std::fs::write(folder.path().join("keys.toml"), "nonsense").unwrap();
        assert!(keys.required() && keys.holder(&key.id, None, Utc::now()).is_ok());
        // Without keys it does not open again.
        std::fs::remove_file(folder.path().join("keys.toml")).unwrap();
        assert!(keys.required() && keys.is_empty());
        assert!(matches!(keys.holder(&key.id, None, Utc::now()), Err(Refused::UnknownKey)));
    }
}
