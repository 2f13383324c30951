//! Comparisons. Plain values are compared by DataFusion; wrapped ones by what they wrap; arrays, maps and rows by a function that
//! knows the third truth value.

use catalog::{Error, ErrorKind};
use datafusion::common::{DFSchema, Result, ScalarValue};
use datafusion::logical_expr::expr::ScalarFunction;
use datafusion::logical_expr::{BinaryExpr, Expr, Operator};

use super::expr::{cast, integer_literal, type_of};
use crate::cast::Strictness;
use crate::error::into_datafusion;
use crate::functions;
use crate::types::{Type, common_super_type};

/// `left operator right`, coerced.
///
/// Errors: `TypeMismatch` where Trino does not compare such values.
pub(crate) fn compare(
    left: Expr,
    operator: Operator,
    right: Expr,
    left_schema: &DFSchema,
    right_schema: &DFSchema,
) -> Result<Expr> {
    let (left, right) = (integer_literal(left), integer_literal(right));
    let (left_type, right_type) = (type_of(&left, left_schema)?, type_of(&right, right_schema)?);
    let common = comparable(&left_type, operator, &right_type)?;
    let left = cast(left, &left_type, &common, Strictness::Strict)?;
    let right = cast(right, &right_type, &common, Strictness::Strict)?;
    if is_nested(&common) {
        return call(nested_function(operator)?, vec![left, right]);
    }
    let (left, right) = (key(left, &common)?, key(right, &common)?);
    Ok(Expr::BinaryExpr(BinaryExpr::new(Box::new(left), operator, Box::new(right))))
}

/// The type to compare in.
pub(super) fn comparable(left: &Type, operator: Operator, right: &Type) -> Result<Type> {
    let ordering = matches!(operator, Operator::Lt | Operator::LtEq | Operator::Gt | Operator::GtEq);
    let common = common_super_type(left, right);
    match common.filter(|common| if ordering { common.is_orderable() } else { common.is_comparable() }) {
        Some(common) => Ok(common),
        None => Err(mismatch(format!("Cannot apply operator: {left} {} {right}", symbol(operator)))),
    }
}

pub(super) fn mismatch(message: String) -> datafusion::common::DataFusionError {
    into_datafusion(Error::new(ErrorKind::TypeMismatch, message))
}

fn symbol(operator: Operator) -> String {
    match operator {
        Operator::NotEq => "<>".to_string(),
        other => other.to_string(),
    }
}

/// Whether values have parts that may be NULL.
pub(super) fn is_nested(r#type: &Type) -> bool {
    matches!(r#type, Type::Array(_) | Type::Map(..) | Type::Row(_))
}

/// What stands for the value where it is compared: of a wrapped one what is in it, without the time zone.
pub(super) fn key(expr: Expr, r#type: &Type) -> Result<Expr> {
    if r#type.is_plain() || is_nested(r#type) {
        return Ok(expr);
    }
    match &expr {
        Expr::Literal(value, metadata) if value.is_null() => {
            let storage = crate::types::storage(&r#type.arrow()).unwrap_or(arrow::datatypes::DataType::Null);
            Ok(Expr::Literal(ScalarValue::try_from(&storage)?, metadata.clone()))
        }
        _ => call("$key", vec![expr]),
    }
}

/// A call of one of our functions.
pub(super) fn call(name: &str, arguments: Vec<Expr>) -> Result<Expr> {
    let function = functions::named(name).map_err(into_datafusion)?;
    Ok(Expr::ScalarFunction(ScalarFunction::new_udf(function, arguments)))
}

fn nested_function(operator: Operator) -> Result<&'static str> {
    Ok(match operator {
        Operator::Eq => "$equal",
        Operator::NotEq => "$not_equal",
        Operator::Lt => "$less",
        Operator::LtEq => "$less_or_equal",
        Operator::Gt => "$greater",
        Operator::GtEq => "$greater_or_equal",
        Operator::IsDistinctFrom => "$distinct",
        Operator::IsNotDistinctFrom => "$not_distinct",
        other => return Err(mismatch(format!("operator {other} is not for arrays, maps and rows"))),
    })
}
