//! Numbers as text: as Java's `BigDecimal` reads and prints them.

use std::fmt;

use bigdecimal::BigDecimal;
use bigdecimal::num_bigint::BigInt;

use super::Number;

impl Number {
    /// What a cast of text to `number` reads, without the blanks around it; names are read in this spelling alone. None for all else.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        match text {
            "NaN" => return Some(Self::NaN),
            "Infinity" | "+Infinity" => return Some(Self::INFINITY),
            "-Infinity" => return Some(Self::Infinite { negative: true }),
            _ => {}
        }
        let (negative, digits, exponent) = crate::cast::decimal::digits(text)?;
        let digits = BigInt::parse_bytes(digits.as_bytes(), 10)?;
        Self::finite(BigDecimal::new(if negative { -digits } else { digits }, -exponent))
    }
}

/// Java's `BigDecimal.toString`: plain with up to six zeros behind the point, else with an exponent.
impl fmt::Display for Number {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let value = match self {
            Self::NaN => return f.write_str("NaN"),
            Self::Infinite { negative } => return f.write_str(if *negative { "-Infinity" } else { "+Infinity" }),
            Self::Finite(value) => value,
        };
        let (unscaled, scale) = value.as_bigint_and_scale();
        let digits = unscaled.magnitude().to_string();
        let exponent = digits.len() as i64 - 1 - scale;
        if unscaled.sign() == bigdecimal::num_bigint::Sign::Minus {
            f.write_str("-")?;
        }
        if scale == 0 {
            f.write_str(&digits)
        } else if scale > 0 && exponent >= 0 {
            let (whole, fraction) = digits.split_at((exponent + 1) as usize);
            write!(f, "{whole}.{fraction}")
        } else if scale > 0 && exponent >= -6 {
            write!(f, "0.{digits:0>width$}", width = scale as usize)
        } else {
            let (first, rest) = digits.split_at(1);
            let point = if rest.is_empty() { "" } else { "." };
            write!(f, "{first}{point}{rest}E{exponent:+}")
        }
    }
}
