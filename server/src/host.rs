//! Who may speak to a server without a signature that it checks: without keys this machine's programs, with keys whoever asks how it is;
//! and no web page. A page of another site can make a browser send requests here; a name that its owner lets point to 127.0.0.1
//! would even let it read the answers (DNS rebinding).

use std::net::IpAddr;

use axum::http::{HeaderMap, header};

use crate::front::Front;

/// Why an unsigned request is refused, or any where there are no keys; `None` lets it pass. `forwarded` is the host that a proxy was asked
/// for; `anywhere`: a server with keys has names that it does not know.
pub(crate) fn refusal(headers: &HeaderMap, front: &Front, forwarded: Option<&str>, anywhere: bool) -> Option<&'static str> {
    let text = |name: header::HeaderName| headers.get(name).map(|value| value.to_str().unwrap_or("\0"));
    let host = text(header::HOST);
    match host {
        // A page can say what it likes in X-Forwarded-Host, but not in Host: both have to be ours.
        Some(host)
            if anywhere
                || [Some(host), forwarded].into_iter().flatten().all(|host| is_loopback(host) || front.is_public(host)) => {}
        Some(_) => {
            return Some(
                "the Host header names neither localhost, nor a loopback address, nor the public URL; use http://127.0.0.1:PORT",
            );
        }
        None => return Some("the request has no Host header"),
    }
    let site = headers.get("sec-fetch-site").map(|value| value.to_str().unwrap_or("\0"));
    if !matches!(site, None | Some("same-origin" | "none")) {
        return Some("a page of another site may not ask this server");
    }
    let asked = forwarded.or(host).filter(|host| anywhere || front.is_public(host));
    match text(header::ORIGIN) {
        Some(origin) if !is_own(origin, asked) => Some("a page of another site may not ask this server"),
        _ => None,
    }
}

/// Whether a page is ours: of this machine, or of the name by which we are asked, where that can be any.
fn is_own(origin: &str, asked: Option<&str>) -> bool {
    let own = |host: &str| is_loopback(host) || asked == Some(host);
    origin.split_once("://").is_some_and(|(scheme, host)| matches!(scheme, "http" | "https") && own(host))
}

/// Whether `HOST[:PORT]` is this machine by a name that nobody else controls. `*.localhost` is loopback by RFC 6761.
pub(crate) fn is_loopback(host: &str) -> bool {
    let name = name(host);
    let folded = name.to_ascii_lowercase();
    folded == "localhost" || folded.ends_with(".localhost") || name.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}

/// The name or address in `HOST[:PORT]`.
pub(crate) fn name(host: &str) -> &str {
    match host.strip_prefix('[') {
        Some(rest) => rest.split_once(']').map_or(rest, |(name, _)| name),
        None => match host.rsplit_once(':') {
            Some((name, port)) if port.bytes().all(|digit| digit.is_ascii_digit()) => name,
            _ => host,
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(pairs: &[(&str, &str)]) -> bool {
        refused_by(pairs, false)
    }

    fn refused_by(pairs: &[(&str, &str)], anywhere: bool) -> bool {
        let mut headers = HeaderMap::new();
        for (name, value) in pairs {
            headers.insert(header::HeaderName::from_bytes(name.as_bytes()).unwrap(), value.parse().unwrap());
        }
        refusal(&headers, &Front::default(), None, anywhere).is_some()
    }

    #[test]
    fn the_public_name_is_ours_and_so_has_to_be_the_one_behind_it() {
        let front = Front { public_url: Some("https://lake.example".parse().unwrap()), proxies: Vec::new() };
        for (host, forwarded, origin, passes) in [
            ("lake.example", None, None, true),
            ("lake.example", None, Some("https://lake.example"), true),
            ("lake.example", None, Some("https://evil.example"), false),
            ("127.0.0.1:4580", Some("lake.example"), Some("https://lake.example"), true),
            ("127.0.0.1:4580", Some("evil.example"), None, false),
            ("evil.example", Some("lake.example"), None, false),
            ("evil.example", Some("localhost"), None, false),
        ] {
            let mut headers = HeaderMap::new();
            headers.insert("host", host.parse().unwrap());
            if let Some(origin) = origin {
                headers.insert("origin", origin.parse().unwrap());
            }
            assert_eq!(refusal(&headers, &front, forwarded, false).is_none(), passes, "{host} {forwarded:?} {origin:?}");
        }
    }

    #[test]
    fn hosts() {
        for host in ["127.0.0.1:4580", "localhost", "LOCALHOST:1", "[::1]:4580", "bucket.localhost:4580", "127.9.9.9"] {
            assert!(!refused(&[("host", host)]), "{host}");
        }
        for host in [
            "evil.example:4580",
            "127.0.0.1.evil.example",
            "localhost.evil.example",
            "localhost:1.evil.example",
            "192.168.0.1",
            "",
            "[::]",
            "0.0.0.0:1",
        ] {
            assert!(refused(&[("host", host)]), "{host}");
        }
        assert!(refused(&[]));
    }

    #[test]
    fn browsers() {
        let host = ("host", "localhost:4580");
        assert!(refused(&[host, ("sec-fetch-site", "cross-site")]));
        assert!(refused(&[host, ("sec-fetch-site", "same-site")]));
        assert!(!refused(&[host, ("sec-fetch-site", "none")]));
        assert!(refused(&[host, ("origin", "https://evil.example")]));
        assert!(refused(&[host, ("origin", "null")]));
        assert!(!refused(&[host, ("origin", "http://localhost:4580")]));
    }

    #[test]
    fn with_keys_any_name_is_ours() {
        let host = ("host", "lake.example");
        assert!(!refused_by(&[host], true));
        assert!(!refused_by(&[host, ("origin", "https://lake.example")], true));
        assert!(refused_by(&[host, ("origin", "https://evil.example")], true));
        assert!(refused_by(&[host, ("sec-fetch-site", "cross-site")], true));
        assert!(refused_by(&[], true));
    }
}
