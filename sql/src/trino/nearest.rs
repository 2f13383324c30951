//! `NEAREST (FROM relation [WHERE condition] MATCH candidate <= anchor)`: of the relation's rows that fulfil both conditions the
//! one whose candidate is nearest to the anchor, for each row of what it is joined to.

use std::ops::ControlFlow;

use catalog::Result;
use sqlparser::ast::{
    BinaryOperator, Expr, Ident, LimitClause, OrderBy, OrderByExpr, OrderByKind, OrderByOptions, SetExpr, TableAlias,
    TableFactor, Value, visit_expressions,
};

use super::expression::{expression, value};
use super::{name, query, relation, select};
use crate::cursor::Cursor;

/// Whether MATCH begins a condition here rather than being the alias of a relation.
pub(super) fn condition_follows(cursor: &Cursor<'_>) -> bool {
    let operators = [".", "<", "<=", ">", ">=", "+", "-", "("];
    cursor.sees("MATCH")
        && cursor.ahead(1).is_some_and(name::is_name)
        && cursor.ahead(2).is_some_and(|token| operators.iter().any(|symbol| token.is_symbol(symbol)))
}

/// As `LATERAL (SELECT * FROM relation WHERE … ORDER BY candidate LIMIT 1)`, under the relation's name.
pub(super) fn nearest(cursor: &mut Cursor<'_>) -> Result<TableFactor> {
    cursor.expect("NEAREST")?;
    cursor.expect_symbol("(")?;
    cursor.expect("FROM")?;
    let from = relation::list(cursor)?;
    let condition = if cursor.accept("WHERE") { Some(expression(cursor)?) } else { None };
    cursor.expect("MATCH")?;
    let left = value(cursor)?;
    let operators =
        [("<", BinaryOperator::Lt), ("<=", BinaryOperator::LtEq), (">", BinaryOperator::Gt), (">=", BinaryOperator::GtEq)];
    let Some((symbol, op)) = operators.into_iter().find(|(symbol, _)| cursor.accept_symbol(symbol)) else {
        return Err(cursor.mismatch());
    };
    let right = value(cursor)?;
    cursor.expect_symbol(")")?;
    let names: Vec<&Ident> = from
        .iter()
        .flat_map(|from| std::iter::once(&from.relation).chain(from.joins.iter().map(|join| &join.relation)))
        .filter_map(named)
        .collect();
    let on_the_right = !of_one(&left, &names) && (of_one(&right, &names) || qualified(&left));
    let candidate = if on_the_right { right.clone() } else { left.clone() };
    let below = symbol.starts_with('<') != on_the_right;
    let alias = match names.as_slice() {
        [one] => Some(TableAlias { explicit: true, name: (*one).clone(), columns: Vec::new(), at: None }),
        _ => None,
    };
    let matching = Expr::BinaryOp { left: Box::new(left), op, right: Box::new(right) };
    let condition = match condition {
        Some(condition) => {
            let left = Box::new(Expr::Nested(Box::new(condition)));
            Expr::BinaryOp { left, op: BinaryOperator::And, right: Box::new(matching) }
        }
        None => matching,
    };
    let mut from = from.into_iter();
    let Some(first) = from.next() else { return Err(cursor.mismatch()) };
    let mut select = select::all_of(first);
    select.from.extend(from);
    select.selection = Some(condition);
    let mut query = query::of(SetExpr::Select(Box::new(select)));
    let options = OrderByOptions { asc: Some(!below), nulls_first: None };
    let sort = OrderByExpr { expr: candidate, options, with_fill: None };
    query.order_by = Some(OrderBy { kind: OrderByKind::Expressions(vec![sort]), interpolate: None });
    let one = Expr::Value(Value::Number("1".to_string(), false).with_empty_span());
    query.limit_clause = Some(LimitClause::LimitOffset { limit: Some(one), offset: None, limit_by: Vec::new() });
    Ok(relation::derived(Box::new(query), true, alias))
}

/// The name by which a relation's columns are qualified.
fn named(factor: &TableFactor) -> Option<&Ident> {
    match factor {
        TableFactor::Table { name, alias, .. } => match alias {
            Some(alias) => Some(&alias.name),
            None => name.0.last().and_then(|part| part.as_ident()),
        },
        TableFactor::Derived { alias, .. } | TableFactor::UNNEST { alias, .. } | TableFactor::TableFunction { alias, .. } => {
            alias.as_ref().map(|alias| &alias.name)
        }
        _ => None,
    }
}

/// Whether the expression has a column of one of these relations.
fn of_one(expr: &Expr, names: &[&Ident]) -> bool {
    let fold = |ident: &Ident| catalog::name::fold(&ident.value);
    any(expr, |path| path.first().is_some_and(|first| names.iter().any(|name| fold(name) == fold(first))))
}

/// Whether the expression has a column with its relation's name.
fn qualified(expr: &Expr) -> bool {
    any(expr, |_| true)
}

fn any(expr: &Expr, test: impl Fn(&[Ident]) -> bool) -> bool {
    let found = visit_expressions(expr, |part| match part {
        Expr::CompoundIdentifier(path) if test(path) => ControlFlow::Break(()),
        _ => ControlFlow::Continue(()),
    });
    found.is_break()
}
