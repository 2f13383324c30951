//! Casts to decimals and from them, rounding halves away from zero.

use std::sync::Arc;

use arrow::array::{ArrayRef, AsArray, BooleanArray, Decimal128Array, PrimitiveArray};
use arrow::datatypes::{ArrowPrimitiveType, Decimal128Type, Float32Type, Float64Type, Int8Type, Int16Type, Int32Type, Int64Type};
use catalog::{Error, ErrorKind, Result};

use super::invalid;
use crate::types::Type;

/// 10 to a power that a decimal can have.
pub(crate) fn ten_to(exponent: u8) -> i128 {
    10_i128.pow(u32::from(exponent.min(38)))
}

/// `value / 10^digits`, halves away from zero.
pub(crate) fn divide_rounded(value: i128, digits: u8) -> i128 {
    if digits > 38 {
        return 0;
    }
    let divisor = ten_to(digits);
    let (quotient, rest) = (value / divisor, (value % divisor).unsigned_abs());
    if rest >= divisor.unsigned_abs().div_ceil(2) && digits > 0 { quotient + value.signum() } else { quotient }
}

/// From one scale to another. None where that is beyond 38 digits.
pub(crate) fn rescale(value: i128, from: u8, to: u8) -> Option<i128> {
    if to >= from {
        value.checked_mul(10_i128.checked_pow(u32::from(to - from))?)
    } else {
        Some(divide_rounded(value, from - to))
    }
}

/// Whether a decimal of this precision holds the unscaled value.
pub(crate) fn fits(value: i128, precision: u8) -> bool {
    value.unsigned_abs() < ten_to(precision).unsigned_abs()
}

/// The unscaled value as text.
pub(crate) fn text(value: i128, scale: u8) -> String {
    let digits = format!("{:0width$}", value.unsigned_abs(), width = usize::from(scale) + 1);
    let (whole, fraction) = digits.split_at(digits.len() - usize::from(scale));
    let sign = if value < 0 { "-" } else { "" };
    if scale == 0 { format!("{sign}{whole}") } else { format!("{sign}{whole}.{fraction}") }
}

pub(super) fn from(array: &ArrayRef, from: &Type, precision: u8, scale: u8) -> Result<ArrayRef> {
    let target = Target { name: from.to_string().to_uppercase(), precision, scale };
    let values = match from {
        Type::Boolean => {
            let read = |value| target.fit(rescale(i128::from(value), 0, scale), &value);
            let values = array.as_boolean().iter().map(|value| value.map(read).transpose());
            values.collect::<Result<Decimal128Array>>()?
        }
        Type::Tinyint => target.integers(array.as_primitive::<Int8Type>())?,
        Type::Smallint => target.integers(array.as_primitive::<Int16Type>())?,
        Type::Integer => target.integers(array.as_primitive::<Int32Type>())?,
        Type::Bigint => target.integers(array.as_primitive::<Int64Type>())?,
        Type::Real => target.floats(array.as_primitive::<Float32Type>())?,
        Type::Double => target.floats(array.as_primitive::<Float64Type>())?,
        Type::Decimal(_, from_scale) => each(array.as_primitive::<Decimal128Type>(), |value| {
            target.fit(rescale(value, *from_scale, scale), &Unscaled(value, *from_scale))
        })?,
        Type::Varchar(_) => {
            let texts = super::native(array, &Type::VARCHAR)?;
            let read = |text: &str| target.read(text);
            texts.as_string_view().iter().map(|text| text.map(read).transpose()).collect::<Result<Decimal128Array>>()?
        }
        other => return Err(Error::internal(format!("no cast from {other} to a decimal"))),
    };
    let typed = values.with_precision_and_scale(precision, scale as i8);
    Ok(Arc::new(typed.map_err(|error| Error::internal(error.to_string()))?))
}

/// An unscaled value and its scale, for messages.
struct Unscaled(i128, u8);

impl std::fmt::Display for Unscaled {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&text(self.0, self.1))
    }
}

/// The decimal to cast to, and the name of the type that is cast.
struct Target {
    name: String,
    precision: u8,
    scale: u8,
}

impl Target {
    fn fit(&self, value: Option<i128>, shown: &dyn std::fmt::Display) -> Result<i128> {
        value.filter(|value| fits(*value, self.precision)).ok_or_else(|| {
            let Self { name, precision, scale } = self;
            out_of_range(format!("Cannot cast {name} '{shown}' to DECIMAL({precision}, {scale})"))
        })
    }

    fn integers<P: ArrowPrimitiveType<Native: Into<i64> + std::fmt::Display>>(
        &self,
        values: &PrimitiveArray<P>,
    ) -> Result<Decimal128Array> {
        each(values, |value| {
            let number: i64 = value.into();
            self.fit(rescale(number.into(), 0, self.scale), &value)
        })
    }

    /// By the shortest digits that read back as the same number, as Java's `BigDecimal.valueOf`.
    fn floats<P: ArrowPrimitiveType<Native: Into<f64> + std::fmt::LowerExp + std::fmt::Debug>>(
        &self,
        values: &PrimitiveArray<P>,
    ) -> Result<Decimal128Array> {
        each(values, |value| {
            let number: f64 = value.into();
            if !number.is_finite() {
                let Self { name, precision, scale } = self;
                let shown = if number.is_nan() {
                    "NaN"
                } else if number > 0.0 {
                    "Infinity"
                } else {
                    "-Infinity"
                };
                let message = format!("Cannot cast {name} '{shown}' to DECIMAL({precision}, {scale})");
                return Err(if number.is_nan() { invalid(message) } else { out_of_range(message) });
            }
            self.fit(read(&format!("{value:e}"), self.scale), &format_args!("{value:?}"))
        })
    }

