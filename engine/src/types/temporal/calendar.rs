//! The proleptic Gregorian calendar of ISO 8601, for every year that 64 bits of days can tell. chrono ends at the year 262142; days
//! and years are converted as Howard Hinnant's "chrono-compatible low-level date algorithms" do.

/// A day of the calendar.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Civil {
    pub(crate) year: i64,
    /// From 1.
    pub(crate) month: u8,
    /// From 1.
    pub(crate) day: u8,
}

/// Days since 1970-01-01 of a day of the calendar, which must be one.
pub(crate) fn days(year: i64, month: u8, day: u8) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let year_of_era = year.rem_euclid(400);
    let shifted_month = i64::from((month + 9) % 12);
    let day_of_year = (153 * shifted_month + 2) / 5 + i64::from(day) - 1;
    let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    era * 146_097 + day_of_era - 719_468
}

/// The day of the calendar that is `days` after 1970-01-01.
pub(crate) fn civil(days: i64) -> Civil {
    let days = days.saturating_add(719_468);
    let era = days.div_euclid(146_097);
    let day_of_era = days.rem_euclid(146_097);
    let year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted_month = (5 * day_of_year + 2) / 153;
    let day = (day_of_year - (153 * shifted_month + 2) / 5 + 1) as u8;
    let month = if shifted_month < 10 { shifted_month + 3 } else { shifted_month - 9 } as u8;
    Civil { year: year_of_era + era * 400 + i64::from(month <= 2), month, day }
}

/// Days since 1970-01-01, where there is such a day.
pub(crate) fn checked_days(year: i64, month: i64, day: i64) -> Option<i64> {
    let month = u8::try_from(month).ok().filter(|month| (1..=12).contains(month))?;
    let day = u8::try_from(day).ok().filter(|day| (1..=month_length(year, month)).contains(day))?;
    Some(days(year, month, day))
}

pub(crate) fn is_leap(year: i64) -> bool {
    year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
}

/// Days of a month.
pub(crate) fn month_length(year: i64, month: u8) -> u8 {
    match month {
        4 | 6 | 9 | 11 => 30,
        2 if is_leap(year) => 29,
        2 => 28,
        _ => 31,
    }
}

/// 1 is Monday, 7 Sunday.
pub(crate) fn day_of_week(days: i64) -> i64 {
    (days + 3).rem_euclid(7) + 1
}

/// From 1.
pub(crate) fn day_of_year(day: i64) -> i64 {
    day - days(civil(day).year, 1, 1) + 1
}

/// The year of the ISO week that `day` is in, and the number of the week in it: the week of a year's first Thursday is its first.
pub(crate) fn iso_week(day: i64) -> (i64, i64) {
    let thursday = day - day_of_week(day) + 4;
    let year = civil(thursday).year;
    (year, (thursday - days(year, 1, 1)) / 7 + 1)
}

/// The day `months` later, or the last one of that month where it is shorter.
pub(crate) fn add_months(day: i64, months: i64) -> Option<i64> {
    let civil = civil(day);
    let total = civil.year.checked_mul(12)?.checked_add(i64::from(civil.month) - 1)?.checked_add(months)?;
    let (year, month) = (total.div_euclid(12), total.rem_euclid(12) as u8 + 1);
    (year.unsigned_abs() < 1 << 40).then(|| days(year, month, civil.day.min(month_length(year, month))))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_and_calendar_agree() {
        for (number, year, month, day) in [
            (0, 1970, 1, 1),
            (-1, 1969, 12, 31),
            (11_016, 2000, 2, 29),
            (-719_528, 0, 1, 1),
            (-719_529, -1, 12, 31),
            (2_932_896, 9999, 12, 31),
        ] {
            assert_eq!(days(year, month, day), number);
            assert_eq!(civil(number), Civil { year, month, day });
        }
        for number in (-50_000_000..50_000_000).step_by(997) {
            let Civil { year, month, day } = civil(number);
            assert_eq!(days(year, month, day), number);
        }
        assert_eq!(checked_days(2023, 2, 29), None);
        assert_eq!(checked_days(2024, 2, 29), Some(19_782));
        assert_eq!(checked_days(2024, 13, 1), None);
    }

    #[test]
    fn weeks_are_of_iso_8601() {
        for (year, month, day, expected) in [
            (2008, 12, 28, (2008, 52)),
            (2008, 12, 29, (2009, 1)),
            (2010, 1, 3, (2009, 53)),
            (2001, 8, 22, (2001, 34)),
            (2020, 5, 10, (2020, 19)),
        ] {
            assert_eq!(iso_week(days(year, month, day)), expected, "{year}-{month}-{day}");
        }
        assert_eq!(day_of_week(days(2020, 5, 10)), 7);
        assert_eq!(day_of_year(days(2020, 5, 10)), 131);
    }

    #[test]
    fn months_end_where_they_end() {
        for (from, months, to) in
            [((2024, 1, 31), 1, (2024, 2, 29)), ((2024, 2, 29), 12, (2025, 2, 28)), ((2001, 1, 31), -13, (1999, 12, 31))]
        {
            assert_eq!(add_months(days(from.0, from.1, from.2), months), Some(days(to.0, to.1, to.2)));
        }
        assert_eq!(add_months(0, i64::MAX), None);
    }
}
