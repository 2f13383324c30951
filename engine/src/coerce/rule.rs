//! The analyzer rule: walks a plan from its leaves up, coerces every expression and makes the schemas anew.

use std::sync::Arc;

use arrow::datatypes::DataType;
use catalog::{Error, ErrorKind};
use datafusion::common::config::ConfigOptions;
use datafusion::common::tree_node::{Transformed, TreeNodeRecursion};
use datafusion::common::{DFSchema, DFSchemaRef, Result};
use datafusion::logical_expr::expr_rewriter::NamePreserver;
use datafusion::logical_expr::utils::merge_schema;
use datafusion::logical_expr::{
    Expr, ExprSchemable, Join, Limit, LogicalPlan, Operator, Projection, RecursiveQuery, Union, Values,
};
use datafusion::optimizer::AnalyzerRule;

use super::chars::Meeting;
use super::compare::mismatch;
use super::expr::{retyped, type_of};
use super::{cast, compare, group, keys};
use crate::cast::Strictness;
use crate::error::into_datafusion;
use crate::types::Type;

/// Trino's coercions in place of DataFusion's `TypeCoercion`.
#[derive(Debug)]
pub(crate) struct Coercion;

impl AnalyzerRule for Coercion {
    fn name(&self) -> &str {
        "coercion"
    }

    fn analyze(&self, plan: LogicalPlan, options: &ConfigOptions) -> Result<LogicalPlan> {
        let meeting = Meeting::in_session(options);
        Ok(plan.transform_up_with_subqueries(|plan| coerce(plan, meeting))?.data)
    }
}

fn coerce(plan: LogicalPlan, meeting: Meeting) -> Result<Transformed<LogicalPlan>> {
    let mut schema = merge_schema(&plan.inputs());
    if let LogicalPlan::TableScan(scan) = &plan {
        schema.merge(&DFSchema::try_from_qualified_schema(scan.table_name.clone(), &scan.source.schema())?);
    }
    let preserver = NamePreserver::new(&plan);
    let coerced = plan.map_expressions(|expr| {
        let name = preserver.save(&expr);
        let coerced = super::lambda::walk(expr, &schema, meeting)?;
        Ok(coerced.update_data(|expr| name.restore(expr)))
    })?;
    coerced.map_data(|plan| node(plan, &schema, meeting))?.map_data(LogicalPlan::recompute_schema)
}

/// What a node asks of its expressions and inputs beside.
fn node(plan: LogicalPlan, schema: &DFSchema, meeting: Meeting) -> Result<LogicalPlan> {
    Ok(match plan {
        LogicalPlan::Filter(mut filter) => {
            filter.predicate = boolean(filter.predicate, schema, "WHERE clause")?;
            LogicalPlan::Filter(filter)
        }
        LogicalPlan::Join(join) => LogicalPlan::Join(coerce_join(join, meeting)?),
        LogicalPlan::Union(union) => LogicalPlan::Union(coerce_union(union, meeting)?),
        LogicalPlan::RecursiveQuery(query) => LogicalPlan::RecursiveQuery(coerce_recursive(query)?),
        LogicalPlan::Values(values) => LogicalPlan::Values(coerce_values(values, meeting)?),
        LogicalPlan::Limit(limit) => LogicalPlan::Limit(coerce_limit(limit)?),
        LogicalPlan::Sort(sort) => LogicalPlan::Sort(group::sort(sort, schema)?),
        LogicalPlan::Aggregate(aggregate) => group::aggregate(aggregate)?,
        LogicalPlan::Distinct(distinct) => group::distinct(distinct)?,
        LogicalPlan::Unnest(unnest) => keys::unnest(unnest)?,
        other => other,
    })
}

pub(crate) fn boolean(expr: Expr, schema: &DFSchema, place: &str) -> Result<Expr> {
    match type_of(&expr, schema)? {
        Type::Boolean => Ok(expr),
        Type::Unknown => expr.cast_to(&DataType::Boolean, schema),
        other => Err(mismatch(format!("{place} must evaluate to a boolean: actual type {other}"))),
    }
}

/// The pairs of an equi-join are compared as `=` would; what is not a plain equality then goes to the filter.
fn coerce_join(mut join: Join, meeting: Meeting) -> Result<Join> {
    let (left_schema, right_schema) = (Arc::clone(join.left.schema()), Arc::clone(join.right.schema()));
    let mut pairs = Vec::with_capacity(join.on.len());
    for (left, right) in std::mem::take(&mut join.on) {
        let (left, right) = meeting.pair((left, &left_schema), (right, &right_schema))?;
        match compare(left, Operator::Eq, right, &left_schema, &right_schema)? {
            Expr::BinaryExpr(equality) => pairs.push((*equality.left, *equality.right)),
            other => join.filter = Some(join.filter.take().map_or(other.clone(), |filter| filter.and(other))),
        }
    }
    join.on = pairs;
    let schema = left_schema.join(&right_schema)?;
    join.filter = join.filter.map(|filter| boolean(filter, &schema, "JOIN ON clause")).transpose()?;
    Ok(join)
}

