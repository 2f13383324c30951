//! Headers of an answer that its request sets by `response-…` parameters, as presigned downloads do.

use axum::http::{HeaderMap, HeaderName, HeaderValue, Uri};
use s3s::{S3Error, S3ErrorCode, S3Result};

const SETTABLE: [&str; 6] =
    ["cache-control", "content-disposition", "content-encoding", "content-language", "content-type", "expires"];

/// The headers that a request sets.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Overrides(Vec<(HeaderName, HeaderValue)>);

impl Overrides {
    /// Errors: `InvalidArgument` for a value that no header can have.
    pub(super) fn of(uri: &Uri) -> S3Result<Self> {
        let mut overrides = Vec::new();
        for (name, value) in url::form_urlencoded::parse(uri.query().unwrap_or_default().as_bytes()) {
            let Some(name) = name.strip_prefix("response-").filter(|name| SETTABLE.contains(name)) else { continue };
            match (HeaderName::from_bytes(name.as_bytes()), HeaderValue::from_str(&value)) {
                (Ok(name), Ok(value)) => overrides.push((name, value)),
                _ => {
                    let why = format!("response-{name} is no value of a header");
                    return Err(S3Error::with_message(S3ErrorCode::InvalidArgument, why));
                }
            }
        }
        Ok(Self(overrides))
    }

    pub(super) fn apply(&self, headers: &mut HeaderMap) {
        for (name, value) in &self.0 {
            headers.insert(name, value.clone());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headers_are_set_by_parameters() {
        let uri = "/b/k?response-content-type=text%2Fx&response-content-disposition=attachment%3B+filename%3Da&x-id=GetObject";
        let mut headers = HeaderMap::new();
        headers.insert("content-type", HeaderValue::from_static("old"));
        Overrides::of(&uri.parse().unwrap()).unwrap().apply(&mut headers);
        assert_eq!(
            (&headers["content-type"], &headers["content-disposition"]),
            (&"text/x".parse().unwrap(), &"attachment; filename=a".parse().unwrap())
        );
        assert!(Overrides::of(&"/b/k?response-content-type=a%0Ab".parse().unwrap()).is_err());
    }
}
