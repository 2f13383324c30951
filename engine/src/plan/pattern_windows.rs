//! Row patterns in windows ("Row pattern recognition in window structures"). The rows of the select get columns of what was
//! found, from a relation around its FROM and WHERE that [`crate::pattern`] plans, and what is over the window uses them:
//!
//! | written | planned |
//! |---|---|
//! | `m OVER (… MEASURES … AS m … PATTERN …)` | `"$window_0_m"` |
//! | `f(x) OVER (PARTITION BY p ORDER BY o … PATTERN …)` | `f(x) OVER (PARTITION BY p ORDER BY o, "$window_0_row" ROWS BETWEEN "$window_0_start" FOLLOWING AND "$window_0_end" FOLLOWING)` |
//! | `FROM t WHERE c` | `FROM t MATCH_RECOGNIZE (…)`, with `c` among the definitions |

use std::ops::ControlFlow;

use catalog::{Error, ErrorKind, Result, name};
use datafusion::sql::sqlparser::ast::{
    ExcludeSelectItem, Expr, Function, FunctionArg, FunctionArgExpr, FunctionArguments, GroupByExpr, Ident, Join, JoinConstraint,
    JoinOperator, ObjectName, OrderByExpr, OrderByOptions, Query, Select, SelectItem, SetExpr, SymbolDefinition, TableFactor,
    TableWithJoins, Value, VisitMut, VisitorMut, WildcardAdditionalOptions, WindowFrame, WindowFrameBound, WindowFrameUnits,
    WindowSpec, WindowType,
};

use super::windows;

/// The definitions that say what a window's relation is: the beginning of its columns' names, whether a match is looked for in
/// the whole frame, how many rows the frame goes on after the current one, and which rows there are.
pub(crate) const PREFIX: &str = "$prefix";
pub(crate) const SEEK: &str = "$seek";
pub(crate) const END: &str = "$end";
pub(crate) const WHERE: &str = "$where";
/// What a window's relation has beside the measures: the row's number, and where its match begins and ends, counted from it.
pub(crate) const ROW: &str = "$row";
pub(crate) const FIRST: &str = "$first";
pub(crate) const LAST: &str = "$last";

/// Rewrites a query whose select has such windows.
///
/// Errors: `ColumnNotFound` for a measure that is not there, `InvalidWindowFrame`, `NotSupported` beside GROUP BY.
pub(super) fn planned(query: &mut Query) -> Result<()> {
    let SetExpr::Select(select) = query.body.as_mut() else { return Ok(()) };
    let mut found = Found { windows: vec![], depth: 0 };
    let mut failed = None;
    windows::each(select, query.order_by.as_mut().map(|order| &mut order.kind), &mut |expr| {
        if let ControlFlow::Break(error) = expr.visit(&mut found) {
            failed.get_or_insert(error);
        }
    });
    match failed {
        Some(error) => Err(error),
        None if found.windows.is_empty() => Ok(()),
        None => related(select, found.windows),
    }
}

