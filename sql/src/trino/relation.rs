//! FROM: tables, subqueries, UNNEST, table functions, and how they are joined and sampled.

use catalog::Result;
use sqlparser::ast::{
    Ident, Join, JoinConstraint, JoinOperator, ObjectName, Query, SetExpr, TableAlias, TableAliasColumnDef, TableFactor,
    TableSample, TableSampleKind, TableSampleMethod, TableSampleModifier, TableSampleQuantity, TableVersion, TableWithJoins,
};

use super::expression::{expression, expressions, limit, value};
use super::{call, name, nearest, pattern, pivot, query, recognise, select};
use crate::cursor::Cursor;
use crate::token::Kind;

/// `relation, relation, …`
pub(super) fn list(cursor: &mut Cursor<'_>) -> Result<Vec<TableWithJoins>> {
    let mut relations = vec![relation(cursor)?];
    while cursor.accept_symbol(",") {
        relations.push(relation(cursor)?);
    }
    Ok(relations)
}

/// One relation and all that is joined to it. `a JOIN b JOIN c ON x ON y` joins b and c first.
fn relation(cursor: &mut Cursor<'_>) -> Result<TableWithJoins> {
    let relation = sampled(cursor)?;
    let mut joins = Vec::new();
    while let Some(join) = join(cursor)? {
        limit(cursor, joins.len())?;
        joins.push(join);
    }
    Ok(TableWithJoins { relation, joins })
}

#[derive(Clone, Copy, PartialEq)]
enum Side {
    Plain,
    Inner,
    Left,
    Right,
    Full,
}

/// The next join, where there is one.
fn join(cursor: &mut Cursor<'_>) -> Result<Option<Join>> {
    if cursor.accept("CROSS") {
        cursor.expect("JOIN")?;
        let relation = sampled(cursor)?;
        return Ok(Some(of(relation, JoinOperator::CrossJoin(JoinConstraint::None))));
    }
    let natural = cursor.accept("NATURAL");
    let Some(side) = side(cursor)? else {
        return if natural { Err(cursor.mismatch()) } else { Ok(None) };
    };
    if natural {
        let relation = sampled(cursor)?;
        return Ok(Some(of(relation, operator(side, JoinConstraint::Natural))));
    }
    let relation = right(cursor)?;
    let constraint = if cursor.accept("ON") {
        JoinConstraint::On(expression(cursor)?)
    } else {
        cursor.expect("USING")?;
        let columns = name::list(cursor)?;
        JoinConstraint::Using(columns.into_iter().map(|column| ObjectName::from(vec![column])).collect())
    };
    Ok(Some(of(relation, operator(side, constraint))))
}

/// `[INNER | {LEFT | RIGHT | FULL} [OUTER]] JOIN`
fn side(cursor: &mut Cursor<'_>) -> Result<Option<Side>> {
    if cursor.accept("JOIN") {
        return Ok(Some(Side::Plain));
    }
    let sides = [("INNER", Side::Inner), ("LEFT", Side::Left), ("RIGHT", Side::Right), ("FULL", Side::Full)];
    let Some((_, side)) = sides.into_iter().find(|(word, _)| cursor.accept(word)) else { return Ok(None) };
    if side != Side::Inner {
        cursor.accept("OUTER");
    }
    cursor.expect("JOIN")?;
    Ok(Some(side))
}

/// The right side of a join with a condition: where another join comes before the condition, it is in brackets.
fn right(cursor: &mut Cursor<'_>) -> Result<TableFactor> {
    let relation = sampled(cursor)?;
    if cursor.is("ON") || cursor.is("USING") {
        return Ok(relation);
    }
    cursor.nested(|cursor| {
        let Some(first) = join(cursor)? else { return Err(cursor.mismatch()) };
        let mut joins = vec![first];
        while !cursor.is("ON") && !cursor.is("USING") {
            match join(cursor)? {
                Some(next) => joins.push(next),
                None => return Err(cursor.mismatch()),
            }
        }
        Ok(TableFactor::NestedJoin { table_with_joins: Box::new(TableWithJoins { relation, joins }), alias: None })
    })
}

fn of(relation: TableFactor, join_operator: JoinOperator) -> Join {
    Join { relation, global: false, join_operator }
}

fn operator(side: Side, constraint: JoinConstraint) -> JoinOperator {
    match side {
        Side::Plain => JoinOperator::Join(constraint),
        Side::Inner => JoinOperator::Inner(constraint),
        Side::Left => JoinOperator::Left(constraint),
        Side::Right => JoinOperator::Right(constraint),
        Side::Full => JoinOperator::FullOuter(constraint),
    }
}

