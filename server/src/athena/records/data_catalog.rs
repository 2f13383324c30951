//! The one data catalog that there is, and its databases.

use catalog::ErrorKind;
use catalog::table::Database;
use serde::Deserialize;
use serde_json::{Value, json};

use super::{asked, coded, invalid, page, refused};
use crate::aws::{ACCOUNT, Caller, Failure, Reply, read};
use crate::serve::Shared;

/// Its name, which requests may write in any case.
const NAME: &str = "AwsDataCatalog";

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Named {
    name: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Definition {
    name: String,
    r#type: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Catalogs {
    max_results: Option<i64>,
    next_token: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Listing {
    catalog_name: String,
    max_results: Option<i64>,
    next_token: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct One {
    catalog_name: String,
    database_name: String,
}

/// Errors: `InvalidRequestException` for a catalog of another name.
pub(super) fn known(name: &str) -> Result<(), Failure> {
    match name.eq_ignore_ascii_case(NAME) {
        true => Ok(()),
        false => Err(coded("DATACATALOG_NOT_FOUND", format!("Catalog '{name}' does not exist"))),
    }
}

/// What Athena says of something that the catalog behind it does not have.
pub(super) fn absent(caller: &Caller, error: catalog::Error) -> Failure {
    match error.kind() {
        ErrorKind::DatabaseNotFound | ErrorKind::TableNotFound => Failure::new(
            "MetadataException",
            format!(
                "{} (Service: AmazonDataCatalog; Status Code: 400; Error Code: EntityNotFoundException; Request ID: {}; Proxy: null)",
                error.message(),
                caller.request_id
            ),
        ),
        _ => refused(error, ""),
    }
}

pub(super) fn list(body: Value) -> Reply {
    let Catalogs { max_results, next_token } = read(body)?;
    asked(max_results, next_token)?;
    page("DataCatalogsSummary", vec![json!({"CatalogName": NAME, "Type": "GLUE"})], None)
}

pub(super) fn get(body: Value) -> Reply {
    let Named { name } = read(body)?;
    known(&name)?;
    Ok(json!({"DataCatalog": {"Name": NAME, "Type": "GLUE", "Parameters": {"catalog-id": ACCOUNT}}}))
}

/// There is one, so that every other is refused, by its type where that is why.
pub(super) fn create(caller: &Caller, body: Value) -> Reply {
    let Definition { name, r#type } = read(body)?;
    caller.rights.write().map_err(|error| refused(error, ""))?;
    Err(invalid(match r#type.as_str() {
        _ if known(&name).is_ok() => format!("DataCatalog {NAME} has already been created"),
        "GLUE" => format!("a data catalog besides {NAME} is not supported by Civetta"),
        other => format!("a data catalog of type {other} is not supported by Civetta"),
    }))
}

/// Errors: always, for the one there is belongs to AWS.
pub(super) fn change(caller: &Caller, body: Value) -> Reply {
    let Named { name } = read(body)?;
    caller.rights.write().map_err(|error| refused(error, ""))?;
    known(&name)?;
    Err(invalid(format!("{NAME} cannot be changed or deleted")))
}

pub(super) async fn databases(shared: &Shared, caller: &Caller, body: Value) -> Reply {
    let Listing { catalog_name, max_results, next_token } = read(body)?;
    known(&catalog_name)?;
    let found = shared.catalog(caller).databases(asked(max_results, next_token)?).await;
    let found = found.map_err(|error| absent(caller, error))?;
    let seen = found.items.into_iter().filter(|database| caller.rights.database(&database.name).is_ok());
    page("DatabaseList", seen.map(shown).collect(), found.next)
}

pub(super) async fn database(shared: &Shared, caller: &Caller, body: Value) -> Reply {
    let One { catalog_name, database_name } = read(body)?;
    known(&catalog_name)?;
    caller.rights.database(&catalog::name::fold(&database_name)).map_err(|error| refused(error, ""))?;
    let found = shared.catalog(caller).database(&database_name).await.map_err(|error| absent(caller, error))?;
    Ok(json!({"Database": shown(found)}))
}

fn shown(database: Database) -> Value {
    let mut shown = json!({"Name": database.name});
    if let Some(description) = database.description {
        shown["Description"] = json!(description);
    }
    if let Some(parameters) = database.parameters.filter(|parameters| !parameters.is_empty()) {
        shown["Parameters"] = json!(parameters);
    }
    shown
}
