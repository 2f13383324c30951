//! Records that this door alone understands: kept in the embedded catalog as documents, in the model's JSON.
//!
//! What belongs to a table, a partition or a database carries the time at which that was made: a record of an earlier one of the same
//! name is none, however that one was dropped (through this door, by SQL, by another process).

use catalog::local::{Document, LocalCatalog, SEPARATOR};
use catalog::{Error, ErrorKind, PageRequest, Result};
use serde_json::Value;

use super::Glue;
use super::error::{Outcome, invalid};
use super::functions::Function;
use super::indexes::Indexes;
use super::statistics::Statistics;

/// A kind of record with a name: its shape is the model's, so that it comes back as it was put. It has no `Debug`: connections hold
/// passwords.
macro_rules! records {
    ($($(#[$doc:meta])* $record:ident: $kind:literal, $what:literal, $member:literal;)*) => {$(
        $(#[$doc])*
        #[derive(Clone, serde::Serialize, serde::Deserialize)]
        #[serde(transparent)]
        pub(super) struct $record(pub(super) serde_json::Map<String, serde_json::Value>);

        impl catalog::local::Document for $record {
            const KIND: &'static str = $kind;
            const WHAT: &'static str = $what;
            fn key(&self) -> String {
                self.0.get($member).and_then(serde_json::Value::as_str).unwrap_or_default().to_owned()
            }
        }
    )*};
}

records! {
    Connection: "glue connection", "Connection", "Name";
    /// A catalog beside the account's own, of which Glue keeps the definition.
    SubCatalog: "glue catalog", "Catalog", "Name";
    Trigger: "glue trigger", "Trigger", "Name";
    SecurityConfiguration: "glue security configuration", "SecurityConfiguration", "Name";
    /// `Arn` is the resource's, or empty for the account's own policy.
    Policy: "glue resource policy", "Policy", "Arn";
    /// There is one, whose key is empty.
    Encryption: "glue encryption settings", "DataCatalogEncryptionSettings", "Key";
}

/// A checked name of a record (model: `NameString`).
pub(super) fn checked_name(name: &str) -> Outcome<()> {
    match name.is_empty() || name.len() > 255 || name.chars().any(char::is_control) {
        true => Err(invalid(format!("'{}' is no name: 1 to 255 bytes without control characters", name.escape_debug()))),
        false => Ok(()),
    }
}

/// Changes the document with the key of `fresh`, which is stored first when there is none.
pub(super) async fn upsert<T, F>(home: &LocalCatalog, mut fresh: T, change: F) -> Result<()>
where
    T: Document,
    F: Fn(&mut T) -> Result<()> + Clone + Send + 'static,
{
    let key = fresh.key();
    loop {
        match home.change_document(&key, change.clone()).await {
            Err(error) if error.kind() == ErrorKind::EntityNotFound => {}
            outcome => return outcome.map(|_: T| ()),
        }
        change(&mut fresh)?;
        match home.create_document(&fresh).await {
            // Another request made it in the meantime.
            Err(error) if error.kind() == ErrorKind::AlreadyExists => {}
            outcome => return outcome,
        }
    }
}

/// The document, or nothing.
pub(super) async fn find<T: Document>(home: &LocalCatalog, key: &str) -> Result<Option<T>> {
    match home.document(key).await {
        Ok(document) => Ok(Some(document)),
        Err(error) if error.kind() == ErrorKind::EntityNotFound => Ok(None),
        Err(error) => Err(error),
    }
}

/// All documents of a kind below `prefix`, of which there are few: a person made each.
pub(super) async fn all<T: Document>(home: &LocalCatalog, prefix: &str) -> Result<Vec<T>> {
    let (mut all, mut page) = (Vec::new(), PageRequest { limit: Some(1000), token: None });
    loop {
        let found = home.documents::<T>(prefix, page).await?;
        all.extend(found.items);
        match found.next {
            Some(token) => page = PageRequest { limit: Some(1000), token: Some(token) },
            None => return Ok(all),
        }
    }
}

/// The beginning of the keys of what belongs to a table.
pub(super) fn of_table(database: &str, table: &str) -> String {
    format!("{database}{SEPARATOR}{table}{SEPARATOR}")
}

/// Removes what belonged to a table that was dropped. It was void already; this only frees the place.
pub(super) async fn forget_table(glue: Glue<'_>, database: &str, table: &str) -> Outcome<()> {
    let prefix = of_table(database, table);
    glue.home().delete_documents::<Statistics>(&prefix).await?;
    glue.home().delete_documents::<Indexes>(&prefix).await?;
    Ok(())
}

/// Removes what belonged to a database that was dropped, and to its tables.
pub(super) async fn forget_database(glue: Glue<'_>, database: &str) -> Outcome<()> {
    let prefix = format!("{database}{SEPARATOR}");
    glue.home().delete_documents::<Statistics>(&prefix).await?;
    glue.home().delete_documents::<Indexes>(&prefix).await?;
    glue.home().delete_documents::<Function>(&prefix).await?;
    Ok(())
}

/// A member that is a text.
pub(super) fn text<'a>(members: &'a serde_json::Map<String, Value>, member: &str) -> Option<&'a str> {
    members.get(member).and_then(Value::as_str)
}

/// The error of [`upsert`]'s `change` when there would be more than Glue allows.
pub(super) fn too_many(what: &str, most: usize) -> Error {
    Error::new(ErrorKind::LimitExceeded, format!("Number of {what} exceeds the limit of {most}"))
}
