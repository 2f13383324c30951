//! ALTER TABLE: columns, properties and locations. Partitions are in [`super::partition`].

use std::sync::Arc;

use catalog::storage::Location;
use catalog::table::{Column, StorageDescriptor, Table};
use catalog::{Catalog, Error, ErrorKind, Result};
use sql::{AlterAction, ColumnPlace};

use super::name::Name;
use super::{Rows, partition, table};

pub(super) async fn run(catalog: &Arc<dyn Catalog>, name: &Name, action: AlterAction) -> Result<Rows> {
    match action {
        AlterAction::AddPartitions { if_not_exists, partitions } => {
            partition::add(catalog, name, partitions, if_not_exists).await
        }
        AlterAction::DropPartitions { if_exists, filters } => partition::drop(catalog, name, filters, if_exists).await,
        AlterAction::RenamePartition { from, to } => partition::rename(catalog, name, &from, &to).await,
        AlterAction::SetLocation { partition, location } => {
            Location::parse(&location)?;
            change(catalog, name, partition, |descriptor| {
                descriptor.location = Some(location.clone());
                Ok(())
            })
            .await
        }
        AlterAction::SetProperties { properties } => {
            table::change(catalog, name, |table| {
                table.parameters.get_or_insert_default().extend(properties.clone());
                Ok(())
            })
            .await
        }
        AlterAction::AddColumns { partition, columns } => {
            change(catalog, name, partition, |descriptor| {
                descriptor.columns.get_or_insert_default().extend(columns.iter().cloned());
                Ok(())
            })
            .await
        }
        AlterAction::ReplaceColumns { partition, columns } => {
            change(catalog, name, partition, |descriptor| {
                descriptor.columns = Some(columns.clone());
                Ok(())
            })
            .await
        }
        AlterAction::ChangeColumn { column, to, place } => {
            table::change(catalog, name, |table| {
                if table.partition_keys().iter().any(|key| key.name == column) {
                    return Err(Error::invalid(format!("'{column}' is a partition key, which cannot be changed")));
                }
                let columns = table.storage_descriptor.get_or_insert_default().columns.get_or_insert_default();
                change_column(columns, &column, &to, place.as_ref())?;
                table::check_columns(table)
            })
            .await
        }
    }
}

/// Changes the descriptor of the table, or of one partition; the columns must be a table's after it.
async fn change(
    catalog: &Arc<dyn Catalog>,
    name: &Name,
    partition: Option<sql::PartitionSpec>,
    change: impl Fn(&mut StorageDescriptor) -> Result<()>,
) -> Result<Rows> {
    match partition {
        None => {
            table::change(catalog, name, |table| {
                change(table.storage_descriptor.get_or_insert_default())?;
                table::check_columns(table)
            })
            .await
        }
        Some(spec) => {
            partition::change(catalog, name, &spec, |table, descriptor| {
                change(descriptor)?;
                let changed = Table { storage_descriptor: Some(descriptor.clone()), ..table.clone() };
                table::check_columns(&changed)
            })
            .await
        }
    }
}

fn change_column(columns: &mut Vec<Column>, name: &str, to: &Column, place: Option<&ColumnPlace>) -> Result<()> {
    let missing = |name: &str| Error::new(ErrorKind::ColumnNotFound, format!("column '{name}' does not exist"));
    let index = columns.iter().position(|column| column.name == name).ok_or_else(|| missing(name))?;
    let mut changed = columns.remove(index);
    changed.name.clone_from(&to.name);
    changed.r#type.clone_from(&to.r#type);
    if to.comment.is_some() {
        changed.comment.clone_from(&to.comment);
    }
    let index = match place {
        None => index,
        Some(ColumnPlace::First) => 0,
        Some(ColumnPlace::After(other)) => {
            1 + columns.iter().position(|column| column.name == *other).ok_or_else(|| missing(other))?
        }
    };
    columns.insert(index, changed);
    Ok(())
}
