//! Iceberg tables (Iceberg table specification): metadata file → snapshot → manifest list → manifests → files. The `iceberg` crate
//! parses the metadata and the manifests; what is fetched and what is pruned is decided here.

mod columns;
mod deletes;
mod manifests;
mod metadata;
mod partitions;
pub(crate) mod tables;
mod transforms;
mod values;

use std::collections::HashSet;
use std::sync::Arc;

use catalog::storage::{Location, Storage};
use catalog::{Error, Result};
use iceberg::spec::{SchemaRef, SnapshotRef, TableMetadata, Transform};

use super::{AsOf, Asked, Files, Pruning, Snapshot, State};
use metadata::Paths;

/// A state of a table.
#[derive(Debug)]
pub(crate) struct Iceberg {
    metadata: Arc<TableMetadata>,
    paths: Paths,
    /// `None`: the table has no rows yet.
    snapshot: Option<SnapshotRef>,
    schema: SchemaRef,
    /// Ids of the columns whose values partitions say.
    keys: Vec<i32>,
}

/// Errors: as [`super::snapshot`].
pub(super) async fn snapshot(asked: Asked<'_>) -> Result<Snapshot> {
    let iceberg = Iceberg::open(asked).await?;
    let fields = iceberg.schema.as_struct().fields();
    let columns = columns::all(fields)?;
    let position = |id: &i32| fields.iter().position(|field| field.id == *id);
    let keys: Vec<usize> = iceberg.keys.iter().filter_map(position).collect();
    let named = columns::Names::of(&iceberg.metadata)?;
    let data = fields.iter().filter(|field| !iceberg.keys.contains(&field.id));
    let places: Vec<_> = data.map(|field| named.place(field)).collect();
    Ok(Snapshot { columns, keys, places: Some(places.into()), state: State::Iceberg(iceberg) })
}

impl Iceberg {
    /// Reads the table's metadata and finds the state that is asked for.
    ///
    /// Errors: as [`super::snapshot`].
    pub(crate) async fn open(asked: Asked<'_>) -> Result<Self> {
        let metadata = metadata::read(asked).await?;
        let paths = Paths::new(metadata.location(), asked.root);
        let snapshot = at(&metadata, asked.as_of)?;
        // A query of the past sees the columns of the past; one of a branch or of now the table's own (Trino, "Time travel queries").
        let schema = match (&snapshot, asked.as_of) {
            (Some(snapshot), Some(AsOf::Version(_) | AsOf::Time(_))) => {
                snapshot.schema(&metadata).map_err(|error| failed(&error, "the snapshot's schema"))?
            }
            _ => Arc::clone(metadata.current_schema()),
        };
        let keys = keys(&metadata, &schema);
        Ok(Self { metadata: Arc::new(metadata), paths, snapshot, schema, keys })
    }

    /// Errors: as [`super::snapshot`].
    pub(super) async fn files(&self, storage: &Storage, pruning: &Pruning<'_>) -> Result<Files> {
        let Some(snapshot) = &self.snapshot else { return Ok(Files::default()) };
        let list = manifests::list(storage, &self.paths, &self.metadata, snapshot).await?;
        let data = self.data_files(storage, &list, pruning).await?;
        let files = deletes::applied(self, storage, pruning, &list, data).await?;
        Ok(Files { files, rows: vec![] })
    }

    /// The index of a column in the table by its id.
    fn index(&self, id: i32) -> Option<usize> {
        self.schema.as_struct().fields().iter().position(|field| field.id == id)
    }

    fn location(&self, path: &str) -> Result<Location> {
        self.paths.locate(path)
    }
}

/// The snapshot that is asked for.
fn at(metadata: &TableMetadata, as_of: Option<&AsOf>) -> Result<Option<SnapshotRef>> {
    let found = match as_of {
        None => return Ok(metadata.current_snapshot().cloned()),
        Some(AsOf::Version(id)) => metadata.snapshot_by_id(*id),
        Some(AsOf::Name(name)) => metadata.snapshot_for_ref(name),
        Some(AsOf::Time(time)) => {
            let log = metadata.history().iter().filter(|entry| entry.timestamp_ms() <= time.timestamp_millis());
            log.max_by_key(|entry| entry.timestamp_ms()).and_then(|entry| metadata.snapshot_by_id(entry.snapshot_id))
        }
    };
    let Some(found) = found else {
        return Err(Error::invalid(match as_of {
            Some(AsOf::Version(id)) => format!("iceberg: the table has no snapshot {id}"),
            Some(AsOf::Name(name)) => format!("iceberg: the table has no branch or tag '{name}'"),
            Some(AsOf::Time(time)) => format!("iceberg: the table has no snapshot that is as old as {time}"),
            None => "iceberg: the table has no snapshot".to_string(),
        }));
    };
    Ok(Some(Arc::clone(found)))
}

/// The columns that all specifications of partitions have as they are: files of tables that were migrated do not hold them, and
/// where files do hold them, they are the same ("Column Projection").
fn keys(metadata: &TableMetadata, schema: &SchemaRef) -> Vec<i32> {
    let mut specs = metadata.partition_specs_iter().map(|spec| {
        let identities = spec.fields().iter().filter(|field| field.transform == Transform::Identity);
        identities.map(|field| field.source_id).collect::<HashSet<i32>>()
    });
    let first = specs.next().unwrap_or_default();
    let common = specs.fold(first, |common, spec| common.intersection(&spec).copied().collect());
    let fields = schema.as_struct().fields().iter();
    fields.map(|field| field.id).filter(|id| common.contains(id)).collect()
}

/// The library's error: what cannot be parsed is `BadData`, what it does not do `NotSupported`.
fn failed(error: &iceberg::Error, what: impl std::fmt::Display) -> Error {
    let text = format!("iceberg: {what}: {}", error.message());
    match error.kind() {
        iceberg::ErrorKind::FeatureUnsupported => Error::not_supported(text),
        _ => Error::bad_data(text),
    }
}
