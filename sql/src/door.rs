//! By which door a text came, and the statements that differ by it. Athena's SHOW, DESCRIBE and USE are Hive's; by Trino's protocol they
//! are Trino's, and there are transactions, procedures and a session's time zone besides ("SQL statement syntax").

use catalog::Result;

use crate::cursor::Cursor;
use crate::prepared;
use crate::session::like;
use crate::source::Source;
use crate::statement::{DatabaseName, Listing, ObjectName, Statement, Transaction};
use crate::token::Grammar;
use crate::trino;

/// Whose statements a text has.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Door {
    #[default]
    Athena,
    Trino,
}

type Form = fn(&mut Cursor<'_>, Source<'_>) -> Result<Statement>;

/// By their first words; longer phrases come first.
const FORMS: [(&str, Form); 14] = [
    ("SHOW SCHEMAS", schemas),
    ("SHOW TABLES", tables),
    ("SHOW COLUMNS", columns),
    ("SHOW STATS", stats),
    ("SHOW CREATE SCHEMA", create_schema),
    ("SHOW CREATE TABLE", create_table),
    ("SHOW CREATE VIEW", create_view),
    ("DESCRIBE", describe),
    ("DESC", describe),
    ("USE", use_schema),
    ("SET TIME ZONE", time_zone),
    ("START TRANSACTION", start),
    ("COMMIT", commit),
    ("ROLLBACK", rollback),
];

/// The statement of Trino's protocol that `source` is; `None` where it is none that differs.
pub(crate) fn statement(source: Source<'_>) -> Option<Result<Statement>> {
    let mut cursor = Cursor::new(source, Grammar::Trino);
    if cursor.sees("CALL") {
        return Some(call(&mut cursor));
    }
    let (_, form) = FORMS.iter().find(|(words, _)| cursor.sees(words))?;
    Some(form(&mut cursor, source))
}

fn ended(cursor: &mut Cursor<'_>, statement: Statement) -> Result<Statement> {
    cursor.end()?;
    Ok(statement)
}

fn listing(cursor: &mut Cursor<'_>, listing: Listing) -> Result<Statement> {
    ended(cursor, Statement::Show(listing))
}

/// `SHOW SCHEMAS [{FROM | IN} catalog] [LIKE …]`
fn schemas(cursor: &mut Cursor<'_>, _: Source<'_>) -> Result<Statement> {
    cursor.expect("SHOW SCHEMAS")?;
    let catalog = if within(cursor) { Some(cursor.name()?) } else { None };
    let like = like(cursor)?;
    listing(cursor, Listing::Schemas { catalog, like })
}

/// `SHOW TABLES [{FROM | IN} schema] [LIKE …]`
fn tables(cursor: &mut Cursor<'_>, _: Source<'_>) -> Result<Statement> {
    cursor.expect("SHOW TABLES")?;
    let schema = if within(cursor) { Some(schema(cursor)?) } else { None };
    let like = like(cursor)?;
    listing(cursor, Listing::Tables { schema, like })
}

/// `SHOW COLUMNS {FROM | IN} table [LIKE …]`
fn columns(cursor: &mut Cursor<'_>, _: Source<'_>) -> Result<Statement> {
    cursor.expect("SHOW COLUMNS")?;
    if !within(cursor) {
        return Err(cursor.mismatch());
    }
    let table = table(cursor)?;
    let like = like(cursor)?;
    listing(cursor, Listing::Columns { table, like })
}

/// `{DESCRIBE | DESC} table`, and `DESCRIBE INPUT` and `OUTPUT` of a prepared statement.
fn describe(cursor: &mut Cursor<'_>, source: Source<'_>) -> Result<Statement> {
    let prepared = cursor.ahead(1).is_some_and(|token| token.is("INPUT") || token.is("OUTPUT"));
    if prepared && cursor.ahead(2).is_some_and(|token| !token.is_symbol(".")) {
        return prepared::describe(source);
    }
    if !cursor.accept("DESCRIBE") {
        cursor.expect("DESC")?;
    }
    let table = table(cursor)?;
    listing(cursor, Listing::Columns { table, like: None })
}

/// `SHOW STATS FOR table`
fn stats(cursor: &mut Cursor<'_>, _: Source<'_>) -> Result<Statement> {
    cursor.expect("SHOW STATS FOR")?;
    if cursor.is_symbol("(") {
        return Err(cursor.not_supported("SHOW STATS FOR a query"));
    }
    let table = table(cursor)?;
    listing(cursor, Listing::Stats { table })
}

