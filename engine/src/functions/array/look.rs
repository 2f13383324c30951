//! Looking into arrays: what is in them, and where.

use std::collections::HashSet;
use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, BooleanArray, Int64Array, UInt64Array};
use arrow::buffer::NullBuffer;
use arrow::datatypes::Int64Type;
use catalog::{Error, ErrorKind};
use datafusion::common::{DataFusionError, Result};

use crate::error::into_datafusion;
use crate::functions::{Call, Overload, Scalar, invalid};
use crate::values::equality::Equality;
use crate::values::key::{Keys, NaN};
use crate::values::list::{as_list, range, take_any};

pub(in crate::functions) const FUNCTIONS: &[Scalar] = &[
    Scalar {
        names: &["contains"],
        description: "Whether an element is in an array",
        overloads: &[Overload::new("(array(T), T) -> boolean", contains)],
    },
    Scalar {
        names: &["array_position"],
        description: "The place of the first occurrence of an element, or of the one that is asked for, 0 where it is not there",
        overloads: &[
            Overload::new("(array(T), T) -> bigint", array_position),
            Overload::new("(array(T), T, bigint) -> bigint", array_position),
        ],
    },
    Scalar {
        names: &["arrays_overlap"],
        description: "Whether arrays have an element in common; unknown where only a NULL might be",
        overloads: &[Overload::new("(array(T), array(T)) -> boolean", arrays_overlap)],
    },
    Scalar {
        names: &["contains_sequence"],
        description: "Whether an array has the elements of another one next to each other",
        overloads: &[Overload::new("(array(T), array(T)) -> boolean", contains_sequence)],
    },
    Scalar {
        names: &["cardinality"],
        description: "How many elements an array has",
        overloads: &[Overload::new("(array(T)) -> bigint", cardinality)],
    },
    Scalar {
        names: &["element_at"],
        description: "The element at a place, counted from 1 or from the end with -1; NULL where there is none",
        overloads: &[Overload::new("(array(T), bigint) -> T", element_at)],
    },
    Scalar {
        names: &["$element"],
        description: "The element at a place",
        overloads: &[Overload::new("(array(T), bigint) -> T", subscript)],
    },
    Scalar {
        names: &["array_max"],
        description: "The largest element; NULL where one is NULL",
        overloads: &[Overload::new("(array(T)) -> T", |call| extreme(call, NaN::Smallest))],
    },
    Scalar {
        names: &["array_min"],
        description: "The smallest element; NULL where one is NULL",
        overloads: &[Overload::new("(array(T)) -> T", |call| extreme(call, NaN::Largest))],
    },
];

/// Whether row `row` is one that counts.
fn live(valid: &Option<NullBuffer>, row: usize) -> bool {
    valid.as_ref().is_none_or(|valid| valid.is_valid(row))
}

/// The comparison of an element with a value was left open by a NULL inside of either.
fn indeterminate(function: &str) -> DataFusionError {
    let message = format!("{function} does not support arrays with elements that are null or contain null");
    into_datafusion(Error::new(ErrorKind::NotSupported, message))
}

fn contains(call: &Call<'_>) -> Result<ArrayRef> {
    let (array, element) = (call.array(0)?, call.array(1)?);
    let list = as_list(&array)?;
    let values = list.values();
    let equality = Equality::new(values, &element)?;
    let valid = call.valid();
    let found = (0..call.rows).map(|row| {
        if !live(&valid, row) {
            return Ok(None);
        }
        let mut unknown = false;
        for at in range(list.offsets(), row) {
            match equality.equal(at, row) {
                Some(true) => return Ok(Some(true)),
                Some(false) => {}
                None if values.is_null(at) => unknown = true,
                None => return Err(indeterminate("contains")),
            }
        }
        Ok((!unknown).then_some(false))
    });
    Ok(Arc::new(found.collect::<Result<BooleanArray>>()?))
}

fn array_position(call: &Call<'_>) -> Result<ArrayRef> {
    let (array, element) = (call.array(0)?, call.array(1)?);
    let instance = if call.types.len() > 2 { Some(call.array(2)?) } else { None };
    let list = as_list(&array)?;
    let values = list.values();
    let equality = Equality::new(values, &element)?;
    let valid = call.valid();
    let places = (0..call.rows).map(|row| {
        if !live(&valid, row) {
            return Ok(None);
        }
        let instance = instance.as_ref().map_or(1, |instance| instance.as_primitive::<Int64Type>().value(row));
        if instance == 0 {
            return Err(invalid("array_position cannot take a 0-valued instance argument."));
        }
        let range = range(list.offsets(), row);
        let same = |at: &usize| match equality.equal(*at, row) {
            None if values.is_valid(*at) => Err(indeterminate("array_position")),
            equal => Ok(equal == Some(true)),
        };
        let mut found = 0;
        let mut left = instance.unsigned_abs();
        for step in 0..range.len() {
            let at = if instance > 0 { range.start + step } else { range.end - 1 - step };
            if same(&at)? {
                left -= 1;
                if left == 0 {
                    found = (at - range.start + 1) as i64;
                    break;
                }
            }
        }
        Ok(Some(found))
    });
    Ok(Arc::new(places.collect::<Result<Int64Array>>()?))
}

