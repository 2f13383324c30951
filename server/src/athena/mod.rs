//! Athena's operations.

mod constraints;
pub(crate) mod error;
mod operations;
mod query;
mod records;
#[cfg(test)]
mod tests;

use serde_json::Value;

use crate::aws::{Caller, Failure, Reply};
use crate::serve::Shared;

/// Answers one operation. Errors: `InvalidRequestException` for a request that the model does not allow and for an operation of the
/// model that Civetta does not have, `UnknownOperationException` for one that is not in the model.
pub(crate) async fn call(shared: &Shared, caller: &Caller, operation: &str, body: Value) -> Reply {
    match operations::members(operation) {
        Some(members) => constraints::check(members, &body)?,
        None if operations::is_missing(operation) => {
            return Err(error::invalid(format!("{operation} is not supported by Civetta")));
        }
        None => return Err(Failure::new("UnknownOperationException", format!("'{operation}' is no operation of Athena"))),
    }
    query::call(shared, caller, operation, body).await
}
