//! Why a request is not let in, in the words of each protocol.

use axum::http::StatusCode;

use crate::aws::Failure;

/// Why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Refused {
    /// There is no signature.
    Missing,
    /// Parts of it are missing, or cannot be read.
    Incomplete(String),
    UnknownKey,
    BadToken,
    ExpiredToken,
    /// It is not the signature of this request.
    Mismatch(String),
    /// The clocks differ too much.
    Skewed(String),
    /// A presigned URL is older than it may be.
    Elapsed,
    /// A header that says what to do is not signed.
    Unsigned(String),
    /// A way of signing that we don't have.
    NotSupported(String),
}

impl Refused {
    /// As AWS's JSON services say it. Clients compare the names.
    pub(crate) fn json(self) -> Failure {
        let (name, message) = match self {
            Self::Missing => ("MissingAuthenticationTokenException", "Missing Authentication Token".to_owned()),
            Self::Incomplete(why) | Self::NotSupported(why) => ("IncompleteSignatureException", why),
            Self::UnknownKey | Self::BadToken => {
                ("UnrecognizedClientException", "The security token included in the request is invalid.".to_owned())
            }
            Self::ExpiredToken => ("ExpiredTokenException", "The security token included in the request is expired".to_owned()),
            Self::Mismatch(why) | Self::Skewed(why) => ("InvalidSignatureException", why),
            Self::Elapsed => ("InvalidSignatureException", "Request has expired".to_owned()),
            Self::Unsigned(name) => {
                ("InvalidSignatureException", format!("'{name}' must be a 'SignedHeader' in the AWS Authorization."))
            }
        };
        Failure { status: 403, ..Failure::new(name, message) }
    }

    /// As S3 says it ("Error responses").
    pub(crate) fn s3(self) -> (StatusCode, &'static str, String) {
        let forbidden = StatusCode::FORBIDDEN;
        match self {
            Self::Missing => (forbidden, "AccessDenied", "Access Denied".to_owned()),
            Self::Incomplete(why) => (StatusCode::BAD_REQUEST, "AuthorizationHeaderMalformed", why),
            Self::UnknownKey => {
                let text = "The AWS Access Key Id you provided does not exist in our records.";
                (forbidden, "InvalidAccessKeyId", text.to_owned())
            }
            Self::BadToken => {
                let text = "The provided token is malformed or otherwise invalid.";
                (StatusCode::BAD_REQUEST, "InvalidToken", text.to_owned())
            }
            Self::ExpiredToken => (StatusCode::BAD_REQUEST, "ExpiredToken", "The provided token has expired.".to_owned()),
            Self::Mismatch(why) => (forbidden, "SignatureDoesNotMatch", why),
            Self::Skewed(why) => (forbidden, "RequestTimeTooSkewed", why),
            Self::Elapsed => (forbidden, "AccessDenied", "Request has expired".to_owned()),
            Self::Unsigned(name) => {
                (forbidden, "AccessDenied", format!("There were headers present in the request which were not signed: {name}"))
            }
            Self::NotSupported(why) => (StatusCode::BAD_REQUEST, "InvalidRequest", why),
        }
    }

    /// As STS says it ("Common errors").
    pub(crate) fn sts(self) -> (StatusCode, &'static str, String) {
        let message = self.clone().json().message;
        let (status, code) = match self {
            Self::Missing => (StatusCode::FORBIDDEN, "MissingAuthenticationToken"),
            Self::Incomplete(_) | Self::NotSupported(_) => (StatusCode::BAD_REQUEST, "IncompleteSignature"),
            Self::UnknownKey | Self::BadToken => (StatusCode::FORBIDDEN, "InvalidClientTokenId"),
            Self::ExpiredToken => (StatusCode::FORBIDDEN, "ExpiredToken"),
            Self::Mismatch(_) | Self::Skewed(_) | Self::Elapsed | Self::Unsigned(_) => {
                (StatusCode::FORBIDDEN, "SignatureDoesNotMatch")
            }
        };
        (status, code, message)
    }
}
