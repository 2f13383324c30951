//! What Iceberg's metadata says (Iceberg table specification, "Table Metadata"): the current schema.

use std::io::Read;

use serde_json::Value;

use super::Said;
use super::schema_json::{self, Words};
use crate::error::{Error, Result};
use crate::name::fold;
use crate::storage::Location;
use crate::table::{Column, Parameters};

/// The newest of the metadata files, by the number that starts their names (`00003-UUID.metadata.json`, `v3.metadata.json`).
pub fn newest<'a>(names: &[&'a str]) -> Option<&'a str> {
    let metadata = names
        .iter()
        .copied()
        .filter(|name| !name.contains('/') && (name.ends_with(".metadata.json") || name.ends_with(".metadata.json.gz")));
    let number = |name: &str| {
        let digits: String = name.trim_start_matches('v').chars().take_while(char::is_ascii_digit).collect();
        digits.parse::<u64>().unwrap_or_default()
    };
    metadata.max_by_key(|name| (number(name), *name))
}

/// Errors: `BadData` when it is not Iceberg's metadata.
pub(crate) fn said(at: &Location, bytes: &[u8]) -> Result<Said> {
    let mut text = Vec::new();
    let bytes = if bytes.starts_with(&[0x1f, 0x8b]) {
        let unpacked = flate2::read::MultiGzDecoder::new(bytes).read_to_end(&mut text);
        unpacked.map_err(|error| Error::bad_data(format!("{at} cannot be unpacked: {error}")).caused_by(error))?;
        text.as_slice()
    } else {
        bytes
    };
    let metadata: Value =
        serde_json::from_slice(bytes).map_err(|error| Error::bad_data(format!("{at} is no JSON: {error}")).caused_by(error))?;
    let current = metadata.get("current-schema-id").and_then(Value::as_i64);
    let schemas = metadata.get("schemas").and_then(Value::as_array);
    let by_id =
        schemas.and_then(|schemas| schemas.iter().find(|schema| schema.get("schema-id").and_then(Value::as_i64) == current));
    // Version 1 has one schema and no list of them.
    let schema =
        by_id.or_else(|| metadata.get("schema")).ok_or_else(|| Error::bad_data(format!("{at} has no current schema")))?;
    let fields = schema
        .get("fields")
        .and_then(Value::as_array)
        .ok_or_else(|| Error::bad_data(format!("the schema in {at} has no fields")))?;
    let columns = fields.iter().map(column).collect::<Result<Vec<_>>>().map_err(|error| error.within(at))?;
    let parameters = Parameters::from([("metadata_location".to_string(), at.to_string())]);
    Ok(Said { columns, parameters, why: vec![format!("an Iceberg table: its metadata is {at}")], ..Said::default() })
}

fn column(field: &Value) -> Result<Column> {
    let (name, hive) = schema_json::field(field, &WORDS)?;
    let mut column = Column::new(fold(name), hive);
    let optional = !field.get("required").and_then(Value::as_bool).unwrap_or_default();
    // As Iceberg's own Glue catalog writes them.
    let mut parameters = Parameters::from([("iceberg.field.current".to_string(), "true".to_string())]);
    parameters.insert("iceberg.field.optional".to_string(), optional.to_string());
    if let Some(id) = field.get("id").and_then(Value::as_i64) {
        parameters.insert("iceberg.field.id".to_string(), id.to_string());
    }
    column.parameters = Some(parameters);
    column.comment = field.get("doc").and_then(Value::as_str).map(str::to_string);
    Ok(column)
}

const WORDS: Words = Words { format: "Iceberg", list: ("list", "element"), map: ("key", "value"), scalar };

fn scalar(iceberg: &str) -> Option<String> {
    Some(match iceberg {
        "long" => "bigint".to_string(),
        // Hive has neither; their texts are what Athena shows.
        "time" | "uuid" | "variant" | "geometry" | "geography" | "unknown" => "string".to_string(),
        "timestamptz" | "timestamp_ns" | "timestamptz_ns" => "timestamp".to_string(),
        "boolean" | "int" | "float" | "double" | "date" | "timestamp" | "string" | "binary" => iceberg.to_string(),
        name if name.starts_with("fixed") => "binary".to_string(),
        name if name.starts_with("decimal") => name.replace(' ', ""),
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_newest_metadata() {
        for (names, expected) in [
            (vec!["00002-b.metadata.json", "00010-a.metadata.json", "snap-1.avro"], Some("00010-a.metadata.json")),
            (vec!["v2.metadata.json", "v10.metadata.json", "version-hint.text"], Some("v10.metadata.json")),
            (vec!["snap-1.avro"], None),
        ] {
            assert_eq!(newest(&names), expected);
        }
    }

    #[test]
    fn the_current_schema() {
        let at = Location::parse("s3://b/ice/metadata/v2.metadata.json").unwrap();
        let said = said(
            &at,
            br#"{"current-schema-id":1,"schemas":[{"schema-id":0,"fields":[]},{"schema-id":1,"fields":[
                {"id":1,"name":"Id","required":true,"type":"long"},
                {"id":2,"name":"l","required":false,"type":{"type":"list","element":{"type":"struct","fields":[{"name":"a","type":"decimal(9, 2)"}]}}},
                {"id":3,"name":"t","type":"timestamptz","doc":"when"}]}]}"#,
        )
        .unwrap();
        let types: Vec<(&str, &str)> = said.columns.iter().map(|column| (column.name.as_str(), column.hive_type())).collect();
        assert_eq!(types, [("id", "bigint"), ("l", "array<struct<a:decimal(9,2)>>"), ("t", "timestamp")]);
        assert_eq!(said.columns[2].comment.as_deref(), Some("when"));
        assert_eq!(said.parameters.get("metadata_location"), Some(&at.to_string()));
        assert!(super::said(&at, b"{}").is_err());
        assert!(super::said(&at, b"nonsense").is_err());
    }
}
