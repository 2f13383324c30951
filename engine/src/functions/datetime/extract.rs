//! Fields of dates, times, timestamps and intervals: `year(x)`, `extract(YEAR FROM x)`.

use arrow::array::{ArrayRef, AsArray};
use arrow::datatypes::{DurationMillisecondType, IntervalYearMonthType};
use datafusion::common::Result;

use super::column;
use crate::functions::{Call, Overload, Scalar};
use crate::types::Type;
use crate::types::temporal::column::Column;
use crate::types::temporal::{PICOS_PER_SECOND, calendar};
use crate::types::zone::write_offset;

pub(in crate::functions) const FUNCTIONS: &[Scalar] = &[
    Scalar {
        names: &["year"],
        description: "Year of the given value",
        overloads: &days_and_months(|c| of_day(c, |day| calendar::civil(day).year), |c| of_months(c, |months| months / 12)),
    },
    Scalar {
        names: &["quarter"],
        description: "Quarter of the year of the given value",
        overloads: &days(|c| of_day(c, |day| (i64::from(calendar::civil(day).month) + 2) / 3)),
    },
    Scalar {
        names: &["month"],
        description: "Month of the year of the given value",
        overloads: &days_and_months(
            |c| of_day(c, |day| calendar::civil(day).month.into()),
            |c| of_months(c, |months| months % 12),
        ),
    },
    Scalar {
        names: &["week", "week_of_year"],
        description: "Week of the year of the given value",
        overloads: &days(|c| of_day(c, |day| calendar::iso_week(day).1)),
    },
    Scalar {
        names: &["year_of_week", "yow"],
        description: "Year of the ISO week of the given value",
        overloads: &days(|c| of_day(c, |day| calendar::iso_week(day).0)),
    },
    Scalar {
        names: &["day", "day_of_month"],
        description: "Day of the month of the given value",
        overloads: &[
            Overload::new("(date) -> bigint", day_of_month),
            Overload::new("(timestamp(p)) -> bigint", day_of_month),
            Overload::new("(timestamp(p) with time zone) -> bigint", day_of_month),
            Overload::new("(interval day to second) -> bigint", |c| of_millis(c, |millis| millis / 86_400_000)),
        ],
    },
    Scalar {
        names: &["day_of_week", "dow"],
        description: "Day of the week of the given value, 1 for Monday",
        overloads: &days(|c| of_day(c, calendar::day_of_week)),
    },
    Scalar {
        names: &["day_of_year", "doy"],
        description: "Day of the year of the given value",
        overloads: &days(|c| of_day(c, calendar::day_of_year)),
    },
    Scalar {
        names: &["hour"],
        description: "Hour of the day of the given value",
        overloads: &times(
            |c| of_time(c, |picos| picos / PICOS_PER_SECOND / 3600),
            |c| of_millis(c, |millis| millis % 86_400_000 / 3_600_000),
        ),
    },
    Scalar {
        names: &["minute"],
        description: "Minute of the hour of the given value",
        overloads: &times(
            |c| of_time(c, |picos| picos / PICOS_PER_SECOND / 60 % 60),
            |c| of_millis(c, |millis| millis % 3_600_000 / 60_000),
        ),
    },
    Scalar {
        names: &["second"],
        description: "Second of the minute of the given value",
        overloads: &times(
            |c| of_time(c, |picos| picos / PICOS_PER_SECOND % 60),
            |c| of_millis(c, |millis| millis % 60_000 / 1000),
        ),
    },
    Scalar {
        names: &["millisecond"],
        description: "Millisecond of the second of the given value",
        overloads: &times(
            |c| of_time(c, |picos| picos % PICOS_PER_SECOND / 1_000_000_000),
            |c| of_millis(c, |millis| millis % 1000),
        ),
    },
    Scalar {
        names: &["timezone_hour"],
        description: "Time zone hour of the given value",
        overloads: &zones(|c| of_offset(c, |minutes| minutes / 60)),
    },
    Scalar {
        names: &["timezone_minute"],
        description: "Time zone minute of the given value",
        overloads: &zones(|c| of_offset(c, |minutes| minutes % 60)),
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

type Body = fn(&Call<'_>) -> Result<ArrayRef>;

const fn days(call: Body) -> [Overload; 3] {
    [
        Overload::new("(date) -> bigint", call),
        Overload::new("(timestamp(p)) -> bigint", call),
        Overload::new("(timestamp(p) with time zone) -> bigint", call),
    ]
}

const fn days_and_months(call: Body, interval: Body) -> [Overload; 4] {
    let [date, timestamp, zoned] = days(call);
    [date, timestamp, zoned, Overload::new("(interval year to month) -> bigint", interval)]
}

const fn times(call: Body, interval: Body) -> [Overload; 5] {
    [
        Overload::new("(time(p)) -> bigint", call),
        Overload::new("(time(p) with time zone) -> bigint", call),
        Overload::new("(timestamp(p)) -> bigint", call),
        Overload::new("(timestamp(p) with time zone) -> bigint", call),
        Overload::new("(interval day to second) -> bigint", interval),
    ]
}

const fn zones(call: Body) -> [Overload; 2] {
    [Overload::new("(time(p) with time zone) -> bigint", call), Overload::new("(timestamp(p) with time zone) -> bigint", call)]
}

fn day_of_month(call: &Call<'_>) -> Result<ArrayRef> {
    of_day(call, |day| calendar::civil(day).day.into())
}

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
