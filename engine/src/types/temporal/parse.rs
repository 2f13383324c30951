//! Text to temporal values: what literals and casts take. The shapes are those of Trino's `DateTimes`; no text is copied.

use super::{MAX_PRECISION, Moment, PICOS_PER_SECOND, calendar, round_time, ten_to};
use crate::types::Zone;

/// A timestamp as it is written: local time, its digits, its zone where it has one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct TimestampText<'a> {
    seconds: i64,
    fraction: Fraction,
    pub(crate) zone: Option<&'a str>,
}

/// A time of day as it is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct TimeText {
    seconds: i64,
    fraction: Fraction,
    /// Minutes, where it has an offset.
    pub(crate) offset: Option<i16>,
}

/// The digits after the point: how many, and their number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
struct Fraction {
    digits: u8,
    value: i64,
}

impl Fraction {
    /// Picoseconds, rounded half up to `digits`; may be a whole second.
    fn picos(self, digits: u8) -> i64 {
        let value = match self.digits.checked_sub(digits) {
            Some(excess) if excess > 0 => {
                let factor = ten_to(excess);
                // 18 digits at most, so that the half cannot overflow.
                (self.value + factor / 2) / factor * factor
            }
            _ => self.value,
        };
        match self.digits.checked_sub(MAX_PRECISION) {
            Some(excess) => value / ten_to(excess),
            None => value * ten_to(MAX_PRECISION - self.digits),
        }
    }
}

impl<'a> TimestampText<'a> {
    /// `2020-05-01`, `2020-5-1 12:34`, `+12020-05-01 12:34:56.789 Asia/Kathmandu`. `None` where it is nothing of the kind or no day or
    /// time.
    pub(crate) fn parse(text: &'a str) -> Option<Self> {
        let mut rest = Scanner(text);
        let day = rest.date(4)?;
        let mut parsed = Self { seconds: day.checked_mul(86_400)?, fraction: Fraction::default(), zone: None };
        if rest.0.is_empty() {
            return Some(parsed);
        }
        rest.take(' ')?;
        let before = rest.0;
        match rest.clock() {
            Some((seconds, fraction)) => {
                parsed.seconds = parsed.seconds.checked_add(seconds?)?;
                parsed.fraction = fraction;
            }
            None => rest.0 = before,
        }
        let zone = rest.0.trim_start();
        parsed.zone = (!zone.is_empty()).then_some(zone);
        Some(parsed)
    }

    /// The digits of its second, which are the precision of a literal.
    pub(crate) fn precision(&self) -> u8 {
        self.fraction.digits
    }

    /// Local time, rounded half up to `digits`. `None` where it does not fit.
    pub(crate) fn local(&self, digits: u8) -> Option<Moment> {
        let picos = self.fraction.picos(digits);
        let seconds = self.seconds.checked_add(picos / PICOS_PER_SECOND)?;
        Moment::from_day(seconds.div_euclid(86_400), seconds.rem_euclid(86_400) * PICOS_PER_SECOND + picos % PICOS_PER_SECOND)
    }

    /// Its zone, else `session`. `None` where there is no zone of that name.
    pub(crate) fn zone(&self, session: Zone) -> Option<Zone> {
        self.zone.map_or(Some(session), Zone::parse)
    }
}

impl TimeText {
    /// `12:34`, `12:34:56.789`, `12:34:56 +05:45`. `None` where it is nothing of the kind, no time of day, or has more than 12 digits.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let mut rest = Scanner(text);
        let (seconds, fraction) = rest.clock()?;
        let rest = rest.0.trim_start();
        let offset = if rest.is_empty() { None } else { Some(exact_offset(rest)?) };
        (fraction.digits <= MAX_PRECISION).then_some(Self { seconds: seconds?, fraction, offset })
    }

    /// The digits of its second, which are the precision of a literal.
    pub(crate) fn precision(&self) -> u8 {
        self.fraction.digits
    }

    /// Picoseconds since midnight, rounded half up to `digits`; midnight where that is the next one.
    pub(crate) fn picos(&self, digits: u8) -> i64 {
        round_time(self.seconds * PICOS_PER_SECOND + self.fraction.picos(MAX_PRECISION), digits)
    }
}

/// Days since 1970-01-01 of `2020-05-01`, `-5-1-1`. `None` where it is nothing of the kind, or no day that 32 bits can count.
pub(crate) fn date(text: &str) -> Option<i32> {
    let mut rest = Scanner(text);
    let day = rest.date(1)?;
    rest.0.is_empty().then(|| i32::try_from(day).ok()).flatten()
}

/// Minutes of `+05:45`.
fn exact_offset(text: &str) -> Option<i16> {
    let &[sign @ (b'+' | b'-'), h1, h2, b':', m1, m2] = text.as_bytes() else { return None };
    let digit = |byte: u8| byte.is_ascii_digit().then(|| i16::from(byte - b'0'));
    let (hours, minutes) = (digit(h1)? * 10 + digit(h2)?, digit(m1)? * 10 + digit(m2)?);
    let total = hours * 60 + minutes;
    (minutes < 60 && total <= 14 * 60).then_some(if sign == b'-' { -total } else { total })
}

/// What is left of a text.
struct Scanner<'a>(&'a str);

