//! Manifest lists and manifests: which files a snapshot has. Manifests and files that a query's filters exclude are dropped by what
//! is known of their partitions and columns before the next step reads anything of them ("Scan Planning").

use std::collections::HashMap;
use std::sync::Arc;

use catalog::format::Format;
use catalog::storage::Storage;
use catalog::{Error, Result};
use datafusion::arrow::datatypes::DataType;
use datafusion::common::ScalarValue;
use futures::{StreamExt, TryStreamExt, stream};
use iceberg::spec::{
    DataContentType, DataFile, DataFileFormat, Datum, FormatVersion, Literal, Manifest, ManifestContentType, ManifestEntryRef,
    ManifestFile, ManifestList, ManifestStatus, PartitionSpec, PrimitiveLiteral, PrimitiveType, SnapshotRef, Struct, StructType,
    TableMetadata, Transform,
};

use super::metadata::Paths;
use super::{Iceberg, columns, failed, transforms, values};
use crate::lake_format::{Bounds, ColumnBounds, Pruning};
use crate::scan::snapshot::{LakeFile, Logged};

/// Manifests that are read at a time.
const CONCURRENT_MANIFESTS: usize = 16;

/// A data file that the filters leave.
#[derive(Debug)]
pub(super) struct Data {
    pub(super) file: LakeFile,
    /// As the metadata writes it: deletes name it so.
    pub(super) path: String,
    /// When its rows were written: deletes apply to what was written before them.
    pub(super) sequence: i64,
    pub(super) spec: i32,
    pub(super) partition: Struct,
}

/// An entry of a manifest that is there in the snapshot, and what it inherits ("Sequence Number Inheritance").
#[derive(Debug, Clone)]
pub(super) struct Entry {
    pub(super) entry: ManifestEntryRef,
    pub(super) sequence: i64,
    pub(super) spec: i32,
}

/// The manifests of a snapshot.
///
/// Errors: `BadData` naming the file, and those of reading.
pub(super) async fn list(
    storage: &Storage,
    paths: &Paths,
    metadata: &TableMetadata,
    snapshot: &SnapshotRef,
) -> Result<Vec<ManifestFile>> {
    let at = paths.locate(snapshot.manifest_list())?;
    let bytes = storage.get(&at).await.map_err(|error| error.within("iceberg: a manifest list"))?;
    let parsed = ManifestList::parse_with_version(&bytes, metadata.format_version());
    // A table that was upgraded keeps lists of the version before.
    let parsed = parsed.or_else(|error| {
        ManifestList::parse_with_version(&bytes, FormatVersion::V1).map_err(|_| failed(&error, format!("manifest list {at}")))
    })?;
    Ok(parsed.consume_entries().into_iter().collect())
}

impl Iceberg {
    /// The entries of one manifest that are there.
    pub(super) async fn entries(&self, storage: &Storage, file: &ManifestFile) -> Result<(Manifest, Vec<Entry>)> {
        let at = self.location(&file.manifest_path)?;
        let bytes = storage.get(&at).await.map_err(|error| error.within("iceberg: a manifest"))?;
        let manifest = Manifest::parse_avro(&bytes).map_err(|error| failed(&error, format!("manifest {at}")))?;
        let alive = manifest.entries().iter().filter(|entry| entry.status() != ManifestStatus::Deleted);
        let sequence = |entry: &ManifestEntryRef| entry.sequence_number().unwrap_or(file.sequence_number);
        let entry = |entry: &ManifestEntryRef| Entry {
            entry: Arc::clone(entry),
            sequence: sequence(entry),
            spec: file.partition_spec_id,
        };
        let entries = alive.map(entry).collect();
        Ok((manifest, entries))
    }

