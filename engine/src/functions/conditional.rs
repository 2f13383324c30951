//! `greatest`, `least` and `nullif` ("Comparison functions and operators", "Conditional expressions").

use arrow::array::{Array, ArrayRef, BooleanArray, new_null_array};
use arrow::compute::{interleave, nullif};
use catalog::{Error, ErrorKind};
use datafusion::common::Result;

use super::{Call, Nulls, Overload, Scalar};
use crate::error::into_datafusion;
use crate::values::equality::Equality;
use crate::values::key::{Keys, NaN};

pub(super) const FUNCTIONS: &[Scalar] = &[
    Scalar {
        names: &["greatest"],
        description: "Get the largest of the given values",
        overloads: &[Overload::new("(T...) -> T", |call| extreme(call, NaN::Smallest, |candidate, best| candidate > best))],
    },
    Scalar {
        names: &["least"],
        description: "Get the smallest of the given values",
        overloads: &[Overload::new("(T...) -> T", |call| extreme(call, NaN::Largest, |candidate, best| candidate < best))],
    },
    Scalar {
        names: &["nullif"],
        description: "The first value, or NULL where it equals the second",
        overloads: &[
            Overload {
                signature: "(T, T) -> T",
                nulls: Nulls::Called,
                call: |call| {
                    let (first, second) = (call.array(0)?, call.array(1)?);
                    let equality = Equality::new(&first, &second)?;
                    let equal = (0..call.rows).map(|row| Some(equality.equal(row, row) == Some(true)));
                    Ok(nullif(&first, &equal.collect::<BooleanArray>())?)
                },
            },
            Overload::new("(unknown, ANY) -> unknown", |call| Ok(new_null_array(&call.result_arrow(), call.rows))),
        ],
    },
];

/// For each row the value that is better than all before it. What is no number counts only where nothing else is there.
fn extreme(call: &Call<'_>, nan: NaN, better: fn(&[u8], &[u8]) -> bool) -> Result<ArrayRef> {
    if !call.result.is_orderable() {
        let message = format!("type {} cannot be ordered", call.result);
        return Err(into_datafusion(Error::new(ErrorKind::TypeMismatch, message)));
    }
    let arrays = (0..call.types.len()).map(|argument| call.array(argument)).collect::<Result<Vec<_>>>()?;
    let keys = arrays.iter().map(|array| Keys::with(array, nan)).collect::<Result<Vec<_>>>()?;
    let best = |row: usize| {
        let candidates = 1..keys.len();
        candidates.fold(0, |best, at| if better(keys[at].get(row), keys[best].get(row)) { at } else { best })
    };
    let places: Vec<(usize, usize)> = (0..call.rows).map(|row| (best(row), row)).collect();
    let arrays: Vec<&dyn Array> = arrays.iter().map(AsRef::as_ref).collect();
    Ok(interleave(&arrays, &places)?)
}
