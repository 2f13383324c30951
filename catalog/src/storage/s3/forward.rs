//! Requests of clients sent on: signed anew, and nothing else of them changes.

use std::error::Error as _;
use std::sync::PoisonError;

use aws_sigv4::http_request::SignableBody;
use bytes::Bytes;
use futures::stream::{self, BoxStream};
use futures::{StreamExt as _, TryStreamExt as _};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use reqwest::header::{HeaderMap, HeaderName};
use reqwest::{Method, StatusCode};

use super::send::{signature, unreachable};
use super::{Client, Endpoint, aws_host, xml};
use crate::storage::requests::count;
use crate::{Error, ErrorKind, Result};

/// What Signature Version 4 leaves as it is.
const KEPT: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'~');

/// A request to send on.
#[expect(missing_debug_implementations, reason = "its headers may hold keys of encryption, and its body is a stream")]
pub struct Forward {
    pub method: Method,
    /// None for what is asked of no bucket.
    pub bucket: Option<String>,
    /// Empty for what is asked of the bucket.
    pub key: String,
    /// Names and values, decoded; a name may stand alone.
    pub query: Vec<(String, Option<String>)>,
    /// Only what concerns S3: nothing of the connection, nothing that signed the request.
    pub headers: HeaderMap,
    pub payload: Payload,
    pub body: Option<BoxStream<'static, Result<Bytes>>>,
    /// Where Amazon is asked for a bucket that is not there: one that is about to be made.
    pub region: String,
}

/// How the body is signed for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Payload {
    /// By its SHA-256 in hexadecimal.
    Sha256(String),
    /// Not at all.
    Unsigned,
    /// Not at all, and checksums come behind it: it is framed in `aws-chunked`.
    Trailer,
}

/// What was answered.
#[expect(missing_debug_implementations, reason = "its body is a stream")]
pub struct Answer {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub body: BoxStream<'static, Result<Bytes>>,
}

impl Client {
    /// Sends a request on, once: only its sender can send its body again. See [`crate::storage::Storage::forward`].
    pub(in crate::storage) async fn forward(&self, forward: Forward) -> Result<Answer> {
        let name = forward.bucket.clone().unwrap_or_default();
        let (base, region) = self.place(forward.bucket.as_deref(), &forward.region).await?;
        let url = url(&base, &forward)?;
        let mut request = self.patient.request(forward.method.clone(), &url);
        match self.keys.get().await? {
            Some(keys) => {
                let (request_line, headers) = ((forward.method.as_str(), url.as_str()), signed(&forward.headers)?);
                for (header, value) in signature(keys, request_line, &region, &headers, signable(&forward.payload))? {
                    request = request.header(header, value);
                }
            }
            None => request = request.header("x-amz-content-sha256", named(&forward.payload)),
        }
        for (header, value) in &forward.headers {
            request = request.header(header, value);
        }
        if let Some(body) = forward.body {
            request = request.body(reqwest::Body::wrap_stream(body));
        }
        count(match forward.method {
            Method::GET => &self.counters.get,
            Method::HEAD => &self.counters.head,
            Method::DELETE => &self.counters.delete,
            _ => &self.counters.put,
        });
        let response = request.send().await.map_err(|error| failed(&name, &error))?;
        let (status, headers) = (response.status(), response.headers().clone());
        let bucket = name.clone();
        let body = response.bytes_stream().map_err(move |error| Error::from(unreachable(&bucket, &error))).boxed();
        let body = match status {
            StatusCode::BAD_REQUEST => self.unless_expired(body).await?,
            _ => body,
        };
        if status == StatusCode::MOVED_PERMANENTLY {
            self.regions.lock().unwrap_or_else(PoisonError::into_inner).remove(&name);
        }
        Ok(Answer { status, headers, body })
    }

    /// The base URL and the region to ask. `wished` is a client's word and becomes a part of a host's name.
    async fn place(&self, bucket: Option<&str>, wished: &str) -> Result<(String, String)> {
        let found = match (bucket, &self.endpoint) {
            (None, Endpoint::Aws { region }) => return Ok((aws_host(region), region.clone())),
            (bucket, _) => self.region(bucket.unwrap_or_default()).await,
        };
        let is_region = !wished.is_empty() && wished.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
        match found {
            Err(error) if error.kind() == ErrorKind::ObjectNotFound && is_region => Ok((aws_host(wished), wished.to_owned())),
            found => found,
        }
    }

