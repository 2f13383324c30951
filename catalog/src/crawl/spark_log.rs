//! The log of Spark's streaming file sink: `_spark_metadata/N` and `N.compact`, a line `v1` followed by one JSON object per
//! file. Data files that it does not name were never committed (a failed task wrote them) and must not be read.
//! Source: Apache Spark, `FileStreamSinkLog` and `CompactibleFileStreamLog`.

use std::collections::{BTreeMap, HashMap};

use percent_encoding::percent_decode_str;
use serde::Deserialize;

use crate::error::{Error, Result};

/// Which of the log's objects say what is committed now, oldest first: the newest compaction and what follows it.
/// `names` are the names of the objects inside `_spark_metadata/`.
pub fn current<'a>(names: impl Iterator<Item = &'a str>) -> Vec<&'a str> {
    let mut batches: BTreeMap<u64, &str> = BTreeMap::new();
    let mut compacted = None;
    for name in names {
        let (number, compact) = name.strip_suffix(".compact").map_or((name, false), |number| (number, true));
        let Ok(number) = number.parse::<u64>() else { continue };
        if compact {
            compacted = compacted.max(Some(number));
            batches.insert(number, name);
        } else {
            // A batch that was compacted may be there under both names; the compaction holds more.
            batches.entry(number).or_insert(name);
        }
    }
    batches.range(compacted.unwrap_or(0)..).map(|(_, name)| *name).collect()
}

/// The files that a log has committed.
#[derive(Debug, Default)]
pub struct Committed {
    /// File name → the paths it was committed under. Spark puts a UUID into each name, so there is one, as good as always.
    paths: HashMap<String, Vec<String>>,
}

#[derive(Deserialize)]
struct Entry {
    path: String,
    action: String,
}

impl Committed {
    /// Takes in the next object of the log.
    ///
    /// Errors: `BadData` for another version of the log or a line that is not one of its entries.
    pub fn read(&mut self, text: &str) -> Result<()> {
        let mut lines = text.lines();
        match lines.next() {
            Some("v1") => {}
            other => {
                return Err(Error::bad_data(format!(
                    "expected version v1 of Spark's sink log, found '{}'",
                    other.unwrap_or_default()
                )));
            }
        }
        for line in lines.filter(|line| !line.is_empty()) {
            let entry: Entry = serde_json::from_str(line).map_err(|error| {
                Error::bad_data(format!("a line of Spark's sink log is not an entry: {error}")).caused_by(error)
            })?;
            // The path is a URI: a folder `dt=a%2Fb` stands in it as `dt=a%252Fb`.
            let path = percent_decode_str(&entry.path).decode_utf8_lossy().into_owned();
            let name = path.rsplit('/').next().unwrap_or_default().to_string();
            let paths = self.paths.entry(name).or_default();
            if entry.action == "delete" {
                paths.retain(|known| *known != path);
            } else {
                paths.push(path);
            }
        }
        Ok(())
    }

    /// Whether an object is committed, by its key relative to the folder that holds `_spark_metadata`. Only the tail of a path
    /// is compared: the log has absolute ones, which are wrong once a folder was copied.
    pub fn contains(&self, relative: &str) -> bool {
        let name = relative.rsplit('/').next().unwrap_or_default();
        let ends = |path: &String| path.strip_suffix(relative).is_some_and(|before| before.is_empty() || before.ends_with('/'));
        self.paths.get(name).is_some_and(|paths| paths.iter().any(ends))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_newest_compaction_and_what_follows() {
        let names = ["0", "1", "10", "2", "2.compact", "3", "4", ".0.crc", "x"];
        assert_eq!(current(names.into_iter()), ["2.compact", "3", "4", "10"]);
        assert_eq!(current(["1", "0"].into_iter()), ["0", "1"]);
    }

    #[test]
    fn committed_files_are_found_by_their_tails() {
        let mut log = Committed::default();
        log.read(
            "v1\n{\"path\":\"file:///elsewhere/t/dt=2024-01-01/part-1.json\",\"size\":1,\"action\":\"add\"}\n\
             {\"path\":\"s3a://b/t/dt=a%252Fb%20c/part-2.json\",\"size\":1,\"action\":\"add\"}\n\
             {\"path\":\"s3a://b/t/part-3.json\",\"size\":1,\"action\":\"add\"}",
        )
        .unwrap();
        log.read("v1\n{\"path\":\"s3a://b/t/part-3.json\",\"size\":1,\"action\":\"delete\"}").unwrap();
        for (key, expected) in [
            ("dt=2024-01-01/part-1.json", true),
            ("t=2024-01-01/part-1.json", false),
            ("dt=a%2Fb c/part-2.json", true),
            ("part-3.json", false),
            ("part-4.json", false),
        ] {
            assert_eq!(log.contains(key), expected, "{key}");
        }
    }

    #[test]
    fn other_versions_are_refused() {
        assert!(Committed::default().read("v2\n").is_err());
        assert!(Committed::default().read("v1\nnonsense").is_err());
    }
}
