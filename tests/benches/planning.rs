//! How long a statement takes from its text to a plan that can run: `cargo bench -p tests --bench planning`, medians in milliseconds.
//! The aim is 50 ms for each. TPC-DS's query 64 needs its tables: `CIVETTA_TPCDS` names a folder of them, TABLE/*.parquet.

#![allow(clippy::unwrap_used, clippy::panic, clippy::print_stdout, reason = "a bench ends where it cannot measure, and prints")]

use std::path::Path;
use std::sync::Arc;
use std::time::Instant;

use catalog::crawl::{Places, Progress, Request, run};
use catalog::crawler::S3Target;
use catalog::local::LocalCatalog;
use catalog::storage::{Storage, StorageConfig};
use engine::{Engine, Session, Settings};
use sql::Statement;

/// The allocator that `civetta` has: a plan is made of very many small pieces.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

const ROUNDS: usize = 21;
const COLUMNS: usize = 200;

#[tokio::main]
async fn main() {
    let folder = tempfile::tempdir().unwrap();
    let engine = engine(folder.path()).await;
    let mut session = Session::default();
    let columns = |of: fn(usize) -> String| (0..COLUMNS).map(of).collect::<Vec<_>>().join(", ");
    let location = format!("file://{}/data/t/", folder.path().display());
    std::fs::create_dir_all(folder.path().join("data/t")).unwrap();
    for statement in [
        format!("CREATE EXTERNAL TABLE t ({}) STORED AS PARQUET LOCATION '{location}'", columns(|at| format!("c{at} bigint"))),
        format!("CREATE VIEW v AS SELECT {} FROM t", columns(|at| format!("c{at} + 1 AS c{at}"))),
        format!("CREATE VIEW w AS SELECT {} FROM v", columns(|at| format!("coalesce(c{at}, 0) AS c{at}"))),
    ] {
        engine.run(&mut session, &statement).await.unwrap();
    }
    let terms = (0..1000).map(|term| (term * 7).to_string()).collect::<Vec<_>>().join(", ");
    measure(&engine, &session, "a list of 1000 terms", &format!("SELECT count(*) FROM t WHERE c1 IN ({terms})")).await;
    measure(&engine, &session, "a view over a view of 200 columns", "SELECT * FROM w WHERE c3 > 5").await;
    let Ok(tables) = std::env::var("CIVETTA_TPCDS") else {
        println!("TPC-DS q64: not measured, CIVETTA_TPCDS names no folder of its tables");
        return;
    };
    let Ok(query) = std::fs::read_to_string(Path::new(&tables).join("q64.sql")) else {
        println!("TPC-DS q64: not measured, {tables} has no q64.sql");
        return;
    };
    crawl(&engine, folder.path(), &tables).await;
    session.database = "tpcds".to_string();
    measure(&engine, &session, "TPC-DS q64", &query).await;
}

async fn engine(folder: &Path) -> Engine {
    let catalog = Arc::new(LocalCatalog::open(folder).await.unwrap());
    let storage = Storage::new(StorageConfig::local(folder)).await.unwrap();
    let settings = Settings { memory: None, threads: Some(2), spill: folder.join("spill"), spill_limit: None, locations: false };
    Engine::new(catalog, storage, settings).unwrap()
}

async fn crawl(engine: &Engine, folder: &Path, tables: &str) {
    let catalog = LocalCatalog::open(folder).await.unwrap();
    let target = S3Target { path: format!("file://{}/", tables.trim_end_matches('/')), ..S3Target::default() };
    let request = Request { database: "tpcds".to_string(), targets: vec![target], ..Request::default() };
    let places = Places { storage: engine.storage(), catalog: &catalog, home: &catalog };
    run(request, places, &Arc::new(Progress::default()), false).await.unwrap();
}

async fn measure(engine: &Engine, session: &Session, name: &str, text: &str) {
    let mut times = vec![];
    for _ in 0..ROUNDS {
        let start = Instant::now();
        let Statement::Query(query) = sql::parse(text).unwrap() else { panic!("{name} is no query") };
        engine.physical_plan(session, &query).await.unwrap();
        times.push(start.elapsed().as_secs_f64() * 1e3);
    }
    times.sort_by(f64::total_cmp);
    println!("{name:<36} {:>7.1} ms", times[ROUNDS / 2]);
}
