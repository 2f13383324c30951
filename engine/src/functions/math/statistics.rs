//! Distributions: normal, beta, Student's t; Wilson's score interval.

use std::sync::Arc;

use arrow::array::{ArrayRef, AsArray, Float64Array};
use arrow::datatypes::{Float64Type, Int64Type};
use catalog::Result as OurResult;
use datafusion::common::Result;
use statrs::distribution::{Continuous, ContinuousCDF, StudentsT};
use statrs::function::beta::{beta_reg, inv_beta_reg};
use statrs::function::erf::{erf, erf_inv};

use super::invalid;
use crate::functions::{Call, Overload, Scalar};

pub(in crate::functions) const FUNCTIONS: &[Scalar] = &[
    Scalar {
        names: &["normal_cdf"],
        description: "Normal cdf given a mean, standard deviation, and value",
        overloads: &[Overload::new(THREE, |call| three(call, normal_cdf))],
    },
    Scalar {
        names: &["inverse_normal_cdf"],
        description: "Inverse of normal cdf given a mean, std, and probability",
        overloads: &[Overload::new(THREE, |call| three(call, inverse_normal_cdf))],
    },
    Scalar {
        names: &["beta_cdf"],
        description: "Beta cdf given the a, b parameters and value",
        overloads: &[Overload::new(THREE, |call| three(call, beta_cdf))],
    },
    Scalar {
        names: &["inverse_beta_cdf"],
        description: "Inverse of Beta cdf given a, b parameters and probability",
        overloads: &[Overload::new(THREE, |call| three(call, inverse_beta_cdf))],
    },
    Scalar {
        names: &["t_pdf"],
        description: "Student's t-distribution pdf given the value and degrees of freedom",
        overloads: &[Overload::new(STUDENT, |call| student(call, |t, x| t.pdf(x)))],
    },
    Scalar {
        names: &["t_cdf"],
        description: "Student's t-distribution cdf given the value and degrees of freedom",
        overloads: &[Overload::new(STUDENT, |call| student(call, |t, x| t.cdf(x)))],
    },
    Scalar {
        names: &["wilson_interval_lower"],
        description: "Binomial confidence interval lower bound using Wilson score",
        overloads: &[Overload::new(WILSON, |call| wilson(call, -1.0))],
    },
    Scalar {
        names: &["wilson_interval_upper"],
        description: "Binomial confidence interval upper bound using Wilson score",
        overloads: &[Overload::new(WILSON, |call| wilson(call, 1.0))],
    },
];

const THREE: &str = "(double, double, double) -> double";
const STUDENT: &str = "(double, bigint) -> double";
const WILSON: &str = "(bigint, bigint, double) -> double";

fn three(call: &Call<'_>, of: fn(f64, f64, f64) -> OurResult<f64>) -> Result<ArrayRef> {
    let arrays = (call.array(0)?, call.array(1)?, call.array(2)?);
    let (a, b, c) =
        (arrays.0.as_primitive::<Float64Type>(), arrays.1.as_primitive::<Float64Type>(), arrays.2.as_primitive::<Float64Type>());
    Ok(Arc::new(Float64Array::from(call.each(|row| of(a.value(row), b.value(row), c.value(row)))?)))
}

fn check(holds: bool, message: &str) -> OurResult<()> {
    if holds { Ok(()) } else { Err(invalid(message)) }
}

fn normal_cdf(mean: f64, deviation: f64, value: f64) -> OurResult<f64> {
    check(deviation > 0.0, "standardDeviation must be > 0")?;
    let z = (value - mean) / (deviation * std::f64::consts::SQRT_2);
    Ok(0.5 * (1.0 + if z.is_nan() { z } else { erf(z) }))
}

fn inverse_normal_cdf(mean: f64, deviation: f64, probability: f64) -> OurResult<f64> {
    check(probability > 0.0 && probability < 1.0, "p must be 0 > p > 1")?;
    check(deviation > 0.0, "sd must be > 0")?;
    Ok(mean + deviation * std::f64::consts::SQRT_2 * erf_inv(2.0 * probability - 1.0))
}