fn create_schema(cursor: &mut Cursor<'_>, _: Source<'_>) -> Result<Statement> {
    cursor.expect("SHOW CREATE SCHEMA")?;
    let schema = schema(cursor)?;
    listing(cursor, Listing::CreateSchema { schema })
}

fn create_table(cursor: &mut Cursor<'_>, _: Source<'_>) -> Result<Statement> {
    cursor.expect("SHOW CREATE TABLE")?;
    let table = table(cursor)?;
    listing(cursor, Listing::CreateTable { table })
}

fn create_view(cursor: &mut Cursor<'_>, _: Source<'_>) -> Result<Statement> {
    cursor.expect("SHOW CREATE VIEW")?;
    let view = table(cursor)?;
    listing(cursor, Listing::CreateView { view })
}

/// `USE [catalog.]schema`
fn use_schema(cursor: &mut Cursor<'_>, _: Source<'_>) -> Result<Statement> {
    cursor.expect("USE")?;
    let database = schema(cursor)?;
    ended(cursor, Statement::Use { database })
}

/// `SET TIME ZONE {LOCAL | value}`, which is the session's property.
fn time_zone(cursor: &mut Cursor<'_>, _: Source<'_>) -> Result<Statement> {
    cursor.expect("SET TIME ZONE")?;
    let name = "time_zone_id".to_owned();
    if cursor.accept("LOCAL") {
        return ended(cursor, Statement::SetSession { name, value: None });
    }
    Ok(Statement::SetSession { name, value: Some(trino::value(cursor.rest())?) })
}

/// `START TRANSACTION [ISOLATION LEVEL …] [, READ {ONLY | WRITE}]`
fn start(cursor: &mut Cursor<'_>, _: Source<'_>) -> Result<Statement> {
    cursor.expect("START TRANSACTION")?;
    const LEVELS: [&str; 4] = ["READ UNCOMMITTED", "READ COMMITTED", "REPEATABLE READ", "SERIALIZABLE"];
    while cursor.peek().is_some() {
        let known = match cursor.accept("ISOLATION LEVEL") {
            true => LEVELS.into_iter().any(|level| cursor.accept(level)),
            false => cursor.accept("READ ONLY") || cursor.accept("READ WRITE"),
        };
        if !known || cursor.peek().is_some() && !cursor.accept_symbol(",") {
            return Err(cursor.mismatch());
        }
    }
    Ok(Statement::Transaction(Transaction::Start))
}

fn commit(cursor: &mut Cursor<'_>, _: Source<'_>) -> Result<Statement> {
    cursor.expect("COMMIT")?;
    cursor.accept("WORK");
    ended(cursor, Statement::Transaction(Transaction::Commit))
}

fn rollback(cursor: &mut Cursor<'_>, _: Source<'_>) -> Result<Statement> {
    cursor.expect("ROLLBACK")?;
    cursor.accept("WORK");
    ended(cursor, Statement::Transaction(Transaction::Rollback))
}

/// `CALL system.runtime.kill_query([query_id =>] 'id' [, [message =>] 'text'])`, the one procedure there is.
fn call(cursor: &mut Cursor<'_>) -> Result<Statement> {
    cursor.expect("CALL")?;
    let begins = cursor.mark();
    let procedure = table(cursor)?;
    let is = |part: &Option<String>, name: &str| part.as_deref().is_none_or(|part| part == name);
    if procedure.name != "kill_query" || !is(&procedure.database, "runtime") || !is(&procedure.catalog, "system") {
        let message = format!("procedure '{procedure}' does not exist; there is system.runtime.kill_query");
        return Err(catalog::Error::not_supported(message).at(cursor.place_at(begins)));
    }
    let (mut query, mut message) = (None, None);
    cursor.expect_symbol("(")?;
    for position in 0.. {
        let named = cursor.ahead(1).is_some_and(|token| token.is_symbol("=>"));
        let name = if named { Some(cursor.name()?) } else { None };
        if named {
            cursor.expect_symbol("=>")?;
        }
        let value = cursor.string()?;
        match (name.as_deref(), position) {
            (Some("query_id"), _) | (None, 0) => query = Some(value),
            (Some("message"), _) | (None, 1) => message = Some(value),
            _ => return Err(cursor.not_supported("another argument of kill_query")),
        }
        if !cursor.accept_symbol(",") {
            break;
        }
    }
    cursor.expect_symbol(")")?;
    cursor.end()?;
    match query {
        Some(query) => Ok(Statement::KillQuery { query, message }),
        None => Err(catalog::Error::invalid("Required procedure argument 'QUERY_ID' is missing").at(cursor.place_at(begins))),
    }
}

