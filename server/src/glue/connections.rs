//! Connections: kept for the clients that read them (awswrangler's databases, Athena's federated queries). Civetta opens none.

use std::collections::BTreeMap;

use catalog::table::now;
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::error::{Outcome, about, invalid, violated};
use super::page::{Paging, part};
use super::records::{self, Connection, checked_name, text};
use super::tables::at_most;
use super::{Glue, page, tags};

/// Members of `ConnectionInput` that a connection does not have: they are about creating it.
const NOT_KEPT: &[&str] = &["ValidateCredentials", "ValidateForComputeEnvironments"];
/// What authentication is given and never given back.
const SECRETS: &[&str] = &["BasicAuthenticationCredentials", "CustomAuthenticationCredentials"];

/// Where properties are, among them passwords: of the database, of the stores of keys, of Kafka.
const PROPERTIES: &[&str] = &["ConnectionProperties", "SparkProperties", "AthenaProperties", "PythonProperties"];

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Create {
    connection_input: Map<String, Value>,
    #[serde(default)]
    tags: BTreeMap<String, String>,
}

/// The connection in the model's shape.
fn connection(mut input: Map<String, Value>, created: Value) -> Outcome<Connection> {
    for member in ["Name", "ConnectionType", "ConnectionProperties"] {
        if !input.contains_key(member) {
            return Err(violated("null", member, "Member must not be null"));
        }
    }
    checked_name(text(&input, "Name").unwrap_or_default())?;
    if !input.get("ConnectionProperties").is_some_and(Value::is_object) {
        return Err(invalid("ConnectionProperties is a map of texts"));
    }
    if input.get("ValidateCredentials") == Some(&json!(true)) {
        return Err(invalid("ValidateCredentials is not supported by Civetta"));
    }
    input.retain(|member, _| !NOT_KEPT.contains(&member.as_str()));
    input.insert("CreationTime".to_owned(), created);
    input.insert("LastUpdatedTime".to_owned(), json!(now()));
    input.insert("Status".to_owned(), json!("READY"));
    Ok(Connection(input))
}

pub(super) async fn create(glue: Glue<'_>, request: Create) -> Outcome {
    let connection = connection(request.connection_input, json!(now()))?;
    glue.home().create_document(&connection).await.map_err(|error| about("Connection", "", error))?;
    tags::begin(glue, "connection", text(&connection.0, "Name").unwrap_or_default(), request.tags).await?;
    Ok(json!({ "CreateConnectionStatus": "READY" }))
}

async fn find(glue: Glue<'_>, name: &str) -> Outcome<Connection> {
    glue.home().document(name).await.map_err(|error| about("Connection", name, error))
}

/// Without credentials that are only given, and without passwords where the caller says so or only reads.
fn shown(glue: Glue<'_>, connection: Connection, hide: bool) -> Value {
    let mut members = connection.0;
    if let Some(authentication) = members.get_mut("AuthenticationConfiguration").and_then(Value::as_object_mut) {
        authentication.retain(|member, _| !SECRETS.contains(&member.as_str()));
        if let Some(oauth) = authentication.get_mut("OAuth2Properties").and_then(Value::as_object_mut) {
            oauth.retain(|member, _| !["AuthorizationCodeProperties", "OAuth2Credentials"].contains(&member.as_str()));
        }
    }
    if hide || glue.caller.rights.read_only {
        for kind in PROPERTIES {
            if let Some(properties) = members.get_mut(*kind).and_then(Value::as_object_mut) {
                properties.retain(|property, _| !property.to_uppercase().ends_with("PASSWORD"));
            }
        }
    }
    Value::Object(members)
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Get {
    name: String,
    #[serde(default)]
    hide_password: bool,
}

pub(super) async fn get(glue: Glue<'_>, request: Get) -> Outcome {
    Ok(json!({ "Connection": shown(glue, find(glue, &request.name).await?, request.hide_password) }))
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct Filter {
    match_criteria: Vec<String>,
    connection_type: Option<String>,
    connection_schema_version: Option<i64>,
}

impl Filter {
    fn passes(&self, connection: &Connection) -> bool {
        let criteria = connection.0.get("MatchCriteria").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
        let version = connection.0.get("ConnectionSchemaVersion").and_then(Value::as_i64).unwrap_or(1);
        self.match_criteria.iter().all(|wanted| criteria.iter().any(|one| one == wanted))
            && self.connection_type.as_deref().is_none_or(|wanted| text(&connection.0, "ConnectionType") == Some(wanted))
            && self.connection_schema_version.is_none_or(|wanted| version == wanted)
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct List {
    #[serde(default)]
    filter: Filter,
    #[serde(default)]
    hide_password: bool,
    #[serde(flatten)]
    paging: Paging,
}

pub(super) async fn list(glue: Glue<'_>, request: List) -> Outcome {
    let all = records::all::<Connection>(glue.home(), "").await?.into_iter();
    let passing = all
        .filter(|connection| request.filter.passes(connection))
        .map(|connection| shown(glue, connection, request.hide_password));
    page::answer("ConnectionList", part(passing.collect(), request.paging, 1000)?)
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Update {
    name: String,
    connection_input: Map<String, Value>,
}

pub(super) async fn update(glue: Glue<'_>, request: Update) -> Outcome {
    let Update { name, mut connection_input } = request;
    let created = find(glue, &name).await?.0.get("CreationTime").cloned().unwrap_or_default();
    if text(&connection_input, "Name").is_some_and(|given| given != name) {
        return Err(invalid(format!("Connection {name} cannot be renamed")));
    }
    connection_input.insert("Name".to_owned(), json!(name));
    glue.home().put_document(&connection(connection_input, created)?).await?;
    Ok(json!({}))
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Delete {
    connection_name: String,
}

pub(super) async fn delete(glue: Glue<'_>, request: Delete) -> Outcome {
    remove(glue, &request.connection_name).await?;
    Ok(json!({}))
}

async fn remove(glue: Glue<'_>, name: &str) -> Outcome<()> {
    glue.home().delete_document::<Connection>(name).await.map_err(|error| about("Connection", name, error))?;
    tags::end(glue, "connection", name).await
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct DeleteMany {
    connection_name_list: Vec<String>,
}

pub(super) async fn delete_many(glue: Glue<'_>, request: DeleteMany) -> Outcome {
    at_most(&request.connection_name_list, 25, "ConnectionNameList")?;
    let (mut succeeded, mut errors) = (Vec::new(), Map::new());
    for name in request.connection_name_list {
        match remove(glue, &name).await {
            Ok(()) => succeeded.push(name),
            Err(refusal) => _ = errors.insert(name, refusal.detail()),
        }
    }
    Ok(json!({ "Succeeded": succeeded, "Errors": errors }))
}

/// Nothing can be tested, because Civetta opens no connections.
pub(super) async fn test(glue: Glue<'_>, body: Value) -> Outcome {
    if let Some(name) = body.get("ConnectionName").and_then(Value::as_str) {
        find(glue, name).await?;
    }
    Err(invalid("TestConnection is not supported by Civetta: it keeps connections and opens none"))
}
