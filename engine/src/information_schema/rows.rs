//! The rows: from databases to tables to what is told of each.

use std::collections::BTreeSet;
use std::sync::Arc;

use arrow::array::{ArrayRef, Int64Array, RecordBatch, StringViewArray};
use arrow::datatypes::SchemaRef;
use catalog::table::{Column, Table};
use catalog::{Catalog, Error, ErrorKind, Page, Result};
use futures::stream::BoxStream;
use futures::{FutureExt as _, Stream, StreamExt as _, TryStreamExt as _, stream};
use sql::view::View;

use super::Kind;
use super::filter::Wanted;
use crate::page::pages;
use crate::types;

/// Athena's name of the one catalog there is.
const CATALOG: &str = "awsdatacatalog";

/// Tables looked up at the same time where a query names them.
const LOOK_UPS: usize = 16;

pub(super) fn stream(
    kind: Kind,
    schema: SchemaRef,
    catalog: Arc<dyn Catalog>,
    wanted: Wanted,
) -> impl Stream<Item = Result<RecordBatch>> + Send {
    let databases = databases(&catalog, wanted.databases);
    let rows = match kind {
        Kind::Schemata => databases.map_ok(|names| schemata(&names)).boxed(),
        _ => databases
            .map_ok(|names| stream::iter(names.into_iter().map(Ok::<_, Error>)))
            .try_flatten()
            .map_ok(move |database| tables(&catalog, database, wanted.tables.clone()))
            .try_flatten()
            .map_ok(move |tables| of_tables(kind, &tables))
            .boxed(),
    };
    rows.and_then(move |columns| {
        let batch = RecordBatch::try_new(Arc::clone(&schema), columns);
        std::future::ready(batch.map_err(|error| Error::internal(format!("information_schema: {error}")).caused_by(error)))
    })
}

pub(crate) fn databases(catalog: &Arc<dyn Catalog>, wanted: Option<BTreeSet<String>>) -> BoxStream<'static, Result<Vec<String>>> {
    let catalog = Arc::clone(catalog);
    match wanted {
        None => pages(move |page| {
            let catalog = Arc::clone(&catalog);
            async move { catalog.databases(page).await }.boxed()
        })
        .map_ok(|databases| databases.into_iter().map(|database| database.name).collect())
        .boxed(),
        Some(names) => stream::iter(names)
            .then(move |name| {
                let catalog = Arc::clone(&catalog);
                async move { Ok(present(catalog.database(&name).await)?.map(|database| database.name).into_iter().collect()) }
            })
            .boxed(),
    }
}

pub(crate) fn tables(
    catalog: &Arc<dyn Catalog>,
    database: String,
    wanted: Option<BTreeSet<String>>,
) -> BoxStream<'static, Result<Vec<Table>>> {
    let catalog = Arc::clone(catalog);
    match wanted {
        None => {
            pages(move |page| {
                let (catalog, database) = (Arc::clone(&catalog), database.clone());
                async move {
                    match catalog.tables(&database, None, page).await {
                        // It was dropped meanwhile and has no tables any more.
                        Err(error) if error.kind() == ErrorKind::DatabaseNotFound => Ok(Page { items: Vec::new(), next: None }),
                        page => page,
                    }
                }
                .boxed()
            })
            .boxed()
        }
        Some(names) => stream::iter(names)
            .map(move |name| {
                let (catalog, database) = (Arc::clone(&catalog), database.clone());
                async move { Ok(present(catalog.table(&database, &name).await)?.into_iter().collect()) }
            })
            .buffered(LOOK_UPS)
            .boxed(),
    }
}

/// What is not there is no row, and neither is what could not be there: a name that no catalog takes.
fn present<T>(found: Result<T>) -> Result<Option<T>> {
    match found {
        Err(error)
            if matches!(error.kind(), ErrorKind::DatabaseNotFound | ErrorKind::TableNotFound | ErrorKind::InvalidInput) =>
        {
            Ok(None)
        }
        found => found.map(Some),
    }
}

