//! What the names of all objects under a target say together: folders that a table format claims, the logs of Spark's sinks,
//! objects that are no data, and the rest, which is data. Pure: names and sizes in, indexes out.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use super::left_out::{Reason, by_name};

/// An object by its key below the target and its size in bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Entry<'a> {
    pub key: &'a str,
    pub size: u64,
}

/// A table format that keeps a log or metadata beside the data. The order decides when a folder holds several.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum RootKind {
    Delta,
    Iceberg,
    Hudi,
}

/// A folder that a table format claims with everything below it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Root {
    /// Relative to the target, with a slash at its end; empty for the target itself.
    pub folder: String,
    pub kind: RootKind,
    /// Indexes of all entries below it, in key order.
    pub entries: Vec<usize>,
}

/// The layout of a target; all indexes are into the entries it was made from.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Layout {
    /// In the order of their folders; none lies in another.
    pub roots: Vec<Root>,
    /// Folders (as in [`Root::folder`]) that hold a `_spark_metadata`, with the indexes of the log's objects.
    pub spark_sinks: Vec<(String, Vec<usize>)>,
    /// In key order.
    pub data: Vec<usize>,
    pub left_out: Vec<(usize, Reason)>,
}

/// Lays out the objects under a target. `entries` are in byte order of their keys.
pub(super) fn layout(entries: &[Entry<'_>]) -> Layout {
    let roots = roots(entries);
    let checkpoints = checkpoints(entries);
    let siblings = Siblings::of(entries);
    let mut sinks: BTreeMap<String, Vec<usize>> = BTreeMap::new();
    let mut layout = Layout { roots, ..Layout::default() };
    for (index, entry) in entries.iter().enumerate() {
        if let Some(root) = owner(&mut layout.roots, entry.key) {
            root.entries.push(index);
            continue;
        }
        if let Some(folder) = folder_before(entry.key, "_spark_metadata/") {
            sinks.entry(folder.to_string()).or_default().push(index);
        }
        let checkpoint = folders(entry.key).find(|folder| checkpoints.contains(folder));
        let reason = match checkpoint {
            Some(folder) => Some(Reason::Checkpoint(folder.to_string())),
            None => by_name(entry.key, entry.size).or_else(|| siblings.reason(entry.key)),
        };
        match reason {
            Some(reason) => layout.left_out.push((index, reason)),
            None => layout.data.push(index),
        }
    }
    layout.spark_sinks = sinks.into_iter().collect();
    layout
}

impl Layout {
    /// Leaves out the data below a sink's folder that its log does not name.
    pub(super) fn keep_committed(&mut self, entries: &[Entry<'_>], folder: &str, committed: impl Fn(&str) -> bool) {
        let kept = |index: &usize| {
            let relative = entries.get(*index).and_then(|entry| entry.key.strip_prefix(folder));
            relative.is_none_or(&committed)
        };
        let (data, uncommitted): (Vec<usize>, Vec<usize>) = std::mem::take(&mut self.data).into_iter().partition(kept);
        self.data = data;
        self.left_out.extend(uncommitted.into_iter().map(|index| (index, Reason::NotCommitted(folder.to_string()))));
    }
}

/// Whether an object may turn out, once the listing is complete, to belong to a table format: such objects are not read
/// while the listing still goes on. (Delta's and Hudi's markers sort before most data; Iceberg's after it.)
pub(super) fn may_be_claimed(key: &str) -> bool {
    let in_folder = |name: &str| folder_before(key, name).is_some();
    let columnar = [".parquet", ".orc", ".avro"].iter().any(|ending| key.ends_with(ending));
    in_folder("metadata/") || in_folder("_delta_log/") || (columnar && in_folder("data/"))
}

/// The part of a key before a folder of this name (`name/`), where the folder begins a segment.
fn folder_before<'a>(key: &'a str, name: &str) -> Option<&'a str> {
    key.match_indices(name).map(|(at, _)| key.split_at(at).0).find(|before| before.is_empty() || before.ends_with('/'))
}

/// All folders above a key, each with its slash, outermost (the target, empty) first.
fn folders(key: &str) -> impl Iterator<Item = &str> {
    std::iter::once("").chain(key.match_indices('/').map(|(at, slash)| key.split_at(at + slash.len()).0))
}

