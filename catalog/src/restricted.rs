//! A catalog for one who may use some of its databases, or may only read.

use std::collections::BTreeSet;
use std::sync::Arc;

use async_trait::async_trait;

use crate::catalog::{Catalog, Page, PageRequest, PartitionError, UpdateTable};
use crate::error::{Error, ErrorKind, Result};
use crate::filter::PartitionFilter;
use crate::name::fold;
use crate::table::{Database, Partition, Table, TableVersion};

/// A catalog with rules before it; what breaks one is `AccessDenied`.
#[derive(Debug)]
pub struct Restricted {
    inner: Arc<dyn Catalog>,
    /// Folded names; none: all databases.
    databases: Option<BTreeSet<String>>,
    read_only: bool,
}

impl Restricted {
    /// `inner`, of which only these databases may be used (`None`: all), and changed unless `read_only`.
    pub fn new(inner: Arc<dyn Catalog>, databases: Option<BTreeSet<String>>, read_only: bool) -> Self {
        let databases = databases.map(|names| names.iter().map(|name| fold(name)).collect());
        Self { inner, databases, read_only }
    }

    /// What may be read.
    fn readable(&self, database: &str) -> Result<&dyn Catalog> {
        match &self.databases {
            Some(allowed) if !allowed.contains(&fold(database)) => {
                Err(Error::new(ErrorKind::AccessDenied, format!("this access key may not use the database '{database}'")))
            }
            _ => Ok(self.inner.as_ref()),
        }
    }

    /// What may be changed.
    fn writable(&self, database: &str) -> Result<&dyn Catalog> {
        match self.read_only {
            true => Err(Error::new(ErrorKind::AccessDenied, "this access key may only read")),
            false => self.readable(database),
        }
    }
}

#[async_trait]
impl Catalog for Restricted {
    async fn create_database(&self, database: Database) -> Result<()> {
        self.writable(&database.name)?.create_database(database).await
    }

    async fn database(&self, name: &str) -> Result<Database> {
        self.readable(name)?.database(name).await
    }

    /// Those that may be used are looked up one by one: they are few, and pages are full.
    async fn databases(&self, page: PageRequest) -> Result<Page<Database>> {
        let Some(allowed) = &self.databases else { return self.inner.databases(page).await };
        let limit = page.limit(100)?;
        let behind = page.token.unwrap_or_default();
        let mut found = Vec::new();
        for name in allowed.iter().filter(|name| behind.is_empty() || **name > behind) {
            match self.inner.database(name).await {
                Ok(database) => found.push(database),
                Err(error) if error.kind() == ErrorKind::DatabaseNotFound => {}
                Err(error) => return Err(error),
            }
            if found.len() > limit {
                break;
            }
        }
        Ok(Page::cut(found, limit, |last| fold(&last.name)))
    }

    async fn update_database(&self, name: &str, database: Database) -> Result<()> {
        self.writable(&database.name)?;
        self.writable(name)?.update_database(name, database).await
    }

    async fn delete_database(&self, name: &str) -> Result<()> {
        self.writable(name)?.delete_database(name).await
    }

    async fn create_table(&self, table: Table) -> Result<()> {
        self.writable(&table.database_name)?.create_table(table).await
    }

    async fn table(&self, database: &str, name: &str) -> Result<Table> {
        self.readable(database)?.table(database, name).await
    }

    async fn tables(&self, database: &str, expression: Option<&str>, page: PageRequest) -> Result<Page<Table>> {
        self.readable(database)?.tables(database, expression, page).await
    }

    async fn update_table(&self, table: Table, how: UpdateTable) -> Result<()> {
        self.writable(&table.database_name)?.update_table(table, how).await
    }

    async fn delete_table(&self, database: &str, name: &str) -> Result<()> {
        self.writable(database)?.delete_table(database, name).await
    }

    async fn table_versions(&self, database: &str, name: &str, page: PageRequest) -> Result<Page<TableVersion>> {
        self.readable(database)?.table_versions(database, name, page).await
    }

