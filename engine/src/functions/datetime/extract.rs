//! Fields of dates, times, timestamps and intervals: `year(x)`, `extract(YEAR FROM x)`.

use arrow::array::{ArrayRef, AsArray};
use arrow::datatypes::{DurationMillisecondType, IntervalYearMonthType};
use catalog::{Error, ErrorKind};
use datafusion::common::Result;

use super::column;
use crate::error::into_datafusion;
use crate::functions::{Call, Overload, Scalar};
use crate::types::Type;
use crate::types::temporal::column::Column;
use crate::types::temporal::{PICOS_PER_SECOND, calendar};
use crate::types::zone::write_offset;

/// The functions, for values that turn into what they take.
pub(in crate::functions) const FUNCTIONS: &[Scalar] = &[
    Scalar { names: &["year"], description: "Year of the given value", overloads: called(&YEAR) },
    Scalar { names: &["quarter"], description: "Quarter of the year of the given value", overloads: called(&QUARTER) },
    Scalar { names: &["month"], description: "Month of the year of the given value", overloads: called(&MONTH) },
    Scalar { names: &["week", "week_of_year"], description: "Week of the year of the given value", overloads: called(&WEEK) },
    Scalar {
        names: &["year_of_week", "yow"],
        description: "Year of the ISO week of the given value",
        overloads: called(&YEAR_OF_WEEK),
    },
    Scalar { names: &["day", "day_of_month"], description: "Day of the month of the given value", overloads: called(&DAY) },
    Scalar {
        names: &["day_of_week", "dow"],
        description: "Day of the week of the given value, 1 for Monday",
        overloads: called(&DAY_OF_WEEK),
    },
    Scalar { names: &["day_of_year", "doy"], description: "Day of the year of the given value", overloads: called(&DAY_OF_YEAR) },
    Scalar { names: &["hour"], description: "Hour of the day of the given value", overloads: called(&HOUR) },
    Scalar { names: &["minute"], description: "Minute of the hour of the given value", overloads: called(&MINUTE) },
    Scalar { names: &["second"], description: "Second of the minute of the given value", overloads: called(&SECOND) },
    Scalar {
        names: &["millisecond"],
        description: "Millisecond of the second of the given value",
        overloads: called(&MILLISECOND),
    },
    Scalar { names: &["timezone_hour"], description: "Time zone hour of the given value", overloads: called(&TIMEZONE_HOUR) },
    Scalar {
        names: &["timezone_minute"],
        description: "Time zone minute of the given value",
        overloads: called(&TIMEZONE_MINUTE),
    },
    Scalar {
        names: &["timezone"],
        description: "Time zone of the given value",
        overloads: &[
            Overload::new("(time(p) with time zone) -> varchar", timezone),
            Overload::new("(timestamp(p) with time zone) -> varchar", timezone),
        ],
    },
];

/// `EXTRACT(field FROM x)`, which takes what has such a field and does not make a timestamp of a date first.
pub(in crate::functions) const EXTRACTS: &[Scalar] = &[
    Scalar { names: &["$extract_year"], description: "Year of the given value", overloads: &YEAR },
    Scalar { names: &["$extract_quarter"], description: "Quarter of the year of the given value", overloads: &QUARTER },
    Scalar { names: &["$extract_month"], description: "Month of the year of the given value", overloads: &MONTH },
    Scalar { names: &["$extract_week"], description: "Week of the year of the given value", overloads: &WEEK },
    Scalar {
        names: &["$extract_year_of_week"],
        description: "Year of the ISO week of the given value",
        overloads: &YEAR_OF_WEEK,
    },
    Scalar { names: &["$extract_day"], description: "Day of the month of the given value", overloads: &DAY },
    Scalar {
        names: &["$extract_day_of_week"],
        description: "Day of the week of the given value, 1 for Monday",
        overloads: &DAY_OF_WEEK,
    },
    Scalar { names: &["$extract_day_of_year"], description: "Day of the year of the given value", overloads: &DAY_OF_YEAR },
    Scalar { names: &["$extract_hour"], description: "Hour of the day of the given value", overloads: &HOUR },
    Scalar { names: &["$extract_minute"], description: "Minute of the hour of the given value", overloads: &MINUTE },
    Scalar { names: &["$extract_second"], description: "Second of the minute of the given value", overloads: &SECOND },
    Scalar { names: &["$extract_timezone_hour"], description: "Time zone hour of the given value", overloads: &TIMEZONE_HOUR },
    Scalar {
        names: &["$extract_timezone_minute"],
        description: "Time zone minute of the given value",
        overloads: &TIMEZONE_MINUTE,
    },
];

const YEAR: [Overload; 5] =
    days_and_months(|c| of_day(c, |day| calendar::civil(day).year), |c| of_months(c, |months| months / 12));
const QUARTER: [Overload; 4] = days(|c| of_day(c, |day| (i64::from(calendar::civil(day).month) + 2) / 3));
const MONTH: [Overload; 5] =
    days_and_months(|c| of_day(c, |day| calendar::civil(day).month.into()), |c| of_months(c, |months| months % 12));
