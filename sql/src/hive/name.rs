//! Dotted names of databases, tables and views.

use catalog::{ErrorKind, Result};

use crate::cursor::Cursor;
use crate::statement::{DatabaseName, ObjectName};

/// `[[catalog.]database.]name`. A single quoted name with one dot in it, `` `db.table` ``, is a database and a table, as in
/// Athena: Hive's names hold no dots.
pub(super) fn object(cursor: &mut Cursor<'_>) -> Result<ObjectName> {
    let start = cursor.offset();
    let mut parts = parts(cursor)?;
    if let [one] = parts.as_slice()
        && let Some((database, table)) = one.split_once('.')
        && !database.is_empty()
        && !table.is_empty()
        && !table.contains('.')
    {
        parts = vec![database.to_string(), table.to_string()];
    }
    let mut parts = parts.into_iter().rev();
    match (parts.next(), parts.next(), parts.next(), parts.next()) {
        (Some(name), database, catalog, None) => Ok(ObjectName { catalog, database, name }),
        _ => Err(cursor.error_at(start, ErrorKind::Syntax, "a table's name has at most three parts, catalog.database.table")),
    }
}

/// `[catalog.]database`
pub(super) fn database(cursor: &mut Cursor<'_>) -> Result<DatabaseName> {
    let start = cursor.offset();
    let mut parts = parts(cursor)?.into_iter().rev();
    match (parts.next(), parts.next(), parts.next()) {
        (Some(name), catalog, None) => Ok(DatabaseName { catalog, name }),
        _ => Err(cursor.error_at(start, ErrorKind::Syntax, "a database's name has at most two parts, catalog.database")),
    }
}

/// `a.b.c`
pub(super) fn parts(cursor: &mut Cursor<'_>) -> Result<Vec<String>> {
    let mut parts = vec![cursor.name()?];
    while cursor.accept_symbol(".") {
        parts.push(cursor.name()?);
    }
    Ok(parts)
}
