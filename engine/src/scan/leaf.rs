//! Files as a leaf of a plan.

use std::sync::Arc;

use catalog::Error;
use catalog::format::Format;
use catalog::storage::Storage;
use datafusion::arrow::array::RecordBatch;
use datafusion::arrow::datatypes::{FieldRef, Schema};
use datafusion::catalog::Session;
use datafusion::common::{Constraints, Result, Statistics, internal_err};
use datafusion::datasource::listing::PartitionedFile;
use datafusion::datasource::physical_plan::{FileGroup, FileScanConfigBuilder};
use datafusion::datasource::source::DataSourceExec;
use datafusion::datasource::table_schema::TableSchema;
use datafusion::execution::object_store::ObjectStoreUrl;
use datafusion::object_store::ObjectMeta;
use datafusion::object_store::path::Path;
use datafusion::physical_plan::{ExecutionPlan, collect};

use super::columns::Columns;
use super::rows::{Bundle, BundledFile, LARGE};
use super::snapshot::LakeFile;
use super::source::LakeSource;
use super::unlike;
use crate::error::{from_datafusion, into_datafusion};
use crate::lake_format::Place;

/// Small objects are opened in bundles of at most this many and this many bytes.
const BUNDLE_FILES: usize = 1024;
const BUNDLE_BYTES: u64 = 16 << 20;

/// How the files of one table are read.
pub(super) struct Leaf<'a> {
    pub(super) storage: &'a Storage,
    pub(super) columns: &'a Columns,
    /// Where columns are found in files, if not by their names.
    pub(super) places: Option<Arc<[Place]>>,
}

impl Leaf<'_> {
    /// The leaf over files of one bucket and format. `projection` counts columns as the leaf has them.
    pub(super) fn plan(
        &self,
        files: Vec<BundledFile>,
        statistics: Statistics,
        state: &dyn Session,
        projection: Option<Vec<usize>>,
        limit: Option<usize>,
    ) -> Result<Arc<dyn ExecutionPlan>> {
        let Some(first) = files.first() else { return internal_err!("a leaf without files") };
        let (url, _) = self.storage.object_store(&first.file.location).map_err(into_datafusion)?;
        let format = Arc::clone(&first.file.format);
        let parquet = matches!(*format, Format::Parquet);
        let (schema, statistics, projection) = match projection {
            Some(wanted) if parquet && self.places.is_none() => self.wanted(statistics, &wanted),
            projection => (self.table_schema(parquet), statistics, projection),
        };
        let partitions = state.config().target_partitions();
        let groups = if parquet { parquet_groups(files, partitions)? } else { bundle_groups(files, partitions) };
        let constants = self.columns.constants().fields().len();
        let source = LakeSource::new(format, schema, constants, self.storage.clone()).with_places(self.places.clone());
        let config = FileScanConfigBuilder::new(ObjectStoreUrl::parse(url.as_str())?, Arc::new(source))
            .with_file_groups(groups)
            .with_statistics(statistics)
            .with_constraints(Constraints::default())
            .with_limit(limit)
            .with_projection_indices(projection)?
            .build();
        Ok(DataSourceExec::from_data_source(config))
    }

    /// Of Parquet files, whose columns are found by their names, the wanted ones with what is known of them: each rule that asks for
    /// statistics takes a copy of them all. One stays where none is wanted: rows are counted by something.
    fn wanted(&self, mut statistics: Statistics, wanted: &[usize]) -> (TableSchema, Statistics, Option<Vec<usize>>) {
        let (data, constants) = (&self.columns.data, self.columns.constants());
        let mut kept: Vec<usize> = wanted.iter().copied().filter(|at| *at < data.len()).collect();
        kept.sort_unstable();
        kept.dedup();
        if kept.is_empty() && !data.is_empty() {
            kept.push(0);
        }
        let fields: Vec<FieldRef> = kept.iter().map(|at| Arc::clone(&data[*at])).collect();
        kept.extend(data.len()..data.len() + constants.fields().len());
        let schema = TableSchema::builder(Arc::new(Schema::new(fields)));
        let schema = schema.with_table_partition_cols(constants.fields().to_vec()).build();
        statistics.column_statistics = kept.iter().filter_map(|at| statistics.column_statistics.get(*at).cloned()).collect();
        let projection = wanted.iter().filter_map(|at| kept.binary_search(at).ok()).collect();
        (schema, statistics, Some(projection))
    }

    fn table_schema(&self, parquet: bool) -> TableSchema {
        let data = &self.columns.data;
        let constants = self.columns.constants().fields().to_vec();
        if parquet {
            TableSchema::builder(Arc::new(Schema::new(data.clone()))).with_table_partition_cols(constants).build()
        } else {
            TableSchema::from(Arc::new(Schema::new([data.clone(), constants].concat())))
        }
    }
}

