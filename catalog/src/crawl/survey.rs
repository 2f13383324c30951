//! From a target to what its objects are: listing, reading what is not known yet while the listing goes on, and the layout of
//! it all. Reads the storage and changes nothing.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use futures::{StreamExt, stream};
use tokio::sync::mpsc;

use super::exclude::Exclusions;
use super::group::Group;
use super::inspected::Note;
use super::layout::{Entry, Layout, Root, RootKind, claim, layout, may_be_claimed};
use super::left_out::{Reason, by_name};
use super::memory::{Known, Memory, fingerprint};
use super::progress::Progress;
use super::read::{Outcome, Raw, Readers, Wanted};
use super::spark_log::{self, Committed};
use crate::error::Result;
use crate::storage::{Listed, Location, Object, Storage, Why};

/// What to survey.
#[derive(Debug, Clone)]
pub(super) struct Target {
    /// A folder, a bucket or an object; a folder with or without its trailing slash.
    pub location: Location,
    pub exclusions: Exclusions,
    /// Only objects that match are looked at, where there is one.
    pub include: Option<Exclusions>,
    /// At most so many objects of each folder are read.
    pub sample: Option<usize>,
    /// Objects of folders that were there at the last run are not read again, changed or not.
    pub new_folders_only: bool,
}

/// One data object.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Seen {
    /// Relative to the target; empty when the target is the object.
    pub key: String,
    pub size: u64,
    /// `None` when it was not in the sample.
    pub known: Option<Known>,
}

impl Seen {
    /// The number of the finding, when it was read.
    pub(super) fn inspection(&self) -> Option<u32> {
        match self.known {
            Some(Known::Data { inspection, .. }) => Some(inspection),
            _ => None,
        }
    }
}

/// A folder that a table format claims.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Claimed {
    /// Relative to the target.
    pub folder: String,
    pub kind: RootKind,
    /// Its objects: key relative to `folder`, size in bytes.
    pub objects: Vec<(String, u64)>,
}

/// What a target holds.
#[derive(Debug)]
pub(super) struct Survey {
    /// The folder that keys are relative to; the object itself when the target is one.
    pub base: Location,
    pub is_object: bool,
    /// In key order.
    pub data: Vec<Seen>,
    pub claimed: Vec<Claimed>,
    /// Whole location and reason of each object that is no data.
    pub left_out: Vec<(String, Reason)>,
    /// Remarks on single objects that were read this time.
    pub notes: Vec<Note>,
    /// What to remember; the numbers of findings in `data` are of its.
    pub memory: Memory,
    pub objects_listed: u64,
}

/// Surveys a target. `memory` is what the last run left.
///
/// Errors: those of the listing, and of reading for other reasons than that single objects are gone or forbidden.
pub(super) async fn survey(
    target: &Target,
    storage: &Storage,
    readers: &Arc<Readers>,
    memory: Memory,
    progress: &Progress,
) -> Result<Survey> {
    let (mut listing, mut raw) = list_and_read(target, storage, readers, &memory, progress).await?;
    let base = listing.settle_base();
    let entries: Vec<Entry<'_>> =
        listing.objects.iter().map(|object| Entry { key: &object.relative, size: object.size }).collect();
    let mut layout = if listing.is_object { Layout { data: vec![0], ..Layout::default() } } else { layout(&entries) };
    drop_uncommitted(&mut layout, &entries, &base, storage).await?;

    let missing = listing.missing(&layout.data, &memory);
    let chunks: Vec<Vec<Wanted>> = missing.chunks(READ_AT_ONCE).map(<[Wanted]>::to_vec).collect();
    raw.extend(readers.read(&target.location, stream::iter(chunks)).await?);

    let Memory { findings, reasons, tables, classifiers, objects: old } = memory;
    let mut kept = Memory { findings, reasons, tables, classifiers, objects: BTreeMap::new() };
    let mut outcomes: BTreeMap<usize, Outcome> = readers.settle(raw, &mut kept.findings)?.into_iter().collect();

    let whole = |relative: &str| if relative.is_empty() { base.to_string() } else { base.join(relative).to_string() };
    let named = layout.left_out.iter().filter_map(|(index, reason)| Some((whole(entries.get(*index)?.key), reason.clone())));
    let left_out = listing.left_out.iter().cloned().chain(named).collect();
    let mut survey = Survey {
        claimed: layout.roots.iter().map(|root| claimed(root, &entries)).collect(),
        base: base.clone(),
        is_object: listing.is_object,
        objects_listed: listing.count,
        data: Vec::with_capacity(layout.data.len()),
        left_out,
        notes: Vec::new(),
        memory: kept,
    };
    let is_data: BTreeSet<usize> = layout.data.into_iter().collect();
    for (index, object) in listing.objects.iter().enumerate() {
        let known = old.get(&object.relative).filter(|(print, _)| *print == object.fingerprint).map(|(_, known)| known.clone());
        // Also of what turned out to be no data after it was read: it need not be read again to be left out.
        let learnt = survey.learn(object, outcomes.remove(&index), known);
        if is_data.contains(&index) {
            survey.place(object, learnt, || whole(&object.relative));
        }
    }
    Ok(survey)
}

