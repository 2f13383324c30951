//! A crawl up to the point where something would change: targets surveyed, tables made of them, named and compared with the
//! catalog.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use md5::{Digest, Md5};

use super::assemble::assemble;
use super::diff::{Policy, TableChange, table_change};
use super::exclude::Exclusions;
use super::found::Found;
use super::group::{Rules, group};
use super::inspected::Note;
use super::lake;
use super::left_out::Reason;
use super::memory::{Memory, Written};
use super::options::{Grouping, Options};
use super::partition_diff::{PartitionChanges, partition_changes};
use super::progress::Progress;
use super::read::Readers;
use super::survey::{Target, survey};
use super::table_name::{self, Holder};
use super::tree::Item;
use crate::catalog::{Catalog, PageRequest};
use crate::crawler::{Classifier, Crawler, DeleteBehavior, RecrawlBehavior, S3Target};
use crate::error::{Error, ErrorKind, Result};
use crate::local::LocalCatalog;
use crate::storage::{Location, Storage};
use crate::table::{Partition, Table};

/// What to crawl and how. `progress` counters should be fresh for each crawl: the report's numbers are theirs.
#[derive(Debug, Clone, Default)]
pub struct Request {
    /// Where the tables go; created when it is not there.
    pub database: String,
    pub targets: Vec<S3Target>,
    pub options: Options,
    /// Each target is one table of this name.
    pub table_name: Option<String>,
    pub table_prefix: String,
    pub classifiers: Vec<Classifier>,
    /// The crawler's name. A crawl without one remembers by its targets and options.
    pub crawler: Option<String>,
}

impl Request {
    /// The request of a crawler's record, with the classifiers that it names.
    ///
    /// Errors: `InvalidInput` for a record without a database or targets, and those of [`Options::of`]; `NotSupported` for targets
    /// that are not S3's.
    pub fn of(crawler: &Crawler, classifiers: Vec<Classifier>) -> Result<Self> {
        let refuse = |what: &str| Error::invalid(format!("crawler '{}' {what}", crawler.name));
        let set = |value: &&serde_json::Value| value.as_array().is_none_or(|targets| !targets.is_empty());
        if let Some((kind, _)) = crawler.targets.other.iter().find(|(_, value)| set(value)) {
            return Err(Error::not_supported(format!("crawler '{}' has {kind}; only S3Targets are crawled", crawler.name)));
        }
        if crawler.targets.s3.is_empty() {
            return Err(refuse("has no targets"));
        }
        Ok(Self {
            database: crawler.database_name.clone().ok_or_else(|| refuse("has no database"))?,
            targets: crawler.targets.s3.clone(),
            options: Options::of(crawler)?,
            table_name: None,
            table_prefix: crawler.table_prefix.clone().unwrap_or_default(),
            classifiers,
            crawler: Some(crawler.name.clone()),
        })
    }

    /// Who the tables say wrote them.
    pub fn writer(&self) -> &str {
        self.crawler.as_deref().unwrap_or("civetta crawl")
    }

    /// Under which key the memory of a target is kept.
    pub(super) fn memory_key(&self, target: &Location) -> String {
        let who = match &self.crawler {
            Some(name) => format!("crawler/{name}"),
            None => {
                let decided = (&self.database, &self.options, &self.table_name, &self.table_prefix, &self.targets);
                format!("crawl/{}", digest(&format!("{decided:?}")))
            }
        };
        format!("{who}/{target}")
    }

    fn target(&self, target: &S3Target) -> Result<Target> {
        let sample = match target.sample_size {
            Some(0) => return Err(Error::invalid("a sample of 0 objects tells nothing: SampleSize must be at least 1")),
            sample => sample.map(|sample| sample as usize),
        };
        Ok(Target {
            location: Location::parse(&target.path)?,
            exclusions: Exclusions::new(&target.exclusions)?,
            sample,
            new_folders_only: self.options.recrawl == RecrawlBehavior::CrawlNewFoldersOnly,
        })
    }
}

pub(super) fn digest(text: &str) -> String {
    Md5::digest(text.as_bytes()).iter().map(|byte| format!("{byte:02x}")).collect()
}

