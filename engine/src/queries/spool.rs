//! Results kept at hand for paging: small ones in memory, larger ones as Arrow files of this process, both bounded in bytes and
//! age, the least recently used going first. What is gone from here is read from the result's file.

mod draft;

use std::collections::{BTreeMap, HashMap};
use std::fs::File;
use std::io::BufReader;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use catalog::{Error, Result};
use datafusion::arrow::array::RecordBatch;
use datafusion::arrow::ipc::reader::FileReader;

use super::json::{self, JsonPage};
use super::rows::{Row, rows};
use super::shape::RowForm;
pub(super) use draft::Draft;

/// What an entry costs beside its rows.
const ENTRY: usize = 512;

/// Bounds of what is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Limits {
    /// Bytes in memory and on disk.
    pub(super) memory: usize,
    pub(super) disk: u64,
    /// Since the last use.
    pub(super) age: Duration,
}

/// The results at hand. Cheap to clone.
#[derive(Debug, Clone)]
pub(super) struct Spool(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    folder: PathBuf,
    limits: Limits,
    kept: Mutex<Kept>,
}

#[derive(Debug, Default)]
struct Kept {
    results: HashMap<String, Entry>,
    /// Ids by their last use, oldest first.
    order: BTreeMap<u64, String>,
    uses: u64,
    memory: usize,
    disk: u64,
}

#[derive(Debug)]
struct Entry {
    result: Kind,
    last: u64,
    at: Instant,
}

/// One result.
#[derive(Debug, Clone)]
enum Kind {
    Memory { batches: Arc<[RecordBatch]>, bytes: usize },
    Disk { file: Arc<SpoolFile>, ends: Arc<[u64]>, bytes: u64 },
}

/// A file that is removed when nobody needs it any more.
#[derive(Debug)]
struct SpoolFile(PathBuf);

impl Drop for SpoolFile {
    fn drop(&mut self) {
        if let Err(error) = std::fs::remove_file(&self.0) {
            tracing::warn!("{} could not be removed: {error}", self.0.display());
        }
    }
}

impl Spool {
    /// Files are made in `folder`, which exists and is this process's alone.
    pub(super) fn new(folder: PathBuf, limits: Limits) -> Self {
        Self(Arc::new(Inner { folder, limits, kept: Mutex::default() }))
    }

    /// A result to be filled.
    pub(super) fn draft(&self) -> Draft {
        Draft::new(self.clone())
    }

    fn keep(&self, id: &str, result: Kind) {
        let mut kept = self.kept();
        kept.remove(id);
        match &result {
            Kind::Memory { bytes, .. } => kept.memory += bytes,
            Kind::Disk { bytes, .. } => kept.disk += bytes,
        }
        let last = kept.tick(id);
        kept.results.insert(id.to_owned(), Entry { result, last, at: Instant::now() });
        let Limits { memory, disk, .. } = self.0.limits;
        let gone = kept.shrink(memory, disk);
        drop(kept);
        // Files are removed outside of the lock.
        drop(gone);
    }

    /// The same rows under another id as well.
    pub(super) fn share(&self, from: &str, to: &str) {
        let result = self.kept().results.get(from).map(|entry| entry.result.clone());
        if let Some(result) = result {
            self.keep(to, result);
        }
    }

    /// Up to `count` rows from number `from` on; `None` where the result is not kept.
    pub(super) async fn rows(&self, id: &str, from: u64, count: usize, form: RowForm) -> Result<Option<Vec<Row>>> {
        let Some(result) = self.find(id) else { return Ok(None) };
        match result {
            Kind::Memory { batches, .. } => page(batches.iter().cloned().map(Ok), from, count, form).map(Some),
            Kind::Disk { file, ends, .. } => {
                let read = tokio::task::spawn_blocking(move || read(&file, &ends, from, count, form)).await;
                read.map_err(|error| Error::internal("reading a result was lost").caused_by(error))?.map(Some)
            }
        }
    }

    /// The rows from number `from` on, until their JSON has `most` bytes; `None` where the result is not kept.
    pub(super) async fn json(&self, id: &str, from: u64, most: usize) -> Result<Option<JsonPage>> {
        let Some(result) = self.find(id) else { return Ok(None) };
        let written = tokio::task::spawn_blocking(move || match result {
            Kind::Memory { batches, .. } => json::page(batches.iter().cloned().map(Ok), from, from, most),
            Kind::Disk { file, ends, .. } => match open(&file, &ends, from)? {
                Some((batches, skip)) => json::page(batches, skip, from, most),
                None => json::page(std::iter::empty(), 0, from, most),
            },
        });
        written.await.map_err(|error| Error::internal("reading a result was lost").caused_by(error))?.map(Some)
    }