fn arrays_overlap(call: &Call<'_>) -> Result<ArrayRef> {
    let (left, right) = (call.array(0)?, call.array(1)?);
    let (left, right) = (as_list(&left)?, as_list(&right)?);
    let (left_keys, right_keys) = (Keys::of(left.values())?, Keys::of(right.values())?);
    let valid = call.valid();
    let mut seen: HashSet<&[u8]> = HashSet::new();
    let overlaps = (0..call.rows).map(|row| {
        let (ours, theirs) = (range(left.offsets(), row), range(right.offsets(), row));
        if !live(&valid, row) || ours.is_empty() || theirs.is_empty() {
            return live(&valid, row).then_some(false);
        }
        seen.clear();
        seen.extend(ours.clone().filter(|at| left.values().is_valid(*at)).map(|at| left_keys.get(at)));
        let common = theirs.clone().any(|at| right.values().is_valid(at) && seen.contains(right_keys.get(at)));
        let unknown =
            ours.into_iter().any(|at| left.values().is_null(at)) || theirs.into_iter().any(|at| right.values().is_null(at));
        (common || !unknown).then_some(common)
    });
    Ok(Arc::new(overlaps.collect::<BooleanArray>()))
}

fn contains_sequence(call: &Call<'_>) -> Result<ArrayRef> {
    let (whole, part) = (call.array(0)?, call.array(1)?);
    let (whole, part) = (as_list(&whole)?, as_list(&part)?);
    let (whole_keys, part_keys) = (Keys::of(whole.values())?, Keys::of(part.values())?);
    let found = (0..call.rows).map(|row| {
        let (whole, part) = (range(whole.offsets(), row), range(part.offsets(), row));
        let starts = (whole.len() + 1).saturating_sub(part.len());
        Some((0..starts).any(|start| {
            part.clone().enumerate().all(|(at, wanted)| whole_keys.get(whole.start + start + at) == part_keys.get(wanted))
        }))
    });
    Ok(Arc::new(found.collect::<BooleanArray>()))
}

fn cardinality(call: &Call<'_>) -> Result<ArrayRef> {
    let array = call.array(0)?;
    Ok(Arc::new(as_list(&array)?.offsets().lengths().map(|length| Some(length as i64)).collect::<Int64Array>()))
}

fn element_at(call: &Call<'_>) -> Result<ArrayRef> {
    pick(call, |length, place| match place {
        0 => Err(invalid("SQL array indices start at 1")),
        1.. => Ok(usize::try_from(place - 1).ok().filter(|at| *at < length)),
        _ => Ok(usize::try_from(place.unsigned_abs()).ok().and_then(|back| length.checked_sub(back))),
    })
}

fn subscript(call: &Call<'_>) -> Result<ArrayRef> {
    pick(call, |length, place| match usize::try_from(place) {
        Ok(0) => Err(invalid("SQL array indices start at 1")),
        Ok(place) if place <= length => Ok(Some(place - 1)),
        Ok(_) => Err(invalid(format!("Array subscript must be less than or equal to array length: {place} > {length}"))),
        Err(_) => Err(invalid(format!("Array subscript is negative: {place}"))),
    })
}

/// The element of each array that `choose` finds by the array's length and the second argument.
fn pick(call: &Call<'_>, choose: impl Fn(usize, i64) -> Result<Option<usize>>) -> Result<ArrayRef> {
    let (array, places) = (call.array(0)?, call.array(1)?);
    let (list, places) = (as_list(&array)?, places.as_primitive::<Int64Type>());
    let valid = call.valid();
    let chosen = (0..call.rows).map(|row| {
        if !live(&valid, row) {
            return Ok(None);
        }
        let range = range(list.offsets(), row);
        Ok(choose(range.len(), places.value(row))?.map(|at| (range.start + at) as u64))
    });
    take_any(list.values(), &chosen.collect::<Result<UInt64Array>>()?)
}

/// The largest element where NaN counts as the smallest, else the smallest.
fn extreme(call: &Call<'_>, nan: NaN) -> Result<ArrayRef> {
    let array = call.array(0)?;
    let list = as_list(&array)?;
    let keys = Keys::with(list.values(), nan)?;
    let nulls = list.values().logical_nulls();
    let better = |a: usize, b: usize| match nan {
        NaN::Smallest => keys.get(a) > keys.get(b),
        NaN::Largest => keys.get(a) < keys.get(b),
    };
    let places = (0..call.rows).map(|row| {
        let range = range(list.offsets(), row);
        if nulls.as_ref().is_some_and(|nulls| range.clone().any(|at| nulls.is_null(at))) {
            return None;
        }
        range.reduce(|best, at| if better(at, best) { at } else { best }).map(|at| at as u64)
    });
    take_any(list.values(), &places.collect::<UInt64Array>())
}
