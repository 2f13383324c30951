//! `POST /v1/statement`: a query begins. The answer is an address; what the query answers is there, so that clients which do not look for
//! rows in the first answer miss none.

use axum::http::StatusCode;
use axum::response::Response;
use bytes::Bytes;
use catalog::ErrorKind;
use engine::Seen;
use engine::queries::{ByTrino, Request, Told};
use engine::work_group::{PRIMARY, ResultConfiguration};

use super::authorize::Asking;
use super::results::Results;
use super::{Call, Refusal, headers};
use crate::aws::Rights;

pub(super) async fn begin(call: &Call<'_>, body: &Bytes) -> Result<Response, Refusal> {
    let asking = call.authorize()?;
    let text = std::str::from_utf8(body).map_err(|_| (StatusCode::BAD_REQUEST, "the statement is not UTF-8".to_owned()))?;
    let queries = &call.shared.server.queries;
    let slug = uuid::Uuid::new_v4().simple().to_string();
    let client = headers::client(&call.head.headers, asking.user.clone(), slug);
    let begun = match headers::session(&call.head.headers, &asking.user)? {
        Err(error) => Err(error),
        Ok(mut session) => {
            session.queries = Some(Seen::new(queries.clone(), asking.only()));
            queries.submit(request(call, &asking, text, ByTrino { client, session })).await
        }
    };
    let origin = call.origin();
    match begun {
        Ok(query) => {
            let results = Results::of(&query, &origin);
            Ok(call.answer_text(results.next("queued", 1).text()))
        }
        Err(error) if error.kind() == ErrorKind::Unavailable => {
            Err((StatusCode::SERVICE_UNAVAILABLE, error.message().to_owned()))
        }
        Err(error) => {
            let results = Results::refused(&queries.next_trino_id(), &origin);
            Ok(call.answer_text(results.failed(&Told::of(&error)).text()))
        }
    }
}

fn request(call: &Call<'_>, asking: &Asking, text: &str, trino: ByTrino) -> Request {
    let caller = &asking.caller;
    Request {
        text: text.to_owned(),
        catalog: None,
        database: None,
        work_group: Some(work_group(&caller.rights)),
        results: ResultConfiguration::default(),
        parameters: Vec::new(),
        token: None,
        reuse_minutes: None,
        engine: call.shared.engine(caller),
        read_only: caller.rights.read_only,
        limits: caller.limits(),
        trino: Some(Box::new(trino)),
    }
}

/// The protocol knows no work groups: it is the primary one, or the first that the caller may use.
fn work_group(rights: &Rights) -> String {
    match &rights.work_groups {
        Some(groups) if !groups.contains(PRIMARY) => groups.first().cloned().unwrap_or_else(|| PRIMARY.to_owned()),
        _ => PRIMARY.to_owned(),
    }
}
