//! `/v1/info`, `/v1/query` and `/v1/query/ID`: the server and its queries, as far as clients ask for them.

use std::sync::OnceLock;
use std::time::Instant;

use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Response};
use catalog::PageRequest;
use engine::queries::{Query, State};
use serde_json::{Value, json};

use super::authorize::Asking;
use super::results::state;
use super::{Call, Refusal, error};
use crate::serve::Shared;

/// Queries in one listing; Trino too shows the newest only.
const MOST: usize = 100;

/// `ServerInfo`
pub(super) fn server(_: &Shared) -> Value {
    static STARTED: OnceLock<Instant> = OnceLock::new();
    let uptime = STARTED.get_or_init(Instant::now).elapsed();
    json!({
        "nodeVersion": { "version": engine::VERSION },
        "environment": "civetta",
        "coordinator": true,
        "starting": false,
        "uptime": format!("{:.2}s", uptime.as_secs_f64()),
    })
}

/// The newest queries.
pub(super) async fn queries(call: &Call<'_>) -> Result<Response, Refusal> {
    let asking = call.authorize()?;
    let page = call.shared.server.queries.list_by_trino(PageRequest { limit: Some(MOST), token: None }).await.map_err(failed)?;
    let seen = page.items.iter().filter(|query| may_see(&asking, query));
    Ok(call.answer(seen.map(|query| basic(query, &call.origin())).collect()))
}

/// One query.
pub(super) async fn query(call: &Call<'_>, id: &str) -> Result<Response, Refusal> {
    let asking = call.authorize()?;
    let query = call.shared.server.queries.get(id).await.map_err(failed)?;
    match may_see(&asking, &query) {
        true => Ok(call.answer(basic(&query, &call.origin()))),
        false => Err(gone()),
    }
}

/// Ends a query by its id alone.
pub(super) async fn end(call: &Call<'_>, id: &str) -> Result<Response, Refusal> {
    let asking = call.authorize()?;
    let queries = &call.shared.server.queries;
    let query = queries.get(id).await.map_err(failed)?;
    if !may_see(&asking, &query) {
        return Err(gone());
    }
    queries.stop(id).await.map_err(failed)?;
    Ok(StatusCode::NO_CONTENT.into_response())
}

fn may_see(asking: &Asking, query: &Query) -> bool {
    query.client.as_ref().is_some_and(|client| asking.only().is_none_or(|only| only == client.user))
}

fn gone() -> Refusal {
    (StatusCode::GONE, "Query not found".to_owned())
}

fn failed(error: catalog::Error) -> Refusal {
    match error.kind() {
        catalog::ErrorKind::QueryNotFound => gone(),
        _ => (StatusCode::INTERNAL_SERVER_ERROR, error.message().to_owned()),
    }
}

/// `BasicQueryInfo`
fn basic(query: &Query, origin: &str) -> Value {
    let client = query.client.clone().unwrap_or_default();
    let taken = query.statistics;
    let mut info = json!({
        "queryId": query.id,
        "session": {
            "queryId": query.id,
            "user": client.user,
            "principal": client.user,
            "source": client.source,
            "catalog": query.catalog,
            "schema": query.database,
            "clientTags": client.tags,
        },
        "resourceGroupId": [query.work_group],
        "state": state(query.state, false),
        "scheduled": query.state != State::Queued,
        "self": format!("{origin}/v1/query/{}", query.id),
        "query": query.text,
        "queryStats": {
            "createTime": instant(query.submitted),
            "endTime": query.completed.map(instant),
            "queuedTime": format!("{:.2}ms", taken.queued_ms as f64),
            "elapsedTime": format!("{:.2}ms", taken.total_ms as f64),
            "executionTime": format!("{:.2}ms", taken.engine_ms as f64),
            "planningTime": format!("{:.2}ms", taken.planning_ms as f64),
            "rawInputDataSize": format!("{}B", taken.scanned_bytes),
        },
    });
    let told = query.failure.as_ref().and_then(|failure| failure.told.as_ref()).map(|told| told.kind);
    let kind = if query.state == State::Cancelled { Some(catalog::ErrorKind::Cancelled) } else { told };
    if let Some(kind) = kind {
        info["errorType"] = json!(error::r#type(kind));
        info["errorCode"] = json!({ "name": error::name(kind), "type": error::r#type(kind) });
    }
    info
}

fn instant(seconds: f64) -> String {
    let time = chrono::DateTime::from_timestamp_millis((seconds * 1e3) as i64).unwrap_or_default();
    time.to_rfc3339_opts(chrono::SecondsFormat::Millis, true)
}
