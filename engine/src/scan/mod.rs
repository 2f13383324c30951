//! `LakeTable`: the one table provider. A table is a schema, partition keys and files; the table formats differ only in how
//! they produce the [`snapshot`] of a query, and one leaf, [`source::LakeSource`], reads them all.

mod adapter;
mod codec;
mod columns;
mod estimate;
pub(crate) mod fit;
mod hidden;
mod leaf;
mod length;
mod morsel;
mod parquet;
pub(crate) mod prune;
mod relabel;
mod rows;
pub(crate) mod snapshot;
mod source;
mod unlike;

use std::collections::HashSet;
use std::sync::Arc;

use async_trait::async_trait;
use catalog::format::Format;
use catalog::projection::Projection;
use catalog::storage::Location;
use catalog::table::{NULL_PARTITION, Partition, Table};
use catalog::{Error, PartitionFilter, Result};
use datafusion::arrow::array::{AsArray, RecordBatch, new_null_array};
use datafusion::arrow::compute::filter_record_batch;
use datafusion::arrow::datatypes::{DataType, Field, FieldRef, Schema, SchemaRef};
use datafusion::catalog::memory::MemorySourceConfig;
use datafusion::catalog::{Session, TableProvider};
use datafusion::common::{DFSchema, ScalarValue, Statistics, stats::Precision};
use datafusion::datasource::TableType;
use datafusion::logical_expr::utils::conjunction;
use datafusion::logical_expr::{Expr, TableProviderFilterPushDown};
use datafusion::physical_plan::ExecutionPlan;
use datafusion::physical_plan::empty::EmptyExec;
use datafusion::physical_plan::union::UnionExec;
use futures::stream::{self, BoxStream};
use futures::{StreamExt, TryStreamExt};

pub use codec::LakeCodec;
pub(crate) use codec::encode_scalar as encoded;
pub(crate) use columns::fields;
use columns::{Columns, Seen};
pub(crate) use hidden::Hidden;
pub(crate) use leaf::read;
use leaf::{Leaf, alike};
use rows::BundledFile;
use snapshot::{Exclusions, Folder, Lake, LakeFile};

use crate::error::into_datafusion;
use crate::lake_format::{AsOf, Files, Pruning, Snapshot};

/// Projected partitions are tested against the filters this many at a time.
const PROJECTED_AT_ONCE: usize = 1024;

/// One table as one query sees it.
#[derive(Debug)]
pub(crate) struct LakeTable {
    lake: Arc<Lake>,
    table: Table,
    format: Arc<Format>,
    root: Location,
    exclusions: Exclusions,
    /// Where partitions are computed, and not read from the catalog.
    projection: Option<Projection>,
    columns: Columns,
    /// What a query has of the columns, where it cannot mean all.
    seen: Option<Seen>,
    hidden: Vec<Hidden>,
    /// Files given instead of listed: `SELECT … FROM 's3://…/*.json'`.
    fixed: Option<Vec<LakeFile>>,
    /// What the log says, of a table that has one.
    logged: Option<Arc<Snapshot>>,
    /// Whether the query has other tables, too: joins ask for sizes.
    joined: bool,
}

impl LakeTable {
    /// The partition keys.
    pub(crate) fn keys(&self) -> &[FieldRef] {
        &self.columns.keys
    }

    /// Whether partitions are computed, and not read from the catalog.
    pub(crate) fn is_projected(&self) -> bool {
        self.projection.is_some()
    }

    /// The table as a query sees it; of a table format `as_of` the state that is asked for.
    ///
    /// Errors: as [`Self::new`], and those of the format's log. `NotSupported` where a table without a log is asked for a state.
    pub(crate) async fn open(lake: Arc<Lake>, table: Table, hidden: Vec<Hidden>, as_of: Option<&AsOf>) -> Result<Self> {
        let named = format!("table '{}.{}'", table.database_name, table.name);
        let opened = async {
            let (root, format) = Self::described(&table)?;
            match format {
                Format::Table(kind) => {
                    let logged = lake.pinned(kind, &table, &root, as_of).await?;
                    Ok(Self::build(lake, table, root, Format::Parquet, Columns::logged(&logged, &hidden), hidden)?.over(logged))
                }
                _ if as_of.is_some() => Err(Error::not_supported(format!(
                    "it has no versions to go back to: its format is {}, and only delta and iceberg keep them",
                    format.name()
                ))),
                format => Self::listed(lake, table, root, format, hidden),
            }
        };
        opened.await.map_err(|error| error.within(named))
    }

