//! A subquery over all outer rows at once: a domain of outer values is pushed down through its operators until the outer columns
//! are columns of its own input ("Unnesting Arbitrary Queries", Neumann and Kemper, 2015). What each operator did for one outer row
//! it then does for every row of the domain: aggregates group by it, windows and limits are partitioned by it, joins of two such
//! sides are joins on it.

use std::sync::Arc;

use catalog::Error;
use datafusion::arrow::datatypes::DataType;
use datafusion::common::tree_node::{Transformed, TreeNode};
use datafusion::common::{Column, DFSchemaRef, DataFusionError, NullEquality, Result};
use datafusion::functions_window::expr_fn::row_number;
use datafusion::logical_expr::logical_plan::{
    Aggregate, Distinct, FetchType, Filter, Join, Limit, Projection, SkipType, Sort, Window,
};
use datafusion::logical_expr::utils::conjunction;
use datafusion::logical_expr::{Expr, ExprFunctionExt, ExprSchemable, JoinType, LogicalPlan, LogicalPlanBuilder, SortExpr, lit};

use super::domain::{Domain, Names, same};
use crate::error::into_datafusion;

/// `plan` for each row of `domain`: its columns as they are called, and the domain's beside them.
pub(super) fn push(plan: LogicalPlan, domain: &Domain, names: &Names) -> Result<LogicalPlan> {
    if let LogicalPlan::EmptyRelation(empty) = &plan
        && empty.produce_one_row
        && empty.schema.fields().is_empty()
    {
        return Ok(domain.plan.clone());
    }
    if !domain.is_used_by(&plan)? {
        return LogicalPlanBuilder::from(domain.plan.clone()).cross_join(plan)?.build();
    }
    let schema = Arc::clone(plan.schema());
    match plan {
        LogicalPlan::Subquery(subquery) => push(Arc::unwrap_or_clone(subquery.subquery), domain, names),
        LogicalPlan::Projection(Projection { expr, input, .. }) => {
            let input = push(Arc::unwrap_or_clone(input), domain, names)?;
            let named = expr.into_iter().zip(fields(&schema)).map(|(expr, field)| called(domain.inner(expr)?, field));
            let exprs = named.collect::<Result<Vec<_>>>()?;
            project(input, exprs, domain)
        }
        LogicalPlan::Filter(Filter { predicate, input, .. }) => {
            let input = push(Arc::unwrap_or_clone(input), domain, names)?;
            LogicalPlanBuilder::from(input).filter(domain.inner(predicate)?)?.build()
        }
        LogicalPlan::SubqueryAlias(alias) => {
            let inside = fields(alias.input.schema());
            let input = push(Arc::unwrap_or_clone(alias.input), domain, names)?;
            let renamed = inside.into_iter().zip(fields(&schema)).map(|(from, to)| called(Expr::Column(from), to));
            project(input, renamed.collect::<Result<Vec<_>>>()?, domain)
        }
        LogicalPlan::Aggregate(aggregate) => push_aggregate(aggregate, domain, names),
        LogicalPlan::Distinct(Distinct::All(input)) => {
            LogicalPlanBuilder::from(push(Arc::unwrap_or_clone(input), domain, names)?).distinct()?.build()
        }
        // Without a limit the order of a subquery's rows means nothing.
        LogicalPlan::Sort(Sort { input, fetch: None, .. }) => push(Arc::unwrap_or_clone(input), domain, names),
        LogicalPlan::Limit(limit) => push_limit(limit, domain, names),
        LogicalPlan::Window(window) => push_window(window, domain, names),
        LogicalPlan::Join(join) => push_join(join, domain, names),
        LogicalPlan::Union(union) => {
            let pushed = union.inputs.into_iter().map(|input| {
                let columns = fields(input.schema()).into_iter().map(Expr::Column).collect();
                project(push(Arc::unwrap_or_clone(input), domain, names)?, columns, domain)
            });
            union_of(pushed.collect::<Result<Vec<_>>>()?, &schema, domain)
        }
        LogicalPlan::Values(values) => {
            let one = |row: Vec<Expr>| {
                let named = row.into_iter().zip(fields(&schema)).map(|(expr, field)| called(domain.inner(expr)?, field));
                project(domain.plan.clone(), named.collect::<Result<Vec<_>>>()?, domain)
            };
            union_of(values.values.into_iter().map(one).collect::<Result<Vec<_>>>()?, &schema, domain)
        }
        LogicalPlan::Unnest(unnest) => {
            let input = push(Arc::unwrap_or_clone(unnest.input), domain, names)?;
            LogicalPlanBuilder::from(input).unnest_columns_with_options(unnest.exec_columns, unnest.options)?.build()
        }
        _ => Err(unsupported()),
    }
}

/// Trino's words for what cannot be said without its outer query.
pub(super) fn unsupported() -> DataFusionError {
    into_datafusion(Error::not_supported("given correlated subquery is not supported"))
}

