//! Lambdas over the elements of arrays.

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, BooleanArray, UInt32Array, UInt64Array};
use arrow::buffer::{NullBuffer, OffsetBuffer};
use datafusion::common::Result;

use super::call::Elements;
use super::{Call, Lambda, Overload};
use crate::values::list::{Picks, as_list, list, range, take_any};

pub(super) const FUNCTIONS: &[Lambda] = &[
    Lambda {
        names: &["transform"],
        description: "The array of what the lambda gives for each element",
        overloads: &[Overload { signature: "(array(T), function(T, U)) -> array(U)", call: transform }],
    },
    Lambda {
        names: &["filter"],
        description: "The elements for which the lambda is true",
        overloads: &[Overload { signature: "(array(T), function(T, boolean)) -> array(T)", call: filter }],
    },
    Lambda {
        names: &["any_match"],
        description: "Whether the lambda is true for an element",
        overloads: &[Overload {
            signature: "(array(T), function(T, boolean)) -> boolean",
            call: |call| matches(call, |any| any),
        }],
    },
    Lambda {
        names: &["all_match"],
        description: "Whether the lambda is true for all elements",
        overloads: &[Overload { signature: "(array(T), function(T, boolean)) -> boolean", call: all_match }],
    },
    Lambda {
        names: &["none_match"],
        description: "Whether the lambda is true for no element",
        overloads: &[Overload {
            signature: "(array(T), function(T, boolean)) -> boolean",
            call: |call| matches(call, |any| any.map(|any| !any)),
        }],
    },
    Lambda {
        names: &["array_first"],
        description: "The first element, or the first one for which the lambda is true; NULL where there is none",
        overloads: &[
            Overload { signature: "(array(T)) -> T", call: |call| end(call, false) },
            Overload { signature: "(array(T), function(T, boolean)) -> T", call: |call| end(call, false) },
        ],
    },
    Lambda {
        names: &["array_last"],
        description: "The last element, or the last one for which the lambda is true; NULL where there is none",
        overloads: &[
            Overload { signature: "(array(T)) -> T", call: |call| end(call, true) },
            Overload { signature: "(array(T), function(T, boolean)) -> T", call: |call| end(call, true) },
        ],
    },
    Lambda {
        names: &["zip_with"],
        description: "What the lambda gives for the elements at the same places, NULL where one array has ended",
        overloads: &[Overload { signature: "(array(T), array(U), function(T, U, R)) -> array(R)", call: zip_with }],
    },
];

fn transform(call: &Call<'_>) -> Result<ArrayRef> {
    let array = as_list(call.array(0)?)?;
    let elements = Elements::of(array.offsets(), array.nulls(), array.values().len());
    let found = call.apply(0, &[elements.take(array.values())?], &elements.rows)?;
    Ok(Arc::new(list(elements.offsets, found, array.nulls().cloned())?))
}

fn filter(call: &Call<'_>) -> Result<ArrayRef> {
    let array = as_list(call.array(0)?)?;
    let elements = Elements::of(array.offsets(), array.nulls(), array.values().len());
    let values = elements.take(array.values())?;
    let found = call.test(0, &[Arc::clone(&values)], &elements.rows)?;
    let mut picks = Picks::new(call.rows, values.len());
    for row in 0..call.rows {
        picks.extend(range(&elements.offsets, row).filter(|at| is_true(&found, *at)));
        picks.end()?;
    }
    picks.list(&values, array.nulls().cloned())
}

fn is_true(found: &BooleanArray, at: usize) -> bool {
    found.is_valid(at) && found.value(at)
}

/// Whether the lambda is true for any element, unknown where it is for none and unknown for one; `of` makes the result of it.
fn matches(call: &Call<'_>, of: impl Fn(Option<bool>) -> Option<bool>) -> Result<ArrayRef> {
    let array = as_list(call.array(0)?)?;
    let elements = Elements::of(array.offsets(), array.nulls(), array.values().len());
    let found = call.test(0, &[elements.take(array.values())?], &elements.rows)?;
    let rows = (0..call.rows).map(|row| {
        let range = range(&elements.offsets, row);
        if array.is_null(row) {
            return None;
        }
        let any = range.clone().any(|at| is_true(&found, at));
        of((any || range.into_iter().all(|at| found.is_valid(at))).then_some(any))
    });
    Ok(Arc::new(rows.collect::<BooleanArray>()))
}

fn all_match(call: &Call<'_>) -> Result<ArrayRef> {
    let array = as_list(call.array(0)?)?;
    let elements = Elements::of(array.offsets(), array.nulls(), array.values().len());
    let found = call.test(0, &[elements.take(array.values())?], &elements.rows)?;
    let rows = (0..call.rows).map(|row| {
        let mut range = range(&elements.offsets, row);
        if array.is_null(row) {
            return None;
        }
        let not = range.clone().any(|at| found.is_valid(at) && !found.value(at));
        (not || range.all(|at| found.is_valid(at))).then_some(!not)
    });
    Ok(Arc::new(rows.collect::<BooleanArray>()))
}

fn end(call: &Call<'_>, last: bool) -> Result<ArrayRef> {
    let array = as_list(call.array(0)?)?;
    let elements = Elements::of(array.offsets(), array.nulls(), array.values().len());
    let values = elements.take(array.values())?;
    let found = if call.has(0) { Some(call.test(0, &[Arc::clone(&values)], &elements.rows)?) } else { None };
    let places = (0..call.rows).map(|row| {
        let mut fitting = range(&elements.offsets, row).filter(|at| found.as_ref().is_none_or(|found| is_true(found, *at)));
        let place = if last { fitting.next_back() } else { fitting.next() };
        place.map(|at| at as u64)
    });
    take_any(&values, &places.collect::<UInt64Array>())
}

fn zip_with(call: &Call<'_>) -> Result<ArrayRef> {
    let (left, right) = (as_list(call.array(0)?)?, as_list(call.array(1)?)?);
    let nulls = NullBuffer::union(left.nulls(), right.nulls());
    let live = |row: usize| nulls.as_ref().is_none_or(|nulls| nulls.is_valid(row));
    let ranges = |row: usize| (range(left.offsets(), row), range(right.offsets(), row));
    let lengths = (0..call.rows).map(|row| {
        let (left, right) = ranges(row);
        if live(row) { left.len().max(right.len()) } else { 0 }
    });
    let offsets = OffsetBuffer::<i32>::from_lengths(lengths);
    let rows: UInt32Array = (0..call.rows).flat_map(|row| std::iter::repeat_n(row as u32, range(&offsets, row).len())).collect();
    let padded = |values: &ArrayRef, theirs: &OffsetBuffer<i32>| {
        let places = (0..call.rows).flat_map(|row| {
            let range_of = range(theirs, row);
            (0..range(&offsets, row).len()).map(move |at| (at < range_of.len()).then_some((range_of.start + at) as u64))
        });
        take_any(values, &places.collect::<UInt64Array>())
    };
    let columns = [padded(left.values(), left.offsets())?, padded(right.values(), right.offsets())?];
    let found = call.apply(0, &columns, &rows)?;
    Ok(Arc::new(list(offsets, found, nulls)?))
}
