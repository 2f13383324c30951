//! Relations in FROM that DataFusion's planner does not make as Trino does.

mod functions;
mod sample;
mod unnest;
mod using;

use std::sync::Arc;

use catalog::{Error, ErrorKind};
use datafusion::common::Result;
use datafusion::logical_expr::ScalarUDF;
use datafusion::logical_expr::planner::{RelationPlanner, RelationPlannerContext, RelationPlanning};
use datafusion::sql::sqlparser::ast::{Expr, Spanned, TableFactor};

use super::lower::placed;
use crate::error::into_datafusion;
use crate::pattern;
pub(crate) use functions::{MEMBER, field_at};
pub(crate) use using::using;

/// `UNNEST`, `TABLESAMPLE`, `JOIN … USING` in brackets and `MATCH_RECOGNIZE`.
#[derive(Debug)]
pub(crate) struct Relations;

impl RelationPlanner for Relations {
    fn plan_relation(&self, relation: TableFactor, context: &mut dyn RelationPlannerContext) -> Result<RelationPlanning> {
        match relation {
            TableFactor::UNNEST { alias, array_exprs, with_offset: false, with_ordinality, .. } => {
                unnest::plan(array_exprs, with_ordinality, alias, context)
            }
            TableFactor::Table { sample: Some(_), .. } | TableFactor::Derived { sample: Some(_), .. } => {
                sample::plan(relation, context)
            }
            TableFactor::NestedJoin { .. } => using::plan(relation, context),
            TableFactor::MatchRecognize { .. } => pattern::plan(relation, context),
            TableFactor::TableFunction { expr: Expr::Function(function), .. } => {
                let message = format!("table function '{}' not registered", function.name);
                let error = Error::new(ErrorKind::FunctionNotFound, message);
                Err(into_datafusion(placed(error, function.name.span().start)))
            }
            other => Ok(RelationPlanning::Original(Box::new(other))),
        }
    }
}

/// The functions that such plans call, by name also where a plan was sent to.
pub(crate) fn functions() -> impl Iterator<Item = Arc<ScalarUDF>> {
    functions::all().into_iter().chain([pattern::function()])
}
