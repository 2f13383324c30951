//! From the syntax tree of `MATCH_RECOGNIZE` to its node.

use std::sync::Arc;

use catalog::{Error, ErrorKind, Result};
use datafusion::arrow::datatypes::{DataType, Field};
use datafusion::common::{Column, DFSchema, ScalarValue};
use datafusion::logical_expr::planner::{PlannedRelation, RelationPlannerContext, RelationPlanning};
use datafusion::logical_expr::{Expr, Extension, LogicalPlan, LogicalPlanBuilder, SortExpr, lit};
use datafusion::sql::sqlparser::ast::{
    self, AfterMatchSkip, EmptyMatchesMode, FunctionArg, FunctionArgExpr, FunctionArguments, Ident, OrderByExpr, RowsPerMatch,
    SymbolDefinition, TableFactor,
};

use super::leaves::{CLASSIFIER, Leaves, NUMBER};
use super::node::{Output, OutputColumn, Recognize, Skip, Spec};
use super::nullable::nullable;
use super::program::{Label, Program, canonical, found};
use crate::error::{from_datafusion, into_datafusion};
use crate::plan::pattern_windows::{END, PREFIX, SEEK, WHERE};
use crate::types::Type;

/// Plans a table factor that is a `MATCH_RECOGNIZE`.
pub(crate) fn plan(
    factor: TableFactor,
    context: &mut dyn RelationPlannerContext,
) -> datafusion::common::Result<RelationPlanning> {
    recognize(factor, context).map_err(into_datafusion)
}

fn recognize(factor: TableFactor, context: &mut dyn RelationPlannerContext) -> Result<RelationPlanning> {
    let TableFactor::MatchRecognize {
        table,
        partition_by,
        order_by,
        measures,
        rows_per_match,
        after_match_skip,
        pattern,
        symbols,
        alias,
    } = factor
    else {
        return Ok(RelationPlanning::Original(Box::new(factor)));
    };
    let table = context.plan(*table).map_err(from_datafusion)?;
    let (window, symbols) = window(symbols);
    let table = kept(table, window.as_ref().and_then(|window| window.condition.clone()), context)?;
    let columns = context_columns(partition_by, &table, context)?;
    let order = sorted(order_by, &table, context)?;
    let mut variables = vec![];
    let program = Program::compile(&pattern, &mut variables)?;
    let names = names(&variables, &symbols)?;
    let mut leaves = Leaves {
        schema: Arc::new(with_virtual(table.schema())?),
        context,
        names,
        leaves: vec![],
        columns: vec![],
        aggregates: vec![],
    };
    let (mut defined, mut definitions, mut named, mut measured) = (vec![], vec![], vec![], vec![]);
    for SymbolDefinition { symbol, definition } in symbols {
        if !is_subset(&definition) {
            defined.push(known(&variables, &symbol)?);
            definitions.push(leaves.plan(definition)?);
        }
    }
    let prefix = window.as_ref().map(|window| window.prefix.clone()).unwrap_or_default();
    for measure in measures {
        named.push(format!("{prefix}{}", catalog::name::fold(&measure.alias.value)));
        measured.push(leaves.plan(measure.expr)?);
    }
    let skip = skip(after_match_skip, &leaves.names)?;
    let output = match window {
        Some(window) => {
            let end = window.end.map(|end| leaves.number(end)).transpose()?;
            Output::Window { seek: window.seek, end }
        }
        None => output(rows_per_match),
    };
    let columns_out = output_columns(output, &table, &columns, &order, measured.len());
    let Leaves { leaves, columns: leaf_columns, aggregates, .. } = leaves;
    let spec = Spec { program, variables, defined, leaves, measures: named, output, skip, columns: columns_out, prefix };
    let input = with_leaves(table, leaf_columns)?;
    let groups = [definitions, measured, aggregates];
    let node = Recognize::new(input, Arc::new(spec), columns, order, groups).map_err(from_datafusion)?;
    let plan = LogicalPlan::Extension(Extension { node: Arc::new(node) });
    Ok(RelationPlanning::Planned(Box::new(PlannedRelation::new(plan, alias))))
}

/// What the definitions of a window say besides.
#[derive(Default)]
struct Window {
    prefix: String,
    seek: bool,
    end: Option<ast::Expr>,
    condition: Option<ast::Expr>,
}

