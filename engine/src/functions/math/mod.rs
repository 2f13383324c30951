//! Trino's "Mathematical functions and operators".

pub(super) mod base;
pub(super) mod bucket;
pub(super) mod float;
pub(super) mod random;
pub(super) mod rounding;
pub(super) mod statistics;
pub(super) mod vector;

use catalog::{Error, ErrorKind};

/// `INVALID_FUNCTION_ARGUMENT`
fn invalid(message: impl Into<String>) -> Error {
    Error::new(ErrorKind::InvalidFunctionArgument, message)
}

/// `NUMERIC_VALUE_OUT_OF_RANGE`
fn out_of_range(message: impl Into<String>) -> Error {
    Error::new(ErrorKind::NumericOutOfRange, message)
}
