//! Definitions: Athena's Hive grammar, by recursive descent over the tokens, lowered into the catalog's structs.

pub(crate) mod cursor;
mod literal;

use catalog::Result;

use crate::source::Source;
use crate::statement::Statement;
use crate::token::Grammar;
use cursor::Cursor;

/// Parses one definition, SHOW, DESCRIBE or USE.
pub(crate) fn statement(source: Source<'_>) -> Result<Statement> {
    let mut cursor = Cursor::new(source, Grammar::Hive);
    Err(cursor.mismatch())
}
