//! Seconds and nanoseconds since 1970-01-01 00:00 UTC.

use std::sync::Arc;

use arrow::array::{ArrayRef, AsArray, Float64Array};
use arrow::datatypes::{Decimal128Type, Float64Type, Int64Type};
use datafusion::common::Result;

use super::{Zoned, clock, column, digits, invalid, overflow, zone_of, zoned};
use crate::functions::rows::Understood;
use crate::functions::{Call, Overload, Scalar};
use crate::types::temporal::Moment;
use crate::types::{Type, Zone};

pub(in crate::functions) const FUNCTIONS: &[Scalar] = &[
    Scalar {
        names: &["from_unixtime"],
        description: "The timestamp that is a number of seconds after 1970",
        overloads: &[
            Overload::new("(double) -> timestamp(3) with time zone", |call| {
                let zone = clock(call)?.zone;
                from_unixtime(call, |_| Ok(zone))
            }),
            Overload::new("(double, varchar) -> timestamp(3) with time zone", |call| {
                let zones = Understood::of(call, 1, zone_of)?;
                from_unixtime(call, |row| zones.at(row).map(|zone| *zone))
            }),
            Overload::new("(double, bigint, bigint) -> timestamp(3) with time zone", |call| {
                let (hours, minutes) = (call.array(1)?, call.array(2)?);
                let (hours, minutes) = (hours.as_primitive::<Int64Type>(), minutes.as_primitive::<Int64Type>());
                from_unixtime(call, |row| {
                    let total = hours.value(row).saturating_mul(60).saturating_add(minutes.value(row));
                    Zone::of_offset(total).ok_or_else(|| invalid(format!("invalid offset minutes {total}")))
                })
            }),
        ],
    },
    Scalar {
        names: &["from_unixtime_nanos"],
        description: "The timestamp that is a number of nanoseconds after 1970",
        overloads: &[
            Overload::new("(bigint) -> timestamp(9) with time zone", |call| {
                let nanos = call.array(0)?;
                let nanos = nanos.as_primitive::<Int64Type>();
                from_nanos(call, |row| nanos.value(row).into())
            }),
            Overload::new("(decimal(p, s)) -> timestamp(9) with time zone", |call| {
                let scale = match call.types[0] {
                    Type::Decimal(_, scale) => scale,
                    _ => 0,
                };
                let factor = 10_i128.pow(scale.into());
                let nanos = call.array(0)?;
                let nanos = nanos.as_primitive::<Decimal128Type>();
                // Halves away from zero, as decimals round.
                from_nanos(call, |row| {
                    let nanos = nanos.value(row);
                    (nanos + nanos.signum() * (factor / 2)) / factor
                })
            }),
        ],
    },
    Scalar {
        names: &["to_unixtime"],
        description: "Seconds since 1970",
        overloads: &[
            Overload::new("(timestamp(p)) -> double", to_unixtime),
            Overload::new("(timestamp(p) with time zone) -> double", to_unixtime),
        ],
    },
];

fn from_unixtime(call: &Call<'_>, zone: impl Fn(usize) -> catalog::Result<Zone>) -> Result<ArrayRef> {
    let seconds = call.array(0)?;
    let seconds = seconds.as_primitive::<Float64Type>();
    let values = call.each(|row| {
        let zone = zone(row)?;
        // Java's Math.round: half up; what is no number is 0, what is too large the largest.
        let millis = (seconds.value(row) * 1000.0 + 0.5).floor() as i64;
        match Moment::from_ticks(millis.into(), 3) {
            Some(instant) => Zoned::new(instant, zone),
            None => Err(invalid(format!("millis overflow: {millis}"))),
        }
    })?;
    Ok(zoned(call, &values))
}

fn from_nanos(call: &Call<'_>, nanos: impl Fn(usize) -> i128) -> Result<ArrayRef> {
    let zone = clock(call)?.zone;
    let values = call.each(|row| Zoned::new(Moment::from_ticks(nanos(row), 9).ok_or_else(overflow)?, zone))?;
    Ok(zoned(call, &values))
}

fn to_unixtime(call: &Call<'_>) -> Result<ArrayRef> {
    let (values, session) = (column(call, 0)?, clock(call)?.zone);
    let (exact, local) = (digits(&call.types[0]) > 6, matches!(call.types[0], Type::Timestamp(_)));
    let seconds = call.each(|row| {
        // A timestamp without a zone is of the session's.
        let moment = values.moment(row);
        let moment = if local { session.instant(moment).ok_or_else(overflow)? } else { moment };
        let seconds = moment.micros as f64 / 1e6;
        Ok(if exact { seconds + f64::from(moment.picos) / 1e12 } else { seconds })
    })?;
    Ok(Arc::new(Float64Array::from(seconds)))
}
