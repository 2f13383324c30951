//! Delta tables: the log is read by the `deltalake` crate, over our object store. It knows commits, checkpoints and sidecars, and
//! refuses what a reader has to know and it does not ("Protocol Evolution" in the Delta protocol).

mod columns;
mod deleted;
mod history;
mod values;

use std::sync::Arc;

use catalog::format::Format;
use catalog::storage::{Location, Storage};
use catalog::{Error, ErrorKind, Result};
use datafusion::arrow::array::{Array, AsArray, MapArray, RecordBatch, StructArray};
use datafusion::arrow::datatypes::{Int32Type, Int64Type};
use deltalake_core::kernel::engine::arrow_data::EngineDataArrowExt;
use deltalake_core::kernel::{Snapshot as Log, StructField};
use deltalake_core::logstore::{LogStore, StorageConfig, default_logstore};
use deltalake_core::{DeltaTableError, ObjectStore, Path};
use futures::{StreamExt, TryStreamExt, stream};
use object_store::prefix::PrefixStore;
use percent_encoding::percent_decode_str;
use url::Url;

use super::{AsOf, Asked, Bounds, Files, Pruning, Snapshot, State};
use crate::scan::snapshot::{LakeFile, Logged};
use deleted::Descriptor;

/// Deletion vectors that are read at a time.
const CONCURRENT_VECTORS: usize = 16;

/// A state of a table's log.
pub(super) struct Delta {
    root: Location,
    store: Arc<dyn LogStore>,
    log: Log,
    /// The table's columns, as the log says them.
    fields: Vec<StructField>,
    /// Indices of the partition columns.
    keys: Vec<usize>,
    mapped: columns::Mapping,
}

impl std::fmt::Debug for Delta {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Delta").field("root", &self.root).field("version", &self.log.version()).finish_non_exhaustive()
    }
}

/// Errors: as [`super::snapshot`].
pub(super) async fn snapshot(asked: Asked<'_>) -> Result<Snapshot> {
    match read(asked).await {
        Ok(snapshot) => Ok(snapshot),
        Err(error) => Err(history::naming_checkpoint(asked.storage, asked.root, error).await),
    }
}

async fn read(asked: Asked<'_>) -> Result<Snapshot> {
    let root = asked.root.folder();
    let store = log_store(asked.storage, &root)?;
    let version = match asked.as_of {
        None => None,
        Some(AsOf::Version(version)) => Some(u64::try_from(*version).map_err(|_| no_version(version))?),
        Some(AsOf::Name(name)) => match name.parse() {
            Ok(version) => Some(version),
            Err(_) => return Err(Error::invalid(format!("delta has no names for versions, and '{name}' is no number"))),
        },
        Some(AsOf::Time(time)) => Some(history::version_at(asked.storage, &root, *time).await?),
    };
    let log = Log::try_new(store.as_ref(), version).await.map_err(|error| failed(error, version))?;
    if let Some(version) = version.filter(|version| *version != log.version()) {
        return Err(no_version(&version));
    }
    let mapped = columns::Mapping::of(log.metadata().configuration().get("delta.columnMapping.mode").map(String::as_str))?;
    let fields: Vec<StructField> = log.schema().fields().cloned().collect();
    let keys = log.metadata().partition_columns().iter().map(|name| {
        let found = fields.iter().position(|field| field.name == *name);
        found.ok_or_else(|| Error::bad_data(format!("delta: the partition column '{name}' is none of the table's columns")))
    });
    let keys = keys.collect::<Result<Vec<usize>>>()?;
    let columns = fields.iter().map(columns::column).collect::<Result<Vec<_>>>()?;
    let places = fields.iter().enumerate().filter(|(at, _)| !keys.contains(at)).map(|(_, field)| mapped.place(field));
    let places = Some(places.collect::<Vec<_>>().into());
    Ok(Snapshot { columns, keys: keys.clone(), places, state: State::Delta(Delta { root, store, log, fields, keys, mapped }) })
}

fn no_version(version: &dyn std::fmt::Display) -> Error {
    Error::invalid(format!("delta: the table has no version {version}"))
}

/// The library's view of the folder: only the path of the URL counts, the store is ours.
fn log_store(storage: &Storage, root: &Location) -> Result<Arc<dyn LogStore>> {
    let (mut url, store): (Url, Arc<dyn ObjectStore>) = storage.object_store(root)?;
    url.set_path(&format!("/{}", root.key.trim_start_matches('/')));
    let prefix = Path::parse(root.key.trim_end_matches('/')).map_err(|error| Error::invalid(format!("{root}: {error}")))?;
    let below = Arc::new(PrefixStore::new(Arc::clone(&store), prefix));
    Ok(default_logstore(below, store, &url, &StorageConfig::default()))
}

