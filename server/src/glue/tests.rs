//! The operations together, as clients call them, over a real catalog and real files.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use serde_json::json;
use tokio_util::sync::CancellationToken;

use super::operations::OPERATIONS;
use super::*;
use crate::aws::{Failure, Rights};
use crate::crawls::Crawls;
use crate::metrics::Metrics;
use crate::serve::Server;

struct Door {
    shared: Shared,
    caller: Caller,
    folder: tempfile::TempDir,
}

impl Door {
    async fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let server = Server::embedded(folder.path()).await;
        let metrics = Metrics::new();
        let crawls = Crawls::new(server.clone(), metrics.clone(), CancellationToken::new());
        let caller =
            Caller { request_id: uuid::Uuid::nil(), region: "eu-west-1".to_owned(), rights: Arc::default(), holder: None };
        Self { shared: Shared { server, metrics, crawls }, caller, folder }
    }

    /// With the database `d`.
    async fn with_database() -> Self {
        let door = Self::new().await;
        door.ok("CreateDatabase", json!({ "DatabaseInput": { "Name": "D" } })).await;
        door
    }

    /// And the table `d.t` with two keys and `partitions` partitions.
    async fn with_table(partitions: usize) -> Self {
        let door = Self::with_database().await;
        door.ok("CreateTable", json!({ "DatabaseName": "d", "TableInput": input("t") })).await;
        let inputs: Vec<Value> = (0..partitions).map(|n| json!({ "Values": [n.to_string(), format!("d{}", n % 3)] })).collect();
        for batch in inputs.chunks(100) {
            let made = json!({ "DatabaseName": "d", "TableName": "t", "PartitionInputList": batch });
            assert_eq!(door.ok("BatchCreatePartition", made).await, json!({}));
        }
        door
    }

    async fn call(&self, operation: &str, body: Value) -> Reply {
        call(&self.shared, &self.caller, operation, body).await
    }

    async fn ok(&self, operation: &str, body: Value) -> Value {
        self.call(operation, body).await.unwrap_or_else(|failure| panic!("{operation}: {failure:?}"))
    }

    async fn refused(&self, operation: &str, body: Value) -> Failure {
        self.call(operation, body).await.expect_err(operation)
    }

    /// All items of a listing, a page of `size` at a time.
    async fn all(&self, operation: &str, mut body: Value, member: &str, size: usize) -> Vec<Value> {
        let mut items = Vec::new();
        body["MaxResults"] = json!(size);
        loop {
            let answer = self.ok(operation, body.clone()).await;
            let page = answer[member].as_array().unwrap();
            assert!(page.len() <= size, "{operation}: {} items", page.len());
            items.extend_from_slice(page);
            match answer.get("NextToken") {
                Some(token) => body["NextToken"] = token.clone(),
                None => return items,
            }
        }
    }
}

fn input(name: &str) -> Value {
    json!({
        "Name": name,
        "TableType": "EXTERNAL_TABLE",
        "Parameters": { "classification": "json" },
        "StorageDescriptor": {
            "Columns": [{ "Name": "x", "Type": "bigint", "Comment": "a number" }, { "Name": "s", "Type": "string" }],
            "Location": format!("s3://b/{name}/"),
            "SerdeInfo": { "SerializationLibrary": "org.openx.data.jsonserde.JsonSerDe", "Parameters": { "paths": "x" } },
            "SkewedInfo": { "SkewedColumnNames": ["x"] },
        },
        "PartitionKeys": [{ "Name": "n", "Type": "int" }, { "Name": "day", "Type": "string" }],
    })
}

#[tokio::test]
async fn what_is_read_can_be_put_back() {
    let door = Door::with_table(0).await;
    let got = door.ok("GetTable", json!({ "DatabaseName": "D", "Name": "T" })).await;
    let table = &got["Table"];
    let given = input("t");
    for (member, value) in given.as_object().unwrap() {
        assert_eq!(table[member], *value, "{member}");
    }
    assert_eq!((&table["VersionId"], &table["CatalogId"]), (&json!("0"), &json!("000000000000")));
    fn no_nothing(value: &Value) -> bool {
        match value {
            Value::Null => false,
            Value::String(text) => !text.is_empty(),
            Value::Array(items) => items.iter().all(no_nothing),
            Value::Object(members) => members.values().all(no_nothing),
            _ => true,
        }
    }
    assert!(no_nothing(table), "null and empty members trip clients that post back what they read: {table}");
    // Members that are no input's are not kept, as when a client posts the whole table.
    let mut again = table.clone();
    again["Name"] = json!("copy");
    door.ok("CreateTable", json!({ "DatabaseName": "d", "TableInput": again })).await;
    let copy = door.ok("GetTable", json!({ "DatabaseName": "d", "Name": "copy" })).await;
    assert_eq!(copy["Table"]["StorageDescriptor"], table["StorageDescriptor"]);
    let names = json!({ "DatabaseName": "d", "AttributesToGet": ["NAME"] });
    assert_eq!(door.ok("GetTables", names).await, json!({ "TableList": [{ "Name": "copy" }, { "Name": "t" }] }));
}

