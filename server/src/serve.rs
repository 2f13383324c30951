//! The server: one port, the scheduler beside it, and an orderly end.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::http::request::Parts;
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use catalog::local::LocalCatalog;
use catalog::storage::Storage;
use catalog::{Catalog, Error, ErrorKind, Restricted, Result};
use engine::Engine;
use engine::queries::Queries;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use crate::access::{Ending, Exchange};
use crate::aws::{Caller, Rights};
use crate::crawls::Crawls;
use crate::dispatch::dispatch;
use crate::front::Front;
use crate::keys::Keys;
use crate::listen::{self, Limits, Peer, Tls};
use crate::metrics::Metrics;
use crate::route;
use crate::scheduler::Scheduler;
use crate::{health, host};

/// What a server serves.
#[derive(Debug, Clone)]
pub struct Server {
    /// Keeps crawlers, their schedules and their history.
    pub home: LocalCatalog,
    /// Where tables are.
    pub catalog: Arc<dyn Catalog>,
    /// Confined to what the configuration allows.
    pub storage: Storage,
    pub engine: Engine,
    /// The life of queries.
    pub queries: Queries,
    /// How long requests and queries may go on when the server is told to stop.
    pub drain: Duration,
    /// Who may ask. Without any it is whoever reaches the port.
    pub keys: Keys,
    /// By which names clients know it.
    pub front: Front,
    /// With what it speaks TLS; else HTTP is not encrypted.
    pub tls: Option<Tls>,
}

#[derive(Clone)]
pub(crate) struct Shared {
    pub(crate) server: Server,
    pub(crate) metrics: Metrics,
    pub(crate) crawls: Crawls,
}

impl Shared {
    /// What runs the statements of this caller.
    pub(crate) fn engine(&self, caller: &Caller) -> Engine {
        match caller.rights.is_limited() {
            true => self.server.engine.narrowed(self.catalog(caller), self.storage(caller)),
            false => self.server.engine.clone(),
        }
    }

    /// The catalog as far as the caller may use it.
    pub(crate) fn catalog(&self, caller: &Caller) -> Arc<dyn Catalog> {
        let catalog = Arc::clone(&self.server.catalog);
        let Rights { databases, read_only, .. } = &*caller.rights;
        match databases.is_some() || *read_only {
            true => Arc::new(Restricted::new(catalog, databases.clone(), *read_only)),
            false => catalog,
        }
    }

    /// The storage as far as the caller may touch it.
    fn storage(&self, caller: &Caller) -> Storage {
        let Rights { roots, read_only, .. } = &*caller.rights;
        match roots.is_some() || *read_only {
            true => self.server.storage.narrowed(roots.as_deref(), *read_only),
            false => self.server.storage.clone(),
        }
    }
}

/// Serves on `listen` until `stop`, then ends: no new requests, those under way are answered, running crawls are stopped and
/// recorded. `ready` is called with the address once requests are taken (port 0 picks one).
///
/// Errors: `InvalidInput` for an address that other machines reach while there are no access keys; `Unavailable` when the port
/// cannot be had.
pub async fn serve(server: Server, listen: SocketAddr, stop: CancellationToken, ready: impl FnOnce(SocketAddr)) -> Result<()> {
    if !listen.ip().is_loopback() {
        if server.keys.is_empty() {
            return Err(Error::invalid(format!(
                "refusing to listen on {listen}: there are no access keys, so whoever reaches the port could read everything; \
                 make one with `civetta key add`, or listen on 127.0.0.1 (or on [::1])"
            )));
        }
        server.keys.require();
    }
    let busy = |error: std::io::Error| {
        Error::new(ErrorKind::Unavailable, format!("cannot listen on {listen}: {error}")).caused_by(error)
    };
    let listener = TcpListener::bind(listen).await.map_err(busy)?;
    let address = listener.local_addr().map_err(busy)?;
    let metrics = Metrics::new();
    let crawls = Crawls::new(server.clone(), metrics.clone(), stop.clone());
    let schedules = tokio::spawn(Scheduler::new(server.clone(), crawls.clone(), stop.clone()).run());
    ready(address);
    let (queries, drain) = (server.queries.clone(), server.drain);
    let drained = {
        let stop = stop.clone();
        async move {
            stop.cancelled().await;
            // Clients still poll what runs: connections are taken until the queries have ended.
            queries.drain(drain).await;
        }
    };
    let tls = server.tls.clone();
    let router = router(Shared { server, metrics, crawls: crawls.clone() });
    let limits = Limits::default();
    let limits = Limits { end: limits.end.max(drain), ..limits };
    listen::accept(listener, tls, router, limits, drained).await;
    stop.cancel();
    // It ends by itself once it is told; a panic in it was already logged.
    let _ = schedules.await;
    crawls.ended().await;
    Ok(())
}

