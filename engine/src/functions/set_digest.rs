//! Trino's "Set Digest functions" on digests that are there.

use std::sync::Arc;

use arrow::array::{ArrayRef, AsArray, Float64Array, Int16Array, Int64Array};
use arrow::buffer::OffsetBuffer;
use datafusion::common::Result;

use super::aggregate::set_digest::SetDigest;
use super::{Call, Overload, Scalar};
use crate::values::list::map;

pub(super) const FUNCTIONS: &[Scalar] = &[
    Scalar {
        names: &["cardinality"],
        description: "How many different values a digest stands for, about",
        overloads: &[Overload::new("(setdigest) -> bigint", |call| {
            let counts = one(call, |digest| Ok(digest.cardinality()))?;
            Ok(Arc::new(Int64Array::from(counts)))
        })],
    },
    Scalar {
        names: &["intersection_cardinality"],
        description: "How many different values two digests have in common, about",
        overloads: &[Overload::new("(setdigest, setdigest) -> bigint", |call| {
            let counts = two(call, |left, right| left.intersection(right))?;
            Ok(Arc::new(Int64Array::from(counts)))
        })],
    },
    Scalar {
        names: &["jaccard_index"],
        description: "How alike two sets are, from 0 to 1, about",
        overloads: &[Overload::new("(setdigest, setdigest) -> double", |call| {
            let shares = two(call, |left, right| Ok(left.jaccard(right)))?;
            Ok(Arc::new(Float64Array::from(shares)))
        })],
    },
    Scalar {
        names: &["hash_counts"],
        description: "The hashes of a digest and how often each of them came",
        overloads: &[Overload::new("(setdigest) -> map(bigint, smallint)", hash_counts)],
    },
];

/// The digests of an argument, None where it is NULL.
fn digests(call: &Call<'_>, argument: usize) -> Result<Vec<Option<SetDigest>>> {
    let bytes = super::aggregate::sketches(&call.array(argument)?)?;
    bytes.as_binary::<i32>().iter().map(|bytes| bytes.map(SetDigest::from_bytes).transpose()).collect()
}

fn one<T>(call: &Call<'_>, of: impl Fn(&SetDigest) -> Result<T>) -> Result<Vec<Option<T>>> {
    digests(call, 0)?.iter().map(|digest| digest.as_ref().map(&of).transpose()).collect()
}

fn two<T>(call: &Call<'_>, of: impl Fn(&SetDigest, &SetDigest) -> Result<T>) -> Result<Vec<Option<T>>> {
    let (left, right) = (digests(call, 0)?, digests(call, 1)?);
    let pairs = left.iter().zip(&right);
    pairs.map(|(left, right)| left.as_ref().zip(right.as_ref()).map(|(left, right)| of(left, right)).transpose()).collect()
}

fn hash_counts(call: &Call<'_>) -> Result<ArrayRef> {
    let counts = one(call, |digest| Ok(digest.counts().collect::<Vec<_>>()))?;
    let lengths = counts.iter().map(|counts| counts.as_ref().map_or(0, Vec::len));
    let offsets = OffsetBuffer::from_lengths(lengths);
    let (hashes, times): (Vec<i64>, Vec<i16>) = counts.into_iter().flatten().flatten().unzip();
    Ok(Arc::new(map(offsets, Arc::new(Int64Array::from(hashes)), Arc::new(Int16Array::from(times)), call.valid())?))
}
