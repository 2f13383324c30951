//! A request as the text that is signed ("Create a signed AWS API request", step 1).

use std::borrow::Cow;

use axum::http::{HeaderMap, HeaderName};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, percent_encode};

/// What stands for itself: letters, digits, `-`, `.`, `_`, `~`.
const ENCODED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');
const ENCODED_IN_PATHS: &AsciiSet = &ENCODED.remove(b'/');

/// A path of S3: encoded once, whichever of its characters the client encoded on the wire, and otherwise as it is.
pub(super) fn s3_path(path: &str) -> String {
    let decoded: Cow<'_, [u8]> = percent_decode_str(path).into();
    percent_encode(&decoded, ENCODED_IN_PATHS).to_string()
}

/// A path of another service: without its empty and dotted parts, and encoded once more than on the wire.
pub(super) fn path(path: &str) -> String {
    let mut parts: Vec<&str> = Vec::new();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." => _ = parts.pop(),
            part => parts.push(part),
        }
    }
    let end = if path.ends_with('/') && !parts.is_empty() { "/" } else { "" };
    percent_encode(format!("/{}{end}", parts.join("/")).as_bytes(), ENCODED_IN_PATHS).to_string()
}

/// The parameters in the order of their encoded names, then values; `left_out` is the one that the signature itself is in.
pub(super) fn query(query: &str, left_out: &str) -> String {
    let encoded = |text: &str| {
        let spaced = text.replace('+', " ");
        let decoded: Cow<'_, [u8]> = percent_decode_str(&spaced).into();
        percent_encode(&decoded, ENCODED).to_string()
    };
    let pairs = query.split('&').filter(|pair| !pair.is_empty()).map(|pair| pair.split_once('=').unwrap_or((pair, "")));
    let mut pairs: Vec<_> = pairs.map(|(name, value)| (encoded(name), encoded(value))).collect();
    pairs.retain(|(name, _)| name != left_out);
    pairs.sort_unstable();
    let pairs: Vec<_> = pairs.into_iter().map(|(name, value)| format!("{name}={value}")).collect();
    pairs.join("&")
}

/// A line for each of the signed headers; a header that is not there is empty. `host` is the name that the client knows us by.
pub(super) fn headers(headers: &HeaderMap, signed: &[&str], host: &str) -> String {
    let mut lines = String::new();
    for name in signed {
        lines.push_str(name);
        lines.push(':');
        match *name {
            "host" => lines.push_str(host),
            name => lines.push_str(&value(headers, name)),
        }
        lines.push('\n');
    }
    lines
}

/// All values of a header with a comma between them, runs of spaces as one.
fn value(headers: &HeaderMap, name: &str) -> String {
    let Ok(name) = HeaderName::from_bytes(name.as_bytes()) else { return String::new() };
    let values = headers.get_all(name).iter().map(|value| {
        let text = String::from_utf8_lossy(value.as_bytes());
        text.split_ascii_whitespace().collect::<Vec<_>>().join(" ")
    });
    values.collect::<Vec<_>>().join(",")
}
