//! The document `QueryResults`: a query as far as it is, a page of its rows, why it failed.

use engine::queries::{Query, State, StatementType, Told};
use serde_json::{Map, Value, json};

use super::{error, signature};

/// The document, as it is made.
pub(super) struct Results<'a> {
    query: Option<&'a Query>,
    base: String,
    members: Map<String, Value>,
    rows: Option<String>,
}

impl<'a> Results<'a> {
    /// What can be said of a query in any state.
    pub(super) fn of(query: &'a Query, origin: &str) -> Self {
        Self::begin(&query.id, origin, Some(query))
    }

    /// Of a query that was never begun.
    pub(super) fn refused(id: &str, origin: &str) -> Self {
        Self::begin(id, origin, None)
    }

    fn begin(id: &str, origin: &str, query: Option<&'a Query>) -> Self {
        let mut members = Map::new();
        members.insert("id".to_owned(), json!(id));
        members.insert("infoUri".to_owned(), json!(format!("{origin}/v1/query/{id}")));
        let slug = query.and_then(|query| query.client.as_ref()).map(|client| client.slug.as_str()).unwrap_or_default();
        let base = format!("{origin}/v1/statement/{{}}/{id}/{slug}/");
        Self { query, base, members, rows: None }
    }

    /// There is more, at this address.
    pub(super) fn next(mut self, step: &str, token: u64) -> Self {
        let uri = format!("{}{token}", self.base.replace("{}", step));
        self.members.insert("nextUri".to_owned(), json!(uri));
        self
    }

    /// A page of rows, or none of them where there are none any more. A statement that answers nothing answers `true`, which is what
    /// clients get that want a result of everything.
    pub(super) fn rows(mut self, rows: String, some: bool) -> Self {
        let Some(answer) = self.query.and_then(|query| query.answer.as_ref()) else { return self };
        if answer.columns.is_empty() {
            self.members.insert("columns".to_owned(), json!([signature::column("result", "boolean")]));
            self.rows = Some("[[true]]".to_owned());
        } else {
            let columns: Vec<Value> =
                answer.columns.iter().map(|column| signature::column(&column.name, &column.r#type)).collect();
            self.members.insert("columns".to_owned(), json!(columns));
            self.rows = some.then_some(rows);
        }
        self
    }

    /// The query has not succeeded.
    pub(super) fn ended(self) -> Self {
        let told = self.query.and_then(|query| query.failure.as_ref()).and_then(|failure| failure.told.clone());
        let cancelled =
            || Told { kind: catalog::ErrorKind::Cancelled, message: "Query was canceled".to_owned(), line: None, column: None };
        let told = told.unwrap_or_else(cancelled);
        self.failed(&told)
    }

    pub(super) fn failed(mut self, told: &Told) -> Self {
        self.members.insert("error".to_owned(), error::json(told));
        self
    }

    /// As it is sent.
    pub(super) fn text(mut self) -> String {
        let failed = self.members.contains_key("error");
        let stats = self.query.map_or_else(|| stats("FAILED", None), |query| stats(state(query.state, failed), Some(query)));
        self.members.insert("stats".to_owned(), stats);
        let update = self.query.filter(|query| query.shape.statement_type == StatementType::Ddl);
        if let Some(query) = update {
            self.members.insert("updateType".to_owned(), json!(query.shape.substatement_type));
        }
        self.members.insert("warnings".to_owned(), json!([]));
        let mut text = Value::Object(self.members).to_string();
        if let Some(rows) = self.rows {
            // The rows are JSON already, and many.
            text.pop();
            text.push_str(",\"data\":");
            text.push_str(&rows);
            text.push('}');
        }
        text
    }
}

/// A state in Trino's words.
pub(super) fn state(state: State, failed: bool) -> &'static str {
    match state {
        _ if failed => "FAILED",
        State::Queued => "QUEUED",
        State::Running => "RUNNING",
        State::Succeeded => "FINISHED",
        State::Failed | State::Cancelled => "FAILED",
    }
}

/// `StatementStats`. There are no stages and no splits: a query is one of each.
fn stats(state: &str, query: Option<&Query>) -> Value {
    let taken = query.map(|query| query.statistics).unwrap_or_default();
    let rows = query.and_then(|query| query.answer.as_ref()).map_or(0, |answer| answer.rows);
    let (queued, running, done) = match state {
        "QUEUED" => (1, 0, 0),
        "RUNNING" => (0, 1, 0),
        _ => (0, 0, 1),
    };
    json!({
        "state": state,
        "queued": state == "QUEUED",
        "scheduled": state != "QUEUED",
        "progressPercentage": if done == 1 { 100.0 } else { 0.0 },
        "nodes": 1,
        "totalSplits": 1,
        "queuedSplits": queued,
        "runningSplits": running,
        "completedSplits": done,
        "planningTimeMillis": taken.planning_ms,
        "cpuTimeMillis": taken.engine_ms,
        "wallTimeMillis": taken.engine_ms,
        "queuedTimeMillis": taken.queued_ms,
        "elapsedTimeMillis": taken.total_ms,
        "processedRows": rows,
        "processedBytes": taken.scanned_bytes,
        "physicalInputBytes": taken.scanned_bytes,
        "physicalWrittenBytes": 0,
        "peakMemoryBytes": 0,
        "spilledBytes": 0,
    })
}
