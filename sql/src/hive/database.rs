//! `CREATE`, `ALTER` and `DROP` of databases, which SQL also calls schemas.

use catalog::Result;
use catalog::table::Database;

use super::{name, properties};
use crate::cursor::Cursor;
use crate::statement::Statement;

/// `[IF NOT EXISTS] name [COMMENT '…'] [LOCATION '…'] [WITH DBPROPERTIES (…)]`
pub(super) fn create(cursor: &mut Cursor<'_>) -> Result<Statement> {
    let if_not_exists = cursor.accept("IF NOT EXISTS");
    let name = name::database(cursor)?;
    let description = if cursor.accept("COMMENT") { Some(cursor.string()?) } else { None };
    let location_uri = if cursor.accept("LOCATION") { Some(cursor.string()?) } else { None };
    let parameters = if cursor.accept("WITH DBPROPERTIES") { Some(properties::list(cursor)?) } else { None };
    let database = Database { name: name.name, description, location_uri, parameters, ..Database::default() };
    Ok(Statement::CreateDatabase { catalog: name.catalog, database, if_not_exists })
}

/// `name SET DBPROPERTIES (…)`
pub(super) fn alter(cursor: &mut Cursor<'_>) -> Result<Statement> {
    let database = name::database(cursor)?;
    cursor.expect("SET DBPROPERTIES")?;
    Ok(Statement::AlterDatabase { database, properties: properties::list(cursor)? })
}

/// `[IF EXISTS] name [RESTRICT | CASCADE]`
pub(super) fn drop(cursor: &mut Cursor<'_>) -> Result<Statement> {
    let if_exists = cursor.accept("IF EXISTS");
    let database = name::database(cursor)?;
    let cascade = cursor.accept("CASCADE");
    if !cascade {
        cursor.accept("RESTRICT");
    }
    Ok(Statement::DropDatabase { database, if_exists, cascade })
}
