//! TLS by rustls: certificate and key in PEM files, which may be replaced while the server runs.

use std::fs::Metadata;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError, RwLock};

use catalog::{Error, Result};
use sha2::{Digest as _, Sha256};
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::pem::PemObject as _;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};

use super::certificate;

/// With what a server speaks TLS. Clones are the same.
#[derive(Clone)]
pub struct Tls(Arc<Inner>);

struct Inner {
    certificate: PathBuf,
    key: PathBuf,
    loaded: RwLock<Loaded>,
}

struct Loaded {
    stamp: Stamp,
    config: Arc<ServerConfig>,
    /// The server's own certificate; what follows it in the file vouches for it.
    own: CertificateDer<'static>,
}

/// What tells one state of both files from another.
type Stamp = [Option<(i64, i64, u64, u64)>; 2];

impl std::fmt::Debug for Tls {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Tls({})", self.0.certificate.display())
    }
}

impl Tls {
    /// With this chain of certificates, the server's own first, and its key, both in PEM.
    ///
    /// Errors (`InvalidInput`): a file cannot be read, holds none, or the key is not the certificate's.
    pub fn of_files(certificate: PathBuf, key: PathBuf) -> Result<Self> {
        let loaded = RwLock::new(load(&certificate, &key)?);
        Ok(Self(Arc::new(Inner { certificate, key, loaded })))
    }

    /// With a certificate that vouches for itself, kept in the folder `tls` of this data directory. A new one is made where there is none,
    /// where it ends within a month, and where it is not for all of `names`, which are host names and addresses.
    ///
    /// Errors: `Unavailable` where the folder cannot be written; `Internal`.
    pub fn automatic(data: &Path, names: &[String]) -> Result<Self> {
        let folder = data.join("tls");
        let (certificate, key) = (folder.join("certificate.pem"), folder.join("key.pem"));
        if let Ok(kept) = Self::of_files(certificate.clone(), key.clone())
            && certificate::lasts(&kept.own(), names)
        {
            return Ok(kept);
        }
        certificate::make(&folder, &certificate, &key, names)?;
        Self::of_files(certificate, key)
    }

    /// The file with the certificate, which clients may be told to trust.
    pub fn certificate(&self) -> &Path {
        &self.0.certificate
    }

    /// The SHA-256 of the certificate as programs show it, `AA:BB:…`.
    pub fn fingerprint(&self) -> String {
        let digest = Sha256::digest(self.own());
        digest.iter().map(|byte| format!("{byte:02X}")).collect::<Vec<_>>().join(":")
    }

    fn own(&self) -> CertificateDer<'static> {
        self.0.loaded.read().unwrap_or_else(PoisonError::into_inner).own.clone()
    }

    /// What a new connection is to use. Files that cannot be used leave it as it was.
    pub(super) fn config(&self) -> Arc<ServerConfig> {
        let Inner { certificate, key, loaded } = &*self.0;
        let read = || loaded.read().unwrap_or_else(PoisonError::into_inner);
        let (known, stamp) = (read().stamp, stamp(certificate, key));
        if known != stamp {
            match load(certificate, key) {
                Ok(new) => {
                    tracing::info!("read the certificate again");
                    *loaded.write().unwrap_or_else(PoisonError::into_inner) = new;
                }
                Err(error) => {
                    tracing::error!("the certificate stays as it was: {error}");
                    loaded.write().unwrap_or_else(PoisonError::into_inner).stamp = stamp;
                }
            }
        }
        Arc::clone(&read().config)
    }
}

fn stamp(certificate: &Path, key: &Path) -> Stamp {
    let of = |about: Metadata| (about.ctime(), about.ctime_nsec(), about.ino(), about.size());
    [certificate, key].map(|path| std::fs::metadata(path).ok().map(of))
}

fn load(certificate: &Path, key: &Path) -> Result<Loaded> {
    let stamp = stamp(certificate, key);
    let wrong = |path: &Path, why: &dyn std::fmt::Display| Error::invalid(format!("TLS: {}: {why}", path.display()));
    let chain: Vec<_> =
        CertificateDer::pem_file_iter(certificate).and_then(Iterator::collect).map_err(|error| wrong(certificate, &error))?;
    let own = chain.first().cloned().ok_or_else(|| wrong(certificate, &"there is no certificate in it"))?;
    let secret = PrivateKeyDer::from_pem_file(key).map_err(|error| wrong(key, &error))?;
    let mut config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .map_err(|error| Error::internal(format!("TLS: {error}")))?
        .with_no_client_auth()
        .with_single_cert(chain, secret)
        .map_err(|error| wrong(certificate, &format_args!("with the key {}: {error}", key.display())))?;
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(Loaded { stamp, config: Arc::new(config), own })
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    fn names(names: &[&str]) -> Vec<String> {
        names.iter().map(|name| (*name).to_owned()).collect()
    }

    #[test]
    fn a_certificate_is_kept_while_it_serves() {
        let folder = tempfile::tempdir().unwrap();
        let here = names(&["localhost", "127.0.0.1", "::1"]);
        let first = Tls::automatic(folder.path(), &here).unwrap();
        let mode = |name: &str| std::fs::metadata(folder.path().join("tls").join(name)).unwrap().permissions().mode() & 0o777;
        assert_eq!((mode("key.pem"), mode("")), (0o600, 0o700));
        assert_eq!(first.fingerprint().len(), 95);
        assert_eq!(Tls::automatic(folder.path(), &here).unwrap().fingerprint(), first.fingerprint());
        let more = names(&["localhost", "lake.example", "*.lake.example"]);
        let second = Tls::automatic(folder.path(), &more).unwrap();
        assert_ne!(second.fingerprint(), first.fingerprint());
        assert_eq!(Tls::automatic(folder.path(), &more).unwrap().fingerprint(), second.fingerprint());
        // Half of a pair is no pair.
        std::fs::remove_file(folder.path().join("tls/key.pem")).unwrap();
        assert_ne!(Tls::automatic(folder.path(), &more).unwrap().fingerprint(), second.fingerprint());
    }

    #[test]
    fn files_may_be_replaced_while_the_server_runs() {
        let (folder, other) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let tls = Tls::automatic(folder.path(), &names(&["localhost"])).unwrap();
        let (first, config) = (tls.fingerprint(), tls.config());
        assert!(Arc::ptr_eq(&config, &tls.config()));
        let new = Tls::automatic(other.path(), &names(&["localhost"])).unwrap();
        let place = |name: &str| (other.path().join("tls").join(name), folder.path().join("tls").join(name));
        let (from, to) = place("certificate.pem");
        std::fs::copy(from, to).unwrap();
        assert!(Arc::ptr_eq(&config, &tls.config()), "a certificate without its key changes nothing");
        let (from, to) = place("key.pem");
        std::fs::copy(from, to).unwrap();
        assert!(!Arc::ptr_eq(&config, &tls.config()));
        assert_eq!(tls.fingerprint(), new.fingerprint());
        assert_ne!(tls.fingerprint(), first);
    }

    #[test]
    fn what_is_wrong_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("x.pem");
        let error = |path: &Path| Tls::of_files(path.to_owned(), path.to_owned()).unwrap_err();
        assert!(error(&path).message().contains("x.pem"));
        std::fs::write(&path, "hunter2").unwrap();
        assert!(error(&path).message().contains("no certificate") && !format!("{:?}", error(&path)).contains("hunter2"));
    }
}
