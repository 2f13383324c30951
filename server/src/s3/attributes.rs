//! What S3's requests and answers say of an object beside its content, in headers.

use axum::http::{HeaderMap, HeaderName, HeaderValue};
use catalog::storage::{Attributes, Checksum};
use percent_encoding::percent_decode_str;
use s3s::{S3Error, S3ErrorCode, S3Result};

use super::failure;
use crate::aws::ACCOUNT;

/// Headers that are kept with an object and given back as they came.
const KEPT: [&str; 7] = [
    "cache-control",
    "content-disposition",
    "content-encoding",
    "content-language",
    "content-type",
    "expires",
    "x-amz-storage-class",
];
const META: &str = "x-amz-meta-";
/// Names and values of a user's metadata together, in bytes.
const LONGEST_METADATA: usize = 2048;
/// What an object is that nobody said anything of.
pub(super) const UNKNOWN_TYPE: &str = "binary/octet-stream";

/// What a request that makes an object says of it.
///
/// Errors: `NotImplemented` and `AccessControlListNotSupported` for what would promise something that is not kept;
/// `MetadataTooLarge`; `InvalidTag`.
pub(super) fn of_request(headers: &HeaderMap) -> S3Result<Attributes> {
    refuse(headers)?;
    let mut attributes = Attributes::default();
    for name in KEPT {
        let Some(value) = headers.get(name).and_then(|value| std::str::from_utf8(value.as_bytes()).ok()) else { continue };
        let value = if name == "content-encoding" { without_framing(value) } else { value.to_owned() };
        let is_default = name == "x-amz-storage-class" && value == "STANDARD";
        if !value.is_empty() && !is_default {
            attributes.headers.insert(name.to_owned(), value);
        }
    }
    for (name, value) in headers {
        if let Some(name) = name.as_str().strip_prefix(META) {
            attributes.metadata.insert(name.to_owned(), String::from_utf8_lossy(value.as_bytes()).into_owned());
        }
    }
    if attributes.metadata.iter().map(|(name, value)| name.len() + value.len()).sum::<usize>() > LONGEST_METADATA {
        return Err(S3Error::with_message(
            S3ErrorCode::MetadataTooLarge,
            format!("names and values of an object's metadata have at most {LONGEST_METADATA} bytes"),
        ));
    }
    if let Some(tags) = text(headers, "x-amz-tagging") {
        for pair in tags.split('&').filter(|pair| !pair.is_empty()) {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            insert_tag(&mut attributes, decoded(name)?, decoded(value)?)?;
        }
    }
    Ok(attributes)
}

/// Adds a tag by S3's rules. <https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-tagging.html>
///
/// Errors: `InvalidTag`.
pub(super) fn insert_tag(attributes: &mut Attributes, name: String, value: String) -> S3Result<()> {
    let refuse = |why: &str| Err(S3Error::with_message(S3ErrorCode::InvalidTag, why.to_owned()));
    if name.is_empty() || name.chars().count() > 128 || value.chars().count() > 256 {
        return refuse("a tag has a name of 1 to 128 characters and a value of at most 256");
    }
    if attributes.tags.insert(name, value).is_some() {
        return refuse("a tag is given twice");
    }
    match attributes.tags.len() > 10 {
        true => refuse("an object has at most 10 tags"),
        false => Ok(()),
    }
}

/// The headers of an answer about an object.
pub(super) fn headers(attributes: &Attributes) -> HeaderMap {
    let mut headers = HeaderMap::new();
    let mut put = |name: &str, value: &str| {
        if let (Ok(name), Ok(value)) = (HeaderName::from_bytes(name.as_bytes()), HeaderValue::from_bytes(value.as_bytes())) {
            headers.insert(name, value);
        }
    };
    put("content-type", UNKNOWN_TYPE);
    attributes.headers.iter().for_each(|(name, value)| put(name, value));
    attributes.metadata.iter().for_each(|(name, value)| put(&format!("{META}{name}"), value));
    if !attributes.tags.is_empty() {
        put("x-amz-tagging-count", &attributes.tags.len().to_string());
    }
    headers
}

/// The headers that say a checksum.
pub(super) fn put_checksum(headers: &mut HeaderMap, checksum: &Checksum) {
    let name = HeaderName::from_bytes(format!("x-amz-checksum-{}", checksum.algorithm.to_ascii_lowercase()).as_bytes());
    if let (Ok(name), Ok(value)) = (name, HeaderValue::from_str(&checksum.value)) {
        headers.insert(name, value);
        headers.insert("x-amz-checksum-type", HeaderValue::from_static(kind(checksum)));
    }
}