#[tokio::test]
async fn errors_are_glues() {
    let door = Door::with_table(1).await;
    let of_table = |extra: Value| {
        let mut body = json!({ "DatabaseName": "d", "TableName": "t" });
        body.as_object_mut().unwrap().extend(extra.as_object().unwrap().clone());
        body
    };
    let (missing, there, invalid) = ("EntityNotFoundException", "AlreadyExistsException", "InvalidInputException");
    for (operation, body, name, text) in [
        ("GetDatabase", json!({ "Name": "no" }), missing, "Database no not found."),
        ("CreateDatabase", json!({ "DatabaseInput": { "Name": "d" } }), there, "Database already exists."),
        ("CreateDatabase", json!({ "DatabaseInput": {} }), invalid, "Member must not be null"),
        ("GetDatabase", json!({ "Name": "d", "CatalogId": "elsewhere" }), missing, "Catalog elsewhere not found."),
        ("GetTable", json!({ "DatabaseName": "d", "Name": "no" }), missing, "Table no not found."),
        ("GetTable", json!({ "DatabaseName": "no", "Name": "t" }), missing, "Database no not found."),
        ("GetTables", json!({ "DatabaseName": "no" }), missing, "Database no not found."),
        ("GetTables", json!({ "DatabaseName": "d", "MaxResults": 101 }), invalid, "'maxResults'"),
        ("GetTable", json!({ "Name": "t" }), invalid, "Value 'null' at 'databaseName'"),
        ("GetTable", json!({ "DatabaseName": 1, "Name": "t" }), "SerializationException", "string"),
        ("CreateTable", json!({ "DatabaseName": "d", "TableInput": input("t") }), there, "Table already exists."),
        (
            "CreateTable",
            json!({ "DatabaseName": "d", "TableInput": input("u"), "OpenTableFormatInput": { "IcebergInput": {} } }),
            invalid,
            "OpenTableFormatInput of CreateTable is not supported by Civetta",
        ),
        ("GetPartition", of_table(json!({ "PartitionValues": ["9", "x"] })), missing, "Cannot find partition."),
        ("GetPartition", of_table(json!({ "PartitionValues": ["9"] })), missing, "Cannot find partition."),
        ("CreatePartition", of_table(json!({ "PartitionInput": { "Values": ["0", "d0"] } })), there, "Partition already exists."),
        (
            "CreatePartition",
            of_table(json!({ "PartitionInput": { "Values": ["0"] } })),
            invalid,
            "The number of partition keys do not match the number of partition values",
        ),
        ("GetTableVersion", of_table(json!({ "VersionId": "20" })), missing, "Version not found."),
        ("GetTableVersion", of_table(json!({ "VersionId": "x" })), invalid, "not a number"),
        ("GetPartitions", of_table(json!({ "Expression": "n = 'a'" })), invalid, "is not an integer"),
        (
            "GetPartitions",
            of_table(json!({ "Segment": { "SegmentNumber": 2, "TotalSegments": 2 } })),
            invalid,
            "SegmentNumber must be less than TotalSegments",
        ),
        ("GetCrawler", json!({ "Name": "no" }), missing, "Crawler no not found."),
        ("StartCrawlerSchedule", json!({ "CrawlerName": "no" }), missing, "Crawler no not found."),
        ("StartJobRun", json!({ "JobName": "no" }), invalid, "StartJobRun is not supported by Civetta"),
        ("GetNothing", json!({}), "UnknownOperationException", "'GetNothing'"),
        (
            "CreateTrigger",
            json!({ "Name": "t", "Type": "CONDITIONAL", "Actions": [] }),
            invalid,
            "triggers of type CONDITIONAL are not supported by Civetta",
        ),
    ] {
        let failure = door.refused(operation, body).await;
        assert!(failure.name == name && failure.message.contains(text), "{operation}: {failure:?}");
        assert_eq!(failure.status, 400);
    }
}

