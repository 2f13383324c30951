//! What a function is given when it is called.

use std::sync::LazyLock;

use arrow::array::{Array, ArrayRef};
use arrow::buffer::NullBuffer;
use arrow::compute::cast;
use arrow::datatypes::DataType;
use datafusion::common::{Result, ScalarValue, internal_datafusion_err};
use datafusion::config::ConfigOptions;
use datafusion::logical_expr::ColumnarValue;

use crate::properties::Properties;
use crate::types::Type;

/// One call of an overload, for a batch of rows.
pub(crate) struct Call<'a> {
    pub(super) arguments: &'a [ColumnarValue],
    /// What the arguments are, as the overload was bound.
    pub(crate) types: &'a [Type],
    /// What the result is to be.
    pub(crate) result: &'a Type,
    /// How many values the result is to have.
    pub(crate) rows: usize,
    pub(super) options: &'a ConfigOptions,
}

impl Call<'_> {
    /// The values of an argument for all rows, in the Arrow type of its [`Type`].
    pub(crate) fn array(&self, argument: usize) -> Result<ArrayRef> {
        let expected = self.types.get(argument).ok_or_else(|| missing(argument))?.arrow();
        let array = match self.value(argument)? {
            ColumnarValue::Array(array) => array.clone(),
            ColumnarValue::Scalar(scalar) => scalar.to_array_of_size(self.rows)?,
        };
        // Coercion has seen to the type; what is left is text that is not a view, where a plan was made elsewhere.
        if *array.data_type() == expected { Ok(array) } else { Ok(cast(&array, &expected)?) }
    }

    /// The value of an argument that is the same in every row: to compile a pattern or a format once.
    pub(crate) fn constant(&self, argument: usize) -> Option<ScalarValue> {
        match self.value(argument) {
            Ok(ColumnarValue::Scalar(scalar)) => Some(scalar.clone()),
            _ => None,
        }
    }

    /// The text of an argument that is the same in every row and not NULL.
    pub(crate) fn constant_text(&self, argument: usize) -> Option<&str> {
        match self.value(argument) {
            Ok(ColumnarValue::Scalar(scalar)) => scalar.try_as_str().flatten(),
            _ => None,
        }
    }

    /// An argument as it came: a constant, or values in an array.
    pub(crate) fn value(&self, argument: usize) -> Result<&ColumnarValue> {
        self.arguments.get(argument).ok_or_else(|| missing(argument))
    }

    /// What the session has chosen: its time zone, the start of the query.
    pub(crate) fn session(&self) -> &Properties {
        static DEFAULT: LazyLock<Properties> = LazyLock::new(Properties::default);
        self.options.extensions.get::<Properties>().unwrap_or(&DEFAULT)
    }

    /// The Arrow type of the result.
    pub(crate) fn result_arrow(&self) -> DataType {
        self.result.arrow()
    }

    /// The rows in which no argument is NULL: those that a function with `Nulls::Null` may fail for. None where that is all.
    pub(crate) fn valid(&self) -> Option<NullBuffer> {
        let nulls = self.arguments.iter().filter_map(|argument| match argument {
            ColumnarValue::Array(array) => array.logical_nulls(),
            ColumnarValue::Scalar(_) => None,
        });
        nulls.reduce(|a, b| NullBuffer::union(Some(&a), Some(&b)).unwrap_or(a))
    }
}

fn missing(argument: usize) -> datafusion::common::DataFusionError {
    internal_datafusion_err!("there is no argument {argument}")
}