/// `COMPOSITE` for a checksum of the parts' checksums.
pub(super) fn kind(checksum: &Checksum) -> &'static str {
    // Base64 has no hyphen.
    if checksum.value.contains('-') { "COMPOSITE" } else { "FULL_OBJECT" }
}

/// A header as text; none when it is absent or not ASCII.
pub(super) fn text<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers.get(name)?.to_str().ok()
}

/// Refuses what would be a promise.
fn refuse(headers: &HeaderMap) -> S3Result<()> {
    if let Some(owner) = text(headers, "x-amz-expected-bucket-owner").filter(|owner| *owner != ACCOUNT) {
        let why = format!("the bucket belongs to the account {ACCOUNT}, not to {owner}");
        return Err(S3Error::with_message(S3ErrorCode::AccessDenied, why));
    }
    let acl = text(headers, "x-amz-acl").filter(|acl| !matches!(*acl, "private" | "bucket-owner-full-control"));
    if acl.is_some() || headers.keys().any(|name| name.as_str().starts_with("x-amz-grant-")) {
        return Err(S3Error::with_message(S3ErrorCode::AccessControlListNotSupported, "The bucket does not allow ACLs"));
    }
    for name in headers.keys().map(HeaderName::as_str) {
        let what = match name {
            "x-amz-website-redirect-location" => "a redirect of an object",
            "x-amz-write-offset-bytes" => "appending to an object",
            _ if name.starts_with("x-amz-server-side-encryption") => "encryption by the server",
            _ if name.starts_with("x-amz-object-lock-") => "locking of objects",
            _ => continue,
        };
        return Err(failure::not_implemented(&format!("{what} ({name})")));
    }
    Ok(())
}

/// `content-encoding` without the framing of the transfer.
fn without_framing(value: &str) -> String {
    let kept = value.split(',').map(str::trim).filter(|part| !part.eq_ignore_ascii_case("aws-chunked"));
    kept.collect::<Vec<_>>().join(",")
}

fn decoded(text: &str) -> S3Result<String> {
    let spaced = text.replace('+', " ");
    let decoded = percent_decode_str(&spaced).decode_utf8().map(|text| text.into_owned());
    decoded.map_err(|_| S3Error::with_message(S3ErrorCode::InvalidTag, "a tag is not UTF-8"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request(pairs: &[(&'static str, &str)]) -> HeaderMap {
        pairs.iter().map(|(name, value)| (HeaderName::from_static(name), value.parse().unwrap())).collect()
    }

    #[test]
    fn what_is_kept_comes_back() {
        let given = request(&[
            ("content-type", "text/x"),
            ("content-encoding", "aws-chunked, gzip"),
            ("x-amz-meta-who", "me"),
            ("x-amz-storage-class", "STANDARD"),
            ("x-amz-tagging", "a+b=c%26d&e"),
            ("x-amz-acl", "bucket-owner-full-control"),
        ]);
        let attributes = of_request(&given).unwrap();
        assert_eq!(attributes.tags, [("a b".into(), "c&d".into()), ("e".into(), "".into())].into());
        let back = headers(&attributes);
        let expected =
            [("content-type", "text/x"), ("content-encoding", "gzip"), ("x-amz-meta-who", "me"), ("x-amz-tagging-count", "2")];
        assert_eq!(back, request(&expected));
        assert_eq!(headers(&Attributes::default()), request(&[("content-type", UNKNOWN_TYPE)]));
    }

    #[test]
    fn promises_are_refused() {
        for (name, value, code) in [
            ("x-amz-server-side-encryption", "aws:kms", "NotImplemented"),
            ("x-amz-acl", "public-read", "AccessControlListNotSupported"),
            ("x-amz-object-lock-mode", "GOVERNANCE", "NotImplemented"),
            ("x-amz-expected-bucket-owner", "111122223333", "AccessDenied"),
            ("x-amz-tagging", "a=1&a=2", "InvalidTag"),
            ("x-amz-meta-long", &"x".repeat(3000), "MetadataTooLarge"),
        ] {
            assert_eq!(of_request(&request(&[(name, value)])).unwrap_err().code().as_str(), code, "{name}");
        }
    }
}
