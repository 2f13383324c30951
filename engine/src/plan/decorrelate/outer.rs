//! Subqueries in the conditions of outer joins, whose rows are kept whatever the condition says: each is answered on the side whose
//! columns it uses, before the join.

use std::sync::Arc;

use datafusion::common::tree_node::{Transformed, TreeNode};
use datafusion::common::{Column, Result};
use datafusion::logical_expr::logical_plan::{Join, Projection};
use datafusion::logical_expr::utils::split_conjunction_owned;
use datafusion::logical_expr::{Expr, LogicalPlan};

use super::apply;
use super::domain::Names;
use super::is_subquery;
use super::push::{called, fields};

/// The join with columns of its sides for the subqueries; those that use both sides are left.
pub(super) fn join(mut join: Join, names: &Names) -> Result<LogicalPlan> {
    let wanted = fields(&join.schema);
    let Some(filter) = join.filter.take() else { return Ok(LogicalPlan::Join(join)) };
    let (mut left, mut right) = (join.left.as_ref().clone(), join.right.as_ref().clone());
    let mut conditions = vec![];
    for condition in split_conjunction_owned(filter) {
        let answered = condition.transform_up(|expr| {
            if !is_subquery(&expr) {
                return Ok(Transformed::no(expr));
            }
            let used = used(&expr);
            let has = |side: &LogicalPlan| used.iter().all(|column| side.schema().has_column(column));
            let (asked, side) = if has(&left) {
                (&join.left, &mut left)
            } else if has(&right) {
                (&join.right, &mut right)
            } else {
                return Ok(Transformed::no(expr));
            };
            let (answered, answer) = apply::apply(asked, side.clone(), expr, names)?;
            *side = answered;
            Ok(Transformed::yes(answer))
        })?;
        conditions.push(answered.data);
    }
    let filter = conditions.into_iter().reduce(Expr::and);
    let joined = Join { left: Arc::new(left), right: Arc::new(right), filter, ..join };
    let joined = LogicalPlan::Join(joined).recompute_schema()?;
    let columns = wanted.into_iter().map(|column| called(Expr::Column(column.clone()), column));
    Ok(LogicalPlan::Projection(Projection::try_new(columns.collect::<Result<Vec<_>>>()?, Arc::new(joined))?))
}

/// The columns around a subquery that it uses.
fn used(expr: &Expr) -> Vec<Column> {
    let subquery = match expr {
        Expr::ScalarSubquery(subquery) => subquery,
        Expr::Exists(exists) => &exists.subquery,
        Expr::InSubquery(membership) => &membership.subquery,
        Expr::SetComparison(comparison) => &comparison.subquery,
        _ => return vec![],
    };
    let outer = subquery.outer_ref_columns.iter().filter_map(|outer| match outer {
        Expr::OuterReferenceColumn(_, column) => Some(column.clone()),
        _ => None,
    });
    expr.column_refs().into_iter().cloned().chain(outer).collect()
}
