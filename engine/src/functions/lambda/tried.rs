//! `TRY(expression)`: NULL in the rows in which the expression cannot be computed. The expression comes as a lambda without
//! parameters, so that it is computed here and not before.

use std::ops::Range;
use std::sync::Arc;

use arrow::array::{ArrayRef, new_null_array};
use arrow::compute::concat;
use catalog::ErrorKind;
use datafusion::common::{DataFusionError, Result};

use super::{Call, Lambda, Overload};
use crate::error::{from_datafusion, into_datafusion};

/// What the parser makes of TRY.
pub(super) const NAME: &str = "$try";

pub(super) const FUNCTIONS: &[Lambda] = &[Lambda {
    names: &[NAME],
    description: "NULL where the expression fails",
    overloads: &[Overload { signature: "(function(T)) -> T", call: attempt }],
}];

fn attempt(call: &Call<'_>) -> Result<ArrayRef> {
    let mut parts = Vec::new();
    compute(call, 0..call.rows as u32, &mut parts)?;
    match parts.as_slice() {
        [whole] => Ok(Arc::clone(whole)),
        [] => Ok(arrow::array::new_empty_array(&call.result.arrow())),
        parts => Ok(concat(&parts.iter().map(AsRef::as_ref).collect::<Vec<_>>())?),
    }
}

/// Computes all rows at once; where that fails, each half: few rows fail, and they are found in few steps.
fn compute(call: &Call<'_>, rows: Range<u32>, parts: &mut Vec<ArrayRef>) -> Result<()> {
    if rows.is_empty() {
        return Ok(());
    }
    match call.apply(0, &[], &rows.clone().collect()) {
        Ok(part) => parts.push(part),
        Err(error) => {
            caught(error)?;
            if rows.len() == 1 {
                parts.push(new_null_array(&call.result.arrow(), 1));
            } else {
                let middle = rows.start + rows.len() as u32 / 2;
                compute(call, rows.start..middle, parts)?;
                compute(call, middle..rows.end, parts)?;
            }
        }
    }
    Ok(())
}

/// Errors: the error itself, where it is not one that TRY is for.
fn caught(error: DataFusionError) -> Result<()> {
    let error = from_datafusion(error);
    match error.kind() {
        ErrorKind::DivisionByZero
        | ErrorKind::InvalidCast
        | ErrorKind::InvalidFunctionArgument
        | ErrorKind::NumericOutOfRange
        | ErrorKind::PathEvaluation
        | ErrorKind::JsonInput
        | ErrorKind::JsonOutput
        | ErrorKind::JsonValueResult => Ok(()),
        _ => Err(into_datafusion(error)),
    }
}
