//! A crawl of many one-record objects on an S3 with latency, against the listing and the GETs alone on the same client:
//! `cargo bench -p tests --bench crawl_s3 [-- OBJECTS]`. Both in turn, the median of five; the S3 runs in this process.

#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "a bench ends where it cannot measure, and prints")]

#[allow(dead_code, reason = "the tests use the rest")]
#[path = "../tests/it/s3_server.rs"]
mod s3_server;

use std::sync::Arc;
use std::time::{Duration, Instant};

use catalog::crawl::{Places, Progress, Request, run};
use catalog::crawler::S3Target;
use catalog::local::LocalCatalog;
use catalog::storage::{Access, Credentials, Listed, Location, S3, Storage, StorageConfig};
use futures::{StreamExt, TryStreamExt};

use s3_server::{Faults, KEY, S3Server, SECRET};

const RUNS: usize = 5;
const LATENCY: Duration = Duration::from_millis(20);

#[tokio::main]
async fn main() {
    let count: usize = std::env::args().skip(1).find_map(|argument| argument.parse().ok()).unwrap_or(100_000);
    let server = S3Server::start(Faults { latency: LATENCY, ..Faults::default() }).await;
    server.memory.create_bucket("ticks");
    for at in 0..count {
        let tick =
            format!("{{\"Index\": \"N225\", \"Date\": \"2021-06-01\", \"Open\": {at}.25, \"Close\": {at}.5, \"Volume\": {at}}}");
        server.memory.put("ticks", &format!("t/stock_market_{at}.json"), tick);
    }
    let (mut alone, mut crawled) = (vec![], vec![]);
    for _ in 0..RUNS {
        alone.push(requests_alone(&server).await);
        crawled.push(crawl(&server).await);
    }
    let (alone, crawled) = (median(alone), median(crawled));
    println!("{count} objects, {} ms a request, median of {RUNS}", LATENCY.as_millis());
    println!("listing and GETs alone {:7.2} s", alone.as_secs_f64());
    println!("crawl                  {:7.2} s   {:.2} times", crawled.as_secs_f64(), crawled.as_secs_f64() / alone.as_secs_f64());
}

async fn storage(server: &S3Server) -> Storage {
    let access = Access::Keys(Credentials::new(KEY, SECRET, None, None, "bench"));
    let s3 = S3::Endpoint { url: server.url.clone(), access };
    Storage::new(StorageConfig { s3, ..StorageConfig::local("/nowhere") }).await.unwrap()
}

/// Lists everything and then gets everything, 256 requests in flight, and looks at nothing.
async fn requests_alone(server: &S3Server) -> Duration {
    let storage = storage(server).await;
    let folder = Location::parse("s3://ticks/t/").unwrap();
    let start = Instant::now();
    let pages: Vec<Vec<Listed>> = storage.list(&folder).try_collect().await.unwrap();
    let keys = pages.into_iter().flatten().filter_map(|listed| match listed {
        Listed::Object(object) => Some(object.key),
        Listed::Skipped(_) => None,
    });
    let mut objects = storage.get_many(&folder, keys.enumerate().collect(), None);
    let mut bytes = 0;
    while let Some((_, content)) = objects.next().await {
        bytes += content.unwrap().len();
    }
    assert!(bytes > 0);
    start.elapsed()
}

async fn crawl(server: &S3Server) -> Duration {
    let storage = storage(server).await;
    let data = tempfile::tempdir().unwrap();
    let home = LocalCatalog::open(data.path()).await.unwrap();
    let target = S3Target { path: "s3://ticks/t/".into(), ..S3Target::default() };
    let request = Request { database: "bench".into(), targets: vec![target], ..Request::default() };
    let start = Instant::now();
    let places = Places { storage: &storage, catalog: &home, home: &home };
    let report = run(request, places, &Arc::new(Progress::default()), false).await.unwrap();
    assert_eq!(report.tables.len(), 1);
    start.elapsed()
}

fn median(mut times: Vec<Duration>) -> Duration {
    times.sort();
    times[times.len() / 2]
}
