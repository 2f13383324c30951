//! Columns of numbers.

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, BinaryArray, BinaryBuilder};
use catalog::{Error, Result};

use super::Number;
use crate::cast::wrapped;
use crate::types::Type;

/// The values of a column.
pub(crate) struct Numbers(BinaryArray);

impl Numbers {
    /// Errors: `Internal` where it is a column of another type.
    pub(crate) fn of(array: &ArrayRef) -> Result<Self> {
        let bytes = wrapped::value(array)?;
        let bytes = bytes.as_binary_opt::<i32>().ok_or_else(|| Error::internal("a column of numbers was expected"))?;
        Ok(Self(bytes.clone()))
    }

    pub(crate) fn len(&self) -> usize {
        self.0.len()
    }

    /// None for NULL.
    ///
    /// Errors: as [`Number::read`].
    pub(crate) fn get(&self, row: usize) -> Result<Option<Number>> {
        self.0.is_valid(row).then(|| Number::read(self.0.value(row))).transpose()
    }

    /// All values in order.
    pub(crate) fn iter(&self) -> impl Iterator<Item = Result<Option<Number>>> {
        (0..self.len()).map(|row| self.get(row))
    }
}

/// A column of numbers.
///
/// Errors: those of the values.
pub(crate) fn numbers<E: From<Error>>(values: impl Iterator<Item = Result<Option<Number>, E>>) -> Result<ArrayRef, E> {
    let mut builder = BinaryBuilder::with_capacity(values.size_hint().0, 0);
    let mut bytes = Vec::new();
    for value in values {
        match value? {
            None => builder.append_null(),
            Some(value) => {
                bytes.clear();
                value.write(&mut bytes);
                builder.append_value(&bytes);
            }
        }
    }
    Ok(wrapped::wrap(Arc::new(builder.finish()), &Type::Number)?)
}
