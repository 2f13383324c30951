//! Time zones: offsets in minutes and regions of the IANA database, by the names that Trino takes and gives.

use std::collections::HashMap;
use std::fmt;
use std::sync::LazyLock;

use chrono::{DateTime, MappedLocalTime, NaiveDateTime, Offset, TimeZone};
use chrono_tz::{OffsetName, TZ_VARIANTS, Tz};

use super::temporal::{Moment, calendar};

/// The most minutes that an offset can have.
const MAX_OFFSET: i64 = 14 * 60;
/// The key of the first region; smaller ones are offsets in minutes.
const FIRST_REGION: i16 = 1000;

/// A time zone by its key: minutes of offset from -840 to 840 (0 is UTC), or 1000 and the region's index among those that
/// `chrono-tz` knows. Keys are the same on all nodes of one release; they are never stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Zone(i16);

static REGIONS: LazyLock<HashMap<&'static str, i16>> =
    LazyLock::new(|| TZ_VARIANTS.iter().zip(FIRST_REGION..).map(|(zone, key)| (zone.name(), key)).collect());

/// Names of UTC that are neither an offset nor one with a prefix.
const UTC_NAMES: [&str; 12] =
    ["UTC", "GMT", "GMT0", "UT", "UCT", "Z", "Zulu", "Greenwich", "Universal", "Etc/GMT0", "Etc/Universal", "Etc/UCT"];

/// What may stand before an offset.
const PREFIXES: [&str; 6] = ["Etc/GMT", "Etc/UTC", "Etc/UT", "GMT", "UTC", "UT"];

impl Zone {
    pub(crate) const UTC: Self = Self(0);

    pub(crate) fn of_key(key: i16) -> Self {
        Self(key)
    }

    pub(crate) fn key(self) -> i16 {
        self.0
    }

    /// `minutes` east of Greenwich; None beyond 14 hours.
    pub(crate) fn of_offset(minutes: i64) -> Option<Self> {
        (minutes.abs() <= MAX_OFFSET).then_some(Self(minutes as i16))
    }

    /// `UTC`, `+05:45`, `-7`, `UTC+2`, `Asia/Kathmandu`. `None` where there is no such zone; names of regions are written as IANA
    /// writes them.
    pub(crate) fn parse(name: &str) -> Option<Self> {
        if UTC_NAMES.contains(&name) {
            return Some(Self::UTC);
        }
        if name.starts_with(['+', '-']) {
            return Self::of_offset(offset(name)?);
        }
        for prefix in PREFIXES {
            match name.strip_prefix(prefix) {
                Some("") => return Some(Self::UTC),
                Some(rest) if rest.starts_with(['+', '-']) => {
                    // POSIX counts the zones under Etc/GMT westward.
                    let minutes = offset(rest)?;
                    return Self::of_offset(if prefix == "Etc/GMT" { -minutes } else { minutes });
                }
                _ => {}
            }
        }
        REGIONS.get(name).copied().map(Self)
    }

    /// The region, where it is one and not an offset.
    fn region(self) -> Option<Tz> {
        let index = usize::try_from(self.0.checked_sub(FIRST_REGION)?).ok()?;
        TZ_VARIANTS.get(index).copied()
    }

    /// Seconds that clocks of the zone are ahead of UTC at an instant.
    pub(crate) fn offset_at(self, instant: Moment) -> i64 {
        match (self.region(), naive(instant.seconds())) {
            (None, _) => i64::from(self.0) * 60,
            (Some(zone), Some(naive)) => i64::from(zone.offset_from_utc_datetime(&naive).fix().local_minus_utc()),
            (Some(_), None) => 0,
        }
    }

    /// The zone's short name at an instant: `PST`, `PDT`. The offset where it has none.
    pub(crate) fn abbreviation(self, instant: Moment) -> String {
        let name = self
            .region()
            .zip(naive(instant.seconds()))
            .and_then(|(zone, naive)| zone.offset_from_utc_datetime(&naive).abbreviation().map(str::to_string));
        name.unwrap_or_else(|| self.to_string())
    }

    /// What clocks of the zone show at an instant. `None` where that does not fit.
    pub(crate) fn local(self, instant: Moment) -> Option<Moment> {
        instant.add_seconds(self.offset_at(instant))
    }

    /// The instant at which clocks of the zone show `local`: the first one where they show it twice; where they never show it, the
    /// one at which they would if they had not been put forward yet. `None` where it does not fit.
    pub(crate) fn instant(self, local: Moment) -> Option<Moment> {
        match self.shown(local)? {
            Some(instant) => Some(instant),
            None => local.add_seconds(-self.offset_at(local.add_seconds(-86_400)?)),
        }
    }

    /// As [`Self::instant`], but `Some(None)` where clocks of the zone never show `local`, for literals refuse that.
    #[allow(clippy::option_option)]
    pub(crate) fn shown(self, local: Moment) -> Option<Option<Moment>> {
        let seconds = match self.region() {
            None => i64::from(self.0) * 60,
            Some(zone) => match zone.offset_from_local_datetime(&naive(local.seconds())?) {
                MappedLocalTime::Single(offset) | MappedLocalTime::Ambiguous(offset, _) => {
                    i64::from(offset.fix().local_minus_utc())
                }
                MappedLocalTime::None => return Some(None),
            },
        };
        local.add_seconds(-seconds).map(Some)
    }
}