/// The library has kinds for errors and puts most of them into texts; what a reader does not support it says in words.
fn failed(error: DeltaTableError, version: Option<u64>) -> Error {
    let text = error.to_string();
    let text = text.strip_prefix("Kernel error: ").unwrap_or(&text);
    let kind = match &error {
        DeltaTableError::NotATable(_) => {
            return Error::bad_data("delta: the folder has no _delta_log with commits").caused_by(error);
        }
        DeltaTableError::ObjectStore { .. } => ErrorKind::Unavailable,
        _ if text.contains("nsupported") || text.contains("not supported") || text.contains("nknown feature") => {
            ErrorKind::NotSupported
        }
        _ if version.is_some() && text.contains("LogSegment end version") => return no_version(&version.unwrap_or_default()),
        _ => ErrorKind::BadData,
    };
    Error::new(kind, format!("delta: {text}")).caused_by(error)
}

impl Delta {
    /// Errors: as [`super::snapshot`].
    pub(super) async fn files(&self, storage: &Storage, pruning: &Pruning<'_>) -> Result<Files> {
        match self.replayed(storage, pruning).await {
            Ok(files) => Ok(files),
            Err(error) => Err(history::naming_checkpoint(storage, &self.root, error).await),
        }
    }

    async fn replayed(&self, storage: &Storage, pruning: &Pruning<'_>) -> Result<Files> {
        let scan = self.log.scan_builder().build().map_err(|error| failed(error, None))?;
        let mut batches = scan.scan_metadata(self.store.engine(None));
        let mut found: Vec<(LakeFile, Option<Descriptor>)> = vec![];
        while let Some(batch) = batches.next().await {
            let read = batch.map_err(|error| failed(error, None))?.scan_files.apply_selection_vector();
            let read = read.try_into_record_batch().map_err(|error| failed(error.into(), None))?;
            found.extend(self.kept(&read, pruning)?);
        }
        let files = stream::iter(found)
            .map(|(mut file, vector)| async move {
                if let (Some(vector), Some(logged)) = (vector, file.logged.as_mut()) {
                    let deleted = vector.read(storage, &self.root).await?;
                    Arc::make_mut(logged).deleted = deleted;
                }
                Ok::<_, Error>(file)
            })
            .buffered(CONCURRENT_VECTORS)
            .try_collect()
            .await?;
        Ok(Files { files, rows: vec![] })
    }

    /// The files of one batch that the filters leave, with what they say of their deleted rows.
    fn kept(&self, batch: &RecordBatch, pruning: &Pruning<'_>) -> Result<Vec<(LakeFile, Option<Descriptor>)>> {
        let added = Added::of(batch)?;
        let rows: Vec<(Arc<[_]>, Bounds)> = (0..batch.num_rows())
            .map(|row| {
                let keys = self.key_values(&added.partitions(row))?;
                let mut bounds = Bounds::default();
                if let Some(statistics) = added.text("stats", row) {
                    bounds = match pruning.looks_at_columns() {
                        true => values::bounds(statistics, &self.fields, &self.mapped),
                        false => Bounds { rows: values::rows(statistics), ..Bounds::default() },
                    };
                }
                for (at, value) in self.keys.iter().zip(keys.iter()) {
                    bounds.columns.insert(*at, values::constant(value, bounds.rows));
                }
                Ok((keys, bounds))
            })
            .collect::<Result<_>>()?;
        let bounds: Vec<Bounds> = rows.iter().map(|(_, bounds)| bounds.clone()).collect();
        let keep = pruning.keep(&bounds)?;
        let parquet = Arc::new(Format::Parquet);
        let kept = rows.into_iter().zip(keep).enumerate().filter(|(_, (_, keep))| *keep);
        kept.map(|(row, ((keys, bounds), _))| {
            let path = added.text("path", row).ok_or_else(|| Error::bad_data("delta: an add action has no path"))?;
            let logged = Logged { rows: bounds.rows, ..Logged::default() };
            let file = LakeFile {
                location: located(&self.root, path)?,
                size: added.long("size", row).and_then(|size| u64::try_from(size).ok()).unwrap_or_default(),
                etag: None,
                modified: added.long("modificationTime", row).unwrap_or_default(),
                keys,
                format: Arc::clone(&parquet),
                logged: Some(Arc::new(logged)),
            };
            Ok((file, added.vector(row)?))
        })
        .collect()
    }