fn beta_cdf(a: f64, b: f64, value: f64) -> OurResult<f64> {
    check((0.0..=1.0).contains(&value), "value must be 0 >= v >= 1")?;
    check(a > 0.0 && b > 0.0, "a, b must be > 0")?;
    Ok(beta_reg(a, b, value))
}

fn inverse_beta_cdf(a: f64, b: f64, probability: f64) -> OurResult<f64> {
    check((0.0..=1.0).contains(&probability), "p must be 0 >= p >= 1")?;
    check(a > 0.0 && b > 0.0, "a, b must be > 0")?;
    Ok(if probability == 0.0 || probability == 1.0 { probability } else { inv_beta_reg(a, b, probability) })
}

fn student(call: &Call<'_>, of: fn(&StudentsT, f64) -> f64) -> Result<ArrayRef> {
    let (values, freedoms) = (call.array(0)?, call.array(1)?);
    let (values, freedoms) = (values.as_primitive::<Float64Type>(), freedoms.as_primitive::<Int64Type>());
    let results = call.each(|row| {
        let freedom = freedoms.value(row);
        check(freedom >= 1, "degrees of freedom must be greater than or equal to 1")?;
        let distribution = StudentsT::new(0.0, 1.0, freedom as f64).map_err(|error| invalid(error.to_string()))?;
        Ok(of(&distribution, values.value(row)))
    })?;
    Ok(Arc::new(Float64Array::from(results)))
}

fn wilson(call: &Call<'_>, sign: f64) -> Result<ArrayRef> {
    let arrays = (call.array(0)?, call.array(1)?, call.array(2)?);
    let (successes, trials) = (arrays.0.as_primitive::<Int64Type>(), arrays.1.as_primitive::<Int64Type>());
    let scores = arrays.2.as_primitive::<Float64Type>();
    let bounds = call.each(|row| {
        let (successes, trials, z) = (successes.value(row), trials.value(row), scores.value(row));
        check(successes >= 0, "number of successes must not be negative")?;
        check(trials > 0, "number of trials must be positive")?;
        check(successes <= trials, "number of successes must not be larger than number of trials")?;
        check(z >= 0.0, "z-score must not be negative")?;
        let n = trials as f64;
        let p = successes as f64 / n;
        let spread = z * (p * (1.0 - p) / n + z * z / (4.0 * n * n)).sqrt();
        Ok((p + z * z / (2.0 * n) + sign * spread) / (1.0 + z * z / n))
    })?;
    Ok(Arc::new(Float64Array::from(bounds)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn distributions() {
        for (got, expected) in [
            (inverse_normal_cdf(10.0, 9.0, 0.9), 21.533_964_089_901_406),
            (inverse_normal_cdf(0.0, 1.0, 0.3), -0.524_400_512_708_040_9),
            (normal_cdf(0.0, 1.0, 1.96), 0.975_002_104_851_779_5),
            (beta_cdf(3.0, 3.6, 0.3), 0.217_648_099_976_798_2),
            (beta_cdf(3.0, 3.6, 0.9), 0.997_250_288_161_154_5),
            (inverse_beta_cdf(3.0, 3.6, 0.3), 0.346_967_548_544_061_8),
        ] {
            let got = got.unwrap();
            assert!((got - expected).abs() < 1e-11 * expected.abs(), "{got} {expected}");
        }
        let t = StudentsT::new(0.0, 1.0, 2.0).unwrap();
        assert!((t.cdf(-1.98) - 0.093_126_251_921_789_46).abs() < 1e-12);
        assert!(normal_cdf(0.0, 0.0, 1.0).is_err() && normal_cdf(f64::NAN, 1.0, 0.0).unwrap().is_nan());
    }
}
