//! What a request says about its signature, in its header `Authorization` or in the parameters of a presigned URL.

use std::borrow::Cow;

use axum::http::request::Parts;
use axum::http::{HeaderMap, header};
use chrono::{DateTime, Duration, NaiveDateTime, Utc};
use percent_encoding::percent_decode_str;

use super::Refused;

pub(super) const ALGORITHM: &str = "AWS4-HMAC-SHA256";

/// How much the clocks of client and server may differ ("Elements of an AWS API request signature").
pub(super) const SKEW: Duration = Duration::minutes(15);

/// The longest that a presigned URL may last, in seconds: 7 days.
const LONGEST: i64 = 604_800;

/// A signature of version 4, as it is claimed.
#[derive(Debug)]
pub(super) struct Claim {
    pub(super) key: String,
    pub(super) token: Option<String>,
    /// As in the scope, `YYYYMMDD`.
    pub(super) date: String,
    pub(super) region: String,
    pub(super) service: String,
    /// When it was signed.
    pub(super) time: DateTime<Utc>,
    /// The names of the signed headers as they are signed: with `;` between them.
    pub(super) headers: String,
    pub(super) signature: String,
    /// How long a presigned URL lasts; `None` for a signature in the header.
    pub(super) lasts: Option<Duration>,
}

impl Claim {
    /// Errors: `Missing`, `Incomplete`, `NotSupported`.
    pub(super) fn of(head: &Parts) -> Result<Self, Refused> {
        let query = head.uri.query().unwrap_or_default();
        let presigned = parameter(query, "X-Amz-Algorithm").or_else(|| parameter(query, "X-Amz-Signature"));
        match (text(&head.headers, header::AUTHORIZATION.as_str()), presigned) {
            (Some(_), Some(_)) => Err(incomplete("Only one auth mechanism allowed: a header or the parameters of the URL")),
            (Some(header), None) => Self::of_header(header, &head.headers),
            (None, Some(_)) => Self::of_query(query),
            (None, None) => Err(Refused::Missing),
        }
    }

    fn of_header(header: &str, headers: &HeaderMap) -> Result<Self, Refused> {
        let rest = header.strip_prefix(ALGORITHM).ok_or_else(|| unknown(header.split(' ').next().unwrap_or_default()))?;
        let part = |name: &str| {
            let found = rest.split(',').find_map(|part| part.trim().strip_prefix(name)?.strip_prefix('='));
            found.ok_or_else(|| incomplete(format!("Authorization header requires '{name}' parameter.")))
        };
        let time = match (text(headers, "x-amz-date"), text(headers, header::DATE.as_str())) {
            (Some(text), _) => stamp(text)?,
            (None, Some(text)) => DateTime::parse_from_rfc2822(text)
                .map_err(|_| incomplete(format!("Date must be in RFC 2822's form. Got '{text}'")))?
                .to_utc(),
            (None, None) => {
                return Err(incomplete("Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' header."));
            }
        };
        let token = text(headers, "x-amz-security-token").map(str::to_owned);
        Self::new(part("Credential")?, part("SignedHeaders")?, part("Signature")?, time, token, None)
    }

    fn of_query(query: &str) -> Result<Self, Refused> {
        let part = |name: &str| {
            parameter(query, name).ok_or_else(|| incomplete(format!("the URL's signature requires the parameter '{name}'")))
        };
        let algorithm = part("X-Amz-Algorithm")?;
        if algorithm != ALGORITHM {
            return Err(unknown(&algorithm));
        }
        let seconds = part("X-Amz-Expires")?.parse().ok().filter(|seconds| (1..=LONGEST).contains(seconds));
        let seconds = seconds.ok_or_else(|| incomplete(format!("X-Amz-Expires must be from 1 to {LONGEST}")))?;
        let token = parameter(query, "X-Amz-Security-Token").map(Cow::into_owned);
        let (credential, headers, signature) =
            (part("X-Amz-Credential")?, part("X-Amz-SignedHeaders")?, part("X-Amz-Signature")?);
        Self::new(&credential, &headers, &signature, stamp(&part("X-Amz-Date")?)?, token, Some(Duration::seconds(seconds)))
    }

