//! What requests have in common: bodies into structs, and the members that no operation follows.

use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use super::error::{Outcome, invalid, malformed, not_found};
use crate::aws::drop_nulls;

/// Members that would change what an operation does and that Civetta does not follow, in whichever operation they stand.
const REFUSED: &[&str] = &[
    "OpenTableFormatInput",
    "QueryAsOfTime",
    "TransactionId",
    "UpdateOpenTableFormatInput",
    "ViewUpdateAction",
    "ApplyOverrideForComputeEnvironment",
];

/// Refuses what is refused in every operation.
pub(super) fn check(operation: &str, body: &Value) -> Outcome<()> {
    let given = |member: &&str| body.get(member).is_some_and(|value| !value.is_null() && value != "");
    if let Some(member) = REFUSED.iter().copied().find(|member| given(member)) {
        return Err(invalid(format!("{member} of {operation} is not supported by Civetta")));
    }
    // The operations of catalogs are about them; in all others it says where things are, and there is one place.
    if operation.ends_with("Catalog") {
        return Ok(());
    }
    match body.get("CatalogId").and_then(Value::as_str) {
        Some(id) if id.len() != 12 || id.bytes().any(|byte| !byte.is_ascii_digit()) => {
            Err(not_found(format!("Catalog {id} not found.")))
        }
        _ => Ok(()),
    }
}

/// The body as a request's struct. Members that are null are absent.
pub(super) fn read<T: DeserializeOwned>(mut body: Value) -> Outcome<T> {
    drop_nulls(&mut body);
    serde_json::from_value(body).map_err(|error| malformed(&error))
}

/// The members of `input` that its shape has, as `T`: what a client sends besides them is not kept.
pub(super) fn input<T: DeserializeOwned>(mut input: Map<String, Value>, members: &[&str]) -> Outcome<T> {
    input.retain(|member, _| members.contains(&member.as_str()));
    serde_json::from_value(Value::Object(input)).map_err(|error| malformed(&error))
}

/// A request about something of this name.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Named {
    pub(super) name: String,
}

/// A request about a table.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct OfTable {
    pub(super) database_name: String,
    pub(super) table_name: String,
}
