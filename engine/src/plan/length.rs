//! The types of a plan's columns as users are told them. Arrow has no place for the length of a varchar, so it is looked for where
//! a value comes from: the column of a table, a literal, a cast, a function that keeps it. Elsewhere a varchar is without a bound,
//! which is a type of the same values.

use catalog::Result;
use datafusion::common::ScalarValue;
use datafusion::common::tree_node::{Transformed, TreeNode};
use datafusion::logical_expr::expr_rewriter::NamePreserver;
use datafusion::logical_expr::{Distinct, Expr, ExprSchemable, LogicalPlan};

use super::decorrelate;
use crate::error::from_datafusion;
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
        LogicalPlan::Aggregate(aggregate) => aggregate.group_expr.get(at).and_then(|expr| of(expr, &aggregate.input)),
        LogicalPlan::Values(values) => longest(values.values.iter().filter_map(|row| row.get(at)), plan),
        LogicalPlan::Union(union) => {
            union.inputs.iter().map(|input| with_length(column(input, at).ok()?)).reduce(longer).flatten()
        }
        LogicalPlan::Join(join) => {
            let left = join.left.schema().fields().len();
            let beside = plan.schema().fields().len() == left + join.right.schema().fields().len();
            match at.checked_sub(left) {
                None => return column(&join.left, at),
                Some(at) if beside => return column(&join.right, at),
                Some(_) => None,
            }
        }
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
                ("coalesce", args) => longest(args.iter(), input),
                ("$cast" | "$try_cast", [_, Expr::Literal(name, _)]) => Type::parse(name.try_as_str().flatten()?).ok(),
                (_, args) => functions::result(&call.func, &args.iter().map(told).collect::<Option<Vec<_>>>()?),
            }
        }
        Expr::Literal(value, _) => {
            let length = value.try_as_str().flatten().and_then(|text| u32::try_from(text.chars().count()).ok());
            length.map(|length| Type::Varchar(Some(length)))
        }
        Expr::Case(case) => {
            let values = case.when_then_expr.iter().map(|(_, then)| then.as_ref());
            longest(values.chain(case.else_expr.as_deref()), input)
        }
        _ => None,
    };
    found.and_then(with_length)
}

fn with_length(found: Type) -> Option<Type> {
    matches!(found, Type::Varchar(Some(_))).then_some(found)
}

fn longer(one: Option<Type>, other: Option<Type>) -> Option<Type> {
    match (one?, other?) {
        (Type::Varchar(one), Type::Varchar(other)) => Some(Type::Varchar(one.zip(other).map(|(one, other)| one.max(other)))),
        _ => None,
    }
}

/// The varchar of all of these, if each has a length or is NULL.
fn longest<'a>(exprs: impl Iterator<Item = &'a Expr>, input: &LogicalPlan) -> Option<Type> {
    let is_null = |expr: &Expr| matches!(expr.clone().unalias(), Expr::Literal(value, _) if value.is_null());
    exprs.filter(|expr| !is_null(expr)).map(|expr| of(expr, input)).reduce(longer).flatten()
}

/// The plan with the lengths in what `typeof` says, which is called with types that have none.
///
/// Errors: `Internal` where a node cannot be made again.
pub(crate) fn told(plan: LogicalPlan) -> Result<LogicalPlan> {
    let asks = |expr: &Expr| matches!(expr, Expr::ScalarFunction(call) if call.func.name() == "typeof");
    let asked = |node: &LogicalPlan| decorrelate::holds(node, asks).unwrap_or(false);
    let told = plan.transform_up_with_subqueries(|node| {
        let input = if asked(&node) { node.inputs().first().map(|input| (*input).clone()) } else { None };
        let Some(input) = input else { return Ok(Transformed::no(node)) };
        let names = NamePreserver::new(&node);
        node.map_expressions(|expr| {
            let name = names.save(&expr);
            let told = expr.transform_up(|expr| {
                let r#type = match &expr {
                    Expr::ScalarFunction(call) if asks(&expr) => call.args.first().and_then(|arg| of(arg, &input)),
                    _ => None,
                };
                Ok(match r#type {
                    Some(r#type) => Transformed::yes(Expr::Literal(ScalarValue::Utf8View(Some(r#type.to_string())), None)),
                    None => Transformed::no(expr),
                })
            })?;
            Ok(told.update_data(|expr| name.restore(expr)))
        })
    });
    told.map(|told| told.data).map_err(from_datafusion)
}
