//! What a function with lambdas is given when it is called, and the elements that its lambdas are called for.

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, BooleanArray, NullArray, UInt32Array, UInt64Array, new_empty_array};
use arrow::buffer::{NullBuffer, OffsetBuffer};
use arrow::compute::{cast, take_arrays};
use arrow::datatypes::DataType;
use datafusion::common::{Result, internal_datafusion_err};
use datafusion::logical_expr::LambdaArgument;

use crate::types::Type;
use crate::values::list::{range, take_any};

/// One call, for a batch of rows.
pub(in crate::functions) struct Call<'a> {
    /// The arguments that are no lambdas, in the Arrow types of the overload.
    pub(super) arrays: Vec<ArrayRef>,
    /// The lambdas with the Arrow types of what they give.
    pub(super) lambdas: Vec<(&'a LambdaArgument, DataType)>,
    pub(in crate::functions) result: Type,
    pub(in crate::functions) rows: usize,
}

impl Call<'_> {
    /// The values of an argument, lambdas not counted.
    pub(in crate::functions) fn array(&self, at: usize) -> Result<&ArrayRef> {
        self.arrays.get(at).ok_or_else(|| internal_datafusion_err!("there is no argument {at}"))
    }

    /// Whether the call has that lambda.
    pub(super) fn has(&self, lambda: usize) -> bool {
        lambda < self.lambdas.len()
    }

    /// What the lambda gives for each place of `columns`, its arguments; `rows` are the rows that the places are from, for what
    /// the lambda takes from outside.
    pub(in crate::functions) fn apply(&self, lambda: usize, columns: &[ArrayRef], rows: &UInt32Array) -> Result<ArrayRef> {
        let (lambda, expected) =
            self.lambdas.get(lambda).ok_or_else(|| internal_datafusion_err!("there is no lambda {lambda}"))?;
        if rows.is_empty() {
            return Ok(new_empty_array(expected));
        }
        // One array more than a lambda without parameters has: where it takes nothing from outside either, its length counts.
        let length: ArrayRef = Arc::new(NullArray::new(rows.len()));
        let closures: Vec<_> = columns.iter().chain([&length]).map(|column| move || Ok(Arc::clone(column))).collect();
        let closures: Vec<&dyn Fn() -> Result<ArrayRef>> = closures.iter().map(|closure| closure as _).collect();
        let found = lambda.evaluate(&closures, |captures| Ok(take_arrays(captures, rows, None)?))?.into_array(rows.len())?;
        if found.data_type() == expected { Ok(found) } else { Ok(cast(&found, expected)?) }
    }

    /// As [`Self::apply`], for a lambda that gives a boolean.
    pub(super) fn test(&self, lambda: usize, columns: &[ArrayRef], rows: &UInt32Array) -> Result<BooleanArray> {
        let found = self.apply(lambda, columns, rows)?;
        found.as_boolean_opt().cloned().ok_or_else(|| internal_datafusion_err!("a test gave {}", found.data_type()))
    }
}

/// The elements of lists or maps in the rows that are not NULL, next to each other.
pub(super) struct Elements {
    pub(super) offsets: OffsetBuffer<i32>,
    /// The row of each.
    pub(super) rows: UInt32Array,
    /// Where each is among the values; None where that is where it is here.
    places: Option<UInt64Array>,
}

impl Elements {
    /// `length` is that of the values that `offsets` are about.
    pub(super) fn of(offsets: &OffsetBuffer<i32>, nulls: Option<&NullBuffer>, length: usize) -> Self {
        let count = offsets.len() - 1;
        let live = |row: usize| nulls.is_none_or(|nulls| nulls.is_valid(row));
        let ranges = || (0..count).map(|row| if live(row) { range(offsets, row) } else { 0..0 });
        let dense = OffsetBuffer::from_lengths(ranges().map(|range| range.len()));
        let rows = ranges().enumerate().flat_map(|(row, range)| std::iter::repeat_n(row as u32, range.len()));
        let whole = dense.last().is_some_and(|last| *last as usize == length) && offsets[0] == 0;
        let places = (!whole).then(|| ranges().flatten().map(|at| at as u64).collect());
        Self { offsets: dense, rows: rows.collect(), places }
    }

    /// Those of `values`.
    pub(super) fn take(&self, values: &ArrayRef) -> Result<ArrayRef> {
        match &self.places {
            Some(places) => take_any(values, places),
            None => Ok(Arc::clone(values)),
        }
    }
}