/// The select over the windows' relations.
fn related(select: &mut Select, windows: Vec<Window>) -> Result<()> {
    let grouped = !matches!(&select.group_by, GroupByExpr::Expressions(elements, _) if elements.is_empty());
    if grouped || select.having.is_some() {
        return Err(Error::not_supported("row pattern recognition in a window of a select with GROUP BY; group in a subquery"));
    }
    let mut relation = one(std::mem::take(&mut select.from));
    let mut condition = select.selection.take();
    let mut hidden = vec![];
    for (at, window) in windows.into_iter().enumerate() {
        let TableFactor::MatchRecognize { measures, after_match_skip, pattern, mut symbols, .. } = window.clauses else {
            continue;
        };
        hidden.extend(measures.iter().map(|measure| column(at, &measure.alias.value)));
        hidden.extend([ROW, FIRST, LAST].map(|name| column(at, name)));
        symbols.push(symbol(PREFIX, Expr::Value(Value::SingleQuotedString(format!("$window_{at}_")).with_empty_span())));
        symbols.push(symbol(SEEK, Expr::Value(Value::Boolean(window.seek).with_empty_span())));
        symbols.extend(frame_end(window.spec.window_frame)?.map(|end| symbol(END, end)));
        symbols.extend(condition.take().map(|condition| symbol(WHERE, condition)));
        relation = TableFactor::MatchRecognize {
            table: Box::new(relation),
            partition_by: window.spec.partition_by,
            order_by: window.spec.order_by,
            measures,
            rows_per_match: None,
            after_match_skip,
            pattern,
            symbols,
            alias: None,
        };
    }
    select.from = vec![TableWithJoins { relation, joins: vec![] }];
    for item in &mut select.projection {
        if let SelectItem::Wildcard(options) = item {
            exclude(options, &hidden);
        }
    }
    Ok(())
}

/// All relations as one.
fn one(from: Vec<TableWithJoins>) -> TableFactor {
    let mut from = from.into_iter();
    // A select without FROM has one row.
    let Some(mut first) = from.next() else { return super::forms::one_row() };
    for next in from {
        let relation = if next.joins.is_empty() { next.relation } else { nested(next) };
        first.joins.push(Join { relation, global: false, join_operator: JoinOperator::CrossJoin(JoinConstraint::None) });
    }
    if first.joins.is_empty() { first.relation } else { nested(first) }
}

fn nested(joined: TableWithJoins) -> TableFactor {
    TableFactor::NestedJoin { table_with_joins: Box::new(joined), alias: None }
}

fn symbol(name: &str, definition: Expr) -> SymbolDefinition {
    SymbolDefinition { symbol: Ident::with_quote('"', name), definition }
}

fn column(window: usize, name: &str) -> Ident {
    Ident::with_quote('"', format!("$window_{window}_{}", name::fold(name)))
}

/// How many rows the frame goes on; none for all.
fn frame_end(frame: Option<WindowFrame>) -> Result<Option<Expr>> {
    let invalid = |message: &str| Err(Error::new(ErrorKind::InvalidWindowFrame, message));
    let Some(frame) = frame else { return invalid("Pattern recognition requires a frame: ROWS BETWEEN CURRENT ROW AND …") };
    if frame.units != WindowFrameUnits::Rows {
        return invalid("Pattern recognition requires ROWS frame type");
    }
    if !matches!(frame.start_bound, WindowFrameBound::CurrentRow) {
        return invalid("Pattern recognition requires the frame to start at CURRENT ROW");
    }
    match frame.end_bound {
        Some(WindowFrameBound::Following(end)) => Ok(end.map(|end| *end)),
        Some(WindowFrameBound::CurrentRow) => Ok(Some(Expr::Value(Value::Number("0".to_string(), false).with_empty_span()))),
        _ => invalid("Pattern recognition requires the frame's end to be specified"),
    }
}

fn exclude(options: &mut WildcardAdditionalOptions, hidden: &[Ident]) {
    let names = hidden.iter().map(|name| ObjectName::from(vec![name.clone()]));
    let mut all: Vec<ObjectName> = match options.opt_exclude.take() {
        Some(ExcludeSelectItem::Multiple(names)) => names,
        Some(ExcludeSelectItem::Single(name)) => vec![name],
        None => vec![],
    };
    all.extend(names);
    options.opt_exclude = Some(ExcludeSelectItem::Multiple(all));
}

struct Window {
    spec: WindowSpec,
    /// The pattern's clauses as the parser says them.
    clauses: TableFactor,
    seek: bool,
}

/// Finds windows with row patterns, and puts columns where something is over one.
struct Found {
    windows: Vec<Window>,
    /// How many subqueries are around.
    depth: usize,
}

impl VisitorMut for Found {
    type Break = Error;

