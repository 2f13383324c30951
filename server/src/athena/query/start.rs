//! `StartQueryExecution`.

use std::sync::Arc;

use engine::queries::Request;
use engine::work_group::{PRIMARY, ResultConfiguration};
use serde::Deserialize;
use serde_json::{Value, json};

use super::present;
use crate::athena::error::{coded, failure, invalid};
use crate::aws::{Caller, Failure, Reply, read};
use crate::serve::Shared;

/// The longest age of a result that may be reused, in minutes.
const OLDEST: i64 = 10_080;

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Start {
    query_string: Option<String>,
    client_request_token: Option<String>,
    #[serde(default)]
    query_execution_context: Context,
    #[serde(default)]
    result_configuration: ResultConfiguration,
    work_group: Option<String>,
    #[serde(default)]
    execution_parameters: Vec<String>,
    #[serde(default)]
    result_reuse_configuration: Reuse,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "PascalCase")]
struct Context {
    database: Option<String>,
    catalog: Option<String>,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "PascalCase")]
struct Reuse {
    #[serde(default)]
    result_reuse_by_age_configuration: ByAge,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "PascalCase")]
struct ByAge {
    #[serde(default)]
    enabled: bool,
    max_age_in_minutes: Option<i64>,
}

pub(super) async fn start(shared: &Shared, caller: &Caller, body: Value) -> Reply {
    let start: Start = read(body)?;
    let text = present(start.query_string, "queryString")?;
    caller.rights.work_group(start.work_group.as_deref().unwrap_or(PRIMARY)).map_err(failure)?;
    if let Some(catalog) = start.query_execution_context.catalog.as_deref().filter(|name| !is_ours(name)) {
        return Err(coded("DATACATALOG_NOT_FOUND", format!("Catalog '{catalog}' does not exist")));
    }
    let request = Request {
        text,
        catalog: start.query_execution_context.catalog,
        database: start.query_execution_context.database,
        work_group: start.work_group,
        results: start.result_configuration,
        parameters: start.execution_parameters,
        token: start.client_request_token,
        reuse_minutes: reuse(&start.result_reuse_configuration.result_reuse_by_age_configuration)?,
        engine: shared.engine(caller),
        read_only: caller.rights.read_only,
        limits: caller.limits(),
        trino: None,
    };
    let query = shared.server.queries.submit(request).await.map_err(failure)?;
    Ok(json!({ "QueryExecutionId": Arc::as_ref(&query).id }))
}

/// The names under which clients know the one catalog.
fn is_ours(catalog: &str) -> bool {
    ["awsdatacatalog", "hive"].iter().any(|name| catalog.eq_ignore_ascii_case(name))
}

fn reuse(by_age: &ByAge) -> Result<Option<u32>, Failure> {
    let minutes = by_age.max_age_in_minutes.unwrap_or(60);
    if !(0..=OLDEST).contains(&minutes) {
        return Err(invalid(format!("MaxAgeInMinutes must be between 0 and {OLDEST}")));
    }
    Ok(u32::try_from(minutes).ok().filter(|_| by_age.enabled))
}
