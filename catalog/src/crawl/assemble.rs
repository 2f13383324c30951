//! From a group of folders to the table they make: one format, columns, partition keys and partitions, statistics, and what
//! below the table's location is not its own.

use std::collections::{BTreeMap, BTreeSet};

use super::describe::{Description, describe};
use super::exclude::escape;
use super::found::{Found, FoundPartition, Reading, called, exclusions_parameter};
use super::group::Group;
use super::inspected::{Inspected, Inspections};
use super::left_out::Reason;
use super::memory::Known;
use super::partition_keys::{Key, partitioning};
use super::similar::Class;
use super::survey::{Seen, Survey};
use crate::error::Result;
use crate::storage::Location;
use crate::table::Parameters;

/// More globs than this are not written into a table's `exclusions`; the report says so.
const MOST_GLOBS: usize = 500;

/// The table of a group. `own_globs` are the crawler's exclusions. Adds to `survey.left_out` what cannot be read with the rest.
///
/// Errors: those of describing a format.
pub(super) fn assemble(group: &Group, survey: &mut Survey, own_globs: &[String]) -> Result<Found> {
    let location =
        if survey.is_object || !group.is_object { folder_at(survey, &group.root) } else { survey.base.join(&group.root) };
    let chosen = Chosen::of(group, survey);
    let strangers =
        chosen.strangers.iter().filter_map(|&(item, ref reason)| Some((whole(survey, survey.data.get(item)?), reason.clone())));
    let strangers: Vec<(String, Reason)> = strangers.collect();
    survey.left_out.extend(strangers);

    let findings = &survey.memory.findings;
    let main: Vec<&Folder> = chosen.folders.iter().filter(|folder| folder.class == group.class).collect();
    let description = describe(&inspected(&main, &survey.data, findings))?;
    let reading = reading(&description);
    let mut why = group.why.clone();
    why.extend(notes(&main, &survey.data, findings));
    why.extend(description.notes);

    let relative: Vec<&str> =
        chosen.folders.iter().map(|folder| folder.path.strip_prefix(&group.root).unwrap_or_default()).collect();
    let partitioning = if group.is_object { partitioning(&[""]) } else { partitioning(&relative) };
    let keys: Vec<String> = partitioning.keys.iter().map(|key| key.name.clone()).collect();
    why.extend(partitioning.keys.into_iter().map(|Key { why, .. }| why));
    let mut columns = description.columns;
    columns.retain(|column| {
        let repeats = keys.contains(&column.name);
        if repeats {
            why.push(format!("column '{}' of the objects repeats the partition key of that name and is left out", column.name));
        }
        !repeats
    });

    let mut partitions: Vec<FoundPartition> = Vec::new();
    let mut taken: BTreeSet<Vec<String>> = BTreeSet::new();
    if !keys.is_empty() {
        for (folder, values) in chosen.folders.iter().zip(partitioning.values) {
            if !taken.insert(values.clone()) {
                why.push(format!(
                    "folder '{}' has the same partition values as one before it and is not in the table",
                    folder.path
                ));
                continue;
            }
            partitions.push(partition(folder, values, group, survey, &chosen)?);
        }
    }
    let globs = exclusions(group, survey, &location, own_globs, keys.is_empty(), &mut why);
    let mut parameters = description.parameters;
    parameters.extend(statistics(&chosen, &survey.data));
    parameters.extend(exclusions_parameter(&globs).map(|globs| ("exclusions".to_string(), globs)));
    let (objects, bytes) = chosen.totals(&survey.data);
    Ok(Found { called: called(&location), location, columns, keys, reading, parameters, partitions, objects, bytes, why })
}

fn reading(description: &Description) -> Reading {
    let (input_format, output_format, serde) = description.reading();
    Reading { input_format, output_format, serde }
}

/// A folder of the table: those of its objects that have the folder's format.
struct Folder {
    path: String,
    class: Option<Class>,
    items: Vec<usize>,
}

/// The objects that are read, and those that are not because their folder mostly holds something else.
struct Chosen {
    folders: Vec<Folder>,
    strangers: Vec<(usize, Reason)>,
}

impl Chosen {
    fn of(group: &Group, survey: &Survey) -> Self {
        let mut chosen = Self { folders: Vec::new(), strangers: Vec::new() };
        for (path, items) in &group.folders {
            let classes: Vec<(usize, Option<Class>)> = items.iter().map(|&item| (item, class(survey, item))).collect();
            let mut counts: BTreeMap<&Class, usize> = BTreeMap::new();
            classes.iter().filter_map(|(_, class)| class.as_ref()).for_each(|class| *counts.entry(class).or_default() += 1);
            let most = counts.values().max().copied().unwrap_or_default();
            // Of formats that are as frequent the table's own, else the first.
            let of_group = group.class.as_ref().filter(|class| counts.get(class) == Some(&most));
            let main = of_group.or_else(|| counts.iter().find(|(_, count)| **count == most).map(|(class, _)| *class)).cloned();
            let mut folder =
                Folder { path: path.clone(), class: main.clone().or_else(|| group.class.clone()), items: Vec::new() };
            for (item, class) in &classes {
                match (class, &main) {
                    (Some(found), Some(main)) if found != main => {
                        chosen.strangers.push((*item, Reason::OtherFormat { found: found.to_string(), table: main.to_string() }));
                    }
                    _ => folder.items.push(*item),
                }
            }
            chosen.folders.push(folder);
        }
        chosen
    }

    fn items(&self) -> impl Iterator<Item = usize> {
        self.folders.iter().flat_map(|folder| folder.items.iter().copied())
    }

