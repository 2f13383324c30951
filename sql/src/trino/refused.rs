//! Statements of Trino and Athena that are parsed and not done: what is wrong in them is told as what is wrong in any other,
//! and what is right is refused by its name.

use catalog::{Error, Result};

use super::{limits, name, recognise};
use crate::cursor::Cursor;
use crate::source::Source;
use crate::token::Grammar;

/// By name, the grammar of each, as [`recognise`] reads it.
pub(super) const STATEMENTS: &[(&str, &str)] = &[
    ("INSERT", "INSERT INTO <name> [<branch>] [<columns>] <query>"),
    ("UPDATE", "UPDATE <name> [<branch>] SET <assignment>,.. [WHERE <expression>]"),
    ("DELETE", "DELETE FROM <name> [<branch>] [WHERE <expression>]"),
    ("MERGE", "MERGE INTO <name> [<branch>] [[AS] <identifier>] USING <relation> ON <expression> <merge>.."),
    ("UNLOAD", "UNLOAD ( <query> ) TO <string> [WITH <properties>]"),
    ("OPTIMIZE", "OPTIMIZE <name> REWRITE DATA USING BIN_PACK [WHERE <expression>]"),
    ("VACUUM", "VACUUM <name>"),
    ("TRUNCATE TABLE", "TRUNCATE TABLE <name>"),
    ("ANALYZE", "ANALYZE <name> [WITH <properties>]"),
    ("CALL", "CALL <name> ( [<argument>,..] )"),
    ("COMMENT ON", "COMMENT ON {TABLE | VIEW | COLUMN} <name> IS {NULL | <string>}"),
    (
        "GRANT",
        "GRANT <privileges> {ON <entity> TO <principal> [WITH GRANT OPTION] \
        | TO <principal>,.. [WITH ADMIN OPTION] [GRANTED BY <grantor>] [IN <identifier>]}",
    ),
    (
        "REVOKE",
        "REVOKE [{GRANT OPTION FOR | ADMIN OPTION FOR}] <privileges> {ON <entity> FROM <principal> \
        | FROM <principal>,.. [GRANTED BY <grantor>] [IN <identifier>]}",
    ),
    ("DENY", "DENY <privileges> ON <entity> TO <principal>"),
    ("SET SESSION AUTHORIZATION", "SET SESSION AUTHORIZATION {<identifier> | <string>}"),
    ("RESET SESSION AUTHORIZATION", "RESET SESSION AUTHORIZATION"),
    ("SET ROLE", "SET ROLE {ALL | NONE | <identifier>} [IN <identifier>]"),
    ("SET TIME ZONE", "SET TIME ZONE {LOCAL | <expression>}"),
    ("SET PATH", "SET PATH <name>,.."),
    ("START TRANSACTION", "START TRANSACTION [<mode>,..]"),
    ("COMMIT", "COMMIT [WORK]"),
    ("ROLLBACK", "ROLLBACK [WORK]"),
    ("REFRESH MATERIALIZED VIEW", "REFRESH MATERIALIZED VIEW <name>"),
    ("USING EXTERNAL FUNCTION", "USING <external>,.. <query>"),
    (
        "ALTER VIEW",
        "ALTER VIEW [IF EXISTS] <name> {RENAME TO <name> | SET AUTHORIZATION <principal> | SET TBLPROPERTIES <texts> \
        | UNSET TBLPROPERTIES [IF EXISTS] ( <text>,.. ) | REFRESH | AS <query>}",
    ),
    (
        "ALTER MATERIALIZED VIEW",
        "ALTER MATERIALIZED VIEW [IF EXISTS] <name> \
        {RENAME TO <name> | SET PROPERTIES <property>,.. | SET AUTHORIZATION <principal>}",
    ),
    ("ALTER SCHEMA … RENAME TO", "ALTER SCHEMA <name> RENAME TO <identifier>"),
    ("ALTER SCHEMA … SET AUTHORIZATION", "ALTER SCHEMA <name> SET AUTHORIZATION <principal>"),
    ("ALTER DATABASE … SET LOCATION", "ALTER {DATABASE | SCHEMA} <name> SET {LOCATION | MANAGEDLOCATION} <text>"),
    ("ALTER DATABASE … SET OWNER", "ALTER {DATABASE | SCHEMA} <name> SET OWNER {USER | ROLE} <identifier>"),
    ("ALTER TABLE … UNSET TBLPROPERTIES", "ALTER TABLE <name> UNSET TBLPROPERTIES [IF EXISTS] ( <text>,.. )"),
    ("ALTER TABLE … SET SERDE", "ALTER TABLE <name> [<partition>] SET SERDE <text> [WITH SERDEPROPERTIES <texts>]"),
    ("ALTER TABLE … SET SERDEPROPERTIES", "ALTER TABLE <name> [<partition>] SET SERDEPROPERTIES <texts>"),
    ("ALTER TABLE … SET FILEFORMAT", "ALTER TABLE <name> [<partition>] SET FILEFORMAT <identifier>"),
    ("ALTER TABLE … EXCHANGE PARTITION", "ALTER TABLE <name> EXCHANGE <partition> WITH TABLE <name>"),
    ("ALTER TABLE … RENAME TO", "ALTER TABLE [IF EXISTS] <name> RENAME TO <name>"),
    ("ALTER TABLE … RENAME COLUMN", "ALTER TABLE [IF EXISTS] <name> RENAME COLUMN [IF EXISTS] <name> TO <identifier>"),
    ("ALTER TABLE … ADD COLUMN", "ALTER TABLE [IF EXISTS] <name> ADD COLUMN [IF NOT EXISTS] <column> [<position>]"),
    ("ALTER TABLE … DROP COLUMN", "ALTER TABLE [IF EXISTS] <name> DROP COLUMN [IF EXISTS] <name>"),
    (
        "ALTER TABLE … ALTER COLUMN",
        "ALTER TABLE [IF EXISTS] <name> ALTER COLUMN <name> \
        {SET DATA TYPE <type> | SET DEFAULT <expression> | DROP NOT NULL | DROP DEFAULT}",
    ),
    ("ALTER TABLE … SET AUTHORIZATION", "ALTER TABLE [IF EXISTS] <name> SET AUTHORIZATION <principal>"),
    ("ALTER TABLE … SET PROPERTIES", "ALTER TABLE [IF EXISTS] <name> SET PROPERTIES <property>,.."),
    ("ALTER TABLE … EXECUTE", "ALTER TABLE [IF EXISTS] <name> EXECUTE <identifier> [( [<argument>,..] )] [WHERE <expression>]"),
    (
        "CREATE MATERIALIZED VIEW",
        "CREATE [OR REPLACE] MATERIALIZED VIEW [IF NOT EXISTS] <name> [GRACE PERIOD <value>] \
        [WHEN STALE {INLINE | FAIL}] [COMMENT <string>] [WITH <properties>] AS <query>",
    ),
    ("CREATE FUNCTION", "CREATE [OR REPLACE] FUNCTION <name> ( <rest>"),
    ("CREATE ROLE", "CREATE ROLE <identifier> [WITH ADMIN <grantor>] [IN <identifier>]"),
    (
        "CREATE CATALOG",
        "CREATE CATALOG [IF NOT EXISTS] <identifier> USING <identifier> [COMMENT <string>] \
        [AUTHORIZATION <principal>] [WITH <properties>]",
    ),
    ("CREATE SCHEMA … AUTHORIZATION", "CREATE SCHEMA [IF NOT EXISTS] <name> AUTHORIZATION <principal> [WITH <properties>]"),
    ("CREATE SCHEMA … WITH", "CREATE SCHEMA [IF NOT EXISTS] <name> WITH <properties>"),
    (
        "CREATE TABLE AS SELECT",
        "CREATE [OR REPLACE] TABLE [IF NOT EXISTS] <name> [<columns>] [COMMENT <string>] [WITH <properties>] \
        AS <query> [WITH [NO] DATA]",
    ),
    (
        "CREATE TABLE in Trino's form",
        "CREATE [OR REPLACE] TABLE [IF NOT EXISTS] <name> ( <element>,.. ) [COMMENT <string>] \
        [WITH <properties>]",
    ),
    (
        "CREATE BRANCH",
        "CREATE {OR REPLACE BRANCH | BRANCH [IF NOT EXISTS]} <identifier> [WITH <properties>] IN TABLE <name> \
        [FROM <identifier>]",
    ),
    ("DROP MATERIALIZED VIEW", "DROP MATERIALIZED VIEW [IF EXISTS] <name>"),
    ("DROP FUNCTION", "DROP FUNCTION [IF EXISTS] <name> ( [<parameter>,..] )"),
    ("DROP ROLE", "DROP ROLE [IF EXISTS] <identifier> [IN <identifier>]"),
    ("DROP CATALOG", "DROP CATALOG [IF EXISTS] <identifier> [{CASCADE | RESTRICT}]"),
    ("DROP BRANCH", "DROP BRANCH [IF EXISTS] <identifier> IN TABLE <name>"),
    ("SHOW STATS", "SHOW STATS FOR {( <query> ) | <name>}"),
    ("SHOW GRANTS", "SHOW GRANTS [ON <entity>]"),
    ("SHOW ROLES", "SHOW ROLES [<within>]"),
    ("SHOW CURRENT ROLES", "SHOW CURRENT ROLES [<within>]"),
    ("SHOW ROLE GRANTS", "SHOW ROLE GRANTS [<within>]"),
    ("SHOW CREATE SCHEMA", "SHOW CREATE SCHEMA <name>"),
    ("SHOW CREATE FUNCTION", "SHOW CREATE FUNCTION <name>"),
    ("SHOW CREATE MATERIALIZED VIEW", "SHOW CREATE MATERIALIZED VIEW <name>"),
    ("SHOW SCHEMAS with a catalog or ESCAPE", "SHOW SCHEMAS [<within>] [<like>]"),
    ("SHOW TABLES … ESCAPE", "SHOW TABLES [{FROM | IN} <name>] [<like>]"),
    ("SHOW COLUMNS … LIKE", "SHOW COLUMNS {FROM | IN} <name> [<like>]"),
];

