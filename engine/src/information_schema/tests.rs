//! The catalog as tables, and how little is read for it.

use std::sync::Arc;

use catalog::Catalog;
use catalog::local::LocalCatalog;
use catalog::table::{Column, Database, StorageDescriptor, Table};
use datafusion::logical_expr::{Expr, col, lit};
use datafusion::physical_plan::collect;
use datafusion::prelude::SessionContext;
use sql::view::{View, ViewColumn};

use crate::text::Text;

async fn catalog(folder: &tempfile::TempDir) -> Arc<dyn Catalog> {
    let catalog = LocalCatalog::open(folder.path()).await.unwrap();
    for name in ["a", "b"] {
        catalog.create_database(Database { name: name.into(), ..Database::default() }).await.unwrap();
        let descriptor = StorageDescriptor {
            columns: Some(vec![Column::new("x", "int"), Column::new("odd", "uniontype<int,string>")]),
            ..StorageDescriptor::default()
        };
        let table = Table {
            name: "t".into(),
            database_name: name.into(),
            storage_descriptor: Some(descriptor),
            partition_keys: Some(vec![Column::new("dt", "string")]),
            ..Table::default()
        };
        catalog.create_table(table).await.unwrap();
    }
    let columns = vec![ViewColumn { name: "n".into(), r#type: "row(a integer)".into() }];
    let view = View { original_sql: "SELECT 1".into(), columns, ..View::default() };
    catalog.create_table(view.table("a", "v", vec![Column::new("n", "struct<a:int>")]).unwrap()).await.unwrap();
    Arc::new(catalog)
}

/// The rows of a table, cells joined by tabs, NULL as nothing.
async fn rows(catalog: &Arc<dyn Catalog>, table: &str, filters: &[Expr]) -> Vec<String> {
    let context = SessionContext::new();
    let plan = super::table(catalog, table, true).unwrap().scan(&context.state(), None, filters, None).await.unwrap();
    let batches = collect(plan, context.task_ctx()).await.unwrap();
    let mut lines = Vec::new();
    for batch in &batches {
        let columns: Vec<Text<'_>> = batch.columns().iter().map(|column| Text::new(column).unwrap()).collect();
        for row in 0..batch.num_rows() {
            let cell = |column: &Text<'_>| {
                let mut out = String::new();
                column.write(row, &mut out);
                out
            };
            lines.push(columns.iter().map(cell).collect::<Vec<_>>().join("\t"));
        }
    }
    lines
}

#[tokio::test]
async fn the_catalog_is_told_as_trino_tells_it() {
    let folder = tempfile::tempdir().unwrap();
    let catalog = catalog(&folder).await;
    assert_eq!(rows(&catalog, "schemata", &[]).await, ["awsdatacatalog\ta", "awsdatacatalog\tb", "awsdatacatalog\tdefault"]);
    let tables = rows(&catalog, "tables", &[]).await;
    assert_eq!(tables, ["awsdatacatalog\ta\tt\tBASE TABLE", "awsdatacatalog\ta\tv\tVIEW", "awsdatacatalog\tb\tt\tBASE TABLE"]);
    assert_eq!(rows(&catalog, "views", &[]).await, ["awsdatacatalog\ta\tv\tSELECT 1"]);
    let expected = [
        "awsdatacatalog\ta\tt\tx\t1\t\tYES\tinteger\t\t",
        "awsdatacatalog\ta\tt\todd\t2\t\tYES\tuniontype<int,string>\t\t",
        "awsdatacatalog\ta\tt\tdt\t3\t\tYES\tvarchar\t\tpartition key",
        "awsdatacatalog\ta\tv\tn\t1\t\tYES\trow(a integer)\t\t",
    ];
    assert_eq!(rows(&catalog, "columns", &[col("table_schema").eq(lit("a"))]).await, expected);
    assert!(super::table(&catalog, "nope", false).is_none());
}

#[tokio::test]
async fn names_in_filters_are_looked_up_and_nothing_else() {
    let folder = tempfile::tempdir().unwrap();
    let catalog = catalog(&folder).await;
    let named = [col("table_schema").in_list(vec![lit("b"), lit("gone")], false), col("table_name").eq(lit("t"))];
    assert_eq!(rows(&catalog, "tables", &named).await, ["awsdatacatalog\tb\tt\tBASE TABLE"]);
    assert_eq!(rows(&catalog, "tables", &[col("table_name").eq(lit("nope"))]).await, Vec::<String>::new());
    assert_eq!(rows(&catalog, "schemata", &[col("schema_name").eq(lit("b"))]).await, ["awsdatacatalog\tb"]);
}
