//! Forms of a query that DataFusion's planner does not take, said in forms that it does.
//!
//! | written | planned |
//! |---|---|
//! | `ORDER BY x FETCH FIRST n ROWS WITH TIES` | `QUALIFY rank() OVER (ORDER BY x) <= n`, over the query as a table where its own select has no place for it |
//! | `VALUES CAST(x AS row(…))` | its fields |
//! | `RIGHT JOIN LATERAL (…)`, `FULL JOIN UNNEST(…)` | without LATERAL, in a subquery: such a side cannot use the other one |
//! | `JSON_TABLE(…)` | a subquery: see [`json_table`] |
//! | `a JOIN b USING (k)` among other joins | `(a JOIN b USING (k))` | [`super::relation`] plans brackets |
//! | `SELECT a, a`, `SELECT *, a` | `SELECT a, a AS "a?1"`, with a mark that no name has: DataFusion's columns have different names; [`shown`] takes it off again |
//! | `PIVOT` | a subquery: see [`pivot`] |
//! | `GROUP BY DISTINCT`, `AUTO`, `ROLLUP (a, (b, c))` | see [`grouping`] |
//! | `OVER w`, `WINDOW w AS (…)` | see [`windows`], and [`pattern_windows`] for row patterns |
//! | `UNIQUE`, `MATCH`, `OVERLAPS` | see [`predicates`] |
//! | `(SELECT a, b)` as a value, `x IN (SELECT a, b)` | `(SELECT (a, b))`: a row |

use std::collections::{HashMap, HashSet};
use std::ops::ControlFlow;
use std::sync::Arc;

use catalog::{Error, Result};
use datafusion::logical_expr::AggregateUDF;
use datafusion::sql::sqlparser::ast::helpers::attached_token::AttachedToken;
use datafusion::sql::sqlparser::ast::{
    BinaryOperator, Distinct, Expr, Function, FunctionArgumentList, FunctionArguments, GroupByExpr, Ident, Join, JoinConstraint,
    JoinOperator, LimitClause, ObjectName, OrderByExpr, OrderByKind, Parens, Query, Select, SelectFlavor, SelectItem, SetExpr,
    TableAlias, TableAliasColumnDef, TableFactor, TableWithJoins, Value, Values, VisitMut, VisitorMut, WildcardAdditionalOptions,
    WindowSpec, WindowType, visit_expressions, visit_expressions_mut,
};

use super::relation::{field_at, using};
use super::{field_names, grouping, inline, json_table, pattern_windows, pivot, predicates, windows};
use crate::types::Type;

/// The query in forms that DataFusion plans.
///
/// Errors: `Syntax` for WITH TIES without an order.
pub(crate) fn planned(mut query: Query, aggregates: &Aggregates<'_>) -> Result<Query> {
    match query.visit(&mut Forms { depth: 0, names: 0, aggregates }) {
        ControlFlow::Break(error) => Err(error),
        ControlFlow::Continue(()) => Ok(query),
    }
}

/// Which functions are aggregates.
pub(crate) struct Aggregates<'a>(pub(crate) &'a HashMap<String, Arc<AggregateUDF>>);

impl Aggregates<'_> {
    /// Whether this is a call of one.
    pub(super) fn is(&self, function: &Function) -> bool {
        let name = match function.name.0.as_slice() {
            [part] => part.as_ident().map(|ident| ident.value.to_lowercase()).unwrap_or_default(),
            _ => return false,
        };
        // Those that `calls` makes of others.
        let made = matches!(name.as_str(), "listagg" | "reduce_agg");
        function.over.is_none() && (made || self.0.contains_key(&name))
    }
}

struct Forms<'a> {
    /// How many queries are around.
    depth: usize,
    /// How many subqueries were given a name.
    names: usize,
    aggregates: &'a Aggregates<'a>,
}