/// The error for a statement that is one of those which are refused, where `text` begins with one's words: `NotSupported`, or
/// `Syntax` where it is not well written. Some begin as statements that are done; those are for [`refused_otherwise`].
pub(crate) fn refused(source: Source<'_>) -> Option<Error> {
    let begun = |grammar: &str| {
        let shared = [
            "CREATE SCHEMA",
            "CREATE [OR REPLACE] TABLE [",
            "ALTER TABLE",
            "ALTER SCHEMA",
            "ALTER {DATABASE",
            "SHOW SCHEMAS",
            "SHOW TABLES",
            "SHOW COLUMNS",
        ];
        !shared.iter().any(|head| grammar.starts_with(head))
    };
    let cursor = Cursor::new(source, Grammar::Trino);
    let (what, grammar) =
        STATEMENTS.iter().find(|(_, grammar)| begun(grammar) && recognise::begins(&cursor, head(grammar), 0))?;
    let right = name::check(&cursor).and_then(|()| recognised(source, grammar));
    Some(match right {
        Ok(()) => missing(what, source),
        Err(error) => error,
    })
}

/// As [`refused`], for a text that is no statement that is done, which `error` says: it may still be a right one of those which
/// are refused. Names in it may have Hive's quotes.
pub(crate) fn refused_otherwise(source: Source<'_>, error: Error) -> Error {
    let found = STATEMENTS.iter().find(|(_, grammar)| recognised(source, grammar).is_ok());
    found.map_or(error, |(name, _)| missing(name, source))
}

