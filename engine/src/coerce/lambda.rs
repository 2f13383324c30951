//! The walk over one expression: from its leaves up, but a lambda only after the values that say what it takes.

use std::collections::HashMap;

use arrow::datatypes::FieldRef;
use datafusion::common::datatype::FieldExt;
use datafusion::common::tree_node::{Transformed, TreeNode, TreeNodeRecursion, TreeNodeRewriter};
use datafusion::common::{DFSchema, Result, internal_datafusion_err};
use datafusion::logical_expr::expr::{HigherOrderFunction, Lambda, LambdaVariable};
use datafusion::logical_expr::type_coercion::functions::{
    value_fields_with_higher_order_udf, value_fields_with_higher_order_udf_and_lambdas,
};
use datafusion::logical_expr::{Expr, ExprSchemable, LambdaParametersProgress, ValueOrLambda};

use super::chars::Meeting;
use super::walk::{coerce, to_arrow};

/// Coerces `expr` and all that is in it.
pub(super) fn walk(expr: Expr, schema: &DFSchema, meeting: Meeting) -> Result<Transformed<Expr>> {
    expr.rewrite(&mut Walk { schema, meeting })
}

struct Walk<'a> {
    schema: &'a DFSchema,
    meeting: Meeting,
}

impl TreeNodeRewriter for Walk<'_> {
    type Node = Expr;

    fn f_down(&mut self, expr: Expr) -> Result<Transformed<Expr>> {
        match expr {
            Expr::HigherOrderFunction(function) => {
                let coerced = higher_order(function, self.schema, self.meeting)?;
                Ok(Transformed::new(coerced, true, TreeNodeRecursion::Jump))
            }
            other => Ok(Transformed::no(other)),
        }
    }

    fn f_up(&mut self, expr: Expr) -> Result<Transformed<Expr>> {
        coerce(expr, self.schema, self.meeting)
    }
}

/// DataFusion gave the variables of lambdas the types that the values had before they were coerced. Here they get those that
/// the values have now, and only then the bodies are coerced.
fn higher_order(function: HigherOrderFunction, schema: &DFSchema, meeting: Meeting) -> Result<Expr> {
    let HigherOrderFunction { func, args } = function;
    let args = args.into_iter().map(|arg| match arg {
        Expr::Lambda(_) => Ok(arg),
        value => Ok(walk(value, schema, meeting)?.data),
    });
    let mut args = args.collect::<Result<Vec<Expr>>>()?;
    let fields = args.iter().map(|arg| match arg {
        Expr::Lambda(_) => Ok(ValueOrLambda::Lambda(None)),
        value => Ok(ValueOrLambda::Value(value.to_field(schema)?.1)),
    });
    let mut fields = value_fields_with_higher_order_udf(&fields.collect::<Result<Vec<_>>>()?, func.as_ref())?;
    for step in 0..func.signature().lambda_parameters_max_iterations {
        let (parameters, complete) = match func.lambda_parameters(step, &fields)? {
            LambdaParametersProgress::Partial(parameters) => (parameters, false),
            LambdaParametersProgress::Complete(parameters) => (parameters.into_iter().map(Some).collect(), true),
        };
        let mut parameters = parameters.into_iter();
        for (arg, field) in args.iter_mut().zip(&mut fields) {
            let Expr::Lambda(lambda) = arg else { continue };
            let Some(parameters) = parameters.next().flatten() else { continue };
            let body = body(lambda, parameters, schema, meeting)?;
            *field = ValueOrLambda::Lambda(Some(body.to_field(schema)?.1));
            if complete {
                *lambda.body = body;
            }
        }
        if complete {
            let fields = fields.into_iter().map(|field| match field {
                ValueOrLambda::Value(field) => Ok(ValueOrLambda::Value(field)),
                ValueOrLambda::Lambda(field) => Ok(ValueOrLambda::Lambda(field.ok_or_else(|| untyped(func.name()))?)),
            });
            let fields = fields.collect::<Result<Vec<_>>>()?;
            let wanted = value_fields_with_higher_order_udf_and_lambdas(&fields, func.as_ref())?;
            let args = args.into_iter().zip(wanted).map(|(arg, wanted)| match wanted {
                ValueOrLambda::Value(field) => to_arrow(arg, field.data_type(), schema),
                ValueOrLambda::Lambda(_) => Ok(arg),
            });
            return Ok(Expr::HigherOrderFunction(HigherOrderFunction::new(func, args.collect::<Result<_>>()?)));
        }
    }
    Err(untyped(func.name()))
}

fn untyped(function: &str) -> datafusion::common::DataFusionError {
    internal_datafusion_err!("the lambdas of '{function}' have no types")
}

/// The lambda's body, coerced, with variables of these types.
fn body(lambda: &Lambda, parameters: Vec<FieldRef>, schema: &DFSchema, meeting: Meeting) -> Result<Expr> {
    let named = lambda.params.iter().zip(parameters).map(|(name, field)| (name.clone(), field.renamed(name)));
    let body = retyped(lambda.body.as_ref().clone(), &named.collect())?;
    Ok(walk(body, schema, meeting)?.data)
}

/// `expr` with the variables of these names as these fields; a lambda inside may have variables of the same names.
fn retyped(expr: Expr, variables: &HashMap<String, FieldRef>) -> Result<Expr> {
    let retyped = expr.transform_down(|expr| match expr {
        Expr::LambdaVariable(variable) => match variables.get(&variable.name) {
            Some(field) => {
                let field = Some(FieldRef::clone(field));
                Ok(Transformed::yes(Expr::LambdaVariable(LambdaVariable { field, ..variable })))
            }
            None => Ok(Transformed::no(Expr::LambdaVariable(variable))),
        },
        Expr::Lambda(mut lambda) if lambda.params.iter().any(|name| variables.contains_key(name)) => {
            let mut outer = variables.clone();
            outer.retain(|name, _| !lambda.params.contains(name));
            *lambda.body = retyped(*lambda.body, &outer)?;
            Ok(Transformed::new(Expr::Lambda(lambda), true, TreeNodeRecursion::Jump))
        }
        other => Ok(Transformed::no(other)),
    });
    Ok(retyped?.data)
}
