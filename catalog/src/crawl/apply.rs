//! The only step of a crawl that changes anything: a plan into the catalog. What was written is remembered before each table
//! and the objects last of all, so that a crawl that is killed is simply done again by the next one.

use super::diff::TableChange;
use super::found::DEPRECATED_BY;
use super::memory::Written;
use super::plan::{MissingTable, Places, Plan, PlannedTable, seen_key, written_key};
use super::report::Report;
use crate::catalog::{Catalog, PageRequest, PartitionError, UpdateTable};
use crate::crawler::DeleteBehavior;
use crate::error::{Error, ErrorKind, Result};
use crate::local::LocalCatalog;
use crate::table::{Database, Table};

/// So many partitions are handed to the catalog at once.
const PARTITIONS: usize = 5000;

/// Carries out a plan.
///
/// Errors: those of the catalog; `Conflict` when somebody changed a table since it was compared (crawl again).
pub async fn apply(plan: Plan, places: Places<'_>) -> Result<Report> {
    let mut report = plan.report();
    let Places { catalog, home, .. } = places;
    if plan.create_database && !plan.tables.is_empty() {
        let database = Database { name: plan.request.database.clone(), ..Database::default() };
        match catalog.create_database(database).await {
            Err(error) if error.kind() != ErrorKind::AlreadyExists => return Err(error),
            _ => {}
        }
    }
    for planned in &plan.tables {
        write_table(planned, catalog, home)
            .await
            .map_err(|error| error.within(format!("table '{}'", planned.change.table().name)))?;
    }
    for missing in &plan.missing {
        write_missing(missing, catalog, home).await?;
    }
    report.dry_run = false;
    remember(plan, home).await?;
    Ok(report)
}

async fn write_table(planned: &PlannedTable, catalog: &dyn Catalog, home: &LocalCatalog) -> Result<()> {
    let table = planned.change.table();
    let (database, name) = (table.database_name.as_str(), table.name.as_str());
    match &planned.change {
        // Just as the crawler would have written it, by a crawl whose memory is lost: from now on it is the crawler's.
        TableChange::Keep { table, why } if planned.written.is_empty() && why.is_empty() => {
            remember_table(home, table, &[]).await?
        }
        TableChange::Keep { .. } => {}
        TableChange::Create(table) => {
            remember_table(home, table, &[]).await?;
            catalog.create_table(table.clone()).await?;
        }
        TableChange::Update { table, expected_version, only_statistics, rekeyed, .. } => {
            remember_table(home, table, &planned.written).await?;
            if *rekeyed {
                delete_partitions(catalog, database, name).await?;
            }
            let how = UpdateTable { expected_version: expected_version.clone(), skip_archive: *only_statistics };
            catalog.update_table(table.clone(), how).await?;
        }
    }
    for batch in planned.partitions.create.chunks(PARTITIONS) {
        done(catalog.create_partitions(database, name, batch.to_vec()).await?)?;
    }
    for batch in planned.partitions.update.chunks(PARTITIONS) {
        done(catalog.update_partitions(database, name, batch.to_vec()).await?)?;
    }
    for batch in planned.partitions.delete.chunks(PARTITIONS) {
        done(catalog.delete_partitions(database, name, batch.to_vec()).await?)?;
    }
    let key = seen_key(database, name);
    match &planned.seen {
        Some(seen) => home.save_memory(&key, seen.save().into()).await,
        None => home.forget_memory(&key).await,
    }
}

/// Partitions that somebody else created or deleted meanwhile are as they should be.
fn done(errors: Vec<PartitionError>) -> Result<()> {
    let real = |error: &PartitionError| !matches!(error.error.kind(), ErrorKind::AlreadyExists | ErrorKind::PartitionNotFound);
    match errors.into_iter().find(real) {
        Some(PartitionError { values, error }) => Err(error.within(format!("partition ({})", values.join(", ")))),
        None => Ok(()),
    }
}

async fn delete_partitions(catalog: &dyn Catalog, database: &str, name: &str) -> Result<()> {
    loop {
        let page = catalog.partitions(database, name, None, PageRequest::default()).await?;
        if page.items.is_empty() {
            return Ok(());
        }
        done(
            catalog.delete_partitions(database, name, page.items.into_iter().map(|partition| partition.values).collect()).await?,
        )?;
    }
}

async fn write_missing(missing: &MissingTable, catalog: &dyn Catalog, home: &LocalCatalog) -> Result<()> {
    let table = &missing.table;
    match missing.behavior {
        DeleteBehavior::Log => Ok(()),
        DeleteBehavior::DeleteFromDatabase => match catalog.delete_table(&table.database_name, &table.name).await {
            Err(error) if error.kind() != ErrorKind::TableNotFound => Err(error),
            _ => home.forget_memory(&written_key(&table.database_name, &table.name)).await,
        },
        DeleteBehavior::DeprecateInDatabase => {
            let mut table = table.clone();
            let expected_version = table.version_id.take();
            let now = chrono::Utc::now().timestamp_millis().to_string();
            let parameters = table.parameters.get_or_insert_default();
            if parameters.contains_key(DEPRECATED_BY) {
                return Ok(());
            }
            parameters.insert(DEPRECATED_BY.to_string(), now);
            catalog.update_table(table, UpdateTable { expected_version, skip_archive: false }).await
        }
    }
}

/// Remembers what is about to be written into a table, and what was written last: should the crawl be killed in between,
/// either is the crawler's own.
async fn remember_table(home: &LocalCatalog, table: &Table, written: &[Table]) -> Result<()> {
    let both: Vec<&Table> = std::iter::once(table).chain(written.first()).collect();
    let blob = serde_json::to_vec(&both).map_err(|error| Error::internal("a table cannot be remembered").caused_by(error))?;
    home.save_memory(&written_key(&table.database_name, &table.name), blob.into()).await
}

/// Remembers each target's objects and the tables below it.
async fn remember(plan: Plan, home: &LocalCatalog) -> Result<()> {
    let found = plan.tables.iter().map(|planned| planned.change.table());
    let kept = plan
        .missing
        .iter()
        .filter(|missing| missing.behavior != DeleteBehavior::DeleteFromDatabase)
        .map(|missing| &missing.table);
    let tables: Vec<Written> = found.chain(kept).filter_map(written).collect();
    for (key, (target, mut memory)) in plan.finds.memories {
        let (folder, object) = (target.folder().to_string(), target.to_string());
        memory.tables =
            tables.iter().filter(|table| table.location.starts_with(&folder) || table.location == object).cloned().collect();
        home.save_memory(&key, memory.save()?).await?;
    }
    Ok(())
}

fn written(table: &Table) -> Option<Written> {
    Some(Written {
        database: table.database_name.clone(),
        table: table.name.clone(),
        location: table.storage_descriptor.as_ref()?.location.clone()?,
        partitioned: !table.partition_keys().is_empty(),
    })
}
