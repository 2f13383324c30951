//! Which version of a Delta table was the newest at some time, and which file of its log is broken.

use catalog::storage::{Location, Storage};
use catalog::{Error, Result};
use chrono::{DateTime, Utc};
use serde::Deserialize;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Action {
    commit_info: Option<CommitInfo>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct CommitInfo {
    in_commit_timestamp: Option<i64>,
}

/// The last version that was committed at `time` or before. A commit's time is the one that it says ("In-Commit Timestamps" in
/// the Delta protocol), else the one of its file.
///
/// Errors: `InvalidInput` when the oldest commit that is still there is younger.
pub(super) async fn version_at(storage: &Storage, root: &Location, time: DateTime<Utc>) -> Result<u64> {
    let log = root.join("_delta_log/");
    let listed = storage.list_folder(&log).await?;
    let version = |key: &str| key.strip_prefix(&log.key)?.strip_suffix(".json").filter(|name| name.len() == 20)?.parse().ok();
    let mut commits: Vec<(u64, String, i64)> =
        listed.objects.into_iter().filter_map(|object| Some((version(&object.key)?, object.key, object.modified))).collect();
    commits.sort_unstable();
    // Commits are in the order of their times, so a few of them have to be read.
    let (mut low, mut high) = (0, commits.len());
    while low < high {
        let middle = low + (high - low) / 2;
        let (_, key, modified) = &commits[middle];
        let committed = in_commit(&storage.get(&log.with_key(key.as_str())).await?).unwrap_or(*modified);
        if committed <= time.timestamp_millis() { low = middle + 1 } else { high = middle }
    }
    match low.checked_sub(1).and_then(|at| commits.get(at)) {
        Some((version, ..)) => Ok(*version),
        None => Err(Error::invalid(format!("delta: the table has no version that is as old as {time}"))),
    }
}

/// The error with the name of the checkpoint that it is about, which the library does not say: the newest that does not end as Parquet
/// files end.
pub(super) async fn naming_checkpoint(storage: &Storage, root: &Location, error: Error) -> Error {
    if !error.message().contains("Parquet") {
        return error;
    }
    let log = root.join("_delta_log/");
    let Ok(listed) = storage.list_folder(&log).await else { return error };
    for object in listed.objects.iter().rev().filter(|object| object.key.ends_with(".parquet")) {
        let at = log.with_key(object.key.as_str());
        let end = storage.get_range(&at, object.size.saturating_sub(4)..object.size).await;
        if end.is_ok_and(|end| *end != *b"PAR1") {
            return error.within(format!("the checkpoint {at} is torn"));
        }
    }
    error
}

fn in_commit(commit: &[u8]) -> Option<i64> {
    let first = commit.split(|byte| *byte == b'\n').next()?;
    serde_json::from_slice::<Action>(first).ok()?.commit_info?.in_commit_timestamp
}
