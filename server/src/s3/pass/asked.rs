//! What a request to another S3 asks for, and whether it may. Only what is understood here is sent on, so that nothing slips past the
//! roots: an operation that touches something in a way that is not known is refused by name.

use axum::http::request::Parts;
use axum::http::{HeaderMap, Method};
use percent_encoding::percent_decode_str;
use s3s::{S3Error, S3ErrorCode, S3Result};

use super::super::failure;
use super::super::rights::Wish;

/// Parameters of listings.
const LISTS: [&str; 18] = [
    "list-type",
    "versions",
    "uploads",
    "prefix",
    "delimiter",
    "marker",
    "max-keys",
    "continuation-token",
    "start-after",
    "encoding-type",
    "fetch-owner",
    "key-marker",
    "version-id-marker",
    "upload-id-marker",
    "max-uploads",
    "bucket-region",
    "max-buckets",
    "x-id",
];

/// What a bucket can be set to. All but `session`, which gives out the server's credentials.
const SETTINGS: [&str; 22] = [
    "accelerate",
    "acl",
    "analytics",
    "cors",
    "encryption",
    "intelligent-tiering",
    "inventory",
    "lifecycle",
    "location",
    "logging",
    "metrics",
    "notification",
    "object-lock",
    "ownershipControls",
    "policy",
    "policyStatus",
    "publicAccessBlock",
    "replication",
    "requestPayment",
    "tagging",
    "versioning",
    "website",
];
/// What may stand beside a setting.
const BESIDE: [&str; 3] = ["id", "continuation-token", "x-id"];

/// What a request asks for.
#[derive(Debug, PartialEq)]
pub(super) struct Asked {
    /// None for the list of buckets.
    pub(super) bucket: Option<String>,
    /// Empty for the bucket itself.
    pub(super) key: String,
    /// Decoded; a name may stand alone.
    pub(super) query: Vec<(String, Option<String>)>,
    /// Bucket and key that a copy reads.
    source: Option<(String, String)>,
}

/// What is read of a request or its answer on the way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Act {
    /// The answer: buckets.
    Buckets,
    /// The request: keys to delete.
    Deletes,
    /// Nothing.
    Whole,
}

impl Asked {
    /// Reads the head of a request whose bucket is in its path.
    ///
    /// Errors: `InvalidBucketName`; `InvalidURI` for what is not UTF-8; `InvalidArgument` for a parameter that is given twice, of which
    /// S3 might take the other one.
    pub(super) fn of(head: &Parts) -> S3Result<Self> {
        let path = head.uri.path();
        let (bucket, key) =
            path.strip_prefix('/').unwrap_or(path).split_once('/').unwrap_or_else(|| (path.trim_start_matches('/'), ""));
        let (bucket, key) = (decoded(bucket)?, decoded(key)?);
        let all_buckets = bucket.is_empty() && key.is_empty();
        if !all_buckets && !is_name(&bucket) {
            return Err(S3Error::with_message(S3ErrorCode::InvalidBucketName, format!("'{bucket}' is no name of a bucket")));
        }
        let query = query(head.uri.query().unwrap_or_default())?;
        let source = source(&head.headers, &query)?;
        Ok(Self { bucket: Some(bucket).filter(|bucket| !bucket.is_empty()), key, query, source })
    }

    /// The bucket's name; empty where there is none.
    pub(super) fn bucket(&self) -> &str {
        self.bucket.as_deref().unwrap_or_default()
    }

