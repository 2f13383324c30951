//! Presigned URLs of signature version 2 ("Signing and authenticating REST requests": query string request authentication), which
//! boto3 makes for S3 unless it is told otherwise. Nothing else of version 2 is taken.

use std::borrow::Cow;

use axum::http::request::Parts;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use chrono::{DateTime, Utc};
use hmac::{Hmac, KeyInit as _, Mac as _};
use sha1::Sha1;
use subtle::ConstantTimeEq as _;

use super::claim::{incomplete, parameter, text};
use super::{Refused, Signed, mismatch};
use crate::keys::{Holder, Keys};

/// The parameters that are signed.
const SIGNED: &[&str] = &[
    "acl",
    "cors",
    "delete",
    "lifecycle",
    "location",
    "logging",
    "notification",
    "partNumber",
    "policy",
    "requestPayment",
    "response-cache-control",
    "response-content-disposition",
    "response-content-encoding",
    "response-content-language",
    "response-content-type",
    "response-expires",
    "restore",
    "tagging",
    "torrent",
    "uploadId",
    "uploads",
    "versionId",
    "versioning",
    "versions",
    "website",
];

/// Whether a request is one.
pub(super) fn is_presigned(head: &Parts) -> bool {
    parameter(head.uri.query().unwrap_or_default(), "AWSAccessKeyId").is_some()
}

/// Whose it is, and the host that was signed.
///
/// Errors: why it is not let in.
pub(super) fn verify<'a>(keys: &Keys, request: &Signed<'a>, now: DateTime<Utc>) -> Result<(Holder, &'a str), Refused> {
    let head = request.head;
    let query = head.uri.query().unwrap_or_default();
    let part = |name: &str| {
        parameter(query, name).ok_or_else(|| incomplete(format!("the URL's signature requires the parameter '{name}'")))
    };
    let (id, signature, expires) = (part("AWSAccessKeyId")?, part("Signature")?, part("Expires")?);
    let until: i64 = expires.parse().map_err(|_| incomplete("Expires must be seconds since 1970"))?;
    let token = parameter(query, "x-amz-security-token");
    let holder = keys.holder(&id, token.as_deref(), now)?;
    if until < now.timestamp() {
        return Err(Refused::Elapsed);
    }
    let matches = |host: &&str| {
        let Ok(mut mac) = Hmac::<Sha1>::new_from_slice(holder.secret().as_bytes()) else { return false };
        mac.update(to_sign(head, query, request.front.bucket(host), &expires).as_bytes());
        let ours = STANDARD.encode(mac.finalize().into_bytes());
        bool::from(ours.as_bytes().ct_eq(signature.as_bytes()))
    };
    let host = request.hosts.iter().copied().find(matches).ok_or_else(mismatch)?;
    Ok((holder, host))
}

fn to_sign(head: &Parts, query: &str, bucket: Option<&str>, expires: &str) -> String {
    // What a client would send as a header may be in the URL.
    let either = |name: &str| -> String {
        let parameter = || parameter(query, name).map(Cow::into_owned);
        text(&head.headers, name).map(str::to_owned).or_else(parameter).unwrap_or_default()
    };
    let mut amazon: Vec<(String, String)> = head
        .headers
        .iter()
        .map(|(name, value)| (name.as_str().to_owned(), String::from_utf8_lossy(value.as_bytes()).trim().to_owned()))
        .chain(query.split('&').filter_map(|pair| {
            let (name, _) = pair.split_once('=')?;
            Some((name.to_ascii_lowercase(), parameter(query, name)?.into_owned()))
        }))
        .filter(|(name, _)| name.starts_with("x-amz-"))
        .collect();
    amazon.sort();
    let amazon: String = amazon.into_iter().map(|(name, value)| format!("{name}:{value}\n")).collect();
    let mut resource = bucket.map(|name| format!("/{name}")).unwrap_or_default() + head.uri.path();
    let mut signed: Vec<_> =
        query.split('&').filter(|pair| SIGNED.contains(&pair.split('=').next().unwrap_or_default())).collect();
    signed.sort_unstable();
    for (number, pair) in signed.into_iter().enumerate() {
        resource.push(if number == 0 { '?' } else { '&' });
        resource.push_str(&percent_encoding::percent_decode_str(pair).decode_utf8_lossy());
    }
    format!("{}\n{}\n{}\n{expires}\n{amazon}{resource}", head.method, either("content-md5"), either("content-type"))
}
