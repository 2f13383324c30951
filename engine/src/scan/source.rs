//! `LakeSource`: the one scan leaf, for every format. It wraps DataFusion's `ParquetSource`, which holds projection, predicate,
//! options and metrics in any case; for Parquet it also does the reading, for row formats [`super::rows`] does.
//!
//! `try_to_proto` stays at its default, so that our codec sees the node (the stock sources would encode themselves and lose
//! compression, framing and SerDe properties).

use std::fmt;
use std::sync::Arc;

use catalog::format::Format;
use catalog::storage::Storage;
use datafusion::arrow::datatypes::Schema;
use datafusion::common::config::ConfigOptions;
use datafusion::common::tree_node::TreeNodeRecursion;
use datafusion::common::{Result, internal_err};
use datafusion::datasource::physical_plan::{FileOpener, FileScanConfig, FileSource, ParquetSource};
use datafusion::datasource::table_schema::TableSchema;
use datafusion::object_store::ObjectStore;
use datafusion::physical_expr::projection::ProjectionExprs;
use datafusion::physical_expr::utils::collect_columns;
use datafusion::physical_expr::{EquivalenceProperties, LexOrdering, PhysicalExpr, PhysicalSortExpr};
use datafusion::physical_plan::filter_pushdown::{FilterPushdownPropagation, PushedDown};
use datafusion::physical_plan::metrics::{ExecutionPlanMetricsSet, MetricBuilder};
use datafusion::physical_plan::{DisplayFormatType, SortOrderPushdownResult};
use datafusion_datasource::morsel::Morselizer;
use datafusion_datasource::projection::{ProjectionOpener, SplitProjection};

use super::morsel::Opens;
use super::parquet::ParquetFiles;
use super::rows::RowsOpener;
use crate::lake_format::Place;
use crate::scanned::BYTES_SCANNED;

/// How the objects of one table are read.
#[derive(Clone)]
pub(crate) struct LakeSource {
    pub(crate) format: Arc<Format>,
    /// The last columns of the table schema are constant per file (partition keys, hidden columns); this many.
    pub(crate) constants: usize,
    pub(crate) storage: Storage,
    /// Where each column of a file is found in it; `None`: by its name.
    pub(crate) places: Option<Arc<[Place]>>,
    /// Projection, predicate, batch size, options and metrics, whatever the format.
    pub(crate) parquet: ParquetSource,
    batch_size: usize,
}

impl LakeSource {
    /// For Parquet, `schema` has the constant columns as partition columns, which DataFusion's reader fills in. For row formats
    /// it has them as file columns, since one bundle of small objects holds files of several partitions.
    pub(crate) fn new(format: Arc<Format>, schema: TableSchema, constants: usize, storage: Storage) -> Self {
        let parquet = ParquetSource::new(schema)
            .with_pushdown_filters(true)
            .with_reorder_filters(true)
            .with_enable_page_index(true)
            .with_bloom_filter_on_read(true);
        Self::with_parquet(format, parquet, constants, storage)
    }

    pub(crate) fn with_parquet(format: Arc<Format>, parquet: ParquetSource, constants: usize, storage: Storage) -> Self {
        Self { format, constants, storage, places: None, parquet, batch_size: 8192 }
    }

    pub(crate) fn with_places(mut self, places: Option<Arc<[Place]>>) -> Self {
        self.places = places;
        self
    }

    pub(crate) fn is_parquet(&self) -> bool {
        matches!(*self.format, Format::Parquet)
    }

    /// The same leaf over another state of the wrapped source.
    fn rewrap(&self, inner: &Arc<dyn FileSource>) -> Result<Arc<dyn FileSource>> {
        match inner.downcast_ref::<ParquetSource>() {
            Some(parquet) => Ok(Arc::new(Self { parquet: parquet.clone(), ..self.clone() })),
            None => internal_err!("a Parquet source became another kind of source"),
        }
    }
}

impl FileSource for LakeSource {
    fn create_file_opener(
        &self,
        _store: Arc<dyn ObjectStore>,
        config: &FileScanConfig,
        partition: usize,
    ) -> Result<Arc<dyn FileOpener>> {
        let schema = self.parquet.table_schema().file_schema();
        let split = match self.parquet.projection() {
            Some(projection) => SplitProjection::new(schema, projection),
            None => SplitProjection::unprojected(self.parquet.table_schema()),
        };
        let batch_size = config.limit.map_or(self.batch_size, |limit| self.batch_size.min(limit.max(1)));
        let scanned = MetricBuilder::new(self.parquet.metrics()).counter(BYTES_SCANNED, partition);
        let opener = RowsOpener::new(self, split.file_indices.clone(), batch_size, scanned)?;
        ProjectionOpener::try_new(split, Arc::new(opener), schema)
    }

