//! `sequence(start, stop [, step])` of numbers, dates and timestamps.

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, Date32Array, Decimal128Array, Int64Array, PrimitiveArray, StructArray};
use arrow::buffer::OffsetBuffer;
use arrow::datatypes::{
    ArrowPrimitiveType, DataType, Date32Type, Decimal128Type, DurationMillisecondType, Int64Type, IntervalYearMonthType,
    TimeUnit, TimestampMicrosecondType, TimestampMillisecondType, TimestampSecondType,
};
use chrono::{Months, NaiveDate, TimeDelta};
use datafusion::common::{Result, internal_err};

use crate::functions::{Call, Overload, Scalar, invalid};
use crate::values::list::{list, offset};

pub(in crate::functions) const FUNCTIONS: &[Scalar] = &[Scalar {
    names: &["sequence"],
    description: "The values from one to another one, both included, in steps",
    overloads: &[
        Overload::new("(bigint, bigint) -> array(bigint)", integers),
        Overload::new("(bigint, bigint, bigint) -> array(bigint)", integers),
        Overload::new("(date, date) -> array(date)", dates),
        Overload::new("(date, date, interval day to second) -> array(date)", dates),
        Overload::new("(date, date, interval year to month) -> array(date)", dates),
        Overload::new("(timestamp(p), timestamp(p), interval day to second) -> array(timestamp(p))", timestamps),
        Overload::new("(timestamp(p), timestamp(p), interval year to month) -> array(timestamp(p))", timestamps),
    ],
}];

/// The most elements, as Trino limits them.
const MOST: usize = 10_000;
const DAY: i128 = 86_400_000;
const PICOS_PER_MILLI: i128 = 1_000_000_000;
const PICOS_PER_DAY: i128 = DAY * PICOS_PER_MILLI;

/// What is added from one element to the next.
#[derive(Debug, Clone, Copy)]
enum Step {
    Ticks(i128),
    /// Months, of dates and times that are so many picoseconds a tick.
    Months(i32, i128),
}

impl Step {
    fn is_forward(self) -> bool {
        match self {
            Self::Ticks(ticks) => ticks > 0,
            Self::Months(months, _) => months > 0,
        }
    }

    fn is_zero(self) -> bool {
        matches!(self, Self::Ticks(0) | Self::Months(0, _))
    }

    /// The element after `count` steps; None beyond the calendar.
    fn after(self, start: i128, count: usize) -> Option<i128> {
        match self {
            Self::Ticks(ticks) => ticks.checked_mul(count as i128)?.checked_add(start),
            Self::Months(months, tick) => {
                let picos = start * tick;
                let (days, rest) = (picos.div_euclid(PICOS_PER_DAY), picos.rem_euclid(PICOS_PER_DAY));
                let epoch = NaiveDate::default();
                let date = epoch.checked_add_signed(TimeDelta::try_days(i64::try_from(days).ok()?)?)?;
                let months = i64::from(months).checked_mul(count as i64)?;
                let distance = Months::new(u32::try_from(months.unsigned_abs()).ok()?);
                let moved = if months < 0 { date.checked_sub_months(distance) } else { date.checked_add_months(distance) }?;
                let days = i128::from((moved - epoch).num_days());
                Some((days * PICOS_PER_DAY + rest) / tick)
            }
        }
    }
}

/// The elements of all rows; `rows` gives start, stop and step of each, None where one is NULL.
fn elements(rows: impl Iterator<Item = Option<(i128, i128, Step)>>) -> Result<(OffsetBuffer<i32>, Vec<i128>)> {
    let mut values: Vec<i128> = Vec::new();
    let mut ends = vec![0];
    for row in rows {
        if let Some((start, stop, step)) = row {
            fill(start, stop, step, &mut values)?;
        }
        ends.push(offset(values.len())?);
    }
    Ok((OffsetBuffer::new(ends.into()), values))
}

fn fill(start: i128, stop: i128, step: Step, values: &mut Vec<i128>) -> Result<()> {
    if step.is_zero() {
        return Err(invalid("step must not be zero"));
    }
    if start != stop && step.is_forward() != (start < stop) {
        let message = "sequence stop value should be greater than or equal to start value if step is greater than zero otherwise \
                       stop should be less than or equal to start";
        return Err(invalid(message));
    }
    for count in 0.. {
        let Some(value) = step.after(start, count) else { return Ok(()) };
        if if step.is_forward() { value > stop } else { value < stop } {
            return Ok(());
        }
        if count == MOST {
            return Err(invalid(format!("result of sequence function must not have more than {MOST} entries")));
        }
        values.push(value);
    }
    Ok(())
}

/// Start and stop of each row as ticks, with the step that `step` gives.
fn rows<'a>(
    call: &Call<'_>,
    starts: &'a [i128],
    stops: &'a [i128],
    step: impl Fn(usize) -> Result<Step> + 'a,
) -> Result<(OffsetBuffer<i32>, Vec<i128>)> {
    let valid = call.valid();
    let live = (0..call.rows).map(|row| match &valid {
        Some(valid) if valid.is_null(row) => Ok(None),
        _ => Ok(Some((starts[row], stops[row], step(row)?))),
    });
    elements(live.collect::<Result<Vec<_>>>()?.into_iter())
}

fn ticks<P: ArrowPrimitiveType>(array: &ArrayRef) -> Vec<i128>
where
    P::Native: Into<i128>,
{
    array.as_primitive::<P>().values().iter().map(|value| (*value).into()).collect()
}

