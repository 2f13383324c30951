//! `TABLESAMPLE BERNOULLI | SYSTEM (percentage)`: each row by chance. Trino's SYSTEM takes or leaves parts of a table, whose size
//! is the connector's matter; here it is a row.

use catalog::Error;
use datafusion::arrow::datatypes::DataType;
use datafusion::common::tree_node::TreeNode as _;
use datafusion::common::{DFSchema, Result, ScalarValue, not_impl_err};
use datafusion::logical_expr::planner::{PlannedRelation, RelationPlannerContext, RelationPlanning};
use datafusion::logical_expr::{Expr, LogicalPlan, LogicalPlanBuilder};
use datafusion::sql::sqlparser::ast::{TableFactor, TableSampleKind, TableSampleMethod};

use super::functions;
use crate::error::into_datafusion;

pub(super) fn plan(mut relation: TableFactor, context: &mut dyn RelationPlannerContext) -> Result<RelationPlanning> {
    let sample = match &mut relation {
        TableFactor::Table { sample, .. } | TableFactor::Derived { sample, .. } => sample.take(),
        _ => None,
    };
    let Some(TableSampleKind::BeforeTableAlias(sample) | TableSampleKind::AfterTableAlias(sample)) = sample else {
        return Ok(RelationPlanning::Original(Box::new(relation)));
    };
    let known = matches!(sample.name, Some(TableSampleMethod::Bernoulli | TableSampleMethod::System));
    let Some(quantity) = sample.quantity.filter(|_| known && sample.seed.is_none() && sample.bucket.is_none()) else {
        return not_impl_err!("this form of TABLESAMPLE");
    };
    let percentage = percentage(&context.sql_to_expr(quantity.value, &DFSchema::empty())?)?;
    let rows = context.plan(relation)?;
    // DataFusion would have the chances of a predicate without columns drawn before UNNEST makes rows.
    let columns = match rows.exists(|node| Ok(matches!(node, LogicalPlan::Unnest(_))))? {
        true => rows.schema().columns().into_iter().map(Expr::Column).collect(),
        false => vec![],
    };
    let plan = LogicalPlanBuilder::from(rows).filter(functions::sampled(percentage / 100.0, columns))?.build()?;
    Ok(RelationPlanning::Planned(Box::new(PlannedRelation::new(plan, None))))
}

/// From 0 to 100.
fn percentage(expr: &Expr) -> Result<f64> {
    let value = match expr {
        Expr::Literal(value, _) => match value.cast_to(&DataType::Float64)? {
            ScalarValue::Float64(Some(value)) => Some(value),
            _ => None,
        },
        _ => None,
    };
    match value {
        Some(value) if (0.0..=100.0).contains(&value) => Ok(value),
        _ => Err(into_datafusion(Error::invalid("sample percentage must be a number between 0 and 100, inclusive"))),
    }
}
