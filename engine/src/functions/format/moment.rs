//! Dates and times in a format: what `%t` takes out of them, and their `toString`.

use std::fmt;

use chrono::{Datelike, NaiveDate, NaiveTime, Timelike};

/// A date, a time or both, with a zone where there is one, read from the text that Trino prints.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Moment {
    date: Option<NaiveDate>,
    time: Option<NaiveTime>,
    zone: Option<String>,
}

impl Moment {
    /// `None` where the text is of none, or of one beyond chrono's years.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let mut words = text.split(' ');
        let first = words.next()?;
        let (date, time) = match first.contains(':') {
            true => (None, Some(first)),
            false => (Some(NaiveDate::parse_from_str(first, "%Y-%m-%d").ok()?), words.next()),
        };
        let time = time.map(|time| NaiveTime::parse_from_str(time, "%H:%M:%S%.f")).transpose().ok()?;
        Some(Self { date, time, zone: words.next().map(str::to_string) })
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
            'Z' => self.zone.clone()?,
            _ => return None,
        })
    }
}

impl fmt::Display for Moment {
    /// As `LocalDateTime` and its kin: seconds only where there are some, fractions in groups of three digits.
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
        match &self.zone {
            Some(zone) => write!(f, "[{zone}]"),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments() {
        let moment = Moment::parse("2006-07-04 13:05:00.120").unwrap();
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
            assert_eq!(moment.field(field).as_deref(), Some(expected), "{field}");
        }
        assert_eq!(moment.to_string(), "2006-07-04T13:05:00.120");
        assert_eq!(Moment::parse("2006-07-04 13:05:00").unwrap().to_string(), "2006-07-04T13:05");
        assert_eq!(Moment::parse("2006-07-04").unwrap().field('H'), None);
        assert_eq!(Moment::parse("1:02:03").unwrap().field('S').as_deref(), Some("03"));
        assert_eq!(Moment::parse("x"), None);
    }
}
