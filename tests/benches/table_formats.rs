//! Delta tables: how long a plan over a long log takes, and what a scan through the log costs beside plain Parquet:
//! `CIVETTA_PYTHON=.venv/bin/python cargo bench -p tests --bench table_formats`; medians in milliseconds. The aim is 500 ms for a plan.
//! Python's deltalake writes the checkpoint and runs the same query; each plan is an engine's first, so no log is read already.

#![allow(clippy::unwrap_used, clippy::panic, clippy::print_stdout, reason = "a bench ends where it cannot measure, and prints")]

use std::fmt::Write as _;
use std::path::Path;
use std::process::Command;
use std::sync::Arc;
use std::time::Instant;

use arrow::array::{ArrayRef, Float64Array, Int64Array, RecordBatch, StringArray};
use catalog::local::LocalCatalog;
use catalog::storage::{Storage, StorageConfig};
use engine::{Engine, Session, Settings};
use futures::TryStreamExt;
use parquet::arrow::ArrowWriter;
use sql::Statement;

const ROUNDS: usize = 5;
const FILES: usize = 100_000;
const COMMITS: usize = 10_000;
const PARQUET_FILES: i64 = 8;
const ROWS: i64 = 1 << 20;
const QUERY: &str = "SELECT s, count(*), sum(x) FROM t WHERE id > 1000 GROUP BY s";

const HEAD: &str = r#"{"protocol":{"minReaderVersion":1,"minWriterVersion":2}}
{"metaData":{"id":"7b8d1a39-b7ee-4a2f-8b5e-0d1fb9a3e1c1","format":{"provider":"parquet","options":{}},"schemaString":"{\"type\":\"struct\",\"fields\":[{\"name\":\"id\",\"type\":\"long\",\"nullable\":true,\"metadata\":{}},{\"name\":\"x\",\"type\":\"double\",\"nullable\":true,\"metadata\":{}},{\"name\":\"s\",\"type\":\"string\",\"nullable\":true,\"metadata\":{}}]}","partitionColumns":[],"configuration":{},"createdTime":1}}
"#;

#[tokio::main]
async fn main() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    for file in 0..PARQUET_FILES {
        parquet(&at(&format!("scan/f{file}.parquet")), file * ROWS);
    }
    let wide = at("files");
    commit(
        &wide,
        0,
        &(0..FILES).fold(HEAD.to_string(), |log, file| log + &add(&format!("f{file}.parquet"), 1000, file as i64 * 10, 10)),
    );
    plan("a plan over 100,000 files in a commit", &wide).await;
    let long = at("commits");
    for version in 0..COMMITS {
        let head = if version == 0 { HEAD } else { "" };
        commit(&long, version, &format!("{head}{}", add(&format!("f{version}.parquet"), 1000, version as i64 * 10, 10)));
        if version == COMMITS - 10 {
            python(&["checkpoint", &long.to_string_lossy()]);
        }
    }
    plan("a plan over 10,000 commits, 9 after the checkpoint", &long).await;

    let plain = scan(&at("scan"), "PARQUET").await;
    let mut log = HEAD.to_string();
    for file in 0..PARQUET_FILES {
        let name = format!("f{file}.parquet");
        let size = at("scan").join(&name).metadata().unwrap().len();
        log += &add(&name, size, file * ROWS, ROWS);
    }
    commit(&at("scan"), 0, &log);
    let delta = scan(&at("scan"), "DELTA").await;
    println!("{QUERY}: {} rows", PARQUET_FILES * ROWS);
    println!("{:<52} {plain:>7.1} ms", "plain Parquet");
    println!("{:<52} {delta:>7.1} ms, {:.2} times plain", "through the Delta log", delta / plain);
    if let Some(said) = python(&[&at("scan").to_string_lossy(), QUERY]) {
        println!("{:<52} {said} ms", "deltalake: the log alone, the query");
    }
}

