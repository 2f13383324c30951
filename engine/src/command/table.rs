//! CREATE EXTERNAL TABLE and DROP TABLE, and how a table is changed.

use std::collections::HashSet;
use std::sync::Arc;

use catalog::format::Format;
use catalog::storage::Location;
use catalog::table::{Table, now};
use catalog::{Catalog, Error, ErrorKind, Result, UpdateTable, hive_type};

use super::Rows;
use super::name::Name;

/// Hive's record of when a table was last defined, in seconds; Athena sets it too.
const LAST_DDL_TIME: &str = "transient_lastDdlTime";

/// A table that names no database is made in the session's.
pub(super) async fn create(catalog: &Arc<dyn Catalog>, mut table: Table, session: &str, if_not_exists: bool) -> Result<Rows> {
    if table.database_name.is_empty() {
        session.clone_into(&mut table.database_name);
    }
    check(&table).map_err(|error| error.within(format!("table '{}.{}'", table.database_name, table.name)))?;
    touch(&mut table);
    match catalog.create_table(table).await {
        Err(error) if if_not_exists && error.kind() == ErrorKind::AlreadyExists => Ok(Rows::none()),
        done => done.map(|()| Rows::none()),
    }
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
