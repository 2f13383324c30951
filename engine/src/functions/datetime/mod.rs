//! Trino's "Date and time functions and operators" and, of its "Teradata functions", those of dates.

pub(super) mod arithmetic;
pub(super) mod duration;
pub(super) mod extract;
pub(super) mod iso;
pub(super) mod joda;
mod mask;
pub(super) mod mysql;
pub(super) mod now;
pub(super) mod teradata;
pub(super) mod unix;
pub(super) mod zone;

use arrow::array::ArrayRef;
use catalog::{Error, ErrorKind};
use datafusion::common::Result;

use super::Call;
use crate::error::into_datafusion;
use crate::types::temporal::Moment;
use crate::types::temporal::cast::{Clock, is_zoned_instant};
use crate::types::temporal::column::{self, Column};
use crate::types::{Type, Zone};

/// The dates, times or timestamps of an argument.
fn column(call: &Call<'_>, argument: usize) -> Result<Column> {
    let array = call.array(argument)?;
    let r#type = call.types.get(argument).unwrap_or(&Type::Unknown);
    Column::of(array.as_ref(), r#type).map_err(into_datafusion)
}

/// The session's zone and the start of its query.
pub(crate) fn clock(call: &Call<'_>) -> Result<Clock> {
    let session = call.session();
    let zone = session.zone().map_err(into_datafusion)?;
    let nanos = session.start.timestamp_subsec_nanos();
    let micros = session.start.timestamp().saturating_mul(1_000_000) + i64::from(nanos / 1000);
    let start = Moment { micros, picos: nanos % 1000 * 1000 };
    Ok(Clock { zone, start, pads_chars: session.legacy_varchar_to_char_coercion })
}

/// `INVALID_FUNCTION_ARGUMENT`
fn invalid(message: impl Into<String>) -> Error {
    Error::new(ErrorKind::InvalidFunctionArgument, message)
}

fn overflow() -> Error {
    invalid("long overflow")
}

/// The zone that a text names.
fn zone_of(name: &str) -> catalog::Result<Zone> {
    Zone::parse(name).ok_or_else(|| invalid(format!("'{name}' is not a valid time zone")))
}

/// An instant with its zone, some default for rows that are NULL.
#[derive(Clone, Copy)]
struct Zoned(Moment, Zone);

impl Default for Zoned {
    fn default() -> Self {
        Self(Moment::default(), Zone::UTC)
    }
}

impl Zoned {
    /// Errors: `InvalidFunctionArgument` for an instant that a timestamp with time zone cannot be.
    fn new(instant: Moment, zone: Zone) -> catalog::Result<Self> {
        if is_zoned_instant(instant) {
            Ok(Self(instant, zone))
        } else {
            Err(invalid(format!("millis overflow: {}", instant.millis())))
        }
    }
}

/// An array of the call's result: a timestamp with time zone.
fn zoned(call: &Call<'_>, values: &[Zoned]) -> ArrayRef {
    let pairs: Vec<_> = values.iter().map(|Zoned(instant, zone)| (*instant, *zone)).collect();
    column::timestamps_with_zone(digits(call.result), &pairs, None)
}

/// The digits of a second that a type has.
fn digits(r#type: &Type) -> u8 {
    match r#type {
        Type::Time(digits) | Type::TimeTz(digits) | Type::Timestamp(digits) | Type::TimestampTz(digits) => *digits,
        _ => 0,
    }
}
