//! Parquet files, opened one by one by DataFusion's reader, so that each has an adapter of its own ([`super::adapter`]) and
//! each error names its file. What a table format's log says of a file ([`Logged`]) is turned into what the reader takes once the
//! file's footer is there.

use std::fmt;
use std::sync::Arc;

use catalog::{Error, ErrorKind};
use datafusion::arrow::array::RecordBatch;
use datafusion::common::{DataFusionError, Result};
use datafusion::datasource::listing::PartitionedFile;
use datafusion::datasource::physical_plan::parquet::metadata::DFParquetMetadata;
use datafusion::datasource::physical_plan::parquet::{CachedParquetFileReaderFactory, ParquetRowSelection};
use datafusion::datasource::physical_plan::{FileGroup, FileScanConfig, FileSource, ParquetSource};
use datafusion::execution::cache::cache_manager::FileMetadataCache;
use datafusion::execution::cache::default_cache::DefaultCache;
use datafusion::object_store::{ObjectMeta, ObjectStore, ObjectStoreExt};
use datafusion_datasource::morsel::{Morsel, MorselPlan, MorselPlanner, Morselizer};
use futures::stream::BoxStream;
use futures::{FutureExt, StreamExt};
use parquet::arrow::arrow_reader::{RowSelection, RowSelector};
use parquet::file::metadata::{PageIndexPolicy, ParquetMetaData};
use roaring::RoaringTreemap;

use super::adapter::{FirstUnfit, ToFile};
use super::snapshot::Logged;
use super::source::LakeSource;
use crate::error::{from_datafusion, into_datafusion};
use crate::lake_format::Place;

/// Footers that were read to see what of a file is read stay until the reader has asked for them, up to so many bytes.
const FOOTERS: usize = 16 << 20;

/// Bytes at the end of a file that are fetched at once, in the hope that the footer is in them.
pub(super) const FOOTER_HINT: usize = 64 << 10;

/// Opens the files of one partition of a scan.
#[derive(Clone)]
pub(super) struct ParquetFiles {
    source: ParquetSource,
    places: Option<Arc<[Place]>>,
    store: Arc<dyn ObjectStore>,
    /// Without its files: it is cloned for each of them.
    config: FileScanConfig,
    partition: usize,
    footers: Arc<FileMetadataCache>,
}

impl ParquetFiles {
    pub(super) fn new(source: &LakeSource, store: Arc<dyn ObjectStore>, config: &FileScanConfig, partition: usize) -> Self {
        let logged = config.file_groups.iter().flat_map(FileGroup::iter).any(|file| file.extension::<Arc<Logged>>().is_some());
        let mut config = config.clone();
        config.file_groups.clear();
        let footers: Arc<FileMetadataCache> = Arc::new(DefaultCache::new(FOOTERS));
        let reader = CachedParquetFileReaderFactory::new(Arc::clone(&store), Arc::clone(&footers));
        let parquet = source.parquet.clone();
        Self {
            source: if logged { parquet.with_parquet_file_reader_factory(Arc::new(reader)) } else { parquet },
            places: source.places.clone(),
            store,
            config,
            partition,
            footers,
        }
    }

    /// The planner of a file of which nothing has to be known first.
    fn opened(&self, file: PartitionedFile, named: &Named) -> Result<Box<dyn MorselPlanner>> {
        let mut config = self.config.clone();
        config.expr_adapter_factory = Some(Arc::new(ToFile { unfit: Arc::clone(&named.unfit), places: self.places.clone() }));
        let opened = self.source.create_morselizer(Arc::clone(&self.store), &config, self.partition);
        let planner = opened.and_then(|morselizer| morselizer.plan_file(file)).map_err(|error| named.error(error))?;
        Ok(Box::new(Planner(planner, named.clone())))
    }

