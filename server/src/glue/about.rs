//! What the catalog's things look like on the wire: with the account that they belong to.

use catalog::table::{Database, Partition, Table, TableVersion};
use serde_json::{Value, json};

use super::error::Outcome;
use super::page;
use crate::aws::ACCOUNT;

pub(super) fn database(database: Database) -> Outcome {
    owned(page::value(&database)?)
}

pub(super) fn table(table: &Table) -> Outcome {
    let mut value = owned(page::value(table)?)?;
    if let Some(members) = value.as_object_mut() {
        members.entry("IsRegisteredWithLakeFormation").or_insert(json!(false));
    }
    Ok(value)
}

pub(super) fn version(version: &TableVersion) -> Outcome {
    Ok(json!({ "Table": table(&version.table)?, "VersionId": version.version_id }))
}

/// Without the columns where `bare` asks for that: a table's partitions mostly have the same.
pub(super) fn partition(mut partition: Partition, bare: bool) -> Outcome {
    if bare && let Some(descriptor) = &mut partition.storage_descriptor {
        descriptor.columns = None;
    }
    owned(page::value(&partition)?)
}

/// AWS Glue, where it is the catalog, says itself whose a thing is.
fn owned(mut value: Value) -> Outcome {
    if let Some(members) = value.as_object_mut() {
        members.entry("CatalogId").or_insert(json!(ACCOUNT));
    }
    Ok(value)
}

/// What tells a thing from a later one of the same name: when it was made, in microseconds.
pub(super) fn identity(created: Option<f64>) -> i64 {
    (created.unwrap_or_default() * 1e6).round() as i64
}
