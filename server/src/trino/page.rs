//! `nextUri`: what there is of a query's answer, its rows in pages of bytes, and its end on demand.

use std::sync::Arc;
use std::time::Duration;

use axum::http::{HeaderName, HeaderValue, StatusCode};
use axum::response::{IntoResponse as _, Response};
use catalog::ErrorKind;
use engine::queries::{Change, Query, State, Told};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use super::results::Results;
use super::{Call, Refusal};

/// Before an unfinished query is answered with its address again; then clients ask at once.
const PATIENCE: Duration = Duration::from_secs(1);
/// Bytes of rows in one answer.
const PAGE: usize = 4 << 20;

/// What stays as it is in the value of a session's header.
const KEPT: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'*');

/// The parts of a page's address.
pub(super) struct Place<'a> {
    pub(super) id: &'a str,
    pub(super) slug: &'a str,
    pub(super) token: &'a str,
}

/// The next page.
pub(super) async fn get(call: &Call<'_>, place: &Place<'_>) -> Result<Response, Refusal> {
    known(call, place).await?;
    let queries = &call.shared.server.queries;
    let query = queries.wait_for(place.id, PATIENCE).await.map_err(|error| gone(&error))?;
    let results = Results::of(&query, &call.origin());
    let from: u64 = match call.head.uri.path().contains("/executing/") {
        true => place.token.parse().map_err(|_| (StatusCode::NOT_FOUND, "no such page".to_owned()))?,
        false => 0,
    };
    let results = match query.state {
        State::Queued => results.next("queued", 1),
        State::Running => results.next("executing", 0),
        State::Failed | State::Cancelled => results.ended(),
        State::Succeeded => match queries.json_rows(&query, from, PAGE).await {
            Ok(page) => {
                let more = query.answer.as_ref().is_some_and(|answer| page.behind < answer.rows);
                let behind = page.behind;
                let results = results.rows(page.rows, behind > from);
                if more { results.next("executing", behind) } else { results }
            }
            Err(error) if error.kind() == ErrorKind::ObjectNotFound => {
                return Err((StatusCode::GONE, error.message().to_owned()));
            }
            Err(error) => results.failed(&Told::of(&error)),
        },
    };
    let mut response = call.answer_text(results.text());
    changes(&query, &mut response);
    Ok(response)
}

/// Whether the query is there: a client that is busy with a page asks so now and then.
pub(super) async fn alive(call: &Call<'_>, place: &Place<'_>) -> Result<Response, Refusal> {
    known(call, place).await?;
    Ok(StatusCode::OK.into_response())
}

/// Ends the query.
pub(super) async fn end(call: &Call<'_>, place: &Place<'_>) -> Result<Response, Refusal> {
    known(call, place).await?;
    call.shared.server.queries.stop(place.id).await.map_err(|error| gone(&error))?;
    Ok(StatusCode::NO_CONTENT.into_response())
}

/// The query, for whoever was given its address: that is enough, as it is for Trino, where the server has no keys.
async fn known(call: &Call<'_>, place: &Place<'_>) -> Result<Arc<Query>, Refusal> {
    let keys = call.shared.server.keys.required();
    let asking = if keys { Some(call.authorize()?) } else { None };
    let query = call.shared.server.queries.get(place.id).await.map_err(|error| gone(&error))?;
    let theirs = |client: &engine::queries::Client| {
        client.slug == place.slug && asking.as_ref().is_none_or(|asking| client.user == asking.user)
    };
    match query.client.as_ref().is_some_and(theirs) {
        true => Ok(query),
        false => Err(missing()),
    }
}

fn missing() -> Refusal {
    (StatusCode::NOT_FOUND, "Query not found".to_owned())
}

fn gone(error: &catalog::Error) -> Refusal {
    match error.kind() {
        ErrorKind::QueryNotFound => missing(),
        ErrorKind::Unavailable => (StatusCode::SERVICE_UNAVAILABLE, error.message().to_owned()),
        _ => (StatusCode::INTERNAL_SERVER_ERROR, error.message().to_owned()),
    }
}

/// Tells the client what of its session has changed ("Client response headers").
fn changes(query: &Query, response: &mut Response) {
    let mut put = |name: &'static str, value: String| {
        if let Ok(value) = HeaderValue::from_str(&value) {
            response.headers_mut().append(HeaderName::from_static(name), value);
        }
    };
    let encoded = |text: &str| utf8_percent_encode(text, KEPT).to_string();
    match query.answer.as_ref().and_then(|answer| answer.change.as_ref()) {
        None => {}
        Some(Change::Schema { catalog, schema }) => {
            put("x-trino-set-catalog", encoded(catalog));
            put("x-trino-set-schema", encoded(schema));
        }
        Some(Change::Set { name, value }) => put("x-trino-set-session", format!("{name}={}", encoded(value))),
        Some(Change::Reset { name }) => put("x-trino-clear-session", name.clone()),
        Some(Change::Prepared { name, text }) => put("x-trino-added-prepare", format!("{}={}", encoded(name), encoded(text))),
        Some(Change::Deallocated { name }) => put("x-trino-deallocated-prepare", encoded(name)),
        Some(Change::Started) => put("x-trino-started-transaction-id", uuid::Uuid::new_v4().to_string()),
        Some(Change::Ended) => put("x-trino-clear-transaction-id", "true".to_owned()),
    }
}