/// As Trino names it: `UTC`, `+05:45`, `Asia/Kathmandu`.
impl fmt::Display for Zone {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.0, self.region()) {
            (0, _) => formatter.write_str("UTC"),
            (_, Some(zone)) => formatter.write_str(zone.name()),
            (minutes, None) => write_offset(i64::from(minutes), formatter),
        }
    }
}

/// `+05:45` of minutes.
pub(crate) fn write_offset(minutes: i64, out: &mut impl fmt::Write) -> fmt::Result {
    let magnitude = minutes.unsigned_abs();
    write!(out, "{}{:02}:{:02}", if minutes < 0 { '-' } else { '+' }, magnitude / 60, magnitude % 60)
}

/// Minutes of `+h`, `+hh`, `+hhmm`, `+hh:mm`, `+hh:mm:00`.
fn offset(text: &str) -> Option<i64> {
    let (sign, digits) = match text.split_at_checked(1)? {
        ("+", digits) => (1, digits),
        ("-", digits) => (-1, digits),
        _ => return None,
    };
    let number = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit()).then(|| text.parse::<i64>().ok()).flatten();
    let (hours, minutes) = match *digits.as_bytes() {
        [_] | [_, _] => (number(digits)?, 0),
        [_, _, b':', _, _] => (number(&digits[..2])?, number(&digits[3..])?),
        [_, b':', _, _] => (number(&digits[..1])?, number(&digits[2..])?),
        [_, _, b':', _, _, b':', b'0', b'0'] => (number(&digits[..2])?, number(&digits[3..5])?),
        [_, _, _, _] => (number(&digits[..2])?, number(&digits[2..])?),
        [_, _, _, _, b'0', b'0'] => (number(&digits[..2])?, number(&digits[2..4])?),
        _ => return None,
    };
    (minutes < 60).then_some(sign * (hours * 60 + minutes))
}

/// The year from which on the tables of the time zone database, as they were compiled in, say nothing any more.
const LAST_RULED_YEAR: i64 = 2090;

/// Seconds since 1970 as chrono has them: the rules for daylight saving go on for ever, the tables do not, so that a later year is
/// looked up as an earlier one of the same shape.
fn naive(seconds: i64) -> Option<NaiveDateTime> {
    let year = calendar::civil(seconds.div_euclid(86_400)).year;
    let shape = |year: i64| (calendar::is_leap(year), calendar::day_of_week(calendar::days(year, 1, 1)));
    let alike = || (LAST_RULED_YEAR - 40..LAST_RULED_YEAR).find(|&earlier| shape(earlier) == shape(year));
    let shift = match if year < LAST_RULED_YEAR { None } else { alike() } {
        None => 0,
        Some(alike) => (calendar::days(year, 1, 1) - calendar::days(alike, 1, 1)) * 86_400,
    };
    DateTime::from_timestamp(seconds - shift, 0).map(|instant| instant.naive_utc())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn local(year: i64, month: u8, day: u8, hour: i64) -> Moment {
        Moment { micros: (calendar::days(year, month, day) * 24 + hour) * 3_600_000_000, picos: 7 }
    }

    #[test]
    fn names() {
        for (name, expected) in [
            ("UTC", Some("UTC")),
            ("GMT+0", Some("UTC")),
            ("-00:00", Some("UTC")),
            ("+7", Some("+07:00")),
            ("+0735", Some("+07:35")),
            ("UTC-07:00", Some("-07:00")),
            ("Etc/GMT+7", Some("-07:00")),
            ("+14:00", Some("+14:00")),
            ("+14:01", None),
            ("+05:60", None),
            ("America/New_York", Some("America/New_York")),
            ("US/Pacific", Some("US/Pacific")),
            ("invalidzoneid", None),
            ("", None),
        ] {
            assert_eq!(Zone::parse(name).map(|zone| zone.to_string()).as_deref(), expected, "{name:?}");
        }
    }

    #[test]
    fn clocks_are_put_forward_and_back() {
        let zone = Zone::parse("America/New_York").unwrap();
        for (shown, hours) in [
            (local(2020, 1, 1, 0), 5),
            (local(2020, 7, 1, 0), 4),
            // Never shown: as if clocks had not been put forward.
            (local(2020, 3, 8, 2), 5),
            // Shown twice: the first.
            (local(2020, 11, 1, 1), 4),
            // Beyond the tables.
            (local(2300, 7, 1, 0), 4),
            (local(9999, 12, 31, 0), 5),
        ] {
            assert_eq!(zone.instant(shown), shown.add_seconds(hours * 3600), "{shown:?}");
        }
        assert_eq!(zone.shown(local(2020, 3, 8, 2)), Some(None));
        let apia = Zone::parse("Pacific/Apia").unwrap();
        assert_eq!(apia.offset_at(Moment { micros: 0, picos: 0 }), -11 * 3600);
        assert_eq!(apia.offset_at(local(2361, 3, 21, 0)), 13 * 3600);
    }
}
