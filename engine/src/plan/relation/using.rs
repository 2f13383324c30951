//! `JOIN … USING (k)`: the columns come first and have no table any more; in a full join they are what either side has.

use catalog::{Error, ErrorKind};
use datafusion::common::{Column, DataFusionError, Result};
use datafusion::logical_expr::planner::{PlannedRelation, RelationPlannerContext, RelationPlanning};
use datafusion::logical_expr::{Expr, ExprSchemable, JoinType, LogicalPlan, LogicalPlanBuilder};
use datafusion::sql::sqlparser::ast::{Ident, JoinConstraint, JoinOperator, TableFactor, TableWithJoins};

use crate::error::into_datafusion;

/// Plans brackets around two relations that are joined so; all else is left to others.
pub(super) fn plan(relation: TableFactor, context: &mut dyn RelationPlannerContext) -> Result<RelationPlanning> {
    let TableFactor::NestedJoin { table_with_joins, alias } = relation else {
        return Ok(RelationPlanning::Original(Box::new(relation)));
    };
    let planned = match table_with_joins.joins.as_slice() {
        [join] if !is_lateral(&join.relation) => using(&join.join_operator),
        _ => None,
    };
    let Some((r#type, names)) = planned else {
        return Ok(RelationPlanning::Original(Box::new(TableFactor::NestedJoin { table_with_joins, alias })));
    };
    let TableWithJoins { relation, joins } = *table_with_joins;
    let left = context.plan(relation)?;
    let Some(join) = joins.into_iter().next() else { return Err(into_datafusion(Error::internal("a join has two sides"))) };
    let right = context.plan(join.relation)?;
    let names: Vec<String> = names.into_iter().map(|name| context.normalize_ident(name)).collect();
    let plan = joined(left, right, r#type, &names, context)?;
    Ok(RelationPlanning::Planned(Box::new(PlannedRelation::new(plan, alias))))
}

fn is_lateral(relation: &TableFactor) -> bool {
    matches!(relation, TableFactor::Derived { lateral: true, .. } | TableFactor::UNNEST { .. })
}

/// The kind of a join with USING, and the names.
pub(crate) fn using(operator: &JoinOperator) -> Option<(JoinType, Vec<Ident>)> {
    let (r#type, constraint) = match operator {
        JoinOperator::Join(constraint) | JoinOperator::Inner(constraint) => (JoinType::Inner, constraint),
        JoinOperator::Left(constraint) | JoinOperator::LeftOuter(constraint) => (JoinType::Left, constraint),
        JoinOperator::Right(constraint) | JoinOperator::RightOuter(constraint) => (JoinType::Right, constraint),
        JoinOperator::FullOuter(constraint) => (JoinType::Full, constraint),
        _ => return None,
    };
    let JoinConstraint::Using(names) = constraint else { return None };
    let ident = |name: &datafusion::sql::sqlparser::ast::ObjectName| match name.0.as_slice() {
        [part] => part.as_ident().cloned(),
        _ => None,
    };
    Some((r#type, names.iter().map(ident).collect::<Option<Vec<_>>>()?))
}

fn joined(
    left: LogicalPlan,
    right: LogicalPlan,
    r#type: JoinType,
    names: &[String],
    context: &dyn RelationPlannerContext,
) -> Result<LogicalPlan> {
    let (mut conditions, mut keys, mut columns) = (vec![], vec![], vec![]);
    for (at, name) in names.iter().enumerate() {
        if names[..at].contains(name) {
            return Err(invalid(ErrorKind::InvalidInput, format!("column '{name}' appears multiple times in USING clause")));
        }
        let (one, other) = (column(&left, name, "left")?, column(&right, name, "right")?);
        let (one_expr, other_expr) = (Expr::Column(one.clone()), Expr::Column(other.clone()));
        conditions.push(one_expr.clone().eq(other_expr.clone()));
        let same = one_expr.get_type(left.schema())? == other_expr.get_type(right.schema())?;
        let key = match r#type {
            JoinType::Inner | JoinType::Left if same => one_expr,
            JoinType::Right if same => other_expr,
            _ => {
                let coalesce = context.context_provider().get_function_meta("coalesce");
                let coalesce = coalesce.ok_or_else(|| into_datafusion(Error::internal("the function coalesce is not there")))?;
                coalesce.call(vec![one_expr, other_expr])
            }
        };
        columns.push(key.alias(name));
        keys.extend([one, other]);
    }
    let all = left.schema().columns().into_iter().chain(right.schema().columns());
    columns.extend(all.filter(|column| !keys.contains(column)).map(Expr::Column));
    LogicalPlanBuilder::from(left).join_on(right, r#type, conditions)?.project(columns)?.build()
}

fn column(plan: &LogicalPlan, name: &str, side: &str) -> Result<Column> {
    let mut found = plan.schema().columns().into_iter().filter(|column| column.name == name);
    match (found.next(), found.next()) {
        (Some(column), None) => Ok(column),
        (Some(_), Some(_)) => Err(invalid(ErrorKind::InvalidInput, format!("column '{name}' is ambiguous"))),
        _ => Err(invalid(ErrorKind::ColumnNotFound, format!("column '{name}' is missing from {side} side of join"))),
    }
}

fn invalid(kind: ErrorKind, message: String) -> DataFusionError {
    into_datafusion(Error::new(kind, message))
}
