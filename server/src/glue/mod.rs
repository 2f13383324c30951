//! Glue's operations. They translate: databases, tables and partitions are the catalog's, crawlers run the crawler, everything else
//! is kept as the model's JSON in the embedded catalog. Databases, tables and partitions go through [`catalog::Catalog`], so that they
//! are also those of the real AWS Glue where it is the catalog.

mod about;
mod account;
mod catalogs;
mod classifiers;
mod connections;
mod crawlers;
mod databases;
mod error;
mod expression;
mod functions;
mod history;
mod indexes;
mod model;
mod operations;
mod page;
mod partitions;
mod policies;
mod records;
mod request;
mod schedules;
mod search;
mod security;
mod statistics;
mod tables;
mod tags;
#[cfg(test)]
mod tests;
mod triggers;
mod versions;

use catalog::Catalog;
use catalog::local::LocalCatalog;
use serde_json::Value;

use self::error::{Outcome, invalid};
pub(crate) use self::triggers::timed as timed_triggers;
use crate::aws::{Caller, Reply};
use crate::serve::Shared;

/// What the answer to one request is made from.
#[derive(Clone, Copy)]
struct Glue<'a> {
    shared: &'a Shared,
    caller: &'a Caller,
    /// As far as the caller may use it.
    catalog: &'a dyn Catalog,
}

impl<'a> Glue<'a> {
    /// Where databases, tables and partitions are.
    fn catalog(&self) -> &'a dyn Catalog {
        self.catalog
    }

    /// Where everything else is.
    fn home(&self) -> &'a LocalCatalog {
        &self.shared.server.home
    }
}

/// Answers one operation. Errors: `InvalidInputException` for one of the model that Civetta does not have, `UnknownOperationException` for
/// one that is not in the model, and those that the model lists for each.
pub(crate) async fn call(shared: &Shared, caller: &Caller, operation: &str, body: Value) -> Reply {
    let catalog = shared.catalog(caller);
    Ok(answer(Glue { shared, caller, catalog: catalog.as_ref() }, operation, body).await?)
}

async fn answer(glue: Glue<'_>, operation: &str, body: Value) -> Outcome {
    request::check(operation, &body)?;
    if !["Get", "BatchGet", "List", "Search"].iter().any(|reading| operation.starts_with(reading)) {
        glue.caller.rights.write()?;
    }
    account::check(&glue.caller.rights, operation)?;
    if let Some(database) = body.get("DatabaseName").and_then(Value::as_str) {
        glue.caller.rights.database(&catalog::name::fold(database))?;
    }
    match operations::call(glue, operation, body).await {
        Some(outcome) => outcome,
        None if model::OTHERS.binary_search(&operation).is_ok() => {
            Err(invalid(format!("{operation} is not supported by Civetta")))
        }
        None => Err(error::failure("UnknownOperationException", format!("'{operation}' is no operation of AWS Glue"))),
    }
}
