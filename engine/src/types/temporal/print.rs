//! Temporal values to text: Trino's form of each type, which casts to varchar, results and JSON have.

use std::fmt::Write;

use super::{MAX_PRECISION, Moment, PICOS_PER_SECOND, calendar, ten_to};
use crate::types::{Zone, zone};

/// `2020-05-01`. Years beyond four digits have a sign, as ISO 8601 and Java want it.
pub(crate) fn date(days: i64, out: &mut String) {
    let civil = calendar::civil(days);
    let year = civil.year.unsigned_abs();
    let sign = if civil.year < 0 {
        "-"
    } else if year > 9999 {
        "+"
    } else {
        ""
    };
    _ = write!(out, "{sign}{year:04}-{:02}-{:02}", civil.month, civil.day);
}

/// `12:34:56.789` of picoseconds since midnight, with `digits` of the second.
pub(crate) fn time(picos: i64, digits: u8, out: &mut String) {
    let (seconds, fraction) = (picos / PICOS_PER_SECOND, picos % PICOS_PER_SECOND);
    _ = write!(out, "{:02}:{:02}:{:02}", seconds / 3600, seconds / 60 % 60, seconds % 60);
    if digits > 0 {
        let fraction = fraction / ten_to(MAX_PRECISION.saturating_sub(digits));
        _ = write!(out, ".{fraction:0width$}", width = usize::from(digits));
    }
}

/// `12:34:56.789+05:45`.
pub(crate) fn time_with_zone(picos: i64, offset: i16, digits: u8, out: &mut String) {
    time(picos, digits, out);
    _ = zone::write_offset(offset.into(), out);
}

/// `2020-05-01 12:34:56.789`.
pub(crate) fn timestamp(moment: Moment, digits: u8, out: &mut String) {
    date(moment.day(), out);
    out.push(' ');
    time(moment.picos_of_day(), digits, out);
}

/// `2020-05-01 12:34:56.789 Asia/Kathmandu` of an instant.
pub(crate) fn timestamp_with_zone(instant: Moment, zone: Zone, digits: u8, out: &mut String) {
    timestamp(zone.local(instant).unwrap_or(instant), digits, out);
    _ = write!(out, " {zone}");
}

/// `2020-05-01T12:34:56.789`, as `to_iso8601` has it.
pub(crate) fn iso_timestamp(moment: Moment, digits: u8, out: &mut String) {
    date(moment.day(), out);
    out.push('T');
    time(moment.picos_of_day(), digits, out);
}

/// `1-2`: years and months of an interval.
pub(crate) fn year_to_month(months: i32, out: &mut String) {
    let magnitude = months.unsigned_abs();
    _ = write!(out, "{}{}-{}", if months < 0 { "-" } else { "" }, magnitude / 12, magnitude % 12);
}

/// `1 02:03:04.567`: days and time of an interval.
pub(crate) fn day_to_second(millis: i64, out: &mut String) {
    let magnitude = millis.unsigned_abs();
    let (seconds, millis) = (magnitude / 1000, (magnitude % 1000, if millis < 0 { "-" } else { "" }));
    let (millis, sign) = millis;
    let (days, hours) = (seconds / 86_400, seconds / 3600 % 24);
    _ = write!(out, "{sign}{days} {hours:02}:{:02}:{:02}.{millis:03}", seconds / 60 % 60, seconds % 60);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn printed(print: impl FnOnce(&mut String)) -> String {
        let mut out = String::new();
        print(&mut out);
        out
    }

    #[test]
    fn forms() {
        let moment = Moment { micros: 1_588_336_496_123_456, picos: 789_012 };
        let zone = Zone::parse("Asia/Kathmandu").unwrap();
        for (text, expected) in [
            (printed(|out| date(-719_529, out)), "-0001-12-31"),
            (printed(|out| date(44_194_000, out)), "+122969-01-23"),
            (printed(|out| timestamp(moment, 12, out)), "2020-05-01 12:34:56.123456789012"),
            (printed(|out| timestamp(moment, 0, out)), "2020-05-01 12:34:56"),
            (printed(|out| timestamp_with_zone(moment, zone, 3, out)), "2020-05-01 18:19:56.123 Asia/Kathmandu"),
            (printed(|out| iso_timestamp(moment, 1, out)), "2020-05-01T12:34:56.1"),
            (printed(|out| time_with_zone(1, -35, 12, out)), "00:00:00.000000000001-00:35"),
            (printed(|out| year_to_month(-1488, out)), "-124-0"),
            (printed(|out| day_to_second(-1_075_532_123, out)), "-12 10:45:32.123"),
            (printed(|out| day_to_second(i64::MIN, out)), "-106751991167 07:12:55.808"),
        ] {
            assert_eq!(text, expected);
        }
    }
}
