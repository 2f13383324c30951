//! `+` and `-` of dates, times, timestamps and intervals ("Date and time operators").

use std::sync::Arc;

use arrow::array::{ArrayRef, AsArray, PrimitiveArray};
use arrow::buffer::NullBuffer;
use arrow::datatypes::{DurationMillisecondType, IntervalYearMonthType};
use catalog::{Error, ErrorKind};
use datafusion::common::{DataFusionError, Result};

use super::{Call, Overload, Scalar};
use crate::error::into_datafusion;
use crate::types::temporal::arithmetic::{Unit, add_in, add_millis, add_millis_to_time, add_months, subtract, subtract_times};
use crate::types::temporal::column::{self, Column};
use crate::types::temporal::{MICROS_PER_DAY, Moment};
use crate::types::{Type, Zone};

const MILLIS_PER_DAY: i64 = 86_400_000;

pub(super) const FUNCTIONS: &[Scalar] = &[
    Scalar {
        names: &["$add"],
        description: "Sum",
        overloads: &[
            Overload::new("(date, interval day to second) -> date", |c| later_days(c, 0, 1, 1)),
            Overload::new("(interval day to second, date) -> date", |c| later_days(c, 1, 0, 1)),
            Overload::new("(date, interval year to month) -> date", |c| later_months(c, 0, 1, 1)),
            Overload::new("(interval year to month, date) -> date", |c| later_months(c, 1, 0, 1)),
            Overload::new("(time(p), interval day to second) -> time(max(p, 3))", |c| later(c, 0, 1, 1)),
            Overload::new("(interval day to second, time(p)) -> time(max(p, 3))", |c| later(c, 1, 0, 1)),
            Overload::new("(time(p) with time zone, interval day to second) -> time(max(p, 3)) with time zone", |c| {
                later(c, 0, 1, 1)
            }),
            Overload::new("(interval day to second, time(p) with time zone) -> time(max(p, 3)) with time zone", |c| {
                later(c, 1, 0, 1)
            }),
            Overload::new("(timestamp(p), interval day to second) -> timestamp(max(p, 3))", |c| later(c, 0, 1, 1)),
            Overload::new("(interval day to second, timestamp(p)) -> timestamp(max(p, 3))", |c| later(c, 1, 0, 1)),
            Overload::new("(timestamp(p), interval year to month) -> timestamp(p)", |c| later_months(c, 0, 1, 1)),
            Overload::new("(interval year to month, timestamp(p)) -> timestamp(p)", |c| later_months(c, 1, 0, 1)),
            Overload::new("(timestamp(p) with time zone, interval day to second) -> timestamp(max(p, 3)) with time zone", |c| {
                later(c, 0, 1, 1)
            }),
            Overload::new("(interval day to second, timestamp(p) with time zone) -> timestamp(max(p, 3)) with time zone", |c| {
                later(c, 1, 0, 1)
            }),
            Overload::new("(timestamp(p) with time zone, interval year to month) -> timestamp(p) with time zone", |c| {
                later_months(c, 0, 1, 1)
            }),
            Overload::new("(interval year to month, timestamp(p) with time zone) -> timestamp(p) with time zone", |c| {
                later_months(c, 1, 0, 1)
            }),
        ],
    },
    Scalar {
        names: &["$subtract"],
        description: "Difference",
        overloads: &[
            Overload::new("(date, interval day to second) -> date", |c| later_days(c, 0, 1, -1)),
            Overload::new("(date, interval year to month) -> date", |c| later_months(c, 0, 1, -1)),
            Overload::new("(time(p), interval day to second) -> time(max(p, 3))", |c| later(c, 0, 1, -1)),
            Overload::new("(time(p) with time zone, interval day to second) -> time(max(p, 3)) with time zone", |c| {
                later(c, 0, 1, -1)
            }),
            Overload::new("(timestamp(p), interval day to second) -> timestamp(max(p, 3))", |c| later(c, 0, 1, -1)),
            Overload::new("(timestamp(p), interval year to month) -> timestamp(p)", |c| later_months(c, 0, 1, -1)),
            Overload::new("(timestamp(p) with time zone, interval day to second) -> timestamp(max(p, 3)) with time zone", |c| {
                later(c, 0, 1, -1)
            }),
            Overload::new("(timestamp(p) with time zone, interval year to month) -> timestamp(p) with time zone", |c| {
                later_months(c, 0, 1, -1)
            }),
            Overload::new("(date, date) -> interval day to second", difference),
            Overload::new("(time(p), time(p)) -> interval day to second", difference),
            Overload::new("(time(p) with time zone, time(p) with time zone) -> interval day to second", difference),
            Overload::new("(timestamp(p), timestamp(p)) -> interval day to second", difference),
            Overload::new("(timestamp(p) with time zone, timestamp(p) with time zone) -> interval day to second", difference),
        ],
    },
];

fn out_of_range(call: &Call<'_>) -> DataFusionError {
    into_datafusion(Error::new(ErrorKind::NumericOutOfRange, format!("{} out of range", call.result)))
}

/// The rows that count; the others get whatever a default is.
struct Rows {
    valid: Option<NullBuffer>,
    count: usize,
}

impl Rows {
    fn of(call: &Call<'_>) -> Self {
        Self { valid: call.valid(), count: call.rows }
    }

