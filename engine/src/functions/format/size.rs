//! Numbers with a unit: `format_number` and `parse_data_size`.

use std::sync::Arc;

use arrow::array::{ArrayRef, Decimal128Array};
use arrow::datatypes::{Float64Type, Int64Type};
use catalog::{Error, ErrorKind};
use datafusion::common::Result;

use super::super::columns::{invalid, primitive, strings, texts};
use super::super::{Call, Overload, Scalar};
use super::number::Digits;
use crate::error::into_datafusion;

pub(in super::super) const FUNCTIONS: &[Scalar] = &[
    Scalar {
        names: &["format_number"],
        description: "A number with a unit: 1.23K, 4.5M, 6B",
        overloads: &[Overload::new("(bigint) -> varchar", format_bigint), Overload::new("(double) -> varchar", format_double)],
    },
    Scalar {
        names: &["parse_data_size"],
        description: "The bytes that a number with a unit from B to YB means, a kB being 1024 B",
        overloads: &[Overload::new("(varchar) -> decimal(38, 0)", parse_data_size)],
    },
];

fn format_bigint(call: &Call<'_>) -> Result<ArrayRef> {
    let values = primitive::<Int64Type>(call, 0)?;
    texts(call, |row, out| {
        out.push_str(&with_unit(&Digits::integer(values.value(row))));
        Ok(true)
    })
}

fn format_double(call: &Call<'_>) -> Result<ArrayRef> {
    let values = primitive::<Float64Type>(call, 0)?;
    texts(call, |row, out| {
        match Digits::of_double(values.value(row)) {
            Some(digits) => out.push_str(&with_unit(&digits)),
            None => crate::text::double(values.value(row), out.text()),
        }
        Ok(true)
    })
}

/// Up to three digits and the unit of thousands, millions, …; beyond the last unit with an exponent.
fn with_unit(digits: &Digits) -> String {
    const UNITS: [&str; 6] = ["", "K", "M", "B", "T", "Q"];
    let (unit, text) = digits.in_thousands(UNITS.len() - 1);
    format!("{}{text}{}", if digits.negative { "-" } else { "" }, UNITS[unit])
}

const UNITS: [&str; 9] = ["B", "kB", "MB", "GB", "TB", "PB", "EB", "ZB", "YB"];

fn parse_data_size(call: &Call<'_>) -> Result<ArrayRef> {
    let text = strings(call, 0)?;
    let valid = call.valid();
    let sizes = (0..call.rows).map(|row| match valid.as_ref().is_some_and(|valid| valid.is_null(row)) {
        true => Ok(None),
        false => data_size(text.value(row)).map(Some),
    });
    let sizes: Decimal128Array = sizes.collect::<Result<_>>()?;
    Ok(Arc::new(sizes.with_precision_and_scale(38, 0)?))
}

/// Bytes, what is less than one cut off.
fn data_size(text: &str) -> Result<i128> {
    let wrong = || invalid(format!("Invalid data size: '{text}'"));
    let out_of_range = || into_datafusion(Error::new(ErrorKind::NumericOutOfRange, format!("Value out of range: '{text}'")));
    let number = text.trim_end_matches(|c: char| c.is_ascii_alphabetic());
    let power = UNITS.iter().position(|unit| *unit == &text[number.len()..]).ok_or_else(wrong)?;
    let (whole, fraction) = number.split_once('.').unwrap_or((number, "0"));
    if whole.is_empty() || fraction.is_empty() || !whole.bytes().chain(fraction.bytes()).all(|c| c.is_ascii_digit()) {
        return Err(wrong());
    }
    let factor = 1_i128 << (10 * power);
    let whole = whole.parse::<i128>().ok().and_then(|whole| whole.checked_mul(factor)).ok_or_else(out_of_range)?;
    // Digit by digit from the last: a fraction of 1024^8 needs more than 128 bits.
    let mut part = 0_i128;
    for digit in fraction.bytes().rev().map(|digit| i128::from(digit - b'0')) {
        part = (digit * factor + part) / 10;
    }
    whole.checked_add(part).filter(|size| *size < 10_i128.pow(38)).ok_or_else(out_of_range)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes() {
        for (text, expected) in [
            ("0B", Some(0)),
            ("1.9B", Some(1)),
            ("2.23kB", Some(2283)),
            ("8YB", Some(9_671_406_556_917_033_397_649_408)),
            ("10KB", None),
            ("KB", None),
            ("-1B", None),
            ("1", None),
            ("99999999999999YB", None),
        ] {
            assert_eq!(data_size(text).ok(), expected, "{text}");
        }
    }

    #[test]
    fn units() {
        for (value, expected) in
            [(0.0, "0"), (123.0, "123"), (12345.0, "12.3K"), (12399.0, "12.4K"), (12e9, "12B"), (-1.5e6, "-1.5M")]
        {
            assert_eq!(with_unit(&Digits::of_double(value).unwrap()), expected, "{value}");
        }
    }
}
