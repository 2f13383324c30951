//! The subqueries that DataFusion turns into joins by itself, and well.

use datafusion::common::Result;
use datafusion::logical_expr::expr::{Exists, InSubquery};
use datafusion::logical_expr::logical_plan::{Aggregate, Filter};
use datafusion::logical_expr::utils::split_conjunction;
use datafusion::logical_expr::{BinaryExpr, Expr, JoinType, LogicalPlan, Operator};

use super::domain::outer_columns;

/// Aggregates whose value over no rows DataFusion knows.
const AGGREGATES: [&str; 5] = ["sum", "avg", "min", "max", "count"];

/// A scalar subquery of no outer column, which is computed once, wherever it stands.
pub(super) fn scalar(expr: &Expr, _input: &LogicalPlan) -> Result<bool> {
    match expr {
        Expr::ScalarSubquery(subquery) => Ok(outer_columns(&subquery.subquery)?.is_empty()),
        _ => Ok(false),
    }
}

/// `[NOT] EXISTS (…)` or `x [NOT] IN (…)` as a whole condition of a filter over `input`: a semi or an anti join.
pub(super) fn condition(expr: &Expr, input: &LogicalPlan) -> Result<bool> {
    let (subquery, left) = match expr {
        Expr::Not(inner) => return condition(inner, input),
        Expr::Exists(Exists { subquery, .. }) => (&subquery.subquery, None),
        Expr::InSubquery(InSubquery { expr, subquery, .. }) => (&subquery.subquery, Some(expr)),
        _ => return Ok(false),
    };
    let plain = left.is_none_or(|left| !super::holds_subquery(left));
    let pairs = if left.is_none() { Pairs::Some } else { Pairs::All };
    Ok(plain && is_of(subquery, input)? && is_lifted(subquery, pairs)?)
}

/// A scalar subquery in a filter or a projection. Its plan is joined to the input, which is not read a second time then.
pub(super) fn value(expr: &Expr, input: &LogicalPlan) -> Result<bool> {
    Ok(scalar(expr, input)? || aggregate(expr, input)?)
}

/// A scalar subquery that aggregates the rows for which inner columns equal outer ones.
fn aggregate(expr: &Expr, input: &LogicalPlan) -> Result<bool> {
    let Expr::ScalarSubquery(subquery) = expr else { return Ok(false) };
    if !is_of(&subquery.subquery, input)? {
        return Ok(false);
    }
    let mut plan = subquery.subquery.as_ref();
    while let LogicalPlan::Projection(projection) = plan {
        if projection.expr.iter().any(Expr::contains_outer) {
            return Ok(false);
        }
        plan = &projection.input;
    }
    let LogicalPlan::Aggregate(Aggregate { input, group_expr, aggr_expr, .. }) = plan else { return Ok(false) };
    let known = |expr: &Expr| match expr {
        Expr::AggregateFunction(call) => AGGREGATES.contains(&call.func.name()) && !expr.contains_outer(),
        _ => false,
    };
    Ok(group_expr.is_empty() && aggr_expr.iter().all(known) && is_lifted(input, Pairs::All)?)
}

/// Whether all outer columns of the subquery are columns of `input`.
fn is_of(subquery: &LogicalPlan, input: &LogicalPlan) -> Result<bool> {
    Ok(outer_columns(subquery)?.iter().all(|column| input.schema().has_column(column)))
}

/// How many of a filter's conditions with outer columns have to be equalities.
#[derive(Clone, Copy, PartialEq)]
enum Pairs {
    All,
    /// One at least, by which the rows are found that the other conditions are then asked of.
    Some,
}

/// Whether the outer columns stand in filters alone, as sides of equalities, with nothing above them that counts or cuts rows.
fn is_lifted(plan: &LogicalPlan, pairs: Pairs) -> Result<bool> {
    if outer_columns(plan)?.is_empty() {
        return Ok(!super::any(plan, |node| Ok(matches!(node, LogicalPlan::Subquery(_))))?);
    }
    match plan {
        LogicalPlan::Filter(Filter { predicate, input, .. }) => {
            let mut correlated =
                split_conjunction(predicate).into_iter().filter(|condition| condition.contains_outer()).peekable();
            let plain = match pairs {
                Pairs::Some if correlated.peek().is_some() => correlated.any(is_equality),
                _ => correlated.all(is_equality),
            };
            Ok(plain && !super::holds_subquery(predicate) && is_lifted(input, pairs)?)
        }
        LogicalPlan::Projection(projection) => {
            Ok(!projection.expr.iter().any(|expr| expr.contains_outer() || super::holds_subquery(expr))
                && is_lifted(&projection.input, pairs)?)
        }
        LogicalPlan::SubqueryAlias(alias) => is_lifted(&alias.input, pairs),
        LogicalPlan::Join(join) if join.join_type == JoinType::Inner => {
            let outer = |expr: &Expr| expr.contains_outer();
            let in_condition =
                join.filter.as_ref().is_some_and(outer) || join.on.iter().any(|(left, right)| outer(left) || outer(right));
            Ok(!in_condition && is_lifted(&join.left, pairs)? && is_lifted(&join.right, pairs)?)
        }
        _ => Ok(false),
    }
}

fn is_equality(expr: &Expr) -> bool {
    let Expr::BinaryExpr(BinaryExpr { left, op: Operator::Eq, right }) = expr else { return false };
    let is_outer = |expr: &Expr| matches!(expr, Expr::OuterReferenceColumn(..));
    (is_outer(left) && !right.contains_outer()) || (is_outer(right) && !left.contains_outer())
}
