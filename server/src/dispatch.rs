//! From a request to the protocol that answers it: reads JSON bodies and forms, lets in whom the signature lets in, gives every answer
//! its request id, and keeps a panic the failure of one request.

use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use axum::extract::Request;
use axum::http::request::Parts;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use futures::FutureExt;
use http_body_util::{BodyExt as _, LengthLimitError, Limited};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::access::Exchange;
use crate::admit::{Admitted, admit, hashed};
use crate::aws::{Failure, Reply};
use crate::route::{self, Protocol};
use crate::serve::Shared;
use crate::signature::{Payload, Refused};
use crate::{athena, glue, s3, sts, trino};

/// The longest JSON body or form, in bytes: well above Athena's longest query (262,144) and Glue's largest batch.
const LONGEST: usize = 16 << 20;

/// How long a JSON body or form may take to come.
const PATIENCE: Duration = Duration::from_secs(60);

/// `Err` gives the request back where it asks for a page of our own.
pub(crate) async fn dispatch(shared: &Shared, exchange: &Arc<Exchange>, request: Request) -> Result<Response, Request> {
    let (head, body) = request.into_parts();
    let protocol = route::protocol(&head);
    let id = exchange.id;
    let answer = async {
        match &protocol {
            Protocol::Json(target) => Ok(json(id, call(shared, exchange, &head, target, body).await)),
            Protocol::Form => Ok(form(shared, exchange, &head, body).await),
            Protocol::S3 => Ok(object(shared, exchange, head, body).await),
            Protocol::Trino => Ok(trino::call(shared, exchange, &head, whole(body).await).await),
            Protocol::Own => Err(Request::from_parts(head, body)),
        }
    };
    // What panicked is logged by the panic's hook; the request ends, the server goes on.
    let answer = match AssertUnwindSafe(answer).catch_unwind().await {
        Ok(answer) => answer,
        Err(_) => Ok(broken(&protocol, id).await),
    };
    let mut response = answer?;
    if let Ok(id) = HeaderValue::from_str(&id.to_string()) {
        response.headers_mut().insert("x-amzn-requestid", id);
    }
    Ok(response)
}

/// A defect of ours, as the protocol says it.
async fn broken(protocol: &Protocol, id: Uuid) -> Response {
    let (status, message) = (StatusCode::INTERNAL_SERVER_ERROR, "the request failed inside the server");
    match protocol {
        Protocol::Json(_) | Protocol::Own => json(id, Err(Failure { status: 500, ..Failure::new("InternalFailure", message) })),
        Protocol::Trino => trino::refused(status, &format!("{message} (request id {id})")),
        Protocol::Form => sts::refuse(id, (status, "InternalFailure", message.to_owned())),
        Protocol::S3 => s3::refuse(id, (status, "InternalError", message.to_owned())).await,
    }
}

/// The whole body of a request that is not of S3; else why there is none, with a status for it.
async fn whole(body: Body) -> Result<Bytes, (StatusCode, String)> {
    match tokio::time::timeout(PATIENCE, Limited::new(body, LONGEST).collect()).await {
        Ok(Ok(body)) => Ok(body.to_bytes()),
        Ok(Err(error)) if error.is::<LengthLimitError>() => {
            Err((StatusCode::PAYLOAD_TOO_LARGE, format!("the body is longer than {LONGEST} bytes")))
        }
        Ok(Err(error)) => Err((StatusCode::REQUEST_TIMEOUT, format!("the body cannot be read: {error}"))),
        Err(_) => Err((StatusCode::REQUEST_TIMEOUT, format!("the body did not come within {} s", PATIENCE.as_secs()))),
    }
}

async fn call(shared: &Shared, exchange: &Exchange, head: &Parts, target: &str, body: Body) -> Reply {
    let bytes = whole(body).await.map_err(|(status, why)| {
        let name = if status == StatusCode::PAYLOAD_TOO_LARGE { "RequestEntityTooLarge" } else { "RequestTimeout" };
        Failure { status: status.as_u16(), ..Failure::new(name, why) }
    })?;
    let (service, operation) = match target.split_once('.') {
        Some(("AmazonAthena", operation)) => ("athena", operation),
        Some(("AWSGlue", operation)) => ("glue", operation),
        _ => return Err(Failure::new("UnknownOperationException", format!("'{target}' is no operation of Athena or Glue"))),
    };
    let Admitted { caller, .. } = admit(shared, exchange, head, service, &bytes).map_err(Refused::json)?;
    let body: Value = match bytes.is_empty() {
        true => json!({}),
        false => serde_json::from_slice(&bytes).map_err(|error| Failure::new("SerializationException", error.to_string()))?,
    };
    let reply = match service {
        "athena" => athena::call(shared, &caller, operation, body).await,
        _ => glue::call(shared, &caller, operation, body).await,
    };
    if !matches!(&reply, Err(failure) if failure.name == "UnknownOperationException") {
        exchange.operation(format!("{service}.{operation}"));
    }
    reply
}