    fn map<T: Default>(&self, of: impl Fn(usize) -> Result<T>) -> Result<Vec<T>> {
        let rows = 0..self.count;
        rows.map(|row| if self.valid.as_ref().is_none_or(|valid| valid.is_valid(row)) { of(row) } else { Ok(T::default()) })
            .collect()
    }
}

/// A date moves by whole days only.
pub(super) fn later_days(call: &Call<'_>, value: usize, interval: usize, sign: i64) -> Result<ArrayRef> {
    let (days, millis) = (Column::of(&call.array(value)?, &Type::Date).map_err(into_datafusion)?, call.array(interval)?);
    let millis = millis.as_primitive::<DurationMillisecondType>();
    let moved = Rows::of(call).map(|row| {
        if millis.value(row) % MILLIS_PER_DAY != 0 {
            let message = "Cannot add hour, minutes or seconds to a date";
            return Err(into_datafusion(Error::new(ErrorKind::InvalidFunctionArgument, message)));
        }
        i32::try_from(days.day(row) + sign * (millis.value(row) / MILLIS_PER_DAY)).map_err(|_| out_of_range(call))
    })?;
    Ok(column::dates(moved, None))
}

pub(super) fn later(call: &Call<'_>, value: usize, interval: usize, sign: i64) -> Result<ArrayRef> {
    let array = call.array(value)?;
    let values = Column::of(&array, &call.types[value]).map_err(into_datafusion)?;
    let millis = call.array(interval)?;
    let millis = millis.as_primitive::<DurationMillisecondType>();
    let by = |row: usize| millis.value(row).checked_mul(sign).ok_or_else(|| out_of_range(call));
    // Clocks go around: days do not count, however many they are.
    let around = |row: usize| add_millis_to_time(values.time(row), millis.value(row) % MILLIS_PER_DAY * sign);
    let rows = Rows::of(call);
    let moment = |row: usize| add_millis(values.moment(row), by(row)?).ok_or_else(|| out_of_range(call));
    Ok(match call.result {
        Type::Time(digits) => column::times(*digits, rows.map(|row| Ok(around(row)))?, None),
        Type::TimeTz(digits) => {
            let moved = rows.map(|row| Ok((around(row), values.offset(row) as i16)))?;
            column::times_with_zone(*digits, &moved, None)
        }
        Type::Timestamp(digits) => column::timestamps(*digits, &rows.map(moment)?, None),
        Type::TimestampTz(digits) => {
            let moved = rows.map(|row| Ok(Zoned(moment(row)?, values.zone(row))))?;
            zoned(*digits, moved)
        }
        other => return Err(into_datafusion(Error::internal(format!("no sum of {other}")))),
    })
}

/// An instant and a zone, with a default for rows that are NULL.
struct Zoned(Moment, Zone);

impl Default for Zoned {
    fn default() -> Self {
        Self(Moment::default(), Zone::UTC)
    }
}

fn zoned(digits: u8, values: Vec<Zoned>) -> ArrayRef {
    let values: Vec<(Moment, Zone)> = values.into_iter().map(|Zoned(moment, zone)| (moment, zone)).collect();
    column::timestamps_with_zone(digits, &values, None)
}

pub(super) fn later_months(call: &Call<'_>, value: usize, interval: usize, sign: i64) -> Result<ArrayRef> {
    let array = call.array(value)?;
    let values = Column::of(&array, &call.types[value]).map_err(into_datafusion)?;
    let months = call.array(interval)?;
    let months = months.as_primitive::<IntervalYearMonthType>();
    let by = |row: usize| sign * i64::from(months.value(row));
    let rows = Rows::of(call);
    let moment = |row: usize| add_months(values.moment(row), by(row)).ok_or_else(|| out_of_range(call));
    Ok(match call.result {
        Type::Date => {
            let day = |moment: Moment| i32::try_from(moment.micros.div_euclid(MICROS_PER_DAY)).map_err(|_| out_of_range(call));
            column::dates(rows.map(|row| moment(row).and_then(day))?, None)
        }
        Type::Timestamp(digits) => column::timestamps(*digits, &rows.map(moment)?, None),
        Type::TimestampTz(digits) => {
            let moved = rows.map(|row| {
                let zone = values.zone(row);
                let moved = add_in(zone, Unit::Month, by(row), values.moment(row));
                Ok(Zoned(moved.ok_or_else(|| out_of_range(call))?, zone))
            })?;
            zoned(*digits, moved)
        }
        other => return Err(into_datafusion(Error::internal(format!("no sum of {other}")))),
    })
}

fn difference(call: &Call<'_>) -> Result<ArrayRef> {
    let column = |argument: usize| Column::of(&call.array(argument)?, &call.types[argument]).map_err(into_datafusion);
    let (left, right) = (column(0)?, column(1)?);
    let is_time = matches!(call.types[0], Type::Time(_) | Type::TimeTz(_));
    let millis = Rows::of(call).map(|row| {
        if is_time {
            return Ok(subtract_times(left.time(row), right.time(row)));
        }
        subtract(left.moment(row), right.moment(row)).ok_or_else(|| out_of_range(call))
    })?;
    Ok(Arc::new(PrimitiveArray::<DurationMillisecondType>::from_iter_values(millis)))
}