impl VisitorMut for Forms<'_> {
    type Break = Error;

    fn pre_visit_query(&mut self, query: &mut Query) -> ControlFlow<Error> {
        self.depth += 1;
        if let Err(error) = values(&mut query.body) {
            return ControlFlow::Break(error);
        }
        places(query);
        windows::resolved(query);
        if let Err(error) = pattern_windows::planned(query) {
            return ControlFlow::Break(error);
        }
        match query.fetch.take_if(|fetch| fetch.with_ties) {
            Some(fetch) => match with_ties(query, fetch.quantity.unwrap_or_else(|| number(1))) {
                Ok(()) => ControlFlow::Continue(()),
                Err(error) => ControlFlow::Break(error),
            },
            None => ControlFlow::Continue(()),
        }
    }

    fn post_visit_query(&mut self, _: &mut Query) -> ControlFlow<Error> {
        self.depth -= 1;
        ControlFlow::Continue(())
    }

    fn pre_visit_select(&mut self, select: &mut Select) -> ControlFlow<Error> {
        for from in &mut select.from {
            for factor in std::iter::once(&mut from.relation).chain(from.joins.iter_mut().map(|join| &mut join.relation)) {
                match json_table::planned(factor.clone()) {
                    Ok(planned) => *factor = planned,
                    Err(error) => return ControlFlow::Break(error),
                }
            }
        }
        for join in select.from.iter_mut().flat_map(|from| &mut from.joins) {
            let keeps_right =
                matches!(join.join_operator, JoinOperator::Right(_) | JoinOperator::RightOuter(_) | JoinOperator::FullOuter(_));
            if keeps_right && let Err(error) = alone(join) {
                return ControlFlow::Break(error);
            }
        }
        select.from.iter_mut().for_each(bracket);
        field_names::named(select, self.depth == 1);
        tell_apart(&mut select.projection, self.depth == 1);
        told_apart(select, &mut self.names);
        flow(grouping::planned(select, self.aggregates))
    }

    fn pre_visit_table_factor(&mut self, factor: &mut TableFactor) -> ControlFlow<Error> {
        match factor {
            TableFactor::NestedJoin { table_with_joins, .. } if table_with_joins.joins.len() > 1 => bracket(table_with_joins),
            TableFactor::TableFunction { .. } => match json_table::planned(factor.clone()) {
                Ok(planned) => *factor = planned,
                Err(error) => return ControlFlow::Break(error),
            },
            TableFactor::Pivot { .. } => match pivot::planned(factor.clone(), self.aggregates) {
                Ok(planned) => *factor = planned,
                Err(error) => return ControlFlow::Break(error),
            },
            _ => {}
        }
        ControlFlow::Continue(())
    }

    fn pre_visit_expr(&mut self, expr: &mut Expr) -> ControlFlow<Error> {
        if let Expr::Function(function) = expr {
            match predicates::rewritten(function) {
                Ok(Some(rewritten)) => *expr = rewritten,
                Ok(None) => {}
                Err(error) => return ControlFlow::Break(error),
            }
        }
        match expr {
            Expr::Subquery(query) if columns(query) > 1 => as_row(query),
            Expr::InSubquery { expr, subquery, .. } if is_row(expr) || columns(subquery) > 1 => as_row(subquery),
            Expr::AnyOp { left, right, .. } | Expr::AllOp { left, right, .. } if is_row(left) => {
                if let Expr::Subquery(query) = right.as_mut() {
                    as_row(query);
                }
            }
            _ => {}
        }
        ControlFlow::Continue(())
    }
}

/// `VALUES CAST(x AS row(…)), (1, 2)`: a row that is a value has its fields as columns.
///
/// Errors: `TypeMismatch` for rows of different lengths.
fn values(body: &mut SetExpr) -> Result<()> {
    let rows = match body {
        SetExpr::Values(values) => &mut values.rows,
        SetExpr::SetOperation { left, right, .. } => {
            values(left)?;
            return values(right);
        }
        _ => return Ok(()),
    };
    for row in rows.iter_mut() {
        let [Expr::Function(function)] = row.content.as_slice() else { continue };
        if inline::own_name(function) != "$fields" {
            continue;
        }
        let arguments = inline::arguments(function);
        let [value @ Expr::Cast { data_type, .. }] = arguments.as_slice() else { continue };
        let Ok(Type::Row(fields)) = Type::parse(&sql::type_text(data_type)) else { continue };
        let field = |at| field_at(value.clone(), at);
        row.content = (0..fields.len()).map(field).collect();
    }
    let mut lengths = rows.iter().map(|row| row.content.len());
    let Some(first) = lengths.next() else { return Ok(()) };
    match lengths.find(|length| *length != first) {
        Some(other) => {
            let message = format!("Values rows have mismatched sizes: {first} vs {other}");
            Err(Error::new(catalog::ErrorKind::TypeMismatch, message))
        }
        None => Ok(()),
    }
}

