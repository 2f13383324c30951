//! Operators and functions of `number`: the overloads for it of those that all numbers have.

use std::sync::Arc;

use arrow::array::{ArrayRef, AsArray, BooleanArray};
use arrow::datatypes::Int64Type;
use bigdecimal::RoundingMode;
use catalog::Result as OurResult;
use datafusion::common::Result;

use super::{Call, Overload, Scalar};
use crate::error::into_datafusion;
use crate::types::Number;
use crate::types::number::column::{Numbers, numbers};

pub(super) const FUNCTIONS: &[Scalar] = &[
    scalar(&["$add"], "Sum", &[Overload::new(TWO, |call| binary(call, Number::add))]),
    scalar(&["$subtract"], "Difference", &[Overload::new(TWO, |call| binary(call, Number::subtract))]),
    scalar(&["$multiply"], "Product", &[Overload::new(TWO, |call| binary(call, Number::multiply))]),
    scalar(&["$divide"], "Quotient", &[Overload::new(TWO, |call| binary(call, Number::divide))]),
    scalar(&["$modulus"], "Remainder", &[Overload::new(TWO, |call| binary(call, Number::modulus))]),
    scalar(&["$negate"], "Minus sign", &[Overload::new(ONE, |call| unary(call, |value| Ok(value.negated())))]),
    scalar(&["$plus"], "Plus sign", &[Overload::new(ONE, |call| call.array(0))]),
    scalar(&["abs"], "Absolute value", &[Overload::new(ONE, |call| unary(call, |value| Ok(value.abs())))]),
    scalar(&["sign"], "Signum", &[Overload::new(ONE, |call| unary(call, |value| Ok(value.sign())))]),
    scalar(&["ceiling", "ceil"], "Round up to nearest integer", &[Overload::new(ONE, |call| whole(call, RoundingMode::Ceiling))]),
    scalar(&["floor"], "Round down to nearest integer", &[Overload::new(ONE, |call| whole(call, RoundingMode::Floor))]),
    scalar(
        &["truncate"],
        "Round to integer by dropping digits after decimal point",
        &[Overload::new(ONE, |call| whole(call, RoundingMode::Down))],
    ),
    scalar(&["round"], "Round to nearest integer", &[Overload::new(ONE, |call| whole(call, RoundingMode::HalfUp))]),
    scalar(&["round"], "Round to given number of decimal places", &[Overload::new("(number, bigint) -> number", round_to)]),
    scalar(
        &["is_finite"],
        "Test if value is finite",
        &[Overload::new(TEST, |call| test(call, |value| matches!(value, Number::Finite(_))))],
    ),
    scalar(
        &["is_infinite"],
        "Test if value is infinite",
        &[Overload::new(TEST, |call| test(call, |value| matches!(value, Number::Infinite { .. })))],
    ),
    scalar(
        &["is_nan"],
        "Test if value is not-a-number",
        &[Overload::new(TEST, |call| test(call, |value| *value == Number::NaN))],
    ),
];

const ONE: &str = "(number) -> number";
const TWO: &str = "(number, number) -> number";
const TEST: &str = "(number) -> boolean";

const fn scalar(names: &'static [&'static str], description: &'static str, overloads: &'static [Overload]) -> Scalar {
    Scalar { names, description, overloads }
}

fn of(call: &Call<'_>, argument: usize) -> Result<Numbers> {
    Numbers::of(&call.array(argument)?).map_err(into_datafusion)
}

fn unary(call: &Call<'_>, of_one: impl Fn(&Number) -> OurResult<Number>) -> Result<ArrayRef> {
    let values = of(call, 0)?;
    numbers(values.iter().map(|value| value?.map(|value| of_one(&value)).transpose())).map_err(into_datafusion)
}

fn binary(call: &Call<'_>, of_two: impl Fn(&Number, &Number) -> OurResult<Number>) -> Result<ArrayRef> {
    let (left, right) = (of(call, 0)?, of(call, 1)?);
    let row = |(left, right): (OurResult<Option<Number>>, OurResult<Option<Number>>)| {
        left?.zip(right?).map(|(left, right)| of_two(&left, &right)).transpose()
    };
    numbers(left.iter().zip(right.iter()).map(row)).map_err(into_datafusion)
}

fn whole(call: &Call<'_>, mode: RoundingMode) -> Result<ArrayRef> {
    unary(call, |value| value.rounded(0, mode))
}

fn round_to(call: &Call<'_>) -> Result<ArrayRef> {
    let (values, places) = (of(call, 0)?, call.array(1)?);
    let row = |(value, places): (OurResult<Option<Number>>, Option<i64>)| {
        value?.zip(places).map(|(value, places)| value.rounded(places, RoundingMode::HalfUp)).transpose()
    };
    numbers(values.iter().zip(places.as_primitive::<Int64Type>().iter()).map(row)).map_err(into_datafusion)
}

fn test(call: &Call<'_>, of_one: fn(&Number) -> bool) -> Result<ArrayRef> {
    let values = of(call, 0)?;
    let tested = values.iter().map(|value| Ok(value?.map(|value| of_one(&value)))).collect::<OurResult<BooleanArray>>();
    Ok(Arc::new(tested.map_err(into_datafusion)?))
}
