//! MSCK REPAIR TABLE: partitions that are in the storage as folders named `k=v` and not in the catalog are added to it. As in Athena
//! nothing is removed; partitions whose folder is gone are named.

use std::collections::BTreeMap;
use std::sync::Arc;

use catalog::storage::{Folder, Location, Storage};
use catalog::table::{Column, Partition, Table};
use catalog::{Catalog, ErrorKind, PartitionError, Result};
use futures::{StreamExt as _, TryStreamExt as _, stream};

use super::name::Name;
use super::{Rows, page, partition, table};
use catalog::partition_name::{parse_folder, partition_name};

/// Folders listed at the same time.
const LISTINGS: usize = 32;

/// Partitions given to the catalog at once, so that a million of them are not held with all their columns.
const BATCH: usize = 10_000;

pub(super) async fn run(catalog: &Arc<dyn Catalog>, storage: &Storage, name: &Name) -> Result<Rows> {
    let table = catalog.table(&name.database, &name.name).await?;
    table::refuse_view(&table, name, "the tables it reads")?;
    let location = table.storage_descriptor.as_ref().and_then(|descriptor| descriptor.location.clone()).unwrap_or_default();
    let root = Location::parse(&location).map_err(|error| error.within(format!("table '{name}'")))?.folder();
    let mut found = Found::default();
    let empty = find(storage, &root, table.partition_keys(), &mut found).await?;
    let missing = known(catalog, name, &root, &mut found).await?;

    let mut lines = Vec::new();
    if empty {
        lines.push(format!("Tables missing on filesystem:\t{}", name.name));
    }
    let new: Vec<String> = found.partitions.keys().map(|values| partition_name(table.partition_keys(), values)).collect();
    let missing: Vec<String> = missing.iter().map(|values| partition_name(table.partition_keys(), values)).collect();
    report(&mut lines, "Partitions not in metastore:", name, &new);
    report(&mut lines, "Partitions missing from filesystem:", name, &missing);
    report(&mut lines, "Folders that are not partitions:", name, &found.odd);
    let added = add(catalog, name, &table, found.partitions).await?;
    lines.extend(added.into_iter().map(|partition| format!("Repair: Added partition to metastore {}:{partition}", name.name)));
    Ok(Rows::lines("result", lines))
}

fn report(lines: &mut Vec<String>, title: &str, name: &Name, what: &[String]) {
    if what.is_empty() {
        return;
    }
    let mut line = String::from(title);
    for one in what {
        line.push('\t');
        line.push_str(&name.name);
        line.push(':');
        line.push_str(one);
    }
    lines.push(line);
}

#[derive(Default)]
struct Found {
    /// Values and folders of the partitions that are in the storage.
    partitions: BTreeMap<Vec<String>, Location>,
    /// Folders at the place of a partition that are none, relative to the table; hidden ones are not among them.
    odd: Vec<String>,
}

/// Walks down the folders, a level for each key. Answers whether there is nothing at all under the table's location.
async fn find(storage: &Storage, root: &Location, keys: &[Column], found: &mut Found) -> Result<bool> {
    let first = storage.list_folder(root).await?;
    let empty = first.folders.is_empty() && first.objects.is_empty();
    let mut listed = vec![(Vec::new(), first)];
    for (depth, key) in keys.iter().enumerate() {
        let mut level = Vec::new();
        for (values, Folder { folders, .. }) in listed {
            for folder in folders {
                visit(root, key, &values, folder, &mut level, &mut found.odd);
            }
        }
        if depth + 1 == keys.len() {
            for (values, folder) in level {
                let path = relative(root, &folder.key).to_owned();
                if found.partitions.insert(values, folder).is_some() {
                    found.odd.push(path);
                }
            }
            break;
        }
        let list = |(values, folder): (Vec<String>, Location)| async move {
            let listed: Result<Folder> = storage.list_folder(&folder).await;
            listed.map(|folder| (values, folder))
        };
        listed = stream::iter(level).map(list).buffer_unordered(LISTINGS).try_collect().await?;
    }
    found.odd.sort_unstable();
    Ok(empty)
}

/// Keeps a folder that is named after `key`; key names in the storage may have capitals, the catalog's have none.
fn visit(
    root: &Location,
    key: &Column,
    parent: &[String],
    folder: String,
    level: &mut Vec<(Vec<String>, Location)>,
    odd: &mut Vec<String>,
) {
    let name = folder.trim_end_matches('/').rsplit('/').next().unwrap_or_default();
    if name.starts_with(['_', '.']) {
        return;
    }
    match parse_folder(name).filter(|(found, _)| catalog::name::fold(found) == key.name) {
        Some((_, value)) => {
            let values = parent.iter().cloned().chain([value]).collect();
            level.push((values, Location { key: folder, ..root.clone() }));
        }
        None => odd.push(relative(root, &folder).to_owned()),
    }
}

fn relative<'a>(root: &Location, key: &'a str) -> &'a str {
    key.strip_prefix(root.key.as_str()).unwrap_or(key).trim_end_matches('/')
}

/// Takes out of `found` what the catalog knows, and answers the values of the partitions that should be under the table's location
/// and are not.
async fn known(catalog: &Arc<dyn Catalog>, name: &Name, root: &Location, found: &mut Found) -> Result<Vec<Vec<String>>> {
    let mut missing = Vec::new();
    let under_root = |partition: &Partition| {
        let location = partition.storage_descriptor.as_ref().and_then(|descriptor| descriptor.location.as_deref());
        location.and_then(|location| Location::parse(location).ok()).is_some_and(|location| {
            location.scheme == root.scheme && location.bucket == root.bucket && location.key.starts_with(&root.key)
        })
    };
    let mut pages = std::pin::pin!(page::partitions(catalog, name, None));
    while let Some(page) = pages.try_next().await? {
        for partition in page {
            if found.partitions.remove(&partition.values).is_none() && under_root(&partition) {
                missing.push(partition.values);
            }
        }
    }
    Ok(missing)
}

/// The names of the partitions that were added; one that somebody else adds in between is not among them.
async fn add(
    catalog: &Arc<dyn Catalog>,
    name: &Name,
    table: &Table,
    new: BTreeMap<Vec<String>, Location>,
) -> Result<Vec<String>> {
    let mut added = Vec::with_capacity(new.len());
    let mut new = new.into_iter().peekable();
    while new.peek().is_some() {
        let batch: Vec<Partition> =
            new.by_ref().take(BATCH).map(|(values, folder)| partition::of(table, values, folder.to_string())).collect();
        let mut values: Vec<Vec<String>> = batch.iter().map(|partition| partition.values.clone()).collect();
        let failed = catalog.create_partitions(&name.database, &name.name, batch).await?;
        values.retain(|values| !failed.iter().any(|failed| failed.values == *values));
        let there = |failed: &PartitionError| failed.error.kind() == ErrorKind::AlreadyExists;
        partition::refused(table, name, failed.into_iter().filter(|failed| !there(failed)).collect())?;
        added.extend(values.iter().map(|values| partition_name(table.partition_keys(), values)));
    }
    Ok(added)
}
