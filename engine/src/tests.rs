//! The engine end to end: objects in an embedded lake, tables by DDL, rows back as text.

use std::sync::Arc;

use bytes::Bytes;
use catalog::local::LocalCatalog;
use catalog::storage::{Location, Storage, StorageConfig};
use catalog::{ErrorKind, Result};
use futures::TryStreamExt;

use crate::text::Text;
use crate::{Answer, Engine, Session, Settings};

mod joins;
mod memory;
mod named;
mod parquet_schema;
mod projection;
mod representation;
mod timeout;

struct Lake {
    engine: Engine,
    session: Session,
    _folder: tempfile::TempDir,
}

impl Lake {
    async fn new() -> Self {
        Self::with(|_| {}).await
    }

    async fn with(change: impl FnOnce(&mut Settings)) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let catalog = LocalCatalog::open(folder.path()).await.unwrap();
        let storage = Storage::new(StorageConfig::local(folder.path())).await.unwrap();
        let mut settings = Settings {
            memory: Some(64 << 20),
            threads: Some(2),
            spill: folder.path().join("spill"),
            spill_limit: Some(1 << 30),
            locations: false,
        };
        change(&mut settings);
        std::fs::create_dir_all(folder.path().join("lake/lake")).unwrap();
        let engine = Engine::new(Arc::new(catalog), storage, settings).unwrap();
        Self { engine, session: Session::default(), _folder: folder }
    }

    async fn put(&self, at: &str, text: &str) {
        self.engine.storage().put(&Location::parse(at).unwrap(), Bytes::from(text.to_string())).await.unwrap();
    }

    async fn run(&mut self, sql: &str) -> Result<Vec<String>> {
        rows(self.engine.run(&mut self.session, sql).await?).await
    }

    /// Waits until no query holds memory or spill files; what was cancelled ends soon, and not before its tasks are dropped.
    async fn freed(&self) {
        let spill = self._folder.path().join("spill");
        for _ in 0..1000 {
            if self.engine.reserved() == 0 && files_below(&spill) == 0 {
                return;
            }
            tokio::time::sleep(std::time::Duration::from_millis(10)).await;
        }
        panic!("{} bytes are still reserved, {} files spilled", self.engine.reserved(), files_below(&spill));
    }

    async fn ticks() -> Self {
        let mut lake = Self::new().await;
        lake.put("s3://lake/ticks/day=1/a.json", "{\"Sym\":\"x\",\"px\":1.5}").await;
        lake.put("s3://lake/ticks/day=1/b.json", "{\"sym\":\"y\",\"px\":2}{\"sym\":\"z\"}").await;
        lake.put("s3://lake/ticks/day=12/c.json", "{\"sym\":\"w\",\"px\":4}\n").await;
        lake.put("s3://lake/ticks/_SUCCESS", "junk").await;
        lake.run(
            "CREATE EXTERNAL TABLE ticks (sym string, px double) PARTITIONED BY (day int) \
             ROW FORMAT SERDE 'org.openx.data.jsonserde.JsonSerDe' LOCATION 's3://lake/ticks/'",
        )
        .await
        .unwrap();
        lake.run("MSCK REPAIR TABLE ticks").await.unwrap();
        lake
    }
}

fn files_below(folder: &std::path::Path) -> usize {
    let Ok(entries) = std::fs::read_dir(folder) else { return 0 };
    entries.flatten().map(|entry| if entry.path().is_dir() { files_below(&entry.path()) } else { 1 }).sum()
}

async fn rows(answer: Answer) -> Result<Vec<String>> {
    let batches: Vec<_> = answer.rows.try_collect().await?;
    let mut lines = vec![];
    for batch in &batches {
        let columns = batch.columns().iter().map(|column| Text::new(column)).collect::<Result<Vec<_>>>()?;
        for row in 0..batch.num_rows() {
            let mut cells = vec![];
            for column in &columns {
                let mut cell = String::new();
                cells.push(if column.write(row, &mut cell) { cell } else { "NULL".into() });
            }
            lines.push(cells.join("|"));
        }
    }
    Ok(lines)
}

