//! Arrays of temporal values, read value by value and made of values, whatever Arrow type their precision has.

use std::sync::Arc;

use arrow::array::{
    Array, ArrayRef, AsArray, Date32Array, Decimal128Array, Int16Array, Int64Array, StructArray, Time32MillisecondArray,
    Time32SecondArray, Time64MicrosecondArray, Time64NanosecondArray, TimestampMicrosecondArray, TimestampMillisecondArray,
    TimestampSecondArray,
};
use arrow::buffer::{NullBuffer, ScalarBuffer};
use arrow::datatypes::{
    DataType, Date32Type, Decimal128Type, Int16Type, Int64Type, Time32MillisecondType, Time32SecondType, Time64MicrosecondType,
    Time64NanosecondType, TimeUnit, TimestampMicrosecondType, TimestampMillisecondType, TimestampSecondType,
};
use catalog::{Error, Result};

use super::{MAX_PRECISION, MICROS_PER_DAY, Moment, PICOS_PER_DAY, PICOS_PER_SECOND, ten_to};
use crate::types::{Type, Zone};

/// An array of dates, times or timestamps, with or without time zones. Rows that are NULL have some value.
#[derive(Debug)]
pub(crate) struct Column {
    ticks: Ticks,
    zones: Option<ScalarBuffer<i16>>,
}

#[derive(Debug)]
enum Ticks {
    Days(ScalarBuffer<i32>),
    /// Of a timestamp, with the microseconds that a tick has.
    Micros(ScalarBuffer<i64>, i64),
    Picos(ScalarBuffer<i128>),
    /// Of a time, with the picoseconds that a tick has.
    Time(ScalarBuffer<i64>, i64),
    ShortTime(ScalarBuffer<i32>, i64),
}

