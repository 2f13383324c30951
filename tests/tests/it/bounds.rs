//! What ends: the memory of a query, and a disk that takes no more. A limit on the size of files stands for a full disk, since no
//! test may fill the machine's. Whatever needs the room fails and says why; everything else goes on.

use std::process::Command;

use aws_sdk_athena::types::QueryExecutionState;
use aws_sdk_s3::error::ProvideErrorMetadata;

use crate::binary::{Home, civetta};
use crate::sdk::{config, ended};
use crate::serving::Serving;

/// Bytes that a file may have. The catalog and its log are much smaller here.
const MOST: usize = 4 << 20;

/// A server whose files end there, with 64 MiB of memory for queries.
fn serving(home: &Home) -> Serving {
    // Who is told of the limit by a signal and does not mind it gets an error instead, as from a full disk. The unit of dash is 512 bytes.
    let script = format!("trap '' XFSZ; ulimit -f {}; exec \"$0\" \"$@\"", MOST / 512);
    let plain = home.command(&["--memory", "64MiB", "serve", "--listen", "127.0.0.1:0"]);
    let mut command = Command::new("dash");
    command.arg("-c").arg(script).arg(civetta()).args(plain.get_args()).current_dir(home.path());
    for (name, value) in plain.get_envs() {
        match value {
            Some(value) => command.env(name, value),
            None => command.env_remove(name),
        };
    }
    Serving::begin(home, command)
}

#[tokio::test]
async fn a_query_over_its_memory_fails_by_name_and_alone() {
    let home = Home::new();
    let lines: String = (0..60_000).map(|row| format!("{row},{}\n", row % 7)).collect();
    home.file("data/lake/lake/t/a.csv", &lines);
    let serving = Serving::begin(&home, home.command(&["--memory", "4MiB", "serve", "--listen", "127.0.0.1:0"]));
    let config = config(&serving.url, &("any".to_owned(), "any".to_owned()));
    let athena = aws_sdk_athena::Client::new(&config);
    let table = "CREATE EXTERNAL TABLE t (x int, y int) ROW FORMAT DELIMITED FIELDS TERMINATED BY ',' LOCATION 's3://lake/t/'";
    assert_eq!(ended(&athena, table).await.status.unwrap().state, Some(QueryExecutionState::Succeeded));

    // One map of all rows cannot be spilled; the queries beside it fit.
    let greedy = "SELECT cardinality(map_agg(x, y)) FROM t";
    let modest = "SELECT y, count(*) FROM t GROUP BY y ORDER BY y";
    let (failed, one, other) = tokio::join!(ended(&athena, greedy), ended(&athena, modest), ended(&athena, modest));
    let failed = failed.status.unwrap();
    assert_eq!(failed.state, Some(QueryExecutionState::Failed));
    let why = failed.state_change_reason.unwrap_or_default();
    assert!(why.starts_with("EXCEEDED_MEMORY_LIMIT: "), "{why}");
    for beside in [one, other] {
        assert_eq!(beside.status.unwrap().state, Some(QueryExecutionState::Succeeded));
    }
}

#[tokio::test]
async fn a_full_disk_fails_what_needs_it_and_nothing_else() {
    let home = Home::new();
    let lines: String = (0..60_000).map(|row| format!("{row},{}\n", row % 7)).collect();
    home.file("data/lake/lake/t/a.csv", &lines);
    let serving = serving(&home);
    let config = config(&serving.url, &("any".to_owned(), "any".to_owned()));
    let (athena, s3) = (aws_sdk_athena::Client::new(&config), aws_sdk_s3::Client::new(&config));
    let state = async |sql: &str| {
        let status = ended(&athena, sql).await.status.unwrap();
        (status.state.unwrap(), status.state_change_reason.unwrap_or_default())
    };
    let succeeded = (QueryExecutionState::Succeeded, String::new());
    let table = "CREATE EXTERNAL TABLE t (x int, y int) ROW FORMAT DELIMITED FIELDS TERMINATED BY ',' LOCATION 's3://lake/t/'";
    assert_eq!(state(table).await, succeeded);

    let (failed, why) = state("SELECT x, repeat('x', 300) AS s FROM t").await;
    assert_eq!(failed, QueryExecutionState::Failed);
    assert!(why.starts_with("HIVE_FILESYSTEM_ERROR: The result could not be written to s3://civetta-results/"), "{why}");
    assert!(why.contains("File too large"), "{why}");
    assert_eq!(state("SELECT count(*) FROM t").await, succeeded);

    // Beyond the limit for what is kept for paging, and not for the result: its pages come from the result's file.
    let (kept, why) = state("SELECT x, y, x AS a, x AS b, x AS c FROM t").await;
    assert_eq!((kept, why.as_str()), (QueryExecutionState::Succeeded, ""));

    let large = s3.put_object().bucket("lake").key("large").body(vec![b'x'; MOST + 1].into());
    let refused = large.send().await.unwrap_err().into_service_error();
    assert!(refused.code().is_some(), "{refused:?}");
    assert!(s3.head_object().bucket("lake").key("large").send().await.is_err(), "no half of it stays");
    s3.put_object().bucket("lake").key("small").body(b"x".to_vec().into()).send().await.unwrap();
    assert!(serving.get("/healthz", &format!("Host: {}\r\n", serving.address)).0.contains("200"));
}
