//! The door to another S3: a request is let through, signed with the server's own credentials, when the roots of its key and of the
//! server allow all that it touches. What S3 answers comes back as it is.

mod asked;
mod body;
mod edit;

use axum::body::Body;
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderName, HeaderValue, header};
use axum::response::Response;
use bytes::Bytes;
use catalog::storage::{Answer, Forward, Payload, Storage};
use futures::stream::{self, BoxStream};
use futures::{StreamExt as _, TryStreamExt as _};
use s3s::{S3Error, S3ErrorCode, S3Result};

use self::asked::{Act, Asked};
use super::checksum::Behind;
use super::failure;
use super::rights::{self, Wish};
use crate::aws::{Caller, Trailers};
use crate::signature::sha256;

/// The longest list of buckets in bytes.
const LONGEST_LIST: usize = 16 << 20;

/// Headers of one connection, which end here, and those that say who asked whom.
const OWN: [&str; 11] = [
    "connection",
    "keep-alive",
    "proxy-authenticate",
    "proxy-authorization",
    "proxy-connection",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
    "host",
    "expect",
];

/// The body of a request that was let in.
pub(super) struct Content {
    pub(super) body: Body,
    /// What comes behind it, where it came in pieces.
    pub(super) trailers: Option<Trailers>,
    /// Its SHA-256 in hexadecimal, where the request says it.
    pub(super) hash: Option<String>,
}

/// Sends a request on. Its head has lost its signature.
pub(super) async fn call(storage: &Storage, caller: &Caller, head: Parts, content: Content) -> S3Result<Response> {
    let may = |bucket: &str, wish: Wish<'_>| rights::check(&caller.rights, storage, bucket, wish).map_err(failure::of);
    let asked = Asked::of(&head)?;
    let act = asked.act(&head.method, may)?;
    let mut headers = head.headers;
    let (payload, body) = match act {
        Act::Deletes => {
            let body = edit::deletes(&mut headers, content, |key| may(asked.bucket(), Wish::Write(key))).await?;
            (Payload::Sha256(sha256(&body)), Some(stream::once(async { Ok(body) }).boxed()))
        }
        Act::Buckets | Act::Whole => whole(&mut headers, content),
    };
    let forward = Forward {
        method: head.method,
        bucket: asked.bucket,
        key: asked.key,
        query: asked.query,
        headers: without_connection(headers),
        payload,
        body,
        region: caller.region.clone(),
    };
    let mut answer = storage.forward(forward).await.map_err(failure::of)?;
    if act == Act::Buckets && answer.status.is_success() {
        let list = collected(answer.body).await?;
        answer.headers.remove(header::CONTENT_LENGTH);
        let list = edit::buckets(&list, |bucket| may(bucket, Wish::See).is_ok())?;
        answer.body = stream::once(async { Ok(list) }).boxed();
    }
    Ok(said(answer))
}

/// The body as it is to be signed and sent. Nothing is known of what a stream will hold, so S3 checks what the client says of it.
fn whole(headers: &mut HeaderMap, content: Content) -> (Payload, Option<BoxStream<'static, catalog::Result<Bytes>>>) {
    let Content { body, trailers, hash } = content;
    let length = headers.get(header::CONTENT_LENGTH).map(HeaderValue::as_bytes);
    let none = length.is_none_or(|length| length == b"0") && !headers.contains_key(header::TRANSFER_ENCODING);
    match (trailers.filter(|_| headers.contains_key("x-amz-trailer")), hash) {
        (Some(trailers), _) => {
            body::announce_frames(headers);
            (Payload::Trailer, Some(body::framed(body, trailers)))
        }
        (None, Some(hash)) => (Payload::Sha256(hash), (!none).then(|| body::held(body))),
        (None, None) if none => (Payload::Sha256(sha256(b"")), None),
        (None, None) => (Payload::Unsigned, Some(body::held(body))),
    }
}

/// Without what concerns a connection, also by its own word.
fn without_connection(mut headers: HeaderMap) -> HeaderMap {
    let named: Vec<HeaderName> = headers
        .get_all(header::CONNECTION)
        .iter()
        .filter_map(|names| names.to_str().ok())
        .flat_map(|names| names.split(','))
        .filter_map(|name| name.trim().parse().ok())
        .collect();
    for name in named {
        headers.remove(name);
    }
    for name in OWN {
        headers.remove(name);
    }
    headers
}

fn said(answer: Answer) -> Response {
    let mut response = Response::new(Body::from_stream(answer.body));
    *response.status_mut() = answer.status;
    *response.headers_mut() = without_connection(answer.headers);
    response
}

async fn collected(mut body: BoxStream<'static, catalog::Result<Bytes>>) -> S3Result<Vec<u8>> {
    let mut whole = Vec::new();
    while let Some(piece) = body.try_next().await.map_err(failure::of)? {
        whole.extend_from_slice(&piece);
        if whole.len() > LONGEST_LIST {
            return Err(S3Error::with_message(S3ErrorCode::InternalError, "the list of buckets is too long"));
        }
    }
    Ok(whole)
}

impl Content {
    /// All of the body, at most `limit` bytes, and what comes behind it.
    ///
    /// Errors: `IncompleteBody`, `SignatureDoesNotMatch` as [`super::objects::body`] has them; `EntityTooLarge`.
    async fn read(self, limit: usize) -> S3Result<(Vec<u8>, Behind)> {
        let mut body = body::held(self.body);
        let mut whole = Vec::new();
        while let Some(piece) = body.try_next().await.map_err(failure::of)? {
            whole.extend_from_slice(&piece);
            if whole.len() > limit {
                return Err(S3Error::with_message(S3ErrorCode::EntityTooLarge, format!("the body has at most {limit} bytes")));
            }
        }
        Ok((whole, Behind::new(self.trailers)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(pairs: &[(&'static str, &'static str)]) -> HeaderMap {
        pairs.iter().map(|(name, value)| (HeaderName::from_static(name), HeaderValue::from_static(value))).collect()
    }

    #[test]
    fn headers_of_a_connection_end_here() {
        let given = headers(&[("host", "a"), ("connection", "close, X-Own"), ("x-own", "1"), ("te", "x"), ("x-amz-meta-a", "b")]);
        assert_eq!(without_connection(given), headers(&[("x-amz-meta-a", "b")]));
    }

    #[test]
    fn bodies_are_signed_for_as_their_sender_did() {
        let of = |pairs: &[(&'static str, &'static str)], trailers: bool, hash: Option<&str>| {
            let trailers = trailers.then(|| tokio::sync::oneshot::channel().1);
            let (payload, body) =
                whole(&mut headers(pairs), Content { body: Body::from("x"), trailers, hash: hash.map(str::to_owned) });
            (payload, body.is_some())
        };
        let long = ("content-length", "1");
        assert_eq!(of(&[], false, None), (Payload::Sha256(sha256(b"")), false));
        assert_eq!(of(&[("content-length", "0")], false, Some("ab")), (Payload::Sha256("ab".to_owned()), false));
        assert_eq!(of(&[long], false, Some("ab")), (Payload::Sha256("ab".to_owned()), true));
        assert_eq!(of(&[long], false, None), (Payload::Unsigned, true));
        assert_eq!(of(&[("transfer-encoding", "chunked")], false, None), (Payload::Unsigned, true));
        assert_eq!(of(&[long], true, None), (Payload::Unsigned, true));
        assert_eq!(of(&[long, ("x-amz-trailer", "x-amz-checksum-crc32")], true, None), (Payload::Trailer, true));
    }
}
