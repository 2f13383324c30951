//! Dates, times, timestamps and intervals as Trino prints them. Precision follows the Arrow unit: a timestamp in milliseconds is
//! `timestamp(3)` and has three digits.

use std::fmt::Write;

use arrow::array::timezone::Tz;
use arrow::array::{Array, ArrowPrimitiveType, AsArray};
use arrow::datatypes::{
    DataType, DurationMicrosecondType, DurationMillisecondType, DurationNanosecondType, DurationSecondType, IntervalDayTimeType,
    IntervalMonthDayNanoType, IntervalUnit, IntervalYearMonthType, Time32MillisecondType, Time32SecondType,
    Time64MicrosecondType, Time64NanosecondType, TimeUnit, TimestampMicrosecondType, TimestampMillisecondType,
    TimestampNanosecondType, TimestampSecondType,
};
use catalog::Result;
use chrono::{DateTime, Offset, TimeZone};

use super::{Writer, unprintable};
use crate::types::temporal::print::date;

const NANOS_PER_DAY: i128 = 86_400_000_000_000;

pub(super) fn writer<'a>(array: &'a dyn Array) -> Result<Writer<'a>> {
    use DataType as T;
    use TimeUnit::{Microsecond, Millisecond, Nanosecond, Second};
    Ok(match array.data_type() {
        T::Time32(Second) => ticks::<Time32SecondType>(array, |ticks, out| time(ticks, 0, out)),
        T::Time32(Millisecond) => ticks::<Time32MillisecondType>(array, |ticks, out| time(ticks, 3, out)),
        T::Time64(Microsecond) => ticks::<Time64MicrosecondType>(array, |ticks, out| time(ticks, 6, out)),
        T::Time64(Nanosecond) => ticks::<Time64NanosecondType>(array, |ticks, out| time(ticks, 9, out)),
        T::Timestamp(unit, zone) => {
            let (digits, zone) = (digits(*unit), zone.as_deref().map(Zone::new));
            let print = move |ticks: i64, out: &mut String| match &zone {
                Some(zone) => zone.write(ticks, digits, out),
                None => timestamp(ticks, digits, out),
            };
            match unit {
                Second => ticks::<TimestampSecondType>(array, print),
                Millisecond => ticks::<TimestampMillisecondType>(array, print),
                Microsecond => ticks::<TimestampMicrosecondType>(array, print),
                Nanosecond => ticks::<TimestampNanosecondType>(array, print),
            }
        }
        T::Duration(Second) => {
            ticks::<DurationSecondType>(array, |ticks, out| days_and_time(0, i128::from(ticks) * 1_000_000_000, out))
        }
        T::Duration(Millisecond) => {
            ticks::<DurationMillisecondType>(array, |ticks, out| days_and_time(0, i128::from(ticks) * 1_000_000, out))
        }
        T::Duration(Microsecond) => {
            ticks::<DurationMicrosecondType>(array, |ticks, out| days_and_time(0, i128::from(ticks) * 1000, out))
        }
        T::Duration(Nanosecond) => ticks::<DurationNanosecondType>(array, |ticks, out| days_and_time(0, ticks.into(), out)),
        T::Interval(unit) => interval(array, *unit),
        other => return Err(unprintable(other)),
    })
}

fn ticks<'a, P: ArrowPrimitiveType<Native: Into<i64>>>(
    array: &'a dyn Array,
    print: impl Fn(i64, &mut String) + Send + Sync + 'a,
) -> Writer<'a> {
    let array = array.as_primitive::<P>();
    Box::new(move |row, out| print(array.value(row).into(), out))
}

