//! Runs SQL for a judge: one case in JSON a line of standard input, its answer in JSON a line of standard output. The cases have
//! an engine over an embedded catalog in a temporary folder to themselves; `tests/conformance/run.py` starts this and judges.
//!
//! In: `{"sql", "setup": [sql…], "time_zone", "decimals": bool, "newer": bool, "parse": bool}`.
//! Out: `{"types": [Trino's name…], "rows": [[value…]…]}`, or `{"error": "NAME: message"}`, with `"panicked": true` where a library
//! panicked. Arguments: the seconds that a case may take, and a folder of Parquet files, each in a folder of its table's name,
//! which become the tables of the database `default`.

mod values;

use std::io::{BufRead, Write};
use std::panic::AssertUnwindSafe;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use catalog::crawl::{Places, Progress, Request, run};
use catalog::crawler::S3Target;
use catalog::local::LocalCatalog;
use catalog::storage::{Storage, StorageConfig};
use catalog::{Error, Result};
use engine::{Engine, Properties, Session, Settings};
use futures::{FutureExt, TryStreamExt};
use serde_json::{Value, json};

/// Whether a panic was seen since the last case began, on whatever thread.
static PANICKED: AtomicBool = AtomicBool::new(false);

#[tokio::main]
async fn main() -> std::result::Result<(), Box<dyn std::error::Error>> {
    std::panic::set_hook(Box::new(|_| PANICKED.store(true, Ordering::Relaxed)));
    let mut arguments = std::env::args().skip(1);
    let seconds = arguments.next().map_or(Ok(20), |seconds| seconds.parse())?;
    let folder = tempfile::tempdir()?;
    let engine = engine(folder.path(), arguments.next().as_deref()).await?;
    let mut output = std::io::stdout().lock();
    for line in std::io::stdin().lock().lines() {
        let case: Value = serde_json::from_str(&line?)?;
        writeln!(output, "{}", answer(&engine, &case, Duration::from_secs(seconds)).await)?;
        output.flush()?;
    }
    Ok(())
}

/// An engine with nothing in its catalog but the tables of `tables`.
async fn engine(folder: &Path, tables: Option<&str>) -> Result<Engine> {
    let catalog = LocalCatalog::open(folder).await?;
    let storage = Storage::new(StorageConfig::local(folder)).await?;
    if let Some(tables) = tables {
        let target = S3Target { path: format!("file://{}/", tables.trim_end_matches('/')), ..S3Target::default() };
        let request = Request { database: "default".to_string(), targets: vec![target], ..Request::default() };
        let places = Places { storage: &storage, catalog: &catalog, home: &catalog };
        run(request, places, &Arc::new(Progress::default()), false).await?;
    }
    let spill = folder.join("spill");
    let settings = Settings { memory: None, threads: Some(2), spill, spill_limit: None, locations: false };
    Engine::new(Arc::new(catalog), storage, settings)
}

/// What the judge gets of a case; it never fails and never panics.
async fn answer(engine: &Engine, case: &Value, limit: Duration) -> Value {
    PANICKED.store(false, Ordering::Relaxed);
    let text = |member: &str| case[member].as_str().unwrap_or_default();
    let ran = async {
        if case["parse"] == true {
            return sql::parse(text("sql")).map(|_| json!({"types": [], "rows": []}));
        }
        let properties = Properties {
            time_zone: text("time_zone").to_string(),
            decimal_literals: case["decimals"] == true,
            legacy_arithmetic_decimal_operators: case["newer"] != true,
            legacy_varchar_to_char_coercion: case["newer"] != true,
            ..Properties::default()
        };
        let mut session = Session { timeout: Some(limit), properties, ..Session::default() };
        for statement in case["setup"].as_array().into_iter().flatten().filter_map(Value::as_str) {
            rows(engine, &mut session, statement).await?;
        }
        rows(engine, &mut session, text("sql")).await
    };
    let ran = AssertUnwindSafe(ran).catch_unwind().await.unwrap_or_else(|_| Err(Error::internal("a panic")));
    let panicked = PANICKED.load(Ordering::Relaxed);
    match ran {
        Ok(answer) if !panicked => answer,
        Ok(_) => json!({"error": Error::internal("a panic on another thread").to_string(), "panicked": true}),
        Err(error) => json!({"error": error.to_string(), "panicked": panicked}),
    }
}

async fn rows(engine: &Engine, session: &mut Session, sql: &str) -> Result<Value> {
    let answer = engine.run(session, sql).await?;
    let types = answer.columns.iter().map(|column| column.r#type.to_string()).collect::<Vec<_>>();
    let batches: Vec<_> = answer.rows.try_collect().await?;
    let mut rows: Vec<Vec<Value>> = vec![];
    for batch in batches {
        let mut columns = vec![];
        for column in batch.columns() {
            columns.push(values::of(column)?.into_iter());
        }
        for _ in 0..batch.num_rows() {
            rows.push(columns.iter_mut().filter_map(Iterator::next).collect());
        }
    }
    Ok(json!({"types": types, "rows": rows}))
}
