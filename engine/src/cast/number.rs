//! Casts among numbers and booleans, and from text to them.

use std::fmt::Display;
use std::sync::Arc;

use arrow::array::{ArrayRef, AsArray, BooleanArray, PrimitiveArray, StringViewArray};
use arrow::datatypes::{ArrowPrimitiveType, Float32Type, Float64Type, Int8Type, Int16Type, Int32Type, Int64Type};
use catalog::{Error, ErrorKind, Result};

use super::invalid;
use crate::types::Type;

/// Text to a number other than a decimal, or to a boolean.
pub(super) fn parse(array: &ArrayRef, to: &Type) -> Result<ArrayRef> {
    let texts = super::native(array, &Type::VARCHAR)?;
    let texts = texts.as_string_view();
    Ok(match to {
        Type::Boolean => Arc::new(each_boolean(texts, |text| boolean(text).ok_or_else(|| unread(text, "BOOLEAN")))?),
        Type::Tinyint => integers::<Int8Type>(texts, "TINYINT")?,
        Type::Smallint => integers::<Int16Type>(texts, "SMALLINT")?,
        Type::Integer => integers::<Int32Type>(texts, "INT")?,
        Type::Bigint => integers::<Int64Type>(texts, "BIGINT")?,
        Type::Real => each::<Float32Type>(texts, |text| {
            float(text).and_then(|digits| digits.parse().ok()).ok_or_else(|| unread(text, "REAL"))
        })?,
        Type::Double => each::<Float64Type>(texts, |text| {
            float(text).and_then(|digits| digits.parse().ok()).ok_or_else(|| unread(text, "DOUBLE"))
        })?,
        other => return Err(Error::internal(format!("no cast from varchar to {other}"))),
    })
}

fn unread(text: &str, to: &str) -> Error {
    invalid(format!("Cannot cast '{text}' to {to}"))
}

fn integers<P: ArrowPrimitiveType<Native: std::str::FromStr>>(texts: &StringViewArray, name: &str) -> Result<ArrayRef> {
    each::<P>(texts, |text| trimmed(text).parse().map_err(|_| unread(text, name)))
}

/// Without what Java's `trim` takes off.
pub(super) fn trimmed(text: &str) -> &str {
    text.trim_matches(|c: char| c <= ' ')
}

fn each<P: ArrowPrimitiveType>(texts: &StringViewArray, parse: impl Fn(&str) -> Result<P::Native>) -> Result<ArrayRef> {
    let values = texts.iter().map(|text| text.map(&parse).transpose());
    Ok(Arc::new(values.collect::<Result<PrimitiveArray<P>>>()?))
}

fn each_boolean(texts: &StringViewArray, parse: impl Fn(&str) -> Result<bool>) -> Result<BooleanArray> {
    texts.iter().map(|text| text.map(&parse).transpose()).collect()
}

fn boolean(text: &str) -> Option<bool> {
    match text.to_ascii_lowercase().as_str() {
        "t" | "true" | "1" => Some(true),
        "f" | "false" | "0" => Some(false),
        _ => None,
    }
}

/// What Java's `Double.parseDouble` takes, as Rust's parser takes it: `NaN` and `Infinity` in that spelling alone, no blanks at the
/// ends, no letter for the type.
fn float(text: &str) -> Option<&str> {
    let text = trimmed(text);
    let unsigned = text.trim_start_matches(['+', '-']);
    if matches!(unsigned, "NaN" | "Infinity") {
        return Some(text.strip_prefix("+").unwrap_or(if unsigned == "NaN" { "NaN" } else { text }));
    }
    let digits = text.strip_suffix(['d', 'D', 'f', 'F']).unwrap_or(text);
    let plain = digits.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'+' | b'-' | b'.' | b'e' | b'E'));
    (plain && !digits.is_empty()).then_some(digits)
}

