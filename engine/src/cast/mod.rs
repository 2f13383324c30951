//! `CAST` and `TRY_CAST` between all types, as Trino's "Conversion functions" and the pages of the types have them.

pub(crate) mod decimal;
mod exact;
mod function;
mod nested;
mod number;
mod possible;
pub(crate) mod preimage;
mod text;
pub(crate) mod variant;
pub(crate) mod wrapped;

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, StringViewArray, new_null_array};
use arrow::compute::concat;
use catalog::{Error, ErrorKind, Result};

pub(crate) use function::{all, function};
pub(crate) use possible::can_cast;

use crate::properties::Properties;
use crate::types::Type;
use crate::types::temporal::cast::Clock;
use crate::types::temporal::{self, Moment};

/// What a value does that cannot be cast.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Strictness {
    /// It fails the query: `CAST`.
    Strict,
    /// It becomes NULL: `TRY_CAST`.
    Try,
}

/// What casts know of the session.
pub(crate) fn clock(properties: &Properties) -> Result<Clock> {
    let start = properties.start.timestamp_micros();
    let start = Moment { micros: start, picos: 0 };
    Ok(Clock { zone: properties.zone()?, start, pads_chars: properties.legacy_varchar_to_char_coercion })
}

/// Whether the text of a literal is one of its type.
///
/// Errors: `InvalidLiteral`.
pub(crate) fn literal(text: &str, to: &Type, properties: &Properties) -> Result<()> {
    let texts: ArrayRef = Arc::new(StringViewArray::from_iter_values([text]));
    if !can_cast(&Type::VARCHAR, to) {
        return Err(Error::new(ErrorKind::InvalidLiteral, format!("No literal form for type {to}")));
    }
    match cast(&texts, &Type::VARCHAR, to, Strictness::Strict, clock(properties)?) {
        Ok(_) => Ok(()),
        Err(_) => {
            let name = to.to_string().to_uppercase();
            Err(Error::new(ErrorKind::InvalidLiteral, format!("'{text}' is not a valid {name} literal")))
        }
    }
}

/// The values of `array`, of type `from`, as values of `to`.
///
/// Errors: `InvalidCast` and `NumericOutOfRange` for a value that is none of `to`, if the cast is strict.
pub(crate) fn cast(array: &ArrayRef, from: &Type, to: &Type, strictness: Strictness, clock: Clock) -> Result<ArrayRef> {
    match (strict(array, from, to, clock), strictness) {
        (Err(error), Strictness::Try) if is_of_value(&error) => one_by_one(array, from, to, clock),
        (outcome, _) => outcome,
    }
}

fn is_of_value(error: &Error) -> bool {
    matches!(
        error.kind(),
        ErrorKind::InvalidCast
            | ErrorKind::NumericOutOfRange
            | ErrorKind::InvalidFunctionArgument
            | ErrorKind::DivisionByZero
            | ErrorKind::InvalidInput
    )
}

/// Halves what fails until it is one value, which is NULL then: most of a batch is cast in large pieces.
fn one_by_one(array: &ArrayRef, from: &Type, to: &Type, clock: Clock) -> Result<ArrayRef> {
    if array.len() <= 1 {
        return Ok(new_null_array(&to.arrow(), array.len()));
    }
    let middle = array.len() / 2;
    let halves = [array.slice(0, middle), array.slice(middle, array.len() - middle)];
    let [left, right] = halves.map(|half| cast(&half, from, to, Strictness::Try, clock));
    concat(&[left?.as_ref(), right?.as_ref()]).map_err(|error| Error::internal(error.to_string()))
}

fn strict(array: &ArrayRef, from: &Type, to: &Type, clock: Clock) -> Result<ArrayRef> {
    use Type::{Array, Boolean, Char, Decimal, Json, Map, Number, Row, Unknown, Varchar, Variant};
    if array.null_count() == array.len() && !array.is_empty() || *from == Unknown {
        return Ok(new_null_array(&to.arrow(), array.len()));
    }
    match (from, to) {
        (from, to) if from == to => native(array, to),
        (Variant, to) => variant::from_variant(array, to, clock),
        (from, Variant) => variant::to_variant(array, from),
        (Json, Varchar(_) | Char(_)) | (Varchar(_) | Char(_), Json) => wrapped::cast(array, from, to, clock),
        (_, Json) | (Json, _) => wrapped::json(array, from, to, clock),
        (_, Varchar(length)) => text::to_varchar(array, from, *length, clock),
        (_, Char(length)) => text::to_char(array, from, *length, clock),
        (Char(_), to) => strict(&text::to_varchar(array, from, None, clock)?, &Type::VARCHAR, to, clock),
        (Array(from), Array(to)) => nested::array(array, from, to, clock),
        (Map(from_key, from_value), Map(to_key, to_value)) => {
            nested::map(array, (from_key, from_value), (to_key, to_value), clock)
        }
        (Row(from), Row(fields)) => nested::row(array, from, fields, to, clock),
        (from, to) if temporal::cast::can_cast(from, to) => temporal::cast::cast(array, from, to, clock, false),
        (from, Number) => exact::from(array, from),
        (Number, to) => exact::to(array, to),
        (_, Decimal(precision, scale)) => decimal::from(array, from, *precision, *scale),
        (Decimal(..), to) => decimal::to(array, from, to),
        (Varchar(_), to) if to.is_numeric() || *to == Boolean => number::parse(array, to),
        (from, to) if (from.is_numeric() || *from == Boolean) && (to.is_numeric() || *to == Boolean) => {
            number::convert(array, from, to)
        }
        (from, to) if wrapped::knows(from, to) => wrapped::cast(array, from, to, clock),
        (from, to) if from.arrow() == to.arrow() => native(array, to),
        (from, to) => Err(Error::internal(format!("no cast from {from} to {to}"))),
    }
}

/// The same values in the type's own Arrow type.
fn native(array: &ArrayRef, to: &Type) -> Result<ArrayRef> {
    let target = to.arrow();
    if *array.data_type() == target {
        return Ok(Arc::clone(array));
    }
    arrow::compute::cast(array, &target).map_err(|error| Error::new(ErrorKind::InvalidCast, error.to_string()))
}

fn invalid(message: String) -> Error {
    Error::new(ErrorKind::InvalidCast, message)
}
