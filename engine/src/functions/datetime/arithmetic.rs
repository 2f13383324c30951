//! `date_add`, `date_diff`, `date_trunc`, `last_day_of_month`.

use arrow::array::{ArrayRef, AsArray};
use arrow::datatypes::Int64Type;
use datafusion::common::Result;

use super::{Zoned, column, digits, invalid, overflow, zoned};
use crate::functions::rows::Understood;
use crate::functions::{Call, Overload, Scalar};
use crate::types::temporal::arithmetic::{self as units, Unit};
use crate::types::temporal::column::{dates, times, times_with_zone, timestamps};
use crate::types::temporal::{calendar, round_time};

pub(in crate::functions) const FUNCTIONS: &[Scalar] = &[
    Scalar {
        names: &["date_add"],
        description: "Add the specified amount of time to the given value",
        overloads: &[
            Overload::new("(varchar, bigint, date) -> date", add_to_date),
            Overload::new("(varchar, bigint, time(p)) -> time(p)", add_to_time),
            Overload::new("(varchar, bigint, time(p) with time zone) -> time(p) with time zone", add_to_time_with_zone),
            Overload::new("(varchar, bigint, timestamp(p)) -> timestamp(p)", add_to_timestamp),
            Overload::new("(varchar, bigint, timestamp(p) with time zone) -> timestamp(p) with time zone", add_to_instant),
        ],
    },
    Scalar {
        names: &["date_diff"],
        description: "Difference of the given values in the given unit",
        overloads: &[
            Overload::new("(varchar, date, date) -> bigint", |c| diff(c, date_unit)),
            Overload::new("(varchar, time(p), time(p)) -> bigint", diff_times),
            Overload::new("(varchar, time(p) with time zone, time(p) with time zone) -> bigint", diff_times),
            Overload::new("(varchar, timestamp(p), timestamp(p)) -> bigint", |c| diff(c, timestamp_unit)),
            Overload::new("(varchar, timestamp(p) with time zone, timestamp(p) with time zone) -> bigint", diff_instants),
        ],
    },
    Scalar {
        names: &["date_trunc"],
        description: "Truncate to the specified precision",
        overloads: &[
            Overload::new("(varchar, date) -> date", truncate_date),
            Overload::new("(varchar, time(p)) -> time(p)", truncate_time),
            Overload::new("(varchar, time(p) with time zone) -> time(p) with time zone", truncate_time_with_zone),
            Overload::new("(varchar, timestamp(p)) -> timestamp(p)", truncate_timestamp),
            Overload::new("(varchar, timestamp(p) with time zone) -> timestamp(p) with time zone", truncate_instant),
        ],
    },
    Scalar {
        names: &["last_day_of_month"],
        description: "Last day of the month of the given value",
        overloads: &[
            Overload::new("(date) -> date", last_day_of_month),
            Overload::new("(timestamp(p)) -> date", last_day_of_month),
            Overload::new("(timestamp(p) with time zone) -> date", last_day_of_month),
        ],
    },
];

fn unit(name: &str, r#type: &str, allowed: fn(Unit) -> bool) -> catalog::Result<Unit> {
    let unit = Unit::parse(name).filter(|unit| allowed(*unit));
    unit.ok_or_else(|| invalid(format!("'{}' is not a valid {type} field", name.to_lowercase())))
}

fn date_unit(name: &str) -> catalog::Result<Unit> {
    unit(name, "DATE", Unit::is_of_date)
}

fn time_unit(name: &str) -> catalog::Result<Unit> {
    unit(name, "TIME", Unit::is_of_time)
}

fn timestamp_unit(name: &str) -> catalog::Result<Unit> {
    unit(name, "TIMESTAMP", |_| true)
}

fn add_to_date(call: &Call<'_>) -> Result<ArrayRef> {
    let (units, values) = (Understood::of(call, 0, date_unit)?, column(call, 2)?);
    let counts = call.array(1)?;
    let counts = counts.as_primitive::<Int64Type>();
    let days =
        call.each(|row| units::add_to_date(*units.at(row)?, counts.value(row), values.day(row) as i32).ok_or_else(overflow))?;
    Ok(dates(days, None))
}

fn add_to_time(call: &Call<'_>) -> Result<ArrayRef> {
    Ok(times(digits(call.result), moved_times(call)?, None))
}

fn add_to_time_with_zone(call: &Call<'_>) -> Result<ArrayRef> {
    let values = column(call, 2)?;
    let pairs: Vec<_> =
        moved_times(call)?.into_iter().enumerate().map(|(row, picos)| (picos, values.offset(row) as i16)).collect();
    Ok(times_with_zone(digits(call.result), &pairs, None))
}

fn moved_times(call: &Call<'_>) -> Result<Vec<i64>> {
    let (units, values) = (Understood::of(call, 0, time_unit)?, column(call, 2)?);
    let counts = call.array(1)?;
    let counts = counts.as_primitive::<Int64Type>();
    call.each(|row| {
        let moved = units::add_to_time(*units.at(row)?, counts.value(row), values.time(row));
        Ok(round_time(moved, digits(call.result)))
    })
}

