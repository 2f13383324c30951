//! Values as Athena prints them: Java's text forms. `1.0E20`, `2024-01-01 00:00:00.000`, `[1, 2]`, `{a=1, b=x}`.
//!
//! The rules are those that Athena's `GetQueryResults` follows: strings inside of arrays, maps and rows are neither quoted nor
//! escaped, NULL inside of them is `null`, maps are ordered by key, bytes are hexadecimal with a blank between them (also
//! inside of arrays, where Athena prints a Java object's address).

pub(crate) mod json;
mod nested;
mod number;
mod temporal;
mod wrapped;

pub(crate) use number::{double, real, shortest};

use std::fmt::Write;

use arrow::array::{Array, ArrowPrimitiveType, AsArray};
use arrow::buffer::NullBuffer;
use arrow::datatypes::{
    DataType, Date32Type, Date64Type, Decimal32Type, Decimal64Type, Decimal128Type, Decimal256Type, DecimalType, Float16Type,
    Float32Type, Float64Type, Int8Type, Int16Type, Int32Type, Int64Type, UInt8Type, UInt16Type, UInt32Type, UInt64Type,
};
use catalog::{Error, Result};

use crate::types::Type;
use crate::types::temporal::print::date;

/// Appends the text of the value in a row that is not NULL.
type Writer<'a> = Box<dyn Fn(usize, &mut String) + Send + Sync + 'a>;

/// One column, ready to be printed: what to do is decided once here and not again for each value.
pub struct Text<'a> {
    nulls: Option<NullBuffer>,
    write: Writer<'a>,
}

impl<'a> Text<'a> {
    /// Refuses with `NotSupported` the Arrow types that no SQL value has (unions, run-end encoding).
    pub fn new(array: &'a dyn Array) -> Result<Self> {
        Ok(Self { nulls: array.logical_nulls(), write: writer(array)? })
    }

    /// Appends the text of the value in `row` (below the array's length) to `out`. A NULL appends nothing and answers `false`.
    pub fn write(&self, row: usize, out: &mut String) -> bool {
        if self.is_null(row) {
            return false;
        }
        (self.write)(row, out);
        true
    }

    pub fn is_null(&self, row: usize) -> bool {
        self.nulls.as_ref().is_some_and(|nulls| nulls.is_null(row))
    }

    /// The text of a value of this type, a char with the blanks that are not stored; empty for NULL.
    pub(crate) fn padded(&self, row: usize, r#type: &Type) -> String {
        let mut text = String::new();
        self.write(row, &mut text);
        if let Type::Char(length) = r#type {
            (text.chars().count()..*length as usize).for_each(|_| text.push(' '));
        }
        text
    }

    /// As [`Self::write`], with `null` for NULL: what stands inside of an array, map or row.
    fn write_nested(&self, row: usize, out: &mut String) {
        if !self.write(row, out) {
            out.push_str("null");
        }
    }
}

fn writer<'a>(array: &'a dyn Array) -> Result<Writer<'a>> {
    use DataType as T;
    Ok(match array.data_type() {
        T::Null => Box::new(|_, _| {}),
        T::Boolean => {
            let array = array.as_boolean();
            Box::new(move |row, out| out.push_str(if array.value(row) { "true" } else { "false" }))
        }
        T::Int8 => integer::<Int8Type>(array),
        T::Int16 => integer::<Int16Type>(array),
        T::Int32 => integer::<Int32Type>(array),
        T::Int64 => integer::<Int64Type>(array),
        T::UInt8 => integer::<UInt8Type>(array),
        T::UInt16 => integer::<UInt16Type>(array),
        T::UInt32 => integer::<UInt32Type>(array),
        T::UInt64 => integer::<UInt64Type>(array),
        T::Float16 => {
            let array = array.as_primitive::<Float16Type>();
            Box::new(move |row, out| real(array.value(row).to_f32(), out))
        }
        T::Float32 => {
            let array = array.as_primitive::<Float32Type>();
            Box::new(move |row, out| real(array.value(row), out))
        }
        T::Float64 => {
            let array = array.as_primitive::<Float64Type>();
            Box::new(move |row, out| double(array.value(row), out))
        }
        T::Decimal32(..) => decimal::<Decimal32Type>(array),
        T::Decimal64(..) => decimal::<Decimal64Type>(array),
        T::Decimal128(..) => decimal::<Decimal128Type>(array),
        T::Decimal256(..) => decimal::<Decimal256Type>(array),
        T::Date32 => {
            let array = array.as_primitive::<Date32Type>();
            Box::new(move |row, out| date(array.value(row).into(), out))
        }
        T::Date64 => {
            let array = array.as_primitive::<Date64Type>();
            Box::new(move |row, out| date(array.value(row).div_euclid(86_400_000), out))
        }
        T::Time32(_) | T::Time64(_) | T::Timestamp(..) | T::Interval(_) | T::Duration(_) => temporal::writer(array)?,
        T::Utf8 | T::LargeUtf8 | T::Utf8View => string(array),
        T::Binary | T::LargeBinary | T::BinaryView | T::FixedSizeBinary(_) => binary(array),
        wrapper if crate::types::is_wrapper(wrapper) => wrapped::writer(array)?,
        _ => nested::writer(array)?,
    })
}

fn integer<'a, P: ArrowPrimitiveType<Native: std::fmt::Display>>(array: &'a dyn Array) -> Writer<'a> {
    let array = array.as_primitive::<P>();
    // Writing to a String cannot fail, here and in the modules below.
    Box::new(move |row, out| _ = write!(out, "{}", array.value(row)))
}

fn decimal<'a, P: DecimalType>(array: &'a dyn Array) -> Writer<'a> {
    let array = array.as_primitive::<P>();
    Box::new(move |row, out| out.push_str(&array.value_as_string(row)))
}

fn string<'a>(array: &'a dyn Array) -> Writer<'a> {
    match array.data_type() {
        DataType::LargeUtf8 => {
            let array = array.as_string::<i64>();
            Box::new(move |row, out| out.push_str(array.value(row)))
        }
        DataType::Utf8View => {
            let array = array.as_string_view();
            Box::new(move |row, out| out.push_str(array.value(row)))
        }
        _ => {
            let array = array.as_string::<i32>();
            Box::new(move |row, out| out.push_str(array.value(row)))
        }
    }
}

fn binary<'a>(array: &'a dyn Array) -> Writer<'a> {
    match array.data_type() {
        DataType::LargeBinary => {
            let array = array.as_binary::<i64>();
            Box::new(move |row, out| hexadecimal(array.value(row), out))
        }
        DataType::BinaryView => {
            let array = array.as_binary_view();
            Box::new(move |row, out| hexadecimal(array.value(row), out))
        }
        DataType::FixedSizeBinary(_) => {
            let array = array.as_fixed_size_binary();
            Box::new(move |row, out| hexadecimal(array.value(row), out))
        }
        _ => {
            let array = array.as_binary::<i32>();
            Box::new(move |row, out| hexadecimal(array.value(row), out))
        }
    }
}

fn hexadecimal(bytes: &[u8], out: &mut String) {
    for (index, byte) in bytes.iter().enumerate() {
        _ = write!(out, "{}{byte:02x}", if index == 0 { "" } else { " " });
    }
}

fn unprintable(r#type: &DataType) -> Error {
    Error::not_supported(format!("values of the arrow type {type} cannot be printed; cast the column to another type"))
}

#[cfg(test)]
mod tests;
