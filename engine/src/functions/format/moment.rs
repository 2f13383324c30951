//! Dates and times in a format: what `%t` takes out of them, and their `toString`.

use std::fmt;

use chrono::{Datelike, NaiveDate, NaiveTime, Timelike};

use crate::types::temporal::column::Column;
use crate::types::temporal::{MICROS_PER_DAY, Moment as Instant};
use crate::types::{Type, Zone};

const NANOS_PER_DAY: i64 = 86_400_000_000_000;
/// The day 1970-01-01 as chrono counts days.
const EPOCH: i32 = 719_163;

/// A date, a time or both, with a zone where there is one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Moment {
    date: Option<NaiveDate>,
    time: Option<NaiveTime>,
    /// With the instant that tells its offset and its short name.
    zone: Option<(Zone, Instant)>,
}

impl Moment {
    /// The value of a row in a column of this type, rounded to nanoseconds as Java has them. `None` beyond chrono's years.
    pub(super) fn of(column: &Column, r#type: &Type, row: usize) -> Option<Self> {
        let (day, nanos) = match r#type {
            Type::Date => return Some(Self { date: Some(date(column.day(row))?), time: None, zone: None }),
            Type::Time(_) => (None, nanos(column.time(row)) % NANOS_PER_DAY),
            _ => {
                let local = column.local(row);
                let nanos = nanos(local.picos_of_day());
                (Some(local.micros.div_euclid(MICROS_PER_DAY) + nanos / NANOS_PER_DAY), nanos % NANOS_PER_DAY)
            }
        };
        let seconds = u32::try_from(nanos / 1_000_000_000).ok()?;
        let time = NaiveTime::from_num_seconds_from_midnight_opt(seconds, (nanos % 1_000_000_000) as u32)?;
        let zone = matches!(r#type, Type::TimestampTz(_)).then(|| (column.zone(row), column.moment(row)));
        Some(Self { date: day.map(|day| date(day).ok_or(())).transpose().ok()?, time: Some(time), zone })
    }

    /// What a `%t` with this letter prints; `None` where the value does not have it.
    pub(super) fn field(&self, field: char) -> Option<String> {
        Some(match field {
            'Y' => format!("{:04}", self.date?.year()),
            'y' => format!("{:02}", self.date?.year().rem_euclid(100)),
            'C' => format!("{:02}", self.date?.year().div_euclid(100)),
            'm' => format!("{:02}", self.date?.month()),
            'd' => format!("{:02}", self.date?.day()),
            'e' => self.date?.day().to_string(),
            'j' => format!("{:03}", self.date?.ordinal()),
            'B' => self.date?.format("%B").to_string(),
            'b' | 'h' => self.date?.format("%b").to_string(),
            'A' => self.date?.format("%A").to_string(),
            'a' => self.date?.format("%a").to_string(),
            'D' => self.date?.format("%m/%d/%y").to_string(),
            'F' => self.date?.format("%Y-%m-%d").to_string(),
            'H' => format!("{:02}", self.time?.hour()),
            'k' => self.time?.hour().to_string(),
            'I' => format!("{:02}", self.time?.hour12().1),
            'l' => self.time?.hour12().1.to_string(),
            'M' => format!("{:02}", self.time?.minute()),
            'S' => format!("{:02}", self.time?.second()),
            'L' => format!("{:03}", self.time?.nanosecond() / 1_000_000),
            'N' => format!("{:09}", self.time?.nanosecond()),
            'p' => if self.time?.hour12().0 { "pm" } else { "am" }.to_string(),
            'R' => self.time?.format("%H:%M").to_string(),
            'T' => self.time?.format("%H:%M:%S").to_string(),
            'r' => self.time?.format("%I:%M:%S %p").to_string(),
            'Z' => self.zone.map(|(zone, instant)| zone.abbreviation(instant))?,
            'z' => self.offset()?.replace(':', ""),
            's' => self.zone?.1.seconds().to_string(),
            'Q' => self.zone?.1.micros.div_euclid(1000).to_string(),
            'c' => {
                let (day, time) = (self.date?.format("%a %b %d"), self.time?.format("%H:%M:%S"));
                format!("{day} {time} {} {:04}", self.field('Z')?, self.date?.year())
            }
            _ => return None,
        })
    }