/// A joined relation that does not see those beside it.
///
/// Errors: `NotSupported` for UNNEST with another condition than TRUE, which Trino has not.
fn alone(join: &mut Join) -> Result<()> {
    match &mut join.relation {
        TableFactor::Derived { lateral, .. } => *lateral = false,
        TableFactor::UNNEST { alias, .. } => {
            let on_true = match &join.join_operator {
                JoinOperator::Right(on) | JoinOperator::RightOuter(on) | JoinOperator::FullOuter(on) => {
                    matches!(on, JoinConstraint::On(Expr::Value(value)) if value.value == Value::Boolean(true))
                }
                _ => false,
            };
            if !on_true {
                let message = "RIGHT and FULL JOIN involving UNNEST is only supported with condition ON TRUE";
                return Err(Error::not_supported(message));
            }
            let alias = alias.as_ref().map(|alias| TableAlias { columns: vec![], ..alias.clone() });
            let all = select(SelectItem::Wildcard(WildcardAdditionalOptions::default()), join.relation.clone());
            let subquery = Box::new(sql::query_of(SetExpr::Select(Box::new(all))));
            join.relation = TableFactor::Derived { lateral: false, subquery, alias, sample: None };
        }
        _ => {}
    }
    Ok(())
}

/// Gives subqueries without a name one that nobody writes where others stand beside them, so that no two of them have the same
/// columns.
fn told_apart(select: &mut Select, names: &mut usize) {
    let several = select.from.len() > 1 || select.from.iter().any(|from| !from.joins.is_empty());
    if !several {
        return;
    }
    for from in &mut select.from {
        for factor in std::iter::once(&mut from.relation).chain(from.joins.iter_mut().map(|join| &mut join.relation)) {
            if let TableFactor::Derived { alias: alias @ None, .. } = factor {
                *names += 1;
                let name = Ident::with_quote('"', format!("$subquery_{names}"));
                *alias = Some(TableAlias { explicit: true, name, columns: vec![], at: None });
            }
        }
    }
}

/// `SELECT DISTINCT a + b … ORDER BY a + t.b`: what is sorted by is one of the items, by its place.
fn places(query: &mut Query) {
    let SetExpr::Select(select) = query.body.as_ref() else { return };
    let Some(OrderByKind::Expressions(order)) = query.order_by.as_mut().map(|order| &mut order.kind) else { return };
    if select.distinct.is_none() {
        return;
    }
    let outputs: Vec<String> = select.projection.iter().filter_map(output_name).collect();
    for by in order {
        let whole = matches!(by.expr, Expr::Value(_) | Expr::Identifier(_) | Expr::CompoundIdentifier(_));
        // The names of the select's own columns mean those, and not what they are made of.
        let of_output = visit_expressions(&by.expr, |part| match part {
            Expr::Identifier(name) if outputs.contains(&catalog::name::fold(&name.value)) => ControlFlow::Break(()),
            _ => ControlFlow::Continue(()),
        });
        if whole || of_output.is_break() {
            continue;
        }
        let wanted = unqualified(&by.expr);
        for (at, item) in (1..).zip(&select.projection) {
            match item {
                SelectItem::UnnamedExpr(expr) | SelectItem::ExprWithAlias { expr, .. } if unqualified(expr) == wanted => {
                    by.expr = number(at);
                    break;
                }
                SelectItem::UnnamedExpr(_) | SelectItem::ExprWithAlias { .. } => {}
                _ => break,
            }
        }
    }
}

fn output_name(item: &SelectItem) -> Option<String> {
    let name = match item {
        SelectItem::ExprWithAlias { alias, .. } => Some(alias),
        SelectItem::UnnamedExpr(Expr::Identifier(name)) => Some(name),
        SelectItem::UnnamedExpr(Expr::CompoundIdentifier(path)) => path.last(),
        _ => None,
    };
    name.map(|name| catalog::name::fold(&name.value))
}

