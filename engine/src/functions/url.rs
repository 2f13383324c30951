//! Trino's "URL functions": the parts of a URL as Java's `java.net.URI` takes them apart, and percent encoding.

use arrow::array::ArrayRef;
use datafusion::common::Result;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};

use super::columns::{Texts, invalid, numbers, strings, texts};
use super::{Call, Overload, Scalar};

pub(super) const FUNCTIONS: &[Scalar] = &[
    Scalar {
        names: &["url_extract_protocol"],
        description: "The protocol of the URL",
        overloads: &[Overload::new(PART, |call| part(call, |url| Some(url.scheme)))],
    },
    Scalar {
        names: &["url_extract_host"],
        description: "The host of the URL",
        overloads: &[Overload::new(PART, |call| part(call, |url| url.host))],
    },
    Scalar {
        names: &["url_extract_port"],
        description: "The port of the URL, where it has one",
        overloads: &[Overload::new("(varchar) -> bigint", port)],
    },
    Scalar {
        names: &["url_extract_path"],
        description: "The path of the URL",
        overloads: &[Overload::new(PART, |call| part(call, |url| url.path))],
    },
    Scalar {
        names: &["url_extract_query"],
        description: "The query of the URL, without its question mark",
        overloads: &[Overload::new(PART, |call| part(call, |url| url.query))],
    },
    Scalar {
        names: &["url_extract_fragment"],
        description: "The fragment of the URL, without its hash",
        overloads: &[Overload::new(PART, |call| part(call, |url| url.fragment))],
    },
    Scalar {
        names: &["url_extract_parameter"],
        description: "The first value of a parameter in the query of the URL, or NULL",
        overloads: &[Overload::new("(varchar, varchar) -> varchar", parameter)],
    },
    Scalar {
        names: &["url_encode"],
        description: "The text with percent signs for what cannot stand in a parameter of a URL",
        overloads: &[Overload::new("(varchar) -> varchar", url_encode)],
    },
    Scalar {
        names: &["url_decode"],
        description: "The text that url_encode has encoded",
        overloads: &[Overload::new("(varchar) -> varchar", url_decode)],
    },
];

const PART: &str = "(varchar) -> varchar";

/// The parts of a URI, as they stand. What is missing is `None`, the scheme empty.
#[derive(Debug, Default, PartialEq, Eq)]
struct Url<'a> {
    scheme: &'a str,
    host: Option<&'a str>,
    port: Option<i64>,
    path: Option<&'a str>,
    query: Option<&'a str>,
    fragment: Option<&'a str>,
}

impl<'a> Url<'a> {
    /// `None` for what `java.net.URI` refuses.
    fn parse(text: &'a str) -> Option<Self> {
        let (rest, fragment) = match text.split_once('#') {
            Some((rest, fragment)) => (rest, Some(fragment)),
            None => (text, None),
        };
        if !is_legal(rest) || !fragment.is_none_or(is_legal) {
            return None;
        }
        let (scheme, rest) = match rest.find([':', '/', '?']) {
            Some(at) if rest[at..].starts_with(':') => (&rest[..at], &rest[at + 1..]),
            _ => ("", rest),
        };
        let named = scheme.starts_with(|c: char| c.is_ascii_alphabetic())
            && scheme.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '+' | '-' | '.'));
        if text.starts_with(':') || (!scheme.is_empty() && !named) {
            return None;
        }
        if !scheme.is_empty() && !rest.starts_with('/') {
            // An opaque one, `mailto:somebody@example.com`: nothing but a scheme and a fragment. It must have something in it.
            return (!rest.is_empty()).then_some(Self { scheme, fragment, ..Self::default() });
        }
        let (rest, query) = match rest.split_once('?') {
            Some((rest, query)) => (rest, Some(query)),
            None => (rest, None),
        };
        let (authority, path) = match rest.strip_prefix("//") {
            Some(rest) => rest.split_at(rest.find('/').unwrap_or(rest.len())),
            None => ("", rest),
        };
        if rest.starts_with("//") && authority.is_empty() && path.is_empty() {
            return None;
        }
        let (host, port) = server(authority).unwrap_or_default();
        Some(Self { scheme, host, port, path: Some(path), query, fragment })
    }
}

/// Host and port of an authority; nothing where it is not that of a server, which Java allows.
fn server(authority: &str) -> Option<(Option<&str>, Option<i64>)> {
    let place = authority.rsplit_once('@').map_or(authority, |(_, place)| place);
    let (host, port) = match place.strip_prefix('[').and_then(|rest| rest.find(']')) {
        Some(end) => (&place[..end + 2], place[end + 2..].strip_prefix(':')),
        None => match place.split_once(':') {
            Some((host, port)) => (host, Some(port)),
            None => (place, None),
        },
    };
    let port = match port {
        None | Some("") => None,
        Some(digits) => Some(digits.parse().ok()?),
    };
    let named = host.starts_with('[') || host.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '.'));
    (named && !host.is_empty()).then_some((Some(host), port))
}

