//! Hudi: the files of a table's newest slices, and the rows that the logs of merge-on-read tables lay over them (Apache Hudi,
//! "Technical Specification"). Columns are those of the catalog, as Athena has it.

mod base;
mod commit;
mod file_group;
mod file_name;
mod log;
mod partition;
mod properties;
mod timeline;

use std::sync::Arc;

use bytes::Bytes;
use catalog::format::{Format, HudiView, hudi_view};
use catalog::storage::{Listed, Location, Object, Storage};
use catalog::{Error, ErrorKind, Result};
use datafusion::arrow::array::{RecordBatch, RecordBatchOptions, new_null_array};
use datafusion::arrow::datatypes::{FieldRef, Schema, SchemaRef};
use datafusion::common::ScalarValue;
use futures::{StreamExt, TryStreamExt, stream};

use self::commit::CommitFiles;
use self::log::{Logs, Rules};
use self::properties::{HudiTable, TableType};
use self::timeline::Timeline;
use super::{Asked, Bounds, ColumnBounds, Files, Pruning, Snapshot, State};
use crate::error::from_datafusion;
use crate::scan::snapshot::{LakeFile, Logged};
use crate::scan::{fields, fit, key_value};

const PROPERTIES: &str = ".hoodie/hoodie.properties";
/// What writers leave beside it while they change it.
const BACKUP: &str = ".hoodie/hoodie.properties.backup";
/// Slices whose logs are read at once.
const AT_ONCE: usize = 8;
/// Logs are merged in memory while a query is planned; of more bytes than this they are not.
const MOST_LOGS: u64 = 1 << 30;

/// What has been committed to a table: its newest file slices.
#[derive(Debug)]
pub(super) struct Slices {
    root: Location,
    timeline: Timeline,
    slices: Vec<Slice>,
    /// The catalog's columns without the partition keys, then those.
    data: Vec<FieldRef>,
    schema: SchemaRef,
    /// How logs merge; `None` for the read-optimised view, which leaves them out.
    rules: Option<Rules>,
    format: Arc<Format>,
}

#[derive(Debug)]
struct Slice {
    base: Option<Object>,
    logs: Vec<Object>,
    keys: Arc<[ScalarValue]>,
}

/// Pins the newest state of the table: one listing of its folder, and the metadata of its instants.
///
/// Errors: `NotSupported` for earlier states, and by name for what [`HudiTable`] and the logs refuse; `BadData` for a torn
/// `hoodie.properties`, metadata that cannot be understood, and files that are named and not there.
pub(super) async fn snapshot(asked: Asked<'_>) -> Result<Snapshot> {
    if asked.as_of.is_some() {
        return Err(Error::not_supported("hudi tables are read as they are now; FOR TIMESTAMP AS OF is not supported"));
    }
    let root = asked.root.folder();
    let hudi = properties(asked.storage, &root).await?;
    let objects = list(asked.storage, &root).await?;
    let folder = root.join(&hudi.instants_folder());
    let names = objects.iter().filter_map(|object| object.key.strip_prefix(&folder.key));
    let timeline = Timeline::of(names.filter(|name| !name.contains('/')));
    let commits = metadata(asked.storage, &folder, &timeline).await?;
    let data = fields(asked.table.columns())?;
    let keys = fields(asked.table.partition_keys())?;
    let data: Vec<FieldRef> = data.into_iter().filter(|field| keys.iter().all(|key| key.name() != field.name())).collect();
    let slices = file_group::slices(&root.key, &objects, &hudi, &timeline, &commits)?;
    let slices = slices.into_iter().map(|slice| owned(slice, &keys, &hudi)).collect::<Result<Vec<_>>>()?;
    let rules = rules(&hudi, hudi_view(asked.table)?, &slices)?;
    let columns = [data.clone(), keys.clone()].concat();
    let state = Slices {
        root,
        timeline,
        slices,
        schema: Arc::new(Schema::new(columns.clone())),
        rules,
        format: Arc::new(Format::Parquet),
        data,
    };
    Ok(Snapshot { keys: (columns.len() - keys.len()..columns.len()).collect(), columns, places: None, state: State::Hudi(state) })
}

