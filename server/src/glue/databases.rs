//! Databases.

use std::collections::BTreeMap;

use catalog::table::{DATABASE_INPUT, Database};
use catalog::{Page, name};
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::error::{Outcome, about, of_database};
use super::page::Paging;
use super::request::{Named, input};
use super::{Glue, page, tags};

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Create {
    database_input: Map<String, Value>,
    #[serde(default)]
    tags: BTreeMap<String, String>,
}

pub(super) async fn create(glue: Glue<'_>, request: Create) -> Outcome {
    let database: Database = input(request.database_input, DATABASE_INPUT)?;
    glue.caller.rights.database(&name::fold(&database.name))?;
    let folded = name::fold(&database.name);
    glue.catalog().create_database(database).await.map_err(|error| about("Database", &folded, error))?;
    tags::begin(glue, "database", &folded, request.tags).await?;
    Ok(json!({}))
}

pub(super) async fn get(glue: Glue<'_>, request: Named) -> Outcome {
    glue.caller.rights.database(&name::fold(&request.name))?;
    let database = glue.catalog().database(&request.name).await.map_err(of_database(&request.name))?;
    Ok(json!({ "Database": super::about::database(database)? }))
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct List {
    #[serde(flatten)]
    paging: Paging,
    resource_share_type: Option<String>,
    attributes_to_get: Option<Vec<String>>,
}

pub(super) async fn list(glue: Glue<'_>, request: List) -> Outcome {
    // Databases of other accounts and of federated sources: there are none.
    if matches!(request.resource_share_type.as_deref(), Some("FOREIGN" | "FEDERATED")) {
        return page::answer("DatabaseList", Page { items: Vec::<Value>::new(), next: None });
    }
    let found = glue.catalog().databases(request.paging.request(100)?).await?;
    let allowed = found.items.into_iter().filter(|database| glue.caller.rights.database(&database.name).is_ok());
    let items = allowed.map(|database| {
        let mut value = super::about::database(database)?;
        if let (Some(wanted), Some(members)) = (&request.attributes_to_get, value.as_object_mut()) {
            let kept = |member: &str| {
                member == "Name" || member == "TargetDatabase" && wanted.iter().any(|one| one == "TARGET_DATABASE")
            };
            members.retain(|member, _| kept(member));
        }
        Ok(value)
    });
    page::answer("DatabaseList", Page { items: items.collect::<Outcome<Vec<_>>>()?, next: found.next })
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Update {
    name: String,
    database_input: Map<String, Value>,
}

pub(super) async fn update(glue: Glue<'_>, request: Update) -> Outcome {
    glue.caller.rights.database(&name::fold(&request.name))?;
    let database = input(request.database_input, DATABASE_INPUT)?;
    glue.catalog().update_database(&request.name, database).await.map_err(of_database(&request.name))?;
    Ok(json!({}))
}

pub(super) async fn delete(glue: Glue<'_>, request: Named) -> Outcome {
    glue.caller.rights.database(&name::fold(&request.name))?;
    glue.catalog().delete_database(&request.name).await.map_err(of_database(&request.name))?;
    super::records::forget_database(glue, &name::fold(&request.name)).await?;
    Ok(json!({}))
}
