//! The protocol over a server's handlers, without a client: what is asked and what is answered.

use std::sync::Arc;

use axum::body::{Body, to_bytes};
use axum::extract::Request;
use axum::http::{HeaderMap, StatusCode};
use serde_json::{Value, json};

use crate::access::Exchange;
use crate::dispatch::dispatch;
use crate::listen::Peer;
use crate::serve::Shared;

struct Answer {
    status: StatusCode,
    headers: HeaderMap,
    body: Vec<u8>,
}

impl Answer {
    fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap()
    }
}

async fn send(shared: &Shared, method: &str, uri: &str, headers: &[(&str, &str)], body: &str) -> Answer {
    let path = uri.strip_prefix("http://localhost:1").unwrap_or(uri);
    let mut request = Request::builder().method(method).uri(path).header("host", "localhost:1");
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let (mut head, body) = request.body(Body::from(body.to_owned())).unwrap().into_parts();
    head.extensions.insert(Peer { address: "127.0.0.1:9".parse().unwrap() });
    let exchange = Arc::new(Exchange::new(shared.metrics.clone(), Peer::of(&head), head.method.clone()));
    let (head, body) = dispatch(shared, &exchange, Request::from_parts(head, body)).await.unwrap().into_parts();
    Answer { status: head.status, headers: head.headers, body: to_bytes(body, usize::MAX).await.unwrap().to_vec() }
}

const ME: (&str, &str) = ("x-trino-user", "me");

/// Runs a statement to its end: the last answer.
async fn run(shared: &Shared, headers: &[(&str, &str)], text: &str) -> Answer {
    let headers: Vec<_> = headers.iter().copied().chain([ME]).collect();
    let mut answer = send(shared, "POST", "/v1/statement", &headers, text).await;
    for _ in 0..60 {
        let document = answer.json();
        let Some(next) = document["nextUri"].as_str().filter(|_| document.get("data").is_none()) else { break };
        answer = send(shared, "GET", next, &headers, "").await;
    }
    answer
}

#[tokio::test(flavor = "multi_thread")]
async fn a_query_is_begun_and_its_rows_are_at_the_next_address() {
    let folder = tempfile::tempdir().unwrap();
    let shared = Shared::embedded(folder.path()).await;
    let first = send(&shared, "POST", "/v1/statement", &[ME], "SELECT 1 AS a, 1.50 AS b, NULL AS c").await;
    let document = first.json();
    assert_eq!((first.status, document.get("data")), (StatusCode::OK, None));
    let next = document["nextUri"].as_str().unwrap();
    let id = document["id"].as_str().unwrap();
    assert!(next.starts_with(&format!("http://localhost:1/v1/statement/queued/{id}/")), "{next}");
    let done = send(&shared, "GET", next, &[ME], "").await.json();
    assert_eq!((&done["data"], done.get("nextUri")), (&json!([[1, "1.50", null]]), None), "{done}");
    let types: Vec<&Value> = done["columns"].as_array().unwrap().iter().map(|column| &column["type"]).collect();
    assert_eq!(types, ["integer", "decimal(3, 2)", "unknown"]);
    assert_eq!(done["stats"]["state"], "FINISHED");
    assert_eq!(send(&shared, "HEAD", next, &[ME], "").await.status, StatusCode::OK);
    assert_eq!(send(&shared, "DELETE", next, &[ME], "").await.status, StatusCode::NO_CONTENT);
    let guessed = next.rsplitn(3, '/').last().unwrap();
    assert_eq!(send(&shared, "GET", &format!("{guessed}/slug/1"), &[ME], "").await.status, StatusCode::NOT_FOUND);
    let about = send(&shared, "GET", &format!("/v1/query/{id}"), &[ME], "").await.json();
    assert_eq!((&about["state"], &about["session"]["user"]), (&json!("FINISHED"), &json!("me")));
    assert_eq!(send(&shared, "GET", "/v1/info", &[], "").await.json()["coordinator"], true);
    assert_eq!(send(&shared, "GET", "/v1/nothing", &[], "").await.status, StatusCode::NOT_FOUND);
    assert_eq!(send(&shared, "POST", "/v1/statement", &[], "SELECT 1").await.status, StatusCode::UNAUTHORIZED);
}

