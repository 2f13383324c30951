//! The types of what a frame is computed of.

use datafusion::common::{DFSchema, Result};
use datafusion::logical_expr::{Expr, Operator, WindowFunctionDefinition};

use super::function::Framed;
use super::spec::{Spec, Units, internal};
use crate::cast::Strictness;
use crate::coerce::{boolean, cast, comparable, key, mismatch, order_key, signed, type_of};
use crate::types::Type;

/// The arguments of a call of [`Framed`], those of its function as that wants them.
///
/// Errors: `TypeMismatch` for offsets and keys that do not go together.
pub(crate) fn coerce(framed: &Framed, args: Vec<Expr>, schema: &DFSchema) -> Result<Vec<Expr>> {
    let (spec, own) = framed.spec(&args)?;
    let mut args = args.into_iter();
    let arguments: Vec<Expr> = args.by_ref().take(own).collect();
    let mut coerced = match framed.inner() {
        WindowFunctionDefinition::AggregateUDF(function) => signed(arguments, schema, function.as_ref())?,
        WindowFunctionDefinition::WindowUDF(function) => signed(arguments, schema, function.as_ref())?,
    };
    coerced.extend(args.next());
    if spec.filter {
        let filter = args.next().ok_or_else(|| internal("a frame lost its filter"))?;
        coerced.push(boolean(filter, schema, "FILTER clause")?);
    }
    for bound in [spec.start, spec.end] {
        let of_bound: Vec<Expr> = args.by_ref().take(spec.of_bound(bound)).collect();
        coerced.extend(bounded(&spec, of_bound, schema)?);
    }
    for sorted in args {
        coerced.push(order_key(sorted, schema)?);
    }
    Ok(coerced)
}

fn bounded(spec: &Spec, of_bound: Vec<Expr>, schema: &DFSchema) -> Result<Vec<Expr>> {
    let mut of_bound = of_bound.into_iter();
    let Some(offset) = of_bound.next() else { return Ok(vec![]) };
    let r#type = type_of(&offset, schema)?;
    let (Some(value), Some(sorted)) = (of_bound.next(), of_bound.next()) else {
        let whole =
            matches!(r#type, Type::Tinyint | Type::Smallint | Type::Integer | Type::Bigint | Type::Decimal(_, 0) | Type::Unknown);
        if !whole {
            let units = if spec.units == Units::Rows { "ROWS" } else { "GROUPS" };
            let message = format!("Window frame {units} value type must be exact numeric type with scale 0 (actual {type})");
            return Err(mismatch(message));
        }
        return Ok(vec![cast(offset, &r#type, &Type::Bigint, Strictness::Strict)?]);
    };
    let (value_type, sorted_type) = (type_of(&value, schema)?, type_of(&sorted, schema)?);
    let common = comparable(&value_type, Operator::Lt, &sorted_type)?;
    let value = key(cast(value, &value_type, &common, Strictness::Strict)?, &common)?;
    let sorted = key(cast(sorted, &sorted_type, &common, Strictness::Strict)?, &common)?;
    Ok(vec![offset, value, sorted])
}