/// As [`refused`], for a text that can only be the statement of this name.
pub(crate) fn refused_as(what: &'static str, source: Source<'_>) -> Error {
    let cursor = Cursor::new(source, Grammar::Trino);
    let grammar = STATEMENTS.iter().find(|(name, _)| *name == what).map_or("", |(_, grammar)| grammar);
    match name::check(&cursor).and_then(|()| recognised(source, grammar)) {
        Ok(()) => missing(what, source),
        Err(error) => error,
    }
}

fn missing(name: &str, source: Source<'_>) -> Error {
    Error::not_supported(format!("{name} is not supported yet")).at(source.start)
}

/// What a grammar begins with before its first rule.
fn head(grammar: &'static str) -> &'static str {
    let mut rest = grammar;
    while !rest.is_empty() {
        let (item, after) = recognise::item(rest);
        if item.contains('<') {
            break;
        }
        rest = after.trim_start();
    }
    grammar[..grammar.len() - rest.len()].trim_end()
}

/// Whether the whole text is as `grammar` says.
fn recognised(source: Source<'_>, grammar: &'static str) -> Result<()> {
    let mut cursor = Cursor::new(source, Grammar::Trino);
    limits::with_stack(|| {
        recognise::read(&mut cursor, grammar)?;
        cursor.end()
    })
}

/// The first words of all statements, for the error where a text begins with none of them.
pub(crate) fn heads() -> impl Iterator<Item = &'static str> {
    STATEMENTS.iter().map(|(_, grammar)| grammar.split(' ').next().unwrap_or_default())
}
