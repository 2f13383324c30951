//! By which names clients know this server: its own address, the public URL, and what a proxy before it says that it was asked for.

use std::net::IpAddr;

use axum::http::{HeaderMap, header};
use ipnet::IpNet;
use url::Url;

use crate::{host, s3};

/// What stands between clients and this server.
#[derive(Debug, Clone, Default)]
pub struct Front {
    /// What clients are told to use; without path, query and user.
    pub public_url: Option<Url>,
    /// Where proxies are that tell the truth in `X-Forwarded-…`, besides this machine.
    pub proxies: Vec<IpNet>,
}

impl Front {
    /// The names by which the client may have asked, `HOST[:PORT]`, the likeliest first: what a proxy at `peer` says, the request's own,
    /// and the public URL's.
    pub(crate) fn hosts<'a>(&'a self, peer: IpAddr, headers: &'a HeaderMap) -> Vec<&'a str> {
        let own = headers.get(header::HOST).and_then(|host| host.to_str().ok());
        let names = [self.forwarded(peer, headers, "x-forwarded-host"), own, self.authority()];
        let mut hosts: Vec<&str> = Vec::with_capacity(names.len());
        for name in names.into_iter().flatten() {
            if !hosts.contains(&name) {
                hosts.push(name);
            }
        }
        hosts
    }

    /// What a proxy that may be believed says in this header. Each proxy adds its part at the end; the first is the client's.
    pub(crate) fn forwarded<'a>(&self, peer: IpAddr, headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
        let peer = peer.to_canonical();
        if !peer.is_loopback() && !self.proxies.iter().any(|proxies| proxies.contains(&peer)) {
            return None;
        }
        let first = headers.get(name)?.to_str().ok()?.split(',').next()?.trim();
        (!first.is_empty()).then_some(first)
    }

    /// Where the client asked, `https://HOST[:PORT]`: by the name `host`, over TLS of our own where `tls`, or as the proxy says.
    pub(crate) fn origin(&self, peer: IpAddr, headers: &HeaderMap, host: &str, tls: bool) -> String {
        let public = self.public_url.as_ref().filter(|_| self.is_public(host)).map(Url::scheme);
        let scheme = self.forwarded(peer, headers, "x-forwarded-proto").filter(|scheme| matches!(*scheme, "http" | "https"));
        let own = if tls { "https" } else { "http" };
        format!("{}://{host}", scheme.or(public).unwrap_or(own))
    }

    /// Whether `HOST[:PORT]` is the public URL's, or that of a bucket below it.
    pub(crate) fn is_public(&self, host: &str) -> bool {
        self.below(host).is_some_and(|below| below.is_empty() || below.ends_with('.'))
    }

    /// The bucket that is named by the host: one below the public URL's name, or as AWS has it.
    pub(crate) fn bucket<'a>(&self, host: &'a str) -> Option<&'a str> {
        match self.is_public(host) {
            true => self.below(host)?.strip_suffix('.'),
            false => s3::bucket(host),
        }
    }

    /// What stands before the public URL's name; its port is not looked at, proxies leave it out.
    fn below<'a>(&self, host: &'a str) -> Option<&'a str> {
        let (public, name) = (host::name(self.authority()?), host::name(host));
        let (below, end) = name.split_at_checked(name.len().checked_sub(public.len())?)?;
        end.eq_ignore_ascii_case(public).then_some(below)
    }

    /// `HOST[:PORT]` of the public URL, without its scheme's own port, as clients send it.
    fn authority(&self) -> Option<&str> {
        let url = self.public_url.as_ref()?;
        Some(&url[url::Position::BeforeHost..url::Position::AfterPort])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn front(url: &str) -> Front {
        Front { public_url: Some(url.parse().unwrap()), proxies: vec!["10.0.0.0/8".parse().unwrap()] }
    }

    #[test]
    fn names_come_from_the_request_the_url_and_proxies_that_are_believed() {
        let mut headers = HeaderMap::new();
        headers.insert("host", "127.0.0.1:4580".parse().unwrap());
        headers.insert("x-forwarded-host", "b.lake.example, inner".parse().unwrap());
        let front = front("https://lake.example:443/");
        for (peer, expected) in [
            ("127.0.0.1", &["b.lake.example", "127.0.0.1:4580", "lake.example"][..]),
            ("::ffff:10.1.2.3", &["b.lake.example", "127.0.0.1:4580", "lake.example"]),
            ("192.168.0.1", &["127.0.0.1:4580", "lake.example"]),
        ] {
            assert_eq!(front.hosts(peer.parse().unwrap(), &headers), expected, "{peer}");
        }
        assert_eq!(Front::default().hosts("::1".parse().unwrap(), &HeaderMap::new()), [""; 0]);
    }

    #[test]
    fn the_server_names_itself_as_the_client_does() {
        let front = front("https://lake.example");
        let (here, there) = ("127.0.0.1".parse().unwrap(), "192.168.0.1".parse().unwrap());
        let mut headers = HeaderMap::new();
        assert_eq!(front.origin(here, &headers, "lake.example", false), "https://lake.example");
        assert_eq!(front.origin(here, &headers, "localhost:1", false), "http://localhost:1");
        assert_eq!(front.origin(here, &headers, "localhost:1", true), "https://localhost:1");
        headers.insert("x-forwarded-proto", "https".parse().unwrap());
        assert_eq!(front.origin(here, &headers, "localhost:1", false), "https://localhost:1");
        assert_eq!(front.origin(there, &headers, "localhost:1", false), "http://localhost:1");
    }

    #[test]
    fn buckets_below_the_public_name() {
        let front = front("http://Lake.example:8080");
        for (host, public, bucket) in [
            ("lake.example:8080", true, None),
            ("LAKE.EXAMPLE:8080", true, None),
            ("a.b.lake.example:8080", true, Some("a.b")),
            ("a.lake.example", true, Some("a")),
            ("a.localhost:8080", false, Some("a")),
            ("evillake.example:8080", false, None),
            ("lake.example:8080.evil.example", false, None),
            ("", false, None),
        ] {
            assert_eq!((front.is_public(host), front.bucket(host)), (public, bucket), "{host}");
        }
    }
}
