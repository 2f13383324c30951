//! Arrays and maps of numbers as vectors.

use std::collections::HashMap;
use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, Float64Array};
use arrow::datatypes::Float64Type;
use datafusion::common::Result;

use crate::functions::{Call, Overload, Scalar, invalid};
use crate::values::list::{as_list, as_map, range};

pub(in crate::functions) const FUNCTIONS: &[Scalar] = &[
    Scalar {
        names: &["dot_product"],
        description: "The sum of the products of the elements of two arrays",
        overloads: &[Overload::new("(array(double), array(double)) -> double", |call| pairs(call, |a, b| Ok(dot(a, b))))],
    },
    Scalar {
        names: &["euclidean_distance"],
        description: "How far two points are from each other",
        overloads: &[Overload::new("(array(double), array(double)) -> double", |call| pairs(call, |a, b| Ok(distance(a, b))))],
    },
    Scalar {
        names: &["cosine_similarity"],
        description: "The cosine of the angle between two vectors",
        overloads: &[
            Overload::new("(array(double), array(double)) -> double", |call| pairs(call, cosine)),
            Overload::new("(map(varchar, double), map(varchar, double)) -> double", |call| sparse(call, |cosine| cosine)),
        ],
    },
    Scalar {
        names: &["cosine_distance"],
        description: "One minus the cosine of the angle between two vectors",
        overloads: &[
            Overload::new("(array(double), array(double)) -> double", |call| {
                pairs(call, |a, b| cosine(a, b).map(|cosine| 1.0 - cosine))
            }),
            Overload::new("(map(varchar, double), map(varchar, double)) -> double", |call| sparse(call, |cosine| 1.0 - cosine)),
        ],
    },
];

fn dot(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

fn distance(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| (a - b) * (a - b)).sum::<f64>().sqrt()
}

fn norm(a: &[f64]) -> f64 {
    dot(a, a).sqrt()
}

/// Errors: a vector without a direction.
fn cosine(a: &[f64], b: &[f64]) -> Result<f64> {
    let (a_square, b_square) = (dot(a, a), dot(b, b));
    if a_square == 0.0 || b_square == 0.0 {
        return Err(invalid("Vector magnitude cannot be zero"));
    }
    Ok(dot(a, b) / (a_square * b_square).sqrt())
}

/// For two arrays of numbers in each row; NULL where an element is NULL.
fn pairs(call: &Call<'_>, of: impl Fn(&[f64], &[f64]) -> Result<f64>) -> Result<ArrayRef> {
    let (left, right) = (call.array(0)?, call.array(1)?);
    let (left, right) = (as_list(&left)?, as_list(&right)?);
    let (ours, theirs) = (left.values().as_primitive::<Float64Type>(), right.values().as_primitive::<Float64Type>());
    let valid = call.valid();
    let found = (0..call.rows).map(|row| {
        if valid.as_ref().is_some_and(|valid| valid.is_null(row)) {
            return Ok(None);
        }
        let (a, b) = (range(left.offsets(), row), range(right.offsets(), row));
        if a.len() != b.len() {
            return Err(invalid("The arguments must have the same length"));
        }
        if a.clone().any(|at| ours.is_null(at)) || b.clone().any(|at| theirs.is_null(at)) {
            return Ok(None);
        }
        of(&ours.values()[a], &theirs.values()[b]).map(Some)
    });
    Ok(Arc::new(found.collect::<Result<Float64Array>>()?))
}

/// For two maps of words to numbers in each row, of the cosine; NULL where a number is NULL or there is no direction.
fn sparse(call: &Call<'_>, of: impl Fn(f64) -> f64) -> Result<ArrayRef> {
    let (left, right) = (call.array(0)?, call.array(1)?);
    let (left, right) = (as_map(&left)?, as_map(&right)?);
    let (left_words, right_words) = (left.keys().as_string_view(), right.keys().as_string_view());
    let (ours, theirs) = (left.values().as_primitive::<Float64Type>(), right.values().as_primitive::<Float64Type>());
    let found = (0..call.rows).map(|row| {
        let (a, b) = (range(left.offsets(), row), range(right.offsets(), row));
        if a.clone().any(|at| ours.is_null(at)) || b.clone().any(|at| theirs.is_null(at)) {
            return None;
        }
        let norms = norm(&ours.values()[a.clone()]) * norm(&theirs.values()[b.clone()]);
        let words: HashMap<&str, f64> = b.map(|at| (right_words.value(at), theirs.value(at))).collect();
        let product = |at: usize| words.get(left_words.value(at)).map_or(0.0, |theirs| ours.value(at) * theirs);
        (norms != 0.0).then(|| of(a.map(product).sum::<f64>() / norms))
    });
    Ok(Arc::new(found.collect::<Float64Array>()))
}
