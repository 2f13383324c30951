//! Window frames that DataFusion's planner or operator does not take, as one more argument of the function:
//! `sum(x) OVER (ORDER BY a RANGE 0.5 PRECEDING)` is `sum(x, "$frame"(spec, 0.5)) OVER (ORDER BY a)`; see [`crate::window`]. An
//! order of the aggregate's own is there, too: `array_agg(x ORDER BY y) OVER (…)` is `array_agg(x, "$frame"(spec, y)) OVER (…)`.

use datafusion::sql::sqlparser::ast::{
    Expr, Function, FunctionArg, FunctionArgExpr, FunctionArgumentClause, FunctionArguments, OrderByExpr, Value, WindowFrame,
    WindowFrameBound, WindowFrameUnits, WindowSpec, WindowType,
};

use super::lower::call;
use crate::window::MARK;
use crate::window::spec::{Bound, Order, Spec, Units};

/// The call with its frame as an argument, where DataFusion would not do with it as it is.
pub(super) fn framed(mut function: Function) -> Function {
    // `calls` says these in terms of another aggregate, which the frame is then of.
    if matches!(function.name.to_string().as_str(), "listagg" | "reduce_agg") {
        return function;
    }
    let Some(WindowType::WindowSpec(window)) = &mut function.over else { return function };
    let FunctionArguments::List(list) = &mut function.args else { return function };
    let own_order = list.clauses.iter().any(|clause| matches!(clause, FunctionArgumentClause::OrderBy(_)));
    if !own_order && window.window_frame.as_ref().is_none_or(is_plain) {
        return function;
    }
    let mut order = vec![];
    list.clauses.retain_mut(|clause| match clause {
        FunctionArgumentClause::OrderBy(by) => {
            order.append(by);
            false
        }
        _ => true,
    });
    let mark = mark(window, order);
    let given = |argument: &mut FunctionArg| {
        // `count(*)` counts rows, whatever is in them.
        if matches!(argument, FunctionArg::Unnamed(FunctionArgExpr::Wildcard)) {
            *argument = FunctionArg::Unnamed(FunctionArgExpr::Expr(number("1")));
        }
    };
    list.args.iter_mut().for_each(given);
    list.args.push(FunctionArg::Unnamed(FunctionArgExpr::Expr(mark)));
    function
}

/// Whether DataFusion has the frame: counted in rows or groups by whole numbers, or without an offset, and its bounds in order.
fn is_plain(frame: &WindowFrame) -> bool {
    use WindowFrameBound::{Following, Preceding};
    let end = frame.end_bound.as_ref().unwrap_or(&WindowFrameBound::CurrentRow);
    let offset = |bound: &WindowFrameBound| match bound {
        Preceding(offset) | Following(offset) => offset.clone(),
        WindowFrameBound::CurrentRow => None,
    };
    let is_whole = |offset: Option<Box<Expr>>| offset.is_none_or(|offset| whole(&offset).is_some());
    if frame.units == WindowFrameUnits::Range {
        return offset(&frame.start_bound).is_none() && offset(end).is_none();
    }
    let in_order = match (&frame.start_bound, end) {
        (Preceding(Some(start)), Preceding(Some(end))) => whole(start) >= whole(end),
        (Following(Some(start)), Following(Some(end))) => whole(start) <= whole(end),
        _ => true,
    };
    in_order && is_whole(offset(&frame.start_bound)) && is_whole(offset(end))
}

/// A whole number that is written as such.
fn whole(expr: &Expr) -> Option<u64> {
    match expr {
        Expr::Value(value) => match &value.value {
            Value::Number(number, _) => number.to_string().parse().ok(),
            _ => None,
        },
        Expr::Nested(inner) => whole(inner),
        _ => None,
    }
}

/// Takes the frame off a window.
fn mark(window: &mut WindowSpec, order: Vec<OrderByExpr>) -> Expr {
    let frame = window.window_frame.take();
    let (units, start, end) = match frame {
        // Without a frame: up to the row's peers, or all where there is no order.
        None if window.order_by.is_empty() => (Units::Rows, (Bound::Unbounded, None), (Bound::Unbounded, None)),
        None => (Units::Range, (Bound::Unbounded, None), (Bound::CurrentRow, None)),
        Some(frame) => {
            let units = match frame.units {
                WindowFrameUnits::Rows => Units::Rows,
                WindowFrameUnits::Range => Units::Range,
                WindowFrameUnits::Groups => Units::Groups,
            };
            (units, bound(frame.start_bound), bound(frame.end_bound.unwrap_or(WindowFrameBound::CurrentRow)))
        }
    };
    // NULLs come last in both directions, unless it is said otherwise.
    let sorted = |by: &OrderByExpr| Order {
        descending: by.options.asc == Some(false),
        nulls_first: by.options.nulls_first.unwrap_or(false),
    };
    let spec = Spec {
        units,
        start: start.0,
        end: end.0,
        distinct: false,
        ignore_nulls: false,
        filter: false,
        keys: vec![],
        order: order.iter().map(sorted).collect(),
    };
    let text = serde_json::to_string(&spec).unwrap_or_default();
    let spec = Expr::Value(Value::SingleQuotedString(text).with_empty_span());
    let keys = order.into_iter().map(|by| by.expr);
    call(MARK, std::iter::once(spec).chain(start.1).chain(end.1).chain(keys).collect())
}

fn bound(bound: WindowFrameBound) -> (Bound, Option<Expr>) {
    match bound {
        WindowFrameBound::CurrentRow => (Bound::CurrentRow, None),
        WindowFrameBound::Preceding(None) | WindowFrameBound::Following(None) => (Bound::Unbounded, None),
        WindowFrameBound::Preceding(Some(offset)) => (Bound::Preceding, Some(*offset)),
        WindowFrameBound::Following(Some(offset)) => (Bound::Following, Some(*offset)),
    }
}

fn number(text: &str) -> Expr {
    Expr::Value(Value::Number(text.to_string(), false).with_empty_span())
}
