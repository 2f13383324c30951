//! Civetta's errors as S3's.

use catalog::{Error, ErrorKind};
use s3s::{S3Error, S3ErrorCode};

/// What was asked for when it failed: one kind of error has another name for a bucket than for an object.
#[derive(Debug, Clone, Copy)]
pub(super) enum What {
    Bucket,
    Object,
}

/// The error as S3 says it.
pub(super) fn error(what: What, error: Error) -> S3Error {
    let code = match (error.kind(), what) {
        (ErrorKind::ObjectNotFound, What::Bucket) => S3ErrorCode::NoSuchBucket,
        (ErrorKind::ObjectNotFound, What::Object) => S3ErrorCode::NoSuchKey,
        (ErrorKind::AlreadyExists, What::Bucket) => S3ErrorCode::BucketAlreadyOwnedByYou,
        (ErrorKind::Conflict, What::Bucket) => S3ErrorCode::BucketNotEmpty,
        (ErrorKind::AlreadyExists | ErrorKind::Conflict, What::Object) => S3ErrorCode::PreconditionFailed,
        (ErrorKind::InvalidInput, What::Bucket) => S3ErrorCode::InvalidBucketName,
        (ErrorKind::InvalidInput, What::Object) => S3ErrorCode::InvalidArgument,
        (ErrorKind::AccessDenied, _) => S3ErrorCode::AccessDenied,
        (ErrorKind::NotSupported, _) => S3ErrorCode::NotImplemented,
        (ErrorKind::Busy, _) => S3ErrorCode::SlowDown,
        (ErrorKind::Unavailable | ErrorKind::TimedOut, _) => S3ErrorCode::ServiceUnavailable,
        (
            ErrorKind::Syntax
            | ErrorKind::ColumnNotFound
            | ErrorKind::TableNotFound
            | ErrorKind::FunctionNotFound
            | ErrorKind::DatabaseNotFound
            | ErrorKind::PartitionNotFound
            | ErrorKind::EntityNotFound
            | ErrorKind::TypeMismatch
            | ErrorKind::BadData
            | ErrorKind::DivisionByZero
            | ErrorKind::InvalidCast
            | ErrorKind::NumericOutOfRange
            | ErrorKind::Cancelled
            | ErrorKind::LimitExceeded
            | ErrorKind::MemoryExceeded
            | ErrorKind::NewerSchema
            | ErrorKind::Internal,
            _,
        ) => S3ErrorCode::InternalError,
    };
    S3Error::with_message(code, error.message().to_owned())
}

/// [`error`] for a bucket.
pub(super) fn of_bucket(cause: Error) -> S3Error {
    error(What::Bucket, cause)
}

/// [`error`] for an object.
pub(super) fn of_object(cause: Error) -> S3Error {
    error(What::Object, cause)
}
