//! The rows of the catalog `system`, in pages.

use std::sync::Arc;

use catalog::table::Table;
use catalog::{Catalog, Error, Result};
use futures::stream::{self, BoxStream, StreamExt as _, TryStreamExt as _};
use sql::view::View;

use super::cell::{Cell, Row};
use super::runtime::Seen;
use super::{CATALOG, SCHEMAS, columns, jdbc, runtime, tables};
use crate::information_schema::{Wanted, columns_of, databases, tables as tables_of};

/// The name of the catalog that has the data.
const LAKE: &str = "awsdatacatalog";

/// What a table tells of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Rows {
    None,
    Catalogs,
    Comments,
    Nodes,
    Queries,
    JdbcCatalogs,
    JdbcSchemas,
    JdbcTables,
    JdbcColumns,
    JdbcTypes,
    JdbcTableTypes,
    OwnSchemata,
    OwnTables,
    OwnColumns,
}

type Pages = BoxStream<'static, Result<Vec<Row>>>;

/// The rows, as far as `wanted` asks for them and perhaps more.
pub(super) fn stream(rows: Rows, catalog: Arc<dyn Catalog>, seen: Option<Seen>, wanted: Wanted) -> Pages {
    match rows {
        Rows::None => stream::empty().boxed(),
        Rows::Catalogs => page(vec![
            vec![LAKE.into(), LAKE.into(), "hive".into(), "ACTIVE".into()],
            vec![CATALOG.into(), CATALOG.into(), CATALOG.into(), "ACTIVE".into()],
        ]),
        Rows::Nodes => page(runtime::nodes()),
        Rows::Queries => match seen {
            Some(seen) => stream::once(async move { seen.rows().await }).boxed(),
            None => stream::empty().boxed(),
        },
        Rows::JdbcCatalogs => page(vec![vec![LAKE.into()], vec![CATALOG.into()]]),
        Rows::JdbcTypes => page(jdbc::types()),
        Rows::JdbcTableTypes => page(vec![vec!["TABLE".into()], vec!["VIEW".into()]]),
        Rows::JdbcSchemas => {
            let own = SCHEMAS.into_iter().map(|schema| vec![schema.into(), CATALOG.into()]).collect();
            let lake = databases(&catalog, wanted.databases.clone());
            let lake = lake.map_ok(|names| names.into_iter().map(|name| vec![name.into(), LAKE.into()]).collect());
            page(own).chain(lake).boxed()
        }
        Rows::Comments => of_tables(&catalog, wanted, |table| {
            vec![vec![LAKE.into(), table.database_name.as_str().into(), table.name.as_str().into(), comment(table)]]
        }),
        Rows::JdbcTables => page(own_tables("TABLE", 10)).chain(of_tables(&catalog, wanted, jdbc_table)).boxed(),
        Rows::JdbcColumns => page(own_jdbc_columns()).chain(of_tables(&catalog, wanted, jdbc_columns)).boxed(),
        Rows::OwnSchemata => page(SCHEMAS.into_iter().map(|schema| vec![CATALOG.into(), schema.into()]).collect()),
        Rows::OwnTables => page(own_tables("BASE TABLE", 4)),
        Rows::OwnColumns => page(own_columns()),
    }
}

fn page(rows: Vec<Row>) -> Pages {
    stream::iter([Ok(rows)]).boxed()
}

/// The rows that `tell` says of each table of the lake.
fn of_tables(catalog: &Arc<dyn Catalog>, wanted: Wanted, tell: fn(&Table) -> Vec<Row>) -> Pages {
    let catalog = Arc::clone(catalog);
    databases(&catalog, wanted.databases)
        .map_ok(|names| stream::iter(names.into_iter().map(Ok::<_, Error>)))
        .try_flatten()
        .map_ok(move |database| tables_of(&catalog, database, wanted.tables.clone()))
        .try_flatten()
        .map_ok(move |tables| tables.iter().flat_map(tell).collect())
        .boxed()
}

/// A view's own comment; its parameter `comment` says only that it is one of Presto's.
fn comment(table: &Table) -> Cell {
    if table.is_view() {
        return View::of(table).ok().and_then(|view| view.comment).into();
    }
    let parameter = || table.parameters.as_ref()?.get("comment").cloned();
    table.description.clone().or_else(parameter).into()
}

fn jdbc_table(table: &Table) -> Vec<Row> {
    let kind = if table.is_view() { "VIEW" } else { "TABLE" };
    let mut row: Row =
        vec![LAKE.into(), table.database_name.as_str().into(), table.name.as_str().into(), kind.into(), comment(table)];
    row.resize(10, Cell::Null);
    vec![row]
}

fn jdbc_columns(table: &Table) -> Vec<Row> {
    let columns = (1..).zip(columns_of(table)).map(|(position, column)| jdbc::Column {
        catalog: LAKE,
        schema: &table.database_name,
        table: &table.name,
        name: column.name,
        type_name: column.r#type,
        comment: column.comment,
        position,
    });
    columns.map(jdbc::Column::row).collect()
}

/// Schema and name of each table of this catalog.
fn own() -> impl Iterator<Item = (&'static str, &'static str)> {
    SCHEMAS.into_iter().flat_map(|schema| tables(schema).into_iter().map(move |table| (schema, table)))
}

fn own_tables(kind: &str, width: usize) -> Vec<Row> {
    let row = |(schema, table): (&str, &str)| {
        let mut row: Row = vec![CATALOG.into(), schema.into(), table.into(), kind.into()];
        row.resize(width, Cell::Null);
        row
    };
    own().map(row).collect()
}

fn own_columns() -> Vec<Row> {
    let of = |(schema, table): (&'static str, &'static str)| {
        (1..).zip(columns(schema, table).unwrap_or_default()).map(move |(position, (name, r#type))| {
            let place: [Cell; 4] = [CATALOG.into(), schema.into(), table.into(), name.into()];
            let mut row = Row::from(place);
            row.extend([Cell::Number(position), Cell::Null, "YES".into(), r#type.into(), Cell::Null, Cell::Null]);
            row
        })
    };
    own().flat_map(of).collect()
}

fn own_jdbc_columns() -> Vec<Row> {
    let of = |(schema, table): (&'static str, &'static str)| {
        (1..).zip(columns(schema, table).unwrap_or_default()).map(move |(position, (name, type_name))| {
            let name = name.to_owned();
            jdbc::Column { catalog: CATALOG, schema, table, name, type_name, comment: None, position }.row()
        })
    };
    own().flat_map(of).collect()
}
