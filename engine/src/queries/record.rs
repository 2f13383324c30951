//! The record of a query: what was asked, how far it is, what came of it. It is kept as JSON in the catalog, so a member is never
//! renamed once released. States change here and nowhere else.

use catalog::table::EpochSeconds;
use catalog::{Error, ErrorKind, Result};
use serde::{Deserialize, Serialize};

use super::change::Change;
use super::client::Client;
use super::failure::Failure;
use super::shape::{ResultColumn, Shape};
use crate::work_group::ResultConfiguration;

/// One query execution.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Query {
    /// A UUID of version 4.
    pub id: String,
    /// Without the semicolon and the blanks at its end.
    pub text: String,
    /// As the client named them; the catalog in lower case.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub catalog: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub database: Option<String>,
    pub work_group: String,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub parameters: Vec<String>,
    /// The result's file, `s3://…/ID.csv`. Empty for a query by Trino's protocol, which leaves none.
    pub output: String,
    /// As the client or the work group gave it.
    pub results: ResultConfiguration,
    /// Who asked by Trino's protocol; `None` for a query by Athena's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub client: Option<Client>,
    /// A result of at most this age may answer it, in minutes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reuse_minutes: Option<u32>,
    pub shape: Shape,
    /// A digest of the request as it was sent: another request with the same token is refused by it.
    pub fingerprint: String,
    pub submitted: EpochSeconds,
    pub state: State,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failure: Option<Failure>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub completed: Option<EpochSeconds>,
    #[serde(default)]
    pub statistics: Statistics,
    /// Of a query that succeeded.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub answer: Option<Summary>,
}

/// States follow each other in this order; the last three are final.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum State {
    Queued,
    Running,
    Succeeded,
    Failed,
    Cancelled,
}

impl State {
    pub const ALL: [Self; 5] = [Self::Queued, Self::Running, Self::Succeeded, Self::Failed, Self::Cancelled];

    pub fn is_final(self) -> bool {
        matches!(self, Self::Succeeded | Self::Failed | Self::Cancelled)
    }

    /// Athena's name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Queued => "QUEUED",
            Self::Running => "RUNNING",
            Self::Succeeded => "SUCCEEDED",
            Self::Failed => "FAILED",
            Self::Cancelled => "CANCELLED",
        }
    }
}

/// Milliseconds, bytes and rows.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Statistics {
    pub queued_ms: u64,
    pub planning_ms: u64,
    /// From the start of planning to the end of the result's file.
    pub engine_ms: u64,
    /// From the submission to the end.
    pub total_ms: u64,
    pub scanned_bytes: u64,
}

/// What a successful query answered.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Summary {
    pub columns: Vec<ResultColumn>,
    /// Without the header.
    pub rows: u64,
    /// Of the result's file.
    pub bytes: u64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub update_count: Option<i64>,
    /// What the client's session has to take over, by Trino's protocol.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub change: Option<Change>,
    /// The answer of an earlier query, copied.
    #[serde(default)]
    pub reused: bool,
}

/// A query that has succeeded.
pub(super) struct Done {
    pub(super) summary: Summary,
    pub(super) statistics: Statistics,
    /// Some statements show only by their columns what they are.
    pub(super) shape: Shape,
}

/// How a query ended: what it answered, or why not.
pub(super) type Outcome = Result<Done>;

impl Query {
    /// It has got its turn, after so many milliseconds.
    pub(super) fn begin(&mut self, queued_ms: u64) {
        if self.state == State::Queued {
            self.state = State::Running;
            self.statistics.queued_ms = queued_ms;
        }
    }

    /// It is over. A query that is over already stays as it is.
    pub(super) fn end(&mut self, outcome: Outcome) {
        if self.state.is_final() {
            return;
        }
        let now = catalog::table::now();
        self.completed = Some(now);
        let queued_ms = self.statistics.queued_ms;
        match outcome {
            Ok(Done { summary, statistics, shape }) => {
                self.state = State::Succeeded;
                self.shape = shape;
                self.statistics = statistics;
                self.answer = Some(summary);
            }
            Err(error) => {
                self.state = if error.kind() == ErrorKind::Cancelled { State::Cancelled } else { State::Failed };
                let failure = Failure::of(&error);
                self.reason = Some(failure.message.clone());
                self.failure = (self.state == State::Failed).then_some(failure);
            }
        }
        self.statistics.queued_ms = queued_ms;
        self.statistics.total_ms = ((now - self.submitted) * 1e3).max(0.0) as u64;
    }

    pub(super) fn to_json(&self) -> Result<String> {
        serde_json::to_string(self).map_err(|error| Error::internal(format!("the record of a query: {error}")))
    }

    pub(super) fn from_json(json: &str) -> Result<Self> {
        serde_json::from_str(json)
            .map_err(|error| Error::internal(format!("the catalog holds a query that cannot be read: {error}")).caused_by(error))
    }
}
