//! The embedded catalog: Glue's JSON in an SQL database, an SQLite file by default, PostgreSQL where several nodes share it.
//!
//! All writes of a process go through one task ([`writer`]) and are acknowledged after their commit; reads see a snapshot.
//! Several processes may use one database at the same time.

mod connect;
mod crawlers;
mod crawls;
mod databases;
mod documents;
mod lookup;
mod memory;
mod partitions;
mod queries;
mod record;
mod schema;
mod tables;
#[cfg(test)]
mod tests;
mod writer;

use std::fmt;
use std::path::Path;
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use chrono::{DateTime, Utc};

pub use self::documents::{Document, SEPARATOR};
pub use self::queries::{Lost, QueryKeys, StoredQuery};

use self::connect::Connections;
use self::writer::Writer;
use crate::catalog::{Catalog, Page, PageRequest, PartitionError, UpdateTable};
use crate::crawler::{Classifier, Crawl, Crawler, Schedule};
use crate::error::{Error, ErrorKind, Result};
use crate::filter::PartitionFilter;
use crate::table::{Database, Partition, Table, TableVersion};

/// The database's file in a data directory.
const FILE: &str = "catalog.db";

/// So many partitions share a transaction: others wait for it.
const PARTITIONS: usize = 10_000;

/// The catalog in a data directory or a PostgreSQL database; cheap to clone. Must be made and used within one tokio runtime.
#[derive(Clone)]
pub struct LocalCatalog {
    connections: Connections,
    writer: Writer,
}

impl fmt::Debug for LocalCatalog {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "LocalCatalog({:?})", self.connections.dialect)
    }
}

impl LocalCatalog {
    /// Opens the catalog in the data directory `data`, which is made when it is not there. A fresh catalog has the database
    /// `default`.
    ///
    /// Errors: `NewerSchema` when a newer release wrote it, `Unavailable` when the file cannot be opened, `InvalidInput` for a path
    /// that is not UTF-8.
    pub async fn open(data: &Path) -> Result<Self> {
        std::fs::create_dir_all(data).map_err(|error| {
            let message = format!("cannot make the data directory '{}': {error}", data.display());
            Error::new(ErrorKind::Unavailable, message).caused_by(error)
        })?;
        Self::start(Connections::sqlite(&data.join(FILE)).await?).await
    }

    /// Opens the catalog in the PostgreSQL database at `url`, `postgres://user:password@host:port/database`.
    ///
    /// Errors: `NewerSchema`, `Unavailable`.
    pub async fn connect(url: &str) -> Result<Self> {
        Self::start(Connections::postgres(url).await?).await
    }

    async fn start(connections: Connections) -> Result<Self> {
        schema::migrate(&connections).await?;
        Ok(Self { writer: Writer::start(connections.clone()), connections })
    }

    /// Closes all connections. Nothing acknowledged is lost without it; with it, SQLite leaves one file behind instead of three.
    pub async fn close(self) {
        self.connections.close().await;
    }

    /// Errors: `AlreadyExists`, `InvalidInput` (the name).
    pub async fn create_crawler(&self, crawler: Crawler) -> Result<()> {
        self.writer.write(move |connection| Box::pin(crawlers::create_crawler(connection, crawler))).await
    }

    /// Errors: `EntityNotFound`.
    pub async fn crawler(&self, name: &str) -> Result<Crawler> {
        crawlers::get(&mut *self.connections.statement().await?, name).await
    }

    /// Ordered by name.
    pub async fn crawlers(&self, page: PageRequest) -> Result<Page<Crawler>> {
        crawlers::list(&mut *self.connections.statement().await?, page).await
    }

    /// Replaces the crawler of that name; its version goes up by one.
    ///
    /// Errors: `EntityNotFound`, `Busy` while it runs.
    pub async fn update_crawler(&self, crawler: Crawler) -> Result<()> {
        self.writer.write(move |connection| Box::pin(crawlers::update_crawler(connection, crawler))).await
    }

    /// Replaces the schedule of a crawler, also while it runs; its version stays.
    ///
    /// Errors: `EntityNotFound`.
    pub async fn schedule_crawler(&self, name: &str, schedule: Option<Schedule>) -> Result<()> {
        let name = name.to_owned();
        self.writer.write(move |connection| Box::pin(async move { crawlers::schedule(connection, &name, schedule).await })).await
    }

    /// Deletes the crawler with the history of its runs.
    ///
    /// Errors: `EntityNotFound`, `Busy` while it runs.
    pub async fn delete_crawler(&self, name: &str) -> Result<()> {
        let name = name.to_owned();
        self.writer.write(move |connection| Box::pin(async move { crawlers::delete_crawler(connection, &name).await })).await
    }

    /// Errors: `AlreadyExists`, `InvalidInput` (the name).
    pub async fn create_classifier(&self, classifier: Classifier) -> Result<()> {
        self.writer.write(move |connection| Box::pin(async move { crawlers::create(connection, &classifier).await })).await
    }

