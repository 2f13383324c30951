//! Prepared statements, as records; `EXECUTE` runs them.

use catalog::table::now;
use catalog::{Error, ErrorKind};
use engine::PreparedStatement;
use serde::Deserialize;
use serde_json::{Value, json};

use super::work_group::{MISSING as NO_GROUP, allowed, changeable};
use super::{asked, invalid, nothing, page, refused, value, work_groups};
use crate::aws::{Caller, Failure, Reply, read};
use crate::serve::Shared;

/// The most of a batch.
const MOST: usize = 50;

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Text {
    statement_name: String,
    work_group: String,
    query_statement: String,
    description: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct One {
    statement_name: String,
    work_group: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Many {
    prepared_statement_names: Vec<String>,
    work_group: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Listing {
    work_group: String,
    max_results: Option<i64>,
    next_token: Option<String>,
}

fn about(name: &str, error: Error) -> Failure {
    match error.kind() {
        ErrorKind::EntityNotFound => Failure::new("ResourceNotFoundException", error.message()).with("ResourceName", name),
        ErrorKind::AlreadyExists => invalid(format!("PreparedStatement {name} already exists in workGroup")),
        _ => refused(error, NO_GROUP),
    }
}

async fn group(shared: &Shared, name: &str) -> Result<(), Failure> {
    work_groups(shared).get(name).await.map(drop).map_err(|error| refused(error, NO_GROUP))
}

fn statement(text: Text) -> PreparedStatement {
    PreparedStatement {
        statement_name: text.statement_name,
        query_statement: text.query_statement,
        work_group_name: text.work_group,
        description: text.description,
        last_modified_time: now(),
    }
}

pub(super) async fn create(shared: &Shared, caller: &Caller, body: Value) -> Reply {
    let statement = statement(read(body)?);
    changeable(caller, &statement.work_group_name)?;
    group(shared, &statement.work_group_name).await?;
    let made = shared.server.home.create_document(&statement).await;
    made.map_err(|error| about(&statement.statement_name, error))?;
    nothing()
}

async fn find(shared: &Shared, work_group: &str, name: &str) -> Result<PreparedStatement, Failure> {
    PreparedStatement::find(&shared.server.home, work_group, name).await.map_err(|error| about(name, error))
}

pub(super) async fn get(shared: &Shared, caller: &Caller, body: Value) -> Reply {
    let One { statement_name, work_group } = read(body)?;
    allowed(caller, &work_group)?;
    group(shared, &work_group).await?;
    Ok(json!({"PreparedStatement": value(&find(shared, &work_group, &statement_name).await?)?}))
}

pub(super) async fn get_many(shared: &Shared, caller: &Caller, body: Value) -> Reply {
    let Many { prepared_statement_names, work_group } = read(body)?;
    allowed(caller, &work_group)?;
    if prepared_statement_names.len() > MOST {
        return Err(invalid(format!("PreparedStatementNames has more than {MOST} items")));
    }
    let (mut found, mut unprocessed) = (Vec::new(), Vec::new());
    for name in prepared_statement_names {
        match find(shared, &work_group, &name).await {
            Ok(statement) => found.push(value(&statement)?),
            Err(failure) => {
                let entry = json!({"StatementName": name, "ErrorCode": "STATEMENT_NOT_FOUND", "ErrorMessage": failure.message});
                unprocessed.push(entry);
            }
        }
    }
    Ok(json!({"PreparedStatements": found, "UnprocessedPreparedStatementNames": unprocessed}))
}

pub(super) async fn list(shared: &Shared, caller: &Caller, body: Value) -> Reply {
    let Listing { work_group, max_results, next_token } = read(body)?;
    allowed(caller, &work_group)?;
    group(shared, &work_group).await?;
    let prefix = PreparedStatement::key_of(&work_group, "");
    let found = shared.server.home.documents::<PreparedStatement>(&prefix, asked(max_results, next_token)?).await;
    let found = found.map_err(|error| refused(error, NO_GROUP))?;
    let summary =
        |one: PreparedStatement| json!({"StatementName": one.statement_name, "LastModifiedTime": one.last_modified_time});
    page("PreparedStatements", found.items.into_iter().map(summary).collect(), found.next)
}

pub(super) async fn update(shared: &Shared, caller: &Caller, body: Value) -> Reply {
    let statement = statement(read(body)?);
    changeable(caller, &statement.work_group_name)?;
    find(shared, &statement.work_group_name, &statement.statement_name).await?;
    shared.server.home.put_document(&statement).await.map_err(|error| about(&statement.statement_name, error))?;
    nothing()
}

pub(super) async fn delete(shared: &Shared, caller: &Caller, body: Value) -> Reply {
    let One { statement_name, work_group } = read(body)?;
    changeable(caller, &work_group)?;
    let deleted = PreparedStatement::delete(&shared.server.home, &work_group, &statement_name).await;
    deleted.map_err(|error| about(&statement_name, error))?;
    nothing()
}
