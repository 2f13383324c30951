//! Binary operators while DataFusion plans a query.

use datafusion::common::{DFSchema, Result};
use datafusion::logical_expr::Operator;
use datafusion::logical_expr::planner::{ExprPlanner, PlannerResult, RawBinaryExpr};
use datafusion::sql::sqlparser::ast::BinaryOperator;

use super::compare::{call, compare};
use crate::plan::{IS_DISTINCT, IS_NOT_DISTINCT};

/// Plans comparisons and arithmetic.
#[derive(Debug)]
pub(crate) struct Operators;

impl ExprPlanner for Operators {
    fn plan_binary_op(&self, expr: RawBinaryExpr, schema: &DFSchema) -> Result<PlannerResult<RawBinaryExpr>> {
        let comparison = match &expr.op {
            BinaryOperator::Eq => Operator::Eq,
            BinaryOperator::NotEq => Operator::NotEq,
            BinaryOperator::Lt => Operator::Lt,
            BinaryOperator::LtEq => Operator::LtEq,
            BinaryOperator::Gt => Operator::Gt,
            BinaryOperator::GtEq => Operator::GtEq,
            BinaryOperator::Custom(name) if name == IS_DISTINCT => Operator::IsDistinctFrom,
            BinaryOperator::Custom(name) if name == IS_NOT_DISTINCT => Operator::IsNotDistinctFrom,
            BinaryOperator::Plus => return arithmetic("$add", expr),
            BinaryOperator::Minus => return arithmetic("$subtract", expr),
            BinaryOperator::Multiply => return arithmetic("$multiply", expr),
            BinaryOperator::Divide => return arithmetic("$divide", expr),
            BinaryOperator::Modulo => return arithmetic("$modulus", expr),
            _ => return Ok(PlannerResult::Original(expr)),
        };
        Ok(PlannerResult::Planned(compare(expr.left, comparison, expr.right, schema, schema)?))
    }
}

fn arithmetic(function: &str, expr: RawBinaryExpr) -> Result<PlannerResult<RawBinaryExpr>> {
    Ok(PlannerResult::Planned(call(function, vec![expr.left, expr.right])?))
}
