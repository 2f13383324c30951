//! `"t$snapshots"`, `"t$history"`, `"t$manifests"`, `"t$files"` and `"t$partitions"`: an Iceberg table's metadata as tables, with the
//! columns that Trino gives them ("Iceberg connector: Metadata tables").

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use catalog::storage::Storage;
use catalog::{Error, Result};
use datafusion::arrow::array::{
    ArrayRef, BinaryArray, BooleanArray, Int32Array, Int32Builder, Int64Array, Int64Builder, ListBuilder, MapBuilder,
    MapFieldNames, RecordBatch, StringViewArray, StringViewBuilder, new_empty_array,
};
use datafusion::arrow::datatypes::{Field, FieldRef, Schema};
use datafusion::arrow::error::ArrowError;
use datafusion::common::ScalarValue;
use futures::{StreamExt, TryStreamExt, stream};
use iceberg::spec::{DataFile, Datum, ManifestContentType, ManifestFile, Snapshot};

use super::manifests::Entry;
use super::{Iceberg, manifests, partitions};
use crate::error::from_datafusion;
use crate::scan::fitted;
use crate::types::Type;

/// Manifests that are read at a time.
const CONCURRENT_MANIFESTS: usize = 16;

/// What can be asked of an Iceberg table by a name after its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum About {
    Snapshots,
    History,
    Manifests,
    Files,
    Partitions,
}

impl About {
    pub(crate) const ALL: [(&'static str, Self); 5] = [
        ("$snapshots", Self::Snapshots),
        ("$history", Self::History),
        ("$manifests", Self::Manifests),
        ("$files", Self::Files),
        ("$partitions", Self::Partitions),
    ];

    /// What stands after the table's name.
    pub(crate) fn end(self) -> &'static str {
        Self::ALL.iter().find(|(_, about)| *about == self).map_or("", |(end, _)| end)
    }
}

impl Iceberg {
    /// The rows of one of the tables about this one.
    ///
    /// Errors: as [`crate::lake_format::snapshot`].
    pub(crate) async fn about(&self, storage: &Storage, about: About) -> Result<RecordBatch> {
        match about {
            About::Snapshots => self.snapshots(),
            About::History => self.history(),
            About::Manifests => manifest_rows(&self.manifests(storage).await?),
            About::Files => file_rows(&self.all_files(storage).await?),
            About::Partitions => partitions::rows(self, &self.all_files(storage).await?),
        }
    }

    async fn manifests(&self, storage: &Storage) -> Result<Vec<ManifestFile>> {
        match &self.snapshot {
            None => Ok(vec![]),
            Some(snapshot) => manifests::list(storage, &self.paths, &self.metadata, snapshot).await,
        }
    }

    async fn all_files(&self, storage: &Storage) -> Result<Vec<Entry>> {
        let list = self.manifests(storage).await?;
        let reads: Vec<_> = list.iter().map(|file| self.entries(storage, file)).collect();
        stream::iter(reads).buffered(CONCURRENT_MANIFESTS).map_ok(|(_, entries)| entries).try_concat().await
    }

    fn snapshots(&self) -> Result<RecordBatch> {
        let mut all: Vec<&Arc<Snapshot>> = self.metadata.snapshots().collect();
        all.sort_by_key(|snapshot| (snapshot.sequence_number(), snapshot.timestamp_ms()));
        let mut summaries = MapBuilder::new(Some(map_names()), StringViewBuilder::new(), StringViewBuilder::new());
        for snapshot in &all {
            let mut entries: Vec<(&String, &String)> = snapshot.summary().additional_properties.iter().collect();
            entries.sort_unstable();
            for (key, value) in entries {
                summaries.keys().append_value(key);
                summaries.values().append_value(value);
            }
            summaries.append(true).map_err(broken)?;
        }
        batch(vec![
            ("committed_at", instants(all.iter().map(|snapshot| snapshot.timestamp_ms()))?),
            ("snapshot_id", longs(all.iter().map(|snapshot| Some(snapshot.snapshot_id())))),
            ("parent_id", longs(all.iter().map(|snapshot| snapshot.parent_snapshot_id()))),
            ("operation", texts(all.iter().map(|snapshot| Some(snapshot.summary().operation.as_str().to_string())))),
            ("manifest_list", texts(all.iter().map(|snapshot| Some(snapshot.manifest_list().to_string())))),
            ("summary", Arc::new(summaries.finish())),
        ])
    }

