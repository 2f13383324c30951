//! Text to scalar values, as the SerDes read them: pure functions over bytes that give `None` for what does not fit.
//! JSON numbers, JSON strings and CSV cells all come here, so that `12` and `"12"` mean the same in every format.

use arrow::datatypes::TimeUnit;
use chrono::{Datelike, NaiveDate};

/// Whole numbers: digits with an optional sign.
pub(super) fn integer(text: &[u8]) -> Option<i64> {
    let (negative, digits) = match text {
        [b'-', rest @ ..] => (true, rest),
        [b'+', rest @ ..] => (false, rest),
        _ => (false, text),
    };
    if digits.is_empty() {
        return None;
    }
    let mut value: i64 = 0;
    if digits.len() <= 18 {
        for digit in digits {
            let digit = digit.wrapping_sub(b'0');
            if digit > 9 {
                return None;
            }
            value = value * 10 + i64::from(digit);
        }
        return Some(if negative { -value } else { value });
    }
    for digit in digits {
        let digit = digit.wrapping_sub(b'0');
        if digit > 9 {
            return None;
        }
        // Counted downwards: the smallest integer has no positive twin.
        value = value.checked_mul(10)?.checked_sub(i64::from(digit))?;
    }
    if negative { Some(value) } else { value.checked_neg() }
}

/// A whole number written in any way: `1.0` and `1e3` are, `1.5` is not.
pub(super) fn integral(text: &[u8]) -> Option<i64> {
    integer(text).or_else(|| {
        let number = Number::split(text)?;
        let (value, exact) = number.scaled(0)?;
        if exact { i64::try_from(value).ok() } else { None }
    })
}

/// The whole part of a plain decimal number, which is what LazySimpleSerDe makes of `1.9` in an integer column.
pub(super) fn whole_part(text: &[u8]) -> Option<i64> {
    match memchr::memchr(b'.', text) {
        Some(point) => {
            let (whole, fraction) = text.split_at(point);
            let plain = fraction.iter().skip(1).all(u8::is_ascii_digit);
            match whole {
                _ if !plain => None,
                [] | [b'-'] | [b'+'] => Some(0),
                whole => integer(whole),
            }
        }
        None => integer(text),
    }
}

/// Floating point: decimal notation, `NaN`, `Infinity` and their kin in any case.
pub(super) fn float<F: std::str::FromStr>(text: &[u8]) -> Option<F> {
    std::str::from_utf8(text).ok()?.parse().ok()
}

/// `true` or `false` in any case.
pub(super) fn boolean(text: &[u8]) -> Option<bool> {
    if text.eq_ignore_ascii_case(b"true") {
        Some(true)
    } else if text.eq_ignore_ascii_case(b"false") {
        Some(false)
    } else {
        None
    }
}

/// The unscaled value of a decimal(precision, scale), exact; more digits than the scale has are rounded half up, as Hive and
/// Trino do; more than the precision has do not fit.
pub(super) fn decimal(text: &[u8], precision: u8, scale: i8) -> Option<i128> {
    let number = Number::split(text)?;
    let (value, _) = number.scaled(i32::from(scale))?;
    let limit = 10i128.checked_pow(u32::from(precision))?;
    (value > -limit && value < limit).then_some(value)
}

/// A decimal number taken apart: its digits without the point, and how many of them stand after it.
struct Number<'t> {
    negative: bool,
    whole: &'t [u8],
    fraction: &'t [u8],
    exponent: i32,
}

impl<'t> Number<'t> {
    fn split(text: &'t [u8]) -> Option<Self> {
        let (negative, rest) = match text {
            [b'-', rest @ ..] => (true, rest),
            [b'+', rest @ ..] => (false, rest),
            _ => (false, text),
        };
        let (mantissa, exponent) = match memchr::memchr2(b'e', b'E', rest) {
            Some(at) => (rest.get(..at)?, i32::try_from(integer(rest.get(at + 1..)?)?).ok()?),
            None => (rest, 0),
        };
        let (whole, fraction) = match memchr::memchr(b'.', mantissa) {
            Some(at) => (mantissa.get(..at)?, mantissa.get(at + 1..)?),
            None => (mantissa, &[][..]),
        };
        let digits = whole.iter().chain(fraction).all(u8::is_ascii_digit) && !(whole.is_empty() && fraction.is_empty());
        digits.then_some(Self { negative, whole, fraction, exponent })
    }

    /// The number times ten to the `scale`, rounded half up (away from zero), and whether nothing was lost.
    /// `None` when it is beyond 128 bits.
    fn scaled(&self, scale: i32) -> Option<(i128, bool)> {
        let keep = (self.whole.len() as i64) + i64::from(self.exponent) + i64::from(scale);
        let mut value: i128 = 0;
        let (mut round, mut exact) = (false, true);
        let mut count: i64 = 0;
        for digit in self.whole.iter().chain(self.fraction).map(|digit| digit - b'0') {
            if count < keep {
                value = value.checked_mul(10)?.checked_add(i128::from(digit))?;
            } else {
                round |= count == keep && digit >= 5;
                exact &= digit == 0;
            }
            count += 1;
        }
        while count < keep && value != 0 {
            value = value.checked_mul(10)?;
            count += 1;
        }
        if round {
            value = value.checked_add(1)?;
        }
        Some((if self.negative { -value } else { value }, exact))
    }
}

/// Days since 1970-01-01: `yyyy-MM-dd`, with anything after a space or `T`, or a number of days, as the openx SerDe and
/// OpenCSVSerde have it.
pub(super) fn date(text: &[u8]) -> Option<i32> {
    if let Some(days) = integer(text) {
        return i32::try_from(days).ok();
    }
    let (days, rest) = calendar_day(text)?;
    matches!(rest.first(), None | Some(b' ' | b'T' | b't')).then_some(days)
}

