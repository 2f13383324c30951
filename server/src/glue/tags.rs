//! Tags of databases, tables, crawlers, triggers, connections and catalogs. They are kept by kind and name: region and account are ours.

use std::collections::BTreeMap;

use catalog::local::Document;
use catalog::name;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::about::identity;
use super::error::{Outcome, about, invalid, not_found, of_database, of_table};
use super::records::{self, Connection, SubCatalog};
use super::tables::at_most;
use super::{Glue, account, crawlers, triggers};

/// What Glue allows a resource ("Tags in AWS Glue").
const MOST: usize = 50;

#[derive(Debug, Serialize, Deserialize)]
struct Tags {
    /// `crawler/nightly`.
    resource: String,
    /// When the resource was made.
    of: i64,
    tags: BTreeMap<String, String>,
}

impl Document for Tags {
    const KIND: &'static str = "glue tags";
    const WHAT: &'static str = "tags";
    fn key(&self) -> String {
        self.resource.clone()
    }
}

/// Stores the tags that a resource is created with.
pub(super) async fn begin(glue: Glue<'_>, kind: &str, name: &str, tags: BTreeMap<String, String>) -> Outcome<()> {
    if tags.is_empty() {
        return Ok(());
    }
    add(glue, format!("{kind}/{name}"), tags).await
}

/// Removes the tags of a resource that was deleted.
pub(super) async fn end(glue: Glue<'_>, kind: &str, name: &str) -> Outcome<()> {
    match glue.home().delete_document::<Tags>(&format!("{kind}/{name}")).await {
        Err(error) if error.kind() != catalog::ErrorKind::EntityNotFound => Err(error.into()),
        _ => Ok(()),
    }
}

async fn add(glue: Glue<'_>, resource: String, tags: BTreeMap<String, String>) -> Outcome<()> {
    if let Some((key, value)) =
        tags.iter().find(|(key, value)| !(1..=128).contains(&key.chars().count()) || value.chars().count() > 256)
    {
        return Err(invalid(format!("the tag '{key}' = '{value}' is too long: keys have 1 to 128 characters, values up to 256")));
    }
    let of = made(glue, &resource).await?;
    let fresh = Tags { resource, of, tags: BTreeMap::new() };
    let change = move |kept: &mut Tags| {
        if kept.of != of {
            (kept.of, kept.tags) = (of, BTreeMap::new());
        }
        kept.tags.extend(tags.clone());
        if kept.tags.len() > MOST { Err(records::too_many("tags", MOST)) } else { Ok(()) }
    };
    Ok(records::upsert(glue.home(), fresh, change).await?)
}

/// The tags of a resource that is there.
pub(super) async fn of(glue: Glue<'_>, kind: &str, name: &str) -> Outcome<BTreeMap<String, String>> {
    let resource = format!("{kind}/{name}");
    let of = made(glue, &resource).await?;
    let kept = records::find::<Tags>(glue.home(), &resource).await?;
    Ok(kept.filter(|kept| kept.of == of).map(|kept| kept.tags).unwrap_or_default())
}

/// When the resource was made; 0 for kinds that only this door deletes, with their tags.
async fn made(glue: Glue<'_>, resource: &str) -> Outcome<i64> {
    let (kind, name) = resource.split_once('/').unwrap_or((resource, ""));
    let home = glue.home();
    match kind {
        "database" => {
            glue.caller.rights.database(&name::fold(name))?;
            let database = glue.catalog().database(name).await.map_err(of_database(name))?;
            Ok(identity(database.create_time))
        }
        "table" => {
            let (database, table) = name.split_once('/').unwrap_or((name, ""));
            glue.caller.rights.database(&name::fold(database))?;
            let found = glue.catalog().table(database, table).await.map_err(of_table(database, table))?;
            Ok(identity(found.create_time))
        }
        "crawler" => Ok(identity(crawlers::usable(glue, name).await?.creation_time)),
        "trigger" => triggers::usable(glue, name).await.map(|_| 0),
        "connection" if !glue.caller.rights.is_of_the_account() => Err(account::no_part(resource).into()),
        "connection" => home.document::<Connection>(name).await.map(|_| 0).map_err(|error| about("Connection", name, error)),
        "catalog" if name.is_empty() => Ok(0),
        "catalog" => home.document::<SubCatalog>(name).await.map(|_| 0).map_err(|error| about("Catalog", name, error)),
        _ => Err(not_found(format!("{resource} not found."))),
    }
}

/// `crawler/nightly` of `arn:aws:glue:REGION:ACCOUNT:crawler/nightly`.
fn resource(arn: &str) -> Outcome<String> {
    let parts: Vec<&str> = arn.splitn(6, ':').collect();
    let ["arn", _, "glue", _, _, resource] = parts.as_slice() else {
        return Err(invalid(format!("'{arn}' is not the ARN of a resource of AWS Glue")));
    };
    Ok(match resource.split_once('/') {
        Some((kind @ ("database" | "table"), name)) => format!("{kind}/{}", name::fold(name)),
        _ => (*resource).to_owned(),
    })
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct OfResource {
    resource_arn: String,
}

pub(super) async fn get(glue: Glue<'_>, request: OfResource) -> Outcome {
    let resource = resource(&request.resource_arn)?;
    let (kind, name) = resource.split_once('/').unwrap_or((&resource, ""));
    Ok(json!({ "Tags": of(glue, kind, name).await? }))
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Tag {
    resource_arn: String,
    tags_to_add: BTreeMap<String, String>,
}

pub(super) async fn tag(glue: Glue<'_>, request: Tag) -> Outcome {
    add(glue, resource(&request.resource_arn)?, request.tags_to_add).await?;
    Ok(json!({}))
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Untag {
    resource_arn: String,
    tags_to_remove: Vec<String>,
}

pub(super) async fn untag(glue: Glue<'_>, request: Untag) -> Outcome {
    at_most(&request.tags_to_remove, MOST, "TagsToRemove")?;
    let resource = resource(&request.resource_arn)?;
    let of = made(glue, &resource).await?;
    let change = move |kept: &mut Tags| {
        if kept.of != of {
            (kept.of, kept.tags) = (of, BTreeMap::new());
        }
        kept.tags.retain(|key, _| !request.tags_to_remove.contains(key));
        Ok(())
    };
    records::upsert(glue.home(), Tags { resource, of, tags: BTreeMap::new() }, change).await?;
    Ok(Value::Object(serde_json::Map::new()))
}
