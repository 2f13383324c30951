//! `mod`: the remainder with the sign of the dividend.

use std::sync::Arc;

use arrow::array::{ArrayRef, ArrowNativeTypeOp, AsArray, PrimitiveArray};
use arrow::datatypes::{
    ArrowPrimitiveType, Decimal128Type, Float32Type, Float64Type, Int8Type, Int16Type, Int32Type, Int64Type, i256,
};
use catalog::{Error, ErrorKind};
use datafusion::common::Result;

use super::out_of_range;
use crate::functions::{Call, Overload, Scalar};
use crate::types::Type;

pub(in crate::functions) const FUNCTIONS: &[Scalar] = &[Scalar {
    names: &["mod"],
    description: "Remainder of given quotient",
    overloads: &[
        Overload::new("(tinyint, tinyint) -> tinyint", remainder::<Int8Type>),
        Overload::new("(smallint, smallint) -> smallint", remainder::<Int16Type>),
        Overload::new("(integer, integer) -> integer", remainder::<Int32Type>),
        Overload::new("(bigint, bigint) -> bigint", remainder::<Int64Type>),
        Overload::new("(real, real) -> real", of_floats::<Float32Type>),
        Overload::new("(double, double) -> double", of_floats::<Float64Type>),
        Overload::new("(decimal(a, b), decimal(c, d)) -> decimal(min(a - b, c - d) + max(b, d), max(b, d))", of_decimals),
    ],
}];

fn remainder<P: ArrowPrimitiveType<Native: ArrowNativeTypeOp>>(call: &Call<'_>) -> Result<ArrayRef> {
    compute::<P>(call, |left, right| if right.is_zero() { Err(by_zero()) } else { Ok(left.mod_wrapping(right)) })
}

fn by_zero() -> Error {
    Error::new(ErrorKind::DivisionByZero, "division by zero")
}

/// Both get the larger of their scales first, for which 128 bits may be too few.
fn of_decimals(call: &Call<'_>) -> Result<ArrayRef> {
    let scale = |argument: usize| match call.types[argument] {
        Type::Decimal(_, scale) => u32::from(scale),
        _ => 0,
    };
    let (left, right) = (scale(0), scale(1));
    let common = left.max(right);
    let up = |value: i128, scale: u32| i256::from_i128(value).wrapping_mul(i256::from_i128(10_i128.pow(common - scale)));
    compute::<Decimal128Type>(call, |dividend, divisor| {
        if divisor == 0 {
            return Err(by_zero());
        }
        let rest = up(dividend, left).checked_rem(up(divisor, right)).and_then(i256::to_i128);
        rest.ok_or_else(|| out_of_range("decimal overflow"))
    })
}

fn of_floats<P: ArrowPrimitiveType<Native: ArrowNativeTypeOp>>(call: &Call<'_>) -> Result<ArrayRef> {
    compute::<P>(call, |left, right| Ok(left.mod_wrapping(right)))
}

fn compute<P: ArrowPrimitiveType>(
    call: &Call<'_>,
    of: impl Fn(P::Native, P::Native) -> catalog::Result<P::Native>,
) -> Result<ArrayRef> {
    let (left, right) = (call.array(0)?, call.array(1)?);
    let (left, right) = (left.as_primitive::<P>(), right.as_primitive::<P>());
    let values = call.each(|row| of(left.value(row), right.value(row)))?;
    Ok(Arc::new(PrimitiveArray::<P>::from_iter_values(values).with_data_type(call.result_arrow())))
}
