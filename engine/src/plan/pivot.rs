//! `PIVOT`: one column for each value and aggregation, as a select of aggregates with filters:
//! `t PIVOT (sum(a) AS s FOR m IN (1 AS jan, 2 AS feb) GROUP BY r)` is
//! `(SELECT r, sum(a) FILTER (WHERE m = 1) AS jan_s, sum(a) FILTER (WHERE m = 2) AS feb_s FROM t GROUP BY r)`.

use std::ops::ControlFlow;

use catalog::{Error, ErrorKind, Result, name};
use datafusion::sql::sqlparser::ast::{
    BinaryOperator, Expr, ExprWithAlias, FunctionArg, FunctionArgExpr, FunctionArguments, GroupByExpr, Ident, PivotValueSource,
    SelectItem, SetExpr, TableFactor, Value, VisitMut, VisitorMut, visit_expressions,
};

use super::forms::{self, Aggregates};

/// Functions whose value is another one at each call.
const VOLATILE: [&str; 4] = ["random", "rand", "uuid", "shuffle"];

/// A PIVOT as a subquery.
///
/// Errors: as Trino's analyzer has them, for what is no aggregation, what is no constant, and names that are missing.
pub(super) fn planned(factor: TableFactor, aggregates: &Aggregates<'_>) -> Result<TableFactor> {
    let TableFactor::Pivot { table, aggregate_functions, value_column, value_source, default_on_null, alias } = factor else {
        return Ok(factor);
    };
    let PivotValueSource::List(values) = value_source else {
        return Err(Error::not_supported("PIVOT … IN anything but values"));
    };
    if aggregate_functions.len() > 1 && aggregate_functions.iter().any(|slot| slot.alias.is_none()) {
        let message = "PIVOT with multiple aggregations requires an alias for each aggregation";
        return Err(Error::new(ErrorKind::MissingColumnAliases, message));
    }
    aggregate_functions.iter().try_for_each(|slot| aggregation(&slot.expr, aggregates))?;
    let elements = match default_on_null {
        Some(Expr::Function(function)) => arguments(function.args),
        _ => vec![],
    };
    let mut items: Vec<SelectItem> = keys(&elements).into_iter().map(SelectItem::UnnamedExpr).collect();
    for value in &values {
        let (condition, value_name) = condition(value, &value_column, aggregates)?;
        for slot in &aggregate_functions {
            let mut expr = slot.expr.clone();
            let _: ControlFlow<()> = expr.visit(&mut Filter { aggregates, condition: &condition });
            let named = match &slot.alias {
                Some(slot) => format!("{value_name}_{}", name::fold(&slot.value)),
                None => value_name.clone(),
            };
            items.push(SelectItem::ExprWithAlias { expr, alias: Ident::with_quote('"', named) });
        }
    }
    let mut select = forms::select(SelectItem::UnnamedExpr(super::grouping::null()), *table);
    select.projection = items;
    select.group_by = GroupByExpr::Expressions(elements, vec![]);
    let subquery = Box::new(sql::query_of(SetExpr::Select(Box::new(select))));
    Ok(TableFactor::Derived { lateral: false, subquery, alias, sample: None })
}

fn arguments(arguments: FunctionArguments) -> Vec<Expr> {
    let FunctionArguments::List(list) = arguments else { return vec![] };
    let values = list.args.into_iter().filter_map(|argument| match argument {
        FunctionArg::Unnamed(FunctionArgExpr::Expr(value)) => Some(value),
        _ => None,
    });
    values.collect()
}

/// What is grouped by, each once.
fn keys(elements: &[Expr]) -> Vec<Expr> {
    let mut keys: Vec<Expr> = vec![];
    for element in elements {
        let of_element = match element {
            Expr::Rollup(sets) | Expr::Cube(sets) | Expr::GroupingSets(sets) => sets.concat(),
            Expr::Function(function) if function.name.to_string() == "\"$distinct\"" => vec![],
            other => vec![other.clone()],
        };
        for key in of_element {
            if !keys.contains(&key) {
                keys.push(key);
            }
        }
    }
    keys
}

/// Refuses what is no aggregation, or has a subquery that is not an aggregate's.
fn aggregation(expr: &Expr, aggregates: &Aggregates<'_>) -> Result<()> {
    if !aggregates.within(expr) {
        let message = format!("PIVOT expression must contain an aggregate function: {expr}");
        return Err(Error::new(ErrorKind::ExpressionNotAggregate, message));
    }
    let mut outside = expr.clone();
    let _: ControlFlow<()> = outside.visit(&mut Without { aggregates });
    if has_subquery(&outside) {
        return Err(Error::not_supported("PIVOT expression cannot contain a subquery outside an aggregate function"));
    }
    Ok(())
}

