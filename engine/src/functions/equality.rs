//! Comparisons of arrays, maps and rows, whose parts may be NULL ("Comparison functions and operators").

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, BooleanArray};
use arrow::datatypes::DataType;
use catalog::Error;
use datafusion::common::Result;

use super::{Call, Nulls, Overload, Scalar};
use crate::error::into_datafusion;
use crate::types::Type;
use crate::values::equality::Equality;
use crate::values::key::Keys;

macro_rules! comparison {
    ($name:literal, $description:literal, $nulls:ident, $call:expr) => {
        Scalar {
            names: &[$name],
            description: $description,
            overloads: &[Overload { signature: "(T, T) -> boolean", nulls: Nulls::$nulls, call: $call }],
        }
    };
}

pub(super) const FUNCTIONS: &[Scalar] = &[
    comparison!("$equal", "Equal", Null, |call| equal(call, true)),
    comparison!("$not_equal", "Not equal", Null, |call| equal(call, false)),
    comparison!("$less", "Less than", Null, |call| ordered(call, |a, b| a < b)),
    comparison!("$less_or_equal", "Less than or equal", Null, |call| ordered(call, |a, b| a <= b)),
    comparison!("$greater", "Greater than", Null, |call| ordered(call, |a, b| a > b)),
    comparison!("$greater_or_equal", "Greater than or equal", Null, |call| ordered(call, |a, b| a >= b)),
    comparison!("$distinct", "Is distinct from", Called, |call| keys(call, |a, b| a != b)),
    comparison!("$not_distinct", "Is not distinct from", Called, |call| keys(call, |a, b| a == b)),
];

fn equal(call: &Call<'_>, wanted: bool) -> Result<ArrayRef> {
    let equality = Equality::new(&call.array(0)?, &call.array(1)?)?;
    let rows = (0..call.rows).map(|row| equality.equal(row, row).map(|equal| equal == wanted));
    Ok(Arc::new(rows.collect::<BooleanArray>()))
}

fn keys(call: &Call<'_>, of: fn(&[u8], &[u8]) -> bool) -> Result<ArrayRef> {
    let (left, right) = (Keys::of(&call.array(0)?)?, Keys::of(&call.array(1)?)?);
    Ok(Arc::new(BooleanArray::from_iter((0..call.rows).map(|row| Some(of(left.get(row), right.get(row)))))))
}

/// Arrays and rows by their first parts that differ. A NULL among the parts has no order.
fn ordered(call: &Call<'_>, of: fn(&[u8], &[u8]) -> bool) -> Result<ArrayRef> {
    let what = if matches!(call.types.first(), Some(Type::Row(_))) { "ROW" } else { "ARRAY" };
    let parts = if what == "ROW" { "fields with null elements" } else { "arrays with null elements" };
    for argument in 0..2 {
        if has_null_parts(&call.array(argument)?) {
            return Err(into_datafusion(Error::not_supported(format!("{what} comparison not supported for {parts}"))));
        }
    }
    keys(call, of)
}

/// Whether a value that is not NULL itself has a NULL in it.
fn has_null_parts(array: &ArrayRef) -> bool {
    match array.data_type() {
        DataType::List(_) => {
            let lists = array.as_list::<i32>();
            lists.iter().flatten().any(|items| items.logical_null_count() > 0 || has_null_parts(&items))
        }
        DataType::Struct(_) => {
            let rows = array.as_struct();
            let null_in = |column: &ArrayRef| {
                (0..rows.len()).any(|row| rows.is_valid(row) && column.is_null(row)) || has_null_parts(column)
            };
            !crate::types::is_wrapper(array.data_type()) && rows.columns().iter().any(null_in)
        }
        _ => false,
    }
}