    /// Whether a log says what the table's files are.
    pub(crate) fn is_logged(&self) -> bool {
        self.logged.is_some()
    }

    /// Checks that a table whose files are listed can be read and builds its schema.
    ///
    /// Errors: `NotSupported` naming the format, SerDe or property; `InvalidInput` for a type or location that cannot be.
    pub(crate) fn new(lake: Arc<Lake>, table: Table, hidden: Vec<Hidden>) -> Result<Self> {
        let named = format!("table '{}.{}'", table.database_name, table.name);
        let built = Self::described(&table).and_then(|(root, format)| Self::listed(lake, table, root, format, hidden));
        built.map_err(|error| error.within(named))
    }

    /// Where the table is and what it is.
    fn described(table: &Table) -> Result<(Location, Format)> {
        let descriptor = table.storage_descriptor.as_ref().ok_or_else(|| Error::invalid("it has no storage descriptor"))?;
        let location = descriptor.location.as_deref().ok_or_else(|| Error::invalid("it has no location"))?;
        Ok((Location::parse(location)?, Format::of(table, descriptor)?))
    }

    fn listed(lake: Arc<Lake>, table: Table, root: Location, format: Format, hidden: Vec<Hidden>) -> Result<Self> {
        refuse_unreadable(&format, &table)?;
        let columns = Columns::listed(&table, &hidden)?;
        Self::build(lake, table, root, format, columns, hidden)
    }

    fn build(
        lake: Arc<Lake>,
        table: Table,
        root: Location,
        format: Format,
        columns: Columns,
        hidden: Vec<Hidden>,
    ) -> Result<Self> {
        Ok(Self {
            lake,
            exclusions: snapshot::exclusions(&root, table.parameters.as_ref())?,
            projection: Projection::of(&table, chrono::Utc::now().naive_utc())?,
            root,
            format: Arc::new(format),
            columns,
            seen: None,
            hidden,
            fixed: None,
            logged: None,
            joined: false,
            table,
        })
    }

    /// The table in a query that may join it.
    pub(crate) fn joined(self, joined: bool) -> Self {
        Self { joined, ..self }
    }

    /// The table in a query that can mean these of its columns alone.
    pub(crate) fn seen(self, meant: impl Fn(&str) -> bool) -> Self {
        Self { seen: Some(Seen::of(&self.columns.schema, meant)), ..self }
    }

    fn over(mut self, logged: Arc<Snapshot>) -> Self {
        self.logged = Some(logged);
        self
    }

    /// The same table over files that were named in the statement.
    pub(crate) fn with_files(mut self, files: Vec<LakeFile>) -> Self {
        self.fixed = Some(files);
        self
    }

    /// The data objects of partitions that are in no catalog; of the root where the table has no keys.
    pub(crate) async fn files_of(&self, partitions: &[Partition]) -> Result<Vec<LakeFile>> {
        let folders = if self.columns.keys.is_empty() {
            vec![self.root_folder()]
        } else {
            partitions.iter().map(|partition| self.folder(partition)).collect::<Result<_>>()?
        };
        self.lake.files(&self.root, folders, &self.exclusions).await
    }

    fn root_folder(&self) -> Folder {
        let (location, format) = (self.root.clone(), Arc::clone(&self.format));
        Folder { location, keys: Arc::from([]), format, exclusions: None }
    }

    fn key_names(&self) -> HashSet<&str> {
        self.columns.keys.iter().map(|key| key.name().as_str()).collect()
    }

    fn constant_names(&self) -> HashSet<&str> {
        self.columns.keys.iter().map(|key| key.name().as_str()).chain(self.hidden.iter().map(|h| h.name())).collect()
    }