/// So many objects are handed to the readers in one go.
const READ_AT_ONCE: usize = 1000;

/// Lists, and reads what may be data and is not known while the listing goes on.
async fn list_and_read<'t>(
    target: &'t Target,
    storage: &Storage,
    readers: &Arc<Readers>,
    memory: &Memory,
    progress: &Progress,
) -> Result<(Listing<'t>, Vec<Raw>)> {
    let (sender, receiver) = mpsc::channel::<Vec<Wanted>>(4);
    let batches = stream::unfold(receiver, |mut receiver| async { receiver.recv().await.map(|batch| (batch, receiver)) });
    let list = async {
        let sender = sender;
        let mut listing = Listing::new(target);
        let mut pages = storage.list(&target.location);
        while let Some(page) = pages.next().await {
            let page = page?;
            progress.add_listed(page.len());
            let wanted = listing.take(page, memory);
            // Nobody receives only when reading has failed, and then that error is the crawl's.
            if !wanted.is_empty() && sender.send(wanted).await.is_err() {
                break;
            }
        }
        Ok(listing)
    };
    tokio::try_join!(list, readers.read(&target.location, batches))
}

/// An object of the listing that was not excluded.
#[derive(Debug)]
struct Candidate {
    relative: String,
    size: u64,
    fingerprint: u64,
    /// Whether it was handed to the readers while the listing went on.
    asked: bool,
}

/// A listing as it grows. Objects are numbered by their place in it, which is that of their keys.
struct Listing<'t> {
    target: &'t Target,
    folder: Location,
    objects: Vec<Candidate>,
    left_out: Vec<(String, Reason)>,
    /// Folders seen to be claimed by a table format, relative to the target.
    claimed: Vec<String>,
    count: u64,
    is_object: bool,
}

impl<'t> Listing<'t> {
    fn new(target: &'t Target) -> Self {
        Self {
            target,
            folder: target.location.folder(),
            objects: Vec::new(),
            left_out: Vec::new(),
            claimed: Vec::new(),
            count: 0,
            is_object: false,
        }
    }

    /// Takes in a page and gives back what to read of it already.
    fn take(&mut self, page: Vec<Listed>, memory: &Memory) -> Vec<Wanted> {
        let mut wanted = Vec::new();
        for listed in page {
            self.count += 1;
            match listed {
                Listed::Skipped(skipped) => {
                    let at = Location { key: skipped.key, ..self.folder.clone() };
                    let reason = if skipped.why == Why::FolderMarker {
                        Reason::FolderMarker
                    } else {
                        Reason::UnusableKey(skipped.why.to_string())
                    };
                    self.left_out.push((at.to_string(), reason));
                }
                Listed::Object(object) => wanted.extend(self.take_object(object, memory)),
            }
        }
        wanted
    }

    fn take_object(&mut self, object: Object, memory: &Memory) -> Option<Wanted> {
        // The object that has the target's own name has an empty relative key.
        let relative = object.key.strip_prefix(&self.folder.key).unwrap_or_default();
        if let Some(pattern) = self.target.exclusions.matching(relative) {
            let at = Location { key: object.key.clone(), ..self.folder.clone() };
            self.left_out.push((at.to_string(), Reason::Excluded(pattern.to_string())));
            return None;
        }
        if let Some(include) = self.target.include.as_ref().filter(|include| include.matching(relative).is_none()) {
            let at = Location { key: object.key.clone(), ..self.folder.clone() };
            self.left_out.push((at.to_string(), Reason::NotIncluded(include.patterns().join(", "))));
            return None;
        }
        if let Some((claimed, _)) = claim(relative) {
            self.claimed.push(claimed.to_string());
        }
        let fingerprint = fingerprint(&object);
        let early = self.target.sample.is_none() && !self.target.new_folders_only && !may_be_claimed(relative);
        let asked = early
            && by_name(relative, object.size).is_none()
            && !self.claimed.iter().any(|folder| relative.starts_with(folder))
            && memory.known(relative, fingerprint).is_none();
        let index = self.objects.len();
        self.objects.push(Candidate { relative: relative.to_string(), size: object.size, fingerprint, asked });
        asked.then_some(Wanted { index, key: object.key, size: object.size })
    }

    /// What keys are relative to. An object of the target's own name is the target when nothing is below it.
    fn settle_base(&mut self) -> Location {
        match self.objects.as_slice() {
            [only] if only.relative.is_empty() && !self.target.location.is_folder() => {
                self.is_object = true;
                self.target.location.clone()
            }
            _ => self.folder.clone(),
        }
    }

