//! What Hudi's `hoodie.properties` say, and which data file is the newest (Apache Hudi, "Technical Specification", file layout:
//! `FILEID_TOKEN_INSTANT.parquet`).

use super::Said;

pub(crate) const TYPE: &str = "hoodie.table.type";
pub(crate) const MERGE_ON_READ: &str = "MERGE_ON_READ";

/// Properties that are worth keeping with the table.
const KEPT: &[&str] =
    &["hoodie.table.name", TYPE, "hoodie.table.version", "hoodie.table.recordkey.fields", "hoodie.table.partition.fields"];

pub(crate) fn said(properties: &str) -> Said {
    let mut said = Said::default();
    said.parameters.insert("spark.sql.sources.provider".to_string(), "hudi".to_string());
    let lines = properties.lines().map(str::trim).filter(|line| !line.starts_with(['#', '!']));
    for (key, value) in lines.filter_map(|line| line.split_once('=')) {
        if KEPT.contains(&key.trim()) {
            said.parameters.insert(key.trim().to_string(), value.trim().to_string());
        }
    }
    said.why.push("a Hudi table: its folder holds .hoodie/hoodie.properties".to_string());
    said
}

/// The base file with the greatest instant, of objects given as key below the table's folder and size.
pub(crate) fn newest_file(objects: &[(String, u64)]) -> Option<&(String, u64)> {
    let is_data = |key: &str| key.ends_with(".parquet") && !key.split('/').any(|segment| segment.starts_with('.'));
    let instant = |key: &str| key.trim_end_matches(".parquet").rsplit('_').next().map(str::to_string);
    objects.iter().filter(|(key, _)| is_data(key)).max_by_key(|(key, _)| (instant(key), key.clone()))
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
    }
}
