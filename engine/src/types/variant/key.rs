//! Keys of variants: bytes that are the same where Trino calls two values equal, however each is encoded ("Equality semantics").
//! Numbers are compared by value, timestamps by the instant, strings by their bytes.

use bigdecimal::{BigDecimal, FromPrimitive};
use catalog::Result;
use parquet_variant::Variant;

use super::broken;
use crate::types::Number;

/// What a key begins with, and each part of one.
mod tag {
    pub(super) const NULL: u8 = 0;
    pub(super) const FALSE: u8 = 1;
    pub(super) const TRUE: u8 = 2;
    pub(super) const NUMBER: u8 = 3;
    /// A float that no decimal of 38 digits is.
    pub(super) const FLOAT: u8 = 4;
    pub(super) const STRING: u8 = 5;
    pub(super) const BINARY: u8 = 6;
    pub(super) const DATE: u8 = 7;
    pub(super) const TIME: u8 = 8;
    pub(super) const TIMESTAMP: u8 = 9;
    pub(super) const TIMESTAMP_TZ: u8 = 10;
    pub(super) const UUID: u8 = 11;
    pub(super) const LIST: u8 = 12;
    pub(super) const OBJECT: u8 = 13;
    /// Before all else: NaN, which nothing is equal to, is somewhere in the value.
    pub(super) const NAN: u8 = 255;
}

/// The most digits of a variant's decimal, and the most of them behind the point.
const DIGITS: u64 = 38;

/// Whether a key is of a value that holds NaN, which is not equal to itself.
pub(crate) fn holds_nan(key: &[u8]) -> bool {
    key.first() == Some(&tag::NAN)
}

/// Appends the key.
pub(super) fn write(variant: &Variant<'_, '_>, out: &mut Vec<u8>) -> Result<()> {
    let start = out.len();
    let mut nan = false;
    append(variant, out, &mut nan)?;
    if nan {
        out.insert(start, tag::NAN);
    }
    Ok(())
}

fn append(variant: &Variant<'_, '_>, out: &mut Vec<u8>, nan: &mut bool) -> Result<()> {
    match variant {
        Variant::Null => out.push(tag::NULL),
        Variant::BooleanFalse => out.push(tag::FALSE),
        Variant::BooleanTrue => out.push(tag::TRUE),
        Variant::Int8(value) => decimal((*value).into(), 0, out),
        Variant::Int16(value) => decimal((*value).into(), 0, out),
        Variant::Int32(value) => decimal((*value).into(), 0, out),
        Variant::Int64(value) => decimal((*value).into(), 0, out),
        Variant::Decimal4(value) => decimal(value.integer().into(), value.scale(), out),
        Variant::Decimal8(value) => decimal(value.integer().into(), value.scale(), out),
        Variant::Decimal16(value) => decimal(value.integer(), value.scale(), out),
        Variant::Float(value) => float((*value).into(), out, nan),
        Variant::Double(value) => float(*value, out, nan),
        Variant::String(text) => bytes(tag::STRING, text.as_bytes(), out),
        Variant::ShortString(text) => bytes(tag::STRING, text.as_str().as_bytes(), out),
        Variant::Binary(value) => bytes(tag::BINARY, value, out),
        Variant::Uuid(id) => bytes(tag::UUID, id.as_bytes(), out),
        Variant::Date(date) => tagged(tag::DATE, &date.to_epoch_days().to_be_bytes(), out),
        Variant::Time(time) => {
            let since = time.signed_duration_since(chrono::NaiveTime::MIN);
            tagged(tag::TIME, &since.num_microseconds().unwrap_or_default().to_be_bytes(), out);
        }
        Variant::TimestampNtzMicros(at) | Variant::TimestampNtzNanos(at) => instant(tag::TIMESTAMP, at.and_utc(), out),
        Variant::TimestampMicros(at) | Variant::TimestampNanos(at) => instant(tag::TIMESTAMP_TZ, *at, out),
        Variant::List(items) => {
            tagged(tag::LIST, &(items.len() as u64).to_be_bytes(), out);
            for item in items.iter_try() {
                append(&item.map_err(broken)?, out, nan)?;
            }
        }
        // Members come in the order of their names.
        Variant::Object(members) => {
            tagged(tag::OBJECT, &(members.len() as u64).to_be_bytes(), out);
            for member in members.iter_try() {
                let (name, value) = member.map_err(broken)?;
                bytes(tag::STRING, name.as_bytes(), out);
                append(&value, out, nan)?;
            }
        }
    }
    Ok(())
}

fn tagged(tag: u8, content: &[u8], out: &mut Vec<u8>) {
    out.push(tag);
    out.extend_from_slice(content);
}

fn bytes(tag: u8, content: &[u8], out: &mut Vec<u8>) {
    tagged(tag, &(content.len() as u64).to_be_bytes(), out);
    out.extend_from_slice(content);
}

fn instant(tag: u8, at: chrono::DateTime<chrono::Utc>, out: &mut Vec<u8>) {
    tagged(tag, &at.timestamp().to_be_bytes(), out);
    out.extend_from_slice(&at.timestamp_subsec_nanos().to_be_bytes());
}

fn number(value: &Number, out: &mut Vec<u8>) {
    let mut digits = Vec::new();
    value.write(&mut digits);
    bytes(tag::NUMBER, &digits, out);
}

fn decimal(unscaled: i128, scale: u8, out: &mut Vec<u8>) {
    number(&Number::of_decimal(unscaled, scale), out);
}

/// A float is a decimal where it is exactly one.
fn float(value: f64, out: &mut Vec<u8>, nan: &mut bool) {
    *nan |= value.is_nan();
    let exact = BigDecimal::from_f64(value).map(|exact| exact.normalized());
    let fits = |exact: &BigDecimal| {
        let scale = exact.fractional_digit_count();
        exact.digits() <= DIGITS && scale <= DIGITS as i64 && exact.digits() as i64 - scale.min(0) <= DIGITS as i64
    };
    match exact.filter(fits).and_then(Number::finite) {
        Some(exact) => number(&exact, out),
        None => tagged(tag::FLOAT, &value.to_bits().to_be_bytes(), out),
    }
}
