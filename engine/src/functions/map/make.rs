//! Maps made of arrays and maps.

use std::collections::HashMap;
use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, MapArray, StructArray};
use arrow::buffer::{NullBuffer, OffsetBuffer};
use arrow::compute::concat;
use arrow::datatypes::DataType;
use datafusion::common::{Result, internal_err};

use crate::functions::{Call, Overload, Scalar, invalid};
use crate::values::equality::Equality;
use crate::values::key::Keys;
use crate::values::list::{Picks, as_list, as_map, list, map, range, take_any};
use crate::values::text;

pub(in crate::functions) const FUNCTIONS: &[Scalar] = &[
    Scalar {
        // DataFusion has a plan of its own for what is called map.
        names: &["$map", "map"],
        description: "A map of the keys in an array to the values in another one; without arguments an empty map",
        overloads: &[
            Overload::new("(array(K), array(V)) -> map(K, V)", of_arrays),
            Overload::new("() -> map(unknown, unknown)", empty),
        ],
    },
    Scalar {
        names: &["map_concat"],
        description: "The entries of maps together; the last map that has a key says its value",
        overloads: &[Overload::new("(map(K, V)...) -> map(K, V)", map_concat)],
    },
    Scalar {
        names: &["map_entries"],
        description: "The entries of a map as rows",
        overloads: &[Overload::new("(map(K, V)) -> array(row(K, V))", map_entries)],
    },
    Scalar {
        names: &["map_from_entries"],
        description: "A map of rows of a key and a value",
        overloads: &[Overload::new("(array(row(K, V))) -> map(K, V)", map_from_entries)],
    },
    Scalar {
        names: &["multimap_from_entries"],
        description: "A map of the keys in rows to all of their values",
        overloads: &[Overload::new("(array(row(K, V))) -> map(K, array(V))", multimap_from_entries)],
    },
];

fn empty(call: &Call<'_>) -> Result<ArrayRef> {
    let none = arrow::array::new_empty_array(&DataType::Null);
    let offsets = OffsetBuffer::from_lengths(std::iter::repeat_n(0, call.rows));
    Ok(Arc::new(map(offsets, Arc::clone(&none), none, None)?))
}

fn of_arrays(call: &Call<'_>) -> Result<ArrayRef> {
    let (keys, values) = (call.array(0)?, call.array(1)?);
    let (keys, values) = (as_list(&keys)?, as_list(&values)?);
    let valid = call.valid();
    let (mut key_picks, mut value_picks) =
        (Picks::new(call.rows, keys.values().len()), Picks::new(call.rows, values.values().len()));
    for row in 0..call.rows {
        if valid.as_ref().is_none_or(|valid| valid.is_valid(row)) {
            let (ours, theirs) = (range(keys.offsets(), row), range(values.offsets(), row));
            if ours.len() != theirs.len() {
                return Err(invalid("Key and value arrays must be the same length"));
            }
            key_picks.extend(ours);
            value_picks.extend(theirs);
        }
        key_picks.end()?;
        value_picks.end()?;
    }
    let keys = key_picks.list(keys.values(), None)?;
    let values = value_picks.list(values.values(), None)?;
    let (keys, values) = (as_list(&keys)?, as_list(&values)?);
    checked(keys.offsets().clone(), Arc::clone(keys.values()), Arc::clone(values.values()), None)
}

/// A map of keys that may be NULL or come twice.
///
/// Errors: they are or do.
pub(in crate::functions) fn checked(
    offsets: OffsetBuffer<i32>,
    keys: ArrayRef,
    values: ArrayRef,
    nulls: Option<NullBuffer>,
) -> Result<ArrayRef> {
    if keys.logical_null_count() > 0 {
        return Err(invalid("map key cannot be null"));
    }
    if matches!(keys.data_type(), DataType::List(_) | DataType::Struct(_)) {
        let equality = Equality::new(&keys, &keys)?;
        // What is not known to be itself has a NULL inside.
        if let Some(at) = (0..keys.len()).find(|at| equality.equal(*at, *at).is_none()) {
            return Err(invalid(format!("map key cannot be indeterminate: {}", text(&keys, at)?)));
        }
    }
    let bytes = Keys::of(&keys)?;
    let mut seen = std::collections::HashSet::new();
    for row in 0..offsets.len() - 1 {
        seen.clear();
        if let Some(at) = range(&offsets, row).find(|at| !seen.insert(bytes.get(*at))) {
            return Err(invalid(format!("Duplicate map keys ({}) are not allowed", text(&keys, at)?)));
        }
    }
    Ok(Arc::new(map(offsets, keys, values, nulls)?))
}

