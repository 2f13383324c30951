//! Trino's catalog `system`: what clients ask it for. `metadata` and `jdbc` tell of the catalog that has the data, `runtime` of the
//! server and its queries ("System connector"). Like `information_schema`, rows are read from the catalog while the query runs, and only
//! for the schemas and tables that the query's filters name.

mod cell;
mod definition;
mod jdbc;
mod rows;
mod runtime;
#[cfg(test)]
mod tests;

use std::fmt;
use std::sync::Arc;

use arrow::datatypes::SchemaRef;
use async_trait::async_trait;
use catalog::Catalog;
use datafusion::catalog::{Session, TableProvider};
use datafusion::error::{DataFusionError, Result};
use datafusion::execution::{SendableRecordBatchStream, TaskContext};
use datafusion::logical_expr::{Expr, TableProviderFilterPushDown, TableType};
use datafusion::physical_plan::ExecutionPlan;
use datafusion::physical_plan::stream::RecordBatchStreamAdapter;
use datafusion::physical_plan::streaming::{PartitionStream, StreamingTableExec};
use futures::TryStreamExt as _;
use tokio::runtime::Handle;

use crate::compute;
use crate::deadline::Deadline;
use crate::information_schema::Wanted;
use definition::{Definition, TABLES};
pub use runtime::Seen;

/// The catalog's name.
pub(crate) const CATALOG: &str = "system";

/// Its schemas, in order.
pub(crate) const SCHEMAS: [&str; 4] = ["information_schema", "jdbc", "metadata", "runtime"];

/// The table of a schema that is called `name`, if there is one. `seen` are the queries that may be shown.
pub(crate) fn table(catalog: &Arc<dyn Catalog>, seen: Option<&Seen>, schema: &str, name: &str) -> Option<Arc<dyn TableProvider>> {
    let definition = definition(schema, name)?;
    let schema = definition.schema();
    Some(Arc::new(Table { definition, schema, catalog: Arc::clone(catalog), seen: seen.cloned() }))
}

fn definition(schema: &str, name: &str) -> Option<&'static Definition> {
    TABLES.iter().find(|table| table.place == schema && table.name == name)
}

/// The names of a schema's tables, in order.
pub(crate) fn tables(schema: &str) -> Vec<&'static str> {
    let mut names: Vec<_> = TABLES.iter().filter(|table| table.place == schema).map(|table| table.name).collect();
    names.sort_unstable();
    names
}

/// Names and types of a table's columns.
pub(crate) fn columns(schema: &str, name: &str) -> Option<Vec<(&'static str, String)>> {
    Some(definition(schema, name)?.columns.iter().map(|(name, kind)| (*name, kind.r#type().to_string())).collect())
}

#[derive(Debug)]
struct Table {
    definition: &'static Definition,
    schema: SchemaRef,
    catalog: Arc<dyn Catalog>,
    seen: Option<Seen>,
}

#[async_trait]
impl TableProvider for Table {
    fn schema(&self) -> SchemaRef {
        Arc::clone(&self.schema)
    }

    fn table_type(&self) -> TableType {
        TableType::View
    }

    /// The filters choose what is looked up; the query still applies them to the rows.
    fn supports_filters_pushdown(&self, filters: &[&Expr]) -> Result<Vec<TableProviderFilterPushDown>> {
        Ok(vec![TableProviderFilterPushDown::Inexact; filters.len()])
    }

    async fn scan(
        &self,
        _state: &dyn Session,
        projection: Option<&Vec<usize>>,
        filters: &[Expr],
        limit: Option<usize>,
    ) -> Result<Arc<dyn ExecutionPlan>> {
        let rows = Rows {
            definition: self.definition,
            schema: Arc::clone(&self.schema),
            catalog: Arc::clone(&self.catalog),
            seen: self.seen.clone(),
            wanted: Wanted::by(filters),
            runtime: Handle::current(),
        };
        let schema = Arc::clone(&self.schema);
        Ok(Arc::new(StreamingTableExec::try_new(schema, vec![Arc::new(rows)], projection, [], false, limit)?))
    }
}

struct Rows {
    definition: &'static Definition,
    schema: SchemaRef,
    catalog: Arc<dyn Catalog>,
    seen: Option<Seen>,
    wanted: Wanted,
    /// Where the query was planned: the catalog is asked there and not on the threads that compute.
    runtime: Handle,
}

impl fmt::Debug for Rows {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{CATALOG}.{}.{} {:?}", self.definition.place, self.definition.name, self.wanted)
    }
}

impl PartitionStream for Rows {
    fn schema(&self) -> &SchemaRef {
        &self.schema
    }

    fn execute(&self, _context: Arc<TaskContext>) -> SendableRecordBatchStream {
        let pages = rows::stream(self.definition.rows, Arc::clone(&self.catalog), self.seen.clone(), self.wanted.clone());
        let (definition, schema) = (self.definition, Arc::clone(&self.schema));
        let batches = pages.and_then(move |page| std::future::ready(cell::batch(definition, &schema, &page)));
        let batches = compute::on(&self.runtime, Deadline::after(None), batches)
            .map_err(|error| DataFusionError::External(Box::new(error)));
        Box::pin(RecordBatchStreamAdapter::new(Arc::clone(&self.schema), batches))
    }
}