fn json(id: Uuid, reply: Reply) -> Response {
    let (status, body) = match reply {
        Ok(body) => (StatusCode::OK, body),
        Err(mut failure) => {
            // The model's errors have no member for it; whoever reports a defect should have it in the text.
            if failure.status >= 500 {
                failure.message = format!("{} (request id {id})", failure.message);
            }
            (StatusCode::from_u16(failure.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR), failure.body())
        }
    };
    (status, [(header::CONTENT_TYPE, "application/x-amz-json-1.1")], body.to_string()).into_response()
}

async fn form(shared: &Shared, exchange: &Exchange, head: &Parts, body: Body) -> Response {
    let id = exchange.id;
    let bytes = match whole(body).await {
        Ok(bytes) => bytes,
        Err((status, why)) => {
            let code = if status == StatusCode::PAYLOAD_TOO_LARGE { "RequestEntityTooLarge" } else { "RequestTimeout" };
            return sts::refuse(id, (status, code, why));
        }
    };
    let caller = match admit(shared, exchange, head, "sts", &bytes) {
        Ok(admitted) => admitted.caller,
        Err(why) => return sts::refuse(id, why.sts()),
    };
    let pairs: Vec<_> = url::form_urlencoded::parse(&bytes).into_owned().collect();
    if let Some((_, action)) = pairs.iter().find(|(name, _)| name == "Action")
        && let Some(name) = sts::name(action)
    {
        exchange.operation(name);
    }
    sts::call(shared, &caller, pairs).await
}

async fn object(shared: &Shared, exchange: &Arc<Exchange>, mut head: Parts, body: Body) -> Response {
    let Admitted { caller, host, payload } = match admit(shared, exchange, &head, "s3", &[]) {
        Ok(admitted) => admitted,
        Err(why) => return s3::refuse(exchange.id, why.s3()).await,
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
    head.extensions.insert(Arc::clone(exchange));
    s3::call(shared, &caller, Request::from_parts(head, body)).await
}

#[cfg(test)]
mod tests {
    use axum::body::to_bytes;
    use axum::http::Method;

    use super::*;
    use crate::listen::Peer;

    async fn text(response: Response) -> (StatusCode, String) {
        let (head, body) = response.into_parts();
        (head.status, String::from_utf8(to_bytes(body, LONGEST).await.unwrap().to_vec()).unwrap())
    }

    #[tokio::test]
    async fn defects_are_told_in_the_words_of_the_protocol_and_with_the_request() {
        let id = Uuid::new_v4();
        for (protocol, expected) in [
            (Protocol::Json("AWSGlue.GetTable".to_owned()), "\"__type\":\"InternalFailure\""),
            (Protocol::Form, "<Type>Receiver</Type><Code>InternalFailure</Code>"),
            (Protocol::S3, "<Error><Code>InternalError</Code>"),
        ] {
            let (status, body) = text(broken(&protocol, id).await).await;
            assert_eq!(status, StatusCode::INTERNAL_SERVER_ERROR);
            assert!(body.contains(expected) && body.contains(&id.to_string()), "{body}");
        }
    }

    #[tokio::test]
    async fn what_is_too_long_is_told_in_the_words_of_the_protocol() {
        let folder = tempfile::tempdir().unwrap();
        let shared = Shared::embedded(folder.path()).await;
        for (name, value, expected) in [
            ("content-type", "application/x-www-form-urlencoded", "<Code>RequestEntityTooLarge</Code>"),
            ("x-amz-target", "AWSGlue.GetTable", "\"__type\":\"RequestEntityTooLarge\""),
        ] {
            let request = Request::post("/").header(name, value).body(Body::from(vec![b'a'; LONGEST + 1])).unwrap();
            let (head, body) = request.into_parts();
            let exchange = Arc::new(Exchange::new(shared.metrics.clone(), Peer::of(&head), Method::POST));
            let answer = dispatch(&shared, &exchange, Request::from_parts(head, body)).await.unwrap();
            let (status, body) = text(answer).await;
            assert!(status == StatusCode::PAYLOAD_TOO_LARGE && body.contains(expected), "{status}: {body}");
        }
    }
}