fn map_concat(call: &Call<'_>) -> Result<ArrayRef> {
    let arrays = (0..call.types.len()).map(|at| call.array(at)).collect::<Result<Vec<_>>>()?;
    let maps = arrays.iter().map(as_map).collect::<Result<Vec<&MapArray>>>()?;
    let keys = concat(&maps.iter().map(|map| map.keys().as_ref()).collect::<Vec<_>>())?;
    let values = concat(&maps.iter().map(|map| map.values().as_ref()).collect::<Vec<_>>())?;
    let bytes = Keys::of(&keys)?;
    let mut picks = Picks::new(call.rows, keys.len());
    let mut places: HashMap<&[u8], usize> = HashMap::new();
    let mut chosen: Vec<usize> = Vec::new();
    for row in 0..call.rows {
        places.clear();
        chosen.clear();
        let mut ahead = 0;
        for map in &maps {
            for at in range(map.offsets(), row).map(|at| at + ahead) {
                match places.get(bytes.get(at)) {
                    Some(place) => chosen[*place] = at,
                    None => {
                        places.insert(bytes.get(at), chosen.len());
                        chosen.push(at);
                    }
                }
            }
            ahead += map.keys().len();
        }
        picks.extend(chosen.iter().copied());
        picks.end()?;
    }
    picks.map(&keys, &values, None)
}

fn map_entries(call: &Call<'_>) -> Result<ArrayRef> {
    let array = call.array(0)?;
    let map = as_map(&array)?;
    let DataType::List(item) = call.result_arrow() else { return internal_err!("map_entries makes arrays") };
    let DataType::Struct(fields) = item.data_type() else { return internal_err!("map_entries makes arrays of rows") };
    let columns = vec![Arc::clone(map.keys()), Arc::clone(map.values())];
    let entries = StructArray::try_new(fields.clone(), columns, None)?;
    Ok(Arc::new(list(map.offsets().clone(), Arc::new(entries), None)?))
}

/// The rows of keys and values of the first argument's arrays, none of them NULL, as picks.
fn entries(call: &Call<'_>, array: &ArrayRef) -> Result<(Picks, ArrayRef, ArrayRef)> {
    let list = as_list(array)?;
    let valid = call.valid();
    let mut picks = Picks::new(call.rows, list.values().len());
    for row in 0..call.rows {
        if valid.as_ref().is_none_or(|valid| valid.is_valid(row)) {
            let range = range(list.offsets(), row);
            if range.clone().any(|at| list.values().is_null(at)) {
                return Err(invalid("map entry cannot be null"));
            }
            picks.extend(range);
        }
        picks.end()?;
    }
    let rows = list.values().as_struct();
    Ok((picks, Arc::clone(rows.column(0)), Arc::clone(rows.column(1))))
}

fn map_from_entries(call: &Call<'_>) -> Result<ArrayRef> {
    let (picks, keys, values) = entries(call, &call.array(0)?)?;
    let (offsets, places) = picks.parts();
    let take = |values: &ArrayRef| take_any(values, &places);
    checked(offsets, take(&keys)?, take(&values)?, None)
}

fn multimap_from_entries(call: &Call<'_>) -> Result<ArrayRef> {
    let (picks, keys, values) = entries(call, &call.array(0)?)?;
    let (offsets, places) = picks.parts();
    let keys = take_any(&keys, &places)?;
    let values = take_any(&values, &places)?;
    if keys.logical_null_count() > 0 {
        return Err(invalid("map key cannot be null"));
    }
    let bytes = Keys::of(&keys)?;
    let mut key_picks = Picks::new(call.rows, keys.len());
    let mut lists = Picks::new(keys.len(), values.len());
    let mut groups: Vec<Vec<usize>> = Vec::new();
    let mut seen: HashMap<&[u8], usize> = HashMap::new();
    for row in 0..call.rows {
        seen.clear();
        groups.clear();
        for at in range(&offsets, row) {
            let group = *seen.entry(bytes.get(at)).or_insert_with(|| {
                groups.push(Vec::new());
                groups.len() - 1
            });
            groups[group].push(at);
        }
        for group in &groups {
            key_picks.push(group[0]);
            lists.extend(group.iter().copied());
            lists.end()?;
        }
        key_picks.end()?;
    }
    let lists = lists.list(&values, None)?;
    let (offsets, places) = key_picks.parts();
    Ok(Arc::new(map(offsets, take_any(&keys, &places)?, lists, None)?))
}
