//! Deletes of Iceberg ("Row-level Deletes"): positions in files and deletion vectors become rows that the leaf skips; equality
//! deletes become what the file's rows must not be equal to, an anti-join.

use std::collections::HashMap;
use std::sync::Arc;

use catalog::storage::Storage;
use catalog::{Error, Result};
use datafusion::arrow::array::{Array, AsArray, RecordBatch};
use datafusion::arrow::datatypes::{DataType, Field, FieldRef, Int64Type};
use futures::{StreamExt, TryStreamExt, stream};
use iceberg::spec::{DataContentType, DataFile, DataFileFormat, ManifestContentType, ManifestFile, PrimitiveLiteral};
use roaring::RoaringTreemap;

use super::Iceberg;
use super::columns;
use super::manifests::{Data, Entry};
use crate::lake_format::deletion_vector::{FRAME, framed};
use crate::lake_format::{Place, Pruning};
use crate::scan;
use crate::scan::snapshot::{LakeFile, Unlike};

/// The ids of the columns of position delete files ("Reserved Field IDs").
const FILE_PATH: i32 = 2_147_483_546;
const POSITION: i32 = 2_147_483_545;

/// Files of deletes that are read at a time.
const CONCURRENT_FILES: usize = 8;

/// The files, with the rows that are deleted from them.
///
/// Errors: as [`crate::lake_format::snapshot`].
pub(super) async fn applied(
    iceberg: &Iceberg,
    storage: &Storage,
    pruning: &Pruning<'_>,
    list: &[ManifestFile],
    mut data: Vec<Data>,
) -> Result<Vec<LakeFile>> {
    let manifests: Vec<&ManifestFile> = list.iter().filter(|file| file.content == ManifestContentType::Deletes).collect();
    if !manifests.is_empty() && !data.is_empty() {
        let reads: Vec<_> = manifests.into_iter().map(|file| iceberg.entries(storage, file)).collect();
        let read = stream::iter(reads).buffered(CONCURRENT_FILES);
        let entries: Vec<Entry> = read.map_ok(|(_, entries)| entries).try_concat().await?;
        let (equal, positions): (Vec<Entry>, Vec<Entry>) =
            entries.into_iter().partition(|entry| entry.entry.data_file().content_type() == DataContentType::EqualityDeletes);
        let deleted = positions_of(iceberg, storage, pruning, positions, &data).await?;
        let unlike = equal.into_iter().map(|entry| Ok((Arc::new(unlike(iceberg, &entry)?), entry)));
        let unlike = unlike.collect::<Result<Vec<(Arc<Unlike>, Entry)>>>()?;
        for (data, deleted) in data.iter_mut().zip(deleted) {
            let applies: Vec<Arc<Unlike>> = unlike
                .iter()
                .filter(|(_, entry)| is_deleted_by(iceberg, data, entry))
                .map(|(unlike, _)| Arc::clone(unlike))
                .collect();
            if let Some(logged) = data.file.logged.as_mut() {
                let logged = Arc::make_mut(logged);
                logged.deleted = deleted;
                logged.unlike = applies;
            }
        }
    }
    Ok(data.into_iter().map(|data| data.file).collect())
}

/// An equality delete applies to what was written before it, in its partition, or everywhere if it has none.
fn is_deleted_by(iceberg: &Iceberg, data: &Data, delete: &Entry) -> bool {
    let everywhere = iceberg.metadata.partition_spec_by_id(delete.spec).is_some_and(|spec| spec.is_unpartitioned());
    delete.sequence > data.sequence
        && (everywhere || (delete.spec == data.spec && *delete.entry.data_file().partition() == data.partition))
}

fn unlike(iceberg: &Iceberg, entry: &Entry) -> Result<Unlike> {
    let file = entry.entry.data_file();
    let column = |id: &i32| {
        let at = iceberg.index(*id).ok_or_else(|| {
            let what = "an equality delete by a column that was dropped or is within another is not supported";
            Error::not_supported(format!("iceberg: {}: {what} (field {id})", file.file_path()))
        })?;
        let field = &iceberg.schema.as_struct().fields()[at];
        Ok((at, columns::column(field)?, columns::Names::default().place(field)))
    };
    let columns = file.equality_ids().unwrap_or_default().iter().map(column).collect::<Result<Vec<_>>>()?;
    Ok(Unlike {
        columns: columns.iter().map(|(at, ..)| *at).collect(),
        fields: columns.iter().map(|(_, field, _)| Arc::clone(field)).collect(),
        places: columns.into_iter().map(|(.., place)| place).collect(),
        file: iceberg.parquet(file)?,
    })
}