    fn create_morselizer(
        &self,
        store: Arc<dyn ObjectStore>,
        config: &FileScanConfig,
        partition: usize,
    ) -> Result<Box<dyn Morselizer>> {
        if self.is_parquet() {
            return Ok(Box::new(ParquetFiles::new(self, store, config, partition)));
        }
        Ok(Box::new(Opens(self.create_file_opener(store, config, partition)?)))
    }

    fn table_schema(&self) -> &TableSchema {
        self.parquet.table_schema()
    }

    fn with_batch_size(&self, batch_size: usize) -> Arc<dyn FileSource> {
        let inner = self.parquet.with_batch_size(batch_size);
        match inner.downcast_ref::<ParquetSource>() {
            Some(parquet) => Arc::new(Self { parquet: parquet.clone(), batch_size, ..self.clone() }),
            None => Arc::new(Self { batch_size, ..self.clone() }),
        }
    }

    fn filter(&self) -> Option<Arc<dyn PhysicalExpr>> {
        self.parquet.filter()
    }

    fn projection(&self) -> Option<&ProjectionExprs> {
        self.parquet.projection()
    }

    fn metrics(&self) -> &ExecutionPlanMetricsSet {
        self.parquet.metrics()
    }

    fn file_type(&self) -> &str {
        self.format.name()
    }

    fn fmt_extra(&self, t: DisplayFormatType, f: &mut fmt::Formatter) -> fmt::Result {
        self.parquet.fmt_extra(t, f)
    }

    fn supports_repartitioning(&self) -> bool {
        // Row formats are cut into bundles for the partitions when the scan is planned.
        self.is_parquet()
    }

    fn try_pushdown_filters(
        &self,
        filters: Vec<Arc<dyn PhysicalExpr>>,
        config: &ConfigOptions,
    ) -> Result<FilterPushdownPropagation<Arc<dyn FileSource>>> {
        if !self.is_parquet() {
            return Ok(FilterPushdownPropagation::with_parent_pushdown_result(vec![PushedDown::No; filters.len()]));
        }
        // The reader forgets a filter that it cannot evaluate over a file's own form of a nested column; such filters are
        // evaluated above the scan as well.
        let nested: Vec<bool> = filters.iter().map(|filter| reads_nested(filter, self.table_schema().table_schema())).collect();
        let mut result = self.parquet.try_pushdown_filters(filters, config)?;
        for (pushed, nested) in result.filters.iter_mut().zip(nested) {
            if nested {
                *pushed = PushedDown::No;
            }
        }
        result.updated_node = result.updated_node.map(|inner| self.rewrap(&inner)).transpose()?;
        Ok(result)
    }

    fn try_pushdown_sort(
        &self,
        order: &[PhysicalSortExpr],
        properties: &EquivalenceProperties,
    ) -> Result<SortOrderPushdownResult<Arc<dyn FileSource>>> {
        if !self.is_parquet() {
            return Ok(SortOrderPushdownResult::Unsupported);
        }
        Ok(match self.parquet.try_pushdown_sort(order, properties)? {
            SortOrderPushdownResult::Exact { inner } => SortOrderPushdownResult::Exact { inner: self.rewrap(&inner)? },
            SortOrderPushdownResult::Inexact { inner } => SortOrderPushdownResult::Inexact { inner: self.rewrap(&inner)? },
            SortOrderPushdownResult::Unsupported => SortOrderPushdownResult::Unsupported,
        })
    }

    fn reorder_files(
        &self,
        files: Vec<datafusion::datasource::listing::PartitionedFile>,
    ) -> Vec<datafusion::datasource::listing::PartitionedFile> {
        self.parquet.reorder_files(files)
    }

    fn repartitioned(
        &self,
        partitions: usize,
        min_size: usize,
        ordering: Option<LexOrdering>,
        config: &FileScanConfig,
    ) -> Result<Option<FileScanConfig>> {
        if !self.is_parquet() {
            return Ok(None);
        }
        self.parquet.repartitioned(partitions, min_size, ordering, config)
    }

    fn try_pushdown_projection(&self, projection: &ProjectionExprs) -> Result<Option<Arc<dyn FileSource>>> {
        self.parquet.try_pushdown_projection(projection)?.map(|inner| self.rewrap(&inner)).transpose()
    }

    fn apply_expressions(
        &self,
        f: &mut dyn FnMut(&Arc<dyn PhysicalExpr>) -> Result<TreeNodeRecursion>,
    ) -> Result<TreeNodeRecursion> {
        self.parquet.apply_expressions(f)
    }
}

fn reads_nested(filter: &Arc<dyn PhysicalExpr>, schema: &Schema) -> bool {
    collect_columns(filter)
        .iter()
        .any(|column| schema.field_with_name(column.name()).is_ok_and(|field| field.data_type().is_nested()))
}
