//! Errors as S3 names them: the one table from [`ErrorKind`] to S3's codes, and the shorthands around it.
//! <https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html>

use axum::http::StatusCode;
use catalog::{Error, ErrorKind};
use s3s::{S3Error, S3ErrorCode};

/// An error about an object, or about nothing in particular.
pub(super) fn of(error: Error) -> S3Error {
    let (code, status) = match error.kind() {
        ErrorKind::ObjectNotFound => (S3ErrorCode::NoSuchKey, 404),
        ErrorKind::EntityNotFound => (S3ErrorCode::NoSuchUpload, 404),
        ErrorKind::AlreadyExists | ErrorKind::Conflict | ErrorKind::TokenReused => (S3ErrorCode::PreconditionFailed, 412),
        ErrorKind::Busy => (S3ErrorCode::OperationAborted, 409),
        ErrorKind::AccessDenied => (S3ErrorCode::AccessDenied, 403),
        ErrorKind::NotSupported => (S3ErrorCode::NotImplemented, 501),
        ErrorKind::LimitExceeded | ErrorKind::MemoryExceeded => (S3ErrorCode::Custom("InsufficientStorage".into()), 507),
        ErrorKind::Unavailable | ErrorKind::TimedOut | ErrorKind::Cancelled => (S3ErrorCode::ServiceUnavailable, 503),
        ErrorKind::Syntax
        | ErrorKind::InvalidInput
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
        | ErrorKind::DatabaseNotFound
        | ErrorKind::TableNotFound
        | ErrorKind::ColumnNotFound
        | ErrorKind::PartitionNotFound
        | ErrorKind::QueryNotFound
        | ErrorKind::WorkGroupNotFound
        | ErrorKind::FunctionNotFound => (S3ErrorCode::InvalidArgument, 400),
        ErrorKind::BadData | ErrorKind::NewerSchema | ErrorKind::Internal => (S3ErrorCode::InternalError, 500),
    };
    if status >= 500 {
        tracing::warn!("S3: {error}");
    }
    let mut failure = S3Error::with_message(code, error.message().to_owned());
    if let Ok(status) = StatusCode::from_u16(status) {
        failure.set_status_code(status);
    }
    failure
}

/// An error about a bucket.
pub(super) fn of_bucket(error: Error) -> S3Error {
    let code = match error.kind() {
        ErrorKind::ObjectNotFound => S3ErrorCode::NoSuchBucket,
        ErrorKind::AlreadyExists => S3ErrorCode::BucketAlreadyOwnedByYou,
        ErrorKind::Conflict => S3ErrorCode::BucketNotEmpty,
        ErrorKind::InvalidInput => S3ErrorCode::InvalidBucketName,
        _ => return of(error),
    };
    S3Error::with_message(code, error.message().to_owned())
}

/// A failure with a code of S3's that S3's crate has no status for.
pub(super) fn custom(code: &'static str, status: StatusCode, message: impl Into<String>) -> S3Error {
    let mut failure = S3Error::with_message(S3ErrorCode::Custom(code.into()), message.into());
    failure.set_status_code(status);
    failure
}

/// What is understood and not done.
pub(super) fn not_implemented(what: &str) -> S3Error {
    S3Error::with_message(S3ErrorCode::NotImplemented, format!("{what} is not supported by Civetta"))
}
