//! Coercion of one expression whose operands are coerced already.

use std::sync::Arc;

use arrow::datatypes::{DataType, FieldRef};
use datafusion::common::tree_node::Transformed;
use datafusion::common::{DFSchema, Result, ScalarValue};
use datafusion::logical_expr::expr::{
    AggregateFunction, Between, Case, InList, InSubquery, Like, ScalarFunction, SetComparison, WindowFunction,
    WindowFunctionDefinition,
};
use datafusion::logical_expr::type_coercion::functions::{UDFCoercionExt, fields_with_udf};
use datafusion::logical_expr::{
    BinaryExpr, Expr, ExprSchemable, LogicalPlan, Operator, Projection, Subquery, WindowFrame, WindowFrameBound, WindowFrameUnits,
};

use super::chars::Meeting;
use super::compare::{call, comparable, is_nested, is_ordinary, key, mismatch};
use super::expr::type_of;
use super::group::{group_key, order_key};
use super::rule::boolean;
use super::{cast, compare};
use crate::cast::Strictness;
use crate::functions::wanted;
use crate::types::{Type, common_super_type};
use crate::window::{self, Framed};

const STRICT: Strictness = Strictness::Strict;

pub(super) fn coerce(expr: Expr, schema: &DFSchema, meeting: Meeting) -> Result<Transformed<Expr>> {
    Ok(Transformed::yes(match meeting.within(expr, schema)? {
        // As all other texts are kept, also in rows and arrays.
        Expr::Literal(ScalarValue::Utf8(text), metadata) => Expr::Literal(ScalarValue::Utf8View(text), metadata),
        Expr::Cast(cast) => explicit(*cast.expr, &type_named(&cast.field)?, STRICT, schema)?,
        Expr::TryCast(cast) => explicit(*cast.expr, &type_named(&cast.field)?, Strictness::Try, schema)?,
        Expr::BinaryExpr(binary) => binary_expr(binary, schema)?,
        Expr::Negative(operand) => call("$negate", vec![*operand]).and_then(|expr| arguments(expr, schema))?,
        Expr::Not(operand) => Expr::Not(Box::new(boolean(*operand, schema, "value of logical NOT")?)),
        Expr::IsTrue(operand) => Expr::IsTrue(Box::new(boolean(*operand, schema, "IS TRUE")?)),
        Expr::IsNotTrue(operand) => Expr::IsNotTrue(Box::new(boolean(*operand, schema, "IS NOT TRUE")?)),
        Expr::IsFalse(operand) => Expr::IsFalse(Box::new(boolean(*operand, schema, "IS FALSE")?)),
        Expr::IsNotFalse(operand) => Expr::IsNotFalse(Box::new(boolean(*operand, schema, "IS NOT FALSE")?)),
        Expr::Between(between) => coerce_between(between, schema)?,
        Expr::InList(list) => coerce_in_list(list, schema)?,
        Expr::InSubquery(membership) => in_subquery(membership, schema)?,
        Expr::SetComparison(comparison) => set_comparison(comparison, schema)?,
        Expr::Like(like) => coerce_like(like, schema)?,
        Expr::Case(case) => coerce_case(case, schema)?,
        function @ Expr::ScalarFunction(_) => arguments(function, schema)?,
        Expr::AggregateFunction(function) => aggregate(function, schema)?,
        Expr::WindowFunction(function) => windowed(*function, schema)?,
        other => return Ok(Transformed::no(other)),
    }))
}

fn type_named(field: &FieldRef) -> Result<Type> {
    Type::of(field.data_type()).map_err(crate::error::into_datafusion)
}

fn explicit(expr: Expr, to: &Type, strictness: Strictness, schema: &DFSchema) -> Result<Expr> {
    let from = type_of(&expr, schema)?;
    cast(expr, &from, to, strictness)
}

fn implicit(expr: Expr, to: &Type, schema: &DFSchema) -> Result<Expr> {
    explicit(expr, to, STRICT, schema)
}

fn binary_expr(binary: BinaryExpr, schema: &DFSchema) -> Result<Expr> {
    let BinaryExpr { left, op, right } = binary;
    match op {
        Operator::Eq
        | Operator::NotEq
        | Operator::Lt
        | Operator::LtEq
        | Operator::Gt
        | Operator::GtEq
        | Operator::IsDistinctFrom
        | Operator::IsNotDistinctFrom => compare(*left, op, *right, schema, schema),
        Operator::And | Operator::Or => {
            let left = boolean(*left, schema, &format!("left side of logical {op}"))?;
            let right = boolean(*right, schema, &format!("right side of logical {op}"))?;
            Ok(Expr::BinaryExpr(BinaryExpr::new(Box::new(left), op, Box::new(right))))
        }
        _ => Ok(Expr::BinaryExpr(BinaryExpr::new(left, op, right))),
    }
}

