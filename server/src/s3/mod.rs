//! The S3 door: the embedded lake's buckets, or those of the S3 behind this server, as S3's clients want them.
//!
//! The protocol is s3s's. What comes here has been let in already, so its signature is taken off: s3s would want to check it again.

mod address;
mod attributes;
mod buckets;
mod checksum;
mod conditions;
mod door;
mod failure;
mod list;
mod multipart;
mod name;
mod objects;
mod overrides;
mod pass;
mod rights;
mod tags;
mod time;
mod versions;

use std::sync::Arc;

use axum::body::{Body, to_bytes};
use axum::extract::Request;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use quick_xml::escape::escape;
use s3s::service::S3ServiceBuilder;
use s3s::{S3Error, S3ErrorCode};
use uuid::Uuid;

pub(crate) use self::address::bucket;
use self::checksum::Behind;
use self::door::Door;
use self::pass::Content;
use crate::access::Exchange;
use crate::aws::{Caller, decode, is_chunked};
use crate::listen::Peer;
use crate::serve::{Server, Shared};
use crate::signature::Chunks;

/// The longest error in bytes; a longer answer is no error.
const LONGEST_ERROR: usize = 64 * 1024;

/// Answers one request.
pub(crate) async fn call(shared: &Shared, caller: &Caller, request: Request) -> Response {
    let (mut head, body) = request.into_parts();
    let hash = hash(&head.headers);
    let (body, trailers) = match is_chunked(&head.headers) {
        true => {
            let chunks = head.extensions.remove::<Chunks>();
            decode(&mut head.headers, body, chunks)
        }
        false => (body, None),
    };
    address::settle(&mut head, &shared.server.front);
    if let Some(exchange) = head.extensions.remove::<Arc<Exchange>>() {
        exchange.operation(name::operation(&head));
    }
    let Server { front, tls, storage, .. } = &shared.server;
    let host = head.headers.get(header::HOST).and_then(|host| host.to_str().ok()).unwrap_or_default();
    let origin = front.origin(Peer::of(&head).address.ip(), &head.headers, host, tls.is_some());
    let storage = storage.clone();
    let answer = match storage.lake().cloned() {
        Some(lake) => {
            let door = Door { lake, storage, caller: caller.clone(), origin, behind: Behind::new(trailers) };
            let service = S3ServiceBuilder::new(door).build();
            service.call(Request::from_parts(head, s3s::Body::http_body_unsync(body))).await.map(|answer| answer.map(Body::new))
        }
        None => {
            let has_body = head.headers.contains_key(header::TRANSFER_ENCODING)
                || head.headers.get(header::CONTENT_LENGTH).is_some_and(|length| length != "0");
            match pass::call(&storage, caller, head, Content { body, trailers, hash }).await {
                Ok(answer) => return answer,
                Err(error) => Ok(refused_unread(&error, has_body)),
            }
        }
    };
    let answer = answer.unwrap_or_else(|error| {
        let error: s3s::StdError = error.into();
        refusal(&S3Error::with_source(S3ErrorCode::InternalError, error))
    });
    finish(caller.request_id, answer).await
}

/// The SHA-256 that a request says its body has, in hexadecimal.
fn hash(headers: &HeaderMap) -> Option<String> {
    let hash = attributes::text(headers, "x-amz-content-sha256")?;
    (hash.len() == 64 && hash.bytes().all(|digit| digit.is_ascii_hexdigit())).then(|| hash.to_owned())
}

/// Answers who is not let in.
pub(crate) async fn refuse(id: Uuid, (status, code, message): (StatusCode, &str, String)) -> Response {
    finish(id, text(status, code, &message)).await
}

/// An error as an answer.
fn refusal(error: &S3Error) -> Response {
    let status = error.status_code().unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    text(status, error.code().as_str(), error.message().unwrap_or("the request failed inside the server"))
}

/// An error of a request whose body may not have been read: no other request comes behind it then.
fn refused_unread(error: &S3Error, has_body: bool) -> Response {
    let mut answer = refusal(error);
    if has_body {
        answer.headers_mut().insert(header::CONNECTION, HeaderValue::from_static("close"));
    }
    answer
}

fn text(status: StatusCode, code: &str, message: &str) -> Response {
    let body = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Error><Code>{}</Code><Message>{}</Message></Error>",
        escape(code),
        escape(message)
    );
    (status, [(header::CONTENT_TYPE, "application/xml")], body).into_response()
}

/// The request's id in every answer and in the text of every error; no body where HTTP has none.
async fn finish(id: Uuid, answer: Response) -> Response {
    let id = id.to_string();
    let (mut head, body) = answer.into_parts();
    if let Ok(id) = HeaderValue::from_str(&id) {
        head.headers.insert("x-amz-request-id", id);
    }
    if head.status == StatusCode::NOT_MODIFIED {
        head.headers.remove(header::CONTENT_TYPE);
        head.headers.remove(header::CONTENT_LENGTH);
        return Response::from_parts(head, Body::empty());
    }
    if !head.status.is_client_error() && !head.status.is_server_error() {
        return Response::from_parts(head, body);
    }
    let text = to_bytes(body, LONGEST_ERROR).await.unwrap_or_default();
    let text = String::from_utf8_lossy(&text).replace("</Error>", &format!("<RequestId>{id}</RequestId></Error>"));
    head.headers.remove(header::CONTENT_LENGTH);
    Response::from_parts(head, Body::from(text))
}
