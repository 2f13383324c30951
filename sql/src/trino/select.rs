//! SELECT: its items, FROM, WHERE, GROUP BY, HAVING and WINDOW.

use catalog::Result;
use sqlparser::ast::helpers::attached_token::AttachedToken;
use sqlparser::ast::{
    Distinct, DuplicateTreatment, Expr, GroupByExpr, NamedWindowDefinition, NamedWindowExpr, ObjectName, Select, SelectFlavor,
    SelectItem, SelectItemQualifiedWildcardKind, TableWithJoins, WildcardAdditionalOptions,
};
use sqlparser::tokenizer::{Token, TokenWithSpan};

use super::expression::expression;
use super::{call, name, query, relation};
use crate::cursor::Cursor;

pub(super) fn select(cursor: &mut Cursor<'_>) -> Result<Select> {
    let token = TokenWithSpan { token: Token::make_keyword("SELECT"), span: name::span(cursor.place(), "SELECT") };
    cursor.expect("SELECT")?;
    let distinct = call::quantifier(cursor).or_else(|| all(cursor));
    let mut select = empty(AttachedToken(token));
    select.distinct = (distinct == Some(DuplicateTreatment::Distinct)).then_some(Distinct::Distinct);
    select.projection.push(item(cursor)?);
    while cursor.accept_symbol(",") {
        select.projection.push(item(cursor)?);
    }
    if cursor.accept("FROM") {
        select.from = relation::list(cursor)?;
    }
    if cursor.accept("WHERE") {
        select.selection = Some(expression(cursor)?);
    }
    if cursor.accept("GROUP BY") {
        select.group_by = GroupByExpr::Expressions(group_by(cursor)?, Vec::new());
    }
    if cursor.accept("HAVING") {
        select.having = Some(expression(cursor)?);
    }
    if cursor.accept("WINDOW") {
        select.named_window = windows(cursor)?;
    }
    Ok(select)
}

/// ALL before something that begins with a mark, `SELECT ALL *`.
fn all(cursor: &mut Cursor<'_>) -> Option<DuplicateTreatment> {
    let mark = cursor.ahead(1).is_some_and(|token| token.is_symbol("*"));
    (mark && cursor.accept("ALL")).then_some(DuplicateTreatment::All)
}

fn empty(select_token: AttachedToken) -> Select {
    Select {
        select_token,
        optimizer_hints: Vec::new(),
        distinct: None,
        select_modifiers: None,
        top: None,
        top_before_distinct: false,
        projection: Vec::new(),
        exclude: None,
        into: None,
        from: Vec::new(),
        lateral_views: Vec::new(),
        prewhere: None,
        selection: None,
        connect_by: Vec::new(),
        group_by: GroupByExpr::Expressions(Vec::new(), Vec::new()),
        cluster_by: Vec::new(),
        distribute_by: Vec::new(),
        sort_by: Vec::new(),
        having: None,
        named_window: Vec::new(),
        qualify: None,
        window_before_qualify: false,
        value_table_mode: None,
        flavor: SelectFlavor::Standard,
    }
}

/// `SELECT * FROM` these.
pub(super) fn all_of(from: TableWithJoins) -> Select {
    let mut select = empty(AttachedToken::empty());
    select.projection.push(SelectItem::Wildcard(WildcardAdditionalOptions::default()));
    select.from.push(from);
    select
}

/// `*`, `value.* [AS (names)]`, or `expression [[AS] name]`
fn item(cursor: &mut Cursor<'_>) -> Result<SelectItem> {
    if cursor.peek().is_some_and(|token| token.is_symbol("*")) {
        let wildcard_token = AttachedToken(TokenWithSpan { token: Token::Mul, span: name::span(cursor.place(), "*") });
        cursor.advance();
        return Ok(SelectItem::Wildcard(WildcardAdditionalOptions { wildcard_token, ..Default::default() }));
    }
    let expr = expression(cursor)?;
    let is = |places: usize, symbol: &str| cursor.ahead(places).is_some_and(|token| token.is_symbol(symbol));
    if is(0, ".") && is(1, "*") && may_have_members(&expr) {
        cursor.advance();
        cursor.advance();
        return members(cursor, expr);
    }
    if cursor.accept("AS") {
        return Ok(SelectItem::ExprWithAlias { expr, alias: name::identifier(cursor)? });
    }
    let alias = if query::clause_follows(cursor) { None } else { name::accept(cursor) };
    Ok(match alias {
        Some(alias) => SelectItem::ExprWithAlias { expr, alias },
        None => SelectItem::UnnamedExpr(expr),
    })
}

