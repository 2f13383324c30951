//! Which protocol a request speaks. One port serves them all, and the order of the questions is fixed: the target of a JSON
//! service, a form of STS, our own pages, and whatever is left is S3.

use axum::http::request::Parts;
use axum::http::{HeaderMap, Method, header};

/// Who answers a request.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Protocol {
    /// AWS JSON 1.1, with the value of `X-Amz-Target`.
    Json(String),
    /// A form with `Action=`, which is STS.
    Form,
    /// Trino's client protocol, below `/v1`.
    Trino,
    /// Health, counters and what else is our own.
    Own,
    S3,
}

/// First segments of paths that are ours where nobody signs; no bucket may have such a name.
pub(crate) const RESERVED: &[&str] = &["v1", "ui", "healthz", "readyz", "metrics", "events"];

pub(crate) fn protocol(head: &Parts) -> Protocol {
    if let Some(target) = head.headers.get("x-amz-target") {
        return Protocol::Json(String::from_utf8_lossy(target.as_bytes()).into_owned());
    }
    let path = head.uri.path();
    if head.method == Method::POST && path == "/" && is_form(&head.headers) {
        return Protocol::Form;
    }
    let first = path.trim_start_matches('/').split('/').next().unwrap_or_default();
    if RESERVED.contains(&first) && !is_signed(head) {
        return if first == "v1" { Protocol::Trino } else { Protocol::Own };
    }
    Protocol::S3
}

fn is_form(headers: &HeaderMap) -> bool {
    let kind = headers.get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    kind.split(';').next().is_some_and(|kind| kind.trim().eq_ignore_ascii_case("application/x-www-form-urlencoded"))
}

/// Whether it carries a signature of AWS, be it in a header or in the URL. A password is none.
pub(crate) fn is_signed(head: &Parts) -> bool {
    let parameter = |name: &str| {
        let query = head.uri.query().unwrap_or_default();
        query.split('&').any(|pair| pair.split('=').next() == Some(name))
    };
    let authorization = head.headers.get(header::AUTHORIZATION);
    authorization.is_some_and(|value| value.as_bytes().starts_with(b"AWS"))
        || parameter("X-Amz-Signature")
        || parameter("Signature")
}

/// The region in the scope of the signature, `Credential=KEY/DATE/REGION/SERVICE/aws4_request`, in the header or in the URL.
pub(crate) fn region(head: &Parts) -> Option<String> {
    let of_header = || head.headers.get(header::AUTHORIZATION)?.to_str().ok()?.split("Credential=").nth(1).map(str::to_owned);
    let of_url = || {
        let pair = head.uri.query()?.split('&').find_map(|pair| pair.strip_prefix("X-Amz-Credential="))?;
        Some(percent_encoding::percent_decode_str(pair).decode_utf8_lossy().into_owned())
    };
    let credential = of_header().or_else(of_url)?;
    credential.split(['/', ',']).nth(2).filter(|region| !region.is_empty()).map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use axum::http::Request;

    use super::*;

    fn of(method: &str, uri: &str, headers: &[(&str, &str)]) -> Protocol {
        let mut request = Request::builder().method(method).uri(uri);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        protocol(&request.body(()).unwrap().into_parts().0)
    }

    #[test]
    fn protocols() {
        let signed = ("authorization", "AWS4-HMAC-SHA256 Credential=k/20240101/eu-west-1/s3/aws4_request, Signature=x");
        let form = ("content-type", "application/x-www-form-urlencoded; charset=utf-8");
        let target = ("x-amz-target", "AWSGlue.GetTable");
        assert_eq!(of("POST", "/", &[target, form]), Protocol::Json("AWSGlue.GetTable".to_owned()));
        assert_eq!(of("POST", "/", &[form]), Protocol::Form);
        assert_eq!(of("GET", "/healthz", &[]), Protocol::Own);
        assert_eq!(of("GET", "/v1/statement", &[]), Protocol::Trino);
        assert_eq!(of("POST", "/v1/statement", &[("authorization", "Basic eDp5")]), Protocol::Trino);
        assert_eq!(of("GET", "/v1/key", &[signed]), Protocol::S3);
        assert_eq!(of("GET", "/healthz", &[signed]), Protocol::S3);
        assert_eq!(of("GET", "/metrics?X-Amz-Signature=x", &[]), Protocol::S3);
        // A form put by a presigned URL is an object, not a call of STS.
        assert_eq!(of("PUT", "/bucket/key", &[form]), Protocol::S3);
        assert_eq!(of("POST", "/bucket?delete", &[signed]), Protocol::S3);
        assert_eq!(of("GET", "/", &[signed]), Protocol::S3);
    }

    #[test]
    fn regions() {
        let of = |request: axum::http::request::Builder| region(&request.body(()).unwrap().into_parts().0);
        assert_eq!(of(Request::get("/")), None);
        let value = "AWS4-HMAC-SHA256 Credential=k/20240101/eu-west-1/s3/aws4_request, SignedHeaders=host, Signature=x";
        assert_eq!(of(Request::get("/").header("authorization", value)).as_deref(), Some("eu-west-1"));
        let url = "/b/k?X-Amz-Credential=k%2F20240101%2Feu-west-2%2Fs3%2Faws4_request&X-Amz-Signature=x";
        assert_eq!(of(Request::get(url)).as_deref(), Some("eu-west-2"));
    }
}
