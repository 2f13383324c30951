//! Crawlers and classifiers in the embedded catalog.

use sqlx::AnyConnection;
use sqlx::{AssertSqlSafe, Row};

use super::{crawls, record};
use crate::catalog::{Page, PageRequest};
use crate::crawler::{Classifier, Crawler, Schedule};
use crate::error::{Error, ErrorKind, Result};
use crate::name;
use crate::table::now;

const PAGE: usize = 100;

/// What is kept by name in a table of its own with the columns `name` and `json`.
pub(super) trait Named: serde::Serialize + serde::de::DeserializeOwned {
    const TABLE: &'static str;
    /// As messages call it.
    const WHAT: &'static str;
    fn name(&self) -> &str;
}

impl Named for Crawler {
    const TABLE: &'static str = "crawlers";
    const WHAT: &'static str = "crawler";
    fn name(&self) -> &str {
        &self.name
    }
}

impl Named for Classifier {
    const TABLE: &'static str = "classifiers";
    const WHAT: &'static str = "classifier";
    fn name(&self) -> &str {
        Self::name(self)
    }
}

fn not_found<T: Named>(name: &str) -> Error {
    Error::new(ErrorKind::EntityNotFound, format!("{} '{name}' does not exist", T::WHAT))
}

pub(super) async fn create<T: Named>(connection: &mut AnyConnection, thing: &T) -> Result<()> {
    // Unlike names of tables, these are not folded: Glue tells `Nightly` from `nightly`.
    name::checked(T::WHAT, thing.name())?;
    let sql = format!("INSERT INTO {} (name, json) VALUES ($1, $2) ON CONFLICT DO NOTHING", T::TABLE);
    let created = sqlx::query(AssertSqlSafe(sql)).bind(thing.name()).bind(record::write(thing)?).execute(connection).await?;
    match created.rows_affected() {
        0 => Err(Error::new(ErrorKind::AlreadyExists, format!("{} '{}' already exists", T::WHAT, thing.name()))),
        _ => Ok(()),
    }
}

pub(super) async fn get<T: Named>(connection: &mut AnyConnection, name: &str) -> Result<T> {
    let sql = format!("SELECT json FROM {} WHERE name = $1", T::TABLE);
    let row = sqlx::query(AssertSqlSafe(sql)).bind(name).fetch_optional(connection).await?;
    record::read(row.ok_or_else(|| not_found::<T>(name))?.try_get(0)?)
}

/// Ordered by name.
pub(super) async fn list<T: Named>(connection: &mut AnyConnection, page: PageRequest) -> Result<Page<T>> {
    let limit = page.limit(PAGE)?;
    let sql = format!("SELECT json FROM {} WHERE name > $1 ORDER BY name LIMIT $2", T::TABLE);
    let rows =
        sqlx::query(AssertSqlSafe(sql)).bind(page.token.unwrap_or_default()).bind(limit as i64 + 1).fetch_all(connection).await?;
    let items = rows.iter().map(|row| record::read(row.try_get(0)?)).collect::<Result<Vec<T>>>()?;
    Ok(Page::cut(items, limit, |last| last.name().to_owned()))
}

pub(super) async fn update<T: Named>(connection: &mut AnyConnection, thing: &T) -> Result<()> {
    let sql = format!("UPDATE {} SET json = $1 WHERE name = $2", T::TABLE);
    let updated = sqlx::query(AssertSqlSafe(sql)).bind(record::write(thing)?).bind(thing.name()).execute(connection).await?;
    match updated.rows_affected() {
        0 => Err(not_found::<T>(thing.name())),
        _ => Ok(()),
    }
}

pub(super) async fn delete<T: Named>(connection: &mut AnyConnection, name: &str) -> Result<()> {
    let sql = format!("DELETE FROM {} WHERE name = $1", T::TABLE);
    let deleted = sqlx::query(AssertSqlSafe(sql)).bind(name).execute(connection).await?;
    match deleted.rows_affected() {
        0 => Err(not_found::<T>(name)),
        _ => Ok(()),
    }
}

pub(super) async fn create_crawler(connection: &mut AnyConnection, mut crawler: Crawler) -> Result<()> {
    crawler.creation_time = Some(now());
    crawler.last_updated = crawler.creation_time;
    crawler.version = 1;
    create(connection, &crawler).await
}

/// Not while it runs: a run reads its definition only once.
pub(super) async fn update_crawler(connection: &mut AnyConnection, mut crawler: Crawler) -> Result<()> {
    let old: Crawler = get(connection, &crawler.name).await?;
    crawls::refuse_running(connection, &crawler.name).await?;
    crawler.creation_time = old.creation_time;
    crawler.last_updated = Some(now());
    crawler.version = old.version + 1;
    update(connection, &crawler).await
}

/// Also while it runs: the run has nothing to do with when the next one is due.
pub(super) async fn schedule(connection: &mut AnyConnection, name: &str, schedule: Option<Schedule>) -> Result<()> {
    let mut crawler: Crawler = get(connection, name).await?;
    crawler.schedule = schedule;
    update(connection, &crawler).await
}

/// Its history and the state of its schedule go with it.
pub(super) async fn delete_crawler(connection: &mut AnyConnection, name: &str) -> Result<()> {
    crawls::refuse_running(connection, name).await?;
    delete::<Crawler>(connection, name).await?;
    crawls::forget(connection, name).await
}
