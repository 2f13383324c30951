//! The build side of nested-loop joins, which DataFusion executes a second time when it outgrows the memory and has to be
//! spilled. Operators below that can be executed but once (a repartitioning panics) are made anew for that. Where the spilling
//! join would answer wrongly (joins that also give the build side's unmatched rows, over several partitions: each of them would
//! give all of those), the second time is the error that memory is short.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use datafusion::common::tree_node::{Transformed, TransformedResult, TreeNode, TreeNodeRecursion};
use datafusion::common::{JoinType, Result, internal_err, resources_datafusion_err};
use datafusion::execution::{SendableRecordBatchStream, TaskContext};
use datafusion::physical_expr::PhysicalExpr;
use datafusion::physical_plan::execution_plan::reset_plan_states;
use datafusion::physical_plan::joins::NestedLoopJoinExec;
use datafusion::physical_plan::{
    ChildrenPropertiesMode, DisplayAs, DisplayFormatType, ExecutionPlan, ExecutionPlanProperties, PlanProperties,
    ReplaceChildrenOptions,
};

/// `plan` with the build sides of its nested-loop joins made so; to be executed once.
pub(crate) fn executable_again(plan: Arc<dyn ExecutionPlan>) -> Result<Arc<dyn ExecutionPlan>> {
    plan.transform_up(|node| {
        let Some(join) = node.downcast_ref::<NestedLoopJoinExec>() else { return Ok(Transformed::no(node)) };
        let gives_unmatched =
            matches!(join.join_type(), JoinType::Left | JoinType::LeftSemi | JoinType::LeftAnti | JoinType::LeftMark);
        let wrong = gives_unmatched && join.right().output_partitioning().partition_count() > 1;
        let left = Again { input: Arc::clone(join.left()), refused: wrong, executed: AtomicBool::new(false) };
        let children = vec![Arc::new(left) as Arc<dyn ExecutionPlan>, Arc::clone(join.right())];
        let options = ReplaceChildrenOptions::new(ChildrenPropertiesMode::Recompute);
        node.replace_children(children, options).map(Transformed::yes)
    })
    .data()
}

#[derive(Debug)]
struct Again {
    input: Arc<dyn ExecutionPlan>,
    refused: bool,
    executed: AtomicBool,
}

impl DisplayAs for Again {
    fn fmt_as(&self, _: DisplayFormatType, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("BuildSideExec")
    }
}

impl ExecutionPlan for Again {
    fn name(&self) -> &str {
        "BuildSideExec"
    }

    fn properties(&self) -> &Arc<PlanProperties> {
        self.input.properties()
    }

    fn maintains_input_order(&self) -> Vec<bool> {
        vec![true]
    }

    fn children(&self) -> Vec<&Arc<dyn ExecutionPlan>> {
        vec![&self.input]
    }

    fn apply_expressions(
        &self,
        _: &mut dyn FnMut(&Arc<dyn PhysicalExpr>) -> Result<TreeNodeRecursion>,
    ) -> Result<TreeNodeRecursion> {
        Ok(TreeNodeRecursion::Continue)
    }

    fn with_new_children(self: Arc<Self>, children: Vec<Arc<dyn ExecutionPlan>>) -> Result<Arc<dyn ExecutionPlan>> {
        match children.as_slice() {
            [input] => Ok(Arc::new(Self { input: Arc::clone(input), refused: self.refused, executed: AtomicBool::new(false) })),
            _ => internal_err!("a build side has one input"),
        }
    }

    fn execute(&self, partition: usize, context: Arc<TaskContext>) -> Result<SendableRecordBatchStream> {
        if !self.executed.swap(true, Ordering::AcqRel) {
            return self.input.execute(partition, context);
        }
        if self.refused {
            return Err(resources_datafusion_err!("the build side of a nested-loop join does not fit the memory"));
        }
        reset_plan_states(Arc::clone(&self.input))?.execute(partition, context)
    }
}
