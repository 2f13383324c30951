//! Time zones: a region of the tz database or an offset of whole minutes, as one small number.

use std::collections::HashMap;
use std::fmt;
use std::sync::LazyLock;

use chrono::{DateTime, Offset, TimeDelta, TimeZone};
use chrono_tz::{TZ_VARIANTS, Tz};

/// Offsets go to 14 hours.
const MAX_OFFSET: i16 = 14 * 60;
/// The key of the first region; smaller ones are offsets in minutes.
const FIRST_REGION: i16 = 1000;

/// A time zone by its key: minutes of offset from -840 to 840 (0 is UTC), or 1000 and the region's index among those that
/// `chrono-tz` knows. Keys are the same on all nodes of one release; they are never stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Zone(i16);

static REGIONS: LazyLock<HashMap<String, i16>> = LazyLock::new(|| {
    TZ_VARIANTS.iter().enumerate().map(|(index, zone)| (zone.name().to_lowercase(), FIRST_REGION + index as i16)).collect()
});

impl Zone {
    pub(crate) const UTC: Self = Self(0);

    pub(crate) fn of_key(key: i16) -> Self {
        Self(key)
    }

    pub(crate) fn key(self) -> i16 {
        self.0
    }

    /// `minutes` east of Greenwich; None beyond 14 hours.
    pub(crate) fn of_offset(minutes: i16) -> Option<Self> {
        (-MAX_OFFSET..=MAX_OFFSET).contains(&minutes).then_some(Self(minutes))
    }

    /// `America/New_York` (without regard to case), `UTC`, `Z`, `+05:30`, `-8`, `UTC+5`, `GMT-03:00`. None for all else.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let lower = text.to_lowercase();
        if matches!(lower.as_str(), "utc" | "z" | "zulu" | "gmt" | "ut" | "uct" | "etc/utc" | "etc/gmt" | "etc/uct" | "etc/zulu")
        {
            return Some(Self::UTC);
        }
        let offset = ["utc", "gmt", "ut"].iter().find_map(|prefix| lower.strip_prefix(prefix)).unwrap_or(&lower);
        match offset.as_bytes().first() {
            Some(b'+' | b'-') => offset_of(offset).and_then(Self::of_offset),
            _ => REGIONS.get(&lower).copied().map(Self),
        }
    }

    /// The region, where it is one and not an offset.
    pub(crate) fn region(self) -> Option<Tz> {
        let index = usize::try_from(self.0.checked_sub(FIRST_REGION)?).ok()?;
        TZ_VARIANTS.get(index).copied()
    }

    /// Seconds to add to an instant, in seconds of UTC since 1970, to get the local time. Instants beyond the calendar have the
    /// offset of its end.
    pub(crate) fn offset_at(self, seconds: i64) -> i32 {
        match self.region() {
            None => i32::from(self.0) * 60,
            Some(zone) => zone.offset_from_utc_datetime(&within(seconds)).fix().local_minus_utc(),
        }
    }

    /// Seconds to take from a local time, in seconds since 1970, to get the instant. A time that there was twice is the first of
    /// the two, one that there never was moves by the length of the gap, as Java's `ZonedDateTime` has it.
    pub(crate) fn offset_at_local(self, seconds: i64) -> i32 {
        let Some(zone) = self.region() else { return i32::from(self.0) * 60 };
        let local = within(seconds);
        match zone.offset_from_local_datetime(&local).earliest() {
            Some(offset) => offset.fix().local_minus_utc(),
            // In a gap the offset before it counts: a day before there was none.
            None => {
                let before = local - TimeDelta::days(1);
                zone.offset_from_utc_datetime(&before).fix().local_minus_utc()
            }
        }
    }
}

fn within(seconds: i64) -> chrono::NaiveDateTime {
    // Years 0 to 9999 have all rules there are; the rules of the year 2037 go on for ever.
    DateTime::from_timestamp(seconds.clamp(-62_167_219_200, 253_402_300_799), 0).unwrap_or_default().naive_utc()
}

/// `+05:30`, `+0530`, `-8`, `+08` in minutes.
fn offset_of(text: &str) -> Option<i16> {
    let (sign, digits) = (if text.starts_with('-') { -1 } else { 1 }, text.get(1..)?);
    let (hours, minutes) = match digits.split_once(':') {
        Some(parts) => parts,
        None if digits.len() == 4 => digits.split_at(2),
        None => (digits, "0"),
    };
    let number =
        |text: &str| if text.len() <= 2 && text.bytes().all(|b| b.is_ascii_digit()) { text.parse::<i16>().ok() } else { None };
    let (hours, minutes) = (number(hours)?, number(minutes)?);
    (minutes < 60).then(|| sign * (hours * 60 + minutes))
}

impl fmt::Display for Zone {
    /// `America/New_York`, `UTC`, `+05:30`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.0, self.region()) {
            (0, _) => f.write_str("UTC"),
            (_, Some(zone)) => f.write_str(zone.name()),
            (minutes, None) => {
                let sign = if minutes < 0 { '-' } else { '+' };
                write!(f, "{sign}{:02}:{:02}", minutes.unsigned_abs() / 60, minutes.unsigned_abs() % 60)
            }
        }
    }
}
