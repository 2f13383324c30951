//! Trino's client protocol ("Trino client REST API"): `POST /v1/statement` begins a query, `nextUri` leads from page to page of its
//! answer, `DELETE` ends it; and what clients ask besides, `/v1/info` and `/v1/query`.

mod authorize;
mod error;
mod headers;
mod info;
mod page;
mod results;
mod signature;
mod statement;
#[cfg(test)]
mod tests;

use std::io::Write as _;

use axum::http::request::Parts;
use axum::http::{Method, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use bytes::Bytes;
use flate2::Compression;
use flate2::write::GzEncoder;
use serde_json::{Value, json};

use crate::access::Exchange;
use crate::listen::Peer;
use crate::serve::Shared;

/// Bodies shorter than this are not worth compressing.
const WORTH_COMPRESSING: usize = 1024;

/// What cannot be answered at all: a status, and why.
pub(crate) type Refusal = (StatusCode, String);

/// A request with all that answering it needs.
struct Call<'a> {
    shared: &'a Shared,
    exchange: &'a Exchange,
    head: &'a Parts,
}

/// Answers one request.
pub(crate) async fn call(shared: &Shared, exchange: &Exchange, head: &Parts, body: Result<Bytes, Refusal>) -> Response {
    let call = Call { shared, exchange, head };
    let answer = match body {
        Ok(body) => route(&call, &body).await,
        Err(refusal) => Err(refusal),
    };
    match answer {
        Ok(response) => response,
        Err((status, why)) => refused(status, &why),
    }
}

/// A refusal outside of any query.
pub(crate) fn refused(status: StatusCode, why: &str) -> Response {
    let mut response = (status, [(header::CONTENT_TYPE, "text/plain; charset=utf-8")], format!("{why}\n")).into_response();
    if status == StatusCode::UNAUTHORIZED {
        response.headers_mut().insert(header::WWW_AUTHENTICATE, axum::http::HeaderValue::from_static("Basic realm=\"Trino\""));
    }
    response
}

async fn route(call: &Call<'_>, body: &Bytes) -> Result<Response, Refusal> {
    let path: Vec<&str> = call.head.uri.path().trim_matches('/').split('/').skip(1).collect();
    let method = &call.head.method;
    match (method, path.as_slice()) {
        (&Method::POST, &["statement"]) => {
            call.exchange.operation("trino.Statement");
            statement::begin(call, body).await
        }
        (_, &["statement", "queued" | "executing", id, slug, token]) => {
            call.exchange.operation("trino.Page");
            let place = page::Place { id, slug, token };
            match *method {
                Method::GET => page::get(call, &place).await,
                Method::HEAD => page::alive(call, &place).await,
                Method::DELETE => page::end(call, &place).await,
                _ => Err(not_allowed()),
            }
        }
        (&Method::GET, &["info"]) => {
            call.exchange.operation("trino.Info");
            Ok(call.answer(info::server(call.shared)))
        }
        (&Method::GET, &["info", "state"]) => Ok(call.answer(json!("ACTIVE"))),
        (&Method::GET, &["query"]) => {
            call.exchange.operation("trino.Queries");
            info::queries(call).await
        }
        (&Method::GET, &["query", id]) => {
            call.exchange.operation("trino.Query");
            info::query(call, id).await
        }
        (&Method::DELETE, &["query", id]) => {
            call.exchange.operation("trino.Query");
            info::end(call, id).await
        }
        (_, &["statement" | "info" | "query", ..]) => Err(not_allowed()),
        _ => Err((StatusCode::NOT_FOUND, "nothing here; Trino's protocol is at /v1/statement".to_owned())),
    }
}

fn not_allowed() -> Refusal {
    (StatusCode::METHOD_NOT_ALLOWED, "this method is not one of Trino's protocol here".to_owned())
}

impl Call<'_> {
    /// Where the client reached us, `https://HOST[:PORT]`.
    fn origin(&self) -> String {
        let (peer, headers) = (Peer::of(self.head).address.ip(), &self.head.headers);
        let front = &self.shared.server.front;
        let host = front.hosts(peer, headers).first().copied().unwrap_or_default().to_owned();
        front.origin(peer, headers, &host, self.shared.server.tls.is_some())
    }

    /// A document.
    fn answer(&self, document: Value) -> Response {
        self.answer_text(document.to_string())
    }

    /// A document that is written already; compressed where the client takes that.
    fn answer_text(&self, text: String) -> Response {
        let accepted = self.head.headers.get_all(header::ACCEPT_ENCODING).iter().filter_map(|value| value.to_str().ok());
        let gzip = accepted.flat_map(|value| value.split(',')).any(takes_gzip);
        let kind = (header::CONTENT_TYPE, "application/json");
        if gzip && text.len() >= WORTH_COMPRESSING {
            let mut encoder = GzEncoder::new(Vec::with_capacity(text.len() / 4), Compression::fast());
            // Writing to memory does not fail; what is not compressed is sent as it is.
            if encoder.write_all(text.as_bytes()).is_ok()
                && let Ok(body) = encoder.finish()
            {
                return ([kind, (header::CONTENT_ENCODING, "gzip")], body).into_response();
            }
        }
        ([kind], text).into_response()
    }
}

/// Whether one member of `Accept-Encoding` is gzip, and not to be avoided.
fn takes_gzip(member: &str) -> bool {
    let mut parts = member.split(';').map(str::trim);
    let named = parts.next().is_some_and(|name| name.eq_ignore_ascii_case("gzip") || name == "*");
    named && !parts.any(|parameter| parameter.strip_prefix("q=").and_then(|q| q.parse::<f32>().ok()) == Some(0.0))
}