    async fn table_version(&self, database: &str, name: &str, version: &str) -> Result<TableVersion> {
        self.readable(database)?.table_version(database, name, version).await
    }

    async fn delete_table_version(&self, database: &str, name: &str, version: &str) -> Result<()> {
        self.writable(database)?.delete_table_version(database, name, version).await
    }

    async fn create_partitions(&self, database: &str, table: &str, partitions: Vec<Partition>) -> Result<Vec<PartitionError>> {
        self.writable(database)?.create_partitions(database, table, partitions).await
    }

    async fn update_partitions(&self, database: &str, table: &str, partitions: Vec<Partition>) -> Result<Vec<PartitionError>> {
        self.writable(database)?.update_partitions(database, table, partitions).await
    }

    async fn delete_partitions(&self, database: &str, table: &str, values: Vec<Vec<String>>) -> Result<Vec<PartitionError>> {
        self.writable(database)?.delete_partitions(database, table, values).await
    }

    async fn partition(&self, database: &str, table: &str, values: &[String]) -> Result<Partition> {
        self.readable(database)?.partition(database, table, values).await
    }

    async fn partitions(
        &self,
        database: &str,
        table: &str,
        filter: Option<&PartitionFilter>,
        page: PageRequest,
    ) -> Result<Page<Partition>> {
        self.readable(database)?.partitions(database, table, filter, page).await
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::conformance::{self, Expect};
    use crate::local::LocalCatalog;

    async fn local(folder: &std::path::Path) -> Arc<LocalCatalog> {
        Arc::new(LocalCatalog::open(folder).await.unwrap())
    }

    fn database(name: &str) -> Database {
        Database { name: name.to_owned(), ..Database::default() }
    }

    #[tokio::test]
    async fn without_rules_it_is_the_catalog() {
        let folder = tempfile::tempdir().unwrap();
        let catalog = Restricted::new(local(folder.path()).await, None, false);
        conformance::all(&catalog, Expect::LOCAL).await.unwrap();
    }

    #[tokio::test]
    async fn rules_hold() {
        let folder = tempfile::tempdir().unwrap();
        let inner = local(folder.path()).await;
        for name in ["a", "b", "c", "d"] {
            inner.create_database(database(name)).await.unwrap();
        }
        let table = |database: &str| Table { name: "t".into(), database_name: database.into(), ..Table::default() };
        inner.create_table(table("a")).await.unwrap();
        inner.create_table(table("b")).await.unwrap();

        let allowed = ["a", "C", "d", "missing"].map(str::to_owned).into();
        let some = Restricted::new(Arc::clone(&inner) as _, Some(allowed), false);
        let (mut names, mut page) = (Vec::new(), PageRequest { limit: Some(2), token: None });
        loop {
            let found = some.databases(page).await.unwrap();
            assert!(!found.items.is_empty());
            names.extend(found.items.into_iter().map(|database| database.name));
            match found.next {
                Some(token) => page = PageRequest { limit: Some(2), token: Some(token) },
                None => break,
            }
        }
        assert_eq!(names, ["a", "c", "d"]);
        assert!(some.table("A", "t").await.is_ok());
        some.create_database(database("missing")).await.unwrap();
        let denied = |outcome: Result<()>| assert_eq!(outcome.unwrap_err().kind(), ErrorKind::AccessDenied);
        denied(some.table("b", "t").await.map(drop));
        denied(some.tables("B", None, PageRequest::default()).await.map(drop));
        denied(some.create_database(database("e")).await);
        denied(some.update_database("a", database("b")).await);
        denied(some.delete_table("b", "t").await);
        denied(some.partitions("b", "t", None, PageRequest::default()).await.map(drop));

        let reader = Restricted::new(inner, None, true);
        assert!(reader.table("b", "t").await.is_ok());
        denied(reader.delete_table("b", "t").await);
        denied(reader.create_table(table("c")).await);
        denied(reader.create_partitions("a", "t", Vec::new()).await.map(drop));
        denied(reader.delete_database("a").await);
    }
}
