//! The operations together, as clients call them, over an embedded catalog and lake.

use std::collections::BTreeSet;
use std::sync::Arc;

use serde_json::{Value, json};

use super::*;
use crate::aws::Rights;

struct Door {
    shared: Shared,
    caller: Caller,
    _folder: tempfile::TempDir,
}

impl Door {
    async fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        Self { shared: Shared::embedded(folder.path()).await, caller: Caller::anybody(), _folder: folder }
    }

    /// The same, seen by a key with these rights.
    fn seen_with(mut self, rights: Rights) -> Self {
        self.caller.rights = Arc::new(rights);
        self
    }

    async fn call(&self, operation: &str, body: Value) -> Reply {
        call(&self.shared, &self.caller, operation, body).await
    }

    async fn ok(&self, operation: &str, body: Value) -> Value {
        self.call(operation, body).await.unwrap_or_else(|failure| panic!("{operation}: {failure:?}"))
    }

    /// The code and the message of a refusal, which is an `InvalidRequestException`.
    async fn refused(&self, operation: &str, body: Value) -> (String, String) {
        let failure = self.call(operation, body).await.expect_err(operation);
        assert_eq!((failure.status, failure.name.as_ref()), (400, "InvalidRequestException"), "{failure:?}");
        let code = failure.members["AthenaErrorCode"].as_str().unwrap().to_owned();
        assert_eq!(failure.members["ErrorCode"], code);
        (code, failure.message)
    }

    /// The id of a statement that has ended, in whatever state.
    async fn ended(&self, text: &str) -> String {
        let id = self.ok("StartQueryExecution", json!({ "QueryString": text })).await["QueryExecutionId"].clone();
        loop {
            let query = self.ok("GetQueryExecution", json!({ "QueryExecutionId": id })).await;
            let state = query["QueryExecution"]["Status"]["State"].as_str().unwrap();
            if !["QUEUED", "RUNNING"].contains(&state) {
                return id.as_str().unwrap().to_owned();
            }
        }
    }
}

fn null_at(member: &str) -> String {
    format!("1 validation error detected: Value null at '{member}' failed to satisfy constraint: Member must not be null")
}

