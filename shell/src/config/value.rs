//! The values of settings that are more than a number: which catalog, which S3, how many bytes. Each parses from the text
//! that a flag, a variable and the file share, and prints without secrets.

use std::fmt;
use std::net::IpAddr;
use std::str::FromStr;
use std::time::Duration;

use ipnet::IpNet;
use url::Url;

/// Where databases and tables are remembered.
#[derive(Clone, PartialEq, Eq)]
pub(crate) enum CatalogChoice {
    /// A SQLite file in the data directory.
    Embedded,
    /// AWS Glue, by the usual AWS configuration.
    Glue,
    /// A PostgreSQL database; the URL may hold a password.
    Postgres(Url),
}

impl FromStr for CatalogChoice {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "embedded" => Ok(Self::Embedded),
            "glue" => Ok(Self::Glue),
            _ => match Url::parse(text) {
                Ok(url) if matches!(url.scheme(), "postgres" | "postgresql") && url.has_host() => Ok(Self::Postgres(url)),
                _ => Err("expected embedded, glue or postgres://USER@HOST/DATABASE"),
            },
        }
    }
}

impl fmt::Display for CatalogChoice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Embedded => f.write_str("embedded"),
            Self::Glue => f.write_str("glue"),
            Self::Postgres(url) => f.write_str(&redacted(url)),
        }
    }
}

impl fmt::Debug for CatalogChoice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
}

/// What `s3://` means. Nothing ambient chooses it: `AWS_ENDPOINT_URL` is for clients, and would lead us to ourselves.
#[derive(Clone, PartialEq, Eq)]
pub(crate) enum S3Choice {
    /// Folders under the data directory.
    Embedded,
    Aws,
    /// MinIO and its kin; the URL may hold credentials.
    Endpoint(Url),
}

impl FromStr for S3Choice {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "embedded" => Ok(Self::Embedded),
            "aws" => Ok(Self::Aws),
            _ => match Url::parse(text) {
                Ok(url) if matches!(url.scheme(), "http" | "https") && url.has_host() => Ok(Self::Endpoint(url)),
                _ => Err("expected embedded, aws or http://ENDPOINT"),
            },
        }
    }
}

impl fmt::Display for S3Choice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Embedded => f.write_str("embedded"),
            Self::Aws => f.write_str("aws"),
            Self::Endpoint(url) => f.write_str(&redacted(url)),
        }
    }
}

impl fmt::Debug for S3Choice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
}

/// The URL without the password before the host and without any parameter that may hold one.
fn redacted(url: &Url) -> String {
    let mut shown = url.clone();
    if shown.password().is_some() {
        // It fails only for URLs that cannot have a password.
        let _ = shown.set_password(Some("***"));
    }
    if shown.query().is_some() {
        let pairs: Vec<_> = url
            .query_pairs()
            .map(|(key, value)| {
                let secret = ["password", "secret", "token"].iter().any(|word| key.to_lowercase().contains(word));
                (key.into_owned(), if secret { "***".to_owned() } else { value.into_owned() })
            })
            .collect();
        shown.query_pairs_mut().clear().extend_pairs(pairs);
    }
    shown.to_string()
}

/// How `civetta serve` speaks with clients.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum TlsChoice {
    /// HTTP as it is, or TLS where a certificate is given.
    Off,
    /// TLS with a certificate of its own making.
    Auto,
}

impl FromStr for TlsChoice {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "off" => Ok(Self::Off),
            "auto" => Ok(Self::Auto),
            _ => Err("expected auto or off; for a certificate in files give tls-cert and tls-key"),
        }
    }
}

impl fmt::Display for TlsChoice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Off => "off",
            Self::Auto => "auto",
        })
    }
}

/// The URL that clients are to use: scheme, host and port.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct PublicUrl(pub(crate) Url);

impl FromStr for PublicUrl {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let url = Url::parse(text).map_err(|_| "expected https://HOST or http://HOST:PORT")?;
        let bare = url.path() == "/" && url.query().is_none() && url.fragment().is_none();
        match matches!(url.scheme(), "http" | "https") && url.has_host() && url.username().is_empty() && url.password().is_none()
        {
            true if bare => Ok(Self(url)),
            true => Err("expected no path: clients sign it, so nothing can stand before what they ask for"),
            false => Err("expected https://HOST or http://HOST:PORT"),
        }
    }
}

impl fmt::Display for PublicUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0.as_str().trim_end_matches('/'))
    }
}

/// Where proxies are: an address, or a network such as `10.0.0.0/8`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Network(pub(crate) IpNet);

impl FromStr for Network {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let net = text.parse::<IpNet>().or_else(|_| text.parse::<IpAddr>().map(IpNet::from));
        net.map(Self).map_err(|_| "expected an address or a network such as 10.0.0.0/8")
    }
}

impl fmt::Display for Network {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)
    }
}

/// A size, `512MiB`, `4GB`, `2G`: with `iB` or a bare letter the unit is a power of 1024, with `B` one of 1000.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Bytes(pub(crate) u64);