/// The types of columns that all rows or inputs turn into.
fn common_types(count: usize, rows: impl Iterator<Item = Result<Vec<Type>>>, place: &str, meeting: Meeting) -> Result<Vec<Type>> {
    let mut common = vec![Type::Unknown; count];
    for row in rows {
        for (index, (known, r#type)) in common.iter_mut().zip(row?).enumerate() {
            *known = meeting
                .common(known, &r#type)
                .ok_or_else(|| mismatch(format!("column {} in {place} has incompatible types: {known}, {type}", index + 1)))?;
        }
    }
    Ok(common)
}

fn coerce_union(union: Union, meeting: Meeting) -> Result<Union> {
    // A union was made of branches of one width. DataFusion has since looked below it for what ORDER BY names, and found it in some.
    let width = union.inputs.iter().map(|input| input.schema().fields().len()).min().unwrap_or_default();
    if let Some(beyond) = union.inputs.iter().find_map(|input| input.schema().fields().get(width)) {
        let message = format!("column '{}' cannot be resolved", beyond.name());
        return Err(into_datafusion(Error::new(ErrorKind::ColumnNotFound, message)));
    }
    let types_of = |input: &Arc<LogicalPlan>| {
        let fields = input.schema().fields().iter();
        fields.map(|field| Type::of(field.data_type()).map_err(into_datafusion)).collect()
    };
    let common = common_types(union.schema.fields().len(), union.inputs.iter().map(types_of), "UNION query", meeting)?;
    let schema = retype(&union.schema, &common)?;
    let inputs = union.inputs.into_iter().map(|input| projected(input, &common, &schema)).collect::<Result<_>>()?;
    Ok(Union { inputs, schema })
}

/// Both terms have the types that the recursive one was planned to read.
fn coerce_recursive(query: RecursiveQuery) -> Result<RecursiveQuery> {
    let mut read = None;
    query.recursive_term.apply_with_subqueries(|node| {
        if let LogicalPlan::TableScan(scan) = node
            && scan.table_name.table() == query.name
        {
            read = Some(scan.source.schema());
            return Ok(TreeNodeRecursion::Stop);
        }
        Ok(TreeNodeRecursion::Continue)
    })?;
    let Some(read) = read else { return Ok(query) };
    let types = read.fields().iter().map(|field| Type::of(field.data_type()).map_err(into_datafusion));
    let types = types.collect::<Result<Vec<_>>>()?;
    let names = Arc::clone(query.static_term.schema());
    let static_term = projected(query.static_term, &types, &names)?;
    let recursive_term = projected(query.recursive_term, &types, &names)?;
    RecursiveQuery::try_new(query.name, static_term, recursive_term, query.is_distinct)
}

/// `input` with its columns cast and named as the union's are.
fn projected(input: Arc<LogicalPlan>, common: &[Type], schema: &DFSchemaRef) -> Result<Arc<LogicalPlan>> {
    let source = Arc::clone(input.schema());
    let mut exprs = Vec::with_capacity(common.len());
    let mut changed = false;
    for (((qualifier, field), to), output) in source.iter().zip(common).zip(schema.fields()) {
        let from = Type::of(field.data_type()).map_err(into_datafusion)?;
        let column = Expr::from((qualifier, field));
        let same = from.arrow() == to.arrow() && *field.data_type() == to.arrow();
        // DataFusion asks the one input that is left of a union for the union's columns, by their names.
        if same && field.name() == output.name() {
            exprs.push(column);
        } else {
            changed = true;
            let cast = if same { column } else { cast(column, &from, to, Strictness::Strict)? };
            exprs.push(cast.alias(output.name()));
        }
    }
    if !changed {
        return Ok(input);
    }
    Ok(Arc::new(LogicalPlan::Projection(Projection::try_new(exprs, input)?)))
}

fn coerce_values(values: Values, meeting: Meeting) -> Result<Values> {
    let empty = DFSchema::empty();
    let types_of = |row: &Vec<Expr>| row.iter().map(|expr| type_of(expr, &empty)).collect();
    let common = common_types(values.schema.fields().len(), values.values.iter().map(types_of), "VALUES", meeting)?;
    let cast_row = |row: Vec<Expr>| {
        let cells = row.into_iter().zip(&common);
        cells.map(|(expr, to)| cast(expr.clone(), &type_of(&expr, &empty)?, to, Strictness::Strict)).collect()
    };
    let rows = values.values.into_iter().map(cast_row).collect::<Result<_>>()?;
    Ok(Values { schema: retype(&values.schema, &common)?, values: rows })
}

fn retype(schema: &DFSchemaRef, types: &[Type]) -> Result<DFSchemaRef> {
    let fields = schema.iter().zip(types).map(|((qualifier, field), to)| (qualifier.cloned(), retyped(field, to.arrow())));
    Ok(Arc::new(DFSchema::new_with_metadata(fields.collect(), schema.metadata().clone())?))
}

fn coerce_limit(limit: Limit) -> Result<Limit> {
    let empty = DFSchema::empty();
    let bigint = |expr: Option<Box<Expr>>| expr.map(|expr| expr.cast_to(&DataType::Int64, &empty).map(Box::new)).transpose();
    Ok(Limit { skip: bigint(limit.skip)?, fetch: bigint(limit.fetch)?, input: limit.input })
}
