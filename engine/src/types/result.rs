//! A column's type as Athena's `GetQueryResults` reports it (`ColumnInfo`).

use arrow::datatypes::DataType;
use catalog::Result;

use super::Type;

/// A base name, `real` being `float`, and what else Athena says of a type.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ResultType {
    pub name: &'static str,
    pub precision: u32,
    pub scale: i32,
    /// Athena says so of varchar and char alone.
    pub case_sensitive: bool,
}

/// What Athena's `ColumnInfo` says of a column of this type.
#[must_use]
pub fn result_type(r#type: &Type) -> ResultType {
    let (name, precision) = match r#type {
        Type::Unknown => ("unknown", 0),
        Type::Boolean => ("boolean", 0),
        Type::Tinyint => ("tinyint", 3),
        Type::Smallint => ("smallint", 5),
        Type::Integer => ("integer", 10),
        Type::Bigint => ("bigint", 19),
        Type::Real => ("float", 17),
        Type::Double => ("double", 17),
        Type::Decimal(precision, _) => ("decimal", u32::from(*precision)),
        // Athena has no such type; text is what every client reads without loss.
        Type::Number => ("varchar", i32::MAX as u32),
        Type::Varchar(length) => ("varchar", length.unwrap_or(i32::MAX as u32)),
        Type::Char(length) => ("char", *length),
        Type::Varbinary => ("varbinary", 1 << 30),
        Type::Date => ("date", 0),
        Type::Time(_) => ("time", 3),
        Type::TimeTz(_) => ("time with time zone", 3),
        Type::Timestamp(_) => ("timestamp", 3),
        Type::TimestampTz(_) => ("timestamp with time zone", 3),
        Type::YearMonth => ("interval year to month", 0),
        Type::DayTime => ("interval day to second", 0),
        Type::Array(_) => ("array", 0),
        Type::Map(..) => ("map", 0),
        Type::Row(_) => ("row", 0),
        Type::Json => ("json", 0),
        // Nor this one, whose values clients read as JSON.
        Type::Variant => ("json", 0),
        Type::Uuid => ("uuid", 0),
        Type::IpAddress => ("ipaddress", 0),
        Type::HyperLogLog => ("HyperLogLog", 0),
        Type::P4HyperLogLog => ("P4HyperLogLog", 0),
        Type::SetDigest => ("SetDigest", 0),
        Type::TDigest => ("tdigest", 0),
        Type::QDigest(_) => ("qdigest", 0),
    };
    let scale = if let Type::Decimal(_, scale) = r#type { i32::from(*scale) } else { 0 };
    ResultType { name, precision, scale, case_sensitive: matches!(r#type, Type::Number | Type::Varchar(_) | Type::Char(_)) }
}

/// The type as Trino writes it. `NotSupported` for the Arrow types that no SQL value has.
pub fn name(data_type: &DataType) -> Result<String> {
    Ok(Type::of(data_type)?.to_string())
}
