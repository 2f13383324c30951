//! Subqueries inside of expressions as joins: each adds its answer to the rows of the plan that the expression is over.

use std::sync::Arc;

use catalog::Error;
use datafusion::common::{Column, DataFusionError, Result, ScalarValue};
use datafusion::functions_aggregate::expr_fn::{count, max, min};
use datafusion::logical_expr::expr::{Exists, InSubquery, SetComparison, SetQuantifier};
use datafusion::logical_expr::{AggregateUDF, Expr, JoinType, LogicalPlan, LogicalPlanBuilder, Operator, lit, not, when};

use super::domain::{Domain, Names, outer_columns, same};
use super::push::{fields, join, push};
use super::single::Single;
use crate::coerce::compare;
use crate::error::into_datafusion;

/// A subquery that is to be answered for each row of a plan.
struct Asked {
    /// The rows it is asked for: those of the plan that it is correlated to, or none.
    domain: Option<Domain>,
    /// What the plan calls the domain's columns.
    outer: Vec<Column>,
    /// The subquery's rows, the domain's columns beside its own.
    rows: LogicalPlan,
    /// The subquery's only column.
    value: Column,
    /// Whether it has at most one row for each outer row.
    single: bool,
}

/// Joins the subquery that `expr` is to `input`; gives the plan and what stands for `expr` in it.
///
/// `input` is `asked` with the answers of other subqueries, which no subquery is asked about: a plan that held the plan of each answer
/// in the next one's would grow threefold with each.
pub(super) fn apply(asked: &LogicalPlan, input: LogicalPlan, expr: Expr, names: &Names) -> Result<(LogicalPlan, Expr)> {
    match expr {
        Expr::ScalarSubquery(subquery) => {
            let asked = Asked::of(asked, Arc::unwrap_or_clone(subquery.subquery), names)?;
            asked.scalar(input, names)
        }
        Expr::Exists(Exists { subquery, negated }) => {
            let asked = Asked::of(asked, Arc::unwrap_or_clone(subquery.subquery), names)?;
            let (plan, answer) = asked.exists(input, names)?;
            Ok((plan, if negated { not(answer) } else { answer }))
        }
        Expr::InSubquery(InSubquery { expr, subquery, negated }) => {
            let asked = Asked::of(asked, Arc::unwrap_or_clone(subquery.subquery), names)?;
            let (plan, answer) = asked.contains(input, *expr, names)?;
            Ok((plan, if negated { not(answer) } else { answer }))
        }
        Expr::SetComparison(SetComparison { expr, subquery, op, quantifier }) => {
            let asked = Asked::of(asked, Arc::unwrap_or_clone(subquery.subquery), names)?;
            match (op, quantifier) {
                (Operator::Eq, SetQuantifier::Any) => asked.contains(input, *expr, names),
                (Operator::NotEq, SetQuantifier::All) => {
                    let (plan, answer) = asked.contains(input, *expr, names)?;
                    Ok((plan, not(answer)))
                }
                _ => asked.compared(input, *expr, op, quantifier, names),
            }
        }
        other => Err(internal(&format!("{} is no subquery", other.variant_name()))),
    }
}

impl Asked {
    fn of(input: &LogicalPlan, subquery: LogicalPlan, names: &Names) -> Result<Self> {
        let mut outer = outer_columns(&subquery)?;
        outer.retain(|column| input.schema().has_column(column));
        let Some(value) = fields(subquery.schema()).into_iter().next() else {
            return Err(internal("a subquery has no column"));
        };
        let single = subquery.max_rows() == Some(1);
        let domain = if outer.is_empty() { None } else { Some(Domain::of(input, outer.clone(), true, names)?) };
        let rows = match &domain {
            Some(domain) => push(subquery, domain, names)?,
            None => subquery,
        };
        // A name that no other column can have, also when it becomes a part of an aggregate's name.
        let named = Column::new(Some(names.next()), "value");
        let mut all: Vec<Expr> = domain.as_ref().map(Domain::columns).unwrap_or_default();
        all.push(Expr::Column(value).alias_qualified(named.relation.clone(), named.name.clone()));
        let (rows, value) = (LogicalPlanBuilder::from(rows).project(all)?.build()?, named);
        Ok(Self { domain, outer, rows, value, single })
    }

    fn groups(&self) -> Vec<Expr> {
        self.domain.as_ref().map(Domain::columns).unwrap_or_default()
    }

    /// `input` with the columns of `answers`, which are one row for each outer row or none.
    fn joined(&self, input: LogicalPlan, answers: LogicalPlan, mut conditions: Vec<Expr>) -> Result<LogicalPlan> {
        if let Some(domain) = &self.domain {
            conditions.extend(domain.same(&self.outer));
        }
        join(input, answers, JoinType::Left, conditions)
    }

    /// What `exprs` are over the rows of each outer row, under new names.
    fn aggregated(&self, exprs: Vec<Expr>, names: &Names) -> Result<(LogicalPlan, Vec<Expr>)> {
        let wanted = exprs.len();
        let plan = LogicalPlanBuilder::from(self.rows.clone()).aggregate(self.groups(), exprs)?.build()?;
        let relation = names.next();
        let made = fields(plan.schema());
        let renamed = made[made.len() - wanted..].iter().enumerate();
        let renamed =
            renamed.map(|(at, column)| Expr::Column(column.clone()).alias_qualified(Some(relation.clone()), format!("a{at}")));
        let all: Vec<Expr> = self.groups().into_iter().chain(renamed).collect();
        let answers = (0..wanted).map(|at| Expr::Column(Column::new(Some(relation.clone()), format!("a{at}")))).collect();
        Ok((LogicalPlanBuilder::from(plan).project(all)?.build()?, answers))
    }

