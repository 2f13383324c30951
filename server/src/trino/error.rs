//! Trino's errors on the wire (`QueryError`): the one table from the kinds of our errors to its codes, names and types
//! (`StandardErrorCode`, `HiveErrorCode`).

use catalog::ErrorKind;
use engine::queries::Told;
use serde_json::{Value, json};

const USER: &str = "USER_ERROR";
const INTERNAL: &str = "INTERNAL_ERROR";
const RESOURCES: &str = "INSUFFICIENT_RESOURCES";
const EXTERNAL: &str = "EXTERNAL";
/// Where the codes of the Hive connector begin.
const HIVE: u32 = 0x0100_0000;

/// Code, name and type.
fn classified(kind: ErrorKind) -> (u32, &'static str, &'static str) {
    use ErrorKind as K;
    match kind {
        K::Syntax => (1, "SYNTAX_ERROR", USER),
        K::Cancelled => (3, "USER_CANCELED", USER),
        K::AccessDenied => (4, "PERMISSION_DENIED", USER),
        K::EntityNotFound | K::QueryNotFound | K::WorkGroupNotFound | K::PartitionNotFound => (5, "NOT_FOUND", USER),
        K::FunctionNotFound => (6, "FUNCTION_NOT_FOUND", USER),
        K::InvalidFunctionArgument => (7, "INVALID_FUNCTION_ARGUMENT", USER),
        K::DivisionByZero => (8, "DIVISION_BY_ZERO", USER),
        K::InvalidCast => (9, "INVALID_CAST_ARGUMENT", USER),
        K::AlreadyExists => (12, "ALREADY_EXISTS", USER),
        K::NotSupported => (13, "NOT_SUPPORTED", USER),
        K::InvalidWindowFrame => (15, "INVALID_WINDOW_FRAME", USER),
        K::Conflict | K::TokenReused => (17, "TRANSACTION_CONFLICT", USER),
        K::NumericOutOfRange => (19, "NUMERIC_VALUE_OUT_OF_RANGE", USER),
        K::SubqueryMultipleRows => (28, "SUBQUERY_MULTIPLE_ROWS", USER),
        K::UnsupportedSubquery => (36, "UNSUPPORTED_SUBQUERY", USER),
        K::DatabaseNotFound => (45, "SCHEMA_NOT_FOUND", USER),
        K::TableNotFound => (46, "TABLE_NOT_FOUND", USER),
        K::ColumnNotFound => (47, "COLUMN_NOT_FOUND", USER),
        K::TypeMismatch => (58, "TYPE_MISMATCH", USER),
        K::InvalidLiteral => (59, "INVALID_LITERAL", USER),
        K::ExpressionNotAggregate => (73, "EXPRESSION_NOT_AGGREGATE", USER),
        K::ExpressionNotScalar => (74, "EXPRESSION_NOT_SCALAR", USER),
        K::ExpressionNotConstant => (75, "EXPRESSION_NOT_CONSTANT", USER),
        K::InvalidInput => (76, "INVALID_ARGUMENTS", USER),
        K::TooManyArguments => (77, "TOO_MANY_ARGUMENTS", USER),
        K::InvalidParameterUsage => (80, "INVALID_PARAMETER_USAGE", USER),
        K::MissingColumnAliases => (88, "MISSING_COLUMN_ALIASES", USER),
        K::InvalidPath => (113, "INVALID_PATH", USER),
        K::JsonInput => (114, "JSON_INPUT_CONVERSION_ERROR", USER),
        K::JsonOutput => (115, "JSON_OUTPUT_CONVERSION_ERROR", USER),
        K::PathEvaluation => (116, "PATH_EVALUATION_ERROR", USER),
        K::JsonValueResult => (118, "JSON_VALUE_RESULT_ERROR", USER),
        K::LimitExceeded => (0, "GENERIC_USER_ERROR", USER),
        K::Internal | K::NewerSchema => (65_536, "GENERIC_INTERNAL_ERROR", INTERNAL),
        K::Busy => (131_074, "QUERY_QUEUE_FULL", RESOURCES),
        K::TimedOut => (131_075, "EXCEEDED_TIME_LIMIT", RESOURCES),
        K::MemoryExceeded => (131_079, "EXCEEDED_LOCAL_MEMORY_LIMIT", RESOURCES),
        K::ObjectNotFound => (HIVE + 3, "HIVE_CANNOT_OPEN_SPLIT", EXTERNAL),
        K::BadData => (HIVE + 7, "HIVE_BAD_DATA", EXTERNAL),
        K::Unavailable => (HIVE + 16, "HIVE_FILESYSTEM_ERROR", EXTERNAL),
    }
}

/// The class that Trino's own servers throw, for clients that show it.
fn thrown(kind: ErrorKind) -> &'static str {
    match kind {
        ErrorKind::Syntax => "io.trino.sql.parser.ParsingException",
        _ => "io.trino.spi.TrinoException",
    }
}

/// The error's name, for whom that is enough.
pub(super) fn name(kind: ErrorKind) -> &'static str {
    classified(kind).1
}

/// The error's type.
pub(super) fn r#type(kind: ErrorKind) -> &'static str {
    classified(kind).2
}

/// The member `error` of a query's results.
pub(super) fn json(told: &Told) -> Value {
    let (code, name, r#type) = classified(told.kind);
    let mut message = told.message.clone();
    // Trino's parser begins its sentences with a small letter, everything else of Trino with a capital.
    if told.kind != ErrorKind::Syntax {
        let mut letters = message.chars();
        message = letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default();
    }
    let mut failure = json!({ "type": thrown(told.kind), "suppressed": [], "stack": [] });
    let mut error = json!({ "errorCode": code, "errorName": name, "errorType": r#type });
    if let (Some(line), Some(column)) = (told.line, told.column) {
        message = format!("line {line}:{column}: {message}");
        let location = json!({ "lineNumber": line, "columnNumber": column });
        failure["errorLocation"] = location.clone();
        error["errorLocation"] = location;
    }
    failure["message"] = json!(message);
    error["message"] = json!(message);
    error["failureInfo"] = failure;
    error
}

#[cfg(test)]
mod tests {
    use catalog::{Error, Position};

    use super::*;

    #[test]
    fn errors_have_their_code_name_type_and_place() {
        let missing = Error::new(ErrorKind::TableNotFound, "table 'a.b.c' does not exist").at(Position { line: 1, column: 15 });
        let error = json(&Told::of(&missing));
        assert_eq!(error["message"], "line 1:15: Table 'a.b.c' does not exist");
        assert_eq!((&error["errorCode"], &error["errorName"]), (&46.into(), &"TABLE_NOT_FOUND".into()));
        assert_eq!(error["errorLocation"], serde_json::json!({"lineNumber": 1, "columnNumber": 15}));
        assert_eq!(error["failureInfo"]["message"], error["message"]);
        let syntax = json(&Told::of(&Error::new(ErrorKind::Syntax, "mismatched input 'x'")));
        assert_eq!(syntax["message"], "mismatched input 'x'");
        assert!(syntax.get("errorLocation").is_none());
    }
}