/// The text of an expression with its columns by their own names alone, in lower case.
fn unqualified(expr: &Expr) -> String {
    struct Unqualified;
    impl VisitorMut for Unqualified {
        type Break = ();
        fn pre_visit_expr(&mut self, expr: &mut Expr) -> ControlFlow<()> {
            let last = match expr {
                Expr::Identifier(name) => Some(name.clone()),
                Expr::CompoundIdentifier(path) => path.last().cloned(),
                _ => None,
            };
            if let Some(name) = last {
                *expr = Expr::Identifier(Ident::with_quote('"', catalog::name::fold(&name.value)));
            }
            ControlFlow::Continue(())
        }
    }
    let mut expr = expr.clone();
    let _: ControlFlow<()> = expr.visit(&mut Unqualified);
    expr.to_string()
}

fn flow(result: Result<()>) -> ControlFlow<Error> {
    match result {
        Ok(()) => ControlFlow::Continue(()),
        Err(error) => ControlFlow::Break(error),
    }
}

/// Takes subqueries out of an expression.
pub(super) fn without_subqueries(expr: &mut Expr) {
    struct Without;
    impl VisitorMut for Without {
        type Break = ();
        fn pre_visit_expr(&mut self, expr: &mut Expr) -> ControlFlow<()> {
            if let Expr::Subquery(_) | Expr::InSubquery { .. } | Expr::Exists { .. } = expr {
                *expr = grouping::null();
            }
            ControlFlow::Continue(())
        }
    }
    let _: ControlFlow<()> = expr.visit(&mut Without);
}

/// Brackets around all that is joined up to each USING.
fn bracket(from: &mut TableWithJoins) {
    let Some(last) = from.joins.iter().rposition(|join| using(&join.join_operator).is_some()) else { return };
    let after = from.joins.split_off(last + 1);
    let Some(join) = from.joins.pop() else { return };
    bracket(from);
    if !from.joins.is_empty() {
        from.relation = bracketed(from.relation.clone(), std::mem::take(&mut from.joins));
    }
    from.relation = bracketed(from.relation.clone(), vec![join]);
    from.joins = after;
}

fn bracketed(relation: TableFactor, joins: Vec<Join>) -> TableFactor {
    TableFactor::NestedJoin { table_with_joins: Box::new(TableWithJoins { relation, joins }), alias: None }
}

/// Between a name and the place of its column, where others of the select have the name, too.
const MARK: char = '\u{1}';

/// A column's name as the user wrote it.
pub(crate) fn shown(name: &str) -> &str {
    name.split(MARK).next().unwrap_or(name)
}

/// Gives those items a name of their own that would have the name of another one. What a wildcard brings is not known here: beside
/// one, all items without a name get one where `outermost`, since there nobody refers to them.
fn tell_apart(items: &mut [SelectItem], outermost: bool) {
    let wildcard =
        outermost && items.iter().any(|item| !matches!(item, SelectItem::UnnamedExpr(_) | SelectItem::ExprWithAlias { .. }));
    let mut seen = HashSet::new();
    for (at, item) in items.iter_mut().enumerate() {
        let (expr, name) = match &*item {
            SelectItem::UnnamedExpr(expr) => match expr {
                Expr::Identifier(name) => (expr, name.value.clone()),
                Expr::CompoundIdentifier(path) => (expr, path.last().map(|name| name.value.clone()).unwrap_or_default()),
                _ => (expr, format!("_col{at}")),
            },
            SelectItem::ExprWithAlias { expr, alias } => (expr, alias.value.clone()),
            _ => continue,
        };
        let text = match &*item {
            SelectItem::UnnamedExpr(expr) => without_casts(expr),
            _ => name.clone(),
        };
        let unnamed = matches!(item, SelectItem::UnnamedExpr(_));
        if !seen.insert(text) || (unnamed && (wildcard || has_subquery(expr))) {
            *item = SelectItem::ExprWithAlias { expr: expr.clone(), alias: Ident::with_quote('"', format!("{name}{MARK}{at}")) };
        }
    }
}

