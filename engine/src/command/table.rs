//! CREATE EXTERNAL TABLE and DROP TABLE, and how a table is changed.

use std::collections::{BTreeMap, HashSet};
use std::sync::Arc;

use catalog::crawl::{self, Progress, Request};
use catalog::crawler::S3Target;
use catalog::format::Format;
use catalog::storage::{Location, Storage};
use catalog::table::{Table, now};
use catalog::{Catalog, Error, ErrorKind, Result, UpdateTable, hive_type};

use super::Rows;
use super::name::Name;

/// Hive's record of when a table was last defined, in seconds; Athena sets it too.
const LAST_DDL_TIME: &str = "transient_lastDdlTime";

/// Parameters that are true of a moment, and not of a table that is registered.
const OF_A_CRAWL: [&str; 3] = ["metadata_location", "objectCount", "sizeKey"];

/// A table that names no database is made in the session's.
/// The columns of a table of a table format are read from its log.
pub(super) async fn create(
    (catalog, storage): (&Arc<dyn Catalog>, &Storage),
    mut table: Table,
    session: &str,
    if_not_exists: bool,
) -> Result<Rows> {
    if table.database_name.is_empty() {
        session.clone_into(&mut table.database_name);
    }
    let named = format!("table '{}.{}'", table.database_name, table.name);
    check(&table).map_err(|error| error.within(&named))?;
    describe_by_log(storage, &mut table).await.map_err(|error| error.within(&named))?;
    touch(&mut table);
    match catalog.create_table(table).await {
        Err(error) if if_not_exists && error.kind() == ErrorKind::AlreadyExists => Ok(Rows::none()),
        done => done.map(|()| Rows::none()),
    }
}

/// Gives a table of Delta, Iceberg or Hudi the columns and parameters that a crawler would find in its folder. Which of Iceberg's
/// metadata files is the newest is not kept: the table is to follow its folder.
async fn describe_by_log(storage: &Storage, table: &mut Table) -> Result<()> {
    let Some(descriptor) = table.storage_descriptor.as_ref() else { return Ok(()) };
    let (Ok(Format::Table(format)), true) = (Format::of(table, descriptor), table.columns().is_empty()) else { return Ok(()) };
    let target = Location::parse(descriptor.location.as_deref().unwrap_or_default())?.folder();
    let request = Request {
        targets: vec![S3Target { path: target.to_string(), ..S3Target::default() }],
        table_name: Some(table.name.clone()),
        ..Request::default()
    };
    let finds = crawl::find(&request, storage, BTreeMap::new(), &Arc::new(Progress::default())).await?;
    let found = finds.tables.iter().find(|found| {
        found.location.folder() == target && found.parameters.get("classification").is_some_and(|kind| kind == format.name())
    });
    let Some(found) = found else {
        return Err(Error::invalid(format!("there is no {} table at {target}", format.name())));
    };
    if let Some(descriptor) = table.storage_descriptor.as_mut() {
        descriptor.columns = Some(found.columns.clone());
    }
    let parameters = table.parameters.get_or_insert_default();
    for (key, value) in found.parameters.iter().filter(|(key, _)| !OF_A_CRAWL.contains(&key.as_str())) {
        parameters.entry(key.clone()).or_insert_with(|| value.clone());
    }
    Ok(())
}

pub(super) async fn drop(catalog: &Arc<dyn Catalog>, name: &Name, if_exists: bool) -> Result<Rows> {
    let table = match catalog.table(&name.database, &name.name).await {
        Err(error) if if_exists && is_missing(&error) => return Ok(Rows::none()),
        found => found?,
    };
    refuse_view(&table, name, "DROP VIEW")?;
    catalog.delete_table(&name.database, &name.name).await?;
    Ok(Rows::none())
}

/// Neither the table nor its database being there is what `IF EXISTS` forgives.
pub(super) fn is_missing(error: &Error) -> bool {
    matches!(error.kind(), ErrorKind::TableNotFound | ErrorKind::DatabaseNotFound)
}

pub(super) fn refuse_view(table: &Table, name: &Name, instead: &str) -> Result<()> {
    if table.is_view() {
        return Err(Error::invalid(format!("'{name}' is a view, not a table; use {instead}")));
    }
    Ok(())
}

/// The table, if it has partitions.
pub(super) async fn partitioned(catalog: &Arc<dyn Catalog>, name: &Name) -> Result<Table> {
    let table = catalog.table(&name.database, &name.name).await?;
    if table.partition_keys().is_empty() {
        return Err(Error::invalid(format!("table '{name}' is not partitioned")));
    }
    Ok(table)
}

/// Changes a table that may be changed by others at the same time: the change is made once more, on the newer definition, when
/// somebody was faster. `Conflict` if that happens twice.
pub(super) async fn change(catalog: &Arc<dyn Catalog>, name: &Name, change: impl Fn(&mut Table) -> Result<()>) -> Result<Rows> {
    let mut retried = false;
    loop {
        let mut table = catalog.table(&name.database, &name.name).await?;
        refuse_view(&table, name, "CREATE OR REPLACE VIEW")?;
        change(&mut table).map_err(|error| error.within(format!("table '{name}'")))?;
        touch(&mut table);
        let how = UpdateTable { expected_version: table.version_id.clone(), skip_archive: false };
        match catalog.update_table(table, how).await {
            Err(error) if !retried && error.kind() == ErrorKind::Conflict => retried = true,
            done => return done.map(|()| Rows::none()),
        }
    }
}

fn touch(table: &mut Table) {
    let seconds = (now() as i64).to_string();
    table.parameters.get_or_insert_default().insert(LAST_DDL_TIME.into(), seconds);
}

/// Refuses definitions that no query could read.
pub(super) fn check(table: &Table) -> Result<()> {
    let Some(descriptor) = &table.storage_descriptor else {
        return Err(Error::invalid("has neither columns nor a location"));
    };
    match &descriptor.location {
        Some(location) => _ = Location::parse(location)?,
        None => return Err(Error::invalid("no location was specified for table; say LOCATION 's3://bucket/folder/'")),
    }
    check_columns(table)?;
    Format::of(table, descriptor)?;
    Ok(())
}

/// Every type can be read, and no name comes twice, partition keys included.
pub(super) fn check_columns(table: &Table) -> Result<()> {
    let mut names = HashSet::new();
    for column in table.columns().iter().chain(table.partition_keys()) {
        hive_type::parse(column.hive_type()).map_err(|error| error.within(format!("column '{}'", column.name)))?;
        if !names.insert(column.name.as_str()) {
            return Err(Error::invalid(format!("column '{}' is defined more than once", column.name)));
        }
    }
    Ok(())
}
