//! Dates, times, timestamps and intervals as Trino has them: what their values mean, whatever arrays hold them. Pure functions on one
//! value, which casts, operators and functions share.
//!
//! A timestamp is a [`Moment`], a time the picoseconds since midnight, a time with time zone that and its offset in minutes, a date
//! the days since 1970-01-01 of the proleptic Gregorian calendar, an interval milliseconds or months.

pub(crate) mod arithmetic;
pub(crate) mod calendar;
pub(crate) mod cast;
pub(crate) mod column;
pub(crate) mod interval;
pub(crate) mod parse;
pub(crate) mod print;

pub(crate) const MICROS_PER_SECOND: i64 = 1_000_000;
pub(crate) const MICROS_PER_DAY: i64 = 86_400 * MICROS_PER_SECOND;
pub(crate) const PICOS_PER_MICRO: i64 = 1_000_000;
pub(crate) const PICOS_PER_MILLI: i64 = 1_000_000_000;
pub(crate) const PICOS_PER_SECOND: i64 = 1_000_000_000_000;
pub(crate) const PICOS_PER_DAY: i64 = 86_400 * PICOS_PER_SECOND;
/// The most digits of a second that a value can have.
pub(crate) const MAX_PRECISION: u8 = 12;

/// A point on a line of time, to the picosecond: of a clock on the wall (timestamp) or of the world (an instant, in UTC).
/// Years beyond 290,000 on either side do not fit, as in Trino.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub(crate) struct Moment {
    /// Since 1970-01-01 00:00, rounded down.
    pub(crate) micros: i64,
    /// What is left, less than a million.
    pub(crate) picos: u32,
}

impl Moment {
    /// A count of seconds of which each has `10^digits` ticks. `None` where it does not fit.
    pub(crate) fn from_ticks(ticks: i128, digits: u8) -> Option<Self> {
        if digits <= 6 {
            return Some(Self { micros: i64::try_from(ticks.checked_mul(i128::from(ten_to(6 - digits)))?).ok()?, picos: 0 });
        }
        let per_micro = i128::from(ten_to(digits - 6));
        let picos = ticks.rem_euclid(per_micro) * i128::from(ten_to(MAX_PRECISION - digits));
        Some(Self { micros: i64::try_from(ticks.div_euclid(per_micro)).ok()?, picos: picos as u32 })
    }

    /// The count of ticks of `10^-digits` seconds, rounded down: exact when the value has no more digits.
    pub(crate) fn ticks(self, digits: u8) -> i128 {
        if digits <= 6 {
            return i128::from(self.micros.div_euclid(ten_to(6 - digits)));
        }
        i128::from(self.micros) * i128::from(ten_to(digits - 6))
            + i128::from(i64::from(self.picos) / ten_to(MAX_PRECISION - digits))
    }

    /// A day and picoseconds of that day. `None` where it does not fit.
    pub(crate) fn from_day(day: i64, picos: i64) -> Option<Self> {
        let micros = day.checked_mul(MICROS_PER_DAY)?.checked_add(picos / PICOS_PER_MICRO)?;
        Some(Self { micros, picos: (picos % PICOS_PER_MICRO) as u32 })
    }

    /// The day on the calendar.
    pub(crate) fn day(self) -> i64 {
        self.micros.div_euclid(MICROS_PER_DAY)
    }

    /// Picoseconds since midnight.
    pub(crate) fn picos_of_day(self) -> i64 {
        self.micros.rem_euclid(MICROS_PER_DAY) * PICOS_PER_MICRO + i64::from(self.picos)
    }

    /// Seconds, rounded down.
    pub(crate) fn seconds(self) -> i64 {
        self.micros.div_euclid(MICROS_PER_SECOND)
    }

    /// Milliseconds, rounded down.
    pub(crate) fn millis(self) -> i64 {
        self.micros.div_euclid(1000)
    }

    /// Picoseconds of the millisecond.
    pub(crate) fn picos_of_milli(self) -> i64 {
        self.micros.rem_euclid(1000) * PICOS_PER_MICRO + i64::from(self.picos)
    }

    /// The moment at the same fraction of another millisecond. `None` where it does not fit.
    pub(crate) fn with_millis(self, millis: i64) -> Option<Self> {
        let micros = millis.checked_mul(1000)?.checked_add(self.micros.rem_euclid(1000))?;
        Some(Self { micros, ..self })
    }

    /// Later by `seconds`. `None` where it does not fit.
    pub(crate) fn add_seconds(self, seconds: i64) -> Option<Self> {
        Some(Self { micros: self.micros.checked_add(seconds.checked_mul(MICROS_PER_SECOND)?)?, ..self })
    }

    /// Rounded half up to `digits` of a second, as casts between precisions do. `None` where it does not fit.
    pub(crate) fn round(self, digits: u8) -> Option<Self> {
        if digits >= MAX_PRECISION {
            return Some(self);
        }
        if digits < 6 {
            return Some(Self { micros: round_to(self.micros, ten_to(6 - digits))?, picos: 0 });
        }
        let picos = round_to(i64::from(self.picos), ten_to(MAX_PRECISION - digits))?;
        Some(Self { micros: self.micros.checked_add(picos / PICOS_PER_MICRO)?, picos: (picos % PICOS_PER_MICRO) as u32 })
    }
}

/// A time of day rounded half up to `digits` of a second; what rounds up to midnight is midnight.
pub(crate) fn round_time(picos: i64, digits: u8) -> i64 {
    let factor = ten_to(MAX_PRECISION.saturating_sub(digits));
    (picos + factor / 2) / factor * factor % PICOS_PER_DAY
}

/// `value` to the nearest multiple of `factor`, the half up (towards the future).
fn round_to(value: i64, factor: i64) -> Option<i64> {
    value.checked_add(factor / 2)?.div_euclid(factor).checked_mul(factor)
}

/// 10 to the power of `exponent`, which is at most 18.
pub(crate) fn ten_to(exponent: u8) -> i64 {
    10_i64.pow(exponent.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_are_counted_in_ticks_of_any_size_and_round_half_up() {
        for (micros, picos, digits, ticks) in
            [(1_500_000, 0, 0, 1), (-1, 0, 0, -1), (-1, 999_999, 12, -1), (1, 123_456, 9, 1123), (123_456, 0, 6, 123_456)]
        {
            let moment = Moment { micros, picos };
            assert_eq!(moment.ticks(digits), ticks, "{moment:?}");
        }
        assert_eq!(Moment::from_ticks(-1, 12), Some(Moment { micros: -1, picos: 999_999 }));
        assert_eq!(Moment::from_ticks(-1, 3), Some(Moment { micros: -1000, picos: 0 }));
        for (micros, picos, digits, expected) in [
            (1_499_999, 999_999, 0, (1_000_000, 0)),
            (1_500_000, 0, 0, (2_000_000, 0)),
            (-1_500_000, 0, 0, (-1_000_000, 0)),
            (999_999, 500_000, 6, (1_000_000, 0)),
            (0, 555_555, 9, (0, 556_000)),
            (0, 999_999, 9, (1, 0)),
        ] {
            let (micros, picos) = (micros, picos);
            let (seconds, rest) = expected;
            assert_eq!(Moment { micros, picos }.round(digits), Some(Moment { micros: seconds, picos: rest }), "{micros} {picos}");
        }
        assert_eq!(round_time(PICOS_PER_DAY - 1, 3), 0);
        assert_eq!(round_time(555_555_555_555, 2), 560_000_000_000);
    }
}
