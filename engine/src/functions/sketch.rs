//! Trino's functions on sketches: HyperLogLog and T-digest.

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, BinaryArray, Float64Array, Int64Array, StructArray};
use arrow::buffer::OffsetBuffer;
use arrow::datatypes::{DataType, Float64Type};
use datafusion::common::{Result, internal_err};

use super::aggregate::hyperloglog::{ERROR, HyperLogLog};
use super::aggregate::tdigest::TDigest;
use super::{Call, Overload, Scalar, invalid};
use crate::values::list::{as_list, list, range};

pub(super) const FUNCTIONS: &[Scalar] = &[
    Scalar {
        names: &["cardinality"],
        description: "How many different values a sketch stands for, about",
        overloads: &[Overload::new("(hyperloglog) -> bigint", cardinality)],
    },
    Scalar {
        names: &["empty_approx_set"],
        description: "A sketch of no values",
        overloads: &[Overload::new("() -> hyperloglog", empty_approx_set)],
    },
    Scalar {
        names: &["value_at_quantile"],
        description: "The value below which so much of all values is, about",
        overloads: &[Overload::new("(tdigest, double) -> double", value_at_quantile)],
    },
    Scalar {
        names: &["values_at_quantiles"],
        description: "The values below which so much of all values is, about",
        overloads: &[Overload::new("(tdigest, array(double)) -> array(double)", values_at_quantiles)],
    },
    Scalar {
        names: &["quantile_at_value"],
        description: "How much of all values is below a value, about",
        overloads: &[Overload::new("(tdigest, double) -> double", quantile_at_value)],
    },
];

/// The bytes of the sketches in an argument; none where it is NULL.
fn sketches(call: &Call<'_>) -> Result<ArrayRef> {
    super::aggregate::sketches(&call.array(0)?)
}

fn cardinality(call: &Call<'_>) -> Result<ArrayRef> {
    let sketches = sketches(call)?;
    let count = |bytes: Option<&[u8]>| bytes.map(|bytes| Ok(HyperLogLog::from_bytes(bytes)?.cardinality())).transpose();
    Ok(Arc::new(sketches.as_binary::<i32>().iter().map(count).collect::<Result<Int64Array>>()?))
}

fn empty_approx_set(call: &Call<'_>) -> Result<ArrayRef> {
    let DataType::Struct(fields) = call.result_arrow() else { return internal_err!("a sketch is wrapped") };
    let bytes = HyperLogLog::new(ERROR)?.to_bytes();
    let sketches = BinaryArray::from_iter_values(std::iter::repeat_n(bytes, call.rows));
    Ok(Arc::new(StructArray::try_new(fields, vec![Arc::new(sketches)], None)?))
}

fn digest(bytes: &[u8]) -> Result<TDigest> {
    TDigest::from_bytes(bytes).ok_or_else(|| invalid("Invalid T-digest"))
}

fn quantile(quantile: f64) -> Result<f64> {
    if (0.0..=1.0).contains(&quantile) { Ok(quantile) } else { Err(invalid("quantiles should be in [0, 1] range")) }
}

/// What `of` finds in each digest for the second argument's number.
fn number(call: &Call<'_>, of: impl Fn(&mut TDigest, f64) -> Result<f64>) -> Result<ArrayRef> {
    let (digests, numbers) = (sketches(call)?, call.array(1)?);
    let (digests, numbers) = (digests.as_binary::<i32>(), numbers.as_primitive::<Float64Type>());
    let found = (0..call.rows).map(|row| match digests.is_valid(row) && numbers.is_valid(row) {
        true => of(&mut digest(digests.value(row))?, numbers.value(row)).map(Some),
        false => Ok(None),
    });
    Ok(Arc::new(found.collect::<Result<Float64Array>>()?))
}

fn value_at_quantile(call: &Call<'_>) -> Result<ArrayRef> {
    number(call, |digest, at| Ok(digest.value_at(quantile(at)?)))
}

fn quantile_at_value(call: &Call<'_>) -> Result<ArrayRef> {
    number(call, |digest, value| Ok(digest.quantile_at(value)))
}

fn values_at_quantiles(call: &Call<'_>) -> Result<ArrayRef> {
    let (digests, quantiles) = (sketches(call)?, call.array(1)?);
    let (digests, quantiles) = (digests.as_binary::<i32>(), as_list(&quantiles)?);
    let numbers = quantiles.values().as_primitive::<Float64Type>();
    let valid = call.valid();
    let (mut values, mut lengths) = (Vec::with_capacity(numbers.len()), Vec::with_capacity(call.rows));
    for row in 0..call.rows {
        let before = values.len();
        if valid.as_ref().is_none_or(|valid| valid.is_valid(row)) {
            let mut digest = digest(digests.value(row))?;
            for at in range(quantiles.offsets(), row) {
                if numbers.is_null(at) {
                    return Err(invalid("All quantiles should be non-null"));
                }
                values.push(digest.value_at(quantile(numbers.value(at))?));
            }
        }
        lengths.push(values.len() - before);
    }
    Ok(Arc::new(list(OffsetBuffer::from_lengths(lengths), Arc::new(Float64Array::from(values)), None)?))
}