fn within(cursor: &mut Cursor<'_>) -> bool {
    cursor.accept("FROM") || cursor.accept("IN")
}

/// `[catalog.]schema`
fn schema(cursor: &mut Cursor<'_>) -> Result<DatabaseName> {
    let first = cursor.name()?;
    match cursor.accept_symbol(".") {
        true => Ok(DatabaseName { catalog: Some(first), name: cursor.name()? }),
        false => Ok(DatabaseName::new(first)),
    }
}

/// `[[catalog.]schema.]name`
fn table(cursor: &mut Cursor<'_>) -> Result<ObjectName> {
    let mut parts = vec![cursor.name()?];
    while parts.len() < 3 && cursor.accept_symbol(".") {
        parts.push(cursor.name()?);
    }
    let mut parts = parts.into_iter().rev();
    let name = parts.next().unwrap_or_default();
    Ok(ObjectName { name, database: parts.next(), catalog: parts.next() })
}

#[cfg(test)]
mod tests {
    use crate::{Door, Statement, parse, parse_by};

    #[test]
    fn statements_of_trinos_protocol() {
        for (text, expected) in [
            ("SHOW SCHEMAS FROM c LIKE 'a%' ESCAPE '$'", {
                "Show(Schemas { catalog: Some(\"c\"), like: Some(NamePattern { like: \"a%\", escape: Some('$') }) })"
            }),
            (
                "show tables in \"C\".s",
                "Show(Tables { schema: Some(DatabaseName { catalog: Some(\"c\"), name: \"s\" }), like: None })",
            ),
            ("DESC a.b.c", {
                "Show(Columns { table: ObjectName { catalog: Some(\"a\"), database: Some(\"b\"), name: \"c\" }, like: None })"
            }),
            (
                "DESCRIBE input",
                "Show(Columns { table: ObjectName { catalog: None, database: None, name: \"input\" }, like: None })",
            ),
            ("DESCRIBE INPUT p", "DescribeInput { name: \"p\" }"),
            ("SHOW STATS FOR t", "Show(Stats { table: ObjectName { catalog: None, database: None, name: \"t\" } })"),
            ("USE a.b", "Use { database: DatabaseName { catalog: Some(\"a\"), name: \"b\" } }"),
            ("SET TIME ZONE LOCAL", "SetSession { name: \"time_zone_id\", value: None }"),
            ("START TRANSACTION READ ONLY, ISOLATION LEVEL READ COMMITTED", "Transaction(Start)"),
            ("COMMIT WORK", "Transaction(Commit)"),
            ("CALL system.runtime.kill_query(query_id => 'q',message => 'm')", {
                "KillQuery { query: \"q\", message: Some(\"m\") }"
            }),
            ("CALL kill_query('q')", "KillQuery { query: \"q\", message: None }"),
            ("SHOW PARTITIONS t", "ShowPartitions { table: ObjectName { catalog: None, database: None, name: \"t\" } }"),
        ] {
            assert_eq!(format!("{:?}", parse_by(Door::Trino, text).unwrap()), expected, "{text}");
        }
        for wrong in [
            "SHOW TABLES 'x'",
            "DESCRIBE EXTENDED t",
            "SHOW COLUMNS t",
            "START TRANSACTION READ",
            "CALL system.runtime.kill_query()",
            "CALL other('x')",
            "SHOW STATS FOR (SELECT 1)",
            "USE a.b.c",
        ] {
            assert!(parse_by(Door::Trino, wrong).is_err(), "{wrong}");
        }
        let Statement::Show(_) = parse_by(Door::Trino, "EXECUTE IMMEDIATE 'SHOW TABLES LIKE ''a%'''").unwrap() else { panic!() };
        assert!(matches!(parse("SHOW TABLES"), Ok(Statement::ShowTables { .. })));
        assert!(parse("START TRANSACTION").is_err());
    }
}
