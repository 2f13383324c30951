//! Comparisons of casts with constants as comparisons of the column that is cast, which scans can prune by: `date(ts) >= DATE '…'` asks
//! for a range of `ts`, and so does `ts > now()` where `ts` has no time zone and the session's is UTC. Trino does the same
//! (`UnwrapCastInComparison`).

use arrow::datatypes::{DataType, TimeUnit};
use datafusion::common::{Result, ScalarValue};
use datafusion::logical_expr::expr::ScalarFunction;
use datafusion::logical_expr::interval_arithmetic::Interval;
use datafusion::logical_expr::preimage::PreimageResult;
use datafusion::logical_expr::simplify::SimplifyContext;
use datafusion::logical_expr::{Expr, ExprSchemable};

use super::function::target;
use crate::error::into_datafusion;
use crate::properties::Properties;
use crate::types::{Type, Zone};

const DAY: i64 = 86_400_000_000;

/// The timestamps of which `CAST(args AS date)` is the constant.
pub(super) fn of_date(args: &[Expr], constant: &Expr, context: &SimplifyContext) -> Result<PreimageResult> {
    match (args, constant) {
        ([column, to], Expr::Literal(ScalarValue::Date32(Some(days)), _)) if named(to)? == Some(Type::Date) => {
            let first = i64::from(*days) * DAY;
            between(column, first, first.saturating_add(DAY), context)
        }
        _ => Ok(PreimageResult::None),
    }
}

/// The timestamps that are the constant, an instant in microseconds, when they are cast to timestamps with time zone: `args` is the
/// cast whose instants are compared.
///
/// Errors: a session's time zone that is none.
pub(crate) fn of_instant(args: &[Expr], constant: &Expr, context: &SimplifyContext) -> Result<PreimageResult> {
    let ([Expr::ScalarFunction(ScalarFunction { func, args })], Expr::Literal(ScalarValue::Int64(Some(micros)), _)) =
        (args, constant)
    else {
        return Ok(PreimageResult::None);
    };
    match args.as_slice() {
        [column, to] if func.name() == "$cast" && matches!(named(to)?, Some(Type::TimestampTz(0..=6))) => {
            let zone = Properties::of(context.config_options()).zone().map_err(into_datafusion)?;
            match zone == Zone::UTC {
                true => between(column, *micros, *micros, context),
                false => Ok(PreimageResult::None),
            }
        }
        _ => Ok(PreimageResult::None),
    }
}

fn named(r#type: &Expr) -> Result<Option<Type>> {
    match r#type {
        Expr::Literal(name, _) => target(Some(name)).map(Some),
        _ => Ok(None),
    }
}

/// The column's values from `first` until before `end`, in microseconds, or those that are `first` where both are the same.
fn between(column: &Expr, first: i64, end: i64, context: &SimplifyContext) -> Result<PreimageResult> {
    let Expr::Column(_) = column else { return Ok(PreimageResult::None) };
    let DataType::Timestamp(unit, None) = column.get_type(context.schema().as_ref())? else { return Ok(PreimageResult::None) };
    let step = match unit {
        TimeUnit::Second => 1_000_000,
        TimeUnit::Millisecond => 1000,
        TimeUnit::Microsecond => 1,
        TimeUnit::Nanosecond => return Ok(PreimageResult::None),
    };
    if first % step != 0 {
        return Ok(PreimageResult::None);
    }
    let first = first / step;
    let end = (end / step).max(first.saturating_add(1));
    let value = |ticks| match unit {
        TimeUnit::Second => ScalarValue::TimestampSecond(Some(ticks), None),
        TimeUnit::Millisecond => ScalarValue::TimestampMillisecond(Some(ticks), None),
        _ => ScalarValue::TimestampMicrosecond(Some(ticks), None),
    };
    let interval = Box::new(Interval::try_new(value(first), value(end))?);
    Ok(PreimageResult::Range { expr: column.clone(), interval })
}