    fn pre_visit_query(&mut self, _: &mut Query) -> ControlFlow<Error> {
        self.depth += 1;
        ControlFlow::Continue(())
    }

    fn post_visit_query(&mut self, _: &mut Query) -> ControlFlow<Error> {
        self.depth -= 1;
        ControlFlow::Continue(())
    }

    fn pre_visit_expr(&mut self, expr: &mut Expr) -> ControlFlow<Error> {
        if self.depth > 0 {
            return ControlFlow::Continue(());
        }
        let Expr::Function(function) = expr else { return ControlFlow::Continue(()) };
        match self.over(function) {
            Ok(Some(measure)) => *expr = measure,
            Ok(None) => {}
            Err(error) => return ControlFlow::Break(error),
        }
        ControlFlow::Continue(())
    }
}

impl Found {
    /// The column of a measure; a function over a pattern gets the frame of what was found.
    fn over(&mut self, function: &mut Function) -> Result<Option<Expr>> {
        let measure = matches!(function.args, FunctionArguments::None);
        let unknown = |name: &str| Error::new(ErrorKind::ColumnNotFound, format!("Measure {name} is not defined in the window"));
        let called = function.name.to_string();
        let spec = match &mut function.over {
            Some(WindowType::WindowSpec(spec)) => spec,
            Some(WindowType::NamedWindow(_)) if measure => return Err(unknown(&called)),
            _ => return Ok(None),
        };
        let Some(last) = spec.partition_by.last() else { return if measure { Err(unknown(&called)) } else { Ok(None) } };
        let Some((seek, clauses)) = pattern(last) else { return if measure { Err(unknown(&called)) } else { Ok(None) } };
        spec.partition_by.pop();
        let known = self.windows.iter().position(|w| w.spec == *spec && w.clauses == clauses && w.seek == seek);
        let at = known.unwrap_or(self.windows.len());
        if measure {
            let TableFactor::MatchRecognize { measures, .. } = &clauses else { return Ok(None) };
            let own =
                function.name.0.last().and_then(|part| part.as_ident()).map(|own| name::fold(&own.value)).unwrap_or_default();
            if !measures.iter().any(|measure| name::fold(&measure.alias.value) == own) {
                return Err(unknown(&called));
            }
            if known.is_none() {
                self.windows.push(Window { spec: spec.clone(), clauses, seek });
            }
            return Ok(Some(Expr::Identifier(column(at, &own))));
        }
        if known.is_none() {
            self.windows.push(Window { spec: spec.clone(), clauses, seek });
        }
        let offset = |name: &str| WindowFrameBound::Following(Some(Box::new(Expr::Identifier(column(at, name)))));
        let options = OrderByOptions { asc: None, nulls_first: None };
        spec.order_by.push(OrderByExpr { expr: Expr::Identifier(column(at, ROW)), options, with_fill: None });
        spec.window_frame =
            Some(WindowFrame { units: WindowFrameUnits::Rows, start_bound: offset(FIRST), end_bound: Some(offset(LAST)) });
        Ok(None)
    }
}

/// What the parser makes of a window's row pattern.
fn pattern(expr: &Expr) -> Option<(bool, TableFactor)> {
    let Expr::Function(function) = expr else { return None };
    if !matches!(function.name.0.as_slice(), [part] if part.as_ident().is_some_and(|ident| ident.value == "$pattern")) {
        return None;
    }
    let FunctionArguments::List(list) = &function.args else { return None };
    let [FunctionArg::Unnamed(FunctionArgExpr::Expr(seek)), FunctionArg::Unnamed(FunctionArgExpr::Expr(Expr::Subquery(query)))] =
        list.args.as_slice()
    else {
        return None;
    };
    let SetExpr::Select(select) = query.body.as_ref() else { return None };
    let seek = matches!(seek, Expr::Value(value) if value.value == Value::Boolean(true));
    Some((seek, select.from.first()?.relation.clone()))
}
