//! From a request to the protocol that answers it: reads JSON bodies and forms, lets in whom the signature lets in, gives every answer
//! its request id, and keeps a panic the failure of one request.

use std::panic::AssertUnwindSafe;

use axum::body::{Body, to_bytes};
use axum::extract::Request;
use axum::http::request::Parts;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use futures::FutureExt;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::admit::{Admitted, admit, hashed};
use crate::aws::{Failure, Reply};
use crate::route::{self, Protocol};
use crate::serve::Shared;
use crate::signature::{Payload, Refused};
use crate::{athena, glue, s3, sts};

/// The longest JSON body or form, in bytes: well above Athena's longest query (262,144) and Glue's largest batch.
const LONGEST: usize = 16 << 20;

/// `Err` gives the request back where it asks for a page of our own.
pub(crate) async fn dispatch(shared: &Shared, request: Request) -> Result<Response, Request> {
    let (head, body) = request.into_parts();
    let protocol = route::protocol(&head);
    if protocol == Protocol::Own {
        return Err(Request::from_parts(head, body));
    }
    let id = Uuid::new_v4();
    let answer = async {
        match protocol {
            Protocol::Json(target) => json(call(shared, id, &head, &target, body).await),
            Protocol::Form => form(shared, id, &head, body).await,
            Protocol::Own | Protocol::S3 => object(shared, id, head, body).await,
        }
    };
    // What panicked is logged by the panic's hook; the request ends, the server goes on.
    let mut response = AssertUnwindSafe(answer).catch_unwind().await.unwrap_or_else(|_| {
        json(Err(Failure { status: 500, ..Failure::new("InternalFailure", "the request failed inside the server") }))
    });
    if let Ok(id) = HeaderValue::from_str(&id.to_string()) {
        response.headers_mut().insert("x-amzn-requestid", id);
    }
    Ok(response)
}

async fn call(shared: &Shared, id: Uuid, head: &Parts, target: &str, body: Body) -> Reply {
    let bytes = to_bytes(body, LONGEST).await.map_err(|error| Failure {
        status: 413,
        ..Failure::new("RequestEntityTooLarge", format!("the body cannot be read: {error}"))
    })?;
    let (service, operation) = match target.split_once('.') {
        Some(("AmazonAthena", operation)) => ("athena", operation),
        Some(("AWSGlue", operation)) => ("glue", operation),
        _ => return Err(Failure::new("UnknownOperationException", format!("'{target}' is no operation of Athena or Glue"))),
    };
    let Admitted { caller, .. } = admit(shared, id, head, service, &bytes).map_err(Refused::json)?;
    let body: Value = match bytes.is_empty() {
        true => json!({}),
        false => serde_json::from_slice(&bytes).map_err(|error| Failure::new("SerializationException", error.to_string()))?,
    };
    match service {
        "athena" => athena::call(shared, &caller, operation, body).await,
        _ => glue::call(shared, &caller, operation, body).await,
    }
}

fn json(reply: Reply) -> Response {
    let (status, body) = match reply {
        Ok(body) => (StatusCode::OK, body),
        Err(failure) => (StatusCode::from_u16(failure.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR), failure.body()),
    };
    (status, [(header::CONTENT_TYPE, "application/x-amz-json-1.1")], body.to_string()).into_response()
}

async fn form(shared: &Shared, id: Uuid, head: &Parts, body: Body) -> Response {
    let bytes = match to_bytes(body, LONGEST).await {
        Ok(bytes) => bytes,
        Err(error) => return (StatusCode::PAYLOAD_TOO_LARGE, format!("the form cannot be read: {error}\n")).into_response(),
    };
    let caller = match admit(shared, id, head, "sts", &bytes) {
        Ok(admitted) => admitted.caller,
        Err(why) => return sts::refuse(id, why.sts()),
    };
    let pairs = url::form_urlencoded::parse(&bytes).map(|(name, value)| (name.into_owned(), value.into_owned()));
    sts::call(shared, &caller, pairs.collect()).await
}

async fn object(shared: &Shared, id: Uuid, mut head: Parts, body: Body) -> Response {
    let Admitted { caller, host, payload } = match admit(shared, id, &head, "s3", &[]) {
        Ok(admitted) => admitted,
        Err(why) => return s3::refuse(id, why.s3()).await,
    };
    // From here on it was asked for by that name.
    if let Ok(host) = HeaderValue::from_str(&host) {
        head.headers.insert(header::HOST, host);
    }
    let body = match payload {
        Payload::Any => body,
        Payload::Sha256(hash) => hashed(body, hash),
        Payload::Chunks(chunks) => {
            head.extensions.insert(chunks);
            body
        }
    };
    s3::call(shared, &caller, Request::from_parts(head, body)).await
}
