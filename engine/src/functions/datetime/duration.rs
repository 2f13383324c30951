//! Durations: `parse_duration`, `to_milliseconds`, `human_readable_seconds`.

use std::fmt::Write;
use std::sync::Arc;

use arrow::array::{ArrayRef, AsArray, DurationMillisecondArray};
use arrow::datatypes::{DurationMillisecondType, Float64Type};
use datafusion::common::Result;

use super::invalid;
use crate::functions::{Call, Overload, Scalar};

pub(in crate::functions) const FUNCTIONS: &[Scalar] = &[
    Scalar {
        names: &["parse_duration"],
        description: "Convert duration string to an interval",
        overloads: &[Overload::new("(varchar) -> interval day to second", |call: &Call<'_>| -> Result<ArrayRef> {
            let texts = call.text(0)?;
            Ok(Arc::new(DurationMillisecondArray::from(call.each(|row| parse(texts.value(row)))?)))
        })],
    },
    Scalar {
        names: &["to_milliseconds"],
        description: "Milliseconds of an interval",
        overloads: &[Overload::new("(interval day to second) -> bigint", |call| {
            let millis = call.array(0)?;
            let millis = millis.as_primitive::<DurationMillisecondType>();
            call.bigints(|row| Ok(millis.value(row)))
        })],
    },
    Scalar {
        names: &["human_readable_seconds"],
        description: "Converts seconds into weeks, days, hours, minutes and seconds in words",
        overloads: &[Overload::new("(double) -> varchar", |call| {
            let seconds = call.array(0)?;
            let seconds = seconds.as_primitive::<Float64Type>();
            call.texts(|row, out| words(seconds.value(row), out))
        })],
    },
];

/// Milliseconds of `1.5h`: nanoseconds (`ns`), `us`, `ms`, `s`, `m`, `h`, `d`.
fn parse(text: &str) -> catalog::Result<i64> {
    let trimmed = text.trim();
    if trimmed.is_empty() {
        return Err(invalid("duration is empty"));
    }
    let wrong = || invalid(format!("duration is not a valid data duration string: {text}"));
    let end = trimmed.find(|c: char| !c.is_ascii_digit() && c != '.').ok_or_else(wrong)?;
    let (number, unit) = (&trimmed[..end], trimmed[end..].trim_start());
    let plain = match number.split_once('.') {
        Some((whole, fraction)) => !whole.is_empty() && !fraction.is_empty() && !fraction.contains('.'),
        None => !number.is_empty(),
    };
    if !plain || !unit.bytes().all(|byte| byte.is_ascii_alphabetic()) {
        return Err(wrong());
    }
    let millis = match unit {
        "ns" => 1e-6,
        "us" => 1e-3,
        "ms" => 1.0,
        "s" => 1e3,
        "m" => 6e4,
        "h" => 3.6e6,
        "d" => 8.64e7,
        unknown => return Err(invalid(format!("unknown time unit: {unknown}"))),
    };
    let value: f64 = number.parse().map_err(|_| wrong())?;
    let millis = (value * millis + 0.5).floor();
    if millis >= i64::MAX as f64 { Err(wrong()) } else { Ok(millis as i64) }
}

/// `6 days, 4 hours, 42 minutes, 13 seconds`
fn words(seconds: f64, out: &mut String) -> catalog::Result<()> {
    if !seconds.is_finite() {
        let name = if seconds.is_nan() {
            "NaN"
        } else if seconds > 0.0 {
            "Infinity"
        } else {
            "-Infinity"
        };
        return Err(invalid(format!("invalid argument found: {name}")));
    }
    const UNITS: [(u64, &str); 5] = [(604_800, "week"), (86_400, "day"), (3600, "hour"), (60, "minute"), (1, "second")];
    let mut rest = seconds.abs().round() as u64;
    for (size, name) in UNITS {
        let count = rest / size;
        rest %= size;
        if count > 0 || (size == 1 && out.is_empty()) {
            let comma = if out.is_empty() { "" } else { ", " };
            _ = write!(out, "{comma}{count} {name}{}", if count == 1 { "" } else { "s" });
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations() {
        for (text, expected) in [
            ("1234 ns", Ok(0)),
            ("1234.567us", Ok(1)),
            ("1234.567 m", Ok(74_074_020)),
            ("1234.567d", Ok(106_666_588_800)),
            ("", Err("INVALID_FUNCTION_ARGUMENT: duration is empty")),
            ("1f", Err("INVALID_FUNCTION_ARGUMENT: unknown time unit: f")),
            ("abc", Err("INVALID_FUNCTION_ARGUMENT: duration is not a valid data duration string: abc")),
        ] {
            assert_eq!(
                parse(text).map_err(|error| error.to_string()).as_ref().map_err(String::as_str),
                expected.as_ref().map_err(|text| *text),
                "{text}"
            );
        }
        for (seconds, expected) in [
            (0.2, "0 seconds"),
            (-61.0, "1 minute, 1 second"),
            (535_333.951_388_888_9, "6 days, 4 hours, 42 minutes, 14 seconds"),
            (604_800.0, "1 week"),
        ] {
            let mut out = String::new();
            words(seconds, &mut out).unwrap();
            assert_eq!(out, expected);
        }
        assert!(words(f64::NAN, &mut String::new()).is_err());
    }
}
