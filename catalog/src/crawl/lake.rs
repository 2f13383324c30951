//! Tables of table formats: what a Delta log, Iceberg's metadata or Hudi's properties say about the folder they claim. They are
//! registered as what they are, also where they cannot be queried yet.

pub(super) mod delta;
pub(super) mod hudi;
pub(super) mod iceberg;
mod schema_json;

use std::sync::Arc;

use futures::{StreamExt, stream};

use super::columns::Columns;
use super::found::{Found, Reading};
use super::inspected::Inspections;
use super::layout::RootKind;
use super::memory::Known;
use super::read::{Outcome, Readers, Wanted};
use super::survey::Claimed;
use crate::error::Result;
use crate::format::{Format, HudiView, TableFormat};
use crate::name::fold;
use crate::storage::{Location, Storage};
use crate::table::{Column, Parameters};

/// What the format's own files say: columns, and parameters beside those that every table gets.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Said {
    pub columns: Vec<Column>,
    /// Partition keys that no file holds.
    pub keys: Vec<String>,
    pub parameters: Parameters,
    pub why: Vec<String>,
}

/// At most so many commits of a log are read for a schema, where it has a checkpoint that holds the older ones.
const COMMITS: usize = 200;

/// So many of them are asked for at once.
const AT_ONCE: usize = 20;

/// The table of a claimed folder.
///
/// Errors: `BadData` when its metadata cannot be understood, and those of reading.
pub(super) async fn found(claimed: &Claimed, base: &Location, storage: &Storage, readers: &Arc<Readers>) -> Result<Found> {
    let location = base.join(&claimed.folder);
    let (format, said) = match claimed.kind {
        RootKind::Delta => (TableFormat::Delta, delta_table(claimed, &location, storage).await),
        RootKind::Iceberg => (TableFormat::Iceberg, iceberg_table(claimed, &location, storage).await),
        RootKind::Hudi => (TableFormat::Hudi, hudi_table(claimed, &location, storage, readers).await),
    };
    let said = said.map_err(|error| error.within(format!("{} table at {location}", format.name())))?;
    let (mut input_format, output_format, mut serde) = Format::Table(format).describe();
    if said.parameters.get(hudi::TYPE).is_some_and(|kind| kind.eq_ignore_ascii_case(hudi::MERGE_ON_READ)) {
        input_format = HudiView::Merged.input_format().to_string();
    }
    serde.parameters.get_or_insert_default().insert("path".to_string(), location.to_string());
    let (objects, bytes) = claimed.objects.iter().fold((0, 0), |(count, bytes), (_, size)| (count + 1, bytes + size));
    let mut parameters = Format::Table(format).table_parameters();
    parameters.extend(said.parameters);
    let fixed =
        [("classification", format.name().to_string()), ("typeOfData", "file".to_string()), ("EXTERNAL", "TRUE".to_string())];
    parameters.extend(fixed.into_iter().map(|(key, value)| (key.to_string(), value)));
    parameters.extend([("objectCount".to_string(), objects.to_string()), ("sizeKey".to_string(), bytes.to_string())]);
    Ok(Found {
        called: super::found::called(&location),
        location,
        columns: said.columns,
        keys: said.keys,
        reading: Reading { input_format, output_format, serde },
        parameters,
        partitions: Vec::new(),
        objects,
        bytes,
        why: said.why,
    })
}

async fn delta_table(claimed: &Claimed, location: &Location, storage: &Storage) -> Result<Said> {
    let names: Vec<&str> = claimed.objects.iter().filter_map(|(key, _)| key.strip_prefix("_delta_log/")).collect();
    let mut commits = delta::commits(&names);
    let mut log = delta::Log::default();
    let checkpoint = delta::newest_checkpoint(&names);
    if !checkpoint.is_empty() {
        commits.truncate(COMMITS);
    }
    for batch in commits.chunks(AT_ONCE) {
        // Newest first; the first schema met is the current one.
        let places: Vec<Location> = batch.iter().map(|(_, name)| location.join(&format!("_delta_log/{name}"))).collect();
        let gets: Vec<_> = places.iter().map(|at| storage.get(at)).collect();
        let texts: Vec<_> = stream::iter(gets).buffered(AT_ONCE).collect().await;
        for ((version, name), text) in batch.iter().zip(texts) {
            log.read(*version, &text?).map_err(|error| error.within(name))?;
        }
        if log.schema.is_some() {
            break;
        }
    }
    if log.schema.is_none() {
        for name in checkpoint {
            log.read_checkpoint(storage.get(&location.join(&format!("_delta_log/{name}"))).await?)
                .map_err(|error| error.within(name))?;
        }
    }
    log.said()
}

async fn iceberg_table(claimed: &Claimed, location: &Location, storage: &Storage) -> Result<Said> {
    let names: Vec<&str> = claimed.objects.iter().filter_map(|(key, _)| key.strip_prefix("metadata/")).collect();
    let Some(name) = iceberg::newest(&names) else {
        return Err(crate::Error::bad_data("its metadata folder holds no metadata.json"));
    };
    let at = location.join(&format!("metadata/{name}"));
    let bytes = storage.get(&at).await?;
    iceberg::said(&at, &bytes)
}

async fn hudi_table(claimed: &Claimed, location: &Location, storage: &Storage, readers: &Arc<Readers>) -> Result<Said> {
    let properties = storage.get(&location.join(".hoodie/hoodie.properties")).await?;
    let mut said = hudi::said(&String::from_utf8_lossy(&properties));
    let Some((key, size)) = hudi::newest_file(&claimed.objects) else {
        said.why.push("it has no Parquet file yet that would tell its columns".to_string());
        return Ok(said);
    };
    let wanted = Wanted { index: 0, key: location.join(key).key, size: *size };
    let raw = readers.read(location, stream::iter([vec![wanted]])).await?;
    let mut findings = Inspections::default();
    for (_, outcome) in readers.settle(raw, &mut findings)? {
        if let Outcome::Data { found: Known::Data { inspection, .. }, .. } = outcome
            && let Some(inspected) = findings.get(inspection)
        {
            let columns = Columns::fold(&inspected.columns);
            said.columns = columns.iter().map(|(column, _)| Column::new(fold(&column.name), column.shape.hive())).collect();
        }
    }
    said.why.push(format!("columns from the footer of {key}"));
    Ok(said)
}
