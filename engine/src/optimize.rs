//! Optimizing a plan: DataFusion's rules, twice, and for joins once more those two that make each other possible. DataFusion takes all
//! rules thrice: of the plans of TPC-H and TPC-DS the third time changes six, by those two or in the numbers of common expressions
//! alone, and of a wide plan it takes a third of the optimizer's time.

use std::sync::Arc;

use datafusion::common::Result;
use datafusion::common::tree_node::TreeNode;
use datafusion::execution::SessionState;
use datafusion::logical_expr::LogicalPlan;
use datafusion::optimizer::Optimizer;
use datafusion::optimizer::eliminate_join::EliminateJoin;
use datafusion::optimizer::optimize_projections::OptimizeProjections;

/// How often all rules are taken; an option of every session's state.
pub(crate) const PASSES: usize = 2;

/// An analyzed plan as it is executed.
///
/// Errors: DataFusion's.
pub(crate) fn optimized(plan: LogicalPlan, state: &SessionState) -> Result<LogicalPlan> {
    let plan = state.optimizer().optimize(plan, state, |_, _| {})?;
    if !plan.exists(|node| Ok(matches!(node, LogicalPlan::Join(_))))? {
        return Ok(plan);
    }
    // Columns that are not needed any more make a join that only looks whether there is a match, and that needs fewer columns.
    let rules = Optimizer::with_rules(vec![Arc::new(EliminateJoin::new()), Arc::new(OptimizeProjections::new())]);
    rules.optimize(plan, state, |_, _| {})
}
