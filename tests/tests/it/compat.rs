//! `docs/compat.md` and the code agree: every example in it is tried, every type and SerDe it names.

use std::path::Path;

use catalog::{ErrorKind, Result};
use engine::Session;

use crate::lake::Lake;
use crate::sql::rows;

/// The rows of the table under `## heading`, as cells without backticks.
fn table(heading: &str) -> Vec<Vec<String>> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/compat.md");
    let page = std::fs::read_to_string(path).expect("docs/compat.md");
    let section = page.split("\n## ").find(|s| s.starts_with(heading)).unwrap_or_else(|| panic!("no section '{heading}'"));
    let lines = section.lines().filter(|line| line.starts_with('|')).skip(2);
    let cells = |line: &str| line.trim_matches('|').split(" | ").map(|cell| cell.trim().trim_matches('`').to_string()).collect();
    let rows: Vec<Vec<String>> = lines.map(cells).collect();
    assert!(rows.len() > 2, "the table under '{heading}' is empty");
    rows
}

async fn run(lake: &Lake, session: &mut Session, text: &str) -> Result<usize> {
    Ok(rows(lake.engine.run(session, text).await?).await?.len())
}

/// What the page says against what happened.
fn disagreement(status: &str, outcome: &Result<usize>) -> Option<String> {
    match (status, outcome) {
        ("works" | "partly", Ok(_)) => None,
        ("works" | "partly", Err(error)) => Some(format!("the page says {status}, the code says {error}")),
        ("not", Err(error)) if error.kind() == ErrorKind::NotSupported => None,
        ("not", Err(error)) => Some(format!("refused, but not as not supported: {error}")),
        ("not", Ok(_)) => Some("the page says not, and it works".to_string()),
        (other, _) => Some(format!("'{other}' is no status")),
    }
}

fn assert_none(faults: Vec<String>) {
    assert!(faults.is_empty(), "docs/compat.md and the code disagree:\n{}", faults.join("\n"));
}

#[tokio::test(flavor = "multi_thread")]
async fn statements() {
    let lake = Lake::of_examples().await;
    let mut session = Session { database: "lake".into(), ..Session::default() };
    let mut faults = vec![];
    for row in table("Statements") {
        let [_, example, status, ..] = row.as_slice() else { panic!("a short row: {row:?}") };
        let outcome = run(&lake, &mut session, example).await;
        faults.extend(disagreement(status, &outcome).map(|fault| format!("{example}: {fault}")));
    }
    assert_none(faults);
}

#[tokio::test(flavor = "multi_thread")]
async fn types() {
    let lake = Lake::of_examples().await;
    let mut session = Session { database: "lake".into(), ..Session::default() };
    let mut faults = vec![];
    for (at, row) in table("Types of columns").into_iter().enumerate() {
        let [hive_type, status, ..] = row.as_slice() else { panic!("a short row: {row:?}") };
        let create = format!(
            "CREATE EXTERNAL TABLE typed_{at} (x {hive_type}) ROW FORMAT SERDE 'org.openx.data.jsonserde.JsonSerDe' LOCATION 's3://lake/nothing/{at}/'"
        );
        let outcome = match run(&lake, &mut session, &create).await {
            Ok(_) => run(&lake, &mut session, &format!("SELECT x FROM typed_{at}")).await,
            refused => refused,
        };
        faults.extend(disagreement(status, &outcome).map(|fault| format!("{hive_type}: {fault}")));
    }
    assert_none(faults);
}

#[tokio::test(flavor = "multi_thread")]
async fn formats() {
    let lake = Lake::of_examples().await;
    let mut session = Session { database: "lake".into(), ..Session::default() };
    let mut faults = vec![];
    for (at, row) in table("Formats of tables").into_iter().enumerate() {
        let [_, serde, _, status, ..] = row.as_slice() else { panic!("a short row: {row:?}") };
        if serde == "–" {
            continue;
        }
        let properties = match serde.rsplit('.').next() {
            Some("RegexSerDe") => "WITH SERDEPROPERTIES ('input.regex' = '(.*)')",
            Some("GrokSerDe") => "WITH SERDEPROPERTIES ('input.format' = '%{GREEDYDATA:x}')",
            _ => "",
        };
        let stored = match serde.rsplit('.').next() {
            Some("ParquetHiveSerDe") => "PARQUET",
            Some("OrcSerde") => "ORC",
            Some("AvroSerDe") => "AVRO",
            _ => "",
        };
        let format = match stored {
            "" => format!("ROW FORMAT SERDE '{serde}' {properties}"),
            stored => format!("STORED AS {stored}"),
        };
        let create = format!("CREATE EXTERNAL TABLE formatted_{at} (x string) {format} LOCATION 's3://lake/nothing/{at}/'");
        let outcome = match run(&lake, &mut session, &create).await {
            Ok(_) => run(&lake, &mut session, &format!("SELECT x FROM formatted_{at}")).await,
            refused => refused,
        };
        faults.extend(disagreement(status, &outcome).map(|fault| format!("{serde}: {fault}")));
    }
    assert_none(faults);
}
