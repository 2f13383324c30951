//! Values of Trino's `number` ("Data types", "Exact numeric"): decimals of up to 200 digits whose point is where each value has it,
//! NaN and the two infinities.
//!
//! A value has one form: no zeros at the end of its digits, one zero. In columns it is bytes, which are equal and ordered as
//! the values are, NaN behind all others; so grouping, joins and sorts of DataFusion need not know the type.

mod arithmetic;
mod bytes;
pub(crate) mod column;
#[cfg(test)]
mod tests;
mod text;

use bigdecimal::num_bigint::BigInt;
use bigdecimal::{BigDecimal, RoundingMode, ToPrimitive, Zero};

pub(crate) use bytes::is_nan;

/// The most digits that a value has; what has more is rounded, halves away from zero.
const MAX_DIGITS: u64 = 200;
/// How many digits a value may have behind the point, and how many zeros before it.
const SCALES: std::ops::RangeInclusive<i64> = -16_384..=16_383;

/// A value of type `number`.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Number {
    NaN,
    Infinite {
        negative: bool,
    },
    /// In the one form that [`Number::finite`] makes.
    Finite(BigDecimal),
}

impl Number {
    pub(crate) const INFINITY: Self = Self::Infinite { negative: false };

    /// A number in its one form. None where its first digit is too far from the point.
    pub(crate) fn finite(value: BigDecimal) -> Option<Self> {
        if value.is_zero() {
            return Some(Self::Finite(BigDecimal::zero()));
        }
        let mut value = value.normalized();
        let digits = value.digits();
        if digits > MAX_DIGITS {
            let scale = value.fractional_digit_count() - (digits - MAX_DIGITS) as i64;
            value = value.with_scale_round(scale, RoundingMode::HalfUp).normalized();
        }
        SCALES.contains(&value.fractional_digit_count()).then_some(Self::Finite(value))
    }

    /// A decimal's unscaled value with its scale.
    pub(crate) fn of_decimal(unscaled: i128, scale: u8) -> Self {
        Self::Finite(canonical(BigDecimal::new(BigInt::from(unscaled), scale.into())))
    }

    /// The number that the shortest digits of a double or real have, as Java's `BigDecimal.valueOf`.
    pub(crate) fn of_float<F: Into<f64> + std::fmt::LowerExp + Copy>(value: F) -> Self {
        let number: f64 = value.into();
        if number.is_infinite() {
            return Self::Infinite { negative: number < 0.0 };
        }
        // Rust writes `NaN` as we read it, and all others are in range.
        Self::parse(&format!("{value:e}")).unwrap_or(Self::NaN)
    }

    /// The unscaled value at a scale, rounded, halves away from zero. None where that is beyond 128 bits, and for NaN and infinities.
    pub(crate) fn unscaled(&self, scale: u8) -> Option<i128> {
        match self {
            // One that has more digits before the point than 128 bits hold is not written out first.
            Self::Finite(value) if value.digits() as i64 - value.fractional_digit_count() > 40 => None,
            Self::Finite(value) => value.with_scale_round(scale.into(), RoundingMode::HalfUp).into_bigint_and_scale().0.to_i128(),
            _ => None,
        }
    }

    /// The nearest double or real; beyond their range an infinity.
    pub(crate) fn float<F: std::str::FromStr + From<f32>>(&self) -> F {
        match self {
            Self::NaN => F::from(f32::NAN),
            Self::Infinite { negative: true } => F::from(f32::NEG_INFINITY),
            Self::Infinite { negative: false } => F::from(f32::INFINITY),
            Self::Finite(value) => {
                let (digits, scale) = value.as_bigint_and_scale();
                format!("{digits}e{}", -scale).parse().unwrap_or_else(|_| F::from(f32::NAN))
            }
        }
    }
}

/// Without zeros at the end of the digits.
fn canonical(value: BigDecimal) -> BigDecimal {
    if value.is_zero() { BigDecimal::zero() } else { value.normalized() }
}
