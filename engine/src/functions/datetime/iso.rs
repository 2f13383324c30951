//! Dates and timestamps of ISO 8601: `2001-08-22T03:04:05.321+07:09`, `2001-W34-3`, `2001-234`.

use arrow::array::ArrayRef;
use datafusion::common::Result;

use super::{Zoned, clock, column, digits, invalid, overflow, zoned};
use crate::functions::{Call, Overload, Scalar};
use crate::types::Zone;
use crate::types::temporal::column::dates;
use crate::types::temporal::{Moment, PICOS_PER_SECOND, calendar, print};
use crate::types::zone::write_offset;

pub(in crate::functions) const FUNCTIONS: &[Scalar] = &[
    Scalar {
        names: &["to_iso8601"],
        description: "Formats a date or timestamp as ISO 8601 does",
        overloads: &[
            Overload::new("(date) -> varchar(16)", |call| {
                let values = column(call, 0)?;
                call.texts(|row, out| {
                    print::date(values.day(row), out);
                    Ok(())
                })
            }),
            Overload::new("(timestamp(p)) -> varchar(22 + min(p, 1) + p)", |call| {
                let (values, digits) = (column(call, 0)?, digits(&call.types[0]));
                call.texts(|row, out| {
                    print::iso_timestamp(values.moment(row), digits, out);
                    Ok(())
                })
            }),
            Overload::new("(timestamp(p) with time zone) -> varchar(28 + min(p, 1) + p)", to_iso8601),
        ],
    },
    Scalar {
        names: &["from_iso8601_timestamp"],
        description: "Parses a timestamp of ISO 8601",
        overloads: &[Overload::new("(varchar) -> timestamp(3) with time zone", |call| from_iso8601(call, 3))],
    },
    Scalar {
        names: &["from_iso8601_timestamp_nanos"],
        description: "Parses a timestamp of ISO 8601, to the nanosecond",
        overloads: &[Overload::new("(varchar) -> timestamp(9) with time zone", |call| from_iso8601(call, 9))],
    },
    Scalar {
        names: &["from_iso8601_date"],
        description: "Parses a date of ISO 8601",
        overloads: &[Overload::new("(varchar) -> date", |call| {
            let texts = call.text(0)?;
            let days = call.each(|row| {
                let text = texts.value(row);
                match date(text) {
                    Some((day, "")) => i32::try_from(day).map_err(|_| overflow()),
                    _ => Err(malformed(text)),
                }
            })?;
            Ok(dates(days, None))
        })],
    },
];

fn malformed(text: &str) -> catalog::Error {
    invalid(format!("invalid format: \"{text}\""))
}

fn to_iso8601(call: &Call<'_>) -> Result<ArrayRef> {
    let (values, digits) = (column(call, 0)?, digits(&call.types[0]));
    call.texts(|row, out| {
        let seconds = values.zone(row).offset_at(values.moment(row));
        if seconds % 60 != 0 {
            return Err(invalid("a time zone with an offset of seconds cannot be written as ISO 8601 does"));
        }
        print::iso_timestamp(values.local(row), digits, out);
        if seconds == 0 {
            out.push('Z');
        } else {
            _ = write_offset(seconds / 60, out);
        }
        Ok(())
    })
}

fn from_iso8601(call: &Call<'_>, digits: u8) -> Result<ArrayRef> {
    let (texts, session) = (call.text(0)?, clock(call)?.zone);
    let values = call.each(|row| {
        let text = texts.value(row);
        let (local, zone) = timestamp(text, digits == 3).ok_or_else(|| malformed(text))?;
        let zone = zone.unwrap_or(session);
        let instant = zone.instant(local).ok_or_else(overflow)?;
        // More digits are dropped, not rounded.
        Zoned::new(Moment::from_ticks(instant.ticks(digits), digits).unwrap_or(instant), zone)
    })?;
    Ok(zoned(call, &values))
}

/// Local time, and its zone where it has one. Where not `lenient`, day and time must be there.
fn timestamp(text: &str, lenient: bool) -> Option<(Moment, Option<Zone>)> {
    let (day, rest) = match text.strip_prefix('T') {
        Some(_) if lenient => (0, text),
        _ => date(text)?,
    };
    let Some(rest) = rest.strip_prefix('T') else {
        return (rest.is_empty() && lenient).then_some((Moment::from_day(day, 0)?, None));
    };
    let (picos, rest) = if rest.starts_with(|c: char| c.is_ascii_digit()) { time(rest)? } else { (0, rest) };
    let zone = match rest {
        "" => None,
        "Z" => Some(Zone::UTC),
        // `+01:00[Europe/Paris]`: the region counts.
        region if region.ends_with(']') && !lenient => {
            let (_, name) = region.strip_suffix(']')?.split_once('[')?;
            Some(Zone::parse(name)?)
        }
        offset if offset.starts_with(['+', '-']) => Some(Zone::parse(offset)?),
        _ => return None,
    };
    Some((Moment::from_day(day, picos)?, zone))
}

