//! The command line as people and scripts meet it: what goes where, with which exit code.

use std::io::{Read, Write};
use std::process::Stdio;

use aws_sdk_athena::types::{ResultConfigurationUpdates, WorkGroupConfigurationUpdates};

use crate::binary::{Home, Ran, orders};
use crate::s3_server::{Faults, KEY, S3Server, SECRET};
use crate::sdk::config;
use crate::serving::Serving;

#[test]
fn data_goes_to_stdout_and_nothing_else() {
    let ran = Home::new().run(&["query", "SELECT 1 AS one, 'x' AS letter, NULL AS nothing"]);
    assert_eq!(ran.code, 0);
    assert_eq!(ran.stderr, "");
    assert_eq!(ran.stdout, " one │ letter │ nothing\n─────┼────────┼─────────\n   1 │ x      │ NULL\n");
}

#[test]
fn every_text_format() {
    let home = Home::new();
    for (format, expected) in [
        ("csv", "a,b\n1,\"x,y\"\n"),
        ("json", "[{\"a\":1,\"b\":\"x,y\"}]\n"),
        ("ndjson", "{\"a\":1,\"b\":\"x,y\"}\n"),
        ("markdown", "| a | b |\n| ---: | --- |\n| 1 | x,y |\n"),
    ] {
        let ran = home.run(&["query", "--format", format, "SELECT 1 AS a, 'x,y' AS b"]);
        assert_eq!((ran.code, ran.stderr.as_str()), (0, ""), "{format}");
        assert_eq!(ran.stdout.replace(['\n', ' ', '-', ':'], ""), expected.replace(['\n', ' ', '-', ':'], ""), "{format}");
    }
}

#[test]
fn parquet_and_arrow_are_written_whole_or_not_at_all() {
    let home = Home::new();
    for name in ["out.parquet", "out.arrow"] {
        let path = home.path().join(name);
        let path = path.to_str().expect("UTF-8");
        let ran = home.run(&["query", "SELECT 42 AS answer", "--output", path]);
        assert_eq!((ran.code, ran.stdout.as_str(), ran.stderr.as_str()), (0, "", ""), "{name}");
        let size = std::fs::metadata(path).expect("it is there").len();
        let failed = home.run(&["query", "SELECT nothing FROM nowhere", "--output", path]);
        assert_eq!(failed.code, 1);
        assert_eq!(std::fs::metadata(path).expect("it still is").len(), size, "a failed query replaced {name}");
    }
    assert_eq!(std::fs::read_dir(home.path()).expect("the folder").count(), 3, "two results and the data directory");
    assert_eq!(home.query("SELECT answer FROM 'out.parquet'"), "answer\n42\n");
    let nothing = home.run(&["query", "CREATE DATABASE d", "--output", "nothing.csv"]);
    assert_eq!((nothing.code, home.path().join("nothing.csv").exists()), (0, false), "{}", nothing.stderr);
}

#[test]
fn errors_point_at_their_place() {
    let home = Home::new();
    let ran = home.run(&["query", "SELECT 1;\nSELECT 2,\n  x FROM missing"]);
    assert_eq!(ran.code, 1);
    let lines: Vec<&str> = ran.stderr.lines().collect();
    assert!(lines[0].starts_with("error: TABLE_NOT_FOUND: line 3:10: "), "{}", ran.stderr);
    assert_eq!(lines[1..], ["  3 │   x FROM missing", "    │          ^"]);
    assert!(ran.stdout.contains('1'), "the first statement was answered");
}

#[test]
fn statements_over_their_time_end_at_once() {
    let home = Home::new();
    let long = "WITH t AS (SELECT x + 10000 * y AS x FROM UNNEST(sequence(0, 9999)) AS u (x), UNNEST(sequence(0, 5)) AS v (y)) \
                SELECT count(*), max(a.x + b.x) FROM t a JOIN t b ON a.x % 10 = b.x % 10";
    let started = std::time::Instant::now();
    let ran = home.run(&["query", "--timeout", "300ms", long]);
    assert_eq!(ran.code, 1);
    assert!(ran.stderr.starts_with("error: EXCEEDED_TIME_LIMIT: ") && ran.stderr.contains("300ms"), "{}", ran.stderr);
    let ran = home.run(&["query", "--timeout", "1h", "SELECT 1 AS one", "--format", "csv"]);
    assert_eq!((ran.code, ran.stdout.as_str()), (0, "one\n1\n"), "{}", ran.stderr);
    home.file("civetta.toml", "timeout = \"200ms\"\nspill_limit = \"1GiB\"\n");
    let config = home.path().join("civetta.toml");
    let ran = home.run(&["query", long, "--config", config.to_str().expect("UTF-8")]);
    assert!(ran.stderr.contains("EXCEEDED_TIME_LIMIT") && ran.stderr.contains("200ms"), "{}", ran.stderr);
    assert!(started.elapsed().as_secs() < 60, "{:?}", started.elapsed());
}

