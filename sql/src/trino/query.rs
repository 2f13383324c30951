//! Queries: WITH, set operations, VALUES, TABLE, and ORDER BY, OFFSET, LIMIT and FETCH after them.

use catalog::Result;
use sqlparser::ast::helpers::attached_token::AttachedToken;
use sqlparser::ast::{
    Cte, Expr, Fetch, LimitClause, Offset, OffsetRows, OrderBy, OrderByExpr, OrderByKind, OrderByOptions, Parens, Query,
    SelectItem, SetExpr, SetOperator, SetQuantifier, TableWithJoins, Value, ValueWithSpan, Values, With,
};

use super::expression::{expression, limit};
use super::{call, literal, name, relation, routine, select};
use crate::cursor::Cursor;
use crate::token::Kind;

/// `[WITH …] body`
pub(super) fn query(cursor: &mut Cursor<'_>) -> Result<Box<Query>> {
    cursor.nested(|cursor| {
        let mut with = None;
        if cursor.accept("WITH") {
            let functions = if routine::begins(cursor) { routine::functions(cursor)? } else { Vec::new() };
            let mut after = match functions.is_empty() || cursor.accept("WITH") {
                true => self::with(cursor)?,
                false => With { with_token: AttachedToken::empty(), recursive: false, cte_tables: Vec::new() },
            };
            after.cte_tables.splice(..0, functions);
            with = Some(after);
        }
        let mut query = without_with(cursor)?;
        query.with = with;
        Ok(query)
    })
}

/// `(query)`
pub(super) fn in_brackets(cursor: &mut Cursor<'_>) -> Result<Box<Query>> {
    cursor.expect_symbol("(")?;
    if !begins(cursor, 0) {
        return Err(cursor.mismatch_with("<query>"));
    }
    let query = query(cursor)?;
    cursor.expect_symbol(")")?;
    Ok(query)
}

/// `(query)` in an expression.
pub(super) fn subquery(cursor: &mut Cursor<'_>) -> Result<Box<Query>> {
    cursor.subquery(in_brackets)
}

/// Whether a query in brackets stands so many tokens ahead, where nothing else in brackets can.
pub(super) fn opens(cursor: &Cursor<'_>, places: usize) -> bool {
    cursor.ahead(places).is_some_and(|token| token.is_symbol("(")) && begins(cursor, places + 1)
}

/// Whether a query begins so many tokens ahead. Brackets may open one or anything else: what they enclose decides, and what
/// comes after them.
pub(super) fn begins(cursor: &Cursor<'_>, places: usize) -> bool {
    let mut inner = places;
    while cursor.ahead(inner).is_some_and(|token| token.is_symbol("(")) {
        inner += 1;
    }
    let starts = |word: &&str| cursor.ahead(inner).is_some_and(|token| token.is(word));
    // `TABLE(` begins a table function.
    let function = starts(&"TABLE") && cursor.ahead(inner + 1).is_some_and(|token| token.is_symbol("("));
    if function || !["SELECT", "VALUES", "TABLE", "WITH"].iter().any(starts) {
        return false;
    }
    let follows = ["UNION", "EXCEPT", "INTERSECT", "ORDER", "LIMIT", "OFFSET", "FETCH"];
    let mut bracket = inner;
    // From the innermost bracket outwards: each must end before nothing else than the rest of a query.
    while bracket > places {
        bracket -= 1;
        let Some(end) = cursor.closing(bracket) else { return true };
        let next = cursor.ahead(end + 1);
        if next.is_some_and(|next| !next.is_symbol(")") && !next.is_symbol(";") && !follows.iter().any(|word| next.is(word))) {
            return false;
        }
    }
    true
}

/// `[RECURSIVE] name [(columns)] AS (query), …`
fn with(cursor: &mut Cursor<'_>) -> Result<With> {
    if cursor.sees("SESSION") && cursor.ahead(1).is_some_and(|token| !token.is("AS") && !token.is_symbol("(")) {
        return Err(cursor.not_supported("WITH SESSION"));
    }
    let recursive = cursor.accept("RECURSIVE");
    let mut cte_tables = Vec::new();
    loop {
        let alias = name::identifier(cursor)?;
        let mut alias = relation::alias(alias, false);
        if cursor.is_symbol("(") {
            alias.columns = relation::columns(cursor)?;
        }
        cursor.expect("AS")?;
        let query = in_brackets(cursor)?;
        cte_tables.push(Cte { alias, query, from: None, materialized: None, closing_paren_token: AttachedToken::empty() });
        if !cursor.accept_symbol(",") {
            return Ok(With { with_token: AttachedToken::empty(), recursive, cte_tables });
        }
    }
}