fn add_to_timestamp(call: &Call<'_>) -> Result<ArrayRef> {
    let (units, values) = (Understood::of(call, 0, timestamp_unit)?, column(call, 2)?);
    let counts = call.array(1)?;
    let counts = counts.as_primitive::<Int64Type>();
    let digits = digits(call.result);
    let moments = call.each(|row| {
        let (unit, count) = (*units.at(row)?, counts.value(row));
        check_years(unit, count)?;
        units::add(unit, count, values.moment(row)).and_then(|moment| moment.round(digits)).ok_or_else(overflow)
    })?;
    Ok(timestamps(digits, &moments, None))
}

fn add_to_instant(call: &Call<'_>) -> Result<ArrayRef> {
    let (units, values) = (Understood::of(call, 0, timestamp_unit)?, column(call, 2)?);
    let counts = call.array(1)?;
    let counts = counts.as_primitive::<Int64Type>();
    let digits = digits(call.result);
    let moved = call.each(|row| {
        let (unit, count, zone) = (*units.at(row)?, counts.value(row), values.zone(row));
        check_years(unit, count)?;
        let moved = units::add_in(zone, unit, count, values.moment(row)).and_then(|moment| moment.round(digits));
        Zoned::new(moved.ok_or_else(overflow)?, zone)
    })?;
    Ok(zoned(call, &moved))
}

/// Trino's calendar counts years in 32 bits, and says so.
fn check_years(unit: Unit, count: i64) -> catalog::Result<()> {
    match i32::try_from(count) {
        Err(_) if unit == Unit::Year => Err(invalid(format!("value cannot fit in an int: {count}"))),
        _ => Ok(()),
    }
}

fn diff(call: &Call<'_>, understand: fn(&str) -> catalog::Result<Unit>) -> Result<ArrayRef> {
    let (units, from, to) = (Understood::of(call, 0, understand)?, column(call, 1)?, column(call, 2)?);
    call.bigints(|row| units::diff(*units.at(row)?, from.moment(row), to.moment(row)).ok_or_else(overflow))
}

fn diff_instants(call: &Call<'_>) -> Result<ArrayRef> {
    let (units, from, to) = (Understood::of(call, 0, timestamp_unit)?, column(call, 1)?, column(call, 2)?);
    call.bigints(|row| units::diff_in(from.zone(row), *units.at(row)?, from.moment(row), to.moment(row)).ok_or_else(overflow))
}

fn diff_times(call: &Call<'_>) -> Result<ArrayRef> {
    let (units, from, to) = (Understood::of(call, 0, time_unit)?, column(call, 1)?, column(call, 2)?);
    call.bigints(|row| Ok(units::diff_times(*units.at(row)?, from.time(row), to.time(row))))
}

fn truncate_date(call: &Call<'_>) -> Result<ArrayRef> {
    let (units, values) = (Understood::of(call, 0, date_unit)?, column(call, 1)?);
    let days = call.each(|row| i32::try_from(units::truncate_day(*units.at(row)?, values.day(row))).map_err(|_| overflow()))?;
    Ok(dates(days, None))
}

fn truncate_time(call: &Call<'_>) -> Result<ArrayRef> {
    let (units, values) = (Understood::of(call, 0, time_unit)?, column(call, 1)?);
    let picos = call.each(|row| Ok(units::truncate_time(*units.at(row)?, values.time(row))))?;
    Ok(times(digits(call.result), picos, None))
}

fn truncate_time_with_zone(call: &Call<'_>) -> Result<ArrayRef> {
    let (units, values) = (Understood::of(call, 0, time_unit)?, column(call, 1)?);
    let pairs = call.each(|row| {
        let (local, offset) = (values.local_time(row), values.offset(row) as i16);
        // Back to UTC by what was cut off.
        let cut = local - units::truncate_time(*units.at(row)?, local);
        Ok((units::add_picos_to_time(values.time(row), -cut), offset))
    })?;
    Ok(times_with_zone(digits(call.result), &pairs, None))
}

fn truncate_timestamp(call: &Call<'_>) -> Result<ArrayRef> {
    let (units, values) = (Understood::of(call, 0, timestamp_unit)?, column(call, 1)?);
    let moments = call.each(|row| units::truncate(*units.at(row)?, values.moment(row)).ok_or_else(overflow))?;
    Ok(timestamps(digits(call.result), &moments, None))
}

fn truncate_instant(call: &Call<'_>) -> Result<ArrayRef> {
    let (units, values) = (Understood::of(call, 0, timestamp_unit)?, column(call, 1)?);
    let instants = call.each(|row| {
        let zone = values.zone(row);
        let instant = units::truncate_in(zone, *units.at(row)?, values.moment(row)).ok_or_else(overflow)?;
        Zoned::new(instant, zone)
    })?;
    Ok(zoned(call, &instants))
}

fn last_day_of_month(call: &Call<'_>) -> Result<ArrayRef> {
    let values = column(call, 0)?;
    let days = call.each(|row| {
        let civil = calendar::civil(values.day(row));
        let last = calendar::days(civil.year, civil.month, calendar::month_length(civil.year, civil.month));
        i32::try_from(last).map_err(|_| overflow())
    })?;
    Ok(dates(days, None))
}
