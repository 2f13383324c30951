//! The bytes of a number: a kind, and for finite numbers how far the first digit is from the point, and the digits, two a byte.
//! Bytes compare as the numbers do: those of negative numbers are turned around, with an end that is larger than any of their
//! digits, since of two that begin alike the one with more digits is the smaller.

use bigdecimal::BigDecimal;
use bigdecimal::num_bigint::{BigInt, Sign};
use catalog::{Error, Result};

use super::Number;

const NEGATIVE_INFINITY: u8 = 1;
const NEGATIVE: u8 = 2;
const ZERO: u8 = 3;
const POSITIVE: u8 = 4;
const POSITIVE_INFINITY: u8 = 5;
/// The bytes of NaN.
const NAN: &[u8] = &[6];
/// Behind the digits of a negative number; none of those is so large, since a pair of digits is kept as one more than it is.
const END: u8 = u8::MAX;
/// What is added to the place of the point, so that it is not negative.
const BIAS: i64 = 1 << 15;

/// Whether these are the bytes of NaN.
pub(crate) fn is_nan(bytes: &[u8]) -> bool {
    bytes == NAN
}

impl Number {
    /// Appends the number's bytes.
    pub(crate) fn write(&self, out: &mut Vec<u8>) {
        match self {
            Self::NaN => out.extend_from_slice(NAN),
            Self::Infinite { negative: true } => out.push(NEGATIVE_INFINITY),
            Self::Infinite { negative: false } => out.push(POSITIVE_INFINITY),
            Self::Finite(value) => finite(value, out),
        }
    }

    /// The number of these bytes.
    ///
    /// Errors: `Internal` for bytes that no number has.
    pub(crate) fn read(bytes: &[u8]) -> Result<Self> {
        let wrong = || Error::internal("bytes of a number that is none");
        let (kind, rest) = bytes.split_first().ok_or_else(wrong)?;
        Ok(match (*kind, rest) {
            (NEGATIVE_INFINITY, []) => Self::Infinite { negative: true },
            (POSITIVE_INFINITY, []) => Self::INFINITY,
            (ZERO, []) => Self::Finite(BigDecimal::default()),
            (NEGATIVE, [rest @ .., END]) => Self::Finite(read(rest, true).ok_or_else(wrong)?),
            (POSITIVE, rest) => Self::Finite(read(rest, false).ok_or_else(wrong)?),
            _ if is_nan(bytes) => Self::NaN,
            _ => return Err(wrong()),
        })
    }
}

fn finite(value: &BigDecimal, out: &mut Vec<u8>) {
    let (unscaled, scale) = value.as_bigint_and_scale();
    let negative = match unscaled.sign() {
        Sign::NoSign => return out.push(ZERO),
        Sign::Minus => true,
        Sign::Plus => false,
    };
    out.push(if negative { NEGATIVE } else { POSITIVE });
    let digits = unscaled.magnitude().to_string();
    let turned = |byte: u8| if negative { !byte } else { byte };
    // Within 16 bits: see `SCALES` and `MAX_DIGITS`.
    let place = (digits.len() as i64 - scale + BIAS).clamp(0, u16::MAX.into()) as u16;
    out.extend(place.to_be_bytes().map(turned));
    let digit = |byte: Option<&u8>| byte.map_or(0, |byte| byte - b'0');
    out.extend(digits.as_bytes().chunks(2).map(|pair| turned(digit(pair.first()) * 10 + digit(pair.get(1)) + 1)));
    if negative {
        out.push(END);
    }
}

fn read(bytes: &[u8], negative: bool) -> Option<BigDecimal> {
    let turned = |byte: u8| if negative { !byte } else { byte };
    let [high, low, pairs @ ..] = bytes else { return None };
    let place = i64::from(u16::from_be_bytes([turned(*high), turned(*low)])) - BIAS;
    let pairs = pairs.iter().map(|pair| turned(*pair).checked_sub(1)).collect::<Option<Vec<u8>>>()?;
    let mut digits: Vec<u8> = pairs.iter().flat_map(|pair| [pair / 10, pair % 10]).collect();
    if digits.last() == Some(&0) {
        digits.pop();
    }
    let sign = if negative { Sign::Minus } else { Sign::Plus };
    let unscaled = BigInt::from_radix_be(sign, &digits, 10).filter(|_| !digits.is_empty())?;
    Some(BigDecimal::new(unscaled, digits.len() as i64 - place))
}