#[tokio::test]
async fn every_operation_answers_an_empty_request() {
    let door = Door::new().await;
    for operation in OPERATIONS {
        if let Err(failure) = door.call(operation, json!({})).await {
            assert!(failure.status == 400 && failure.name != "UnknownOperationException", "{operation}: {failure:?}");
        }
    }
}

#[tokio::test]
async fn a_key_that_only_reads_and_one_that_has_one_database() {
    let mut door = Door::with_table(0).await;
    door.caller.rights = Arc::new(Rights { read_only: true, ..Rights::default() });
    for operation in OPERATIONS {
        let writes = !["Get", "BatchGet", "List", "Search"].iter().any(|word| operation.starts_with(word));
        let denied = door.call(operation, json!({})).await.is_err_and(|failure| failure.name == "AccessDeniedException");
        assert_eq!(denied, writes, "{operation}");
    }
    door.caller.rights = Arc::new(Rights { databases: Some(BTreeSet::from(["other".to_owned()])), ..Rights::default() });
    for (operation, body) in [
        ("GetDatabase", json!({ "Name": "D" })),
        ("DeleteDatabase", json!({ "Name": "d" })),
        ("CreateDatabase", json!({ "DatabaseInput": { "Name": "d2" } })),
        ("GetTables", json!({ "DatabaseName": "D" })),
        ("GetTags", json!({ "ResourceArn": "arn:aws:glue:eu-west-1:000000000000:database/d" })),
        ("CreateCrawler", json!({ "Name": "c", "Role": "r", "DatabaseName": "D", "Targets": {} })),
    ] {
        assert_eq!(door.refused(operation, body).await.name, "AccessDeniedException", "{operation}");
    }
    assert_eq!(door.ok("GetDatabases", json!({})).await, json!({ "DatabaseList": [] }));
    assert_eq!(door.ok("SearchTables", json!({})).await, json!({ "TableList": [] }));
}

#[tokio::test]
async fn pages_and_segments_hold_each_item_once() {
    let door = Door::with_table(250).await;
    let of_table = json!({ "DatabaseName": "d", "TableName": "t" });
    assert_eq!(door.all("GetPartitions", of_table.clone(), "Partitions", 7).await.len(), 250);
    let mut seen = BTreeSet::new();
    for number in 0..4 {
        let mut body = of_table.clone();
        body["Segment"] = json!({ "SegmentNumber": number, "TotalSegments": 4 });
        let mine = door.all("GetPartitions", body, "Partitions", 9).await;
        assert!(!mine.is_empty());
        for partition in mine {
            assert!(seen.insert(partition["Values"].to_string()), "twice: {partition}");
        }
    }
    assert_eq!(seen.len(), 250);
    for (expression, count) in [("n >= 240", 10), ("day = 'd1' AND n < 9", 3), ("n IS NULL", 0), ("  ", 250)] {
        let mut body = of_table.clone();
        body["Expression"] = json!(expression);
        assert_eq!(door.all("GetPartitions", body, "Partitions", 100).await.len(), count, "{expression}");
    }
}

#[tokio::test]
async fn batches_have_limits_and_answer_for_each_item() {
    let door = Door::with_table(2).await;
    let partition = |n: usize| json!({ "Values": [n.to_string(), "d0"] });
    let entry = |n: usize| json!({ "PartitionValueList": [n.to_string(), "d0"], "PartitionInput": {} });
    for (operation, member, most, item) in [
        ("BatchCreatePartition", "PartitionInputList", 100, &partition as &dyn Fn(usize) -> Value),
        ("BatchUpdatePartition", "Entries", 100, &entry),
        ("BatchDeletePartition", "PartitionsToDelete", 25, &partition),
        ("BatchGetPartition", "PartitionsToGet", 1000, &partition),
    ] {
        let items: Vec<Value> = (1000..=1000 + most).map(item).collect();
        let failure = door.refused(operation, json!({ "DatabaseName": "d", "TableName": "t", member: items })).await;
        assert!(failure.message.contains(&format!("less than or equal to {most}")), "{operation}: {failure:?}");
    }
    let batch = |member: &str, items: Value| json!({ "DatabaseName": "d", "TableName": "t", member: items });
    let codes = |answer: &Value| -> Vec<String> {
        let errors = answer["Errors"].as_array().unwrap().iter();
        errors.map(|error| error["ErrorDetail"]["ErrorCode"].as_str().unwrap().to_owned()).collect()
    };
    let made = batch("PartitionInputList", json!([partition(0), partition(7), { "Values": ["1"] }, { "Values": ["x", "y"] }]));
    let answer = door.ok("BatchCreatePartition", made).await;
    let mut found = codes(&answer);
    found.sort();
    assert_eq!(found, ["AlreadyExistsException", "InvalidInputException", "InvalidInputException"]);
    let moved = json!([{ "PartitionValueList": ["7", "d0"], "PartitionInput": { "Values": ["8", "d0"], "Parameters": { "a": "b" } } }, entry(9)]);
    let answer = door.ok("BatchUpdatePartition", batch("Entries", moved)).await;
    assert_eq!(answer["Errors"][0]["PartitionValueList"], json!(["9", "d0"]));
    let got = door.ok("BatchGetPartition", batch("PartitionsToGet", json!([partition(7), partition(8), { "Values": [] }]))).await;
    assert_eq!((got["Partitions"].as_array().unwrap().len(), &got["Partitions"][0]["Parameters"]), (1, &json!({ "a": "b" })));
    let answer = door.ok("BatchDeletePartition", batch("PartitionsToDelete", json!([partition(8), partition(9)]))).await;
    assert_eq!(codes(&answer), ["EntityNotFoundException"]);
}

