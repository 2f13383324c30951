//! The partition keys of a table and the values of its folders, from the folders' names.

use std::collections::{BTreeMap, HashMap};

use super::folder_name::FolderName;
use crate::table::NULL_PARTITION;

/// A level of folders below a table's root.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Key {
    /// `dt` for folders `dt=…`, else `partition_0` and so on.
    pub name: String,
    /// Which folder made it one, for people.
    pub why: String,
}

/// The keys of a table, and one value per key for each of its folders.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Partitioning {
    pub keys: Vec<Key>,
    /// In the order of the folders asked for.
    pub values: Vec<Vec<String>>,
}

/// `folders` are those that hold a table's objects, relative to its root and with a slash at their ends; the root is empty.
///
/// A level where folders are named `key=value` is called by the most frequent key, any other `partition_N` with N counting
/// such levels, as Glue calls them. A folder that is not as deep as others has no value for the levels it lacks: NULL.
pub(super) fn partitioning(folders: &[&str]) -> Partitioning {
    let split: Vec<Vec<&str>> = folders.iter().map(|folder| folder.split_terminator('/').collect()).collect();
    let depth = split.iter().map(Vec::len).max().unwrap_or_default();
    let mut keys: Vec<Key> = Vec::with_capacity(depth);
    let mut unnamed = 0;
    for level in 0..depth {
        let key = match common_key(&split, level).filter(|(name, _)| !keys.iter().any(|key| key.name == *name)) {
            Some((name, folder)) => Key { why: format!("partition key '{name}' from folders such as '{folder}'"), name },
            None => {
                let name = format!("partition_{unnamed}");
                unnamed += 1;
                let folder = split.iter().find_map(|segments| segments.get(level)).copied().unwrap_or_default();
                Key { why: format!("partition key '{name}' from folders such as '{folder}', whose names have no key"), name }
            }
        };
        keys.push(key);
    }
    let values = split.iter().map(|segments| values(segments, &keys)).collect();
    Partitioning { keys, values }
}

/// The most frequent key of the folders on one level (the first of several), with a folder that has it.
fn common_key<'a>(split: &[Vec<&'a str>], level: usize) -> Option<(String, &'a str)> {
    let mut seen: BTreeMap<String, (usize, &'a str)> = BTreeMap::new();
    let mut parsed: HashMap<&str, Option<String>> = HashMap::new();
    for segment in split.iter().filter_map(|segments| segments.get(level)) {
        let key = parsed.entry(segment).or_insert_with(|| match FolderName::of(segment, false) {
            FolderName::KeyValue { key, .. } => Some(key),
            _ => None,
        });
        if let Some(key) = key {
            seen.entry(key.clone()).or_insert((0, *segment)).0 += 1;
        }
    }
    let (key, (_, folder)) = seen.into_iter().max_by(|a, b| a.1.0.cmp(&b.1.0).then(b.0.cmp(&a.0)))?;
    Some((key, folder))
}

fn values(segments: &[&str], keys: &[Key]) -> Vec<String> {
    let value = |(level, key): (usize, &Key)| match segments.get(level) {
        None => NULL_PARTITION.to_string(),
        Some(segment) => match FolderName::of(segment, false) {
            FolderName::KeyValue { key: found, value } if found == key.name => value,
            _ => (*segment).to_string(),
        },
    };
    keys.iter().enumerate().map(value).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Folders, their keys, the values of each folder.
    type Case<'a> = (&'a [&'a str], &'a [&'a str], &'a [&'a [&'a str]]);

    #[test]
    fn keys_and_values() {
        let cases: &[Case<'_>] = &[
            (&[""], &[], &[&[]]),
            (&["Year=2019/month=Jan/", "year=2019/month=Feb/"], &["year", "month"], &[&["2019", "Jan"], &["2019", "Feb"]]),
            (&["2021/01/", "2021/02/"], &["partition_0", "partition_1"], &[&["2021", "01"], &["2021", "02"]]),
            (&["t1/dt=1/", "t2/dt=2/"], &["partition_0", "dt"], &[&["t1", "1"], &["t2", "2"]]),
            (&["", "dt=1/"], &["dt"], &[&[NULL_PARTITION], &["1"]]),
            (&["dt=1/", "dt=1/x/"], &["dt", "partition_0"], &[&["1", NULL_PARTITION], &["1", "x"]]),
            (&["a=1/", "b=2/", "b=3/"], &["b"], &[&["a=1"], &["2"], &["3"]]),
            (&["a=1/a=2/"], &["a", "partition_0"], &[&["1", "a=2"]]),
            (&["dt=a%2Fb%3Dc %25x%3Ay/", "dt=__HIVE_DEFAULT_PARTITION__/"], &["dt"], &[&["a/b=c %x:y"], &[NULL_PARTITION]]),
            (&["2024-01-31--22/"], &["partition_0"], &[&["2024-01-31--22"]]),
        ];
        for (folders, keys, values) in cases {
            let found = partitioning(folders);
            assert_eq!(found.keys.iter().map(|key| key.name.as_str()).collect::<Vec<_>>(), *keys, "{folders:?}");
            assert_eq!(found.values, *values, "{folders:?}");
        }
    }
}
