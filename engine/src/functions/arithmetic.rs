//! `+ - * / %` and the minus sign, checked: Trino's "Mathematical operators", "Decimal functions and operators" and "Date and time
//! operators".

use std::sync::Arc;

use arrow::array::{ArrayRef, ArrowNativeTypeOp, AsArray, Datum, PrimitiveArray, Scalar as One};
use arrow::compute::kernels::{arity, numeric};
use arrow::datatypes::{
    ArrowPrimitiveType, Decimal128Type, DurationMillisecondType, Float32Type, Float64Type, Int8Type, Int16Type, Int32Type,
    Int64Type, IntervalYearMonthType,
};
use arrow::error::ArrowError;
use catalog::{Error, ErrorKind};
use datafusion::common::Result;
use datafusion::logical_expr::ColumnarValue;

use super::{Call, Nulls, Overload, Scalar};
use crate::cast::decimal::{fits, ten_to};
use crate::error::into_datafusion;
use crate::types::Type;

macro_rules! overloads {
    ($($signature:literal => $call:expr),+ $(,)?) => {
        &[$(Overload { signature: $signature, nulls: Nulls::Null, call: $call }),+]
    };
}

pub(super) const FUNCTIONS: &[Scalar] = &[
    Scalar {
        names: &["$add"],
        description: "Sum",
        overloads: overloads! {
            "(tinyint, tinyint) -> tinyint" => |c| checked(c, numeric::add, "addition"),
            "(smallint, smallint) -> smallint" => |c| checked(c, numeric::add, "addition"),
            "(integer, integer) -> integer" => |c| checked(c, numeric::add, "addition"),
            "(bigint, bigint) -> bigint" => |c| checked(c, numeric::add, "addition"),
            "(real, real) -> real" => |c| checked(c, numeric::add, "addition"),
            "(double, double) -> double" => |c| checked(c, numeric::add, "addition"),
            "(decimal(a, b), decimal(c, d)) -> decimal(min(38, max(a - b, c - d) + max(b, d) + 1), max(b, d))" =>
                |c| decimal(c, |x, y| x.checked_add(y)),
            "(interval day to second, interval day to second) -> interval day to second" =>
                |c| intervals::<DurationMillisecondType>(c, i64::checked_add),
            "(interval year to month, interval year to month) -> interval year to month" =>
                |c| intervals::<IntervalYearMonthType>(c, i32::checked_add),
        },
    },
    Scalar {
        names: &["$subtract"],
        description: "Difference",
        overloads: overloads! {
            "(tinyint, tinyint) -> tinyint" => |c| checked(c, numeric::sub, "subtraction"),
            "(smallint, smallint) -> smallint" => |c| checked(c, numeric::sub, "subtraction"),
            "(integer, integer) -> integer" => |c| checked(c, numeric::sub, "subtraction"),
            "(bigint, bigint) -> bigint" => |c| checked(c, numeric::sub, "subtraction"),
            "(real, real) -> real" => |c| checked(c, numeric::sub, "subtraction"),
            "(double, double) -> double" => |c| checked(c, numeric::sub, "subtraction"),
            "(decimal(a, b), decimal(c, d)) -> decimal(min(38, max(a - b, c - d) + max(b, d) + 1), max(b, d))" =>
                |c| decimal(c, |x, y| x.checked_sub(y)),
            "(interval day to second, interval day to second) -> interval day to second" =>
                |c| intervals::<DurationMillisecondType>(c, i64::checked_sub),
            "(interval year to month, interval year to month) -> interval year to month" =>
                |c| intervals::<IntervalYearMonthType>(c, i32::checked_sub),
        },
    },
    Scalar {
        names: &["$multiply"],
        description: "Product",
        overloads: overloads! {
            "(tinyint, tinyint) -> tinyint" => |c| checked(c, numeric::mul, "multiplication"),
            "(smallint, smallint) -> smallint" => |c| checked(c, numeric::mul, "multiplication"),
            "(integer, integer) -> integer" => |c| checked(c, numeric::mul, "multiplication"),
            "(bigint, bigint) -> bigint" => |c| checked(c, numeric::mul, "multiplication"),
            "(real, real) -> real" => |c| checked(c, numeric::mul, "multiplication"),
            "(double, double) -> double" => |c| checked(c, numeric::mul, "multiplication"),
            "(decimal(a, b), decimal(c, d)) -> decimal(min(38, a + c), b + d)" => product,
            "(interval day to second, bigint) -> interval day to second" => |c| scaled::<DurationMillisecondType, Int64Type>(c, 0, 1, i64::checked_mul),
            "(bigint, interval day to second) -> interval day to second" => |c| scaled::<DurationMillisecondType, Int64Type>(c, 1, 0, i64::checked_mul),
            "(interval day to second, double) -> interval day to second" => |c| by_double::<DurationMillisecondType>(c, (0, 1), false, |a, b| whole(a as f64 * b)),
            "(double, interval day to second) -> interval day to second" => |c| by_double::<DurationMillisecondType>(c, (1, 0), false, |a, b| whole(a as f64 * b)),
            "(interval year to month, bigint) -> interval year to month" => |c| scaled::<IntervalYearMonthType, Int64Type>(c, 0, 1, |a, b| months(i64::from(a).checked_mul(b)?)),
            "(bigint, interval year to month) -> interval year to month" => |c| scaled::<IntervalYearMonthType, Int64Type>(c, 1, 0, |a, b| months(i64::from(a).checked_mul(b)?)),
            "(interval year to month, double) -> interval year to month" => |c| by_double::<IntervalYearMonthType>(c, (0, 1), false, |a, b| months(whole(f64::from(a) * b)?)),
            "(double, interval year to month) -> interval year to month" => |c| by_double::<IntervalYearMonthType>(c, (1, 0), false, |a, b| months(whole(f64::from(a) * b)?)),
        },
    },
    Scalar {
        names: &["$divide"],
        description: "Quotient; of whole numbers without what is left",
        overloads: overloads! {
            "(tinyint, tinyint) -> tinyint" => |c| checked(c, numeric::div, "division"),
            "(smallint, smallint) -> smallint" => |c| checked(c, numeric::div, "division"),
            "(integer, integer) -> integer" => |c| checked(c, numeric::div, "division"),
            "(bigint, bigint) -> bigint" => |c| checked(c, numeric::div, "division"),
            "(real, real) -> real" => |c| floats::<Float32Type>(c, |a, b| a / b),
            "(double, double) -> double" => |c| floats::<Float64Type>(c, |a, b| a / b),
            "(decimal(a, b), decimal(c, d)) -> decimal(min(38, a + d + max(d - b, 0)), max(b, d))" => quotient,
            "(interval day to second, double) -> interval day to second" => |c| by_double::<DurationMillisecondType>(c, (0, 1), true, |a, b| whole(a as f64 / b)),
            "(interval year to month, double) -> interval year to month" => |c| by_double::<IntervalYearMonthType>(c, (0, 1), true, |a, b| months(whole(f64::from(a) / b)?)),
        },
    },
    Scalar {
        names: &["$modulus", "mod"],
        description: "Remainder of given quotient",
        overloads: overloads! {
            "(tinyint, tinyint) -> tinyint" => |c| remainder::<Int8Type>(c),
            "(smallint, smallint) -> smallint" => |c| remainder::<Int16Type>(c),
            "(integer, integer) -> integer" => |c| remainder::<Int32Type>(c),
            "(bigint, bigint) -> bigint" => |c| remainder::<Int64Type>(c),
            "(real, real) -> real" => |c| floats::<Float32Type>(c, |a, b| a % b),
            "(double, double) -> double" => |c| floats::<Float64Type>(c, |a, b| a % b),
            "(decimal(a, b), decimal(c, d)) -> decimal(min(c - d, a - b) + max(b, d), max(b, d))" => decimal_remainder,
        },
    },
    Scalar {
        names: &["$negate"],
        description: "Minus sign",
        overloads: overloads! {
            "(tinyint) -> tinyint" => |c| negated::<Int8Type>(c, i8::checked_neg),
            "(smallint) -> smallint" => |c| negated::<Int16Type>(c, i16::checked_neg),
            "(integer) -> integer" => |c| negated::<Int32Type>(c, i32::checked_neg),
            "(bigint) -> bigint" => |c| negated::<Int64Type>(c, i64::checked_neg),
            "(real) -> real" => |c| negated::<Float32Type>(c, |x| Some(-x)),
            "(double) -> double" => |c| negated::<Float64Type>(c, |x| Some(-x)),
            "(decimal(p, s)) -> decimal(p, s)" => |c| negated::<Decimal128Type>(c, i128::checked_neg),
            "(interval day to second) -> interval day to second" => |c| negated::<DurationMillisecondType>(c, i64::checked_neg),
            "(interval year to month) -> interval year to month" => |c| negated::<IntervalYearMonthType>(c, i32::checked_neg),
        },
    },
    Scalar {
        names: &["$plus"],
        description: "Plus sign",
        overloads: overloads! {
            "(tinyint) -> tinyint" => |c| c.array(0),
            "(smallint) -> smallint" => |c| c.array(0),
            "(integer) -> integer" => |c| c.array(0),
            "(bigint) -> bigint" => |c| c.array(0),
            "(real) -> real" => |c| c.array(0),
            "(double) -> double" => |c| c.array(0),
            "(decimal(p, s)) -> decimal(p, s)" => |c| c.array(0),
        },
    },
];

