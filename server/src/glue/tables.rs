//! Tables.

use catalog::table::{TABLE_INPUT, Table};
use catalog::{Page, UpdateTable, name};
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::error::{Outcome, invalid, of_database, of_table, violated};
use super::page::Paging;
use super::request::input;
use super::{Glue, indexes, page, records};

/// Who changes tables through this door, as Glue writes it.
const WRITER: &str = "arn:aws:iam::000000000000:root";

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Create {
    database_name: String,
    table_input: Option<Map<String, Value>>,
    #[serde(default)]
    partition_indexes: Vec<indexes::Index>,
}

pub(super) async fn create(glue: Glue<'_>, request: Create) -> Outcome {
    let Create { database_name, table_input, partition_indexes } = request;
    let mut table: Table =
        input(table_input.ok_or_else(|| violated("null", "TableInput", "Member must not be null"))?, TABLE_INPUT)?;
    table.database_name = name::fold(&database_name);
    table.created_by = Some(WRITER.to_owned());
    let name = table.name.clone();
    indexes::check(&table, &partition_indexes)?;
    glue.catalog().create_table(table).await.map_err(of_table(&database_name, &name))?;
    if !partition_indexes.is_empty() {
        indexes::begin(glue, &database_name, &name, partition_indexes).await?;
    }
    Ok(json!({}))
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct One {
    database_name: String,
    name: String,
    attributes_to_get: Option<Vec<String>>,
}

pub(super) async fn get(glue: Glue<'_>, request: One) -> Outcome {
    let One { database_name, name, attributes_to_get } = &request;
    let table = glue.catalog().table(database_name, name).await.map_err(of_table(database_name, name))?;
    Ok(json!({ "Table": attributes(&table, attributes_to_get.as_deref())? }))
}

/// The table, or of it what was asked for.
fn attributes(table: &Table, wanted: Option<&[String]>) -> Outcome {
    let mut value = super::about::table(table)?;
    let Some(wanted) = wanted.filter(|wanted| !wanted.is_empty()) else { return Ok(value) };
    if wanted.iter().any(|one| one == "LATEST_ICEBERG_METADATA") {
        return Err(invalid("LATEST_ICEBERG_METADATA of AttributesToGet is not supported by Civetta"));
    }
    if let Some(members) = value.as_object_mut()
        && !wanted.iter().any(|one| one == "DEFAULT")
    {
        let with_type = wanted.iter().any(|one| one == "TABLE_TYPE");
        members.retain(|member, _| member == "Name" || with_type && member == "TableType");
    }
    Ok(value)
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct List {
    database_name: String,
    expression: Option<String>,
    #[serde(flatten)]
    paging: Paging,
    resource_share_type: Option<String>,
    attributes_to_get: Option<Vec<String>>,
}

pub(super) async fn list(glue: Glue<'_>, request: List) -> Outcome {
    let expression = request.expression.as_deref().filter(|text| !text.is_empty());
    if expression.is_some_and(|text| text.chars().count() > 2048) {
        return Err(violated("", "Expression", "Member must have length less than or equal to 2048"));
    }
    let pattern = expression.map(java_pattern);
    let paging = request.paging.request(100)?;
    let found = glue.catalog().tables(&request.database_name, pattern.as_deref(), paging).await;
    let mut found = found.map_err(of_database(&request.database_name))?;
    if request.resource_share_type.as_deref() == Some("FEDERATED") {
        found = Page { items: Vec::new(), next: None };
    }
    let wanted = request.attributes_to_get.as_deref();
    let items = found.items.iter().map(|table| attributes(table, wanted)).collect::<Outcome<Vec<_>>>()?;
    page::answer("TableList", Page { items, next: found.next })
}

/// Glue takes `*` at the beginning, where it repeats nothing, and among plain letters for any text: awswrangler and others look for
/// `*part*` and `begin*end`.
fn java_pattern(expression: &str) -> String {
    let is_glob = expression.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'*'));
    match expression.strip_prefix('*') {
        _ if is_glob => expression.replace('*', ".*"),
        Some(rest) => match rest.strip_suffix('*').filter(|inner| !inner.ends_with(['.', ')', ']', '\\'])) {
            Some(inner) => format!(".*{inner}.*"),
            None => format!(".*{rest}"),
        },
        None => expression.to_owned(),
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Update {
    database_name: String,
    name: Option<String>,
    table_input: Option<Map<String, Value>>,
    #[serde(default)]
    skip_archive: bool,
    version_id: Option<String>,
}

pub(super) async fn update(glue: Glue<'_>, request: Update) -> Outcome {
    let Update { database_name, table_input, .. } = request;
    let mut table: Table =
        input(table_input.ok_or_else(|| violated("null", "TableInput", "Member must not be null"))?, TABLE_INPUT)?;
    if request.name.is_some_and(|name| name::fold(&name) != name::fold(&table.name)) {
        return Err(invalid("Name of UpdateTable is not that of TableInput: tables cannot be renamed"));
    }
    table.database_name.clone_from(&database_name);
    let name = table.name.clone();
    let expected_version = request.version_id.filter(|version| !version.is_empty());
    let how = UpdateTable { expected_version, skip_archive: request.skip_archive };
    glue.catalog().update_table(table, how).await.map_err(of_table(&database_name, &name))?;
    Ok(json!({}))
}

pub(super) async fn delete(glue: Glue<'_>, request: One) -> Outcome {
    remove(glue, &request.database_name, &request.name).await?;
    Ok(json!({}))
}

async fn remove(glue: Glue<'_>, database: &str, name: &str) -> Outcome<()> {
    glue.catalog().delete_table(database, name).await.map_err(of_table(database, name))?;
    records::forget_table(glue, &name::fold(database), &name::fold(name)).await
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct DeleteMany {
    database_name: String,
    tables_to_delete: Vec<String>,
}

pub(super) async fn delete_many(glue: Glue<'_>, request: DeleteMany) -> Outcome {
    let DeleteMany { database_name, tables_to_delete } = request;
    at_most(&tables_to_delete, 100, "TablesToDelete")?;
    glue.catalog().database(&database_name).await.map_err(of_database(&database_name))?;
    let mut errors = Vec::new();
    for name in tables_to_delete {
        if let Err(refusal) = remove(glue, &database_name, &name).await {
            errors.push(json!({ "TableName": name, "ErrorDetail": refusal.detail() }));
        }
    }
    Ok(with_errors(errors))
}

/// The answer of a batch: `Errors` is there when there are some.
pub(super) fn with_errors(errors: Vec<Value>) -> Value {
    if errors.is_empty() { json!({}) } else { json!({ "Errors": errors }) }
}

/// Batches have limits (model).
pub(super) fn at_most<T>(items: &[T], most: usize, member: &str) -> Outcome<()> {
    match items.len() <= most {
        true => Ok(()),
        false => Err(violated(
            format_args!("[{} members]", items.len()),
            member,
            format!("Member must have length less than or equal to {most}"),
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::java_pattern;

    #[test]
    fn expressions_of_people_who_think_of_globs() {
        for (given, pattern) in [
            ("*orders*", ".*orders.*"),
            ("*x", ".*x"),
            ("orders*", "orders.*"),
            ("o*s", "o.*s"),
            ("ord.*", "ord.*"),
            ("*a|b*", ".*a|b.*"),
            ("a|b", "a|b"),
            ("*", ".*"),
            ("orders", "orders"),
        ] {
            assert_eq!(java_pattern(given), pattern);
        }
    }
}
