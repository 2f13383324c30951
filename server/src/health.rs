//! `/healthz`: the process answers. `/readyz`: the catalog answers too. `/metrics`: the counters.

use std::time::Duration;

use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::IntoResponse;
use catalog::PageRequest;

use crate::metrics::Ran;
use crate::serve::{Server, Shared};

/// How long the catalog may take to be called ready.
const PATIENCE: Duration = Duration::from_secs(5);

pub(crate) async fn healthz() -> &'static str {
    "ok\n"
}

pub(crate) async fn readyz(State(shared): State<Shared>) -> (StatusCode, &'static str) {
    let asked = shared.server.catalog.databases(PageRequest { limit: Some(1), token: None });
    match tokio::time::timeout(PATIENCE, asked).await {
        Ok(Ok(_)) => (StatusCode::OK, "ready\n"),
        Ok(Err(error)) => {
            // What is wrong is for the log: whoever asks need not be somebody who may know.
            tracing::warn!("not ready: the catalog: {error}");
            (StatusCode::SERVICE_UNAVAILABLE, "the catalog does not answer\n")
        }
        Err(_) => (StatusCode::SERVICE_UNAVAILABLE, "the catalog takes too long to answer\n"),
    }
}

pub(crate) async fn metrics(State(shared): State<Shared>) -> impl IntoResponse {
    let Server { queries, storage, .. } = &shared.server;
    let ran = Ran { states: queries.counts(), scanned_bytes: queries.scanned_bytes() };
    let text = shared.metrics.text(storage.requests(), ran);
    ([(header::CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")], text)
}
