//! The values that a correlated subquery is evaluated for: one row for each, its columns under names that nothing else has.

use std::cell::Cell;

use datafusion::common::tree_node::{Transformed, TreeNode, TreeNodeRecursion};
use datafusion::common::{Column, Result, TableReference};
use datafusion::logical_expr::{Expr, LogicalPlan, LogicalPlanBuilder, Operator, binary_expr};

/// Relation names that are unique in one plan. No user can write them: a name with `$` is found nowhere.
#[derive(Debug, Default)]
pub(super) struct Names(Cell<usize>);

impl Names {
    pub(super) fn next(&self) -> TableReference {
        self.0.set(self.0.get() + 1);
        TableReference::bare(format!("$outer_{}", self.0.get()))
    }
}

/// A relation of outer values.
#[derive(Debug)]
pub(super) struct Domain {
    /// Its columns are [`Self::column`], in the order of `outer`.
    pub(super) plan: LogicalPlan,
    name: TableReference,
    /// What the subquery calls the columns.
    outer: Vec<Column>,
}

impl Domain {
    /// The values that the columns `outer` have in `input`, each once when `distinct`.
    pub(super) fn of(input: &LogicalPlan, outer: Vec<Column>, distinct: bool, names: &Names) -> Result<Self> {
        let name = names.next();
        let renamed = outer
            .iter()
            .enumerate()
            .map(|(at, column)| Expr::Column(column.clone()).alias_qualified(Some(name.clone()), short(at)));
        let plan = LogicalPlanBuilder::from(input.clone()).project(renamed.collect::<Vec<_>>())?;
        let plan = if distinct { plan.distinct()? } else { plan };
        Ok(Self { plan: plan.build()?, name, outer })
    }

    /// The same values once more, for the other side of a join.
    pub(super) fn copy(&self, names: &Names) -> Result<Self> {
        let columns = (0..self.outer.len()).map(|at| self.column(at)).collect();
        Ok(Self { outer: self.outer.clone(), ..Self::of(&self.plan, columns, false, names)? })
    }

    pub(super) fn len(&self) -> usize {
        self.outer.len()
    }

    pub(super) fn column(&self, at: usize) -> Column {
        Column::new(Some(self.name.clone()), short(at))
    }

    pub(super) fn columns(&self) -> Vec<Expr> {
        (0..self.len()).map(|at| Expr::Column(self.column(at))).collect()
    }

    /// The conditions under which rows of this and of `other`, which has the same columns, are of one outer row.
    pub(super) fn same(&self, other: &[Column]) -> Vec<Expr> {
        self.columns().into_iter().zip(other).map(|(one, other)| same(one, Expr::Column(other.clone()))).collect()
    }

    /// The expression over this relation's columns instead of outer ones.
    pub(super) fn inner(&self, expr: Expr) -> Result<Expr> {
        let replaced = expr.transform(|expr| match &expr {
            Expr::OuterReferenceColumn(_, column) => match self.outer.iter().position(|outer| outer == column) {
                Some(at) => Ok(Transformed::yes(Expr::Column(self.column(at)))),
                None => Ok(Transformed::no(expr)),
            },
            _ => Ok(Transformed::no(expr)),
        })?;
        Ok(replaced.data)
    }

    /// Whether `plan` uses one of the outer columns.
    pub(super) fn is_used_by(&self, plan: &LogicalPlan) -> Result<bool> {
        Ok(outer_columns(plan)?.iter().any(|column| self.outer.contains(column)))
    }
}

fn short(at: usize) -> String {
    format!("c{at}")
}

/// Equality to which NULL is a value.
pub(super) fn same(left: Expr, right: Expr) -> Expr {
    binary_expr(left, Operator::IsNotDistinctFrom, right)
}

/// The outer columns that `plan` refers to, in its expressions and in the subqueries inside of them, each once.
pub(super) fn outer_columns(plan: &LogicalPlan) -> Result<Vec<Column>> {
    let mut found: Vec<Column> = vec![];
    plan.apply_with_subqueries(|plan| {
        plan.apply_expressions(|expr| {
            expr.apply(|expr| {
                if let Expr::OuterReferenceColumn(_, column) = expr
                    && !found.contains(column)
                {
                    found.push(column.clone());
                }
                Ok(TreeNodeRecursion::Continue)
            })
        })
    })?;
    Ok(found)
}