impl Column {
    /// The values of `array`, whose type is `type` and whose Arrow type is that of the type.
    ///
    /// Errors: `Internal` for an array of another type.
    pub(crate) fn of(array: &dyn Array, r#type: &Type) -> Result<Self> {
        let wrapped = || array.as_struct_opt().ok_or_else(|| mismatch(array, r#type));
        let plain = |ticks| Self { ticks, zones: None };
        Ok(match (r#type, array.data_type()) {
            (Type::Date, DataType::Date32) => plain(Ticks::Days(array.as_primitive::<Date32Type>().values().clone())),
            (Type::Time(_) | Type::Timestamp(_), DataType::Struct(_)) => plain(storage(wrapped()?.column(0), r#type)?),
            (Type::Time(_) | Type::Timestamp(_), _) => plain(storage(array, r#type)?),
            (Type::TimeTz(_) | Type::TimestampTz(_), _) => {
                let pair = wrapped()?;
                let zones = pair.columns().get(1).and_then(|zones| zones.as_primitive_opt::<Int16Type>());
                let zones = zones.ok_or_else(|| mismatch(array, r#type))?.values().clone();
                Self { ticks: storage(pair.column(0), r#type)?, zones: Some(zones) }
            }
            _ => return Err(mismatch(array, r#type)),
        })
    }

    /// The zone of a value. UTC where its type has none.
    pub(crate) fn zone(&self, row: usize) -> Zone {
        self.zones.as_ref().map_or(Zone::UTC, |zones| Zone::of_key(zones[row]))
    }

    /// A date at midnight, a timestamp as it is kept: with a time zone that is the instant.
    pub(crate) fn moment(&self, row: usize) -> Moment {
        match &self.ticks {
            Ticks::Days(days) => Moment { micros: i64::from(days[row]).saturating_mul(MICROS_PER_DAY), picos: 0 },
            Ticks::Micros(ticks, size) => Moment { micros: ticks[row].saturating_mul(*size), picos: 0 },
            Ticks::Picos(picos) => Moment::from_ticks(picos[row], MAX_PRECISION).unwrap_or_default(),
            Ticks::Time(..) | Ticks::ShortTime(..) => Moment::from_day(0, self.time(row)).unwrap_or_default(),
        }
    }

    /// What clocks show at the value.
    pub(crate) fn local(&self, row: usize) -> Moment {
        let moment = self.moment(row);
        match &self.zones {
            None => moment,
            Some(_) => self.zone(row).local(moment).unwrap_or(moment),
        }
    }

    /// The day on the calendar.
    pub(crate) fn day(&self, row: usize) -> i64 {
        match &self.ticks {
            Ticks::Days(days) => days[row].into(),
            _ => self.local(row).day(),
        }
    }

    /// Picoseconds since midnight of a time as it is kept: with an offset that is in UTC.
    pub(crate) fn time(&self, row: usize) -> i64 {
        match &self.ticks {
            Ticks::Time(ticks, size) => ticks[row].saturating_mul(*size),
            Ticks::ShortTime(ticks, size) => i64::from(ticks[row]).saturating_mul(*size),
            _ => self.moment(row).picos_of_day(),
        }
    }

    /// Picoseconds since midnight that clocks show, of a time or a timestamp.
    pub(crate) fn local_time(&self, row: usize) -> i64 {
        match (&self.ticks, &self.zones) {
            (Ticks::Time(..) | Ticks::ShortTime(..), Some(zones)) => {
                (self.time(row) + i64::from(zones[row]) * 60 * PICOS_PER_SECOND).rem_euclid(PICOS_PER_DAY)
            }
            (Ticks::Time(..) | Ticks::ShortTime(..), None) => self.time(row),
            _ => self.local(row).picos_of_day(),
        }
    }

    /// Minutes ahead of UTC.
    pub(crate) fn offset(&self, row: usize) -> i64 {
        match (&self.ticks, &self.zones) {
            (Ticks::Time(..) | Ticks::ShortTime(..), Some(zones)) => zones[row].into(),
            _ => self.zone(row).offset_at(self.moment(row)) / 60,
        }
    }
}

/// The values in a wrapper, or of a type that Arrow has.
fn storage(array: &dyn Array, r#type: &Type) -> Result<Ticks> {
    use DataType as A;
    Ok(match (r#type, array.data_type()) {
        (Type::Time(_) | Type::TimeTz(_), A::Int64) => Ticks::Time(array.as_primitive::<Int64Type>().values().clone(), 1),
        (Type::Timestamp(_) | Type::TimestampTz(_), A::Int64) => {
            Ticks::Micros(array.as_primitive::<Int64Type>().values().clone(), 1)
        }
        (_, A::Decimal128(..)) => Ticks::Picos(array.as_primitive::<Decimal128Type>().values().clone()),
        (_, A::Time32(TimeUnit::Second)) => {
            Ticks::ShortTime(array.as_primitive::<Time32SecondType>().values().clone(), PICOS_PER_SECOND)
        }
        (_, A::Time32(_)) => {
            Ticks::ShortTime(array.as_primitive::<Time32MillisecondType>().values().clone(), PICOS_PER_SECOND / 1000)
        }
        (_, A::Time64(TimeUnit::Microsecond)) => {
            Ticks::Time(array.as_primitive::<Time64MicrosecondType>().values().clone(), 1_000_000)
        }
        (_, A::Time64(_)) => Ticks::Time(array.as_primitive::<Time64NanosecondType>().values().clone(), 1000),
        (_, A::Timestamp(TimeUnit::Second, None)) => {
            Ticks::Micros(array.as_primitive::<TimestampSecondType>().values().clone(), 1_000_000)
        }
        (_, A::Timestamp(TimeUnit::Millisecond, None)) => {
            Ticks::Micros(array.as_primitive::<TimestampMillisecondType>().values().clone(), 1000)
        }
        (_, A::Timestamp(TimeUnit::Microsecond, None)) => {
            Ticks::Micros(array.as_primitive::<TimestampMicrosecondType>().values().clone(), 1)
        }
        _ => return Err(mismatch(array, r#type)),
    })
}

fn mismatch(array: &dyn Array, r#type: &Type) -> Error {
    Error::internal(format!("an array of {} does not hold {}", array.data_type(), r#type))
}

/// An array of dates.
pub(crate) fn dates(days: Vec<i32>, nulls: Option<NullBuffer>) -> ArrayRef {
    Arc::new(Date32Array::new(days.into(), nulls))
}

/// An array of `time(digits)` of picoseconds since midnight.
pub(crate) fn times(digits: u8, picos: Vec<i64>, nulls: Option<NullBuffer>) -> ArrayRef {
    let size = ten_to(MAX_PRECISION.saturating_sub(digits));
    let short = || picos.iter().map(|picos| (picos / size) as i32).collect::<Vec<_>>().into();
    let long = || picos.iter().map(|picos| picos / size).collect::<Vec<_>>().into();
    match digits {
        0 => Arc::new(Time32SecondArray::new(short(), nulls)),
        3 => Arc::new(Time32MillisecondArray::new(short(), nulls)),
        6 => Arc::new(Time64MicrosecondArray::new(long(), nulls)),
        9 => Arc::new(Time64NanosecondArray::new(long(), nulls)),
        _ => wrapped(&Type::Time(digits), vec![Arc::new(Int64Array::from(picos))], nulls),
    }
}

/// An array of `time(digits) with time zone` of picoseconds since midnight in UTC and minutes of offset.
pub(crate) fn times_with_zone(digits: u8, values: &[(i64, i16)], nulls: Option<NullBuffer>) -> ArrayRef {
    let picos = Int64Array::from_iter_values(values.iter().map(|(picos, _)| *picos));
    let offsets = Int16Array::from_iter_values(values.iter().map(|(_, offset)| *offset));
    wrapped(&Type::TimeTz(digits), vec![Arc::new(picos), Arc::new(offsets)], nulls)
}

/// An array of `timestamp(digits)`.
pub(crate) fn timestamps(digits: u8, moments: &[Moment], nulls: Option<NullBuffer>) -> ArrayRef {
    let ticks = || moments.iter().map(|moment| moment.ticks(digits) as i64).collect::<Vec<_>>().into();
    match digits {
        0 => Arc::new(TimestampSecondArray::new(ticks(), nulls)),
        3 => Arc::new(TimestampMillisecondArray::new(ticks(), nulls)),
        6 => Arc::new(TimestampMicrosecondArray::new(ticks(), nulls)),
        _ => wrapped(&Type::Timestamp(digits), vec![instants(digits, moments.iter().copied())], nulls),
    }
}

/// An array of `timestamp(digits) with time zone` of instants and zones.
pub(crate) fn timestamps_with_zone(digits: u8, values: &[(Moment, Zone)], nulls: Option<NullBuffer>) -> ArrayRef {
    let zones = Int16Array::from_iter_values(values.iter().map(|(_, zone)| zone.key()));
    let instants = instants(digits, values.iter().map(|(instant, _)| *instant));
    wrapped(&Type::TimestampTz(digits), vec![instants, Arc::new(zones)], nulls)
}

fn instants(digits: u8, moments: impl Iterator<Item = Moment>) -> ArrayRef {
    if digits <= 6 {
        return Arc::new(Int64Array::from_iter_values(moments.map(|moment| moment.micros)));
    }
    let seconds = Decimal128Array::from_iter_values(moments.map(|moment| moment.ticks(MAX_PRECISION)));
    Arc::new(seconds.with_data_type(DataType::Decimal128(38, 12)))
}

fn wrapped(r#type: &Type, children: Vec<ArrayRef>, nulls: Option<NullBuffer>) -> ArrayRef {
    match r#type.arrow() {
        DataType::Struct(fields) => Arc::new(StructArray::new(fields, children, nulls)),
        // Not reached: these types are wrappers.
        _ => children.into_iter().next().unwrap_or_else(|| Arc::new(Int64Array::new_null(0))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_made_is_read_back() {
        let moments = [Moment { micros: -1_000_001, picos: 999_999 }, Moment { micros: 1_588_336_496_123_456, picos: 123_456 }];
        let zone = Zone::parse("Asia/Kathmandu").unwrap();
        for digits in 0..=12 {
            let rounded = moments.map(|moment| moment.round(digits).unwrap());
            let timestamps = timestamps(digits, &rounded, None);
            assert_eq!(*timestamps.data_type(), Type::Timestamp(digits).arrow());
            let zoned = timestamps_with_zone(digits, &rounded.map(|moment| (moment, zone)), None);
            assert_eq!(*zoned.data_type(), Type::TimestampTz(digits).arrow());
            let (plain, zoned) = (
                Column::of(&timestamps, &Type::Timestamp(digits)).unwrap(),
                Column::of(&zoned, &Type::TimestampTz(digits)).unwrap(),
            );
            for (row, moment) in rounded.iter().enumerate() {
                assert_eq!((plain.moment(row), zoned.moment(row)), (*moment, *moment), "{digits}");
                assert_eq!((zoned.zone(row), zoned.offset(row)), (zone, if row == 0 { 330 } else { 345 }));
            }
            let picos = rounded.map(Moment::picos_of_day);
            let times = times(digits, picos.to_vec(), None);
            let offset = times_with_zone(digits, &picos.map(|picos| (picos, -35)), None);
            assert_eq!((times.data_type(), offset.data_type()), (&Type::Time(digits).arrow(), &Type::TimeTz(digits).arrow()));
            let (times, offset) =
                (Column::of(&times, &Type::Time(digits)).unwrap(), Column::of(&offset, &Type::TimeTz(digits)).unwrap());
            for (row, picos) in picos.into_iter().enumerate() {
                assert_eq!((times.local_time(row), offset.time(row)), (picos, picos), "{digits}");
                assert_eq!(offset.local_time(row), (picos - 35 * 60 * PICOS_PER_SECOND).rem_euclid(PICOS_PER_DAY));
            }
        }
        let dates = dates(vec![-1], None);
        assert_eq!(Column::of(&dates, &Type::Date).unwrap().day(0), -1);
        assert!(Column::of(&dates, &Type::Time(3)).is_err());
    }
}
