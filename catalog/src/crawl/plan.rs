//! A crawl up to the point where something would change: what was found, named and compared with the catalog.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::diff::{Policy, TableChange, table_change};
use super::find::{Finds, find};
use super::found::Found;
use super::memory::Memory;
use super::naming::{Namer, holder};
use super::partition_diff::{PartitionChanges, partition_changes};
use super::partition_memory::{self, Compared, Definition, Seen};
use super::progress::Progress;
use super::request::{Request, digest};
use super::table_name::Holder;
use crate::catalog::Catalog;
use crate::crawler::{Classifier, DeleteBehavior};
use crate::error::{Error, ErrorKind, Result};
use crate::local::LocalCatalog;
use crate::storage::{Location, Storage};
use crate::table::Table;

/// What a crawl reads and writes.
#[derive(Debug, Clone, Copy)]
pub struct Places<'a> {
    pub storage: &'a Storage,
    pub catalog: &'a dyn Catalog,
    /// Keeps the crawler's memory, whatever the catalog is.
    pub home: &'a LocalCatalog,
}

/// One table of a plan.
#[derive(Debug)]
pub struct PlannedTable {
    pub found: Found,
    pub change: TableChange,
    pub partitions: PartitionChanges,
    /// What the crawler wrote into it before.
    pub(super) written: Vec<Table>,
    /// What is to be remembered of its partitions once they are written.
    pub(super) seen: Option<Seen>,
}

/// A table that the crawler wrote once and does not find any more.
#[derive(Debug)]
pub struct MissingTable {
    pub table: Table,
    pub behavior: DeleteBehavior,
}

/// All that a crawl would change.
#[derive(Debug)]
pub struct Plan {
    pub request: Request,
    pub create_database: bool,
    pub tables: Vec<PlannedTable>,
    pub missing: Vec<MissingTable>,
    pub finds: Finds,
}

/// Looks and compares; changes nothing.
///
/// Errors: those of [`find`] and of the catalog; `LimitExceeded` for more tables than the threshold allows, in Glue's words.
pub async fn plan(request: Request, places: Places<'_>, progress: &Arc<Progress>) -> Result<Plan> {
    let mut memories = BTreeMap::new();
    for target in &request.targets {
        let key = request.memory_key(&Location::parse(&target.path)?);
        memories.insert(key.clone(), remembered(places.home, &key, &request.classifiers).await?);
    }
    let mut finds = find(&request, places.storage, memories, progress).await?;
    let create_database = match places.catalog.database(&request.database).await {
        Ok(_) => false,
        Err(error) if error.kind() == ErrorKind::DatabaseNotFound => true,
        Err(error) => return Err(error),
    };
    let mut namer = Namer { request: &request, catalog: places.catalog, taken: BTreeSet::new(), exists: !create_database };
    let mut tables = Vec::with_capacity(finds.tables.len());
    for found in std::mem::take(&mut finds.tables) {
        let (name, old) = namer.name(&found).await?;
        tables.push(planned(found, &name, old, &request, places).await?);
    }
    let missing = missing(&request, &finds, &tables, places.catalog).await?;
    Ok(Plan { create_database, tables, missing, finds, request })
}

async fn planned(found: Found, name: &str, old: Option<Table>, request: &Request, places: Places<'_>) -> Result<PlannedTable> {
    let (options, database) = (&request.options, &request.database);
    let written = written(places.home, database, name).await?;
    let mut wanted = found.table(database, name, request.writer());
    if !found.keys.is_empty() && options.partition_index {
        for parameters in [&mut wanted.parameters, &mut wanted.storage_descriptor.get_or_insert_default().parameters] {
            parameters.get_or_insert_default().insert("partition_filtering.enabled".to_string(), "true".to_string());
        }
    }
    let policy = Policy { update: options.update, merge_new_columns: options.merge_new_columns };
    let change = table_change(&found, wanted, old.as_ref(), &written, policy);
    let rekeyed = matches!(change, TableChange::Update { rekeyed: true, .. });
    let (policies, now) = ((options.update, options.delete), chrono::Utc::now().timestamp_millis());
    let how = format!("{policies:?}{}", request.writer());
    // A table that is only now made has no time yet: what is remembered of it begins with the next crawl.
    let known = old.as_ref().filter(|_| !rekeyed && !found.keys.is_empty());
    let (compared, seen) = match known {
        Some(old) => {
            let definition = Definition::of(old, change.table(), &how);
            let seen = Seen::of(&found.partitions, &definition);
            let before = places.home.memory(&seen_key(database, name)).await?.map(|blob| Seen::load(&blob));
            let both = (before.as_ref(), &seen);
            (partition_memory::to_compare(places.catalog, old, &found.partitions, both, &definition).await?, Some(seen))
        }
        None => (Compared { found: (&found.partitions).into(), old: Vec::new() }, None),
    };
    let partitions = partition_changes(&compared.found, change.table(), compared.old, request.writer(), policies, now);
    Ok(PlannedTable { found, change, partitions, written, seen })
}

/// The memory under a key. One that cannot be read or was made with other classifiers costs only time: all is read anew.
async fn remembered(home: &LocalCatalog, key: &str, classifiers: &[Classifier]) -> Result<Memory> {
    let classifiers = digest(&serde_json::to_string(classifiers).unwrap_or_default());
    let mut memory = match home.memory(key).await? {
        None => Memory::default(),
        Some(blob) => match Memory::load(&blob) {
            Ok(memory) => memory.unwrap_or_default(),
            Err(error) => {
                tracing::warn!(%key, %error, "reading everything anew");
                Memory::default()
            }
        },
    };
    if memory.classifiers != classifiers {
        memory = Memory { tables: memory.tables, classifiers, ..Memory::default() };
    }
    Ok(memory)
}

/// The key under which is kept what the crawler wrote into a table.
pub(super) fn written_key(database: &str, table: &str) -> String {
    format!("table/{database}/{table}")
}

/// The key under which is kept which partitions of a table a crawl has seen.
pub(super) fn seen_key(database: &str, table: &str) -> String {
    format!("partitions/{database}/{table}")
}

async fn written(home: &LocalCatalog, database: &str, table: &str) -> Result<Vec<Table>> {
    let Some(blob) = home.memory(&written_key(database, table)).await? else { return Ok(Vec::new()) };
    serde_json::from_slice(&blob)
        .map_err(|error| Error::bad_data(format!("what is remembered of table '{database}.{table}' is damaged")).caused_by(error))
}

/// Tables that were written by earlier crawls of these targets and were not found now.
async fn missing(request: &Request, finds: &Finds, tables: &[PlannedTable], catalog: &dyn Catalog) -> Result<Vec<MissingTable>> {
    let found: BTreeSet<&str> = tables.iter().map(|planned| planned.change.table().name.as_str()).collect();
    let mut missing = Vec::new();
    let mut asked = BTreeSet::new();
    for written in finds.memories.values().flat_map(|(_, memory)| &memory.tables) {
        if written.database != request.database || found.contains(written.table.as_str()) || !asked.insert(&written.table) {
            continue;
        }
        match catalog.table(&written.database, &written.table).await {
            Ok(table) if holder(Some(&table), &written.location) == Holder::Same => {
                missing.push(MissingTable { table, behavior: request.options.delete })
            }
            // Somebody dropped it, or made another of it.
            Ok(_) => {}
            Err(error) if matches!(error.kind(), ErrorKind::TableNotFound | ErrorKind::DatabaseNotFound) => {}
            Err(error) => return Err(error),
        }
    }
    Ok(missing)
}
