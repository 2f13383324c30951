//! SHOW CREATE TABLE and SHOW CREATE VIEW: a statement that makes the same table or view again, one line a row.
//!
//! The text is Hive's (`ShowCreateTableOperation`), blanks at the ends of lines included, as Athena prints it. It differs in two
//! things: comments are those that are stored (Hive prints `from deserializer` for SerDes that bring columns of their own), and
//! SerDe parameters that have no clause in `ROW FORMAT DELIMITED` are kept, by printing the SerDe instead.

use std::fmt::Write;
use std::sync::Arc;

use catalog::table::{Column, Parameters, SerDeInfo, StorageDescriptor, Table};
use catalog::{Catalog, Error, Result};
use sql::view::View;

use super::hive_text::{identifier, literal, trino_identifier};
use super::name::Name;
use super::{Rows, table};

pub(super) async fn table(catalog: &Arc<dyn Catalog>, name: &Name) -> Result<Rows> {
    let table = catalog.table(&name.database, &name.name).await?;
    table::refuse_view(&table, name, "SHOW CREATE VIEW")?;
    Ok(Rows::lines("createtab_stmt", statement(&table, name).lines().map(str::to_owned)))
}

pub(super) async fn view(catalog: &Arc<dyn Catalog>, name: &Name) -> Result<Rows> {
    let table = catalog.table(&name.database, &name.name).await?;
    if !table.is_view() {
        return Err(Error::invalid(format!("'{name}' is a table, not a view; use SHOW CREATE TABLE")));
    }
    let view = View::of(&table)?;
    let mut text = String::from("CREATE VIEW ");
    if name.qualified {
        _ = write!(text, "{}.", trino_identifier(&name.database));
    }
    text.push_str(&trino_identifier(&name.name));
    if let Some(comment) = &view.comment {
        _ = write!(text, " COMMENT '{}'", comment.replace('\'', "''"));
    }
    if view.run_as_invoker {
        text.push_str(" SECURITY INVOKER");
    }
    _ = write!(text, " AS \n{}", view.original_sql);
    Ok(Rows::cells(&["create view"], "varchar", text.lines().map(|line| [line.to_owned()])))
}

/// The whole statement. Writing to a String cannot fail, here and below.
fn statement(table: &Table, name: &Name) -> String {
    let empty = StorageDescriptor::default();
    let descriptor = table.storage_descriptor.as_ref().unwrap_or(&empty);
    let mut text = String::from("CREATE EXTERNAL TABLE ");
    if name.qualified {
        _ = write!(text, "{}.", identifier(&name.database));
    }
    text.push_str(&identifier(&name.name));
    // The columns of a Delta table are in its log.
    if !descriptor.columns().is_empty() {
        _ = write!(text, "(\n{})", columns(descriptor.columns()));
    }
    if let Some(comment) = comment(table) {
        _ = write!(text, "\nCOMMENT {}", literal(comment));
    }
    if !table.partition_keys().is_empty() {
        _ = write!(text, "\nPARTITIONED BY ( \n{})", columns(table.partition_keys()));
    }
    buckets(&mut text, descriptor);
    row_format(&mut text, descriptor.serde_info.as_ref());
    if let (Some(input), Some(output)) = (&descriptor.input_format, &descriptor.output_format) {
        _ = write!(text, "\nSTORED AS INPUTFORMAT \n  {} \nOUTPUTFORMAT \n  {}", literal(input), literal(output));
    }
    if let Some(location) = &descriptor.location {
        _ = write!(text, "\nLOCATION\n  {}", literal(location));
    }
    let shown = |(key, _): &(&String, &String)| !matches!(key.as_str(), "EXTERNAL" | "comment");
    let properties: Vec<String> = table.parameters.iter().flatten().filter(shown).map(property).collect();
    if !properties.is_empty() {
        _ = write!(text, "\nTBLPROPERTIES (\n{})", properties.join(", \n"));
    }
    text
}