#[tokio::test]
async fn versions_are_a_lock() {
    let door = Door::with_table(0).await;
    let update = |extra: Value| {
        let mut body = json!({ "DatabaseName": "d", "TableInput": input("t") });
        body.as_object_mut().unwrap().extend(extra.as_object().unwrap().clone());
        body
    };
    let versions = json!({ "DatabaseName": "d", "TableName": "t" });
    door.ok("UpdateTable", update(json!({ "VersionId": "0" }))).await;
    let stale = door.refused("UpdateTable", update(json!({ "VersionId": "0" }))).await;
    assert_eq!(stale.name, "ConcurrentModificationException");
    assert_eq!(door.all("GetTableVersions", versions.clone(), "TableVersions", 1).await.len(), 2);
    door.ok("UpdateTable", update(json!({ "SkipArchive": true, "VersionId": "1" }))).await;
    let kept = door.all("GetTableVersions", versions.clone(), "TableVersions", 100).await;
    assert_eq!(kept.iter().map(|version| &version["VersionId"]).collect::<Vec<_>>(), ["2", "0"]);
    let many = json!({ "DatabaseName": "d", "TableName": "t", "VersionIds": ["0", "1"] });
    let answer = door.ok("BatchDeleteTableVersion", many).await;
    assert_eq!(answer["Errors"][0]["VersionId"], "1");
    assert_eq!(door.refused("UpdateTable", update(json!({ "Name": "other" }))).await.name, "InvalidInputException");
}

#[tokio::test]
async fn tables_are_searched() {
    let door = Door::with_table(0).await;
    for number in 0..5 {
        let mut table = input(&format!("orders_{number}"));
        table["Parameters"]["rows"] = json!((number * 10).to_string());
        door.ok("CreateTable", json!({ "DatabaseName": "default", "TableInput": table })).await;
    }
    let names = |found: &[Value]| found.iter().map(|table| table["Name"].as_str().unwrap().to_owned()).collect::<Vec<_>>();
    for (body, expected) in [
        (json!({ "SearchText": "ORDERS" }), vec!["orders_0", "orders_1", "orders_2", "orders_3", "orders_4"]),
        (json!({ "SearchText": "\"orders_1\"" }), vec!["orders_1"]),
        (json!({ "SearchText": "a number" }), vec!["t", "orders_0", "orders_1", "orders_2", "orders_3", "orders_4"]),
        (json!({ "Filters": [{ "Key": "DatabaseName", "Value": "d" }] }), vec!["t"]),
        (
            json!({ "Filters": [{ "Key": "rows", "Value": "9", "Comparator": "GREATER_THAN" }],
                    "SortCriteria": [{ "FieldName": "Name", "Sort": "DESC" }] }),
            vec!["orders_4", "orders_3", "orders_2", "orders_1"],
        ),
    ] {
        let mut found = names(&door.all("SearchTables", body.clone(), "TableList", 2).await);
        let mut expected = expected;
        if body.get("SortCriteria").is_none() {
            found.sort();
            expected.sort_unstable();
        }
        assert_eq!(found, expected, "{body}");
    }
}