/// An operand, a constant as one value.
fn operand(call: &Call<'_>, argument: usize) -> Result<Box<dyn Datum>> {
    Ok(match call.value(argument)? {
        ColumnarValue::Array(_) => Box::new(call.array(argument)?),
        ColumnarValue::Scalar(scalar) => Box::new(One::new(scalar.to_array()?)),
    })
}

/// Arrow's checked kernels on two operands of the same type.
fn checked(
    call: &Call<'_>,
    kernel: fn(&dyn Datum, &dyn Datum) -> Result<ArrayRef, ArrowError>,
    what: &'static str,
) -> Result<ArrayRef> {
    let made = kernel(operand(call, 0)?.as_ref(), operand(call, 1)?.as_ref());
    made.map_err(|error| match error {
        ArrowError::DivideByZero => by_zero(),
        _ => overflow(format!("{} {what} overflow", call.result)),
    })
}

fn overflow(message: String) -> datafusion::common::DataFusionError {
    into_datafusion(Error::new(ErrorKind::NumericOutOfRange, message))
}

fn by_zero() -> datafusion::common::DataFusionError {
    into_datafusion(Error::new(ErrorKind::DivisionByZero, "Division by zero"))
}

/// `of` for each row in which both operands are there. A constant is not repeated.
pub(super) fn binary<L, R, O>(
    call: &Call<'_>,
    (left, right): (usize, usize),
    of: impl Fn(L::Native, R::Native) -> Result<O::Native>,
) -> Result<ArrayRef>
where
    L: ArrowPrimitiveType,
    R: ArrowPrimitiveType,
    O: ArrowPrimitiveType,
{
    let constant = |argument: usize| match call.value(argument) {
        Ok(ColumnarValue::Scalar(scalar)) => Some(scalar.to_array()),
        _ => None,
    };
    let made: PrimitiveArray<O> = match (constant(left), constant(right)) {
        (None, Some(right)) => {
            let right = right?.as_primitive::<R>().value(0);
            call.array(left)?.as_primitive::<L>().try_unary(|left| of(left, right))?
        }
        (Some(left), None) => {
            let left = left?.as_primitive::<L>().value(0);
            call.array(right)?.as_primitive::<R>().try_unary(|right| of(left, right))?
        }
        _ => {
            let (left, right) = (call.array(left)?, call.array(right)?);
            let of = |a, b| of(a, b).map_err(|error| ArrowError::ExternalError(Box::new(error)));
            arity::try_binary(left.as_primitive::<L>(), right.as_primitive::<R>(), of)?
        }
    };
    Ok(Arc::new(made.with_data_type(call.result_arrow())))
}

