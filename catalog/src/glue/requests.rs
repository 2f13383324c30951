//! What AWS Glue is sent: the `*Input` shapes of its API hold less than what it gives back, and batches have their limits.

use aws_sdk_glue::error::BuildError;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::error::About;
use crate::catalog::PartitionError;
use crate::error::{Error, Result};
use crate::table::{DATABASE_INPUT, Database, PARTITION_INPUT, Partition, TABLE_INPUT, Table};

/// Limits of the API's model (`PartitionInputList`, `BatchUpdatePartitionRequestEntryList`, `BatchDeletePartitionValueList`).
pub(super) const BATCH_CREATE: usize = 100;
pub(super) const BATCH_UPDATE: usize = 100;
pub(super) const BATCH_DELETE: usize = 25;

pub(super) fn database_input(database: &Database) -> Result<Value> {
    input(database, DATABASE_INPUT)
}

pub(super) fn table_input(table: &Table) -> Result<Value> {
    input(table, TABLE_INPUT)
}

pub(super) fn partition_input(partition: &Partition) -> Result<Value> {
    input(partition, PARTITION_INPUT)
}

/// The members of `thing` that its input shape has; the others are what Glue says about it.
fn input<T: Serialize>(thing: &T, members: &[&str]) -> Result<Value> {
    let value = serde_json::to_value(thing)
        .map_err(|error| Error::internal(format!("cannot write a request: {error}")).caused_by(error))?;
    let Value::Object(mut map) = value else { return Err(Error::internal("a request that is no object")) };
    map.retain(|member, _| members.contains(&member.as_str()));
    Ok(Value::Object(map))
}

/// The same object without the members that are null: Glue wants them absent.
pub(super) fn without_nulls(value: Value) -> Value {
    match value {
        Value::Object(map) => Value::Object(map.into_iter().filter(|(_, value)| !value.is_null()).collect::<Map<_, _>>()),
        other => other,
    }
}

/// At least one batch, so that a missing table is noticed.
pub(super) fn batches(items: Vec<Value>, size: usize) -> Vec<Vec<Value>> {
    if items.is_empty() {
        return vec![Vec::new()];
    }
    items.chunks(size).map(<[Value]>::to_vec).collect()
}

pub(super) fn incomplete(error: BuildError) -> Error {
    Error::invalid(format!("the definition is not complete: {error}")).caused_by(error)
}

/// The answer of a batch operation: what failed.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct BatchAnswer {
    errors: Option<Vec<Failure>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Failure {
    #[serde(alias = "PartitionValueList", default)]
    partition_values: Vec<String>,
    #[serde(default)]
    error_detail: Detail,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "PascalCase", default)]
struct Detail {
    error_code: String,
    error_message: String,
}

impl BatchAnswer {
    /// `table` is as in "table 'a.b'".
    pub(super) fn errors(self, table: &str) -> Vec<PartitionError> {
        let failures = self.errors.unwrap_or_default().into_iter();
        let errors = failures.map(|Failure { partition_values, error_detail }| {
            let what = format!("partition ({}) of {table}", partition_values.join(", "));
            let error = About::Partition.error(&error_detail.error_code, &error_detail.error_message, &what);
            PartitionError { values: partition_values, error }
        });
        errors.collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn an_input_has_what_was_given_and_not_what_glue_adds() {
        let given = json!({
            "Name": "t", "DatabaseName": "d", "CreateTime": 1.5, "VersionId": "3", "CatalogId": "1",
            "StorageDescriptor": { "Location": "s3://b/t/", "SkewedInfo": { "SkewedColumnNames": ["a"] }, "SchemaReference": {} },
            "ViewDefinition": { "IsProtected": true },
        });
        let table: Table = serde_json::from_value(given.clone()).unwrap();
        let expected =
            json!({ "Name": "t", "StorageDescriptor": given["StorageDescriptor"], "ViewDefinition": given["ViewDefinition"] });
        assert_eq!(table_input(&table).unwrap(), expected);
    }

    #[test]
    fn batches_keep_the_limit() {
        let sizes = |n| batches(vec![Value::Null; n], 25).iter().map(Vec::len).collect::<Vec<_>>();
        assert_eq!((sizes(0), sizes(25), sizes(51)), (vec![0], vec![25], vec![25, 25, 1]));
    }
}