/// Of a window, what it is; and the definitions of variables and subsets.
fn window(symbols: Vec<SymbolDefinition>) -> (Option<Window>, Vec<SymbolDefinition>) {
    let (ours, symbols): (Vec<_>, Vec<_>) =
        symbols.into_iter().partition(|symbol| [PREFIX, SEEK, END, WHERE].contains(&symbol.symbol.value.as_str()));
    if ours.is_empty() {
        return (None, symbols);
    }
    let mut window = Window::default();
    for SymbolDefinition { symbol, definition } in ours {
        let literal = match &definition {
            ast::Expr::Value(value) => Some(&value.value),
            _ => None,
        };
        match (symbol.value.as_str(), literal) {
            (PREFIX, Some(ast::Value::SingleQuotedString(prefix))) => window.prefix.clone_from(prefix),
            (SEEK, Some(ast::Value::Boolean(seek))) => window.seek = *seek,
            (END, _) => window.end = Some(definition),
            (WHERE, _) => window.condition = Some(definition),
            _ => {}
        }
    }
    (Some(window), symbols)
}

/// The rows of the table that fulfil a condition.
fn kept(table: LogicalPlan, condition: Option<ast::Expr>, context: &mut dyn RelationPlannerContext) -> Result<LogicalPlan> {
    let Some(condition) = condition else { return Ok(table) };
    let condition = context.sql_to_expr(condition, table.schema()).map_err(from_datafusion)?;
    LogicalPlanBuilder::from(table).filter(condition).and_then(LogicalPlanBuilder::build).map_err(from_datafusion)
}

fn context_columns(exprs: Vec<ast::Expr>, table: &LogicalPlan, context: &mut dyn RelationPlannerContext) -> Result<Vec<Expr>> {
    let plan = |expr| context.sql_to_expr(expr, table.schema()).map_err(from_datafusion);
    exprs.into_iter().map(plan).collect()
}

fn sorted(order: Vec<OrderByExpr>, table: &LogicalPlan, context: &mut dyn RelationPlannerContext) -> Result<Vec<SortExpr>> {
    let sort = |sort: OrderByExpr| {
        let asc = sort.options.asc.unwrap_or(true);
        // NULLs come last in both directions, unless it is said otherwise.
        let nulls_first = sort.options.nulls_first.unwrap_or(false);
        let expr = context.sql_to_expr(sort.expr, table.schema()).map_err(from_datafusion)?;
        Ok(SortExpr { expr, asc, nulls_first })
    };
    order.into_iter().map(sort).collect()
}

/// The table's columns and those that only arguments of aggregates see.
fn with_virtual(schema: &DFSchema) -> Result<DFSchema> {
    let own = schema.iter().map(|(relation, field)| (relation.cloned(), Arc::clone(field)));
    let more = [Field::new(CLASSIFIER, Type::VARCHAR.arrow(), true), Field::new(NUMBER, DataType::Int64, true)];
    let all = own.chain(more.into_iter().map(|field| (None, Arc::new(field)))).collect();
    DFSchema::new_with_metadata(all, Default::default()).map_err(from_datafusion)
}

/// The table with the virtual columns, which are filled in for each match, and the leaves'.
fn with_leaves(table: LogicalPlan, leaves: Vec<Expr>) -> Result<LogicalPlan> {
    let label = ScalarValue::try_from(&Type::VARCHAR.arrow()).map_err(from_datafusion)?;
    let own: Vec<Expr> = table.schema().columns().into_iter().map(Expr::Column).collect();
    let more = [lit(label).alias(CLASSIFIER), nullable(lit(ScalarValue::Int64(None))).alias(NUMBER)];
    // Leaves may be of the virtual columns, so these come first.
    let virtual_table = LogicalPlanBuilder::from(table).project(own.into_iter().chain(more)).and_then(LogicalPlanBuilder::build);
    let virtual_table = virtual_table.map_err(from_datafusion)?;
    let own: Vec<Expr> = virtual_table.schema().columns().into_iter().map(Expr::Column).collect();
    let all = LogicalPlanBuilder::from(virtual_table).project(own.into_iter().chain(leaves));
    all.and_then(LogicalPlanBuilder::build).map_err(from_datafusion)
}

