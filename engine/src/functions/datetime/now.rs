//! What time it is: the start of the query, in the session's time zone. All of a query sees the same time.

use std::sync::Arc;

use arrow::array::{Array, ArrayRef};
use datafusion::common::Result;

use super::{Zoned, clock, zoned};
use crate::error::into_datafusion;
use crate::functions::{Call, Overload, Scalar};
use crate::types::Type;
use crate::types::temporal::cast::cast;

pub(in crate::functions) const FUNCTIONS: &[Scalar] = &[
    Scalar {
        names: &["now", "current_timestamp"],
        description: "Current timestamp with time zone",
        overloads: &[Overload::new("() -> timestamp(3) with time zone", now)],
    },
    Scalar {
        // `CURRENT_TIMESTAMP(p)` is a cast of it.
        names: &["$now"],
        description: "Current timestamp with time zone, as exact as it is known",
        overloads: &[Overload::new("() -> timestamp(9) with time zone", now)],
    },
    Scalar {
        names: &["localtimestamp"],
        description: "Current timestamp without time zone",
        overloads: &[Overload::new("() -> timestamp(3)", now_as)],
    },
    Scalar {
        names: &["current_time"],
        description: "Current time with time zone",
        overloads: &[Overload::new("() -> time(3) with time zone", now_as)],
    },
    Scalar {
        names: &["localtime"],
        description: "Current time without time zone",
        overloads: &[Overload::new("() -> time(3)", now_as)],
    },
    Scalar { names: &["current_date"], description: "Current date", overloads: &[Overload::new("() -> date", now_as)] },
    Scalar {
        names: &["current_timezone"],
        description: "Current time zone",
        overloads: &[Overload::new("() -> varchar", |call| {
            let zone = clock(call)?.zone.to_string();
            call.texts(|_, out| {
                out.push_str(&zone);
                Ok(())
            })
        })],
    },
    Scalar {
        names: &["date"],
        description: "Alias for CAST(x AS date)",
        overloads: &[
            Overload::new("(date) -> date", |call| call.array(0)),
            Overload::new("(timestamp(p)) -> date", date),
            Overload::new("(timestamp(p) with time zone) -> date", date),
            Overload::new("(varchar) -> date", date),
        ],
    },
];

fn now(call: &Call<'_>) -> Result<ArrayRef> {
    let clock = clock(call)?;
    let start = clock.start.round(super::digits(call.result)).unwrap_or(clock.start);
    Ok(zoned(call, &vec![Zoned(start, clock.zone); call.rows]))
}

/// `CAST(current_timestamp AS …)`
fn now_as(call: &Call<'_>) -> Result<ArrayRef> {
    let clock = clock(call)?;
    let from = Type::TimestampTz(9);
    let now = super::column::timestamps_with_zone(9, &vec![(clock.start, clock.zone); call.rows], None);
    cast(&now, &from, call.result, clock, false).map_err(into_datafusion)
}

fn date(call: &Call<'_>) -> Result<ArrayRef> {
    let (array, from) = (call.array(0)?, &call.types[0]);
    // Rows in which the argument is NULL are left out by the cast itself.
    debug_assert_eq!(array.len(), call.rows);
    cast(&Arc::clone(&array), from, call.result, clock(call)?, false).map_err(into_datafusion)
}