    fn read(&self, text: &str) -> Result<i128> {
        let Self { precision, scale, .. } = self;
        let wrong = |problem| format!("Cannot cast VARCHAR '{text}' to DECIMAL({precision}, {scale}). {problem}");
        if digits(text.trim()).is_none() {
            return Err(invalid(wrong("Value is not a number.")));
        }
        let value = read(text.trim(), *scale).filter(|value| fits(*value, *precision));
        value.ok_or_else(|| invalid(wrong("Value too large.")))
    }
}

fn out_of_range(message: String) -> Error {
    Error::new(ErrorKind::NumericOutOfRange, message)
}

fn each<P: ArrowPrimitiveType>(values: &PrimitiveArray<P>, of: impl Fn(P::Native) -> Result<i128>) -> Result<Decimal128Array> {
    values.try_unary::<_, Decimal128Type, Error>(of)
}

/// Sign, digits and exponent of a number in text: `-12.5e3` is (true, "125", 2).
pub(crate) fn digits(text: &str) -> Option<(bool, String, i64)> {
    let (mantissa, exponent) = match text.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, exponent.parse::<i32>().ok()?),
        None => (text, 0),
    };
    let negative = mantissa.starts_with('-');
    let unsigned = mantissa.strip_prefix(['+', '-']).unwrap_or(mantissa);
    let (whole, fraction) = unsigned.split_once('.').unwrap_or((unsigned, ""));
    let all = format!("{whole}{fraction}");
    if all.is_empty() || !all.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    Some((negative, all, i64::from(exponent) - fraction.len() as i64))
}

/// The unscaled value of a number in text at `scale`, rounded. None where it is no number or beyond 38 digits.
pub(crate) fn read(text: &str, scale: u8) -> Option<i128> {
    let (negative, all, exponent) = digits(text)?;
    let all = all.trim_start_matches('0');
    let shift = exponent + i64::from(scale);
    let value = if shift >= 0 {
        if all.is_empty() {
            0
        } else {
            all.parse::<i128>().ok()?.checked_mul(10_i128.checked_pow(u32::try_from(shift).ok()?)?)?
        }
    } else {
        // The digits behind the scale only tell which way to round.
        let keep = all.len() as i64 + shift;
        match usize::try_from(keep) {
            Err(_) => 0,
            Ok(keep) => {
                let kept = if keep == 0 { 0 } else { all[..keep].parse::<i128>().ok()? };
                kept + i128::from(all.as_bytes().get(keep).is_some_and(|digit| *digit >= b'5'))
            }
        }
    };
    Some(if negative { -value } else { value })
}

pub(super) fn to(array: &ArrayRef, from: &Type, to: &Type) -> Result<ArrayRef> {
    let Type::Decimal(_, scale) = *from else { return Err(Error::internal("a decimal was expected")) };
    let values = array.as_primitive::<Decimal128Type>();
    Ok(match to {
        Type::Boolean => Arc::new(values.iter().map(|value| value.map(|value| value != 0)).collect::<BooleanArray>()),
        Type::Tinyint => whole::<Int8Type>(values, scale, "TINYINT")?,
        Type::Smallint => whole::<Int16Type>(values, scale, "SMALLINT")?,
        Type::Integer => whole::<Int32Type>(values, scale, "INTEGER")?,
        Type::Bigint => whole::<Int64Type>(values, scale, "BIGINT")?,
        Type::Real => Arc::new(values.unary::<_, Float32Type>(|value| to_double(value, scale, |text| text.parse().ok()))),
        Type::Double => Arc::new(values.unary::<_, Float64Type>(|value| double(value, scale))),
        other => return Err(Error::internal(format!("no cast from a decimal to {other}"))),
    })
}

/// The nearest double.
pub(crate) fn double(value: i128, scale: u8) -> f64 {
    // Both exact, so that the one division rounds once.
    if value.unsigned_abs() < 1 << 53 && scale <= 22 {
        return value as f64 / ten_to(scale) as f64;
    }
    to_double(value, scale, |text| text.parse().ok())
}

fn to_double<T: Default>(value: i128, scale: u8, parse: impl Fn(&str) -> Option<T>) -> T {
    parse(&format!("{value}e-{scale}")).unwrap_or_default()
}

fn whole<P: ArrowPrimitiveType<Native: TryFrom<i128>>>(values: &Decimal128Array, scale: u8, name: &str) -> Result<ArrayRef> {
    let round = |value: i128| {
        let whole = P::Native::try_from(divide_rounded(value, scale));
        whole.map_err(|_| out_of_range(format!("Cannot cast '{}' to {name}", divide_rounded(value, scale))))
    };
    Ok(Arc::new(values.try_unary::<_, P, Error>(round)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_read_and_rounded() {
        for (text, scale, expected) in [
            ("1.25", 1, Some(13)),
            ("-1.25", 1, Some(-13)),
            ("1.24999", 1, Some(12)),
            ("12e3", 2, Some(1_200_000)),
            ("1.5e-3", 3, Some(2)),
            (".5", 0, Some(1)),
            ("4e-1", 0, Some(0)),
            ("0e100", 2, Some(0)),
            ("1e40", 0, None),
            ("", 0, None),
            ("1.2.3", 0, None),
            ("abc", 0, None),
        ] {
            assert_eq!(read(text, scale), expected, "{text}");
        }
        assert_eq!((divide_rounded(-15, 1), divide_rounded(14, 1), divide_rounded(5, 0)), (-2, 1, 5));
        assert_eq!((text(-5, 2), text(1234, 2), text(7, 0)), ("-0.05".into(), "12.34".into(), "7".into()));
        assert_eq!(double(12_345_678_901_234_567_890, 1), 1_234_567_890_123_456_789.0);
        assert!(fits(99, 2) && !fits(100, 2));
    }
}
