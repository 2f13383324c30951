//! What a statement has changed of a session that a client of Trino's protocol keeps, for the client to be told.

use serde::{Deserialize, Serialize};
use sql::{Statement, Transaction};

use crate::engine::Session;

/// One change; a statement makes one at most.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Change {
    Schema {
        catalog: String,
        schema: String,
    },
    Set {
        name: String,
        value: String,
    },
    Reset {
        name: String,
    },
    Prepared {
        name: String,
        text: String,
    },
    Deallocated {
        name: String,
    },
    /// A transaction, which is none: each statement stays one of its own.
    Started,
    Ended,
}

impl Change {
    /// Of a statement that has succeeded; `session` is how it left the session.
    pub(super) fn of(statement: &Statement, session: &Session) -> Option<Self> {
        Some(match statement {
            Statement::Use { .. } => Self::Schema { catalog: session.catalog.clone(), schema: session.database.clone() },
            Statement::SetSession { name, value: None } => Self::Reset { name: name.clone() },
            Statement::SetSession { name, value: Some(_) } => {
                Self::Set { name: name.clone(), value: session.property(name).unwrap_or_default() }
            }
            Statement::Prepare { name, text } => Self::Prepared { name: name.clone(), text: text.clone() },
            Statement::Deallocate { name } => Self::Deallocated { name: name.clone() },
            Statement::Transaction(Transaction::Start) => Self::Started,
            Statement::Transaction(Transaction::Commit | Transaction::Rollback) => Self::Ended,
            _ => return None,
        })
    }
}