#[tokio::test(flavor = "multi_thread")]
async fn errors_are_the_querys_and_not_the_requests() {
    let folder = tempfile::tempdir().unwrap();
    let shared = Shared::embedded(folder.path()).await;
    for (text, name, message) in [
        ("SELEC 1", "SYNTAX_ERROR", "line 1:1: mismatched input 'SELEC'"),
        ("SELECT * FROM nope", "TABLE_NOT_FOUND", "line 1:15: Table 'awsdatacatalog.default.nope' does not exist"),
        ("SELECT 1/0", "DIVISION_BY_ZERO", "Division by zero"),
        ("SHOW COLUMNS FROM nope", "TABLE_NOT_FOUND", "Table 'awsdatacatalog.default.nope' does not exist"),
        ("SHOW TABLES FROM nope", "SCHEMA_NOT_FOUND", "Schema 'nope' does not exist"),
        ("SELECT ?", "INVALID_PARAMETER_USAGE", "Incorrect number of parameters: expected 1 but found 0"),
    ] {
        let answer = run(&shared, &[], text).await;
        let error = &answer.json()["error"];
        assert_eq!((answer.status, &error["errorName"]), (StatusCode::OK, &json!(name)), "{text}: {error}");
        assert!(error["message"].as_str().unwrap().starts_with(message), "{text}: {error}");
    }
    let unknown = run(&shared, &[("x-trino-session", "nope=1")], "SELECT 1").await.json();
    assert!(unknown["error"]["message"].as_str().unwrap().contains("'nope' does not exist"), "{unknown}");
    let elsewhere = run(&shared, &[("x-trino-catalog", "rig")], "SELECT * FROM a.b").await.json();
    assert!(elsewhere["error"]["message"].as_str().unwrap().contains("'rig' does not exist"), "{elsewhere}");
}

#[tokio::test(flavor = "multi_thread")]
async fn changes_of_the_session_are_headers() {
    let folder = tempfile::tempdir().unwrap();
    let shared = Shared::embedded(folder.path()).await;
    for (text, header, value) in [
        ("PREPARE p FROM SELECT ? + 1", "x-trino-added-prepare", "p=SELECT%20%3F%20%2B%201"),
        ("SET SESSION decimal_literals = false", "x-trino-set-session", "decimal_literals=false"),
        ("RESET SESSION decimal_literals", "x-trino-clear-session", "decimal_literals"),
        ("SET TIME ZONE 'Europe/Berlin'", "x-trino-set-session", "time_zone_id=Europe%2FBerlin"),
        ("USE system.runtime", "x-trino-set-catalog", "system"),
        ("USE default", "x-trino-set-schema", "default"),
        ("COMMIT", "x-trino-clear-transaction-id", "true"),
    ] {
        let answer = run(&shared, &[], text).await;
        assert_eq!(answer.headers.get(header).map(|value| value.to_str().unwrap()), Some(value), "{text}");
        assert_eq!(answer.json()["data"], json!([[true]]), "{text}");
        assert!(answer.json()["updateType"].is_string(), "{text}");
    }
    assert!(run(&shared, &[], "START TRANSACTION").await.headers.contains_key("x-trino-started-transaction-id"));
    let prepared = [("x-trino-prepared-statement", "p=SELECT+%3F+%2B+1")];
    assert_eq!(run(&shared, &prepared, "EXECUTE p USING 4").await.json()["data"], json!([[5]]));
    let deallocated = run(&shared, &prepared, "DEALLOCATE PREPARE p").await;
    assert_eq!(deallocated.headers["x-trino-deallocated-prepare"], "p");
    assert_eq!(run(&shared, &[], "EXECUTE p").await.json()["error"]["errorName"], "NOT_FOUND");
    let zone = [("x-trino-time-zone", "Asia/Tokyo")];
    assert_eq!(run(&shared, &zone, "SELECT current_timezone()").await.json()["data"], json!([["Asia/Tokyo"]]));
}

#[tokio::test(flavor = "multi_thread")]
async fn answers_are_compressed_and_come_in_pages() {
    let folder = tempfile::tempdir().unwrap();
    let shared = Shared::embedded(folder.path()).await;
    let text = "SELECT x, 'some text that makes rows longer, number ' || CAST(x AS varchar) FROM UNNEST(sequence(1, 100)) a(n), \
                UNNEST(sequence(1, 1000)) b(x)";
    let headers = [ME, ("accept-encoding", "gzip, deflate")];
    let mut next = send(&shared, "POST", "/v1/statement", &headers, text).await.json()["nextUri"].as_str().map(str::to_owned);
    let (mut rows, mut pages) = (0, 0);
    while let Some(uri) = next {
        let answer = send(&shared, "GET", &uri, &headers, "").await;
        let document: Value = match answer.headers.contains_key("content-encoding") {
            true => serde_json::from_reader(flate2::read::GzDecoder::new(answer.body.as_slice())).unwrap(),
            false => answer.json(),
        };
        assert!(document.get("error").is_none(), "{document}");
        let data = document["data"].as_array().map_or(0, Vec::len);
        rows += data;
        pages += usize::from(data > 0);
        next = document["nextUri"].as_str().map(str::to_owned);
    }
    assert!(rows == 100_000 && pages > 1, "{rows} rows in {pages} pages");
}
