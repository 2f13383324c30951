//! Subqueries and lateral relations as joins.
//!
//! DataFusion does the plain shapes itself and well (`EXISTS` and `IN` as conditions of a filter, a correlated aggregate with
//! equalities, an uncorrelated scalar subquery); those are left to it. All others are done here, in any place and of any shape:
//! the outer values that a subquery uses become a relation, the subquery is evaluated for all of them at once ([`push`]), and
//! its answers are joined to the outer rows ([`apply`], [`lateral`], and before an outer join [`outer`]).

mod apply;
mod domain;
mod lateral;
mod outer;
mod plain;
mod push;
mod single;

use std::sync::Arc;

use datafusion::common::config::ConfigOptions;
use datafusion::common::tree_node::{Transformed, TreeNode, TreeNodeRecursion};
use datafusion::common::{Column, Result};
use datafusion::logical_expr::logical_plan::{Filter, Projection, Subquery, Values};
use datafusion::logical_expr::utils::split_conjunction_owned;
use datafusion::logical_expr::{Expr, JoinType, LogicalPlan, LogicalPlanBuilder, lit};
use datafusion::optimizer::AnalyzerRule;

use domain::Names;
use push::{called, fields};
pub(crate) use single::Single;

/// The rule. It runs before types are coerced, so that what it compares is coerced as if the user had written it.
#[derive(Debug)]
pub(crate) struct Decorrelate;

impl AnalyzerRule for Decorrelate {
    fn name(&self) -> &str {
        "decorrelate"
    }

    fn analyze(&self, plan: LogicalPlan, _config: &ConfigOptions) -> Result<LogicalPlan> {
        if has_subquery(&plan)? { rewrite(plan, &Names::default()) } else { Ok(plan) }
    }
}

fn has_subquery(plan: &LogicalPlan) -> Result<bool> {
    plan.exists(|plan| Ok(matches!(plan, LogicalPlan::Subquery(_)) || holds(plan, is_subquery)?))
}

/// Whether such an expression is anywhere in those of this node.
pub(super) fn holds(node: &LogicalPlan, is: impl Fn(&Expr) -> bool) -> Result<bool> {
    let mut found = false;
    node.apply_expressions(|expr| {
        found = expr.exists(|expr| Ok(is(expr)))?;
        Ok(if found { TreeNodeRecursion::Stop } else { TreeNodeRecursion::Continue })
    })?;
    Ok(found)
}

fn holds_subquery(expr: &Expr) -> bool {
    expr.exists(|expr| Ok(is_subquery(expr))).unwrap_or(false)
}

fn is_subquery(expr: &Expr) -> bool {
    matches!(expr, Expr::ScalarSubquery(_) | Expr::Exists(_) | Expr::InSubquery(_) | Expr::SetComparison(_))
}

/// The plan without the subqueries that are ours, inner ones first.
fn rewrite(plan: LogicalPlan, names: &Names) -> Result<LogicalPlan> {
    let plan = match plan {
        LogicalPlan::Join(join) if lateral::is_lateral(&join.right) => return lateral::join(join, names),
        LogicalPlan::Subquery(subquery) => return rewrite(Arc::unwrap_or_clone(subquery.subquery), names),
        LogicalPlan::Values(values) if values.values.iter().flatten().any(holds_subquery) => rows(values)?,
        plan => plan,
    };
    let changed = plan.map_children(|child| {
        let before = Arc::clone(child.schema());
        let child = rewrite(child, names)?;
        let same = Arc::ptr_eq(&before, child.schema());
        Ok(if same { Transformed::no(child) } else { Transformed::yes(child) })
    })?;
    let plan = if changed.transformed { changed.data.recompute_schema()? } else { changed.data };
    if holds(&plan, is_subquery)? { expressions(plan, names) } else { Ok(plan) }
}

/// Rows of values as selects, whose subqueries have a place then.
fn rows(values: Values) -> Result<LogicalPlan> {
    let names = fields(&values.schema);
    let one = |row: Vec<Expr>| {
        let named = row.into_iter().zip(&names).map(|(expr, name)| called(expr, name.clone()));
        LogicalPlanBuilder::empty(true).project(named.collect::<Result<Vec<_>>>()?)?.build()
    };
    let mut rows = values.values.into_iter().map(one);
    let first = rows.next().unwrap_or_else(|| LogicalPlanBuilder::empty(false).build())?;
    rows.try_fold(LogicalPlanBuilder::from(first), |all, row| all.union(row?))?.build()
}

