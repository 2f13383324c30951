//! From a window function with a frame as its last argument to a call of [`Framed`].

use catalog::{Error, ErrorKind};
use datafusion::common::{Result, ScalarValue};
use datafusion::logical_expr::expr::{NullTreatment, ScalarFunction, WindowFunction, WindowFunctionParams};
use datafusion::logical_expr::planner::RawWindowExpr;
use datafusion::logical_expr::{Expr, WindowFrame, WindowFunctionDefinition, WindowUDF};

use super::function::Framed;
use super::mark::MARK;
use super::spec::{Bound, Order, Spec, Units, internal};
use crate::coerce::call;
use crate::error::into_datafusion;

/// Plans a window function whose last argument is a frame; any other is given back.
///
/// Errors: `InvalidInput` for a RANGE with an offset and not one sort key.
pub(crate) fn plan(mut raw: RawWindowExpr) -> Result<std::result::Result<Expr, RawWindowExpr>> {
    let Some(frame) = raw.args.pop_if(|last| is_mark(last)) else { return Ok(Err(raw)) };
    let Expr::ScalarFunction(ScalarFunction { args: frame, .. }) = frame else { return Err(internal("a frame is a call")) };
    if !uses_frame(&raw.func_def) {
        raw.window_frame = WindowFrame::new((!raw.order_by.is_empty()).then_some(false));
        return Ok(Err(raw));
    }
    let mut frame = frame.into_iter();
    let mut spec = match frame.next() {
        Some(Expr::Literal(ScalarValue::Utf8(Some(text)) | ScalarValue::Utf8View(Some(text)), _)) => {
            serde_json::from_str::<Spec>(&text).map_err(|error| internal(&format!("a frame cannot be read: {error}")))?
        }
        _ => return Err(internal("a frame begins with its spec")),
    };
    spec.distinct = raw.distinct;
    spec.filter = raw.filter.is_some();
    spec.ignore_nulls = raw.null_treatment == Some(NullTreatment::IgnoreNulls);
    spec.keys = raw.order_by.iter().map(|sort| Order { descending: !sort.asc, nulls_first: sort.nulls_first }).collect();
    let mut args = raw.args;
    args.push(spec.literal()?);
    args.extend(raw.filter.map(|filter| *filter));
    for (bound, start) in [(spec.start, true), (spec.end, false)] {
        if bound.has_offset() {
            let offset = frame.next().ok_or_else(|| internal("a bound has an offset"))?;
            args.extend(of_bound(&spec, bound, start, offset, &raw.order_by)?);
        }
    }
    args.extend(raw.order_by.iter().map(|sort| sort.expr.clone()));
    args.extend(frame);
    let function = WindowUDF::new_from_impl(Framed::new(raw.func_def));
    let params = WindowFunctionParams {
        args,
        partition_by: raw.partition_by,
        order_by: raw.order_by,
        window_frame: WindowFrame::new(None),
        filter: None,
        null_treatment: None,
        distinct: false,
    };
    let fun = WindowFunctionDefinition::WindowUDF(std::sync::Arc::new(function));
    Ok(Ok(Expr::WindowFunction(Box::new(WindowFunction { fun, params }))))
}

fn is_mark(expr: &Expr) -> bool {
    matches!(expr, Expr::ScalarFunction(function) if function.func.name() == MARK)
}

/// Ranks and positions are of the partition.
fn uses_frame(function: &WindowFunctionDefinition) -> bool {
    match function {
        WindowFunctionDefinition::AggregateUDF(_) => true,
        WindowFunctionDefinition::WindowUDF(function) => matches!(function.name(), "first_value" | "last_value" | "nth_value"),
    }
}

/// The arguments that a bound is computed of.
fn of_bound(
    spec: &Spec,
    bound: Bound,
    start: bool,
    offset: Expr,
    order_by: &[datafusion::logical_expr::SortExpr],
) -> Result<Vec<Expr>> {
    if spec.units != Units::Range {
        return Ok(vec![offset]);
    }
    let [sort] = order_by else {
        let which = if start { "starting" } else { "ending" };
        let message = format!(
            "Window frame of type RANGE with a {which} offset requires a single sort item in ORDER BY (actual: {})",
            order_by.len()
        );
        return Err(into_datafusion(Error::new(ErrorKind::InvalidInput, message)));
    };
    // With the order, FOLLOWING is further on: more when it ascends, less when it descends.
    let function = if (bound == Bound::Following) == sort.asc { "$add" } else { "$subtract" };
    let value = call(function, vec![sort.expr.clone(), offset.clone()])?;
    Ok(vec![offset, value, sort.expr.clone()])
}
