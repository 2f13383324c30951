//! The text of interval literals: `INTERVAL '1 02:03:04.5' DAY TO SECOND`.

/// A unit of an interval, from the largest to the smallest.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Unit {
    Year,
    Month,
    Day,
    Hour,
    Minute,
    Second,
}

impl Unit {
    /// By its name, in any case.
    pub(crate) fn parse(name: &str) -> Option<Self> {
        const NAMES: [(&str, Unit); 6] = [
            ("year", Unit::Year),
            ("month", Unit::Month),
            ("day", Unit::Day),
            ("hour", Unit::Hour),
            ("minute", Unit::Minute),
            ("second", Unit::Second),
        ];
        NAMES.iter().find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, unit)| *unit)
    }

    fn millis(self) -> i64 {
        match self {
            Self::Year | Self::Month => 0,
            Self::Day => 86_400_000,
            Self::Hour => 3_600_000,
            Self::Minute => 60_000,
            Self::Second => 1000,
        }
    }
}

/// A value of one of the two types of intervals.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Interval {
    Months(i32),
    Millis(i64),
}

impl Interval {
    /// The other way.
    pub(crate) fn negate(self) -> Option<Self> {
        match self {
            Self::Months(months) => months.checked_neg().map(Self::Months),
            Self::Millis(millis) => millis.checked_neg().map(Self::Millis),
        }
    }
}

/// The interval of `text` in `from` to `to` (`from` alone where they are the same). Later units may be left out: `'12' DAY TO HOUR`.
/// `None` where the text is not of that shape or too large, or the units do not go together.
pub(crate) fn parse(text: &str, from: Unit, to: Unit) -> Option<Interval> {
    if to < from || (from <= Unit::Month) != (to <= Unit::Month) {
        return None;
    }
    let (negative, digits) = match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    };
    // The least value has no positive counterpart.
    let sign = if negative { -1 } else { 1 };
    if to <= Unit::Month {
        return i32::try_from(i64::from(sign) * months(digits, from, to)?).ok().map(Interval::Months);
    }
    i64::try_from(i128::from(sign) * millis(digits, from, to)?).ok().map(Interval::Millis)
}

fn number(text: &str) -> Option<i64> {
    let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    digits.then(|| text.parse().ok()).flatten()
}

fn months(text: &str, from: Unit, to: Unit) -> Option<i64> {
    let (first, second) = match text.split_once('-') {
        Some((years, months)) if from < to => (number(years)?, number(months)?),
        Some(_) => return None,
        None => (number(text)?, 0),
    };
    if from == Unit::Year { first.checked_mul(12)?.checked_add(second) } else { Some(first) }
}

fn millis(text: &str, from: Unit, to: Unit) -> Option<i128> {
    const UNITS: [Unit; 4] = [Unit::Day, Unit::Hour, Unit::Minute, Unit::Second];
    let mut rest = Some(text);
    let mut total = 0_i128;
    for unit in UNITS.into_iter().filter(|unit| (from..=to).contains(unit)) {
        let Some(text) = rest else { break };
        let separator = if unit == Unit::Day { ' ' } else { ':' };
        let (value, remaining) = match text.split_once(separator) {
            Some((value, remaining)) => (value, Some(remaining)),
            None => (text, None),
        };
        rest = remaining;
        let (whole, fraction) = match value.split_once('.') {
            Some((whole, fraction)) if unit == Unit::Second => (whole, fraction),
            Some(_) => return None,
            None => (value, ""),
        };
        total += i128::from(number(whole)?) * i128::from(unit.millis()) + i128::from(thousandths(fraction)?);
    }
    rest.is_none().then_some(total)
}

/// Milliseconds of the digits after the point; what is less is dropped.
fn thousandths(digits: &str) -> Option<i64> {
    if digits.is_empty() {
        return Some(0);
    }
    number(digits)?;
    let first: String = digits.chars().chain("00".chars()).take(3).collect();
    number(&first)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn literals() {
        use Unit::{Day, Hour, Minute, Month, Second, Year};
        let millis = |millis| Some(Interval::Millis(millis));
        let months = |months| Some(Interval::Months(months));
        for (text, from, to, expected) in [
            ("12 10:45:32.123", Day, Second, millis(1_075_532_123)),
            ("12 10:45", Day, Second, millis(1_075_500_000)),
            ("12", Day, Hour, millis(1_036_800_000)),
            ("12 10", Day, Hour, millis(1_072_800_000)),
            ("10:45:32.12", Hour, Second, millis(38_732_120)),
            ("10", Hour, Hour, millis(36_000_000)),
            ("45:32.1239", Minute, Second, millis(2_732_123)),
            ("-32.1", Second, Second, millis(-32_100)),
            ("12X", Day, Day, None),
            ("12 10", Day, Day, None),
            ("--12", Day, Day, None),
            ("1.5", Day, Day, None),
            ("12", Minute, Hour, None),
            ("124-30", Year, Month, months(1518)),
            ("-124-3", Year, Month, months(-1491)),
            ("124", Year, Month, months(1488)),
            ("30", Month, Month, months(30)),
            ("124-30", Year, Year, None),
            ("124--30", Year, Month, None),
            ("2000000000", Year, Year, None),
            ("1", Month, Day, None),
        ] {
            assert_eq!(parse(text, from, to), expected, "{text:?} {from:?} to {to:?}");
        }
        assert_eq!(Unit::parse("MINUTE"), Some(Minute));
    }
}