/// `aliased [MATCH_RECOGNIZE (…)] [PIVOT (…)]… [TABLESAMPLE method (percentage)]`
fn sampled(cursor: &mut Cursor<'_>) -> Result<TableFactor> {
    let mut factor = aliased(cursor)?;
    if cursor.sees("MATCH_RECOGNIZE") && cursor.ahead(1).is_some_and(|token| token.is_symbol("(")) {
        factor = pattern::match_recognize(cursor, factor)?;
    }
    cursor.offer("MATCH_RECOGNIZE");
    while pivot::begins(cursor) {
        factor = pivot::pivot(cursor, factor)?;
    }
    if cursor.accept("TABLESAMPLE") {
        let method = if cursor.accept("BERNOULLI") {
            TableSampleMethod::Bernoulli
        } else {
            cursor.expect("SYSTEM")?;
            TableSampleMethod::System
        };
        cursor.expect_symbol("(")?;
        let quantity = TableSampleQuantity { parenthesized: true, value: expression(cursor)?, unit: None };
        cursor.expect_symbol(")")?;
        factor = with_sample(factor, method, quantity);
    }
    Ok(factor)
}

/// Only tables and subqueries have a place for a sample; anything else becomes a subquery.
fn with_sample(mut factor: TableFactor, method: TableSampleMethod, quantity: TableSampleQuantity) -> TableFactor {
    let quantity = Some(quantity);
    let modifier = TableSampleModifier::TableSample;
    let of = TableSample { modifier, name: Some(method), quantity, seed: None, bucket: None, offset: None };
    let of = Some(TableSampleKind::AfterTableAlias(Box::new(of)));
    if let TableFactor::Table { sample, .. } | TableFactor::Derived { sample, .. } = &mut factor
        && sample.is_none()
    {
        *sample = of;
        return factor;
    }
    let relation = TableWithJoins { relation: factor, joins: Vec::new() };
    let body = SetExpr::Select(Box::new(select::all_of(relation)));
    TableFactor::Derived { lateral: false, subquery: Box::new(query::of(body)), alias: None, sample: of }
}

/// `primary [[AS] name [(columns)]]`
fn aliased(cursor: &mut Cursor<'_>) -> Result<TableFactor> {
    let mut factor = primary(cursor)?;
    let place = match &mut factor {
        TableFactor::Table { alias, .. }
        | TableFactor::Derived { alias, .. }
        | TableFactor::UNNEST { alias, .. }
        | TableFactor::NestedJoin { alias, .. }
        | TableFactor::TableFunction { alias, .. } => alias,
        _ => return Ok(factor),
    };
    // NEAREST has the name of its relation already.
    if let Some(named) = accept_alias(cursor)? {
        *place = Some(named);
    }
    Ok(factor)
}

/// `[AS] name [(columns)]`, where there is one.
pub(super) fn accept_alias(cursor: &mut Cursor<'_>) -> Result<Option<TableAlias>> {
    let explicit = cursor.accept("AS");
    let found = match explicit {
        true => Some(name::identifier(cursor)?),
        false if query::clause_follows(cursor) || pivot::begins(cursor) => None,
        false => name::accept(cursor),
    };
    let Some(found) = found else { return Ok(None) };
    let mut named = alias(found, explicit);
    if cursor.is_symbol("(") {
        named.columns = columns(cursor)?;
    }
    Ok(Some(named))
}

/// An alias without columns.
pub(super) fn alias(name: Ident, explicit: bool) -> TableAlias {
    TableAlias { explicit, name, columns: Vec::new(), at: None }
}

/// `(name, …)`
pub(super) fn columns(cursor: &mut Cursor<'_>) -> Result<Vec<TableAliasColumnDef>> {
    let names = name::list(cursor)?;
    Ok(names.into_iter().map(|name| TableAliasColumnDef { name, data_type: None }).collect())
}

