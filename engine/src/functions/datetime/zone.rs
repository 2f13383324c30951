//! `at_timezone`, `with_timezone` and `x AT TIME ZONE y`.

use arrow::array::{ArrayRef, AsArray};
use arrow::datatypes::DurationMillisecondType;
use datafusion::common::Result;

use super::{Zoned, clock, column, digits, invalid, overflow, zone_of, zoned};
use crate::error::into_datafusion;
use crate::functions::rows::Understood;
use crate::functions::{Call, Overload, Scalar};
use crate::types::temporal::cast::cast;
use crate::types::temporal::column::{Column, times_with_zone};
use crate::types::{Type, Zone};

const LOCAL: Overload = Overload::new("(timestamp(p), varchar) -> timestamp(p) with time zone", at_zone);
const LOCAL_OFFSET: Overload = Overload::new("(timestamp(p), interval day to second) -> timestamp(p) with time zone", at_zone);
const TIMESTAMP: Overload = Overload::new("(timestamp(p) with time zone, varchar) -> timestamp(p) with time zone", at_zone);
const TIMESTAMP_OFFSET: Overload =
    Overload::new("(timestamp(p) with time zone, interval day to second) -> timestamp(p) with time zone", at_zone);

pub(in crate::functions) const FUNCTIONS: &[Scalar] = &[
    Scalar {
        names: &["at_timezone"],
        description: "Converts a timestamp with time zone to a time zone",
        overloads: &[TIMESTAMP, TIMESTAMP_OFFSET, LOCAL, LOCAL_OFFSET],
    },
    Scalar {
        // `x AT TIME ZONE y`
        names: &["$at_timezone"],
        description: "Converts a time or a timestamp with time zone to a time zone",
        overloads: &[
            TIMESTAMP,
            TIMESTAMP_OFFSET,
            LOCAL,
            LOCAL_OFFSET,
            Overload::new("(time(p), varchar) -> time(p) with time zone", time_at_zone),
            Overload::new("(time(p), interval day to second) -> time(p) with time zone", time_at_zone),
            Overload::new("(time(p) with time zone, varchar) -> time(p) with time zone", time_at_zone),
            Overload::new("(time(p) with time zone, interval day to second) -> time(p) with time zone", time_at_zone),
        ],
    },
    Scalar {
        names: &["with_timezone"],
        description: "The instant at which clocks of a time zone show a timestamp",
        overloads: &[Overload::new("(timestamp(p), varchar) -> timestamp(p) with time zone", |call| {
            let (values, zones) = (column(call, 0)?, Understood::of(call, 1, zone_of)?);
            let zoned_values = call.each(|row| {
                let zone = *zones.at(row)?;
                Zoned::new(zone.instant(values.moment(row)).ok_or_else(overflow)?, zone)
            })?;
            Ok(zoned(call, &zoned_values))
        })],
    },
];

/// The zones of the second argument: names, or intervals from UTC.
fn zones(call: &Call<'_>) -> Result<Box<dyn Fn(usize) -> catalog::Result<Zone>>> {
    let offsets = call.array(1)?;
    if let Some(offsets) = offsets.as_primitive_opt::<DurationMillisecondType>().cloned() {
        return Ok(Box::new(move |row| zone_at(offsets.value(row))));
    }
    let names = Understood::of(call, 1, zone_of)?;
    Ok(Box::new(move |row| names.at(row).map(|zone| *zone)))
}

fn zone_at(millis: i64) -> catalog::Result<Zone> {
    if millis % 60_000 != 0 {
        return Err(invalid("invalid time zone offset interval: interval contains seconds"));
    }
    let minutes = millis / 60_000;
    Zone::of_offset(minutes).ok_or_else(|| invalid(format!("invalid offset minutes {minutes}")))
}

/// The first argument; what has no zone is of the session's.
fn in_zone(call: &Call<'_>) -> Result<Column> {
    let to = match call.types[0] {
        Type::Time(digits) => Type::TimeTz(digits),
        Type::Timestamp(digits) => Type::TimestampTz(digits),
        _ => return column(call, 0),
    };
    let zoned = cast(&call.array(0)?, &call.types[0], &to, clock(call)?, false).map_err(into_datafusion)?;
    Column::of(zoned.as_ref(), &to).map_err(into_datafusion)
}

fn at_zone(call: &Call<'_>) -> Result<ArrayRef> {
    let (values, zones) = (in_zone(call)?, zones(call)?);
    let moved = call.each(|row| Ok(Zoned(values.moment(row), zones(row)?)))?;
    Ok(zoned(call, &moved))
}

/// A time has no day: the offset is the one that the zone has today.
fn time_at_zone(call: &Call<'_>) -> Result<ArrayRef> {
    let (values, zones, start) = (in_zone(call)?, zones(call)?, clock(call)?.start);
    let moved = call.each(|row| Ok((values.time(row), (zones(row)?.offset_at(start) / 60) as i16)))?;
    Ok(times_with_zone(digits(call.result), &moved, None))
}
