//! Adding, subtracting and truncating temporal values by units, with the results of the calendar library that Trino uses (Joda-Time).

use super::{MICROS_PER_DAY, Moment, PICOS_PER_DAY, PICOS_PER_MILLI, calendar};
use crate::types::Zone;

/// A unit of `date_add`, `date_diff` and `date_trunc`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Unit {
    Millisecond,
    Second,
    Minute,
    Hour,
    Day,
    Week,
    Month,
    Quarter,
    Year,
}

impl Unit {
    /// By its name, in any case.
    pub(crate) fn parse(name: &str) -> Option<Self> {
        const NAMES: [(&str, Unit); 9] = [
            ("millisecond", Unit::Millisecond),
            ("second", Unit::Second),
            ("minute", Unit::Minute),
            ("hour", Unit::Hour),
            ("day", Unit::Day),
            ("week", Unit::Week),
            ("month", Unit::Month),
            ("quarter", Unit::Quarter),
            ("year", Unit::Year),
        ];
        NAMES.iter().find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, unit)| *unit)
    }

    /// Whether a time of day has it.
    pub(crate) fn is_of_time(self) -> bool {
        matches!(self, Self::Millisecond | Self::Second | Self::Minute | Self::Hour)
    }

    /// Whether a date has it.
    pub(crate) fn is_of_date(self) -> bool {
        !self.is_of_time()
    }

    /// Microseconds of a unit that is always as long, months of another.
    fn size(self) -> Size {
        match self {
            Self::Millisecond => Size::Micros(1000),
            Self::Second => Size::Micros(1_000_000),
            Self::Minute => Size::Micros(60_000_000),
            Self::Hour => Size::Micros(3_600_000_000),
            Self::Day => Size::Micros(MICROS_PER_DAY),
            Self::Week => Size::Micros(7 * MICROS_PER_DAY),
            Self::Month => Size::Months(1),
            Self::Quarter => Size::Months(3),
            Self::Year => Size::Months(12),
        }
    }

    /// Picoseconds of a unit of time.
    fn picos(self) -> i64 {
        match self.size() {
            Size::Micros(micros) => micros.saturating_mul(1_000_000),
            Size::Months(_) => 0,
        }
    }
}

enum Size {
    Micros(i64),
    Months(i64),
}

/// `moment` later by `count` units. `None` where it does not fit.
pub(crate) fn add(unit: Unit, count: i64, moment: Moment) -> Option<Moment> {
    match unit.size() {
        Size::Micros(size) => Some(Moment { micros: moment.micros.checked_add(count.checked_mul(size)?)?, picos: moment.picos }),
        Size::Months(size) => add_months(moment, count.checked_mul(size)?),
    }
}

/// As [`add`] on an instant: days and longer units are those of the zone's clocks.
pub(crate) fn add_in(zone: Zone, unit: Unit, count: i64, instant: Moment) -> Option<Moment> {
    if unit.is_of_time() {
        return add(unit, count, instant);
    }
    let moved = add(unit, count, zone.local(instant)?)?;
    back(zone, instant, moved)
}

/// `moment` later by `months`, on the last day of that month where it is shorter. `None` where it does not fit.
pub(crate) fn add_months(moment: Moment, months: i64) -> Option<Moment> {
    let day = calendar::add_months(moment.day(), months)?;
    let micros = day.checked_mul(MICROS_PER_DAY)?.checked_add(moment.micros.rem_euclid(MICROS_PER_DAY))?;
    Some(Moment { micros, picos: moment.picos })
}

/// `moment` later by an interval. `None` where it does not fit.
pub(crate) fn add_millis(moment: Moment, millis: i64) -> Option<Moment> {
    Some(Moment { micros: moment.micros.checked_add(millis.checked_mul(1000)?)?, picos: moment.picos })
}

/// A time of day later by an interval, around the clock.
pub(crate) fn add_millis_to_time(picos: i64, millis: i64) -> i64 {
    add_picos_to_time(picos, millis % 86_400_000 * PICOS_PER_MILLI)
}

/// A time of day later by less than a day, around the clock.
pub(crate) fn add_picos_to_time(picos: i64, more: i64) -> i64 {
    (picos + more).rem_euclid(PICOS_PER_DAY)
}

/// A time of day later by `count` units of time, around the clock.
pub(crate) fn add_to_time(unit: Unit, count: i64, picos: i64) -> i64 {
    let per_day = PICOS_PER_DAY / unit.picos().max(1);
    (picos + count % per_day * unit.picos()).rem_euclid(PICOS_PER_DAY)
}

/// A date later by `count` units. `None` where it does not fit.
pub(crate) fn add_to_date(unit: Unit, count: i64, day: i32) -> Option<i32> {
    let day = i64::from(day);
    let moved = match unit.size() {
        Size::Micros(size) => day.checked_add(count.checked_mul(size / MICROS_PER_DAY)?)?,
        Size::Months(size) => calendar::add_months(day, count.checked_mul(size)?)?,
    };
    i32::try_from(moved).ok()
}