/// Rows of a whole number, a double and one of 100 texts.
fn parquet(path: &Path, from: i64) {
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    let ids = Int64Array::from_iter_values(from..from + ROWS);
    let doubles = Float64Array::from_iter_values((0..ROWS).map(|row| (row * 7919 % 10_007) as f64 / 8.0));
    let texts = StringArray::from_iter_values((0..ROWS).map(|row| format!("s{}", row * 31 % 100)));
    let columns: [(&str, ArrayRef); 3] = [("id", Arc::new(ids)), ("x", Arc::new(doubles)), ("s", Arc::new(texts))];
    let batch = RecordBatch::try_from_iter(columns).unwrap();
    let mut writer = ArrowWriter::try_new(std::fs::File::create(path).unwrap(), batch.schema(), None).unwrap();
    writer.write(&batch).unwrap();
    writer.close().unwrap();
}

/// The line of a log that adds a file.
fn add(name: &str, size: u64, least: i64, rows: i64) -> String {
    let mut line = String::new();
    let stats = format!(
        r#"{{\"numRecords\":{rows},\"minValues\":{{\"id\":{least}}},\"maxValues\":{{\"id\":{}}},\"nullCount\":{{\"id\":0}}}}"#,
        least + rows - 1
    );
    writeln!(
        line,
        r#"{{"add":{{"path":"{name}","partitionValues":{{}},"size":{size},"modificationTime":1,"dataChange":true,"stats":"{stats}"}}}}"#
    )
    .unwrap();
    line
}

fn commit(table: &Path, version: usize, log: &str) {
    let folder = table.join("_delta_log");
    std::fs::create_dir_all(&folder).unwrap();
    std::fs::write(folder.join(format!("{version:020}.json")), log).unwrap();
}

/// What Python's deltalake says; None where there is no Python for it.
fn python(arguments: &[&str]) -> Option<String> {
    let python = std::env::var_os("CIVETTA_PYTHON")?;
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("benches/table_formats.py");
    let ran = Command::new(python).arg(script).args(arguments).output().unwrap();
    assert!(ran.status.success(), "{}", String::from_utf8_lossy(&ran.stderr));
    Some(String::from_utf8_lossy(&ran.stdout).trim().to_string())
}

/// An engine that has read nothing yet.
async fn engine(home: &Path) -> Engine {
    let catalog = Arc::new(LocalCatalog::open(home).await.unwrap());
    let storage = Storage::new(StorageConfig::local(home)).await.unwrap();
    let settings = Settings { memory: None, threads: Some(2), spill: home.join("spill"), spill_limit: None, locations: false };
    Engine::new(catalog, storage, settings).unwrap()
}

/// The folder becomes the table `t`.
async fn register(engine: &Engine, table: &Path, form: &str) {
    let location = format!("file://{}/", table.display());
    let statement = match form {
        "DELTA" => format!("CREATE EXTERNAL TABLE t LOCATION '{location}' TBLPROPERTIES ('table_type' = 'DELTA')"),
        _ => format!("CREATE EXTERNAL TABLE t (id bigint, x double, s string) STORED AS PARQUET LOCATION '{location}'"),
    };
    engine.run(&mut Session::default(), &statement).await.unwrap();
}

async fn plan(what: &str, table: &Path) {
    let home = tempfile::tempdir().unwrap();
    register(&engine(home.path()).await, table, "DELTA").await;
    let mut times = vec![];
    for _ in 0..ROUNDS {
        let fresh = engine(home.path()).await;
        let Statement::Query(query) = sql::parse("SELECT * FROM t WHERE id = 75").unwrap() else { panic!("no query") };
        let start = Instant::now();
        fresh.physical_plan(&Session::default(), &query).await.unwrap();
        times.push(start.elapsed().as_secs_f64() * 1e3);
    }
    times.sort_by(f64::total_cmp);
    println!("{what:<52} {:>7.1} ms", times[ROUNDS / 2]);
}

async fn scan(table: &Path, form: &str) -> f64 {
    let home = tempfile::tempdir().unwrap();
    let engine = engine(home.path()).await;
    register(&engine, table, form).await;
    let mut session = Session::default();
    let mut times = vec![];
    for _ in 0..2 * ROUNDS + 1 {
        let start = Instant::now();
        let rows: Vec<_> = engine.run(&mut session, QUERY).await.unwrap().rows.try_collect().await.unwrap();
        assert_eq!(rows.iter().map(|batch| batch.num_rows()).sum::<usize>(), 100);
        times.push(start.elapsed().as_secs_f64() * 1e3);
    }
    times.sort_by(f64::total_cmp);
    times[ROUNDS]
}