impl FromStr for Bytes {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        const EXPECTED: &str = "expected a size such as 512MiB or 4GB";
        let text = text.trim();
        let end = text.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(text.len());
        let (number, unit) = text.split_at(end);
        let number: f64 = number.parse().map_err(|_| EXPECTED)?;
        let unit = unit.trim().to_ascii_lowercase();
        let (letter, base) = match unit.strip_suffix("ib").map(|letter| (letter, 1024_f64)) {
            Some(binary) => binary,
            None => unit.strip_suffix('b').map_or((unit.as_str(), 1024_f64), |letter| (letter, 1000_f64)),
        };
        let power = match letter {
            "" => 0,
            "k" => 1,
            "m" => 2,
            "g" => 3,
            "t" => 4,
            _ => return Err(EXPECTED),
        };
        let bytes = number * base.powi(power);
        if !(1.0..1e18).contains(&bytes) {
            return Err(EXPECTED);
        }
        Ok(Self(bytes as u64))
    }
}

impl fmt::Display for Bytes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let units = [(40, "TiB"), (30, "GiB"), (20, "MiB"), (10, "KiB")];
        match units.into_iter().find(|(shift, _)| self.0 >> shift << shift == self.0) {
            Some((shift, unit)) => write!(f, "{}{unit}", self.0 >> shift),
            None => write!(f, "{}B", self.0),
        }
    }
}

/// How long something may take: `500ms`, `30s`, `5m`, `1h`, `45d`; a bare number is seconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Timeout(pub(crate) Duration);

impl FromStr for Timeout {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        const EXPECTED: &str = "expected a time such as 500ms, 30s or 5m";
        let text = text.trim();
        let end = text.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(text.len());
        let (number, unit) = text.split_at(end);
        let unit = match unit.trim() {
            "ms" => 0.001,
            "" | "s" => 1.0,
            "m" | "min" => 60.0,
            "h" => 3600.0,
            "d" => 86_400.0,
            _ => return Err(EXPECTED),
        };
        let seconds = number.parse::<f64>().map_err(|_| EXPECTED)? * unit;
        if !(0.001..1e9).contains(&seconds) {
            return Err(EXPECTED);
        }
        Ok(Self(Duration::from_secs_f64(seconds)))
    }
}

impl fmt::Display for Timeout {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes() {
        for (text, bytes) in [
            ("4GiB", Some(4 << 30)),
            ("4GB", Some(4_000_000_000)),
            ("2g", Some(2 << 30)),
            ("1.5 MiB", Some(3 << 19)),
            ("1024", Some(1024)),
            ("0", None),
            ("-1GB", None),
            ("4GX", None),
            ("", None),
            ("1e9", None),
        ] {
            assert_eq!(text.parse().ok(), bytes.map(Bytes), "{text}");
        }
        assert_eq!(Bytes(3 << 19).to_string(), "1536KiB");
        assert_eq!(Bytes(1).to_string(), "1B");
    }

    #[test]
    fn times() {
        for (text, milliseconds) in [
            ("500ms", Some(500)),
            ("30s", Some(30_000)),
            ("1.5", Some(1500)),
            ("2 m", Some(120_000)),
            ("1h", Some(3_600_000)),
            ("45d", Some(3_888_000_000)),
        ] {
            assert_eq!(text.parse().ok(), milliseconds.map(|ms| Timeout(Duration::from_millis(ms))), "{text}");
            assert_eq!(text.parse::<Timeout>().unwrap().to_string().parse(), text.parse::<Timeout>(), "{text}");
        }
        for text in ["", "0", "-1s", "5w", "fast", "1e99"] {
            assert!(text.parse::<Timeout>().is_err(), "{text}");
        }
    }

    #[test]
    fn public_urls_have_no_path_and_no_secret() {
        for text in ["https://lake.example", "http://lake.example:8080/", "http://[::1]:1"] {
            assert_eq!(text.parse::<PublicUrl>().unwrap().to_string(), text.trim_end_matches('/'));
        }
        for text in
            ["lake.example", "https://lake.example/api", "https://u:hunter2@lake.example", "https://x/?a=b", "ftp://x", ""]
        {
            assert!(text.parse::<PublicUrl>().is_err_and(|why| !why.contains("hunter2")), "{text}");
        }
    }

    #[test]
    fn networks() {
        assert_eq!("10.0.0.0/8".parse::<Network>().unwrap().to_string(), "10.0.0.0/8");
        assert_eq!("10.1.2.3".parse::<Network>().unwrap().to_string(), "10.1.2.3/32");
        assert!("lake.example".parse::<Network>().is_err());
    }

    #[test]
    fn catalogs_and_their_secrets() {
        assert_eq!("glue".parse(), Ok(CatalogChoice::Glue));
        assert!("mysql://x/y".parse::<CatalogChoice>().is_err());
        let choice: CatalogChoice = "postgresql://u:secret@h:5433/d?application_name=x&password=secret".parse().unwrap();
        assert_eq!(format!("{choice:?}"), "postgresql://u:***@h:5433/d?application_name=x&password=***");
        let choice: S3Choice = "http://key:secret@localhost:9000".parse().unwrap();
        assert_eq!(choice.to_string(), "http://key:***@localhost:9000/");
    }
}
