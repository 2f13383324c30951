//! Joins whose right side uses columns of the left: `LATERAL (…)` and `UNNEST(t.a)`.

use std::sync::Arc;

use datafusion::common::{Column, NullHandling, Result};
use datafusion::logical_expr::logical_plan::{Distinct, Join, Projection, SubqueryAlias};
use datafusion::logical_expr::{Expr, JoinType, LogicalPlan, LogicalPlanBuilder};

use super::domain::{Domain, Names, outer_columns};
use super::push::{called, fields, push, unsupported};
use super::{rewrite, unwrapped};
use crate::plan::relation::MEMBER;

/// Whether a join's right side is marked as lateral.
pub(super) fn is_lateral(right: &LogicalPlan) -> bool {
    match right {
        LogicalPlan::Subquery(_) => true,
        LogicalPlan::SubqueryAlias(alias) => matches!(alias.input.as_ref(), LogicalPlan::Subquery(_)),
        _ => false,
    }
}

/// The join as one of relations that do not use each other.
pub(super) fn join(join: Join, names: &Names) -> Result<LogicalPlan> {
    let left = rewrite(Arc::unwrap_or_clone(join.left), names)?;
    let right = match Arc::unwrap_or_clone(join.right) {
        LogicalPlan::SubqueryAlias(SubqueryAlias { input, alias, .. }) => {
            let input = rewrite(unwrapped(Arc::unwrap_or_clone(input)), names)?;
            LogicalPlanBuilder::from(input).alias(alias)?.build()?
        }
        other => rewrite(unwrapped(other), names)?,
    };
    let mut conditions: Vec<Expr> = join.on.into_iter().map(|(left, right)| left.eq(right)).collect();
    conditions.extend(join.filter);
    let always = conditions.iter().all(|condition| *condition == datafusion::logical_expr::lit(true));
    let mut outer = outer_columns(&right)?;
    outer.retain(|column| left.schema().has_column(column));
    let wanted: Vec<Column> = fields(left.schema()).into_iter().chain(fields(right.schema())).collect();
    if outer.is_empty() {
        return rewrite_conditions(super::push::join(left, right, join.join_type, conditions)?, names);
    }
    match join.join_type {
        JoinType::Inner if is_linear(&right)? => {
            let plan = beside(left, right, names)?;
            let plan = conditions.into_iter().try_fold(LogicalPlanBuilder::from(plan), LogicalPlanBuilder::filter)?.build()?;
            rewrite_conditions(selected(plan, &wanted)?, names)
        }
        JoinType::Left if always && is_unnest(&right) => selected(beside(left, keeping_empty(right)?, names)?, &wanted),
        JoinType::Inner | JoinType::Left => {
            let domain = Domain::of(&left, outer.clone(), true, names)?;
            let rows = push(right, &domain, names)?;
            conditions.extend(domain.same(&outer));
            rewrite_conditions(selected(super::push::join(left, rows, join.join_type, conditions)?, &wanted)?, names)
        }
        _ => Err(unsupported()),
    }
}

/// Conditions may hold subqueries of their own.
fn rewrite_conditions(plan: LogicalPlan, names: &Names) -> Result<LogicalPlan> {
    if super::has_subquery(&plan)? { rewrite(plan, names) } else { Ok(plan) }
}

/// The right side for each left row, with the columns of both: the left side goes where the right one has its one empty row, so
/// that neither is read twice and nothing is joined.
fn beside(left: LogicalPlan, right: LogicalPlan, names: &Names) -> Result<LogicalPlan> {
    let columns = fields(left.schema());
    let domain = Domain::of(&left, columns.clone(), false, names)?;
    let inside = fields(right.schema());
    let plan = push(right, &domain, names)?;
    let back = columns.into_iter().enumerate().map(|(at, column)| called(Expr::Column(domain.column(at)), column));
    let all = back.chain(inside.into_iter().map(|column| Ok(Expr::Column(column)))).collect::<Result<Vec<_>>>()?;
    Ok(LogicalPlan::Projection(Projection::try_new(all, Arc::new(plan))?))
}

fn selected(plan: LogicalPlan, wanted: &[Column]) -> Result<LogicalPlan> {
    let exprs = wanted.iter().cloned().map(Expr::Column).collect();
    Ok(LogicalPlan::Projection(Projection::try_new(exprs, Arc::new(plan))?))
}

/// Whether the plan makes its rows of each input row by itself, so that a row which is there twice gives everything twice.
fn is_linear(plan: &LogicalPlan) -> Result<bool> {
    let other = super::any(plan, |node| {
        Ok(match node {
            LogicalPlan::Join(join) => join.join_type != JoinType::Inner,
            LogicalPlan::Distinct(Distinct::All(_) | Distinct::On(_)) => true,
            LogicalPlan::Projection(_)
            | LogicalPlan::Filter(_)
            | LogicalPlan::SubqueryAlias(_)
            | LogicalPlan::Subquery(_)
            | LogicalPlan::Unnest(_)
            | LogicalPlan::Union(_)
            | LogicalPlan::Values(_)
            | LogicalPlan::EmptyRelation(_)
            | LogicalPlan::TableScan(_)
            | LogicalPlan::Sort(_) => false,
            _ => true,
        })
    })?;
    // Joined with each other, two uses of the left side would have to be told apart.
    Ok(!other && uses(plan)? <= 1)
}

/// How many inputs of joins and unions use outer columns, at most, at the deepest.
fn uses(plan: &LogicalPlan) -> Result<usize> {
    let mut found = 0;
    for input in plan.inputs() {
        if !outer_columns(input)?.is_empty() {
            found += uses(input)?.max(1);
        }
    }
    Ok(found.max(1))
}

/// Whether the plan is `UNNEST(…)` and nothing more than names of its columns.
fn is_unnest(plan: &LogicalPlan) -> bool {
    match plan {
        LogicalPlan::SubqueryAlias(alias) => is_unnest(&alias.input),
        LogicalPlan::Subquery(subquery) => is_unnest(&subquery.subquery),
        LogicalPlan::Projection(projection) => projection.expr.iter().all(is_name) && is_unnest(&projection.input),
        LogicalPlan::Unnest(unnest) => match unnest.input.as_ref() {
            LogicalPlan::Projection(projection) => matches!(projection.input.as_ref(), LogicalPlan::EmptyRelation(_)),
            _ => false,
        },
        _ => false,
    }
}

/// A column, or a member of one: NULL where the column is.
fn is_name(expr: &Expr) -> bool {
    match expr {
        Expr::Column(_) => true,
        Expr::Alias(alias) => is_name(&alias.expr),
        Expr::ScalarFunction(call) => call.func.name() == MEMBER && call.args.first().is_some_and(is_name),
        _ => false,
    }
}

/// A row of NULLs for each input row that has nothing to unnest.
fn keeping_empty(plan: LogicalPlan) -> Result<LogicalPlan> {
    use datafusion::common::tree_node::{Transformed, TreeNode};
    let kept = plan.transform_up(|plan| match plan {
        LogicalPlan::Unnest(mut unnest) => {
            unnest.options.null_handling = NullHandling::PreserveAndExpandEmpty;
            Ok(Transformed::yes(LogicalPlan::Unnest(unnest)))
        }
        plan => Ok(Transformed::no(plan)),
    })?;
    Ok(kept.data)
}
