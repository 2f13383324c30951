//! Arrays as sets: elements are the same where they are not distinct, so that NULL is NULL.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use arrow::array::{Array, ArrayRef, Int64Array, ListArray};
use arrow::compute::concat;
use catalog::{Error, ErrorKind};
use datafusion::common::Result;

use crate::error::into_datafusion;
use crate::functions::{Call, Overload, Scalar};
use crate::values::equality::Equality;
use crate::values::key::Keys;
use crate::values::list::{Picks, as_list, map, range, take_any};

pub(in crate::functions) const FUNCTIONS: &[Scalar] = &[
    Scalar {
        names: &["array_distinct"],
        description: "The array without repetitions",
        overloads: &[Overload::new("(array(T)) -> array(T)", array_distinct)],
    },
    Scalar {
        names: &["array_union"],
        description: "The elements that are in either of two arrays, without repetitions",
        overloads: &[Overload::new("(array(T), array(T)) -> array(T)", array_union)],
    },
    Scalar {
        names: &["array_intersect"],
        description: "The elements that are in both of two arrays, without repetitions",
        overloads: &[Overload::new("(array(T), array(T)) -> array(T)", array_intersect)],
    },
    Scalar {
        names: &["array_except"],
        description: "The elements of an array that are not in another one, without repetitions",
        overloads: &[Overload::new("(array(T), array(T)) -> array(T)", array_except)],
    },
    Scalar {
        names: &["array_remove"],
        description: "The array without the elements that are a value",
        overloads: &[Overload::new("(array(T), T) -> array(T)", array_remove)],
    },
    Scalar {
        names: &["array_histogram"],
        description: "How often each element is in an array",
        overloads: &[Overload::new("(array(T)) -> map(T, bigint)", array_histogram)],
    },
];

fn array_distinct(call: &Call<'_>) -> Result<ArrayRef> {
    let array = call.array(0)?;
    let list = as_list(&array)?;
    let keys = Keys::of(list.values())?;
    let mut picks = Picks::new(call.rows, list.values().len());
    let mut seen: HashSet<&[u8]> = HashSet::new();
    for row in 0..call.rows {
        seen.clear();
        picks.extend(range(list.offsets(), row).filter(|at| seen.insert(keys.get(*at))));
        picks.end()?;
    }
    picks.list(list.values(), None)
}

/// The values of two lists in one array, with where those of the second begin.
fn together(left: &ListArray, right: &ListArray) -> Result<(ArrayRef, usize)> {
    Ok((concat(&[left.values(), right.values()])?, left.values().len()))
}

fn array_union(call: &Call<'_>) -> Result<ArrayRef> {
    let (left, right) = (call.array(0)?, call.array(1)?);
    let (left, right) = (as_list(&left)?, as_list(&right)?);
    let (values, ahead) = together(left, right)?;
    let keys = Keys::of(&values)?;
    let mut picks = Picks::new(call.rows, values.len());
    let mut seen: HashSet<&[u8]> = HashSet::new();
    for row in 0..call.rows {
        seen.clear();
        let theirs = range(right.offsets(), row).map(|at| at + ahead);
        picks.extend(range(left.offsets(), row).chain(theirs).filter(|at| seen.insert(keys.get(*at))));
        picks.end()?;
    }
    picks.list(&values, None)
}

/// In the order of the longer array, as Trino has it.
fn array_intersect(call: &Call<'_>) -> Result<ArrayRef> {
    let (left, right) = (call.array(0)?, call.array(1)?);
    let (left, right) = (as_list(&left)?, as_list(&right)?);
    let (values, ahead) = together(left, right)?;
    let keys = Keys::of(&values)?;
    let mut picks = Picks::new(call.rows, values.len() / 2);
    let (mut wanted, mut seen) = (HashSet::new(), HashSet::new());
    for row in 0..call.rows {
        let ours = range(left.offsets(), row);
        let theirs = range(right.offsets(), row);
        let theirs = theirs.start + ahead..theirs.end + ahead;
        let (longer, shorter) = if ours.len() < theirs.len() { (theirs, ours) } else { (ours, theirs) };
        wanted.clear();
        seen.clear();
        wanted.extend(shorter.map(|at| keys.get(at)));
        picks.extend(longer.filter(|at| wanted.contains(keys.get(*at)) && seen.insert(keys.get(*at))));
        picks.end()?;
    }
    picks.list(&values, None)
}

fn array_except(call: &Call<'_>) -> Result<ArrayRef> {
    let (left, right) = (call.array(0)?, call.array(1)?);
    let (left, right) = (as_list(&left)?, as_list(&right)?);
    let (ours, theirs) = (Keys::of(left.values())?, Keys::of(right.values())?);
    let mut picks = Picks::new(call.rows, left.values().len());
    let mut seen: HashSet<&[u8]> = HashSet::new();
    for row in 0..call.rows {
        seen.clear();
        seen.extend(range(right.offsets(), row).map(|at| theirs.get(at)));
        picks.extend(range(left.offsets(), row).filter(|at| seen.insert(ours.get(*at))));
        picks.end()?;
    }
    picks.list(left.values(), None)
}

fn array_remove(call: &Call<'_>) -> Result<ArrayRef> {
    let (array, element) = (call.array(0)?, call.array(1)?);
    let list = as_list(&array)?;
    let values = list.values();
    let equality = Equality::new(values, &element)?;
    let valid = call.valid();
    let mut picks = Picks::new(call.rows, values.len());
    for row in 0..call.rows {
        if valid.as_ref().is_none_or(|valid| valid.is_valid(row)) {
            for at in range(list.offsets(), row) {
                match equality.equal(at, row) {
                    Some(true) => {}
                    None if values.is_valid(at) => {
                        let message = "array_remove does not support arrays with elements that are null or contain null";
                        return Err(into_datafusion(Error::new(ErrorKind::NotSupported, message)));
                    }
                    _ => picks.push(at),
                }
            }
        }
        picks.end()?;
    }
    picks.list(values, None)
}

fn array_histogram(call: &Call<'_>) -> Result<ArrayRef> {
    let array = call.array(0)?;
    let list = as_list(&array)?;
    let keys = Keys::of(list.values())?;
    let nulls = list.values().logical_nulls();
    let mut picks = Picks::new(call.rows, list.values().len());
    let mut counts: Vec<i64> = Vec::new();
    let mut places: HashMap<&[u8], usize> = HashMap::new();
    for row in 0..call.rows {
        places.clear();
        for at in range(list.offsets(), row).filter(|at| nulls.as_ref().is_none_or(|nulls| nulls.is_valid(*at))) {
            let place = *places.entry(keys.get(at)).or_insert_with(|| {
                picks.push(at);
                counts.push(0);
                counts.len() - 1
            });
            counts[place] += 1;
        }
        picks.end()?;
    }
    let (offsets, places) = picks.parts();
    let elements = take_any(list.values(), &places)?;
    Ok(Arc::new(map(offsets, elements, Arc::new(Int64Array::from(counts)), None)?))
}
