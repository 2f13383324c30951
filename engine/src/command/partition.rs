//! ALTER TABLE … ADD, DROP and RENAME PARTITION, and changes of one partition.

use std::sync::Arc;

use catalog::storage::Location;
use catalog::table::{Partition, StorageDescriptor, Table};
use catalog::{Catalog, Error, ErrorKind, PartitionError, PartitionFilter, Result};
use futures::TryStreamExt as _;
use sql::{NewPartition, PartitionSpec};

use super::name::Name;
use super::{Rows, page, table};
use catalog::partition_name::partition_name;

/// Without `IF NOT EXISTS` nothing is added when one of them is there.
pub(super) async fn add(catalog: &Arc<dyn Catalog>, name: &Name, new: Vec<NewPartition>, if_not_exists: bool) -> Result<Rows> {
    let table = table::partitioned(catalog, name).await?;
    let mut partitions: Vec<Partition> = Vec::with_capacity(new.len());
    for new in new {
        let values = values(&table, name, &new.spec)?;
        let location = match new.location {
            Some(location) => location,
            None => default_location(&table, &values)?,
        };
        Location::parse(&location)?;
        if partitions.iter().any(|partition| partition.values == values) {
            return Err(exists(&table, name, &values));
        }
        if !if_not_exists && find(catalog, name, &values).await?.is_some() {
            return Err(exists(&table, name, &values));
        }
        partitions.push(of(&table, values, location));
    }
    let failed = catalog.create_partitions(&name.database, &name.name, partitions).await?;
    let forgiven = |error: &PartitionError| if_not_exists && error.error.kind() == ErrorKind::AlreadyExists;
    refused(&table, name, failed.into_iter().filter(|error| !forgiven(error)).collect())?;
    Ok(Rows::none())
}

/// All that any of the filters selects. A filter that selects nothing is an error unless `IF EXISTS` is said, and then nothing is dropped.
pub(super) async fn drop(
    catalog: &Arc<dyn Catalog>,
    name: &Name,
    filters: Vec<PartitionFilter>,
    if_exists: bool,
) -> Result<Rows> {
    let table = table::partitioned(catalog, name).await?;
    let mut doomed: Vec<Vec<String>> = Vec::new();
    for filter in filters {
        let before = doomed.len();
        let mut pages = std::pin::pin!(page::partitions(catalog, name, Some(filter)));
        while let Some(page) = pages.try_next().await? {
            doomed.extend(page.into_iter().map(|partition| partition.values));
        }
        if doomed.len() == before && !if_exists {
            let message = format!("table '{name}' has no such partition; SHOW PARTITIONS lists those it has");
            return Err(Error::new(ErrorKind::PartitionNotFound, message));
        }
    }
    doomed.sort_unstable();
    doomed.dedup();
    let failed = catalog.delete_partitions(&name.database, &name.name, doomed).await?;
    // What somebody else has dropped in between is gone, as was asked for.
    let gone = |error: &PartitionError| error.error.kind() == ErrorKind::PartitionNotFound;
    refused(&table, name, failed.into_iter().filter(|error| !gone(error)).collect())?;
    Ok(Rows::none())
}

/// The files stay where they are: tables are external.
pub(super) async fn rename(catalog: &Arc<dyn Catalog>, name: &Name, from: &PartitionSpec, to: &PartitionSpec) -> Result<Rows> {
    let table = table::partitioned(catalog, name).await?;
    let (from, to) = (values(&table, name, from)?, values(&table, name, to)?);
    let mut partition = catalog.partition(&name.database, &name.name, &from).await?;
    if from == to {
        return Ok(Rows::none());
    }
    partition.values.clone_from(&to);
    refused(&table, name, catalog.create_partitions(&name.database, &name.name, vec![partition]).await?)?;
    refused(&table, name, catalog.delete_partitions(&name.database, &name.name, vec![from]).await?)?;
    Ok(Rows::none())
}

/// Changes the descriptor of one partition.
pub(super) async fn change(
    catalog: &Arc<dyn Catalog>,
    name: &Name,
    spec: &PartitionSpec,
    change: impl Fn(&Table, &mut StorageDescriptor) -> Result<()>,
) -> Result<Rows> {
    let table = table::partitioned(catalog, name).await?;
    let values = values(&table, name, spec)?;
    let mut partition = catalog.partition(&name.database, &name.name, &values).await?;
    change(&table, partition.storage_descriptor.get_or_insert_default())?;
    refused(&table, name, catalog.update_partitions(&name.database, &name.name, vec![partition]).await?)?;
    Ok(Rows::none())
}

/// A partition with the table's columns and format at a location of its own.
pub(super) fn of(table: &Table, values: Vec<String>, location: String) -> Partition {
    let descriptor = StorageDescriptor { location: Some(location), ..table.storage_descriptor.clone().unwrap_or_default() };
    Partition { values, storage_descriptor: Some(descriptor), ..Partition::default() }
}

/// The values of a specification in the order of the table's keys; it must name every key once and nothing else.
pub(super) fn values(table: &Table, name: &Name, spec: &PartitionSpec) -> Result<Vec<String>> {
    let keys = table.partition_keys();
    let wanted = || keys.iter().map(|key| key.name.as_str()).collect::<Vec<_>>().join(", ");
    if let Some((odd, _)) = spec.iter().find(|(key, _)| !keys.iter().any(|column| column.name == *key)) {
        return Err(Error::invalid(format!("'{odd}' is not a partition key of table '{name}', whose keys are {}", wanted())));
    }
    if spec.len() > keys.len() {
        return Err(Error::invalid(format!("a partition key is given twice; table '{name}' has the keys {}", wanted())));
    }
    let value = |key: &catalog::table::Column| {
        spec.iter().find(|(given, _)| *given == key.name).map(|(_, value)| value.clone()).ok_or_else(|| {
            Error::invalid(format!("partition key '{}' is missing; a partition of '{name}' needs {}", key.name, wanted()))
        })
    };
    keys.iter().map(value).collect()
}

async fn find(catalog: &Arc<dyn Catalog>, name: &Name, values: &[String]) -> Result<Option<Partition>> {
    match catalog.partition(&name.database, &name.name, values).await {
        Err(error) if error.kind() == ErrorKind::PartitionNotFound => Ok(None),
        found => found.map(Some),
    }
}

fn default_location(table: &Table, values: &[String]) -> Result<String> {
    let location = table.storage_descriptor.as_ref().and_then(|descriptor| descriptor.location.as_deref());
    let Some(location) = location else {
        return Err(Error::invalid(format!("table '{}' has no location; give the partition one with LOCATION", table.name)));
    };
    Ok(format!("{}/{}/", location.trim_end_matches('/'), partition_name(table.partition_keys(), values)))
}

fn exists(table: &Table, name: &Name, values: &[String]) -> Error {
    let partition = partition_name(table.partition_keys(), values);
    Error::new(ErrorKind::AlreadyExists, format!("partition '{partition}' of table '{name}' already exists"))
}

/// The partitions that a catalog refused as one error of the first one's kind.
pub(super) fn refused(table: &Table, name: &Name, failed: Vec<PartitionError>) -> Result<()> {
    let others = failed.len().saturating_sub(1);
    match failed.into_iter().next() {
        None => Ok(()),
        Some(PartitionError { values, error }) => {
            let partition = partition_name(table.partition_keys(), &values);
            let more = if others > 0 { format!(" (and {others} more partitions)") } else { String::new() };
            Err(error.within(format!("table '{name}', partition '{partition}'{more}")))
        }
    }
}