fn interval<'a>(array: &'a dyn Array, unit: IntervalUnit) -> Writer<'a> {
    match unit {
        IntervalUnit::YearMonth => {
            let array = array.as_primitive::<IntervalYearMonthType>();
            Box::new(move |row, out| years_and_months(array.value(row), out))
        }
        IntervalUnit::DayTime => {
            let array = array.as_primitive::<IntervalDayTimeType>();
            Box::new(move |row, out| {
                let value = array.value(row);
                days_and_time(value.days, i128::from(value.milliseconds) * 1_000_000, out);
            })
        }
        // Arrow's interval has both of Trino's in it; the part that is zero is left out.
        IntervalUnit::MonthDayNano => {
            let array = array.as_primitive::<IntervalMonthDayNanoType>();
            Box::new(move |row, out| {
                let value = array.value(row);
                if value.months != 0 {
                    years_and_months(value.months, out);
                }
                if value.months == 0 || value.days != 0 || value.nanoseconds != 0 {
                    out.push_str(if value.months == 0 { "" } else { " " });
                    days_and_time(value.days, value.nanoseconds.into(), out);
                }
            })
        }
    }
}

/// The digits of a second that a unit counts.
pub(super) fn digits(unit: TimeUnit) -> u32 {
    match unit {
        TimeUnit::Second => 0,
        TimeUnit::Millisecond => 3,
        TimeUnit::Microsecond => 6,
        TimeUnit::Nanosecond => 9,
    }
}

/// `ticks` of a day, of which a second has 10 to the power of `digits`.
fn time(ticks: i64, digits: u32, out: &mut String) {
    let per_second = 10_i64.pow(digits);
    let (seconds, fraction) = (ticks.div_euclid(per_second), ticks.rem_euclid(per_second));
    _ = write!(out, "{:02}:{:02}:{:02}", seconds / 3600, seconds / 60 % 60, seconds % 60);
    if digits > 0 {
        _ = write!(out, ".{fraction:0width$}", width = digits as usize);
    }
}

fn timestamp(ticks: i64, digits: u32, out: &mut String) {
    let per_day = 86_400 * 10_i64.pow(digits);
    date(ticks.div_euclid(per_day), out);
    out.push(' ');
    time(ticks.rem_euclid(per_day), digits, out);
}

/// A time zone by its name or offset; what Arrow does not know prints as UTC, under the name that was given.
struct Zone {
    name: String,
    zone: Option<Tz>,
}

impl Zone {
    fn new(name: &str) -> Self {
        let utc = matches!(name, "UTC" | "Z" | "+00:00" | "+0000" | "+00");
        Self { name: if utc { "UTC".into() } else { name.into() }, zone: if utc { None } else { name.parse().ok() } }
    }

    fn write(&self, ticks: i64, digits: u32, out: &mut String) {
        let per_second = 10_i64.pow(digits);
        let instant = DateTime::from_timestamp(ticks.div_euclid(per_second), 0).map(|instant| instant.naive_utc());
        let offset = match (self.zone, instant) {
            (Some(zone), Some(instant)) => zone.offset_from_utc_datetime(&instant).fix().local_minus_utc(),
            _ => 0,
        };
        timestamp(ticks.saturating_add(i64::from(offset) * per_second), digits, out);
        out.push(' ');
        out.push_str(&self.name);
    }
}

/// Trino's `interval year to month`.
fn years_and_months(months: i32, out: &mut String) {
    let magnitude = months.unsigned_abs();
    _ = write!(out, "{}{}-{}", if months < 0 { "-" } else { "" }, magnitude / 12, magnitude % 12);
}

/// Trino's `interval day to second`, which has milliseconds.
fn days_and_time(days: i32, nanos: i128, out: &mut String) {
    let total = i128::from(days) * NANOS_PER_DAY + nanos;
    let magnitude = total.unsigned_abs() / 1_000_000;
    let (seconds, millis) = (magnitude / 1000, magnitude % 1000);
    let sign = if total < 0 { "-" } else { "" };
    _ = write!(
        out,
        "{sign}{} {:02}:{:02}:{:02}.{millis:03}",
        seconds / 86_400,
        seconds / 3600 % 24,
        seconds / 60 % 60,
        seconds % 60
    );
}
