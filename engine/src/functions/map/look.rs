//! Looking into maps.

use std::sync::Arc;

use arrow::array::{ArrayRef, Int64Array, UInt64Array};
use datafusion::common::Result;

use crate::functions::{Call, Overload, Scalar, invalid};
use crate::values::equality::Equality;
use crate::values::list::{as_map, list, range, take_any};
use crate::values::text;

pub(in crate::functions) const FUNCTIONS: &[Scalar] = &[
    Scalar {
        names: &["cardinality"],
        description: "How many entries a map has",
        overloads: &[Overload::new("(map(K, V)) -> bigint", cardinality)],
    },
    Scalar {
        names: &["element_at"],
        description: "The value of a key; NULL where it is not there",
        overloads: &[Overload::new("(map(K, V), K) -> V", |call| value_of(call, |_, _| Ok(())))],
    },
    Scalar {
        names: &["$element"],
        description: "The value of a key",
        overloads: &[Overload::new("(map(K, V), K) -> V", |call| {
            value_of(call, |key, row| Err(invalid(format!("Key not present in map: {}", text(key, row)?))))
        })],
    },
    Scalar {
        names: &["map_keys"],
        description: "The keys of a map",
        overloads: &[Overload::new("(map(K, V)) -> array(K)", |call| {
            let array = call.array(0)?;
            let map = as_map(&array)?;
            Ok(Arc::new(list(map.offsets().clone(), Arc::clone(map.keys()), None)?))
        })],
    },
    Scalar {
        names: &["map_values"],
        description: "The values of a map",
        overloads: &[Overload::new("(map(K, V)) -> array(V)", |call| {
            let array = call.array(0)?;
            let map = as_map(&array)?;
            Ok(Arc::new(list(map.offsets().clone(), Arc::clone(map.values()), None)?))
        })],
    },
];

fn cardinality(call: &Call<'_>) -> Result<ArrayRef> {
    let array = call.array(0)?;
    Ok(Arc::new(as_map(&array)?.offsets().lengths().map(|length| Some(length as i64)).collect::<Int64Array>()))
}

/// The value of the second argument's key; `missing` says what happens where there is none.
fn value_of(call: &Call<'_>, missing: impl Fn(&ArrayRef, usize) -> Result<()>) -> Result<ArrayRef> {
    let (array, keys) = (call.array(0)?, call.array(1)?);
    let map = as_map(&array)?;
    let equality = Equality::new(map.keys(), &keys)?;
    let valid = call.valid();
    let places = (0..call.rows).map(|row| {
        if valid.as_ref().is_some_and(|valid| valid.is_null(row)) {
            return Ok(None);
        }
        let place = range(map.offsets(), row).find(|at| equality.equal(*at, row) == Some(true));
        if place.is_none() {
            missing(&keys, row)?;
        }
        Ok(place.map(|at| at as u64))
    });
    take_any(map.values(), &places.collect::<Result<UInt64Array>>()?)
}