/// What a crawl reads and writes.
#[derive(Debug, Clone, Copy)]
pub struct Places<'a> {
    pub storage: &'a Storage,
    pub catalog: &'a dyn Catalog,
    /// Keeps the crawler's memory, whatever the catalog is.
    pub home: &'a LocalCatalog,
}

/// Tables found below the targets, and what there is to say about the rest. Nothing of a catalog is in it.
#[derive(Debug, Default)]
pub struct Finds {
    pub tables: Vec<Found>,
    pub left_out: Vec<(String, Reason)>,
    pub notes: Vec<Note>,
    pub objects_listed: u64,
    pub objects_read: u64,
    pub bytes_read: u64,
    /// Each target with its memory, by [`Request::memory_key`].
    pub(super) memories: BTreeMap<String, (Location, Memory)>,
}

/// The pure part of a crawl: what the targets hold, from their objects and what `memories` has of them.
///
/// Errors: those of listing and reading; `InvalidInput` for a target, pattern or classifier that cannot be.
pub async fn find(
    request: &Request,
    storage: &Storage,
    mut memories: BTreeMap<String, Memory>,
    progress: &Arc<Progress>,
) -> Result<Finds> {
    let readers = Readers::new(storage.clone(), Arc::clone(progress), request.classifiers.clone())?;
    let mut finds = Finds::default();
    for target in &request.targets {
        let before = finds.tables.len();
        let target = request.target(target)?;
        let key = request.memory_key(&target.location);
        let memory = memories.remove(&key).unwrap_or_default();
        let rules = rules(request, &target.location, &memory.tables);
        let mut survey = survey(&target, storage, &readers, memory, progress).await?;
        let items: Vec<Item<'_>> =
            survey.data.iter().map(|seen| Item { key: &seen.key, inspection: seen.inspection() }).collect();
        let groups = group(&items, &survey.memory.findings, &rules);
        for group in groups {
            finds.tables.push(assemble(&group, &mut survey, target.exclusions.patterns())?);
        }
        for claimed in &survey.claimed {
            finds.tables.push(lake::found(claimed, &survey.base, storage, &readers).await?);
        }
        progress.add_tables(finds.tables.len() - before);
        finds.left_out.append(&mut survey.left_out);
        finds.notes.append(&mut survey.notes);
        finds.objects_listed += survey.objects_listed;
        finds.memories.insert(key, (target.location, survey.memory));
    }
    let done = progress.snapshot();
    (finds.objects_read, finds.bytes_read) = (done.read, done.bytes);
    // Targets may overlap; a location is one table.
    let mut seen = BTreeSet::new();
    finds.tables.retain(|table| seen.insert(table.location.clone()));
    if let Some(threshold) = request.options.table_threshold
        && finds.tables.len() > threshold
    {
        return Err(Error::new(
            ErrorKind::LimitExceeded,
            format!(
                "The number of tables detected by crawler: {} is greater than the table threshold value provided: {threshold}. \
                 Failing crawler without writing to Data Catalog.",
                finds.tables.len()
            ),
        ));
    }
    Ok(finds)
}

fn rules(request: &Request, target: &Location, tables: &[Written]) -> Rules {
    let folder = target.folder().to_string();
    // The bucket is level 1, so the target is as deep as it has folders, and one more.
    let depth = 1 + target.folder().key.matches('/').count();
    let level =
        if request.table_name.is_some() { Some(0) } else { request.options.table_level.map(|level| level.saturating_sub(depth)) };
    let kept = if request.options.grouping == Grouping::Separate {
        BTreeSet::new()
    } else {
        tables
            .iter()
            .filter(|table| table.partitioned)
            .filter_map(|table| Some(table.location.strip_prefix(&folder)?.to_string()))
            .collect()
    };
    Rules { grouping: request.options.grouping, level, kept }
}

/// One table of a plan.
#[derive(Debug)]
pub struct PlannedTable {
    pub found: Found,
    pub change: TableChange,
    pub partitions: PartitionChanges,
    /// What the crawler wrote into it before.
    pub(super) written: Vec<Table>,
}