fn primary(cursor: &mut Cursor<'_>) -> Result<TableFactor> {
    let bracket = cursor.ahead(1).is_some_and(|token| token.is_symbol("("));
    if cursor.peek().is_some_and(|token| token.is_symbol("(")) {
        return in_brackets(cursor);
    }
    if bracket && cursor.accept("LATERAL") {
        return Ok(derived(query::in_brackets(cursor)?, true, None));
    }
    if bracket && cursor.ahead(2).is_some_and(|token| token.is("FROM")) && cursor.sees("NEAREST") {
        return nearest::nearest(cursor);
    }
    if cursor.sees("UNNEST") {
        return unnest(cursor);
    }
    if bracket && cursor.accept("TABLE") {
        return table_function(cursor);
    }
    if cursor.sees("JSON_TABLE") {
        return super::json_table::json_table(cursor);
    }
    // A string is a location of files.
    if let Some(token) = cursor.peek().filter(|token| token.kind == Kind::String) {
        let span = name::span(cursor.place(), token.text);
        let value = crate::hive::unquote(token.text);
        cursor.advance();
        return Ok(factor(ObjectName::from(vec![Ident { value, quote_style: Some('\''), span }])));
    }
    for word in ["(", "JSON_TABLE", "LATERAL", "TABLE", "UNNEST"] {
        cursor.offer(word);
    }
    let mut table = factor(name::qualified(cursor)?);
    if let TableFactor::Table { version, .. } = &mut table {
        *version = period(cursor)?;
    }
    Ok(table)
}

/// `(query)` or `(relation)`
fn in_brackets(cursor: &mut Cursor<'_>) -> Result<TableFactor> {
    if query::begins(cursor, 1) {
        return Ok(derived(query::in_brackets(cursor)?, false, None));
    }
    cursor.expect_symbol("(")?;
    if cursor.peek().is_none() {
        cursor.offer("<query>");
    }
    let table_with_joins = Box::new(cursor.nested(relation)?);
    cursor.expect_symbol(")")?;
    Ok(TableFactor::NestedJoin { table_with_joins, alias: None })
}

/// A subquery as a relation.
pub(super) fn derived(subquery: Box<Query>, lateral: bool, alias: Option<TableAlias>) -> TableFactor {
    TableFactor::Derived { lateral, subquery, alias, sample: None }
}

/// A table by its name.
pub(super) fn table(name: ObjectName) -> TableWithJoins {
    TableWithJoins { relation: factor(name), joins: Vec::new() }
}

fn factor(name: ObjectName) -> TableFactor {
    TableFactor::Table {
        name,
        alias: None,
        args: None,
        with_hints: Vec::new(),
        version: None,
        with_ordinality: false,
        partitions: Vec::new(),
        json_path: None,
        sample: None,
        index_hints: Vec::new(),
    }
}

/// `FOR {TIMESTAMP | VERSION} AS OF value`, where there is one.
fn period(cursor: &mut Cursor<'_>) -> Result<Option<TableVersion>> {
    if !cursor.accept("FOR") {
        return Ok(None);
    }
    let version = cursor.accept("VERSION");
    if !version {
        cursor.expect("TIMESTAMP")?;
    }
    cursor.expect("AS OF")?;
    let value = value(cursor)?;
    Ok(Some(if version { TableVersion::VersionAsOf(value) } else { TableVersion::TimestampAsOf(value) }))
}

/// `UNNEST(value, …) [WITH ORDINALITY]`
fn unnest(cursor: &mut Cursor<'_>) -> Result<TableFactor> {
    cursor.advance();
    cursor.expect_symbol("(")?;
    let array_exprs = expressions(cursor)?;
    cursor.expect_symbol(")")?;
    let with_ordinality = cursor.accept("WITH ORDINALITY");
    Ok(TableFactor::UNNEST { alias: None, array_exprs, with_offset: false, with_offset_alias: None, with_ordinality })
}

/// `(function(argument, …))` after TABLE
fn table_function(cursor: &mut Cursor<'_>) -> Result<TableFactor> {
    cursor.expect_symbol("(")?;
    let name = name::qualified(cursor)?;
    if let Some(what) = table_argument(cursor) {
        cursor.refuse(what, cursor.mark());
        recognise::read(cursor, "( <function_argument>,.. [COPARTITION <names>,..] )")?;
        cursor.expect_symbol(")")?;
        return Ok(TableFactor::TableFunction { expr: call::plain("table", Vec::new()), alias: None });
    }
    let expr = call::call(cursor, name)?;
    cursor.expect_symbol(")")?;
    Ok(TableFactor::TableFunction { expr, alias: None })
}

/// What in the brackets of a table function's call is not a value: a table, or names of columns.
fn table_argument(cursor: &Cursor<'_>) -> Option<&'static str> {
    // Up to the end of the text where the bracket is not closed.
    let end = cursor.closing(0).unwrap_or(usize::MAX);
    let follows = |word: &str| (1..end).map_while(|places| cursor.ahead(places)).any(|token| token.is(word));
    if follows("TABLE") {
        Some("a table as an argument of a table function")
    } else if follows("DESCRIPTOR") {
        Some("DESCRIPTOR as an argument of a table function")
    } else {
        None
    }
}
