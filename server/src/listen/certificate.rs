//! The certificate of `--tls auto`: it vouches for itself, and clients are told to trust it, by its file or its fingerprint.

use std::fs::{DirBuilder, File};
use std::io::Write as _;
use std::os::unix::fs::DirBuilderExt as _;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use catalog::{Error, ErrorKind, Result};
use chrono::{DateTime, Datelike as _, Days, Utc};
use rcgen::{CertificateParams, DistinguishedName, DnType, ExtendedKeyUsagePurpose, IsCa, KeyPair, KeyUsagePurpose};
use tempfile::NamedTempFile;
use tokio_rustls::rustls::RootCertStore;
use tokio_rustls::rustls::client::WebPkiServerVerifier;
use tokio_rustls::rustls::client::danger::ServerCertVerifier as _;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::{CertificateDer, ServerName, UnixTime};

/// Days that one is good for: Apple's programs refuse what is good for more than 825.
const LASTS: u64 = 820;

/// How long before its end a new one is made.
const MARGIN: Duration = Duration::from_secs(30 * 24 * 3600);

/// Makes a key and a certificate for these names; each file is there as a whole or not at all.
pub(super) fn make(folder: &Path, certificate: &Path, key: &Path, names: &[String]) -> Result<()> {
    let failed = |error: std::io::Error| {
        Error::new(ErrorKind::Unavailable, format!("TLS: {}: {error}", folder.display())).caused_by(error)
    };
    let wrong = |error: rcgen::Error| Error::internal(format!("TLS: cannot make a certificate: {error}"));
    let mut params = CertificateParams::new(names).map_err(wrong)?;
    params.distinguished_name = DistinguishedName::new();
    params.distinguished_name.push(DnType::CommonName, "Civetta");
    params.is_ca = IsCa::ExplicitNoCa;
    params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    let today = Utc::now();
    let date = |time: DateTime<Utc>| {
        let part = |part: u32| u8::try_from(part).unwrap_or(1);
        rcgen::date_time_ymd(time.year(), part(time.month()), part(time.day()))
    };
    // Clocks differ.
    params.not_before = date(today - Days::new(1));
    params.not_after = date(today + Days::new(LASTS));
    let pair = KeyPair::generate().map_err(wrong)?;
    let made = params.self_signed(&pair).map_err(wrong)?;
    DirBuilder::new().recursive(true).mode(0o700).create(folder).map_err(failed)?;
    for (path, text) in [(key, pair.serialize_pem()), (certificate, made.pem())] {
        // The library makes it for its owner alone.
        let mut file = NamedTempFile::new_in(folder).map_err(failed)?;
        file.write_all(text.as_bytes()).and_then(|()| file.as_file().sync_all()).map_err(failed)?;
        file.persist(path).map_err(|error| failed(error.error))?;
    }
    File::open(folder).and_then(|folder| folder.sync_all()).map_err(failed)
}

/// Whether a client that trusts this certificate will take it for each of these names in a month, too.
pub(super) fn lasts(certificate: &CertificateDer<'static>, names: &[String]) -> bool {
    let mut roots = RootCertStore::empty();
    if roots.add(certificate.clone()).is_err() {
        return false;
    }
    let provider = Arc::new(ring::default_provider());
    let Ok(verifier) = WebPkiServerVerifier::builder_with_provider(Arc::new(roots), provider).build() else { return false };
    let then = UnixTime::since_unix_epoch(Duration::from_secs(UnixTime::now().as_secs()) + MARGIN);
    names.iter().all(|name| {
        // Any name that the star stands for.
        let name = name.strip_prefix('*').map_or_else(|| name.clone(), |rest| format!("x{rest}"));
        let Ok(name) = ServerName::try_from(name) else { return false };
        verifier.verify_server_cert(certificate, &[], &name, &[], then).is_ok()
    })
}