fn coerce_between(between: Between, schema: &DFSchema) -> Result<Expr> {
    let Between { expr, negated, low, high } = between;
    let types = [type_of(&expr, schema)?, type_of(&low, schema)?, type_of(&high, schema)?];
    let common = comparable(&types[0], Operator::LtEq, &types[1]);
    let common = common
        .and_then(|common| comparable(&common, Operator::LtEq, &types[2]))
        .map_err(|_| mismatch(format!("Cannot check if {} is BETWEEN {} and {}", types[0], types[1], types[2])))?;
    let floats = matches!(common, Type::Real | Type::Double | Type::Number);
    if is_nested(&common) || matches!(common, Type::Char(_)) || floats && !(is_ordinary(&low) && is_ordinary(&high)) {
        let at_least = compare(*expr.clone(), Operator::GtEq, *low, schema, schema)?;
        let within = at_least.and(compare(*expr, Operator::LtEq, *high, schema, schema)?);
        return Ok(if negated { Expr::Not(Box::new(within)) } else { within });
    }
    let operands = [*expr, *low, *high].map(|expr| key(implicit(expr, &common, schema)?, &common));
    let operands = alike(operands.into_iter().collect::<Result<_>>()?, schema)?;
    let [expr, low, high] = <[Expr; 3]>::try_from(operands).map_err(|_| mismatch("BETWEEN takes two bounds".to_string()))?;
    Ok(Expr::Between(Between::new(Box::new(expr), negated, Box::new(low), Box::new(high))))
}

fn coerce_in_list(membership: InList, schema: &DFSchema) -> Result<Expr> {
    let InList { expr, list, negated } = membership;
    let mut common = type_of(&expr, schema)?;
    for item in &list {
        let item = type_of(item, schema)?;
        common = comparable(&common, Operator::Eq, &item).map_err(|_| {
            mismatch(format!("IN value and list items must be the same type or coercible to a common type: {common}, {item}"))
        })?;
    }
    if is_nested(&common) {
        let equal = list.into_iter().map(|item| compare(*expr.clone(), Operator::Eq, item, schema, schema));
        let any = equal.reduce(|a, b| Ok(a?.or(b?))).unwrap_or_else(|| Ok(datafusion::logical_expr::lit(false)))?;
        return Ok(if negated { Expr::Not(Box::new(any)) } else { any });
    }
    let item = |expr: Expr| key(implicit(expr, &common, schema)?, &common);
    let operands = std::iter::once(*expr).chain(list).map(item).collect::<Result<_>>()?;
    let mut list = alike(operands, schema)?;
    let expr = list.remove(0);
    Ok(Expr::InList(InList::new(Box::new(expr), list, negated)))
}

/// Texts in one of Arrow's types for them: those of a table are kept as they are, and constants are in another.
fn alike(operands: Vec<Expr>, schema: &DFSchema) -> Result<Vec<Expr>> {
    let types = operands.iter().map(|operand| operand.get_type(schema)).collect::<Result<Vec<_>>>()?;
    let dictionary = |found: &DataType| matches!(found, DataType::Dictionary(..));
    if types.windows(2).all(|pair| pair[0] == pair[1]) || types.iter().any(dictionary) {
        return Ok(operands);
    }
    // Constants follow what scans know.
    let first = operands.iter().zip(&types).find(|(operand, _)| !matches!(operand, Expr::Literal(..)));
    let Some(wanted) = first.map(|(_, found)| found.clone()).or_else(|| types.first().cloned()) else { return Ok(operands) };
    operands.into_iter().map(|operand| operand.cast_to(&wanted, schema)).collect()
}