/// Milliseconds from `right` to `left`, rounded half up. `None` where they do not fit.
pub(crate) fn subtract(left: Moment, right: Moment) -> Option<i64> {
    let picos = left.ticks(12) - right.ticks(12);
    let milli = i128::from(PICOS_PER_MILLI);
    i64::try_from((picos + milli / 2).div_euclid(milli)).ok()
}

/// Milliseconds from one time of day to another, rounded half up.
pub(crate) fn subtract_times(left: i64, right: i64) -> i64 {
    (left - right + PICOS_PER_MILLI / 2).div_euclid(PICOS_PER_MILLI)
}

/// Whole units from `from` to `to`; smaller parts than milliseconds do not count. `None` where they do not fit.
pub(crate) fn diff(unit: Unit, from: Moment, to: Moment) -> Option<i64> {
    let (from, to) = (from.millis(), to.millis());
    match unit.size() {
        Size::Micros(size) => Some(to.checked_sub(from)? / (size / 1000)),
        Size::Months(12) => Some(if to < from { -years(to, from) } else { years(from, to) }),
        Size::Months(size) => Some(if to < from { -months(to, from) } else { months(from, to) } / size),
    }
}

/// As [`diff`] between instants, by the clocks of a zone.
pub(crate) fn diff_in(zone: Zone, unit: Unit, from: Moment, to: Moment) -> Option<i64> {
    if unit.is_of_time() {
        return diff(unit, from, to);
    }
    diff(unit, zone.local(from)?, zone.local(to)?)
}

/// Whole units of time from one time of day to another.
pub(crate) fn diff_times(unit: Unit, from: i64, to: i64) -> i64 {
    (to - from) / unit.picos().max(1)
}

const MILLIS_PER_DAY: i64 = 86_400_000;

/// Whole months between milliseconds, the first the earlier. The last day of a month counts as every later one.
fn months(from: i64, to: i64) -> i64 {
    let (start, end) = (calendar::civil(from.div_euclid(MILLIS_PER_DAY)), calendar::civil(to.div_euclid(MILLIS_PER_DAY)));
    let count = (end.year - start.year) * 12 + i64::from(end.month) - i64::from(start.month);
    let start_day = if end.day == calendar::month_length(end.year, end.month) { start.day.min(end.day) } else { start.day };
    let rest = |day: u8, millis: i64| (day, millis.rem_euclid(MILLIS_PER_DAY));
    count - i64::from(rest(end.day, to) < rest(start_day, from))
}

/// Whole years between milliseconds, the first the earlier. A day after February counts as the same in leap years and others.
fn years(from: i64, to: i64) -> i64 {
    const FEB_29: i64 = 59 * MILLIS_PER_DAY;
    let in_year = |millis: i64| {
        let year = calendar::civil(millis.div_euclid(MILLIS_PER_DAY)).year;
        (year, millis - calendar::days(year, 1, 1) * MILLIS_PER_DAY)
    };
    let ((start, mut start_rest), (end, mut end_rest)) = (in_year(from), in_year(to));
    if start_rest >= FEB_29 && calendar::is_leap(start) {
        if !calendar::is_leap(end) {
            start_rest -= MILLIS_PER_DAY;
        }
    } else if start_rest >= FEB_29 && end_rest >= FEB_29 && calendar::is_leap(end) {
        end_rest -= MILLIS_PER_DAY;
    }
    end - start - i64::from(end_rest < start_rest)
}

/// The beginning of the unit that `moment` is in.
pub(crate) fn truncate(unit: Unit, moment: Moment) -> Option<Moment> {
    match unit.size() {
        Size::Micros(size) if unit.is_of_time() => {
            Some(Moment { micros: moment.micros - moment.micros.rem_euclid(size), picos: 0 })
        }
        _ => Moment::from_day(truncate_day(unit, moment.day()), 0),
    }
}

/// As [`truncate`] on an instant, by the clocks of a zone.
pub(crate) fn truncate_in(zone: Zone, unit: Unit, instant: Moment) -> Option<Moment> {
    let local = truncate(unit, zone.local(instant)?)?;
    if unit.is_of_time() {
        return local.add_seconds(-zone.offset_at(instant));
    }
    back(zone, instant, local)
}

/// The beginning of the unit that a time of day is in.
pub(crate) fn truncate_time(unit: Unit, picos: i64) -> i64 {
    picos - picos % unit.picos().max(1)
}

/// The first day of the unit that a day is in.
pub(crate) fn truncate_day(unit: Unit, day: i64) -> i64 {
    let civil = calendar::civil(day);
    match unit {
        Unit::Week => day - calendar::day_of_week(day) + 1,
        Unit::Month => calendar::days(civil.year, civil.month, 1),
        Unit::Quarter => calendar::days(civil.year, (civil.month - 1) / 3 * 3 + 1, 1),
        Unit::Year => calendar::days(civil.year, 1, 1),
        _ => day,
    }
}