fn router(shared: Shared) -> Router {
    Router::new()
        .route("/healthz", get(health::healthz))
        .route("/readyz", get(health::readyz))
        .route("/metrics", get(health::metrics))
        .fallback(|| async { (StatusCode::NOT_FOUND, "nothing here; try /healthz, /readyz or /metrics\n") })
        .layer(from_fn_with_state(shared.clone(), guard))
        .with_state(shared)
}

/// Every request passes here first.
async fn guard(State(shared): State<Shared>, request: Request, next: Next) -> Response {
    shared.metrics.request();
    let (head, body) = request.into_parts();
    let exchange = Arc::new(Exchange::new(shared.metrics.clone(), Peer::of(&head), head.method.clone()));
    let ending = Ending::new(Arc::clone(&exchange));
    let keys = shared.server.keys.required();
    // A signature is looked at by whoever answers the request.
    let why = if keys && route::is_signed(&head) { None } else { refusal(&shared.server.front, &head, keys) };
    let request = Request::from_parts(head, body);
    let answer = match why {
        Some(why) => {
            shared.metrics.refused();
            (StatusCode::FORBIDDEN, format!("{why}\n")).into_response()
        }
        None => match dispatch(&shared, &exchange, request).await {
            Ok(response) => response,
            Err(own) => {
                exchange.operation("own");
                next.run(own).await
            }
        },
    };
    ending.with(answer)
}

fn refusal(front: &Front, head: &Parts, keys: bool) -> Option<&'static str> {
    let forwarded = front.forwarded(Peer::of(head).address.ip(), &head.headers, "x-forwarded-host");
    host::refusal(&head.headers, front, forwarded, keys)
}

#[cfg(test)]
impl Server {
    /// Over an embedded catalog and lake in `folder`: what handlers are tested with.
    pub(crate) async fn embedded(folder: &std::path::Path) -> Self {
        use catalog::storage::StorageConfig;
        use engine::Settings;
        use engine::queries::QuerySettings;

        let home = LocalCatalog::open(folder).await.unwrap();
        let storage = Storage::new(StorageConfig::local(folder)).await.unwrap();
        let catalog: Arc<dyn Catalog> = Arc::new(home.clone());
        let spill = folder.join("spill");
        let settings = Settings { memory: None, threads: None, spill, spill_limit: Some(1 << 30), locations: false };
        let engine = Engine::new(Arc::clone(&catalog), storage.clone(), settings).unwrap();
        let settings = QuerySettings::new(folder.join("results"));
        let queries = Queries::start(home.clone(), storage.clone(), settings).await.unwrap();
        let keys = Keys::open(crate::keys::KeyFile::within(folder)).unwrap();
        let front = Front::default();
        Self { home, catalog, storage, engine, keys, queries, drain: Duration::ZERO, front, tls: None }
    }
}

#[cfg(test)]
impl Shared {
    /// What the handlers of [`Server::embedded`] work with.
    pub(crate) async fn embedded(folder: &std::path::Path) -> Self {
        let server = Server::embedded(folder).await;
        let metrics = Metrics::new();
        let crawls = Crawls::new(server.clone(), metrics.clone(), CancellationToken::new());
        Self { server, metrics, crawls }
    }
}
