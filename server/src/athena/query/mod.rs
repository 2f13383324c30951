//! Query executions as Athena's API has them.

mod execution;
mod results;
mod start;

use catalog::{ErrorKind, PageRequest};
use engine::queries::Query;
use serde::Deserialize;
use serde_json::{Value, json};

use super::error::{failure, invalid};
use crate::aws::{Caller, Failure, Reply, read};
use crate::serve::Shared;

/// Athena's limit of one listing, and of one batch.
const MOST: usize = 50;

/// What is not about query executions is about records.
pub(super) async fn call(shared: &Shared, caller: &Caller, operation: &str, body: Value) -> Reply {
    match operation {
        "StartQueryExecution" => start::start(shared, caller, body).await,
        "GetQueryExecution" => get(shared, caller, body).await,
        "BatchGetQueryExecution" => batch_get(shared, caller, body).await,
        "ListQueryExecutions" => list(shared, caller, body).await,
        "StopQueryExecution" => stop(shared, caller, body).await,
        "GetQueryResults" => results::get(shared, caller, body).await,
        "GetQueryRuntimeStatistics" => statistics(shared, caller, body).await,
        _ => super::records::call(shared, caller, operation, body).await,
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Id {
    query_execution_id: Option<String>,
}

/// The id that a request must have.
fn id(body: Value) -> Result<String, Failure> {
    present(read::<Id>(body)?.query_execution_id, "queryExecutionId")
}

/// A required member.
fn present<T>(member: Option<T>, name: &str) -> Result<T, Failure> {
    member.ok_or_else(|| {
        invalid(format!(
            "1 validation error detected: Value null at '{name}' failed to satisfy constraint: Member must not be null"
        ))
    })
}

/// A query that the caller may know of. One of another work group is not there for a key that may not use that.
fn visible(caller: &Caller, query: &Query) -> Result<(), Failure> {
    caller.rights.work_group(&query.work_group).map_err(failure)
}

async fn get(shared: &Shared, caller: &Caller, body: Value) -> Reply {
    let query = shared.server.queries.wait(&id(body)?).await.map_err(failure)?;
    visible(caller, &query)?;
    Ok(json!({ "QueryExecution": execution::json(&query) }))
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Ids {
    query_execution_ids: Option<Vec<String>>,
}

async fn batch_get(shared: &Shared, caller: &Caller, body: Value) -> Reply {
    let ids = present(read::<Ids>(body)?.query_execution_ids, "queryExecutionIds")?;
    if ids.is_empty() || ids.len() > MOST {
        return Err(invalid(format!("queryExecutionIds has {} members, 1 to {MOST} are allowed", ids.len())));
    }
    let (mut found, mut unprocessed) = (Vec::new(), Vec::new());
    for id in ids {
        match shared.server.queries.get(&id).await {
            Ok(query) if visible(caller, &query).is_ok() => found.push(execution::json(&query)),
            Err(error) if error.kind() != ErrorKind::QueryNotFound => return Err(failure(error)),
            _ => unprocessed.push(json!({
                "QueryExecutionId": id,
                "ErrorCode": "INVALID_QUERY_EXECUTION_ID",
                "ErrorMessage": format!("QueryExecution {id} was not found"),
            })),
        }
    }
    Ok(json!({ "QueryExecutions": found, "UnprocessedQueryExecutionIds": unprocessed }))
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct List {
    work_group: Option<String>,
    max_results: Option<i64>,
    next_token: Option<String>,
}

async fn list(shared: &Shared, caller: &Caller, body: Value) -> Reply {
    let List { work_group, max_results, next_token } = read(body)?;
    let group = work_group.unwrap_or_else(|| engine::work_group::PRIMARY.to_owned());
    caller.rights.work_group(&group).map_err(failure)?;
    let limit = match max_results.map(usize::try_from) {
        None => MOST,
        Some(Ok(count @ 1..=MOST)) => count,
        Some(_) => return Err(invalid(format!("MaxResults must be between 1 and {MOST}"))),
    };
    shared.server.queries.work_groups().get(&group).await.map_err(failure)?;
    let request = PageRequest { limit: Some(limit), token: next_token.clone() };
    let page = shared.server.queries.list(&group, request).await.map_err(|error| match next_token {
        Some(token) if error.kind() == ErrorKind::InvalidInput => invalid(format!("The nextPageToken is malformed: {token}")),
        _ => failure(error),
    })?;
    let mut answer = json!({ "QueryExecutionIds": page.items });
    if let Some(next) = page.next {
        answer["NextToken"] = json!(next);
    }
    Ok(answer)
}

async fn stop(shared: &Shared, caller: &Caller, body: Value) -> Reply {
    let id = id(body)?;
    let query = shared.server.queries.get(&id).await.map_err(failure)?;
    visible(caller, &query)?;
    shared.server.queries.stop(&id).await.map_err(failure)?;
    Ok(json!({}))
}

async fn statistics(shared: &Shared, caller: &Caller, body: Value) -> Reply {
    let query = shared.server.queries.get(&id(body)?).await.map_err(failure)?;
    visible(caller, &query)?;
    let taken = query.statistics;
    let rows = query.answer.as_ref();
    Ok(json!({ "QueryRuntimeStatistics": {
        "Timeline": {
            "QueryQueueTimeInMillis": taken.queued_ms.max(1),
            "QueryPlanningTimeInMillis": taken.planning_ms,
            "EngineExecutionTimeInMillis": taken.engine_ms,
            "ServiceProcessingTimeInMillis": taken.total_ms.saturating_sub(taken.engine_ms + taken.queued_ms),
            "TotalExecutionTimeInMillis": taken.total_ms.max(1),
        },
        "Rows": {
            "InputBytes": taken.scanned_bytes,
            "OutputRows": rows.map_or(0, |answer| answer.rows),
            "OutputBytes": rows.map_or(0, |answer| answer.bytes),
        },
    } }))
}
