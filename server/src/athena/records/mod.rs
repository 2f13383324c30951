//! What Athena keeps beside queries: work groups, named queries, prepared statements, tags; and its view of the catalog. The table in
//! [`call`] is the list of what there is.

mod data_catalog;
mod named_query;
mod prepared;
mod table_metadata;
mod tags;
mod work_group;

use catalog::{Error, ErrorKind, PageRequest};
use engine::work_group::WorkGroups;
use serde_json::{Map, Value, json};

use super::error::{coded, failure, invalid};
use crate::aws::{Caller, Failure, Reply};
use crate::serve::Shared;

/// The most entries of a page of any of these listings.
const PAGE: i64 = 50;

/// Answers one operation. Errors: `InvalidRequestException`, also for an operation that is not there.
pub(super) async fn call(shared: &Shared, caller: &Caller, operation: &str, body: Value) -> Reply {
    match operation {
        "CreateWorkGroup" => work_group::create(shared, caller, body).await,
        "GetWorkGroup" => work_group::get(shared, caller, body).await,
        "ListWorkGroups" => work_group::list(shared, caller, body).await,
        "UpdateWorkGroup" => work_group::update(shared, caller, body).await,
        "DeleteWorkGroup" => work_group::delete(shared, caller, body).await,
        "ListEngineVersions" => work_group::engines(body),
        "CreateNamedQuery" => named_query::create(shared, caller, body).await,
        "GetNamedQuery" => named_query::get(shared, caller, body).await,
        "BatchGetNamedQuery" => named_query::get_many(shared, caller, body).await,
        "ListNamedQueries" => named_query::list(shared, caller, body).await,
        "UpdateNamedQuery" => named_query::update(shared, caller, body).await,
        "DeleteNamedQuery" => named_query::delete(shared, caller, body).await,
        "CreatePreparedStatement" => prepared::create(shared, caller, body).await,
        "GetPreparedStatement" => prepared::get(shared, caller, body).await,
        "BatchGetPreparedStatement" => prepared::get_many(shared, caller, body).await,
        "ListPreparedStatements" => prepared::list(shared, caller, body).await,
        "UpdatePreparedStatement" => prepared::update(shared, caller, body).await,
        "DeletePreparedStatement" => prepared::delete(shared, caller, body).await,
        "ListDataCatalogs" => data_catalog::list(body),
        "GetDataCatalog" => data_catalog::get(body),
        "CreateDataCatalog" => data_catalog::create(caller, body),
        "UpdateDataCatalog" | "DeleteDataCatalog" => data_catalog::change(caller, body),
        "ListDatabases" => data_catalog::databases(shared, caller, body).await,
        "GetDatabase" => data_catalog::database(shared, caller, body).await,
        "ListTableMetadata" => table_metadata::list(shared, caller, body).await,
        "GetTableMetadata" => table_metadata::get(shared, caller, body).await,
        "TagResource" => tags::add(shared, caller, body).await,
        "UntagResource" => tags::remove(shared, caller, body).await,
        "ListTagsForResource" => tags::list(shared, caller, body).await,
        _ => Err(invalid(format!("{operation} is not supported by Civetta"))),
    }
}

/// An error of a record. `missing` is what Athena says of one that is not there.
fn refused(error: Error, missing: &str) -> Failure {
    match error.kind() {
        ErrorKind::EntityNotFound => invalid(missing),
        _ => failure(error),
    }
}

fn work_groups(shared: &Shared) -> WorkGroups {
    WorkGroups::new(shared.server.home.clone(), shared.server.storage.lake().is_some())
}

/// What part of a listing is asked for.
fn asked(max_results: Option<i64>, token: Option<String>) -> Result<PageRequest, Failure> {
    // Some listings take 0, as not saying how many.
    let limit = max_results.filter(|count| *count != 0).unwrap_or(PAGE);
    if limit > PAGE {
        return Err(invalid(format!("MaxResults is more than maximum allowed length {PAGE}")));
    }
    let limit = usize::try_from(limit).ok().filter(|limit| *limit > 0).ok_or_else(|| invalid("MaxResults is at least 1"))?;
    Ok(PageRequest { limit: Some(limit), token: token.filter(|token| !token.is_empty()) })
}

/// A page: `member` has the entries, and there is a token only where there is more.
fn page(member: &str, items: Vec<Value>, next: Option<String>) -> Reply {
    let mut answer = Map::new();
    answer.insert(member.to_owned(), Value::Array(items));
    if let Some(next) = next {
        answer.insert("NextToken".to_owned(), Value::String(next));
    }
    Ok(Value::Object(answer))
}

fn value(structure: &impl serde::Serialize) -> Reply {
    serde_json::to_value(structure).map_err(|error| refused(Error::internal(error.to_string()), ""))
}

fn nothing() -> Reply {
    Ok(json!({}))
}
