//! Signatures of requests, version 4 ("Signing AWS API requests"): in the header, in presigned URLs, over bodies in pieces; and
//! version 2 in presigned URLs of S3, which clients still make.

mod canonical;
mod chunks;
mod claim;
mod refused;
#[cfg(test)]
mod tests;
mod version2;

use std::time::SystemTime;

use aws_sigv4::sign::v4::{calculate_signature, generate_signing_key};
use axum::http::request::Parts;
use chrono::{DateTime, Utc};
use sha2::{Digest as _, Sha256};
use subtle::ConstantTimeEq as _;

pub(crate) use self::chunks::Chunks;
use self::claim::{ALGORITHM, Claim, incomplete, parameter, text};
pub(crate) use self::refused::Refused;
use crate::front::Front;
use crate::keys::{Holder, Keys};

/// A request whose signature is asked for.
pub(crate) struct Signed<'a> {
    pub(crate) head: &'a Parts,
    /// The name of the service in the scope: `athena`, `glue`, `sts`, `s3`.
    pub(crate) service: &'a str,
    /// The names by which clients may know us; one of them is in the signature.
    pub(crate) hosts: &'a [&'a str],
    pub(crate) front: &'a Front,
    /// The whole body; S3's comes later, and its hash is in a header.
    pub(crate) body: &'a [u8],
}

/// What a signature vouches for.
#[derive(Debug)]
pub(crate) struct Granted {
    pub(crate) holder: Holder,
    /// The one of the hosts that was signed.
    pub(crate) host: String,
    pub(crate) payload: Payload,
}

/// What the body of a request of S3 has to be.
#[derive(Debug)]
pub(crate) enum Payload {
    /// Whatever it is.
    Any,
    /// Bytes of this SHA-256, in hexadecimal digits.
    Sha256(String),
    /// Pieces that are signed one by one.
    Chunks(Chunks),
}

/// Checks a request's signature.
///
/// Errors: why it is not let in.
pub(crate) fn verify(keys: &Keys, request: &Signed<'_>, now: DateTime<Utc>) -> Result<Granted, Refused> {
    let head = request.head;
    if request.service == "s3" && version2::is_presigned(head) {
        let (holder, host) = version2::verify(keys, request, now)?;
        return Ok(Granted { holder, host: host.to_owned(), payload: Payload::Any });
    }
    let claim = Claim::of(head)?;
    let holder = keys.holder(&claim.key, claim.token.as_deref(), now)?;
    claim.check(request.service, now)?;
    let headers: Vec<&str> = claim.headers.split(';').collect();
    all_signed(head, &headers)?;
    let hash = body_hash(request, claim.lasts.is_some())?;
    let key = generate_signing_key(holder.secret(), SystemTime::from(claim.time), &claim.region, &claim.service);
    let matches = |host: &&str| {
        let ours =
            calculate_signature(&key, to_sign(&claim, &canonical(request, &headers, &claim.headers, host, &hash)).as_bytes());
        bool::from(ours.as_bytes().ct_eq(claim.signature.as_bytes()))
    };
    let host = request.hosts.iter().copied().find(matches).ok_or_else(mismatch)?;
    let payload = match request.service {
        "s3" => payload(&claim, key.as_ref(), hash)?,
        _ => Payload::Any,
    };
    Ok(Granted { holder, host: host.to_owned(), payload })
}

fn mismatch() -> Refused {
    Refused::Mismatch(
        "The request signature we calculated does not match the signature you provided. Check your AWS Secret Access Key and signing \
         method."
            .to_owned(),
    )
}

/// Headers of AWS say what to do, so they have to be signed, as the host has to be. A session's token vouches for itself.
fn all_signed(head: &Parts, signed: &[&str]) -> Result<(), Refused> {
    let matters = |name: &&str| name.starts_with("x-amz-") && *name != "x-amz-security-token";
    let present = head.headers.keys().map(|name| name.as_str()).filter(matters);
    match std::iter::once("host").chain(present).find(|name| !signed.contains(name)) {
        Some(name) => Err(Refused::Unsigned(name.to_owned())),
        None => Ok(()),
    }
}

/// The body's hash as it is signed.
fn body_hash(request: &Signed<'_>, presigned: bool) -> Result<String, Refused> {
    if request.service != "s3" {
        return Ok(sha256(request.body));
    }
    let query = request.head.uri.query().unwrap_or_default();
    match (text(&request.head.headers, "x-amz-content-sha256"), parameter(query, "X-Amz-Content-Sha256")) {
        (Some(hash), _) => Ok(hash.to_owned()),
        (None, Some(hash)) => Ok(hash.into_owned()),
        (None, None) if presigned => Ok("UNSIGNED-PAYLOAD".to_owned()),
        (None, None) => Err(incomplete("Missing required header for this request: x-amz-content-sha256")),
    }
}

fn canonical(request: &Signed<'_>, headers: &[&str], names: &str, host: &str, hash: &str) -> String {
    let uri = &request.head.uri;
    let path = if request.service == "s3" { canonical::s3_path(uri.path()) } else { canonical::path(uri.path()) };
    let query = canonical::query(uri.query().unwrap_or_default(), "X-Amz-Signature");
    let headers = canonical::headers(&request.head.headers, headers, host);
    format!("{}\n{path}\n{query}\n{headers}\n{names}\n{hash}", request.head.method)
}

fn to_sign(claim: &Claim, canonical: &str) -> String {
    format!("{ALGORITHM}\n{}\n{}\n{}", claim.stamp(), claim.scope(), sha256(canonical.as_bytes()))
}

/// What the header `x-amz-content-sha256` asks of the body.
fn payload(claim: &Claim, key: &[u8], hash: String) -> Result<Payload, Refused> {
    match hash.as_str() {
        "UNSIGNED-PAYLOAD" | "STREAMING-UNSIGNED-PAYLOAD-TRAILER" => Ok(Payload::Any),
        "STREAMING-AWS4-HMAC-SHA256-PAYLOAD" | "STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER" => {
            Ok(Payload::Chunks(Chunks::new(key, claim.stamp(), claim.scope(), claim.signature.clone())))
        }
        other if other.starts_with("STREAMING-") => {
            Err(Refused::NotSupported(format!("bodies signed as {other} are not supported")))
        }
        other if other.len() == 64 && other.bytes().all(|byte| byte.is_ascii_hexdigit()) => {
            Ok(Payload::Sha256(hash.to_ascii_lowercase()))
        }
        _ => Err(incomplete(
            "x-amz-content-sha256 must be UNSIGNED-PAYLOAD, one of the STREAMING- names, or a valid sha256 value.",
        )),
    }
}

/// In hexadecimal digits.
pub(crate) fn sha256(bytes: &[u8]) -> String {
    hexadecimal(Sha256::digest(bytes).as_slice())
}

/// Two digits for each byte.
pub(crate) fn hexadecimal(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let digit = |nibble: u8| char::from(DIGITS[usize::from(nibble & 15)]);
    bytes.iter().flat_map(|byte| [digit(byte >> 4), digit(*byte)]).collect()
}
