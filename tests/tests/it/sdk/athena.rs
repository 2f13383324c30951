//! Queries, work groups, named queries and prepared statements.

use aws_sdk_athena::error::ProvideErrorMetadata;
use aws_sdk_athena::operation::start_query_execution::StartQueryExecutionError;
use aws_sdk_athena::types::{
    QueryExecutionState, ResultConfiguration, ResultReuseByAgeConfiguration, ResultReuseConfiguration, StatementType, Tag,
    WorkGroupConfiguration, WorkGroupConfigurationUpdates, WorkGroupState,
};

use super::{Clients, cells, end};

/// Rows of the table `many`.
const MANY: usize = 2500;

async fn with_many() -> Clients {
    let clients = Clients::new();
    let lines: String = (0..MANY).map(|row| format!("{row},n{row}\n")).collect();
    clients.put("lake", "many/a.csv", lines).await;
    let table = "CREATE EXTERNAL TABLE many (id int, name string) ROW FORMAT DELIMITED FIELDS TERMINATED BY ',' LOCATION 's3://lake/many/'";
    clients.succeed(table).await;
    clients
}

#[tokio::test]
async fn results_come_in_pages() {
    let clients = with_many().await;
    let id = clients.succeed("SELECT id, name FROM many ORDER BY id").await;
    let mut pages = clients.athena.get_query_results().query_execution_id(&id).into_paginator().send();
    let (mut sizes, mut rows) = (Vec::new(), Vec::new());
    while let Some(page) = pages.next().await {
        let page = page.unwrap();
        let set = page.result_set().unwrap();
        let columns = set.result_set_metadata().unwrap().column_info();
        assert_eq!(
            columns.iter().map(|column| (column.name(), column.r#type())).collect::<Vec<_>>(),
            [("id", "integer"), ("name", "varchar")]
        );
        assert_eq!(page.update_count(), Some(0));
        sizes.push(set.rows().len());
        rows.extend(cells(set));
    }
    assert_eq!(sizes, [1000, 1000, MANY + 1 - 2000]);
    assert_eq!(rows[0], ["id", "name"]);
    assert!(rows[1..].iter().enumerate().all(|(at, row)| *row == [at.to_string(), format!("n{at}")]));

    let execution = clients.athena.get_query_execution().query_execution_id(&id).send().await.unwrap();
    let execution = execution.query_execution().unwrap();
    assert_eq!(execution.statement_type(), Some(&StatementType::Dml));
    let output = execution.result_configuration().unwrap().output_location().unwrap();
    assert_eq!(output, format!("s3://civetta-results/{id}.csv"));
    let file = clients.s3.get_object().bucket("civetta-results").key(format!("{id}.csv")).send().await.unwrap();
    let text = String::from_utf8(file.body.collect().await.unwrap().to_vec()).unwrap();
    assert!(text.starts_with("\"id\",\"name\"\n\"0\",\"n0\"\n") && text.lines().count() == MANY + 1, "{text}");
}

#[tokio::test]
async fn refusals_have_their_types_and_codes() {
    let clients = Clients::new();
    let athena = &clients.athena;
    let refused = athena.start_query_execution().query_string("SELEC 1").send().await.unwrap_err().into_service_error();
    let StartQueryExecutionError::InvalidRequestException(malformed) = &refused else { panic!("{refused:?}") };
    assert_eq!(malformed.athena_error_code(), Some("MALFORMED_QUERY"));
    assert!(malformed.message().unwrap().starts_with("line 1:1: mismatched input 'SELEC'"), "{malformed:?}");

    let id = "00000000-0000-4000-8000-000000000000";
    let unknown = athena.get_query_execution().query_execution_id(id).send().await.unwrap_err().into_service_error();
    assert_eq!(unknown.code(), Some("InvalidRequestException"));
    assert_eq!(unknown.message(), Some(&*format!("QueryExecution {id} was not found")));
    let both = athena.batch_get_query_execution().query_execution_ids(id).send().await.unwrap();
    assert_eq!(both.unprocessed_query_execution_ids()[0].query_execution_id(), Some(id));

    let token = "t".repeat(32);
    let start = |sql: &str| athena.start_query_execution().query_string(sql).client_request_token(&token).send();
    let (first, second) = (start("SELECT 1").await.unwrap(), start("SELECT 1").await.unwrap());
    assert_eq!(first.query_execution_id(), second.query_execution_id());
    let other = start("SELECT 2").await.unwrap_err().into_service_error();
    assert_eq!(other.message(), Some("Idempotent parameters do not match"));
    end(athena, first.query_execution_id().unwrap()).await;
    let beyond = athena.get_query_results().query_execution_id(first.query_execution_id().unwrap()).next_token("x");
    let malformed = beyond.send().await.unwrap_err().into_service_error();
    assert_eq!(malformed.message(), Some("Malformed nextPageToken x"));
}

#[tokio::test]
async fn meaning_fails_the_query_and_it_says_why() {
    let clients = Clients::new();
    let execution = clients.ended("SELECT * FROM absent").await;
    let status = execution.status().unwrap();
    assert_eq!(status.state(), Some(&QueryExecutionState::Failed));
    assert!(status.state_change_reason().unwrap().starts_with("TABLE_NOT_FOUND: line 1:15: Table "), "{status:?}");
    let error = status.athena_error().unwrap();
    assert_eq!((error.error_category(), error.retryable()), (Some(2), false));
    let id = execution.query_execution_id().unwrap();
    let results = clients.athena.get_query_results().query_execution_id(id).send().await.unwrap_err().into_service_error();
    assert_eq!(results.message(), Some("Query did not finish successfully. Final query state: FAILED"));
}

#[tokio::test]
async fn a_query_is_stopped_and_listed() {
    let clients = with_many().await;
    let endless = "SELECT count(*) FROM many a, many b, many c, many d WHERE a.id + b.id < c.id * d.id";
    let context = aws_sdk_athena::types::QueryExecutionContext::builder().database("default").build();
    let started = clients.athena.start_query_execution().query_string(endless).query_execution_context(context).send();
    let id = started.await.unwrap().query_execution_id.unwrap();
    clients.athena.stop_query_execution().query_execution_id(&id).send().await.unwrap();
    let status = end(&clients.athena, &id).await.status.unwrap();
    assert_eq!(status.state(), Some(&QueryExecutionState::Cancelled));
    assert_eq!(status.state_change_reason(), Some("Query cancelled by user"));
    let page = clients.athena.list_query_executions().max_results(1).send().await.unwrap();
    assert_eq!(page.query_execution_ids(), [id]);
    assert!(page.next_token().is_some(), "the table's statement comes next");
}

#[tokio::test]
async fn a_result_is_reused() {
    let clients = Clients::new();
    let reused = |age: i32| {
        let by_age = ResultReuseByAgeConfiguration::builder().enabled(true).max_age_in_minutes(age).build();
        let reuse = ResultReuseConfiguration::builder().result_reuse_by_age_configuration(by_age).build();
        let started =
            clients.athena.start_query_execution().query_string("SELECT 7 AS n").result_reuse_configuration(reuse).send();
        async {
            let id = started.await.unwrap().query_execution_id.unwrap();
            let statistics = end(&clients.athena, &id).await.statistics.unwrap();
            statistics.result_reuse_information.unwrap().reused_previous_result
        }
    };
    assert!(!reused(60).await);
    assert!(reused(60).await);
}

#[tokio::test]
async fn work_groups_rule_their_queries() {
    let clients = Clients::new();
    let athena = &clients.athena;
    clients.s3.create_bucket().bucket("ours").send().await.unwrap();
    let results = ResultConfiguration::builder().output_location("s3://ours/results/").build();
    let configuration = WorkGroupConfiguration::builder()
        .enforce_work_group_configuration(true)
        .bytes_scanned_cutoff_per_query(10_000_000)
        .result_configuration(results)
        .build();
    let tag = Tag::builder().key("team").value("owls").build();
    athena.create_work_group().name("night").description("owls").configuration(configuration).tags(tag).send().await.unwrap();
    let again = athena.create_work_group().name("night").send().await.unwrap_err().into_service_error();
    assert_eq!(again.code(), Some("InvalidRequestException"));

    let asked = ResultConfiguration::builder().output_location("s3://theirs/").build();
    let started = athena.start_query_execution().query_string("SELECT 1").work_group("night").result_configuration(asked).send();
    let id = started.await.unwrap().query_execution_id.unwrap();
    let execution = end(athena, &id).await;
    assert_eq!(execution.work_group(), Some("night"));
    let output = execution.result_configuration().unwrap().output_location().unwrap();
    assert_eq!(output, format!("s3://ours/results/{id}.csv"), "the work group's place goes before the query's");
    let listed = athena.list_query_executions().work_group("night").send().await.unwrap();
    assert_eq!(listed.query_execution_ids(), [id]);

    let updates = WorkGroupConfigurationUpdates::builder().remove_bytes_scanned_cutoff_per_query(true).build();
    let update = athena.update_work_group().work_group("night").state(WorkGroupState::Disabled).configuration_updates(updates);
    update.send().await.unwrap();
    let group = athena.get_work_group().work_group("night").send().await.unwrap().work_group.unwrap();
    let configuration = group.configuration().unwrap();
    assert_eq!((group.state(), group.description()), (Some(&WorkGroupState::Disabled), Some("owls")));
    assert_eq!(configuration.bytes_scanned_cutoff_per_query(), None);
    assert_eq!(configuration.engine_version().unwrap().effective_engine_version(), Some("Athena engine version 3"));
    let disabled = athena.start_query_execution().query_string("SELECT 1").work_group("night").send().await;
    assert_eq!(disabled.unwrap_err().into_service_error().message(), Some("WorkGroup night is disabled."));

    let mut names = Vec::new();
    let mut pages = athena.list_work_groups().into_paginator().page_size(1).send();
    while let Some(page) = pages.next().await {
        names.extend(page.unwrap().work_groups().iter().map(|group| group.name().unwrap().to_owned()));
    }
    names.sort();
    assert_eq!(names, ["night", "primary"]);
    let arn = "arn:aws:athena:eu-west-1:000000000000:workgroup/night";
    let tags = athena.list_tags_for_resource().resource_arn(arn).send().await.unwrap();
    assert_eq!(tags.tags()[0].value(), Some("owls"));
    assert!(athena.delete_work_group().work_group("night").send().await.is_err(), "it has queries");
    athena.delete_work_group().work_group("night").recursive_delete_option(true).send().await.unwrap();
    let gone = athena.get_work_group().work_group("night").send().await.unwrap_err().into_service_error();
    assert_eq!(gone.message(), Some("WorkGroup is not found."));
}

#[tokio::test]
async fn a_scan_beyond_the_limit_of_its_work_group_fails() {
    let clients = Clients::new();
    clients.put("lake", "large/a.csv", "0123456789\n".repeat(1_000_000)).await;
    clients.succeed("CREATE EXTERNAL TABLE large (s string) LOCATION 's3://lake/large/'").await;
    let results = ResultConfiguration::builder().output_location("s3://civetta-results/").build();
    let limited =
        WorkGroupConfiguration::builder().bytes_scanned_cutoff_per_query(10_000_000).result_configuration(results).build();
    clients.athena.create_work_group().name("limited").configuration(limited).send().await.unwrap();
    let start = clients.athena.start_query_execution().query_string("SELECT count(*) FROM default.large").work_group("limited");
    let status = end(&clients.athena, &start.send().await.unwrap().query_execution_id.unwrap()).await.status.unwrap();
    assert_eq!(status.state, Some(QueryExecutionState::Failed));
    let reason = status.state_change_reason.unwrap();
    assert!(reason.starts_with("EXCEEDED_LIMIT: Bytes scanned limit was exceeded"), "{reason}");
    assert_eq!(clients.rows("SELECT count(*) AS n FROM default.large").await, [["n"], ["1000000"]]);
}

#[tokio::test]
async fn named_queries_are_kept() {
    let clients = Clients::new();
    let athena = &clients.athena;
    let create = athena.create_named_query().name("one").database("default").query_string("SELECT 1").description("first");
    let id = create.send().await.unwrap().named_query_id.unwrap();
    let unknown = "00000000-0000-4000-8000-000000000000";
    let batch = athena.batch_get_named_query().named_query_ids(&id).named_query_ids(unknown).send().await.unwrap();
    assert_eq!(batch.named_queries()[0].query_string(), "SELECT 1");
    assert_eq!(batch.unprocessed_named_query_ids()[0].named_query_id(), Some(unknown));
    athena.update_named_query().named_query_id(&id).name("two").query_string("SELECT 2").send().await.unwrap();
    let query = athena.get_named_query().named_query_id(&id).send().await.unwrap().named_query.unwrap();
    assert_eq!((query.name(), query.query_string(), query.work_group()), ("two", "SELECT 2", Some("primary")));
    assert_eq!(athena.list_named_queries().send().await.unwrap().named_query_ids(), std::slice::from_ref(&id));
    athena.delete_named_query().named_query_id(&id).send().await.unwrap();
    assert!(athena.get_named_query().named_query_id(&id).send().await.is_err());
}

#[tokio::test]
async fn prepared_statements_are_kept_and_executed() {
    let clients = Clients::new();
    let athena = &clients.athena;
    let create = athena.create_prepared_statement().statement_name("twice").work_group("primary");
    create.query_statement("SELECT ? * 2 AS n").send().await.unwrap();
    assert_eq!(clients.rows("EXECUTE twice USING 21").await, [["n"], ["42"]]);
    let started = athena.start_query_execution().query_string("EXECUTE twice").execution_parameters("4").send().await.unwrap();
    let id = started.query_execution_id().unwrap();
    assert_eq!(end(athena, id).await.execution_parameters(), ["4"]);
    let results = athena.get_query_results().query_execution_id(id).send().await.unwrap();
    assert_eq!(cells(results.result_set().unwrap()), [["n"], ["8"]]);

    clients.succeed("PREPARE thrice FROM SELECT ? * 3 AS n").await;
    let listed = athena.list_prepared_statements().work_group("primary").send().await.unwrap();
    let names: Vec<_> = listed.prepared_statements().iter().map(|statement| statement.statement_name().unwrap()).collect();
    assert_eq!(names, ["thrice", "twice"]);
    clients.succeed("DEALLOCATE PREPARE thrice").await;
    let gone = athena.get_prepared_statement().statement_name("thrice").work_group("primary").send().await;
    assert!(gone.unwrap_err().into_service_error().is_resource_not_found_exception());
    athena.delete_prepared_statement().statement_name("twice").work_group("primary").send().await.unwrap();
    let refused = athena.start_query_execution().query_string("EXECUTE twice USING 1").send().await;
    assert!(refused.is_err(), "{refused:?}");
}
