//! `civetta serve`: the server in the foreground, until SIGTERM or Ctrl-C.

use std::net::SocketAddr;
use std::path::PathBuf;

use catalog::{Error, Result};
use engine::queries::{Queries, QuerySettings};
use server::{Front, Key, KeyFile, Keys, Server, Tls};
use tokio_util::sync::CancellationToken;

use super::{key, say};
use crate::config::{Config, Network, Origin, PublicUrl, S3Choice, Setting, Timeout, TlsChoice};
use crate::failure::{Failure, Outcome};
use crate::open::{Lake, Rights};

#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The address and port to listen on [default: 127.0.0.1:4580]
    #[arg(long, value_name = "ADDRESS:PORT")]
    listen: Option<SocketAddr>,
    /// A location beside the lake that the server may read, such as s3://bucket/ or file:///data/; may be given more than once
    #[arg(long, value_name = "URL")]
    root: Vec<String>,
    /// Speak TLS with a certificate of its own making (auto), kept in the data directory: for localhost, the address, and the public URL's
    /// host [default: off]
    #[arg(long, value_name = "auto|off")]
    tls: Option<TlsChoice>,
    /// Speak TLS with this chain of certificates, a PEM file; it is read again when it changes
    #[arg(long, value_name = "FILE", conflicts_with = "tls")]
    tls_cert: Option<PathBuf>,
    /// The key of the certificate, a PEM file
    #[arg(long, value_name = "FILE", conflicts_with = "tls")]
    tls_key: Option<PathBuf>,
    /// What clients call this server, such as https://lake.example, where it is not its address: behind a proxy, or by name
    #[arg(long, value_name = "URL")]
    public_url: Option<PublicUrl>,
    /// A proxy whose X-Forwarded-Host is believed, an address or a network; may be given more than once [default: this machine]
    #[arg(long, value_name = "NETWORK")]
    proxy: Vec<Network>,
    /// How long running queries may go on after SIGTERM or Ctrl-C
    #[arg(long, value_name = "DURATION", default_value = "30s")]
    drain: Timeout,
}

pub(crate) async fn run(args: Args, config: &Config) -> Outcome {
    let drain = args.drain.0;
    let config = merged(args, config.clone());
    refuse_itself(&config).map_err(Failure::usage)?;
    let stop = CancellationToken::new();
    let told = stop_when_told(stop.clone()).map_err(Failure::from)?;
    let Lake { home, catalog, storage, engine } = Lake::open(&config, Rights::Server).await?;
    let keys = keys(&config)?;
    if keys.is_empty() {
        say("there are no access keys: every signature is taken, from this machine only; civetta key add makes one");
        if let Some(url) = &config.public_url.value {
            say(format!("whoever can reach {url} may therefore do everything"));
        }
    }
    let tls = tls(&config)?;
    let settings = QuerySettings {
        concurrency: config.concurrency.value as usize,
        history: config.history.value.0,
        patience: config.poll.value.0,
        ..QuerySettings::new(config.data.value.join("results"))
    };
    let queries = Queries::start(home.clone(), storage.clone(), settings).await?;
    let front = Front {
        public_url: config.public_url.value.as_ref().map(|url| url.0.clone()),
        proxies: config.proxies.value.iter().map(|network| network.0).collect(),
    };
    let scheme = if tls.is_some() { "https" } else { "http" };
    let known = config.public_url.value.as_ref().map(|url| format!(", to clients {url},")).unwrap_or_default();
    let server = Server { home, catalog, storage, engine, keys, queries, drain, front, tls };
    let ready = |address| {
        say(format!("civetta serves Athena, Glue, S3 and Trino on {scheme}://{address}{known} and runs the crawlers' schedules"))
    };
    let served = server::serve(server, config.listen.value, stop, ready).await;
    told.abort();
    Ok(served?)
}

/// The configuration with what was typed.
fn merged(args: Args, mut config: Config) -> Config {
    fn set<T>(setting: &mut Setting<T>, typed: Option<T>, flag: &'static str) {
        if let Some(value) = typed {
            *setting = Setting { value, origin: Origin::Flag(flag) };
        }
    }
    let some = |path: Option<PathBuf>| path.map(Some);
    // A certificate that is typed is meant, and so is not to have one of the file.
    if args.tls_cert.is_some() || args.tls_key.is_some() {
        set(&mut config.tls, Some(TlsChoice::Off), "--tls-cert");
    }
    if args.tls.is_some() {
        set(&mut config.tls_cert, Some(None), "--tls");
        set(&mut config.tls_key, Some(None), "--tls");
    }
    set(&mut config.listen, args.listen, "--listen");
    set(&mut config.roots, (!args.root.is_empty()).then_some(args.root), "--root");
    set(&mut config.tls, args.tls, "--tls");
    set(&mut config.tls_cert, some(args.tls_cert), "--tls-cert");
    set(&mut config.tls_key, some(args.tls_key), "--tls-key");
    set(&mut config.public_url, args.public_url.map(Some), "--public-url");
    set(&mut config.proxies, (!args.proxy.is_empty()).then_some(args.proxy), "--proxy");
    config
}

