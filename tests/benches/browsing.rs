//! What a tree of databases, tables and columns asks of a catalog of 10,000 tables: `cargo bench -p tests --bench browsing`, medians in
//! milliseconds. The texts are those of Trino's JDBC driver (`TrinoDatabaseMetaData`), which DBeaver asks, and of SQLAlchemy's dialects.

#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "a bench ends where it cannot measure, and prints")]

use std::sync::Arc;
use std::time::Instant;

use catalog::Catalog;
use catalog::local::LocalCatalog;
use catalog::storage::{Storage, StorageConfig};
use catalog::table::{Column, Database, SerDeInfo, StorageDescriptor, Table};
use engine::{Door, Engine, Session, Settings};
use futures::TryStreamExt;

const TABLES: usize = 10_000;
const COLUMNS: usize = 10;
const ROUNDS: usize = 11;

const QUERIES: &[(&str, &str)] = &[
    ("schemas", "SELECT TABLE_SCHEM, TABLE_CATALOG FROM system.jdbc.schemas WHERE TABLE_CATALOG = 'awsdatacatalog' ORDER BY 1, 2"),
    (
        "all tables of the schema",
        "SELECT TABLE_CAT, TABLE_SCHEM, TABLE_NAME, TABLE_TYPE, REMARKS FROM system.jdbc.tables WHERE TABLE_CAT = 'awsdatacatalog'
         AND TABLE_SCHEM LIKE 'wide' ESCAPE '\\' AND TABLE_TYPE IN ('TABLE', 'VIEW') ORDER BY 4, 1, 2, 3",
    ),
    (
        "a table by its name",
        "SELECT TABLE_CAT, TABLE_SCHEM, TABLE_NAME, TABLE_TYPE, REMARKS FROM system.jdbc.tables WHERE TABLE_CAT = 'awsdatacatalog'
         AND TABLE_SCHEM LIKE 'wide' ESCAPE '\\' AND TABLE_NAME LIKE 't\\_4711' ESCAPE '\\' ORDER BY 4, 1, 2, 3",
    ),
    (
        "the columns of a table",
        "SELECT COLUMN_NAME, DATA_TYPE, TYPE_NAME, COLUMN_SIZE, ORDINAL_POSITION FROM system.jdbc.columns WHERE TABLE_CAT = 'awsdatacatalog'
         AND TABLE_SCHEM LIKE 'wide' ESCAPE '\\' AND TABLE_NAME LIKE 't\\_4711' ESCAPE '\\' ORDER BY 1, 5",
    ),
    ("all columns of the schema", "SELECT count(*) FROM system.jdbc.columns WHERE TABLE_CAT = 'awsdatacatalog' AND TABLE_SCHEM LIKE 'wide'"),
    ("information_schema, all tables", "SELECT table_name FROM information_schema.tables WHERE table_schema = 'wide'"),
    (
        "information_schema, columns of a table",
        "SELECT column_name, data_type FROM information_schema.columns WHERE table_schema = 'wide' AND table_name = 't_4711'",
    ),
];

#[tokio::main]
async fn main() {
    let folder = tempfile::tempdir().unwrap();
    let catalog = LocalCatalog::open(folder.path()).await.unwrap();
    catalog.create_database(Database { name: "wide".to_string(), ..Database::default() }).await.unwrap();
    for at in 0..TABLES {
        catalog.create_table(table(at)).await.unwrap();
    }
    let storage = Storage::new(StorageConfig::local(folder.path())).await.unwrap();
    let spill = folder.path().join("spill");
    let settings = Settings { memory: None, threads: Some(2), spill, spill_limit: None, locations: false };
    let engine = Engine::new(Arc::new(catalog), storage, settings).unwrap();
    let mut session = Session { door: Door::Trino, database: "wide".to_string(), ..Session::default() };
    println!("{TABLES} tables of {COLUMNS} columns in one schema");
    for (what, sql) in QUERIES {
        let mut times = vec![];
        let mut rows = 0;
        for _ in 0..ROUNDS {
            let start = Instant::now();
            let batches: Vec<_> = engine.run(&mut session, sql).await.unwrap().rows.try_collect().await.unwrap();
            times.push(start.elapsed().as_secs_f64() * 1e3);
            rows = batches.iter().map(|batch| batch.num_rows()).sum();
        }
        times.sort_by(f64::total_cmp);
        println!("{what:<40} {:>7.1} ms  {rows:>6} rows", times[ROUNDS / 2]);
    }
}

fn table(at: usize) -> Table {
    let columns = (0..COLUMNS).map(|at| Column::new(format!("c{at}"), "bigint"));
    let storage_descriptor = StorageDescriptor {
        columns: Some(columns.collect()),
        location: Some(format!("s3://lake/wide/t_{at}/")),
        serde_info: Some(SerDeInfo::default()),
        ..StorageDescriptor::default()
    };
    Table {
        name: format!("t_{at}"),
        database_name: "wide".to_string(),
        storage_descriptor: Some(storage_descriptor),
        table_type: Some("EXTERNAL_TABLE".to_string()),
        ..Table::default()
    }
}
