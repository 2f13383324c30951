//! Athena's errors on the wire: the one table from the kinds of our errors to `InvalidRequestException` and its kin.

use catalog::{Error, ErrorKind};

use crate::aws::Failure;

/// A request that cannot be right.
pub(crate) fn invalid(message: impl Into<String>) -> Failure {
    coded("INVALID_INPUT", message)
}

/// With Athena's code for it.
pub(crate) fn coded(code: &str, message: impl Into<String>) -> Failure {
    Failure::new("InvalidRequestException", message).with("AthenaErrorCode", code).with("ErrorCode", code)
}

/// The error of an operation. Errors of users are never 5xx: clients repeat what failed with one.
pub(crate) fn failure(error: Error) -> Failure {
    use ErrorKind as K;
    let message = text(&error);
    match error.kind() {
        K::Syntax => coded("MALFORMED_QUERY", message),
        K::QueryNotFound => coded("QUERY_EXECUTION_NOT_FOUND", message),
        K::WorkGroupNotFound => invalid("WorkGroup is not found."),
        K::TokenReused => coded("IDEMPOTENT_PARAMETER_MISMATCH", message),
        K::EntityNotFound => Failure::new("ResourceNotFoundException", message),
        K::Busy => Failure::new("TooManyRequestsException", message).with("Reason", "CONCURRENT_QUERY_LIMIT_EXCEEDED"),
        K::AccessDenied => Failure { status: 403, ..Failure::new("AccessDeniedException", message) },
        K::DatabaseNotFound | K::TableNotFound => Failure::new("MetadataException", message),
        // What a failed query would say, name and all.
        K::NotSupported => coded("NOT_SUPPORTED", error.to_string()),
        K::InvalidInput
        | K::ColumnNotFound
        | K::PartitionNotFound
        | K::FunctionNotFound
        | K::AlreadyExists
        | K::TypeMismatch
        | K::DivisionByZero
        | K::InvalidCast
        | K::NumericOutOfRange
        | K::InvalidFunctionArgument
        | K::ExpressionNotConstant
        | K::ExpressionNotAggregate
        | K::ExpressionNotScalar
        | K::MissingColumnAliases
        | K::InvalidWindowFrame
        | K::UnsupportedSubquery
        | K::TooManyArguments
        | K::SubqueryMultipleRows
        | K::InvalidPath
        | K::PathEvaluation
        | K::JsonInput
        | K::JsonOutput
        | K::JsonValueResult
        | K::InvalidLiteral
        | K::InvalidParameterUsage
        | K::BadData
        | K::Conflict
        | K::ObjectNotFound
        | K::Cancelled
        | K::TimedOut
        | K::MemoryExceeded
        | K::LimitExceeded => invalid(message),
        K::Unavailable => Failure { status: 503, ..Failure::new("InternalServerException", message) },
        K::NewerSchema | K::Internal => {
            tracing::error!("an operation of Athena failed: {error}");
            Failure { status: 500, ..Failure::new("InternalServerException", message) }
        }
    }
}

/// The message with its place in the statement, without the name that goes into the code.
fn text(error: &Error) -> String {
    match error.position() {
        Some(at) => format!("line {}:{}: {}", at.line, at.column, error.message()),
        None => error.message().to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use catalog::Position;

    use super::*;

    #[test]
    fn clients_find_their_names_and_codes() {
        let of = |kind, message: &str| failure(Error::new(kind, message));
        let syntax = failure(
            Error::new(ErrorKind::Syntax, "mismatched input 'SELEC'. Expecting: <query>").at(Position { line: 1, column: 1 }),
        );
        assert_eq!(syntax.message, "line 1:1: mismatched input 'SELEC'. Expecting: <query>");
        assert_eq!(syntax.members["AthenaErrorCode"], "MALFORMED_QUERY");
        assert_eq!(of(ErrorKind::WorkGroupNotFound, "work group 'x' does not exist").message, "WorkGroup is not found.");
        assert_eq!(of(ErrorKind::EntityNotFound, "named query 'x' does not exist").name, "ResourceNotFoundException");
        let unknown = of(ErrorKind::QueryNotFound, "QueryExecution x was not found");
        assert_eq!((unknown.status, &unknown.members["ErrorCode"]), (400, &"QUERY_EXECUTION_NOT_FOUND".into()));
    }
}
