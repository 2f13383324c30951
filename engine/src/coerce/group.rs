//! Grouping and sorting. A value with a time zone is the same as another one when both are the same instant, so what is grouped
//! and sorted by is what stands for the value; of the values of a group one is shown.

use std::sync::Arc;

use datafusion::common::{DFSchema, Result};
use datafusion::functions_aggregate::first_last::first_value_udaf;
use datafusion::logical_expr::expr::Sort as SortExpr;
use datafusion::logical_expr::{Aggregate, Distinct, Expr, LogicalPlan, Projection, Sort};

use super::compare::{key, mismatch};
use super::expr::type_of;
use super::keys;
use crate::types::Type;

/// What to sort by.
///
/// Errors: `TypeMismatch` for values that have no order.
pub(crate) fn order_key(expr: Expr, schema: &DFSchema) -> Result<Expr> {
    let r#type = type_of(&expr, schema)?;
    if !r#type.is_orderable() {
        return Err(mismatch(format!("Type {type} is not orderable, and therefore cannot be used in ORDER BY")));
    }
    key(expr, &r#type)
}

/// What to group by, where no value of the group is shown.
pub(super) fn group_key(expr: Expr, schema: &DFSchema) -> Result<Expr> {
    let r#type = type_of(&expr, schema)?;
    if r#type.is_comparable() { key(expr, &r#type) } else { Err(not_comparable(&r#type)) }
}

fn not_comparable(r#type: &Type) -> datafusion::common::DataFusionError {
    mismatch(format!("{type} is not comparable, and therefore cannot be used in GROUP BY"))
}

pub(super) fn sort(sort: Sort, schema: &DFSchema) -> Result<Sort> {
    let by = |by: SortExpr| Ok(SortExpr { expr: order_key(by.expr, schema)?, ..by });
    Ok(Sort { expr: sort.expr.into_iter().map(by).collect::<Result<_>>()?, ..sort })
}

/// Whether equal values may look different: in another time zone, or as another kind of number.
fn has_looks(r#type: &Type) -> bool {
    matches!(r#type, Type::TimeTz(_) | Type::TimestampTz(_) | Type::Variant)
}

/// Groups by instants: the first value of a group stands for all. Keys of rows that are there more than once are [`keys::hidden`].
pub(super) fn aggregate(aggregate: Aggregate) -> Result<LogicalPlan> {
    let schema = Arc::clone(aggregate.input.schema());
    let types = aggregate.group_expr.iter().map(|expr| match expr {
        Expr::GroupingSet(_) => Ok(Type::Unknown),
        expr => type_of(expr, &schema),
    });
    let types = types.collect::<Result<Vec<_>>>()?;
    if let Some(wrong) = types.iter().find(|r#type| !r#type.is_comparable()) {
        return Err(not_comparable(wrong));
    }
    let repeated = keys::repeated(&schema);
    let key_column = |expr: &Expr| repeated && matches!(expr, Expr::Column(_));
    if !types.iter().any(has_looks) && !aggregate.group_expr.iter().any(key_column) {
        return Ok(LogicalPlan::Aggregate(aggregate));
    }
    let output = Arc::clone(&aggregate.schema);
    let mut groups = Vec::with_capacity(types.len());
    let mut shown = aggregate.aggr_expr.clone();
    for (at, (expr, r#type)) in aggregate.group_expr.into_iter().zip(&types).enumerate() {
        if has_looks(r#type) {
            shown.push(first_value_udaf().call(vec![unaliased(expr.clone())]).alias(format!("$shown{at}")));
            groups.push(key(unaliased(expr), r#type)?.alias(format!("$key{at}")));
        } else if key_column(&expr) {
            groups.push(keys::hidden(expr)?.alias(format!("$key{at}")));
        } else {
            groups.push(expr);
        }
    }
    let grouped = Aggregate::try_new(aggregate.input, groups, shown)?;
    let columns = grouped.schema.columns();
    let by_name = |name: String| columns.iter().find(|column| column.name == name).cloned();
    let mut exprs = Vec::with_capacity(output.fields().len());
    for (at, (qualifier, field)) in output.iter().enumerate() {
        let source = match types.get(at).is_some_and(has_looks) {
            true => by_name(format!("$shown{at}")).unwrap_or_else(|| columns[at].clone()),
            false => columns[at].clone(),
        };
        exprs.push(Expr::Column(source).alias_qualified(qualifier.cloned(), field.name()));
    }
    Ok(LogicalPlan::Projection(Projection::try_new(exprs, Arc::new(LogicalPlan::Aggregate(grouped)))?))
}

fn unaliased(expr: Expr) -> Expr {
    match expr {
        Expr::Alias(alias) => *alias.expr,
        other => other,
    }
}

/// `DISTINCT` is grouping by all columns. It becomes that here and not in the optimizer, so that its keys are known in time; rows
/// that have a key are left to the optimizer, which knows that they are distinct.
pub(super) fn distinct(distinct: Distinct) -> Result<LogicalPlan> {
    let Distinct::All(input) = distinct else { return Ok(LogicalPlan::Distinct(distinct)) };
    let (columns, schema) = (input.schema().columns(), input.schema());
    let looks = schema.fields().iter().any(|field| Type::of(field.data_type()).is_ok_and(|r#type| has_looks(&r#type)));
    if columns.is_empty() || !looks && keys::unique(schema) {
        return Ok(LogicalPlan::Distinct(Distinct::All(input)));
    }
    aggregate(Aggregate::try_new(input, columns.into_iter().map(Expr::Column).collect(), vec![])?)
}
