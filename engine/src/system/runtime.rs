//! `system.runtime`: the server, and the queries that came by Trino's protocol.

use std::fmt;

use catalog::{Error, ErrorKind, PageRequest, Result};

use super::cell::{Cell, Row};
use crate::queries::{Queries, Query, State};

/// Queries are shown while there are no more than these, the newest.
const MOST: usize = 10_000;

/// The queries that somebody may see.
#[derive(Clone)]
pub struct Seen {
    queries: Queries,
    /// Of this user alone; `None`: all.
    user: Option<String>,
}

impl fmt::Debug for Seen {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Seen").field("user", &self.user).finish_non_exhaustive()
    }
}

impl Seen {
    /// Those of one user, or all.
    pub fn new(queries: Queries, user: Option<String>) -> Self {
        Self { queries, user }
    }

    fn may(&self, query: &Query) -> bool {
        query.client.as_ref().is_some_and(|client| self.user.as_ref().is_none_or(|user| *user == client.user))
    }

    /// The newest first.
    pub(super) async fn rows(&self) -> Result<Vec<Row>> {
        let mut rows = Vec::new();
        let mut request = PageRequest { limit: Some(1000), token: None };
        loop {
            let page = self.queries.list_by_trino(request).await?;
            rows.extend(page.items.iter().filter(|query| self.may(query)).map(|query| row(query)));
            match page.next {
                Some(token) if rows.len() < MOST => request = PageRequest { limit: Some(1000), token: Some(token) },
                _ => return Ok(rows),
            }
        }
    }

    /// Ends a query, as `CALL system.runtime.kill_query` does.
    ///
    /// Errors: `QueryNotFound`, also for one that may not be seen; `InvalidInput` for one that has ended.
    pub(crate) async fn kill(&self, id: &str) -> Result<()> {
        let missing = || Error::new(ErrorKind::QueryNotFound, format!("Target query not found: {id}"));
        let query = self.queries.get(id).await.map_err(|_| missing())?;
        if !self.may(&query) {
            return Err(missing());
        }
        if query.state.is_final() {
            return Err(Error::new(ErrorKind::NotSupported, format!("Target query is not running: {id}")));
        }
        self.queries.stop(id).await
    }
}

/// A state in Trino's words.
fn state(state: State) -> &'static str {
    match state {
        State::Queued => "QUEUED",
        State::Running => "RUNNING",
        State::Succeeded => "FINISHED",
        State::Failed | State::Cancelled => "FAILED",
    }
}

fn row(query: &Query) -> Row {
    let client = query.client.clone().unwrap_or_default();
    let instant = |seconds: f64| Cell::Instant((seconds * 1e3).round() as i64 * 1000);
    let millis = |millis: u64| i64::try_from(millis).unwrap_or(i64::MAX);
    let told = query.failure.as_ref().and_then(|failure| failure.told.as_ref());
    let (error_type, error_code) = match (query.state, told) {
        (State::Cancelled, _) => (Some("USER_ERROR"), Some("USER_CANCELED")),
        (State::Failed, Some(told)) => (None, Some(told.kind.name())),
        _ => (None, None),
    };
    let queued = query.statistics.queued_ms;
    let started = (query.state != State::Queued).then(|| query.submitted + queued as f64 / 1e3);
    vec![
        query.id.as_str().into(),
        state(query.state).into(),
        client.user.into(),
        client.source.into(),
        query.text.as_str().into(),
        Cell::Texts(vec![query.work_group.clone()]),
        millis(queued).into(),
        0.into(),
        millis(query.statistics.planning_ms).into(),
        instant(query.submitted),
        started.map_or(Cell::Null, instant),
        query.completed.or(started).map_or(Cell::Null, instant),
        query.completed.map_or(Cell::Null, instant),
        error_type.into(),
        error_code.into(),
    ]
}

/// This process.
pub(super) fn nodes() -> Vec<Row> {
    vec![vec!["civetta".into(), Cell::from("http://127.0.0.1"), crate::VERSION.into(), true.into(), "active".into()]]
}
