//! Why a query did not succeed, in Athena's categories and types ("Athena error category and type reference").

use catalog::{Error, ErrorKind};
use serde::{Deserialize, Serialize};

use super::client::Told;

/// Athena's `AthenaError`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Failure {
    /// 1 system, 2 user, 3 other.
    pub category: i32,
    pub r#type: i32,
    /// Whether the same query may succeed when it is run again.
    pub retryable: bool,
    /// `NAME: line L:C: Message`
    pub message: String,
    /// The same in parts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub told: Option<Told>,
}

const SYSTEM: i32 = 1;
const USER: i32 = 2;

impl Failure {
    pub(super) fn of(error: &Error) -> Self {
        let (category, r#type, retryable) = classified(error.kind());
        Self { category, r#type, retryable, message: text(error), told: Some(Told::of(error)) }
    }
}

/// Category, type and whether to try again.
fn classified(kind: ErrorKind) -> (i32, i32, bool) {
    use ErrorKind as K;
    match kind {
        K::Syntax | K::ColumnNotFound | K::InvalidLiteral | K::InvalidPath | K::InvalidParameterUsage => (USER, 1006, false),
        K::TableNotFound => (USER, 1110, false),
        K::FunctionNotFound => (USER, 1303, false),
        K::DatabaseNotFound | K::PartitionNotFound | K::EntityNotFound | K::QueryNotFound | K::WorkGroupNotFound => {
            (USER, 1301, false)
        }
        K::NotSupported => (USER, 1200, false),
        K::InvalidInput => (USER, 1100, false),
        K::TypeMismatch => (USER, 1002, false),
        K::BadData
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
        | K::SubqueryMultipleRows => (USER, 1001, false),
        K::PathEvaluation | K::JsonInput | K::JsonOutput | K::JsonValueResult => (USER, 1001, false),
        K::AlreadyExists => (USER, 1003, false),
        K::Conflict | K::TokenReused | K::Busy => (USER, 1003, true),
        K::ObjectNotFound => (USER, 1109, false),
        K::AccessDenied => (USER, 1500, false),
        K::Cancelled => (USER, 1014, false),
        K::TimedOut | K::LimitExceeded => (USER, 1000, false),
        // "Query exhausted resources".
        K::MemoryExceeded => (SYSTEM, 0, true),
        K::Unavailable => (SYSTEM, 9999, true),
        K::NewerSchema | K::Internal => (SYSTEM, 9999, false),
    }
}

/// The error as Athena's clients expect to read it. The end of a query on demand is a sentence without a name.
fn text(error: &Error) -> String {
    if error.kind() == ErrorKind::Cancelled {
        return error.message().to_owned();
    }
    let mut message = error.message().to_owned();
    // Trino's parser begins its sentences with a small letter, everything else of Trino with a capital.
    if error.kind() != ErrorKind::Syntax {
        message = capitalised(&message);
    }
    if error.kind() == ErrorKind::ColumnNotFound && message.ends_with("cannot be resolved") {
        message.push_str(" or requester is not authorized to access requested resources");
    }
    match error.position() {
        Some(at) => format!("{}: line {}:{}: {message}", error.kind().name(), at.line, at.column),
        None => format!("{}: {message}", error.kind().name()),
    }
}

fn capitalised(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use catalog::Position;

    use super::*;

    #[test]
    fn clients_find_their_words() {
        let at = Position { line: 1, column: 8 };
        let cases = [
            (
                Error::new(ErrorKind::ColumnNotFound, "column 'x' cannot be resolved").at(at),
                "COLUMN_NOT_FOUND: line 1:8: Column 'x' cannot be resolved or requester is not authorized to access requested resources",
            ),
            (Error::new(ErrorKind::Syntax, "mismatched input 'x'").at(at), "SYNTAX_ERROR: line 1:8: mismatched input 'x'"),
            (Error::new(ErrorKind::DivisionByZero, "division by zero"), "DIVISION_BY_ZERO: Division by zero"),
            (Error::new(ErrorKind::Cancelled, "Query cancelled by user"), "Query cancelled by user"),
        ];
        for (error, expected) in cases {
            assert_eq!(Failure::of(&error).message, expected);
        }
    }
}