/// Files that are no table's: the leaf over `columns`, which are found at `places`.
pub(super) fn plain(
    storage: &Storage,
    state: &dyn Session,
    files: Vec<LakeFile>,
    columns: Vec<FieldRef>,
    places: Arc<[Place]>,
) -> Result<Arc<dyn ExecutionPlan>> {
    let columns = Columns::plain(columns);
    let files: Vec<BundledFile> = files.into_iter().map(|file| BundledFile { file, constants: vec![] }).collect();
    let statistics = Statistics::new_unknown(&columns.schema);
    Leaf { storage, columns: &columns, places: Some(places) }.plan(files, statistics, state, None, None)
}

/// Reads files that a table format keeps beside its data while a query is planned.
///
/// Errors: those of reading Parquet files.
pub(crate) async fn read(
    storage: &Storage,
    state: &dyn Session,
    files: Vec<LakeFile>,
    columns: Vec<FieldRef>,
    places: Arc<[Place]>,
) -> catalog::Result<Vec<RecordBatch>> {
    let plan = plain(storage, state, files, columns, places).map_err(from_datafusion)?;
    collect(plan, state.task_ctx()).await.map_err(from_datafusion)
}

/// One group of files per object store and format, since a leaf reads from one and in one; and per deletes by value, which are
/// joined to it.
pub(super) fn alike(files: Vec<BundledFile>) -> Vec<Vec<BundledFile>> {
    let mut buckets: Vec<Vec<BundledFile>> = vec![];
    for file in files {
        let at = &file.file.location;
        let store = |f: &BundledFile| f.file.location.scheme == at.scheme && f.file.location.bucket == at.bucket;
        let same = |f: &BundledFile| {
            store(f)
                && (Arc::ptr_eq(&f.file.format, &file.file.format) || f.file.format == file.file.format)
                && unlike::same(&f.file, &file.file)
        };
        match buckets.iter_mut().find(|bucket| bucket.first().is_some_and(same)) {
            Some(bucket) => bucket.push(file),
            None => buckets.push(vec![file]),
        }
    }
    buckets
}

/// Parquet files, the large ones first, dealt to the partitions; DataFusion splits them further by row groups.
fn parquet_groups(mut files: Vec<BundledFile>, partitions: usize) -> Result<Vec<FileGroup>> {
    files.sort_by_key(|file| std::cmp::Reverse(file.file.size));
    let mut groups = vec![vec![]; partitions.clamp(1, files.len().max(1))];
    let count = groups.len();
    for (at, file) in files.into_iter().enumerate() {
        let meta = meta(&file.file)?;
        let logged = file.file.logged.clone();
        let opened = PartitionedFile::new_from_meta(meta).with_partition_values(file.constants);
        groups[at % count].push(match logged {
            Some(logged) => opened.with_extension(logged),
            None => opened,
        });
    }
    Ok(groups.into_iter().map(FileGroup::new).collect())
}

pub(super) fn meta(file: &LakeFile) -> Result<ObjectMeta> {
    Ok(ObjectMeta {
        location: Path::parse(&file.location.key)
            .map_err(|error| into_datafusion(Error::invalid(format!("{}: {error}", file.location))))?,
        last_modified: chrono::DateTime::from_timestamp_millis(file.modified).unwrap_or_default(),
        size: file.size,
        e_tag: file.etag.clone(),
        version: None,
    })
}

/// Row-format files in bundles, dealt to the partitions. A bundle's stand-in file has the bundle's size.
fn bundle_groups(files: Vec<BundledFile>, partitions: usize) -> Vec<FileGroup> {
    let total: u64 = files.iter().map(|file| file.file.size).sum();
    let share = files.len().div_ceil(partitions.max(1)).max(1);
    let (most_files, most_bytes) = (BUNDLE_FILES.min(share), BUNDLE_BYTES.min(total / partitions.max(1) as u64 + 1));
    let mut bundles: Vec<(Vec<BundledFile>, u64)> = vec![];
    for file in files {
        let size = file.file.size;
        match bundles.last_mut() {
            Some((bundle, bytes)) if bundle.len() < most_files && *bytes + size <= most_bytes && size <= LARGE => {
                bundle.push(file);
                *bytes += size;
            }
            _ => bundles.push((vec![file], size)),
        }
    }
    let mut groups = vec![vec![]; partitions.clamp(1, bundles.len().max(1))];
    let count = groups.len();
    for (at, (files, bytes)) in bundles.into_iter().enumerate() {
        groups[at % count].push(bundle_file(files.into(), bytes));
    }
    groups.into_iter().map(FileGroup::new).collect()
}

/// What DataFusion sees of a bundle.
fn bundle_file(files: Arc<[BundledFile]>, bytes: u64) -> PartitionedFile {
    let name = files.first().map(|f| f.file.location.key.clone()).unwrap_or_default();
    PartitionedFile::new(name, bytes).with_extension(Bundle(files))
}