#[tokio::test(flavor = "multi_thread")]
async fn pages_count_the_header() {
    let door = Door::new().await;
    // Rows of the answer, and rows of each page. A full page has a token, even to a page without rows.
    for (rows, pages) in [
        (0, vec![1]),
        (998, vec![999]),
        (999, vec![1000, 0]),
        (1000, vec![1000, 1]),
        (1001, vec![1000, 2]),
        (1999, vec![1000, 1000, 0]),
    ] {
        let text = format!("SELECT n FROM UNNEST(sequence(1, 2000)) AS t(n) WHERE n <= {rows} ORDER BY n");
        let id = door.ended(&text).await;
        let (mut found, mut token, mut cells) = (Vec::new(), None::<Value>, Vec::new());
        loop {
            let mut request = json!({ "QueryExecutionId": id });
            if let Some(token) = token {
                request["NextToken"] = token;
            }
            let page = door.ok("GetQueryResults", request).await;
            let of_page = page["ResultSet"]["Rows"].as_array().unwrap();
            found.push(of_page.len());
            cells.extend(of_page.iter().map(|row| row["Data"][0]["VarCharValue"].as_str().unwrap().to_owned()));
            assert_eq!(page["ResultSet"]["ResultSetMetadata"]["ColumnInfo"][0]["Name"], "n", "of every page");
            assert_eq!(page["UpdateCount"], 0, "of every page");
            token = page.get("NextToken").cloned();
            if token.is_none() {
                break;
            }
        }
        assert_eq!(found, pages, "{rows} rows");
        let expected: Vec<String> = std::iter::once("n".to_owned()).chain((1..=rows).map(|n: u32| n.to_string())).collect();
        assert_eq!(cells, expected, "{rows} rows");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn results_are_refused_in_athenas_words() {
    let door = Door::new().await;
    let absent = "00000000-0000-4000-8000-000000000000";
    let refused = async |id: &str, more: Value| {
        let mut request = json!({ "QueryExecutionId": id });
        request.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        door.refused("GetQueryResults", request).await
    };
    let said = |code: &str, message: String| (code.to_owned(), message);
    assert_eq!(door.refused("GetQueryResults", json!({})).await, said("INVALID_INPUT", null_at("queryExecutionId")));
    let unknown = said("QUERY_EXECUTION_NOT_FOUND", format!("QueryExecution {absent} was not found"));
    assert_eq!(refused(absent, json!({ "MaxResults": 1001 })).await, unknown);
    let good = door.ended("SELECT 1").await;
    let many = said("INVALID_INPUT", "MaxResults is more than maximum allowed length 1000".to_owned());
    assert_eq!(refused(&good, json!({ "MaxResults": 1001, "NextToken": "x" })).await, many);
    let malformed = said("INVALID_INPUT", "Malformed nextPageToken x".to_owned());
    assert_eq!(refused(&good, json!({ "NextToken": "x" })).await, malformed);
    let bad = door.ended("SELECT * FROM absent").await;
    let failed = "Query did not finish successfully. Final query state: FAILED".to_owned();
    assert_eq!(refused(&bad, json!({})).await, said("INVALID_QUERY_EXECUTION_STATE", failed));
}

#[tokio::test(flavor = "multi_thread")]
async fn requests_are_refused_in_athenas_words() {
    let door = Door::new().await;
    let token = "a-token-of-more-than-thirty-two-characters";
    door.ok("StartQueryExecution", json!({ "QueryString": "SELECT 1", "ClientRequestToken": token })).await;
    let cases = [
        ("StartQueryExecution", json!({ "QueryString": null }), "INVALID_INPUT", null_at("queryString")),
        ("StartQueryExecution", json!({ "QueryString": "; " }), "INVALID_INPUT", "Empty sql statement: ; ".to_owned()),
        (
            "StartQueryExecution",
            json!({ "QueryString": "SELECT 1", "WorkGroup": "absent" }),
            "INVALID_INPUT",
            "WorkGroup is not found.".to_owned(),
        ),
        (
            "StartQueryExecution",
            json!({ "QueryString": "SELECT 1", "ResultConfiguration": { "OutputLocation": "/tmp" } }),
            "INVALID_INPUT",
            "outputLocation is not a valid S3 path.".to_owned(),
        ),
        (
            "StartQueryExecution",
            json!({ "QueryString": "SELECT 1", "QueryExecutionContext": { "Catalog": "x" } }),
            "DATACATALOG_NOT_FOUND",
            "Catalog 'x' does not exist".to_owned(),
        ),
        (
            "StartQueryExecution",
            json!({ "QueryString": "SELECT 2", "ClientRequestToken": token }),
            "IDEMPOTENT_PARAMETER_MISMATCH",
            "Idempotent parameters do not match".to_owned(),
        ),
        ("ListQueryExecutions", json!({ "NextToken": "x" }), "INVALID_INPUT", "The nextPageToken is malformed: x".to_owned()),
        ("ListDatabases", json!({ "CatalogName": "x" }), "DATACATALOG_NOT_FOUND", "Catalog 'x' does not exist".to_owned()),
        ("GetNamedQuery", json!({ "NamedQueryId": "x" }), "INVALID_INPUT", "NamedQuery x was not found".to_owned()),
        ("StartSession", json!({}), "INVALID_INPUT", "StartSession is not supported by Civetta".to_owned()),
        (
            "CreateDataCatalog",
            json!({ "Name": "x", "Type": "LAMBDA" }),
            "INVALID_INPUT",
            "a data catalog of type LAMBDA is not supported by Civetta".to_owned(),
        ),
        (
            "DeleteDataCatalog",
            json!({ "Name": "AwsDataCatalog" }),
            "INVALID_INPUT",
            "AwsDataCatalog cannot be changed or deleted".to_owned(),
        ),
    ];
    for (operation, body, code, message) in cases {
        assert_eq!(door.refused(operation, body.clone()).await, (code.to_owned(), message), "{operation} {body}");
    }
    let syntax = door.refused("StartQueryExecution", json!({ "QueryString": "SELEC 1" })).await;
    assert!(
        syntax.0 == "MALFORMED_QUERY" && syntax.1.starts_with("line 1:1: mismatched input 'SELEC'. Expecting: "),
        "{syntax:?}"
    );
    let unknown = door.call("Nonsense", json!({})).await.unwrap_err();
    assert_eq!((unknown.status, unknown.name.as_ref()), (400, "UnknownOperationException"));
    let wrong_type = door.call("GetWorkGroup", json!({ "WorkGroup": 1 })).await.unwrap_err();
    assert_eq!(wrong_type.name, "SerializationException");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_work_group_goes_with_its_history() {
    let door = Door::new().await;
    door.ok("CreateWorkGroup", json!({ "Name": "g", "Configuration": { "EnforceWorkGroupConfiguration": false } })).await;
    let output = json!({ "OutputLocation": "s3://civetta-results/g/" });
    let start = json!({ "QueryString": "SELECT 1", "WorkGroup": "g", "ResultConfiguration": output });
    let id = door.ok("StartQueryExecution", start).await["QueryExecutionId"].clone();
    door.ok("GetQueryExecution", json!({ "QueryExecutionId": id })).await;
    let not_empty = door.refused("DeleteWorkGroup", json!({ "WorkGroup": "g" })).await;
    assert_eq!(not_empty.1, "WorkGroup g is not empty");
    door.ok("DeleteWorkGroup", json!({ "WorkGroup": "g", "RecursiveDeleteOption": true })).await;
    door.ok("CreateWorkGroup", json!({ "Name": "g" })).await;
    assert_eq!(door.ok("ListQueryExecutions", json!({ "WorkGroup": "g" })).await, json!({ "QueryExecutionIds": [] }));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_sees_its_work_groups_and_databases() {
    let door = Door::new().await;
    for group in ["a", "b"] {
        door.ok("CreateWorkGroup", json!({ "Name": group })).await;
    }
    for name in ["one", "two"] {
        let database = catalog::table::Database { name: name.to_owned(), ..Default::default() };
        door.shared.server.catalog.create_database(database).await.unwrap();
    }
    let only = |name: &str| Some(BTreeSet::from([name.to_owned()]));
    let rights = Rights { work_groups: only("a"), databases: only("one"), read_only: true, ..Rights::default() };
    let door = door.seen_with(rights);
    let names = |list: &Value| list.as_array().unwrap().iter().map(|one| one["Name"].clone()).collect::<Vec<_>>();
    assert_eq!(names(&door.ok("ListWorkGroups", json!({})).await["WorkGroups"]), ["a"]);
    let databases = door.ok("ListDatabases", json!({ "CatalogName": "AwsDataCatalog" })).await;
    assert_eq!(names(&databases["DatabaseList"]), ["one"]);
    for (operation, body) in [
        ("GetWorkGroup", json!({ "WorkGroup": "b" })),
        ("StartQueryExecution", json!({ "QueryString": "SELECT 1", "WorkGroup": "b" })),
        ("UpdateWorkGroup", json!({ "WorkGroup": "a", "State": "DISABLED" })),
        ("GetDatabase", json!({ "CatalogName": "AwsDataCatalog", "DatabaseName": "TWO" })),
        ("CreateDataCatalog", json!({ "Name": "x", "Type": "GLUE" })),
    ] {
        let failure = door.call(operation, body).await.expect_err(operation);
        assert_eq!((failure.status, failure.name.as_ref()), (403, "AccessDeniedException"), "{operation}");
    }
}
