//! Binary operators and window frames while DataFusion plans a query.

use catalog::{Error, ErrorKind};
use datafusion::arrow::datatypes::Field;
use datafusion::common::{DFSchema, Result, TableReference};
use datafusion::logical_expr::planner::{ExprPlanner, PlannerResult, RawBinaryExpr, RawWindowExpr};
use datafusion::logical_expr::{Expr, ExprSchemable, Operator};
use datafusion::sql::sqlparser::ast::BinaryOperator;

use super::chars::Meeting;
use super::compare::{call, compare};
use super::json;
use crate::error::into_datafusion;
use crate::plan::{IS_DISTINCT, IS_NOT_DISTINCT, PERIOD_END};
use crate::properties::Properties;
use crate::types::Type;

/// Plans comparisons, arithmetic and window frames.
#[derive(Debug)]
pub(crate) struct Operators {
    meeting: Meeting,
    /// Whether decimals are counted by Trino's rules of before its release 477.
    legacy_decimals: bool,
}

impl Operators {
    pub(crate) fn new(properties: &Properties) -> Self {
        Self { meeting: Meeting::of(properties), legacy_decimals: properties.legacy_arithmetic_decimal_operators }
    }

    /// The function of an operator is another one for decimals by the newer rules.
    fn arithmetic(&self, functions: [&str; 2], expr: RawBinaryExpr, schema: &DFSchema) -> Result<PlannerResult<RawBinaryExpr>> {
        let [legacy, of_decimals] = functions;
        let types = [Type::of(&expr.left.get_type(schema)?), Type::of(&expr.right.get_type(schema)?)];
        let decimals = matches!(&types, [Ok(left), Ok(right)]
            if left.as_decimal().is_some() && right.as_decimal().is_some()
            && (matches!(left, Type::Decimal(..)) || matches!(right, Type::Decimal(..))));
        let function = if decimals && !self.legacy_decimals { of_decimals } else { legacy };
        Ok(PlannerResult::Planned(call(function, vec![expr.left, expr.right])?))
    }
}

impl ExprPlanner for Operators {
    fn plan_binary_op(&self, expr: RawBinaryExpr, schema: &DFSchema) -> Result<PlannerResult<RawBinaryExpr>> {
        if let Some(planned) = json::operator(&expr.op, &expr.left, &expr.right, schema)? {
            return Ok(PlannerResult::Planned(planned));
        }
        let comparison = match &expr.op {
            BinaryOperator::Eq => Operator::Eq,
            BinaryOperator::NotEq => Operator::NotEq,
            BinaryOperator::Lt => Operator::Lt,
            BinaryOperator::LtEq => Operator::LtEq,
            BinaryOperator::Gt => Operator::Gt,
            BinaryOperator::GtEq => Operator::GtEq,
            BinaryOperator::Custom(name) if name == IS_DISTINCT => Operator::IsDistinctFrom,
            BinaryOperator::Custom(name) if name == IS_NOT_DISTINCT => Operator::IsNotDistinctFrom,
            BinaryOperator::Custom(name) if name == PERIOD_END => {
                return Ok(PlannerResult::Planned(period_end(expr.left, expr.right, schema)?));
            }
            BinaryOperator::Plus => return self.arithmetic(["$add", "$decimal_add"], expr, schema),
            BinaryOperator::Minus => return self.arithmetic(["$subtract", "$decimal_subtract"], expr, schema),
            BinaryOperator::Multiply => return self.arithmetic(["$multiply", "$decimal_multiply"], expr, schema),
            BinaryOperator::Divide => return self.arithmetic(["$divide", "$decimal_divide"], expr, schema),
            BinaryOperator::Modulo => return self.arithmetic(["$modulus", "$modulus"], expr, schema),
            _ => return Ok(PlannerResult::Original(expr)),
        };
        let (left, right) = self.meeting.pair((expr.left, schema), (expr.right, schema))?;
        Ok(PlannerResult::Planned(compare(left, comparison, right, schema, schema)?))
    }

    fn plan_compound_identifier(
        &self,
        field: &Field,
        qualifier: Option<&TableReference>,
        nested_names: &[String],
    ) -> Result<PlannerResult<Vec<Expr>>> {
        json::identifier(field, qualifier, nested_names)
    }

    fn plan_window(&self, expr: RawWindowExpr) -> Result<PlannerResult<RawWindowExpr>> {
        Ok(match crate::window::plan(expr)? {
            Ok(planned) => PlannerResult::Planned(planned),
            Err(raw) => PlannerResult::Original(raw),
        })
    }
}

/// The end of a period of OVERLAPS: its second operand, or that added to the first where it is a length.
fn period_end(start: Expr, end: Expr, schema: &DFSchema) -> Result<Expr> {
    let (start_type, end_type) = (Type::of(&start.get_type(schema)?), Type::of(&end.get_type(schema)?));
    let mismatch = |message: &str| Err(into_datafusion(Error::new(ErrorKind::TypeMismatch, message)));
    let datetime = |r#type: &Type| {
        matches!(r#type, Type::Date | Type::Time(_) | Type::TimeTz(_) | Type::Timestamp(_) | Type::TimestampTz(_) | Type::Unknown)
    };
    let (Ok(start_type), Ok(end_type)) = (start_type, end_type) else {
        return mismatch("OVERLAPS period end must be a datetime or interval");
    };
    if !datetime(&start_type) {
        return mismatch("OVERLAPS period start must be a datetime");
    }
    match end_type {
        Type::DayTime | Type::YearMonth => call("$add", vec![start, end]),
        end_type if !datetime(&end_type) => mismatch("OVERLAPS period end must be a datetime or interval"),
        _ => Ok(end),
    }
}
