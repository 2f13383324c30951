//! Which bucket a request is for: the one in its Host (`bucket.localhost`, `bucket.s3.eu-west-1.amazonaws.com`), else the first
//! part of its path. <https://docs.aws.amazon.com/AmazonS3/latest/userguide/VirtualHosting.html>

use std::net::IpAddr;

use axum::http::uri::PathAndQuery;
use axum::http::{Uri, header, request::Parts};

use crate::front::Front;

/// Moves the bucket of a virtual host into the path, and takes out of the request what signed it, which was checked before.
pub(super) fn settle(head: &mut Parts, front: &Front) {
    let host = head.headers.get(header::HOST).and_then(|host| host.to_str().ok());
    let path = match host.and_then(|host| front.bucket(host)) {
        Some(bucket) => format!("/{bucket}{}", head.uri.path()),
        None => head.uri.path().to_owned(),
    };
    let query = head.uri.query().map(unsigned).filter(|query| !query.is_empty());
    let target = query.map_or_else(|| path.clone(), |query| format!("{path}?{query}"));
    if let Ok(target) = target.parse::<PathAndQuery>() {
        head.uri = Uri::from(target);
    }
    for name in ["authorization", "x-amz-content-sha256", "x-amz-date", "x-amz-security-token", "x-amz-decoded-content-length"] {
        head.headers.remove(name);
    }
}

/// The bucket in a host name; none where the name is that of the service alone.
pub(crate) fn bucket(host: &str) -> Option<&str> {
    let name = match host.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|digit| digit.is_ascii_digit()) => name,
        _ => host,
    };
    if name.starts_with('[') || name.parse::<IpAddr>().is_ok() {
        return None;
    }
    let service = |part: &str| part == "s3" || part.starts_with("s3-");
    // A name's first `s3` is the service's, so that a bucket `a.s3` can be reached by path only, as with AWS.
    let mut end = 0_usize;
    for part in name.split('.') {
        if service(part) {
            return name.get(..end.checked_sub(1)?);
        }
        end += part.len() + 1;
    }
    name.strip_suffix(".localhost")
}

/// A query without the parameters of presigned URLs, of Signature Version 4 and 2.
fn unsigned(query: &str) -> String {
    let signs = |name: &str| {
        matches!(
            name,
            "X-Amz-Algorithm"
                | "X-Amz-Content-Sha256"
                | "X-Amz-Credential"
                | "X-Amz-Date"
                | "X-Amz-Expires"
                | "X-Amz-SignedHeaders"
                | "X-Amz-Signature"
                | "X-Amz-Security-Token"
                | "AWSAccessKeyId"
                | "Signature"
                | "Expires"
                | "x-amz-security-token"
        )
    };
    let kept = query.split('&').filter(|pair| !pair.is_empty() && !signs(pair.split('=').next().unwrap_or_default()));
    kept.collect::<Vec<_>>().join("&")
}

#[cfg(test)]
mod tests {
    use axum::http::Request;

    use super::*;

    #[test]
    fn buckets_of_hosts() {
        for (host, expected) in [
            ("127.0.0.1:4580", None),
            ("[::1]:4580", None),
            ("localhost:4580", None),
            ("s3.localhost:4580", None),
            ("s3.eu-west-1.amazonaws.com", None),
            ("athena.example.com", None),
            ("lake.localhost:4580", Some("lake")),
            ("my.lake.localhost", Some("my.lake")),
            ("lake.s3.localhost:4580", Some("lake")),
            ("my.lake.s3.eu-west-1.amazonaws.com", Some("my.lake")),
            ("lake.s3-eu-west-1.amazonaws.com", Some("lake")),
        ] {
            assert_eq!(bucket(host), expected, "{host}");
        }
    }

    #[test]
    fn requests_are_settled() {
        for (host, uri, expected) in [
            ("lake.localhost", "/a%20b//c?X-Amz-Signature=x&partNumber=1&X-Amz-Date=y", "/lake/a%20b//c?partNumber=1"),
            ("lake.localhost", "/?list-type=2&prefix=", "/lake/?list-type=2&prefix="),
            ("localhost:1", "/lake/k?AWSAccessKeyId=a&Signature=b&Expires=1", "/lake/k"),
            ("localhost:1", "/lake?uploads", "/lake?uploads"),
        ] {
            let request = Request::builder().uri(uri).header("host", host).header("authorization", "x").body(()).unwrap();
            let (mut head, ()) = request.into_parts();
            settle(&mut head, &Front::default());
            assert_eq!(head.uri.to_string(), expected, "{host} {uri}");
            assert!(!head.headers.contains_key("authorization"));
        }
    }
}
