//! The types of a plan's columns as users are told them. Arrow has no place for the length of a varchar, so it is looked for where
//! a value comes from: the column of a table, a cast, a function that keeps it. Elsewhere a varchar is without a bound, which is a
//! type of the same values.

use catalog::Result;
use datafusion::logical_expr::{Distinct, Expr, ExprSchemable, LogicalPlan};

use crate::functions;
use crate::types::Type;

/// The type of the column at `at`.
///
/// Errors: `NotSupported` for an Arrow type that no SQL type is.
pub(crate) fn column(plan: &LogicalPlan, at: usize) -> Result<Type> {
    let found = match plan {
        LogicalPlan::Projection(projection) => projection.expr.get(at).and_then(|expr| of(expr, &projection.input)),
        LogicalPlan::SubqueryAlias(alias) => return column(&alias.input, at),
        LogicalPlan::Filter(filter) => return column(&filter.input, at),
        LogicalPlan::Sort(sort) => return column(&sort.input, at),
        LogicalPlan::Limit(limit) => return column(&limit.input, at),
        LogicalPlan::Distinct(Distinct::All(input)) => return column(input, at),
        _ => None,
    };
    found.map_or_else(|| Type::of_field(plan.schema().field(at)), Ok)
}

/// The length of what `expr` makes of the rows of `input`, if it is a varchar with one.
fn of(expr: &Expr, input: &LogicalPlan) -> Option<Type> {
    let found = match expr {
        Expr::Alias(alias) => of(&alias.expr, input),
        Expr::Column(name) => column(input, input.schema().maybe_index_of_column(name)?).ok(),
        Expr::ScalarFunction(call) => {
            let told = |arg: &Expr| of(arg, input).or_else(|| Type::of(&arg.get_type(input.schema()).ok()?).ok());
            match (call.func.name(), call.args.as_slice()) {
                ("$cast" | "$try_cast", [_, Expr::Literal(name, _)]) => Type::parse(name.try_as_str().flatten()?).ok(),
                (_, args) => functions::result(&call.func, &args.iter().map(told).collect::<Option<Vec<_>>>()?),
            }
        }
        _ => None,
    };
    found.filter(|found| matches!(found, Type::Varchar(Some(_))))
}
