//! What the parser library accepts and Trino does not, or what would be parsed and then silently ignored by the planner:
//! each is refused by name and position.

use std::ops::ControlFlow;

use catalog::{Error, ErrorKind, Position, Result};
use sqlparser::ast::{
    BinaryOperator, CastKind, Distinct, Expr, FunctionArguments, GroupByExpr, Ident, Join, JoinOperator, LimitClause, ObjectName,
    OrderByKind, Query, Select, SelectFlavor, SelectItem, SetExpr, Spanned, TableFactor, UnaryOperator, Visit, Visitor,
};
use sqlparser::tokenizer::{Span, Token, TokenWithSpan};

/// What can be told from the tokens alone, with Trino's own words where it has them.
pub(super) fn tokens(tokens: &[TokenWithSpan]) -> Result<()> {
    let word = |token: &TokenWithSpan, text: &str| matches!(&token.token, Token::Word(w) if w.quote_style.is_none() && w.value.eq_ignore_ascii_case(text));
    for pair in tokens.windows(2) {
        if let [TokenWithSpan { token: Token::Number(..), span }, TokenWithSpan { token: Token::Word(_), .. }] = pair {
            let message = "identifiers must not start with a digit; surround the identifier with double quotes";
            return Err(syntax(message, *span));
        }
    }
    let mut rest = tokens.iter().filter(|token| !matches!(token.token, Token::Whitespace(_)));
    while let Some(token) = rest.next() {
        match &token.token {
            Token::Word(word) if word.quote_style == Some('`') => {
                let message = "backquoted identifiers are not supported; use double quotes to quote identifiers";
                return Err(syntax(message, token.span));
            }
            Token::Word(word) if word.quote_style.is_some() && word.value.is_empty() => {
                return Err(syntax("zero-length delimited identifier not allowed", token.span));
            }
            _ => {}
        }
        let mut ahead = rest.clone();
        let travel = word(token, "FOR") && ahead.next().is_some_and(|next| word(next, "TIMESTAMP") || word(next, "VERSION"));
        if travel && ahead.next().is_some_and(|next| word(next, "AS")) {
            return Err(missing("time travel (FOR TIMESTAMP or VERSION AS OF)", token.span));
        }
    }
    Ok(())
}

/// Walks the query and refuses the first thing that cannot be kept.
pub(super) fn not_trino(query: &Query) -> Result<()> {
    match query.visit(&mut Checker) {
        ControlFlow::Break(error) => Err(error),
        ControlFlow::Continue(()) => Ok(()),
    }
}

struct Checker;

impl Visitor for Checker {
    type Break = Error;

    fn pre_visit_query(&mut self, query: &Query) -> ControlFlow<Error> {
        stop(clauses(query).or_else(|| body(&query.body)))
    }

    fn pre_visit_select(&mut self, select: &Select) -> ControlFlow<Error> {
        stop(parts(select).or_else(|| select.projection.iter().find_map(heading)))
    }

    fn pre_visit_table_factor(&mut self, factor: &TableFactor) -> ControlFlow<Error> {
        stop(table(factor))
    }

    fn pre_visit_relation(&mut self, relation: &ObjectName) -> ControlFlow<Error> {
        stop(name(relation))
    }

    fn pre_visit_expr(&mut self, expr: &Expr) -> ControlFlow<Error> {
        stop(expression(expr))
    }
}

fn stop(error: Option<Error>) -> ControlFlow<Error> {
    error.map_or(ControlFlow::Continue(()), ControlFlow::Break)
}

fn at(error: Error, span: Span) -> Error {
    match span.start.line {
        0 => error,
        line => error.at(Position { line, column: span.start.column }),
    }
}

fn syntax(message: &str, span: Span) -> Error {
    at(Error::new(ErrorKind::Syntax, message), span)
}

/// Something of another dialect.
fn foreign(what: &str, span: Span) -> Error {
    syntax(&format!("{what} is not part of Athena's SQL"), span)
}

/// Something of Trino's that is not done.
fn missing(what: &str, span: Span) -> Error {
    at(Error::not_supported(format!("{what} is not supported yet")), span)
}

