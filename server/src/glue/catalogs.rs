//! Catalogs beside the account's own: their definitions are kept; databases are in the account's own catalog alone.

use std::collections::BTreeMap;

use catalog::Page;
use catalog::table::now;
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::error::{Outcome, about, invalid, not_found};
use super::page::{Paging, part};
use super::records::{self, SubCatalog, checked_name, text};
use super::{Glue, page, tags};
use crate::aws::ACCOUNT;

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Create {
    name: String,
    catalog_input: Map<String, Value>,
    #[serde(default)]
    tags: BTreeMap<String, String>,
}

/// The catalog in the model's shape. What Glue would have to do something for, besides keeping it, is refused.
fn kept(name: &str, mut input: Map<String, Value>, created: Value) -> Outcome<SubCatalog> {
    checked_name(name)?;
    if name.chars().count() > 64 || name.contains([':', '/']) {
        return Err(invalid(format!("'{name}' is no name of a catalog: 1 to 64 characters without ':' and '/'")));
    }
    for member in ["FederatedCatalog", "TargetRedshiftCatalog"] {
        if input.get(member).is_some_and(|value| !value.is_null()) {
            return Err(invalid(format!("{member} is not supported by Civetta")));
        }
    }
    input.remove("OverwriteChildResourcePermissionsWithDefault");
    input.insert("Name".to_owned(), json!(name));
    input.insert("CreateTime".to_owned(), created);
    input.insert("UpdateTime".to_owned(), json!(now()));
    Ok(SubCatalog(input))
}

pub(super) async fn create(glue: Glue<'_>, request: Create) -> Outcome {
    let catalog = kept(&request.name, request.catalog_input, json!(now()))?;
    glue.home().create_document(&catalog).await.map_err(|error| about("Catalog", &request.name, error))?;
    tags::begin(glue, "catalog", &request.name, request.tags).await?;
    Ok(json!({}))
}

fn shown(glue: Glue<'_>, catalog: SubCatalog) -> Value {
    let mut members = catalog.0;
    let name = text(&members, "Name").unwrap_or_default().to_owned();
    members.insert("CatalogId".to_owned(), json!(format!("{ACCOUNT}:{name}")));
    members.insert("ResourceArn".to_owned(), json!(format!("arn:aws:glue:{}:{ACCOUNT}:catalog/{name}", glue.caller.region)));
    Value::Object(members)
}

/// The account's own catalog.
fn root(glue: Glue<'_>) -> Value {
    json!({
        "CatalogId": ACCOUNT,
        "Name": ACCOUNT,
        "ResourceArn": format!("arn:aws:glue:{}:{ACCOUNT}:catalog", glue.caller.region),
    })
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct One {
    catalog_id: String,
    #[serde(default)]
    catalog_input: Map<String, Value>,
}

impl One {
    /// The name in `ACCOUNT:name` or `name`; `None` is the account's own.
    fn name(&self) -> Option<&str> {
        match self.catalog_id.split_once(':') {
            Some((_, name)) => Some(name),
            None if self.catalog_id == ACCOUNT => None,
            None => Some(&self.catalog_id),
        }
    }
}

async fn find(glue: Glue<'_>, name: &str) -> Outcome<SubCatalog> {
    glue.home().document(name).await.map_err(|error| about("Catalog", name, error))
}

pub(super) async fn get(glue: Glue<'_>, request: One) -> Outcome {
    let catalog = match request.name() {
        None => root(glue),
        Some(name) => shown(glue, find(glue, name).await?),
    };
    Ok(json!({ "Catalog": catalog }))
}

pub(super) async fn update(glue: Glue<'_>, request: One) -> Outcome {
    let name = request.name().ok_or_else(|| invalid("the account's own catalog cannot be changed"))?.to_owned();
    let created = find(glue, &name).await?.0.get("CreateTime").cloned().unwrap_or_default();
    glue.home().put_document(&kept(&name, request.catalog_input, created)?).await?;
    Ok(json!({}))
}

pub(super) async fn delete(glue: Glue<'_>, request: One) -> Outcome {
    let name = request.name().ok_or_else(|| invalid("the account's own catalog cannot be deleted"))?;
    glue.home().delete_document::<SubCatalog>(name).await.map_err(|error| about("Catalog", name, error))?;
    tags::end(glue, "catalog", name).await?;
    Ok(json!({}))
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct List {
    parent_catalog_id: Option<String>,
    #[serde(default)]
    include_root: bool,
    /// Whether only catalogs with databases are wanted: those beside the account's own have none.
    has_databases: Option<bool>,
    #[serde(flatten)]
    paging: Paging,
}

pub(super) async fn list(glue: Glue<'_>, request: List) -> Outcome {
    let mut items = if request.include_root { vec![root(glue)] } else { Vec::new() };
    match request.parent_catalog_id.as_deref() {
        None | Some(ACCOUNT) if request.has_databases != Some(true) => {
            items.extend(records::all::<SubCatalog>(glue.home(), "").await?.into_iter().map(|catalog| shown(glue, catalog)));
        }
        None | Some(ACCOUNT) => {}
        Some(parent) => {
            let name = parent.split_once(':').map_or(parent, |(_, name)| name);
            records::find::<SubCatalog>(glue.home(), name)
                .await?
                .ok_or_else(|| not_found(format!("Catalog {parent} not found.")))?;
            return page::answer("CatalogList", Page { items: Vec::<Value>::new(), next: None });
        }
    }
    page::answer("CatalogList", part(items, request.paging, 1000)?)
}

/// Nothing was ever to be imported: there was no Athena catalog before this one.
pub(super) async fn import_status(_: Glue<'_>, _: Map<String, Value>) -> Outcome {
    Ok(json!({ "ImportStatus": { "ImportCompleted": true } }))
}
