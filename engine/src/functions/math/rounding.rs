//! `abs`, `sign`, `ceiling`, `floor`, `round`, `truncate`, for all numbers.

use std::sync::Arc;

use arrow::array::{ArrayRef, ArrowNativeTypeOp, AsArray, PrimitiveArray};
use arrow::datatypes::{ArrowPrimitiveType, Decimal128Type, Float32Type, Float64Type, Int8Type, Int16Type, Int32Type, Int64Type};
use catalog::Result as OurResult;
use datafusion::common::Result;

use super::out_of_range;
use crate::functions::{Call, Overload, Scalar};
use crate::types::{MAX_PRECISION, Type};

pub(in crate::functions) const FUNCTIONS: &[Scalar] = &[
    Scalar {
        names: &["abs"],
        description: "Absolute value",
        overloads: &[
            Overload::new("(tinyint) -> tinyint", |c| try_map::<Int8Type>(c, |x| x.checked_abs().ok_or_else(|| no_abs(x)))),
            Overload::new("(smallint) -> smallint", |c| try_map::<Int16Type>(c, |x| x.checked_abs().ok_or_else(|| no_abs(x)))),
            Overload::new("(integer) -> integer", |c| try_map::<Int32Type>(c, |x| x.checked_abs().ok_or_else(|| no_abs(x)))),
            Overload::new("(bigint) -> bigint", |c| try_map::<Int64Type>(c, |x| x.checked_abs().ok_or_else(|| no_abs(x)))),
            Overload::new("(real) -> real", |c| map::<Float32Type>(c, f32::abs)),
            Overload::new("(double) -> double", |c| map::<Float64Type>(c, f64::abs)),
            Overload::new("(decimal(p, s)) -> decimal(p, s)", |c| map::<Decimal128Type>(c, i128::abs)),
        ],
    },
    Scalar {
        names: &["sign"],
        description: "Signum",
        overloads: &[
            Overload::new("(tinyint) -> tinyint", |c| map::<Int8Type>(c, i8::signum)),
            Overload::new("(smallint) -> smallint", |c| map::<Int16Type>(c, i16::signum)),
            Overload::new("(integer) -> integer", |c| map::<Int32Type>(c, i32::signum)),
            Overload::new("(bigint) -> bigint", |c| map::<Int64Type>(c, i64::signum)),
            Overload::new("(real) -> real", |c| map::<Float32Type>(c, |x| if x == 0.0 || x.is_nan() { x } else { x.signum() })),
            Overload::new("(double) -> double", |c| {
                map::<Float64Type>(c, |x| if x == 0.0 || x.is_nan() { x } else { x.signum() })
            }),
            Overload::new("(decimal(p, s)) -> decimal(1, 0)", |c| map::<Decimal128Type>(c, i128::signum)),
        ],
    },
    Scalar {
        names: &["ceiling", "ceil"],
        description: "Round up to nearest integer",
        overloads: &whole(
            |c| map::<Float32Type>(c, f32::ceil),
            |c| map::<Float64Type>(c, f64::ceil),
            Overload::new("(decimal(p, s)) -> decimal(p - s + min(s, 1), 0)", |c| {
                decimals(c, |x, factor| x.div_euclid(factor) + i128::from(x.rem_euclid(factor) > 0))
            }),
        ),
    },
    Scalar {
        names: &["floor"],
        description: "Round down to nearest integer",
        overloads: &whole(
            |c| map::<Float32Type>(c, f32::floor),
            |c| map::<Float64Type>(c, f64::floor),
            Overload::new("(decimal(p, s)) -> decimal(p - s + min(s, 1), 0)", |c| decimals(c, i128::div_euclid)),
        ),
    },
    Scalar {
        names: &["truncate"],
        description: "Round to integer by dropping digits after decimal point",
        overloads: &[
            Overload::new("(real) -> real", |c| map::<Float32Type>(c, f32::trunc)),
            Overload::new("(double) -> double", |c| map::<Float64Type>(c, f64::trunc)),
            Overload::new("(decimal(p, s)) -> decimal(max(1, p - s), 0)", |c| decimals(c, |x, factor| x / factor)),
            Overload::new("(decimal(p, s), bigint) -> decimal(p, s)", truncate_to),
        ],
    },
    Scalar {
        names: &["round"],
        description: "Round to nearest integer",
        overloads: &whole(
            |c| map::<Float32Type>(c, |x| round_double(x.into(), 0) as f32),
            |c| map::<Float64Type>(c, |x| round_double(x, 0)),
            Overload::new("(decimal(p, s)) -> decimal(min(38, p - s + min(1, s)), 0)", |c| decimals(c, half_up)),
        ),
    },
    Scalar {
        names: &["round"],
        description: "Round to given number of decimal places",
        overloads: &[
            Overload::new("(tinyint, bigint) -> tinyint", round_integers::<Int8Type>),
            Overload::new("(smallint, bigint) -> smallint", round_integers::<Int16Type>),
            Overload::new("(integer, bigint) -> integer", round_integers::<Int32Type>),
            Overload::new("(bigint, bigint) -> bigint", round_integers::<Int64Type>),
            Overload::new("(real, bigint) -> real", |call| {
                with_places::<Float32Type>(call, |x, places| Ok(round_double(x.into(), places) as f32))
            }),
            Overload::new("(double, bigint) -> double", |call| {
                with_places::<Float64Type>(call, |x, places| Ok(round_double(x, places)))
            }),
            Overload::new("(decimal(p, s), bigint) -> decimal(min(38, p + 1), s)", round_decimals),
        ],
    },
];

