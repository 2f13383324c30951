//! `SHOW`, `DESCRIBE` and `MSCK REPAIR TABLE`.

use catalog::Result;

use super::{name, partition};
use crate::cursor::Cursor;
use crate::statement::{DatabaseName, DescribeStyle, ObjectName, Statement};

/// What follows SHOW.
pub(super) fn show(cursor: &mut Cursor<'_>) -> Result<Statement> {
    if cursor.accept("DATABASES") || cursor.accept("SCHEMAS") {
        Ok(Statement::ShowDatabases { like: like(cursor)? })
    } else if cursor.accept("TABLES") {
        Ok(Statement::ShowTables { database: within(cursor)?, like: like(cursor)? })
    } else if cursor.accept("VIEWS") {
        Ok(Statement::ShowViews { database: within(cursor)?, like: like(cursor)? })
    } else if cursor.accept("COLUMNS") {
        columns(cursor)
    } else if cursor.accept("PARTITIONS") {
        Ok(Statement::ShowPartitions { table: name::object(cursor)? })
    } else if cursor.accept("CREATE TABLE") {
        Ok(Statement::ShowCreateTable { table: name::object(cursor)? })
    } else if cursor.accept("CREATE VIEW") {
        Ok(Statement::ShowCreateView { view: name::object(cursor)? })
    } else if cursor.accept("TBLPROPERTIES") {
        let table = name::object(cursor)?;
        let property = if cursor.is_symbol("(") { cursor.list(Cursor::string)?.into_iter().next() } else { None };
        Ok(Statement::ShowTableProperties { table, property })
    } else {
        Err(cursor.mismatch())
    }
}

/// `[LIKE] 'pattern'` where there may be one.
fn like(cursor: &mut Cursor<'_>) -> Result<Option<String>> {
    if cursor.accept("LIKE") { cursor.string().map(Some) } else { Ok(cursor.accept_string()) }
}

/// `{IN | FROM} database` where there may be one.
fn within(cursor: &mut Cursor<'_>) -> Result<Option<DatabaseName>> {
    if cursor.accept("IN") || cursor.accept("FROM") { name::database(cursor).map(Some) } else { Ok(None) }
}

/// `{IN | FROM} table [{IN | FROM} database]`
fn columns(cursor: &mut Cursor<'_>) -> Result<Statement> {
    if !cursor.accept("IN") && !cursor.accept("FROM") {
        return Err(cursor.mismatch());
    }
    let table = name::object(cursor)?;
    if table.database.is_some() {
        return Ok(Statement::ShowColumns { table });
    }
    let table = match within(cursor)? {
        Some(database) => ObjectName { catalog: database.catalog, database: Some(database.name), name: table.name },
        None => table,
    };
    Ok(Statement::ShowColumns { table })
}

/// `[EXTENDED | FORMATTED] table [PARTITION (…)] [column[.member…]]`
pub(super) fn describe(cursor: &mut Cursor<'_>) -> Result<Statement> {
    for what in ["DATABASE", "SCHEMA", "FUNCTION"] {
        if cursor.ahead(1).is_some_and(|token| !token.is_symbol(".")) && cursor.accept_refused(what, &format!("DESCRIBE {what}"))
        {
            if cursor.ahead(1).is_some() {
                cursor.accept("EXTENDED");
            }
            let table = name::object(cursor)?;
            return Ok(Statement::Describe { table, style: DescribeStyle::Plain, partition: None, column: None });
        }
    }
    let styled = cursor.ahead(1).is_some_and(|token| !token.is_symbol("."));
    let style = if styled && cursor.accept("EXTENDED") {
        DescribeStyle::Extended
    } else if styled && cursor.accept("FORMATTED") {
        DescribeStyle::Formatted
    } else {
        DescribeStyle::Plain
    };
    let table = name::object(cursor)?;
    let partition = partition::optional(cursor)?;
    let column = if cursor.peek().is_some() { Some(column(cursor)?) } else { None };
    Ok(Statement::Describe { table, style, partition, column })
}

/// `column[.member | .'$elem$' | .'$key$' | .'$value$']…`
fn column(cursor: &mut Cursor<'_>) -> Result<Vec<String>> {
    let mut path = vec![cursor.name()?];
    while cursor.accept_symbol(".") {
        path.push(match cursor.accept_string() {
            Some(part) => part,
            None => cursor.name()?,
        });
    }
    Ok(path)
}

/// `table`; what is added is what is found and not known, nothing is dropped.
pub(super) fn repair(cursor: &mut Cursor<'_>) -> Result<Statement> {
    let table = name::object(cursor)?;
    let dropping = "dropping partitions in MSCK REPAIR TABLE";
    if !cursor.accept_refused("DROP PARTITIONS", dropping) && !cursor.accept_refused("SYNC PARTITIONS", dropping) {
        cursor.accept("ADD PARTITIONS");
    }
    Ok(Statement::RepairTable { table })
}
