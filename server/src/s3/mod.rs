//! The S3 door: the embedded lake as S3 serves a bucket, by path (`/BUCKET/KEY`) and by host (`BUCKET.HOST/KEY`). The protocol is
//! s3s's. What comes here has been let in already, so its signature is taken off: s3s would want to check it again.

mod attributes;
mod body;
mod door;
mod error;
mod list;
mod object;
mod upload;

use axum::body::Body;
use axum::extract::Request;
use axum::http::uri::{Authority, PathAndQuery};
use axum::http::{HeaderMap, StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use s3s::service::S3ServiceBuilder;

use self::door::Door;
use crate::aws::{Caller, decode, is_chunked};
use crate::serve::Shared;

/// Answers one request.
pub(crate) async fn call(shared: &Shared, caller: &Caller, request: Request) -> Response {
    let Some(lake) = shared.server.storage.lake() else {
        return refuse(caller, StatusCode::NOT_IMPLEMENTED, "NotImplemented", "the S3 door serves the embedded lake only");
    };
    let (mut head, body) = request.into_parts();
    let (body, trailers) = match is_chunked(&head.headers) {
        true => {
            announce(&mut head.headers);
            decode(&mut head.headers, body)
        }
        false => (body, None),
    };
    let host = head.headers.get(header::HOST).and_then(|host| host.to_str().ok()).unwrap_or_default();
    match by_path(&head.uri, host) {
        Some(uri) => head.uri = uri,
        None => return refuse(caller, StatusCode::BAD_REQUEST, "InvalidURI", "the address of the request cannot be read"),
    }
    head.headers.remove(header::AUTHORIZATION);
    head.headers.remove("x-amz-security-token");
    let door = Door { lake: lake.clone(), home: shared.server.home.clone(), caller: caller.clone(), trailers: trailers.into() };
    let request = axum::http::Request::from_parts(head, s3s::Body::http_body_unsync(body));
    match S3ServiceBuilder::new(door).build().call(request).await {
        Ok(response) => response.map(Body::new),
        Err(error) => {
            tracing::error!("the S3 door: {error:?}");
            refuse(caller, StatusCode::INTERNAL_SERVER_ERROR, "InternalError", "the request failed inside the server")
        }
    }
}

/// Says which checksum comes behind the body to whoever sums it up on the way; some clients say it only in `x-amz-trailer`.
fn announce(headers: &mut HeaderMap) {
    let trailer = headers.get("x-amz-trailer").and_then(|name| name.to_str().ok()).map(str::to_ascii_uppercase);
    let algorithm = trailer.as_deref().and_then(|name| name.trim().strip_prefix("X-AMZ-CHECKSUM-")?.parse().ok());
    if let Some(algorithm) = algorithm {
        headers.insert("x-amz-sdk-checksum-algorithm", algorithm);
    }
}

/// The address by path, without what signs it.
fn by_path(uri: &Uri, host: &str) -> Option<Uri> {
    let authority: Option<Authority> = host.parse().ok();
    let bucket = authority.as_ref().and_then(|authority| bucket_of(authority.host()));
    let mut address = match bucket {
        Some(bucket) => format!("/{bucket}{}", uri.path()),
        None => uri.path().to_owned(),
    };
    let kept = uri.query().unwrap_or_default().split('&').filter(|pair| !pair.is_empty() && !signs(pair));
    for (number, pair) in kept.enumerate() {
        address.push(if number == 0 { '?' } else { '&' });
        address.push_str(pair);
    }
    let path: PathAndQuery = address.parse().ok()?;
    Some(Uri::from(path))
}

/// The bucket in a host's name: `BUCKET.localhost` and `BUCKET.s3.REGION.…`; an address and `localhost` itself name none.
fn bucket_of(host: &str) -> Option<&str> {
    if host.parse::<std::net::IpAddr>().is_ok() || host.starts_with('[') {
        return None;
    }
    let amazon = host.find(".s3.").or_else(|| host.find(".s3-")).map(|at| &host[..at]);
    let own = || host.strip_suffix(".localhost").filter(|bucket| *bucket != "s3");
    amazon.or_else(own).filter(|bucket| !bucket.is_empty())
}

/// Whether a pair of the query belongs to a presigned URL's signature, of version 4 or of version 2, which boto3 still makes where
/// the region is us-east-1.
fn signs(pair: &str) -> bool {
    let name = pair.split('=').next().unwrap_or_default();
    if matches!(name, "AWSAccessKeyId" | "Signature" | "Expires") {
        return true;
    }
    ["Algorithm", "Credential", "Date", "Expires", "SignedHeaders", "Signature", "Security-Token", "Content-Sha256"]
        .iter()
        .any(|part| name.strip_prefix("X-Amz-") == Some(part))
}

fn refuse(caller: &Caller, status: StatusCode, code: &str, message: &str) -> Response {
    let body = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Error><Code>{code}</Code><Message>{message}</Message><RequestId>{}</RequestId></Error>",
        caller.request_id
    );
    (status, [(header::CONTENT_TYPE, "application/xml")], body).into_response()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses() {
        for (host, uri, expected) in [
            ("127.0.0.1:4580", "/b/k%20y?x-id=GetObject", "/b/k%20y?x-id=GetObject"),
            ("localhost:4580", "/b/k", "/b/k"),
            ("b.localhost:4580", "/k", "/b/k"),
            ("b.localhost", "/?list-type=2&X-Amz-Signature=0&prefix=a", "/b/?list-type=2&prefix=a"),
            ("my.bucket.localhost", "/k", "/my.bucket/k"),
            ("s3.localhost:1", "/b/k", "/b/k"),
            ("b.s3.us-east-1.localhost:1", "/k", "/b/k"),
            ("[::1]:4580", "/b/k?X-Amz-Expires=1", "/b/k"),
            ("localhost", "/b/k?AWSAccessKeyId=k&Signature=0&Expires=1&versionId=2", "/b/k?versionId=2"),
        ] {
            assert_eq!(by_path(&uri.parse().unwrap(), host).unwrap().to_string(), expected, "{host}{uri}");
        }
    }
}