/// The claimed folders, outermost only: Hudi keeps a table of its own inside `.hoodie`.
fn roots(entries: &[Entry<'_>]) -> Vec<Root> {
    let mut claims: BTreeMap<&str, RootKind> = BTreeMap::new();
    for entry in entries {
        if let Some((folder, kind)) = claim(entry.key) {
            let known = claims.entry(folder).or_insert(kind);
            *known = kind.min(*known);
        }
    }
    let mut roots: Vec<Root> = Vec::new();
    for (folder, kind) in claims {
        if !roots.last().is_some_and(|outer| folder.starts_with(&outer.folder)) {
            roots.push(Root { folder: folder.to_string(), kind, entries: Vec::new() });
        }
    }
    roots
}

/// The folder that an object, being the marker of a table format, claims.
pub(super) fn claim(key: &str) -> Option<(&str, RootKind)> {
    if let Some(folder) = folder_before(key, "_delta_log/")
        && let Some(name) = key.get(folder.len() + "_delta_log/".len()..)
        && name.starts_with(|c: char| c.is_ascii_digit())
        && (name.ends_with(".json") || name.ends_with(".parquet"))
    {
        return Some((folder, RootKind::Delta));
    }
    if key.ends_with(".hoodie/hoodie.properties") {
        return Some((folder_before(key, ".hoodie/")?, RootKind::Hudi));
    }
    let (parent, name) = key.rsplit_once('/')?;
    let is_metadata = name.ends_with(".metadata.json") || name.ends_with(".metadata.json.gz");
    if is_metadata {
        Some((folder_before(key, "metadata/").filter(|root| root.len() + "metadata".len() == parent.len())?, RootKind::Iceberg))
    } else {
        None
    }
}

/// The root that a key lies in. Roots are ordered and none lies in another, so only the last one before the key can be it.
fn owner<'a>(roots: &'a mut [Root], key: &str) -> Option<&'a mut Root> {
    let after = roots.partition_point(|root| root.folder.as_str() <= key);
    roots.get_mut(after.checked_sub(1)?).filter(|root| key.starts_with(&root.folder))
}

/// Folders that are checkpoints of Spark streams by their shape: `metadata`, `offsets/` and `commits/` side by side.
fn checkpoints<'a>(entries: &[Entry<'a>]) -> BTreeSet<&'a str> {
    let mut seen: HashMap<&str, [bool; 3]> = HashMap::new();
    for entry in entries {
        let (parent, name) = entry.key.split_at(entry.key.rfind('/').map_or(0, |slash| slash + 1));
        let parts = [(name == "metadata").then_some(parent), parent.strip_suffix("offsets/"), parent.strip_suffix("commits/")];
        for (at, folder) in parts.into_iter().enumerate() {
            if let Some(folder) = folder.filter(|folder| folder.is_empty() || folder.ends_with('/')) {
                seen.entry(folder).or_default()[at] = true;
            }
        }
    }
    seen.into_iter().filter(|(_, parts)| *parts == [true; 3]).map(|(folder, _)| folder).collect()
}

/// Objects that are what they are because of the objects beside them.
struct Siblings<'a> {
    keys: &'a [Entry<'a>],
    /// Keys of results that Athena wrote: `X.csv` beside `X.csv.metadata`.
    results: BTreeSet<&'a str>,
}

