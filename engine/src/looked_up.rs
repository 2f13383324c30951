//! A table whose rows are looked up in the catalog, or in the server, while the query runs, page by page, and only as far as the
//! query's filters ask for them: what `information_schema` and the catalog `system` are made of.

use std::fmt;
use std::sync::Arc;

use arrow::array::RecordBatch;
use arrow::datatypes::SchemaRef;
use async_trait::async_trait;
use datafusion::catalog::{Session, TableProvider};
use datafusion::error::{DataFusionError, Result};
use datafusion::execution::{SendableRecordBatchStream, TaskContext};
use datafusion::logical_expr::{Expr, TableProviderFilterPushDown, TableType};
use datafusion::physical_plan::ExecutionPlan;
use datafusion::physical_plan::stream::RecordBatchStreamAdapter;
use datafusion::physical_plan::streaming::{PartitionStream, StreamingTableExec};
use futures::TryStreamExt as _;
use futures::stream::BoxStream;
use tokio::runtime::Handle;

use crate::compute;
use crate::deadline::Deadline;
use crate::information_schema::Wanted;

/// The rows that a query asks for, and perhaps more.
pub(crate) type Pages = BoxStream<'static, catalog::Result<RecordBatch>>;
type LookUp = Arc<dyn Fn(Wanted) -> Pages + Send + Sync>;

/// A table with the columns of `schema`; `look_up` makes batches of that schema. `name` is what plans show.
pub(crate) fn table(
    name: String,
    schema: SchemaRef,
    look_up: impl Fn(Wanted) -> Pages + Send + Sync + 'static,
) -> Arc<dyn TableProvider> {
    Arc::new(LookedUp { name, schema, look_up: Arc::new(look_up) })
}

struct LookedUp {
    name: String,
    schema: SchemaRef,
    look_up: LookUp,
}

impl fmt::Debug for LookedUp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name)
    }
}

#[async_trait]
impl TableProvider for LookedUp {
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
            name: self.name.clone(),
            schema: Arc::clone(&self.schema),
            look_up: Arc::clone(&self.look_up),
            wanted: Wanted::by(filters),
            runtime: Handle::current(),
        };
        let schema = Arc::clone(&self.schema);
        Ok(Arc::new(StreamingTableExec::try_new(schema, vec![Arc::new(rows)], projection, [], false, limit)?))
    }
}

struct Rows {
    name: String,
    schema: SchemaRef,
    look_up: LookUp,
    wanted: Wanted,
    /// Where the query was planned: the catalog is asked there and not on the threads that compute.
    runtime: Handle,
}

impl fmt::Debug for Rows {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {:?}", self.name, self.wanted)
    }
}

impl PartitionStream for Rows {
    fn schema(&self) -> &SchemaRef {
        &self.schema
    }

    fn execute(&self, _context: Arc<TaskContext>) -> SendableRecordBatchStream {
        let batches = compute::on(&self.runtime, Deadline::after(None), (self.look_up)(self.wanted.clone()))
            .map_err(|error| DataFusionError::External(Box::new(error)));
        Box::pin(RecordBatchStreamAdapter::new(Arc::clone(&self.schema), batches))
    }
}