#[tokio::test]
async fn records_of_a_dropped_table_are_not_those_of_the_next() {
    let door = Door::with_table(1).await;
    let statistics = json!({ "ColumnName": "X", "ColumnType": "bigint", "AnalyzedTime": 1.5,
        "StatisticsData": { "Type": "LONG", "LongColumnStatisticsData": { "NumberOfNulls": 0, "NumberOfDistinctValues": 5 } } });
    let table = json!({ "DatabaseName": "d", "TableName": "t" });
    let with = |extra: Value| {
        let mut body = table.clone();
        body.as_object_mut().unwrap().extend(extra.as_object().unwrap().clone());
        body
    };
    let broken = json!({ "ColumnName": "s", "ColumnType": "string", "AnalyzedTime": 1, "StatisticsData": { "Type": "LONG" } });
    let put = door.ok("UpdateColumnStatisticsForTable", with(json!({ "ColumnStatisticsList": [statistics, broken] }))).await;
    assert_eq!(put["Errors"][0]["Error"]["ErrorCode"], "InvalidInputException");
    let values = json!({ "PartitionValues": ["0", "d0"], "ColumnStatisticsList": [statistics] });
    door.ok("UpdateColumnStatisticsForPartition", with(values)).await;
    door.ok("CreatePartitionIndex", with(json!({ "PartitionIndex": { "Keys": ["n"], "IndexName": "by_n" } }))).await;
    let wanted = with(json!({ "ColumnNames": ["x", "s", "none"], "PartitionValues": ["0", "d0"] }));
    let got = door.ok("GetColumnStatisticsForTable", with(json!({ "ColumnNames": ["x", "s", "none"] }))).await;
    assert_eq!((&got["ColumnStatisticsList"], &got["Errors"][0]["ColumnName"]), (&json!([statistics]), &json!("none")));
    let of_partition = door.ok("GetColumnStatisticsForPartition", wanted.clone()).await;
    assert_eq!(of_partition["ColumnStatisticsList"], json!([statistics]));
    let index = json!({ "IndexName": "by_n", "Keys": [{ "Name": "n", "Type": "int" }], "IndexStatus": "ACTIVE" });
    assert_eq!(door.ok("GetPartitionIndexes", table.clone()).await["PartitionIndexDescriptorList"], json!([index]));

    // Dropped behind the door's back, as SQL does, and made again.
    let catalog = &door.shared.server.catalog;
    catalog.delete_table("d", "t").await.unwrap();
    door.ok("CreateTable", json!({ "DatabaseName": "d", "TableInput": input("t") })).await;
    door.ok("CreatePartition", with(json!({ "PartitionInput": { "Values": ["0", "d0"] } }))).await;
    let got = door.ok("GetColumnStatisticsForTable", with(json!({ "ColumnNames": ["x"] }))).await;
    assert_eq!(got["ColumnStatisticsList"], json!([]));
    assert_eq!(door.ok("GetColumnStatisticsForPartition", wanted).await["ColumnStatisticsList"], json!([]));
    assert_eq!(door.ok("GetPartitionIndexes", table).await["PartitionIndexDescriptorList"], json!([]));
}

#[tokio::test]
async fn functions_tags_and_settings_come_back() {
    let door = Door::with_database().await;
    let function = json!({ "FunctionName": "F", "ClassName": "org.F", "OwnerType": "USER", "ResourceUris": [] });
    door.ok("CreateUserDefinedFunction", json!({ "DatabaseName": "d", "FunctionInput": function })).await;
    let twice = door.refused("CreateUserDefinedFunction", json!({ "DatabaseName": "d", "FunctionInput": function })).await;
    assert_eq!(twice.name, "AlreadyExistsException");
    let listed = door.ok("GetUserDefinedFunctions", json!({ "DatabaseName": "d", "Pattern": "*" })).await;
    assert_eq!(listed["UserDefinedFunctions"][0]["FunctionName"], "f");
    door.shared.server.catalog.delete_database("d").await.unwrap();
    door.ok("CreateDatabase", json!({ "DatabaseInput": { "Name": "d" }, "Tags": { "team": "owls" } })).await;
    assert_eq!(door.ok("GetUserDefinedFunctions", json!({ "Pattern": "*" })).await, json!({ "UserDefinedFunctions": [] }));
    door.ok("CreateUserDefinedFunction", json!({ "DatabaseName": "d", "FunctionInput": function })).await;

    let arn = "arn:aws:glue:eu-west-1:000000000000:database/d";
    door.ok("TagResource", json!({ "ResourceArn": arn, "TagsToAdd": { "a": "1", "b": "2" } })).await;
    door.ok("UntagResource", json!({ "ResourceArn": arn, "TagsToRemove": ["b"] })).await;
    assert_eq!(door.ok("GetTags", json!({ "ResourceArn": arn })).await, json!({ "Tags": { "a": "1", "team": "owls" } }));

    let policy = json!({ "PolicyInJson": "{\"Version\":\"2012-10-17\"}" });
    let hash = door.ok("PutResourcePolicy", policy.clone()).await["PolicyHash"].clone();
    assert_eq!(door.ok("GetResourcePolicy", json!({})).await["PolicyHash"], hash);
    let stale = json!({ "PolicyInJson": "{}", "PolicyHashCondition": "x" });
    assert_eq!(door.refused("PutResourcePolicy", stale).await.name, "ConditionCheckFailureException");
    door.ok("DeleteResourcePolicy", json!({ "PolicyHashCondition": hash })).await;
    assert_eq!(door.refused("GetResourcePolicy", json!({})).await.name, "EntityNotFoundException");
}

