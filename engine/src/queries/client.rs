//! What a query has that came by Trino's protocol: who asks, the session that the client keeps, and how it is said why it failed.

use catalog::{Error, ErrorKind, Position};
use serde::{Deserialize, Serialize};

use crate::engine::Session;

/// The listing that queries by Trino's protocol are in; no work group can have such a name, so that Athena's listings leave them out.
pub(super) const LISTING: &str = ":trino";

/// What Trino's protocol adds to a request.
#[derive(Debug, Clone)]
pub struct ByTrino {
    pub client: Client,
    /// What the client has chosen, its prepared statements among it.
    pub session: Session,
}

/// Who asks, as the client says it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Client {
    pub user: String,
    pub source: Option<String>,
    pub tags: Vec<String>,
    /// In the addresses of the query's pages, beside its id, so that who knows the id does not have the pages.
    pub slug: String,
}

/// Why a query failed, in the parts that Trino's protocol tells it in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Told {
    pub kind: ErrorKind,
    pub message: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub line: Option<u64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub column: Option<u64>,
}

impl Told {
    /// What there is to say of an error.
    pub fn of(error: &Error) -> Self {
        let Position { line, column } = error.position().unwrap_or(Position { line: 0, column: 0 });
        let known = |number: u64| (number > 0).then_some(number);
        Self { kind: error.kind(), message: error.message().to_owned(), line: known(line), column: known(column) }
    }
}
