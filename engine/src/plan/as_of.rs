//! `FOR VERSION AS OF` and `FOR TIMESTAMP AS OF`: DataFusion's planner knows nothing of them, so a table that is asked for one of its
//! states gets a name of its own, and under its old one an alias.

use std::collections::HashMap;
use std::ops::ControlFlow;

use catalog::{Error, Result};
use chrono::DateTime;
use datafusion::arrow::array::AsArray;
use datafusion::arrow::datatypes::{DataType, Int64Type};
use datafusion::common::ScalarValue;
use datafusion::physical_plan::collect;
use datafusion::sql::sqlparser::ast::{
    self, CastKind, Expr, Ident, ObjectNamePart, SelectItem, SetExpr, TableAlias, TableFactor, TableVersion, TimezoneInfo,
    VisitMut, VisitorMut,
};

use super::forms::select_of;
use super::scope::Scope;
use super::{Context, Planned, Planner};
use crate::error::from_datafusion;
use crate::lake_format::AsOf;
use crate::query;
use crate::types::Type;

/// Between a table's name and the number of the state that is asked for: no name of a table has it.
const MARK: char = '\0';

/// Takes the states that tables are asked for out of a query. [`split`] finds their numbers in the names.
pub(super) fn taken(query: &mut ast::Query) -> Vec<TableVersion> {
    let mut taker = Taker(vec![]);
    // The visitor never breaks, so that there is no value to look at.
    let _ = VisitMut::visit(query, &mut taker);
    taker.0
}

struct Taker(Vec<TableVersion>);

impl VisitorMut for Taker {
    type Break = ();

    fn pre_visit_table_factor(&mut self, factor: &mut TableFactor) -> ControlFlow<()> {
        let TableFactor::Table { name, alias, version, .. } = factor else { return ControlFlow::Continue(()) };
        let Some(taken) = version.take() else { return ControlFlow::Continue(()) };
        if let Some(ObjectNamePart::Identifier(table)) = name.0.last_mut() {
            alias.get_or_insert_with(|| alias_of(table.clone()));
            table.value = format!("{}{MARK}{}", table.value, self.0.len());
            self.0.push(taken);
        }
        ControlFlow::Continue(())
    }
}

fn alias_of(name: Ident) -> TableAlias {
    TableAlias { explicit: true, name, columns: vec![], at: None }
}

/// A table's name and the number of the state that is asked for.
pub(super) fn split(name: &str) -> (&str, Option<usize>) {
    match name.split_once(MARK) {
        Some((name, number)) => (name, number.parse().ok()),
        None => (name, None),
    }
}

impl Planner<'_> {
    /// What the constant expression of a version or a time is.
    ///
    /// Errors: `InvalidInput` for a version that is neither a whole number nor a text, and those of computing it.
    pub(super) async fn as_of(&self, version: TableVersion, within: &ast::Query, scope: &Scope) -> Result<AsOf> {
        match version {
            TableVersion::TimestampAsOf(expr) => {
                let zoned = ast::DataType::Timestamp(Some(3), TimezoneInfo::WithTimeZone);
                let (kind, expr) = (CastKind::Cast, Box::new(expr));
                let expr = Expr::Cast { kind, expr, data_type: zoned, array: false, format: None };
                let value = self.constant(expr, within, scope).await?;
                instant(&value).ok_or_else(|| Error::invalid("FOR TIMESTAMP AS OF: the time is NULL"))
            }
            TableVersion::VersionAsOf(expr) => match self.constant(expr, within, scope).await? {
                value if value.data_type().is_integer() && !value.is_null() => {
                    let value = value.cast_to(&DataType::Int64).map_err(from_datafusion)?;
                    match value {
                        ScalarValue::Int64(Some(version)) => Ok(AsOf::Version(version)),
                        _ => Err(Error::invalid("FOR VERSION AS OF: the version is out of range")),
                    }
                }
                value => match value.try_as_str().flatten() {
                    Some(name) => Ok(AsOf::Name(name.to_string())),
                    None => Err(Error::invalid("FOR VERSION AS OF: expected a bigint or varchar that is not NULL")),
                },
            },
            other => Err(Error::not_supported(format!("{other} is not supported"))),
        }
    }

    /// The value of an expression over no table.
    async fn constant(&self, expr: Expr, within: &ast::Query, scope: &Scope) -> Result<ScalarValue> {
        let mut query = within.clone();
        query.with = None;
        query.order_by = None;
        query.limit_clause = None;
        query.fetch = None;
        query.body = Box::new(SetExpr::Select(Box::new(select_of(vec![SelectItem::UnnamedExpr(expr)]))));
        let context = Context::new((self.state, self.library), scope, HashMap::new());
        let logical = self.with_tables(query, &context)?;
        let options = self.state.config_options();
        let logical = self.state.analyzer().execute_and_check(logical, options, |_, _| {}).map_err(from_datafusion)?;
        let plan = query::physical(self.state, &Planned { logical, columns: vec![] }).await?;
        let batches = collect(plan, self.state.task_ctx()).await.map_err(from_datafusion)?;
        let row = batches.iter().find(|batch| batch.num_rows() == 1 && batch.num_columns() == 1);
        let row = row.ok_or_else(|| Error::invalid("AS OF: expected one value"))?;
        ScalarValue::try_from_array(row.column(0), 0).map_err(from_datafusion)
    }
}

/// The instant in a `timestamp(3) with time zone`.
fn instant(value: &ScalarValue) -> Option<AsOf> {
    let ScalarValue::Struct(zoned) = value else { return None };
    if value.is_null() || !matches!(Type::of(&value.data_type()), Ok(Type::TimestampTz(_))) {
        return None;
    }
    let micros = zoned.column(0).as_primitive_opt::<Int64Type>()?.value(0);
    DateTime::from_timestamp_micros(micros).map(AsOf::Time)
}