    /// The files that `filters` leave, and rows that are in none.
    async fn snapshot(
        &self,
        state: &dyn Session,
        filters: &[Expr],
    ) -> datafusion::common::Result<(Vec<BundledFile>, Vec<RecordBatch>)> {
        let key_names = self.key_names();
        let (files, rows) = match (&self.fixed, &self.logged) {
            (Some(files), _) => (files.clone(), vec![]),
            (None, Some(logged)) => {
                let pruning = Pruning::new(state, filters, Arc::new(Schema::new(logged.columns.clone())));
                let Files { files, rows } = logged.files(&self.lake.storage, &pruning).await.map_err(into_datafusion)?;
                (files, rows)
            }
            (None, None) => {
                let on_keys: Vec<Expr> = filters.iter().filter(|f| prune::reads_only(f, &key_names)).cloned().collect();
                let folders = self.folders(state, filters, &on_keys).await?;
                (self.lake.files(&self.root, folders, &self.exclusions).await.map_err(into_datafusion)?, vec![])
            }
        };
        // Partitions of the catalog were tested by their keys already; a filter without columns takes all files or none.
        let listed = self.logged.is_none() && self.fixed.is_none();
        let tested = |f: &Expr| listed && f.any_column_refs() && prune::reads_only(f, &key_names);
        let all = self.constant_names();
        let on_files: Vec<Expr> = filters.iter().filter(|f| prune::reads_only(f, &all) && !tested(f)).cloned().collect();
        let files: Vec<BundledFile> = files.into_iter().map(|file| self.with_constants(file)).collect();
        if on_files.is_empty() {
            return Ok((files, rows));
        }
        let values: Vec<&[ScalarValue]> = files.iter().map(|file| file.constants.as_slice()).collect();
        let keep = prune::keep(state, &self.columns.constants(), &on_files, &values)?;
        Ok((files.into_iter().zip(keep).filter_map(|(file, keep)| keep.then_some(file)).collect(), rows))
    }

    /// The rows that are in no file, as one more leaf.
    fn kept(
        &self,
        rows: &[RecordBatch],
        state: &dyn Session,
        projection: Option<&Vec<usize>>,
        filters: &[Expr],
    ) -> datafusion::common::Result<Arc<dyn ExecutionPlan>> {
        let schema = &self.columns.schema;
        let names = self.constant_names();
        // What the leaf over files takes upon itself by choosing files.
        let exact: Vec<Expr> = filters.iter().filter(|f| prune::reads_only(f, &names)).cloned().map(prune::unqualified).collect();
        let filter = conjunction(exact)
            .map(|filter| state.create_physical_expr(filter, &DFSchema::try_from(schema.as_ref().clone())?))
            .transpose()?;
        let batches = rows.iter().map(|batch| {
            let hidden = schema.fields()[batch.num_columns()..].iter();
            let columns = batch.columns().iter().cloned().chain(hidden.map(|f| new_null_array(f.data_type(), batch.num_rows())));
            let batch = RecordBatch::try_new(Arc::clone(schema), columns.collect())?;
            match &filter {
                None => Ok(batch),
                Some(filter) => {
                    let passed = filter.evaluate(&batch)?.into_array(batch.num_rows())?;
                    Ok(filter_record_batch(&batch, passed.as_boolean())?)
                }
            }
        });
        let batches = batches.collect::<datafusion::common::Result<Vec<_>>>()?;
        Ok(MemorySourceConfig::try_new_exec(&[batches], Arc::clone(schema), projection.cloned())?)
    }

    /// The partitions that the filters leave; the table itself where it has no partition keys.
    async fn folders(&self, state: &dyn Session, filters: &[Expr], on_keys: &[Expr]) -> datafusion::common::Result<Vec<Folder>> {
        if self.columns.keys.is_empty() {
            return Ok(vec![self.root_folder()]);
        }
        let schema = Arc::new(Schema::new(self.columns.keys.clone()));
        let filter = prune::catalog_filter(filters, &self.key_names());
        let mut pages = std::pin::pin!(self.partitions(filter).map_err(into_datafusion)?);
        let mut folders = vec![];
        while let Some(page) = pages.try_next().await.map_err(into_datafusion)? {
            let page = page.iter().map(|p| self.folder(p)).collect::<Result<Vec<_>>>().map_err(into_datafusion)?;
            let rows: Vec<&[ScalarValue]> = page.iter().map(|folder| folder.keys.as_ref()).collect();
            let keep = prune::keep(state, &schema, on_keys, &rows)?;
            folders.extend(page.into_iter().zip(keep).filter_map(|(folder, keep)| keep.then_some(folder)));
        }
        Ok(folders)
    }