/// A global aggregate has a row even where the subquery has none, so its input keeps a row for each of the domain, which no
/// aggregate counts.
fn push_aggregate(aggregate: Aggregate, domain: &Domain, names: &Names) -> Result<LogicalPlan> {
    let Aggregate { input, group_expr, aggr_expr, schema, .. } = aggregate;
    if group_expr.iter().any(|expr| matches!(expr, Expr::GroupingSet(_))) {
        return Err(unsupported());
    }
    let mut aggregates = aggr_expr.into_iter().map(|expr| domain.inner(expr)).collect::<Result<Vec<_>>>()?;
    let input = if group_expr.is_empty() {
        let inside = domain.copy(names)?;
        let found = Column::new(Some(names.next()), "found");
        let rows = push(Arc::unwrap_or_clone(input), &inside, names)?;
        let mut marked: Vec<Expr> = fields(rows.schema()).into_iter().map(Expr::Column).collect();
        marked.push(lit(true).alias_qualified(found.relation.clone(), "found"));
        let rows = LogicalPlanBuilder::from(rows).project(marked)?.build()?;
        let joined = join(domain.plan.clone(), rows, JoinType::Left, domain.same(&columns(&inside)))?;
        aggregates = aggregates.into_iter().map(|expr| only_where(expr, &found)).collect::<Result<Vec<_>>>()?;
        joined
    } else {
        push(Arc::unwrap_or_clone(input), domain, names)?
    };
    let mut groups = group_expr.into_iter().map(|expr| domain.inner(expr)).collect::<Result<Vec<_>>>()?;
    let (grouped, aggregated) = (groups.len(), aggregates.len());
    groups.extend(domain.columns());
    let plan = LogicalPlanBuilder::from(input).aggregate(groups, aggregates)?.build()?;
    let made = fields(plan.schema());
    let (groups, aggregates) = (&made[..grouped], &made[made.len() - aggregated..]);
    let named = groups.iter().chain(aggregates).cloned().map(Expr::Column).zip(fields(&schema));
    project(plan, named.map(|(expr, field)| called(expr, field)).collect::<Result<Vec<_>>>()?, domain)
}

/// The aggregate over the rows that have a value in `found`.
fn only_where(expr: Expr, found: &Column) -> Result<Expr> {
    let filtered = expr.transform(|expr| match expr {
        Expr::AggregateFunction(mut call) => {
            let is_found = Expr::Column(found.clone()).is_not_null();
            let filter = match call.params.filter.take() {
                Some(filter) => is_found.and(*filter),
                None => is_found,
            };
            call.params.filter = Some(Box::new(filter));
            Ok(Transformed::yes(Expr::AggregateFunction(call)))
        }
        other => Ok(Transformed::no(other)),
    })?;
    Ok(filtered.data)
}

fn push_window(window: Window, domain: &Domain, names: &Names) -> Result<LogicalPlan> {
    let Window { input, window_expr, schema } = window;
    let kept: Vec<Expr> = fields(input.schema()).into_iter().map(Expr::Column).collect();
    let input = push(Arc::unwrap_or_clone(input), domain, names)?;
    let partitioned = window_expr.into_iter().map(|expr| partitioned(domain.inner(expr)?, domain));
    let plan = LogicalPlanBuilder::from(input).window(partitioned.collect::<Result<Vec<_>>>()?)?.build()?;
    let (made, wanted) = (fields(plan.schema()), fields(&schema));
    let windows = wanted.len() - kept.len();
    let made = made[made.len() - windows..].iter().cloned().map(Expr::Column);
    let named = kept.into_iter().chain(made).zip(wanted).map(|(expr, field)| called(expr, field));
    project(plan, named.collect::<Result<Vec<_>>>()?, domain)
}

fn partitioned(expr: Expr, domain: &Domain) -> Result<Expr> {
    let partitioned = expr.transform(|expr| match expr {
        Expr::WindowFunction(mut call) => {
            call.params.partition_by.extend(domain.columns());
            Ok(Transformed::yes(Expr::WindowFunction(call)))
        }
        other => Ok(Transformed::no(other)),
    })?;
    Ok(partitioned.data)
}

fn push_limit(limit: Limit, domain: &Domain, names: &Names) -> Result<LogicalPlan> {
    let (SkipType::Literal(skip), FetchType::Literal(fetch)) = (limit.get_skip_type()?, limit.get_fetch_type()?) else {
        return Err(unsupported());
    };
    let wanted: Vec<Expr> = fields(limit.input.schema()).into_iter().map(Expr::Column).collect();
    let (input, order) = match Arc::unwrap_or_clone(limit.input) {
        LogicalPlan::Sort(Sort { expr, input, fetch: None }) => (Arc::unwrap_or_clone(input), expr),
        other => (other, vec![]),
    };
    let sort = |sort: SortExpr| Ok(SortExpr { expr: domain.inner(sort.expr)?, ..sort });
    let order = order.into_iter().map(sort).collect::<Result<Vec<_>>>()?;
    let rows = push(input, domain, names)?;
    let number = row_number().partition_by(domain.columns()).order_by(order).build()?;
    let plan = LogicalPlanBuilder::from(rows).window(vec![number])?.build()?;
    let Some(number) = fields(plan.schema()).pop().map(Expr::Column) else { return Err(unsupported()) };
    // DataFusion counts without a sign, which no type of Trino's does.
    let number = number.cast_to(&DataType::Int64, plan.schema())?;
    let count = |rows: usize| lit(i64::try_from(rows).unwrap_or(i64::MAX));
    let mut within = vec![number.clone().gt(count(skip))];
    if let Some(fetch) = fetch {
        within.push(number.lt_eq(count(skip.saturating_add(fetch))));
    }
    let plan = LogicalPlanBuilder::from(plan).filter(conjunction(within).unwrap_or_else(|| lit(true)))?.build()?;
    project(plan, wanted, domain)
}