impl Scanner<'_> {
    fn take(&mut self, expected: char) -> Option<()> {
        self.0 = self.0.strip_prefix(expected)?;
        Some(())
    }

    /// As many digits as there are, up to `most`: how many, and their number.
    fn digits(&mut self, most: usize) -> Option<Fraction> {
        let count = self.0.bytes().take(most).take_while(u8::is_ascii_digit).count();
        let (digits, rest) = self.0.split_at(count);
        self.0 = rest;
        Some(Fraction { digits: u8::try_from(count).ok().filter(|&count| count > 0)?, value: digits.parse().ok()? })
    }

    /// `[+-]y…-m[m]-d[d]`: days since 1970-01-01, where there is such a day.
    fn date(&mut self, year_digits: u8) -> Option<i64> {
        let negative = self.0.starts_with('-');
        if self.0.starts_with(['+', '-']) {
            self.0 = &self.0[1..];
        }
        let year = self.digits(9)?;
        if year.digits < year_digits {
            return None;
        }
        self.take('-')?;
        let month = self.digits(2)?.value;
        self.take('-')?;
        let day = self.digits(2)?.value;
        calendar::checked_days(if negative { -year.value } else { year.value }, month, day)
    }

    /// `h[h]:m[m][:s[s][.f…]]`: `None` where the text is nothing of the kind, `Some(None)` seconds where it is no time of day.
    #[allow(clippy::option_option)]
    fn clock(&mut self) -> Option<(Option<i64>, Fraction)> {
        let hour = self.digits(2)?.value;
        self.take(':')?;
        let minute = self.digits(2)?.value;
        let (mut second, mut fraction) = (0, Fraction::default());
        let before = self.0;
        if self.take(':').is_some() {
            match self.digits(2) {
                Some(digits) => {
                    second = digits.value;
                    let before = self.0;
                    if self.take('.').is_some() {
                        match self.digits(18) {
                            Some(digits) => fraction = digits,
                            None => self.0 = before,
                        }
                    }
                }
                None => self.0 = before,
            }
        }
        let valid = hour < 24 && minute < 60 && second < 60;
        Some((valid.then_some(hour * 3600 + minute * 60 + second), fraction))
    }
}

#[cfg(test)]
mod tests {
    use super::super::print;
    use super::*;

    #[test]
    fn timestamps() {
        for (text, digits, expected) in [
            ("2020-05-01", 0, Some("2020-05-01 00:00:00")),
            ("2020-5-1 1:2", 0, Some("2020-05-01 01:02:00")),
            ("2020-05-01 12:34:56.5", 0, Some("2020-05-01 12:34:57")),
            ("2020-05-01 23:59:59.9999", 3, Some("2020-05-02 00:00:00.000")),
            ("-123001-05-01 12:34:56.111111111111", 12, Some("-123001-05-01 12:34:56.111111111111")),
            ("+123001-05-01 12:34:56.5", 0, Some("+123001-05-01 12:34:57")),
            ("2020-05-01 12:34:56.1111111111111", 12, Some("2020-05-01 12:34:56.111111111111")),
            ("2020-05-01 ", 0, Some("2020-05-01 00:00:00")),
            ("2022-01-01 25:00:00", 0, None),
            ("2022-01-01 00:00:61", 0, None),
            ("2022-00-01 00:00:00", 0, None),
            ("2020-05-10T12:34:56", 0, None),
            ("13-02-02", 0, None),
            ("ABC", 0, None),
            ("", 0, None),
        ] {
            let parsed = TimestampText::parse(text).and_then(|parsed| parsed.local(digits)).map(|moment| {
                let mut out = String::new();
                print::timestamp(moment, digits, &mut out);
                out
            });
            assert_eq!(parsed.as_deref(), expected, "{text:?}");
        }
        for (text, zone) in [
            ("2020-05-01 12:34:56+05:45", Some("+05:45")),
            ("2020-05-01 Asia/Kathmandu", Some("Asia/Kathmandu")),
            ("2020-05-01 12:34  UTC", Some("UTC")),
            ("2020-05-01 12:34:56.1", None),
        ] {
            assert_eq!(TimestampText::parse(text).unwrap().zone, zone, "{text:?}");
        }
    }

    #[test]
    fn times_and_dates() {
        for (text, digits, expected) in [
            ("12:34:56.555", 2, Some((45_296_560_000_000_000, None))),
            ("1:2", 0, Some((3_720 * PICOS_PER_SECOND, None))),
            ("23:59:59.999999999999", 7, Some((0, None))),
            ("12:34:56 +08:35", 0, Some((45_296 * PICOS_PER_SECOND, Some(515)))),
            ("12:34:56-00:35", 0, Some((45_296 * PICOS_PER_SECOND, Some(-35)))),
            ("12:00:00+15:00", 0, None),
            ("12:00:00-13:60", 0, None),
            ("23:59:60", 0, None),
            ("12:34:56.1111111111111", 0, None),
            ("xxx", 0, None),
        ] {
            assert_eq!(TimeText::parse(text).map(|parsed| (parsed.picos(digits), parsed.offset)), expected, "{text:?}");
        }
        for (text, expected) in [
            ("1970-1-2", Some(1)),
            ("13-2-2", Some(calendar::days(13, 2, 2) as i32)),
            ("2013-02-30", None),
            ("2013-02-02 ", None),
            ("6000000-01-01", None),
        ] {
            assert_eq!(date(text), expected, "{text:?}");
        }
    }
}