#[test]
fn wrong_usage_is_2() {
    let home = Home::new();
    let config = home.file("wrong.toml", "thread = 3\n");
    let config = config.to_str().expect("UTF-8");
    for (arguments, expected) in [
        (&["query"][..], "required"),
        (&["query", ""], "there is no statement"),
        (&["query", "SELECT 1", "--memory", "much"], "expected a size"),
        (&["query", "SELECT 1", "--spill-limit", "much"], "expected a size"),
        (&["query", "SELECT 1", "--timeout", "soon"], "expected a time"),
        (&["query", "SELECT 1", "--output", "x.xls"], "--format"),
        (&["query", "SELECT 1; SELECT 2", "--output", "x.parquet"], "one result"),
        (&["--config", config, "query", "SELECT 1"], "unknown field `thread`"),
        (&["--catalog", "mysql://x", "query", "SELECT 1"], "embedded, glue or postgres"),
        (&["crawl", "x", "--every", "often"], "such as 30s"),
        (&["crawl", "x", "--schedule", "hourly"], "cron("),
        (&["bogus"], "bogus"),
    ] {
        let ran = home.run(arguments);
        assert_eq!(ran.code, 2, "{arguments:?}: {}", ran.stderr);
        assert!(ran.stderr.contains(expected) && ran.stdout.is_empty(), "{arguments:?}: {}", ran.stderr);
    }
}

#[test]
fn configuration_tells_its_origins_and_no_secrets() {
    let home = Home::new();
    home.file("data/civetta.toml", "threads = 3\ncatalog = \"postgres://me:hunter2@localhost/lake\"\n");
    let ran = Ran::from(home.command(&["config", "--memory", "2GiB"]).env("CIVETTA_S3", "aws").output().expect("it starts"));
    assert_eq!((ran.code, ran.stderr.as_str()), (0, ""));
    for line in
        ["memory = \"2GiB\"  # flag --memory", "s3 = \"aws\"  # environment variable CIVETTA_S3", "anonymous = false  # default"]
    {
        assert!(ran.stdout.lines().any(|found| found == line), "{line}\n{}", ran.stdout);
    }
    assert!(ran.stdout.contains("threads = 3  # ") && ran.stdout.contains("civetta.toml"), "{}", ran.stdout);
    assert!(!ran.stdout.contains("hunter2") && ran.stdout.contains("***"), "{}", ran.stdout);
}

#[test]
fn statements_come_from_files_and_pipes() {
    let home = Home::new();
    let file = home.file("script.sql", "-- two\nSELECT 1 AS a;\nSELECT 2 AS b;\n");
    assert_eq!(home.run(&["query", "--format", "csv", "-f", file.to_str().expect("UTF-8")]).stdout, "a\n1\nb\n2\n");
    assert_eq!(piped(&home, &["query", "--format", "csv", "-"], "SELECT 3 AS c").stdout, "c\n3\n");
}

#[test]
fn the_shell_runs_a_script_from_a_pipe() {
    let home = Home::new();
    let ran = piped(
        &home,
        &["shell"],
        "CREATE DATABASE lake;\n\\l\nUSE lake;\n\\x\nSELECT 1 AS one,\n 2 AS two;\n\\o out.csv\nSELECT 7 AS x;\n\\q\nSELEC",
    );
    assert_eq!((ran.code, ran.stderr.contains("error")), (0, false), "{}", ran.stderr);
    assert!(ran.stdout.contains("lake") && ran.stdout.contains("one │ 1\ntwo │ 2\n"), "{}", ran.stdout);
    assert_eq!(std::fs::read_to_string(home.path().join("out.csv")).expect("it was written"), "x\n7\n");
    let failed = piped(&home, &[], "SELECT 1;\nSELEC 2;\nSELECT 3;\n");
    assert_eq!(failed.code, 1);
    assert!(failed.stderr.contains("line 2:1") && !failed.stdout.contains('3'), "{}{}", failed.stdout, failed.stderr);
}