    fn new(
        credential: &str,
        headers: &str,
        signature: &str,
        time: DateTime<Utc>,
        token: Option<String>,
        lasts: Option<Duration>,
    ) -> Result<Self, Refused> {
        let mut parts = credential.rsplitn(5, '/');
        let (Some("aws4_request"), Some(service), Some(region), Some(date), Some(key)) =
            (parts.next(), parts.next(), parts.next(), parts.next(), parts.next())
        else {
            return Err(incomplete("Credential must be KEY/YYYYMMDD/REGION/SERVICE/aws4_request"));
        };
        if time.format("%Y%m%d").to_string() != date {
            return Err(Refused::Mismatch(format!(
                "Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from HTTP: '{date}' != '{}'",
                time.format("%Y%m%d")
            )));
        }
        Ok(Self {
            key: key.to_owned(),
            token: token.filter(|token| !token.is_empty()),
            date: date.to_owned(),
            region: region.to_owned(),
            service: service.to_owned(),
            time,
            headers: headers.to_owned(),
            signature: signature.to_owned(),
            lasts,
        })
    }

    /// Errors: `Skewed`, `Elapsed`, `Mismatch`.
    pub(super) fn check(&self, service: &str, now: DateTime<Utc>) -> Result<(), Refused> {
        if self.service != service {
            return Err(Refused::Mismatch(format!("Credential should be scoped to correct service: '{service}'.")));
        }
        let form = |time: DateTime<Utc>| time.format("%Y%m%dT%H%M%SZ");
        if self.time > now + SKEW {
            let text = format!(
                "Signature not yet current: {} is still later than {} ({} + 15 min.)",
                self.stamp(),
                form(now + SKEW),
                form(now)
            );
            return Err(Refused::Skewed(text));
        }
        match self.lasts {
            None if self.time < now - SKEW => {
                let text = format!(
                    "Signature expired: {} is now earlier than {} ({} - 15 min.)",
                    self.stamp(),
                    form(now - SKEW),
                    form(now)
                );
                Err(Refused::Skewed(text))
            }
            Some(lasts) if self.time + lasts < now => Err(Refused::Elapsed),
            _ => Ok(()),
        }
    }

    /// When it was signed, as it is signed.
    pub(super) fn stamp(&self) -> String {
        self.time.format("%Y%m%dT%H%M%SZ").to_string()
    }

    pub(super) fn scope(&self) -> String {
        format!("{}/{}/{}/aws4_request", self.date, self.region, self.service)
    }
}

fn stamp(text: &str) -> Result<DateTime<Utc>, Refused> {
    let time = NaiveDateTime::parse_from_str(text, "%Y%m%dT%H%M%SZ");
    time.map(|time| time.and_utc()).map_err(|_| {
        incomplete(format!("Date must be in ISO-8601 'basic format'. Got '{text}'. See http://en.wikipedia.org/wiki/ISO_8601"))
    })
}

fn unknown(algorithm: &str) -> Refused {
    Refused::NotSupported(format!(
        "The authorization mechanism you have provided is not supported. Please use {ALGORITHM}. Got '{algorithm}'"
    ))
}

pub(super) fn incomplete(why: impl Into<String>) -> Refused {
    Refused::Incomplete(why.into())
}

pub(super) fn text<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers.get(name)?.to_str().ok()
}

/// A parameter of a URL, decoded.
pub(super) fn parameter<'a>(query: &'a str, name: &str) -> Option<Cow<'a, str>> {
    let value = query.split('&').find_map(|pair| pair.strip_prefix(name)?.strip_prefix('='))?;
    Some(percent_decode_str(value).decode_utf8_lossy())
}
