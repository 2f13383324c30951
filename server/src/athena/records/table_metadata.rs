//! Tables as Athena's clients see them: the catalog's, with the storage descriptor among the parameters.

use catalog::table::{Column, Table};
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::data_catalog::{absent, known};
use super::{asked, page, refused};
use crate::aws::{Caller, Failure, Reply, read};
use crate::serve::Shared;

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Listing {
    catalog_name: String,
    database_name: String,
    expression: Option<String>,
    max_results: Option<i64>,
    next_token: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct One {
    catalog_name: String,
    database_name: String,
    table_name: String,
}

fn visible(caller: &Caller, database: &str) -> Result<(), Failure> {
    caller.rights.database(&catalog::name::fold(database)).map_err(|error| refused(error, ""))
}

pub(super) async fn list(shared: &Shared, caller: &Caller, body: Value) -> Reply {
    let Listing { catalog_name, database_name, expression, max_results, next_token } = read(body)?;
    known(&catalog_name)?;
    visible(caller, &database_name)?;
    let expression = expression.filter(|expression| !expression.is_empty());
    let request = asked(max_results, next_token)?;
    let found = shared.catalog(caller).tables(&database_name, expression.as_deref(), request).await;
    let found = found.map_err(|error| absent(caller, error))?;
    page("TableMetadataList", found.items.into_iter().map(shown).collect(), found.next)
}

pub(super) async fn get(shared: &Shared, caller: &Caller, body: Value) -> Reply {
    let One { catalog_name, database_name, table_name } = read(body)?;
    known(&catalog_name)?;
    visible(caller, &database_name)?;
    let found = shared.catalog(caller).table(&database_name, &table_name).await.map_err(|error| absent(caller, error))?;
    Ok(json!({"TableMetadata": shown(found)}))
}

fn column(column: &Column) -> Value {
    let mut shown = json!({"Name": column.name, "Type": column.hive_type()});
    if let Some(comment) = &column.comment {
        shown["Comment"] = json!(comment);
    }
    shown
}

fn shown(table: Table) -> Value {
    let mut shown = json!({
        "Name": table.name,
        "LastAccessTime": table.last_access_time.unwrap_or_default(),
        "Columns": table.columns().iter().map(column).collect::<Vec<_>>(),
        "PartitionKeys": table.partition_keys().iter().map(column).collect::<Vec<_>>(),
        "Parameters": parameters(&table),
    });
    if let Some(time) = table.create_time {
        shown["CreateTime"] = json!(time);
    }
    if let Some(kind) = table.table_type {
        shown["TableType"] = json!(kind);
    }
    shown
}

/// The table's own, and where and how its files are read.
fn parameters(table: &Table) -> Map<String, Value> {
    let mut all: Map<String, Value> = table.parameters.iter().flatten().map(|(key, value)| (key.clone(), json!(value))).collect();
    if let Some(comment) = &table.description {
        all.entry("comment").or_insert_with(|| json!(comment));
    }
    if table.table_type.as_deref() == Some("EXTERNAL_TABLE") {
        all.entry("EXTERNAL").or_insert_with(|| json!("TRUE"));
    }
    if let Some(created) = table.create_time {
        all.entry("transient_lastDdlTime").or_insert_with(|| json!(format!("{created:.0}")));
    }
    let Some(descriptor) = &table.storage_descriptor else { return all };
    let mut add = |key: &str, value: Option<&str>| {
        if let Some(value) = value {
            all.insert(key.to_owned(), json!(value));
        }
    };
    add("location", descriptor.location.as_deref().map(|location| location.trim_end_matches('/')));
    add("inputformat", descriptor.input_format.as_deref());
    add("outputformat", descriptor.output_format.as_deref());
    let serde = descriptor.serde_info.as_ref();
    add("serde.serialization.lib", serde.and_then(|serde| serde.serialization_library.as_deref()));
    for (key, value) in serde.and_then(|serde| serde.parameters.as_ref()).into_iter().flatten() {
        add(&format!("serde.param.{key}"), Some(value));
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_descriptor_is_among_the_parameters() {
        let table: Table = serde_json::from_value(json!({
            "Name": "t", "Description": "d", "TableType": "EXTERNAL_TABLE", "CreateTime": 1591235906.25,
            "StorageDescriptor": {
                "Location": "s3://b/t/", "InputFormat": "I",
                "SerdeInfo": {"SerializationLibrary": "L", "Parameters": {"field.delim": ","}}
            }
        }))
        .unwrap();
        let expected = json!({
            "EXTERNAL": "TRUE", "comment": "d", "transient_lastDdlTime": "1591235906", "location": "s3://b/t", "inputformat": "I", "serde.serialization.lib": "L",
            "serde.param.field.delim": ","
        });
        assert_eq!(shown(table)["Parameters"], expected);
    }
}
