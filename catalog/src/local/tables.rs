//! Tables and their versions in the embedded catalog.

use futures::TryStreamExt;
use regex::Regex;
use sqlx::AnyConnection;
use sqlx::Row;
use sqlx::any::AnyRow;

use super::{databases, partitions, record};
use crate::catalog::{Page, PageRequest, UpdateTable};
use crate::error::{Error, ErrorKind, Result};
use crate::name;
use crate::table::{Table, TableVersion, now};

const PAGE: usize = 100;

/// A table and what the database knows it by.
pub(super) struct Stored {
    pub(super) id: i64,
    pub(super) version: i64,
    pub(super) table: Table,
}

pub(super) async fn find(connection: &mut AnyConnection, database: &str, table: &str) -> Result<Stored> {
    let (database, table) = (name::fold(database), name::fold(table));
    let row = sqlx::query("SELECT id, version, json FROM tables WHERE database_name = $1 AND name = $2")
        .bind(&database)
        .bind(&table)
        .fetch_optional(&mut *connection)
        .await?;
    let Some(row) = row else {
        databases::get(connection, &database).await?;
        return Err(Error::new(ErrorKind::TableNotFound, format!("table '{database}.{table}' does not exist")));
    };
    Ok(Stored { id: row.try_get(0)?, version: row.try_get(1)?, table: record::read(row.try_get(2)?)? })
}

pub(super) async fn create(connection: &mut AnyConnection, mut table: Table) -> Result<()> {
    table.database_name = databases::get(connection, &table.database_name).await?.name;
    table.name = name::checked("table", &table.name)?;
    let now = now();
    table.create_time = Some(now);
    table.update_time = Some(now);
    table.version_id = Some("0".to_owned());
    // Writers take turns, so nobody else takes the same number.
    let created = sqlx::query(
        "INSERT INTO tables (id, database_name, name, version, json) \
         VALUES ((SELECT COALESCE(MAX(id), 0) + 1 FROM tables), $1, $2, 0, $3) ON CONFLICT DO NOTHING",
    )
    .bind(&table.database_name)
    .bind(&table.name)
    .bind(record::write(&table)?)
    .execute(connection)
    .await?;
    match created.rows_affected() {
        0 => {
            let message = format!("table '{}.{}' already exists", table.database_name, table.name);
            Err(Error::new(ErrorKind::AlreadyExists, message))
        }
        _ => Ok(()),
    }
}

pub(super) async fn list(
    connection: &mut AnyConnection,
    database: &str,
    expression: Option<&str>,
    page: PageRequest,
) -> Result<Page<Table>> {
    let limit = page.limit(PAGE)?;
    let pattern = expression.map(whole_name).transpose()?;
    let database = databases::get(connection, database).await?.name;
    let mut rows = sqlx::query("SELECT name, json FROM tables WHERE database_name = $1 AND name > $2 ORDER BY name")
        .bind(database)
        .bind(page.token.unwrap_or_default())
        .fetch(connection);
    let mut items = Vec::new();
    while items.len() <= limit
        && let Some(row) = rows.try_next().await?
    {
        if pattern.as_ref().is_none_or(|pattern| row.try_get(0).is_ok_and(|name| pattern.is_match(name))) {
            items.push(record::read::<Table>(row.try_get(1)?)?);
        }
    }
    Ok(Page::cut(items, limit, |last| last.name.clone()))
}

/// Glue's `GetTables.Expression`, which the whole name must match.
fn whole_name(expression: &str) -> Result<Regex> {
    Regex::new(&format!("^(?:{expression})$"))
        .map_err(|error| Error::invalid(format!("'{expression}' is not a regular expression: {error}")).caused_by(error))
}