/// DataFusion's names do not tell of casts: `1` and `CAST(1 AS bigint)` have the same, and literals with a type are casts of texts.
fn without_casts(expr: &Expr) -> String {
    let mut expr = expr.clone();
    let _: ControlFlow<()> = visit_expressions_mut(&mut expr, |part| {
        while let Expr::Cast { expr: inner, .. } = part {
            let inner = std::mem::replace(inner.as_mut(), Expr::Value(Value::Null.into()));
            *part = inner;
        }
        let text = match part {
            Expr::TypedString(literal) => literal.value.value.clone().into_string(),
            Expr::Value(value) => match &value.value {
                Value::Number(digits, _) => Some(digits.to_string()),
                _ => None,
            },
            _ => None,
        };
        if let Some(text) = text {
            *part = Expr::Value(Value::SingleQuotedString(text).with_empty_span());
        }
        ControlFlow::Continue(())
    });
    expr.to_string()
}

/// DataFusion names all that hold a subquery alike, whatever the subquery is.
pub(super) fn has_subquery(expr: &Expr) -> bool {
    let found = visit_expressions(expr, |part| match part {
        Expr::Subquery(_) | Expr::InSubquery { .. } | Expr::Exists { .. } => ControlFlow::Break(()),
        _ => ControlFlow::Continue(()),
    });
    found.is_break()
}

/// Whether two expressions of a GROUP BY differ in their casts alone.
pub(super) fn groups_by_casts(body: &SetExpr) -> bool {
    match body {
        SetExpr::Select(select) => {
            let GroupByExpr::Expressions(exprs, _) = &select.group_by else { return false };
            let mut seen = HashSet::new();
            !exprs.iter().all(|expr| seen.insert(without_casts(expr)))
        }
        SetExpr::Query(query) => groups_by_casts(&query.body),
        SetExpr::SetOperation { left, right, .. } => groups_by_casts(left) || groups_by_casts(right),
        _ => false,
    }
}