/// The node with its expressions over an input that has the answers of the subqueries in them.
fn expressions(plan: LogicalPlan, names: &Names) -> Result<LogicalPlan> {
    let schema = Arc::clone(plan.schema());
    let plan = plan.map_subqueries(|subquery| within(subquery, names).map(Transformed::yes))?.data;
    // An inner join's conditions are those of a filter over all pairs.
    let plan = match plan {
        LogicalPlan::Join(join) if join.join_type == JoinType::Inner && join.filter.as_ref().is_some_and(holds_subquery) => {
            let mut conditions: Vec<Expr> = join.on.into_iter().map(|(left, right)| left.eq(right)).collect();
            conditions.extend(join.filter);
            let pairs = LogicalPlanBuilder::from(Arc::unwrap_or_clone(join.left)).cross_join(Arc::unwrap_or_clone(join.right))?;
            pairs.filter(conditions.into_iter().reduce(Expr::and).unwrap_or_else(|| lit(true)))?.build()?
        }
        LogicalPlan::Join(join) if join.filter.as_ref().is_some_and(holds_subquery) => return outer::join(join, names),
        plan => plan,
    };
    let inputs = plan.inputs();
    let [input] = inputs.as_slice() else { return Ok(plan) };
    let (asked, before) = ((*input).clone(), fields(input.schema()).len());
    let mut input = asked.clone();
    let mut exprs = vec![];
    for expr in plan.expressions() {
        exprs.push(match plan {
            LogicalPlan::Filter(_) => filter(expr, &mut input, names)?,
            LogicalPlan::Projection(_) => answered(expr, &asked, &mut input, plain::value, names)?,
            _ => answered(expr, &asked, &mut input, plain::scalar, names)?,
        });
    }
    if fields(input.schema()).len() == before {
        return plan.with_new_exprs(exprs, vec![input]);
    }
    restored(plan.with_new_exprs(exprs, vec![input])?, before, &fields(&schema))
}

/// The subquery of an expression with its own subqueries done.
fn within(plan: LogicalPlan, names: &Names) -> Result<LogicalPlan> {
    match plan {
        LogicalPlan::Subquery(subquery) => {
            let mut inner = rewrite(Arc::unwrap_or_clone(subquery.subquery), names)?;
            // DataFusion asks a subquery for its one expression, and rows of values have none.
            if matches!(inner, LogicalPlan::Values(_)) {
                let columns: Vec<Expr> = fields(inner.schema()).into_iter().map(Expr::Column).collect();
                inner = LogicalPlanBuilder::from(inner).project(columns)?.build()?;
            }
            Ok(LogicalPlan::Subquery(Subquery { subquery: Arc::new(inner), ..subquery }))
        }
        plan => rewrite(plan, names),
    }
}

/// A filter's conditions one by one: DataFusion does some whole. What is left of `input` by those that have no answers to wait for is
/// what the others are asked about, which may be much less.
fn filter(predicate: Expr, input: &mut LogicalPlan, names: &Names) -> Result<Expr> {
    let (mut first, mut rest) = (vec![], vec![]);
    for condition in split_conjunction_owned(predicate) {
        let is_first = !holds_subquery(&condition) || plain::condition(&condition, input)?;
        if is_first { first.push(condition) } else { rest.push(condition) }
    }
    let all = |conditions: Vec<Expr>| conditions.into_iter().reduce(Expr::and);
    if rest.is_empty() {
        return Ok(all(first).unwrap_or_else(|| lit(true)));
    }
    if let Some(first) = all(first) {
        *input = LogicalPlan::Filter(Filter::try_new(first, Arc::new(input.clone()))?);
    }
    let asked = input.clone();
    let mut conditions = vec![];
    for condition in rest {
        conditions.push(answered(condition, &asked, input, plain::value, names)?);
    }
    Ok(all(conditions).unwrap_or_else(|| lit(true)))
}

/// The expression with columns of `input` for its subqueries, innermost first, except those that are left to DataFusion. `input` is
/// `asked` with the answers so far.
fn answered(
    expr: Expr,
    asked: &LogicalPlan,
    input: &mut LogicalPlan,
    left: impl Fn(&Expr, &LogicalPlan) -> Result<bool>,
    names: &Names,
) -> Result<Expr> {
    let answered = expr.transform_up(|expr| {
        if !is_subquery(&expr) || left(&expr, input)? {
            return Ok(Transformed::no(expr));
        }
        let (joined, answer) = apply::apply(asked, input.clone(), expr, names)?;
        *input = joined;
        Ok(Transformed::yes(answer))
    })?;
    Ok(answered.data)
}

/// The plan with the columns that it had: what was joined to its input stands after the `before` columns that the input had.
fn restored(plan: LogicalPlan, before: usize, wanted: &[Column]) -> Result<LogicalPlan> {
    let made = fields(plan.schema());
    let made: Vec<Column> = match &plan {
        LogicalPlan::Projection(_) | LogicalPlan::Aggregate(_) => made,
        LogicalPlan::Window(window) => {
            let windows = made[made.len() - window.window_expr.len()..].to_vec();
            made[..before].iter().cloned().chain(windows).collect()
        }
        _ => made[..wanted.len()].to_vec(),
    };
    let named = made.into_iter().zip(wanted).map(|(from, to)| called(Expr::Column(from), to.clone()));
    let exprs = named.collect::<Result<Vec<_>>>()?;
    Ok(LogicalPlan::Projection(Projection::try_new(exprs, Arc::new(plan))?))
}

/// A subquery's plan without the wrapper that says it is lateral.
fn unwrapped(plan: LogicalPlan) -> LogicalPlan {
    match plan {
        LogicalPlan::Subquery(Subquery { subquery, .. }) => Arc::unwrap_or_clone(subquery),
        plan => plan,
    }
}

/// Stops at the first node that `test` holds for.
fn any(plan: &LogicalPlan, mut test: impl FnMut(&LogicalPlan) -> Result<bool>) -> Result<bool> {
    let mut found = false;
    plan.apply(|node| {
        found = test(node)?;
        Ok(if found { TreeNodeRecursion::Stop } else { TreeNodeRecursion::Continue })
    })?;
    Ok(found)
}
