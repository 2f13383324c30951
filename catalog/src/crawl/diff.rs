//! What a crawl has to change: a table as it was found against the table that the catalog has.
//!
//! Hand edits survive, by this rule: the crawler remembers what it wrote into each table. Whatever is otherwise now (a column's
//! type, a column added or dropped, the SerDe, a parameter, the type or name of a partition key) somebody else has set, and it
//! stays. Comments, the description and the owner are never the crawler's. A table that the crawler never wrote is all hand-made:
//! it gets new columns and statistics.

use super::found::{DEPRECATED_BY, Found, STATISTICS, UPDATED_BY};
use super::nested::with_members_of;
use crate::crawler::UpdateBehavior;
use crate::table::{Column, Parameters, StorageDescriptor, Table};

/// What becomes of one table.
#[derive(Debug, Clone, PartialEq)]
pub enum TableChange {
    Create(Table),
    Update {
        table: Table,
        /// The version that was compared with.
        expected_version: Option<String>,
        /// Only numbers changed: the replaced definition is not worth keeping as a version.
        only_statistics: bool,
        /// The partition keys are others, so that no partition of the old ones can stay.
        rekeyed: bool,
        /// For people.
        what: Vec<String>,
    },
    /// Nothing to do, or nothing that may be done; the table as it is.
    Keep {
        table: Table,
        why: Vec<String>,
    },
}

impl TableChange {
    /// The table as it will be.
    pub fn table(&self) -> &Table {
        match self {
            Self::Create(table) | Self::Update { table, .. } | Self::Keep { table, .. } => table,
        }
    }
}

/// What decides beside the tables.
#[derive(Debug, Clone, Copy)]
pub(super) struct Policy {
    pub update: UpdateBehavior,
    pub merge_new_columns: bool,
}

/// Compares. `wanted` is [`Found::table`], `old` the catalog's, `written` what the crawler wrote last (and, after a crash, what
/// it was about to write).
pub(super) fn table_change(found: &Found, wanted: Table, old: Option<&Table>, written: &[Table], policy: Policy) -> TableChange {
    let Some(old) = old else { return TableChange::Create(wanted) };
    let mut what = Vec::new();
    let table = reconcile(&wanted, old, written, policy, &mut what);
    let rekeyed = table.partition_keys().len() != old.partition_keys().len();
    if rekeyed {
        let names: Vec<&str> = found.keys.iter().map(String::as_str).collect();
        what.push(format!("partition keys are now ({})", names.join(", ")));
    }
    if same(&table, old, false) {
        return TableChange::Keep { table: old.clone(), why: what };
    }
    let only_statistics = same(&table, old, true);
    if policy.update == UpdateBehavior::Log && !only_statistics {
        what.push("left as it is: UpdateBehavior is LOG".to_string());
        return TableChange::Keep { table: old.clone(), why: what };
    }
    if policy.update == UpdateBehavior::Log {
        return TableChange::Keep { table: old.clone(), why: what };
    }
    TableChange::Update { table, expected_version: old.version_id.clone(), only_statistics, rekeyed, what }
}

/// The old table with what is the crawler's brought up to date.
fn reconcile(wanted: &Table, old: &Table, written: &[Table], policy: Policy, what: &mut Vec<String>) -> Table {
    let mut table = old.clone();
    let default = StorageDescriptor::default();
    let wanted_sd = wanted.storage_descriptor.as_ref().unwrap_or(&default);
    let old_sd = old.storage_descriptor.as_ref().unwrap_or(&default);
    let mut descriptor = old_sd.clone();
    descriptor.columns = Some(columns(wanted_sd, old_sd, written, policy, what));

    let reads = |sd: &StorageDescriptor| (sd.input_format.clone(), sd.output_format.clone(), sd.serde_info.clone());
    let ours =
        written.iter().filter_map(|written| written.storage_descriptor.as_ref()).any(|written| reads(written) == reads(old_sd));
    if reads(wanted_sd) != reads(old_sd) {
        if ours {
            (descriptor.input_format, descriptor.output_format, descriptor.serde_info) = reads(wanted_sd);
            what.push("its objects are read in another way now (SerDe or its parameters)".to_string());
        } else {
            what.push("its SerDe was set by hand and stays".to_string());
        }
    }
    table.parameters = Some(parameters(wanted.parameters.as_ref(), old.parameters.as_ref(), written, what));
    let of_descriptors: Vec<Table> = written
        .iter()
        .map(|table| Table {
            parameters: table.storage_descriptor.as_ref().and_then(|sd| sd.parameters.clone()),
            ..Table::default()
        })
        .collect();
    descriptor.parameters =
        Some(parameters(wanted_sd.parameters.as_ref(), old_sd.parameters.as_ref(), &of_descriptors, &mut Vec::new()));
    table.storage_descriptor = Some(descriptor);

    let names = |table: &Table| table.partition_keys().iter().map(|key| key.name.clone()).collect::<Vec<_>>();
    // Renamed keys (`partition_0` → `day`) have the same number of values; another number has other folders behind it.
    if wanted.partition_keys().len() != old.partition_keys().len() && written.iter().any(|written| names(written) == names(old)) {
        table.partition_keys.clone_from(&wanted.partition_keys);
    }
    let keys = names(&table);
    if let Some(columns) = table.storage_descriptor.as_mut().and_then(|sd| sd.columns.as_mut()) {
        columns.retain(|column| !keys.contains(&column.name));
    }
    table
}

