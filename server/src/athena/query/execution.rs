//! The shape `QueryExecution`: a query as `GetQueryExecution` shows it.

use engine::queries::{Query, State};
use serde_json::{Map, Value, json};

/// What runs queries, in Athena's words.
const ENGINE: &str = "Athena engine version 3";

pub(super) fn json(query: &Query) -> Value {
    let mut shown = Map::new();
    let mut put = |member: &str, value: Value| shown.insert(member.to_owned(), value);
    put("QueryExecutionId", json!(query.id));
    put("Query", json!(query.text));
    put("StatementType", json!(query.shape.statement_type.name()));
    put("SubstatementType", json!(query.shape.substatement_type));
    put("WorkGroup", json!(query.work_group));
    let mut results = json!(query.results);
    results["OutputLocation"] = json!(query.output);
    put("ResultConfiguration", results);
    put("ResultReuseConfiguration", json!({ "ResultReuseByAgeConfiguration": reuse(query) }));
    let mut context = Map::new();
    context.extend(query.database.as_ref().map(|name| ("Database".to_owned(), json!(name))));
    context.extend(query.catalog.as_ref().map(|name| ("Catalog".to_owned(), json!(name))));
    put("QueryExecutionContext", Value::Object(context));
    put("Status", status(query));
    put("Statistics", statistics(query));
    put("EngineVersion", json!({ "SelectedEngineVersion": "AUTO", "EffectiveEngineVersion": ENGINE }));
    if !query.parameters.is_empty() {
        put("ExecutionParameters", json!(query.parameters));
    }
    Value::Object(shown)
}

fn reuse(query: &Query) -> Value {
    match query.reuse_minutes {
        Some(minutes) => json!({ "Enabled": true, "MaxAgeInMinutes": minutes }),
        None => json!({ "Enabled": false }),
    }
}

fn status(query: &Query) -> Value {
    let mut status = json!({ "State": query.state.name(), "SubmissionDateTime": millis(query.submitted) });
    if let Some(completed) = query.completed {
        status["CompletionDateTime"] = json!(millis(completed));
    }
    if let Some(reason) = &query.reason {
        status["StateChangeReason"] = json!(reason);
    }
    if let Some(failure) = &query.failure {
        status["AthenaError"] = json!({
            "ErrorCategory": failure.category,
            "ErrorType": failure.r#type,
            "Retryable": failure.retryable,
            "ErrorMessage": failure.message,
        });
    }
    status
}

/// Clients take a duration of 0 for one that is missing, so that a finished query has at least 1.
fn statistics(query: &Query) -> Value {
    let taken = query.statistics;
    let least = u64::from(query.state == State::Succeeded);
    let reused = query.answer.as_ref().is_some_and(|answer| answer.reused);
    json!({
        "EngineExecutionTimeInMillis": taken.engine_ms.max(least),
        "DataScannedInBytes": taken.scanned_bytes,
        "TotalExecutionTimeInMillis": taken.total_ms.max(least),
        "QueryQueueTimeInMillis": taken.queued_ms.max(least),
        "QueryPlanningTimeInMillis": taken.planning_ms,
        "ServiceProcessingTimeInMillis": taken.total_ms.saturating_sub(taken.engine_ms + taken.queued_ms),
        "ServicePreProcessingTimeInMillis": 0,
        "ResultReuseInformation": { "ReusedPreviousResult": reused },
    })
}

/// Seconds with three digits behind the point, as Athena writes them.
fn millis(seconds: f64) -> f64 {
    (seconds * 1e3).round() / 1e3
}
