//! The S3 door.

use axum::extract::Request;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};

use crate::aws::Caller;
use crate::serve::Shared;

/// Answers one request. Whatever is asked is not there yet, which S3's clients understand as `NotImplemented`.
pub(crate) async fn call(_: &Shared, caller: &Caller, _: Request) -> Response {
    let body = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Error><Code>NotImplemented</Code><Message>S3 is not supported by Civetta \
         yet</Message><RequestId>{}</RequestId></Error>",
        caller.request_id
    );
    (StatusCode::NOT_IMPLEMENTED, [(header::CONTENT_TYPE, "application/xml")], body).into_response()
}