    fn scalar(self, input: LogicalPlan, names: &Names) -> Result<(LogicalPlan, Expr)> {
        let value = Expr::Column(self.value.clone());
        let (answers, answer) = if self.single {
            (self.rows.clone(), value)
        } else {
            let single = AggregateUDF::new_from_impl(Single::default()).call(vec![value]);
            first(self.aggregated(vec![single], names)?)?
        };
        Ok((self.joined(input, answers, vec![])?, answer))
    }

    fn exists(self, input: LogicalPlan, names: &Names) -> Result<(LogicalPlan, Expr)> {
        let (answers, rows) = first(self.aggregated(vec![count(lit(1_i64))], names)?)?;
        let plan = self.joined(input, answers, vec![])?;
        let some = when(rows.clone().is_null(), lit(false)).otherwise(rows.gt(lit(0_i64)))?;
        Ok((plan, some))
    }

    /// `expr IN (…)`: false for no rows, true for an equal one, else NULL as soon as a side is NULL.
    fn contains(self, input: LogicalPlan, expr: Expr, names: &Names) -> Result<(LogicalPlan, Expr)> {
        let value = Expr::Column(self.value.clone());
        let (counts, answers) = self.aggregated(vec![count(lit(1_i64)), count(value.clone())], names)?;
        let input = self.joined(input, counts, vec![])?;
        let named = Column::new(Some(names.next()), "value");
        let found = Column::new(named.relation.clone(), "found");
        let mut all = self.groups();
        all.push(value.alias_qualified(named.relation.clone(), named.name.clone()));
        let distinct = LogicalPlanBuilder::from(self.rows.clone()).project(all)?.distinct()?;
        let mut all: Vec<Expr> = self.groups();
        all.push(Expr::Column(named.clone()));
        all.push(lit(true).alias_qualified(found.relation.clone(), found.name.clone()));
        let matches = distinct.project(all)?.build()?;
        // The domain's columns are in the counts already.
        let matches = renamed(matches, self.domain.as_ref(), names)?;
        let mut conditions = vec![expr.clone().eq(Expr::Column(named))];
        conditions.extend(
            self.outer.iter().zip(matches.1).map(|(outer, inner)| same(Expr::Column(outer.clone()), Expr::Column(inner))),
        );
        let plan = join(input, matches.0, JoinType::Left, conditions)?;
        let (rows, values) = (answers[0].clone(), answers[1].clone());
        let unknown = expr.is_null().or(values.lt(rows.clone()));
        let answer = when(Expr::Column(found).is_not_null(), lit(true))
            .when(rows.clone().is_null().or(rows.eq(lit(0_i64))), lit(false))
            .when(unknown, lit(ScalarValue::Boolean(None)))
            .otherwise(lit(false))?;
        Ok((plan, answer))
    }

    /// `expr > ALL (…)` and its kin, which ask for no more than the least and the greatest value.
    fn compared(
        self,
        input: LogicalPlan,
        expr: Expr,
        op: Operator,
        quantifier: SetQuantifier,
        names: &Names,
    ) -> Result<(LogicalPlan, Expr)> {
        let value = Expr::Column(self.value.clone());
        let asked = vec![count(lit(1_i64)), count(value.clone()), min(value.clone()), max(value)];
        let (answers, columns) = self.aggregated(asked, names)?;
        let plan = self.joined(input, answers, vec![])?;
        let [rows, values, least, greatest] =
            <[Expr; 4]>::try_from(columns).map_err(|_| internal("four aggregates are four columns"))?;
        // With operands of one type: DataFusion asks for the comparison's own before it is coerced, and has none for rows that differ.
        let is = |other: &Expr| compare(expr.clone(), op, other.clone(), plan.schema(), plan.schema());
        let all = quantifier == SetQuantifier::All;
        let holds = match op {
            Operator::Lt | Operator::LtEq => is(if all { &least } else { &greatest })?,
            Operator::Gt | Operator::GtEq => is(if all { &greatest } else { &least })?,
            Operator::Eq => is(&least)?.and(is(&greatest)?),
            Operator::NotEq => is(&least)?.or(is(&greatest)?),
            _ => return Err(into_datafusion(Error::not_supported(format!("{op} {quantifier} is not supported")))),
        };
        let none = rows.clone().is_null().or(rows.clone().eq(lit(0_i64)));
        let unknown = holds.clone().is_null().or(values.lt(rows));
        let decided = if all { not(holds) } else { holds };
        let answer =
            when(none, lit(all)).when(decided, lit(!all)).when(unknown, lit(ScalarValue::Boolean(None))).otherwise(lit(all))?;
        Ok((plan, answer))
    }
}

/// The plan with the domain's columns under other names, and those names.
fn renamed(plan: LogicalPlan, domain: Option<&Domain>, names: &Names) -> Result<(LogicalPlan, Vec<Column>)> {
    let Some(domain) = domain else { return Ok((plan, vec![])) };
    let relation = names.next();
    let mut columns = vec![];
    let all = fields(plan.schema()).into_iter().enumerate().map(|(at, column)| {
        if at < domain.len() {
            columns.push(Column::new(Some(relation.clone()), column.name.clone()));
            Expr::Column(column.clone()).alias_qualified(Some(relation.clone()), column.name)
        } else {
            Expr::Column(column)
        }
    });
    let all = all.collect::<Vec<_>>();
    Ok((LogicalPlanBuilder::from(plan).project(all)?.build()?, columns))
}

fn first((plan, columns): (LogicalPlan, Vec<Expr>)) -> Result<(LogicalPlan, Expr)> {
    let column = columns.into_iter().next().ok_or_else(|| internal("an aggregate is a column"))?;
    Ok((plan, column))
}

fn internal(message: &str) -> DataFusionError {
    into_datafusion(Error::internal(message))
}
