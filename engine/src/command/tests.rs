//! Commands as statements, over the embedded catalog and lake in a folder of its own.

mod create_and_show;
mod names_and_databases;
mod partitions;
mod repair;
mod views;

use std::sync::Arc;

use arrow::array::AsArray;
use catalog::local::LocalCatalog;
use catalog::storage::{Location, Storage, StorageConfig};
use catalog::table::Table;
use catalog::{Catalog, Error, Result};
use futures::{FutureExt as _, TryStreamExt as _};

use super::{Context, run};
use crate::types::Type;

struct World {
    catalog: Arc<dyn Catalog>,
    storage: Storage,
    /// The session's database.
    database: String,
    /// What the planner would say of a view's query.
    columns: Vec<(String, Type)>,
    _folder: tempfile::TempDir,
}

impl World {
    async fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let catalog: Arc<dyn Catalog> = Arc::new(LocalCatalog::open(folder.path()).await.unwrap());
        // A bucket of the embedded lake is a folder.
        std::fs::create_dir_all(folder.path().join("lake/lake")).unwrap();
        let storage = Storage::new(StorageConfig::local(folder.path())).await.unwrap();
        Self { catalog, storage, database: "default".into(), columns: vec![("n".into(), Type::Integer)], _folder: folder }
    }

    /// With the table `t (a int) PARTITIONED BY (year int, city string)` at `s3://lake/t/`.
    async fn with_partitioned_table() -> Self {
        let mut world = Self::new().await;
        let create =
            "CREATE EXTERNAL TABLE t (a int) PARTITIONED BY (year int, city string) STORED AS PARQUET LOCATION 's3://lake/t/'";
        world.ok(create).await;
        world
    }

    /// The rows of the answer, cells joined by tabs as Athena joins them.
    async fn run(&mut self, text: &str) -> Result<Vec<String>> {
        let columns = self.columns.clone();
        let describe_query = move |_| std::future::ready(Ok(columns.clone())).boxed();
        let context = Context {
            catalog: &self.catalog,
            storage: &self.storage,
            database: &mut self.database,
            decimal_literals: false,
            describe_query: &describe_query,
        };
        let rows = run(context, sql::parse(text)?).await?;
        let schema = rows.schema();
        let batches: Vec<_> = rows.batches.try_collect().await?;
        assert!(batches.iter().all(|batch| batch.schema() == schema));
        let line = |batch: &arrow::array::RecordBatch, row: usize| {
            let cells = batch.columns().iter().map(|column| column.as_string::<i32>().value(row));
            cells.collect::<Vec<_>>().join("\t")
        };
        Ok(batches.iter().flat_map(|batch| (0..batch.num_rows()).map(move |row| line(batch, row))).collect())
    }

    async fn ok(&mut self, text: &str) -> Vec<String> {
        self.run(text).await.unwrap_or_else(|error| panic!("{text}: {error}"))
    }

    async fn fails(&mut self, text: &str) -> Error {
        match self.run(text).await {
            Ok(rows) => panic!("{text} should have failed and answered {rows:?}"),
            Err(error) => error,
        }
    }

    async fn table(&self, name: &str) -> Table {
        self.catalog.table("default", name).await.unwrap()
    }

    async fn put(&self, location: &str) {
        self.storage.put(&Location::parse(location).unwrap(), bytes::Bytes::from_static(b"x")).await.unwrap();
    }
}
