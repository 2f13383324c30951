//! Errors of AWS Glue as ours.

use aws_sdk_glue::error::{DisplayErrorContext, ProvideErrorMetadata, SdkError};

use crate::error::{Error, ErrorKind};

/// What an operation is about, for errors that say no more than "not found".
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum About {
    Database,
    Table,
    Version,
    Partition,
}

impl About {
    /// Glue has one `EntityNotFoundException`; its message begins with what was not found.
    fn not_found(self, message: &str) -> ErrorKind {
        match (self, message) {
            (Self::Database, _) => ErrorKind::DatabaseNotFound,
            _ if message.starts_with("Database ") => ErrorKind::DatabaseNotFound,
            (Self::Table, _) => ErrorKind::TableNotFound,
            _ if message.starts_with("Table ") => ErrorKind::TableNotFound,
            (Self::Version, _) => ErrorKind::EntityNotFound,
            (Self::Partition, _) => ErrorKind::PartitionNotFound,
        }
    }

    /// The error of code `code`, `EntityNotFoundException` and the like, of an operation or of one item of a batch.
    pub(super) fn error(self, code: &str, message: &str, what: &str) -> Error {
        let kind = match code {
            "EntityNotFoundException" => self.not_found(message),
            "AlreadyExistsException" => ErrorKind::AlreadyExists,
            "ConcurrentModificationException" | "VersionMismatchException" | "ConflictException" => ErrorKind::Conflict,
            // Of the operations used here only GetPartitions has an invalid state: a value that is not of its key's type.
            "InvalidInputException" | "InvalidStateException" | "ValidationException" => ErrorKind::InvalidInput,
            "AccessDeniedException"
            | "ExpiredTokenException"
            | "GlueEncryptionException"
            | "IncompleteSignatureException"
            | "InvalidClientTokenId"
            | "InvalidSignatureException"
            | "MissingAuthenticationTokenException"
            | "UnrecognizedClientException" => ErrorKind::AccessDenied,
            "ResourceNumberLimitExceededException" => ErrorKind::LimitExceeded,
            _ => ErrorKind::Unavailable,
        };
        Error::new(kind, format!("{what}: glue says {code}: {message}"))
    }

    /// The error of a whole operation. `what` names the thing: "table 'a.b'".
    pub(super) fn failed<E>(self, what: &str, error: SdkError<E>) -> Error
    where
        E: ProvideErrorMetadata + std::error::Error + Send + Sync + 'static,
    {
        let translated = match error.as_service_error().and_then(|service| Some((service.code()?, service.message()?))) {
            Some((code, message)) => self.error(code, message, what),
            None => Error::new(
                ErrorKind::Unavailable,
                format!(
                    "{what}: aws glue could not be asked: {}; check region, credentials and endpoint",
                    DisplayErrorContext(&error)
                ),
            ),
        };
        translated.caused_by(error.to_string())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_not_found_is_told_by_the_message() {
        let kind = |about: About, message| about.error("EntityNotFoundException", message, "x").kind();
        assert_eq!(kind(About::Partition, "Database d not found."), ErrorKind::DatabaseNotFound);
        assert_eq!(kind(About::Partition, "Table t not found."), ErrorKind::TableNotFound);
        assert_eq!(kind(About::Partition, "Cannot find partition."), ErrorKind::PartitionNotFound);
        assert_eq!(kind(About::Table, "Entity Not Found"), ErrorKind::TableNotFound);
        assert_eq!(kind(About::Version, "Version 7 not found."), ErrorKind::EntityNotFound);
    }
}
