//! The timeline: what was done to a Hudi table, and which of it is finished (Apache Hudi, "Technical Specification": timeline,
//! instants and their states).
//!
//! In layout 1 an instant is `.hoodie/TIME.ACTION`, in layout 2 `.hoodie/timeline/TIME_COMPLETION.ACTION`; with `.requested` or
//! `.inflight` after it the action is not finished, and none of its files are data. Old instants move to an archive, so that an
//! instant before the first that is left has long been finished.

use std::collections::{BTreeMap, BTreeSet};

use super::file_name::is_instant;

/// Finished actions that write data files.
const WRITES: &[&str] = &["commit", "deltacommit", "replacecommit"];
/// The names that writing actions have while they are not finished.
const PENDING_WRITES: &[&str] = &["commit", "deltacommit", "replacecommit", "clustering", "compaction", "logcompaction"];

/// A finished writing action.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Commit {
    /// When it was finished; layout 1 does not say.
    pub(crate) completed: Option<String>,
    /// The name of the file with its metadata, in the folder of the instants.
    pub(crate) file: String,
}

/// The writing actions of a table, by the instants at which they were requested.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Timeline {
    commits: BTreeMap<String, Commit>,
    pending: BTreeSet<String>,
    /// Instants before this one are in the archive.
    first: Option<String>,
}

impl Timeline {
    /// The timeline of the objects in the folder of the instants, by their names in it.
    pub(crate) fn of<'a>(names: impl Iterator<Item = &'a str>) -> Self {
        let mut timeline = Self::default();
        let mut savepoints = BTreeSet::new();
        for name in names {
            let Some((instant, state)) = name.split_once('.') else { continue };
            let (requested, completed) = match instant.split_once('_') {
                Some((requested, completed)) => (requested, Some(completed)),
                None => (instant, None),
            };
            if !is_instant(requested) || !completed.is_none_or(is_instant) {
                continue;
            }
            if WRITES.contains(&state) {
                let commit = Commit { completed: completed.map(str::to_string), file: name.to_string() };
                timeline.commits.insert(requested.to_string(), commit);
            } else if state == "savepoint" {
                savepoints.insert(requested);
            } else if is_pending_write(state) {
                timeline.pending.insert(requested.to_string());
            }
        }
        timeline.pending.retain(|instant| !timeline.commits.contains_key(instant));
        // A savepoint keeps its commit out of the archive when later ones go there.
        let left = timeline.commits.keys().chain(&timeline.pending).filter(|instant| !savepoints.contains(instant.as_str()));
        timeline.first = left.min().or_else(|| timeline.commits.keys().next()).cloned();
        timeline
    }

    /// Whether what was written at `instant` is data.
    pub(crate) fn is_committed(&self, instant: &str) -> bool {
        let archived = || self.first.as_deref().is_some_and(|first| instant < first) && !self.pending.contains(instant);
        self.commits.contains_key(instant) || archived()
    }

    /// When the action of `instant` was finished. Of an archived one only the beginning is known, and of layout 1.
    pub(crate) fn completed<'a>(&'a self, instant: &'a str) -> &'a str {
        self.commits.get(instant).and_then(|commit| commit.completed.as_deref()).unwrap_or(instant)
    }

    /// The finished actions, oldest first, with their instants.
    pub(crate) fn commits(&self) -> impl Iterator<Item = (&str, &Commit)> {
        self.commits.iter().map(|(instant, commit)| (instant.as_str(), commit))
    }
}

/// `deltacommit.inflight`, `compaction.requested`; in layout 1 a commit that is being written is `TIME.inflight` alone.
fn is_pending_write(state: &str) -> bool {
    match state.split_once('.') {
        Some((action, "requested" | "inflight")) => PENDING_WRITES.contains(&action),
        _ => state == "inflight",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn instants_of_both_layouts() {
        let one = Timeline::of(
            [
                "20240102.commit",
                "20240102.inflight",
                "20240102.commit.requested",
                "20240103.inflight",
                "20240104.rollback",
                "archived",
            ]
            .into_iter(),
        );
        let two = Timeline::of(
            ["20240102_20240105.deltacommit", "20240102.deltacommit.inflight", "20240103.compaction.requested", "x_y.commit"]
                .into_iter(),
        );
        for (timeline, instant, committed) in [
            (&one, "20240102", true),
            (&one, "20240103", false),
            (&one, "20240104", false),
            (&one, "20230101", true),
            (&two, "20240102", true),
            (&two, "20240103", false),
            (&two, "20231231", true),
            (&Timeline::default(), "20240102", false),
        ] {
            assert_eq!(timeline.is_committed(instant), committed, "{instant} in {timeline:?}");
        }
        assert_eq!(two.completed("20240102"), "20240105");
        assert_eq!(one.completed("20240102"), "20240102");
        assert_eq!(
            one.commits().map(|(instant, commit)| (instant, commit.file.as_str())).collect::<Vec<_>>(),
            [("20240102", "20240102.commit")]
        );
    }

    #[test]
    fn unfinished_instants_before_the_first_commit_are_not_archived() {
        let timeline = Timeline::of(["20240101.deltacommit.inflight", "20240102.deltacommit"].into_iter());
        assert!(!timeline.is_committed("20240101"));
        assert!(timeline.is_committed("20231231"));
    }

    #[test]
    fn a_savepoint_does_not_begin_the_timeline() {
        let names = ["20240101.commit", "20240101.savepoint", "20240105.commit"];
        let timeline = Timeline::of(names.into_iter());
        assert!(timeline.is_committed("20240103"), "between the savepoint and what is left lies the archive");
        assert!(!timeline.is_committed("20240106"));
    }
}
