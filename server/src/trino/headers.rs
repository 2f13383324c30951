//! The session that a client keeps, in the headers of each request ("Client request headers").

use axum::http::{HeaderMap, StatusCode};
use catalog::{Error, ErrorKind};
use engine::queries::Client;
use engine::{Door, Properties, Session};
use percent_encoding::percent_decode_str;

use super::Refusal;

/// The headers' names without what all of them begin with.
const PREFIX: &str = "x-trino-";

/// All values of a header, each line of it split at its commas.
fn values<'a>(headers: &'a HeaderMap, name: &str) -> impl Iterator<Item = &'a str> {
    let lines = headers.get_all(format!("{PREFIX}{name}")).iter().filter_map(|value| value.to_str().ok());
    lines.flat_map(|line| line.split(',')).map(str::trim).filter(|value| !value.is_empty())
}

/// The one value of a header that says something.
fn value<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    let value = headers.get(format!("{PREFIX}{name}"))?.to_str().ok()?.trim();
    (!value.is_empty()).then_some(value)
}

/// The pairs `name=value` of a header, values decoded from `application/x-www-form-urlencoded`.
fn pairs(headers: &HeaderMap, name: &str) -> Result<Vec<(String, String)>, Refusal> {
    let pair = |text: &str| {
        let (key, value) = text.split_once('=')?;
        let value = value.trim().replace('+', " ");
        Some((key.trim().to_owned(), percent_decode_str(&value).decode_utf8().ok()?.into_owned()))
    };
    let wrong = |text: &str| (StatusCode::BAD_REQUEST, format!("X-Trino-{name} is not NAME=VALUE: '{text}'"));
    values(headers, name).map(|text| pair(text).ok_or_else(|| wrong(text))).collect()
}

/// What Trino has otherwise than Athena.
fn properties() -> Properties {
    Properties { decimal_literals: true, ..Properties::default() }
}

/// Who asks, as far as headers say it.
pub(super) fn client(headers: &HeaderMap, user: String, slug: String) -> Client {
    let tags = values(headers, "client-tags").map(str::to_owned).collect();
    Client { user, source: value(headers, "source").map(str::to_owned), tags, slug }
}

/// The session of a request. The inner error is the query's: Trino too finds out about properties when it begins the query.
pub(super) fn session(headers: &HeaderMap, user: &str) -> Result<Result<Session, Error>, Refusal> {
    let mut session = Session { door: Door::Trino, properties: properties(), defaults: properties(), ..Session::default() };
    user.clone_into(&mut session.properties.user);
    if let Some(catalog) = value(headers, "catalog") {
        session.catalog = decoded(catalog).to_lowercase();
    }
    if let Some(schema) = value(headers, "schema") {
        session.database = decoded(schema).to_lowercase();
    }
    if let Some(zone) = value(headers, "time-zone") {
        let refused = |_| (StatusCode::BAD_REQUEST, format!("X-Trino-Time-Zone: '{zone}' is not a time zone"));
        session.set_property("time_zone_id", zone).map_err(refused)?;
        session.defaults.time_zone.clone_from(&session.properties.time_zone);
    }
    session.prepared = pairs(headers, "prepared-statement")?.into_iter().collect();
    for (name, value) in pairs(headers, "session")? {
        if let Err(error) = session.set_property(&name, &value) {
            return Ok(Err(error));
        }
    }
    Ok(refusals(headers).map(|()| session))
}

/// Trino's clients encode names that headers could not carry.
fn decoded(text: &str) -> String {
    percent_decode_str(text).decode_utf8_lossy().into_owned()
}

/// What changes the meaning of a query and is not done.
fn refusals(headers: &HeaderMap) -> Result<(), Error> {
    if let Some(path) = value(headers, "path") {
        return Err(Error::not_supported(format!("X-Trino-Path: '{path}': there are no functions but the built-in ones")));
    }
    for (catalog, role) in pairs(headers, "role").map_err(|(_, why)| Error::invalid(why))? {
        if !matches!(role.as_str(), "ALL" | "NONE") {
            return Err(Error::new(ErrorKind::EntityNotFound, format!("Role '{role}' does not exist in catalog '{catalog}'")));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderName;

    use super::*;

    fn headers(pairs: &[(&str, &str)]) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for (name, value) in pairs {
            headers.append(HeaderName::from_bytes(name.as_bytes()).unwrap(), value.parse().unwrap());
        }
        headers
    }

    #[test]
    fn a_session_is_in_its_headers() {
        let headers = headers(&[
            ("x-trino-catalog", "System"),
            ("x-trino-schema", "runtime"),
            ("x-trino-time-zone", "Europe/Berlin"),
            ("x-trino-session", "decimal_literals=false"),
            ("x-trino-session", "query_max_run_time=10m"),
            ("x-trino-prepared-statement", "a=SELECT+%3F%2C+1,b=SELECT%201"),
            ("x-trino-client-tags", "foo %20,bar=test"),
            ("x-trino-source", "x"),
            ("x-trino-role", "system=NONE"),
        ]);
        let session = session(&headers, "me").unwrap().unwrap();
        assert_eq!((session.catalog.as_str(), session.database.as_str()), ("system", "runtime"));
        assert_eq!((session.properties.time_zone.as_str(), session.properties.decimal_literals), ("Europe/Berlin", false));
        assert_eq!(session.timeout, Some(std::time::Duration::from_secs(600)));
        assert_eq!(session.prepared["a"], "SELECT ?, 1");
        assert_eq!(session.prepared["b"], "SELECT 1");
        let client = client(&headers, "me".into(), "s".into());
        assert_eq!((client.tags, client.source.as_deref()), (vec!["foo %20".to_owned(), "bar=test".to_owned()], Some("x")));
    }

    #[test]
    fn what_is_wrong_or_not_done_is_said() {
        assert_eq!(session(&headers(&[("x-trino-time-zone", "Mars")]), "me").unwrap_err().0, StatusCode::BAD_REQUEST);
        assert_eq!(session(&headers(&[("x-trino-session", "nonsense")]), "me").unwrap_err().0, StatusCode::BAD_REQUEST);
        for (name, value) in [("x-trino-session", "nope=1"), ("x-trino-role", "system=ROLE{admin}"), ("x-trino-path", "a.b")] {
            assert!(session(&headers(&[(name, value)]), "me").unwrap().is_err(), "{name}");
        }
    }
}
