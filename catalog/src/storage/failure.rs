//! Errors of `object_store` as ours, and ours as its.

use std::sync::LazyLock;

use object_store::Error as Library;
use regex::Regex;

use crate::{Error, ErrorKind};

/// The error of an operation on `at`. Its text keeps what the store answered but no query string, which may hold a signature.
pub(super) fn from_library(at: impl std::fmt::Display, error: Library) -> Error {
    let kind = match &error {
        Library::NotFound { .. } => ErrorKind::ObjectNotFound,
        Library::AlreadyExists { .. } => ErrorKind::AlreadyExists,
        Library::Precondition { .. } | Library::NotModified { .. } => ErrorKind::Conflict,
        Library::PermissionDenied { .. } | Library::Unauthenticated { .. } => ErrorKind::AccessDenied,
        Library::NotImplemented { .. } | Library::NotSupported { .. } => ErrorKind::NotSupported,
        Library::InvalidPath { .. } | Library::UnknownConfigurationKey { .. } => ErrorKind::InvalidInput,
        Library::JoinError { .. } => ErrorKind::Internal,
        _ => ErrorKind::Unavailable,
    };
    if let Some(ours) = ours(&error) {
        return Error::new(ours.kind(), ours.message());
    }
    match kind {
        ErrorKind::ObjectNotFound => Error::new(kind, format!("{at}: there is no such object")),
        ErrorKind::AlreadyExists => Error::new(kind, format!("{at}: there is such an object already")),
        ErrorKind::Conflict => Error::new(kind, format!("{at}: the object has changed meanwhile")),
        _ => Error::new(kind, format!("{at}: {}", redact(&error.to_string()))),
    }
}

/// One of our errors that went through the library.
fn ours(error: &Library) -> Option<&Error> {
    let (Library::Generic { source, .. }
    | Library::NotFound { source, .. }
    | Library::AlreadyExists { source, .. }
    | Library::Precondition { source, .. }
    | Library::PermissionDenied { source, .. }) = error
    else {
        return None;
    };
    source.downcast_ref()
}

/// Our error for a library that called us.
pub(super) fn to_library(error: Error) -> Library {
    let (path, kind) = (String::new(), error.kind());
    let source = Box::new(error);
    match kind {
        ErrorKind::ObjectNotFound => Library::NotFound { path, source },
        ErrorKind::AlreadyExists => Library::AlreadyExists { path, source },
        ErrorKind::Conflict => Library::Precondition { path, source },
        ErrorKind::AccessDenied => Library::PermissionDenied { path, source },
        _ => Library::Generic { store: "civetta", source },
    }
}

/// Text without the query strings of the URLs in it.
pub(super) fn redact(text: &str) -> String {
    static QUERY: LazyLock<Option<Regex>> = LazyLock::new(|| Regex::new(r#"(https?://[^\s?"')]*)\?[^\s"')]*"#).ok());
    QUERY.as_ref().map_or_else(String::new, |query| query.replace_all(text, "$1?…").into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn query_strings_are_not_shown() {
        let text = "error sending request for url (https://a.blob.core.windows.net/c/k?sv=1&sig=SECRET): timed out";
        assert_eq!(redact(text), "error sending request for url (https://a.blob.core.windows.net/c/k?…): timed out");
    }

    #[test]
    fn our_errors_come_back_as_they_went() {
        for kind in [ErrorKind::ObjectNotFound, ErrorKind::AccessDenied, ErrorKind::LimitExceeded, ErrorKind::AlreadyExists] {
            let back = from_library("s3://b/k", to_library(Error::new(kind, "why")));
            assert_eq!((back.kind(), back.message()), (kind, "why"));
        }
    }
}
