//! Keys: values as bytes that are equal where the values are not distinct (Trino's IS NOT DISTINCT FROM: NULL is NULL, NaN is
//! NaN, 0.0 is -0.0, maps have no order) and that are ordered as the values are.

use arrow::array::ArrayRef;
use arrow::row::{RowConverter, Rows, SortField};
use datafusion::common::Result;

use super::plain::canonical;

/// Where NaN stands among numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum NaN {
    /// Sorting and `min`: Trino's `COMPARISON_UNORDERED_LAST`.
    Largest,
    /// `max`: Trino's `COMPARISON_UNORDERED_FIRST`.
    Smallest,
}

/// One key a value, NULL included (it is the smallest).
#[derive(Debug)]
pub(crate) struct Keys(Rows);

impl Keys {
    /// Keys of each value of `array`, NaN after all numbers.
    ///
    /// Errors: types that have no order of bytes (none of Trino's).
    pub(crate) fn of(array: &ArrayRef) -> Result<Self> {
        Self::with(array, NaN::Largest)
    }

    /// Keys that say where NaN is.
    pub(crate) fn with(array: &ArrayRef, nan: NaN) -> Result<Self> {
        let array = canonical(array, nan)?;
        let converter = RowConverter::new(vec![SortField::new(array.data_type().clone())])?;
        Ok(Self(converter.convert_columns(&[array])?))
    }

    pub(crate) fn get(&self, at: usize) -> &[u8] {
        self.0.row(at).data()
    }
}
