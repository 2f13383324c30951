//! Places of lambdas' variables. A variable is known by its place behind the columns of the rows that the lambda is evaluated in, as
//! they were when the expression was planned. Rules that move an expression to wider rows (a projection is merged with the one
//! below) leave that place, which then is a column's. So before any other rule all variables move far behind all columns.

use std::sync::Arc;

use datafusion::common::Result;
use datafusion::common::config::ConfigOptions;
use datafusion::common::tree_node::{Transformed, TransformedResult, TreeNode};
use datafusion::physical_expr::expressions::LambdaVariable;
use datafusion::physical_expr::{LexOrdering, PhysicalExpr, PhysicalSortExpr};
use datafusion::physical_optimizer::PhysicalOptimizerRule;
use datafusion::physical_plan::ExecutionPlan;
use datafusion::physical_plan::filter::{FilterExec, FilterExecBuilder};
use datafusion::physical_plan::projection::{ProjectionExec, ProjectionExpr};
use datafusion::physical_plan::sorts::sort::SortExec;

/// More columns than rows have.
const BEHIND_COLUMNS: usize = 1 << 24;

#[derive(Debug)]
pub(crate) struct LambdaPlaces;

impl PhysicalOptimizerRule for LambdaPlaces {
    fn optimize(&self, plan: Arc<dyn ExecutionPlan>, _: &ConfigOptions) -> Result<Arc<dyn ExecutionPlan>> {
        plan.transform_up(moved_in).data()
    }

    fn name(&self) -> &str {
        "lambda_places"
    }

    fn schema_check(&self) -> bool {
        true
    }
}

/// The operators whose expressions other rules move.
fn moved_in(node: Arc<dyn ExecutionPlan>) -> Result<Transformed<Arc<dyn ExecutionPlan>>> {
    if let Some(projection) = node.downcast_ref::<ProjectionExec>() {
        let mut changed = false;
        let exprs = projection.expr().iter().map(|named| {
            let expr = moved(&named.expr)?;
            changed |= expr.transformed;
            Ok(ProjectionExpr { expr: expr.data, alias: named.alias.clone() })
        });
        let exprs = exprs.collect::<Result<Vec<_>>>()?;
        if changed {
            let made = ProjectionExec::try_new(exprs, Arc::clone(projection.input()))?;
            return Ok(Transformed::yes(Arc::new(made)));
        }
    } else if let Some(filter) = node.downcast_ref::<FilterExec>() {
        let predicate = moved(filter.predicate())?;
        if predicate.transformed {
            let made = FilterExecBuilder::from(filter).with_predicate(predicate.data).build()?;
            return Ok(Transformed::yes(Arc::new(made)));
        }
    } else if let Some(sort) = node.downcast_ref::<SortExec>() {
        let mut changed = false;
        let by = sort.expr().iter().map(|by| {
            let expr = moved(&by.expr)?;
            changed |= expr.transformed;
            Ok(PhysicalSortExpr::new(expr.data, by.options))
        });
        let by = LexOrdering::new(by.collect::<Result<Vec<_>>>()?);
        if let Some(by) = by.filter(|_| changed) {
            let made = SortExec::new(by, Arc::clone(sort.input())).with_fetch(sort.fetch());
            let made = made.with_preserve_partitioning(sort.preserve_partitioning());
            return Ok(Transformed::yes(Arc::new(made)));
        }
    }
    Ok(Transformed::no(node))
}

fn moved(expr: &Arc<dyn PhysicalExpr>) -> Result<Transformed<Arc<dyn PhysicalExpr>>> {
    Arc::clone(expr).transform_up(|expr| match expr.downcast_ref::<LambdaVariable>() {
        Some(variable) => {
            let place = variable.index() + BEHIND_COLUMNS;
            Ok(Transformed::yes(Arc::new(LambdaVariable::new(place, Arc::clone(variable.field()))) as Arc<dyn PhysicalExpr>))
        }
        None => Ok(Transformed::no(expr)),
    })
}
