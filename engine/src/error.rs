//! DataFusion's and Arrow's errors as ours. The kind comes from the error's type, never from matching its text, except where
//! a library has only text for two cases (missing columns and functions are one `Plan` error there, memory and spill limits one
//! `ResourcesExhausted`).

use catalog::{Error, ErrorKind, Position};
use datafusion::arrow::error::ArrowError;
use datafusion::common::{DataFusionError, SchemaError};

use crate::functions;

/// The error of a query as Civetta says it.
pub(crate) fn from_datafusion(error: DataFusionError) -> Error {
    let error = match error {
        DataFusionError::External(source) => match source.downcast::<Error>() {
            Ok(ours) => return *ours,
            Err(source) => DataFusionError::External(source),
        },
        other => other,
    };
    let position =
        error.diagnostic().and_then(|d| d.span).map(|span| Position { line: span.start.line, column: span.start.column });
    let described = describe(&error).caused_by(error);
    match position {
        Some(at) if described.position().is_none() && at.line > 0 => described.at(at),
        _ => described,
    }
}

/// By reference, since several consumers may share one error.
fn describe(error: &DataFusionError) -> Error {
    match error {
        DataFusionError::External(source) => external(source.as_ref()),
        DataFusionError::Context(_, inner) | DataFusionError::Diagnostic(_, inner) => describe(inner),
        DataFusionError::Shared(inner) => describe(inner),
        DataFusionError::Collection(all) => all.first().map_or_else(|| Error::internal("an error without a text"), describe),
        DataFusionError::ArrowError(inner, _) => from_arrow(inner),
        DataFusionError::SchemaError(inner, _) => from_schema(inner),
        DataFusionError::ParquetError(inner) => Error::bad_data(format!("parquet: {inner}")),
        DataFusionError::ObjectStore(inner) => from_object_store(inner),
        DataFusionError::IoError(inner) => from_io(inner),
        DataFusionError::SQL(inner, _) => Error::new(ErrorKind::Syntax, inner.to_string()),
        DataFusionError::NotImplemented(text) => Error::not_supported(first_line(text)),
        DataFusionError::Plan(text) => from_plan(text),
        DataFusionError::Configuration(text) => Error::invalid(first_line(text)),
        DataFusionError::ResourcesExhausted(text) => from_exhausted(text),
        DataFusionError::Execution(text) if text.starts_with(SECOND_ROW) => {
            Error::new(ErrorKind::SubqueryMultipleRows, "scalar sub-query has returned multiple rows")
        }
        DataFusionError::Execution(text) => Error::new(ErrorKind::InvalidInput, first_line(text)),
        other => Error::internal(first_line(&other.to_string())),
    }
}