    /// The partitions that `filter` leaves, page by page: the catalog's, or the projected ones.
    fn partitions(&self, filter: Option<PartitionFilter>) -> Result<BoxStream<'_, Result<Vec<Partition>>>> {
        match &self.projection {
            None => Ok(self.lake.partitions(&self.table, filter).boxed()),
            Some(projection) => {
                let partitions = projection.partitions(&self.table, filter.as_ref())?;
                Ok(stream::iter(partitions).try_chunks(PROJECTED_AT_ONCE).map_err(|error| error.1).boxed())
            }
        }
    }

    fn folder(&self, partition: &Partition) -> Result<Folder> {
        let named = || partition.values.join("/");
        if partition.values.len() != self.columns.keys.len() {
            return Err(Error::bad_data(format!(
                "partition '{}' has {} values and the table has {} partition keys",
                named(),
                partition.values.len(),
                self.columns.keys.len()
            )));
        }
        let keys = self
            .columns
            .keys
            .iter()
            .zip(&partition.values)
            .map(|(key, text)| key_value(key, text))
            .collect::<Result<Vec<_>>>()?;
        let descriptor = partition.storage_descriptor.as_ref();
        let location = match descriptor.and_then(|descriptor| descriptor.location.as_deref()) {
            Some(location) => Location::parse(location)?.folder(),
            None => return Err(Error::bad_data(format!("partition '{}' has no location", named()))),
        };
        let exclusions = snapshot::exclusions(&location, partition.parameters.as_ref())?;
        Ok(Folder { location, keys: keys.into(), format: self.format_of(partition)?, exclusions })
    }

    /// A partition is read as its own descriptor says; mostly that is what the table's says.
    fn format_of(&self, partition: &Partition) -> Result<Arc<Format>> {
        match partition.storage_descriptor.as_ref().filter(|descriptor| descriptor.serde_info.is_some()) {
            None => Ok(Arc::clone(&self.format)),
            Some(descriptor) => {
                let format = Format::of(&self.table, descriptor)?;
                if format == *self.format {
                    return Ok(Arc::clone(&self.format));
                }
                refuse_unreadable(&format, &self.table)?;
                Ok(Arc::new(format))
            }
        }
    }

    fn with_constants(&self, file: LakeFile) -> BundledFile {
        let mut constants = file.keys.to_vec();
        constants.extend(self.hidden.iter().map(|column| column.value(&file)));
        BundledFile { file, constants }
    }

    /// The leaf over files of one bucket and format, without the rows that are deleted by their values.
    fn leaf(
        &self,
        files: Vec<BundledFile>,
        statistics: Statistics,
        state: &dyn Session,
        projection: Option<&Vec<usize>>,
        limit: Option<usize>,
    ) -> datafusion::common::Result<Arc<dyn ExecutionPlan>> {
        let unlike = files.first().and_then(|file| file.file.logged.as_ref()).map(|logged| logged.unlike.clone());
        let leaf = Leaf {
            storage: &self.lake.storage,
            columns: &self.columns,
            places: self.logged.as_ref().and_then(|logged| logged.places.clone()),
        };
        match unlike.filter(|unlike| !unlike.is_empty()) {
            None => leaf.plan(files, statistics, state, self.columns.in_leaf(projection), limit),
            Some(unlike) => {
                let wanted = projection.cloned().unwrap_or_else(|| (0..self.columns.schema.fields().len()).collect());
                let read = unlike::with_compared(&wanted, &unlike);
                let plan = leaf.plan(files, statistics, state, self.columns.in_leaf(Some(&read)), None)?;
                unlike::without(plan, &read, &wanted, &unlike, (&self.lake.storage, state))
            }
        }
    }

    /// Sizes are known; row counts are what the crawler's average record size makes of them.
    fn statistics_of(&self, files: &[BundledFile]) -> Statistics {
        let bytes: u64 = files.iter().map(|file| file.file.size).sum();
        let mut statistics = Statistics::new_unknown(&self.columns.schema);
        statistics.total_byte_size = Precision::Inexact(bytes as usize);
        let average = self.table.parameter("averageRecordSize").and_then(|text| text.parse::<u64>().ok());
        if let Some(average) = average.filter(|average| *average > 0) {
            statistics.num_rows = Precision::Inexact((bytes / average).max(files.len() as u64) as usize);
        }
        let known = |file: &BundledFile| {
            let logged = file.file.logged.as_ref()?;
            Some(logged.rows?.saturating_sub(logged.deleted.len()))
        };
        if let Some(rows) = files.iter().map(known).sum::<Option<u64>>() {
            statistics.num_rows = Precision::Inexact(rows as usize);
        }
        statistics
    }
}