/// The instant of a local time that was made from `instant`: where clocks show it twice, the one with the same offset.
fn back(zone: Zone, instant: Moment, local: Moment) -> Option<Moment> {
    let offset = zone.offset_at(instant);
    let same = local.add_seconds(-offset)?;
    if zone.offset_at(same) == offset { Some(same) } else { zone.instant(local) }
}

#[cfg(test)]
mod tests {
    use super::super::{parse::TimestampText, print};
    use super::*;

    fn moment(text: &str) -> Moment {
        TimestampText::parse(text).unwrap().local(12).unwrap()
    }

    fn printed(moment: Option<Moment>) -> String {
        let mut out = String::new();
        moment.inspect(|moment| print::timestamp(*moment, 1, &mut out));
        out
    }

    #[test]
    fn adding() {
        for (unit, count, from, to) in [
            ("day", 1683, "2001-01-31 13:31:00.1", "2005-09-10 13:31:00.1"),
            ("millisecond", 100, "1500-05-10 12:34:56.1", "1500-05-10 12:34:56.2"),
            ("quarter", 1, "2001-01-31 00:00:00.0", "2001-04-30 00:00:00.0"),
            ("year", -1, "2004-02-29 00:00:00.0", "2003-02-28 00:00:00.0"),
            ("week", i64::MAX, "2004-02-29 00:00:00.0", ""),
            ("year", 2_592_000_000, "0001-01-01 00:00:00.0", ""),
        ] {
            assert_eq!(printed(add(Unit::parse(unit).unwrap(), count, moment(from))), to, "{unit}");
        }
        let zone = Zone::parse("America/New_York").unwrap();
        let before = zone.instant(moment("2020-03-07 02:30:00")).unwrap();
        assert_eq!(printed(zone.local(add_in(zone, Unit::Day, 1, before).unwrap())), "2020-03-08 03:30:00.0");
        assert_eq!(printed(zone.local(add_in(zone, Unit::Hour, 24, before).unwrap())), "2020-03-08 03:30:00.0");
        assert_eq!(add_to_time(Unit::Hour, 365 * 24 + 1, PICOS_PER_DAY - 1), 3_600_000_000_000_000 - 1);
        assert_eq!(add_millis_to_time(0, -1), PICOS_PER_DAY - PICOS_PER_MILLI);
        assert_eq!(add_to_date(Unit::Quarter, 3, 11_556), Some(11_829));
    }

    #[test]
    fn differences() {
        for (unit, from, to, expected) in [
            ("day", "2001-01-31 19:34:55.1", "2005-09-10 13:31:00.9", 1682),
            ("week", "2001-01-31 19:34:55.1", "2005-09-10 13:31:00.9", 240),
            ("month", "2001-01-31 19:34:55.1", "2005-09-10 13:31:00.9", 55),
            ("quarter", "2001-01-31 19:34:55.1", "2005-09-10 13:31:00.9", 18),
            ("year", "2001-01-31 19:34:55.1", "2005-09-10 13:31:00.9", 4),
            ("month", "2001-01-31", "2001-02-28", 1),
            ("month", "2001-01-31", "2001-02-27", 0),
            ("month", "2001-02-28", "2001-01-31", -1),
            ("year", "2004-02-29", "2005-02-28", 1),
            ("year", "2004-03-01", "2005-03-01", 1),
            ("year", "2003-03-01", "2004-02-29", 0),
            ("millisecond", "2001-01-01 00:00:00.0019", "2001-01-01 00:00:00.0001", -1),
        ] {
            assert_eq!(diff(Unit::parse(unit).unwrap(), moment(from), moment(to)), Some(expected), "{unit} {from} {to}");
        }
        assert_eq!(subtract(moment("2020-05-01 12:34:55.11111111111"), moment("2020-05-01 12:34:56.99999999999")), Some(-1889));
        assert_eq!(subtract(moment("2020-05-01 00:00:01.000222222"), moment("2020-05-01 00:00:00.000555555")), Some(1000));
    }

    #[test]
    fn truncating() {
        for (unit, expected) in [
            ("second", "2020-05-10 12:34:56.0"),
            ("hour", "2020-05-10 12:00:00.0"),
            ("day", "2020-05-10 00:00:00.0"),
            ("week", "2020-05-04 00:00:00.0"),
            ("quarter", "2020-04-01 00:00:00.0"),
            ("year", "2020-01-01 00:00:00.0"),
        ] {
            assert_eq!(printed(truncate(Unit::parse(unit).unwrap(), moment("2020-05-10 12:34:56.123456"))), expected, "{unit}");
        }
        // Before 1970 as well, and where clocks show the hour twice.
        assert_eq!(printed(truncate(Unit::Hour, moment("1500-05-10 12:34:56"))), "1500-05-10 12:00:00.0");
        let zone = Zone::parse("America/New_York").unwrap();
        let twice = zone.instant(moment("2020-11-01 01:30:00")).unwrap().add_seconds(3600).unwrap();
        assert_eq!(truncate_in(zone, Unit::Hour, twice), twice.add_seconds(-1800));
        assert_eq!(truncate_time(Unit::Minute, 61_500_000_000_000), 60_000_000_000_000);
    }
}