/// Per data file, the positions of its deleted rows.
async fn positions_of(
    iceberg: &Iceberg,
    storage: &Storage,
    pruning: &Pruning<'_>,
    entries: Vec<Entry>,
    data: &[Data],
) -> Result<Vec<RoaringTreemap>> {
    let by_path: HashMap<&str, usize> = data.iter().enumerate().map(|(at, data)| (data.path.as_str(), at)).collect();
    let applies = |entry: &Entry, at: usize| entry.sequence >= data[at].sequence;
    let concerns = |entry: &Entry| match target(entry.entry.data_file()) {
        Some(path) => by_path.get(path.as_str()).is_some_and(|at| applies(entry, *at)),
        None => data.iter().any(|data| entry.sequence >= data.sequence),
    };
    let reads: Vec<_> = entries.into_iter().filter(concerns).map(|entry| deleted_by(iceberg, storage, pruning, entry)).collect();
    let mut read = stream::iter(reads).buffered(CONCURRENT_FILES);
    let mut deleted = vec![RoaringTreemap::new(); data.len()];
    while let Some((entry, rows)) = read.try_next().await? {
        match rows {
            Deleted::Vector((path, rows)) => {
                if let Some(at) = by_path.get(path.as_str()) {
                    deleted[*at] |= rows;
                }
            }
            Deleted::Rows(batches) => {
                for batch in batches {
                    for (path, row) in pairs(&batch)? {
                        if let Some(at) = by_path.get(path).filter(|at| applies(&entry, **at)) {
                            deleted[*at].insert(row);
                        }
                    }
                }
            }
        }
    }
    Ok(deleted)
}

enum Deleted {
    /// Of the data file with this path.
    Vector((String, RoaringTreemap)),
    Rows(Vec<RecordBatch>),
}

async fn deleted_by(iceberg: &Iceberg, storage: &Storage, pruning: &Pruning<'_>, entry: Entry) -> Result<(Entry, Deleted)> {
    let rows = match entry.entry.data_file().file_format() {
        DataFileFormat::Puffin => Deleted::Vector(vector(iceberg, storage, entry.entry.data_file()).await?),
        _ => Deleted::Rows(positions(iceberg, storage, pruning, entry.entry.data_file()).await?),
    };
    Ok((entry, rows))
}

/// The one data file that a delete is about, where it is about one.
fn target(file: &DataFile) -> Option<String> {
    let bound = |datum: Option<&iceberg::spec::Datum>| match datum?.literal() {
        PrimitiveLiteral::String(path) => Some(path.clone()),
        _ => None,
    };
    let (low, high) = (bound(file.lower_bounds().get(&FILE_PATH)), bound(file.upper_bounds().get(&FILE_PATH)));
    file.referenced_data_file().or_else(|| low.filter(|low| high.as_ref() == Some(low)))
}

async fn vector(iceberg: &Iceberg, storage: &Storage, file: &DataFile) -> Result<(String, RoaringTreemap)> {
    let at = iceberg.location(file.file_path())?;
    let number = |number: Option<i64>| number.and_then(|number| u64::try_from(number).ok());
    let (Some(path), Some(offset), Some(size)) =
        (file.referenced_data_file(), number(file.content_offset()), number(file.content_size_in_bytes()))
    else {
        return Err(Error::bad_data(format!("iceberg: the manifest does not say where in {at} a deletion vector is, or whose")));
    };
    let bytes = storage.get_range(&at, offset..offset.saturating_add(size)).await?;
    let inner = size.checked_sub(FRAME).and_then(|inner| u32::try_from(inner).ok()).unwrap_or_default();
    Ok((path, framed(&bytes, inner).map_err(|error| error.within(format!("iceberg: {at}")))?))
}

async fn positions(iceberg: &Iceberg, storage: &Storage, pruning: &Pruning<'_>, file: &DataFile) -> Result<Vec<RecordBatch>> {
    let column = |name: &str, kind: DataType| -> FieldRef { Arc::new(Field::new(name, kind, true)) };
    let place = |id: i32, name: &str| Place { id: Some(id), names: vec![name.to_string()], members: vec![], default: None };
    let columns = vec![column("file_path", DataType::Utf8View), column("pos", DataType::Int64)];
    let places = [place(FILE_PATH, "file_path"), place(POSITION, "pos")];
    let read = scan::read(storage, pruning.session(), vec![iceberg.parquet(file)?], columns, Arc::from(places)).await;
    read.map_err(|error| error.within("iceberg: position deletes"))
}

/// Paths of files and positions in them.
fn pairs(batch: &RecordBatch) -> Result<impl Iterator<Item = (&str, u64)>> {
    let (Some(paths), Some(rows)) = (batch.column(0).as_string_view_opt(), batch.column(1).as_primitive_opt::<Int64Type>())
    else {
        return Err(Error::internal("position deletes came with other types"));
    };
    if paths.null_count() > 0 || rows.null_count() > 0 {
        return Err(Error::bad_data("iceberg: position deletes without file or position"));
    }
    Ok(paths.iter().flatten().zip(rows.values().iter().filter_map(|row| u64::try_from(*row).ok())))
}
