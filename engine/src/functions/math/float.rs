//! Functions of doubles: powers, logarithms, trigonometry, and what is no number.

use std::sync::Arc;

use arrow::array::{ArrayRef, AsArray, BooleanArray, Float64Array};
use arrow::datatypes::{Float32Type, Float64Type};
use datafusion::common::Result;

use crate::functions::{Call, Overload, Scalar};

pub(in crate::functions) const FUNCTIONS: &[Scalar] = &[
    unary(&["acos"], "Arc cosine", &[Overload::new(ONE, |c| map(c, f64::acos))]),
    unary(&["asin"], "Arc sine", &[Overload::new(ONE, |c| map(c, f64::asin))]),
    unary(&["atan"], "Arc tangent", &[Overload::new(ONE, |c| map(c, f64::atan))]),
    unary(&["atan2"], "Arc tangent of given fraction", &[Overload::new(TWO, |c| map_two(c, f64::atan2))]),
    unary(&["cbrt"], "Cube root", &[Overload::new(ONE, |c| map(c, f64::cbrt))]),
    unary(&["cos"], "Cosine", &[Overload::new(ONE, |c| map(c, f64::cos))]),
    unary(&["cosh"], "Hyperbolic cosine", &[Overload::new(ONE, |c| map(c, f64::cosh))]),
    unary(&["degrees"], "Converts an angle in radians to degrees", &[Overload::new(ONE, |c| map(c, f64::to_degrees))]),
    unary(&["exp"], "Euler's number raised to the given power", &[Overload::new(ONE, |c| map(c, f64::exp))]),
    unary(&["ln"], "Natural logarithm", &[Overload::new(ONE, |c| map(c, f64::ln))]),
    unary(&["log"], "Logarithm to given base", &[Overload::new(TWO, |c| map_two(c, |base, x| x.ln() / base.ln()))]),
    unary(&["log10"], "Logarithm to base 10", &[Overload::new(ONE, |c| map(c, f64::log10))]),
    unary(&["log2"], "Logarithm to base 2", &[Overload::new(ONE, |c| map(c, f64::log2))]),
    unary(&["power", "pow"], "Value raised to the power of exponent", &[Overload::new(TWO, |c| map_two(c, power))]),
    unary(&["radians"], "Converts an angle in degrees to radians", &[Overload::new(ONE, |c| map(c, f64::to_radians))]),
    unary(&["sin"], "Sine", &[Overload::new(ONE, |c| map(c, f64::sin))]),
    unary(&["sinh"], "Hyperbolic sine", &[Overload::new(ONE, |c| map(c, f64::sinh))]),
    unary(&["sqrt"], "Square root", &[Overload::new(ONE, |c| map(c, f64::sqrt))]),
    unary(&["tan"], "Tangent", &[Overload::new(ONE, |c| map(c, f64::tan))]),
    unary(&["tanh"], "Hyperbolic tangent", &[Overload::new(ONE, |c| map(c, f64::tanh))]),
    unary(&["pi"], "The constant Pi", &[Overload::new(NONE, |c| constant(c, std::f64::consts::PI))]),
    unary(&["e"], "Euler's number", &[Overload::new(NONE, |c| constant(c, std::f64::consts::E))]),
    unary(&["infinity"], "Infinity", &[Overload::new(NONE, |c| constant(c, f64::INFINITY))]),
    unary(&["nan"], "Constant representing not-a-number", &[Overload::new(NONE, |c| constant(c, f64::NAN))]),
    unary(&["is_finite"], "Test if value is finite", &[Overload::new(TEST, |c| test(c, f64::is_finite))]),
    unary(&["is_infinite"], "Test if value is infinite", &[Overload::new(TEST, |c| test(c, f64::is_infinite))]),
    unary(
        &["is_nan"],
        "Test if value is not-a-number",
        &[
            Overload::new(TEST, |c| test(c, f64::is_nan)),
            Overload::new("(real) -> boolean", |call| {
                let values = call.array(0)?;
                Ok(Arc::new(BooleanArray::from_unary(values.as_primitive::<Float32Type>(), f32::is_nan)))
            }),
        ],
    ),
];

const NONE: &str = "() -> double";
const ONE: &str = "(double) -> double";
const TWO: &str = "(double, double) -> double";
const TEST: &str = "(double) -> boolean";

const fn unary(names: &'static [&'static str], description: &'static str, overloads: &'static [Overload]) -> Scalar {
    Scalar { names, description, overloads }
}

fn map(call: &Call<'_>, of: fn(f64) -> f64) -> Result<ArrayRef> {
    let values = call.array(0)?;
    Ok(Arc::new(values.as_primitive::<Float64Type>().unary::<_, Float64Type>(of)))
}

fn map_two(call: &Call<'_>, of: fn(f64, f64) -> f64) -> Result<ArrayRef> {
    let (left, right) = (call.array(0)?, call.array(1)?);
    let (left, right) = (left.as_primitive::<Float64Type>(), right.as_primitive::<Float64Type>());
    let values = left.values().iter().zip(right.values().iter()).map(|(left, right)| of(*left, *right));
    Ok(Arc::new(Float64Array::from_iter_values(values)))
}

/// As Java's `Math.pow`, for which 1 to an infinite power is no number.
fn power(base: f64, exponent: f64) -> f64 {
    if exponent.is_nan() || (base.abs() == 1.0 && exponent.is_infinite()) { f64::NAN } else { base.powf(exponent) }
}

fn constant(call: &Call<'_>, value: f64) -> Result<ArrayRef> {
    Ok(Arc::new(Float64Array::from_value(value, call.rows)))
}

fn test(call: &Call<'_>, of: fn(f64) -> bool) -> Result<ArrayRef> {
    let values = call.array(0)?;
    Ok(Arc::new(BooleanArray::from_unary(values.as_primitive::<Float64Type>(), of)))
}