#[tokio::test]
async fn passwords_are_given_to_those_who_ask() {
    let door = Door::new().await;
    let connection = json!({ "Name": "c", "ConnectionType": "JDBC",
        "ConnectionProperties": { "JDBC_CONNECTION_URL": "jdbc:x", "USERNAME": "u", "PASSWORD": "secret" },
        "AuthenticationConfiguration": { "BasicAuthenticationCredentials": { "Username": "u", "Password": "secret" } } });
    door.ok("CreateConnection", json!({ "ConnectionInput": connection })).await;
    let twice = door.refused("CreateConnection", json!({ "ConnectionInput": connection })).await;
    assert_eq!((twice.name.as_ref(), twice.message.as_str()), ("AlreadyExistsException", "Connection already exists."));
    let hidden = door.ok("GetConnection", json!({ "Name": "c", "HidePassword": true })).await.to_string();
    assert!(!hidden.contains("secret") && hidden.contains("jdbc:x"), "{hidden}");
    assert!(!door.ok("GetConnections", json!({ "HidePassword": true })).await.to_string().contains("secret"));
    let shown = door.ok("GetConnection", json!({ "Name": "c" })).await.to_string();
    assert_eq!(shown.matches("secret").count(), 1, "that of the properties: {shown}");
    let many = door.ok("BatchDeleteConnection", json!({ "ConnectionNameList": ["c", "none"] })).await;
    assert_eq!((&many["Succeeded"], &many["Errors"]["none"]["ErrorCode"]), (&json!(["c"]), &json!("EntityNotFoundException")));
}

/// Waits until the crawler has ended a run.
async fn ended(door: &Door, name: &str) -> Value {
    for _ in 0..400 {
        let crawler = door.ok("GetCrawler", json!({ "Name": name })).await["Crawler"].take();
        if crawler["State"] == "READY" && crawler.get("LastCrawl").is_some() {
            return crawler;
        }
        tokio::time::sleep(Duration::from_millis(25)).await;
    }
    panic!("the crawl did not end");
}

fn orders(door: &Door) -> String {
    let orders = door.folder.path().join("orders");
    std::fs::create_dir_all(&orders).unwrap();
    std::fs::write(orders.join("a.json"), "{\"id\": 1}\n").unwrap();
    format!("{}/", orders.display())
}

