//! What commands list, as streams of pages.

use std::sync::Arc;

use catalog::table::{Database, Partition, Table};
use catalog::{Catalog, PartitionFilter, Result};
use futures::{FutureExt as _, Stream};

use super::name::Name;
use crate::page::pages;

pub(super) fn databases(catalog: &Arc<dyn Catalog>) -> impl Stream<Item = Result<Vec<Database>>> + Send + use<> {
    let catalog = Arc::clone(catalog);
    pages(move |page| {
        let catalog = Arc::clone(&catalog);
        async move { catalog.databases(page).await }.boxed()
    })
}

pub(super) fn tables(catalog: &Arc<dyn Catalog>, database: String) -> impl Stream<Item = Result<Vec<Table>>> + Send + use<> {
    let catalog = Arc::clone(catalog);
    pages(move |page| {
        let (catalog, database) = (Arc::clone(&catalog), database.clone());
        async move { catalog.tables(&database, None, page).await }.boxed()
    })
}

pub(super) fn partitions(
    catalog: &Arc<dyn Catalog>,
    table: &Name,
    filter: Option<PartitionFilter>,
) -> impl Stream<Item = Result<Vec<Partition>>> + Send + use<> {
    let (catalog, table) = (Arc::clone(catalog), table.clone());
    pages(move |page| {
        let (catalog, table, filter) = (Arc::clone(&catalog), table.clone(), filter.clone());
        async move { catalog.partitions(&table.database, &table.name, filter.as_ref(), page).await }.boxed()
    })
}