fn buckets(text: &mut String, descriptor: &StorageDescriptor) {
    let (Some(count @ 1..), Some(by)) = (descriptor.number_of_buckets, &descriptor.bucket_columns) else { return };
    let by: Vec<String> = by.iter().map(|column| format!("  {}", identifier(column))).collect();
    _ = write!(text, "\nCLUSTERED BY ( \n{}) ", by.join(", \n"));
    // Glue's `Order`: a column's name, and 1 for ascending.
    let order = |order: &serde_json::Value| {
        let direction = if order["SortOrder"] == 0 { "DESC" } else { "ASC" };
        Some(format!("  {} {direction}", identifier(order["Column"].as_str()?)))
    };
    let sorted: Vec<String> = descriptor.sort_columns.iter().flatten().filter_map(order).collect();
    if !sorted.is_empty() {
        _ = write!(text, "\nSORTED BY ( \n{}) ", sorted.join(", \n"));
    }
    _ = write!(text, "\nINTO {count} BUCKETS");
}

/// Hive keeps a table's comment as a parameter, Glue as the description.
fn comment(table: &Table) -> Option<&str> {
    table.parameter("comment").or(table.description.as_deref()).filter(|comment| !comment.is_empty())
}

fn columns(columns: &[Column]) -> String {
    let line = |column: &Column| {
        let comment = column.comment.as_deref().map(|comment| format!(" COMMENT {}", literal(comment))).unwrap_or_default();
        format!("  {} {}{comment}", identifier(&column.name), column.hive_type())
    };
    columns.iter().map(line).collect::<Vec<_>>().join(", \n")
}

fn property((key, value): (&String, &String)) -> String {
    format!("  {}={}", literal(key), literal(value))
}

fn row_format(text: &mut String, serde: Option<&SerDeInfo>) {
    let Some(serde) = serde else { return };
    let Some(library) = &serde.serialization_library else { return };
    let empty = Parameters::new();
    let parameters = serde.parameters.as_ref().unwrap_or(&empty);
    if let Some(clauses) = delimited(library, parameters) {
        _ = write!(text, "\nROW FORMAT DELIMITED {clauses}");
        return;
    }
    _ = write!(text, "\nROW FORMAT SERDE \n  {} ", literal(library));
    // "1" is what Hive writes into every SerDe that says nothing else.
    let told = |(key, value): &(&String, &String)| !(key.as_str() == "serialization.format" && value.as_str() == "1");
    let properties: Vec<String> = parameters.iter().filter(told).map(property).collect();
    if !properties.is_empty() {
        _ = write!(text, "\nWITH SERDEPROPERTIES ( \n{}) ", properties.join(", \n"));
    }
}

/// The clauses of `ROW FORMAT DELIMITED`, in their order in Hive's grammar, with the parameters they set (`colelction` is Hive's).
const CLAUSES: [(&str, &str); 6] = [
    ("field.delim", "FIELDS TERMINATED BY"),
    ("escape.delim", "ESCAPED BY"),
    ("colelction.delim", "COLLECTION ITEMS TERMINATED BY"),
    ("mapkey.delim", "MAP KEYS TERMINATED BY"),
    ("line.delim", "LINES TERMINATED BY"),
    ("serialization.null.format", "NULL DEFINED AS"),
];

/// `None` where the clauses do not say all that the parameters do.
fn delimited(library: &str, parameters: &Parameters) -> Option<String> {
    let separator = parameters.get("field.delim")?;
    let is_clause = |key: &str| CLAUSES.iter().any(|(parameter, _)| *parameter == key);
    // Hive sets serialization.format to the separator of fields.
    let said = |(key, value): (&String, &String)| {
        is_clause(key) || (key == "serialization.format" && (value == separator || value == "1"))
    };
    if !library.ends_with(".LazySimpleSerDe") || !parameters.iter().all(said) {
        return None;
    }
    let clauses =
        CLAUSES.iter().filter_map(|(parameter, clause)| Some(format!("\n  {clause} {} ", literal(parameters.get(*parameter)?))));
    Some(clauses.collect())
}
