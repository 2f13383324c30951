//! Keys that DataFusion takes for more than they are. It remembers which columns determine the others (what an aggregate groups by
//! determines its row), and leaves out of ORDER BY and GROUP BY what a key determines. Behind a join a key determines its own side
//! only, but an aggregate over the join has it determine the whole group; and behind UNNEST it is taken for a key still. So the
//! columns are hidden there, in a function that gives its argument: all of them, since a key may be among them twice.

use std::sync::Arc;

use datafusion::common::{Column, DFSchema, Dependency, Result};
use datafusion::logical_expr::{Expr, LogicalPlan, LogicalPlanBuilder, Projection, Unnest};

use super::compare::call;

/// Whether there is a key of rows that may be there more than once.
pub(super) fn repeated(schema: &DFSchema) -> bool {
    schema.functional_dependencies().iter().any(|key| key.mode == Dependency::Multi)
}

/// Whether no two rows are the same.
pub(super) fn unique(schema: &DFSchema) -> bool {
    schema.functional_dependencies().iter().any(|key| key.mode == Dependency::Single)
}

/// The same value, which is not known to be a key.
pub(super) fn hidden(expr: Expr) -> Result<Expr> {
    call("$hidden", vec![expr])
}

/// The same with no key below.
pub(super) fn unnest(unnest: Unnest) -> Result<LogicalPlan> {
    let schema = Arc::clone(unnest.input.schema());
    if schema.functional_dependencies().is_empty() {
        return Ok(LogicalPlan::Unnest(unnest));
    }
    let column = |column: Column| Ok(hidden(Expr::Column(column.clone()))?.alias_qualified(column.relation, column.name));
    let columns = schema.columns().into_iter().map(column);
    let input = Projection::try_new(columns.collect::<Result<Vec<_>>>()?, unnest.input)?;
    LogicalPlanBuilder::from(LogicalPlan::Projection(input))
        .unnest_columns_with_options(unnest.exec_columns, unnest.options)?
        .build()
}
