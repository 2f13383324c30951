//! `SELECT 1` through unchanged PyAthena against the release build and against a server that does nothing, in turn:
//! `cargo build --release --bin civetta && CIVETTA_PYTHON=.venv/bin/python cargo bench -p tests --bench latency`.
//!
//! What a client waits alone and with 31 others at once, what the server spends on a query, how long it takes to listen, and what
//! it holds while it has nothing to do. Linux alone: the figures are the kernel's.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "a bench ends where it cannot measure, and prints"
)]

use std::net::{SocketAddr, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use bytes::Bytes;
use http_body_util::{BodyExt as _, Full};
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;
use tokio::net::TcpListener;

const ROUNDS: usize = 3;
const ID: &str = "9f1d5f0c-8b0e-4a55-9d1c-0d6f3c1e2b7a";

#[tokio::main(flavor = "multi_thread", worker_threads = 2)]
async fn main() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let nothing = listener.local_addr().unwrap();
    tokio::spawn(do_nothing(listener));
    let folder = tempfile::tempdir().unwrap();
    let mut starts = vec![];
    for round in 0..5 {
        let (mut server, _, start) = start(&folder.path().join(round.to_string()));
        starts.push(start.as_secs_f64() * 1000.0);
        end(&mut server);
    }
    println!("start to listening {:.0} ms, the median of 5", median(&mut starts));
    let (mut server, ours, _) = start(&folder.path().join("data"));
    std::thread::sleep(Duration::from_secs(1));
    println!("idle memory {} MB", kilobytes(&server, "VmRSS") / 1024);
    for (clients, seconds) in [(1, 5), (32, 15)] {
        let (mut waits, mut processor) = ([vec![], vec![]], vec![]);
        for _ in 0..ROUNDS {
            waits[0].push(load(nothing, clients, seconds));
            let before = spent(&server);
            let answered = load(ours, clients, seconds);
            processor.push((spent(&server) - before) / answered.queries);
            waits[1].push(answered);
        }
        for (name, rounds) in ["nothing", "civetta"].into_iter().zip(&waits) {
            let of = |part: fn(&Waits) -> f64| median(&mut rounds.iter().map(part).collect::<Vec<_>>());
            println!("{clients} clients, {name}: p50 {:.1} ms, p99 {:.1} ms", of(|w| w.p50), of(|w| w.p99));
        }
        let ratios = waits[0].iter().zip(&waits[1]).map(|(nothing, ours)| ours.p99 / nothing.p99);
        println!(
            "  p99 {:.2} times; the server's processor {:.2} ms a query",
            median(&mut ratios.collect::<Vec<_>>()),
            median(&mut processor)
        );
    }
    end(&mut server);
}

/// A server on a folder of its own, its address, and how long it took to listen.
fn start(data: &Path) -> (Child, SocketAddr, Duration) {
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let begun = Instant::now();
    let child = Command::new(binary())
        .args(["--data", data.to_str().unwrap(), "serve", "--listen", &port.to_string()])
        .stderr(Stdio::null())
        .spawn()
        .expect("the release build: cargo build --release --bin civetta");
    while TcpStream::connect(port).is_err() {
        std::thread::sleep(Duration::from_millis(1));
    }
    (child, port, begun.elapsed())
}

fn end(server: &mut Child) {
    server.kill().unwrap();
    server.wait().unwrap();
}

/// `civetta` beside this program's folder.
fn binary() -> PathBuf {
    std::env::current_exe().unwrap().parent().and_then(Path::parent).unwrap().join("civetta")
}

/// What clients waited for one query, in milliseconds.
struct Waits {
    queries: f64,
    p50: f64,
    p99: f64,
}

fn load(address: SocketAddr, clients: usize, seconds: u64) -> Waits {
    let python = std::env::var("CIVETTA_PYTHON").expect("CIVETTA_PYTHON: a Python with PyAthena, such as `make venv` makes");
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("benches/latency.py");
    let arguments = [format!("http://{address}"), clients.to_string(), seconds.to_string()];
    let ran = Command::new(python).arg(script).args(arguments).stderr(Stdio::inherit()).output().unwrap();
    assert!(ran.status.success(), "the clients failed");
    let mut waits: Vec<f64> =
        String::from_utf8(ran.stdout).unwrap().split_whitespace().map(|wait| wait.parse().unwrap()).collect();
    waits.sort_by(f64::total_cmp);
    let at = |part: f64| waits[((waits.len() - 1) as f64 * part) as usize];
    Waits { queries: waits.len() as f64, p50: at(0.5), p99: at(0.99) }
}

fn median(values: &mut [f64]) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

/// Milliseconds of processor that the process has spent; the kernel counts in hundredths of a second.
fn spent(process: &Child) -> f64 {
    let stat = std::fs::read_to_string(format!("/proc/{}/stat", process.id())).unwrap();
    let fields: Vec<&str> = stat.rsplit(')').next().unwrap().split_whitespace().collect();
    (fields[11].parse::<f64>().unwrap() + fields[12].parse::<f64>().unwrap()) * 10.0
}

fn kilobytes(process: &Child, what: &str) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{}/status", process.id())).unwrap();
    let line = status.lines().find(|line| line.starts_with(what)).unwrap();
    line.split_whitespace().nth(1).unwrap().parse().unwrap()
}

/// Athena's answers without a query: the floor that any server stands on.
async fn do_nothing(listener: TcpListener) {
    loop {
        let (stream, _) = listener.accept().await.unwrap();
        tokio::spawn(async move {
            _ = hyper::server::conn::http1::Builder::new().serve_connection(TokioIo::new(stream), service_fn(nothing)).await;
        });
    }
}

async fn nothing(request: Request<Incoming>) -> Result<Response<Full<Bytes>>, hyper::Error> {
    let target = request.headers().get("x-amz-target").map(|target| target.to_str().unwrap().to_owned()).unwrap_or_default();
    request.into_body().collect().await?;
    let row = |value: &str| serde_json::json!({"Data": [{"VarCharValue": value}]});
    let column = serde_json::json!({
        "CatalogName": "hive", "SchemaName": "", "TableName": "", "Name": "_col0", "Label": "_col0", "Type": "integer", "Precision": 10,
        "Scale": 0, "Nullable": "UNKNOWN", "CaseSensitive": false,
    });
    let answer = match target.as_str() {
        "AmazonAthena.StartQueryExecution" => serde_json::json!({ "QueryExecutionId": ID }),
        "AmazonAthena.GetQueryExecution" => serde_json::json!({"QueryExecution": {
            "QueryExecutionId": ID, "Query": "SELECT 1", "StatementType": "DML", "WorkGroup": "primary",
            "ResultConfiguration": {"OutputLocation": format!("s3://civetta-results/{ID}.csv")},
            "Status": {"State": "SUCCEEDED", "SubmissionDateTime": 1.7e9, "CompletionDateTime": 1.7e9},
            "Statistics": {"EngineExecutionTimeInMillis": 1, "DataScannedInBytes": 0},
        }}),
        "AmazonAthena.GetQueryResults" => serde_json::json!({
            "UpdateCount": 0, "ResultSet": {"Rows": [row("_col0"), row("1")], "ResultSetMetadata": {"ColumnInfo": [column]}},
        }),
        other => panic!("no answer to {other}"),
    };
    let body = Full::new(Bytes::from(answer.to_string()));
    Ok(Response::builder().header("content-type", "application/x-amz-json-1.1").body(body).unwrap())
}