    /// An error as it came, unless it says that our credentials have expired: its sender's have not, who may ask again.
    async fn unless_expired(&self, body: BoxStream<'static, Result<Bytes>>) -> Result<BoxStream<'static, Result<Bytes>>> {
        let body: Vec<Bytes> = body.try_collect().await?;
        let (code, _) = xml::error(&String::from_utf8_lossy(&body.concat()));
        if code == "ExpiredToken" {
            self.keys.forget().await;
            return Err(Error::new(ErrorKind::Unavailable, "the server's credentials for S3 have expired; try again"));
        }
        Ok(stream::iter(body.into_iter().map(Ok)).boxed())
    }
}

/// The headers that S3 acts on; the rest may change on the way.
///
/// Errors: `InvalidInput` for one that is no text of ASCII.
fn signed(headers: &HeaderMap) -> Result<Vec<(&str, &str)>> {
    let acted_on = |name: &HeaderName| {
        name.as_str().starts_with("x-amz-") || matches!(name.as_str(), "content-md5" | "content-type" | "range")
    };
    let text = |(name, value)| {
        let (name, value): (&HeaderName, &reqwest::header::HeaderValue) = (name, value);
        let value = value.to_str().map_err(|_| Error::invalid(format!("the header {name} has to be ASCII")))?;
        Ok((name.as_str(), value))
    };
    headers.iter().filter(|(name, _)| acted_on(name)).map(text).collect()
}

fn signable(payload: &Payload) -> SignableBody<'static> {
    match payload {
        Payload::Sha256(hash) => SignableBody::Precomputed(hash.clone()),
        Payload::Unsigned => SignableBody::UnsignedPayload,
        Payload::Trailer => SignableBody::StreamingUnsignedPayloadTrailer,
    }
}

/// The payload in the words of `x-amz-content-sha256`.
fn named(payload: &Payload) -> &str {
    match payload {
        Payload::Sha256(hash) => hash,
        Payload::Unsigned => "UNSIGNED-PAYLOAD",
        Payload::Trailer => "STREAMING-UNSIGNED-PAYLOAD-TRAILER",
    }
}

/// The address by path, encoded as signing wants it.
///
/// Errors: `NotSupported` for a key with a part that URLs resolve, encoded or not: it would become another key, perhaps of another
/// bucket.
fn url(base: &str, forward: &Forward) -> Result<String> {
    let Forward { bucket, key, query, .. } = forward;
    if key.split('/').any(|part| matches!(part, "." | "..")) {
        return Err(Error::not_supported("a key with a part '.' or '..' cannot be sent on to another S3"));
    }
    let encode = |text: &str| utf8_percent_encode(text, KEPT).to_string();
    let path = match bucket {
        None => "/".to_owned(),
        Some(bucket) if key.is_empty() => format!("/{}", encode(bucket)),
        Some(bucket) => format!("/{}/{}", encode(bucket), key.split('/').map(encode).collect::<Vec<_>>().join("/")),
    };
    let pair = |(name, value): &(String, Option<String>)| match value {
        Some(value) => format!("{}={}", encode(name), encode(value)),
        None => encode(name),
    };
    let query = query.iter().map(pair).collect::<Vec<_>>().join("&");
    Ok(if query.is_empty() { format!("{base}{path}") } else { format!("{base}{path}?{query}") })
}

/// What the body that was sent ended with, where that was it; else the store does not answer.
fn failed(bucket: &str, error: &reqwest::Error) -> Error {
    let mut causes = std::iter::successors(error.source(), |cause| (*cause).source());
    match causes.find_map(|cause| cause.downcast_ref::<Error>()) {
        Some(ours) => Error::new(ours.kind(), ours.message()),
        None => unreachable(bucket, error).into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn forward(bucket: Option<&str>, key: &str, query: &[(&str, Option<&str>)]) -> Forward {
        Forward {
            method: Method::GET,
            bucket: bucket.map(str::to_owned),
            key: key.to_owned(),
            query: query.iter().map(|(name, value)| ((*name).to_owned(), value.map(str::to_owned))).collect(),
            headers: HeaderMap::new(),
            payload: Payload::Unsigned,
            body: None,
            region: String::new(),
        }
    }

    #[test]
    fn addresses_are_encoded_as_signing_wants_them() {
        for (bucket, key, query, expected) in [
            (None, "", &[][..], "http://h:1/"),
            (Some("b"), "", &[("uploads", None), ("prefix", Some("a b/+"))], "http://h:1/b?uploads&prefix=a%20b%2F%2B"),
            (Some("b"), "a//b +ü%2F\\/", &[], "http://h:1/b/a//b%20%2B%C3%BC%252F%5C/"),
            (Some("b"), "/k", &[], "http://h:1/b//k"),
            (Some("b"), "a..b/.c", &[], "http://h:1/b/a..b/.c"),
        ] {
            let text = url("http://h:1", &forward(bucket, key, query)).unwrap();
            assert_eq!(text, expected);
            assert_eq!(url::Url::parse(&text).unwrap().as_str(), expected, "what is sent is what is signed");
        }
        for key in ["../c/k", "a/./b", "..", "a/.."] {
            assert_eq!(url("http://h:1", &forward(Some("b"), key, &[])).unwrap_err().kind(), ErrorKind::NotSupported, "{key}");
        }
    }

    #[test]
    fn headers_that_cannot_be_signed_are_refused() {
        let mut headers = HeaderMap::new();
        headers.insert("x-amz-meta-a", "b".parse().unwrap());
        headers.insert("user-agent", "c".parse().unwrap());
        assert_eq!(signed(&headers).unwrap(), [("x-amz-meta-a", "b")]);
        headers.insert("x-amz-meta-a", "ü".parse().unwrap());
        assert_eq!(signed(&headers).unwrap_err().kind(), ErrorKind::InvalidInput);
    }
}
