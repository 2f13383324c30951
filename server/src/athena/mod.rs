//! Athena's operations.

pub(crate) mod error;
mod query;

use serde_json::Value;

use crate::aws::{Caller, Failure, Reply};
use crate::serve::Shared;

/// Answers one operation. Errors: `InvalidRequestException` for one that is not there.
pub(crate) async fn call(shared: &Shared, caller: &Caller, operation: &str, body: Value) -> Reply {
    match query::call(shared, caller, operation, body).await {
        Some(reply) => reply,
        None => Err(Failure::new("InvalidRequestException", format!("{operation} is not supported by Civetta"))),
    }
}