/// The properties, or where a writer was stopped while it changed them, those before.
async fn properties(storage: &Storage, root: &Location) -> Result<HudiTable> {
    let read = async |name: &str| {
        let bytes = storage.get(&root.join(name)).await?;
        HudiTable::parse(&String::from_utf8_lossy(&bytes)).map_err(|error| error.within(name))
    };
    match read(PROPERTIES).await {
        Err(error) if matches!(error.kind(), ErrorKind::BadData | ErrorKind::ObjectNotFound) => {
            read(BACKUP).await.map_err(|other| if other.kind() == ErrorKind::ObjectNotFound { error } else { other })
        }
        read => read,
    }
}

async fn list(storage: &Storage, root: &Location) -> Result<Vec<Object>> {
    let mut objects = vec![];
    let mut pages = storage.list(root);
    while let Some(page) = pages.try_next().await? {
        for listed in page {
            match listed {
                Listed::Object(object) => objects.push(object),
                Listed::Skipped(skipped) => tracing::warn!(key = skipped.key, why = ?skipped.why, "object skipped"),
            }
        }
    }
    Ok(objects)
}

/// What the finished instants did, oldest first.
async fn metadata<'a>(storage: &Storage, folder: &Location, timeline: &'a Timeline) -> Result<Vec<(&'a str, CommitFiles)>> {
    let names: Vec<(&str, &str)> = timeline.commits().map(|(instant, commit)| (instant, commit.file.as_str())).collect();
    let keys: Vec<String> = names.iter().map(|(_, file)| folder.join(file).key).collect();
    let contents = contents(storage, folder, &keys).await?;
    let parse = |((instant, file), bytes): (&(&'a str, &'a str), Bytes)| {
        Ok((*instant, CommitFiles::parse(&bytes).map_err(|error| error.within(folder.join(file)))?))
    };
    names.iter().zip(contents).map(parse).collect()
}

/// Whole objects of one bucket, in the order of `keys`.
async fn contents(storage: &Storage, base: &Location, keys: &[impl AsRef<str>]) -> Result<Vec<Bytes>> {
    let numbered = keys.iter().map(|key| key.as_ref().to_string()).enumerate().collect();
    let mut contents = vec![Bytes::new(); keys.len()];
    let mut read = storage.get_many(base, numbered, None);
    while let Some((at, bytes)) = read.next().await {
        contents[at] = bytes?;
    }
    Ok(contents)
}

fn owned(slice: file_group::Slice, keys: &[FieldRef], hudi: &HudiTable) -> Result<Slice> {
    let names: Vec<&str> = keys.iter().map(|key| key.name().as_str()).collect();
    let texts = partition::values(slice.partition, &names, hudi)?;
    let values = keys.iter().zip(&texts).map(|(key, text)| key_value(key, text)).collect::<Result<Vec<_>>>()?;
    let logs = slice.logs.into_iter().cloned().collect();
    Ok(Slice { base: slice.base.cloned(), logs, keys: values.into() })
}

/// How the logs of a table merge, in the view that its definition or else its type asks for.
fn rules(hudi: &HudiTable, view: Option<HudiView>, slices: &[Slice]) -> Result<Option<Rules>> {
    let merged = match view {
        Some(view) => view == HudiView::Merged,
        None => hudi.table_type == TableType::MergeOnRead,
    };
    if !merged || slices.iter().all(|slice| slice.logs.is_empty()) {
        return Ok(None);
    }
    if !hudi.meta_fields {
        return Err(Error::not_supported(
            "hudi logs of tables without meta fields (hoodie.populate.meta.fields=false) are not supported; \
             the read-optimised view of the table is",
        ));
    }
    let ordering = hudi.ordering()?;
    Ok(Some(Rules { ordering, fields: hudi.ordering_fields.clone(), deletes_compared: hudi.version >= 8 }))
}

fn check_size(bytes: u64) -> Result<()> {
    if bytes <= MOST_LOGS {
        return Ok(());
    }
    Err(Error::new(
        ErrorKind::LimitExceeded,
        format!(
            "the logs of the hudi table that the query needs have {bytes} bytes, and at most {MOST_LOGS} are merged; \
             compact the table, filter by its partition keys or query the read-optimised view"
        ),
    ))
}

