//! Objects that are no data, each with the reason, as far as the name and the size of the object alone tell. The scan must
//! leave out what the crawler leaves out, so it asks [`by_name`] too.

use std::fmt;

/// Why an object is in no table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reason {
    /// The crawler's exclusion pattern.
    Excluded(String),
    /// Not among the objects that a glob asked for.
    NotIncluded(String),
    /// A path segment starts with `_` or `.` (Hive's rule).
    Hidden,
    FolderMarker,
    Empty,
    Checksum,
    /// Still being written.
    Unfinished,
    /// Something for people or for a loader beside the data.
    Document,
    AthenaResult,
    /// Keys or headers that Kafka Connect wrote beside the values.
    KeysOrHeaders,
    Tombstones,
    /// State of a Spark stream, in this folder.
    Checkpoint(String),
    /// The log of Spark's streaming sink in this folder does not name it.
    NotCommitted(String),
    Unrecognised(String),
    /// Its folder's table has another format.
    OtherFormat {
        found: String,
        table: String,
    },
    Vanished,
    Unreadable(String),
    /// A key that Civetta cannot hold.
    UnusableKey(String),
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotIncluded(glob) => write!(f, "does not match '{glob}'"),
            Self::Excluded(pattern) => write!(f, "excluded by the pattern '{pattern}'"),
            Self::Hidden => f.write_str("hidden: a part of its path starts with '_' or '.'"),
            Self::FolderMarker => f.write_str("a marker for a folder"),
            Self::Empty => f.write_str("empty"),
            Self::Checksum => f.write_str("a checksum"),
            Self::Unfinished => f.write_str("unfinished: its writer renames it when it is complete"),
            Self::Document => f.write_str("a document beside the data"),
            Self::AthenaResult => f.write_str("the result of a query, written by Athena"),
            Self::KeysOrHeaders => f.write_str("keys or headers of the records beside it, written by Kafka Connect"),
            Self::Tombstones => f.write_str("keys of deleted records, written by Kafka Connect"),
            Self::Checkpoint(folder) => write!(f, "state of a Spark stream, whose checkpoint is '{folder}'"),
            Self::NotCommitted(folder) => write!(f, "not committed: '{folder}_spark_metadata' does not name it"),
            Self::Unrecognised(why) => write!(f, "not recognised: {why}"),
            Self::OtherFormat { found, table } => write!(f, "{found}, while the table of its folder is {table}"),
            Self::Vanished => f.write_str("deleted between listing and reading"),
            Self::Unreadable(why) => write!(f, "could not be read: {why}"),
            Self::UnusableKey(why) => write!(f, "its key cannot be used: {why}"),
        }
    }
}

impl serde::Serialize for Reason {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// Names of things that stand beside data and hold none, compared without regard to case.
const DOCUMENTS: &[&str] = &["manifest.json", "readme", "readme.md", "readme.txt", "license", "license.md", "license.txt"];

/// Endings of names under which tools write before they rename: Flink's file sink, browsers, Hadoop's shell.
const UNFINISHED: &[&str] = &[".inprogress", ".part", ".partial", ".tmp", ".crdownload", "._COPYING_"];

/// Why an object cannot be data. `relative` is its key below the table's or the target's folder, `size` is in bytes.
pub fn by_name(relative: &str, size: u64) -> Option<Reason> {
    let (folders, name) = relative.rsplit_once('/').unwrap_or(("", relative));
    if name.is_empty() || name.ends_with("_$folder$") {
        Some(Reason::FolderMarker)
    } else if is_hidden(name) || folders.split('/').any(|folder| is_hidden(folder) && !folder.contains('=')) {
        // A folder `_key=value` is a partition for Spark and Hive.
        Some(Reason::Hidden)
    } else if name.ends_with(".crc") {
        Some(Reason::Checksum)
    } else if UNFINISHED.iter().any(|ending| name.ends_with(ending)) || name.contains(".inprogress.") {
        Some(Reason::Unfinished)
    } else if size == 0 {
        Some(Reason::Empty)
    } else if DOCUMENTS.iter().any(|document| name.eq_ignore_ascii_case(document)) {
        Some(Reason::Document)
    } else if name.ends_with(".csv.metadata") || name.ends_with(".txt.metadata") {
        Some(Reason::AthenaResult)
    } else {
        None
    }
}

fn is_hidden(segment: &str) -> bool {
    segment.starts_with(['_', '.'])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_are_no_data() {
        for (key, size, expected) in [
            ("a.json", 1, None),
            ("dt=1/part-0.parquet", 9, None),
            ("_dt=1/part-0.parquet", 9, None),
            ("dt=__HIVE_DEFAULT_PARTITION__/x", 9, None),
            ("ticks+0+0000000000.json", 9, None),
            ("x/", 0, Some(Reason::FolderMarker)),
            ("", 0, Some(Reason::FolderMarker)),
            ("year=2024_$folder$", 0, Some(Reason::FolderMarker)),
            ("_SUCCESS", 400, Some(Reason::Hidden)),
            ("_temporary/0/x.json", 9, Some(Reason::Hidden)),
            ("__magic_job-1/x.pending", 2, Some(Reason::Hidden)),
            ("a/.x/b.json", 2, Some(Reason::Hidden)),
            (".part-1-1.inprogress.bd05", 9, Some(Reason::Hidden)),
            ("part-1-1.inprogress.bd05", 9, Some(Reason::Unfinished)),
            ("data.json.tmp", 9, Some(Reason::Unfinished)),
            ("x.json.crc", 9, Some(Reason::Checksum)),
            ("empty.json", 0, Some(Reason::Empty)),
            ("README.md", 9, Some(Reason::Document)),
            ("2e1c.csv.metadata", 9, Some(Reason::AthenaResult)),
        ] {
            assert_eq!(by_name(key, size), expected, "{key}");
        }
    }
}
