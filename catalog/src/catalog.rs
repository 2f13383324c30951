//! `Catalog`: what Civetta asks of a place that remembers databases, tables and partitions. It has two implementations,
//! [`crate::local::LocalCatalog`] (an SQL database) and [`crate::glue::GlueCatalog`] (the real AWS Glue), and one suite
//! of functions that both must pass, [`crate::conformance`].

use async_trait::async_trait;

use crate::error::{Error, Result};
use crate::filter::PartitionFilter;
use crate::table::{Database, Partition, Table, TableVersion};

/// Which part of a listing is wanted.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PageRequest {
    /// At most this many items; `None` is the implementation's own page size.
    pub limit: Option<usize>,
    /// The `next` of the page before.
    pub token: Option<String>,
}

impl PageRequest {
    /// How many items are wanted, `default` where the request does not say.
    pub(crate) fn limit(&self, default: usize) -> Result<usize> {
        match self.limit {
            Some(0) => Err(Error::invalid("a page holds at least 1 item, 0 were asked for")),
            limit => Ok(limit.unwrap_or(default)),
        }
    }
}

/// One part of a listing.
#[derive(Debug, Clone, PartialEq)]
pub struct Page<T> {
    pub items: Vec<T>,
    /// Absent on the last page, never empty.
    pub next: Option<String>,
}

impl<T> Page<T> {
    /// The page of the first `limit` of `items`; that there are more makes `token` of the last one kept the way to them.
    pub(crate) fn cut(mut items: Vec<T>, limit: usize, token: impl FnOnce(&T) -> String) -> Self {
        let more = items.len() > limit;
        items.truncate(limit);
        let next = items.last().filter(|_| more).map(token);
        Self { items, next }
    }
}

/// How a table is replaced.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct UpdateTable {
    /// The update is refused with `Conflict` unless this is the current `VersionId`.
    pub expected_version: Option<String>,
    /// Do not keep the replaced definition as a version.
    pub skip_archive: bool,
}

/// One partition of a batch that could not be handled; the others were.
#[derive(Debug)]
pub struct PartitionError {
    pub values: Vec<String>,
    pub error: Error,
}

/// A Glue Data Catalog. Names are folded to lower case by the implementation, as Glue folds them when it stores them.
///
/// Errors: `DatabaseNotFound`, `TableNotFound`, `PartitionNotFound`, `EntityNotFound` (versions), `AlreadyExists`,
/// `Conflict` (optimistic versions), `InvalidInput` (names, values, tokens), `AccessDenied`, `Unavailable`.
#[async_trait]
pub trait Catalog: std::fmt::Debug + Send + Sync {
    async fn create_database(&self, database: Database) -> Result<()>;
    async fn database(&self, name: &str) -> Result<Database>;
    /// Ordered by name.
    async fn databases(&self, page: PageRequest) -> Result<Page<Database>>;
    /// Replaces the definition of `name`.
    async fn update_database(&self, name: &str, database: Database) -> Result<()>;
    /// Deletes the database with everything in it, as Glue does.
    async fn delete_database(&self, name: &str) -> Result<()>;

    /// `table.database_name` and `table.name` say where; the first `VersionId` is "0".
    async fn create_table(&self, table: Table) -> Result<()>;
    async fn table(&self, database: &str, name: &str) -> Result<Table>;
    /// Ordered by name. `expression` is a regular expression that the whole name must match (Glue `GetTables.Expression`).
    async fn tables(&self, database: &str, expression: Option<&str>, page: PageRequest) -> Result<Page<Table>>;
    async fn update_table(&self, table: Table, how: UpdateTable) -> Result<()>;
    /// Deletes the table, its versions and its partitions.
    async fn delete_table(&self, database: &str, name: &str) -> Result<()>;

    /// The current definition and the archived ones, newest first.
    async fn table_versions(&self, database: &str, name: &str, page: PageRequest) -> Result<Page<TableVersion>>;
    async fn table_version(&self, database: &str, name: &str, version: &str) -> Result<TableVersion>;
    async fn delete_table_version(&self, database: &str, name: &str, version: &str) -> Result<()>;

    /// Any number of partitions; those that failed come back, the rest are stored.
    async fn create_partitions(&self, database: &str, table: &str, partitions: Vec<Partition>) -> Result<Vec<PartitionError>>;
    /// Replaces partitions that have the same values.
    async fn update_partitions(&self, database: &str, table: &str, partitions: Vec<Partition>) -> Result<Vec<PartitionError>>;
    async fn delete_partitions(&self, database: &str, table: &str, values: Vec<Vec<String>>) -> Result<Vec<PartitionError>>;
    async fn partition(&self, database: &str, table: &str, values: &[String]) -> Result<Partition>;
    /// The partitions that `filter` leaves, each once, in an order that is the implementation's. The comparison is typed by the
    /// table's partition keys; a NULL key ([`crate::table::NULL_PARTITION`]) satisfies none but that with its own text.
    async fn partitions(
        &self,
        database: &str,
        table: &str,
        filter: Option<&PartitionFilter>,
        page: PageRequest,
    ) -> Result<Page<Partition>>;
}
