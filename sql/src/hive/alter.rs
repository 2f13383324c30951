//! `ALTER TABLE`.

use catalog::table::Column;
use catalog::{ErrorKind, Result};

use super::create_table::columns;
use super::{data_type, name, partition, properties};
use crate::cursor::Cursor;
use crate::statement::{AlterAction, ColumnPlace, NewPartition, PartitionSpec, Statement};

/// `table [PARTITION (…)] action`
pub(super) fn table(cursor: &mut Cursor<'_>) -> Result<Statement> {
    let table = name::object(cursor)?;
    let partition = partition::optional(cursor)?;
    let action = match partition {
        Some(partition) if cursor.accept("RENAME TO PARTITION") => {
            AlterAction::RenamePartition { from: partition, to: partition::spec(cursor)? }
        }
        Some(partition) => either(cursor, Some(partition))?,
        None => whole(cursor)?,
    };
    Ok(Statement::AlterTable { table, action })
}

/// What can be done to a table but not to one partition of it. What else Hive and Trino can do is among the statements that are
/// refused.
fn whole(cursor: &mut Cursor<'_>) -> Result<AlterAction> {
    if cursor.accept("ADD PARTITION") {
        add_partitions(cursor, false)
    } else if cursor.accept("ADD IF NOT EXISTS PARTITION") {
        add_partitions(cursor, true)
    } else if cursor.accept("DROP PARTITION") {
        drop_partitions(cursor, false)
    } else if cursor.accept("DROP IF EXISTS PARTITION") {
        drop_partitions(cursor, true)
    } else if cursor.accept("SET TBLPROPERTIES") {
        Ok(AlterAction::SetProperties { properties: properties::list(cursor)? })
    } else if cursor.accept("CHANGE COLUMN") || cursor.accept("CHANGE") {
        change_column(cursor)
    } else {
        either(cursor, None)
    }
}

/// What can be done to a table or to one partition.
fn either(cursor: &mut Cursor<'_>, partition: Option<PartitionSpec>) -> Result<AlterAction> {
    let action = if cursor.accept("SET LOCATION") {
        AlterAction::SetLocation { partition, location: cursor.string()? }
    } else if cursor.accept("ADD COLUMNS") {
        AlterAction::AddColumns { partition, columns: columns(cursor)? }
    } else if cursor.accept("REPLACE COLUMNS") {
        AlterAction::ReplaceColumns { partition, columns: columns(cursor)? }
    } else {
        return Err(cursor.mismatch());
    };
    no_cascade(cursor);
    Ok(action)
}

/// `(…) [LOCATION '…'] [PARTITION (…) [LOCATION '…']]…`, with or without commas between.
fn add_partitions(cursor: &mut Cursor<'_>, if_not_exists: bool) -> Result<AlterAction> {
    let mut partitions = Vec::new();
    loop {
        let spec = partition::spec(cursor)?;
        let location = if cursor.accept("LOCATION") { Some(cursor.string()?) } else { None };
        partitions.push(NewPartition { spec, location });
        if cursor.accept_symbol(",") {
            cursor.expect("PARTITION")?;
        } else if !cursor.accept("PARTITION") {
            return Ok(AlterAction::AddPartitions { if_not_exists, partitions });
        }
    }
}

/// `(…), PARTITION (…), …`
fn drop_partitions(cursor: &mut Cursor<'_>, if_exists: bool) -> Result<AlterAction> {
    let mut filters = vec![partition::filter(cursor)?];
    while cursor.accept_symbol(",") {
        cursor.expect("PARTITION")?;
        filters.push(partition::filter(cursor)?);
    }
    cursor.accept_refused("PURGE", "PURGE");
    Ok(AlterAction::DropPartitions { if_exists, filters })
}

/// `old new type [COMMENT '…'] [FIRST | AFTER column]`
fn change_column(cursor: &mut Cursor<'_>) -> Result<AlterAction> {
    let column = cursor.name()?;
    let start = cursor.offset();
    let mut to = Column::new(cursor.name()?, data_type::data_type(cursor)?);
    to.comment = if cursor.accept("COMMENT") { Some(cursor.string()?) } else { None };
    let place = if cursor.accept("FIRST") {
        Some(ColumnPlace::First)
    } else if cursor.accept("AFTER") {
        Some(ColumnPlace::After(cursor.name()?))
    } else {
        None
    };
    if place == Some(ColumnPlace::After(to.name.clone())) {
        return Err(cursor.error_at(start, ErrorKind::InvalidInput, format!("column '{}' cannot come after itself", to.name)));
    }
    no_cascade(cursor);
    Ok(AlterAction::ChangeColumn { column, to, place })
}

/// Changing the partitions' own columns with the table's is not done; not changing them is what RESTRICT says.
fn no_cascade(cursor: &mut Cursor<'_>) {
    if !cursor.accept_refused("CASCADE", "CASCADE") {
        cursor.accept("RESTRICT");
    }
}