type Body = fn(&Call<'_>) -> Result<ArrayRef>;

/// The overloads of a function that leaves integers as they are.
const fn whole(real: Body, double: Body, decimal: Overload) -> [Overload; 7] {
    [
        Overload::new("(tinyint) -> tinyint", same),
        Overload::new("(smallint) -> smallint", same),
        Overload::new("(integer) -> integer", same),
        Overload::new("(bigint) -> bigint", same),
        Overload::new("(real) -> real", real),
        Overload::new("(double) -> double", double),
        decimal,
    ]
}

fn same(call: &Call<'_>) -> Result<ArrayRef> {
    call.array(0)
}

fn map<P: ArrowPrimitiveType>(call: &Call<'_>, of: fn(P::Native) -> P::Native) -> Result<ArrayRef> {
    let values = call.array(0)?;
    let values: PrimitiveArray<P> = values.as_primitive::<P>().unary(of);
    Ok(Arc::new(values.with_data_type(call.result_arrow())))
}

fn try_map<P: ArrowPrimitiveType>(call: &Call<'_>, of: impl Fn(P::Native) -> OurResult<P::Native>) -> Result<ArrayRef> {
    let values = call.array(0)?;
    let values = values.as_primitive::<P>();
    Ok(Arc::new(PrimitiveArray::<P>::from_iter_values(call.each(|row| of(values.value(row)))?)))
}

fn no_abs(value: impl std::fmt::Display) -> catalog::Error {
    out_of_range(format!("value {value} is out of range for abs"))
}

/// `of` the unscaled values and the power of ten of their scale.
fn decimals(call: &Call<'_>, of: fn(i128, i128) -> i128) -> Result<ArrayRef> {
    let factor = 10_i128.pow(scale(call).into());
    let values = call.array(0)?;
    let values: PrimitiveArray<Decimal128Type> = values.as_primitive::<Decimal128Type>().unary(|value| of(value, factor));
    Ok(Arc::new(values.with_data_type(call.result_arrow())))
}

fn scale(call: &Call<'_>) -> u8 {
    match call.types[0] {
        Type::Decimal(_, scale) => scale,
        _ => 0,
    }
}

/// The quotient, halves away from zero.
fn half_up(value: i128, factor: i128) -> i128 {
    let (quotient, rest) = (value / factor, value % factor);
    let up = rest.unsigned_abs() >= factor.unsigned_abs() - rest.unsigned_abs();
    if factor > 1 && up { quotient + value.signum() } else { quotient }
}

/// Doubles as Java rounds them: `Math.round(x * 10^n) / 10^n`, where that fits.
fn round_double(value: f64, places: i32) -> f64 {
    if !value.is_finite() {
        return value;
    }
    let factor = 10_f64.powi(places);
    let scaled = value.abs() * factor;
    // Beyond 2^52 a double has no fraction; then and where the power is none there is nothing to round.
    if !scaled.is_finite() || scaled >= 4_503_599_627_370_496.0 {
        return value;
    }
    let whole = scaled.floor();
    let rounded = if scaled - whole >= 0.5 { whole + 1.0 } else { whole };
    let rounded = if factor == 0.0 { 0.0 } else { rounded / factor };
    if value < 0.0 { -rounded } else { rounded }
}

/// `of` the first argument and the places of the second.
fn with_places<P: ArrowPrimitiveType>(call: &Call<'_>, of: impl Fn(P::Native, i32) -> OurResult<P::Native>) -> Result<ArrayRef> {
    let (values, places) = (call.array(0)?, call.array(1)?);
    let (values, places) = (values.as_primitive::<P>(), places.as_primitive::<Int64Type>());
    // An integer in Trino; a literal is a bigint until the whole plan is known.
    let place = |row: usize| places.value(row).clamp(i32::MIN.into(), i32::MAX.into()) as i32;
    let rounded = call.each(|row| of(values.value(row), place(row)))?;
    Ok(Arc::new(PrimitiveArray::<P>::from_iter_values(rounded).with_data_type(call.result_arrow())))
}

fn round_integers<P: ArrowPrimitiveType<Native: Into<i64> + TryFrom<i64> + ArrowNativeTypeOp>>(
    call: &Call<'_>,
) -> Result<ArrayRef> {
    with_places::<P>(call, |value, places| {
        let wide: i64 = value.into();
        let overflow = || out_of_range(format!("out of range for {}: {wide} rounded to {places} places", call.result));
        if places >= 0 {
            return Ok(value);
        }
        let factor = 10_i128.checked_pow(places.unsigned_abs()).filter(|factor| *factor <= i128::from(i64::MAX));
        let factor = factor.ok_or_else(overflow)?;
        let rounded = half_up(wide.into(), factor) * factor;
        i64::try_from(rounded).ok().and_then(|rounded| P::Native::try_from(rounded).ok()).ok_or_else(overflow)
    })
}

fn round_decimals(call: &Call<'_>) -> Result<ArrayRef> {
    let scale = i64::from(scale(call));
    let limit = match call.result {
        Type::Decimal(precision, _) => 10_i128.pow((*precision).into()),
        _ => 10_i128.pow(MAX_PRECISION.into()),
    };
    with_places::<Decimal128Type>(call, |value, places| {
        let dropped = scale - i64::from(places);
        if dropped <= 0 {
            return Ok(value);
        }
        let Some(factor) = u32::try_from(dropped).ok().and_then(|dropped| 10_i128.checked_pow(dropped)) else { return Ok(0) };
        let rounded = half_up(value, factor).checked_mul(factor).filter(|rounded| rounded.abs() < limit);
        rounded.ok_or_else(|| out_of_range(format!("decimal overflow: {value}")))
    })
}

fn truncate_to(call: &Call<'_>) -> Result<ArrayRef> {
    let scale = i64::from(scale(call));
    let (values, places) = (call.array(0)?, call.array(1)?);
    let (values, places) = (values.as_primitive::<Decimal128Type>(), places.as_primitive::<Int64Type>());
    let cut = call.each(|row| {
        let dropped = scale.saturating_sub(places.value(row));
        if dropped <= 0 {
            return Ok(values.value(row));
        }
        let factor = u32::try_from(dropped).ok().and_then(|dropped| 10_i128.checked_pow(dropped));
        Ok(factor.map_or(0, |factor| values.value(row) / factor * factor))
    })?;
    Ok(Arc::new(PrimitiveArray::<Decimal128Type>::from_iter_values(cut).with_data_type(call.result_arrow())))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn halves_go_away_from_zero() {
        for (value, factor, expected) in [(5, 10, 1), (-5, 10, -1), (4, 10, 0), (-15, 10, -2), (7, 1, 7), (-7, 1, -7)] {
            assert_eq!(half_up(value, factor), expected, "{value} / {factor}");
        }
        for (value, places, expected) in [
            (3.5, 0, 4.0),
            (-3.5, 0, -4.0),
            (3.499, 1, 3.5),
            (923.0, 16, 923.0),
            (1e300, 308, 1e300),
            (3_000_000_000.4, 0, 3_000_000_000.0),
            (150.0, -2, 200.0),
            (1.0, -400, 0.0),
        ] {
            assert_eq!(round_double(value, places), expected, "{value} to {places}");
        }
        assert!(round_double(f64::NAN, -1000).is_nan());
    }
}