/// Whether all characters may stand in a URI: those of RFC 2396, others than ASCII's but blanks and controls, and `%` before two
/// hexadecimal digits.
fn is_legal(text: &str) -> bool {
    let bytes = text.as_bytes();
    text.char_indices().all(|(at, c)| match c {
        '%' => bytes.get(at + 1..at + 3).is_some_and(|digits| digits.iter().all(u8::is_ascii_hexdigit)),
        c if c.is_ascii() => c.is_ascii_alphanumeric() || "-_.!~*'();/?:@&=+$,[]".contains(c),
        c => !c.is_control() && !c.is_whitespace(),
    })
}

/// A part of each URL, decoded; empty where it is missing, NULL where there is no URL.
fn part(call: &Call<'_>, part: impl for<'u> Fn(Url<'u>) -> Option<&'u str>) -> Result<ArrayRef> {
    let text = strings(call, 0)?;
    texts(call, |row, out| {
        let Some(url) = Url::parse(text.value(row)) else { return Ok(false) };
        out.push_str(&percent_decode_str(part(url).unwrap_or_default()).decode_utf8_lossy());
        Ok(true)
    })
}

fn port(call: &Call<'_>) -> Result<ArrayRef> {
    let text = strings(call, 0)?;
    numbers(call, |row| Ok(Url::parse(text.value(row)).and_then(|url| url.port)))
}

fn parameter(call: &Call<'_>) -> Result<ArrayRef> {
    let (text, name) = (strings(call, 0)?, strings(call, 1)?);
    texts(call, |row, out| {
        let Some(query) = Url::parse(text.value(row)).and_then(|url| url.query) else { return Ok(false) };
        for argument in query.split('&') {
            let (found, value) = argument.split_once('=').unwrap_or((argument, ""));
            if decoded(found) == name.value(row) {
                out.push_str(&decoded(value));
                return Ok(true);
            }
        }
        Ok(false)
    })
}

fn decoded(text: &str) -> std::borrow::Cow<'_, str> {
    percent_decode_str(text).decode_utf8_lossy()
}

/// What `URLEncoder` encodes: all but letters, digits and these.
const ENCODED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'*').remove(b' ');

fn url_encode(call: &Call<'_>) -> Result<ArrayRef> {
    let text = strings(call, 0)?;
    texts(call, |row, out| {
        for piece in utf8_percent_encode(text.value(row), ENCODED) {
            piece.split_inclusive(' ').for_each(|piece| plus(piece, out));
        }
        Ok(true)
    })
}

fn plus(piece: &str, out: &mut Texts) {
    match piece.strip_suffix(' ') {
        Some(piece) => {
            out.push_str(piece);
            out.push('+');
        }
        None => out.push_str(piece),
    }
}

fn url_decode(call: &Call<'_>) -> Result<ArrayRef> {
    let text = strings(call, 0)?;
    texts(call, |row, out| {
        let text = text.value(row);
        let broken = text
            .match_indices('%')
            .find(|(at, _)| !text.as_bytes().get(at + 1..at + 3).is_some_and(|digits| digits.iter().all(u8::is_ascii_hexdigit)));
        if broken.is_some() {
            return Err(invalid(format!("Illegal hex characters in escape (%) pattern in '{text}'")));
        }
        out.push_str(&percent_decode_str(&text.replace('+', " ")).decode_utf8_lossy());
        Ok(true)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn urls_are_taken_apart_as_java_does() {
        let url = Url::parse("http://u:p@example.com:8080/a/p.php?k=v#Ref").unwrap();
        assert_eq!((url.scheme, url.host, url.port), ("http", Some("example.com"), Some(8080)));
        assert_eq!((url.path, url.query, url.fragment), (Some("/a/p.php"), Some("k=v"), Some("Ref")));
        for (text, host, path) in [
            ("https://username@example.com", Some("example.com"), Some("")),
            ("mailto:test@example.com", None, None),
            ("foo", None, Some("foo")),
            ("file:///etc/x", None, Some("/etc/x")),
            ("http://[::1]:80/x", Some("[::1]"), Some("/x")),
            ("http://a_b/x", None, Some("/x")),
            ("http://日本/é", None, Some("/é")),
        ] {
            let url = Url::parse(text).unwrap();
            assert_eq!((url.host, url.path), (host, path), "{text}");
        }
        for wrong in ["http://example.com/^", "a b", "http://x/%zz", "http:", "1a:b", ":x", "http://"] {
            assert_eq!(Url::parse(wrong), None, "{wrong}");
        }
    }
}
