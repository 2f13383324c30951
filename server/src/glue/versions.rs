//! Versions of tables.

use catalog::Page;
use serde::Deserialize;
use serde_json::json;

use super::error::{Outcome, invalid, of_table};
use super::page::Paging;
use super::tables::{at_most, with_errors};
use super::{Glue, page};

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct One {
    database_name: String,
    table_name: String,
    version_id: Option<String>,
}

/// The current version where none is asked for.
pub(super) async fn get(glue: Glue<'_>, request: One) -> Outcome {
    let One { database_name, table_name, version_id } = &request;
    let refuse = of_table(database_name, table_name);
    let version = match version_id {
        Some(version) => {
            number(version)?;
            glue.catalog().table_version(database_name, table_name, version).await.map_err(refuse)?
        }
        None => {
            let table = glue.catalog().table(database_name, table_name).await.map_err(refuse)?;
            catalog::table::TableVersion { version_id: table.version_id.clone().unwrap_or_default(), table }
        }
    };
    Ok(json!({ "TableVersion": super::about::version(&version)? }))
}

/// Versions are numbers.
fn number(version: &str) -> Outcome<()> {
    match version.parse::<u64>() {
        Ok(_) => Ok(()),
        Err(_) => Err(invalid(format!("Invalid version id: '{version}' is not a number"))),
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct List {
    database_name: String,
    table_name: String,
    #[serde(flatten)]
    paging: Paging,
}

/// Newest first.
pub(super) async fn list(glue: Glue<'_>, request: List) -> Outcome {
    let List { database_name, table_name, paging } = request;
    let found = glue.catalog().table_versions(&database_name, &table_name, paging.request(100)?).await;
    let found = found.map_err(of_table(&database_name, &table_name))?;
    let items = found.items.iter().map(super::about::version).collect::<Outcome<Vec<_>>>()?;
    page::answer("TableVersions", Page { items, next: found.next })
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Delete {
    database_name: String,
    table_name: String,
    version_id: String,
}

pub(super) async fn delete(glue: Glue<'_>, request: Delete) -> Outcome {
    remove(glue, &request.database_name, &request.table_name, &request.version_id).await?;
    Ok(json!({}))
}

async fn remove(glue: Glue<'_>, database: &str, table: &str, version: &str) -> Outcome<()> {
    number(version)?;
    glue.catalog().delete_table_version(database, table, version).await.map_err(of_table(database, table))
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct DeleteMany {
    database_name: String,
    table_name: String,
    version_ids: Vec<String>,
}

pub(super) async fn delete_many(glue: Glue<'_>, request: DeleteMany) -> Outcome {
    let DeleteMany { database_name, table_name, version_ids } = request;
    at_most(&version_ids, 100, "VersionIds")?;
    glue.catalog().table(&database_name, &table_name).await.map_err(of_table(&database_name, &table_name))?;
    let mut errors = Vec::new();
    for version in version_ids {
        if let Err(refusal) = remove(glue, &database_name, &table_name, &version).await {
            errors.push(json!({ "TableName": table_name, "VersionId": version, "ErrorDetail": refusal.detail() }));
        }
    }
    Ok(with_errors(errors))
}
