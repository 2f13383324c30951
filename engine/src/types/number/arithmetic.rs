//! Arithmetic of numbers. NaN and infinities behave as those of doubles do, but nothing is divided by zero; a quotient has as many
//! digits behind the point as the operands ask for, as those of decimals do.

use bigdecimal::num_bigint::{BigInt, Sign};
use bigdecimal::{BigDecimal, RoundingMode, Signed, Zero};
use catalog::{Error, ErrorKind, Result};

use super::Number::{Finite, Infinite, NaN};
use super::{Number, canonical};

/// A quotient has at least so many digits behind the point.
const MIN_SCALE: i64 = 6;

impl Number {
    /// Errors: `NumericOutOfRange` where the sum is too large, here and below.
    pub(crate) fn add(&self, other: &Self) -> Result<Self> {
        match (self, other) {
            (NaN, _) | (_, NaN) => Ok(NaN),
            (Infinite { negative: a }, Infinite { negative: b }) if a != b => Ok(NaN),
            (Infinite { .. }, _) => Ok(self.clone()),
            (_, Infinite { .. }) => Ok(other.clone()),
            (Finite(a), Finite(b)) => in_range(a + b),
        }
    }

    pub(crate) fn subtract(&self, other: &Self) -> Result<Self> {
        self.add(&other.negated())
    }

    pub(crate) fn multiply(&self, other: &Self) -> Result<Self> {
        match (self, other) {
            (NaN, _) | (_, NaN) => Ok(NaN),
            (Finite(a), Finite(b)) => in_range(a * b),
            _ if self.is_zero() || other.is_zero() => Ok(NaN),
            _ => Ok(Infinite { negative: self.is_negative() != other.is_negative() }),
        }
    }

    /// Errors: `DivisionByZero` as well.
    pub(crate) fn divide(&self, divisor: &Self) -> Result<Self> {
        match (self, divisor) {
            (NaN, _) | (_, NaN) | (Infinite { .. }, Infinite { .. }) => Ok(NaN),
            (Infinite { negative }, Finite(b)) => Ok(Infinite { negative: *negative != b.is_negative() }),
            (Finite(_), Infinite { .. }) => Ok(Finite(BigDecimal::zero())),
            (Finite(_), Finite(b)) if b.is_zero() => Err(by_zero()),
            (Finite(a), Finite(b)) => in_range(quotient(a, b)),
        }
    }

    /// What is left of a division, with the sign of what was divided.
    ///
    /// Errors: `DivisionByZero` as well.
    pub(crate) fn modulus(&self, divisor: &Self) -> Result<Self> {
        match (self, divisor) {
            (NaN, _) | (_, NaN) | (Infinite { .. }, _) => Ok(NaN),
            (Finite(_), Infinite { .. }) => Ok(self.clone()),
            (Finite(_), Finite(b)) if b.is_zero() => Err(by_zero()),
            (Finite(a), Finite(b)) => in_range(a % b),
        }
    }

    pub(crate) fn negated(&self) -> Self {
        match self {
            NaN => NaN,
            Infinite { negative } => Infinite { negative: !negative },
            Finite(value) => Finite(-value),
        }
    }

    pub(crate) fn abs(&self) -> Self {
        if self.is_negative() { self.negated() } else { self.clone() }
    }

    /// -1, 0 or 1; NaN for itself.
    pub(crate) fn sign(&self) -> Self {
        match self {
            NaN => NaN,
            _ if self.is_zero() => Finite(BigDecimal::zero()),
            _ => Finite(BigDecimal::from(if self.is_negative() { -1 } else { 1 })),
        }
    }

    /// To so many digits behind the point, where that is less than there are; negative counts go to the left.
    ///
    /// Errors: `NumericOutOfRange` where it is too large then.
    pub(crate) fn rounded(&self, places: i64, mode: RoundingMode) -> Result<Self> {
        match self {
            Finite(value) if value.fractional_digit_count() > places => {
                // Beyond its first digit nothing of a number is left, however far that is.
                let places = places.max(value.fractional_digit_count() - value.digits() as i64 - 1);
                in_range(value.with_scale_round(places, mode))
            }
            _ => Ok(self.clone()),
        }
    }

    fn is_zero(&self) -> bool {
        matches!(self, Finite(value) if value.is_zero())
    }

    fn is_negative(&self) -> bool {
        match self {
            NaN => false,
            Infinite { negative } => *negative,
            Finite(value) => value.sign() == Sign::Minus,
        }
    }
}

fn in_range(value: BigDecimal) -> Result<Number> {
    Number::finite(value).ok_or_else(|| Error::new(ErrorKind::NumericOutOfRange, "number out of range"))
}

fn by_zero() -> Error {
    Error::new(ErrorKind::DivisionByZero, "Division by zero")
}

/// To `max(6, digits of a behind the point + all digits of b + 1)` digits behind the point, halves away from zero.
fn quotient(a: &BigDecimal, b: &BigDecimal) -> BigDecimal {
    let ((a, a_scale), (b, b_scale)) = (a.as_bigint_and_scale(), b.as_bigint_and_scale());
    let digits = BigDecimal::from(b.as_ref().clone()).digits() as i64;
    let scale = (a_scale + digits + 1).max(MIN_SCALE);
    let up = scale - a_scale + b_scale;
    let ten_to = |exponent: i64| BigInt::from(10).pow(exponent.unsigned_abs() as u32);
    let (dividend, divisor) =
        if up >= 0 { (a.as_ref() * ten_to(up), b.into_owned()) } else { (a.into_owned(), b.as_ref() * ten_to(up)) };
    let (quotient, rest) = (&dividend / &divisor, &dividend % &divisor);
    let away = rest.abs() * 2 >= divisor.abs();
    let step = if !away {
        0
    } else if (dividend.sign() == Sign::Minus) == (divisor.sign() == Sign::Minus) {
        1
    } else {
        -1
    };
    canonical(BigDecimal::new(quotient + step, scale))
}
