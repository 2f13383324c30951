//! Encryption settings of the catalog and security configurations. Civetta encrypts nothing with KMS; the disk and the object store
//! below it do. So settings that ask for it are refused; configurations, which crawlers here do not follow, are kept and given back.

use catalog::table::now;
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::error::{Outcome, about, invalid};
use super::page::{Paging, part};
use super::records::{self, Encryption, SecurityConfiguration, checked_name};
use super::request::Named;
use super::{Glue, page};

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Put {
    data_catalog_encryption_settings: Map<String, Value>,
}

pub(super) async fn put_encryption(glue: Glue<'_>, request: Put) -> Outcome {
    let settings = Value::Object(request.data_catalog_encryption_settings.clone());
    let mode = settings.pointer("/EncryptionAtRest/CatalogEncryptionMode").and_then(Value::as_str).unwrap_or("DISABLED");
    if mode != "DISABLED" {
        return Err(invalid(format!("CatalogEncryptionMode {mode} is not supported by Civetta: it has no KMS")));
    }
    if settings.pointer("/ConnectionPasswordEncryption/ReturnConnectionPasswordEncrypted") == Some(&json!(true)) {
        return Err(invalid("ReturnConnectionPasswordEncrypted is not supported by Civetta: it has no KMS"));
    }
    glue.home().put_document(&Encryption(request.data_catalog_encryption_settings)).await?;
    Ok(json!({}))
}

pub(super) async fn get_encryption(glue: Glue<'_>, _: Map<String, Value>) -> Outcome {
    let settings = records::find::<Encryption>(glue.home(), "").await?.map(|kept| kept.0).unwrap_or_default();
    let mut whole = json!({
        "EncryptionAtRest": { "CatalogEncryptionMode": "DISABLED" },
        "ConnectionPasswordEncryption": { "ReturnConnectionPasswordEncrypted": false },
    });
    if let Some(members) = whole.as_object_mut() {
        members.extend(settings);
    }
    Ok(json!({ "DataCatalogEncryptionSettings": whole }))
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Create {
    name: String,
    encryption_configuration: Map<String, Value>,
}

pub(super) async fn create(glue: Glue<'_>, request: Create) -> Outcome {
    let Create { name, encryption_configuration } = request;
    checked_name(&name)?;
    let created = now();
    let mut members = Map::new();
    members.insert("Name".to_owned(), json!(name));
    members.insert("CreatedTimeStamp".to_owned(), json!(created));
    members.insert("EncryptionConfiguration".to_owned(), Value::Object(encryption_configuration));
    let stored = glue.home().create_document(&SecurityConfiguration(members)).await;
    stored.map_err(|error| about("Security configuration", &name, error))?;
    Ok(json!({ "Name": name, "CreatedTimestamp": created }))
}

pub(super) async fn get(glue: Glue<'_>, request: Named) -> Outcome {
    let found = glue.home().document::<SecurityConfiguration>(&request.name).await;
    let found = found.map_err(|error| about("Security configuration", &request.name, error))?;
    Ok(json!({ "SecurityConfiguration": found.0 }))
}

pub(super) async fn list(glue: Glue<'_>, request: Paging) -> Outcome {
    let all = records::all::<SecurityConfiguration>(glue.home(), "").await?;
    page::answer("SecurityConfigurations", part(all, request, 1000)?)
}

pub(super) async fn delete(glue: Glue<'_>, request: Named) -> Outcome {
    let deleted = glue.home().delete_document::<SecurityConfiguration>(&request.name).await;
    deleted.map_err(|error| about("Security configuration", &request.name, error))?;
    Ok(json!({}))
}