    /// Errors: `EntityNotFound`.
    pub async fn classifier(&self, name: &str) -> Result<Classifier> {
        crawlers::get(&mut *self.connections.statement().await?, name).await
    }

    /// Ordered by name.
    pub async fn classifiers(&self, page: PageRequest) -> Result<Page<Classifier>> {
        crawlers::list(&mut *self.connections.statement().await?, page).await
    }

    /// Errors: `EntityNotFound`.
    pub async fn update_classifier(&self, classifier: Classifier) -> Result<()> {
        self.writer.write(move |connection| Box::pin(async move { crawlers::update(connection, &classifier).await })).await
    }

    /// Errors: `EntityNotFound`.
    pub async fn delete_classifier(&self, name: &str) -> Result<()> {
        let name = name.to_owned();
        self.writer
            .write(move |connection| Box::pin(async move { crawlers::delete::<Classifier>(connection, &name).await }))
            .await
    }

    /// Begins a run of `crawler`, which need not be a stored one, and holds it for `owner` (any text that is this process's
    /// alone) until `lease` is over. A run whose lease is over is marked FAILED, with the reason, and this one takes its place.
    ///
    /// Errors: `Busy` while another run's lease lasts.
    pub async fn start_crawl(&self, crawler: &str, owner: &str, lease: Duration) -> Result<Crawl> {
        let (crawler, owner) = (crawler.to_owned(), owner.to_owned());
        self.writer
            .write(move |connection| Box::pin(async move { crawls::start(connection, &crawler, &owner, lease).await }))
            .await
    }

    /// Stores how far the run is and holds it for `lease` from now.
    ///
    /// Errors: `Conflict` when another process has taken the crawler over: the run must stop.
    pub async fn renew_crawl(&self, crawl: &Crawl, lease: Duration) -> Result<()> {
        let crawl = crawl.clone();
        self.writer.write(move |connection| Box::pin(async move { crawls::save(connection, &crawl, Some(lease)).await })).await
    }

    /// Stores the end of the run: `crawl.state` is no longer `Running`.
    ///
    /// Errors: `Conflict` when another process has taken the crawler over, `InvalidInput` for a running one.
    pub async fn finish_crawl(&self, crawl: Crawl) -> Result<()> {
        if crawl.state == crate::crawler::CrawlState::Running {
            return Err(Error::invalid(format!("run {} cannot be finished: its state says that it is running", crawl.crawl_id)));
        }
        self.writer.write(move |connection| Box::pin(async move { crawls::save(connection, &crawl, None).await })).await
    }

    /// The run of the crawler that is going on, and whether it was asked to stop.
    pub async fn running_crawl(&self, crawler: &str) -> Result<Option<(Crawl, bool)>> {
        crawls::running(&mut *self.connections.read().await?, crawler).await
    }

    /// Asks the run of this id to stop; whoever runs it looks every second or so.
    pub async fn ask_to_stop(&self, crawl: &str) -> Result<()> {
        let crawl = crawl.to_owned();
        self.writer.write(move |connection| Box::pin(async move { crawls::ask_to_stop(connection, &crawl).await })).await
    }

    /// Whether the run of this id was asked to stop.
    pub async fn asked_to_stop(&self, crawl: &str) -> Result<bool> {
        crawls::asked_to_stop(&mut *self.connections.statement().await?, crawl).await
    }

    /// The runs of a crawler, newest first.
    pub async fn crawls(&self, crawler: &str, page: PageRequest) -> Result<Page<Crawl>> {
        crawls::list(&mut *self.connections.statement().await?, crawler, page).await
    }

    /// Whether `owner` is the one to run what the schedule of `crawler` had due at `due`: of all that ask, one is told so. When
    /// that one starts no run within `lease`, the same firing can be claimed again. An earlier firing than the last claimed is never won.
    pub async fn claim_schedule(&self, crawler: &str, due: DateTime<Utc>, owner: &str, lease: Duration) -> Result<bool> {
        let (crawler, owner) = (crawler.to_owned(), owner.to_owned());
        self.writer
            .write(move |connection| Box::pin(async move { crawls::claim(connection, &crawler, due, &owner, lease).await }))
            .await
    }

    /// What was saved under `key`.
    pub async fn memory(&self, key: &str) -> Result<Option<Bytes>> {
        memory::get(&mut *self.connections.statement().await?, key).await
    }

    /// Saves bytes under `key` in place of what was there.
    pub async fn save_memory(&self, key: &str, value: Bytes) -> Result<()> {
        let key = key.to_owned();
        self.writer.write(move |connection| Box::pin(async move { memory::save(connection, &key, &value).await })).await
    }

    /// Forgets what was saved under `key`, if anything was.
    pub async fn forget_memory(&self, key: &str) -> Result<()> {
        let key = key.to_owned();
        self.writer.write(move |connection| Box::pin(async move { memory::forget(connection, &key).await })).await
    }
}