fn clauses(query: &Query) -> Option<Error> {
    let span = || query.body.span();
    if let Some(fetch) = &query.fetch
        && (fetch.with_ties || fetch.percent)
    {
        return Some(missing("FETCH FIRST … WITH TIES", fetch.quantity.as_ref().map_or_else(span, Spanned::span)));
    }
    if let Some(lock) = query.locks.first() {
        return Some(foreign(&format!("'{lock}'"), span()));
    }
    if query.for_clause.is_some() {
        return Some(foreign("FOR XML or JSON", span()));
    }
    if let Some(cte) =
        query.with.iter().flat_map(|with| &with.cte_tables).find(|cte| cte.materialized.is_some() || cte.from.is_some())
    {
        return Some(foreign("MATERIALIZED in WITH", cte.alias.name.span));
    }
    if let Some(LimitClause::LimitOffset { limit_by, .. }) = &query.limit_clause
        && let Some(first) = limit_by.first()
    {
        return Some(foreign("LIMIT … BY", first.span()));
    }
    match query.order_by.as_ref().map(|order| &order.kind) {
        Some(OrderByKind::All(_)) => Some(foreign("ORDER BY ALL", span())),
        _ => None,
    }
}

/// The branches of a query's set operations. The tree leans left and may be long, so that it is not walked by recursion.
fn body(body: &SetExpr) -> Option<Error> {
    let mut branches = vec![body];
    while let Some(branch) = branches.pop() {
        match branch {
            SetExpr::SetOperation { left, right, .. } => branches.extend([left.as_ref(), right.as_ref()]),
            SetExpr::Insert(statement) | SetExpr::Update(statement) | SetExpr::Delete(statement) | SetExpr::Merge(statement) => {
                return Some(missing("a WITH before INSERT, UPDATE, DELETE or MERGE", statement.span()));
            }
            SetExpr::Table(table) => {
                return Some(missing(&format!("{table} as a query (write SELECT * FROM …)"), Span::empty()));
            }
            SetExpr::Select(_) | SetExpr::Query(_) | SetExpr::Values(_) => {}
        }
    }
    None
}

fn parts(select: &Select) -> Option<Error> {
    let here = select.select_token.0.span;
    let foreign_parts: [(&str, Option<Span>); 13] = [
        ("DISTINCT ON", matches!(select.distinct, Some(Distinct::On(_))).then_some(here)),
        ("TOP", select.top.as_ref().map(|_| here)),
        ("a SELECT modifier", select.select_modifiers.as_ref().map(|_| here)),
        ("EXCLUDE", select.exclude.as_ref().map(|_| here)),
        ("SELECT INTO", select.into.as_ref().map(|into| into.name.span())),
        ("LATERAL VIEW", select.lateral_views.first().map(|view| view.lateral_view.span())),
        ("PREWHERE", select.prewhere.as_ref().map(Spanned::span)),
        ("CONNECT BY", (!select.connect_by.is_empty()).then_some(here)),
        ("CLUSTER BY", select.cluster_by.first().map(Spanned::span)),
        ("DISTRIBUTE BY", select.distribute_by.first().map(Spanned::span)),
        ("SORT BY", select.sort_by.first().map(|sort| sort.expr.span())),
        ("QUALIFY", select.qualify.as_ref().map(Spanned::span)),
        ("SELECT AS VALUE or STRUCT", select.value_table_mode.as_ref().map(|_| here)),
    ];
    if let Some((what, span)) = foreign_parts.into_iter().find_map(|(what, span)| Some((what, span?))) {
        return Some(foreign(what, span));
    }
    if select.flavor != SelectFlavor::Standard {
        return Some(foreign("FROM before SELECT", here));
    }
    if let GroupByExpr::Expressions(_, modifiers) | GroupByExpr::All(modifiers) = &select.group_by
        && !modifiers.is_empty()
    {
        return Some(foreign("GROUP BY … WITH", here));
    }
    if matches!(select.group_by, GroupByExpr::All(_)) {
        return Some(foreign("GROUP BY ALL", here));
    }
    select.from.iter().flat_map(|table| &table.joins).find_map(join)
}

fn join(join: &Join) -> Option<Error> {
    use JoinOperator::*;
    match &join.join_operator {
        Join(_) | Inner(_) | Left(_) | LeftOuter(_) | Right(_) | RightOuter(_) | FullOuter(_) | CrossJoin(_) => {
            join.global.then(|| foreign("GLOBAL JOIN", join.relation.span()))
        }
        _ => Some(foreign("this kind of join", join.relation.span())),
    }
}

/// A string literal is no alias, and a wildcard takes no options.
fn heading(item: &SelectItem) -> Option<Error> {
    match item {
        SelectItem::ExprWithAlias { alias, expr } => {
            literal(alias).then(|| syntax(&format!("mismatched input '{alias}'. Expecting: <identifier>"), expr.span()))
        }
        SelectItem::ExprWithAliases { expr, .. } => Some(foreign("a list of aliases", expr.span())),
        _ => None,
    }
}

fn literal(ident: &Ident) -> bool {
    ident.quote_style == Some('\'')
}

