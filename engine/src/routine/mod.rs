//! Functions that a query defines for itself ("SQL user-defined functions"): their statements as [`code`], whose expressions are
//! planned over the function's variables as columns, and a scalar function that [`run`]s it for each row.

mod code;
mod run;

use std::sync::Arc;

use catalog::{Error, Result};
use datafusion::execution::SessionState;
use datafusion::logical_expr::{LogicalPlan, ScalarUDF, Signature, Volatility};
use datafusion::sql::sqlparser::ast;

use crate::error::from_datafusion;
use crate::types::Type;

/// A function to be made.
pub(crate) struct Routine {
    /// The name that it is called by in plans, and in errors.
    pub(crate) called: String,
    pub(crate) name: String,
    pub(crate) parameters: Vec<(String, Type)>,
    pub(crate) returns: Type,
    pub(crate) on_null: bool,
    pub(crate) body: ast::Expr,
}

/// Makes the function; `plan` plans and analyzes a query.
///
/// Errors: those of its expressions, `InvalidInput` for variables and labels that are not there.
pub(crate) fn made(
    routine: Routine,
    state: &SessionState,
    plan: &dyn Fn(ast::Query) -> Result<LogicalPlan>,
) -> Result<Arc<ScalarUDF>> {
    let Routine { called, name, parameters, returns, on_null, body } = routine;
    let compiled = code::compiled(&body, &parameters, &returns)?;
    let planned = plan(code::query(&compiled)?)?;
    let LogicalPlan::Projection(projection) = &planned else {
        return Err(Error::not_supported(format!("function '{name}': queries in functions")));
    };
    let schema = projection.input.schema();
    let exprs = projection.expr.iter().map(|expr| state.create_physical_expr(expr.clone(), schema));
    let exprs = exprs.collect::<datafusion::common::Result<Vec<_>>>().map_err(from_datafusion)?;
    Ok(Arc::new(ScalarUDF::new_from_impl(run::Function {
        called,
        shown: name,
        parameters: parameters.into_iter().map(|(_, r#type)| r#type).collect(),
        returns,
        on_null,
        compiled,
        exprs,
        schema: Arc::new(schema.as_arrow().clone()),
        signature: Signature::user_defined(Volatility::Immutable),
    })))
}