    /// The data objects that must still be read.
    fn missing(&self, data: &[usize], memory: &Memory) -> Vec<Wanted> {
        let known_folders: BTreeSet<&str> = if self.target.new_folders_only {
            memory.objects.keys().map(|key| folder_of(key)).collect()
        } else {
            BTreeSet::new()
        };
        let objects = data.iter().filter_map(|&index| Some((index, self.objects.get(index)?)));
        let mut wanted: Vec<(usize, &Candidate)> =
            objects.filter(|(_, object)| !known_folders.contains(folder_of(&object.relative))).collect();
        if let Some(sample) = self.target.sample {
            wanted = sampled(wanted, sample);
        }
        wanted.retain(|(_, object)| !object.asked && memory.known(&object.relative, object.fingerprint).is_none());
        let key = |object: &Candidate| {
            if self.is_object { self.target.location.key.clone() } else { self.folder.join(&object.relative).key }
        };
        wanted.into_iter().map(|(index, object)| Wanted { index, key: key(object), size: object.size }).collect()
    }
}

fn folder_of(key: &str) -> &str {
    key.rfind('/').map_or("", |slash| key.split_at(slash).0)
}

/// At most `sample` objects of each folder: those with the smallest fingerprints, which is as good as at random and chooses
/// the same ones again.
fn sampled(objects: Vec<(usize, &Candidate)>, sample: usize) -> Vec<(usize, &Candidate)> {
    let mut folders: BTreeMap<&str, Vec<(usize, &Candidate)>> = BTreeMap::new();
    for (index, object) in objects {
        folders.entry(folder_of(&object.relative)).or_default().push((index, object));
    }
    for objects in folders.values_mut() {
        objects.sort_by_key(|(_, object)| object.fingerprint);
        objects.truncate(sample);
    }
    folders.into_values().flatten().collect()
}

fn claimed(root: &Root, entries: &[Entry<'_>]) -> Claimed {
    let objects = root.entries.iter().filter_map(|&at| entries.get(at));
    let relative = |entry: &Entry<'_>| Some((entry.key.strip_prefix(&root.folder)?.to_string(), entry.size));
    Claimed { folder: root.folder.clone(), kind: root.kind, objects: objects.filter_map(relative).collect() }
}

/// Reads the logs of Spark's sinks and leaves out what they do not name.
async fn drop_uncommitted(layout: &mut Layout, entries: &[Entry<'_>], base: &Location, storage: &Storage) -> Result<()> {
    for (folder, log) in std::mem::take(&mut layout.spark_sinks) {
        let below = format!("{folder}_spark_metadata/");
        let names = log.iter().filter_map(|&index| entries.get(index)?.key.strip_prefix(&below));
        let mut committed = Committed::default();
        for name in spark_log::current(names) {
            let at = base.join(&format!("{below}{name}"));
            let text = storage.get(&at).await?;
            committed.read(&String::from_utf8_lossy(&text)).map_err(|error| error.within(&at))?;
        }
        layout.keep_committed(entries, &folder, |relative| committed.contains(relative));
    }
    Ok(())
}

impl Survey {
    /// What is known of an object now, by its outcome or from the last run; remembers it.
    fn learn(&mut self, object: &Candidate, outcome: Option<Outcome>, known: Option<Known>) -> Result<Option<Learnt>, Reason> {
        let (known, notes) = match outcome {
            None => (known, Vec::new()),
            Some(Outcome::Data { found, notes }) => (Some(found), notes),
            Some(Outcome::Unrecognised(why)) => (Some(Known::Unrecognised(self.memory.reason(&why))), Vec::new()),
            Some(Outcome::Vanished) => return Err(Reason::Vanished),
            Some(Outcome::Unreadable(why)) => return Err(Reason::Unreadable(why)),
        };
        if let Some(known) = &known {
            self.memory.remember(object.relative.clone(), object.fingerprint, known.clone());
        }
        Ok(known.map(|known| Learnt { known, notes }))
    }

    /// Leaves out the objects of a group none of which was recognised: those of its sample are left out already.
    pub(super) fn leave_out_unread(&mut self, group: &Group) {
        for seen in group.folders.iter().flat_map(|(_, items)| items).filter_map(|&item| self.data.get(item)) {
            let why = "nothing in the sample of its folder is".to_string();
            self.left_out.push((self.base.join(&seen.key).to_string(), Reason::Unrecognised(why)));
        }
    }

    /// Puts an object that may be data where it belongs.
    fn place(&mut self, object: &Candidate, learnt: Result<Option<Learnt>, Reason>, whole: impl Fn() -> String) {
        let known = match learnt {
            Ok(Some(Learnt { known: Known::Unrecognised(reason), .. })) => {
                let why = self.memory.reasons.get(reason as usize).cloned().unwrap_or_default();
                return self.left_out.push((whole(), Reason::Unrecognised(why)));
            }
            Ok(Some(Learnt { known, notes })) => {
                self.notes.extend(notes);
                Some(known)
            }
            Ok(None) => None,
            Err(reason) => return self.left_out.push((whole(), reason)),
        };
        self.data.push(Seen { key: object.relative.clone(), size: object.size, known });
    }
}

/// What is known of an object, with remarks from reading it this time.
struct Learnt {
    known: Known,
    notes: Vec<Note>,
}