impl<'a> Siblings<'a> {
    fn of(entries: &'a [Entry<'a>]) -> Self {
        let results = entries.iter().filter_map(|entry| entry.key.strip_suffix(".metadata"));
        let results = results.filter(|key| key.ends_with(".csv") || key.ends_with(".txt")).collect();
        Self { keys: entries, results }
    }

    fn reason(&self, key: &str) -> Option<Reason> {
        if self.results.contains(key) {
            return Some(Reason::AthenaResult);
        }
        // Confluent's S3 sink: `T+P+O.keys.EXT` and `T+P+O.headers.EXT` beside `T+P+O.EXT`; keys of tombstones in `tombstone/`.
        let (parent, name) = key.rsplit_once('/').unwrap_or(("", key));
        let role = [".keys.", ".headers."].into_iter().find(|role| name.contains(role))?;
        if parent == "tombstone" || parent.ends_with("/tombstone") {
            return Some(Reason::Tombstones);
        }
        let values = key.replacen(role, ".", 1);
        let found = self.keys.binary_search_by(|entry| entry.key.cmp(values.as_str())).is_ok();
        found.then_some(Reason::KeysOrHeaders)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entries(keys: &[&'static str]) -> Vec<Entry<'static>> {
        let mut entries: Vec<Entry<'_>> = keys.iter().map(|key| Entry { key, size: 9 }).collect();
        entries.sort_by_key(|entry| entry.key);
        entries
    }

    fn data<'a>(entries: &[Entry<'a>], layout: &Layout) -> Vec<&'a str> {
        layout.data.iter().map(|&index| entries[index].key).collect()
    }

    #[test]
    fn table_formats_claim_their_folders() {
        let entries = entries(&[
            "orders/_delta_log/00000000000000000000.json",
            "orders/part-0.parquet",
            "orders/2020/part-0.parquet",
            "ice/data/a.parquet",
            "ice/metadata/v1.metadata.json",
            "ice/metadata/snap-1.avro",
            "h/.hoodie/hoodie.properties",
            "h/.hoodie/metadata/.hoodie/hoodie.properties",
            "h/x.parquet",
            "plain/metadata/readings.json",
            "plain2/a.json",
        ]);
        let layout = layout(&entries);
        let found: Vec<(&str, RootKind, usize)> =
            layout.roots.iter().map(|root| (root.folder.as_str(), root.kind, root.entries.len())).collect();
        assert_eq!(found, [("h/", RootKind::Hudi, 3), ("ice/", RootKind::Iceberg, 3), ("orders/", RootKind::Delta, 3)]);
        assert_eq!(data(&entries, &layout), ["plain/metadata/readings.json", "plain2/a.json"]);
        assert!(layout.left_out.is_empty());
    }

    #[test]
    fn the_target_itself_can_be_claimed() {
        let entries = entries(&["_delta_log/00000000000000000000.json", "dt=1/part-0.parquet", "2020/part-0.parquet"]);
        let layout = layout(&entries);
        assert_eq!(layout.roots, [Root { folder: String::new(), kind: RootKind::Delta, entries: vec![0, 1, 2] }]);
    }

    #[test]
    fn checkpoints_are_known_by_their_shape() {
        let entries = entries(&[
            "stream_checkpoint/metadata",
            "stream_checkpoint/offsets/0",
            "stream_checkpoint/commits/0",
            "stream_checkpoint/sources/0/0",
            "offsets/a.json",
            "other/metadata",
            "other/offsets/1",
        ]);
        let layout = layout(&entries);
        assert_eq!(data(&entries, &layout), ["offsets/a.json", "other/metadata", "other/offsets/1"]);
        assert!(layout.left_out.iter().all(|(_, reason)| *reason == Reason::Checkpoint("stream_checkpoint/".into())));
    }

    #[test]
    fn what_stands_beside_the_data() {
        let entries = entries(&[
            "p/t+0+0.json",
            "p/t+0+0.keys.json",
            "p/t+0+0.headers.json",
            "p/lonely.keys.json",
            "tombstone/t+0+1.keys.json",
            "r/2e1c.csv",
            "r/2e1c.csv.metadata",
            "r/mine.csv",
        ]);
        let layout = layout(&entries);
        assert_eq!(data(&entries, &layout), ["p/lonely.keys.json", "p/t+0+0.json", "r/mine.csv"]);
        let reasons: Vec<(&str, &Reason)> = layout.left_out.iter().map(|(index, reason)| (entries[*index].key, reason)).collect();
        assert_eq!(
            reasons,
            [
                ("p/t+0+0.headers.json", &Reason::KeysOrHeaders),
                ("p/t+0+0.keys.json", &Reason::KeysOrHeaders),
                ("r/2e1c.csv", &Reason::AthenaResult),
                ("r/2e1c.csv.metadata", &Reason::AthenaResult),
                ("tombstone/t+0+1.keys.json", &Reason::Tombstones),
            ]
        );
    }

    #[test]
    fn only_committed_files_of_a_spark_sink_remain() {
        let entries = entries(&["s/_spark_metadata/0", "s/dt=1/a.json", "s/dt=1/b.json", "t/c.json"]);
        let mut layout = layout(&entries);
        assert_eq!(layout.spark_sinks, [("s/".to_string(), vec![0])]);
        layout.keep_committed(&entries, "s/", |relative| relative == "dt=1/a.json");
        assert_eq!(data(&entries, &layout), ["s/dt=1/a.json", "t/c.json"]);
        assert!(layout.left_out.contains(&(2, Reason::NotCommitted("s/".into()))));
    }
}
