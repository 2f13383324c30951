//! User-defined functions: kept for the engines that read them from the catalog. Civetta runs none.

use catalog::local::{Document, SEPARATOR};
use catalog::table::now;
use catalog::{Error, ErrorKind, Page, name};
use regex::Regex;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::about::identity;
use super::error::{Outcome, about, invalid, not_found, of_database, violated};
use super::page::{Paging, part};
use super::records::{self, text};
use super::{Glue, page};
use crate::aws::ACCOUNT;

const INPUT: &[&str] = &[
    "FunctionName",
    "ClassName",
    "OwnerName",
    "FunctionType",
    "OwnerType",
    "ResourceUris",
    "ArtifactLocation",
    "GovernanceMode",
];

/// When no database was made.
const BEFORE: i64 = i64::MIN;

#[derive(Clone, Serialize, Deserialize)]
pub(super) struct Function {
    database: String,
    name: String,
    /// When its database was made.
    of: i64,
    function: Map<String, Value>,
}

impl Document for Function {
    const KIND: &'static str = "glue function";
    const WHAT: &'static str = "Function";
    fn key(&self) -> String {
        key(&self.database, &self.name)
    }
}

fn key(database: &str, name: &str) -> String {
    format!("{database}{SEPARATOR}{name}")
}

/// When the database was made.
async fn made(glue: Glue<'_>, database: &str) -> Outcome<i64> {
    let found = glue.catalog().database(database).await.map_err(of_database(database))?;
    Ok(identity(found.create_time))
}

/// The function in the model's shape.
fn function(database: &str, mut input: Map<String, Value>, of: i64, name: String, created: Value) -> Outcome<Function> {
    input.retain(|member, value| INPUT.contains(&member.as_str()) && !value.is_null());
    records::checked_name(&name)?;
    if text(&input, "ClassName").is_none() {
        return Err(violated("null", "ClassName", "Member must not be null"));
    }
    input.insert("FunctionName".to_owned(), json!(name));
    input.insert("DatabaseName".to_owned(), json!(database));
    input.insert("CreateTime".to_owned(), created);
    input.insert("CatalogId".to_owned(), json!(ACCOUNT));
    Ok(Function { database: database.to_owned(), name, of, function: input })
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Create {
    database_name: String,
    function_input: Map<String, Value>,
}

pub(super) async fn create(glue: Glue<'_>, request: Create) -> Outcome {
    let of = made(glue, &request.database_name).await?;
    let name = name::fold(text(&request.function_input, "FunctionName").unwrap_or_default());
    let made = function(&name::fold(&request.database_name), request.function_input, of, name.clone(), json!(now()))?;
    let fresh = Function { of: BEFORE, ..made.clone() };
    let change = move |kept: &mut Function| {
        if kept.of == of {
            return Err(Error::new(ErrorKind::AlreadyExists, "there is one"));
        }
        // One that was left by an earlier database of this name gives way.
        *kept = made.clone();
        Ok(())
    };
    records::upsert(glue.home(), fresh, change).await.map_err(|error| about("Function", &name, error))?;
    Ok(json!({}))
}

async fn find(glue: Glue<'_>, database: &str, name: &str, of: i64) -> Outcome<Option<Function>> {
    Ok(records::find::<Function>(glue.home(), &key(database, name)).await?.filter(|found| found.of == of))
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct One {
    database_name: String,
    function_name: String,
    #[serde(default)]
    function_input: Map<String, Value>,
}

async fn existing(glue: Glue<'_>, request: &One) -> Outcome<Function> {
    let of = made(glue, &request.database_name).await?;
    let found = find(glue, &name::fold(&request.database_name), &name::fold(&request.function_name), of).await?;
    found.ok_or_else(|| not_found(format!("Function {} not found.", request.function_name)))
}

pub(super) async fn get(glue: Glue<'_>, request: One) -> Outcome {
    Ok(json!({ "UserDefinedFunction": existing(glue, &request).await?.function }))
}

pub(super) async fn update(glue: Glue<'_>, request: One) -> Outcome {
    let old = existing(glue, &request).await?;
    if text(&request.function_input, "FunctionName").is_some_and(|given| name::fold(given) != old.name) {
        return Err(invalid(format!("Function {} cannot be renamed", old.name)));
    }
    let created = old.function.get("CreateTime").cloned().unwrap_or_default();
    glue.home().put_document(&function(&old.database, request.function_input, old.of, old.name, created)?).await?;
    Ok(json!({}))
}

pub(super) async fn delete(glue: Glue<'_>, request: One) -> Outcome {
    let old = existing(glue, &request).await?;
    glue.home().delete_document::<Function>(&old.key()).await?;
    Ok(json!({}))
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct List {
    database_name: Option<String>,
    pattern: String,
    function_type: Option<String>,
    #[serde(flatten)]
    paging: Paging,
}

/// `Pattern` is a regular expression that the whole name matches, and `*` alone is all of them, as Hive's metastore client sends it.
pub(super) async fn list(glue: Glue<'_>, request: List) -> Outcome {
    let pattern = match request.pattern.as_str() {
        "*" | "" => ".*".to_owned(),
        other => other.replace('*', ".*").replace("..*", ".*"),
    };
    let pattern = Regex::new(&format!("(?i)^(?:{pattern})$"))
        .map_err(|error| invalid(format!("Pattern '{}' is no regular expression: {error}", request.pattern)))?;
    let mut prefix = String::new();
    if let Some(database) = &request.database_name {
        made(glue, database).await?;
        prefix = format!("{}{SEPARATOR}", name::fold(database));
    }
    let mut items = Vec::new();
    for found in records::all::<Function>(glue.home(), &prefix).await? {
        let of_type =
            request.function_type.is_none() || request.function_type.as_deref() == text(&found.function, "FunctionType");
        if !of_type || !pattern.is_match(&found.name) || glue.caller.rights.database(&found.database).is_err() {
            continue;
        }
        match glue.catalog().database(&found.database).await {
            Ok(database) if identity(database.create_time) == found.of => items.push(found.function),
            _ => {}
        }
    }
    let found = part(items, request.paging, 100)?;
    page::answer("UserDefinedFunctions", Page { items: found.items, next: found.next })
}