fn text<'a>(values: impl Iterator<Item = &'a str>) -> ArrayRef {
    Arc::new(StringViewArray::from_iter_values(values))
}

fn schemata(names: &[String]) -> Vec<ArrayRef> {
    vec![text(names.iter().map(|_| CATALOG)), text(names.iter().map(String::as_str))]
}

fn of_tables(kind: Kind, tables: &[Table]) -> Vec<ArrayRef> {
    let chosen: Vec<&Table> = tables.iter().filter(|table| kind != Kind::Views || table.is_view()).collect();
    let mut columns = vec![
        text(chosen.iter().map(|_| CATALOG)),
        text(chosen.iter().map(|table| table.database_name.as_str())),
        text(chosen.iter().map(|table| table.name.as_str())),
    ];
    match kind {
        Kind::Columns | Kind::ColumnsInFull => return of_columns(&chosen, kind == Kind::ColumnsInFull),
        Kind::Views => {
            let definition = |table: &&Table| View::of(table).ok().map(|view| view.original_sql);
            columns.push(Arc::new(chosen.iter().map(definition).collect::<StringViewArray>()));
        }
        _ => columns.push(text(chosen.iter().map(|table| if table.is_view() { "VIEW" } else { "BASE TABLE" }))),
    }
    columns
}

fn of_columns(tables: &[&Table], hidden: bool) -> Vec<ArrayRef> {
    let rows: Vec<(&Table, i64, ColumnOf)> = tables
        .iter()
        .flat_map(|table| (1..).zip(columns(table)).map(move |(position, column)| (*table, position, column)))
        .collect();
    let mut arrays = vec![
        text(rows.iter().map(|_| CATALOG)),
        text(rows.iter().map(|(table, ..)| table.database_name.as_str())),
        text(rows.iter().map(|(table, ..)| table.name.as_str())),
        text(rows.iter().map(|(.., column)| column.name.as_str())),
        Arc::new(Int64Array::from_iter_values(rows.iter().map(|(_, position, _)| *position))),
        Arc::new(StringViewArray::new_null(rows.len())),
        text(rows.iter().map(|_| "YES")),
        text(rows.iter().map(|(.., column)| column.r#type.as_str())),
    ];
    if hidden {
        arrays.push(Arc::new(rows.iter().map(|(.., column)| column.comment.as_deref()).collect::<StringViewArray>()));
        arrays.push(Arc::new(rows.iter().map(|(.., column)| column.extra()).collect::<StringViewArray>()));
    }
    arrays
}

/// What there is to tell of a column.
pub(crate) struct ColumnOf {
    pub(crate) name: String,
    /// Trino's type. One that cannot be read is told as it is stored: one odd table must not hide all the others.
    pub(crate) r#type: String,
    pub(crate) comment: Option<String>,
    is_key: bool,
}

impl ColumnOf {
    /// Trino's `extra_info`.
    pub(crate) fn extra(&self) -> Option<&'static str> {
        self.is_key.then_some("partition key")
    }
}

/// The columns of a table or view, partition keys last.
pub(crate) fn columns(table: &Table) -> Vec<ColumnOf> {
    if let Some(view) = table.is_view().then(|| View::of(table).ok()).flatten().filter(|view| !view.columns.is_empty()) {
        let column =
            |column: sql::view::ViewColumn| ColumnOf { name: column.name, r#type: column.r#type, comment: None, is_key: false };
        return view.columns.into_iter().map(column).collect();
    }
    let column = |column: &Column, is_key| {
        let r#type = types::of_hive(column.hive_type()).map(|r#type| r#type.to_string());
        let r#type = r#type.unwrap_or_else(|_| column.hive_type().to_owned());
        ColumnOf { name: column.name.clone(), r#type, comment: column.comment.clone(), is_key }
    };
    let data = table.columns().iter().map(|of| column(of, false));
    data.chain(table.partition_keys().iter().map(|of| column(of, true))).collect()
}