fn external(source: &(dyn std::error::Error + 'static)) -> Error {
    if let Some(ours) = source.downcast_ref::<Error>() {
        ours.duplicate()
    } else if let Some(inner) = source.downcast_ref::<DataFusionError>() {
        describe(inner)
    } else {
        Error::internal(first_line(&source.to_string()))
    }
}

/// Spilling wraps its errors in those of files.
fn from_io(error: &std::io::Error) -> Error {
    match error.to_string() {
        text if text.contains(SPILL_LIMIT) => from_exhausted(&text),
        text => Error::new(ErrorKind::Unavailable, text),
    }
}

fn from_arrow(error: &ArrowError) -> Error {
    match error {
        ArrowError::DivideByZero => Error::new(ErrorKind::DivisionByZero, "division by zero"),
        ArrowError::ArithmeticOverflow(text) => Error::new(ErrorKind::NumericOutOfRange, first_line(text)),
        ArrowError::CastError(text) | ArrowError::ParseError(text) => Error::new(ErrorKind::InvalidCast, first_line(text)),
        ArrowError::ExternalError(source) => external(source.as_ref()),
        ArrowError::IoError(_, inner) => from_io(inner),
        ArrowError::NotYetImplemented(text) => Error::not_supported(first_line(text)),
        ArrowError::InvalidArgumentError(text) | ArrowError::ComputeError(text) => Error::invalid(first_line(text)),
        other => Error::internal(other.to_string()),
    }
}

fn from_schema(error: &SchemaError) -> Error {
    match error {
        SchemaError::FieldNotFound { field, .. } => {
            Error::new(ErrorKind::ColumnNotFound, format!("column '{}' cannot be resolved", field.name))
        }
        SchemaError::AmbiguousReference { field } => {
            Error::new(ErrorKind::InvalidInput, format!("column '{}' is ambiguous", field.name))
        }
        other => Error::invalid(first_line(&other.to_string())),
    }
}

fn from_plan(text: &str) -> Error {
    if let Some(name) = missing_function(text) {
        return Error::new(ErrorKind::FunctionNotFound, format!("function '{name}' not registered"));
    }
    if let Some(error) = without_overload(text) {
        return error;
    }
    if text.starts_with("Cannot access field") {
        return Error::new(ErrorKind::TypeMismatch, format!("expression is not of type ROW: {}", first_line(text)));
    }
    let kind = if text.contains("coerce") || text.contains("signature") || text.contains("common argument type") {
        ErrorKind::TypeMismatch
    } else {
        ErrorKind::InvalidInput
    };
    Error::new(kind, first_line(text))
}

/// The function that DataFusion did not find, in either of its messages.
fn missing_function(text: &str) -> Option<&str> {
    let quoted = text.strip_prefix("Invalid function '").and_then(|rest| rest.split('\'').next());
    quoted.or_else(|| text.strip_prefix("There is no window function named "))
}

/// How DataFusion says that no overload of a function of its own takes what it is given; ours say it themselves.
fn without_overload(text: &str) -> Option<Error> {
    let (_, rest) = text.split_once("Function '")?;
    let (name, rest) = rest.split_once('\'')?;
    let known = functions::listed().filter(|listed| listed.name == name).map(|listed| listed.signature);
    let expected: Vec<&str> = known.filter_map(|signature| Some(signature.rsplit_once(" -> ")?.0)).collect();
    if expected.is_empty() || !rest.starts_with(" failed to match any signature") {
        return None;
    }
    let expected = expected.iter().map(|arguments| format!("{name}{arguments}")).collect::<Vec<_>>().join(", ");
    Some(Error::new(ErrorKind::FunctionNotFound, format!("Unexpected parameters for function {name}. Expected: {expected}")))
}

/// How DataFusion says that a scalar subquery has more than one row.
const SECOND_ROW: &str = "Scalar subquery returned more than one row";

/// How the disk manager says that too much was spilled; the limit follows.
const SPILL_LIMIT: &str = "exceeded the allowable limit of ";

/// Memory, or the disk that operators spill to.
fn from_exhausted(text: &str) -> Error {
    match text.split_once(SPILL_LIMIT) {
        Some((_, rest)) => {
            let limit = rest.split(". ").next().unwrap_or(rest);
            let what = "the queries that run spilled more to disk than the spill limit allows";
            let how = "allow more with --spill-limit, or let the query read less";
            Error::new(ErrorKind::LimitExceeded, format!("{what} ({limit}); {how}"))
        }
        None => {
            let how = "give the query more with --memory, or let it read less";
            Error::new(ErrorKind::MemoryExceeded, format!("{}; {how}", first_line(text)))
        }
    }
}

fn from_object_store(error: &object_store::Error) -> Error {
    use object_store::Error as Store;
    let kind = match error {
        Store::NotFound { .. } => ErrorKind::ObjectNotFound,
        Store::PermissionDenied { .. } | Store::Unauthenticated { .. } => ErrorKind::AccessDenied,
        _ => ErrorKind::Unavailable,
    };
    Error::new(kind, first_line(&error.to_string()))
}

/// Ours inside DataFusion, so that it comes back unchanged.
pub(crate) fn into_datafusion(error: Error) -> DataFusionError {
    DataFusionError::External(Box::new(error))
}

/// DataFusion appends candidates and backtraces on further lines.
fn first_line(text: &str) -> String {
    let line = text.lines().next().unwrap_or_default();
    let mut chars = line.chars();
    match (chars.next(), line.chars().nth(1)) {
        (Some(first), Some(second)) if first.is_uppercase() && second.is_lowercase() => {
            first.to_lowercase().chain(chars).collect()
        }
        _ => line.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kinds_survive_the_way_through_datafusion() {
        let cases: Vec<(DataFusionError, ErrorKind)> = vec![
            (into_datafusion(Error::bad_data("x")), ErrorKind::BadData),
            (into_datafusion(Error::bad_data("x")).context("while reading"), ErrorKind::BadData),
            (DataFusionError::Shared(std::sync::Arc::new(into_datafusion(Error::bad_data("x")))), ErrorKind::BadData),
            (DataFusionError::ArrowError(Box::new(ArrowError::DivideByZero), None), ErrorKind::DivisionByZero),
            (
                DataFusionError::Shared(std::sync::Arc::new(DataFusionError::ArrowError(
                    Box::new(ArrowError::IoError("x".into(), std::io::Error::other(format!("it {SPILL_LIMIT}1.0 KB. Try")))),
                    None,
                ))),
                ErrorKind::LimitExceeded,
            ),
            (DataFusionError::ResourcesExhausted("x".into()), ErrorKind::MemoryExceeded),
            (
                DataFusionError::ResourcesExhausted(
                    "The used disk space during the spilling process has exceeded the allowable limit of 1.0 KB. Try".into(),
                ),
                ErrorKind::LimitExceeded,
            ),
            (DataFusionError::Plan("Invalid function 'nope'.\nDid you mean".into()), ErrorKind::FunctionNotFound),
        ];
        for (error, kind) in cases {
            let text = error.to_string();
            assert_eq!(from_datafusion(error).kind(), kind, "{text}");
        }
    }
}
