//! Times as S3's structures have them.

use std::time::{Duration, SystemTime};

use s3s::dto::{Timestamp, TimestampFormat};

/// From milliseconds since 1970; times before it do not occur.
pub(super) fn stamp(millis: i64) -> Timestamp {
    (SystemTime::UNIX_EPOCH + Duration::from_millis(u64::try_from(millis).unwrap_or(0))).into()
}

/// By RFC 3339; empty where there is none, because the year has more than four digits.
pub(super) fn text(time: &Timestamp) -> String {
    let mut text = Vec::new();
    match time.format(TimestampFormat::DateTime, &mut text) {
        Ok(()) => String::from_utf8(text).unwrap_or_default(),
        Err(_) => String::new(),
    }
}