const WEEK: [Overload; 4] = days(|c| of_day(c, |day| calendar::iso_week(day).1));
const YEAR_OF_WEEK: [Overload; 4] = days(|c| of_day(c, |day| calendar::iso_week(day).0));
const DAY: [Overload; 5] =
    days_and_millis(|c| of_day(c, |day| calendar::civil(day).day.into()), |c| of_millis(c, |millis| millis / 86_400_000));
const DAY_OF_WEEK: [Overload; 4] = days(|c| of_day(c, calendar::day_of_week));
const DAY_OF_YEAR: [Overload; 4] = days(|c| of_day(c, calendar::day_of_year));
const HOUR: [Overload; 6] =
    times(|c| of_time(c, |picos| picos / PICOS_PER_SECOND / 3600), |c| of_millis(c, |millis| millis % 86_400_000 / 3_600_000));
const MINUTE: [Overload; 6] =
    times(|c| of_time(c, |picos| picos / PICOS_PER_SECOND / 60 % 60), |c| of_millis(c, |millis| millis % 3_600_000 / 60_000));
const SECOND: [Overload; 6] =
    times(|c| of_time(c, |picos| picos / PICOS_PER_SECOND % 60), |c| of_millis(c, |millis| millis % 60_000 / 1000));
const MILLISECOND: [Overload; 6] =
    times(|c| of_time(c, |picos| picos % PICOS_PER_SECOND / 1_000_000_000), |c| of_millis(c, |millis| millis % 1000));
const TIMEZONE_HOUR: [Overload; 3] = zones(|c| of_offset(c, |minutes| minutes / 60));
const TIMEZONE_MINUTE: [Overload; 3] = zones(|c| of_offset(c, |minutes| minutes % 60));

type Body = fn(&Call<'_>) -> Result<ArrayRef>;

/// The overloads of a function: all but the last, which refuses what [`EXTRACTS`] does not take.
const fn called(overloads: &'static [Overload]) -> &'static [Overload] {
    match overloads {
        [called @ .., _] => called,
        [] => overloads,
    }
}

const fn days(call: Body) -> [Overload; 4] {
    [
        Overload::new("(date) -> bigint", call),
        Overload::new("(timestamp(p)) -> bigint", call),
        Overload::new("(timestamp(p) with time zone) -> bigint", call),
        REFUSED,
    ]
}

const fn days_and_months(call: Body, interval: Body) -> [Overload; 5] {
    let [date, timestamp, zoned, refused] = days(call);
    [date, timestamp, zoned, Overload::new("(interval year to month) -> bigint", interval), refused]
}

const fn days_and_millis(call: Body, interval: Body) -> [Overload; 5] {
    let [date, timestamp, zoned, refused] = days(call);
    [date, timestamp, zoned, Overload::new("(interval day to second) -> bigint", interval), refused]
}

const fn times(call: Body, interval: Body) -> [Overload; 6] {
    [
        Overload::new("(time(p)) -> bigint", call),
        Overload::new("(time(p) with time zone) -> bigint", call),
        Overload::new("(timestamp(p)) -> bigint", call),
        Overload::new("(timestamp(p) with time zone) -> bigint", call),
        Overload::new("(interval day to second) -> bigint", interval),
        REFUSED,
    ]
}

const fn zones(call: Body) -> [Overload; 3] {
    [
        Overload::new("(time(p) with time zone) -> bigint", call),
        Overload::new("(timestamp(p) with time zone) -> bigint", call),
        REFUSED,
    ]
}

const REFUSED: Overload = Overload::new("(ANY) -> bigint", |call| {
    let message = format!("cannot extract the field from {}", call.types[0]);
    Err(into_datafusion(Error::new(ErrorKind::TypeMismatch, message)))
});

fn of_day(call: &Call<'_>, field: fn(i64) -> i64) -> Result<ArrayRef> {
    fields(call, |values, row| field(values.day(row)))
}

fn of_time(call: &Call<'_>, field: fn(i64) -> i64) -> Result<ArrayRef> {
    fields(call, |values, row| field(values.local_time(row)))
}

fn of_offset(call: &Call<'_>, field: fn(i64) -> i64) -> Result<ArrayRef> {
    fields(call, |values, row| field(values.offset(row)))
}

fn fields(call: &Call<'_>, field: impl Fn(&Column, usize) -> i64) -> Result<ArrayRef> {
    let values = column(call, 0)?;
    call.bigints(|row| Ok(field(&values, row)))
}

fn of_months(call: &Call<'_>, field: fn(i64) -> i64) -> Result<ArrayRef> {
    let array = call.array(0)?;
    let months = array.as_primitive::<IntervalYearMonthType>();
    call.bigints(|row| Ok(field(months.value(row).into())))
}

fn of_millis(call: &Call<'_>, field: fn(i64) -> i64) -> Result<ArrayRef> {
    let array = call.array(0)?;
    let millis = array.as_primitive::<DurationMillisecondType>();
    call.bigints(|row| Ok(field(millis.value(row))))
}

fn timezone(call: &Call<'_>) -> Result<ArrayRef> {
    let values = column(call, 0)?;
    let is_time = matches!(call.types[0], Type::TimeTz(_));
    call.texts(|row, out| {
        use std::fmt::Write;
        // A time has an offset always, a timestamp may be in UTC.
        _ = if is_time { write_offset(values.offset(row), out) } else { write!(out, "{}", values.zone(row)) };
        Ok(())
    })
}
