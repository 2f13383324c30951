//! What Hudi's `hoodie.properties` say, and which data file is the newest (Apache Hudi, "Technical Specification", file layout:
//! `FILEID_TOKEN_INSTANT.parquet`).

use std::collections::HashSet;

use super::Said;
use crate::name::fold;

pub(crate) const TYPE: &str = "hoodie.table.type";
pub(crate) const MERGE_ON_READ: &str = "MERGE_ON_READ";

const PARTITION_FIELDS: &str = "hoodie.table.partition.fields";
/// Whether files lack the columns that the table is partitioned by.
const DROPPED: &str = "hoodie.datasource.write.drop.partition.columns";

/// Properties that are worth keeping with the table.
const KEPT: &[&str] = &["hoodie.table.name", TYPE, "hoodie.table.version", "hoodie.table.recordkey.fields", PARTITION_FIELDS];

pub(crate) fn said(properties: &str) -> Said {
    let mut said = Said::default();
    said.parameters.insert("spark.sql.sources.provider".to_string(), "hudi".to_string());
    let lines = properties.lines().map(str::trim).filter(|line| !line.starts_with(['#', '!']));
    let mut in_files = true;
    for (key, value) in lines.filter_map(|line| line.split_once('=')) {
        if KEPT.contains(&key.trim()) {
            said.parameters.insert(key.trim().to_string(), value.trim().to_string());
        }
        in_files &= key.trim() != DROPPED || !value.trim().eq_ignore_ascii_case("true");
    }
    // Columns that files do not hold are in the names of folders alone. The others keep what files say: a folder may be named after
    // a part of a time.
    if let Some(fields) = said.parameters.get(PARTITION_FIELDS).filter(|_| !in_files) {
        said.keys = fields.split(',').filter_map(|field| Some(fold(field.split([':', '\\']).next()?.trim()))).collect();
    }
    said.why.push("a Hudi table: its folder holds .hoodie/hoodie.properties".to_string());
    said
}

/// The base file with the greatest instant, of objects given as key below the table's folder and size; without those of writes
/// that are not finished.
pub(crate) fn newest_file(objects: &[(String, u64)]) -> Option<&(String, u64)> {
    let is_data = |key: &str| key.ends_with(".parquet") && !key.split('/').any(|segment| segment.starts_with('.'));
    let instant = |key: &str| key.trim_end_matches(".parquet").rsplit('_').next().map(str::to_string);
    let unfinished = unfinished(objects);
    let finished = |key: &str| instant(key).is_none_or(|instant| !unfinished.contains(instant.as_str()));
    objects.iter().filter(|(key, _)| is_data(key) && finished(key)).max_by_key(|(key, _)| (instant(key), key.clone()))
}

/// The instants of which the timeline (`.hoodie/` or `.hoodie/timeline/`) knows only that they were begun.
fn unfinished(objects: &[(String, u64)]) -> HashSet<&str> {
    let names = objects.iter().filter_map(|(key, _)| key.strip_prefix(".hoodie/"));
    let names = names.map(|name| name.strip_prefix("timeline/").unwrap_or(name)).filter(|name| !name.contains('/'));
    let (mut begun, mut ended) = (HashSet::new(), HashSet::new());
    for (instant, state) in names.filter_map(|name| name.split_once('.')) {
        let requested = instant.split('_').next().unwrap_or(instant);
        match state {
            "commit" | "deltacommit" | "replacecommit" => ended.insert(requested),
            state if state.ends_with("inflight") || state.ends_with("requested") => begun.insert(requested),
            _ => continue,
        };
    }
    &begun - &ended
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn properties_and_files() {
        let said = said("#Updated\nhoodie.table.name=trips\nhoodie.table.type = COPY_ON_WRITE\nhoodie.x=y\n");
        assert_eq!(said.parameters.get("hoodie.table.type").map(String::as_str), Some("COPY_ON_WRITE"));
        assert_eq!(said.parameters.len(), 3);
        let objects = [
            ("a/f1-0_0-1-2_20230102.parquet".to_string(), 1),
            ("b/f2-0_0-1-2_20230103.parquet".to_string(), 2),
            (".hoodie/metadata/x_20240101.parquet".to_string(), 3),
        ];
        assert_eq!(newest_file(&objects).unwrap().1, 2);
        let begun = [objects.to_vec(), vec![(".hoodie/20230103.commit.requested".into(), 0)]].concat();
        assert_eq!(newest_file(&begun).unwrap().1, 1, "a write that is not finished");
        let ended = [begun, vec![(".hoodie/timeline/20230103_20230104.commit".into(), 9)]].concat();
        assert_eq!(newest_file(&ended).unwrap().1, 2);
    }

    #[test]
    fn keys_are_what_files_do_not_hold() {
        let fields = "hoodie.table.partition.fields=dt\\:SIMPLE,City\n";
        assert!(said(fields).keys.is_empty());
        let dropped = format!("{fields}hoodie.datasource.write.drop.partition.columns=true\n");
        assert_eq!(said(&dropped).keys, ["dt", "city"]);
    }
}