    fn history(&self) -> Result<RecordBatch> {
        let log = self.metadata.history();
        let parent = |id: i64| self.metadata.snapshot_by_id(id).and_then(|snapshot| snapshot.parent_snapshot_id());
        let mut ancestors = HashSet::new();
        let mut at = self.metadata.current_snapshot_id();
        // A log that goes round in a circle ends, too.
        while let Some(id) = at.filter(|id| ancestors.insert(*id)) {
            at = parent(id);
        }
        batch(vec![
            ("made_current_at", instants(log.iter().map(|entry| entry.timestamp_ms()))?),
            ("snapshot_id", longs(log.iter().map(|entry| Some(entry.snapshot_id)))),
            ("parent_id", longs(log.iter().map(|entry| parent(entry.snapshot_id)))),
            (
                "is_current_ancestor",
                Arc::new(log.iter().map(|entry| Some(ancestors.contains(&entry.snapshot_id))).collect::<BooleanArray>()),
            ),
        ])
    }
}

fn manifest_rows(list: &[ManifestFile]) -> Result<RecordBatch> {
    let count = |of: fn(&ManifestFile) -> Option<u32>| -> ArrayRef {
        Arc::new(list.iter().map(|file| of(file).and_then(|count| i32::try_from(count).ok())).collect::<Int32Array>())
    };
    let rows =
        |of: fn(&ManifestFile) -> Option<u64>| longs(list.iter().map(|file| of(file).and_then(|rows| i64::try_from(rows).ok())));
    let content = |file: &ManifestFile| Some(i32::from(file.content == ManifestContentType::Deletes));
    batch(vec![
        ("content", Arc::new(list.iter().map(content).collect::<Int32Array>())),
        ("path", texts(list.iter().map(|file| Some(file.manifest_path.clone())))),
        ("length", longs(list.iter().map(|file| Some(file.manifest_length)))),
        ("partition_spec_id", Arc::new(list.iter().map(|file| Some(file.partition_spec_id)).collect::<Int32Array>())),
        ("added_snapshot_id", longs(list.iter().map(|file| Some(file.added_snapshot_id)))),
        ("added_data_files_count", count(|file| file.added_files_count)),
        ("added_rows_count", rows(|file| file.added_rows_count)),
        ("existing_data_files_count", count(|file| file.existing_files_count)),
        ("existing_rows_count", rows(|file| file.existing_rows_count)),
        ("deleted_data_files_count", count(|file| file.deleted_files_count)),
        ("deleted_rows_count", rows(|file| file.deleted_rows_count)),
    ])
}