impl Slices {
    /// The base files of the partitions that the filters leave; in the merged view also which of their rows the logs replace,
    /// and the logs' rows.
    ///
    /// Errors: `NotSupported` and `BadData` naming the log or base file that is not read; `LimitExceeded` for very large logs.
    pub(super) async fn files(&self, storage: &Storage, pruning: &Pruning<'_>) -> Result<Files> {
        let bounds: Vec<Bounds> = self.slices.iter().map(|slice| self.bounds(slice)).collect();
        let keep = pruning.keep(&bounds)?;
        let kept: Vec<&Slice> = self.slices.iter().zip(keep).filter_map(|(slice, keep)| keep.then_some(slice)).collect();
        if self.rules.is_some() {
            check_size(kept.iter().flat_map(|slice| &slice.logs).map(|log| log.size).sum())?;
        }
        let reads: Vec<_> = kept.into_iter().map(|slice| self.read(storage, slice)).collect();
        let read: Vec<(Option<LakeFile>, Vec<RecordBatch>)> = stream::iter(reads).buffered(AT_ONCE).try_collect().await?;
        let mut files = Files::default();
        for (file, rows) in read {
            files.files.extend(file);
            files.rows.extend(rows);
        }
        Ok(files)
    }

    /// Partition keys have one value in a slice.
    fn bounds(&self, slice: &Slice) -> Bounds {
        let column = |(at, value): (usize, &ScalarValue)| {
            let bounds = ColumnBounds { min: value.clone(), max: value.clone(), nulls: None };
            (self.data.len() + at, bounds)
        };
        Bounds { rows: None, columns: slice.keys.iter().enumerate().map(column).collect() }
    }

    async fn read(&self, storage: &Storage, slice: &Slice) -> Result<(Option<LakeFile>, Vec<RecordBatch>)> {
        let mut file = slice.base.as_ref().map(|base| self.file(base, slice));
        let Some(rules) = self.rules.as_ref().filter(|_| !slice.logs.is_empty()) else { return Ok((file, vec![])) };
        let keys: Vec<&str> = slice.logs.iter().map(|log| log.key.as_str()).collect();
        let contents = contents(storage, &self.root, &keys).await?;
        let logs = keys.iter().map(|key| self.root.with_key(*key).to_string()).zip(contents).collect::<Vec<_>>();
        let mut logs = Logs::read(&logs, rules, &|instant| self.timeline.is_committed(instant))?;
        if let Some(file) = file.as_mut().filter(|_| !logs.is_empty()) {
            let deleted = base::replaced(storage, &file.location, file.size, &mut logs, rules).await?;
            file.logged = Some(Arc::new(Logged { deleted, ..Logged::default() }));
        }
        let rows = logs.rows()?.iter().map(|batch| self.columns(batch, &slice.keys)).collect::<Result<Vec<_>>>()?;
        Ok((file, rows))
    }

    fn file(&self, base: &Object, slice: &Slice) -> LakeFile {
        LakeFile {
            location: self.root.with_key(base.key.as_str()),
            size: base.size,
            etag: base.etag.clone(),
            modified: base.modified,
            keys: Arc::clone(&slice.keys),
            format: Arc::clone(&self.format),
            logged: None,
        }
    }

    /// The rows of a log as rows of the table: columns are found by their names, as in files.
    fn columns(&self, batch: &RecordBatch, keys: &[ScalarValue]) -> Result<RecordBatch> {
        let data = self.data.iter().map(|field| match fit::named(batch.schema_ref().fields(), field.name()) {
            Some((at, _)) => fit::fit_column(batch.column(at), field),
            None => Ok(new_null_array(field.data_type(), batch.num_rows())),
        });
        let keys = keys.iter().map(|key| key.to_array_of_size(batch.num_rows()).map_err(from_datafusion));
        let columns = data.chain(keys).collect::<Result<Vec<_>>>()?;
        let options = RecordBatchOptions::new().with_row_count(Some(batch.num_rows()));
        RecordBatch::try_new_with_options(Arc::clone(&self.schema), columns, &options)
            .map_err(|error| from_datafusion(error.into()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn logs_are_merged_up_to_a_size() {
        assert!(check_size(MOST_LOGS).is_ok());
        let error = check_size(MOST_LOGS + 1).unwrap_err();
        assert!(error.message().contains("read-optimised view"), "{error}");
    }
}
