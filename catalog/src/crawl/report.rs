//! What a crawl did or would do, for people (`--dry-run`, the summary) and programs (`--format json`).

use std::collections::BTreeMap;

use serde::Serialize;

use super::diff::TableChange;
use super::found::DEPRECATED_BY;
use super::left_out::Reason;
use super::plan::{MissingTable, Plan, PlannedTable};
use crate::crawler::{CrawlCounts, DeleteBehavior};
use crate::table::{Column, Table};

/// At most so many objects that were left out are named; all are counted.
pub(super) const NAMED: usize = 1000;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Action {
    Created,
    Updated,
    Unchanged,
    Deprecated,
    Deleted,
    /// Its data is gone and it stays, because DeleteBehavior is LOG.
    Missing,
}

impl Action {
    pub fn name(self) -> &'static str {
        match self {
            Self::Created => "created",
            Self::Updated => "updated",
            Self::Unchanged => "unchanged",
            Self::Deprecated => "deprecated",
            Self::Deleted => "deleted",
            Self::Missing => "missing",
        }
    }
}

/// One table of a crawl.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct TableReport {
    pub name: String,
    pub location: String,
    pub action: Action,
    /// Glue's classification: `json`, `csv`, `parquet`, ….
    pub format: String,
    pub columns: Vec<Column>,
    pub partition_keys: Vec<String>,
    pub objects: u64,
    pub bytes: u64,
    pub partitions: u64,
    pub partitions_created: u64,
    pub partitions_updated: u64,
    pub partitions_deleted: u64,
    /// What is new or other than before.
    pub changes: Vec<String>,
    /// Which object gave which type, which folder became a key, why it is one table.
    pub why: Vec<String>,
}

/// An object that is in no table.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct LeftOut {
    pub object: String,
    pub reason: Reason,
}

#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Report {
    pub database: String,
    /// Nothing was changed.
    pub dry_run: bool,
    /// In the order of their names.
    pub tables: Vec<TableReport>,
    /// The first [`NAMED`].
    pub left_out: Vec<LeftOut>,
    /// Reason → how many objects.
    pub left_out_counts: BTreeMap<String, u64>,
    /// Remarks on single objects: torn records, what was not read.
    pub notes: Vec<String>,
    pub counts: CrawlCounts,
}

impl Report {
    fn leave_out(&mut self, objects: &[(String, Reason)]) {
        for (object, reason) in objects {
            *self.left_out_counts.entry(kind(reason)).or_default() += 1;
            self.counts.objects_skipped += 1;
            if self.left_out.len() < NAMED {
                self.left_out.push(LeftOut { object: object.clone(), reason: reason.clone() });
            }
        }
    }

    /// Counts the tables by what was done with them.
    fn count_tables(&mut self) {
        for table in &self.tables {
            match table.action {
                Action::Created => self.counts.tables_created += 1,
                Action::Updated | Action::Deprecated => self.counts.tables_updated += 1,
                Action::Deleted => self.counts.tables_deleted += 1,
                Action::Unchanged | Action::Missing => self.counts.tables_unchanged += 1,
            }
            self.counts.partitions_created += table.partitions_created;
            self.counts.partitions_updated += table.partitions_updated;
            self.counts.partitions_deleted += table.partitions_deleted;
        }
    }
}

impl Plan {
    /// What the plan would do.
    pub fn report(&self) -> Report {
        let finds = &self.finds;
        let mut report = Report { database: self.request.database.clone(), dry_run: true, ..Report::default() };
        report.counts.objects_listed = finds.objects_listed;
        report.counts.objects_read = finds.objects_read;
        report.counts.bytes_read = finds.bytes_read;
        report.notes = finds.notes.iter().map(ToString::to_string).collect();
        report.tables = self.tables.iter().map(of_planned).chain(self.missing.iter().map(of_missing)).collect();
        report.tables.sort_by(|a, b| a.name.cmp(&b.name));
        report.leave_out(&finds.left_out);
        report.count_tables();
        report
    }
}

fn of_planned(planned: &PlannedTable) -> TableReport {
    let PlannedTable { found, change, partitions, .. } = planned;
    let (action, changes) = match change {
        TableChange::Create(_) => (Action::Created, Vec::new()),
        TableChange::Update { what, .. } => (Action::Updated, what.clone()),
        TableChange::Keep { why, .. } if partitions.is_empty() => (Action::Unchanged, why.clone()),
        TableChange::Keep { why, .. } => (Action::Updated, why.clone()),
    };
    TableReport {
        objects: found.objects,
        bytes: found.bytes,
        partitions: found.partitions.len() as u64,
        partitions_created: partitions.create.len() as u64,
        partitions_updated: partitions.update.len() as u64,
        partitions_deleted: partitions.delete.len() as u64,
        changes,
        why: found.why.clone(),
        ..of_table(change.table(), action)
    }
}

fn of_missing(missing: &MissingTable) -> TableReport {
    let action = match missing.behavior {
        DeleteBehavior::Log => Action::Missing,
        DeleteBehavior::DeleteFromDatabase => Action::Deleted,
        DeleteBehavior::DeprecateInDatabase if missing.table.parameter(DEPRECATED_BY).is_some() => Action::Missing,
        DeleteBehavior::DeprecateInDatabase => Action::Deprecated,
    };
    TableReport { why: vec!["nothing is left of its data".to_string()], ..of_table(&missing.table, action) }
}

fn of_table(table: &Table, action: Action) -> TableReport {
    TableReport {
        name: table.name.clone(),
        location: table.storage_descriptor.as_ref().and_then(|sd| sd.location.clone()).unwrap_or_default(),
        action,
        format: table.parameter("classification").unwrap_or_default().to_string(),
        columns: table.columns().to_vec(),
        partition_keys: table.partition_keys().iter().map(|key| key.name.clone()).collect(),
        objects: 0,
        bytes: 0,
        partitions: 0,
        partitions_created: 0,
        partitions_updated: 0,
        partitions_deleted: 0,
        changes: Vec::new(),
        why: Vec::new(),
    }
}

/// The reason without what is particular to one object.
fn kind(reason: &Reason) -> String {
    let text = reason.to_string();
    match reason {
        Reason::Unrecognised(_) | Reason::Unreadable(_) | Reason::UnusableKey(_) => {
            text.split(':').next().unwrap_or_default().to_string()
        }
        _ => text,
    }
}