fn floats<P: ArrowPrimitiveType>(call: &Call<'_>, of: impl Fn(P::Native, P::Native) -> P::Native) -> Result<ArrayRef> {
    binary::<P, P, P>(call, (0, 1), |a, b| Ok(of(a, b)))
}

fn remainder<P: ArrowPrimitiveType>(call: &Call<'_>) -> Result<ArrayRef> {
    binary::<P, P, P>(call, (0, 1), |a, b| if b.is_zero() { Err(by_zero()) } else { Ok(a.mod_wrapping(b)) })
}

fn negated<P: ArrowPrimitiveType>(call: &Call<'_>, of: fn(P::Native) -> Option<P::Native>) -> Result<ArrayRef> {
    let values = call.array(0)?;
    let negate = |value: P::Native| of(value).ok_or_else(|| overflow(format!("{} negation overflow: {value:?}", call.result)));
    let made: PrimitiveArray<P> = values.as_primitive::<P>().try_unary(negate)?;
    Ok(Arc::new(made.with_data_type(call.result_arrow())))
}

fn intervals<P: ArrowPrimitiveType>(call: &Call<'_>, of: fn(P::Native, P::Native) -> Option<P::Native>) -> Result<ArrayRef> {
    binary::<P, P, P>(call, (0, 1), |a, b| of(a, b).ok_or_else(|| overflow(format!("{} overflow", call.result))))
}