/// A run of digits, how many there are, and what follows.
fn number(text: &str, most: usize) -> Option<(i64, usize, &str)> {
    let count = text.bytes().take(most).take_while(u8::is_ascii_digit).count();
    let (digits, rest) = text.split_at(count);
    Some((digits.parse().ok()?, count, rest))
}

/// A day and what follows: `2001-08-22`, `2001-08`, `2001`, `2001-W34-3`, `2001-W34`, `2001-234`.
fn date(text: &str) -> Option<(i64, &str)> {
    let sign = usize::from(text.starts_with(['+', '-']));
    let (year, count, rest) = number(&text[sign..], 9)?;
    let year = if text.starts_with('-') { -year } else { year };
    if count < 4 && sign == 0 {
        return None;
    }
    let Some(rest) = rest.strip_prefix('-') else { return Some((calendar::days(year, 1, 1), rest)) };
    if let Some(rest) = rest.strip_prefix('W') {
        let (week, _, rest) = number(rest, 2)?;
        let (weekday, rest) = match rest.strip_prefix('-') {
            Some(rest) => number(rest, 1).map(|(weekday, _, rest)| (weekday, rest))?,
            None => (1, rest),
        };
        let first = calendar::days(year, 1, 4);
        let day = first - calendar::day_of_week(first) + 1 + (week - 1) * 7 + weekday - 1;
        return ((1..=7).contains(&weekday) && calendar::iso_week(day) == (year, week)).then_some((day, rest));
    }
    let (value, count, rest) = number(rest, 3)?;
    if count == 3 {
        let day = calendar::days(year, 1, 1) + value - 1;
        return (value > 0 && calendar::civil(day).year == year).then_some((day, rest));
    }
    let (day_of_month, rest) = match rest.strip_prefix('-') {
        Some(rest) => number(rest, 2).map(|(day, _, rest)| (day, rest))?,
        None => (1, rest),
    };
    Some((calendar::checked_days(year, value, day_of_month)?, rest))
}

/// Picoseconds since midnight and what follows: `03`, `03:04`, `03:04:05.321`; a fraction may be of the last of them.
fn time(text: &str) -> Option<(i64, &str)> {
    let (hour, _, mut rest) = number(text, 2)?;
    let (mut minute, mut second, mut unit) = (0, 0, 3600 * PICOS_PER_SECOND);
    if let Some(after) = rest.strip_prefix(':') {
        (minute, _, rest) = number(after, 2)?;
        unit = 60 * PICOS_PER_SECOND;
        if let Some(after) = rest.strip_prefix(':') {
            (second, _, rest) = number(after, 2)?;
            unit = PICOS_PER_SECOND;
        }
    }
    let mut picos = (hour * 3600 + minute * 60 + second) * PICOS_PER_SECOND;
    if let Some(after) = rest.strip_prefix(['.', ',']) {
        let count = after.bytes().take_while(u8::is_ascii_digit).count();
        let (digits, after) = after.split_at(count);
        if digits.is_empty() {
            return None;
        }
        let mut size = unit;
        for digit in digits.bytes() {
            size /= 10;
            picos += i64::from(digit - b'0') * size;
        }
        rest = after;
    }
    (hour < 24 && minute < 60 && second < 60).then_some((picos, rest))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shapes() {
        for (text, expected) in [
            ("2001-08-22T03:04:05.321-11:00", Some("2001-08-22 03:04:05.321000000 -11:00")),
            ("2001-08-22T12:34:56.123456789Z", Some("2001-08-22 12:34:56.123456789 UTC")),
            ("2001-08-22", Some("2001-08-22 00:00:00.000000000")),
            ("2001-08", Some("2001-08-01 00:00:00.000000000")),
            ("2001-W34-3T03", Some("2001-08-22 03:00:00.000000000")),
            ("2001-234T03:30.5", Some("2001-08-22 03:30:30.000000000")),
            ("T03:04", Some("1970-01-01 03:04:00.000000000")),
            ("115023-03-21T10:45:30.00Z", Some("+115023-03-21 10:45:30.000000000 UTC")),
            ("2001-08-22T25", None),
            ("2001-02-30", None),
            ("2001-366", None),
            ("2001-W53", None),
            ("2001-08-22 03:04", None),
            ("", None),
        ] {
            let got = timestamp(text, true).map(|(moment, zone)| {
                let mut out = String::new();
                print::timestamp(moment, 9, &mut out);
                zone.map_or(out.clone(), |zone| format!("{out} {zone}"))
            });
            assert_eq!(got.as_deref(), expected, "{text}");
        }
        let zone = timestamp("2001-08-22T03:04:05+02:00[Europe/Paris]", false).unwrap().1;
        assert_eq!((zone, timestamp("2001-08-22", false)), (Zone::parse("Europe/Paris"), None));
    }
}
