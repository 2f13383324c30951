//! Statistics of columns, of tables and of partitions: what an engine stored is what it gets back. A record holds those of one table or
//! partition.

use std::collections::BTreeMap;

use catalog::local::{Document, SEPARATOR};
use catalog::{name, table::Column};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::Glue;
use super::about::identity;
use super::error::{Outcome, invalid, not_found, of_table, violated};
use super::records::{self, text};
use super::tables::{at_most, with_errors};

#[derive(Serialize, Deserialize)]
pub(super) struct Statistics {
    database: String,
    table: String,
    /// Absent for those of the table.
    values: Option<Vec<String>>,
    /// When the table or partition was made.
    of: i64,
    /// By column.
    columns: BTreeMap<String, Value>,
}

impl Document for Statistics {
    const KIND: &'static str = "glue column statistics";
    const WHAT: &'static str = "column statistics";
    fn key(&self) -> String {
        let mut key = records::of_table(&self.database, &self.table);
        for value in self.values.iter().flatten() {
            key.push_str(value);
            key.push(SEPARATOR);
        }
        key
    }
}

/// What statistics are about, and what columns it has.
struct Owner {
    empty: Statistics,
    columns: Vec<Column>,
}

async fn owner(glue: Glue<'_>, database: String, table: String, values: Option<Vec<String>>) -> Outcome<Owner> {
    let found = glue.catalog().table(&database, &table).await.map_err(of_table(&database, &table))?;
    let mut columns = found.columns().to_vec();
    columns.extend_from_slice(found.partition_keys());
    let of = match &values {
        None => identity(found.create_time),
        Some(values) => {
            let partition = glue.catalog().partition(&database, &table, values).await.map_err(of_table(&database, &table))?;
            columns.extend(partition.storage_descriptor.as_ref().map(|of| of.columns().to_vec()).unwrap_or_default());
            identity(partition.creation_time)
        }
    };
    let empty = Statistics { database: name::fold(&database), table: name::fold(&table), values, of, columns: BTreeMap::new() };
    Ok(Owner { empty, columns })
}

impl Owner {
    fn has(&self, column: &str) -> bool {
        self.columns.iter().any(|one| name::fold(&one.name) == column)
    }

    /// What is stored, unless it is of an earlier one of this name.
    async fn kept(&self, glue: Glue<'_>) -> Outcome<BTreeMap<String, Value>> {
        let kept = records::find::<Statistics>(glue.home(), &self.empty.key()).await?;
        Ok(kept.filter(|kept| kept.of == self.empty.of).map(|kept| kept.columns).unwrap_or_default())
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Get {
    database_name: String,
    table_name: String,
    partition_values: Option<Vec<String>>,
    column_names: Vec<String>,
}

/// Those that there are. A column that the table does not have is an error of its own.
pub(super) async fn get(glue: Glue<'_>, request: Get) -> Outcome {
    at_most(&request.column_names, 100, "ColumnNames")?;
    let owner = owner(glue, request.database_name, request.table_name, request.partition_values).await?;
    let mut kept = owner.kept(glue).await?;
    let (mut found, mut errors) = (Vec::new(), Vec::new());
    for given in request.column_names {
        let column = name::fold(&given);
        match kept.remove(&column) {
            Some(statistics) => found.push(statistics),
            None if owner.has(&column) => {}
            None => {
                let refusal = not_found(format!("Column {given} not found."));
                errors.push(json!({ "ColumnName": given, "Error": refusal.detail() }));
            }
        }
    }
    let mut answer = with_errors(errors);
    if let Some(members) = answer.as_object_mut() {
        members.insert("ColumnStatisticsList".to_owned(), json!(found));
    }
    Ok(answer)
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Update {
    database_name: String,
    table_name: String,
    partition_values: Option<Vec<String>>,
    column_statistics_list: Vec<Map<String, Value>>,
}

pub(super) async fn update(glue: Glue<'_>, request: Update) -> Outcome {
    at_most(&request.column_statistics_list, 25, "ColumnStatisticsList")?;
    let owner = owner(glue, request.database_name, request.table_name, request.partition_values).await?;
    let (mut good, mut errors) = (BTreeMap::new(), Vec::new());
    for statistics in request.column_statistics_list {
        match checked(&statistics) {
            Ok(column) if owner.has(&column) => _ = good.insert(column, Value::Object(statistics)),
            Ok(column) => {
                let refusal = not_found(format!("Column {column} not found."));
                errors.push(json!({ "ColumnStatistics": statistics, "Error": refusal.detail() }));
            }
            Err(refusal) => errors.push(json!({ "ColumnStatistics": statistics, "Error": refusal.detail() })),
        }
    }
    let of = owner.empty.of;
    let change = move |kept: &mut Statistics| {
        if kept.of != of {
            (kept.of, kept.columns) = (of, BTreeMap::new());
        }
        kept.columns.extend(good.clone());
        Ok(())
    };
    records::upsert(glue.home(), owner.empty, change).await?;
    Ok(with_errors(errors))
}

/// The column of statistics that are whole.
fn checked(statistics: &Map<String, Value>) -> Outcome<String> {
    for member in ["ColumnName", "ColumnType", "AnalyzedTime", "StatisticsData"] {
        if !statistics.contains_key(member) {
            return Err(violated("null", member, "Member must not be null"));
        }
    }
    let kinds = ["BOOLEAN", "DATE", "DECIMAL", "DOUBLE", "LONG", "STRING", "BINARY"];
    let data = statistics.get("StatisticsData").and_then(Value::as_object);
    let kind = data.and_then(|data| text(data, "Type")).unwrap_or_default();
    let Some(title) = kinds.contains(&kind).then(|| kind.get(1..).map(str::to_ascii_lowercase)).flatten() else {
        return Err(invalid(format!("Type '{kind}' of StatisticsData is none of {}", kinds.join(", "))));
    };
    let member = format!("{}{title}ColumnStatisticsData", kind.get(..1).unwrap_or_default());
    match data.is_some_and(|data| data.contains_key(&member)) {
        true => Ok(name::fold(text(statistics, "ColumnName").unwrap_or_default())),
        false => Err(invalid(format!("StatisticsData of Type {kind} has no {member}"))),
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Delete {
    database_name: String,
    table_name: String,
    partition_values: Option<Vec<String>>,
    column_name: String,
}

pub(super) async fn delete(glue: Glue<'_>, request: Delete) -> Outcome {
    let owner = owner(glue, request.database_name, request.table_name, request.partition_values).await?;
    let column = name::fold(&request.column_name);
    if !owner.kept(glue).await?.contains_key(&column) {
        return Err(not_found(format!("Statistics of column {} not found.", request.column_name)));
    }
    let change = move |kept: &mut Statistics| {
        kept.columns.remove(&column);
        Ok(())
    };
    records::upsert(glue.home(), owner.empty, change).await?;
    Ok(json!({}))
}
