//! Conditions of requests: whether an object is to be sent, or a write to happen.
//! <https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-requests.html>

use axum::http::{HeaderMap, HeaderValue, header};
use catalog::storage::{Condition, Object};
use s3s::dto::{ETagCondition, Timestamp};
use s3s::{S3Error, S3ErrorCode, S3Result};

/// What must be so for an object to be sent.
#[derive(Debug, Default)]
pub(super) struct Conditions {
    pub(super) matches: Option<ETagCondition>,
    pub(super) matches_none: Option<ETagCondition>,
    pub(super) modified_since: Option<Timestamp>,
    pub(super) unmodified_since: Option<Timestamp>,
}

impl Conditions {
    /// In the order of RFC 9110, 13.2.2. Errors: `PreconditionFailed`, `NotModified`.
    pub(super) fn check(&self, object: &Object) -> S3Result<()> {
        let held = match (&self.matches, &self.unmodified_since) {
            (Some(etag), _) => is(etag, object),
            (None, Some(time)) => object.modified.div_euclid(1000) <= seconds(time),
            (None, None) => true,
        };
        if !held {
            return Err(failed());
        }
        let changed = match (&self.matches_none, &self.modified_since) {
            (Some(etag), _) => !is(etag, object),
            (None, Some(time)) => object.modified.div_euclid(1000) > seconds(time),
            (None, None) => true,
        };
        if changed {
            return Ok(());
        }
        let mut same = S3Error::new(S3ErrorCode::NotModified);
        let etag = object.etag.as_deref().and_then(|etag| HeaderValue::from_str(&format!("\"{etag}\"")).ok());
        same.set_headers(etag.map(|etag| HeaderMap::from_iter([(header::ETAG, etag)])).unwrap_or_default());
        Err(same)
    }

    /// As the source of a copy, of which nothing is ever "not modified". Errors: `PreconditionFailed`.
    pub(super) fn check_source(&self, object: &Object) -> S3Result<()> {
        self.check(object).map_err(|_| failed())
    }
}

/// The condition of a write. Errors: `NotImplemented` for what S3 does not do either.
pub(super) fn of_write(matches: Option<ETagCondition>, matches_none: Option<ETagCondition>) -> S3Result<Condition> {
    match (matches, matches_none) {
        (None, None) => Ok(Condition::None),
        (None, Some(ETagCondition::Any)) => Ok(Condition::Absent),
        (Some(ETagCondition::ETag(etag)), None) => Ok(Condition::Etag(etag.value().to_owned())),
        _ => Err(super::failure::not_implemented("a write with another condition than If-None-Match: * or If-Match: \"etag\"")),
    }
}

fn is(condition: &ETagCondition, object: &Object) -> bool {
    match condition {
        ETagCondition::Any => true,
        ETagCondition::ETag(etag) => object.etag.as_deref() == Some(etag.value()),
    }
}

fn failed() -> S3Error {
    S3Error::with_message(S3ErrorCode::PreconditionFailed, "At least one of the pre-conditions you specified did not hold")
}

fn seconds(time: &Timestamp) -> i64 {
    let text = super::time::text(time);
    chrono::DateTime::parse_from_rfc3339(&text).map_or(0, |time| time.timestamp())
}

#[cfg(test)]
mod tests {
    use s3s::dto::{ETag, TimestampFormat};

    use super::*;

    #[test]
    fn conditions_are_asked_in_order() {
        let object = Object { key: "k".into(), size: 1, etag: Some("e".into()), modified: 1_000_500 };
        let etag = |text: &str| Some(ETagCondition::ETag(ETag::Strong(text.to_owned())));
        let time = |seconds: &str| Some(Timestamp::parse(TimestampFormat::EpochSeconds, seconds).unwrap());
        for (conditions, code) in [
            (Conditions { matches: etag("e"), ..Default::default() }, ""),
            (Conditions { matches: Some(ETagCondition::Any), ..Default::default() }, ""),
            (Conditions { matches: etag("x"), ..Default::default() }, "PreconditionFailed"),
            // An etag that matches makes the time irrelevant.
            (Conditions { matches: etag("e"), unmodified_since: time("1"), ..Default::default() }, ""),
            (Conditions { unmodified_since: time("999"), ..Default::default() }, "PreconditionFailed"),
            // Times have seconds only: half a second later is the same.
            (Conditions { unmodified_since: time("1000"), ..Default::default() }, ""),
            (Conditions { matches_none: etag("e"), ..Default::default() }, "NotModified"),
            (Conditions { matches_none: etag("x"), modified_since: time("2000"), ..Default::default() }, ""),
            (Conditions { modified_since: time("1000"), ..Default::default() }, "NotModified"),
            (Conditions { modified_since: time("999"), ..Default::default() }, ""),
        ] {
            let found = conditions.check(&object).map_or_else(|error| error.code().as_str().to_owned(), |()| String::new());
            assert_eq!(found, code, "{conditions:?}");
        }
    }
}
