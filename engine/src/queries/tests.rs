//! The life of a query over an embedded catalog and lake.

mod bounds;

use std::sync::Arc;

use catalog::storage::StorageConfig;

use super::*;
use crate::engine::{Engine, Settings};
use crate::work_group::{PRIMARY, ResultConfiguration};

struct House {
    folder: tempfile::TempDir,
    storage: Storage,
    engine: Engine,
    queries: Queries,
}

const LONG: Duration = Duration::from_secs(60);

async fn started(folder: &std::path::Path, change: impl FnOnce(&mut QuerySettings)) -> (Storage, Engine, Queries) {
    let home = LocalCatalog::open(folder).await.unwrap();
    let storage = Storage::new(StorageConfig::local(folder)).await.unwrap();
    let settings =
        Settings { memory: Some(256 << 20), threads: Some(2), spill: folder.join("spill"), spill_limit: None, locations: false };
    let engine = Engine::new(Arc::new(home.clone()), storage.clone(), settings).unwrap();
    let mut settings = QuerySettings { patience: LONG, ..QuerySettings::new(folder.join("results")) };
    change(&mut settings);
    let queries = Queries::start(home, storage.clone(), settings).await.unwrap();
    (storage, engine, queries)
}

async fn house(change: impl FnOnce(&mut QuerySettings)) -> House {
    let folder = tempfile::tempdir().unwrap();
    let (storage, engine, queries) = started(folder.path(), change).await;
    House { folder, storage, engine, queries }
}

impl House {
    fn request(&self, text: &str) -> Request {
        Request {
            text: text.to_owned(),
            catalog: None,
            database: Some("`default`".to_owned()),
            work_group: None,
            results: ResultConfiguration::default(),
            parameters: vec![],
            token: None,
            reuse_minutes: None,
            engine: self.engine.clone(),
            read_only: false,
            limits: None,
            trino: None,
        }
    }

    async fn ended(&self, request: Request) -> Arc<Query> {
        let id = self.queries.submit(request).await.unwrap().id.clone();
        self.queries.wait(&id).await.unwrap()
    }

    /// The table `t` with the numbers from 0 to 59,999.
    async fn with_rows(self) -> Self {
        self.storage.lake().unwrap().create_bucket("lake").await.unwrap();
        let lines: String = (0..60_000).map(|x| format!("{{\"x\":{x}}}\n")).collect();
        let at = catalog::storage::Location::parse("s3://lake/t/a.json").unwrap();
        self.storage.put(&at, lines.into()).await.unwrap();
        let table =
            "CREATE EXTERNAL TABLE t (x bigint) ROW FORMAT SERDE 'org.openx.data.jsonserde.JsonSerDe' LOCATION 's3://lake/t/'";
        assert_eq!(self.ended(self.request(table)).await.state, State::Succeeded);
        self
    }

    /// The cells of up to `count` rows from number `from` on.
    async fn page(&self, query: &Query, from: u64, count: usize) -> Vec<String> {
        cells(self.queries.rows(query, Place::row(from), count).await.unwrap().0)
    }

    async fn text(&self, output: &str) -> String {
        let at = catalog::storage::Location::parse(output).unwrap();
        String::from_utf8(self.storage.get(&at).await.unwrap().to_vec()).unwrap()
    }
}

fn cells(rows: Vec<Row>) -> Vec<String> {
    rows.into_iter().map(|row| row.into_iter().map(|cell| cell.unwrap_or("-".to_owned())).collect::<Vec<_>>().join("|")).collect()
}

/// Over [`House::with_rows`], runs until somebody ends it.
const ENDLESS: &str = "SELECT count(*), max(a.x + b.x) FROM t a JOIN t b ON a.x % 10 = b.x % 10";

#[tokio::test(flavor = "multi_thread")]
async fn a_result_is_a_file_and_pages() {
    let house = house(|_| {}).await;
    let query = house.ended(house.request("SELECT * FROM (VALUES (1, 'a\"b'), (2, ''), (3, NULL)) t(n, s) ORDER BY n ; ")).await;
    assert_eq!((query.state, query.reason.as_deref()), (State::Succeeded, None));
    assert!(query.output.starts_with("s3://civetta-results/") && query.output.ends_with(".csv"), "{}", query.output);
    assert_eq!(house.text(&query.output).await, "\"n\",\"s\"\n\"1\",\"a\"\"b\"\n\"2\",\"\"\n\"3\",\n");
    let rows = house.page(&query, 0, 1000).await;
    assert_eq!(rows, ["1|a\"b", "2|", "3|-"]);
    let (_, _, queries) = started(house.folder.path(), |_| {}).await;
    let again = House { queries, ..house };
    assert_eq!(again.page(&query, 0, 1000).await, rows, "the file says the same");
    assert_eq!(again.page(&query, 1, 1).await, ["2|"]);
    assert_eq!(again.page(&query, 3, 9).await, [""; 0]);
}