    fn totals(&self, data: &[Seen]) -> (u64, u64) {
        let sizes = self.items().filter_map(|item| data.get(item)).map(|seen| seen.size);
        sizes.fold((0, 0), |(count, bytes), size| (count + 1, bytes + size))
    }
}

fn class(survey: &Survey, item: usize) -> Option<Class> {
    match survey.data.get(item)?.known {
        Some(Known::Data { inspection, .. }) => survey.memory.findings.get(inspection).map(Class::of),
        _ => None,
    }
}

/// The different findings of these folders' objects, in the order in which their first objects come.
fn numbers(folders: &[&Folder], data: &[Seen]) -> Vec<u32> {
    let mut first: BTreeMap<u32, usize> = BTreeMap::new();
    for item in folders.iter().flat_map(|folder| &folder.items) {
        if let Some(Some(Known::Data { inspection, .. })) = data.get(*item).map(|seen| &seen.known) {
            let known = first.entry(*inspection).or_insert(*item);
            *known = (*known).min(*item);
        }
    }
    let mut numbers: Vec<(usize, u32)> = first.into_iter().map(|(number, item)| (item, number)).collect();
    numbers.sort_unstable();
    numbers.into_iter().map(|(_, number)| number).collect()
}

fn inspected<'f>(folders: &[&Folder], data: &[Seen], findings: &'f Inspections) -> Vec<&'f Inspected> {
    numbers(folders, data).into_iter().filter_map(|number| findings.get(number)).collect()
}

/// Which object gave which type.
fn notes(folders: &[&Folder], data: &[Seen], findings: &Inspections) -> Vec<String> {
    numbers(folders, data).into_iter().flat_map(|number| findings.why(number)).map(ToString::to_string).collect()
}

fn partition(folder: &Folder, values: Vec<String>, group: &Group, survey: &Survey, chosen: &Chosen) -> Result<FoundPartition> {
    let location = folder_at(survey, &folder.path);
    let reading = if folder.class == group.class {
        None
    } else {
        let description = describe(&inspected(&[folder], &survey.data, &survey.memory.findings))?;
        Some((reading(&description), description.parameters))
    };
    // Files beside partition folders: what is below those is not theirs. Folders are in the order of their names.
    let has_deeper =
        chosen.folders.iter().any(|other| other.path.len() > folder.path.len() && other.path.starts_with(&folder.path));
    let below = has_deeper || (group.has_strangers_below && folder.path == group.root);
    let exclusions = if below { vec![format!("{}*/**", escape(&location.to_string()))] } else { Vec::new() };
    Ok(FoundPartition { values, location, reading, exclusions })
}

/// Globs over whole locations of what lies below the table's location and is not the table's, beyond what every reader leaves
/// out by its name.
fn exclusions(
    group: &Group,
    survey: &Survey,
    location: &Location,
    own: &[String],
    flat: bool,
    why: &mut Vec<String>,
) -> Vec<String> {
    let (at, base) = (location.to_string(), escape(&survey.base.folder().to_string()));
    let mut globs: BTreeSet<String> = own.iter().map(|glob| format!("{base}{glob}")).collect();
    if group.is_object {
        return globs.into_iter().collect();
    }
    if flat && group.has_strangers_below {
        globs.insert(format!("{}*/**", escape(&at)));
    }
    for (object, reason) in survey.left_out.iter().filter(|(object, _)| object.starts_with(&at)) {
        match reason {
            Reason::KeysOrHeaders => globs.extend([".keys.*", ".headers.*"].map(|role| format!("{}**{role}", escape(&at)))),
            Reason::Checkpoint(folder) => {
                globs.insert(format!("{base}{}**", escape(folder)));
            }
            Reason::Tombstones
            | Reason::AthenaResult
            | Reason::Unrecognised(_)
            | Reason::OtherFormat { .. }
            | Reason::Unreadable(_) => {
                globs.insert(escape(object));
            }
            // Readers know these by their names, by Spark's log, or not at all.
            _ => {}
        }
    }
    if globs.len() > MOST_GLOBS {
        why.push(format!(
            "{} objects below it are not its own; only the first {MOST_GLOBS} are written into 'exclusions'",
            globs.len()
        ));
    }
    globs.into_iter().take(MOST_GLOBS).collect()
}

/// Glue's statistics. Records were counted in objects that were read, and are estimated by their size for others.
fn statistics(chosen: &Chosen, data: &[Seen]) -> Parameters {
    let (mut records, mut record_bytes, mut read) = (0, 0, 0);
    let mut unread: Vec<u64> = Vec::new();
    for seen in chosen.items().filter_map(|item| data.get(item)) {
        match seen.known {
            Some(Known::Data { records: count, bytes, .. }) => {
                records += count;
                record_bytes += bytes;
                read += seen.size;
            }
            _ => unread.push(seen.size),
        }
    }
    // As stored, so that compression counts alike on both sides.
    let stored = read.checked_div(records).unwrap_or_default().max(1);
    let estimated: u64 = unread.iter().map(|size| (size / stored).max(1)).sum();
    let (objects, bytes) = chosen.totals(data);
    let average = record_bytes.checked_div(records).unwrap_or_default();
    [("objectCount", objects), ("sizeKey", bytes), ("recordCount", records + estimated), ("averageRecordSize", average)]
        .into_iter()
        .map(|(key, number)| (key.to_string(), number.to_string()))
        .collect()
}

fn folder_at(survey: &Survey, folder: &str) -> Location {
    if folder.is_empty() { survey.base.clone() } else { survey.base.join(folder) }
}

fn whole(survey: &Survey, seen: &Seen) -> String {
    folder_at(survey, &seen.key).to_string()
}
