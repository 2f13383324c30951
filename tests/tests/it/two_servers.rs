//! Two servers on one PostgreSQL and one S3, as they stand behind a load balancer: each answers for what the other ran, one that is killed
//! takes with it what it ran and nothing else, and a schedule fires once.

use std::time::{Duration, Instant};

use aws_sdk_athena::types::{
    QueryExecutionContext, QueryExecutionState, ResultConfigurationUpdates, WorkGroupConfigurationUpdates,
};
use aws_sdk_glue::types::{CrawlerState, CrawlerTargets, S3Target};

use crate::binary::Home;
use crate::s3_server::{Faults, KEY, S3Server, SECRET};
use crate::sdk::{cells, config, end, ended};
use crate::services::{Postgres, skipped};
use crate::serving::Serving;

const LIMIT: Duration = Duration::from_secs(60);
/// More than a schedule is late by, and than a server takes to see a new one.
const A_WHILE: Duration = Duration::from_millis(2500);
/// Rows of the table `many`: three pages.
const MANY: usize = 2500;
/// Runs until somebody ends it.
const ENDLESS: &str = "SELECT count(*) FROM many a, many b, many c, many d WHERE a.id + b.id < c.id * d.id";

/// One of the servers.
struct Node {
    serving: Serving,
    athena: aws_sdk_athena::Client,
    glue: aws_sdk_glue::Client,
    _home: Home,
}

impl Node {
    fn start(postgres: &Postgres, s3: &S3Server) -> Self {
        let home = Home::new();
        let behind = s3.url.replace("http://", &format!("http://{KEY}:{SECRET}@"));
        let serving = Serving::start_with(&home, &["--catalog", &postgres.url(), "--s3", &behind, "--root", "s3://lake/"]);
        let config = config(&serving.url, &("any".to_owned(), "any".to_owned()));
        let (athena, glue) = (aws_sdk_athena::Client::new(&config), aws_sdk_glue::Client::new(&config));
        Self { serving, athena, glue, _home: home }
    }

    async fn started(&self, sql: &str) -> String {
        let context = QueryExecutionContext::builder().database("default").build();
        let started = self.athena.start_query_execution().query_string(sql).query_execution_context(context).send();
        started.await.unwrap().query_execution_id.unwrap()
    }

    async fn state(&self, id: &str) -> QueryExecutionState {
        let answer = self.athena.get_query_execution().query_execution_id(id).send().await.unwrap();
        answer.query_execution.unwrap().status.unwrap().state.unwrap()
    }

    /// How often the crawler has run.
    async fn runs(&self) -> usize {
        self.glue.list_crawls().crawler_name("many").send().await.unwrap().crawls().len()
    }

