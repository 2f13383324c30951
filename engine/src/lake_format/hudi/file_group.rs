//! File groups and their newest slices (Apache Hudi, "Technical Specification": file groups, file slices, and "Reading": snapshot
//! and read-optimised). A group's slice is its newest base file whose instant is finished, and the logs written on top of it.

use std::collections::{BTreeMap, HashMap, HashSet};

use catalog::storage::Object;
use catalog::{Error, Result};

use super::commit::CommitFiles;
use super::file_name::{BaseName, LogName};
use super::properties::HudiTable;
use super::timeline::Timeline;

/// The folder of everything that is not data.
const META: &str = ".hoodie/";

/// The newest state of one file group.
#[derive(Debug, Clone, Default)]
pub(crate) struct Slice<'a> {
    /// Folder of the group below the table's, without slashes at the ends; empty in a table without partitions.
    pub(crate) partition: &'a str,
    pub(crate) file_id: &'a str,
    pub(crate) base: Option<&'a Object>,
    /// In the order in which they were written.
    pub(crate) logs: Vec<&'a Object>,
}

/// One finished base file or log of a group.
struct Member<'a> {
    instant: &'a str,
    object: &'a Object,
}

#[derive(Default)]
struct Group<'a> {
    bases: Vec<Member<'a>>,
    logs: Vec<(LogName<'a>, &'a Object)>,
}

/// The newest slices of a table from one listing of its folder: of groups that no finished instant replaced, and without files
/// that no finished instant wrote.
///
/// In: `root`, the key of the table's folder with a slash at its end; the metadata of the finished instants that are not in the
/// archive, oldest first.
///
/// Errors: `NotSupported` for a base file of another format; `BadData` where an instant names a file that is not there and
/// would be the newest of its group.
pub(crate) fn slices<'a>(
    root: &str,
    objects: &'a [Object],
    table: &HudiTable,
    timeline: &Timeline,
    commits: &[(&str, CommitFiles)],
) -> Result<Vec<Slice<'a>>> {
    let replaced: HashSet<(&str, &str)> =
        commits.iter().flat_map(|(_, files)| &files.replaced).map(|(partition, id)| (partition.as_str(), id.as_str())).collect();
    let mut groups: BTreeMap<(&'a str, &'a str), Group<'a>> = BTreeMap::new();
    for object in objects {
        let Some(path) = object.key.strip_prefix(root).filter(|path| !path.starts_with(META)) else { continue };
        let (partition, name) = path.rsplit_once('/').unwrap_or(("", path));
        if let Some(base) = BaseName::parse(name).filter(|base| timeline.is_committed(base.instant)) {
            if replaced.contains(&(partition, base.file_id)) {
                continue;
            }
            if base.extension != "parquet" {
                return Err(Error::not_supported(format!(
                    "hudi base files in the format {} are not supported: {path}",
                    base.extension
                )));
            }
            groups.entry((partition, base.file_id)).or_default().bases.push(Member { instant: base.instant, object });
        } else if let Some(log) = LogName::parse(name)
            && !replaced.contains(&(partition, log.file_id))
        {
            groups.entry((partition, log.file_id)).or_default().logs.push((log, object));
        }
    }
    let slices: Vec<Slice<'a>> = groups
        .into_iter()
        .map(|((partition, file_id), group)| newest(partition, file_id, group, table, timeline))
        .filter(|slice| slice.base.is_some() || !slice.logs.is_empty())
        .collect();
    check_written(root, &slices, &replaced, commits)?;
    Ok(slices)
}

fn newest<'a>(partition: &'a str, file_id: &'a str, group: Group<'a>, table: &HudiTable, timeline: &Timeline) -> Slice<'a> {
    let base = group.bases.into_iter().max_by(|a, b| (a.instant, &a.object.key).cmp(&(b.instant, &b.object.key)));
    let mut logs: Vec<(LogName<'a>, &'a Object)> = group
        .logs
        .into_iter()
        .filter(|(log, _)| match &base {
            // Before version 8 a log is named after the base file under it. One that is named after a later instant was written
            // on top of a compaction that is planned and not finished.
            Some(base) if table.version < 8 => log.instant >= base.instant,
            None if table.version < 8 => true,
            // Since then after its own write, which is compacted into every base file that was requested after its end.
            Some(base) => timeline.is_committed(log.instant) && timeline.completed(log.instant) > base.instant,
            None => timeline.is_committed(log.instant),
        })
        .collect();
    logs.sort_by_cached_key(|(log, _)| log.order());
    let logs = logs.into_iter().map(|(_, object)| object).collect();
    Slice { partition, file_id, base: base.map(|base| base.object), logs }
}

