//! `UNNEST(array | map, …) [WITH ORDINALITY]`: the arrays side by side, shorter ones filled with NULLs; a map is two columns, an
//! array of rows one column for each field ("SELECT: UNNEST"). Where the alias has a name for each array instead, rows stay
//! whole, as Athena's guide has it ("Flatten nested arrays"); Trino would refuse such an alias.

use std::ops::ControlFlow;

use catalog::{Error, ErrorKind};
use datafusion::arrow::datatypes::{DataType, Field};
use datafusion::common::{Column, DFSchema, NullHandling, Result, TableReference, UnnestOptions};
use datafusion::logical_expr::planner::{PlannedRelation, RelationPlannerContext, RelationPlanning};
use datafusion::logical_expr::{Expr, ExprSchemable, LogicalPlanBuilder};
use datafusion::sql::sqlparser::ast::{self, Spanned, TableAlias, visit_expressions_mut};

use super::functions::{member, ordinals};
use crate::error::into_datafusion;
use crate::plan::call;
use crate::types::{self, Type};

pub(super) fn plan(
    values: Vec<ast::Expr>,
    with_ordinality: bool,
    alias: Option<TableAlias>,
    context: &mut dyn RelationPlannerContext,
) -> Result<RelationPlanning> {
    let place = values.first().map(|value| value.span().start);
    let schema = DFSchema::empty();
    let mut lists: Vec<Expr> = vec![];
    let mut items: Vec<Field> = vec![];
    for value in values {
        let value = planned(value, &schema, context)?;
        for list in self::lists(value, &schema, context)? {
            let Some(item) = item(&list.get_type(&schema)?) else { return Err(not_a_collection(&list.get_type(&schema)?)) };
            items.push(item);
            lists.push(list);
        }
    }
    if with_ordinality {
        let ordinals = ordinals(lists.clone());
        items.push(Field::new("", DataType::Int64, true));
        lists.push(ordinals);
    }
    let columns: Vec<Column> = (0..lists.len()).map(|at| Column::from_name(format!("l{at}"))).collect();
    let named = lists.into_iter().zip(&columns).map(|(list, column)| list.alias(&column.name));
    let rows = LogicalPlanBuilder::empty(true).project(named.collect::<Vec<_>>())?;
    let options = UnnestOptions { null_handling: NullHandling::Drop, ..UnnestOptions::default() };
    let rows = rows.unnest_columns_with_options(columns.clone(), options)?;
    let names: Vec<Option<Vec<String>>> = items.iter().map(|item| row_fields(item.data_type())).collect();
    let width: usize = names.iter().map(|names| names.as_ref().map_or(1, Vec::len)).sum();
    let given = alias.as_ref().map_or(0, |alias| alias.columns.len());
    let whole = given != width && given == columns.len();
    let mut fields: Vec<(Expr, String)> = vec![];
    for (column, names) in columns.into_iter().zip(names) {
        match names.filter(|_| !whole) {
            Some(names) => {
                let member = |(at, name): (usize, String)| (member(Expr::Column(column.clone()), at), name);
                fields.extend(names.into_iter().enumerate().map(member));
            }
            None => fields.push((Expr::Column(column), String::new())),
        }
    }
    let plan = rows.project(named_once(fields))?;
    // Without a name of its own a relation gets one that nobody writes, so that two of them do not have the same columns.
    let plan = match (&alias, place) {
        (None, Some(place)) => plan.alias(TableReference::bare(format!("$unnest_{}_{}", place.line, place.column)))?.build()?,
        _ => plan.build()?,
    };
    Ok(RelationPlanning::Planned(Box::new(PlannedRelation::new(plan, alias))))
}

/// Plans a value. DataFusion knows columns of relations before, and not their fields: where a name of several parts is no column,
/// its last part is a field, or its last two.
fn planned(value: ast::Expr, schema: &DFSchema, context: &mut dyn RelationPlannerContext) -> Result<Expr> {
    let first = match context.sql_to_expr(value.clone(), schema) {
        Err(error) => error,
        planned => return planned,
    };
    for fields in 1..=2 {
        let mut value = value.clone();
        // The visitor never breaks, so that there is no value to look at.
        let _: ControlFlow<()> = visit_expressions_mut(&mut value, |expr| {
            if let ast::Expr::CompoundIdentifier(path) = expr
                && path.len() > fields
            {
                let names = path.split_off(path.len() - fields);
                let root = if path.len() == 1 { ast::Expr::Identifier(path.remove(0)) } else { expr.clone() };
                *expr = names.into_iter().fold(root, |row, name| call("$dereference", vec![row, text(name.value)]));
            }
            ControlFlow::Continue(())
        });
        if let Ok(planned) = context.sql_to_expr(value, schema) {
            return Ok(planned);
        }
    }
    Err(first)
}

fn text(text: String) -> ast::Expr {
    ast::Expr::Value(ast::Value::SingleQuotedString(text).with_empty_span())
}

/// The arrays that a value is unnested as.
fn lists(value: Expr, schema: &DFSchema, context: &dyn RelationPlannerContext) -> Result<Vec<Expr>> {
    let r#type = value.get_type(schema)?;
    if !matches!(r#type, DataType::Map(..)) {
        return Ok(vec![value]);
    }
    let part = |name: &str| {
        let function = context.context_provider().get_function_meta(name);
        let function = function.ok_or_else(|| into_datafusion(Error::internal(format!("the function {name} is not there"))))?;
        Ok::<_, datafusion::common::DataFusionError>(function.call(vec![value.clone()]))
    };
    Ok(vec![part("map_keys")?, part("map_values")?])
}

fn item(list: &DataType) -> Option<Field> {
    match list {
        DataType::List(item)
        | DataType::LargeList(item)
        | DataType::ListView(item)
        | DataType::LargeListView(item)
        | DataType::FixedSizeList(item, _) => Some(item.as_ref().clone()),
        _ => None,
    }
}

fn not_a_collection(r#type: &DataType) -> datafusion::common::DataFusionError {
    let name = types::name(r#type).unwrap_or_else(|_| r#type.to_string());
    into_datafusion(Error::new(ErrorKind::TypeMismatch, format!("cannot unnest type: {name}")))
}

/// The names of a row's fields; none for all other types.
fn row_fields(r#type: &DataType) -> Option<Vec<String>> {
    match Type::of(r#type) {
        Ok(Type::Row(fields)) => Some(fields.into_iter().map(|(name, _)| name.unwrap_or_default()).collect()),
        _ => None,
    }
}

/// The columns by their names where those tell them apart, by their places otherwise.
fn named_once(fields: Vec<(Expr, String)>) -> Vec<Expr> {
    let mut names: Vec<String> = vec![];
    for (at, (_, name)) in fields.iter().enumerate() {
        let taken = name.is_empty() || names.contains(name);
        names.push(if taken { format!("_col{at}") } else { name.clone() });
    }
    fields.into_iter().zip(names).map(|((expr, _), name)| expr.alias(name)).collect()
}