fn toward(start: i128, stop: i128) -> i128 {
    if start <= stop { 1 } else { -1 }
}

fn integers(call: &Call<'_>) -> Result<ArrayRef> {
    let (starts, stops) = (ticks::<Int64Type>(&call.array(0)?), ticks::<Int64Type>(&call.array(1)?));
    let steps = if call.types.len() > 2 { Some(ticks::<Int64Type>(&call.array(2)?)) } else { None };
    let step = |row: usize| Ok(Step::Ticks(steps.as_ref().map_or_else(|| toward(starts[row], stops[row]), |steps| steps[row])));
    let (offsets, values) = rows(call, &starts, &stops, step)?;
    let values = values.into_iter().map(|value| value as i64).collect::<Int64Array>();
    Ok(Arc::new(list(offsets, Arc::new(values), None)?))
}

fn dates(call: &Call<'_>) -> Result<ArrayRef> {
    let (starts, stops) = (ticks::<Date32Type>(&call.array(0)?), ticks::<Date32Type>(&call.array(1)?));
    let steps = if call.types.len() > 2 { Some(call.array(2)?) } else { None };
    let step = |row: usize| match &steps {
        None => Ok(Step::Ticks(toward(starts[row], stops[row]))),
        Some(steps) => match steps.as_primitive_opt::<DurationMillisecondType>() {
            Some(millis) if i128::from(millis.value(row)) % DAY != 0 => {
                Err(invalid("sequence step must be a day interval if start and end values are dates"))
            }
            Some(millis) => Ok(Step::Ticks(i128::from(millis.value(row)) / DAY)),
            None => Ok(Step::Months(steps.as_primitive::<IntervalYearMonthType>().value(row), PICOS_PER_DAY)),
        },
    };
    let (offsets, values) = rows(call, &starts, &stops, step)?;
    let values = Date32Array::from_iter_values(values.into_iter().map(|value| value as i32));
    Ok(Arc::new(list(offsets, Arc::new(values), None)?))
}

fn timestamps(call: &Call<'_>) -> Result<ArrayRef> {
    let (starts, stops, steps) = (call.array(0)?, call.array(1)?, call.array(2)?);
    let data_type = starts.data_type().clone();
    let ((starts, tick), (stops, _)) = (instants(&starts)?, instants(&stops)?);
    // Steps are milliseconds: ticks that are longer are counted in milliseconds.
    let scale = (tick / PICOS_PER_MILLI).max(1);
    let fine = |ticks: Vec<i128>| ticks.into_iter().map(|value| value * scale).collect::<Vec<_>>();
    let (starts, stops, tick) = (fine(starts), fine(stops), tick / scale);
    let step = |row: usize| match steps.as_primitive_opt::<DurationMillisecondType>() {
        Some(millis) => Ok(Step::Ticks(i128::from(millis.value(row)) * PICOS_PER_MILLI / tick)),
        None => Ok(Step::Months(steps.as_primitive::<IntervalYearMonthType>().value(row), tick)),
    };
    let (offsets, values) = rows(call, &starts, &stops, step)?;
    let values = of_instants(values.into_iter().map(|value| value.div_euclid(scale)), &data_type)?;
    Ok(Arc::new(list(offsets, values, None)?))
}

/// Timestamps of any precision as ticks, and how many picoseconds a tick is.
fn instants(array: &ArrayRef) -> Result<(Vec<i128>, i128)> {
    Ok(match array.data_type() {
        DataType::Timestamp(TimeUnit::Second, None) => (ticks::<TimestampSecondType>(array), 1000 * PICOS_PER_MILLI),
        DataType::Timestamp(TimeUnit::Millisecond, None) => (ticks::<TimestampMillisecondType>(array), PICOS_PER_MILLI),
        DataType::Timestamp(TimeUnit::Microsecond, None) => (ticks::<TimestampMicrosecondType>(array), 1_000_000),
        DataType::Struct(_) => match array.as_struct().column(0) {
            micros if *micros.data_type() == DataType::Int64 => (ticks::<Int64Type>(micros), 1_000_000),
            picos => (ticks::<Decimal128Type>(picos), 1),
        },
        other => return internal_err!("{other} is no timestamp"),
    })
}

fn of_instants(ticks: impl Iterator<Item = i128>, data_type: &DataType) -> Result<ArrayRef> {
    fn small<P: ArrowPrimitiveType<Native = i64>>(ticks: impl Iterator<Item = i128>) -> ArrayRef {
        Arc::new(PrimitiveArray::<P>::from_iter_values(ticks.map(|tick| tick as i64)))
    }
    Ok(match data_type {
        DataType::Timestamp(TimeUnit::Second, None) => small::<TimestampSecondType>(ticks),
        DataType::Timestamp(TimeUnit::Millisecond, None) => small::<TimestampMillisecondType>(ticks),
        DataType::Timestamp(TimeUnit::Microsecond, None) => small::<TimestampMicrosecondType>(ticks),
        DataType::Struct(fields) => {
            let values: ArrayRef = match fields[0].data_type() {
                DataType::Int64 => small::<Int64Type>(ticks),
                storage => Arc::new(Decimal128Array::from_iter_values(ticks).with_data_type(storage.clone())),
            };
            Arc::new(StructArray::try_new(fields.clone(), vec![values], None)?)
        }
        other => return internal_err!("{other} is no timestamp"),
    })
}
