//! Names of a statement, completed by the session's database.

use std::fmt;

use catalog::{Error, ErrorKind, Result};
use sql::{DatabaseName, ObjectName};

/// A table or view with its database.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Name {
    pub(super) database: String,
    pub(super) name: String,
    /// Whether the statement said which database; what is printed back then says so too.
    pub(super) qualified: bool,
}

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.database, self.name)
    }
}

pub(super) fn table(name: ObjectName, session: &str) -> Result<Name> {
    known_catalog(name.catalog.as_deref())?;
    let qualified = name.database.is_some();
    Ok(Name { database: name.database.unwrap_or_else(|| session.to_owned()), name: name.name, qualified })
}

pub(super) fn database(name: Option<DatabaseName>, session: &str) -> Result<String> {
    match name {
        Some(name) => {
            known_catalog(name.catalog.as_deref())?;
            Ok(name.name)
        }
        None => Ok(session.to_owned()),
    }
}

/// Athena's name for the Glue catalog of the account is the only catalog there is; `hive` is what Athena itself calls it in results.
///
/// Errors: `DatabaseNotFound` for another name.
pub(crate) fn known_catalog(name: Option<&str>) -> Result<()> {
    let known = |name: &str| ["awsdatacatalog", "hive"].iter().any(|known| name.eq_ignore_ascii_case(known));
    match name.filter(|name| !known(name)) {
        None => Ok(()),
        Some(other) => Err(Error::new(
            ErrorKind::DatabaseNotFound,
            format!("catalog '{other}' does not exist; the only one is awsdatacatalog"),
        )),
    }
}
