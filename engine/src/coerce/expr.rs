//! Types of expressions, and casts of them.

use std::sync::Arc;

use arrow::datatypes::{DataType, FieldRef};
use catalog::{Error, ErrorKind};
use datafusion::common::{DFSchema, Result, ScalarValue};
use datafusion::logical_expr::expr::{Cast, ScalarFunction};
use datafusion::logical_expr::{Expr, ExprSchemable};

use crate::cast::{self, Strictness};
use crate::error::into_datafusion;
use crate::properties::Properties;
use crate::types::Type;

/// The type of an expression's values.
pub(crate) fn type_of(expr: &Expr, schema: &DFSchema) -> Result<Type> {
    Type::of(&expr.get_type(schema)?).map_err(into_datafusion)
}

/// A literal of a type that DataFusion has no literal for, which the syntax tree has as a cast, as the constant that it is, where
/// that can be had without the session.
pub(super) fn constant(expr: Expr) -> Result<Expr> {
    let Expr::Cast(Cast { expr: inner, field }) = expr else { return Ok(expr) };
    if !matches!(*inner, Expr::Literal(..)) {
        return Ok(Expr::Cast(Cast { expr: inner, field }));
    }
    let to = Type::of(field.data_type()).map_err(into_datafusion)?;
    let from = type_of(&inner, &DFSchema::empty())?;
    cast(*inner, &from, &to, Strictness::Strict)
}

/// `expr`, of type `from`, as a value of `to`.
///
/// A cast that loses nothing and that Arrow does as Trino does stays DataFusion's own, so that filters are still pushed into
/// scans through it; all others are calls of our function.
pub(crate) fn cast(expr: Expr, from: &Type, to: &Type, strictness: Strictness) -> Result<Expr> {
    let target = to.arrow();
    if let Expr::Literal(ScalarValue::Null, metadata) = expr {
        return Ok(Expr::Literal(ScalarValue::try_from(&target)?, metadata));
    }
    // A literal may be of another one of the Arrow types that stand for the type. Bytes of a fixed width are what is in a wrapper.
    let is_other = |expr: &Expr| match expr {
        Expr::Literal(value, _) => value.data_type() != target && !matches!(value, ScalarValue::FixedSizeBinary(..)),
        _ => false,
    };
    if from == to && !is_other(&expr) {
        return Ok(expr);
    }
    if !cast::can_cast(from, to) {
        let message = format!("Cannot cast {from} to {to}");
        return Err(into_datafusion(Error::new(ErrorKind::TypeMismatch, message)));
    }
    if is_native(from, to) {
        return Ok(match expr {
            // DataFusion folds what is left, but only later than plans are looked at.
            // Arrow does not see that a day is beyond the timestamps.
            Expr::Literal(value, metadata) if *from == Type::Date => match folded(&value, from, to)? {
                Some(folded) => Expr::Literal(folded, metadata),
                None => called(Expr::Literal(value, metadata), to, strictness),
            },
            Expr::Literal(value, metadata) => Expr::Literal(value.cast_to(&target)?, metadata),
            expr => Expr::Cast(Cast::new(Box::new(expr), target)),
        });
    }
    if let Expr::Literal(value, metadata) = &expr
        && (matches!(from, Type::Varchar(_)) || from.is_numeric())
        && (to.is_numeric() || matches!(to, Type::Boolean | Type::Date))
        && let Some(folded) = folded(value, from, to)?
    {
        return Ok(Expr::Literal(folded, metadata.clone()));
    }
    Ok(called(expr, to, strictness))
}

fn called(expr: Expr, to: &Type, strictness: Strictness) -> Expr {
    let name = Expr::Literal(ScalarValue::Utf8(Some(to.to_string())), None);
    Expr::ScalarFunction(ScalarFunction::new_udf(cast::function(strictness), vec![expr, name]))
}

/// A literal's cast, where it can be had without the session. None where it fails: the call says why.
fn folded(value: &ScalarValue, from: &Type, to: &Type) -> Result<Option<ScalarValue>> {
    let clock = cast::clock(&Properties::default()).map_err(into_datafusion)?;
    match cast::cast(&value.to_array()?, from, to, Strictness::Strict, clock) {
        Ok(array) => Ok(Some(ScalarValue::try_from_array(&array, 0)?)),
        Err(_) => Ok(None),
    }
}

/// Whether Arrow's cast is the same as Trino's for every value, and cannot fail.
fn is_native(from: &Type, to: &Type) -> bool {
    use Type::{Bigint, Date, Decimal, Double, Integer, Real, Smallint, Timestamp, Tinyint, Unknown, Varchar};
    match (from, to) {
        (a, b) if a == b => true,
        (Unknown, to) => to.is_plain(),
        (Varchar(_), Varchar(None)) => true,
        (Tinyint, Smallint | Integer | Bigint | Real | Double) => true,
        (Smallint, Integer | Bigint | Real | Double) => true,
        (Integer, Bigint | Double) | (Bigint, Double) | (Real, Double) => true,
        (Tinyint | Smallint | Integer | Bigint | Decimal(..), Decimal(precision, scale)) => {
            from.as_decimal().is_some_and(|(p, s)| s <= *scale && p - s <= precision - scale)
        }
        (Date, Timestamp(0 | 3 | 6)) => true,
        (Timestamp(a @ (0 | 3 | 6)), Timestamp(b @ (0 | 3 | 6))) => a <= b,
        _ => false,
    }
}

/// The expression's field with another type, for schemas.
pub(super) fn retyped(field: &FieldRef, data_type: DataType) -> FieldRef {
    if *field.data_type() == data_type {
        return Arc::clone(field);
    }
    Arc::new(field.as_ref().clone().with_data_type(data_type).with_nullable(true))
}
