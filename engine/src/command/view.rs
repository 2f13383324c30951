//! CREATE and DROP VIEW. Views are stored in Glue's form as Athena and Trino store theirs, and theirs are read.

use std::collections::HashSet;
use std::sync::Arc;

use catalog::table::{Column, Table};
use catalog::{Catalog, Error, ErrorKind, Result, UpdateTable, hive_type};
use sql::view::{View, ViewColumn};
use sql::{TableReference, TableSource};

use super::Rows;
use super::name::{self, Name};
use super::table::is_missing;
use crate::system;
use crate::types::{self, Type};

/// Hive's longest `varchar(n)`.
const LONGEST_HIVE_VARCHAR: u32 = 65_535;

/// What CREATE VIEW says, with what the planner says of its query.
pub(super) struct Definition {
    pub(super) text: String,
    pub(super) comment: Option<String>,
    pub(super) run_as_invoker: bool,
    pub(super) columns: Vec<(String, Type)>,
    /// The session's database, in which names of the query are looked up.
    pub(super) database: String,
    /// The session's, which the view keeps.
    pub(super) decimal_literals: bool,
}

pub(super) async fn create(catalog: &Arc<dyn Catalog>, name: &Name, definition: Definition, or_replace: bool) -> Result<Rows> {
    let table = table(name, definition).map_err(|error| error.within(format!("view '{name}'")))?;
    let mut retried = false;
    loop {
        let created = catalog.create_table(table.clone()).await;
        match created {
            Err(error) if or_replace && error.kind() == ErrorKind::AlreadyExists => {}
            done => return done.map(|()| Rows::none()),
        }
        let existing = catalog.table(&name.database, &name.name).await?;
        if !existing.is_view() {
            return Err(Error::new(ErrorKind::AlreadyExists, format!("'{name}' is a table, which no view can replace")));
        }
        let how = UpdateTable { expected_version: existing.version_id, skip_archive: false };
        match catalog.update_table(table.clone(), how).await {
            // Somebody else replaced or dropped it at the same time.
            Err(error) if !retried && (error.kind() == ErrorKind::Conflict || is_missing(&error)) => retried = true,
            done => return done.map(|()| Rows::none()),
        }
    }
}

/// A view that reads itself could never be planned.
pub(super) fn refuse_recursion(view: &Name, reads: &[TableReference], session: &str) -> Result<()> {
    for reference in reads {
        let TableSource::Name(read) = &reference.source else { continue };
        if read.catalog.as_deref() == Some(system::CATALOG) {
            continue;
        }
        let read = name::table(read.clone(), session)?;
        if (read.database.as_str(), read.name.as_str()) == (view.database.as_str(), view.name.as_str()) {
            let error = Error::invalid(format!("view '{view}' cannot read itself"));
            return Err(match reference.position {
                Some(position) => error.at(position),
                None => error,
            });
        }
    }
    Ok(())
}

fn table(name: &Name, definition: Definition) -> Result<Table> {
    let mut seen = HashSet::new();
    for (index, (column, _)) in definition.columns.iter().enumerate() {
        if column.is_empty() {
            return Err(Error::invalid(format!("Column name not specified at position {}; name it with AS", index + 1)));
        }
        if !seen.insert(catalog::name::fold(column)) {
            return Err(Error::invalid(format!("Column name '{column}' specified more than once; name one with AS")));
        }
    }
    let column = |(name, r#type): &(String, Type)| Column::new(catalog::name::fold(name), in_hive(r#type));
    let hive = definition.columns.iter().map(column).collect();
    let column = |(name, r#type): &(String, Type)| ViewColumn { name: name.clone(), r#type: r#type.to_string() };
    let view = View {
        original_sql: definition.text.trim_end().to_owned(),
        catalog: Some("awsdatacatalog".into()),
        schema: Some(definition.database),
        columns: definition.columns.iter().map(column).collect(),
        comment: definition.comment,
        run_as_invoker: definition.run_as_invoker,
        decimal_literals: definition.decimal_literals,
        ..View::default()
    };
    view.table(&name.database, &name.name, hive)
}

/// Glue keeps Hive types, which lack some of Trino's; those are declared as text there and read from the view itself.
fn in_hive(r#type: &Type) -> String {
    match r#type {
        Type::Varchar(Some(length)) if *length <= LONGEST_HIVE_VARCHAR => format!("varchar({length})"),
        other => hive_type::print(&other.arrow()).unwrap_or_else(|_| "string".into()),
    }
}

pub(super) async fn drop(catalog: &Arc<dyn Catalog>, name: &Name, if_exists: bool) -> Result<Rows> {
    let table = match catalog.table(&name.database, &name.name).await {
        Err(error) if if_exists && is_missing(&error) => return Ok(Rows::none()),
        found => found?,
    };
    if !table.is_view() {
        return Err(Error::invalid(format!("'{name}' is a table, not a view; use DROP TABLE")));
    }
    catalog.delete_table(&name.database, &name.name).await?;
    Ok(Rows::none())
}

/// Names and Trino types of a view's columns; of a Hive view, which keeps Hive types alone, translated.
pub(super) fn columns(table: &Table) -> Result<Vec<(String, String)>> {
    let view = View::of(table)?;
    if !view.columns.is_empty() {
        return Ok(view.columns.into_iter().map(|column| (column.name, column.r#type)).collect());
    }
    let column = |column: &Column| Ok((column.name.clone(), types::of_hive(column.hive_type())?.to_string()));
    table.columns().iter().map(column).collect()
}
