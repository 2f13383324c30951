//! Columns with their types, as text and taken apart (`ClientTypeSignature`).

use engine::types::Type;
use serde_json::{Value, json};

/// The length of a varchar without one.
const UNBOUNDED: u32 = i32::MAX as u32;

/// A column of an answer. A type that is not Trino's is told by its name alone.
pub(super) fn column(name: &str, r#type: &str) -> Value {
    let signature = Type::parse(r#type).map_or_else(|_| plain(r#type, &[]), |known| signature(&known));
    json!({ "name": name, "type": r#type, "typeSignature": signature })
}

fn plain(name: &str, arguments: &[Value]) -> Value {
    json!({ "rawType": name, "arguments": arguments })
}

fn long(number: impl Into<u64>) -> Value {
    json!({ "kind": "LONG", "value": number.into() })
}

fn of(r#type: &Type) -> Value {
    json!({ "kind": "TYPE", "value": signature(r#type) })
}

fn signature(r#type: &Type) -> Value {
    match r#type {
        Type::Decimal(precision, scale) => plain("decimal", &[long(*precision), long(*scale)]),
        Type::Varchar(length) => plain("varchar", &[long(length.unwrap_or(UNBOUNDED))]),
        Type::Char(length) => plain("char", &[long(*length)]),
        Type::Time(digits) => plain("time", &[long(*digits)]),
        Type::TimeTz(digits) => plain("time with time zone", &[long(*digits)]),
        Type::Timestamp(digits) => plain("timestamp", &[long(*digits)]),
        Type::TimestampTz(digits) => plain("timestamp with time zone", &[long(*digits)]),
        Type::Array(item) => plain("array", &[of(item)]),
        Type::Map(key, value) => plain("map", &[of(key), of(value)]),
        Type::QDigest(item) => plain("qdigest", &[of(item)]),
        Type::Row(fields) => {
            let field = |(name, r#type): &(Option<String>, Type)| {
                let mut value = json!({ "typeSignature": signature(r#type) });
                if let Some(name) = name {
                    value["fieldName"] = json!({ "name": name, "delimited": false });
                }
                json!({ "kind": "NAMED_TYPE", "value": value })
            };
            plain("row", &fields.iter().map(field).collect::<Vec<_>>())
        }
        other => plain(&other.to_string(), &[]),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn types_are_taken_apart() {
        let long = |value: u64| json!({"kind": "LONG", "value": value});
        for (r#type, expected) in [
            ("bigint", json!({"rawType": "bigint", "arguments": []})),
            ("varchar", json!({"rawType": "varchar", "arguments": [long(2_147_483_647)]})),
            ("decimal(10, 2)", json!({"rawType": "decimal", "arguments": [long(10), long(2)]})),
            ("timestamp(3) with time zone", json!({"rawType": "timestamp with time zone", "arguments": [long(3)]})),
            ("map(integer, array(date))", {
                let array = json!({"rawType": "array", "arguments": [
                    {"kind": "TYPE", "value": {"rawType": "date", "arguments": []}}]});
                json!({"rawType": "map", "arguments": [
                    {"kind": "TYPE", "value": {"rawType": "integer", "arguments": []}}, {"kind": "TYPE", "value": array}]})
            }),
            ("row(a integer, double)", {
                let named = json!({"typeSignature": {"rawType": "integer", "arguments": []},
                    "fieldName": {"name": "a", "delimited": false}});
                let unnamed = json!({"typeSignature": {"rawType": "double", "arguments": []}});
                json!({"rawType": "row", "arguments": [
                    {"kind": "NAMED_TYPE", "value": named}, {"kind": "NAMED_TYPE", "value": unnamed}]})
            }),
        ] {
            assert_eq!(column("c", r#type), json!({"name": "c", "type": r#type, "typeSignature": expected}));
        }
    }
}
