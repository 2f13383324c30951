//! From the node of a logical plan to what runs it.

use std::sync::Arc;

use async_trait::async_trait;
use datafusion::arrow::compute::SortOptions;
use datafusion::catalog::Session;
use datafusion::common::{DFSchema, Result};
use datafusion::execution::context::QueryPlanner;
use datafusion::logical_expr::physical_planning_context::PhysicalPlanningContext;
use datafusion::logical_expr::{Expr, LogicalPlan, UserDefinedLogicalNode};
use datafusion::physical_expr::PhysicalSortExpr;
use datafusion::physical_expr::aggregate::LoweredAggregateBuilder;
use datafusion::physical_plan::ExecutionPlan;
use datafusion::physical_planner::{DefaultPhysicalPlanner, ExtensionPlanner, PhysicalPlanner};

use super::exec::RecognizeExec;
use super::node::Recognize;
use super::view::{Aggregation, Compiled, Measured};

/// DataFusion's planner, and ours for our own nodes.
#[derive(Debug)]
pub(crate) struct Planner;

#[async_trait]
impl QueryPlanner for Planner {
    async fn create_physical_plan(&self, plan: &LogicalPlan, session: &dyn Session) -> Result<Arc<dyn ExecutionPlan>> {
        let planner = DefaultPhysicalPlanner::with_extension_planners(vec![Arc::new(Extensions)]);
        planner.create_physical_plan(plan, session).await
    }
}

struct Extensions;

#[async_trait]
impl ExtensionPlanner for Extensions {
    async fn plan_extension(
        &self,
        planner: &dyn PhysicalPlanner,
        node: &dyn UserDefinedLogicalNode,
        _logical: &[&LogicalPlan],
        physical: &[Arc<dyn ExecutionPlan>],
        session: &dyn Session,
        context: &PhysicalPlanningContext,
    ) -> Result<Option<Arc<dyn ExecutionPlan>>> {
        let (Some(node), [input]) = (node.as_any().downcast_ref::<Recognize>(), physical) else { return Ok(None) };
        let schema = node.input.schema();
        let physical = |expr: &Expr| planner.create_physical_expr(expr, schema, session, context);
        let partition = node.partition.iter().map(physical).collect::<Result<Vec<_>>>()?;
        let mut order = vec![];
        for sort in &node.order {
            let options = SortOptions { descending: !sort.asc, nulls_first: sort.nulls_first };
            order.push(PhysicalSortExpr { expr: physical(&sort.expr)?, options });
        }
        let first = schema.fields().len() - node.spec.leaves.len();
        let measured = |expr: &Expr| Measured::new(physical(expr)?, first, &input.schema());
        let compiled = Compiled {
            spec: Arc::clone(&node.spec),
            partition,
            order,
            first,
            definitions: node.definitions.iter().map(measured).collect::<Result<_>>()?,
            measures: node.measures.iter().map(measured).collect::<Result<_>>()?,
            aggregates: node
                .aggregates
                .iter()
                .map(|expr| aggregation(expr, schema, input, session, context))
                .collect::<Result<_>>()?,
        };
        let output = Arc::new(UserDefinedLogicalNode::schema(node).as_arrow().clone());
        Ok(Some(Arc::new(RecognizeExec::new(Arc::clone(input), Arc::new(compiled), output))))
    }
}

fn aggregation(
    expr: &Expr,
    schema: &DFSchema,
    input: &Arc<dyn ExecutionPlan>,
    session: &dyn Session,
    context: &PhysicalPlanningContext,
) -> Result<Aggregation> {
    let input = input.schema();
    let lowered = LoweredAggregateBuilder::new(expr, schema, &input, session.execution_props(), context).build()?;
    Ok(Aggregation { function: lowered.aggregate, filter: lowered.filter, order: lowered.order_bys })
}
