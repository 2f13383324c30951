//! Values that Delta's log holds as texts: of partition columns ("Partition Value Serialization" in the Delta protocol) and in
//! statistics ("Per-file Statistics").

use std::collections::HashMap;

use catalog::{Error, Result};
use chrono::{DateTime, NaiveDate, NaiveDateTime};
use datafusion::common::ScalarValue;
use deltalake_core::kernel::{DataType, PrimitiveType, StructField};
use serde::Deserialize;
use serde_json::value::RawValue;

use super::columns::{self, Mapping};
use crate::lake_format::{Bounds, ColumnBounds};
use crate::scan::fitted;

/// The value of a partition column in the type that queries see. Nothing and the empty text are NULL.
///
/// Errors: `BadData` for a text that is no value of the type.
pub(super) fn partition_value(field: &StructField, text: Option<&str>) -> Result<ScalarValue> {
    let to = columns::of(&field.data_type)?.arrow();
    let DataType::Primitive(primitive) = &field.data_type else {
        return Err(Error::bad_data(format!("delta: the partition column '{}' is of a nested type", field.name)));
    };
    let bad = |text: &str| {
        Error::bad_data(format!("delta: partition column '{}': expected {}, found \"{text}\"", field.name, field.data_type))
    };
    match text.filter(|text| !text.is_empty()) {
        None => ScalarValue::try_from(&to).map_err(crate::error::from_datafusion),
        Some(text) => fitted(&scalar(primitive, text).ok_or_else(|| bad(text))?, &to).map_err(|_| bad(text)),
    }
}

fn scalar(primitive: &PrimitiveType, text: &str) -> Option<ScalarValue> {
    Some(match primitive {
        PrimitiveType::Binary => ScalarValue::Binary(Some(text.as_bytes().to_vec())),
        PrimitiveType::Date => {
            let days = date(text)?.signed_duration_since(NaiveDate::default()).num_days();
            ScalarValue::Date32(Some(i32::try_from(days).ok()?))
        }
        PrimitiveType::Timestamp => ScalarValue::TimestampMicrosecond(Some(micros(text)?), Some("UTC".into())),
        PrimitiveType::TimestampNtz => ScalarValue::TimestampMicrosecond(Some(micros(text)?), None),
        PrimitiveType::Boolean => ScalarValue::Boolean(Some(text.parse().ok()?)),
        PrimitiveType::String => ScalarValue::Utf8View(Some(text.to_string())),
        other => {
            let to = columns::of(&DataType::Primitive(other.clone())).ok()?.arrow();
            ScalarValue::try_from_string(text.to_string(), &to).ok()?
        }
    })
}

/// Years of more than four digits have no sign here.
fn date(text: &str) -> Option<NaiveDate> {
    let (rest, day) = text.rsplit_once('-')?;
    let (year, month) = rest.rsplit_once('-')?;
    NaiveDate::from_ymd_opt(year.parse().ok()?, month.parse().ok()?, day.parse().ok()?)
}

/// `2024-01-31 10:00:00.123456`, also with a `T` and with a zone; without one it is UTC.
fn micros(text: &str) -> Option<i64> {
    if let Ok(zoned) = DateTime::parse_from_rfc3339(text) {
        return Some(zoned.timestamp_micros());
    }
    let (day, time) = text.split_once([' ', 'T']).unwrap_or((text, "00:00:00"));
    let time = time.strip_suffix('Z').unwrap_or(time);
    let time =
        chrono::NaiveTime::parse_from_str(time, "%H:%M:%S%.f").or_else(|_| chrono::NaiveTime::parse_from_str(time, "%H:%M"));
    Some(NaiveDateTime::new(date(day)?, time.ok()?).and_utc().timestamp_micros())
}

/// What a file knows of a column that has one value in all of its rows.
pub(super) fn constant(value: &ScalarValue, rows: Option<u64>) -> ColumnBounds {
    let nulls = if value.is_null() { rows } else { Some(0) };
    ColumnBounds { min: value.clone(), max: value.clone(), nulls }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Statistics<'a> {
    num_records: Option<u64>,
    #[serde(borrow, default)]
    min_values: HashMap<String, &'a RawValue>,
    #[serde(borrow, default)]
    max_values: HashMap<String, &'a RawValue>,
    #[serde(borrow, default)]
    null_count: HashMap<String, &'a RawValue>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Rows {
    num_records: Option<u64>,
}

/// How many rows a file has, deleted ones too.
pub(super) fn rows(statistics: &str) -> Option<u64> {
    serde_json::from_str::<Rows>(statistics).ok()?.num_records
}

