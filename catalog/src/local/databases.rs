//! Databases in the embedded catalog.

use sqlx::AnyConnection;
use sqlx::Row;

use super::record;
use crate::catalog::{Page, PageRequest};
use crate::error::{Error, ErrorKind, Result};
use crate::name;
use crate::table::{Database, now};

const PAGE: usize = 100;

pub(super) fn not_found(name: &str) -> Error {
    Error::new(ErrorKind::DatabaseNotFound, format!("database '{name}' does not exist"))
}

pub(super) async fn create(connection: &mut AnyConnection, mut database: Database) -> Result<()> {
    database.name = name::checked("database", &database.name)?;
    database.create_time = Some(now());
    let created = sqlx::query("INSERT INTO databases (name, json) VALUES ($1, $2) ON CONFLICT DO NOTHING")
        .bind(&database.name)
        .bind(record::write(&database)?)
        .execute(connection)
        .await?;
    match created.rows_affected() {
        0 => Err(Error::new(ErrorKind::AlreadyExists, format!("database '{}' already exists", database.name))),
        _ => Ok(()),
    }
}

pub(super) async fn get(connection: &mut AnyConnection, name: &str) -> Result<Database> {
    let name = name::fold(name);
    let row = sqlx::query("SELECT json FROM databases WHERE name = $1").bind(&name).fetch_optional(connection).await?;
    record::read(row.ok_or_else(|| not_found(&name))?.try_get(0)?)
}

pub(super) async fn list(connection: &mut AnyConnection, page: PageRequest) -> Result<Page<Database>> {
    let limit = page.limit(PAGE)?;
    let rows = sqlx::query("SELECT json FROM databases WHERE name > $1 ORDER BY name LIMIT $2")
        .bind(page.token.unwrap_or_default())
        .bind(limit as i64 + 1)
        .fetch_all(connection)
        .await?;
    let items = rows.iter().map(|row| record::read(row.try_get(0)?)).collect::<Result<Vec<Database>>>()?;
    Ok(Page::cut(items, limit, |last| last.name.clone()))
}

pub(super) async fn update(connection: &mut AnyConnection, name: &str, mut database: Database) -> Result<()> {
    let old = get(connection, name).await?;
    database.name = name::fold(&database.name);
    if database.name != old.name {
        return Err(Error::invalid(format!("database '{}' cannot be renamed to '{}'", old.name, database.name)));
    }
    database.create_time = old.create_time;
    sqlx::query("UPDATE databases SET json = $1 WHERE name = $2")
        .bind(record::write(&database)?)
        .bind(&database.name)
        .execute(connection)
        .await?;
    Ok(())
}

/// Tables, versions and partitions go with it (foreign keys cascade).
pub(super) async fn delete(connection: &mut AnyConnection, name: &str) -> Result<()> {
    let name = name::fold(name);
    let deleted = sqlx::query("DELETE FROM databases WHERE name = $1").bind(&name).execute(connection).await?;
    match deleted.rows_affected() {
        0 => Err(not_found(&name)),
        _ => Ok(()),
    }
}
