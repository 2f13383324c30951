//! `UNNEST(array | map, …) [WITH ORDINALITY]`: the arrays side by side, shorter ones filled with NULLs; a map is two columns, an
//! array of rows one column for each field ("SELECT: UNNEST").

use catalog::{Error, ErrorKind};
use datafusion::arrow::datatypes::{DataType, Field};
use datafusion::common::{Column, DFSchema, NullHandling, Result, TableReference, UnnestOptions};
use datafusion::logical_expr::planner::{PlannedRelation, RelationPlannerContext, RelationPlanning};
use datafusion::logical_expr::{Expr, ExprSchemable, LogicalPlanBuilder};
use datafusion::sql::sqlparser::ast::{self, Spanned, TableAlias};

use super::functions::{member, ordinals};
use crate::error::into_datafusion;
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
        let value = context.sql_to_expr(value, &schema)?;
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
    let mut fields: Vec<(Expr, String)> = vec![];
    for (column, item) in columns.into_iter().zip(items) {
        match row_fields(item.data_type()) {
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