#[async_trait]
impl Catalog for LocalCatalog {
    async fn create_database(&self, database: Database) -> Result<()> {
        self.writer.write(move |connection| Box::pin(databases::create(connection, database))).await
    }

    async fn database(&self, name: &str) -> Result<Database> {
        databases::get(&mut *self.connections.statement().await?, name).await
    }

    async fn databases(&self, page: PageRequest) -> Result<Page<Database>> {
        databases::list(&mut *self.connections.statement().await?, page).await
    }

    async fn update_database(&self, name: &str, database: Database) -> Result<()> {
        let name = name.to_owned();
        self.writer.write(move |connection| Box::pin(async move { databases::update(connection, &name, database).await })).await
    }

    async fn delete_database(&self, name: &str) -> Result<()> {
        let name = name.to_owned();
        self.writer.write(move |connection| Box::pin(async move { databases::delete(connection, &name).await })).await
    }

    async fn create_table(&self, table: Table) -> Result<()> {
        self.writer.write(move |connection| Box::pin(tables::create(connection, table))).await
    }

    async fn table(&self, database: &str, name: &str) -> Result<Table> {
        Ok(tables::find(&mut *self.connections.statement().await?, database, name).await?.table)
    }

    async fn tables(&self, database: &str, expression: Option<&str>, page: PageRequest) -> Result<Page<Table>> {
        tables::list(&mut *self.connections.read().await?, database, expression, page).await
    }

    async fn update_table(&self, table: Table, how: UpdateTable) -> Result<()> {
        self.writer.write(move |connection| Box::pin(tables::update(connection, table, how))).await
    }

    async fn delete_table(&self, database: &str, name: &str) -> Result<()> {
        let (database, name) = (database.to_owned(), name.to_owned());
        self.writer.write(move |connection| Box::pin(async move { tables::delete(connection, &database, &name).await })).await
    }

    async fn table_versions(&self, database: &str, name: &str, page: PageRequest) -> Result<Page<TableVersion>> {
        tables::versions(&mut *self.connections.read().await?, database, name, page).await
    }

    async fn table_version(&self, database: &str, name: &str, version: &str) -> Result<TableVersion> {
        tables::version(&mut *self.connections.read().await?, database, name, version).await
    }

    async fn delete_table_version(&self, database: &str, name: &str, version: &str) -> Result<()> {
        let (database, name, version) = (database.to_owned(), name.to_owned(), version.to_owned());
        self.writer
            .write(move |connection| {
                Box::pin(async move { tables::delete_version(connection, &database, &name, &version).await })
            })
            .await
    }

    async fn create_partitions(&self, database: &str, table: &str, partitions: Vec<Partition>) -> Result<Vec<PartitionError>> {
        let mut errors = Vec::new();
        for part in parts(partitions) {
            let (database, table) = (database.to_owned(), table.to_owned());
            let write = self
                .writer
                .write(move |connection| Box::pin(async move { partitions::create(connection, &database, &table, part).await }));
            errors.extend(write.await?);
        }
        Ok(errors)
    }

    async fn update_partitions(&self, database: &str, table: &str, partitions: Vec<Partition>) -> Result<Vec<PartitionError>> {
        let mut errors = Vec::new();
        for part in parts(partitions) {
            let (database, table) = (database.to_owned(), table.to_owned());
            let write = self
                .writer
                .write(move |connection| Box::pin(async move { partitions::update(connection, &database, &table, part).await }));
            errors.extend(write.await?);
        }
        Ok(errors)
    }

    async fn delete_partitions(&self, database: &str, table: &str, values: Vec<Vec<String>>) -> Result<Vec<PartitionError>> {
        let mut errors = Vec::new();
        for part in parts(values) {
            let (database, table) = (database.to_owned(), table.to_owned());
            let write = self
                .writer
                .write(move |connection| Box::pin(async move { partitions::delete(connection, &database, &table, part).await }));
            errors.extend(write.await?);
        }
        Ok(errors)
    }

    async fn partition(&self, database: &str, table: &str, values: &[String]) -> Result<Partition> {
        partitions::get(&mut *self.connections.read().await?, database, table, values).await
    }

    async fn partitions(
        &self,
        database: &str,
        table: &str,
        filter: Option<&PartitionFilter>,
        page: PageRequest,
    ) -> Result<Page<Partition>> {
        lookup::list(&mut *self.connections.read().await?, database, table, filter, page).await
    }
}

/// The whole in transactions' portions; at least one, so that a missing table is noticed.
fn parts<T>(mut all: Vec<T>) -> Vec<Vec<T>> {
    let mut parts = Vec::new();
    while all.len() > PARTITIONS {
        let rest = all.split_off(PARTITIONS);
        parts.push(std::mem::replace(&mut all, rest));
    }
    parts.push(all);
    parts
}
