//! Whole numbers. DataFusion has bigint for all of them; in Trino one is an integer where it fits ("Data types", "Integer"), so the
//! syntax tree gets a cast to the type that the number has. Where a number is no value, but the place of a column, a count of
//! rows or the like, DataFusion looks for the number itself, and it is put back.

use datafusion::sql::sqlparser::ast::{
    CastKind, DataType, Expr, Fetch, GroupByExpr, LimitClause, NamedWindowExpr, OrderByKind, Query, Select, TableFactor,
    TableSampleKind, UnaryOperator, Value, WindowFrameBound, WindowSpec,
};

/// The number that `digits`, with a minus where it is `negative`, are, with its type. None where they are no bigint.
pub(super) fn number(digits: &str, negative: bool) -> Option<Expr> {
    let signed: i64 = if negative { format!("-{digits}").parse().ok()? } else { digits.parse().ok()? };
    let data_type = if i32::try_from(signed).is_ok() { DataType::Integer(None) } else { DataType::BigInt(None) };
    let expr = Box::new(literal(digits, negative, OURS));
    Some(Expr::Cast { kind: CastKind::Cast, expr, data_type, array: false, format: None })
}

/// Tells numbers that [`number`] made from others that are cast. The tree has this flag for dialects where a letter after a number
/// says that it is long; DataFusion does not look at it.
const OURS: bool = true;

fn literal(digits: &str, negative: bool, ours: bool) -> Expr {
    let number = Expr::Value(Value::Number(digits.to_string(), ours).with_empty_span());
    if negative { Expr::UnaryOp { op: UnaryOperator::Minus, expr: Box::new(number) } } else { number }
}

/// The digits of a whole number without a sign, as it was written or as [`number`] made it.
pub(crate) fn digits(expr: &Expr) -> Option<&str> {
    let value = match expr {
        Expr::Value(value) => value,
        Expr::Cast { expr, .. } => match expr.as_ref() {
            Expr::Value(value) if matches!(value.value, Value::Number(_, OURS)) => value,
            _ => return None,
        },
        _ => return None,
    };
    match &value.value {
        Value::Number(digits, _) if digits.bytes().all(|digit| digit.is_ascii_digit()) => Some(digits),
        _ => None,
    }
}

/// Puts a number back that [`number`] made.
pub(super) fn as_written(expr: &mut Expr) {
    let Expr::Cast { expr: inner, .. } = &*expr else { return };
    let (value, negative) = match inner.as_ref() {
        Expr::UnaryOp { op: UnaryOperator::Minus, expr } => (expr.as_ref(), true),
        other => (other, false),
    };
    if let Expr::Value(value) = value
        && let Value::Number(digits, OURS) = &value.value
    {
        *expr = literal(&digits.clone(), negative, !OURS);
    }
}

/// Of `ORDER BY 1 OFFSET 2 LIMIT 3`.
pub(super) fn places_of_query(query: &mut Query) {
    if let Some(OrderByKind::Expressions(sorts)) = query.order_by.as_mut().map(|order| &mut order.kind) {
        sorts.iter_mut().for_each(|sort| as_written(&mut sort.expr));
    }
    if let Some(LimitClause::LimitOffset { limit, offset, .. }) = &mut query.limit_clause {
        limit.iter_mut().for_each(as_written);
        offset.iter_mut().for_each(|offset| as_written(&mut offset.value));
    }
    if let Some(Fetch { quantity: Some(quantity), .. }) = &mut query.fetch {
        as_written(quantity);
    }
}

/// Of `GROUP BY 1` and `WINDOW w AS (ROWS 1 PRECEDING)`.
pub(super) fn places_of_select(select: &mut Select) {
    if let GroupByExpr::Expressions(groups, _) = &mut select.group_by {
        groups.iter_mut().for_each(group);
    }
    for window in &mut select.named_window {
        if let NamedWindowExpr::WindowSpec(window) = &mut window.1 {
            frame(window);
        }
    }
}

fn group(expr: &mut Expr) {
    match expr {
        Expr::GroupingSets(sets) | Expr::Cube(sets) | Expr::Rollup(sets) => sets.iter_mut().flatten().for_each(as_written),
        other => as_written(other),
    }
}

/// Of `ROWS BETWEEN 1 PRECEDING AND 2 FOLLOWING`.
pub(super) fn frame(window: &mut WindowSpec) {
    let Some(frame) = &mut window.window_frame else { return };
    for bound in [Some(&mut frame.start_bound), frame.end_bound.as_mut()].into_iter().flatten() {
        if let WindowFrameBound::Preceding(Some(count)) | WindowFrameBound::Following(Some(count)) = bound {
            as_written(count);
        }
    }
}

/// Of `TABLESAMPLE BERNOULLI (50)`.
pub(super) fn share_of_sample(factor: &mut TableFactor) {
    let (TableFactor::Table { sample, .. } | TableFactor::Derived { sample, .. }) = factor else { return };
    if let Some(TableSampleKind::BeforeTableAlias(sample) | TableSampleKind::AfterTableAlias(sample)) = sample
        && let Some(quantity) = &mut sample.quantity
    {
        as_written(&mut quantity.value);
    }
}