    /// The data files that the filters leave.
    pub(super) async fn data_files(&self, storage: &Storage, list: &[ManifestFile], pruning: &Pruning<'_>) -> Result<Vec<Data>> {
        let manifests: Vec<&ManifestFile> = list.iter().filter(|file| file.content == ManifestContentType::Data).collect();
        let summaries: Vec<Bounds> = manifests.iter().map(|file| self.summarised(file)).collect();
        let keep = pruning.keep(&summaries)?;
        let kept: Vec<&ManifestFile> = manifests.into_iter().zip(keep).filter_map(|(file, keep)| keep.then_some(file)).collect();
        let reads: Vec<_> = kept.into_iter().map(|file| self.entries(storage, file)).collect();
        let mut read = stream::iter(reads).buffered(CONCURRENT_MANIFESTS);
        let mut files = vec![];
        while let Some((manifest, entries)) = read.try_next().await? {
            files.extend(self.kept(&manifest, entries, pruning)?);
        }
        Ok(files)
    }

    fn kept(&self, manifest: &Manifest, entries: Vec<Entry>, pruning: &Pruning<'_>) -> Result<Vec<Data>> {
        let (spec, schema) = (manifest.metadata().partition_spec(), manifest.metadata().schema());
        let partition = spec.partition_type(schema).map_err(|error| failed(&error, "a partition's type"))?;
        let known = entries.into_iter().map(|entry| {
            let file = entry.entry.data_file();
            let keys = self.key_values(spec, &partition, file.partition())?;
            let bounds = self.bounds(spec, file, &keys);
            Ok((entry, keys, bounds))
        });
        let known = known.collect::<Result<Vec<_>>>()?;
        let bounds: Vec<Bounds> = known.iter().map(|(_, _, bounds)| bounds.clone()).collect();
        let keep = pruning.keep(&bounds)?;
        let kept = known.into_iter().zip(keep).filter(|(_, keep)| *keep);
        kept.map(|((entry, keys, _), _)| self.data(&entry, keys)).collect()
    }

    fn data(&self, entry: &Entry, keys: Arc<[ScalarValue]>) -> Result<Data> {
        let file = entry.entry.data_file();
        if file.content_type() != DataContentType::Data {
            return Err(Error::bad_data(format!("iceberg: {} is among the data files and is none", file.file_path())));
        }
        Ok(Data {
            file: LakeFile { keys, ..self.parquet(file)? },
            path: file.file_path().to_string(),
            sequence: entry.sequence,
            spec: entry.spec,
            partition: file.partition().clone(),
        })
    }

    /// A file that is read, without keys.
    ///
    /// Errors: `NotSupported` for one that is not Parquet.
    pub(super) fn parquet(&self, file: &DataFile) -> Result<LakeFile> {
        if file.file_format() != DataFileFormat::Parquet {
            let message = format!("iceberg: {} is in the format {}, only parquet is read", file.file_path(), file.file_format());
            return Err(Error::not_supported(message));
        }
        let logged = Logged { rows: Some(file.record_count()), size_unsure: true, ..Logged::default() };
        Ok(LakeFile {
            location: self.location(file.file_path())?,
            size: file.file_size_in_bytes(),
            etag: None,
            modified: self.snapshot.as_ref().map(|snapshot| snapshot.timestamp_ms()).unwrap_or_default(),
            keys: Arc::from([]),
            format: Arc::new(Format::Parquet),
            logged: Some(Arc::new(logged)),
        })
    }

    /// The values of the partition's columns that the file need not hold.
    fn key_values(&self, spec: &PartitionSpec, r#type: &StructType, partition: &Struct) -> Result<Arc<[ScalarValue]>> {
        let value = |id: &i32| {
            let of = |field: &iceberg::spec::PartitionField| field.source_id == *id && field.transform == Transform::Identity;
            let at = spec.fields().iter().position(of)?;
            let written = r#type.fields().get(at)?.field_type.as_primitive_type()?;
            values::constant(written, partition.fields().get(at)?.as_ref(), &self.arrow(*id)?)
        };
        let value = |id: &i32| {
            value(id).ok_or_else(|| {
                Error::bad_data(format!("iceberg: a partition of specification {} lacks the field {id}", spec.spec_id()))
            })
        };
        self.keys.iter().map(value).collect()
    }

