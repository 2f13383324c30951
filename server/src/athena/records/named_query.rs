//! Named queries: texts that somebody saved.

use catalog::PageRequest;
use catalog::local::Document;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use uuid::Uuid;

use super::work_group::{MISSING as NO_GROUP, allowed, changeable};
use super::{asked, coded, invalid, nothing, page, refused, value, work_groups};
use crate::aws::{Caller, Failure, Reply, read};
use crate::serve::Shared;

/// The most of a batch.
const MOST: usize = 50;

/// A named query, as stored and as `GetNamedQuery` shows it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct NamedQuery {
    #[serde(default)]
    pub(super) named_query_id: String,
    name: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    description: Option<String>,
    database: String,
    query_string: String,
    #[serde(default = "primary")]
    work_group: String,
}

fn primary() -> String {
    engine::work_group::PRIMARY.to_owned()
}

impl Document for NamedQuery {
    const KIND: &'static str = "named_query";
    const WHAT: &'static str = "named query";

    fn key(&self) -> String {
        self.named_query_id.clone()
    }
}

impl NamedQuery {
    /// All of one work group. There are few, since people make them.
    pub(super) async fn of_work_group(shared: &Shared, work_group: &str) -> Result<Vec<Self>, Failure> {
        let (mut found, mut token) = (Vec::new(), None);
        loop {
            let request = PageRequest { limit: Some(1000), token };
            let page = shared.server.home.documents::<Self>("", request).await.map_err(|error| refused(error, NO_GROUP))?;
            found.extend(page.items.into_iter().filter(|query| query.work_group == work_group));
            token = page.next;
            if token.is_none() {
                return Ok(found);
            }
        }
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct One {
    named_query_id: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Many {
    named_query_ids: Vec<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Listing {
    work_group: Option<String>,
    max_results: Option<i64>,
    next_token: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Update {
    named_query_id: String,
    name: String,
    description: Option<String>,
    query_string: String,
}

fn missing(id: &str) -> String {
    format!("NamedQuery {id} was not found")
}

/// The id of a request: the same token is the same query, however often it is sent.
fn id(token: Option<&str>) -> String {
    let Some(token) = token else { return Uuid::new_v4().to_string() };
    let mut bytes = [0; 16];
    bytes.copy_from_slice(&Sha256::digest(token)[..16]);
    uuid::Builder::from_random_bytes(bytes).into_uuid().to_string()
}

pub(super) async fn create(shared: &Shared, caller: &Caller, body: Value) -> Reply {
    let token = body.get("ClientRequestToken").and_then(Value::as_str).map(str::to_owned);
    let mut query: NamedQuery = read(body)?;
    changeable(caller, &query.work_group)?;
    work_groups(shared).get(&query.work_group).await.map_err(|error| refused(error, NO_GROUP))?;
    query.named_query_id = id(token.as_deref());
    let home = &shared.server.home;
    match home.create_document(&query).await {
        Err(error) if error.kind() == catalog::ErrorKind::AlreadyExists => {
            let there: NamedQuery = home.document(&query.named_query_id).await.map_err(|error| refused(error, NO_GROUP))?;
            if there != query {
                return Err(coded("IDEMPOTENT_PARAMETER_MISMATCH", "Idempotent parameters do not match"));
            }
        }
        created => created.map_err(|error| refused(error, NO_GROUP))?,
    }
    Ok(json!({"NamedQueryId": query.named_query_id}))
}

async fn find(shared: &Shared, caller: &Caller, id: &str) -> Result<NamedQuery, Failure> {
    let query: NamedQuery = shared.server.home.document(id).await.map_err(|error| refused(error, &missing(id)))?;
    allowed(caller, &query.work_group)?;
    Ok(query)
}

pub(super) async fn get(shared: &Shared, caller: &Caller, body: Value) -> Reply {
    let One { named_query_id } = read(body)?;
    Ok(json!({"NamedQuery": value(&find(shared, caller, &named_query_id).await?)?}))
}

pub(super) async fn get_many(shared: &Shared, caller: &Caller, body: Value) -> Reply {
    let Many { named_query_ids } = read(body)?;
    if named_query_ids.len() > MOST {
        return Err(invalid(format!("NamedQueryIds has more than {MOST} items")));
    }
    let (mut found, mut unprocessed) = (Vec::new(), Vec::new());
    for id in named_query_ids {
        match find(shared, caller, &id).await {
            Ok(query) => found.push(value(&query)?),
            Err(failure) => {
                unprocessed.push(json!({"NamedQueryId": id, "ErrorCode": "INTERNAL_FAILURE", "ErrorMessage": failure.message}));
            }
        }
    }
    Ok(json!({"NamedQueries": found, "UnprocessedNamedQueryIds": unprocessed}))
}

pub(super) async fn list(shared: &Shared, caller: &Caller, body: Value) -> Reply {
    let Listing { work_group, max_results, next_token } = read(body)?;
    let work_group = work_group.unwrap_or_else(primary);
    allowed(caller, &work_group)?;
    work_groups(shared).get(&work_group).await.map_err(|error| refused(error, NO_GROUP))?;
    let request = asked(max_results, next_token)?;
    let most = request.limit.unwrap_or(MOST);
    let after = request.token.unwrap_or_default();
    let all = NamedQuery::of_work_group(shared, &work_group).await?;
    let mut ids = all.into_iter().map(|query| query.named_query_id).filter(|id| *id > after).peekable();
    let ids_of_page: Vec<String> = ids.by_ref().take(most).collect();
    let next = ids.peek().and(ids_of_page.last().cloned());
    page("NamedQueryIds", ids_of_page.into_iter().map(Value::String).collect(), next)
}

pub(super) async fn update(shared: &Shared, caller: &Caller, body: Value) -> Reply {
    let Update { named_query_id, name, description, query_string } = read(body)?;
    let query = find(shared, caller, &named_query_id).await?;
    changeable(caller, &query.work_group)?;
    let changed = NamedQuery { name, description: description.or(query.description.clone()), query_string, ..query };
    shared.server.home.put_document(&changed).await.map_err(|error| refused(error, NO_GROUP))?;
    nothing()
}

pub(super) async fn delete(shared: &Shared, caller: &Caller, body: Value) -> Reply {
    let One { named_query_id } = read(body)?;
    let query = find(shared, caller, &named_query_id).await?;
    changeable(caller, &query.work_group)?;
    let deleted = shared.server.home.delete_document::<NamedQuery>(&named_query_id).await;
    deleted.map_err(|error| refused(error, &missing(&named_query_id)))?;
    nothing()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_token_is_one_id() {
        assert_eq!(id(Some("a")), id(Some("a")));
        assert_ne!(id(Some("a")), id(Some("b")));
        assert_ne!(id(None), id(None));
        assert_eq!(Uuid::parse_str(&id(Some("a"))).unwrap().get_version_num(), 4);
    }
}
