//! `information_schema.schemata`, `tables`, `columns` and `views`: the catalog as tables, with the columns that Trino gives them.
//!
//! Rows are read from the catalog while the query runs, page by page, and only for the databases and tables that the query's
//! filters name: `WHERE table_schema = 'd' AND table_name = 't'` is one look-up, however many tables there are. Other than
//! in Trino the schema does not list itself. `comment` and `extra_info` of `columns` are there where a query names them, as in Trino.

mod filter;
mod rows;

use std::fmt;
use std::sync::Arc;

use arrow::datatypes::{DataType, Field, Schema, SchemaRef};
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
pub(crate) use filter::Wanted;
pub(crate) use rows::{columns as columns_of, databases, tables};

/// The database's name.
pub const NAME: &str = "information_schema";

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Schemata,
    Tables,
    Columns,
    Views,
    /// `columns` with what Trino hides: comments, and which columns are partition keys.
    ColumnsInFull,
}

/// The columns that are hidden until a query names them.
pub(crate) const HIDDEN: [&str; 2] = ["comment", "extra_info"];

/// The names of the tables, in order.
pub(crate) const TABLES: [&str; 4] = ["columns", "schemata", "tables", "views"];

/// Names and types of a table's columns.
pub(crate) fn own_columns(name: &str) -> Option<Vec<(String, String)>> {
    let fields = kind(name, false)?.schema();
    let r#type = |field: &Arc<Field>| crate::types::name(field.data_type()).unwrap_or_default();
    Some(fields.fields().iter().map(|field| (field.name().clone(), r#type(field))).collect())
}

fn kind(name: &str, hidden: bool) -> Option<Kind> {
    Some(match name {
        "schemata" => Kind::Schemata,
        "tables" => Kind::Tables,
        "columns" if hidden => Kind::ColumnsInFull,
        "columns" => Kind::Columns,
        "views" => Kind::Views,
        _ => return None,
    })
}

/// The table of `information_schema` that is called `name`, if there is one; `hidden`: with its hidden columns.
pub(crate) fn table(catalog: &Arc<dyn Catalog>, name: &str, hidden: bool) -> Option<Arc<dyn TableProvider>> {
    let kind = kind(name, hidden)?;
    Some(Arc::new(Table { kind, schema: kind.schema(), catalog: Arc::clone(catalog) }))
}

impl Kind {
    fn schema(self) -> SchemaRef {
        let text: &[&str] = match self {
            Self::Schemata => &["catalog_name", "schema_name"],
            Self::Tables => &["table_catalog", "table_schema", "table_name", "table_type"],
            Self::Views => &["table_catalog", "table_schema", "table_name", "view_definition"],
            Self::Columns | Self::ColumnsInFull => {
                let text = |name| Field::new(name, DataType::Utf8View, true);
                let names = ["table_catalog", "table_schema", "table_name", "column_name"].map(text);
                let position = Field::new("ordinal_position", DataType::Int64, true);
                let rest = ["column_default", "is_nullable", "data_type"].map(text);
                let hidden = HIDDEN.map(text).into_iter().filter(|_| self == Self::ColumnsInFull);
                return Arc::new(Schema::new(names.into_iter().chain([position]).chain(rest).chain(hidden).collect::<Vec<_>>()));
            }
        };
        Arc::new(Schema::new(text.iter().map(|name| Field::new(*name, DataType::Utf8View, true)).collect::<Vec<_>>()))
    }
}

#[derive(Debug)]
struct Table {
    kind: Kind,
    schema: SchemaRef,
    catalog: Arc<dyn Catalog>,
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
            kind: self.kind,
            schema: Arc::clone(&self.schema),
            catalog: Arc::clone(&self.catalog),
            wanted: Wanted::by(filters),
            runtime: Handle::current(),
        };
        let schema = Arc::clone(&self.schema);
        Ok(Arc::new(StreamingTableExec::try_new(schema, vec![Arc::new(rows)], projection, [], false, limit)?))
    }
}

struct Rows {
    kind: Kind,
    schema: SchemaRef,
    catalog: Arc<dyn Catalog>,
    wanted: Wanted,
    /// Where the query was planned: the catalog is asked there and not on the threads that compute.
    runtime: Handle,
}

impl fmt::Debug for Rows {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{NAME}.{:?} {:?}", self.kind, self.wanted)
    }
}

impl PartitionStream for Rows {
    fn schema(&self) -> &SchemaRef {
        &self.schema
    }

    fn execute(&self, _context: Arc<TaskContext>) -> SendableRecordBatchStream {
        let batches = rows::stream(self.kind, Arc::clone(&self.schema), Arc::clone(&self.catalog), self.wanted.clone());
        let batches = compute::on(&self.runtime, Deadline::after(None), batches)
            .map_err(|error| DataFusionError::External(Box::new(error)));
        Box::pin(RecordBatchStreamAdapter::new(Arc::clone(&self.schema), batches))
    }
}

#[cfg(test)]
mod tests;
