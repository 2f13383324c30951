//! `JSON_TABLE`, which is a table function with a reserved name:
//! `"$json_table"(input, path, path_name, on_error, plan, "$passing"(name, value, …), column, …)`. The path's name and the plan
//! are strings or NULL, `on_error` is `'EMPTY'` or `'ERROR'`, and a column is one of (the types and clauses as in [`super::json`])
//!
//! - `"$ordinality"(name)`
//! - `"$value"(name, type, path, on_empty, default, on_error, default)`
//! - `"$query"(name, type, encoding, path, wrapper, quotes, on_empty, on_error)`
//! - `"$nested"(path, path_name, column, …)`
//!
//! A path that is not given is that of the member with the column's name.

use catalog::{ErrorKind, Result};
use sqlparser::ast::{Expr, Ident, TableFactor, Value};

use super::special::text;
use super::{call, data_type, json, literal, name};
use crate::cursor::Cursor;

/// `JSON_TABLE(input, path … COLUMNS (…) [PLAN …] [{ERROR | EMPTY} ON ERROR])`
pub(super) fn json_table(cursor: &mut Cursor<'_>) -> Result<TableFactor> {
    cursor.expect("JSON_TABLE")?;
    cursor.expect_symbol("(")?;
    let invocation = json::invocation(cursor)?;
    cursor.expect("COLUMNS")?;
    let columns = cursor.list(column)?;
    let plan = if cursor.accept("PLAN") { Some(plan(cursor)?) } else { None };
    let on_error = ["ERROR", "EMPTY"].into_iter().find(|word| cursor.accept(word));
    if on_error.is_some() {
        cursor.expect("ON ERROR")?;
    }
    cursor.expect_symbol(")")?;
    let mut arguments = vec![
        invocation.input,
        invocation.path,
        named(invocation.name),
        text(on_error.unwrap_or("EMPTY")),
        named(plan),
        call::plain("$passing", invocation.passing),
    ];
    arguments.extend(columns);
    Ok(TableFactor::TableFunction { expr: call::plain("$json_table", arguments), alias: None })
}

fn named(value: Option<String>) -> Expr {
    value.map_or_else(|| Expr::Value(Value::Null.with_empty_span()), |value| text(&value))
}

fn column(cursor: &mut Cursor<'_>) -> Result<Expr> {
    cursor.nested(|cursor| {
        let nested = cursor.sees("NESTED PATH")
            || cursor.sees("NESTED") && cursor.ahead(1).is_some_and(|token| token.kind == crate::token::Kind::String);
        if nested {
            return nested_columns(cursor);
        }
        let ident = name::identifier(cursor)?;
        let name = text(&ident.value);
        if cursor.accept("FOR ORDINALITY") {
            return Ok(call::plain("$ordinality", vec![name]));
        }
        let returning = json::type_of(Some(data_type::data_type(cursor)?));
        if let Some(encoding) = json::format(cursor)? {
            let path = path(cursor, &ident)?;
            let mut arguments = vec![name, returning, text(encoding), path];
            arguments.extend(json::shape(cursor)?);
            return Ok(call::plain("$query", arguments));
        }
        let mut arguments = vec![name, returning, path(cursor, &ident)?];
        let mut behaviours = Vec::new();
        for _ in 0..2 {
            let behaviour = json::value_behaviour(cursor)?;
            behaviours.extend(behaviour);
        }
        arguments.extend(json::pick(cursor, behaviours)?.into_iter().flatten());
        Ok(call::plain("$value", arguments))
    })
}

/// `[PATH 'path']`; without one, the member of the column's name, which is in capitals unless it is quoted.
fn path(cursor: &mut Cursor<'_>, column: &Ident) -> Result<Expr> {
    if cursor.accept("PATH") {
        return literal::string(cursor).map(Expr::Value);
    }
    let member = if column.quote_style.is_some() { column.value.clone() } else { column.value.to_uppercase() };
    Ok(text(&format!("lax $.\"{}\"", member.replace('"', "\"\""))))
}

/// `NESTED [PATH] 'path' [AS name] COLUMNS (…)`
fn nested_columns(cursor: &mut Cursor<'_>) -> Result<Expr> {
    cursor.expect("NESTED")?;
    cursor.accept("PATH");
    let path = Expr::Value(literal::string(cursor)?);
    let path_name = if cursor.accept("AS") { Some(name::identifier(cursor)?.value) } else { None };
    cursor.expect("COLUMNS")?;
    let columns = cursor.list(column)?;
    Ok(call::plain("$nested", [path, named(path_name)].into_iter().chain(columns).collect()))
}

/// `(plan)` or `DEFAULT (plan)`, its words with single blanks.
fn plan(cursor: &mut Cursor<'_>) -> Result<String> {
    let mut words = Vec::new();
    if cursor.accept("DEFAULT") {
        words.push("DEFAULT".to_string());
    }
    let end = cursor.closing(0).map(|end| cursor.mark() + end);
    let Some(end) = end else { return Err(cursor.mismatch_with("(")) };
    while cursor.mark() <= end {
        let Some(token) = cursor.peek() else { return Err(cursor.mismatch()) };
        let of_a_plan = ["(", ")", ","].iter().any(|symbol| token.is_symbol(symbol)) || name::is_name(token);
        if !of_a_plan && !["INNER", "OUTER", "UNION", "CROSS"].iter().any(|word| token.is(word)) {
            return Err(cursor.error(
                ErrorKind::Syntax,
                format!("mismatched input '{}'. Expecting: 'CROSS', 'INNER', 'OUTER', 'UNION', <identifier>", token.text),
            ));
        }
        words.push(token.text.to_string());
        cursor.advance();
    }
    Ok(words.join(" "))
}