    fn key_values(&self, written: &[(String, Option<String>)]) -> Result<Arc<[datafusion::common::ScalarValue]>> {
        let value = |at: &usize| {
            let field = &self.fields[*at];
            let name = self.mapped.physical_name(field);
            let text = written.iter().find(|(key, _)| key == name).and_then(|(_, value)| value.as_deref());
            values::partition_value(field, text)
        };
        self.keys.iter().map(value).collect()
    }
}

/// The place of a file that the log names: relative to the table, or a URL; percent-encoded as in URLs ("Add File and Remove File").
fn located(root: &Location, path: &str) -> Result<Location> {
    let decoded =
        percent_decode_str(path).decode_utf8().map_err(|error| Error::bad_data(format!("delta: path '{path}': {error}")))?;
    // A partition's value may hold what looks like a URL; a URL begins with its scheme.
    let scheme = path.split_once("://").map_or("/", |(scheme, _)| scheme);
    if scheme.chars().all(|c| c.is_ascii_alphanumeric()) || path.starts_with("file:/") {
        return Location::parse(&decoded);
    }
    Ok(root.join(&decoded))
}

/// The rows of a batch of the library: one for each file ("scan row schema").
struct Added<'a> {
    batch: &'a RecordBatch,
    partitions: Option<&'a MapArray>,
    vectors: Option<&'a StructArray>,
}

impl<'a> Added<'a> {
    fn of(batch: &'a RecordBatch) -> Result<Self> {
        let constants = batch.column_by_name("fileConstantValues").and_then(|column| column.as_struct_opt());
        let partitions = constants.and_then(|constants| constants.column_by_name("partitionValues")?.as_map_opt());
        let vectors = batch.column_by_name("deletionVector").and_then(|column| column.as_struct_opt());
        if partitions.is_none() || vectors.is_none() {
            return Err(Error::internal("delta: the log's library gives its files in another form"));
        }
        Ok(Self { batch, partitions, vectors })
    }

    fn text(&self, column: &str, row: usize) -> Option<&'a str> {
        let texts = self.batch.column_by_name(column)?.as_string_opt::<i32>()?;
        texts.is_valid(row).then(|| texts.value(row))
    }

    fn long(&self, column: &str, row: usize) -> Option<i64> {
        let numbers = self.batch.column_by_name(column)?.as_primitive_opt::<Int64Type>()?;
        numbers.is_valid(row).then(|| numbers.value(row))
    }

    /// Names and texts of the partition values.
    fn partitions(&self, row: usize) -> Vec<(String, Option<String>)> {
        let Some(pairs) = self.partitions.filter(|map| map.is_valid(row)).map(|map| map.value(row)) else { return vec![] };
        let (Some(keys), Some(values)) = (pairs.column(0).as_string_opt::<i32>(), pairs.column(1).as_string_opt::<i32>()) else {
            return vec![];
        };
        keys.iter().zip(values).filter_map(|(key, value)| Some((key?.to_string(), value.map(str::to_string)))).collect()
    }

    /// What says which rows of the file are deleted, where some are.
    fn vector(&self, row: usize) -> Result<Option<Descriptor>> {
        let Some(vectors) = self.vectors.filter(|vectors| vectors.is_valid(row)) else { return Ok(None) };
        let text = |name: &str| {
            let texts = vectors.column_by_name(name)?.as_string_opt::<i32>()?;
            texts.is_valid(row).then(|| texts.value(row).to_string())
        };
        let Some(storage) = text("storageType") else { return Ok(None) };
        let number = |name: &str| {
            let numbers = vectors.column_by_name(name)?.as_primitive_opt::<Int32Type>()?;
            numbers.is_valid(row).then(|| numbers.value(row))
        };
        let place = text("pathOrInlineDv").ok_or_else(|| Error::bad_data("delta: a deletion vector without a place"))?;
        let size = number("sizeInBytes").and_then(|size| u32::try_from(size).ok()).unwrap_or_default();
        Descriptor::of(&storage, place, number("offset"), size).map(Some)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_are_below_the_table_or_at_a_url() {
        let root = Location::parse("s3://b/t/").unwrap();
        for (path, at) in [
            ("p=a%20b/x.parquet", "s3://b/t/p=a b/x.parquet"),
            ("u=http://h/x.parquet", "s3://b/t/u=http://h/x.parquet"),
            ("s3a://other/x%25y.parquet", "s3://other/x%y.parquet"),
            ("file:/tmp/x.parquet", "file:///tmp/x.parquet"),
        ] {
            assert_eq!(located(&root, path).unwrap().to_string(), at, "{path}");
        }
    }
}