    /// The file with its true size and the rows of it that are not deleted.
    async fn prepared(&self, mut file: PartitionedFile, logged: &Logged) -> Result<PartitionedFile> {
        let footer = match self.footer(&file.object_meta).await {
            Err(_) if logged.size_unsure => {
                let said = file.object_meta.size;
                file.object_meta.size = self.store.head(&file.object_meta.location).await?.size;
                // The last of the pieces that it was cut into ends where the file was said to end.
                if let Some(range) = file.range.as_mut().filter(|range| range.end >= said as i64) {
                    range.end = i64::MAX;
                }
                self.footer(&file.object_meta).await?
            }
            footer => footer?,
        };
        let rows: i64 = footer.row_groups().iter().map(|group| group.num_rows()).sum();
        if logged.deleted.is_empty() {
            return Ok(file);
        }
        let selection = remaining(u64::try_from(rows).unwrap_or_default(), &logged.deleted);
        Ok(file.with_extension(ParquetRowSelection::new(selection)))
    }

    async fn footer(&self, meta: &ObjectMeta) -> Result<Arc<ParquetMetaData>> {
        DFParquetMetadata::new(self.store.as_ref(), meta)
            .with_file_metadata_cache(Some(Arc::clone(&self.footers)))
            .with_page_index_policy(Some(PageIndexPolicy::Skip))
            .with_metadata_size_hint(Some(FOOTER_HINT))
            .fetch_metadata()
            .await
    }
}

/// The rows of a file that are not deleted.
fn remaining(rows: u64, deleted: &RoaringTreemap) -> RowSelection {
    let mut selectors = vec![];
    let mut at = 0;
    for row in deleted.iter().take_while(|row| *row < rows) {
        selectors.push(RowSelector::select((row - at) as usize));
        selectors.push(RowSelector::skip(1));
        at = row + 1;
    }
    selectors.push(RowSelector::select((rows - at) as usize));
    RowSelection::from(selectors)
}

impl fmt::Debug for ParquetFiles {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ParquetFiles")
    }
}

impl Morselizer for ParquetFiles {
    fn plan_file(&self, file: PartitionedFile) -> Result<Box<dyn MorselPlanner>> {
        let name = format!("{}/{}", self.config.object_store_url.as_str().trim_end_matches('/'), file.object_meta.location);
        let named = Named { name: name.into(), unfit: FirstUnfit::default() };
        match file.extension::<Arc<Logged>>().cloned() {
            None => self.opened(file, &named),
            Some(logged) => Ok(Box::new(Unprepared { files: self.clone(), file: Box::new(file), logged, named })),
        }
    }
}

/// A file whose footer has to be read before it can be opened.
#[derive(Debug)]
struct Unprepared {
    files: ParquetFiles,
    file: Box<PartitionedFile>,
    logged: Arc<Logged>,
    named: Named,
}

impl MorselPlanner for Unprepared {
    fn plan(self: Box<Self>) -> Result<Option<MorselPlan>> {
        let Self { files, file, logged, named } = *self;
        let preparing = async move {
            let file = files.prepared(*file, &logged).await.map_err(|error| named.missing(named.error(error)))?;
            files.opened(file, &named)
        };
        Ok(Some(MorselPlan::new().with_pending_planner(preparing.boxed())))
    }
}

/// The file that an error is about.
#[derive(Debug, Clone)]
struct Named {
    name: Arc<str>,
    unfit: FirstUnfit,
}

impl Named {
    /// A file that is not there although a log says so.
    fn missing(&self, error: DataFusionError) -> DataFusionError {
        let error = from_datafusion(error);
        if error.kind() != ErrorKind::ObjectNotFound {
            return into_datafusion(error);
        }
        let message = format!("{}: the table's log says that this file is part of it, and it is not there", self.name);
        into_datafusion(Error::new(ErrorKind::ObjectNotFound, message).caused_by(error))
    }

    fn error(&self, error: DataFusionError) -> DataFusionError {
        let error = self.unfit.get().map_or_else(|| from_datafusion(error), Error::duplicate);
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn deleted_rows_are_skipped() {
        let (select, skip) = (RowSelector::select, RowSelector::skip);
        for (rows, deleted, expected) in [
            (4, vec![0, 3], vec![skip(1), select(2), skip(1)]),
            (4, vec![1, 2], vec![select(1), skip(2), select(1)]),
            (2, vec![0, 1, 7], vec![skip(2)]),
            (3, vec![], vec![select(3)]),
        ] {
            let selection = remaining(rows, &RoaringTreemap::from_iter(deleted.clone()));
            assert_eq!(Vec::<RowSelector>::from(selection), expected, "{deleted:?}");
        }
    }
}
