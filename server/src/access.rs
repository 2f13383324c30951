//! One request from its coming to the last byte of its answer: what of it is written to the log of accesses (the tracing target `access`)
//! and what is counted. Neither holds more than names: no path, no query, no header, since those may hold secrets.

use std::borrow::Cow;
use std::pin::Pin;
use std::sync::{Arc, OnceLock};
use std::task::{Context, Poll};
use std::time::Instant;

use axum::body::Body;
use axum::http::{Method, StatusCode};
use axum::response::Response;
use bytes::Bytes;
use hyper::body::{Frame, SizeHint};
use uuid::Uuid;

use crate::listen::Peer;
use crate::metrics::Metrics;

/// A request under way. It is logged and counted when it ends, which is when this is dropped.
pub(crate) struct Exchange {
    /// In the answer's header, in the bodies of errors, and in the log.
    pub(crate) id: Uuid,
    metrics: Metrics,
    begun: Instant,
    peer: Peer,
    method: Method,
    /// `athena.GetQueryExecution`, `s3.GetObject`.
    operation: OnceLock<Cow<'static, str>>,
    key: OnceLock<String>,
}

impl Exchange {
    pub(crate) fn new(metrics: Metrics, peer: Peer, method: Method) -> Self {
        let (operation, key) = (OnceLock::new(), OnceLock::new());
        Self { id: Uuid::new_v4(), metrics, begun: Instant::now(), peer, method, operation, key }
    }

    /// Says what is asked for; the first to say it is right. It is one of a bounded number of names, because each is counted by itself.
    pub(crate) fn operation(&self, name: impl Into<Cow<'static, str>>) {
        let _ = self.operation.set(name.into());
    }

    /// Says which access key asks.
    pub(crate) fn key(&self, id: &str) {
        let _ = self.key.set(id.to_owned());
    }

    fn end(&self, status: Option<StatusCode>, bytes: u64) {
        let took = self.begun.elapsed();
        let operation = self.operation.get().map_or("none", Cow::as_ref);
        self.metrics.answered(operation, took);
        tracing::info!(
            target: "access",
            request_id = %self.id,
            peer = %self.peer.address.ip(),
            method = %self.method,
            operation,
            // Nobody was there any more to be answered.
            status = status.map_or(499, |status| status.as_u16()),
            bytes,
            ms = took.as_secs_f64() * 1e3,
            key = self.key.get().map_or("-", String::as_str),
        );
    }
}

/// Ends the exchange with the answer: when its last byte is taken, or when nobody takes more.
pub(crate) struct Ending {
    exchange: Arc<Exchange>,
    status: Option<StatusCode>,
    bytes: u64,
}

impl Ending {
    pub(crate) fn new(exchange: Arc<Exchange>) -> Self {
        Self { exchange, status: None, bytes: 0 }
    }

    /// The answer that ends it.
    pub(crate) fn with(mut self, answer: Response) -> Response {
        self.status = Some(answer.status());
        answer.map(|body| Body::new(Logged { body, ending: self }))
    }
}

impl Drop for Ending {
    fn drop(&mut self) {
        self.exchange.end(self.status, self.bytes);
    }
}

struct Logged {
    body: Body,
    ending: Ending,
}

impl hyper::body::Body for Logged {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        let frame = Pin::new(&mut self.body).poll_frame(cx);
        if let Poll::Ready(Some(Ok(frame))) = &frame {
            self.ending.bytes += frame.data_ref().map_or(0, |data| data.len() as u64);
        }
        frame
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
