//! Forms of a query that DataFusion's planner does not take, said in forms that it does.
//!
//! | written | planned |
//! |---|---|
//! | `ORDER BY x FETCH FIRST n ROWS WITH TIES` | `QUALIFY rank() OVER (ORDER BY x) <= n`, over the query as a table where its own select has no place for it |
//! | `RIGHT JOIN LATERAL (…)`, `FULL JOIN LATERAL (…)` | without LATERAL: such a side cannot use the other one |
//! | `a JOIN b USING (k)` among other joins | `(a JOIN b USING (k))` | [`super::relation`] plans brackets |
//! | `SELECT a, a`, `SELECT *, a` | `SELECT a, a AS "a?1"`, with a mark that no name has: DataFusion's columns have different names; [`shown`] takes it off again |
//! | `r.*`, `(f(x)).* AS (a, b)` of a row | a table of one row | see [`super::members`] |
//! | `(SELECT a, b)` as a value, `x IN (SELECT a, b)` | `(SELECT (a, b))`: a row |

use std::collections::HashSet;
use std::ops::ControlFlow;

use catalog::{Error, Result};
use datafusion::sql::sqlparser::ast::helpers::attached_token::AttachedToken;
use datafusion::sql::sqlparser::ast::{
    BinaryOperator, Distinct, Expr, Function, FunctionArgumentList, FunctionArguments, GroupByExpr, Ident, Join, JoinOperator,
    LimitClause, ObjectName, OrderByExpr, OrderByKind, Query, Select, SelectFlavor, SelectItem, SetExpr, TableAlias,
    TableAliasColumnDef, TableFactor, TableWithJoins, Value, VisitMut, VisitorMut, WildcardAdditionalOptions, WindowSpec,
    WindowType, visit_expressions,
};
use sql::columns_of;

use super::members;
use super::relation::using;

/// The query in forms that DataFusion plans.
///
/// Errors: `Syntax` for WITH TIES without an order.
pub(crate) fn planned(mut query: Query) -> Result<Query> {
    match query.visit(&mut Forms { depth: 0 }) {
        ControlFlow::Break(error) => Err(error),
        ControlFlow::Continue(()) => Ok(query),
    }
}

struct Forms {
    /// How many queries are around.
    depth: usize,
}

impl VisitorMut for Forms {
    type Break = Error;

    fn pre_visit_query(&mut self, query: &mut Query) -> ControlFlow<Error> {
        self.depth += 1;
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
        for join in select.from.iter_mut().flat_map(|from| &mut from.joins) {
            let keeps_right =
                matches!(join.join_operator, JoinOperator::Right(_) | JoinOperator::RightOuter(_) | JoinOperator::FullOuter(_));
            if let (true, TableFactor::Derived { lateral, .. }) = (keeps_right, &mut join.relation) {
                *lateral = false;
            }
        }
        if let Err(error) = members::expand(select) {
            return ControlFlow::Break(error);
        }
        select.from.iter_mut().for_each(bracket);
        tell_apart(&mut select.projection, self.depth == 1);
        ControlFlow::Continue(())
    }

    fn pre_visit_table_factor(&mut self, factor: &mut TableFactor) -> ControlFlow<Error> {
        match factor {
            TableFactor::NestedJoin { table_with_joins, .. } if table_with_joins.joins.len() > 1 => bracket(table_with_joins),
            _ => {}
        }
        ControlFlow::Continue(())
    }

    fn pre_visit_expr(&mut self, expr: &mut Expr) -> ControlFlow<Error> {
        match expr {
            Expr::Subquery(query) if columns_of(query) > 1 => as_row(query),
            Expr::InSubquery { expr, subquery, .. } if is_row(expr) || columns_of(subquery) > 1 => as_row(subquery),
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
            SelectItem::UnnamedExpr(expr) => expr.to_string(),
            _ => name.clone(),
        };
        let unnamed = matches!(item, SelectItem::UnnamedExpr(_));
        if !seen.insert(text) || (unnamed && (wildcard || has_subquery(expr))) {
            *item = SelectItem::ExprWithAlias { expr: expr.clone(), alias: Ident::with_quote('"', format!("{name}{MARK}{at}")) };
        }
    }
}

/// DataFusion names all that hold a subquery alike, whatever the subquery is.
fn has_subquery(expr: &Expr) -> bool {
    let found = visit_expressions(expr, |part| match part {
        Expr::Subquery(_) | Expr::InSubquery { .. } | Expr::Exists { .. } => ControlFlow::Break(()),
        _ => ControlFlow::Continue(()),
    });
    found.is_break()
}

fn is_row(expr: &Expr) -> bool {
    match expr {
        Expr::Tuple(_) => true,
        Expr::Function(function) => function.name.to_string().eq_ignore_ascii_case("row"),
        _ => false,
    }
}

/// The query's columns as the fields of one.
fn as_row(query: &mut Query) {
    let count = columns_of(query);
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
fn select(item: SelectItem, relation: TableFactor) -> Select {
    Select {
        select_token: AttachedToken::empty(),
        optimizer_hints: vec![],
        distinct: None,
        select_modifiers: None,
        top: None,
        top_before_distinct: false,
        projection: vec![item],
        exclude: None,
        into: None,
        from: vec![TableWithJoins { relation, joins: vec![] }],
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
    let mut condition = binary(window("rank", order.clone()), BinaryOperator::LtEq, first);
    if let Some(skipped) = skipped {
        let after = binary(window("row_number", order), BinaryOperator::Gt, skipped);
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

fn window(name: &str, order_by: Vec<OrderByExpr>) -> Expr {
    let spec = WindowSpec { window_name: None, partition_by: vec![], order_by, window_frame: None };
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