#[test]
fn a_reader_that_goes_away_is_no_failure() {
    let home = Home::new();
    let sql = "SELECT a.x, b.y FROM UNNEST(sequence(1, 2999)) AS a (x) CROSS JOIN UNNEST(sequence(1, 2999)) AS b (y)";
    for format in ["csv", "json", "table"] {
        let mut child = home
            .command(&["query", "--format", format, sql])
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("civetta starts");
        let mut first = [0; 100];
        child.stdout.take().expect("a pipe").read_exact(&mut first).expect("some rows");
        let ran = Ran::from(child.wait_with_output().expect("it ends"));
        assert_eq!((ran.code, ran.stderr.as_str()), (0, ""), "{format}");
    }
}

#[test]
fn a_crawl_makes_tables_and_a_second_one_changes_nothing() {
    let home = Home::new();
    orders(&home);
    let dry = home.run(&["crawl", "./orders", "--dry-run"]);
    assert_eq!(dry.code, 0, "{}", dry.stderr);
    assert!(
        dry.stdout.contains("would be") && dry.stdout.contains("price") && dry.stderr.contains("nothing was changed"),
        "{}",
        dry.stdout
    );
    assert_eq!(home.query("SHOW DATABASES"), "database_name\ndefault\n", "a dry run made something");

    let ran = home.run(&["crawl", "./orders", "--format", "json"]);
    assert_eq!((ran.code, ran.stderr.as_str()), (0, ""));
    let report: serde_json::Value = serde_json::from_str(&ran.stdout).expect("JSON");
    assert_eq!(report["database"], "orders");
    assert_eq!(report["tables"][0]["action"], "created");
    assert_eq!(home.query("SELECT count(*) AS n, sum(price) AS total FROM orders.orders"), "n,total\n3,6.0\n");
    assert_eq!(home.query("SELECT id FROM orders.orders WHERE day = '2024-05-02'"), "id\n3\n");

    let again: serde_json::Value =
        serde_json::from_str(&home.run(&["crawl", "./orders", "--format", "json"]).stdout).expect("JSON");
    assert_eq!(again["tables"][0]["action"], "unchanged");
    assert_eq!(again["counts"]["ObjectsRead"], 0, "an unchanged object was read again");
}

#[test]
fn names_are_the_users_to_choose() {
    let home = Home::new();
    orders(&home);
    assert_eq!(home.run(&["crawl", "orders/", "--database", "Sales", "--table-name", "sold"]).code, 0);
    assert_eq!(home.query("SELECT count(*) AS n FROM sales.sold"), "n\n3\n");
    assert_eq!(
        home.run(&["crawl", "orders/", "--database", "sales", "--table-prefix", "raw_", "--exclude", "day=2024-05-02/**"]).code,
        0
    );
    assert_eq!(home.query("SELECT count(*) AS n FROM sales.raw_orders"), "n\n2\n");
}

#[test]
fn a_foreground_loop_sees_new_objects_and_ends_with_ctrl_c() {
    let home = Home::new();
    orders(&home);
    let mut child = home
        .command(&["crawl", "orders", "--every", "200ms", "--format", "json"])
        .stdout(Stdio::piped())
        .spawn()
        .expect("civetta starts");
    let mut reports = std::io::BufRead::lines(std::io::BufReader::new(child.stdout.take().expect("a pipe")));
    let first = reports.next().expect("a first crawl").expect("text");
    assert!(first.contains("\"created\""), "{first}");
    home.file("orders/day=2024-05-03/c.json", "{\"id\": 4}\n");
    let partitions =
        |line: String| serde_json::from_str::<serde_json::Value>(&line).expect("JSON")["counts"]["PartitionsCreated"].as_u64();
    let seen = reports.by_ref().take(50).any(|line| partitions(line.expect("text")) == Some(1));
    assert!(seen, "the new partition was not found");
    interrupt(child.id());
    assert_eq!(child.wait().expect("it ends").code(), Some(0));
}

