//! Prepared statements: named texts with `?` in them, kept for each work group.

use catalog::local::{Document, LocalCatalog, SEPARATOR};
use catalog::table::EpochSeconds;
use catalog::{Error, ErrorKind, Result};
use serde::{Deserialize, Serialize};

/// A prepared statement, as stored and as `GetPreparedStatement` shows it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct PreparedStatement {
    pub statement_name: String,
    /// The text, parameters as `?`.
    pub query_statement: String,
    pub work_group_name: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    pub last_modified_time: EpochSeconds,
}

impl Document for PreparedStatement {
    const KIND: &'static str = "prepared_statement";
    const WHAT: &'static str = "prepared statement";

    fn key(&self) -> String {
        Self::key_of(&self.work_group_name, &self.statement_name)
    }
}

impl PreparedStatement {
    /// The statement of this name.
    ///
    /// Errors: `EntityNotFound`, in Athena's words.
    pub async fn find(home: &LocalCatalog, work_group: &str, name: &str) -> Result<Self> {
        home.document(&Self::key_of(work_group, name)).await.map_err(|error| missing(error, work_group, name))
    }

    /// Errors: `EntityNotFound`, in Athena's words.
    pub async fn delete(home: &LocalCatalog, work_group: &str, name: &str) -> Result<()> {
        let key = Self::key_of(work_group, name);
        home.delete_document::<Self>(&key).await.map_err(|error| missing(error, work_group, name))
    }

    /// The key that a work group's statement of this name is kept under, whatever its case; with an empty name, what the keys of all its
    /// statements begin with.
    pub fn key_of(work_group: &str, name: &str) -> String {
        format!("{work_group}{SEPARATOR}{}", catalog::name::fold(name))
    }
}

fn missing(error: Error, work_group: &str, name: &str) -> Error {
    match error.kind() {
        ErrorKind::EntityNotFound => {
            Error::new(ErrorKind::EntityNotFound, format!("PreparedStatement {name} was not found in workGroup {work_group}"))
        }
        _ => error,
    }
}