#[tokio::test(flavor = "multi_thread")]
async fn commands_leave_lines() {
    let house = house(|_| {}).await;
    let query = house.ended(house.request("SHOW DATABASES")).await;
    assert!(query.output.ends_with(".txt"));
    assert_eq!(house.text(&query.output).await, "default");
    assert_eq!(house.page(&query, 0, 10).await, ["default"]);
    let query = house.ended(house.request("CREATE VIEW v AS SELECT 1 AS one")).await;
    assert_eq!((query.state, query.shape.substatement_type.as_str()), (State::Succeeded, "CREATE_VIEW"));
    let query = house.ended(house.request("DESCRIBE v")).await;
    assert_eq!((query.state, query.shape.substatement_type.as_str()), (State::Succeeded, "DESC_VIEW"));
    let query = house.ended(house.request("DROP TABLE nowhere")).await;
    assert_eq!(
        (query.state, Some(house.text(&query.output).await)),
        (State::Failed, query.reason.clone()),
        "Hive says why in the file"
    );
    for text in ["SELECT * FROM nowhere", "SHOW CREATE VIEW nowhere"] {
        let query = house.ended(house.request(text)).await;
        let at = catalog::storage::Location::parse(&query.output).unwrap();
        assert_eq!((query.state, house.storage.get(&at).await.unwrap_err().kind()), (State::Failed, ErrorKind::ObjectNotFound));
    }
    let query = house.ended(house.request("CREATE DATABASE x")).await;
    assert_eq!((query.state, house.text(&query.output).await.as_str()), (State::Succeeded, ""));
    assert_eq!(query.shape.statement_type, StatementType::Ddl);
}

#[tokio::test(flavor = "multi_thread")]
async fn words_that_are_none_fail_the_request_and_meaning_fails_the_query() {
    let house = house(|_| {}).await;
    let error = house.queries.submit(house.request("SELEC 1")).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Syntax);
    for (text, what) in [
        (" ; ", "Empty sql statement"),
        ("SELECT 1; SELECT 2", "Only one sql statement is allowed"),
        (&"x".repeat(LONGEST_TEXT + 1), "at most 262144"),
    ] {
        let error = house.queries.submit(house.request(text)).await.unwrap_err();
        assert!(error.message().contains(what), "{error}");
    }
    let query = house.ended(house.request("SELECT * FROM nowhere")).await;
    assert_eq!(query.state, State::Failed);
    assert!(query.reason.as_deref().unwrap().starts_with("TABLE_NOT_FOUND: line 1:15: Table"), "{:?}", query.reason);
    let failure = query.failure.as_ref().unwrap();
    assert_eq!((failure.category, failure.retryable), (2, false));
    assert_eq!(house.queries.rows(&query, Place::row(0), 1).await.unwrap_err().kind(), ErrorKind::Conflict);
    let unknown = Request { work_group: Some("nobody".to_owned()), ..house.request("SELECT 1") };
    assert_eq!(house.queries.submit(unknown).await.unwrap_err().kind(), ErrorKind::WorkGroupNotFound);
}