fn is_subset(definition: &ast::Expr) -> bool {
    matches!(definition, ast::Expr::Function(function) if function.name.to_string().replace('"', "") == "$subset")
}

/// The variables by name, and the subsets with theirs.
fn names(variables: &[String], symbols: &[SymbolDefinition]) -> Result<Vec<(String, Vec<Label>)>> {
    let mut names = vec![];
    for (at, variable) in variables.iter().enumerate() {
        names.push((variable.clone(), vec![Label::try_from(at).unwrap_or_default()]));
    }
    for SymbolDefinition { symbol, definition } in symbols.iter().filter(|symbol| is_subset(&symbol.definition)) {
        let ast::Expr::Function(function) = definition else { continue };
        let FunctionArguments::List(list) = &function.args else { continue };
        let mut labels = vec![];
        for argument in &list.args {
            if let FunctionArg::Unnamed(FunctionArgExpr::Expr(ast::Expr::Identifier(name))) = argument {
                labels.push(known(variables, name)?);
            }
        }
        names.push((canonical(symbol), labels));
    }
    Ok(names)
}

fn known(variables: &[String], name: &Ident) -> Result<Label> {
    let found = found(variables.iter().map(String::as_str), name).and_then(|at| Label::try_from(at).ok());
    found.ok_or_else(|| Error::new(ErrorKind::InvalidInput, format!("{} is not a primary pattern variable", canonical(name))))
}

fn skip(skip: Option<AfterMatchSkip>, names: &[(String, Vec<Label>)]) -> Result<Skip> {
    let to = |first: bool, name: Ident| match found(names.iter().map(|(name, _)| name.as_str()), &name) {
        Some(at) => Ok(Skip::To { first, labels: names[at].1.clone() }),
        None => {
            let message = format!("{} is not a primary or union pattern variable", canonical(&name));
            Err(Error::new(ErrorKind::InvalidInput, message))
        }
    };
    match skip {
        None | Some(AfterMatchSkip::PastLastRow) => Ok(Skip::PastLastRow),
        Some(AfterMatchSkip::ToNextRow) => Ok(Skip::ToNextRow),
        Some(AfterMatchSkip::ToFirst(name)) => to(true, name),
        Some(AfterMatchSkip::ToLast(name)) => to(false, name),
    }
}

fn output(rows: Option<RowsPerMatch>) -> Output {
    match rows {
        None | Some(RowsPerMatch::OneRow) => Output::One,
        Some(RowsPerMatch::AllRows(mode)) => match mode {
            None | Some(EmptyMatchesMode::Show) => Output::All { empty: true, unmatched: false },
            Some(EmptyMatchesMode::Omit) => Output::All { empty: false, unmatched: false },
            Some(EmptyMatchesMode::WithUnmatched) => Output::All { empty: true, unmatched: true },
        },
    }
}

/// Columns of the partition, then with all rows those of the order, the measures, and then what else the table has.
fn output_columns(
    output: Output,
    table: &LogicalPlan,
    partition: &[Expr],
    order: &[SortExpr],
    measures: usize,
) -> Vec<OutputColumn> {
    if let Output::Window { .. } = output {
        let inputs = (0..table.schema().fields().len()).map(OutputColumn::Input);
        let own = [OutputColumn::Row, OutputColumn::First, OutputColumn::Last];
        return inputs.chain((0..measures).map(OutputColumn::Measure)).chain(own).collect();
    }
    let place = |expr: &Expr| match expr {
        Expr::Column(column) => table.schema().maybe_index_of_column(column),
        _ => None,
    };
    let mut places: Vec<usize> = partition.iter().filter_map(place).collect();
    if let Output::All { .. } = output {
        places.extend(order.iter().filter_map(|sort| place(&sort.expr)));
    }
    let mut seen = vec![];
    places.retain(|place| {
        !seen.contains(place) && {
            seen.push(*place);
            true
        }
    });
    let mut columns: Vec<OutputColumn> = places.iter().copied().map(OutputColumn::Input).collect();
    columns.extend((0..measures).map(OutputColumn::Measure));
    if let Output::All { .. } = output {
        let all: Vec<Column> = table.schema().columns();
        columns.extend((0..all.len()).filter(|at| !places.contains(at)).map(OutputColumn::Input));
    }
    columns
}