fn push_join(original: Join, domain: &Domain, names: &Names) -> Result<LogicalPlan> {
    let Join { left, right, on, filter, join_type, null_equality, .. } = original;
    let (mut left, mut right) = (Arc::unwrap_or_clone(left), Arc::unwrap_or_clone(right));
    let mut conditions: Vec<Expr> = vec![];
    for (one, other) in on {
        let (one, other) = (domain.inner(one)?, domain.inner(other)?);
        let equal = if null_equality == NullEquality::NullEqualsNull { same(one, other) } else { one.eq(other) };
        conditions.push(equal);
    }
    conditions.extend(filter.map(|filter| domain.inner(filter)).transpose()?);
    let (on_left, on_right) = (domain.is_used_by(&left)?, domain.is_used_by(&right)?);
    // The side whose rows are kept where nothing matches has to have them for each row of the domain.
    let (keep_left, keep_right) = match join_type {
        JoinType::Inner => (on_left || !on_right, on_right),
        JoinType::Left | JoinType::LeftSemi | JoinType::LeftAnti => (true, on_right),
        JoinType::Right => (on_left, true),
        JoinType::Full => (true, true),
        _ => return Err(unsupported()),
    };
    let mut wanted: Vec<Expr> = fields(left.schema()).into_iter().map(Expr::Column).collect();
    if !matches!(join_type, JoinType::LeftSemi | JoinType::LeftAnti) {
        wanted.extend(fields(right.schema()).into_iter().map(Expr::Column));
    }
    match (keep_left, keep_right) {
        (true, true) => {
            let copy = domain.copy(names)?;
            let (one, other) = if join_type == JoinType::Right { (&copy, domain) } else { (domain, &copy) };
            (left, right) = (push(left, one, names)?, push(right, other, names)?);
            conditions.extend(domain.same(&columns(&copy)));
            if join_type == JoinType::Full {
                return Err(unsupported());
            }
        }
        (true, false) => left = push(left, domain, names)?,
        (false, _) => right = push(right, domain, names)?,
    }
    project(join(left, right, join_type, conditions)?, wanted, domain)
}

/// The columns of a schema, as expressions name them.
pub(super) fn fields(schema: &DFSchemaRef) -> Vec<Column> {
    schema.columns()
}

fn columns(domain: &Domain) -> Vec<Column> {
    (0..domain.len()).map(|at| domain.column(at)).collect()
}

/// The expression under the name that the plan above knows it by.
pub(super) fn called(expr: Expr, name: Column) -> Result<Expr> {
    match &expr {
        Expr::Column(column) if *column == name => Ok(expr),
        _ => Ok(expr.unalias().alias_qualified(name.relation, name.name)),
    }
}

pub(super) fn join(left: LogicalPlan, right: LogicalPlan, r#type: JoinType, mut conditions: Vec<Expr>) -> Result<LogicalPlan> {
    if conditions.is_empty() {
        conditions.push(lit(true));
    }
    LogicalPlanBuilder::from(left).join_on(right, r#type, conditions)?.build()
}

/// These expressions and the columns of the domain.
fn project(input: LogicalPlan, mut exprs: Vec<Expr>, domain: &Domain) -> Result<LogicalPlan> {
    exprs.extend(domain.columns());
    Ok(LogicalPlan::Projection(Projection::try_new(exprs, Arc::new(input))?))
}

/// All rows of plans that have the columns of `schema`, then the domain's. A union names its columns after its first input.
fn union_of(plans: Vec<LogicalPlan>, schema: &DFSchemaRef, domain: &Domain) -> Result<LogicalPlan> {
    let mut plans = plans.into_iter();
    let Some(first) = plans.next() else { return Err(unsupported()) };
    let all = plans.try_fold(LogicalPlanBuilder::from(first), |all, plan| all.union(plan))?.build()?;
    let names = fields(schema).into_iter().chain(columns(domain));
    let named = fields(all.schema()).into_iter().zip(names).map(|(from, to)| called(Expr::Column(from), to));
    Ok(LogicalPlan::Projection(Projection::try_new(named.collect::<Result<Vec<_>>>()?, Arc::new(all))?))
}
