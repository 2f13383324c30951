//! The values of partition keys, from the folders of a Hudi table (Apache Hudi, "Technical Specification": partition paths). Folders
//! are named `value` or `key=value`; one key that a time was formatted into may have made several levels of folders.

use catalog::table::NULL_PARTITION;
use catalog::{Error, Result, partition_name};

use super::properties::HudiTable;

/// What writers before version 5 named the folder of NULL.
const OLD_NULL: &str = "default";

/// One text per partition key of the catalog's table, for the files in the folder `partition`.
///
/// Errors: `BadData` where the folder has other levels than the table keys.
pub(crate) fn values(partition: &str, keys: &[&str], table: &HudiTable) -> Result<Vec<String>> {
    let levels: Vec<&str> = partition.split('/').filter(|level| !level.is_empty()).collect();
    match keys {
        [] => Ok(vec![]),
        [key] if levels.len() > 1 => Ok(vec![several(&levels, key, table)]),
        _ if levels.len() == keys.len() => Ok(levels.iter().zip(keys).map(|(level, key)| value(level, key, table)).collect()),
        _ => Err(Error::bad_data(format!(
            "hudi: the partition folder '{partition}' has {} levels and the table {} partition keys ({})",
            levels.len(),
            keys.len(),
            keys.join(", ")
        ))),
    }
}

fn value(level: &str, key: &str, table: &HudiTable) -> String {
    let named = level.split_once('=').filter(|(name, _)| catalog::name::fold(name) == catalog::name::fold(key));
    let text = named.map_or(level, |(_, value)| value);
    let text = if table.encoded { decoded(text) } else { text.to_string() };
    if text.is_empty() || (table.version < 5 && text == OLD_NULL) { NULL_PARTITION.to_string() } else { text }
}

/// `2018/08/31` of one key: a day as Hudi's sync writes it (`SlashEncodedDayPartitionValueExtractor`); other levels stay as they are.
fn several(levels: &[&str], key: &str, table: &HudiTable) -> String {
    let digits = |text: &str, count: usize| text.len() == count && text.bytes().all(|byte| byte.is_ascii_digit());
    match levels {
        [year, month, day] if digits(year, 4) && digits(month, 2) && digits(day, 2) => format!("{year}-{month}-{day}"),
        _ => levels.iter().map(|level| value(level, key, table)).collect::<Vec<_>>().join("/"),
    }
}

fn decoded(text: &str) -> String {
    partition_name::parse_folder(&format!("k={text}")).map_or_else(|| text.to_string(), |(_, value)| value)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table(more: &str) -> HudiTable {
        HudiTable::parse(&format!("hoodie.table.name=t\nhoodie.table.type=COPY_ON_WRITE\n{more}\n")).unwrap()
    }

    #[test]
    fn folders_with_and_without_names() {
        let (plain, encoded) = (
            table("hoodie.table.version=6"),
            table("hoodie.table.version=6\nhoodie.datasource.write.partitionpath.urlencode=true"),
        );
        let old = table("hoodie.table.version=3");
        for (folder, keys, table, expected) in [
            ("dt=2021-12-09/hh=11", &["dt", "hh"][..], &plain, &["2021-12-09", "11"][..]),
            ("2021-12-09/11", &["dt", "hh"], &plain, &["2021-12-09", "11"]),
            ("byteField=10", &["bytefield"], &plain, &["10"]),
            ("a=b", &["dt"], &plain, &["a=b"]),
            ("2018/08/31", &["dt"], &plain, &["2018-08-31"]),
            ("2024/01/15/11", &["ts"], &plain, &["2024/01/15/11"]),
            ("dt=a%3Ab", &["dt"], &plain, &["a%3Ab"]),
            ("dt=a%3Ab", &["dt"], &encoded, &["a:b"]),
            ("default", &["dt"], &old, &[NULL_PARTITION]),
            ("default", &["dt"], &plain, &["default"]),
            ("dt=__HIVE_DEFAULT_PARTITION__", &["dt"], &plain, &[NULL_PARTITION]),
            ("x/y", &[], &plain, &[]),
        ] {
            assert_eq!(values(folder, keys, table).unwrap(), expected, "{folder}");
        }
        let error = values("a", &["x", "y"], &plain).unwrap_err();
        assert!(error.message().contains("'a' has 1 levels and the table 2 partition keys (x, y)"), "{error}");
    }
}
