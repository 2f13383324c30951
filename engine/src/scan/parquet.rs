//! Parquet files, opened one by one by DataFusion's reader, so that each has an adapter of its own ([`super::adapter`]) and
//! each error names its file.

use std::fmt;
use std::sync::Arc;

use datafusion::arrow::array::RecordBatch;
use datafusion::common::{DataFusionError, Result};
use datafusion::datasource::listing::PartitionedFile;
use datafusion::datasource::physical_plan::{FileScanConfig, FileSource, ParquetSource};
use datafusion::object_store::ObjectStore;
use datafusion_datasource::morsel::{Morsel, MorselPlan, MorselPlanner, Morselizer};
use futures::stream::BoxStream;
use futures::{FutureExt, StreamExt};

use super::adapter::{FirstUnfit, ToFile};
use crate::error::{from_datafusion, into_datafusion};

/// Opens the files of one partition of a scan.
pub(super) struct ParquetFiles {
    source: ParquetSource,
    store: Arc<dyn ObjectStore>,
    /// Without its files: it is cloned for each of them.
    config: FileScanConfig,
    partition: usize,
}

impl ParquetFiles {
    pub(super) fn new(source: &ParquetSource, store: Arc<dyn ObjectStore>, config: &FileScanConfig, partition: usize) -> Self {
        let mut config = config.clone();
        config.file_groups.clear();
        Self { source: source.clone(), store, config, partition }
    }
}

impl fmt::Debug for ParquetFiles {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ParquetFiles")
    }
}

impl Morselizer for ParquetFiles {
    fn plan_file(&self, file: PartitionedFile) -> Result<Box<dyn MorselPlanner>> {
        let unfit = FirstUnfit::default();
        let name = format!("{}/{}", self.config.object_store_url.as_str().trim_end_matches('/'), file.object_meta.location);
        let named = Named { name: name.into(), unfit: Arc::clone(&unfit) };
        let mut config = self.config.clone();
        config.expr_adapter_factory = Some(Arc::new(ToFile { unfit }));
        let opened = self.source.create_morselizer(Arc::clone(&self.store), &config, self.partition);
        let planner = opened.and_then(|morselizer| morselizer.plan_file(file)).map_err(|error| named.error(error))?;
        Ok(Box::new(Planner(planner, named)))
    }
}

/// The file that an error is about.
#[derive(Debug, Clone)]
struct Named {
    name: Arc<str>,
    unfit: FirstUnfit,
}

impl Named {
    fn error(&self, error: DataFusionError) -> DataFusionError {
        let error = self.unfit.get().map_or_else(|| from_datafusion(error), catalog::Error::duplicate);
        if error.message().starts_with(self.name.as_ref()) {
            return into_datafusion(error);
        }
        into_datafusion(error.within(&self.name))
    }
}

#[derive(Debug)]
struct Planner(Box<dyn MorselPlanner>, Named);

impl MorselPlanner for Planner {
    fn plan(self: Box<Self>) -> Result<Option<MorselPlan>> {
        let Self(inner, named) = *self;
        let Some(mut plan) = inner.plan().map_err(|error| named.error(error))? else { return Ok(None) };
        let morsels = plan.take_morsels().into_iter().map(|morsel| Box::new(Rows(morsel, named.clone())) as Box<dyn Morsel>);
        let planners = plan
            .take_ready_planners()
            .into_iter()
            .map(|planner| Box::new(Self(planner, named.clone())) as Box<dyn MorselPlanner>);
        let mut wrapped = MorselPlan::new().with_morsels(morsels.collect()).with_planners(planners.collect());
        if let Some(pending) = plan.take_pending_planner() {
            wrapped.set_pending_planner(pending.into_future().map(move |planner| match planner {
                Ok(planner) => Ok(Box::new(Self(planner, named)) as Box<dyn MorselPlanner>),
                Err(error) => Err(named.error(error)),
            }));
        }
        Ok(Some(wrapped))
    }
}

#[derive(Debug)]
struct Rows(Box<dyn Morsel>, Named);

impl Morsel for Rows {
    fn into_stream(self: Box<Self>) -> BoxStream<'static, Result<RecordBatch>> {
        let Self(inner, named) = *self;
        inner.into_stream().map(move |batch| batch.map_err(|error| named.error(error))).boxed()
    }
}