#[async_trait]
impl TableProvider for LakeTable {
    fn schema(&self) -> SchemaRef {
        Arc::clone(self.seen.as_ref().map_or(&self.columns.schema, |seen| &seen.schema))
    }

    fn table_type(&self) -> TableType {
        TableType::Base
    }

    fn supports_filters_pushdown(&self, filters: &[&Expr]) -> datafusion::common::Result<Vec<TableProviderFilterPushDown>> {
        let constants = self.constant_names();
        let exact = |filter: &&Expr| prune::reads_only(filter, &constants);
        Ok(filters
            .iter()
            .map(|f| if exact(f) { TableProviderFilterPushDown::Exact } else { TableProviderFilterPushDown::Inexact })
            .collect())
    }

    async fn scan(
        &self,
        state: &dyn Session,
        projection: Option<&Vec<usize>>,
        filters: &[Expr],
        limit: Option<usize>,
    ) -> datafusion::common::Result<Arc<dyn ExecutionPlan>> {
        let projection = self.seen.as_ref().map_or_else(|| projection.cloned(), |seen| Some(seen.projection(projection)));
        let projection = projection.as_ref();
        let (files, rows) = self.snapshot(state, filters).await?;
        let mut leaves = vec![];
        for files in alike(files) {
            let mut statistics = self.statistics_of(&files);
            if self.joined && files.first().is_some_and(|file| *file.file.format == Format::Parquet) {
                let by_name = self.logged.as_ref().is_none_or(|logged| logged.places.is_none());
                let with = (&self.lake.storage, state);
                statistics = estimate::estimated(statistics, &files, &self.columns, by_name, with).await?;
            }
            leaves.push(self.leaf(files, statistics, state, projection, limit)?);
        }
        if !rows.is_empty() {
            leaves.push(self.kept(&rows, state, projection, filters)?);
        }
        match leaves.len() {
            0 => {
                let schema = match projection {
                    Some(indices) => Arc::new(self.columns.schema.project(indices)?),
                    None => Arc::clone(&self.columns.schema),
                };
                Ok(Arc::new(EmptyExec::new(schema)))
            }
            1 => Ok(leaves.remove(0)),
            _ => UnionExec::try_new(leaves),
        }
    }
}

/// Refuses what the scan cannot read, by name.
fn refuse_unreadable(format: &Format, table: &Table) -> Result<()> {
    catalog::format::refuse_unsupported(table)?;
    match format {
        Format::Json(_) | Format::Csv(_) | Format::Regex(_) | Format::Parquet => Ok(()),
        Format::Table(kind) => Err(Error::not_supported(format!("the partitions of {} tables are not shown", kind.name()))),
        Format::Avro | Format::Orc => {
            Err(Error::not_supported(format!("tables in the format {} are not queried yet", format.name())))
        }
    }
}

/// A partition value's text as its key's type.
pub(crate) fn key_value(key: &Field, text: &str) -> Result<ScalarValue> {
    if text == NULL_PARTITION {
        return ScalarValue::try_from(key.data_type()).map_err(crate::error::from_datafusion);
    }
    ScalarValue::try_from_string(text.to_string(), key.data_type()).map_err(|error| {
        Error::bad_data(format!("partition key '{}': expected {}, found \"{text}\"", key.name(), key.data_type()))
            .caused_by(error)
    })
}

/// A value as one of the type that queries see.
///
/// Errors: `BadData` when it does not fit.
pub(crate) fn fitted(value: &ScalarValue, to: &DataType) -> Result<ScalarValue> {
    fit::fit_value(value, to).map_err(|unfit| unfit.in_column("value"))
}
