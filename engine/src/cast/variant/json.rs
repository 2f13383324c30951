//! Variants as JSON: numbers, booleans and null as such, dates and times as their text, objects' members in the order of their names.

use std::fmt::Write;

use catalog::Result;
use parquet_variant::Variant;

use super::super::{decimal, invalid};
use crate::functions::json::model::{write_double, write_text};
use crate::types::variant::{broken, kind};

/// What becomes of what JSON has nothing for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Bytes {
    /// Uuids and bytes fail the cast.
    Refused,
    /// Uuids are texts, bytes are Base64.
    Shown,
}

/// Appends the JSON of a variant.
///
/// Errors: `InvalidCast` for uuids and bytes, where they are refused.
pub(crate) fn write(variant: &Variant<'_, '_>, bytes: Bytes, out: &mut String) -> Result<()> {
    match variant {
        Variant::Null => out.push_str("null"),
        Variant::BooleanTrue => out.push_str("true"),
        Variant::BooleanFalse => out.push_str("false"),
        Variant::Int8(value) => _ = write!(out, "{value}"),
        Variant::Int16(value) => _ = write!(out, "{value}"),
        Variant::Int32(value) => _ = write!(out, "{value}"),
        Variant::Int64(value) => _ = write!(out, "{value}"),
        Variant::Decimal4(value) => out.push_str(&decimal::text(value.integer().into(), value.scale())),
        Variant::Decimal8(value) => out.push_str(&decimal::text(value.integer().into(), value.scale())),
        Variant::Decimal16(value) => out.push_str(&decimal::text(value.integer(), value.scale())),
        // By its own digits: 0.1 is no 0.10000000149011612.
        Variant::Float(value) if value.is_finite() => crate::text::real(*value, out),
        Variant::Float(value) => write_double((*value).into(), out),
        Variant::Double(value) => write_double(*value, out),
        Variant::String(text) => write_text(text, out),
        Variant::ShortString(text) => write_text(text.as_str(), out),
        Variant::Date(date) => _ = write!(out, "\"{date}\""),
        Variant::Time(time) => _ = write!(out, "\"{}\"", time.format("%H:%M:%S%.6f")),
        Variant::TimestampNtzMicros(at) => _ = write!(out, "\"{}\"", at.format("%Y-%m-%d %H:%M:%S%.6f")),
        Variant::TimestampNtzNanos(at) => _ = write!(out, "\"{}\"", at.format("%Y-%m-%d %H:%M:%S%.9f")),
        Variant::TimestampMicros(at) => _ = write!(out, "\"{} UTC\"", at.format("%Y-%m-%d %H:%M:%S%.6f")),
        Variant::TimestampNanos(at) => _ = write!(out, "\"{} UTC\"", at.format("%Y-%m-%d %H:%M:%S%.9f")),
        Variant::Uuid(_) | Variant::Binary(_) if bytes == Bytes::Refused => {
            return Err(invalid(format!("Cannot cast VARIANT {} to JSON", kind(variant))));
        }
        Variant::Uuid(id) => _ = write!(out, "\"{}\"", id.hyphenated()),
        Variant::Binary(value) => _ = write!(out, "\"{}\"", data_encoding::BASE64.encode(value)),
        Variant::List(items) => {
            out.push('[');
            for (at, item) in items.iter_try().enumerate() {
                if at > 0 {
                    out.push(',');
                }
                write(&item.map_err(broken)?, bytes, out)?;
            }
            out.push(']');
        }
        Variant::Object(members) => {
            out.push('{');
            for (at, member) in members.iter_try().enumerate() {
                let (name, value) = member.map_err(broken)?;
                if at > 0 {
                    out.push(',');
                }
                write_text(name, out);
                out.push(':');
                write(&value, bytes, out)?;
            }
            out.push('}');
        }
    }
    Ok(())
}
