//! Vectors, which are arrays, and sparse ones, which are maps: `cosine_similarity`, `dot_product`, `euclidean_distance`.

use std::collections::HashMap;
use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, Float64Array, StructArray};
use arrow::datatypes::Float64Type;
use catalog::Result as OurResult;
use datafusion::common::Result;

use super::invalid;
use crate::functions::{Call, Overload, Scalar};

pub(in crate::functions) const FUNCTIONS: &[Scalar] = &[
    Scalar {
        names: &["cosine_similarity"],
        description: "Cosine similarity between the given vectors",
        overloads: &[
            Overload::new(ARRAYS, |call| of_arrays(call, |a, b| cosine(a, b).map(Some))),
            Overload::new(MAPS, |call| of_maps(call, sparse_cosine)),
        ],
    },
    Scalar {
        names: &["cosine_distance"],
        description: "Cosine distance between the given vectors",
        overloads: &[
            Overload::new(ARRAYS, |call| of_arrays(call, |a, b| Ok(Some(1.0 - cosine(a, b)?)))),
            Overload::new(MAPS, |call| of_maps(call, |a, b| sparse_cosine(a, b).map(|similarity| 1.0 - similarity))),
        ],
    },
    Scalar {
        names: &["dot_product"],
        description: "Dot product of the given vectors",
        overloads: &[Overload::new(ARRAYS, |call| of_arrays(call, |a, b| Ok(Some(dot(a, b)))))],
    },
    Scalar {
        names: &["euclidean_distance"],
        description: "Euclidean distance between the given vectors",
        overloads: &[Overload::new(ARRAYS, |call| {
            of_arrays(call, |a, b| Ok(Some(a.iter().zip(b).map(|(a, b)| (a - b) * (a - b)).sum::<f64>().sqrt())))
        })],
    },
];

const ARRAYS: &str = "(array(double), array(double)) -> double";
const MAPS: &str = "(map(varchar, double), map(varchar, double)) -> double";

/// `of` two vectors of one length; NULL where an element is.
fn of_arrays(call: &Call<'_>, of: fn(&[f64], &[f64]) -> OurResult<Option<f64>>) -> Result<ArrayRef> {
    let (left, right) = (call.array(0)?, call.array(1)?);
    let (left, right) = (left.as_list::<i32>(), right.as_list::<i32>());
    let values = call.each(|row| {
        let (a, b) = (left.value(row), right.value(row));
        if a.len() != b.len() {
            return Err(invalid("the arguments must have the same length"));
        }
        if a.null_count() > 0 || b.null_count() > 0 {
            return Ok(None);
        }
        of(a.as_primitive::<Float64Type>().values(), b.as_primitive::<Float64Type>().values())
    })?;
    Ok(Arc::new(Float64Array::from(values)))
}

fn dot(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

fn cosine(a: &[f64], b: &[f64]) -> OurResult<f64> {
    let (a_norm, b_norm) = (dot(a, a), dot(b, b));
    if a_norm == 0.0 || b_norm == 0.0 {
        return Err(invalid("vector magnitude cannot be zero"));
    }
    Ok(dot(a, b) / (a_norm * b_norm).sqrt())
}

type Sparse<'a> = HashMap<&'a str, f64>;

/// `of` two sparse vectors; NULL where a value is.
fn of_maps(call: &Call<'_>, of: fn(&Sparse<'_>, &Sparse<'_>) -> Option<f64>) -> Result<ArrayRef> {
    let (left, right) = (call.array(0)?, call.array(1)?);
    let (left, right) = (left.as_map(), right.as_map());
    let values = call.each(|row| {
        let (a, b) = (left.value(row), right.value(row));
        if a.column(1).null_count() > 0 || b.column(1).null_count() > 0 {
            return Ok(None);
        }
        Ok(of(&sparse(&a), &sparse(&b)))
    })?;
    Ok(Arc::new(Float64Array::from(values)))
}

fn sparse(entries: &StructArray) -> Sparse<'_> {
    let (keys, values) = (entries.column(0).as_string_view(), entries.column(1).as_primitive::<Float64Type>());
    (0..entries.len()).map(|at| (keys.value(at), values.value(at))).collect()
}

fn sparse_cosine(a: &Sparse<'_>, b: &Sparse<'_>) -> Option<f64> {
    let norm = |map: &Sparse<'_>| map.values().map(|value| value * value).sum::<f64>().sqrt();
    let dot: f64 = a.iter().filter_map(|(key, value)| b.get(key).map(|other| value * other)).sum();
    let (a, b) = (norm(a), norm(b));
    (a != 0.0 && b != 0.0).then_some(dot / (a * b))
}