    /// Lets go of what nobody has used for long.
    pub(super) fn expire(&self) {
        let mut gone = Vec::new();
        let mut kept = self.kept();
        while let Some((_, oldest)) = kept.order.first_key_value() {
            let old = kept.results.get(oldest).is_none_or(|entry| entry.at.elapsed() > self.0.limits.age);
            if !old {
                break;
            }
            let oldest = oldest.clone();
            gone.push(kept.remove(&oldest));
        }
        drop(kept);
        drop(gone);
    }

    fn find(&self, id: &str) -> Option<Kind> {
        let mut kept = self.kept();
        let last = kept.results.get(id)?.last;
        kept.order.remove(&last);
        let now = kept.tick(id);
        let entry = kept.results.get_mut(id)?;
        (entry.last, entry.at) = (now, Instant::now());
        Some(entry.result.clone())
    }

    /// What a panic left is still in order: each step leaves whole entries.
    fn kept(&self) -> MutexGuard<'_, Kept> {
        self.0.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Kept {
    fn tick(&mut self, id: &str) -> u64 {
        self.uses += 1;
        self.order.insert(self.uses, id.to_owned());
        self.uses
    }

    fn remove(&mut self, id: &str) -> Option<Kind> {
        let entry = self.results.remove(id)?;
        self.order.remove(&entry.last);
        match &entry.result {
            Kind::Memory { bytes, .. } => self.memory -= bytes,
            Kind::Disk { bytes, .. } => self.disk -= bytes,
        }
        Some(entry.result)
    }

    /// Takes out the least recently used results until the rest is within the bounds.
    fn shrink(&mut self, memory: usize, disk: u64) -> Vec<Kind> {
        let mut gone = Vec::new();
        while self.memory > memory || self.disk > disk {
            let over_memory = self.memory > memory;
            let counts = |id: &String| match self.results.get(id).map(|entry| &entry.result) {
                Some(Kind::Memory { .. }) => over_memory,
                _ => !over_memory,
            };
            let Some(id) = self.order.values().find(|id| counts(id)).cloned() else { break };
            gone.extend(self.remove(&id));
        }
        gone
    }
}

/// The rows of a page of batches that begin with row 0.
fn page(batches: impl Iterator<Item = Result<RecordBatch>>, mut from: u64, count: usize, form: RowForm) -> Result<Vec<Row>> {
    let mut page = Vec::new();
    for batch in batches {
        if page.len() >= count {
            break;
        }
        let batch = batch?;
        let rows_in = batch.num_rows() as u64;
        if from >= rows_in {
            from -= rows_in;
            continue;
        }
        let end = (from + (count - page.len()) as u64).min(rows_in);
        page.extend(rows(&batch, from as usize..end as usize, form)?);
        from = 0;
    }
    Ok(page)
}

fn read(file: &SpoolFile, ends: &[u64], from: u64, count: usize, form: RowForm) -> Result<Vec<Row>> {
    match open(file, ends, from)? {
        Some((batches, skip)) => page(batches, skip, count, form),
        None => Ok(Vec::new()),
    }
}

/// The batches of a file from the one on that has row number `from`, and how many rows of that are before it. `ends` are the numbers of
/// the first rows behind each batch.
fn open(file: &SpoolFile, ends: &[u64], from: u64) -> Result<Option<(impl Iterator<Item = Result<RecordBatch>>, u64)>> {
    let damaged = |error: String| Error::internal(format!("a kept result cannot be read: {error}"));
    let open = File::open(&file.0).map_err(|error| damaged(error.to_string()))?;
    let mut reader = FileReader::try_new(BufReader::new(open), None).map_err(|error| damaged(error.to_string()))?;
    let first = ends.partition_point(|end| *end <= from);
    if first >= ends.len() {
        return Ok(None);
    }
    reader.set_index(first).map_err(|error| damaged(error.to_string()))?;
    let before = first.checked_sub(1).and_then(|at| ends.get(at)).copied().unwrap_or(0);
    Ok(Some((reader.map(move |batch| batch.map_err(|error| damaged(error.to_string()))), from - before)))
}

#[cfg(test)]
mod tests;