#[tokio::test]
async fn crawlers_crawl_and_say_what_they_did() {
    let door = Door::new().await;
    let crawler = json!({ "Name": "C", "Role": "arn:aws:iam::1:role/service-role/glue", "DatabaseName": "Sales",
        "Targets": { "S3Targets": [{ "Path": orders(&door) }] }, "Tags": { "a": "b" } });
    door.ok("CreateCrawler", crawler.clone()).await;
    assert_eq!(door.refused("CreateCrawler", crawler).await.message, "Crawler already exists.");
    let made = door.ok("GetCrawler", json!({ "Name": "C" })).await["Crawler"].take();
    assert_eq!((&made["Role"], &made["State"], &made["Version"]), (&json!("service-role/glue"), &json!("READY"), &json!(1)));
    assert_eq!(made["RecrawlPolicy"], json!({ "RecrawlBehavior": "CRAWL_EVERYTHING" }));
    assert_eq!(made["LineageConfiguration"], json!({ "CrawlerLineageSettings": "DISABLE" }));
    let idle = door.refused("StopCrawler", json!({ "Name": "C" })).await;
    assert_eq!((idle.name.as_ref(), idle.message.as_str()), ("CrawlerNotRunningException", "Crawler with name C isn't running"));

    door.ok("StartCrawler", json!({ "Name": "C" })).await;
    assert_eq!(ended(&door, "C").await["LastCrawl"]["Status"], "SUCCEEDED");
    let table = door.ok("GetTable", json!({ "DatabaseName": "sales", "Name": "orders" })).await;
    assert_eq!(table["Table"]["StorageDescriptor"]["Columns"], json!([{ "Name": "id", "Type": "int" }]));
    let crawls = door.ok("ListCrawls", json!({ "CrawlerName": "C" })).await["Crawls"].take();
    assert_eq!(
        (&crawls[0]["State"], &crawls[0]["Summary"]),
        (&json!("COMPLETED"), &json!(r#"{"TABLE":"{\"ADD\":{\"Count\":1}}"}"#))
    );
    let failed =
        json!({ "CrawlerName": "C", "Filters": [{ "FieldName": "STATE", "FilterOperator": "EQ", "FieldValue": "FAILED" }] });
    assert_eq!(door.ok("ListCrawls", failed).await, json!({ "Crawls": [] }));
    let wrong =
        json!({ "CrawlerName": "C", "Filters": [{ "FieldName": "STATE", "FilterOperator": "GT", "FieldValue": "FAILED" }] });
    assert_eq!(door.refused("ListCrawls", wrong).await.message, "Only EQ or NE operator is allowed for field : STATE");
    let metrics = door.ok("GetCrawlerMetrics", json!({ "CrawlerNameList": ["C", "none"] })).await["CrawlerMetricsList"].take();
    assert_eq!((metrics.as_array().unwrap().len(), &metrics[0]["TablesCreated"]), (1, &json!(1)));
    assert_eq!(door.ok("ListCrawlers", json!({ "Tags": { "a": "b" } })).await["CrawlerNames"], json!(["C"]));
    assert_eq!(door.ok("ListCrawlers", json!({ "Tags": { "a": "c" } })).await["CrawlerNames"], json!([]));
}

#[tokio::test]
async fn a_running_crawler_is_not_changed_and_can_be_stopped_from_anywhere() {
    let door = Door::new().await;
    let crawler =
        json!({ "Name": "c", "Role": "r", "DatabaseName": "d", "Targets": { "S3Targets": [{ "Path": orders(&door) }] } });
    door.ok("CreateCrawler", crawler).await;
    let home = &door.shared.server.home;
    // A run of another process, which does not get on.
    let run = home.start_crawl("c", "another process", Duration::from_secs(60)).await.unwrap();
    let name = json!({ "Name": "c" });
    for operation in ["StartCrawler", "UpdateCrawler", "DeleteCrawler"] {
        assert_eq!(door.refused(operation, name.clone()).await.name, "CrawlerRunningException", "{operation}");
    }
    assert_eq!(door.refused("StartCrawler", name.clone()).await.message, "Crawler with name c has already started");
    door.ok("UpdateCrawlerSchedule", json!({ "CrawlerName": "c", "Schedule": "cron(0 1 * * ? *)" })).await;
    assert_eq!(door.ok("GetCrawler", name.clone()).await["Crawler"]["State"], "RUNNING");
    door.ok("StopCrawler", name.clone()).await;
    assert_eq!(door.ok("GetCrawler", name.clone()).await["Crawler"]["State"], "STOPPING");
    assert_eq!(door.refused("StopCrawler", name.clone()).await.name, "CrawlerStoppingException");
    assert!(home.asked_to_stop(&run.crawl_id).await.unwrap());
    let stopped = catalog::crawler::Crawl { state: catalog::crawler::CrawlState::Stopped, ..run.clone() };
    home.finish_crawl(stopped).await.unwrap();
    assert!(!home.asked_to_stop(&run.crawl_id).await.unwrap(), "it is forgotten with the run");
    assert_eq!(door.ok("GetCrawler", name).await["Crawler"]["LastCrawl"]["Status"], "CANCELLED");
}

#[tokio::test]
async fn what_a_crawler_cannot_do_is_refused_when_it_is_made() {
    let door = Door::new().await;
    let target = |extra: Value| json!({ "Targets": extra });
    let s3 = json!({ "S3Targets": [{ "Path": "s3://b/" }] });
    for (extra, text) in [
        (target(json!({ "JdbcTargets": [{ "Path": "db/%" }] })), "JdbcTargets"),
        (target(json!({ "DeltaTargets": [{ "DeltaTables": ["s3://b/"], "WriteManifest": true }] })), "WriteManifest"),
        (target(json!({ "S3Targets": [{ "Path": "s3://b/", "EventQueueArn": "arn" }] })), "EventQueueArn"),
        (target(json!({ "S3Targets": [{ "Path": "s3://b/", "Exclusions": ["["] }] })), ""),
        (json!({ "Targets": s3, "Schedule": "cron(* * * * * *)" }), "exactly one"),
        (json!({ "Targets": s3, "LineageConfiguration": { "CrawlerLineageSettings": "ENABLE" } }), "CrawlerLineageSettings"),
        (json!({ "Targets": s3, "RecrawlPolicy": { "RecrawlBehavior": "CRAWL_EVENT_MODE" } }), "CRAWL_EVENT_MODE"),
        (
            json!({ "Targets": s3, "Configuration": "{\"CrawlerOutput\":{\"Partitions\":{\"UpdateBehavior\":\"LOG\"}}}" }),
            "CrawlerOutput.Partitions contains unsupported keys: UpdateBehavior.",
        ),
        (json!({}), "Value 'null' at 'targets'"),
    ] {
        let mut body = json!({ "Name": "c", "Role": "r", "DatabaseName": "d" });
        body.as_object_mut().unwrap().extend(extra.as_object().unwrap().clone());
        let failure = door.refused("CreateCrawler", body).await;
        assert!(failure.name == "InvalidInputException" && failure.message.contains(text), "{extra}: {failure:?}");
    }
    let unknown = json!({ "Name": "c", "Role": "r", "Targets": s3, "Classifiers": ["none"] });
    assert_eq!(door.refused("CreateCrawler", unknown).await.message, "Classifier none not found.");
}

#[tokio::test]
async fn classifiers_have_versions() {
    let door = Door::new().await;
    let grok = json!({ "GrokClassifier": { "Name": "g", "Classification": "logs", "GrokPattern": "%{WORD:w}" } });
    door.ok("CreateClassifier", grok).await;
    door.ok("UpdateClassifier", json!({ "GrokClassifier": { "Name": "g", "Classification": "more" } })).await;
    let got = door.ok("GetClassifier", json!({ "Name": "g" })).await["Classifier"]["GrokClassifier"].take();
    assert_eq!((&got["Version"], &got["Classification"], &got["GrokPattern"]), (&json!(2), &json!("more"), &json!("%{WORD:w}")));
    let wrong = json!({ "GrokClassifier": { "Name": "h", "Classification": "logs", "GrokPattern": "%{NOWHERE:w}" } });
    assert_eq!(door.refused("CreateClassifier", wrong).await.name, "InvalidInputException");
    assert_eq!(door.refused("CreateClassifier", json!({})).await.name, "InvalidInputException");
}

#[tokio::test]
async fn triggers_start_crawlers() {
    let door = Door::new().await;
    let crawler =
        json!({ "Name": "c", "Role": "r", "DatabaseName": "d", "Targets": { "S3Targets": [{ "Path": orders(&door) }] } });
    door.ok("CreateCrawler", crawler).await;
    let actions = json!([{ "CrawlerName": "c" }]);
    door.ok("CreateTrigger", json!({ "Name": "now", "Type": "ON_DEMAND", "Actions": actions })).await;
    door.ok("StartTrigger", json!({ "Name": "now" })).await;
    assert_eq!(ended(&door, "c").await["LastCrawl"]["Status"], "SUCCEEDED");

    let scheduled = json!({ "Name": "nightly", "Type": "SCHEDULED", "Schedule": "cron(0 1 * * ? *)", "Actions": actions });
    door.ok("CreateTrigger", scheduled).await;
    let home = &door.shared.server.home;
    assert_eq!(timed_triggers(home).await.unwrap().len(), 0, "it was not started");
    door.ok("StartTrigger", json!({ "Name": "nightly" })).await;
    assert_eq!(timed_triggers(home).await.unwrap().len(), 1);
    assert_eq!(door.ok("GetTrigger", json!({ "Name": "nightly" })).await["Trigger"]["State"], "ACTIVATED");
    door.ok("StopTrigger", json!({ "Name": "nightly" })).await;
    assert_eq!(timed_triggers(home).await.unwrap().len(), 0);
    assert_eq!(door.ok("ListTriggers", json!({})).await["TriggerNames"], json!(["nightly", "now"]));
    for (extra, text) in [
        (json!({ "Actions": [{ "JobName": "j" }] }), "jobs"),
        (json!({ "Actions": [{ "CrawlerName": "none" }] }), "Crawler none not found."),
        (json!({ "Actions": actions, "Schedule": "rate(5 minutes)" }), "cron"),
        (json!({ "Actions": actions }), "needs a Schedule"),
    ] {
        let mut body = json!({ "Name": "x", "Type": "SCHEDULED" });
        body.as_object_mut().unwrap().extend(extra.as_object().unwrap().clone());
        assert!(door.refused("CreateTrigger", body).await.message.contains(text), "{extra}");
    }
}