#[tokio::test(flavor = "multi_thread")]
async fn statements_are_prepared_and_executed_with_values() {
    let house = house(|_| {}).await.with_rows().await;
    let rows = async |request| {
        let query = house.ended(request).await;
        assert_eq!((query.state, query.reason.as_deref()), (State::Succeeded, None), "{}", query.text);
        house.page(&query, 0, 9).await
    };
    assert_eq!(rows(house.request("PREPARE p FROM SELECT x FROM t WHERE x > ? ORDER BY x LIMIT ?")).await, [""; 0]);
    assert_eq!(rows(house.request("EXECUTE \"p\" USING 5, 2")).await, ["6", "7"]);
    let parameters = vec!["10".to_owned(), "1".to_owned()];
    assert_eq!(rows(Request { parameters: parameters.clone(), ..house.request("EXECUTE p") }).await, ["11"]);
    assert_eq!(
        rows(Request { parameters, ..house.request("SELECT CAST(? AS varchar) || '-' || CAST(? AS varchar)") }).await,
        ["10-1"]
    );
    let wrong = house.queries.submit(house.request("EXECUTE p USING 5")).await.unwrap_err();
    assert_eq!(wrong.message(), "Incorrect number of parameters: expected 2 but found 1");
    let reader = Request { read_only: true, ..house.request("DEALLOCATE PREPARE p") };
    assert_eq!(house.queries.submit(reader).await.unwrap_err().kind(), ErrorKind::AccessDenied);
    assert_eq!(rows(house.request("DEALLOCATE PREPARE p")).await, [""; 0]);
    let gone = house.queries.submit(house.request("EXECUTE p USING 5, 2")).await.unwrap_err();
    assert_eq!(gone.kind(), ErrorKind::EntityNotFound);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_is_one_query() {
    let house = house(|_| {}).await;
    let request = || Request { token: Some("t".repeat(32)), ..house.request("SELECT 1") };
    let (first, second) = tokio::join!(house.queries.submit(request()), house.queries.submit(request()));
    assert_eq!(first.unwrap().id, second.unwrap().id);
    let other = Request { text: "SELECT 2".to_owned(), ..request() };
    assert_eq!(house.queries.submit(other).await.unwrap_err().kind(), ErrorKind::TokenReused);
    assert_eq!(house.queries.list(PRIMARY, PageRequest::default()).await.unwrap().items.len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_running_query_and_a_waiting_one_are_ended_on_demand() {
    let house = house(|settings| settings.concurrency = 1).await.with_rows().await;
    let running = house.queries.submit(house.request(ENDLESS)).await.unwrap();
    let waiting = house.queries.submit(house.request("SELECT 1")).await.unwrap();
    tokio::time::sleep(Duration::from_millis(400)).await;
    assert_eq!(house.queries.get(&running.id).await.unwrap().state, State::Running);
    assert_eq!(house.queries.get(&waiting.id).await.unwrap().state, State::Queued);
    for id in [&waiting.id, &running.id] {
        house.queries.stop(id).await.unwrap();
        let ended = house.queries.wait(id).await.unwrap();
        assert_eq!((ended.state, ended.reason.as_deref()), (State::Cancelled, Some("Query cancelled by user")));
        house.queries.stop(id).await.unwrap();
    }
    assert_eq!(house.queries.stop("nothing").await.unwrap_err().kind(), ErrorKind::QueryNotFound);
    assert_eq!(house.ended(house.request("SELECT 1")).await.state, State::Succeeded, "the turn was given back");
}

#[tokio::test(flavor = "multi_thread")]
async fn another_server_stops_it_and_nobody_else_fails_it() {
    let house = house(|_| {}).await.with_rows().await;
    let (_, _, other) = started(house.folder.path(), |_| {}).await;
    let running = house.queries.submit(house.request(ENDLESS)).await.unwrap();
    other.end_lost(None).await.unwrap();
    assert!(!other.get(&running.id).await.unwrap().state.is_final(), "its lease lasts");
    other.stop(&running.id).await.unwrap();
    let ended = house.queries.wait(&running.id).await.unwrap();
    assert_eq!(ended.state, State::Cancelled);
    assert_eq!(other.get(&running.id).await.unwrap().state, State::Cancelled);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reused_result_has_a_file_of_its_own() {
    let house = house(|_| {}).await;
    let request = || Request { reuse_minutes: Some(60), ..house.request("SELECT 7 AS seven") };
    let first = house.ended(request()).await;
    let second = house.ended(request()).await;
    let reused = |query: &Query| query.answer.as_ref().unwrap().reused;
    assert!(!reused(&first) && reused(&second));
    assert_ne!(first.output, second.output);
    assert_eq!(house.text(&second.output).await, "\"seven\"\n\"7\"\n");
    assert_eq!(house.page(&second, 0, 5).await, ["7"]);
    let fresh = house.ended(house.request("SELECT 7 AS seven")).await;
    assert!(!reused(&fresh), "who does not ask for an old result gets none");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_is_stopped_lets_queries_end_or_ends_them() {
    let house = house(|_| {}).await.with_rows().await;
    let running = house.queries.submit(house.request(ENDLESS)).await.unwrap();
    house.queries.drain(Duration::from_millis(100)).await;
    let ended = house.queries.get(&running.id).await.unwrap();
    assert_eq!(ended.state, State::Failed);
    assert!(ended.reason.as_deref().unwrap().contains("server was stopped"), "{ended:?}");
    let late = house.queries.submit(house.request("SELECT 1")).await.unwrap_err();
    assert_eq!(late.kind(), ErrorKind::Unavailable);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_killed_server_ran_has_failed() {
    let house = house(|_| {}).await.with_rows().await;
    let running = house.queries.submit(house.request(ENDLESS)).await.unwrap();
    // The lock of the folder goes with the process; here it is taken off by hand.
    let owner = std::fs::read_to_string(house.folder.path().join("results/owner")).unwrap();
    let (_, _, next) = started(house.folder.path(), |settings| settings.folder = house.folder.path().join("others")).await;
    next.end_lost(Some(&owner)).await.unwrap();
    let ended = next.get(&running.id).await.unwrap();
    assert_eq!(ended.state, State::Failed);
    assert!(ended.reason.as_deref().unwrap().contains("run it again"), "{:?}", ended.reason);
    house.queries.stop(&running.id).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_place_that_cannot_be_written_fails_its_query_alone() {
    let house = house(|_| {}).await;
    let output_location = Some("s3://no-such-bucket/out/".to_owned());
    let lost = Request { results: ResultConfiguration { output_location, ..Default::default() }, ..house.request("SELECT 1") };
    let query = house.ended(lost).await;
    assert_eq!(query.state, State::Failed, "{query:?}");
    let wrong = Some("file:///tmp/".to_owned());
    let wrong =
        Request { results: ResultConfiguration { output_location: wrong, ..Default::default() }, ..house.request("SELECT 1") };
    assert_eq!(house.queries.submit(wrong).await.unwrap_err().message(), "outputLocation is not a valid S3 path.");
    assert_eq!(house.ended(house.request("SELECT 1")).await.state, State::Succeeded);
}

/// The batches of a result need not begin where pages do.
#[tokio::test(flavor = "multi_thread")]
async fn pages_of_a_large_result() {
    let house = house(|_| {}).await.with_rows().await;
    let query = house.ended(house.request("SELECT x FROM t WHERE x <= 20000 ORDER BY x")).await;
    let answer = query.answer.as_ref().unwrap();
    assert_eq!(answer.rows, 20_001);
    assert_eq!(house.page(&query, 8_190, 5).await, ["8190", "8191", "8192", "8193", "8194"]);
    assert_eq!(house.page(&query, 20_000, 1000).await, ["20000"]);
}

/// Each page begins where the one before it ended, and none is read from the start of the file.
#[tokio::test(flavor = "multi_thread")]
async fn pages_of_a_file_go_on_where_the_last_one_ended() {
    let house = house(|settings| settings.kept_disk = 0).await.with_rows().await;
    let sql = "SELECT x, CASE x % 3 WHEN 0 THEN NULL WHEN 1 THEN 'a\"\n,' ELSE '' END AS s FROM t ORDER BY x LIMIT 30000";
    let query = house.ended(house.request(sql)).await;
    let (mut from, mut rows, mut read) = (Place::row(0), Vec::new(), 0);
    while (rows.len() as u64) < query.answer.as_ref().unwrap().rows {
        let before = house.storage.requests().bytes_read;
        let (page, behind) = house.queries.rows(&query, from, 1000).await.unwrap();
        read = house.storage.requests().bytes_read - before;
        assert!(behind.byte > from.byte, "{behind:?}");
        from = behind.to_string().parse().unwrap();
        rows.extend(cells(page));
    }
    assert_eq!(rows.len(), 30_000);
    let expected = ["-", "a\"\n,", ""];
    assert!(rows.iter().enumerate().all(|(x, row)| *row == format!("{x}|{}", expected[x % 3])));
    let size = query.answer.as_ref().unwrap().bytes;
    assert!(from.byte == Some(size) && read < size / 20, "{from:?}, {read} of {size} bytes are read for the last of 30 pages");
    assert!("x".parse::<Place>().is_err() && "1:x".parse::<Place>().is_err());
}

#[tokio::test]
async fn who_only_reads_gets_results_where_the_work_group_puts_them() {
    let house = house(|_| {}).await;
    let reader = house.engine.narrowed(Arc::clone(house.engine.catalog()), house.storage.narrowed(None, true));
    let request = || Request { engine: reader.clone(), limits: Some("reader".to_owned()), ..house.request("SELECT 1") };
    assert_eq!(house.ended(request()).await.state, State::Succeeded);
    let at = |location: &str| ResultConfiguration { output_location: Some(location.to_owned()), ..Default::default() };
    let refused = house.queries.submit(Request { results: at("s3://lake/sales/"), ..request() }).await.unwrap_err();
    assert_eq!(refused.kind(), ErrorKind::AccessDenied);
    let within = Request { results: at("s3://civetta-results/mine/"), ..request() };
    assert_eq!(house.ended(within).await.state, State::Succeeded);
}

#[tokio::test]
async fn results_are_reused_among_those_with_the_same_limits() {
    let house = house(|_| {}).await;
    let as_one = |limits: Option<&str>| {
        let request = Request { reuse_minutes: Some(60), limits: limits.map(str::to_owned), ..house.request("SELECT 7") };
        house.ended(request)
    };
    let reused = |query: &Query| query.answer.as_ref().unwrap().reused;
    assert!(!reused(&*as_one(None).await));
    assert!(!reused(&*as_one(Some("a")).await) && reused(&*as_one(Some("a")).await));
    assert!(!reused(&*as_one(Some("b")).await));
    assert!(reused(&*as_one(None).await));
}