    fn arrow(&self, id: i32) -> Option<DataType> {
        let field = self.schema.as_struct().fields().get(self.index(id)?)?;
        Some(columns::of(&field.field_type).ok()?.arrow())
    }

    /// What a manifest's entry says of a file's columns.
    fn bounds(&self, spec: &PartitionSpec, file: &DataFile, keys: &[ScalarValue]) -> Bounds {
        let mut columns = HashMap::new();
        for (at, field) in self.schema.as_struct().fields().iter().enumerate() {
            let (Some(to), true) = (self.arrow(field.id), field.field_type.is_primitive()) else { continue };
            let (low, high) = (file.lower_bounds().get(&field.id), file.upper_bounds().get(&field.id));
            let nulls = file.null_value_counts().get(&field.id).copied();
            columns.insert(at, values::bounds(low, high, nulls, &to));
        }
        for (field, value) in spec.fields().iter().zip(file.partition().fields()) {
            let value = match value {
                Some(Literal::Primitive(value)) => Some(value),
                _ => None,
            };
            self.narrow(&mut columns, field.source_id, field.transform, value, value);
        }
        for (id, value) in self.keys.iter().zip(keys) {
            let nulls = if value.is_null() { Some(file.record_count()) } else { Some(0) };
            let bounds = ColumnBounds { min: value.clone(), max: value.clone(), nulls };
            self.index(*id).and_then(|at| columns.insert(at, bounds));
        }
        Bounds { rows: Some(file.record_count()), columns }
    }

    /// Takes in what a partition says of a column of which the file itself says nothing.
    fn narrow(
        &self,
        columns: &mut HashMap<usize, ColumnBounds>,
        source: i32,
        transform: Transform,
        low: Option<&PrimitiveLiteral>,
        high: Option<&PrimitiveLiteral>,
    ) {
        let (Some(at), Some(to)) = (self.index(source), self.arrow(source)) else { return };
        let (min, max) = transforms::range(transform, low, high, &to);
        let unknown = ColumnBounds { min: ScalarValue::Null, max: ScalarValue::Null, nulls: None };
        let bounds = columns.entry(at).or_insert(unknown);
        if bounds.min.is_null() {
            bounds.min = min;
        }
        if bounds.max.is_null() {
            bounds.max = max;
        }
    }

    /// What the list says of the partitions of a manifest.
    fn summarised(&self, file: &ManifestFile) -> Bounds {
        let mut columns = HashMap::new();
        let (Some(spec), Some(summaries)) = (self.metadata.partition_spec_by_id(file.partition_spec_id), &file.partitions) else {
            return Bounds::default();
        };
        let Ok(types) = spec.partition_type(&self.schema) else { return Bounds::default() };
        for ((field, r#type), summary) in spec.fields().iter().zip(types.fields()).zip(summaries) {
            let Some(written) = r#type.field_type.as_primitive_type() else { continue };
            let low = summary.lower_bound.as_ref().and_then(|bytes| datum(bytes, written));
            let high = summary.upper_bound.as_ref().and_then(|bytes| datum(bytes, written));
            if field.transform == Transform::Identity {
                let Some((at, to)) = self.index(field.source_id).zip(self.arrow(field.source_id)) else { continue };
                let nulls = (!summary.contains_null).then_some(0);
                if summary.contains_nan != Some(true) {
                    columns.insert(at, values::bounds(low.as_ref(), high.as_ref(), nulls, &to));
                }
                continue;
            }
            let (low, high) = (low.as_ref().map(Datum::literal), high.as_ref().map(Datum::literal));
            self.narrow(&mut columns, field.source_id, field.transform, low, high);
        }
        Bounds { rows: None, columns }
    }
}

fn datum(bytes: &[u8], written: &PrimitiveType) -> Option<Datum> {
    Datum::try_from_bytes(bytes, written.clone()).ok()
}