    async fn schedule(&self, text: &str) {
        self.glue.update_crawler_schedule().crawler_name("many").schedule(text).send().await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn they_share_queries_leases_and_schedules() {
    if skipped("two servers on PostgreSQL") {
        return;
    }
    let (postgres, s3) = (Postgres::start(), S3Server::start(Faults::default()).await);
    s3.memory.create_bucket("lake");
    s3.memory.put("lake", "many/a.csv", (0..MANY).map(|row| format!("{row},n{row}\n")).collect::<String>());
    let (first, second) = (Node::start(&postgres, &s3), Node::start(&postgres, &s3));
    results_have_a_place(&first).await;
    let table = "CREATE EXTERNAL TABLE many (id int, name string) ROW FORMAT DELIMITED FIELDS TERMINATED BY ',' LOCATION 's3://lake/many/'";
    assert_eq!(ended(&first.athena, table).await.status.unwrap().state, Some(QueryExecutionState::Succeeded));
    each_serves_pages_of_the_other(&first, &second).await;
    a_schedule_fires_once(&postgres, &first, &second).await;
    one_that_is_killed_takes_its_own_queries_with_it(&postgres, first, &second).await;
    the_other_fires_alone(&postgres, &second).await;
}

/// On an S3 that is not the embedded lake the results of `primary` have no place until they are given one.
async fn results_have_a_place(node: &Node) {
    let refused = node.athena.start_query_execution().query_string("SELECT 1").send().await.unwrap_err().into_service_error();
    assert!(refused.to_string().contains("No output location provided."), "{refused}");
    let results = ResultConfigurationUpdates::builder().output_location("s3://lake/results/").build();
    let updates = WorkGroupConfigurationUpdates::builder().result_configuration_updates(results).build();
    node.athena.update_work_group().work_group("primary").configuration_updates(updates).send().await.unwrap();
}

async fn each_serves_pages_of_the_other(first: &Node, second: &Node) {
    let id = first.started("SELECT id FROM many ORDER BY id").await;
    let execution = end(&second.athena, &id).await;
    assert_eq!(execution.status.unwrap().state, Some(QueryExecutionState::Succeeded));
    let (mut rows, mut token, mut pages) = (Vec::new(), None, 0);
    loop {
        // A balancer asks now the one and now the other.
        let node = [second, first][pages % 2];
        let page = node.athena.get_query_results().query_execution_id(&id).set_next_token(token).send().await.unwrap();
        rows.extend(cells(page.result_set().unwrap()).into_iter().flatten());
        pages += 1;
        token = page.next_token;
        if token.is_none() {
            break;
        }
    }
    assert_eq!((pages, rows.len(), rows[0].as_str()), (3, MANY + 1, "id"));
    assert!(rows[1..].iter().enumerate().all(|(at, row)| *row == at.to_string()));
    let listed = second.athena.list_query_executions().send().await.unwrap();
    assert_eq!(listed.query_execution_ids()[0], id);
}

/// Puts the runs of the crawler back to the beginning of time, so that a rate that counts from them is due.
fn long_ago(postgres: &Postgres) {
    postgres.psql("UPDATE crawls SET json = jsonb_set(json::jsonb, '{StartTime}', '0')::text");
}

async fn a_schedule_fires_once(postgres: &Postgres, first: &Node, second: &Node) {
    let targets = CrawlerTargets::builder().s3_targets(S3Target::builder().path("s3://lake/many/").build()).build();
    let create = first.glue.create_crawler().name("many").role("arn:aws:iam::000000000000:role/crawler");
    create.database_name("crawled").targets(targets).send().await.unwrap();
    second.glue.start_crawler().name("many").send().await.unwrap();
    until("the crawl ends", async || {
        let crawler = first.glue.get_crawler().name("many").send().await.unwrap().crawler.unwrap();
        crawler.state == Some(CrawlerState::Ready)
    })
    .await;
    assert_eq!(first.runs().await, 1);
    long_ago(postgres);
    first.schedule("rate(1 minute)").await;
    until("the schedule fires", async || second.runs().await > 1).await;
    tokio::time::sleep(A_WHILE).await;
    assert_eq!((first.runs().await, second.runs().await), (2, 2), "both servers know the schedule, and one fires it");
}

async fn one_that_is_killed_takes_its_own_queries_with_it(postgres: &Postgres, mut first: Node, second: &Node) {
    let (lost, kept) = (first.started(ENDLESS).await, second.started(ENDLESS).await);
    until("both run", async || {
        postgres.psql("SELECT count(*) FROM queries WHERE state = 'RUNNING' AND lease_until IS NOT NULL") == "2"
    })
    .await;
    // SIGKILL.
    first.serving.child.kill().unwrap();
    first.serving.child.wait().unwrap();
    assert_eq!(second.state(&lost).await, QueryExecutionState::Running, "its lease lasts");
    // The time of a lease goes by, for both.
    postgres.psql("UPDATE queries SET lease_until = lease_until - 15000 WHERE lease_until IS NOT NULL");
    let status = end(&second.athena, &lost).await.status.unwrap();
    assert_eq!(status.state, Some(QueryExecutionState::Failed));
    let reason = status.state_change_reason.unwrap();
    assert!(reason.contains("The server that ran this query was stopped before the query had ended; run it again"), "{reason}");
    assert_eq!(second.state(&kept).await, QueryExecutionState::Running, "its server renewed its lease");
    second.athena.stop_query_execution().query_execution_id(&kept).send().await.unwrap();
    assert_eq!(end(&second.athena, &kept).await.status.unwrap().state, Some(QueryExecutionState::Cancelled));
}

async fn the_other_fires_alone(postgres: &Postgres, second: &Node) {
    long_ago(postgres);
    second.schedule("rate(2 minutes)").await;
    until("the schedule fires", async || second.runs().await > 2).await;
    tokio::time::sleep(A_WHILE).await;
    assert_eq!(second.runs().await, 3);
}

async fn until(what: &str, mut ready: impl AsyncFnMut() -> bool) {
    let begun = Instant::now();
    while !ready().await {
        assert!(begun.elapsed() < LIMIT, "{what}: not within {LIMIT:?}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}