fn has_subquery(expr: &Expr) -> bool {
    let found = visit_expressions(expr, |part| match part {
        Expr::Subquery(_) | Expr::InSubquery { .. } | Expr::Exists { .. } => ControlFlow::Break(()),
        _ => ControlFlow::Continue(()),
    });
    found.is_break()
}

/// When a row belongs to a value, and the value's name.
fn condition(value: &ExprWithAlias, columns: &[Expr], aggregates: &Aggregates<'_>) -> Result<(Expr, String)> {
    constant(&value.expr, aggregates)?;
    let values = match &value.expr {
        Expr::Tuple(values) if columns.len() > 1 => values.clone(),
        Expr::Nested(inner) => vec![inner.as_ref().clone()],
        other => vec![other.clone()],
    };
    if values.len() != columns.len() {
        let message = format!("Number of pivot values ({}) must be that of the columns ({})", values.len(), columns.len());
        return Err(Error::new(ErrorKind::InvalidInput, message));
    }
    let named = match &value.alias {
        Some(alias) => name::fold(&alias.value),
        None => values.iter().map(text).collect::<Vec<_>>().join("_"),
    };
    let equal = columns.iter().zip(values).map(|(column, value)| binary(column.clone(), BinaryOperator::Eq, nested(value)));
    let condition = equal.reduce(|left, right| binary(left, BinaryOperator::And, right));
    Ok((condition.unwrap_or_else(super::grouping::null), named))
}

/// A value as a name.
fn text(value: &Expr) -> String {
    match value {
        Expr::Value(literal) => match &literal.value {
            Value::SingleQuotedString(text) => name::fold(text),
            other => name::fold(&other.to_string()),
        },
        other => name::fold(&other.to_string()),
    }
}

fn constant(expr: &Expr, aggregates: &Aggregates<'_>) -> Result<()> {
    let not_constant = |why: &str| {
        Err(Error::new(ErrorKind::ExpressionNotConstant, format!("PIVOT IN clause must be constant and cannot {why}")))
    };
    if has_subquery(expr) {
        return not_constant("contain a subquery");
    }
    if aggregates.within(expr) {
        let message = "PIVOT IN clause cannot contain aggregations, window functions or grouping operations";
        return Err(Error::new(ErrorKind::ExpressionNotScalar, message));
    }
    let mut outside = expr.clone();
    let _: ControlFlow<()> = outside.visit(&mut WithoutLambdas);
    let wrong = visit_expressions(&outside, |part| match part {
        Expr::Identifier(name) => ControlFlow::Break(format!("reference a column: {name}")),
        Expr::CompoundIdentifier(path) => {
            let path = path.iter().map(ToString::to_string).collect::<Vec<_>>().join(".");
            ControlFlow::Break(format!("reference a column: {path}"))
        }
        Expr::Function(function) if VOLATILE.contains(&function.name.to_string().to_lowercase().as_str()) => {
            ControlFlow::Break(format!("be non-deterministic: {part}"))
        }
        _ => ControlFlow::Continue(()),
    });
    match wrong {
        ControlFlow::Break(why) => not_constant(&why),
        ControlFlow::Continue(()) => Ok(()),
    }
}

/// Adds a condition to each aggregate's filter.
struct Filter<'a, 'b> {
    aggregates: &'a Aggregates<'b>,
    condition: &'a Expr,
}

impl VisitorMut for Filter<'_, '_> {
    type Break = ();

    fn post_visit_expr(&mut self, expr: &mut Expr) -> ControlFlow<()> {
        if let Expr::Function(function) = expr
            && self.aggregates.is(function)
        {
            let condition = nested(self.condition.clone());
            function.filter = Some(Box::new(match function.filter.take() {
                Some(filter) => binary(condition, BinaryOperator::And, nested(*filter)),
                None => condition,
            }));
        }
        ControlFlow::Continue(())
    }
}

/// Takes aggregates out.
struct Without<'a, 'b> {
    aggregates: &'a Aggregates<'b>,
}

impl VisitorMut for Without<'_, '_> {
    type Break = ();

    fn pre_visit_expr(&mut self, expr: &mut Expr) -> ControlFlow<()> {
        if matches!(expr, Expr::Function(function) if self.aggregates.is(function)) {
            *expr = super::grouping::null();
        }
        ControlFlow::Continue(())
    }
}

/// Takes lambdas out, whose parameters look like columns.
struct WithoutLambdas;

impl VisitorMut for WithoutLambdas {
    type Break = ();

    fn pre_visit_expr(&mut self, expr: &mut Expr) -> ControlFlow<()> {
        if matches!(expr, Expr::Lambda(_)) {
            *expr = super::grouping::null();
        }
        ControlFlow::Continue(())
    }
}

fn nested(expr: Expr) -> Expr {
    Expr::Nested(Box::new(expr))
}

fn binary(left: Expr, op: BinaryOperator, right: Expr) -> Expr {
    Expr::BinaryOp { left: Box::new(left), op, right: Box::new(right) }
}