/// The subquery with its one column turned into `to`, and what stands for it where values are compared.
pub(super) fn column_as(subquery: Subquery, to: &Type) -> Result<Subquery> {
    let plan = subquery.subquery;
    let schema = Arc::clone(plan.schema());
    let (qualifier, field) = schema.qualified_field(0);
    let column = Expr::from((qualifier, field));
    let value = key(implicit(column.clone(), to, &schema)?, to)?;
    let plan = if value == column {
        plan
    } else {
        let named = value.alias_qualified(qualifier.cloned(), field.name());
        Arc::new(LogicalPlan::Projection(Projection::try_new(vec![named], plan)?))
    };
    Ok(Subquery { subquery: plan, ..subquery })
}

fn in_subquery(membership: InSubquery, schema: &DFSchema) -> Result<Expr> {
    let InSubquery { expr, subquery, negated } = membership;
    let (left, right) = (type_of(&expr, schema)?, first_type(&subquery)?);
    let common = comparable(&left, Operator::Eq, &right)
        .map_err(|_| mismatch(format!("value expression and result of subquery must be of the same type: {left} vs {right}")))?;
    let expr = key(implicit(*expr, &common, schema)?, &common)?;
    Ok(Expr::InSubquery(InSubquery::new(Box::new(expr), column_as(subquery, &common)?, negated)))
}

fn set_comparison(comparison: SetComparison, schema: &DFSchema) -> Result<Expr> {
    let SetComparison { expr, subquery, op, quantifier } = comparison;
    let (left, right) = (type_of(&expr, schema)?, first_type(&subquery)?);
    let common = comparable(&left, op, &right)?;
    let expr = key(implicit(*expr, &common, schema)?, &common)?;
    Ok(Expr::SetComparison(SetComparison::new(Box::new(expr), column_as(subquery, &common)?, op, quantifier)))
}

pub(super) fn first_type(subquery: &Subquery) -> Result<Type> {
    let field = subquery.subquery.schema().field(0);
    Type::of(field.data_type()).map_err(crate::error::into_datafusion)
}

fn coerce_like(like: Like, schema: &DFSchema) -> Result<Expr> {
    let Like { negated, expr, pattern, escape_char, .. } = like;
    let text = |expr: Expr, what: &str| match type_of(&expr, schema)? {
        Type::Varchar(_) | Type::Char(_) | Type::Unknown => implicit(expr, &Type::VARCHAR, schema),
        other => Err(mismatch(format!("{what} of LIKE expression must evaluate to a varchar (actual: {other})"))),
    };
    let (expr, pattern) = (text(*expr, "Left side")?, text(*pattern, "Pattern")?);
    super::like::like(negated, expr, pattern, escape_char, schema)
}

fn coerce_case(case: Case, schema: &DFSchema) -> Result<Expr> {
    let Case { expr: operand, when_then_expr, else_expr } = case;
    let results = when_then_expr.iter().map(|(_, then)| then).chain(&else_expr);
    let mut common = Type::Unknown;
    for result in results {
        let r#type = type_of(result, schema)?;
        common = common_super_type(&common, &r#type).ok_or_else(|| {
            mismatch(format!("All CASE results must be the same type or coercible to a common type. Cannot find common type between {common} and {type}"))
        })?;
    }
    let branch = |(when, then): (Box<Expr>, Box<Expr>)| {
        // `CASE x WHEN a` is `x = a`: what is compared may be wrapped, or have another type in each branch.
        let when = match &operand {
            Some(operand) => compare(*operand.clone(), Operator::Eq, *when, schema, schema)?,
            None => boolean(*when, schema, "CASE WHEN clause")?,
        };
        Ok((Box::new(when), Box::new(implicit(*then, &common, schema)?)))
    };
    let branches = when_then_expr.into_iter().map(branch).collect::<Result<_>>()?;
    let otherwise = else_expr.map(|expr| implicit(*expr, &common, schema).map(Box::new)).transpose()?;
    Ok(Expr::Case(Case::new(None, branches, otherwise)))
}

/// Arguments of a scalar function as its signature wants them.
fn arguments(expr: Expr, schema: &DFSchema) -> Result<Expr> {
    let Expr::ScalarFunction(ScalarFunction { func, mut args }) = expr else { return Ok(expr) };
    if func.name() == "$subscript" {
        args.iter_mut().skip(1).for_each(index);
    }
    let given = args.iter().map(|arg| arg.get_type(schema)).collect::<Result<Vec<_>>>()?;
    let args = match wanted(&func, &given) {
        Some(wanted) => {
            args.into_iter().zip(wanted).map(|(arg, wanted)| to_arrow(arg, &wanted, schema)).collect::<Result<_>>()?
        }
        None => signed(args, schema, func.as_ref())?,
    };
    Ok(Expr::ScalarFunction(ScalarFunction::new_udf(func, args)))
}

