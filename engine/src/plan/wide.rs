//! Long select lists. DataFusion's planner compares the name of each item with those of all before it, in case some are unnested:
//! from some hundred items on that takes longer than all the rest of planning. A long list of plain values over `FROM` and `WHERE`
//! (most often a view's), and `*`, are planned here, item by item, to the same plan; whatever else there is, errors too, is
//! DataFusion's.

use std::ops::ControlFlow;
use std::sync::Arc;

use datafusion::common::Result;
use datafusion::common::tree_node::TreeNode;
use datafusion::logical_expr::expr::WildcardOptions;
use datafusion::logical_expr::expr_rewriter::normalize_col_with_schemas_and_ambiguity_check;
use datafusion::logical_expr::select_expr::SelectExpr;
use datafusion::logical_expr::{Expr, Limit, LogicalPlan, LogicalPlanBuilder, Projection};
use datafusion::sql::planner::{IdentNormalizer, PlannerContext, SqlToRel};
use datafusion::sql::sqlparser::ast::{
    self, Query, Select, SelectItem, SetExpr, Statement, Visit, Visitor, WildcardAdditionalOptions,
};

use super::context::Context;
use super::forms::select_of;
use super::grouping::null;

/// From so many items on a list is long: fewer are compared in less time than a second look at the query takes.
const LONG: usize = 32;

/// Plans a query whose forms are DataFusion's.
///
/// Errors: DataFusion's.
pub(crate) fn planned(planner: &SqlToRel<'_, Context<'_>>, query: Query) -> Result<LogicalPlan> {
    if let Some(plan) = long_list(planner, &query) {
        return Ok(plan);
    }
    planner.sql_statement_to_plan(Statement::Query(Box::new(query)))
}

/// The plan of a query with a long list of plain values; none where it is another, and where something is wrong with it.
fn long_list(planner: &SqlToRel<'_, Context<'_>>, query: &Query) -> Option<LogicalPlan> {
    let SetExpr::Select(select) = query.body.as_ref() else { return None };
    let is_long = select.projection.len() >= LONG || select.projection.iter().any(is_all);
    if !is_long || select.from.is_empty() || query.order_by.is_some() || !is_plain(select) {
        return None;
    }
    let bare = Select { projection: vec![SelectItem::UnnamedExpr(null())], ..select.as_ref().clone() };
    let bare = Query { body: Box::new(SetExpr::Select(Box::new(bare))), ..query.clone() };
    match planner.sql_statement_to_plan(Statement::Query(Box::new(bare))).ok()? {
        LogicalPlan::Projection(projection) => listed(planner, &select.projection, projection),
        LogicalPlan::Limit(Limit { skip, fetch, input }) => match Arc::unwrap_or_clone(input) {
            LogicalPlan::Projection(projection) => {
                let input = Arc::new(listed(planner, &select.projection, projection)?);
                Some(LogicalPlan::Limit(Limit { skip, fetch, input }))
            }
            _ => None,
        },
        _ => None,
    }
}

/// Whether an item is `*`, and leaves no column out.
fn is_all(item: &SelectItem) -> bool {
    let SelectItem::Wildcard(options) = item else { return false };
    let WildcardAdditionalOptions { wildcard_token, .. } = options;
    *options == WildcardAdditionalOptions { wildcard_token: wildcard_token.clone(), ..WildcardAdditionalOptions::default() }
}

/// Whether there is nothing but a list, `FROM` and `WHERE`, and no query in the list.
fn is_plain(select: &Select) -> bool {
    let Select { projection, from, selection, .. } = select;
    let plain = Select { projection: projection.clone(), from: from.clone(), selection: selection.clone(), ..select_of(vec![]) };
    *select == plain && projection.visit(&mut Queries).is_continue()
}

struct Queries;

impl Visitor for Queries {
    type Break = ();

    fn pre_visit_query(&mut self, _: &Query) -> ControlFlow<()> {
        ControlFlow::Break(())
    }
}

/// The list over what another list is over.
fn listed(planner: &SqlToRel<'_, Context<'_>>, items: &[SelectItem], other: Projection) -> Option<LogicalPlan> {
    let input = Arc::unwrap_or_clone(other.input);
    let (schema, using) = (input.schema(), input.using_columns().ok()?);
    let (context, names) = (&mut PlannerContext::new(), IdentNormalizer::default());
    let mut value = |expr: &ast::Expr| {
        let expr = planner.sql_to_expr(expr.clone(), schema, context).ok().filter(is_value)?;
        normalize_col_with_schemas_and_ambiguity_check(expr, &[&[schema]], &using).ok()
    };
    let mut list = Vec::with_capacity(items.len());
    for item in items {
        list.push(SelectExpr::from(match item {
            SelectItem::UnnamedExpr(expr) => value(expr)?,
            SelectItem::ExprWithAlias { expr, alias } => {
                let name = names.normalize(alias.clone());
                match value(expr)? {
                    Expr::Column(column) if column.name == name => Expr::Column(column),
                    expr => expr.alias(name),
                }
            }
            item if is_all(item) => {
                list.push(SelectExpr::Wildcard(WildcardOptions::default()));
                continue;
            }
            _ => return None,
        }));
    }
    LogicalPlanBuilder::from(input).project(list).and_then(LogicalPlanBuilder::build).ok()
}

/// Whether an expression makes a value of a row, and needs no node of its own.
fn is_value(expr: &Expr) -> bool {
    let needs = |expr: &Expr| {
        matches!(expr, Expr::AggregateFunction(_) | Expr::WindowFunction(_) | Expr::GroupingSet(_) | Expr::Unnest(_))
    };
    expr.exists(|expr| Ok(needs(expr))).is_ok_and(|found| !found)
}