    /// `+05:45`, with seconds where it has some.
    fn offset(&self) -> Option<String> {
        let (zone, instant) = self.zone?;
        let offset = zone.offset_at(instant);
        let (sign, magnitude) = (if offset < 0 { '-' } else { '+' }, offset.unsigned_abs());
        let text = format!("{sign}{:02}:{:02}", magnitude / 3600, magnitude / 60 % 60);
        Some(if magnitude % 60 == 0 { text } else { format!("{text}:{:02}", magnitude % 60) })
    }
}

/// Picoseconds, rounded.
fn nanos(picos: i64) -> i64 {
    (picos + 500) / 1000
}

fn date(day: i64) -> Option<NaiveDate> {
    NaiveDate::from_num_days_from_ce_opt(i32::try_from(day).ok()?.checked_add(EPOCH)?)
}

impl fmt::Display for Moment {
    /// As `LocalDateTime` and its kin: seconds only where there are some, fractions in groups of three digits; as `ZonedDateTime`
    /// with the offset, `Z` for none, and the zone's name where it is not just that offset.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(date) = self.date {
            write!(f, "{}", date.format("%Y-%m-%d"))?;
        }
        if self.date.is_some() && self.time.is_some() {
            f.write_str("T")?;
        }
        if let Some(time) = self.time {
            write!(f, "{}", time.format("%H:%M"))?;
            match (time.second(), time.nanosecond()) {
                (0, 0) => {}
                (seconds, 0) => write!(f, ":{seconds:02}")?,
                (seconds, nanos) if nanos % 1_000_000 == 0 => write!(f, ":{seconds:02}.{:03}", nanos / 1_000_000)?,
                (seconds, nanos) if nanos % 1000 == 0 => write!(f, ":{seconds:02}.{:06}", nanos / 1000)?,
                (seconds, nanos) => write!(f, ":{seconds:02}.{nanos:09}")?,
            }
        }
        let (Some((zone, instant)), Some(offset)) = (self.zone, self.offset()) else { return Ok(()) };
        f.write_str(if zone.offset_at(instant) == 0 { "Z" } else { &offset })?;
        match zone.to_string() {
            name if name == offset => Ok(()),
            name => write!(f, "[{name}]"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn moment(date: Option<&str>, time: Option<&str>) -> Moment {
        let date = date.map(|text| NaiveDate::parse_from_str(text, "%Y-%m-%d").unwrap());
        let time = time.map(|text| NaiveTime::parse_from_str(text, "%H:%M:%S%.f").unwrap());
        Moment { date, time, zone: None }
    }

    #[test]
    fn moments() {
        let local = moment(Some("2006-07-04"), Some("13:05:00.120"));
        for (field, expected) in [
            ('A', "Tuesday"),
            ('B', "July"),
            ('e', "4"),
            ('Y', "2006"),
            ('I', "01"),
            ('p', "pm"),
            ('L', "120"),
            ('R', "13:05"),
            ('j', "185"),
        ] {
            assert_eq!(local.field(field).as_deref(), Some(expected), "{field}");
        }
        assert_eq!(local.to_string(), "2006-07-04T13:05:00.120");
        assert_eq!(moment(Some("2006-07-04"), Some("13:05:00")).to_string(), "2006-07-04T13:05");
        assert_eq!(moment(Some("2006-07-04"), None).field('H'), None);
        assert_eq!(moment(None, Some("01:02:03")).field('S').as_deref(), Some("03"));
    }

    #[test]
    fn moments_in_a_zone() {
        for (zone, shown, field) in [
            ("Asia/Kathmandu", "2006-07-04T13:05+05:45[Asia/Kathmandu]", Some("+0545")),
            ("+05:45", "2006-07-04T13:05+05:45", Some("+0545")),
            ("UTC", "2006-07-04T13:05Z[UTC]", Some("+0000")),
        ] {
            let zone = Zone::parse(zone).unwrap();
            let local = Instant { micros: 1_152_018_300_000_000, picos: 0 };
            let zoned =
                Moment { zone: Some((zone, zone.instant(local).unwrap())), ..moment(Some("2006-07-04"), Some("13:05:00")) };
            assert_eq!((zoned.to_string().as_str(), zoned.field('z').as_deref()), (shown, field));
        }
    }
}
