//! Definitions: Athena's Hive grammar, by recursive descent over the tokens, lowered into the catalog's structs. Views are
//! defined here too, though what follows their AS is a query in Trino's grammar.

mod alter;
mod create_table;
mod data_type;
mod database;
mod literal;
mod name;
mod partition;
mod properties;
mod show;
mod storage;
mod view;

use catalog::Result;

use crate::cursor::Cursor;
use crate::source::Source;
use crate::statement::Statement;
use crate::token::Grammar;
pub(crate) use literal::{unescape, unquote};

/// Parses one definition, SHOW, DESCRIBE or USE; `grammar` says how its strings are written.
pub(crate) fn statement(source: Source<'_>, grammar: Grammar) -> Result<Statement> {
    let mut cursor = Cursor::new(source, grammar);
    if cursor.accept("CREATE OR REPLACE VIEW") {
        return view::create(cursor, true);
    }
    if cursor.accept("CREATE VIEW") {
        return view::create(cursor, false);
    }
    let statement = definition(&mut cursor)?;
    cursor.end()?;
    Ok(statement)
}

fn definition(cursor: &mut Cursor<'_>) -> Result<Statement> {
    if cursor.accept("CREATE EXTERNAL TABLE") {
        create_table::create(cursor, true)
    } else if cursor.accept("CREATE TABLE") {
        create_table::create(cursor, false)
    } else if cursor.accept("CREATE DATABASE") || cursor.accept("CREATE SCHEMA") {
        database::create(cursor)
    } else if cursor.accept("ALTER DATABASE") || cursor.accept("ALTER SCHEMA") {
        database::alter(cursor)
    } else if cursor.accept("ALTER TABLE") {
        alter::table(cursor)
    } else if cursor.accept("DROP DATABASE") || cursor.accept("DROP SCHEMA") {
        database::drop(cursor)
    } else if cursor.accept("DROP TABLE") {
        let if_exists = cursor.accept("IF EXISTS");
        Ok(Statement::DropTable { table: name::object(cursor)?, if_exists })
    } else if cursor.accept("DROP VIEW") {
        let if_exists = cursor.accept("IF EXISTS");
        Ok(Statement::DropView { view: name::object(cursor)?, if_exists })
    } else if cursor.accept("MSCK REPAIR TABLE") {
        show::repair(cursor)
    } else if cursor.accept("DESCRIBE") || cursor.accept("DESC") {
        show::describe(cursor)
    } else if cursor.accept("USE") {
        Ok(Statement::Use { database: name::database(cursor)? })
    } else if cursor.accept("SHOW") {
        show::show(cursor)
    } else {
        Err(cursor.mismatch())
    }
}

#[cfg(test)]
mod tests;