/// `yyyy-MM-dd` at the beginning (one-digit months and days too), and what follows.
fn calendar_day(text: &[u8]) -> Option<(i32, &[u8])> {
    let (year, rest) = digits(text, 4, 4)?;
    let rest = rest.strip_prefix(b"-")?;
    let (month, rest) = digits(rest, 1, 2)?;
    let rest = rest.strip_prefix(b"-")?;
    let (day, rest) = digits(rest, 1, 2)?;
    let date = NaiveDate::from_ymd_opt(i32::try_from(year).ok()?, month, day)?;
    Some((date.num_days_from_ce() - DAYS_BEFORE_1970, rest))
}

/// Days from 0001-01-01, which chrono calls day 1, to 1970-01-01.
const DAYS_BEFORE_1970: i32 = 719_163;

/// Between `least` and `most` digits, and what follows them.
fn digits(text: &[u8], least: usize, most: usize) -> Option<(u32, &[u8])> {
    let count = text.iter().take(most).take_while(|byte| byte.is_ascii_digit()).count();
    if count < least {
        return None;
    }
    let (digits, rest) = text.split_at(count);
    Some((digits.iter().fold(0, |value, digit| value * 10 + u32::from(digit - b'0')), rest))
}

/// A timestamp in `unit`s since 1970-01-01, rounded half up. Text is `yyyy-MM-dd`, then optionally a space or `T`,
/// `HH:mm[:ss[.fraction]]` and `Z` or an offset (`+02`, `+0200`, `+02:00`), which is applied: the result is UTC's wall clock.
/// Numbers are the openx SerDe's: with a point seconds, of 13 and more characters milliseconds, else seconds.
pub(super) fn timestamp(text: &[u8], unit: TimeUnit) -> Option<i64> {
    let (seconds, nanoseconds) = match numeric_timestamp(text) {
        Some(instant) => instant,
        None => textual_timestamp(text)?,
    };
    let (per_second, nanoseconds_each) = match unit {
        TimeUnit::Second => (1, 1_000_000_000),
        TimeUnit::Millisecond => (1_000, 1_000_000),
        TimeUnit::Microsecond => (1_000_000, 1_000),
        TimeUnit::Nanosecond => (1_000_000_000, 1),
    };
    let fraction = (nanoseconds + nanoseconds_each / 2) / nanoseconds_each;
    seconds.checked_mul(per_second)?.checked_add(fraction)
}

fn numeric_timestamp(text: &[u8]) -> Option<(i64, i64)> {
    if let Some(number) = integer(text) {
        return Some(match text.len() {
            13.. => (number.div_euclid(1000), number.rem_euclid(1000) * 1_000_000),
            _ => (number, 0),
        });
    }
    let (nanoseconds, _) = Number::split(text)?.scaled(9)?;
    let seconds = i64::try_from(nanoseconds.div_euclid(1_000_000_000)).ok()?;
    Some((seconds, nanoseconds.rem_euclid(1_000_000_000) as i64))
}

fn textual_timestamp(text: &[u8]) -> Option<(i64, i64)> {
    let (days, rest) = calendar_day(text)?;
    let midnight = i64::from(days) * 86_400;
    let rest = match rest {
        [] => return Some((midnight, 0)),
        [b' ' | b'T' | b't', rest @ ..] => rest,
        _ => return None,
    };
    let (hour, rest) = digits(rest, 1, 2)?;
    let (minute, mut rest) = digits(rest.strip_prefix(b":")?, 1, 2)?;
    let (mut second, mut nanoseconds) = (0, 0);
    if let [b':', after @ ..] = rest {
        (second, rest) = digits(after, 1, 2)?;
        if let [b'.' | b',', after @ ..] = rest {
            (nanoseconds, rest) = fraction(after)?;
        }
    }
    if hour > 23 || minute > 59 || second > 59 {
        return None;
    }
    let clock = i64::from(hour * 3600 + minute * 60 + second);
    Some((midnight + clock - offset(rest)?, nanoseconds))
}

/// Digits after the point as nanoseconds; those beyond the ninth are dropped.
fn fraction(text: &[u8]) -> Option<(i64, &[u8])> {
    let count = text.iter().take_while(|byte| byte.is_ascii_digit()).count();
    let (digits, rest) = text.split_at(count);
    let mut nanoseconds = 0;
    for index in 0..9 {
        nanoseconds = nanoseconds * 10 + digits.get(index).map_or(0, |digit| i64::from(digit - b'0'));
    }
    (count > 0).then_some((nanoseconds, rest))
}

/// Seconds east of Greenwich; nothing is UTC.
fn offset(text: &[u8]) -> Option<i64> {
    let text = text.strip_prefix(b" ").unwrap_or(text);
    let (sign, rest) = match text {
        [] | b"Z" | b"z" | b"UTC" => return Some(0),
        [b'+', rest @ ..] => (1, rest),
        [b'-', rest @ ..] => (-1, rest),
        _ => return None,
    };
    let (hours, rest) = digits(rest, 2, 2)?;
    let rest = rest.strip_prefix(b":").unwrap_or(rest);
    let (minutes, rest) = if rest.is_empty() { (0, rest) } else { digits(rest, 2, 2)? };
    (rest.is_empty() && hours <= 18 && minutes < 60).then_some(sign * i64::from(hours * 3600 + minutes * 60))
}

#[cfg(test)]
mod tests;