    /// Checks all that the request touches.
    ///
    /// Errors: those of `may`; `NotImplemented` with the name of what is not understood.
    pub(super) fn act(&self, method: &Method, may: impl Fn(&str, Wish<'_>) -> S3Result<()>) -> S3Result<Act> {
        if !matches!(*method, Method::GET | Method::HEAD | Method::PUT | Method::POST | Method::DELETE) {
            return Err(failure::not_implemented(&format!("the method {method}")));
        }
        let bucket = self.bucket();
        if bucket.is_empty() {
            self.only(&[&LISTS], "of all buckets")?;
            return match *method {
                Method::GET => Ok(Act::Buckets),
                _ => Err(failure::not_implemented(&format!("{method} without a bucket"))),
            };
        }
        if self.key.is_empty() {
            return self.of_bucket(method, may);
        }
        match *method {
            Method::GET | Method::HEAD => may(bucket, Wish::Read(&self.key))?,
            Method::POST if self.value("select").is_some() => may(bucket, Wish::Read(&self.key))?,
            _ => may(bucket, Wish::Write(&self.key))?,
        }
        if let Some((bucket, key)) = &self.source {
            may(bucket, Wish::Read(key))?;
        }
        Ok(Act::Whole)
    }

    fn of_bucket(&self, method: &Method, may: impl Fn(&str, Wish<'_>) -> S3Result<()>) -> S3Result<Act> {
        let bucket = self.bucket();
        let sets = self.query.iter().any(|(name, _)| SETTINGS.contains(&name.as_str()));
        match *method {
            Method::HEAD => may(bucket, Wish::See)?,
            Method::GET if sets => {
                self.only(&[&SETTINGS, &BESIDE], "of a bucket")?;
                may(bucket, Wish::See)?;
            }
            Method::GET => {
                self.only(&[&LISTS], "of a bucket")?;
                may(bucket, Wish::List(self.value("prefix").unwrap_or_default()))?;
            }
            Method::POST if self.value("delete").is_some() => {
                self.only(&[&["delete"], &BESIDE], "of a bucket")?;
                may(bucket, Wish::See)?;
                return Ok(Act::Deletes);
            }
            // Its key and its signature would be in a form.
            Method::POST => return Err(failure::not_implemented("POST to a bucket")),
            _ => {
                self.only(&[&SETTINGS, &BESIDE], "of a bucket")?;
                may(bucket, Wish::Manage)?;
            }
        }
        Ok(Act::Whole)
    }

    /// The value of a parameter that is given.
    fn value(&self, name: &str) -> Option<&str> {
        self.query.iter().find(|(given, _)| given == name).map(|(_, value)| value.as_deref().unwrap_or_default())
    }

    fn only(&self, known: &[&[&str]], whose: &str) -> S3Result<()> {
        match self.query.iter().find(|(name, _)| !known.iter().any(|known| known.contains(&name.as_str()))) {
            Some((name, _)) => Err(failure::not_implemented(&format!("the parameter '{name}' {whose}"))),
            None => Ok(()),
        }
    }
}

fn decoded(text: &str) -> S3Result<String> {
    let decoded = percent_decode_str(text).decode_utf8();
    decoded.map(Into::into).map_err(|_| S3Error::with_message(S3ErrorCode::InvalidURI, "the path is not UTF-8"))
}

/// Also for S3's kin, whose rules for names are laxer; never what could be another part of a URL.
fn is_name(bucket: &str) -> bool {
    let legal = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.');
    bucket.bytes().all(legal) && bucket.bytes().any(|byte| byte != b'.')
}

fn query(text: &str) -> S3Result<Vec<(String, Option<String>)>> {
    let mut pairs: Vec<(String, Option<String>)> = Vec::new();
    for pair in text.split('&').filter(|pair| !pair.is_empty()) {
        let (name, value) = url::form_urlencoded::parse(pair.as_bytes()).next().unwrap_or_default();
        if pairs.iter().any(|(given, _)| *given == name) {
            return Err(S3Error::with_message(S3ErrorCode::InvalidArgument, format!("the parameter '{name}' is given twice")));
        }
        pairs.push((name.into_owned(), pair.contains('=').then(|| value.into_owned())));
    }
    Ok(pairs)
}

/// What a copy reads, by its header or, as in some presigned URLs, by a parameter.
///
/// Errors: `NotImplemented` for one that is no plain bucket and key, and for moves.
fn source(headers: &HeaderMap, query: &[(String, Option<String>)]) -> S3Result<Option<(String, String)>> {
    let mut given: Vec<&[u8]> = headers.get_all("x-amz-copy-source").iter().map(|value| value.as_bytes()).collect();
    let parameters = query.iter().filter(|(name, _)| name.eq_ignore_ascii_case("x-amz-copy-source"));
    given.extend(parameters.map(|(_, value)| value.as_deref().unwrap_or_default().as_bytes()));
    let moves = |name: &str| matches!(name.to_ascii_lowercase().as_str(), "x-amz-rename-source" | "renameobject");
    if headers.keys().any(|name| moves(name.as_str())) || query.iter().any(|(name, _)| moves(name)) {
        return Err(failure::not_implemented("RenameObject"));
    }
    let text = match given[..] {
        [] => return Ok(None),
        [text] => text,
        _ => return Err(S3Error::with_message(S3ErrorCode::InvalidArgument, "x-amz-copy-source is given twice")),
    };
    let text = std::str::from_utf8(text).unwrap_or_default();
    let (path, version) = text.split_once('?').unwrap_or((text, "versionId="));
    let path = decoded(path.strip_prefix('/').unwrap_or(path))?;
    match path.split_once('/').filter(|(bucket, key)| is_name(bucket) && !key.is_empty()) {
        Some((bucket, key)) if version.starts_with("versionId=") => Ok(Some((bucket.to_owned(), key.to_owned()))),
        _ => Err(failure::not_implemented("a copy from what is no bucket and key")),
    }
}

#[cfg(test)]
mod tests {
    use std::cell::RefCell;

    use axum::http::Request;

    use super::*;

    /// What is touched, in words, and what is read on the way; or the code of the error.
    fn ask(method: &str, uri: &str, headers: &[(&str, &str)]) -> Result<(Vec<String>, Act), String> {
        let mut request = Request::builder().method(method).uri(uri);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let (head, ()) = request.body(()).unwrap().into_parts();
        let touched = RefCell::new(Vec::new());
        let may = |bucket: &str, wish: Wish<'_>| {
            touched.borrow_mut().push(format!("{bucket} {wish:?}"));
            Ok(())
        };
        let act = Asked::of(&head).and_then(|asked| asked.act(&head.method, may));
        act.map(|act| (touched.into_inner(), act)).map_err(|error| error.code().as_str().to_owned())
    }

    #[test]
    fn requests_touch() {
        for (method, uri, touched) in [
            ("GET", "/b?location", "b See"),
            ("GET", "/b/?list-type=2&prefix=a%2Fb+c&delimiter=%2F", "b List(\"a/b c\")"),
            ("GET", "/b", "b List(\"\")"),
            ("GET", "/b?uploads&prefix=x", "b List(\"x\")"),
            ("GET", "/b?versions", "b List(\"\")"),
            ("HEAD", "/b", "b See"),
            ("PUT", "/b", "b Manage"),
            ("PUT", "/b?policy", "b Manage"),
            ("DELETE", "/b", "b Manage"),
            ("GET", "/b/a%2Fb//c+d%20", "b Read(\"a/b//c+d \")"),
            ("GET", "/b//k", "b Read(\"/k\")"),
            ("HEAD", "/b/k?versionId=1", "b Read(\"k\")"),
            ("POST", "/b/k?select&select-type=2", "b Read(\"k\")"),
            ("POST", "/b/k?uploads", "b Write(\"k\")"),
            ("PUT", "/b/k?partNumber=1&uploadId=x", "b Write(\"k\")"),
            ("DELETE", "/b/k?uploadId=x", "b Write(\"k\")"),
        ] {
            assert_eq!(ask(method, uri, &[]), Ok((vec![touched.to_owned()], Act::Whole)), "{method} {uri}");
        }
        assert_eq!(ask("GET", "/?x-id=ListBuckets", &[]), Ok((vec![], Act::Buckets)));
        assert_eq!(ask("POST", "/b?delete", &[]), Ok((vec!["b See".to_owned()], Act::Deletes)));
    }

    #[test]
    fn copies_touch_what_they_read() {
        let copy = ("x-amz-copy-source", "/c/from%20+a?versionId=1");
        let touched = vec!["b Write(\"k\")".to_owned(), "c Read(\"from +a\")".to_owned()];
        assert_eq!(ask("PUT", "/b/k", &[copy]), Ok((touched.clone(), Act::Whole)));
        assert_eq!(ask("PUT", "/b/k?X-Amz-Copy-Source=c%2Ffrom%2520%2Ba", &[]), Ok((touched, Act::Whole)));
        let code = |code: &str| Err(code.to_owned());
        assert_eq!(ask("PUT", "/b/k", &[copy, copy]), code("InvalidArgument"));
        assert_eq!(ask("PUT", "/b/k?x-amz-copy-source=c%2Fk", &[copy]), code("InvalidArgument"));
        assert_eq!(ask("PUT", "/b/k", &[("x-amz-copy-source", "arn:aws:s3:x:1:accesspoint/a/object/k")]), code("NotImplemented"));
        assert_eq!(ask("PUT", "/b/k?renameObject", &[("x-amz-rename-source", "x")]), code("NotImplemented"));
    }

    #[test]
    fn what_is_not_understood_is_refused() {
        for (method, uri, code) in [
            ("GET", "/b?session", "NotImplemented"),
            ("GET", "/b?location&list-type=2", "NotImplemented"),
            ("GET", "/b?prefix=mine%2F&prefix=", "InvalidArgument"),
            ("POST", "/b", "NotImplemented"),
            ("OPTIONS", "/b/k", "NotImplemented"),
            ("PUT", "/", "NotImplemented"),
            ("GET", "//k", "InvalidBucketName"),
            ("GET", "/../k", "InvalidBucketName"),
            ("GET", "/b%2Fc/k", "InvalidBucketName"),
            ("GET", "/b/%ff", "InvalidURI"),
        ] {
            assert_eq!(ask(method, uri, &[]).unwrap_err(), code, "{method} {uri}");
        }
    }
}
