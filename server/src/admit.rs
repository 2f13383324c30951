//! Who sends a request. With access keys it is the holder of the key that signed it; without any it is whoever reaches the port, which
//! then is a program of this machine, and the signature is not looked at.

use std::sync::Arc;

use axum::body::Body;
use axum::http::request::Parts;
use bytes::Bytes;
use catalog::{Error, ErrorKind};
use chrono::Utc;
use futures::stream::{self, BoxStream};
use futures::{StreamExt as _, TryStreamExt as _};
use sha2::{Digest as _, Sha256};

use crate::access::Exchange;
use crate::aws::{Caller, Rights};
use crate::listen::Peer;
use crate::route;
use crate::serve::{Server, Shared};
use crate::signature::{self, Granted, Payload, Refused, Signed};

/// Who was let in.
pub(crate) struct Admitted {
    pub(crate) caller: Caller,
    /// The name by which the client asked, `HOST[:PORT]`.
    pub(crate) host: String,
    /// What the body has to be that is still to come.
    pub(crate) payload: Payload,
}

/// Lets a request in.
///
/// `service` is the name that is signed; `body` is the whole body, and empty for S3.
pub(crate) fn admit(shared: &Shared, exchange: &Exchange, head: &Parts, service: &str, body: &[u8]) -> Result<Admitted, Refused> {
    let request_id = exchange.id;
    let region = route::region(head).unwrap_or_else(|| "us-east-1".to_owned());
    let Server { keys, front, .. } = &shared.server;
    let hosts = front.hosts(Peer::of(head).address.ip(), &head.headers);
    if !keys.required() {
        let caller = Caller { request_id, region, rights: Arc::new(Rights::default()), holder: None };
        let host = hosts.first().copied().unwrap_or_default().to_owned();
        return Ok(Admitted { caller, host, payload: Payload::Any });
    }
    let signed = Signed { head, service, hosts: &hosts, front, body };
    let Granted { holder, host, payload } = signature::verify(keys, &signed, Utc::now()).inspect_err(|why| {
        shared.metrics.unauthorized();
        tracing::debug!(%request_id, service, "not let in: {why:?}");
    })?;
    exchange.key(&holder.key.id);
    let rights = Arc::clone(&holder.key.rights);
    Ok(Admitted { caller: Caller { request_id, region, rights, holder: Some(holder) }, host, payload })
}

/// The body of a request of S3; it ends with an error (`AccessDenied`) unless it has the SHA-256 that was signed.
pub(crate) fn hashed(body: Body, expected: String) -> Body {
    let source: BoxStream<'static, Result<Bytes, Error>> =
        body.into_data_stream().map_err(|error| Error::invalid(format!("the body ended early: {error}"))).boxed();
    let pieces = stream::try_unfold((source, Sha256::new(), expected), |(mut source, mut hash, expected)| async move {
        match source.try_next().await? {
            Some(piece) => {
                hash.update(&piece);
                Ok(Some((piece, (source, hash, expected))))
            }
            None if signature::hexadecimal(&hash.finalize()) == expected => Ok(None),
            None => Err(Error::new(
                ErrorKind::AccessDenied,
                "The provided 'x-amz-content-sha256' header does not match what was computed.",
            )),
        }
    });
    Body::from_stream(pieces)
}

#[cfg(test)]
mod tests {
    use axum::body::to_bytes;

    use super::*;

    #[tokio::test]
    async fn a_body_has_the_hash_that_was_signed() {
        let hash = signature::sha256(b"abc");
        assert_eq!(to_bytes(hashed(Body::from("abc"), hash.clone()), 9).await.unwrap(), "abc");
        assert!(to_bytes(hashed(Body::from("abd"), hash), 9).await.is_err());
        assert_eq!(to_bytes(hashed(Body::empty(), signature::sha256(b"")), 9).await.unwrap(), "");
    }
}