/// The number of columns that a query has, where its text tells.
pub(super) fn columns(query: &Query) -> usize {
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

fn is_row(expr: &Expr) -> bool {
    match expr {
        Expr::Tuple(_) => true,
        Expr::Function(function) => function.name.to_string().eq_ignore_ascii_case("row"),
        _ => false,
    }
}

/// The query's columns as the fields of one.
pub(super) fn as_row(query: &mut Query) {
    let count = columns(query);
    if count == 0 {
        return;
    }
    let name = |at: usize| Ident::with_quote('"', format!("$field_{at}"));
    let column = |at: usize| TableAliasColumnDef { name: name(at), data_type: None };
    let alias =
        TableAlias { explicit: true, name: Ident::with_quote('"', "$row"), columns: (0..count).map(column).collect(), at: None };
    let row = Expr::Tuple((0..count).map(|at| Expr::Identifier(name(at))).collect());
    wrap(query, SelectItem::UnnamedExpr(row), alias);
}

/// `SELECT item FROM relation`
pub(super) fn select(item: SelectItem, relation: TableFactor) -> Select {
    select_from(vec![item], relation)
}

/// `SELECT items FROM relation`
pub(crate) fn select_from(items: Vec<SelectItem>, relation: TableFactor) -> Select {
    let mut select = select_of(items);
    select.from = vec![TableWithJoins { relation, joins: vec![] }];
    select
}

/// `SELECT items`
pub(crate) fn select_of(items: Vec<SelectItem>) -> Select {
    Select {
        select_token: AttachedToken::empty(),
        optimizer_hints: vec![],
        distinct: None,
        select_modifiers: None,
        top: None,
        top_before_distinct: false,
        projection: items,
        exclude: None,
        into: None,
        from: vec![],
        lateral_views: vec![],
        prewhere: None,
        selection: None,
        connect_by: vec![],
        group_by: GroupByExpr::Expressions(vec![], vec![]),
        cluster_by: vec![],
        distribute_by: vec![],
        sort_by: vec![],
        having: None,
        named_window: vec![],
        qualify: None,
        window_before_qualify: false,
        value_table_mode: None,
        flavor: SelectFlavor::Standard,
    }
}

/// A relation of one row.
pub(super) fn one_row() -> TableFactor {
    let rows = vec![Parens::with_empty_span(vec![number(1)])];
    let values = SetExpr::Values(Values { explicit_row: false, value_keyword: false, rows });
    TableFactor::Derived { lateral: false, subquery: Box::new(sql::query_of(values)), alias: None, sample: None }
}

/// `SELECT item FROM (query) AS alias`
fn wrap(query: &mut Query, item: SelectItem, alias: TableAlias) {
    let subquery = Box::new(query.clone());
    let relation = TableFactor::Derived { lateral: false, subquery, alias: Some(alias), sample: None };
    *query = sql::query_of(SetExpr::Select(Box::new(select(item, relation))));
}

fn with_ties(query: &mut Query, rows: Expr) -> Result<()> {
    let order = match query.order_by.as_ref().map(|order| &order.kind) {
        Some(OrderByKind::Expressions(order)) => order.clone(),
        _ => return Err(Error::new(catalog::ErrorKind::Syntax, "FETCH FIRST WITH TIES clause requires ORDER BY")),
    };
    let offset = match query.limit_clause.take() {
        Some(LimitClause::LimitOffset { offset, .. }) => offset.map(|offset| offset.value),
        _ => None,
    };
    let plain = match query.body.as_ref() {
        SetExpr::Select(select) => !matches!(select.distinct, Some(Distinct::Distinct | Distinct::On(_))),
        _ => false,
    };
    if !plain {
        let order_by = query.order_by.take();
        let alias = TableAlias { explicit: true, name: Ident::with_quote('"', "$tied"), columns: vec![], at: None };
        wrap(query, SelectItem::Wildcard(WildcardAdditionalOptions::default()), alias);
        query.order_by = order_by;
    }
    let SetExpr::Select(select) = query.body.as_mut() else { return Ok(()) };
    let order = order.into_iter().map(|sort| resolved(sort, select)).collect::<Result<Vec<_>>>()?;
    let (first, skipped) = match offset {
        None => (rows, None),
        Some(offset) => (binary(rows, BinaryOperator::Plus, offset.clone()), Some(offset)),
    };
    let mut condition = binary(window("rank", vec![], order.clone()), BinaryOperator::LtEq, first);
    if let Some(skipped) = skipped {
        let after = binary(window("row_number", vec![], order), BinaryOperator::Gt, skipped);
        condition = binary(condition, BinaryOperator::And, after);
    }
    select.qualify = Some(condition);
    Ok(())
}

/// What is sorted by, with the select's expression for its place or its name.
fn resolved(sort: OrderByExpr, select: &Select) -> Result<OrderByExpr> {
    let item = match &sort.expr {
        Expr::Value(value) => match &value.value {
            Value::Number(place, _) => {
                let at = place.to_string().parse::<usize>().ok().and_then(|place| place.checked_sub(1));
                at.and_then(|at| select.projection.get(at))
            }
            _ => None,
        },
        Expr::Identifier(name) => select.projection.iter().find(|item| match item {
            SelectItem::ExprWithAlias { alias, .. } => alias.value == name.value,
            _ => false,
        }),
        _ => None,
    };
    match item {
        Some(SelectItem::ExprWithAlias { expr, .. } | SelectItem::UnnamedExpr(expr)) => {
            Ok(OrderByExpr { expr: expr.clone(), ..sort })
        }
        Some(_) => {
            Err(Error::not_supported("FETCH FIRST WITH TIES by the place of a column in * is not supported; name the column"))
        }
        None => Ok(sort),
    }
}

fn binary(left: Expr, op: BinaryOperator, right: Expr) -> Expr {
    Expr::BinaryOp { left: Box::new(left), op, right: Box::new(right) }
}

fn number(value: u32) -> Expr {
    Expr::Value(Value::Number(value.to_string(), false).into())
}

pub(super) fn window(name: &str, partition_by: Vec<Expr>, order_by: Vec<OrderByExpr>) -> Expr {
    let spec = WindowSpec { window_name: None, partition_by, order_by, window_frame: None };
    Expr::Function(Function {
        name: ObjectName::from(vec![Ident::new(name)]),
        uses_odbc_syntax: false,
        parameters: FunctionArguments::None,
        args: FunctionArguments::List(FunctionArgumentList { duplicate_treatment: None, args: vec![], clauses: vec![] }),
        filter: None,
        null_treatment: None,
        over: Some(WindowType::WindowSpec(spec)),
        within_group: vec![],
    })
}