#[tokio::test]
async fn rows_of_many_objects_with_their_partitions() {
    let mut lake = Lake::ticks().await;
    let all = lake.run("SELECT sym, px, day FROM ticks ORDER BY sym").await.unwrap();
    assert_eq!(all, ["w|4.0|12", "x|1.5|1", "y|2.0|1", "z|NULL|1"]);
    assert_eq!(lake.run("SELECT count(*) FROM ticks").await.unwrap(), ["4"]);
    let named = lake.run("SELECT *, \"$file_size\" FROM ticks WHERE \"$path\" = 's3://lake/ticks/day=12/c.json'").await.unwrap();
    assert_eq!(named, ["w|4.0|12|19"]);
}

#[tokio::test]
async fn only_the_partitions_that_filters_leave_are_read() {
    let mut lake = Lake::ticks().await;
    let before = lake.engine.storage().requests();
    assert_eq!(lake.run("SELECT sym FROM ticks WHERE day > 9").await.unwrap(), ["w"]);
    let after = lake.engine.storage().requests();
    assert_eq!(after.get - before.get, 1, "one object of one partition");
}

#[tokio::test]
async fn columns_are_named_as_the_user_wrote_them() {
    let mut lake = Lake::ticks().await;
    let answer = lake.engine.run(&mut lake.session, "SELECT sym AS \"Sym\", 1 + 1, Day FROM ticks").await.unwrap();
    let names: Vec<_> = answer.columns.iter().map(|column| column.name.as_str()).collect();
    assert_eq!(names, ["Sym", "_col1", "Day"]);
}

#[tokio::test]
async fn what_does_not_fit_is_named() {
    let mut lake = Lake::ticks().await;
    lake.put("s3://lake/ticks/day=1/bad.json", "{\"sym\":\"q\",\n\"px\":\"often\"}").await;
    let error = lake.run("SELECT sum(px) FROM ticks").await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::BadData, "{error}");
    for part in ["s3://lake/ticks/day=1/bad.json", "line 2", "often", "px"] {
        assert!(error.message().contains(part), "{error} should name {part}");
    }
    let cases = [
        ("SELECT * FROM nothing", ErrorKind::TableNotFound, "table 'awsdatacatalog.default.nothing' does not exist"),
        ("SELECT * FROM nowhere.t", ErrorKind::DatabaseNotFound, "schema 'nowhere' does not exist"),
        ("SELECT nothing FROM ticks", ErrorKind::ColumnNotFound, "column 'nothing' cannot be resolved"),
        ("SELECT nothing(1)", ErrorKind::FunctionNotFound, "nothing"),
        ("SELECT FROM WHERE", ErrorKind::Syntax, "mismatched input"),
        ("SELECT * FROM 's3://lake/ticks/*.json'", ErrorKind::NotSupported, "by location"),
        ("SELECT * FROM other.default.ticks", ErrorKind::DatabaseNotFound, "catalog 'other' does not exist"),
    ];
    for (sql, kind, words) in cases {
        let error = lake.run(sql).await.unwrap_err();
        assert_eq!(error.kind(), kind, "{sql}: {error}");
        assert!(error.message().contains(words), "{sql}: {error}");
    }
    for catalog in ["awsdatacatalog", "AwsDataCatalog", "hive"] {
        assert_eq!(lake.run(&format!("SHOW COLUMNS IN {catalog}.default.ticks")).await.unwrap().len(), 3);
        assert!(lake.run(&format!("SELECT sym FROM {catalog}.default.ticks LIMIT 0")).await.is_ok(), "{catalog}");
    }
}

#[tokio::test]
async fn views_see_the_database_they_were_made_in() {
    let mut lake = Lake::ticks().await;
    lake.run("CREATE DATABASE other").await.unwrap();
    lake.run("CREATE VIEW other.v AS SELECT sym, px * 2 AS twice FROM ticks WHERE px > 1.5").await.unwrap();
    lake.run("USE other").await.unwrap();
    assert_eq!(lake.run("SELECT twice FROM v ORDER BY 1").await.unwrap(), ["4.0", "8.0"]);
}
