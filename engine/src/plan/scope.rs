//! Names in full: which catalog, which database, which table. There are two catalogs, the lake's, which Athena calls `awsdatacatalog`,
//! and Trino's `system`.

use std::fmt;

use catalog::{Error, ErrorKind, Result, name};
use sql::ObjectName;

use crate::command::name::known_catalog;
use crate::system;

/// Where names that say less are looked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Scope {
    pub(crate) catalog: String,
    pub(crate) database: String,
    /// Whether `1.2` is a decimal, where a view says so; else it is as in the session.
    pub(crate) decimal_literals: Option<bool>,
}

/// A catalog that there is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Catalog {
    Lake,
    System,
}

/// A table's name in full, folded.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct FullName {
    pub(crate) catalog: Catalog,
    pub(crate) database: String,
    pub(crate) table: String,
}

impl Scope {
    /// In the lake.
    pub(crate) fn of(database: impl Into<String>) -> Self {
        Self { catalog: Catalog::Lake.name().to_owned(), database: database.into(), decimal_literals: None }
    }

    /// A table's name in full.
    ///
    /// Errors: `DatabaseNotFound` for a catalog that there is not.
    pub(crate) fn full(&self, object: &ObjectName) -> Result<FullName> {
        self.completed(object.catalog.as_deref(), object.database.as_deref(), &object.name)
    }

    /// As [`Self::full`], from the parts.
    pub(crate) fn completed(&self, catalog: Option<&str>, database: Option<&str>, table: &str) -> Result<FullName> {
        let catalog = Catalog::known(catalog.unwrap_or(&self.catalog))?;
        Ok(FullName { catalog, database: name::fold(database.unwrap_or(&self.database)), table: name::fold(table) })
    }
}

impl Catalog {
    /// The catalog of this name.
    ///
    /// Errors: `DatabaseNotFound` where there is none.
    pub(crate) fn known(name: &str) -> Result<Self> {
        match name.eq_ignore_ascii_case(system::CATALOG) {
            true => Ok(Self::System),
            false => known_catalog(Some(name)).map(|()| Self::Lake),
        }
    }

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Lake => "awsdatacatalog",
            Self::System => system::CATALOG,
        }
    }
}

impl fmt::Display for FullName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}.{}", self.catalog.name(), self.database, self.table)
    }
}

impl FullName {
    /// That there is no such table, in Trino's words: Athena's clients look for them.
    pub(crate) fn missing(&self) -> Error {
        Error::new(ErrorKind::TableNotFound, format!("table '{self}' does not exist"))
    }

    /// What the catalog does not have, in Trino's words.
    pub(crate) fn told(&self, error: Error) -> Error {
        match error.kind() {
            ErrorKind::TableNotFound => self.missing(),
            ErrorKind::DatabaseNotFound => Error::new(error.kind(), format!("schema '{}' does not exist", self.database)),
            _ => error,
        }
    }
}
