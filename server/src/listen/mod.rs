//! Connections: taken up to a number, with TLS where there is a certificate, and ended where a client is too slow, has nothing to ask,
//! or the server ends. A connection costs memory and a file, so nobody may keep one for nothing.

mod body;
mod certificate;
mod stream;
mod tls;

use std::net::SocketAddr;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::http::request::Parts;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::{Service as _, service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use tokio::io::{AsyncRead, AsyncWrite, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio_rustls::TlsAcceptor;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use self::body::{Held, Paced};
use self::stream::{Busy, Timed};
pub use self::tls::Tls;

/// The longest head of a request in bytes, and the most headers in it: S3's metadata are at most 8 KiB, presigned URLs and session tokens
/// a few more.
const LONGEST_HEAD: usize = 64 << 10;
const MOST_HEADERS: usize = 128;

/// What answers a client that speaks HTTP where TLS is spoken.
const NOT_TLS: &[u8] = b"HTTP/1.1 400 Bad Request\r\nContent-Type: text/plain\r\nConnection: close\r\n\r\n\
    this port speaks TLS: use https://\n";

/// What a client may take.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Limits {
    /// Connections at once; others wait for one to end.
    pub(crate) connections: usize,
    /// For TLS to be agreed upon.
    pub(crate) handshake: Duration,
    /// For the head of a request, from its first byte on.
    pub(crate) head: Duration,
    /// Without a request. Longer than the 60 s after which load balancers end what is idle, so that it is they who end it.
    pub(crate) idle: Duration,
    /// For the next [`body::LEAST`] bytes of a request's body, and for any of an answer to be taken.
    pub(crate) pace: Duration,
    /// For connections to end once the server has to.
    pub(crate) end: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            connections: 4096,
            handshake: Duration::from_secs(10),
            head: Duration::from_secs(20),
            idle: Duration::from_secs(75),
            pace: Duration::from_secs(30),
            end: Duration::from_secs(5),
        }
    }
}

/// The other end of a connection, among the extensions of each of its requests.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Peer {
    pub(crate) address: SocketAddr,
}

impl Peer {
    /// Of the connection that the request came over. Where there was none, as in tests, it is nobody who is believed anything.
    pub(crate) fn of(head: &Parts) -> Self {
        let nobody = Self { address: SocketAddr::from(([0, 0, 0, 0], 0)) };
        head.extensions.get::<Self>().copied().unwrap_or(nobody)
    }
}

/// What connections have in common.
#[derive(Clone)]
struct Line {
    router: TowerToHyperService<Router>,
    tls: Option<Tls>,
    limits: Limits,
    /// Connections end after the answer they are at, the idle ones at once.
    closing: CancellationToken,
}

/// Takes connections until `stop`, then lets those there are answer what they were asked.
pub(crate) async fn accept(
    listener: TcpListener,
    tls: Option<Tls>,
    router: Router,
    limits: Limits,
    stop: impl Future<Output = ()>,
) {
    let closing = CancellationToken::new();
    let line = Line { router: TowerToHyperService::new(router), tls, limits, closing: closing.clone() };
    let (room, tasks) = (Arc::new(Semaphore::new(limits.connections)), TaskTracker::new());
    let mut stop = pin!(stop);
    loop {
        tokio::select! {
            () = &mut stop => break,
            accepted = next(&listener, &room) => match accepted {
                Some((stream, address, place)) => drop(tasks.spawn(connected(line.clone(), stream, address, place))),
                None => break,
            },
        }
    }
    drop(listener);
    closing.cancel();
    tasks.close();
    if tokio::time::timeout(limits.end, tasks.wait()).await.is_err() {
        tracing::warn!("{} connections did not end in time", tasks.len());
    }
}

/// The next connection that there is room for.
async fn next(listener: &TcpListener, room: &Arc<Semaphore>) -> Option<(TcpStream, SocketAddr, OwnedSemaphorePermit)> {
    let place = Arc::clone(room).acquire_owned().await.ok()?;
    loop {
        match listener.accept().await {
            Ok((stream, address)) => return Some((stream, address, place)),
            // The machine has no more files; some will be closed.
            Err(error) => {
                tracing::warn!("cannot take a connection: {error}");
                tokio::time::sleep(Duration::from_millis(200)).await;
            }
        }
    }
}

async fn connected(line: Line, stream: TcpStream, address: SocketAddr, _place: OwnedSemaphorePermit) {
    // An answer's last piece must not wait for the client to confirm the one before.
    if let Err(error) = stream.set_nodelay(true) {
        tracing::debug!(%address, "no delay: {error}");
    }
    let Some(tls) = &line.tls else { return talk(&line, stream, Peer { address }).await };
    let shake = async {
        let mut stream = stream;
        let mut first = [0];
        // A handshake is record type 22 (RFC 8446, section 5.1); no method of HTTP begins so.
        if stream.peek(&mut first).await? != 0 && first != [22] {
            stream.write_all(NOT_TLS).await?;
            stream.shutdown().await?;
            return Ok(None);
        }
        TlsAcceptor::from(tls.config()).accept(stream).await.map(Some)
    };
    let outcome: Result<std::io::Result<_>, _> = tokio::time::timeout(line.limits.handshake, shake).await;
    match outcome {
        Ok(Ok(Some(stream))) => talk(&line, stream, Peer { address }).await,
        Ok(Ok(None)) => {}
        Ok(Err(error)) => tracing::debug!(%address, "no TLS: {error}"),
        Err(_) => tracing::debug!(%address, "no TLS in time"),
    }
}

/// Answers the requests of one connection.
async fn talk<S>(line: &Line, stream: S, peer: Peer)
where
    S: AsyncRead + AsyncWrite + Send + Unpin + 'static,
{
    let (busy, limits) = (Busy::default(), line.limits);
    let service = service_fn(|request: hyper::Request<Incoming>| {
        let busy = busy.begin();
        let mut request = request.map(|body| Body::new(Paced::new(body, limits.pace)));
        request.extensions_mut().insert(peer);
        let answer = line.router.call(request);
        async move { answer.await.map(|answer| answer.map(|body| Held { body, _held: busy })) }
    });
    let stream = TokioIo::new(Timed::new(stream, busy.clone(), limits.head, limits.pace));
    let mut connection = pin!(
        http1::Builder::new()
            .timer(TokioTimer::new())
            .header_read_timeout(limits.idle)
            .max_header_size(LONGEST_HEAD)
            .max_headers(MOST_HEADERS)
            .serve_connection(stream, service)
    );
    let ended = tokio::select! {
        ended = &mut connection => ended,
        () = line.closing.cancelled() => {
            connection.as_mut().graceful_shutdown();
            connection.await
        }
    };
    if let Err(error) = ended {
        tracing::debug!(address = %peer.address, "a connection ended: {error}");
    }
}

#[cfg(test)]
mod tests;