/// Whether each group's newest base file, by the metadata, is there: files go only when a newer one of the group, or another
/// group, holds their rows.
fn check_written(root: &str, slices: &[Slice], replaced: &HashSet<(&str, &str)>, commits: &[(&str, CommitFiles)]) -> Result<()> {
    let mut expected: HashMap<(&str, &str), (&str, &str)> = HashMap::new();
    for (instant, files) in commits {
        let bases = files.written.iter().filter(|file| file.path.ends_with(".parquet"));
        for file in bases.filter(|file| !replaced.contains(&(file.partition.as_str(), file.file_id.as_str()))) {
            expected.insert((&file.partition, &file.file_id), (*instant, &file.path));
        }
    }
    let found: HashMap<(&str, &str), &str> =
        slices.iter().filter_map(|slice| Some(((slice.partition, slice.file_id), slice.base?.key.strip_prefix(root)?))).collect();
    for (group, (instant, path)) in expected {
        let there = found.get(&group).and_then(|path| BaseName::parse(path.rsplit('/').next()?)).map(|base| base.instant);
        if there.is_none_or(|there| there < instant) {
            return Err(Error::bad_data(format!("hudi: the instant {instant} wrote {path}, which is not there")));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lake_format::hudi::commit::Written;

    fn table(version: u32) -> HudiTable {
        let text = format!("hoodie.table.name=t\nhoodie.table.version={version}\nhoodie.table.type=MERGE_ON_READ\n");
        HudiTable::parse(&text).unwrap()
    }

    fn objects(names: &[&str]) -> Vec<Object> {
        names.iter().map(|name| Object { key: format!("t/{name}"), size: 1, etag: None, modified: 0 }).collect()
    }

    /// `partition/base+log+log` of each slice.
    fn shown(slices: &[Slice]) -> Vec<String> {
        let name = |object: &Object| object.key.rsplit('/').next().unwrap_or_default().to_string();
        let one = |slice: &Slice| {
            let logs: String = slice.logs.iter().map(|log| format!("+{}", name(log))).collect();
            format!("{}/{}{logs}", slice.partition, slice.base.map(name).unwrap_or_default())
        };
        slices.iter().map(one).collect()
    }

    fn run(version: u32, instants: &[&str], files: &[&str], commits: &[(&str, CommitFiles)]) -> Result<Vec<String>> {
        let objects = objects(files);
        let timeline = Timeline::of(instants.iter().copied());
        slices("t/", &objects, &table(version), &timeline, commits).map(|slices| shown(&slices))
    }

    #[test]
    fn the_newest_finished_base_file_of_each_group() {
        let found = run(
            6,
            &["10.commit", "20.commit", "30.inflight"],
            &[
                "p/f_0-1-1_10.parquet",
                "p/f_0-2-1_20.parquet",
                "p/f_0-3-1_30.parquet",
                "p/g_0-1-1_05.parquet",
                "q/f_0-1-1_10.parquet",
                "q/other.parquet",
                ".hoodie/metadata/files/m_0-1-1_10.parquet",
                "p/.hoodie_partition_metadata",
            ],
            &[],
        );
        assert_eq!(found.unwrap(), ["p/f_0-2-1_20.parquet", "p/g_0-1-1_05.parquet", "q/f_0-1-1_10.parquet"]);
    }

    #[test]
    fn logs_before_version_8_are_named_after_their_base() {
        let files = [
            "f_0-1-1_10.parquet",
            ".f_10.log.2_0-3-1",
            ".f_10.log.1_0-2-1",
            ".f_05.log.1_0-1-1",
            ".f_30.log.1_0-9-1",
            ".g_10.log.1_0-1-1",
        ];
        let instants = ["10.deltacommit", "20.deltacommit", "30.compaction.requested", "40.deltacommit"];
        let found = run(6, &instants, &files, &[]).unwrap();
        assert_eq!(found, ["/f_0-1-1_10.parquet+.f_10.log.1_0-2-1+.f_10.log.2_0-3-1+.f_30.log.1_0-9-1", "/+.g_10.log.1_0-1-1"]);
    }

    #[test]
    fn logs_since_version_8_belong_by_their_completion() {
        let files = ["f_0-1-1_10.parquet", "f_0-5-1_30.parquet", ".f_20.log.1_0-2-1", ".f_25.log.1_0-3-1", ".f_50.log.1_0-4-1"];
        // 25 was requested before the compaction 30 and finished after it was planned.
        let instants = ["10_11.deltacommit", "20_21.deltacommit", "25_31.deltacommit", "30_40.commit", "50.deltacommit.inflight"];
        assert_eq!(run(8, &instants, &files, &[]).unwrap(), ["/f_0-5-1_30.parquet+.f_25.log.1_0-3-1"]);
    }

    #[test]
    fn replaced_groups_are_gone() {
        let commits = [("20", CommitFiles { replaced: vec![("p".into(), "f".into())], ..CommitFiles::default() })];
        let files = ["p/f_0-1-1_10.parquet", "p/.f_10.log.1_0-2-1", "p/h_0-1-1_20.parquet", "q/f_0-1-1_10.parquet"];
        let found = run(6, &["10.commit", "20.replacecommit"], &files, &commits).unwrap();
        assert_eq!(found, ["p/h_0-1-1_20.parquet", "q/f_0-1-1_10.parquet"]);
    }

    #[test]
    fn a_missing_file_is_told() {
        let written = |path: &str| CommitFiles {
            written: vec![Written { partition: "p".into(), file_id: "f".into(), path: path.into() }],
            ..CommitFiles::default()
        };
        let commits = [("10", written("p/f_0-1-1_10.parquet")), ("20", written("p/f_0-2-1_20.parquet"))];
        let instants = ["10.commit", "20.commit"];
        let error = run(6, &instants, &["p/f_0-1-1_10.parquet"], &commits).unwrap_err();
        assert_eq!(error.message(), "hudi: the instant 20 wrote p/f_0-2-1_20.parquet, which is not there");
        assert!(run(6, &instants, &["p/f_0-2-1_20.parquet"], &commits).is_ok(), "the older one was cleaned");
    }

    #[test]
    fn other_formats_are_refused_by_name() {
        let error = run(9, &["10_11.commit"], &["f_0-1-1_10.lance"], &[]).unwrap_err();
        assert!(error.message().contains("lance") && error.message().contains("f_0-1-1_10.lance"), "{error}");
    }
}
