//! Predicates that the library's syntax tree has no place for, as calls: `"$unique"((query))`,
//! `"$match"(kind, unique, (query), value, …)` with the fields of the row, and `"$overlaps"(start, end, start, end)`
//! (Trino's documentation, "Comparison functions and operators", "Date and time functions and operators").

use catalog::{ErrorKind, Result};
use sqlparser::ast::{Expr, Value};

use super::expression::value;
use super::special::text;
use super::{call, query};
use crate::cursor::Cursor;

const KINDS: [&str; 3] = ["SIMPLE", "PARTIAL", "FULL"];

/// Whether such a predicate begins here. MATCH and OVERLAPS are also names.
pub(super) fn begins(cursor: &Cursor<'_>) -> bool {
    let bracket = |places: usize| cursor.ahead(places).is_some_and(|token| token.is_symbol("("));
    if cursor.sees("OVERLAPS") {
        return bracket(1) || cursor.ahead(1).is_some_and(|token| token.is("ROW"));
    }
    let word = |places: usize, words: &[&str]| cursor.ahead(places).is_some_and(|token| words.iter().any(|word| token.is(word)));
    let unique = 1 + usize::from(word(1, &["UNIQUE"]));
    let kind = unique + usize::from(word(unique, &KINDS));
    cursor.sees("MATCH") && query::opens(cursor, kind)
}

/// The predicate after its first operand.
pub(super) fn predicate(cursor: &mut Cursor<'_>, left: Expr) -> Result<Expr> {
    if cursor.accept("OVERLAPS") {
        let mut ends = period(cursor, left)?;
        let right = value(cursor)?;
        ends.extend(period(cursor, right)?);
        return Ok(call::plain("$overlaps", ends));
    }
    cursor.expect("MATCH")?;
    let unique = Expr::Value(Value::Boolean(cursor.accept("UNIQUE")).with_empty_span());
    let kind = KINDS.into_iter().find(|kind| cursor.accept(kind)).unwrap_or("SIMPLE");
    let query = Expr::Subquery(query::subquery(cursor)?);
    let fields = match left {
        Expr::Tuple(fields) => fields,
        Expr::Function(function) if call::is_row(&function) => call::arguments_of(function),
        other => vec![other],
    };
    Ok(call::plain("$match", [text(kind), unique, query].into_iter().chain(fields).collect()))
}

/// The two ends of a period: `(start, end)`.
fn period(cursor: &Cursor<'_>, row: Expr) -> Result<Vec<Expr>> {
    let ends = match row {
        Expr::Tuple(fields) => fields,
        Expr::Function(function) if call::is_row(&function) => call::arguments_of(function),
        _ => Vec::new(),
    };
    if ends.len() == 2 {
        return Ok(ends);
    }
    Err(cursor.error(ErrorKind::Syntax, "an operand of OVERLAPS is a row of two: the start of a period, and its end or length"))
}
