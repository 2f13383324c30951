//! Casts to varchar and char.

use std::fmt::Write as _;
use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, StringViewArray, StringViewBuilder, StructArray};
use arrow::datatypes::{
    ArrowPrimitiveType, DataType, Decimal128Type, Float32Type, Float64Type, Int8Type, Int16Type, Int32Type, Int64Type,
};
use catalog::{Error, Result};

use super::{Clock, decimal, exact, invalid, native, wrapped};
use crate::types::{Type, temporal};

/// Text, cut to `length` characters where it comes from text. Other values must fit.
pub(super) fn to_varchar(array: &ArrayRef, from: &Type, length: Option<u32>, clock: Clock) -> Result<ArrayRef> {
    let texts = match from {
        Type::Varchar(_) => native(array, &Type::VARCHAR)?,
        Type::Char(width) if clock.pads_chars => padded(array, *width)?,
        Type::Char(_) => wrapped::value(array)?,
        other => text(array, other, clock)?,
    };
    let Some(length) = length else { return Ok(texts) };
    let cut = matches!(from, Type::Varchar(_) | Type::Char(_));
    bounded(texts.as_string_view(), length, |value| match cut {
        true => Ok(value),
        false => Err(invalid(format!("Value {value} cannot be represented as varchar({length})"))),
    })
}

/// The values with at most `length` characters; `longer` may refuse one that has more.
fn bounded<'a>(texts: &'a StringViewArray, length: u32, longer: impl Fn(&'a str) -> Result<&'a str>) -> Result<ArrayRef> {
    let end = |value: &str| value.char_indices().nth(length as usize).map(|(at, _)| at);
    if texts.iter().flatten().all(|value| value.len() <= length as usize || end(value).is_none()) {
        return Ok(Arc::new(texts.clone()));
    }
    let cut = texts.iter().map(|value| match value {
        Some(value) => match end(value) {
            Some(at) => longer(value).map(|value| Some(&value[..at])),
            None => Ok(Some(value)),
        },
        None => Ok(None),
    });
    Ok(Arc::new(cut.collect::<Result<StringViewArray>>()?))
}

/// A char as Trino keeps it: cut to its length, then without the blanks at its end.
pub(super) fn to_char(array: &ArrayRef, from: &Type, length: u32, clock: Clock) -> Result<ArrayRef> {
    let texts = match from {
        // The blanks at the end are not kept, so nothing is padded only to be trimmed.
        Type::Char(_) => wrapped::value(array)?,
        other => to_varchar(array, other, None, clock)?,
    };
    let cut = bounded(texts.as_string_view(), length, Ok)?;
    let trimmed: StringViewArray =
        cut.as_string_view().iter().map(|value| value.map(|value| value.trim_end_matches(' '))).collect();
    wrapped::wrap(Arc::new(trimmed), &Type::Char(length))
}

/// A char with the blanks that belong to it.
fn padded(array: &ArrayRef, width: u32) -> Result<ArrayRef> {
    let values = wrapped::value(array)?;
    let mut builder = StringViewBuilder::with_capacity(values.len());
    let mut text = String::new();
    for value in values.as_string_view() {
        match value {
            None => builder.append_null(),
            Some(value) => {
                text.clear();
                text.push_str(value);
                let missing = (width as usize).saturating_sub(value.chars().count());
                text.extend(std::iter::repeat_n(' ', missing));
                builder.append_value(&text);
            }
        }
    }
    Ok(Arc::new(builder.finish()))
}

/// The text of values that are not text, as `CAST(… AS varchar)` has it.
fn text(array: &ArrayRef, from: &Type, clock: Clock) -> Result<ArrayRef> {
    Ok(match from {
        Type::Boolean => {
            let values = array.as_boolean().iter().map(|value| value.map(|value| if value { "true" } else { "false" }));
            Arc::new(values.collect::<StringViewArray>())
        }
        Type::Tinyint => printed::<Int8Type>(array, |value, out| _ = write!(out, "{value}")),
        Type::Smallint => printed::<Int16Type>(array, |value, out| _ = write!(out, "{value}")),
        Type::Integer => printed::<Int32Type>(array, |value, out| _ = write!(out, "{value}")),
        Type::Bigint => printed::<Int64Type>(array, |value, out| _ = write!(out, "{value}")),
        Type::Real => printed::<Float32Type>(array, |value, out| scientific(value.into(), &value, out)),
        Type::Double => printed::<Float64Type>(array, |value, out| scientific(value, &value, out)),
        Type::Decimal(_, scale) => printed::<Decimal128Type>(array, |value, out| out.push_str(&decimal::text(value, *scale))),
        Type::Number => exact::text(array)?,
        Type::Uuid | Type::IpAddress => wrapped::text(array, from)?,
        other if temporal::cast::can_cast(other, &Type::VARCHAR) => {
            temporal::cast::cast(array, other, &Type::VARCHAR, clock, false)?
        }
        other => return Err(Error::internal(format!("no cast from {other} to varchar"))),
    })
}

fn printed<P: ArrowPrimitiveType>(array: &ArrayRef, print: impl Fn(P::Native, &mut String)) -> ArrayRef {
    let values = array.as_primitive::<P>();
    let mut builder = StringViewBuilder::with_capacity(values.len());
    let mut text = String::new();
    for value in values {
        match value {
            None => builder.append_null(),
            Some(value) => {
                text.clear();
                print(value, &mut text);
                builder.append_value(&text);
            }
        }
    }
    Arc::new(builder.finish())
}

/// `1.5E0`, `-Infinity`, `0E0`: Rust has `1.5e0` and `1e0`.
fn scientific(value: f64, digits: &impl std::fmt::LowerExp, out: &mut String) {
    if value == 0.0 {
        out.push_str(if value.is_sign_negative() { "-0E0" } else { "0E0" });
        return;
    }
    if !value.is_finite() {
        out.push_str(if value.is_nan() {
            "NaN"
        } else if value > 0.0 {
            "Infinity"
        } else {
            "-Infinity"
        });
        return;
    }
    let start = out.len();
    crate::text::shortest(digits, out);
    if let Some(exponent) = out[start..].find('e').map(|at| start + at) {
        let fraction = if out[start..exponent].contains('.') { "E" } else { ".0E" };
        out.replace_range(exponent..=exponent, fraction);
    }
}

/// Rows of a wrapper.
pub(super) fn as_wrapper(array: &ArrayRef) -> Result<&StructArray> {
    match array.data_type() {
        DataType::Struct(_) => Ok(array.as_struct()),
        other => Err(Error::internal(format!("{other} is no wrapped value"))),
    }
}
