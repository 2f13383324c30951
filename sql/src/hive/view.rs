//! `CREATE VIEW`: Hive's and Trino's heads are alike, the query is Trino's and is kept as it is written.

use catalog::Result;

use super::name;
use crate::cursor::Cursor;
use crate::statement::Statement;
use crate::trino;

/// `name [COMMENT '…'] [SECURITY {DEFINER | INVOKER}] AS query`
pub(super) fn create(mut cursor: Cursor<'_>, or_replace: bool) -> Result<Statement> {
    cursor.accept_refused("IF NOT EXISTS", "IF NOT EXISTS on a view (use CREATE OR REPLACE VIEW)");
    let view = name::object(&mut cursor)?;
    if cursor.is_symbol("(") {
        cursor.refuse("a list of columns on a view (name them in its SELECT)", cursor.mark());
        cursor.list(Cursor::name)?;
    }
    let comment = if cursor.accept("COMMENT") { Some(cursor.string()?) } else { None };
    let run_as_invoker = cursor.accept("SECURITY INVOKER");
    if !run_as_invoker {
        cursor.accept("SECURITY DEFINER");
    }
    cursor.expect("AS")?;
    let rest = cursor.rest();
    let query = trino::query(rest)?;
    cursor.done()?;
    Ok(Statement::CreateView { view, or_replace, comment, run_as_invoker, text: rest.text.to_string(), query })
}
