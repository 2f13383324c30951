//! Schemas as Delta and Iceberg write them: the same JSON with other words.

use serde_json::Value;

use crate::error::{Error, Result};

/// The words of one format.
pub(super) struct Words {
    /// Its name, for errors.
    pub(super) format: &'static str,
    /// The type's name and the member with the type of its elements.
    pub(super) list: (&'static str, &'static str),
    /// The members with the types of keys and values of a `map`.
    pub(super) map: (&'static str, &'static str),
    /// The Hive type of a type that is a word.
    pub(super) scalar: fn(&str) -> Option<String>,
}

/// Name and Hive type of a field of a schema.
///
/// Errors: `BadData` for a field without name, and for a type that is none of the format's, with the field's name.
pub(super) fn field<'f>(field: &'f Value, words: &Words) -> Result<(&'f str, String)> {
    let name = field.get("name").and_then(Value::as_str).ok_or_else(|| Error::bad_data("a field of its schema has no name"))?;
    let hive =
        hive(field.get("type").unwrap_or(&Value::Null), words).map_err(|error| error.within(format!("column '{name}'")))?;
    Ok((name, hive))
}

fn hive(written: &Value, words: &Words) -> Result<String> {
    let unknown = || Error::bad_data(format!("the type {written} is not one of {}'s", words.format));
    if let Some(name) = written.as_str() {
        return (words.scalar)(name).ok_or_else(unknown);
    }
    let part = |key: &str| hive(written.get(key).ok_or_else(unknown)?, words);
    match written.get("type").and_then(Value::as_str) {
        Some(name) if name == words.list.0 => Ok(format!("array<{}>", part(words.list.1)?)),
        Some("map") => Ok(format!("map<{},{}>", part(words.map.0)?, part(words.map.1)?)),
        Some("struct") => {
            let member = |field: &Value| {
                let name = field.get("name").and_then(Value::as_str).ok_or_else(unknown)?;
                Ok(format!("{name}:{}", hive(field.get("type").unwrap_or(&Value::Null), words)?))
            };
            let fields = written.get("fields").and_then(Value::as_array).ok_or_else(unknown)?;
            Ok(format!("struct<{}>", fields.iter().map(member).collect::<Result<Vec<String>>>()?.join(",")))
        }
        _ => Err(unknown()),
    }
}