/// Whether `.*` may follow: an operator would take it for its own.
fn may_have_members(expr: &Expr) -> bool {
    !matches!(
        expr,
        Expr::BinaryOp { .. }
            | Expr::UnaryOp { .. }
            | Expr::Lambda(_)
            | Expr::InList { .. }
            | Expr::Between { .. }
            | Expr::IsNull(_)
    )
}

/// `.*`: of a table by its name, or of a row; names given to its fields make it `"$members"(row) AS (names)`.
fn members(cursor: &mut Cursor<'_>, expr: Expr) -> Result<SelectItem> {
    if cursor.accept("AS") {
        let aliases = name::list(cursor)?;
        return Ok(SelectItem::ExprWithAliases { expr: call::plain("$members", vec![expr]), aliases });
    }
    let kind = match expr {
        Expr::Identifier(ident) => SelectItemQualifiedWildcardKind::ObjectName(ObjectName::from(vec![ident])),
        Expr::CompoundIdentifier(path) => SelectItemQualifiedWildcardKind::ObjectName(ObjectName::from(path)),
        other => SelectItemQualifiedWildcardKind::Expr(other),
    };
    Ok(SelectItem::QualifiedWildcard(kind, WildcardAdditionalOptions::default()))
}

/// `[ALL | DISTINCT] element, …`
fn group_by(cursor: &mut Cursor<'_>) -> Result<Vec<Expr>> {
    let start = cursor.mark();
    let bracket = cursor
        .ahead(1)
        .is_some_and(|token| token.is_symbol("(") || token.is("GROUPING") || token.is("CUBE") || token.is("ROLLUP"));
    let quantifier = call::quantifier(cursor).or_else(|| (bracket && cursor.accept("ALL")).then_some(DuplicateTreatment::All));
    let auto = cursor.sees("AUTO")
        && cursor.ahead(1).is_none_or(|token| token.is("HAVING") || token.is("ORDER") || token.is_symbol(")"));
    if auto {
        return Err(cursor.not_supported("GROUP BY AUTO"));
    }
    if quantifier == Some(DuplicateTreatment::Distinct) {
        cursor.refuse("GROUP BY DISTINCT", start);
    }
    let mut elements = Vec::new();
    loop {
        elements.extend(element(cursor)?);
        if !cursor.accept_symbol(",") {
            return Ok(elements);
        }
    }
}

/// An expression, a set in brackets, `ROLLUP`, `CUBE` or `GROUPING SETS` of sets.
fn element(cursor: &mut Cursor<'_>) -> Result<Vec<Expr>> {
    ["(", "CUBE", "ROLLUP"].into_iter().for_each(|what| cursor.offer(what));
    if cursor.sees("ROLLUP") || cursor.sees("CUBE") {
        let rollup = cursor.sees("ROLLUP");
        cursor.advance();
        let sets = sets(cursor)?;
        return Ok(vec![if rollup { Expr::Rollup(sets) } else { Expr::Cube(sets) }]);
    }
    if cursor.accept("GROUPING SETS") {
        return Ok(vec![Expr::GroupingSets(sets(cursor)?)]);
    }
    let set = set(cursor)?;
    Ok(if set.is_empty() { vec![Expr::GroupingSets(vec![set])] } else { set })
}

/// `(set, …)`
fn sets(cursor: &mut Cursor<'_>) -> Result<Vec<Vec<Expr>>> {
    if cursor.peek().is_some_and(|token| token.is_symbol("(")) && cursor.ahead(1).is_some_and(|token| token.is_symbol(")")) {
        cursor.advance();
        cursor.advance();
        return Ok(Vec::new());
    }
    cursor.list(set)
}

/// `expression`, `(expression, …)` or `()`
fn set(cursor: &mut Cursor<'_>) -> Result<Vec<Expr>> {
    if cursor.peek().is_some_and(|token| token.is_symbol("(")) && cursor.ahead(1).is_some_and(|token| token.is_symbol(")")) {
        cursor.advance();
        cursor.advance();
        return Ok(Vec::new());
    }
    Ok(match expression(cursor)? {
        Expr::Tuple(items) => items,
        Expr::Nested(item) => vec![*item],
        other => vec![other],
    })
}

/// `name AS (window), …`
fn windows(cursor: &mut Cursor<'_>) -> Result<Vec<NamedWindowDefinition>> {
    let mut windows = Vec::new();
    loop {
        let name = name::identifier(cursor)?;
        cursor.expect("AS")?;
        let window = cursor.nested(call::specification)?;
        windows.push(NamedWindowDefinition(name, NamedWindowExpr::WindowSpec(window)));
        if !cursor.accept_symbol(",") {
            return Ok(windows);
        }
    }
}