pub(super) async fn update(connection: &mut AnyConnection, mut table: Table, how: UpdateTable) -> Result<()> {
    let Stored { id, version, table: old } = find(connection, &table.database_name, &table.name).await?;
    if how.expected_version.as_ref().is_some_and(|expected| *expected != version.to_string()) {
        let expected = how.expected_version.unwrap_or_default();
        let message = format!(
            "table '{}.{}' is at version {version}, not at {expected}: read it again and repeat the change",
            old.database_name, old.name
        );
        return Err(Error::new(ErrorKind::Conflict, message));
    }
    if old.partition_keys() != table.partition_keys() {
        partitions::rekey(connection, id, &old, &table).await?;
    }
    if !how.skip_archive {
        sqlx::query("INSERT INTO table_versions (table_id, version, json) VALUES ($1, $2, $3)")
            .bind(id)
            .bind(version)
            .bind(record::write(&old)?)
            .execute(&mut *connection)
            .await?;
    }
    table.database_name = old.database_name;
    table.name = old.name;
    table.create_time = old.create_time;
    table.created_by = table.created_by.or(old.created_by);
    table.update_time = Some(now());
    table.version_id = Some((version + 1).to_string());
    sqlx::query("UPDATE tables SET version = $1, json = $2 WHERE id = $3")
        .bind(version + 1)
        .bind(record::write(&table)?)
        .bind(id)
        .execute(connection)
        .await?;
    Ok(())
}

/// Versions and partitions go with it (foreign keys cascade).
pub(super) async fn delete(connection: &mut AnyConnection, database: &str, table: &str) -> Result<()> {
    let id = find(connection, database, table).await?.id;
    sqlx::query("DELETE FROM tables WHERE id = $1").bind(id).execute(connection).await?;
    Ok(())
}

pub(super) async fn versions(
    connection: &mut AnyConnection,
    database: &str,
    table: &str,
    page: PageRequest,
) -> Result<Page<TableVersion>> {
    let limit = page.limit(PAGE)?;
    let below = page.token.as_deref().map_or(Ok(i64::MAX), number)?;
    let id = find(connection, database, table).await?.id;
    let rows = sqlx::query(
        "SELECT version, json FROM tables WHERE id = $1 AND version < $2 \
         UNION ALL SELECT version, json FROM table_versions WHERE table_id = $1 AND version < $2 \
         ORDER BY version DESC LIMIT $3",
    )
    .bind(id)
    .bind(below)
    .bind(limit as i64 + 1)
    .fetch_all(connection)
    .await?;
    let items = rows.iter().map(read_version).collect::<Result<Vec<_>>>()?;
    Ok(Page::cut(items, limit, |last| last.version_id.clone()))
}

fn read_version(row: &AnyRow) -> Result<TableVersion> {
    let version: i64 = row.try_get(0)?;
    Ok(TableVersion { table: record::read(row.try_get(1)?)?, version_id: version.to_string() })
}

fn number(version: &str) -> Result<i64> {
    version.parse().map_err(|_| Error::invalid(format!("'{version}' is not a table version: they are numbers from 0")))
}

pub(super) async fn version(connection: &mut AnyConnection, database: &str, table: &str, version: &str) -> Result<TableVersion> {
    let wanted = number(version)?;
    let stored = find(connection, database, table).await?;
    if stored.version == wanted {
        return Ok(TableVersion { table: stored.table, version_id: wanted.to_string() });
    }
    let row = sqlx::query("SELECT version, json FROM table_versions WHERE table_id = $1 AND version = $2")
        .bind(stored.id)
        .bind(wanted)
        .fetch_optional(connection)
        .await?;
    read_version(&row.ok_or_else(|| version_not_found(&stored, wanted))?)
}

fn version_not_found(stored: &Stored, version: i64) -> Error {
    let message = format!("table '{}.{}' has no version {version}", stored.table.database_name, stored.table.name);
    Error::new(ErrorKind::EntityNotFound, message)
}

pub(super) async fn delete_version(connection: &mut AnyConnection, database: &str, table: &str, version: &str) -> Result<()> {
    let wanted = number(version)?;
    let stored = find(connection, database, table).await?;
    if stored.version == wanted {
        let Table { database_name, name, .. } = stored.table;
        return Err(Error::invalid(format!(
            "version {wanted} of table '{database_name}.{name}' is the current one: it cannot be deleted"
        )));
    }
    let deleted = sqlx::query("DELETE FROM table_versions WHERE table_id = $1 AND version = $2")
        .bind(stored.id)
        .bind(wanted)
        .execute(connection)
        .await?;
    match deleted.rows_affected() {
        0 => Err(version_not_found(&stored, wanted)),
        _ => Ok(()),
    }
}