#[test]
fn crawlers_are_kept_with_their_history() {
    let home = Home::new();
    orders(&home);
    assert_eq!(home.run(&["crawler", "add", "nightly", "orders", "--schedule", "often"]).code, 2);
    assert_eq!(home.run(&["crawler", "add", "nightly", "orders", "--schedule", "cron(0 2 * * ? *)"]).code, 0);
    let twice = home.run(&["crawler", "add", "nightly", "orders"]);
    assert!(twice.code == 1 && twice.stderr.contains("--replace"), "{}", twice.stderr);
    let shown: serde_json::Value = serde_json::from_str(&home.run(&["crawler", "show", "nightly"]).stdout).expect("JSON");
    assert_eq!(shown["Schedule"]["ScheduleExpression"], "cron(0 2 * * ? *)");
    assert!(shown["Targets"]["S3Targets"][0]["Path"].as_str().expect("a path").starts_with("file:///"));

    let ran = home.run(&["crawler", "run", "nightly"]);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    std::fs::remove_dir_all(home.path().join("orders")).expect("the lake goes away");
    home.run(&["crawler", "run", "nightly"]);
    let log = home.run(&["crawler", "log", "nightly"]).stdout;
    assert_eq!(log.lines().count(), 4, "head, rule and two runs\n{log}");
    assert!(log.contains("completed"), "{log}");
    assert!(home.run(&["crawler", "ls"]).stdout.contains("cron(0 2 * * ? *)"));

    assert_eq!(home.run(&["crawler", "rm", "nightly"]).code, 0);
    assert_eq!(home.run(&["crawler", "show", "nightly"]).code, 1);
    assert_eq!(home.run(&["crawler", "log", "nightly"]).code, 1);
}

#[test]
fn peek_tells_schema_reasons_and_rows_and_keeps_nothing() {
    let home = Home::new();
    orders(&home);
    let ran = home.run(&["peek", "orders"]);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    for part in ["price", "double", "partition key", "json in 2 objects", "late"] {
        assert!(ran.stdout.contains(part), "{part}\n{}", ran.stdout);
    }
    assert_eq!(home.query("SHOW DATABASES"), "database_name\ndefault\n");
    let nothing = home.run(&["peek", "orders/nowhere/"]);
    assert_eq!((nothing.code, nothing.stdout.as_str()), (1, ""), "{}", nothing.stderr);
}

#[test]
fn the_demo_answers_a_question_for_each_pipeline() {
    let home = Home::new();
    let ran = home.run(&["demo"]);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    for part in [
        "stock_ticks",
        "smartwatch_health",
        "emergency_vehicles",
        "phone_accelerometer",
        "flight_states",
        "são paulo",
        "United States",
    ] {
        assert!(ran.stdout.contains(part), "{part}\n{}", ran.stdout);
    }
    assert!(!home.path().join("data").exists(), "the demo touched the data directory");
    assert_eq!(home.run(&["demo"]).code, 0, "the demo cannot run twice");
    assert_eq!(
        home.run(&["--data", "civetta-demo", "query", "--format", "csv", "SELECT count(*) AS n FROM demo.stock_ticks"]).stdout,
        "n\n120\n"
    );
}

#[test]
fn clients_are_connected_without_secrets() {
    let home = Home::new();
    let ran = home.run(&["connect", "superset", "--url", "http://lake.example:80/"]);
    assert!(ran.stdout.contains("&endpoint_url=http%3A%2F%2Flake.example\n"), "{}", ran.stdout);
    assert!(ran.stdout.ends_with("trino://any@lake.example:80/awsdatacatalog/default\n"), "{}", ran.stdout);
    let made = home.run(&["key", "add"]);
    let secret = made.stdout.trim_end().rsplit('=').next().expect("a secret").to_string();
    let ran = home.run(&["connect", "boto3"]);
    assert!(ran.stdout.contains("AWS_ACCESS_KEY_ID=YOUR_KEY_ID"), "{}", ran.stdout);
    assert!(!ran.stdout.contains(&secret) && !ran.stderr.contains(&secret), "{secret}");
}

/// An address that is free.
const FREE: &str = "127.0.0.1:0";

/// What the doctor says of a server that would listen on this address.
fn doctor(home: &Home, address: &str, arguments: &[&str]) -> Ran {
    let mut command = home.command(&[arguments, &["doctor"]].concat());
    Ran::from(command.env("CIVETTA_LISTEN", address).output().expect("civetta starts"))
}

