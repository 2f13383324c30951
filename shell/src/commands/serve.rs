//! `civetta serve`: the server in the foreground, until SIGTERM or Ctrl-C.

use std::net::SocketAddr;

use catalog::{Error, Result};
use engine::queries::{Queries, QuerySettings};
use server::{Key, KeyFile, Keys, Server};
use tokio_util::sync::CancellationToken;

use super::{key, say};
use crate::config::{Config, Origin, S3Choice, Setting, Timeout};
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
    /// How long running queries may go on after SIGTERM or Ctrl-C
    #[arg(long, value_name = "DURATION", default_value = "30s")]
    drain: Timeout,
}

pub(crate) async fn run(args: Args, config: &Config) -> Outcome {
    let mut config = config.clone();
    if let Some(value) = args.listen {
        config.listen = Setting { value, origin: Origin::Flag("--listen") };
    }
    if !args.root.is_empty() {
        config.roots = Setting { value: args.root, origin: Origin::Flag("--root") };
    }
    refuse_itself(&config).map_err(Failure::usage)?;
    let stop = CancellationToken::new();
    let told = stop_when_told(stop.clone()).map_err(Failure::from)?;
    let Lake { home, catalog, storage, engine } = Lake::open(&config, Rights::Server).await?;
    let keys = keys(&config)?;
    if keys.is_empty() {
        say("there are no access keys: every signature is taken, from this machine only; civetta key add makes one");
    }
    let settings = QuerySettings {
        concurrency: config.concurrency.value as usize,
        history: config.history.value.0,
        patience: config.poll.value.0,
        ..QuerySettings::new(config.data.value.join("results"))
    };
    let queries = Queries::start(home.clone(), storage.clone(), settings).await?;
    let server = Server { home, catalog, storage, engine, keys, queries, drain: args.drain.0 };
    let ready = |address| say(format!("civetta serves Athena, Glue and S3 on http://{address} and runs the crawlers' schedules"));
    let served = server::serve(server, config.listen.value, stop, ready).await;
    told.abort();
    Ok(served?)
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
    if same_host && url.port_or_known_default() == Some(listen.port()) {
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
