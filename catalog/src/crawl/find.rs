//! The part of a crawl that needs no catalog: what the targets hold.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::assemble::assemble;
use super::found::Found;
use super::group::{Rules, group};
use super::inspected::Note;
use super::lake;
use super::left_out::Reason;
use super::memory::{Memory, Written};
use super::options::Grouping;
use super::progress::Progress;
use super::read::Readers;
use super::request::Request;
use super::survey::survey;
use super::tree::Item;
use crate::error::{Error, ErrorKind, Result};
use crate::storage::{Location, Storage};

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
            if group.class.is_none() {
                survey.leave_out_unread(&group);
                continue;
            }
            finds.tables.push(assemble(&group, &mut survey, target.exclusions.patterns())?);
        }
        for claimed in &survey.claimed {
            match lake::found(claimed, &survey.base, storage, &readers).await {
                Ok(table) => finds.tables.push(table),
                // One damaged log must not hide the other tables.
                Err(error) if matches!(error.kind(), ErrorKind::BadData | ErrorKind::ObjectNotFound) => {
                    let at = survey.base.join(&claimed.folder).to_string();
                    survey.left_out.push((at, Reason::Unrecognised(error.message().to_string())));
                }
                Err(error) => return Err(error),
            }
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