#[test]
fn the_doctor_finds_what_is_wrong() {
    let home = Home::new();
    let well = doctor(&home, FREE, &[]);
    assert_eq!(well.code, 0, "{}{}", well.stdout, well.stderr);
    assert!(!well.stdout.contains("FAILED"));
    home.file("blocked", "a file where the data directory should be");
    let ill = doctor(&home, FREE, &["--data", "blocked"]);
    assert_eq!(ill.code, 1);
    assert!(ill.stdout.contains("FAILED  data directory"), "{}", ill.stdout);
}

#[test]
fn the_doctor_tells_a_server_from_another_program_on_its_port() {
    let home = Home::new();
    let serving = Serving::start(&home);
    let ran = doctor(&home, &serving.address, &[]);
    assert!(ran.code == 0 && ran.stdout.contains(&format!("a server answers on {}", serving.address)), "{}", ran.stdout);
    let other = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let taken = other.local_addr().expect("an address").to_string();
    let ran = doctor(&home, &taken, &[]);
    assert!(
        ran.code == 1
            && ran.stdout.contains(&format!("FAILED  port             HIVE_FILESYSTEM_ERROR: cannot listen on {taken}")),
        "{}",
        ran.stdout
    );
    assert!(ran.stdout.contains("choose another with `civetta serve --listen`"), "{}", ran.stdout);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_doctor_tries_the_roots_and_the_place_of_results() {
    let s3 = S3Server::start(Faults::default()).await;
    s3.memory.create_bucket("lake");
    s3.memory.put("lake", "a.json", "{}");
    let endpoint = s3.url.replace("http://", &format!("http://{KEY}:{SECRET}@"));
    let home = Home::new();
    let said = |config: &str| {
        home.file("data/civetta.toml", config);
        let ran = doctor(&home, FREE, &["--s3", &endpoint]);
        assert!(!ran.stdout.contains(SECRET), "{}", ran.stdout);
        (ran.code, ran.stdout)
    };
    let (code, text) = said("");
    assert_eq!(code, 1);
    assert!(text.contains("FAILED  root") && text.contains("--root s3://BUCKET/"), "{text}");
    assert!(text.contains("FAILED  results") && text.contains("aws athena update-work-group"), "{text}");
    assert!(text.contains("ok      clock            ") && text.contains(&s3.url), "{text}");
    assert!(text.contains("ok      region           us-east-1"), "{text}");

    let serving = Serving::start_with(&home, &["--s3", &endpoint]);
    let athena = aws_sdk_athena::Client::new(&config(&serving.url, &("any".to_owned(), "any".to_owned())));
    let results = ResultConfigurationUpdates::builder().output_location("s3://lake/results/").build();
    let updates = WorkGroupConfigurationUpdates::builder().result_configuration_updates(results).build();
    athena.update_work_group().work_group("primary").configuration_updates(updates).send().await.unwrap();
    let (code, text) = said("roots = [\"s3://lake/\"]");
    assert_eq!(code, 0, "{text}");
    assert!(text.contains("s3://lake/: in us-east-1, listed and read"), "{text}");
    assert!(text.contains("s3://lake/results/ is written, read and cleared"), "{text}");
    let (code, text) = said("roots = [\"s3://elsewhere/\"]");
    assert_eq!(code, 1);
    assert!(
        text.contains("FAILED  root             HIVE_CANNOT_OPEN_SPLIT: s3://elsewhere/: ") && text.contains("make the bucket"),
        "{text}"
    );
    assert!(text.contains("FAILED  results          PERMISSION_DENIED: ") && text.contains("--root"), "{text}");
    let away = doctor(&home, FREE, &["--s3", "http://127.0.0.1:9"]);
    assert!(away.stdout.contains("FAILED  clock            HIVE_FILESYSTEM_ERROR: http://127.0.0.1:9: "), "{}", away.stdout);
}

/// Runs with `input` on standard input.
fn piped(home: &Home, arguments: &[&str], input: &str) -> Ran {
    let mut command = home.command(arguments);
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("civetta starts");
    child.stdin.take().expect("a pipe").write_all(input.as_bytes()).expect("it reads");
    Ran::from(child.wait_with_output().expect("it ends"))
}

/// Sends what Ctrl-C sends.
fn interrupt(process: u32) {
    let killed = std::process::Command::new("kill").args(["-INT", &process.to_string()]).status().expect("kill is there");
    assert!(killed.success());
}