/// A table that the crawler wrote once and does not find any more.
#[derive(Debug)]
pub struct MissingTable {
    pub table: Table,
    pub behavior: DeleteBehavior,
}

/// All that a crawl would change.
#[derive(Debug)]
pub struct Plan {
    pub request: Request,
    pub create_database: bool,
    pub tables: Vec<PlannedTable>,
    pub missing: Vec<MissingTable>,
    pub finds: Finds,
}

/// Looks and compares; changes nothing.
///
/// Errors: those of [`find`] and of the catalog; `LimitExceeded` for more tables than the threshold allows, in Glue's words.
pub async fn plan(request: Request, places: Places<'_>, progress: &Arc<Progress>) -> Result<Plan> {
    let mut memories = BTreeMap::new();
    for target in &request.targets {
        let key = request.memory_key(&Location::parse(&target.path)?);
        memories.insert(key.clone(), remembered(places.home, &key, &request.classifiers).await?);
    }
    let mut finds = find(&request, places.storage, memories, progress).await?;
    let create_database = match places.catalog.database(&request.database).await {
        Ok(_) => false,
        Err(error) if error.kind() == ErrorKind::DatabaseNotFound => true,
        Err(error) => return Err(error),
    };
    let mut namer = Namer { request: &request, catalog: places.catalog, taken: BTreeSet::new(), exists: !create_database };
    let mut tables = Vec::with_capacity(finds.tables.len());
    let now = chrono::Utc::now().timestamp_millis();
    for found in std::mem::take(&mut finds.tables) {
        let (name, old) = namer.name(&found).await?;
        let written = written(places.home, &request.database, &name).await?;
        let mut wanted = found.table(&request.database, &name, request.writer());
        if !found.keys.is_empty() && request.options.partition_index {
            for parameters in [&mut wanted.parameters, &mut wanted.storage_descriptor.get_or_insert_default().parameters] {
                parameters.get_or_insert_default().insert("partition_filtering.enabled".to_string(), "true".to_string());
            }
        }
        let policy = Policy { update: request.options.update, merge_new_columns: request.options.merge_new_columns };
        let change = table_change(&found, wanted, old.as_ref(), &written, policy);
        let rekeyed = matches!(change, TableChange::Update { rekeyed: true, .. });
        let old_partitions = if old.is_none() || rekeyed || found.keys.is_empty() {
            Vec::new()
        } else {
            partitions(places.catalog, &request.database, &name).await?
        };
        let policies = (request.options.update, request.options.delete);
        let partitions = partition_changes(&found.partitions, change.table(), old_partitions, request.writer(), policies, now);
        tables.push(PlannedTable { found, change, partitions, written });
    }
    let missing = missing(&request, &finds, &tables, places.catalog).await?;
    Ok(Plan { create_database, tables, missing, finds, request })
}

/// The memory under a key. One that cannot be read or was made with other classifiers costs only time: all is read anew.
async fn remembered(home: &LocalCatalog, key: &str, classifiers: &[Classifier]) -> Result<Memory> {
    let classifiers = digest(&serde_json::to_string(classifiers).unwrap_or_default());
    let mut memory = match home.memory(key).await? {
        None => Memory::default(),
        Some(blob) => match Memory::load(&blob) {
            Ok(memory) => memory.unwrap_or_default(),
            Err(error) => {
                tracing::warn!(%key, %error, "reading everything anew");
                Memory::default()
            }
        },
    };
    if memory.classifiers != classifiers {
        memory = Memory { tables: memory.tables, classifiers, ..Memory::default() };
    }
    Ok(memory)
}

/// The key under which is kept what the crawler wrote into a table.
pub(super) fn written_key(database: &str, table: &str) -> String {
    format!("table/{database}/{table}")
}

async fn written(home: &LocalCatalog, database: &str, table: &str) -> Result<Vec<Table>> {
    let Some(blob) = home.memory(&written_key(database, table)).await? else { return Ok(Vec::new()) };
    serde_json::from_slice(&blob)
        .map_err(|error| Error::bad_data(format!("what is remembered of table '{database}.{table}' is damaged")).caused_by(error))
}

