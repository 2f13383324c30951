//! Predicates over rows and tables that are told with plainer ones: `MATCH`, `UNIQUE` and `OVERLAPS` ("Comparison functions and
//! operators", "Date and time functions and operators").
//!
//! A row that does not match all of its fields with those of a table's row has a place of its own here: a NULL in it decides
//! before the table is looked at.

use catalog::{Error, ErrorKind, Result};
use sqlparser::ast::helpers::attached_token::AttachedToken;
use sqlparser::ast::{
    BinaryOperator, CaseWhen, Expr, GroupByExpr, Query, SelectItem, SetExpr, TableAlias, TableAliasColumnDef, TableFactor,
    TableWithJoins, Value,
};

use super::{call, expression, name, query, select};
use crate::cursor::Cursor;

/// Whether `MATCH …` or `OVERLAPS …` begins here; both words are names, too.
pub(super) fn begins(cursor: &Cursor<'_>) -> bool {
    let next = cursor.ahead(1);
    let is = |words: &[&str]| words.iter().any(|word| next.is_some_and(|token| token.is(word)));
    let matches = cursor.sees("MATCH") && (query::begins(cursor, 1) || is(&["UNIQUE", "SIMPLE", "PARTIAL", "FULL"]));
    matches || (cursor.sees("OVERLAPS") && (is(&["ROW"]) || next.is_some_and(|token| token.is_symbol("("))))
}

/// What [`begins`], after its left side.
pub(super) fn predicate(cursor: &mut Cursor<'_>, left: Expr) -> Result<Expr> {
    if cursor.sees("OVERLAPS") { overlaps(cursor, left) } else { matches(cursor, left) }
}

/// `(start, end | length) OVERLAPS (start, end | length)`
fn overlaps(cursor: &mut Cursor<'_>, left: Expr) -> Result<Expr> {
    let mark = cursor.mark();
    cursor.expect("OVERLAPS")?;
    let right = expression::value(cursor)?;
    let mut arguments = Vec::with_capacity(4);
    for period in [left, right] {
        let Ok([start, end]) = <[Expr; 2]>::try_from(fields(period)) else {
            let error =
                Error::new(ErrorKind::TypeMismatch, "OVERLAPS takes a row of the start and the end of a period on both sides");
            return Err(error.at(cursor.place_at(mark)));
        };
        arguments.extend([start.clone(), call::plain("$period_end", vec![start, end])]);
    }
    Ok(call::plain("$overlaps", arguments))
}

/// `MATCH [UNIQUE] [SIMPLE | PARTIAL | FULL] (query)`
fn matches(cursor: &mut Cursor<'_>, left: Expr) -> Result<Expr> {
    cursor.expect("MATCH")?;
    let unique = cursor.accept("UNIQUE");
    let partial = cursor.accept("PARTIAL");
    let full = !partial && cursor.accept("FULL");
    if !partial && !full {
        cursor.accept("SIMPLE");
    }
    let table = query::in_brackets(cursor)?;
    let fields = fields(left);
    let equal = fields.iter().enumerate().map(|(at, field)| {
        let same = binary(column(at), BinaryOperator::Eq, field.clone());
        if partial { Expr::Nested(Box::new(binary(is_null(field), BinaryOperator::Or, same))) } else { same }
    });
    let condition = all(equal, &BinaryOperator::And);
    let found = found(table, fields.len(), condition, unique);
    let some_null = all(fields.iter().map(is_null), &BinaryOperator::Or);
    let all_null = all(fields.iter().map(is_null), &BinaryOperator::And);
    Ok(match (partial, full) {
        (true, _) => case(vec![(all_null, true)], found),
        (_, true) => case(vec![(all_null, true), (some_null, false)], found),
        _ => case(vec![(some_null, true)], found),
    })
}

