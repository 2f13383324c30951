//! STS: forms in, XML out.

use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};

use crate::aws::Caller;
use crate::serve::Shared;

/// Answers one form. Errors: `InvalidAction`, as STS calls an action that is not there.
pub(crate) async fn call(_: &Shared, caller: &Caller, _: Vec<(String, String)>) -> Response {
    let body = format!(
        "<ErrorResponse xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\"><Error><Type>Sender</Type><Code>InvalidAction</Code>\
         <Message>STS is not supported by Civetta yet</Message></Error><RequestId>{}</RequestId></ErrorResponse>",
        caller.request_id
    );
    (StatusCode::BAD_REQUEST, [(header::CONTENT_TYPE, "text/xml")], body).into_response()
}
