//! Statements that take longer than they may.

use std::time::{Duration, Instant};

use super::*;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_statement_over_its_time_is_cancelled_and_frees_everything() {
    let mut lake = Lake::new().await;
    let lines: String = (0..60_000).map(|x| format!("{{\"x\":{x}}}\n")).collect();
    lake.put("s3://lake/t/a.json", &lines).await;
    lake.run("CREATE EXTERNAL TABLE t (x bigint) ROW FORMAT SERDE 'org.openx.data.jsonserde.JsonSerDe' LOCATION 's3://lake/t/'")
        .await
        .unwrap();
    let long = "SELECT count(*), max(a.x + b.x) FROM t a JOIN t b ON a.x % 10 = b.x % 10";
    lake.session.timeout = Some(Duration::from_millis(300));
    for sql in [long.to_string(), format!("EXPLAIN ANALYZE {long}")] {
        let started = Instant::now();
        let error = lake.run(&sql).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::TimedOut, "{error}");
        assert!(error.message().contains("300ms"), "{error}");
        assert!(started.elapsed() < Duration::from_secs(20), "{:?}", started.elapsed());
    }
    lake.freed().await;
    assert_eq!(lake.run("SELECT count(*) FROM t").await.unwrap(), ["60000"], "a short one has time enough");
}

/// The task that computes keeps the time, so a reader that stopped reading keeps nothing alive.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_reader_that_stops_reading_does_not_stop_the_clock() {
    let mut lake = Lake::new().await;
    let lines: String = (0..60_000).map(|x| format!("{{\"x\":{x}}}\n")).collect();
    lake.put("s3://lake/t/a.json", &lines).await;
    lake.run("CREATE EXTERNAL TABLE t (x bigint) ROW FORMAT SERDE 'org.openx.data.jsonserde.JsonSerDe' LOCATION 's3://lake/t/'")
        .await
        .unwrap();
    lake.session.timeout = Some(Duration::from_secs(2));
    let answer = lake.engine.run(&mut lake.session, "SELECT a.x FROM t a JOIN t b ON a.x % 10 = b.x % 10").await.unwrap();
    tokio::time::sleep(Duration::from_millis(2200)).await;
    lake.freed().await;
    let error = rows(answer).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::TimedOut, "{error}");
}