/// `UNIQUE (query)`: no two rows without NULLs are equal.
pub(super) fn unique(cursor: &mut Cursor<'_>) -> Result<Expr> {
    let mark = cursor.mark();
    cursor.expect("UNIQUE")?;
    let table = query::in_brackets(cursor)?;
    let count = columns_of(&table);
    if count == 0 {
        cursor.refuse("UNIQUE of a query whose columns are not listed", mark);
    }
    let mut select = select::all_of(named(table, count));
    select.projection = vec![SelectItem::UnnamedExpr(number(1))];
    let there = (0..count).map(|at| Expr::IsNotNull(Box::new(column(at))));
    select.selection = (count > 0).then(|| all(there, &BinaryOperator::And));
    select.group_by = GroupByExpr::Expressions((0..count).map(column).collect(), Vec::new());
    select.having = Some(binary(count_all(), BinaryOperator::Gt, number(1)));
    let subquery = Box::new(query::of(SetExpr::Select(Box::new(select))));
    Ok(Expr::Exists { subquery, negated: true })
}

/// The number of columns of a query, where its text tells; else 0.
pub fn columns_of(query: &Query) -> usize {
    fn of(body: &SetExpr) -> usize {
        match body {
            SetExpr::Select(select) => {
                let named = |item: &SelectItem| matches!(item, SelectItem::UnnamedExpr(_) | SelectItem::ExprWithAlias { .. });
                if select.projection.iter().all(named) { select.projection.len() } else { 0 }
            }
            SetExpr::Query(query) => of(&query.body),
            SetExpr::SetOperation { left, .. } => of(left),
            SetExpr::Values(values) => values.rows.first().map_or(0, |row| row.content.len()),
            _ => 0,
        }
    }
    of(&query.body)
}

/// The fields of a row that is written as one; anything else is one field.
fn fields(row: Expr) -> Vec<Expr> {
    match row {
        Expr::Tuple(fields) => fields,
        Expr::Function(function) if call::is_row(&function) => call::arguments_of(function),
        other => vec![other],
    }
}

/// Whether a row of `table` is as `condition` says, exactly one where `unique`.
fn found(table: Box<Query>, columns: usize, condition: Expr, unique: bool) -> Expr {
    let mut select = select::all_of(named(table, columns));
    select.selection = Some(condition);
    if unique {
        select.projection = vec![SelectItem::UnnamedExpr(count_all())];
        let subquery = Expr::Subquery(Box::new(query::of(SetExpr::Select(Box::new(select)))));
        return binary(subquery, BinaryOperator::Eq, number(1));
    }
    Expr::Exists { subquery: Box::new(query::of(SetExpr::Select(Box::new(select)))), negated: false }
}

/// `(query) AS "$rows"("$field_0", …)`
fn named(subquery: Box<Query>, columns: usize) -> TableWithJoins {
    let name = |at: usize| TableAliasColumnDef { name: name::own(&format!("$field_{at}")), data_type: None };
    let alias = TableAlias { explicit: true, name: name::own("$rows"), columns: (0..columns).map(name).collect(), at: None };
    let relation = TableFactor::Derived { lateral: false, subquery, alias: Some(alias), sample: None };
    TableWithJoins { relation, joins: Vec::new() }
}

fn column(at: usize) -> Expr {
    Expr::CompoundIdentifier(vec![name::own("$rows"), name::own(&format!("$field_{at}"))])
}

fn count_all() -> Expr {
    call::plain("count", vec![number(1)])
}

fn number(value: u32) -> Expr {
    Expr::Value(Value::Number(value.to_string(), false).with_empty_span())
}

fn is_null(field: &Expr) -> Expr {
    Expr::IsNull(Box::new(field.clone()))
}

fn binary(left: Expr, op: BinaryOperator, right: Expr) -> Expr {
    Expr::BinaryOp { left: Box::new(left), op, right: Box::new(right) }
}

/// The terms with `op` between; there is at least one.
fn all(terms: impl Iterator<Item = Expr>, op: &BinaryOperator) -> Expr {
    let all = terms.reduce(|left, right| binary(left, op.clone(), right));
    all.unwrap_or_else(|| Expr::Value(Value::Boolean(true).with_empty_span()))
}

fn case(conditions: Vec<(Expr, bool)>, otherwise: Expr) -> Expr {
    let truth = |truth: bool| Expr::Value(Value::Boolean(truth).with_empty_span());
    let conditions = conditions.into_iter().map(|(condition, result)| CaseWhen { condition, result: truth(result) });
    Expr::Case {
        case_token: AttachedToken::empty(),
        end_token: AttachedToken::empty(),
        operand: None,
        conditions: conditions.collect(),
        else_result: Some(Box::new(otherwise)),
    }
}
