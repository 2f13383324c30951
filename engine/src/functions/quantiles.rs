//! Trino's "Quantile digest functions" on digests that are there.

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, Float32Array, Float64Array, Int64Array};
use arrow::buffer::OffsetBuffer;
use arrow::datatypes::{DataType, Float64Type};
use datafusion::common::{Result, internal_err};

use super::aggregate::qdigest::{QDigest, to_double, to_long};
use super::{Call, Overload, Scalar, invalid};
use crate::values::list::{as_list, list, range};

pub(super) const FUNCTIONS: &[Scalar] = &[
    Scalar {
        names: &["value_at_quantile"],
        description: "The value below which so much of all values is, about",
        overloads: &[
            Overload::new("(qdigest(bigint), double) -> bigint", value_at_quantile),
            Overload::new("(qdigest(double), double) -> double", value_at_quantile),
            Overload::new("(qdigest(real), double) -> real", value_at_quantile),
        ],
    },
    Scalar {
        names: &["values_at_quantiles"],
        description: "The values below which so much of all values is, about",
        overloads: &[
            Overload::new("(qdigest(bigint), array(double)) -> array(bigint)", values_at_quantiles),
            Overload::new("(qdigest(double), array(double)) -> array(double)", values_at_quantiles),
            Overload::new("(qdigest(real), array(double)) -> array(real)", values_at_quantiles),
        ],
    },
    Scalar {
        names: &["quantile_at_value"],
        description: "How much of all values is at most a value, about",
        overloads: &[
            Overload::new("(qdigest(bigint), bigint) -> double", quantile_at_value),
            Overload::new("(qdigest(double), double) -> double", quantile_at_value),
            Overload::new("(qdigest(real), real) -> double", quantile_at_value),
        ],
    },
];

/// The digests of the first argument, None where it is NULL.
fn digests(call: &Call<'_>) -> Result<Vec<Option<QDigest>>> {
    let bytes = super::aggregate::sketches(&call.array(0)?)?;
    bytes.as_binary::<i32>().iter().map(|bytes| bytes.map(QDigest::from_bytes).transpose()).collect()
}

fn quantile(quantile: f64) -> Result<f64> {
    if (0.0..=1.0).contains(&quantile) { Ok(quantile) } else { Err(invalid("Quantile should be within bounds [0, 1]")) }
}

/// What keys of a digest stand for.
fn values(keys: Vec<Option<u64>>, data_type: &DataType) -> Result<ArrayRef> {
    let keys = keys.into_iter();
    Ok(match data_type {
        DataType::Int64 => Arc::new(keys.map(|key| key.map(to_long)).collect::<Int64Array>()),
        DataType::Float64 => Arc::new(keys.map(|key| key.map(to_double)).collect::<Float64Array>()),
        DataType::Float32 => Arc::new(keys.map(|key| key.map(|key| to_double(key) as f32)).collect::<Float32Array>()),
        other => return internal_err!("a quantile digest of {other}"),
    })
}

fn value_at_quantile(call: &Call<'_>) -> Result<ArrayRef> {
    let quantiles = call.array(1)?;
    let pairs = digests(call)?.into_iter().zip(quantiles.as_primitive::<Float64Type>());
    let found = pairs.map(|(digest, at)| digest.zip(at).map(|(digest, at)| Ok(digest.value_at(quantile(at)?))).transpose());
    values(found.collect::<Result<_>>()?, &call.result_arrow())
}

fn values_at_quantiles(call: &Call<'_>) -> Result<ArrayRef> {
    let DataType::List(item) = call.result_arrow() else { return internal_err!("an array was expected") };
    let quantiles = call.array(1)?;
    let quantiles = as_list(&quantiles)?;
    let numbers = quantiles.values().as_primitive::<Float64Type>();
    let valid = call.valid();
    let (mut keys, mut lengths) = (Vec::with_capacity(numbers.len()), Vec::with_capacity(call.rows));
    for (row, digest) in digests(call)?.into_iter().enumerate() {
        let before = keys.len();
        if let Some(digest) = digest.filter(|_| valid.as_ref().is_none_or(|valid| valid.is_valid(row))) {
            for at in range(quantiles.offsets(), row) {
                if numbers.is_null(at) {
                    return Err(invalid("All quantiles should be non-null"));
                }
                keys.push(Some(digest.value_at(quantile(numbers.value(at))?)));
            }
        }
        lengths.push(keys.len() - before);
    }
    Ok(Arc::new(list(OffsetBuffer::from_lengths(lengths), values(keys, item.data_type())?, None)?))
}

fn quantile_at_value(call: &Call<'_>) -> Result<ArrayRef> {
    let pairs = digests(call)?.into_iter().zip(super::aggregate::keys(&call.array(1)?)?);
    let found = pairs.map(|(digest, key)| digest.zip(key).and_then(|(digest, key)| digest.quantile_at(key)));
    Ok(Arc::new(found.collect::<Float64Array>()))
}
