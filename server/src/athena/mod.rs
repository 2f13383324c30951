//! Athena's operations.

pub(crate) mod error;
mod query;
mod records;

use serde_json::Value;

use crate::aws::{Caller, Reply};
use crate::serve::Shared;

/// Answers one operation. Errors: `InvalidRequestException` for one that is not there.
pub(crate) async fn call(shared: &Shared, caller: &Caller, operation: &str, body: Value) -> Reply {
    query::call(shared, caller, operation, body).await
}