/// What `statistics` says of a file's columns. What cannot be understood is not known: files are not dropped by it.
pub(super) fn bounds(statistics: &str, fields: &[StructField], mapped: &Mapping) -> Bounds {
    let Ok(statistics) = serde_json::from_str::<Statistics<'_>>(statistics) else { return Bounds::default() };
    let mut columns = HashMap::new();
    for (at, field) in fields.iter().enumerate() {
        let DataType::Primitive(primitive) = &field.data_type else { continue };
        let name = mapped.physical_name(field);
        let (low, high) = (statistics.min_values.get(name), statistics.max_values.get(name));
        let nulls = statistics.null_count.get(name).and_then(|raw| raw.get().parse().ok());
        let min = low.and_then(|raw| bound(primitive, raw.get())).map(compared);
        let max = high.and_then(|raw| bound(primitive, raw.get())).map(|value| compared(upper(value)));
        // Columns of floating numbers may hold NaN, which bounds do not tell: one that is different from every other number.
        let unsure = matches!(primitive, PrimitiveType::Float | PrimitiveType::Double) && min == max;
        let known = |value: Option<ScalarValue>| value.filter(|_| !unsure).unwrap_or(ScalarValue::Null);
        columns.insert(at, ColumnBounds { min: known(min), max: known(max), nulls });
    }
    Bounds { rows: statistics.num_records, columns }
}

/// A value in JSON.
fn bound(primitive: &PrimitiveType, json: &str) -> Option<ScalarValue> {
    // Bytes are written in ways that differ.
    if *primitive == PrimitiveType::Binary {
        return None;
    }
    match serde_json::from_str::<serde_json::Value>(json).ok()? {
        serde_json::Value::String(text) => scalar(primitive, &text),
        serde_json::Value::Null => None,
        // As it is written: decimals have more digits than floating numbers keep.
        _ if *primitive != PrimitiveType::String => scalar(primitive, json),
        _ => None,
    }
}

/// Timestamps in statistics are cut to milliseconds.
fn upper(value: ScalarValue) -> ScalarValue {
    match value {
        ScalarValue::TimestampMicrosecond(Some(micros), zone) => {
            ScalarValue::TimestampMicrosecond(Some(micros.saturating_add(999)), zone)
        }
        other => other,
    }
}

/// What is compared of a value: of a timestamp with zone its microseconds since 1970, cut to the milliseconds that queries see.
fn compared(value: ScalarValue) -> ScalarValue {
    match value {
        ScalarValue::TimestampMicrosecond(Some(micros), Some(_)) => ScalarValue::Int64(Some(micros.div_euclid(1000) * 1000)),
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn partition_values_of_every_type() {
        let value = |primitive: PrimitiveType, text: &str| {
            let field = StructField::nullable("c", DataType::Primitive(primitive));
            partition_value(&field, Some(text)).map(|value| value.to_string()).map_err(|error| error.message().to_string())
        };
        for (primitive, text, expected) in [
            (PrimitiveType::Integer, "-7", "-7"),
            (PrimitiveType::Boolean, "true", "true"),
            (PrimitiveType::Date, "2024-02-29", "2024-02-29"),
            (PrimitiveType::Date, "10000-01-01", "+10000-01-01"),
            (PrimitiveType::TimestampNtz, "1970-01-01 00:00:00.000001", "1"),
            (PrimitiveType::String, "a b", "a b"),
            (PrimitiveType::String, "", ""),
            (PrimitiveType::Long, "", "NULL"),
        ] {
            let found = value(primitive.clone(), text).unwrap();
            assert!(found == expected || (text.is_empty() && found == "NULL"), "{primitive:?} {text}: {found}");
        }
        assert!(value(PrimitiveType::Integer, "x").unwrap_err().contains("found \"x\""));
        assert_eq!(micros("1970-01-01T00:00:01.5Z"), Some(1_500_000));
        assert_eq!(micros("1970-01-01 01:00:00+01:00"), Some(0));
    }

    #[test]
    fn bounds_are_what_statistics_say() {
        let field = |name: &str, primitive| StructField::nullable(name, DataType::Primitive(primitive));
        let decimal = PrimitiveType::decimal(20, 2).unwrap();
        let fields = [
            field("a", PrimitiveType::Long),
            field("d", decimal),
            field("f", PrimitiveType::Double),
            field("t", PrimitiveType::Timestamp),
        ];
        let text = r#"{"numRecords":3,"minValues":{"a":1,"d":123456789012345678.01,"f":1.0,"t":"1970-01-01T00:00:01.000Z"},
            "maxValues":{"a":9,"f":1.0,"t":"1970-01-01T00:00:02.003Z"},"nullCount":{"a":1}}"#;
        let bounds = bounds(text, &fields, &Mapping::None);
        assert_eq!(bounds.rows, Some(3));
        let column = |at: usize| bounds.columns[&at].clone();
        assert_eq!((column(0).min, column(0).max, column(0).nulls), (ScalarValue::from(1i64), ScalarValue::from(9i64), Some(1)));
        assert_eq!(column(1).min, ScalarValue::Decimal128(Some(12_345_678_901_234_567_801), 20, 2));
        assert_eq!((column(3).min, column(3).max), (ScalarValue::from(1_000_000i64), ScalarValue::from(2_003_000i64)));
        assert!(column(1).max.is_null() && column(2).min.is_null(), "a NaN may be among equal bounds");
    }
}