fn scaled<P: ArrowPrimitiveType, F: ArrowPrimitiveType>(
    call: &Call<'_>,
    interval: usize,
    factor: usize,
    of: impl Fn(P::Native, F::Native) -> Option<P::Native>,
) -> Result<ArrayRef> {
    binary::<P, F, P>(call, (interval, factor), |a, b| of(a, b).ok_or_else(|| overflow(format!("{} overflow", call.result))))
}

/// An interval times a double, or divided by one.
fn by_double<P: ArrowPrimitiveType>(
    call: &Call<'_>,
    (interval, factor): (usize, usize),
    divides: bool,
    of: impl Fn(P::Native, f64) -> Option<P::Native>,
) -> Result<ArrayRef> {
    binary::<P, Float64Type, P>(call, (interval, factor), |a, b| {
        if b.is_nan() || (divides && b == 0.0) {
            let message = format!("Cannot {} by double {b:?}", if divides { "divide" } else { "multiply" });
            return Err(into_datafusion(Error::new(ErrorKind::InvalidFunctionArgument, message)));
        }
        of(a, b).ok_or_else(|| overflow(format!("{} overflow", call.result)))
    })
}

fn whole(value: f64) -> Option<i64> {
    let truncated = value.trunc();
    (-9_223_372_036_854_775_808.0..9_223_372_036_854_775_808.0).contains(&truncated).then_some(truncated as i64)
}

fn months(value: i64) -> Option<i32> {
    i32::try_from(value).ok()
}

/// Scales of the operands and of the result, its precision.
pub(super) fn scales(call: &Call<'_>) -> (u8, u8, u8, u8) {
    let scale = |r#type: &Type| r#type.as_decimal().unwrap_or((38, 0));
    let ((_, left), (_, right), (precision, result)) = (scale(&call.types[0]), scale(&call.types[1]), scale(call.result));
    (left, right, result, precision)
}

pub(super) fn decimal_overflow() -> datafusion::common::DataFusionError {
    overflow("Decimal overflow".to_string())
}

/// The product if it has 128 bits. Most factors have 64, whose product always has.
fn multiplied(a: i128, b: i128) -> Option<i128> {
    match (i64::try_from(a), i64::try_from(b)) {
        (Ok(a), Ok(b)) => Some(i128::from(a) * i128::from(b)),
        _ => a.checked_mul(b),
    }
}