fn columns(
    wanted: &StorageDescriptor,
    old: &StorageDescriptor,
    written: &[Table],
    policy: Policy,
    what: &mut Vec<String>,
) -> Vec<Column> {
    let typed = |columns: &[Column]| {
        columns.iter().map(|column| (column.name.clone(), column.hive_type().to_string())).collect::<Vec<_>>()
    };
    let untouched = written.iter().any(|written| typed(written.columns()) == typed(old.columns()));
    let is_ours = |column: &Column| {
        written.iter().any(|written| {
            written.columns().iter().any(|ours| ours.name == column.name && ours.hive_type() == column.hive_type())
        })
    };
    let wrote = |name: &str| written.iter().any(|written| written.columns().iter().any(|ours| ours.name == name));
    let mut columns: Vec<Column> = Vec::with_capacity(wanted.columns().len());
    for column in old.columns() {
        let mut column = column.clone();
        match wanted.columns().iter().find(|wanted| wanted.name == column.name) {
            Some(found) if found.hive_type() == column.hive_type() => {}
            Some(found) if policy.merge_new_columns => {
                if let Some(nested) = with_members_of(column.hive_type(), found.hive_type()) {
                    what.push(format!("column '{}': {} is now {nested}", column.name, column.hive_type()));
                    column.r#type = Some(nested);
                }
            }
            Some(found) if is_ours(&column) => {
                what.push(format!("column '{}': {} is now {}", column.name, column.hive_type(), found.hive_type()));
                column.r#type.clone_from(&found.r#type);
            }
            Some(found) => {
                what.push(format!(
                    "column '{}' stays {}, set by hand; the data has {}",
                    column.name,
                    column.hive_type(),
                    found.hive_type()
                ));
            }
            None if is_ours(&column) && !policy.merge_new_columns => {
                what.push(format!("column '{}' is gone from the data", column.name));
                continue;
            }
            None => {}
        }
        columns.push(column);
    }
    for found in wanted.columns().iter().filter(|found| !old.columns().iter().any(|old| old.name == found.name)) {
        if wrote(&found.name) {
            what.push(format!("column '{}' was dropped by hand and stays so", found.name));
        } else {
            what.push(format!("column '{}' {} is new", found.name, found.hive_type()));
            columns.push(found.clone());
        }
    }
    // Text formats read by position: where nobody has touched the columns, theirs is the order of the data.
    if untouched {
        let place = |column: &Column| wanted.columns().iter().position(|wanted| wanted.name == column.name).unwrap_or(usize::MAX);
        columns.sort_by_key(place);
    }
    columns
}

fn parameters(wanted: Option<&Parameters>, old: Option<&Parameters>, written: &[Table], what: &mut Vec<String>) -> Parameters {
    let (none, no) = (Parameters::new(), Parameters::new());
    let (wanted, old) = (wanted.unwrap_or(&none), old.unwrap_or(&no));
    let wrote = |key: &str| written.iter().filter_map(|written| written.parameters.as_ref()?.get(key)).collect::<Vec<_>>();
    let mut parameters = old.clone();
    parameters.remove(DEPRECATED_BY);
    parameters.retain(|key, value| wanted.contains_key(key) || !wrote(key).contains(&&*value));
    for (key, value) in wanted {
        let always = STATISTICS.contains(&key.as_str()) || key == UPDATED_BY;
        let mine = match old.get(key) {
            Some(old) => wrote(key).contains(&old),
            // Dropped by hand if it was written once; never add to the reading of a hand-made table.
            None => !written.is_empty() && wrote(key).is_empty(),
        };
        if always || mine {
            if !always && old.get(key).is_some_and(|old| old != value) {
                what.push(format!("parameter '{key}' is now '{value}'"));
            }
            parameters.insert(key.clone(), value.clone());
        } else if old.get(key).is_some_and(|old| old != value) {
            what.push(format!("parameter '{key}' was set by hand and stays"));
        }
    }
    parameters
}

/// Whether two definitions say the same; the times, the version and who made them are not compared.
fn same(one: &Table, other: &Table, but_for_statistics: bool) -> bool {
    let plain = |table: &Table| {
        let mut table = Table { create_time: None, update_time: None, created_by: None, version_id: None, ..table.clone() };
        let in_descriptor = table.storage_descriptor.as_mut().and_then(|sd| sd.parameters.as_mut());
        for parameters in table.parameters.as_mut().into_iter().chain(in_descriptor) {
            parameters.retain(|key, _| key != "CRAWL_RUN_ID" && !(but_for_statistics && STATISTICS.contains(&key.as_str())));
        }
        table
    };
    plain(one) == plain(other)
}

#[cfg(test)]
mod tests;
