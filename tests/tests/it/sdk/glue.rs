//! Databases, tables, partitions and crawlers; and what a crawler found, read by a query.

use std::time::Instant;

use aws_sdk_glue::types::{
    Column, CrawlerState, CrawlerTargets, DatabaseInput, LastCrawlStatus, PartitionInput, S3Target, StorageDescriptor, TableInput,
};

use super::{Clients, LIMIT};

fn column(name: &str, kind: &str) -> Column {
    Column::builder().name(name).r#type(kind).build().unwrap()
}

fn table() -> aws_sdk_glue::types::builders::TableInputBuilder {
    let descriptor = StorageDescriptor::builder().columns(column("x", "int")).location("s3://lake/t/").build();
    TableInput::builder().name("t").storage_descriptor(descriptor).partition_keys(column("day", "string"))
}

#[tokio::test]
async fn tables_have_versions_and_partitions_are_found_by_expressions() {
    let clients = Clients::new();
    let glue = &clients.glue;
    let database = || DatabaseInput::builder().name("sales").build().unwrap();
    glue.create_database().database_input(database()).send().await.unwrap();
    let again = glue.create_database().database_input(database()).send().await.unwrap_err().into_service_error();
    assert!(again.is_already_exists_exception(), "{again:?}");
    let absent = glue.get_table().database_name("sales").name("t").send().await.unwrap_err().into_service_error();
    assert!(absent.is_entity_not_found_exception(), "{absent:?}");

    glue.create_table().database_name("sales").table_input(table().build().unwrap()).send().await.unwrap();
    let changed = table().description("second").build().unwrap();
    glue.update_table().database_name("sales").table_input(changed).version_id("0").send().await.unwrap();
    let late = table().description("third").build().unwrap();
    let refused = glue.update_table().database_name("sales").table_input(late).version_id("0").send().await.unwrap_err();
    assert!(refused.into_service_error().is_concurrent_modification_exception());
    let versions = glue.get_table_versions().database_name("sales").table_name("t").into_paginator().page_size(1).send();
    let versions: Vec<_> = versions.try_collect().await.unwrap();
    let ids: Vec<_> =
        versions.iter().flat_map(|page| page.table_versions()).map(|version| version.version_id().unwrap()).collect();
    assert_eq!(ids, ["1", "0"]);

    let partition = |day: u32| PartitionInput::builder().values(format!("2024-05-{day:02}")).build();
    let create = glue.batch_create_partition().database_name("sales").table_name("t");
    let made = create.set_partition_input_list(Some((1..=9).map(partition).collect())).send().await.unwrap();
    assert!(made.errors().is_empty(), "{made:?}");
    let twice = glue.batch_create_partition().database_name("sales").table_name("t").partition_input_list(partition(1));
    let twice = twice.send().await.unwrap();
    assert_eq!(twice.errors()[0].error_detail().unwrap().error_code(), Some("AlreadyExistsException"));
    let found =
        glue.get_partitions().database_name("sales").table_name("t").expression("day BETWEEN '2024-05-03' AND '2024-05-07'");
    let pages: Vec<_> = found.into_paginator().page_size(2).send().try_collect().await.unwrap();
    let mut days: Vec<_> =
        pages.iter().flat_map(|page| page.partitions()).map(|partition| partition.values()[0].clone()).collect();
    days.sort();
    assert_eq!(days, ["2024-05-03", "2024-05-04", "2024-05-05", "2024-05-06", "2024-05-07"]);
}

#[tokio::test]
async fn a_crawler_finds_what_queries_read() {
    let clients = Clients::new();
    for (day, price) in [(1, "2.5"), (2, "3")] {
        clients.put("shop", &format!("orders/day={day}/a.json"), format!("{{\"id\": {day}, \"price\": {price}}}\n")).await;
    }
    let targets = CrawlerTargets::builder().s3_targets(S3Target::builder().path("s3://shop/orders/").build()).build();
    let create = clients.glue.create_crawler().name("orders").role("arn:aws:iam::000000000000:role/crawler");
    create.database_name("shop").targets(targets).send().await.unwrap();
    clients.glue.start_crawler().name("orders").send().await.unwrap();
    let begun = Instant::now();
    let crawler = loop {
        let crawler = clients.glue.get_crawler().name("orders").send().await.unwrap().crawler.unwrap();
        if crawler.state() == Some(&CrawlerState::Ready) {
            break crawler;
        }
        assert!(begun.elapsed() < LIMIT, "{crawler:?}");
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    };
    assert_eq!(crawler.last_crawl().unwrap().status(), Some(&LastCrawlStatus::Succeeded), "{crawler:?}");
    let metrics = clients.glue.get_crawler_metrics().crawler_name_list("orders").send().await.unwrap();
    assert_eq!(metrics.crawler_metrics_list()[0].tables_created(), 1);
    let rows = clients.rows("SELECT day, sum(price) AS total FROM shop.orders GROUP BY day ORDER BY day").await;
    assert_eq!(rows, [["day", "total"], ["1", "2.5"], ["2", "3.0"]]);
    let missing = clients.glue.start_crawler().name("nobody").send().await.unwrap_err().into_service_error();
    assert!(missing.is_entity_not_found_exception());
}
