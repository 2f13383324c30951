//! What one cell is. Glue's crawler knows integers (bigint), fractions (double) and text, and leaves dates text.

use crate::crawl::shape::{MAX_DECIMAL_DIGITS, Shape};

/// Bottom to top: each holds the values of those before it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Type {
    /// No cell, an empty one, or Hive's `\N`.
    #[default]
    Empty,
    Integer,
    /// An integer beyond 64 bits.
    Wide,
    Fraction,
    Text,
}

impl Type {
    pub(super) fn of(cell: &[u8]) -> Self {
        match cell {
            b"" | b"\\N" => Self::Empty,
            [b'0'..=b'9' | b'+' | b'-' | b'.', ..] => Self::of_number(cell),
            _ => Self::Text,
        }
    }

    /// `007` is text: it is somebody's key, and as a number it would lose its zeros.
    fn of_number(cell: &[u8]) -> Self {
        let digits = match cell {
            [b'+' | b'-', digits @ ..] => digits,
            digits => digits,
        };
        if digits.iter().all(u8::is_ascii_digit) {
            return match digits {
                [] | [b'0', _, ..] => Self::Text,
                _ if digits.len() <= 18 => Self::Integer,
                _ => match std::str::from_utf8(cell).unwrap_or_default().parse::<i64>() {
                    Ok(_) => Self::Integer,
                    Err(_) if digits.len() <= usize::from(MAX_DECIMAL_DIGITS) => Self::Wide,
                    Err(_) => Self::Text,
                },
            };
        }
        let is_number = digits.iter().all(|byte| matches!(byte, b'0'..=b'9' | b'.' | b'e' | b'E' | b'+' | b'-'));
        let zeros = matches!(digits, [b'0', b'0'..=b'9', ..]);
        let parsed = std::str::from_utf8(cell).ok().filter(|_| is_number && !zeros).and_then(|text| text.parse::<f64>().ok());
        if parsed.is_some() { Self::Fraction } else { Self::Text }
    }

    pub(super) fn join(self, other: Self) -> Self {
        self.max(other)
    }

    pub(super) fn shape(self) -> Shape {
        match self {
            Self::Empty => Shape::Null,
            Self::Integer => Shape::BigInt,
            Self::Wide => Shape::Decimal(MAX_DECIMAL_DIGITS, 0),
            Self::Fraction => Shape::Double,
            Self::Text => Shape::String,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells() {
        for (cell, expected) in [
            ("", Type::Empty),
            ("\\N", Type::Empty),
            ("0", Type::Integer),
            ("-7", Type::Integer),
            ("9223372036854775807", Type::Integer),
            ("9223372036854775808", Type::Wide),
            ("99999999999999999999999999999999999999999", Type::Text),
            ("007", Type::Text),
            ("1.5", Type::Fraction),
            ("-.5", Type::Fraction),
            ("5.", Type::Fraction),
            ("1e-3", Type::Fraction),
            ("0.10", Type::Fraction),
            ("00.10", Type::Text),
            ("-", Type::Text),
            (".", Type::Text),
            ("1,5", Type::Text),
            ("1-2", Type::Text),
            ("2021-05-01", Type::Text),
            ("1.2.3.4", Type::Text),
            ("12 ", Type::Text),
            ("n/a", Type::Text),
            ("true", Type::Text),
            ("$5", Type::Text),
            ("1e", Type::Text),
        ] {
            assert_eq!(Type::of(cell.as_bytes()), expected, "{cell:?}");
        }
    }
}
