//! `relation PIVOT (aggregation [AS name], … FOR column IN (value [AS name], …) [GROUP BY …]) [[AS] name [(columns)]]`. What is
//! grouped by stands in the syntax tree where another dialect has a default value, as `"$group_by"(element, …)`.

use catalog::{Error, Result};
use sqlparser::ast::{Expr, ExprWithAlias, PivotValueSource, TableFactor};

use super::expression::expression;
use super::{call, name, relation, select};
use crate::cursor::Cursor;

/// Whether PIVOT begins here: within its brackets is a FOR, which the columns of an alias cannot have.
pub(super) fn begins(cursor: &Cursor<'_>) -> bool {
    let Some(end) = cursor.closing(1) else { return false };
    let mut places = 2;
    while cursor.sees("PIVOT") && places < end {
        if cursor.ahead(places).is_some_and(|token| token.is("FOR")) {
            return true;
        }
        places = cursor.closing(places).unwrap_or(places) + 1;
    }
    false
}

/// The clause after the relation.
pub(super) fn pivot(cursor: &mut Cursor<'_>, table: TableFactor) -> Result<TableFactor> {
    cursor.expect("PIVOT")?;
    cursor.expect_symbol("(")?;
    let mut aggregate_functions = vec![named(cursor)?];
    while cursor.accept_symbol(",") {
        aggregate_functions.push(named(cursor)?);
    }
    cursor.expect("FOR")?;
    let value_column = match cursor.peek().is_some_and(|token| token.is_symbol("(")) {
        true => name::list(cursor)?,
        false => vec![name::identifier(cursor)?],
    };
    cursor.expect("IN")?;
    let value_source = PivotValueSource::List(cursor.list(named)?);
    let mut default_on_null = None;
    if cursor.accept("GROUP BY") {
        let place = cursor.place();
        if select::auto(cursor) {
            return Err(Error::not_supported("GROUP BY AUTO is not supported in PIVOT").at(place));
        }
        default_on_null = Some(call::plain("$group_by", select::group_by(cursor)?));
    }
    cursor.expect_symbol(")")?;
    let alias = relation::accept_alias(cursor)?;
    let value_column = value_column.into_iter().map(Expr::Identifier).collect();
    Ok(TableFactor::Pivot { table: Box::new(table), aggregate_functions, value_column, value_source, default_on_null, alias })
}

/// `expression [[AS] name]`
fn named(cursor: &mut Cursor<'_>) -> Result<ExprWithAlias> {
    let expr = expression(cursor)?;
    let alias = if cursor.accept("AS") { Some(name::identifier(cursor)?) } else { name::accept(cursor) };
    Ok(ExprWithAlias { expr, alias })
}
