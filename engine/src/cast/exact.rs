//! Casts to `number` and from it.

use std::sync::Arc;

use arrow::array::{ArrayRef, AsArray, BooleanArray, Decimal128Array, PrimitiveArray, StringViewArray};
use arrow::datatypes::{ArrowPrimitiveType, Decimal128Type, Float32Type, Float64Type, Int8Type, Int16Type, Int32Type, Int64Type};
use catalog::{Error, ErrorKind, Result};

use super::decimal::fits;
use super::number::trimmed;
use super::{invalid, native};
use crate::types::number::column::{Numbers, numbers};
use crate::types::{Number, Type};

pub(super) fn from(array: &ArrayRef, from: &Type) -> Result<ArrayRef> {
    fn integers<P: ArrowPrimitiveType<Native: Into<i128>>>(array: &ArrayRef) -> Result<ArrayRef> {
        numbers(array.as_primitive::<P>().iter().map(|value| Ok(value.map(|value| Number::of_decimal(value.into(), 0)))))
    }
    match from {
        Type::Boolean => {
            let values = array.as_boolean().iter();
            numbers(values.map(|value| Ok(value.map(|value| Number::of_decimal(value.into(), 0)))))
        }
        Type::Tinyint => integers::<Int8Type>(array),
        Type::Smallint => integers::<Int16Type>(array),
        Type::Integer => integers::<Int32Type>(array),
        Type::Bigint => integers::<Int64Type>(array),
        Type::Real => numbers(array.as_primitive::<Float32Type>().iter().map(|value| Ok(value.map(Number::of_float)))),
        Type::Double => numbers(array.as_primitive::<Float64Type>().iter().map(|value| Ok(value.map(Number::of_float)))),
        Type::Decimal(_, scale) => {
            let values = array.as_primitive::<Decimal128Type>().iter();
            numbers(values.map(|value| Ok(value.map(|value| Number::of_decimal(value, *scale)))))
        }
        Type::Varchar(_) => {
            let texts = native(array, &Type::VARCHAR)?;
            let read =
                |text: &str| Number::parse(trimmed(text)).ok_or_else(|| invalid(format!("Cannot cast '{text}' to NUMBER")));
            numbers(texts.as_string_view().iter().map(|text| text.map(read).transpose()))
        }
        other => Err(Error::internal(format!("no cast from {other} to number"))),
    }
}

pub(super) fn to(array: &ArrayRef, to: &Type) -> Result<ArrayRef> {
    fn integers<P: ArrowPrimitiveType<Native: TryFrom<i128>>>(values: &Numbers, to: &Type) -> Result<ArrayRef> {
        let whole = |value: &Number| value.unscaled(0).and_then(|value| P::Native::try_from(value).ok());
        Ok(Arc::new(each(values, to, whole).collect::<Result<PrimitiveArray<P>>>()?))
    }
    let values = Numbers::of(array)?;
    Ok(match to {
        Type::Boolean => {
            let zero = Number::of_decimal(0, 0);
            Arc::new(values.iter().map(|value| Ok(value?.map(|value| value != zero))).collect::<Result<BooleanArray>>()?)
        }
        Type::Tinyint => integers::<Int8Type>(&values, to)?,
        Type::Smallint => integers::<Int16Type>(&values, to)?,
        Type::Integer => integers::<Int32Type>(&values, to)?,
        Type::Bigint => integers::<Int64Type>(&values, to)?,
        Type::Real => {
            let values = values.iter().map(|value| Ok(value?.map(|value| value.float())));
            Arc::new(values.collect::<Result<PrimitiveArray<Float32Type>>>()?)
        }
        Type::Double => {
            let values = values.iter().map(|value| Ok(value?.map(|value| value.float())));
            Arc::new(values.collect::<Result<PrimitiveArray<Float64Type>>>()?)
        }
        Type::Decimal(precision, scale) => {
            let unscaled = |value: &Number| value.unscaled(*scale).filter(|value| fits(*value, *precision));
            let made = each(&values, to, unscaled).collect::<Result<Decimal128Array>>()?;
            let typed = made.with_precision_and_scale(*precision, *scale as i8);
            Arc::new(typed.map_err(|error| Error::internal(error.to_string()))?)
        }
        other => return Err(Error::internal(format!("no cast from number to {other}"))),
    })
}

/// What `of` makes of each value.
///
/// Errors: `InvalidCast` for NaN, `NumericOutOfRange` where it makes nothing of another value.
fn each<'v, T>(
    values: &'v Numbers,
    to: &Type,
    of: impl Fn(&Number) -> Option<T> + 'v,
) -> impl Iterator<Item = Result<Option<T>>> + 'v {
    let name = to.to_string().to_uppercase();
    values.iter().map(move |value| {
        let Some(value) = value? else { return Ok(None) };
        if let Some(made) = of(&value) {
            return Ok(Some(made));
        }
        let kind = if value == Number::NaN { ErrorKind::InvalidCast } else { ErrorKind::NumericOutOfRange };
        Err(Error::new(kind, format!("Cannot cast NUMBER '{value}' to {name}")))
    })
}

/// Numbers as `CAST(… AS varchar)` has them.
pub(super) fn text(array: &ArrayRef) -> Result<ArrayRef> {
    let texts = Numbers::of(array)?;
    let texts = texts.iter().map(|value| Ok(value?.map(|value| value.to_string())));
    Ok(Arc::new(texts.collect::<Result<StringViewArray>>()?))
}
