//! Trino's catalog `system`: what clients ask it for. `metadata` and `jdbc` tell of the catalog that has the data, `runtime` of the
//! server and its queries ("System connector"). Like `information_schema`, rows are read from the catalog while the query runs, and only
//! for the schemas and tables that the query's filters name.

mod cell;
mod definition;
mod jdbc;
mod rows;
mod runtime;
#[cfg(test)]
mod tests;

use std::future::ready;
use std::sync::Arc;

use catalog::Catalog;
use datafusion::catalog::TableProvider;
use futures::{StreamExt as _, TryStreamExt as _};

use crate::looked_up;
use definition::{Definition, TABLES};
pub use runtime::Seen;

/// The catalog's name.
pub(crate) const CATALOG: &str = "system";

/// Its schemas, in order.
pub(crate) const SCHEMAS: [&str; 4] = ["information_schema", "jdbc", "metadata", "runtime"];

/// The table of a schema that is called `name`, if there is one. `seen` are the queries that may be shown.
pub(crate) fn table(catalog: &Arc<dyn Catalog>, seen: Option<&Seen>, schema: &str, name: &str) -> Option<Arc<dyn TableProvider>> {
    let definition = definition(schema, name)?;
    let (schema, catalog, seen) = (definition.schema(), Arc::clone(catalog), seen.cloned());
    let full = format!("{CATALOG}.{}.{}", definition.place, definition.name);
    let columns = Arc::clone(&schema);
    Some(looked_up::table(full, schema, move |wanted| {
        let pages = rows::stream(definition.rows, Arc::clone(&catalog), seen.clone(), wanted);
        let columns = Arc::clone(&columns);
        pages.and_then(move |page| ready(cell::batch(definition, &columns, &page))).boxed()
    }))
}

fn definition(schema: &str, name: &str) -> Option<&'static Definition> {
    TABLES.iter().find(|table| table.place == schema && table.name == name)
}

/// The names of a schema's tables, in order.
pub(crate) fn tables(schema: &str) -> Vec<&'static str> {
    let mut names: Vec<_> = TABLES.iter().filter(|table| table.place == schema).map(|table| table.name).collect();
    names.sort_unstable();
    names
}

/// Names and types of a table's columns.
pub(crate) fn columns(schema: &str, name: &str) -> Option<Vec<(&'static str, String)>> {
    Some(definition(schema, name)?.columns.iter().map(|(name, kind)| (*name, kind.r#type().to_string())).collect())
}
