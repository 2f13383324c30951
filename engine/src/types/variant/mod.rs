//! Values of Trino's `variant` ("VARIANT functions and operators"): each has a type of its own, as in the Variant of Parquet and
//! Iceberg, whose encoding they are kept in (Parquet, "Variant Binary Encoding").
//!
//! A column is a wrapper of three children: a [`key`], which is the same for values that are not distinct, so that grouping,
//! joins and comparisons need not know the type, the names of members, and the value.

mod key;
#[cfg(test)]
mod tests;

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, BinaryArray, BinaryBuilder, NullBufferBuilder, StructArray};
use arrow::datatypes::DataType;
use arrow::error::ArrowError;
use catalog::{Error, ErrorKind, Result};
use parquet_variant::{Variant, VariantBuilder};

use super::Type;

pub(crate) use key::holds_nan;

/// A column of variants.
#[derive(Debug, Clone)]
pub(crate) struct Variants {
    rows: StructArray,
    names: BinaryArray,
    values: BinaryArray,
}

impl Variants {
    /// Errors: `Internal` where it is a column of another type.
    pub(crate) fn of(array: &dyn Array) -> Result<Self> {
        let wrong = || Error::internal("a column of variants was expected");
        let rows = array.as_struct_opt().ok_or_else(wrong)?;
        let [_, names, values] = rows.columns() else { return Err(wrong()) };
        let binary = |array: &ArrayRef| array.as_binary_opt::<i32>().cloned().ok_or_else(wrong);
        Ok(Self { names: binary(names)?, values: binary(values)?, rows: rows.clone() })
    }

    pub(crate) fn len(&self) -> usize {
        self.rows.len()
    }

    /// None for NULL, which is not the variant `null`.
    ///
    /// Errors: `BadData` where the bytes are no variant.
    pub(crate) fn get(&self, row: usize) -> Result<Option<Variant<'_, '_>>> {
        if self.rows.is_null(row) {
            return Ok(None);
        }
        Variant::try_new(self.names.value(row), self.values.value(row)).map(Some).map_err(broken)
    }
}

/// Makes a column of variants.
#[derive(Debug)]
pub(crate) struct Column {
    keys: BinaryBuilder,
    names: BinaryBuilder,
    values: BinaryBuilder,
    nulls: NullBufferBuilder,
}

impl Column {
    pub(crate) fn new(rows: usize) -> Self {
        let bytes = || BinaryBuilder::with_capacity(rows, 0);
        Self { keys: bytes(), names: bytes(), values: bytes(), nulls: NullBufferBuilder::new(rows) }
    }

    pub(crate) fn null(&mut self) {
        for child in [&mut self.keys, &mut self.names, &mut self.values] {
            child.append_value([]);
        }
        self.nulls.append_null();
    }

    /// Takes what was built.
    ///
    /// Errors: `InvalidCast` where an object has a name twice.
    pub(crate) fn push(&mut self, built: VariantBuilder) -> Result<()> {
        let (names, value) = built.try_finish().map_err(broken)?;
        self.encoded(&names, &value)
    }

    /// A value as it is encoded.
    ///
    /// Errors: `InvalidCast` where the bytes are no variant.
    pub(crate) fn encoded(&mut self, names: &[u8], value: &[u8]) -> Result<()> {
        let variant = Variant::try_new(names, value).map_err(broken)?;
        let mut key = Vec::with_capacity(value.len());
        key::write(&variant, &mut key)?;
        self.keys.append_value(&key);
        self.names.append_value(names);
        self.values.append_value(value);
        self.nulls.append_non_null();
        Ok(())
    }

    /// The same value, which may be a part of another one.
    pub(crate) fn copy(&mut self, variant: Variant<'_, '_>) -> Result<()> {
        let mut built = VariantBuilder::new();
        built.try_append_value(variant).map_err(broken)?;
        self.push(built)
    }

    pub(crate) fn finish(mut self) -> Result<ArrayRef> {
        let DataType::Struct(fields) = Type::Variant.arrow() else {
            return Err(Error::internal("variants are not wrapped"));
        };
        let children: Vec<ArrayRef> = [&mut self.keys, &mut self.names, &mut self.values]
            .into_iter()
            .map(|child| Arc::new(child.finish()) as ArrayRef)
            .collect();
        let made = StructArray::try_new(fields, children, self.nulls.finish());
        Ok(Arc::new(made.map_err(|error| Error::internal(error.to_string()))?))
    }
}

/// A variant that cannot be read or made.
pub(crate) fn broken(error: ArrowError) -> Error {
    Error::new(ErrorKind::InvalidCast, format!("Invalid VARIANT: {error}")).caused_by(error)
}

/// What a variant is, as errors call it.
pub(crate) fn kind(variant: &Variant<'_, '_>) -> &'static str {
    match variant {
        Variant::Null => "null",
        Variant::BooleanTrue | Variant::BooleanFalse => "boolean",
        Variant::Int8(_) => "int8",
        Variant::Int16(_) => "int16",
        Variant::Int32(_) => "int32",
        Variant::Int64(_) => "int64",
        Variant::Float(_) => "float",
        Variant::Double(_) => "double",
        Variant::Decimal4(_) | Variant::Decimal8(_) | Variant::Decimal16(_) => "decimal",
        Variant::Date(_) => "date",
        Variant::Time(_) => "time",
        Variant::TimestampNtzMicros(_) | Variant::TimestampNtzNanos(_) => "timestamp",
        Variant::TimestampMicros(_) | Variant::TimestampNanos(_) => "timestamp with time zone",
        Variant::Binary(_) => "binary",
        Variant::Uuid(_) => "uuid",
        Variant::String(_) | Variant::ShortString(_) => "string",
        Variant::Object(_) => "object",
        Variant::List(_) => "array",
    }
}
