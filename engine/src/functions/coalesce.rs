//! `coalesce` ("Conditional expressions: COALESCE"): DataFusion's, which becomes a CASE, with Trino's coercions of its operands.

use std::any::Any;
use std::sync::Arc;

use arrow::compute::can_cast_types;
use arrow::datatypes::{DataType, Field, FieldRef};
use catalog::{Error, ErrorKind};
use datafusion::common::{Result, internal_err};
use datafusion::functions::core::coalesce::CoalesceFunc;
use datafusion::logical_expr::simplify::{ExprSimplifyResult, SimplifyContext};
use datafusion::logical_expr::{ColumnarValue, Expr, ReturnFieldArgs, ScalarFunctionArgs, ScalarUDF, ScalarUDFImpl, Signature};

use crate::error::into_datafusion;
use crate::types::{Type, common_super_type};

pub(super) fn coalesce() -> ScalarUDF {
    ScalarUDF::new_from_impl(Coalesce(CoalesceFunc::new()))
}

#[derive(Debug, PartialEq, Eq, Hash)]
struct Coalesce(CoalesceFunc);

impl ScalarUDFImpl for Coalesce {
    fn name(&self) -> &str {
        self.0.name()
    }

    fn signature(&self) -> &Signature {
        self.0.signature()
    }

    /// As those of our own functions: what Arrow does not cast is left to [`crate::coerce`], which asks [`wanted`].
    fn coerce_types(&self, given: &[DataType]) -> Result<Vec<DataType>> {
        let common = common(given)?;
        let castable = given.iter().all(|given| *given == common || can_cast_types(given, &common));
        Ok(if castable { vec![common; given.len()] } else { given.to_vec() })
    }

    fn return_type(&self, given: &[DataType]) -> Result<DataType> {
        common(given)
    }

    fn return_field_from_args(&self, args: ReturnFieldArgs<'_>) -> Result<FieldRef> {
        let given: Vec<DataType> = args.arg_fields.iter().map(|field| field.data_type().clone()).collect();
        let nullable = args.arg_fields.iter().all(|field| field.is_nullable());
        Ok(Arc::new(Field::new(self.name(), common(&given)?, nullable)))
    }

    fn simplify(&self, args: Vec<Expr>, context: &SimplifyContext) -> Result<ExprSimplifyResult> {
        self.0.simplify(args, context)
    }

    fn invoke_with_args(&self, _: ScalarFunctionArgs) -> Result<ColumnarValue> {
        internal_err!("coalesce has become a CASE before it is called")
    }

    fn conditional_arguments<'a>(&self, args: &'a [Expr]) -> Option<(Vec<&'a Expr>, Vec<&'a Expr>)> {
        self.0.conditional_arguments(args)
    }

    fn short_circuits(&self) -> bool {
        self.0.short_circuits()
    }
}

/// The Arrow type that all operands turn into.
fn common(given: &[DataType]) -> Result<DataType> {
    if let [first, rest @ ..] = given
        && rest.iter().all(|other| other == first)
    {
        return Ok(first.clone());
    }
    let mut common = Type::Unknown;
    for operand in given {
        let operand = Type::of(operand).map_err(into_datafusion)?;
        common = common_super_type(&common, &operand).ok_or_else(|| {
            let message =
                "All COALESCE operands must be the same type or coercible to a common type. Cannot find common type between";
            into_datafusion(Error::new(ErrorKind::TypeMismatch, format!("{message} {common} and {operand}")))
        })?;
    }
    Ok(common.arrow())
}

/// What the operands of `function` turn into, if it is `coalesce` and they have a type in common.
pub(super) fn wanted(function: &dyn Any, given: &[DataType]) -> Option<Vec<DataType>> {
    function.downcast_ref::<Coalesce>()?;
    common(given).ok().map(|common| vec![common; given.len()])
}
