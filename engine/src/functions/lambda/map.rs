//! Lambdas over the entries of maps.

use std::collections::HashMap;
use std::sync::Arc;

use arrow::array::{Array, ArrayRef, UInt32Array, UInt64Array};
use arrow::buffer::NullBuffer;
use arrow::compute::concat;
use datafusion::common::Result;

use super::call::Elements;
use super::{Call, Lambda, Overload};
use crate::functions::map::checked;
use crate::values::key::Keys;
use crate::values::list::{Picks, as_map, map, range, take_any};

pub(super) const FUNCTIONS: &[Lambda] = &[
    Lambda {
        names: &["map_filter"],
        description: "The entries for whose key and value the lambda is true",
        overloads: &[Overload { signature: "(map(K, V), function(K, V, boolean)) -> map(K, V)", call: map_filter }],
    },
    Lambda {
        names: &["transform_keys"],
        description: "The map with the keys that the lambda gives for each key and value",
        overloads: &[Overload { signature: "(map(K1, V), function(K1, V, K2)) -> map(K2, V)", call: transform_keys }],
    },
    Lambda {
        names: &["transform_values"],
        description: "The map with the values that the lambda gives for each key and value",
        overloads: &[Overload { signature: "(map(K, V1), function(K, V1, V2)) -> map(K, V2)", call: transform_values }],
    },
    Lambda {
        names: &["map_zip_with"],
        description: "The map of what the lambda gives for each key and its values in two maps, NULL where a map has it not",
        overloads: &[Overload {
            signature: "(map(K, V1), map(K, V2), function(K, V1, V2, V3)) -> map(K, V3)",
            call: map_zip_with,
        }],
    },
];

fn map_filter(call: &Call<'_>) -> Result<ArrayRef> {
    let source = as_map(call.array(0)?)?;
    let elements = Elements::of(source.offsets(), source.nulls(), source.keys().len());
    let columns = [elements.take(source.keys())?, elements.take(source.values())?];
    let found = call.test(0, &columns, &elements.rows)?;
    let mut picks = Picks::new(call.rows, columns[0].len());
    for row in 0..call.rows {
        picks.extend(range(&elements.offsets, row).filter(|at| found.is_valid(*at) && found.value(*at)));
        picks.end()?;
    }
    picks.map(&columns[0], &columns[1], source.nulls().cloned())
}

fn transform_keys(call: &Call<'_>) -> Result<ArrayRef> {
    let source = as_map(call.array(0)?)?;
    let elements = Elements::of(source.offsets(), source.nulls(), source.keys().len());
    let [keys, values] = [elements.take(source.keys())?, elements.take(source.values())?];
    let found = call.apply(0, &[keys, Arc::clone(&values)], &elements.rows)?;
    checked(elements.offsets, found, values, source.nulls().cloned())
}

fn transform_values(call: &Call<'_>) -> Result<ArrayRef> {
    let source = as_map(call.array(0)?)?;
    let elements = Elements::of(source.offsets(), source.nulls(), source.keys().len());
    let keys = elements.take(source.keys())?;
    let found = call.apply(0, &[Arc::clone(&keys), elements.take(source.values())?], &elements.rows)?;
    Ok(Arc::new(map(elements.offsets, keys, found, source.nulls().cloned())?))
}

fn map_zip_with(call: &Call<'_>) -> Result<ArrayRef> {
    let (left, right) = (as_map(call.array(0)?)?, as_map(call.array(1)?)?);
    let nulls = NullBuffer::union(left.nulls(), right.nulls());
    let keys = concat(&[left.keys(), right.keys()])?;
    let bytes = Keys::of(&keys)?;
    let ahead = left.keys().len();
    let mut picks = Picks::new(call.rows, keys.len());
    let (mut ours, mut theirs): (Vec<Option<u64>>, Vec<Option<u64>>) = (Vec::new(), Vec::new());
    let mut rows: Vec<u32> = Vec::new();
    let mut found: HashMap<&[u8], usize> = HashMap::new();
    for row in 0..call.rows {
        if nulls.as_ref().is_none_or(|nulls| nulls.is_valid(row)) {
            found.clear();
            for at in range(left.offsets(), row) {
                found.insert(bytes.get(at), ours.len());
                picks.push(at);
                ours.push(Some(at as u64));
                theirs.push(None);
            }
            for at in range(right.offsets(), row) {
                match found.get(bytes.get(at + ahead)) {
                    Some(place) => theirs[*place] = Some(at as u64),
                    None => {
                        picks.push(at + ahead);
                        ours.push(None);
                        theirs.push(Some(at as u64));
                    }
                }
            }
            rows.resize(ours.len(), row as u32);
        }
        picks.end()?;
    }
    let (offsets, places) = picks.parts();
    let keys = take_any(&keys, &places)?;
    let values = [
        Arc::clone(&keys),
        take_any(left.values(), &UInt64Array::from(ours))?,
        take_any(right.values(), &UInt64Array::from(theirs))?,
    ];
    let values = call.apply(0, &values, &UInt32Array::from(rows))?;
    Ok(Arc::new(map(offsets, keys, values, nulls)?))
}
