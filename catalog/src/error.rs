//! The one error type of the workspace: a closed kind that every door maps to its own wire errors, a message for people,
//! a position in the statement where there is one, and the cause.

use std::fmt;

use serde::{Deserialize, Serialize};

/// What went wrong, as far as a program needs to tell cases apart. Closed on purpose: a new kind breaks every door's
/// mapping until somebody decides what it is there. Kinds are kept in records of queries, so that none is renamed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum ErrorKind {
    /// The text is not a statement.
    Syntax,
    /// Understood, and not done by Civetta.
    NotSupported,
    /// An argument, option or definition that cannot be right.
    InvalidInput,
    DatabaseNotFound,
    TableNotFound,
    ColumnNotFound,
    PartitionNotFound,
    FunctionNotFound,
    /// Any other named thing that is not there: a crawler, a classifier, a version.
    EntityNotFound,
    /// No query has this id.
    QueryNotFound,
    WorkGroupNotFound,
    AlreadyExists,
    TypeMismatch,
    /// A JSON path that cannot be read.
    InvalidPath,
    /// A JSON path that could not be followed.
    PathEvaluation,
    /// A text that was to be JSON and is not.
    JsonInput,
    /// What a JSON path leads to is not one value.
    JsonOutput,
    /// What a JSON path leads to is not one scalar of the type.
    JsonValueResult,
    DivisionByZero,
    InvalidCast,
    NumericOutOfRange,
    /// A function does not take this value: Trino's word for what a call was wrong with, whatever the function.
    InvalidFunctionArgument,
    /// A function is called with more arguments than any may have.
    TooManyArguments,
    /// A scalar subquery has more than one row.
    SubqueryMultipleRows,
    /// What must be known before a query runs depends on a row or on chance.
    ExpressionNotConstant,
    /// No aggregate function is where one must be.
    ExpressionNotAggregate,
    /// An aggregate or window function is where none may be.
    ExpressionNotScalar,
    /// Columns that need names of their own have none.
    MissingColumnAliases,
    /// A window frame whose bounds are no offsets.
    InvalidWindowFrame,
    /// A subquery where none can be.
    UnsupportedSubquery,
    /// `DATE 'x'`: the text of a literal that is no value of its type.
    InvalidLiteral,
    /// EXECUTE gives more or fewer values than the statement has `?`.
    InvalidParameterUsage,
    /// An object's content does not fit its table.
    BadData,
    /// The version that a writer expected is not the current one.
    Conflict,
    /// A token that stands for an earlier request came with another one.
    TokenReused,
    /// Another run holds the lease of what was to be run.
    Busy,
    /// The object or bucket is not there.
    ObjectNotFound,
    AccessDenied,
    /// The object store or the catalog's database failed or could not be reached.
    Unavailable,
    Cancelled,
    TimedOut,
    MemoryExceeded,
    LimitExceeded,
    /// The data directory was written by a newer release.
    NewerSchema,
    /// A defect of Civetta or of a library.
    Internal,
}

impl ErrorKind {
    /// The name that Athena's clients match on, where Athena has one (Trino's `StandardErrorCode` and Hive's error codes).
    pub fn name(self) -> &'static str {
        match self {
            Self::Syntax => "SYNTAX_ERROR",
            Self::NotSupported => "NOT_SUPPORTED",
            Self::InvalidInput => "INVALID_ARGUMENTS",
            Self::DatabaseNotFound => "SCHEMA_NOT_FOUND",
            Self::TableNotFound => "TABLE_NOT_FOUND",
            Self::ColumnNotFound => "COLUMN_NOT_FOUND",
            Self::PartitionNotFound => "PARTITION_NOT_FOUND",
            Self::FunctionNotFound => "FUNCTION_NOT_FOUND",
            Self::EntityNotFound | Self::QueryNotFound | Self::WorkGroupNotFound => "NOT_FOUND",
            Self::AlreadyExists => "ALREADY_EXISTS",
            Self::TypeMismatch => "TYPE_MISMATCH",
            Self::InvalidPath => "INVALID_PATH",
            Self::PathEvaluation => "PATH_EVALUATION_ERROR",
            Self::JsonInput => "JSON_INPUT_CONVERSION_ERROR",
            Self::JsonOutput => "JSON_OUTPUT_CONVERSION_ERROR",
            Self::JsonValueResult => "JSON_VALUE_RESULT_ERROR",
            Self::DivisionByZero => "DIVISION_BY_ZERO",
            Self::InvalidCast => "INVALID_CAST_ARGUMENT",
            Self::NumericOutOfRange => "NUMERIC_VALUE_OUT_OF_RANGE",
            Self::InvalidFunctionArgument => "INVALID_FUNCTION_ARGUMENT",
            Self::TooManyArguments => "TOO_MANY_ARGUMENTS",
            Self::SubqueryMultipleRows => "SUBQUERY_MULTIPLE_ROWS",
            Self::ExpressionNotConstant => "EXPRESSION_NOT_CONSTANT",
            Self::ExpressionNotAggregate => "EXPRESSION_NOT_AGGREGATE",
            Self::ExpressionNotScalar => "EXPRESSION_NOT_SCALAR",
            Self::MissingColumnAliases => "MISSING_COLUMN_ALIASES",
            Self::InvalidWindowFrame => "INVALID_WINDOW_FRAME",
            Self::UnsupportedSubquery => "UNSUPPORTED_SUBQUERY",
            Self::InvalidLiteral => "INVALID_LITERAL",
            Self::InvalidParameterUsage => "INVALID_PARAMETER_USAGE",
            Self::BadData => "HIVE_BAD_DATA",
            Self::Conflict | Self::TokenReused => "TRANSACTION_CONFLICT",
            Self::Busy => "ALREADY_RUNNING",
            Self::ObjectNotFound => "HIVE_CANNOT_OPEN_SPLIT",
            Self::AccessDenied => "PERMISSION_DENIED",
            Self::Unavailable => "HIVE_FILESYSTEM_ERROR",
            Self::Cancelled => "USER_CANCELED",
            Self::TimedOut => "EXCEEDED_TIME_LIMIT",
            Self::MemoryExceeded => "EXCEEDED_MEMORY_LIMIT",
            Self::LimitExceeded => "EXCEEDED_LIMIT",
            Self::NewerSchema => "NEWER_DATA_DIRECTORY",
            Self::Internal => "GENERIC_INTERNAL_ERROR",
        }
    }
}

