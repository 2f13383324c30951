//! Our errors as Glue's, and the texts that clients compare.

use std::borrow::Cow;

use catalog::{Error, ErrorKind};
use serde_json::{Value, json};

use crate::aws::Failure;

/// What an operation of this door comes to.
pub(super) type Outcome<T = Value> = Result<T, Refusal>;

/// A refused operation, on its way to the wire.
#[derive(Debug)]
pub(super) struct Refusal(Failure);

impl From<Refusal> for Failure {
    fn from(refusal: Refusal) -> Self {
        refusal.0
    }
}

impl From<Failure> for Refusal {
    fn from(failure: Failure) -> Self {
        Self(failure)
    }
}

impl From<Error> for Refusal {
    fn from(error: Error) -> Self {
        let name = name(error.kind());
        // Clients repeat what failed with a 5xx, so only what may pass by itself has one.
        let status = if matches!(name, "InternalServiceException") { 500 } else { 400 };
        Self(Failure { status, ..Failure::new(name, error.message()) })
    }
}

impl Refusal {
    /// The `ErrorDetail` of one item of a batch.
    pub(super) fn detail(&self) -> Value {
        json!({ "ErrorCode": self.0.name, "ErrorMessage": self.0.message })
    }
}

pub(super) fn failure(name: &'static str, message: impl Into<String>) -> Refusal {
    Refusal(Failure::new(name, message))
}

/// Glue's error for arguments that cannot be right, and for what is not done.
pub(super) fn invalid(message: impl Into<String>) -> Refusal {
    failure("InvalidInputException", message)
}

pub(super) fn not_found(message: impl Into<String>) -> Refusal {
    failure("EntityNotFoundException", message)
}

/// The name in the model of each kind of ours.
fn name(kind: ErrorKind) -> &'static str {
    match kind {
        ErrorKind::DatabaseNotFound
        | ErrorKind::TableNotFound
        | ErrorKind::PartitionNotFound
        | ErrorKind::FunctionNotFound
        | ErrorKind::ObjectNotFound
        | ErrorKind::EntityNotFound
        | ErrorKind::QueryNotFound
        | ErrorKind::WorkGroupNotFound => "EntityNotFoundException",
        ErrorKind::AlreadyExists => "AlreadyExistsException",
        ErrorKind::Conflict | ErrorKind::TokenReused => "ConcurrentModificationException",
        ErrorKind::Busy => "CrawlerRunningException",
        ErrorKind::LimitExceeded => "ResourceNumberLimitExceededException",
        ErrorKind::AccessDenied => "AccessDeniedException",
        ErrorKind::TimedOut => "OperationTimeoutException",
        ErrorKind::Syntax
        | ErrorKind::NotSupported
        | ErrorKind::InvalidInput
        | ErrorKind::ColumnNotFound
        | ErrorKind::TypeMismatch
        | ErrorKind::DivisionByZero
        | ErrorKind::InvalidCast
        | ErrorKind::NumericOutOfRange
        | ErrorKind::InvalidFunctionArgument
        | ErrorKind::ExpressionNotConstant
        | ErrorKind::ExpressionNotAggregate
        | ErrorKind::ExpressionNotScalar
        | ErrorKind::MissingColumnAliases
        | ErrorKind::InvalidWindowFrame
        | ErrorKind::UnsupportedSubquery
        | ErrorKind::SubqueryMultipleRows
        | ErrorKind::InvalidPath
        | ErrorKind::TooManyArguments
        | ErrorKind::PathEvaluation
        | ErrorKind::JsonInput
        | ErrorKind::JsonOutput
        | ErrorKind::JsonValueResult
        | ErrorKind::InvalidLiteral
        | ErrorKind::InvalidParameterUsage
        | ErrorKind::BadData => "InvalidInputException",
        ErrorKind::Unavailable
        | ErrorKind::Cancelled
        | ErrorKind::MemoryExceeded
        | ErrorKind::NewerSchema
        | ErrorKind::Internal => "InternalServiceException",
    }
}

/// Our error about something named, in Glue's words. `what` is "Table", "Crawler", ...
pub(super) fn about(what: &str, name: &str, error: Error) -> Refusal {
    match error.kind() {
        ErrorKind::EntityNotFound | ErrorKind::FunctionNotFound => not_found(format!("{what} {name} not found.")),
        ErrorKind::AlreadyExists => failure("AlreadyExistsException", format!("{what} already exists.")),
        _ => error.into(),
    }
}

/// Our error about a database, in Glue's words.
pub(super) fn of_database(database: &str) -> impl Fn(Error) -> Refusal {
    move |error| match error.kind() {
        ErrorKind::DatabaseNotFound => not_found(format!("Database {database} not found.")),
        _ => about("Database", database, error),
    }
}

/// Our error about a table or what is in it, in Glue's words.
pub(super) fn of_table(database: &str, table: &str) -> impl Fn(Error) -> Refusal {
    move |error| match error.kind() {
        ErrorKind::DatabaseNotFound => not_found(format!("Database {database} not found.")),
        ErrorKind::TableNotFound => not_found(format!("Table {table} not found.")),
        ErrorKind::PartitionNotFound => not_found("Cannot find partition."),
        ErrorKind::EntityNotFound => not_found("Version not found."),
        _ => about("Table", table, error),
    }
}

/// Our error about a partition, in Glue's words.
pub(super) fn of_partition(database: &str, table: &str) -> impl Fn(Error) -> Refusal {
    move |error| match error.kind() {
        ErrorKind::AlreadyExists => failure("AlreadyExistsException", "Partition already exists."),
        _ => of_table(database, table)(error),
    }
}

/// A value with a member of another type, or one that lacks a required member.
pub(super) fn malformed(error: &serde_json::Error) -> Refusal {
    let text = error.to_string();
    match text.strip_prefix("missing field `").and_then(|rest| rest.split('`').next()) {
        Some(member) => violated("null", member, "Member must not be null"),
        None => Refusal(Failure::new("SerializationException", text)),
    }
}

/// A broken constraint of the model, as AWS's services word it. `member` is as in the model.
pub(super) fn violated(value: impl std::fmt::Display, member: &str, rule: impl Into<Cow<'static, str>>) -> Refusal {
    let mut characters = member.chars();
    let member: String = characters.next().map(|first| first.to_ascii_lowercase()).into_iter().chain(characters).collect();
    let rule = rule.into();
    invalid(format!("1 validation error detected: Value '{value}' at '{member}' failed to satisfy constraint: {rule}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_glues() {
        let error = |kind| Error::new(kind, "ours");
        let text = |refusal: Refusal| refusal.detail();
        for (refusal, name, message) in [
            (of_table("d", "t")(error(ErrorKind::TableNotFound)), "EntityNotFoundException", "Table t not found."),
            (of_table("d", "t")(error(ErrorKind::DatabaseNotFound)), "EntityNotFoundException", "Database d not found."),
            (of_database("d")(error(ErrorKind::AlreadyExists)), "AlreadyExistsException", "Database already exists."),
            (of_partition("d", "t")(error(ErrorKind::AlreadyExists)), "AlreadyExistsException", "Partition already exists."),
            (of_table("d", "t")(error(ErrorKind::Conflict)), "ConcurrentModificationException", "ours"),
            (
                violated("x", "MaxResults", "Member must be less"),
                "InvalidInputException",
                "1 validation error detected: Value 'x' at 'maxResults' failed to satisfy constraint: Member must be less",
            ),
        ] {
            assert_eq!(text(refusal), json!({ "ErrorCode": name, "ErrorMessage": message }));
        }
    }
}
