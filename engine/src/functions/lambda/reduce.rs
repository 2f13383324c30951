//! `reduce(array, initial, (state, element) -> state, state -> result)`: the elements of all rows' arrays place by place.

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, UInt32Array, UInt64Array};
use arrow::compute::{concat, take};
use datafusion::common::Result;

use super::{Call, Lambda, Overload};
use crate::values::list::{as_list, range, take_any};

pub(super) const FUNCTIONS: &[Lambda] = &[Lambda {
    names: &["reduce"],
    description: "What the second lambda gives for the state that the first one makes of the elements, one after the other",
    overloads: &[Overload { signature: "(array(T), S, function(S, T, S), function(S, R)) -> R", call: reduce }],
}];

fn reduce(call: &Call<'_>) -> Result<ArrayRef> {
    let (array, initial) = (as_list(call.array(0)?)?, call.array(1)?);
    let length = |row: u32| if array.is_null(row as usize) { 0 } else { range(array.offsets(), row as usize).len() };
    // Rows that still have elements, and the states of those; states of rows that have ended, and which rows they are of.
    let mut rows: Vec<u32> = (0..call.rows as u32).collect();
    let mut states = Arc::clone(initial);
    let mut ended: Vec<ArrayRef> = Vec::new();
    let mut ended_rows: Vec<u32> = Vec::new();
    for place in 0.. {
        let (going, done): (Vec<usize>, Vec<usize>) = (0..rows.len()).partition(|at| length(rows[*at]) > place);
        if !done.is_empty() {
            ended.push(take(&states, &indices(&done), None)?);
            ended_rows.extend(done.iter().map(|at| rows[*at]));
            states = take(&states, &indices(&going), None)?;
            rows = going.iter().map(|at| rows[*at]).collect();
        }
        if rows.is_empty() {
            break;
        }
        let elements: UInt64Array =
            rows.iter().map(|row| Some((range(array.offsets(), *row as usize).start + place) as u64)).collect();
        let elements = take_any(array.values(), &elements)?;
        states = call.apply(0, &[states, elements], &UInt32Array::from(rows.clone()))?;
    }
    let states = match ended.is_empty() {
        true => states,
        false => concat(&ended.iter().map(AsRef::as_ref).collect::<Vec<_>>())?,
    };
    // Back into the order of the rows; an array that is NULL makes NULL.
    let mut order: Vec<Option<u64>> = vec![None; call.rows];
    for (at, row) in ended_rows.iter().enumerate() {
        order[*row as usize] = Some(at as u64);
    }
    let states = take_any(&states, &UInt64Array::from(order))?;
    let found = call.apply(1, &[states], &(0..call.rows as u32).collect())?;
    match array.nulls().filter(|nulls| nulls.null_count() > 0) {
        Some(nulls) => {
            let missing = arrow::array::BooleanArray::new(!nulls.inner(), None);
            Ok(arrow::compute::nullif(&found, &missing)?)
        }
        None => Ok(found),
    }
}

fn indices(places: &[usize]) -> UInt64Array {
    places.iter().map(|place| Some(*place as u64)).collect()
}