/// A place in a statement: line and column, both from 1, columns counted in characters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Position {
    pub line: u64,
    pub column: u64,
}

/// The error of every fallible function in the workspace.
///
/// `Display` is `NAME: line L:C: message` (the position only where there is one) and never holds a secret.
pub struct Error(Box<Inner>);

struct Inner {
    kind: ErrorKind,
    message: String,
    position: Option<Position>,
    source: Option<Box<dyn std::error::Error + Send + Sync>>,
}

/// The result of every fallible function in the workspace.
pub type Result<T, E = Error> = std::result::Result<T, E>;

impl Error {
    /// `message` is lower case, says what was expected and what to do, and has no full stop.
    pub fn new(kind: ErrorKind, message: impl Into<String>) -> Self {
        Self(Box::new(Inner { kind, message: message.into(), position: None, source: None }))
    }

    /// Where in the statement it happened.
    #[must_use]
    pub fn at(mut self, position: Position) -> Self {
        self.0.position = Some(position);
        self
    }

    /// The library error behind it, for logs and `Debug`; it is not part of `Display`.
    #[must_use]
    pub fn caused_by(mut self, source: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        self.0.source = Some(source.into());
        self
    }

    /// The same error with `prefix: ` before its message: the object, table or step it happened in.
    #[must_use]
    pub fn within(mut self, prefix: impl fmt::Display) -> Self {
        self.0.message = format!("{prefix}: {}", self.0.message);
        self
    }

    pub fn kind(&self) -> ErrorKind {
        self.0.kind
    }

    pub fn message(&self) -> &str {
        &self.0.message
    }

    pub fn position(&self) -> Option<Position> {
        self.0.position
    }

    /// The same error without its cause, for where one failure reaches several readers.
    #[must_use]
    pub fn duplicate(&self) -> Self {
        Self(Box::new(Inner { kind: self.0.kind, message: self.0.message.clone(), position: self.0.position, source: None }))
    }

    pub fn internal(message: impl Into<String>) -> Self {
        Self::new(ErrorKind::Internal, message)
    }

    pub fn invalid(message: impl Into<String>) -> Self {
        Self::new(ErrorKind::InvalidInput, message)
    }

    pub fn not_supported(message: impl Into<String>) -> Self {
        Self::new(ErrorKind::NotSupported, message)
    }

    pub fn bad_data(message: impl Into<String>) -> Self {
        Self::new(ErrorKind::BadData, message)
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: ", self.0.kind.name())?;
        if let Some(at) = self.0.position {
            write!(f, "line {}:{}: ", at.line, at.column)?;
        }
        f.write_str(&self.0.message)
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")?;
        if let Some(source) = &self.0.source {
            write!(f, " (caused by {source})")?;
        }
        Ok(())
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.0.source.as_deref().map(|source| source as _)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn display_names_kind_position_and_message() {
        let error = Error::new(ErrorKind::TableNotFound, "table 'x.y' does not exist").at(Position { line: 1, column: 8 });
        assert_eq!(error.to_string(), "TABLE_NOT_FOUND: line 1:8: table 'x.y' does not exist");
        assert_eq!(error.within("view v").message(), "view v: table 'x.y' does not exist");
    }
}
