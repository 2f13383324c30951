//! What a query's filters say about partitions and files before anything is read: the predicate for the catalog
//! (which may leave too much, never too little), and the exact test on the values of columns that are constant per file.

use std::collections::HashSet;

use catalog::{Comparison, PartitionFilter};
use datafusion::arrow::array::{Array, AsArray, RecordBatch, RecordBatchOptions};
use datafusion::arrow::datatypes::{DataType, SchemaRef};
use datafusion::catalog::Session;
use datafusion::common::{DFSchema, Result, ScalarValue};
use datafusion::logical_expr::utils::conjunction;
use datafusion::logical_expr::{BinaryExpr, Expr, Operator};

/// Whether `filter` reads nothing but the columns named.
pub(crate) fn reads_only(filter: &Expr, columns: &HashSet<&str>) -> bool {
    !filter.is_volatile() && filter.column_refs().iter().all(|column| columns.contains(column.name.as_str()))
}

/// The part of `filters` that a catalog can answer from its partition keys; `None` when there is none.
pub(crate) fn catalog_filter(filters: &[Expr], keys: &HashSet<&str>) -> Option<PartitionFilter> {
    let mut parts: Vec<PartitionFilter> = filters.iter().filter_map(|filter| weaken(filter, keys)).collect();
    match parts.len() {
        0 => None,
        1 => parts.pop(),
        _ => Some(PartitionFilter::And(parts)),
    }
}

/// A predicate that holds wherever `expr` holds. Conjuncts that the catalog cannot answer drop out.
fn weaken(expr: &Expr, keys: &HashSet<&str>) -> Option<PartitionFilter> {
    match expr {
        Expr::BinaryExpr(BinaryExpr { left, op: Operator::And, right }) => match (weaken(left, keys), weaken(right, keys)) {
            (Some(left), Some(right)) => Some(PartitionFilter::And(vec![left, right])),
            (one, other) => one.or(other),
        },
        Expr::BinaryExpr(BinaryExpr { left, op: Operator::Or, right }) => {
            Some(PartitionFilter::Or(vec![weaken(left, keys)?, weaken(right, keys)?]))
        }
        Expr::BinaryExpr(BinaryExpr { left, op, right }) => match (key(left, keys), key(right, keys)) {
            (Some(name), None) => Some(PartitionFilter::Compare { key: name, op: comparison(*op)?, value: literal(right)? }),
            (None, Some(name)) => {
                Some(PartitionFilter::Compare { key: name, op: comparison(op.swap()?)?, value: literal(left)? })
            }
            _ => None,
        },
        Expr::InList(list) if !list.negated => {
            let values = list.list.iter().map(literal).collect::<Option<Vec<_>>>()?;
            Some(PartitionFilter::In { key: key(&list.expr, keys)?, values })
        }
        Expr::Between(between) if !between.negated => {
            let name = key(&between.expr, keys)?;
            Some(PartitionFilter::And(vec![
                PartitionFilter::Compare { key: name.clone(), op: Comparison::GtEq, value: literal(&between.low)? },
                PartitionFilter::Compare { key: name, op: Comparison::LtEq, value: literal(&between.high)? },
            ]))
        }
        Expr::Like(like) if !like.negated && !like.case_insensitive && like.escape_char.is_none() => {
            Some(PartitionFilter::Like { key: key(&like.expr, keys)?, pattern: literal(&like.pattern)? })
        }
        _ => None,
    }
}

fn key(expr: &Expr, keys: &HashSet<&str>) -> Option<String> {
    match expr {
        Expr::Column(column) if keys.contains(column.name.as_str()) => Some(column.name.clone()),
        _ => None,
    }
}

/// The text that a partition value of the literal's type has; `None` where texts and values are not one to one.
fn literal(expr: &Expr) -> Option<String> {
    let Expr::Literal(value, _) = expr else { return None };
    match value.data_type() {
        DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View => value.try_as_str().flatten().map(str::to_string),
        kind if kind.is_integer() => (!value.is_null()).then(|| value.to_string()),
        DataType::Date32 => (!value.is_null()).then(|| value.to_string()),
        _ => None,
    }
}

fn comparison(op: Operator) -> Option<Comparison> {
    Some(match op {
        Operator::Eq => Comparison::Eq,
        Operator::NotEq => Comparison::NotEq,
        Operator::Lt => Comparison::Lt,
        Operator::LtEq => Comparison::LtEq,
        Operator::Gt => Comparison::Gt,
        Operator::GtEq => Comparison::GtEq,
        _ => return None,
    })
}

/// Which of `rows` (values of the columns of `schema`) pass all `filters`. A NULL result does not pass, as in WHERE.
pub(crate) fn keep(state: &dyn Session, schema: &SchemaRef, filters: &[Expr], rows: &[&[ScalarValue]]) -> Result<Vec<bool>> {
    let Some(filter) = conjunction(filters.iter().cloned().map(unqualified)) else { return Ok(vec![true; rows.len()]) };
    let predicate = state.create_physical_expr(filter, &DFSchema::try_from(schema.as_ref().clone())?)?;
    let columns = (0..schema.fields().len())
        .map(|at| ScalarValue::iter_to_array(rows.iter().map(|row| row[at].clone())))
        .collect::<Result<Vec<_>>>();
    let options = RecordBatchOptions::new().with_row_count(Some(rows.len()));
    if rows.is_empty() {
        return Ok(vec![]);
    }
    let batch = RecordBatch::try_new_with_options(std::sync::Arc::clone(schema), columns?, &options)?;
    let result = predicate.evaluate(&batch)?.into_array(rows.len())?;
    let passed = result.as_boolean();
    Ok((0..rows.len()).map(|row| passed.is_valid(row) && passed.value(row)).collect())
}

/// Filters come with the table's alias; the values tested here have none.
pub(crate) fn unqualified(expr: Expr) -> Expr {
    use datafusion::common::tree_node::{Transformed, TransformedResult, TreeNode};
    expr.clone()
        .transform(|node| match node {
            Expr::Column(column) => Ok(Transformed::yes(Expr::Column(datafusion::common::Column::new_unqualified(column.name)))),
            other => Ok(Transformed::no(other)),
        })
        .data()
        .unwrap_or(expr)
}

#[cfg(test)]
mod tests {
    use datafusion::prelude::{col, lit};

    use super::*;

    #[test]
    fn filters_become_weaker_never_stronger() {
        let keys = HashSet::from(["day", "hour"]);
        let compare = |key: &str, op, value: &str| PartitionFilter::Compare { key: key.into(), op, value: value.into() };
        let cases: Vec<(Expr, Option<PartitionFilter>)> = vec![
            (col("hour").gt(lit(9)), Some(compare("hour", Comparison::Gt, "9"))),
            (lit(9).lt(col("hour")), Some(compare("hour", Comparison::Gt, "9"))),
            (col("hour").gt(lit(9)).and(col("x").eq(lit(1))), Some(compare("hour", Comparison::Gt, "9"))),
            (col("hour").gt(lit(9)).or(col("x").eq(lit(1))), None),
            (
                col("day").in_list(vec![lit("a"), lit("b")], false),
                Some(PartitionFilter::In { key: "day".into(), values: vec!["a".into(), "b".into()] }),
            ),
            (col("day").in_list(vec![lit("a")], true), None),
            (col("day").eq(col("hour")), None),
            (col("hour").eq(lit(1.5)), None),
        ];
        for (expr, expected) in cases {
            let text = expr.to_string();
            assert_eq!(catalog_filter(&[expr], &keys), expected, "{text}");
        }
    }
}
