//! `greatest` and `least`: NULL where an argument is NULL; what is no number counts only where nothing else is there.

use std::cmp::Ordering;
use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, DynComparator, make_array, make_comparator};
use arrow::compute::{SortOptions, interleave};
use arrow::datatypes::{DataType, Float32Type, Float64Type};
use datafusion::common::Result;

use super::{Call, Overload, Scalar};
use crate::error::into_datafusion;

pub(super) const FUNCTIONS: &[Scalar] = &[
    Scalar {
        names: &["greatest"],
        description: "Get the largest of the given values",
        overloads: &[Overload::new("(T...) -> T", |call| extreme(call, Ordering::Greater))],
    },
    Scalar {
        names: &["least"],
        description: "Get the smallest of the given values",
        overloads: &[Overload::new("(T...) -> T", |call| extreme(call, Ordering::Less))],
    },
];

fn extreme(call: &Call<'_>, wanted: Ordering) -> Result<ArrayRef> {
    if !call.result.is_orderable() {
        let message = format!("type {} cannot be ordered", call.result);
        return Err(into_datafusion(catalog::Error::new(catalog::ErrorKind::TypeMismatch, message)));
    }
    let arrays = (0..call.types.len()).map(|argument| call.array(argument)).collect::<Result<Vec<_>>>()?;
    let mut best = vec![0; call.rows];
    for candidate in 1..arrays.len() {
        // Against each of those before, since any of them may be the best of a row so far.
        let before = (0..candidate).map(|earlier| comparator(&arrays[candidate], &arrays[earlier], wanted));
        let before = before.collect::<Result<Vec<_>>>()?;
        for (row, best) in best.iter_mut().enumerate() {
            if before[*best](row, row) == wanted {
                *best = candidate;
            }
        }
    }
    let arrays: Vec<&dyn Array> = arrays.iter().map(AsRef::as_ref).collect();
    let places: Vec<(usize, usize)> = best.into_iter().enumerate().map(|(row, best)| (best, row)).collect();
    Ok(interleave(&arrays, &places)?)
}

/// Compares rows; a float that is no number is the last to be wanted.
fn comparator(left: &ArrayRef, right: &ArrayRef, wanted: Ordering) -> Result<DynComparator> {
    let (left, right) = (ordered(left, wanted)?, ordered(right, wanted)?);
    Ok(make_comparator(left.as_ref(), right.as_ref(), SortOptions { descending: false, nulls_first: false })?)
}

/// The values, with those that are no number at the end that is not wanted: Arrow's order has NaN above infinity, and its negative
/// below all.
fn ordered(array: &ArrayRef, wanted: Ordering) -> Result<ArrayRef> {
    let last = if wanted == Ordering::Greater { -1.0_f64 } else { 1.0 };
    Ok(match array.data_type() {
        DataType::Float64 => {
            let fix = |x: f64| if x.is_nan() { f64::NAN.copysign(last) } else { x + 0.0 };
            Arc::new(array.as_primitive::<Float64Type>().unary::<_, Float64Type>(fix))
        }
        DataType::Float32 => {
            let fix = |x: f32| if x.is_nan() { f32::NAN.copysign(last as f32) } else { x + 0.0 };
            Arc::new(array.as_primitive::<Float32Type>().unary::<_, Float32Type>(fix))
        }
        DataType::Struct(_) | DataType::List(_) => {
            let data = array.to_data();
            let children = data.child_data().iter().map(|child| Ok(ordered(&make_array(child.clone()), wanted)?.to_data()));
            let children = children.collect::<Result<Vec<_>>>()?;
            make_array(data.into_builder().child_data(children).build()?)
        }
        _ => Arc::clone(array),
    })
}