/// An index stays a literal of DataFusion's while a query is planned; here it gets its type.
fn index(expr: &mut Expr) {
    if let Expr::Literal(value, _) = expr
        && let ScalarValue::Int64(Some(number)) = *value
        && let Ok(number) = i32::try_from(number)
    {
        *value = ScalarValue::Int32(Some(number));
    }
}

pub(crate) fn signed<F: UDFCoercionExt>(args: Vec<Expr>, schema: &DFSchema, function: &F) -> Result<Vec<Expr>> {
    let fields = args.iter().map(|arg| Ok(arg.to_field(schema)?.1)).collect::<Result<Vec<_>>>()?;
    let wanted = fields_with_udf(&fields, function)?;
    args.into_iter().zip(wanted).map(|(arg, field)| to_arrow(arg, field.data_type(), schema)).collect()
}

/// `expr` in the Arrow type that a function wants.
pub(super) fn to_arrow(expr: Expr, wanted: &DataType, schema: &DFSchema) -> Result<Expr> {
    if expr.get_type(schema)? == *wanted {
        return Ok(expr);
    }
    match Type::of(wanted) {
        Ok(to) if to.arrow() == *wanted => implicit(expr, &to, schema),
        // What only DataFusion's own functions ask for: unsigned numbers, large lists.
        _ => expr.cast_to(wanted, schema),
    }
}

fn aggregate(function: AggregateFunction, schema: &DFSchema) -> Result<Expr> {
    let AggregateFunction { func, mut params } = function;
    params.args = signed(params.args, schema, func.as_ref())?;
    params.filter = condition(params.filter, schema)?;
    Ok(Expr::AggregateFunction(AggregateFunction { func, params }))
}

fn condition(filter: Option<Box<Expr>>, schema: &DFSchema) -> Result<Option<Box<Expr>>> {
    filter.map(|filter| boolean(*filter, schema, "FILTER clause").map(Box::new)).transpose()
}

fn windowed(mut function: WindowFunction, schema: &DFSchema) -> Result<Expr> {
    let params = &mut function.params;
    let args = std::mem::take(&mut params.args);
    params.args = match &function.fun {
        WindowFunctionDefinition::AggregateUDF(udf) => signed(args, schema, udf.as_ref())?,
        WindowFunctionDefinition::WindowUDF(udf) => match udf.inner().downcast_ref::<Framed>() {
            Some(framed) => window::coerce(framed, args, schema)?,
            None => signed(args, schema, udf.as_ref())?,
        },
    };
    params.filter = condition(params.filter.take(), schema)?;
    let keys = std::mem::take(&mut params.partition_by).into_iter().map(|expr| group_key(expr, schema));
    params.partition_by = keys.collect::<Result<_>>()?;
    for sort in &mut params.order_by {
        sort.expr = order_key(std::mem::take(&mut sort.expr), schema)?;
    }
    let order = params.order_by.first().map(|sort| sort.expr.get_type(schema)).transpose()?;
    params.window_frame = frame(params.window_frame.clone(), order.as_ref())?;
    Ok(Expr::from(function))
}

/// Bounds of a frame in the type that they are counted in: rows and groups in whole numbers, ranges in the type of the order.
fn frame(mut frame: WindowFrame, order: Option<&DataType>) -> Result<WindowFrame> {
    let wanted = match (frame.units, order) {
        (WindowFrameUnits::Rows | WindowFrameUnits::Groups, _) => DataType::UInt64,
        (WindowFrameUnits::Range, Some(order)) => order.clone(),
        (WindowFrameUnits::Range, None) => return Ok(frame),
    };
    let bound = |bound: WindowFrameBound| {
        let value = |value: ScalarValue| {
            if value.is_null() { ScalarValue::try_from(&wanted) } else { value.cast_to(&wanted) }
        };
        Ok::<_, datafusion::common::DataFusionError>(match bound {
            WindowFrameBound::Preceding(count) => WindowFrameBound::Preceding(value(count)?),
            WindowFrameBound::CurrentRow => WindowFrameBound::CurrentRow,
            WindowFrameBound::Following(count) => WindowFrameBound::Following(value(count)?),
        })
    };
    frame.start_bound = bound(frame.start_bound)?;
    frame.end_bound = bound(frame.end_bound)?;
    Ok(frame)
}