fn without_with(cursor: &mut Cursor<'_>) -> Result<Box<Query>> {
    let mut query = of(set_operations(cursor)?);
    if cursor.accept("ORDER BY") {
        query.order_by = Some(OrderBy { kind: OrderByKind::Expressions(sort_items(cursor)?), interpolate: None });
    }
    let offset = if cursor.accept("OFFSET") { Some(offset(cursor)?) } else { None };
    let mut limit = None;
    if cursor.accept("LIMIT") {
        limit = if cursor.accept("ALL") { None } else { Some(count(cursor)?) };
    } else if cursor.accept("FETCH") {
        let fetch = fetch(cursor)?;
        // Without ties it is a LIMIT.
        match fetch.with_ties {
            true => query.fetch = Some(fetch),
            false => limit = Some(fetch.quantity.unwrap_or_else(one)),
        }
    }
    if limit.is_some() || offset.is_some() {
        query.limit_clause = Some(LimitClause::LimitOffset { limit, offset, limit_by: Vec::new() });
    }
    Ok(Box::new(query))
}

/// A query of this body and nothing else.
pub fn of(body: SetExpr) -> Query {
    Query {
        with: None,
        body: Box::new(body),
        order_by: None,
        limit_clause: None,
        fetch: None,
        locks: Vec::new(),
        for_clause: None,
        settings: None,
        format_clause: None,
        pipe_operators: Vec::new(),
    }
}

/// `expression [ASC | DESC] [NULLS {FIRST | LAST}], …`
pub(super) fn sort_items(cursor: &mut Cursor<'_>) -> Result<Vec<OrderByExpr>> {
    let mut items = Vec::new();
    loop {
        let expr = expression(cursor)?;
        let descending = !cursor.accept("ASC") && cursor.accept("DESC");
        let nulls_first = if cursor.accept("NULLS") {
            let first = cursor.accept("FIRST");
            if !first {
                cursor.expect("LAST")?;
            }
            Some(first)
        } else {
            None
        };
        let options = OrderByOptions { asc: descending.then_some(false), nulls_first };
        items.push(OrderByExpr { expr, options, with_fill: None });
        if !cursor.accept_symbol(",") {
            return Ok(items);
        }
    }
}

fn offset(cursor: &mut Cursor<'_>) -> Result<Offset> {
    let value = count(cursor)?;
    if !cursor.accept("ROW") {
        cursor.accept("ROWS");
    }
    Ok(Offset { value, rows: OffsetRows::None })
}

/// A whole number, or a parameter.
fn count(cursor: &mut Cursor<'_>) -> Result<Expr> {
    let place = cursor.place();
    if cursor.accept_symbol("?") {
        let value = Value::Placeholder("?".to_string());
        return Ok(Expr::Value(ValueWithSpan { value, span: name::span(place, "?") }));
    }
    literal::whole(cursor)?;
    cursor.back(cursor.previous());
    literal::number(cursor, false)
}

fn one() -> Expr {
    Expr::Value(Value::Number("1".to_string(), false).with_empty_span())
}

/// `{FIRST | NEXT} [count] {ROW | ROWS} {ONLY | WITH TIES}`
fn fetch(cursor: &mut Cursor<'_>) -> Result<Fetch> {
    if !cursor.accept("FIRST") {
        cursor.expect("NEXT")?;
    }
    let quantity = if cursor.is("ROW") || cursor.is("ROWS") { None } else { Some(count(cursor)?) };
    if !cursor.accept("ROW") {
        cursor.expect("ROWS")?;
    }
    let with_ties = !cursor.accept("ONLY");
    if with_ties {
        cursor.expect("WITH TIES")?;
    }
    Ok(Fetch { with_ties, percent: false, quantity: quantity.or_else(|| Some(one())) })
}

/// UNION and EXCEPT, which INTERSECT binds tighter than.
fn set_operations(cursor: &mut Cursor<'_>) -> Result<SetExpr> {
    chain(cursor, intersections, &[("UNION", SetOperator::Union), ("EXCEPT", SetOperator::Except)])
}

fn intersections(cursor: &mut Cursor<'_>) -> Result<SetExpr> {
    chain(cursor, branch, &[("INTERSECT", SetOperator::Intersect)])
}