/// Among integers, real, double and boolean.
pub(super) fn convert(array: &ArrayRef, from: &Type, to: &Type) -> Result<ArrayRef> {
    match from {
        Type::Boolean => {
            let values = array.as_boolean();
            let number = values.iter().map(|value| value.map(i64::from));
            from_integer(&number.collect::<PrimitiveArray<Int64Type>>(), to)
        }
        Type::Tinyint => from_integer(array.as_primitive::<Int8Type>(), to),
        Type::Smallint => from_integer(array.as_primitive::<Int16Type>(), to),
        Type::Integer => from_integer(array.as_primitive::<Int32Type>(), to),
        Type::Bigint => from_integer(array.as_primitive::<Int64Type>(), to),
        Type::Real => from_float(array.as_primitive::<Float32Type>(), "real", to),
        Type::Double => from_float(array.as_primitive::<Float64Type>(), "double", to),
        other => Err(Error::internal(format!("no cast from {other} to {to}"))),
    }
}

fn from_integer<P: ArrowPrimitiveType<Native: Into<i64>>>(values: &PrimitiveArray<P>, to: &Type) -> Result<ArrayRef> {
    Ok(match to {
        Type::Boolean => Arc::new(values.iter().map(|value| value.map(|value| value.into() != 0)).collect::<BooleanArray>()),
        Type::Tinyint => narrow::<P, Int8Type>(values, to)?,
        Type::Smallint => narrow::<P, Int16Type>(values, to)?,
        Type::Integer => narrow::<P, Int32Type>(values, to)?,
        Type::Bigint => narrow::<P, Int64Type>(values, to)?,
        Type::Real => Arc::new(values.unary::<_, Float32Type>(|value| value.into() as f32)),
        Type::Double => Arc::new(values.unary::<_, Float64Type>(|value| value.into() as f64)),
        other => return Err(Error::internal(format!("no cast from a number to {other}"))),
    })
}

fn narrow<P, Q>(values: &PrimitiveArray<P>, to: &Type) -> Result<ArrayRef>
where
    P: ArrowPrimitiveType<Native: Into<i64>>,
    Q: ArrowPrimitiveType<Native: TryFrom<i64>>,
{
    let fit = |value: P::Native| {
        let value: i64 = value.into();
        Q::Native::try_from(value).map_err(|_| out_of_range(to, value))
    };
    Ok(Arc::new(values.try_unary::<_, Q, Error>(fit)?))
}

fn out_of_range(to: &Type, value: impl Display) -> Error {
    Error::new(ErrorKind::NumericOutOfRange, format!("Out of range for {to}: {value}"))
}

fn from_float<P: ArrowPrimitiveType<Native: Into<f64> + Display>>(
    values: &PrimitiveArray<P>,
    name: &str,
    to: &Type,
) -> Result<ArrayRef> {
    Ok(match to {
        Type::Boolean => Arc::new(values.iter().map(|value| value.map(|value| value.into() != 0.0)).collect::<BooleanArray>()),
        Type::Tinyint => rounded::<P, Int8Type>(values, name, to)?,
        Type::Smallint => rounded::<P, Int16Type>(values, name, to)?,
        Type::Integer => rounded::<P, Int32Type>(values, name, to)?,
        Type::Bigint => rounded::<P, Int64Type>(values, name, to)?,
        Type::Real => Arc::new(values.unary::<_, Float32Type>(|value| value.into() as f32)),
        Type::Double => Arc::new(values.unary::<_, Float64Type>(Into::into)),
        other => return Err(Error::internal(format!("no cast from {name} to {other}"))),
    })
}

/// Halves away from zero.
fn rounded<P, Q>(values: &PrimitiveArray<P>, name: &str, to: &Type) -> Result<ArrayRef>
where
    P: ArrowPrimitiveType<Native: Into<f64> + Display>,
    Q: ArrowPrimitiveType<Native: TryFrom<i64>>,
{
    let round = |value: P::Native| {
        let number: f64 = value.into();
        if number.is_nan() {
            return Err(invalid(format!("Cannot cast {name} NaN to {to}")));
        }
        let whole = number.round();
        // The largest double below 2^63; 2^63 itself does not fit.
        let fits = (-9_223_372_036_854_775_808.0..9_223_372_036_854_775_808.0).contains(&whole);
        let small = if fits { Q::Native::try_from(whole as i64).ok() } else { None };
        small.ok_or_else(|| {
            let mut shown = String::new();
            crate::text::double(number, &mut shown);
            out_of_range(to, shown)
        })
    };
    Ok(Arc::new(values.try_unary::<_, Q, Error>(round)?))
}