async fn partitions(catalog: &dyn Catalog, database: &str, table: &str) -> Result<Vec<Partition>> {
    let mut partitions = Vec::new();
    let mut page = PageRequest::default();
    loop {
        let next = catalog.partitions(database, table, None, page.clone()).await?;
        partitions.extend(next.items);
        match next.next {
            Some(token) => page.token = Some(token),
            None => return Ok(partitions),
        }
    }
}

/// Gives each table a name, and looks up what the catalog has of that name.
struct Namer<'a> {
    request: &'a Request,
    catalog: &'a dyn Catalog,
    taken: BTreeSet<String>,
    exists: bool,
}

impl Namer<'_> {
    async fn name(&mut self, found: &Found) -> Result<(String, Option<Table>)> {
        let location = found.location.to_string();
        let forced = self.request.table_name.as_deref().filter(|_| self.is_target(&found.location));
        let plain = table_name::plain(&self.request.table_prefix, forced.unwrap_or(&found.called));
        let of_plain = self.lookup(&plain).await?;
        if let (Some(name), Some(other)) =
            (forced, of_plain.as_ref().filter(|table| holder(Some(table), &location) == Holder::Other))
        {
            let at = other.storage_descriptor.as_ref().and_then(|sd| sd.location.as_deref()).unwrap_or("another location");
            return Err(Error::new(
                ErrorKind::AlreadyExists,
                format!("table '{}.{name}' exists and holds {at}; drop it or choose another name", self.request.database),
            ));
        }
        let suffixed = table_name::suffixed(&plain, &location);
        let of_suffixed =
            if holder(of_plain.as_ref(), &location) == Holder::Same { None } else { self.lookup(&suffixed).await? };
        let name = table_name::choose(&plain, &location, &self.taken, |asked| {
            holder(if asked == plain { of_plain.as_ref() } else { of_suffixed.as_ref() }, &location)
        });
        let old = if name == plain { of_plain } else { of_suffixed };
        self.taken.insert(name.clone());
        Ok((name, old))
    }

    fn is_target(&self, location: &Location) -> bool {
        self.request
            .targets
            .iter()
            .filter_map(|target| Location::parse(&target.path).ok())
            .any(|target| target.folder() == location.folder())
    }

    async fn lookup(&self, name: &str) -> Result<Option<Table>> {
        if !self.exists {
            return Ok(None);
        }
        match self.catalog.table(&self.request.database, name).await {
            Ok(table) => Ok(Some(table)),
            Err(error) if error.kind() == ErrorKind::TableNotFound => Ok(None),
            Err(error) => Err(error),
        }
    }
}

fn holder(table: Option<&Table>, location: &str) -> Holder {
    let Some(table) = table else { return Holder::Nobody };
    let at = table.storage_descriptor.as_ref().and_then(|sd| sd.location.as_deref());
    if !table.is_view() && at.is_some_and(|at| at.trim_end_matches('/') == location.trim_end_matches('/')) {
        Holder::Same
    } else {
        Holder::Other
    }
}

/// Tables that were written by earlier crawls of these targets and were not found now.
async fn missing(request: &Request, finds: &Finds, tables: &[PlannedTable], catalog: &dyn Catalog) -> Result<Vec<MissingTable>> {
    let found: BTreeSet<&str> = tables.iter().map(|planned| planned.change.table().name.as_str()).collect();
    let mut missing = Vec::new();
    let mut asked = BTreeSet::new();
    for written in finds.memories.values().flat_map(|(_, memory)| &memory.tables) {
        if written.database != request.database || found.contains(written.table.as_str()) || !asked.insert(&written.table) {
            continue;
        }
        match catalog.table(&written.database, &written.table).await {
            Ok(table) if holder(Some(&table), &written.location) == Holder::Same => {
                missing.push(MissingTable { table, behavior: request.options.delete })
            }
            // Somebody dropped it, or made another of it.
            Ok(_) => {}
            Err(error) if matches!(error.kind(), ErrorKind::TableNotFound | ErrorKind::DatabaseNotFound) => {}
            Err(error) => return Err(error),
        }
    }
    Ok(missing)
}
