//! Numbers of paths: integers of 64 bits, decimals and doubles, with SQL's arithmetic.

use std::cmp::Ordering;

use super::{Result, failure};

#[derive(Debug, Clone, Copy, PartialEq)]
pub(in super::super) enum Number {
    Integer(i64),
    /// Unscaled value and scale.
    Decimal(i128, u32),
    Double(f64),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Operator {
    Add,
    Subtract,
    Multiply,
    Divide,
    Modulus,
}

impl Number {
    /// Of a literal in a path: an integer, a decimal with a point, a double with an exponent.
    pub(super) fn literal(text: &str) -> Option<Self> {
        if text.contains(['e', 'E']) {
            return text.parse().ok().map(Self::Double);
        }
        if let Ok(integer) = text.parse() {
            return Some(Self::Integer(integer));
        }
        let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
        let unscaled: i128 = format!("{whole}{fraction}").parse().ok()?;
        (unscaled.abs() < 10_i128.pow(38)).then_some(Self::Decimal(unscaled, fraction.len() as u32))
    }

    /// Of a number in JSON: with a fraction or an exponent it is a double.
    pub(super) fn of_json(text: &str) -> Option<Self> {
        match text.contains(['.', 'e', 'E']) {
            true => text.parse().ok().map(Self::Double),
            false => Self::literal(text).or_else(|| text.parse().ok().map(Self::Double)),
        }
    }

    pub(super) fn double(self) -> f64 {
        match self {
            Self::Integer(value) => value as f64,
            Self::Decimal(unscaled, scale) => {
                let text = Self::Decimal(unscaled, scale).to_string();
                text.parse().unwrap_or(f64::NAN)
            }
            Self::Double(value) => value,
        }
    }

    fn decimal(self) -> Option<(i128, u32)> {
        match self {
            Self::Integer(value) => Some((value.into(), 0)),
            Self::Decimal(unscaled, scale) => Some((unscaled, scale)),
            Self::Double(_) => None,
        }
    }

    /// Both with one scale; `None` where one is a double, or has too many digits.
    fn aligned(self, other: Self) -> Option<(i128, i128, u32)> {
        let ((left, left_scale), (right, right_scale)) = (self.decimal()?, other.decimal()?);
        let scale = left_scale.max(right_scale);
        let scaled = |value: i128, from: u32| value.checked_mul(10_i128.checked_pow(scale - from)?);
        Some((scaled(left, left_scale)?, scaled(right, right_scale)?, scale))
    }

    pub(super) fn compare(self, other: Self) -> Option<Ordering> {
        match self.aligned(other) {
            Some((left, right, _)) => Some(left.cmp(&right)),
            None => self.double().partial_cmp(&other.double()),
        }
    }

    pub(super) fn negative(self) -> Result<Self> {
        match self {
            Self::Integer(value) => value.checked_neg().map(Self::Integer).ok_or(()),
            Self::Decimal(unscaled, scale) => Ok(Self::Decimal(-unscaled, scale)),
            Self::Double(value) => Ok(Self::Double(-value)),
        }
        .or_else(|()| failure("numeric overflow"))
    }

    pub(super) fn abs(self) -> Result<Self> {
        match self.compare(Self::Integer(0)) {
            Some(Ordering::Less) => self.negative(),
            _ => Ok(self),
        }
    }

    /// The next whole number, upwards or downwards.
    pub(super) fn whole(self, up: bool) -> Self {
        match self {
            Self::Double(value) => Self::Double(if up { value.ceil() } else { value.floor() }),
            Self::Decimal(unscaled, scale) => {
                let one = 10_i128.pow(scale);
                let floor = unscaled.div_euclid(one);
                Self::Decimal(if up && floor * one != unscaled { floor + 1 } else { floor }, 0)
            }
            integer => integer,
        }
    }

    /// The whole number in it, for an index.
    pub(super) fn index(self) -> Option<i64> {
        match self {
            Self::Integer(value) => Some(value),
            Self::Decimal(unscaled, scale) => i64::try_from(unscaled / 10_i128.pow(scale)).ok(),
            Self::Double(value) if value.is_finite() => Some(value as i64),
            Self::Double(_) => None,
        }
    }

    pub(super) fn calculate(self, operator: Operator, other: Self) -> Result<Self> {
        let calculated = match (self, other) {
            (Self::Integer(left), Self::Integer(right)) => return integers(left, operator, right),
            (Self::Double(_), _) | (_, Self::Double(_)) => {
                let (left, right) = (self.double(), other.double());
                Some(Self::Double(match operator {
                    Operator::Add => left + right,
                    Operator::Subtract => left - right,
                    Operator::Multiply => left * right,
                    Operator::Divide => left / right,
                    Operator::Modulus => left % right,
                }))
            }
            _ => decimals(self, operator, other)?,
        };
        calculated.map_or_else(|| failure("numeric overflow"), Ok)
    }
}

fn integers(left: i64, operator: Operator, right: i64) -> Result<Number> {
    if right == 0 && matches!(operator, Operator::Divide | Operator::Modulus) {
        return failure("division by zero");
    }
    let value = match operator {
        Operator::Add => left.checked_add(right),
        Operator::Subtract => left.checked_sub(right),
        Operator::Multiply => left.checked_mul(right),
        Operator::Divide => left.checked_div(right),
        Operator::Modulus => left.checked_rem(right),
    };
    value.map(Number::Integer).map_or_else(|| failure("numeric overflow"), Ok)
}

/// `None` on overflow. A quotient has the greater of the scales, rounded half up.
fn decimals(left: Number, operator: Operator, right: Number) -> Result<Option<Number>> {
    let Some((a, b, scale)) = left.aligned(right) else { return Ok(None) };
    if b == 0 && matches!(operator, Operator::Divide | Operator::Modulus) {
        return failure("division by zero");
    }
    let (value, scale) = match operator {
        Operator::Add => (a.checked_add(b), scale),
        Operator::Subtract => (a.checked_sub(b), scale),
        Operator::Multiply => {
            let (Some((a, a_scale)), Some((b, b_scale))) = (left.decimal(), right.decimal()) else { return Ok(None) };
            (a.checked_mul(b), a_scale + b_scale)
        }
        Operator::Divide => {
            let scaled = 10_i128.checked_pow(scale).and_then(|factor| a.checked_mul(factor));
            let rounded = scaled.map(|a| {
                let (quotient, rest) = (a / b, a % b);
                let up = rest.unsigned_abs() * 2 >= b.unsigned_abs();
                quotient + i128::from(up) * a.signum() * b.signum()
            });
            (rounded, scale)
        }
        Operator::Modulus => (Some(a % b), scale),
    };
    Ok(value.filter(|value| value.abs() < 10_i128.pow(38)).map(|value| Number::Decimal(value, scale)))
}

impl std::fmt::Display for Number {
    /// As JSON has it.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Integer(value) => write!(f, "{value}"),
            Self::Decimal(unscaled, 0) => write!(f, "{unscaled}"),
            Self::Decimal(unscaled, scale) => {
                let sign = if *unscaled < 0 { "-" } else { "" };
                let digits = format!("{:0width$}", unscaled.unsigned_abs(), width = *scale as usize + 1);
                let point = digits.len() - *scale as usize;
                write!(f, "{sign}{}.{}", &digits[..point], &digits[point..])
            }
            Self::Double(value) => {
                let mut text = String::new();
                crate::text::double(*value, &mut text);
                f.write_str(&text)
            }
        }
    }
}
