//! Values that Arrow has no type for, which are kept in wrappers: see [`crate::types`].

use std::fmt::Write;

use arrow::array::{Array, ArrayRef, AsArray};
use catalog::{Error, Result};

use super::{Writer, hexadecimal};
use crate::cast::variant::json::{self, Bytes};
use crate::cast::wrapped::address;
use crate::types::temporal::cast::printer;
use crate::types::temporal::column::Column;
use crate::types::variant::Variants;
use crate::types::{Number, Type};

pub(super) fn writer<'a>(array: &'a dyn Array) -> Result<Writer<'a>> {
    let r#type = Type::of(array.data_type())?;
    let value: &'a ArrayRef = array.as_struct().column(0);
    Ok(match &r#type {
        Type::Json => {
            let texts = value.as_string_view();
            Box::new(move |row, out| out.push_str(texts.value(row)))
        }
        Type::Char(width) => {
            let (texts, width) = (value.as_string_view(), *width as usize);
            Box::new(move |row, out| {
                let text = texts.value(row);
                out.push_str(text);
                out.extend(std::iter::repeat_n(' ', width.saturating_sub(text.chars().count())));
            })
        }
        Type::Variant => {
            let variants = Variants::of(array)?;
            Box::new(move |row, out| {
                // Bytes of no variant are nowhere made.
                let Ok(Some(variant)) = variants.get(row) else { return };
                let start = out.len();
                if json::write(&variant, Bytes::Shown, out).is_err() {
                    out.truncate(start);
                }
            })
        }
        Type::Uuid => {
            let bytes = value.as_fixed_size_binary();
            Box::new(move |row, out| {
                let id = uuid::Uuid::from_slice(bytes.value(row)).unwrap_or_default();
                out.push_str(id.hyphenated().encode_lower(&mut uuid::Uuid::encode_buffer()));
            })
        }
        Type::IpAddress => {
            let bytes = value.as_fixed_size_binary();
            Box::new(move |row, out| out.push_str(&address(bytes.value(row).try_into().unwrap_or_default())))
        }
        Type::Time(_) | Type::TimeTz(_) | Type::Timestamp(_) | Type::TimestampTz(_) => {
            let print = printer(Column::of(array, &r#type)?, &r#type)?;
            Box::new(move |row, out| print(row, out))
        }
        Type::Number => {
            let bytes = value.as_binary::<i32>();
            // Bytes of no number are nowhere made; they would be seen as such.
            Box::new(move |row, out| match Number::read(bytes.value(row)) {
                // The plus that casts to text have before it is not shown.
                Ok(Number::INFINITY) => out.push_str("Infinity"),
                Ok(number) => _ = write!(out, "{number}"),
                Err(_) => hexadecimal(bytes.value(row), out),
            })
        }
        Type::HyperLogLog | Type::P4HyperLogLog | Type::SetDigest | Type::TDigest | Type::QDigest(_) => {
            let bytes = value.as_binary::<i32>();
            Box::new(move |row, out| hexadecimal(bytes.value(row), out))
        }
        other => return Err(Error::internal(format!("{other} is not wrapped"))),
    })
}
