//! Arrow types by the names that Trino and Athena have for them.

use arrow::datatypes::{DataType, Field, IntervalUnit, TimeUnit};
use catalog::{Error, Result};

/// The type as Trino writes it: `bigint`, `array(varchar)`, `row(a integer, "B c" timestamp(3))`.
///
/// Unsigned integers, which SQL does not have, get the next type that holds all of their values.
/// `NotSupported` for the Arrow types that no SQL value has.
pub fn name(r#type: &DataType) -> Result<String> {
    Ok(match r#type {
        DataType::Null => "unknown".into(),
        DataType::Boolean => "boolean".into(),
        DataType::Int8 => "tinyint".into(),
        DataType::Int16 | DataType::UInt8 => "smallint".into(),
        DataType::Int32 | DataType::UInt16 => "integer".into(),
        DataType::Int64 | DataType::UInt32 => "bigint".into(),
        DataType::UInt64 => "decimal(20, 0)".into(),
        DataType::Float16 | DataType::Float32 => "real".into(),
        DataType::Float64 => "double".into(),
        DataType::Decimal32(precision, scale)
        | DataType::Decimal64(precision, scale)
        | DataType::Decimal128(precision, scale)
        | DataType::Decimal256(precision, scale) => format!("decimal({precision}, {scale})"),
        DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View => "varchar".into(),
        DataType::Binary | DataType::LargeBinary | DataType::BinaryView | DataType::FixedSizeBinary(_) => "varbinary".into(),
        DataType::Date32 | DataType::Date64 => "date".into(),
        DataType::Time32(unit) | DataType::Time64(unit) => format!("time({})", digits(*unit)),
        DataType::Timestamp(unit, None) => format!("timestamp({})", digits(*unit)),
        DataType::Timestamp(unit, Some(_)) => format!("timestamp({}) with time zone", digits(*unit)),
        DataType::Interval(IntervalUnit::YearMonth) => "interval year to month".into(),
        DataType::Interval(_) | DataType::Duration(_) => "interval day to second".into(),
        DataType::List(item)
        | DataType::LargeList(item)
        | DataType::ListView(item)
        | DataType::LargeListView(item)
        | DataType::FixedSizeList(item, _) => format!("array({})", name(item.data_type())?),
        DataType::Struct(fields) => {
            let fields = fields.iter().map(|field| member(field)).collect::<Result<Vec<_>>>()?;
            format!("row({})", fields.join(", "))
        }
        DataType::Map(entries, _) => match entries.data_type() {
            DataType::Struct(pair) if pair.len() == 2 => {
                format!("map({}, {})", name(pair[0].data_type())?, name(pair[1].data_type())?)
            }
            other => return Err(unnamed(other)),
        },
        DataType::Dictionary(_, value) => name(value)?,
        other => return Err(unnamed(other)),
    })
}

fn member(field: &Field) -> Result<String> {
    let r#type = name(field.data_type())?;
    Ok(match field.name().as_str() {
        "" => r#type,
        plain if is_plain(plain) => format!("{plain} {type}"),
        odd => format!("\"{}\" {type}", odd.replace('"', "\"\"")),
    })
}

/// Whether a name needs no quotes: it is one that Trino would leave as it is.
fn is_plain(name: &str) -> bool {
    name.starts_with(|c: char| c.is_ascii_lowercase() || c == '_')
        && name.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_')
}

fn digits(unit: TimeUnit) -> u8 {
    match unit {
        TimeUnit::Second => 0,
        TimeUnit::Millisecond => 3,
        TimeUnit::Microsecond => 6,
        TimeUnit::Nanosecond => 9,
    }
}

fn unnamed(r#type: &DataType) -> Error {
    Error::not_supported(format!("the arrow type {type} has no SQL type; cast the column to another type"))
}

/// A column's type as Athena's `GetQueryResults` reports it (`ColumnInfo`): a base name, `real` being `float`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ResultType {
    pub name: &'static str,
    pub precision: u32,
    pub scale: i32,
    /// Athena says so of varchar and char alone.
    pub case_sensitive: bool,
}

