//! Glue's operations.

use serde_json::Value;

use crate::aws::{Caller, Failure, Reply};
use crate::serve::Shared;

/// Answers one operation. Errors: `InvalidInputException` for one that is not there.
pub(crate) async fn call(_: &Shared, _: &Caller, operation: &str, _: Value) -> Reply {
    Err(Failure::new("InvalidInputException", format!("{operation} is not supported by Civetta")))
}