fn file_rows(entries: &[Entry]) -> Result<RecordBatch> {
    let files: Vec<&DataFile> = entries.iter().map(|entry| entry.entry.data_file()).collect();
    let counts = |of: fn(&DataFile) -> &HashMap<i32, u64>| counts(files.iter().map(|file| of(file)));
    let bounds = |of: fn(&DataFile) -> &HashMap<i32, Datum>| bounds(files.iter().map(|file| of(file)));
    let mut offsets = ListBuilder::new(Int64Builder::new());
    let mut ids = ListBuilder::new(Int32Builder::new());
    for file in &files {
        offsets.append_option(file.split_offsets().map(|offsets| offsets.iter().copied().map(Some)));
        ids.append_option(file.equality_ids().filter(|ids| !ids.is_empty()).map(|ids| ids.into_iter().map(Some)));
    }
    let long = |number: u64| Some(i64::try_from(number).unwrap_or(i64::MAX));
    batch(vec![
        ("content", Arc::new(files.iter().map(|file| Some(file.content_type() as i32)).collect::<Int32Array>())),
        ("file_path", texts(files.iter().map(|file| Some(file.file_path().to_string())))),
        ("record_count", longs(files.iter().map(|file| long(file.record_count())))),
        ("file_format", texts(files.iter().map(|file| Some(file.file_format().to_string().to_uppercase())))),
        ("file_size_in_bytes", longs(files.iter().map(|file| long(file.file_size_in_bytes())))),
        ("column_sizes", counts(DataFile::column_sizes)?),
        ("value_counts", counts(DataFile::value_counts)?),
        ("null_value_counts", counts(DataFile::null_value_counts)?),
        ("nan_value_counts", counts(DataFile::nan_value_counts)?),
        ("lower_bounds", bounds(DataFile::lower_bounds)?),
        ("upper_bounds", bounds(DataFile::upper_bounds)?),
        ("key_metadata", Arc::new(files.iter().map(|file| file.key_metadata()).collect::<BinaryArray>())),
        ("split_offsets", Arc::new(offsets.finish())),
        ("equality_ids", Arc::new(ids.finish())),
    ])
}

fn counts<'a>(files: impl Iterator<Item = &'a HashMap<i32, u64>>) -> Result<ArrayRef> {
    let mut maps = MapBuilder::new(Some(map_names()), Int32Builder::new(), Int64Builder::new());
    for file in files {
        let mut entries: Vec<(&i32, &u64)> = file.iter().collect();
        entries.sort_unstable();
        for (id, count) in entries {
            maps.keys().append_value(*id);
            maps.values().append_value(i64::try_from(*count).unwrap_or(i64::MAX));
        }
        maps.append(true).map_err(broken)?;
    }
    Ok(Arc::new(maps.finish()))
}

fn bounds<'a>(files: impl Iterator<Item = &'a HashMap<i32, Datum>>) -> Result<ArrayRef> {
    let mut maps = MapBuilder::new(Some(map_names()), Int32Builder::new(), StringViewBuilder::new());
    for file in files {
        let mut entries: Vec<(&i32, &Datum)> = file.iter().collect();
        entries.sort_unstable_by_key(|(id, _)| **id);
        for (id, bound) in entries {
            maps.keys().append_value(*id);
            maps.values().append_value(bound.to_human_string());
        }
        maps.append(true).map_err(broken)?;
    }
    Ok(Arc::new(maps.finish()))
}

fn map_names() -> MapFieldNames {
    MapFieldNames { entry: "entries".to_string(), key: "key".to_string(), value: "value".to_string() }
}

pub(super) fn longs(values: impl Iterator<Item = Option<i64>>) -> ArrayRef {
    Arc::new(values.collect::<Int64Array>())
}

fn texts(values: impl Iterator<Item = Option<String>>) -> ArrayRef {
    Arc::new(values.collect::<StringViewArray>())
}

/// Milliseconds since 1970 as `timestamp(3) with time zone`.
fn instants(millis: impl Iterator<Item = i64>) -> Result<ArrayRef> {
    let to = Type::TimestampTz(3).arrow();
    let values = millis.map(|millis| fitted(&ScalarValue::TimestampMillisecond(Some(millis), Some("UTC".into())), &to));
    let values = values.collect::<Result<Vec<_>>>()?;
    if values.is_empty() { Ok(new_empty_array(&to)) } else { ScalarValue::iter_to_array(values).map_err(from_datafusion) }
}

pub(super) fn batch(columns: Vec<(&str, ArrayRef)>) -> Result<RecordBatch> {
    let field = |(name, values): &(&str, ArrayRef)| -> FieldRef { Arc::new(Field::new(*name, values.data_type().clone(), true)) };
    let schema = Schema::new(columns.iter().map(field).collect::<Vec<_>>());
    RecordBatch::try_new(Arc::new(schema), columns.into_iter().map(|(_, values)| values).collect()).map_err(broken)
}

pub(super) fn broken(error: ArrowError) -> Error {
    Error::internal(format!("iceberg: a table about a table: {error}")).caused_by(error)
}
