//! `(start, end) OVERLAPS (start, end)`: whether two periods have an instant in common, as the SQL standard defines it ("Date and
//! time functions and operators").

use std::cmp::Ordering;
use std::sync::Arc;

use arrow::array::{Array, ArrayRef, BooleanArray};
use arrow::buffer::NullBuffer;
use datafusion::common::Result;

use super::interval::{later, later_days, later_months};
use super::{Call, Nulls, Overload, Scalar};
use crate::error::into_datafusion;
use crate::types::Type;
use crate::types::temporal::column::Column;

pub(super) const FUNCTIONS: &[Scalar] = &[
    Scalar {
        names: &["$period_end"],
        description: "The end of a period that begins at a time and lasts up to another one, or for an interval",
        overloads: &[
            Overload { signature: "(date, date) -> date", nulls: Nulls::Called, call: end },
            Overload { signature: "(time(p), time(p)) -> time(p)", nulls: Nulls::Called, call: end },
            Overload {
                signature: "(time(p) with time zone, time(p) with time zone) -> time(p) with time zone",
                nulls: Nulls::Called,
                call: end,
            },
            Overload { signature: "(timestamp(p), timestamp(p)) -> timestamp(p)", nulls: Nulls::Called, call: end },
            Overload {
                signature: "(timestamp(p) with time zone, timestamp(p) with time zone) -> timestamp(p) with time zone",
                nulls: Nulls::Called,
                call: end,
            },
            Overload::new("(date, interval day to second) -> date", |c| later_days(c, 0, 1, 1)),
            Overload::new("(date, interval year to month) -> date", |c| later_months(c, 0, 1, 1)),
            Overload::new("(time(p), interval day to second) -> time(max(p, 3))", |c| later(c, 0, 1, 1)),
            Overload::new("(time(p) with time zone, interval day to second) -> time(max(p, 3)) with time zone", |c| {
                later(c, 0, 1, 1)
            }),
            Overload::new("(timestamp(p), interval day to second) -> timestamp(max(p, 3))", |c| later(c, 0, 1, 1)),
            Overload::new("(timestamp(p), interval year to month) -> timestamp(p)", |c| later_months(c, 0, 1, 1)),
            Overload::new("(timestamp(p) with time zone, interval day to second) -> timestamp(max(p, 3)) with time zone", |c| {
                later(c, 0, 1, 1)
            }),
            Overload::new("(timestamp(p) with time zone, interval year to month) -> timestamp(p) with time zone", |c| {
                later_months(c, 0, 1, 1)
            }),
        ],
    },
    Scalar {
        names: &["$overlaps"],
        description: "Whether two periods have an instant in common",
        overloads: &[
            Overload { signature: "(date, date, date, date) -> boolean", nulls: Nulls::Called, call: overlaps },
            Overload { signature: "(time(p), time(p), time(p), time(p)) -> boolean", nulls: Nulls::Called, call: overlaps },
            Overload {
                signature: "(time(p) with time zone, time(p) with time zone, time(p) with time zone, time(p) with time zone) -> boolean",
                nulls: Nulls::Called,
                call: overlaps,
            },
            Overload {
                signature: "(timestamp(p), timestamp(p), timestamp(p), timestamp(p)) -> boolean",
                nulls: Nulls::Called,
                call: overlaps,
            },
            Overload {
                signature: "(timestamp(p) with time zone, timestamp(p) with time zone, timestamp(p) with time zone, timestamp(p) with time zone) -> boolean",
                nulls: Nulls::Called,
                call: overlaps,
            },
        ],
    },
];

/// The end, also where the beginning is not known.
fn end(call: &Call<'_>) -> Result<ArrayRef> {
    call.array(1)
}

/// Where each of the four is, as one number that tells before from after.
struct Places {
    column: Column,
    nulls: Option<NullBuffer>,
    is_time: bool,
}

impl Places {
    fn of(call: &Call<'_>, argument: usize) -> Result<Self> {
        let (array, r#type) = (call.array(argument)?, &call.types[argument]);
        let column = Column::of(&array, r#type).map_err(into_datafusion)?;
        Ok(Self { column, nulls: array.logical_nulls(), is_time: matches!(r#type, Type::Time(_) | Type::TimeTz(_)) })
    }

    fn get(&self, row: usize) -> Option<(i64, i64)> {
        if self.nulls.as_ref().is_some_and(|nulls| nulls.is_null(row)) {
            return None;
        }
        let moment = self.column.moment(row);
        Some(if self.is_time { (self.column.time(row), 0) } else { (moment.micros, moment.picos.into()) })
    }
}

fn overlaps(call: &Call<'_>) -> Result<ArrayRef> {
    let places = (0..4).map(|argument| Places::of(call, argument)).collect::<Result<Vec<_>>>()?;
    let rows = 0..call.rows;
    let found = rows.map(|row| {
        let [a, b, c, d] = [0, 1, 2, 3].map(|argument| places[argument].get(row));
        overlap(ordered(a, b), ordered(c, d))
    });
    Ok(Arc::new(found.collect::<BooleanArray>()))
}

type Place = Option<(i64, i64)>;

/// A period from its earlier end to its later one; from the known one where one is not known.
fn ordered(start: Place, end: Place) -> (Place, Place) {
    match (start, end) {
        (None, end) => (end, None),
        (Some(start), Some(end)) if end < start => (Some(end), Some(start)),
        known => known,
    }
}

/// `(s > t AND NOT (s >= t_end AND s_end >= t_end)) OR (t > s AND NOT (t >= s_end AND t_end >= s_end)) OR (s = t AND (s_end <>
/// t_end OR s_end = t_end))` in three-valued logic.
fn overlap((s, s_end): (Place, Place), (t, t_end): (Place, Place)) -> Option<bool> {
    let later = |a: Place, b: Place| Some(a? > b?);
    let not_before = |a: Place, b: Place| Some(a? >= b?);
    let within = |begun: Place, until: Place, other: Place, other_end: Place| {
        and(later(begun, other), and(not_before(begun, other_end), not_before(until, other_end)).map(|past| !past))
    };
    let same = s.zip(t).map(|(s, t)| s.cmp(&t) == Ordering::Equal);
    let ends = s_end.zip(t_end).map(|_| true);
    or(or(within(s, s_end, t, t_end), within(t, t_end, s, s_end)), and(same, ends))
}

fn and(a: Option<bool>, b: Option<bool>) -> Option<bool> {
    if a == Some(false) || b == Some(false) { Some(false) } else { Some(a? && b?) }
}

fn or(a: Option<bool>, b: Option<bool>) -> Option<bool> {
    if a == Some(true) || b == Some(true) { Some(true) } else { Some(a? || b?) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn periods_with_unknown_ends() {
        let at = |day: i64| Some((day, 0));
        for (a, b, expected) in [
            ((at(1), at(3)), (at(5), at(7)), Some(false)),
            ((at(1), at(5)), (at(5), at(7)), Some(false)),
            ((at(5), at(5)), (at(5), at(5)), Some(true)),
            ((at(6), at(1)), (at(5), at(9)), Some(true)),
            ((None, at(6)), (at(5), at(9)), Some(true)),
            ((at(12), None), (at(5), at(9)), None),
        ] {
            assert_eq!(overlap(ordered(a.0, a.1), ordered(b.0, b.1)), expected, "{a:?} {b:?}");
        }
    }
}