fn chain(
    cursor: &mut Cursor<'_>,
    operand: fn(&mut Cursor<'_>) -> Result<SetExpr>,
    operators: &[(&'static str, SetOperator)],
) -> Result<SetExpr> {
    let mut left = operand(cursor)?;
    for length in 0.. {
        let Some((_, op)) = operators.iter().find(|(word, _)| cursor.accept(word)) else { break };
        limit(cursor, length)?;
        let set_quantifier = if cursor.accept("ALL") {
            SetQuantifier::All
        } else if cursor.accept("DISTINCT") {
            SetQuantifier::Distinct
        } else {
            SetQuantifier::None
        };
        let corresponding = cursor.accept("CORRESPONDING");
        let columns = if corresponding && cursor.accept("BY") { Some(name::list(cursor)?) } else { None };
        let right = operand(cursor)?;
        let (one, other, set_quantifier) = match (corresponding, columns) {
            (_, Some(columns)) => (only(left, &columns), only(right, &columns), set_quantifier),
            (true, None) => (left, right, by_name(set_quantifier)),
            (false, None) => (left, right, set_quantifier),
        };
        left = SetExpr::SetOperation { left: Box::new(one), op: *op, set_quantifier, right: Box::new(other) };
    }
    Ok(left)
}

/// The quantifier with CORRESPONDING.
fn by_name(quantifier: SetQuantifier) -> SetQuantifier {
    match quantifier {
        SetQuantifier::All => SetQuantifier::AllByName,
        SetQuantifier::Distinct => SetQuantifier::DistinctByName,
        _ => SetQuantifier::ByName,
    }
}

/// These columns of a query.
fn only(body: SetExpr, columns: &[sqlparser::ast::Ident]) -> SetExpr {
    let relation = relation::derived(Box::new(of(body)), false, None);
    let mut select = select::all_of(TableWithJoins { relation, joins: Vec::new() });
    select.projection = columns.iter().map(|column| SelectItem::UnnamedExpr(Expr::Identifier(column.clone()))).collect();
    SetExpr::Select(Box::new(select))
}

fn branch(cursor: &mut Cursor<'_>) -> Result<SetExpr> {
    if cursor.sees("SELECT") {
        return select::select(cursor).map(|select| SetExpr::Select(Box::new(select)));
    }
    if cursor.sees("VALUES") {
        return values(cursor);
    }
    if cursor.sees("TABLE") {
        cursor.advance();
        let name = name::qualified(cursor)?;
        return Ok(SetExpr::Select(Box::new(select::all_of(relation::table(name)))));
    }
    if cursor.peek().is_some_and(|token| token.is_symbol("(")) {
        cursor.advance();
        let query = query(cursor)?;
        cursor.expect_symbol(")")?;
        return Ok(SetExpr::Query(query));
    }
    Err(cursor.mismatch_with("<query>"))
}

/// `VALUES row, …`: a row is a value, `(value, …)` or `ROW(value, …)`.
fn values(cursor: &mut Cursor<'_>) -> Result<SetExpr> {
    cursor.expect("VALUES")?;
    let mut rows = Vec::new();
    loop {
        rows.push(Parens::with_empty_span(row(expression(cursor)?)));
        if !cursor.accept_symbol(",") {
            break;
        }
    }
    Ok(SetExpr::Values(Values { explicit_row: false, value_keyword: false, rows }))
}

/// The columns of one row of VALUES; a cast to a row is `"$fields"(cast)`.
fn row(item: Expr) -> Vec<Expr> {
    match item {
        Expr::Tuple(items) => items,
        Expr::Nested(item) => row(*item),
        Expr::Function(function) if call::is_row(&function) => call::arguments_of(function),
        Expr::Cast { ref data_type, .. } if super::type_text(data_type).to_ascii_lowercase().starts_with("row(") => {
            vec![call::plain("$fields", vec![item])]
        }
        item => vec![item],
    }
}

/// Whether the word at hand begins a clause rather than being a name: LIMIT, OFFSET, FETCH, WINDOW and the like are names,
/// too, and what follows decides.
pub(super) fn clause_follows(cursor: &Cursor<'_>) -> bool {
    let next = |test: &dyn Fn(crate::token::Token<'_>) -> bool| cursor.ahead(1).is_some_and(test);
    let number = |token: crate::token::Token<'_>| token.kind == Kind::Number || token.is_symbol("?");
    (cursor.sees("LIMIT") && next(&|token| number(token) || token.is("ALL")))
        || (cursor.sees("OFFSET") && next(&number))
        || cursor.sees("FETCH FIRST")
        || cursor.sees("FETCH NEXT")
        || (cursor.sees("WINDOW") && cursor.ahead(2).is_some_and(|token| token.is("AS")))
        || cursor.sees("TABLESAMPLE BERNOULLI")
        || cursor.sees("TABLESAMPLE SYSTEM")
        || (cursor.sees("MATCH_RECOGNIZE") && next(&|token| token.is_symbol("(")))
        || cursor.sees("AT TIME")
        || super::nearest::condition_follows(cursor)
}
