//! Comparisons. Plain values are compared by DataFusion; wrapped ones by what they wrap; arrays, maps and rows by a function that
//! knows the third truth value.

use arrow::array::{Array, AsArray};
use catalog::{Error, ErrorKind};
use datafusion::common::{DFSchema, Result, ScalarValue};
use datafusion::logical_expr::expr::ScalarFunction;
use datafusion::logical_expr::{BinaryExpr, Expr, Operator};

use super::expr::{cast, constant, type_of};
use crate::cast::Strictness;
use crate::error::into_datafusion;
use crate::functions;
use crate::types::number::is_nan;
use crate::types::{Type, common_super_type, is_number};

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
    let (left, right) = (constant(left)?, constant(right)?);
    let (left_type, right_type) = (type_of(&left, left_schema)?, type_of(&right, right_schema)?);
    let common = comparable(&left_type, operator, &right_type)?;
    let left = cast(left, &left_type, &common, Strictness::Strict)?;
    let right = cast(right, &right_type, &common, Strictness::Strict)?;
    // Chars are kept without the blanks at their ends, which have a place in the order.
    let blanks = matches!(common, Type::Char(_)) && is_ordering(operator);
    // NaN, which may be anywhere inside of a variant, is equal to nothing.
    let nan = common == Type::Variant && !matches!(operator, Operator::IsDistinctFrom | Operator::IsNotDistinctFrom);
    if is_nested(&common) || blanks || nan {
        return call(nested_function(operator)?, vec![left, right]);
    }
    if matches!(common, Type::Real | Type::Double | Type::Number) && !compares_plainly(&left, operator, &right) {
        if let Some(plain) = of_column(&left, operator, &right) {
            return Ok(plain);
        }
        return call(nested_function(operator)?, vec![left, right]);
    }
    let (left, right) = (key(left, &common)?, key(right, &common)?);
    Ok(Expr::BinaryExpr(BinaryExpr::new(Box::new(left), operator, Box::new(right))))
}

/// Whether DataFusion's comparison will do for types that have NaN: it orders NaN above all others and tells -0.0 from 0.0, Trino
/// says false to NaN and that zeros are equal. Where only NaN matters, and stands where the plain comparison says false to it,
/// that one stays, since scans know it; so does the equality of columns of two relations, which joins are made of.
fn compares_plainly(left: &Expr, operator: Operator, right: &Expr) -> bool {
    use Operator::{Eq, Gt, GtEq, IsDistinctFrom, IsNotDistinctFrom, Lt, LtEq};
    let columns = left.any_column_refs() && right.any_column_refs() && !of_one_relation(left, right);
    match operator {
        Eq => columns || is_ordinary(left) || is_ordinary(right),
        Lt | LtEq => is_ordinary(right),
        Gt | GtEq => is_ordinary(left),
        IsDistinctFrom | IsNotDistinctFrom => true,
        _ => false,
    }
}

/// The order of a column of floating numbers and a constant in DataFusion's comparisons, which scans know, and which say what Trino
/// says: not more than Infinity, as NaN is, and with that one of the two zeros that takes both zeros in or leaves both out.
fn of_column(left: &Expr, operator: Operator, right: &Expr) -> Option<Expr> {
    use Operator::{Eq, Gt, GtEq, Lt, LtEq};
    let (column, operator, number, mirrored) = match (left, right) {
        (Expr::Column(_), Expr::Literal(number, _)) => (left, operator, number, false),
        (Expr::Literal(number, _), Expr::Column(_)) => (right, operator.swap()?, number, true),
        _ => return None,
    };
    let zero = |zero: f64| match number {
        ScalarValue::Float64(Some(0.0)) => Some(ScalarValue::Float64(Some(zero))),
        ScalarValue::Float32(Some(0.0)) => Some(ScalarValue::Float32(Some(zero as f32))),
        ScalarValue::Float64(Some(number)) if number.is_nan() => None,
        ScalarValue::Float32(Some(number)) if number.is_nan() => None,
        ScalarValue::Float64(Some(_)) | ScalarValue::Float32(Some(_)) => Some(number.clone()),
        _ => None,
    };
    let infinity = match number {
        ScalarValue::Float64(_) => ScalarValue::Float64(Some(f64::INFINITY)),
        _ => ScalarValue::Float32(Some(f32::INFINITY)),
    };
    // Stays the way round it was written: DataFusion knows the columns of a SELECT by what they are made of.
    let is = |operator: Operator, number: ScalarValue| {
        let (column, number) = (Box::new(column.clone()), Box::new(Expr::Literal(number, None)));
        Expr::BinaryExpr(match operator.swap() {
            Some(swapped) if mirrored => BinaryExpr::new(number, swapped, column),
            _ => BinaryExpr::new(column, operator, number),
        })
    };
    let (low, high) = (zero(-0.0)?, zero(0.0)?);
    Some(match operator {
        Lt => is(Lt, low),
        LtEq => is(LtEq, high),
        Gt => is(Gt, high).and(is(LtEq, infinity)),
        GtEq => is(GtEq, low).and(is(LtEq, infinity)),
        Eq => is(GtEq, low).and(is(LtEq, high)),
        _ => return None,
    })
}

/// Whether all columns are of the same relation, so that their equality makes no join.
fn of_one_relation(left: &Expr, right: &Expr) -> bool {
    let mut relations = left.column_refs().into_iter().chain(right.column_refs()).map(|column| column.relation.as_ref());
    match relations.next().flatten() {
        Some(first) => relations.all(|relation| relation == Some(first)),
        None => false,
    }
}

/// A constant that is not NaN and has one form.
pub(super) fn is_ordinary(expr: &Expr) -> bool {
    match expr {
        Expr::Literal(ScalarValue::Float64(Some(number)), _) => !number.is_nan() && *number != 0.0,
        Expr::Literal(ScalarValue::Float32(Some(number)), _) => !number.is_nan() && *number != 0.0,
        Expr::Literal(ScalarValue::Struct(number), _) if is_number(number.data_type()) => {
            let bytes = number.column(0).as_binary_opt::<i32>();
            number.is_valid(0) && bytes.is_some_and(|bytes| !is_nan(bytes.value(0)))
        }
        _ => false,
    }
}

fn is_ordering(operator: Operator) -> bool {
    matches!(operator, Operator::Lt | Operator::LtEq | Operator::Gt | Operator::GtEq)
}

/// The type to compare in.
pub(crate) fn comparable(left: &Type, operator: Operator, right: &Type) -> Result<Type> {
    let ordering = is_ordering(operator);
    let common = common_super_type(left, right);
    match common.filter(|common| if ordering { common.is_orderable() } else { common.is_comparable() }) {
        Some(common) => Ok(common),
        None => Err(mismatch(format!("Cannot apply operator: {left} {} {right}", symbol(operator)))),
    }
}

pub(crate) fn mismatch(message: String) -> datafusion::common::DataFusionError {
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
pub(crate) fn key(expr: Expr, r#type: &Type) -> Result<Expr> {
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
pub(crate) fn call(name: &str, arguments: Vec<Expr>) -> Result<Expr> {
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