/// What Athena's `ColumnInfo` says of a column of this type. `NotSupported` as [`name`].
pub fn result_type(r#type: &DataType) -> Result<ResultType> {
    let trino = name(r#type)?;
    let base = trino.split(['(']).next().unwrap_or_default();
    let (name, precision) = match base {
        "unknown" => ("unknown", 0),
        "boolean" => ("boolean", 0),
        "tinyint" => ("tinyint", 3),
        "smallint" => ("smallint", 5),
        "integer" => ("integer", 10),
        "bigint" => ("bigint", 19),
        "real" => ("float", 17),
        "double" => ("double", 17),
        "decimal" => ("decimal", decimal(r#type).0.into()),
        "varchar" => ("varchar", i32::MAX as u32),
        "varbinary" => ("varbinary", 1 << 30),
        "date" => ("date", 0),
        "time" => ("time", 3),
        "timestamp" if trino.ends_with("zone") => ("timestamp with time zone", 3),
        "timestamp" => ("timestamp", 3),
        "interval year to month" => ("interval year to month", 0),
        "interval day to second" => ("interval day to second", 0),
        "array" => ("array", 0),
        "map" => ("map", 0),
        "row" => ("row", 0),
        other => return Err(Error::internal(format!("no result type for the SQL type {other}"))),
    };
    let scale = if name == "decimal" { decimal(r#type).1.into() } else { 0 };
    Ok(ResultType { name, precision, scale, case_sensitive: name == "varchar" })
}

fn decimal(r#type: &DataType) -> (u8, i8) {
    match r#type {
        DataType::Decimal32(precision, scale)
        | DataType::Decimal64(precision, scale)
        | DataType::Decimal128(precision, scale)
        | DataType::Decimal256(precision, scale) => (*precision, *scale),
        DataType::Dictionary(_, value) => decimal(value),
        _ => (20, 0),
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use arrow::datatypes::Fields;

    use super::*;

    fn row(fields: &[(&str, DataType)]) -> DataType {
        DataType::Struct(fields.iter().map(|(name, r#type)| Field::new(*name, r#type.clone(), true)).collect::<Fields>())
    }

    #[test]
    fn names_and_result_types() {
        let entries = Field::new("entries", row(&[("key", DataType::Utf8), ("value", DataType::Int64)]), false);
        let cases = [
            (DataType::Int32, "integer", "integer", 10, 0),
            (DataType::UInt64, "decimal(20, 0)", "decimal", 20, 0),
            (DataType::Float32, "real", "float", 17, 0),
            (DataType::Decimal128(10, 2), "decimal(10, 2)", "decimal", 10, 2),
            (DataType::Utf8View, "varchar", "varchar", 2_147_483_647, 0),
            (DataType::Binary, "varbinary", "varbinary", 1_073_741_824, 0),
            (DataType::Date32, "date", "date", 0, 0),
            (DataType::Time64(TimeUnit::Microsecond), "time(6)", "time", 3, 0),
            (DataType::Timestamp(TimeUnit::Millisecond, None), "timestamp(3)", "timestamp", 3, 0),
            (
                DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into())),
                "timestamp(6) with time zone",
                "timestamp with time zone",
                3,
                0,
            ),
            (DataType::Interval(IntervalUnit::YearMonth), "interval year to month", "interval year to month", 0, 0),
            (DataType::Interval(IntervalUnit::MonthDayNano), "interval day to second", "interval day to second", 0, 0),
            (DataType::new_list(DataType::Int8, true), "array(tinyint)", "array", 0, 0),
            (DataType::Map(Arc::new(entries), false), "map(varchar, bigint)", "map", 0, 0),
            (
                row(&[("a", DataType::Int32), ("B c", DataType::Utf8), ("", DataType::Boolean)]),
                "row(a integer, \"B c\" varchar, boolean)",
                "row",
                0,
                0,
            ),
            (DataType::Dictionary(Box::new(DataType::Int8), Box::new(DataType::Utf8)), "varchar", "varchar", 2_147_483_647, 0),
            (DataType::Null, "unknown", "unknown", 0, 0),
        ];
        for (r#type, trino, athena, precision, scale) in cases {
            assert_eq!(name(&r#type).unwrap(), trino);
            let result = result_type(&r#type).unwrap();
            assert_eq!((result.name, result.precision, result.scale), (athena, precision, scale), "{trino}");
        }
    }
}