/// With what TLS is spoken, if it is.
///
/// Errors (`InvalidInput`): half of a pair of files, or both ways at once; files that cannot be used.
fn tls(config: &Config) -> std::result::Result<Option<Tls>, Failure> {
    let files = (config.tls.value, config.tls_cert.value.clone(), config.tls_key.value.clone());
    let usage = |text: &str| Err(Failure::usage(Error::invalid(text)));
    let tls = match files {
        (TlsChoice::Off, None, None) => return Ok(None),
        (TlsChoice::Off, Some(certificate), Some(key)) => Tls::of_files(certificate, key).map_err(Failure::usage)?,
        (TlsChoice::Off, Some(_), None) => return usage("there is a certificate without its key: give --tls-key, too"),
        (TlsChoice::Off, None, Some(_)) => return usage("there is a key without its certificate: give --tls-cert, too"),
        (TlsChoice::Auto, None, None) => {
            let tls = Tls::automatic(&config.data.value, &names(config))?;
            say(format!("clients have to trust the certificate in {} (AWS_CA_BUNDLE)", tls.certificate().display()));
            tls
        }
        (TlsChoice::Auto, ..) => return usage("tls is auto, and there are tls_cert or tls_key: give one or the other"),
    };
    say(format!("the certificate's SHA-256 is {}", tls.fingerprint()));
    Ok(Some(tls))
}

/// What a certificate of our own making is for. Buckets may stand before the names.
fn names(config: &Config) -> Vec<String> {
    let mut names: Vec<_> = ["localhost", "*.localhost", "*.s3.localhost", "127.0.0.1", "::1"].map(str::to_owned).into();
    let listen = config.listen.value.ip();
    if !listen.is_loopback() && !listen.is_unspecified() {
        names.push(listen.to_string());
    }
    match config.public_url.value.as_ref().and_then(|url| url.0.host()) {
        Some(url::Host::Domain(name)) => names.extend([name.to_owned(), format!("*.{name}")]),
        Some(url::Host::Ipv4(address)) => names.push(address.to_string()),
        Some(url::Host::Ipv6(address)) => names.push(address.to_string()),
        None => {}
    }
    names
}

/// The access keys. A server that other machines reach has one from its first start on.
fn keys(config: &Config) -> Result<Keys> {
    let file = KeyFile::within(&config.data.value);
    let keys = Keys::open(file.clone())?;
    if !config.listen.value.ip().is_loopback() && keys.is_empty() {
        let key = Key::generate(Some("first".to_owned()))?;
        file.add(&key)?;
        say(format!("other machines reach {}, so there is an access key now; it is shown this once:", config.listen.value));
        say(key::environment(&key));
    }
    Ok(keys)
}

/// A server whose S3 is itself would ask itself for every object.
fn refuse_itself(config: &Config) -> Result<()> {
    let S3Choice::Endpoint(url) = &config.s3.value else { return Ok(()) };
    let listen = config.listen.value;
    let same_host = match url.host() {
        Some(url::Host::Domain(name)) => name == "localhost" || name.ends_with(".localhost"),
        Some(url::Host::Ipv4(address)) => address.is_loopback(),
        Some(url::Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    };
    let public = config.public_url.value.as_ref().is_some_and(|public| public.0.origin() == url.origin());
    if public || same_host && url.port_or_known_default() == Some(listen.port()) {
        return Err(Error::invalid(format!(
            "s3 is {}, which is where this server would listen; give --s3 another endpoint",
            config.s3.value
        )));
    }
    Ok(())
}

/// SIGTERM and Ctrl-C ask for an orderly end.
fn stop_when_told(stop: CancellationToken) -> Result<tokio::task::JoinHandle<()>> {
    use tokio::signal::unix::{SignalKind, signal};
    let wrong = |error| Error::internal(format!("cannot listen for signals: {error}"));
    let mut terminate = signal(SignalKind::terminate()).map_err(wrong)?;
    let mut interrupt = signal(SignalKind::interrupt()).map_err(wrong)?;
    Ok(tokio::spawn(async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
        say("stopping");
        stop.cancel();
    }))
}