fn name(relation: &ObjectName) -> Option<Error> {
    let idents: Vec<&Ident> = relation.0.iter().filter_map(|part| part.as_ident()).collect();
    if idents.len() != relation.0.len() || idents.len() > 3 {
        return Some(syntax(&format!("too many dots in table name: {relation}"), relation.span()));
    }
    let mixed = idents.len() > 1 && idents.iter().any(|ident| literal(ident));
    mixed.then(|| syntax(&format!("a location stands alone, not in a dotted name: {relation}"), relation.span()))
}

fn table(factor: &TableFactor) -> Option<Error> {
    let span = || factor.span();
    match factor {
        TableFactor::Table { alias, with_hints, version, partitions, json_path, sample, index_hints, name, .. } => {
            let here = name.span();
            if sample.is_some() {
                return Some(missing("TABLESAMPLE", here));
            }
            if version.is_some() {
                return Some(missing("time travel (FOR TIMESTAMP or VERSION AS OF)", here));
            }
            let hints = !with_hints.is_empty() || !partitions.is_empty() || json_path.is_some() || !index_hints.is_empty();
            if hints {
                return Some(foreign("a hint, PARTITION or path after a table's name", here));
            }
            alias
                .as_ref()
                .filter(|alias| literal(&alias.name))
                .map(|alias| syntax(&format!("mismatched input '{}'. Expecting: <identifier>", alias.name), here))
        }
        TableFactor::Derived { sample, .. } => sample.as_ref().map(|_| missing("TABLESAMPLE", span())),
        TableFactor::UNNEST { with_offset, .. } => with_offset.then(|| foreign("UNNEST … WITH OFFSET", span())),
        TableFactor::NestedJoin { table_with_joins, .. } => table_with_joins.joins.iter().find_map(join),
        TableFactor::TableFunction { .. } => None,
        TableFactor::MatchRecognize { table, .. } => Some(missing("MATCH_RECOGNIZE", table.span())),
        TableFactor::JsonTable { .. } => Some(missing("JSON_TABLE", span())),
        TableFactor::Function { .. } => Some(foreign("LATERAL before a function", span())),
        TableFactor::Pivot { table, .. } => Some(foreign("PIVOT", table.span())),
        TableFactor::Unpivot { table, .. } => Some(foreign("UNPIVOT", table.span())),
        TableFactor::OpenJsonTable { .. } => Some(foreign("OPENJSON", span())),
        TableFactor::XmlTable { .. } => Some(foreign("XMLTABLE", span())),
        TableFactor::SemanticView { .. } => Some(foreign("SEMANTIC_VIEW", span())),
    }
}

fn expression(expr: &Expr) -> Option<Error> {
    let what = match expr {
        Expr::BinaryOp { op, .. } => return operator(op, expr),
        Expr::UnaryOp { op: UnaryOperator::Plus | UnaryOperator::Minus | UnaryOperator::Not, .. } => return None,
        Expr::UnaryOp { op, .. } => return Some(foreign(&format!("the operator {op}"), expr.span())),
        Expr::Cast { kind: CastKind::DoubleColon, .. } => "a cast with :: (write CAST(x AS type))",
        Expr::Cast { kind: CastKind::SafeCast, .. } => "SAFE_CAST (write TRY_CAST)",
        Expr::Cast { format: Some(_), .. } => "FORMAT in CAST",
        Expr::ILike { .. } => "ILIKE (write lower(x) LIKE …)",
        Expr::RLike { .. } => "RLIKE or REGEXP (write regexp_like(x, pattern))",
        Expr::SimilarTo { .. } => "SIMILAR TO",
        Expr::Like { any: true, .. } => "LIKE ANY",
        Expr::JsonAccess { .. } => "a path with a colon",
        Expr::Collate { .. } => "COLLATE",
        Expr::Convert { .. } => "CONVERT",
        Expr::OuterJoin(_) => "the outer join mark (+)",
        Expr::MatchAgainst { .. } => "MATCH … AGAINST",
        Expr::Dictionary(_) | Expr::Map(_) | Expr::Struct { .. } => "a literal in braces or STRUCT",
        Expr::Function(call) if call.uses_odbc_syntax || call.parameters != FunctionArguments::None => "this form of a call",
        _ => return None,
    };
    Some(foreign(what, expr.span()))
}

fn operator(op: &BinaryOperator, expr: &Expr) -> Option<Error> {
    use BinaryOperator::*;
    match op {
        Plus | Minus | Multiply | Divide | Modulo | StringConcat | Gt | Lt | GtEq | LtEq | Eq | NotEq | And | Or => None,
        _ => Some(foreign(&format!("the operator {op}"), expr.span())),
    }
}
