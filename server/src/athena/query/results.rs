//! `GetQueryResults`: the rows of a query in pages, and what its columns are.

use engine::queries::{Place, Query, ResultColumn, Row, State};
use serde::Deserialize;
use serde_json::{Value, json};

use super::{present, visible};
use crate::athena::error::{coded, failure, invalid};
use crate::aws::{Caller, Failure, Reply, read};
use crate::serve::Shared;

/// Athena's limit of a page, the header's row included.
const MOST: usize = 1000;

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Get {
    query_execution_id: Option<String>,
    max_results: Option<i64>,
    next_token: Option<String>,
}

/// The checks are in Athena's order: the id, the size of the page, the state, the token.
pub(super) async fn get(shared: &Shared, caller: &Caller, body: Value) -> Reply {
    let Get { query_execution_id, max_results, next_token } = read(body)?;
    let id = present(query_execution_id, "queryExecutionId")?;
    let query = shared.server.queries.get(&id).await.map_err(failure)?;
    visible(caller, &query)?;
    let count = match max_results.map(usize::try_from) {
        None => MOST,
        Some(Ok(count @ 1..=MOST)) => count,
        Some(Ok(0) | Err(_)) => return Err(invalid("MaxResults must be at least 1")),
        Some(Ok(_)) => return Err(invalid(format!("MaxResults is more than maximum allowed length {MOST}"))),
    };
    ready(&query)?;
    let from = match &next_token {
        None => Place::row(0),
        Some(token) => place(token, &id).ok_or_else(|| invalid(format!("Malformed nextPageToken {token}")))?,
    };
    page(shared, &query, from, count).await
}

/// Here rows are counted with the header, which is row 0 where there is one.
async fn page(shared: &Shared, query: &Query, from: Place, count: usize) -> Reply {
    let Some(answer) = &query.answer else { return Err(failure(catalog::Error::internal("a query without an answer"))) };
    let header = u64::from(query.shape.header);
    let mut rows = Vec::with_capacity(count.min(MOST));
    if from.row < header {
        rows.push(
            json!({ "Data": answer.columns.iter().map(|column| json!({ "VarCharValue": column.name })).collect::<Vec<_>>() }),
        );
    }
    let wanted = count - rows.len();
    let data = Place { row: from.row.saturating_sub(header), ..from };
    let (found, behind) = shared.server.queries.rows(query, data, wanted).await.map_err(failure)?;
    rows.extend(found.iter().map(|found| row(found, answer.columns.len())));
    let full = rows.len() == count;
    let mut reply = json!({
        "ResultSet": {
            "Rows": rows,
            "ResultSetMetadata": { "ColumnInfo": answer.columns.iter().map(column).collect::<Vec<_>>() },
        },
    });
    if let Some(count) = answer.update_count {
        reply["UpdateCount"] = json!(count);
    }
    // A full page has a token even where nothing comes behind it, as in Athena.
    if full {
        reply["NextToken"] = json!(token(&query.id, Place { row: behind.row + header, ..behind }));
    }
    Ok(reply)
}

/// DESCRIBE's rows are one text for all columns. Athena leaves the other cells out, and Superset, which wants one for each column,
/// fails on it; here they are empty.
fn row(row: &Row, columns: usize) -> Value {
    let cell = |cell: &Option<String>| match cell {
        Some(text) => json!({ "VarCharValue": text }),
        None => json!({}),
    };
    let missing = columns.saturating_sub(row.len());
    json!({ "Data": row.iter().map(cell).chain(std::iter::repeat_n(json!({}), missing)).collect::<Vec<_>>() })
}

fn column(column: &ResultColumn) -> Value {
    json!({
        "CatalogName": "hive",
        "SchemaName": "",
        "TableName": "",
        "Name": column.name,
        "Label": column.name,
        "Type": column.r#type,
        "Precision": column.precision,
        "Scale": column.scale,
        "Nullable": "UNKNOWN",
        "CaseSensitive": column.case_sensitive,
    })
}

fn ready(query: &Query) -> Result<(), Failure> {
    let refused = |message: String, code: &str| Err(coded(code, message));
    match query.state {
        State::Succeeded => Ok(()),
        State::Queued | State::Running => {
            refused(format!("Query has not yet finished. Current state: {}", query.state.name()), "INVALID_QUERY_EXECUTION_STATE")
        }
        State::Failed => {
            refused("Query did not finish successfully. Final query state: FAILED".to_owned(), "INVALID_QUERY_EXECUTION_STATE")
        }
        State::Cancelled => refused("Could not find results".to_owned(), "RESULT_NOT_FOUND"),
    }
}

/// The place in the result of this query and no other.
fn token(id: &str, from: Place) -> String {
    format!("{id}:{from}")
}

fn place(token: &str, id: &str) -> Option<Place> {
    token.strip_prefix(id)?.strip_prefix(':')?.parse().ok().filter(|place: &Place| place.row > 0)
}