/// Whether the digits of operands tell that so many are enough for each result, which a decimal has at most 38 of: then results need
/// not be looked at.
fn enough(call: &Call<'_>, digits: fn(left: (u8, u8), right: (u8, u8)) -> u8) -> bool {
    let types = call.types[0].as_decimal().zip(call.types[1].as_decimal());
    types.is_some_and(|(left, right)| digits(left, right) <= 38)
}

/// Both operands at the larger scale.
pub(super) fn decimal(call: &Call<'_>, of: impl Fn(i128, i128) -> Option<i128>) -> Result<ArrayRef> {
    let (left, right, result, precision) = scales(call);
    let (up_left, up_right) = (ten_to(result - left), ten_to(result - right));
    let fits_always = enough(call, |(a, b), (c, d)| (a - b).max(c - d) + b.max(d) + 1);
    binary::<Decimal128Type, Decimal128Type, Decimal128Type>(call, (0, 1), |a, b| {
        let made = multiplied(a, up_left).zip(multiplied(b, up_right)).and_then(|(a, b)| of(a, b));
        made.filter(|made| fits_always || fits(*made, precision)).ok_or_else(decimal_overflow)
    })
}

pub(super) fn product(call: &Call<'_>) -> Result<ArrayRef> {
    let (_, _, _, precision) = scales(call);
    let fits_always = enough(call, |(a, _), (c, _)| a + c);
    binary::<Decimal128Type, Decimal128Type, Decimal128Type>(call, (0, 1), |a, b| {
        multiplied(a, b).filter(|made| fits_always || fits(*made, precision)).ok_or_else(decimal_overflow)
    })
}

/// Rounded half up: `a * 10^(result + right - left) / b`.
pub(super) fn quotient(call: &Call<'_>) -> Result<ArrayRef> {
    let (left, right, result, precision) = scales(call);
    let up = result + right - left;
    binary::<Decimal128Type, Decimal128Type, Decimal128Type>(call, (0, 1), |a, b| {
        if b == 0 {
            return Err(by_zero());
        }
        divide(a, up, b).filter(|made| fits(*made, precision)).ok_or_else(decimal_overflow)
    })
}

/// `a * 10^up / b`, halves away from zero. None beyond 128 bits.
fn divide(a: i128, up: u8, b: i128) -> Option<i128> {
    use arrow::datatypes::i256;
    let round = |quotient: i128, rest: u128, divisor: u128| {
        let more = rest >= divisor - rest;
        quotient + if more { if (a < 0) == (b < 0) { 1 } else { -1 } } else { 0 }
    };
    if up <= 38
        && let Some(numerator) = a.checked_mul(ten_to(up))
    {
        let (quotient, rest) = (numerator.checked_div(b)?, (numerator % b).unsigned_abs());
        return Some(round(quotient, rest, b.unsigned_abs()));
    }
    let scale = i256::from_i128(ten_to(up.min(38))).checked_mul(i256::from_i128(ten_to(up.saturating_sub(38))))?;
    let numerator = i256::from_i128(a).checked_mul(scale)?;
    let divisor = i256::from_i128(b);
    let quotient = numerator.checked_div(divisor)?.to_i128()?;
    let rest = numerator.checked_rem(divisor)?.wrapping_abs().to_i128()?.unsigned_abs();
    Some(round(quotient, rest, b.unsigned_abs()))
}

fn decimal_remainder(call: &Call<'_>) -> Result<ArrayRef> {
    let (left, right, result, _) = scales(call);
    let (up_left, up_right) = (result - left, result - right);
    binary::<Decimal128Type, Decimal128Type, Decimal128Type>(call, (0, 1), |a, b| {
        use arrow::datatypes::i256;
        if b == 0 {
            return Err(by_zero());
        }
        let wide = |value: i128, up: u8| i256::from_i128(value).checked_mul(i256::from_i128(ten_to(up)));
        let rest = wide(a, up_left).zip(wide(b, up_right)).and_then(|(a, b)| a.checked_rem(b)?.to_i128());
        rest.ok_or_else(decimal_overflow)
    })
}
