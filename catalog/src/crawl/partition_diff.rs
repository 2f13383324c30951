//! What a crawl has to change among the partitions of a table. A partition that no crawler wrote is never touched.

use std::collections::HashMap;

use super::found::{DEPRECATED_BY, FoundPartition, UPDATED_BY};
use crate::crawler::{DeleteBehavior, UpdateBehavior};
use crate::table::{Partition, StorageDescriptor, Table};

/// Changes to the partitions of one table.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct PartitionChanges {
    pub create: Vec<Partition>,
    pub update: Vec<Partition>,
    /// Values of partitions to delete.
    pub delete: Vec<Vec<String>>,
    /// Of those updated, how many are marked as missing.
    pub deprecated: usize,
}

impl PartitionChanges {
    pub fn is_empty(&self) -> bool {
        self.create.is_empty() && self.update.is_empty() && self.delete.is_empty()
    }
}

/// `table` is the table as it will be, `old` its partitions in the catalog, `now` milliseconds since 1970.
pub(super) fn partition_changes(
    found: &[FoundPartition],
    table: &Table,
    old: Vec<Partition>,
    crawler: &str,
    policies: (UpdateBehavior, DeleteBehavior),
    now: i64,
) -> PartitionChanges {
    let (update, delete) = policies;
    let mut changes = PartitionChanges::default();
    let mut known: HashMap<Vec<String>, Partition> =
        old.into_iter().map(|partition| (partition.values.clone(), partition)).collect();
    for partition in found {
        // Keys that were renamed by hand keep their number; another number is another table.
        if partition.values.len() != table.partition_keys().len() {
            continue;
        }
        let wanted = partition.partition(table, crawler);
        match known.remove(&partition.values) {
            None => changes.create.push(wanted),
            Some(old) if !is_ours(&old) || update == UpdateBehavior::Log || says(&old) == says(&wanted) => {}
            Some(old) => changes.update.push(Partition { creation_time: old.creation_time, other: old.other, ..wanted }),
        }
    }
    for (values, mut partition) in known.into_iter().filter(|(_, partition)| is_ours(partition)) {
        match delete {
            DeleteBehavior::Log => {}
            DeleteBehavior::DeleteFromDatabase => changes.delete.push(values),
            DeleteBehavior::DeprecateInDatabase => {
                let parameters = partition.parameters.get_or_insert_default();
                if !parameters.contains_key(DEPRECATED_BY) {
                    parameters.insert(DEPRECATED_BY.to_string(), now.to_string());
                    changes.update.push(partition);
                    changes.deprecated += 1;
                }
            }
        }
    }
    changes
}

fn is_ours(partition: &Partition) -> bool {
    partition.parameters.as_ref().is_some_and(|parameters| parameters.contains_key(UPDATED_BY))
}

/// What the crawler decides about a partition: the rest (times, members a catalog adds) is not compared.
fn says(partition: &Partition) -> impl PartialEq + use<'_> {
    let parameter = |key: &str| partition.parameters.as_ref().and_then(|parameters| parameters.get(key));
    let reading =
        |sd: &StorageDescriptor| (sd.columns.clone(), sd.location.clone(), sd.input_format.clone(), sd.output_format.clone());
    let serde = |sd: &StorageDescriptor| {
        sd.serde_info.as_ref().map(|serde| (serde.serialization_library.clone(), serde.parameters.clone().unwrap_or_default()))
    };
    let descriptor = partition.storage_descriptor.as_ref();
    (descriptor.map(reading), descriptor.and_then(serde), parameter("exclusions").cloned(), parameter(DEPRECATED_BY).cloned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::storage::Location;
    use crate::table::{Column, Parameters};

    fn found(value: &str) -> FoundPartition {
        FoundPartition {
            values: vec![value.to_string()],
            location: Location::parse(&format!("s3://b/t/dt={value}/")).unwrap(),
            reading: None,
            exclusions: Vec::new(),
        }
    }

    fn table(columns: &[&str]) -> Table {
        let columns = columns.iter().map(|name| Column::new(*name, "int")).collect();
        Table {
            partition_keys: Some(vec![Column::new("dt", "string")]),
            storage_descriptor: Some(StorageDescriptor { columns: Some(columns), ..StorageDescriptor::default() }),
            ..Table::default()
        }
    }

    fn changes(
        old: Vec<Partition>,
        columns: &[&str],
        policies: (UpdateBehavior, DeleteBehavior),
    ) -> (Vec<String>, Vec<String>, Vec<String>) {
        let changes = partition_changes(&[found("1"), found("2")], &table(columns), old, "c", policies, 7);
        let names = |partitions: &[Partition]| partitions.iter().map(|partition| partition.values.join("/")).collect();
        (names(&changes.create), names(&changes.update), changes.delete.iter().map(|values| values.join("/")).collect())
    }

    #[test]
    fn new_changed_and_missing_partitions() {
        use DeleteBehavior::{DeleteFromDatabase, DeprecateInDatabase, Log};
        use UpdateBehavior::UpdateInDatabase;
        let ours = |value: &str| found(value).partition(&table(&["a"]), "c");
        let by_hand = |value: &str| Partition { parameters: Some(Parameters::new()), ..ours(value) };
        let texts = |texts: &[&str]| texts.iter().map(ToString::to_string).collect::<Vec<_>>();
        for (name, old, columns, policies, create, update, delete) in [
            ("new", vec![ours("1")], ["a"], (UpdateInDatabase, DeleteFromDatabase), vec!["2"], vec![], vec![]),
            (
                "missing",
                vec![ours("1"), ours("2"), ours("3")],
                ["a"],
                (UpdateInDatabase, DeleteFromDatabase),
                vec![],
                vec![],
                vec!["3"],
            ),
            (
                "marked",
                vec![ours("1"), ours("2"), ours("3")],
                ["a"],
                (UpdateInDatabase, DeprecateInDatabase),
                vec![],
                vec!["3"],
                vec![],
            ),
            ("left", vec![ours("1"), ours("2"), ours("3")], ["a"], (UpdateInDatabase, Log), vec![], vec![], vec![]),
            ("inherits", vec![ours("1"), ours("2")], ["b"], (UpdateInDatabase, Log), vec![], vec!["1", "2"], vec![]),
            ("logged", vec![ours("1"), ours("2")], ["b"], (UpdateBehavior::Log, Log), vec![], vec![], vec![]),
            (
                "by hand",
                vec![by_hand("1"), by_hand("2"), by_hand("3")],
                ["b"],
                (UpdateInDatabase, DeleteFromDatabase),
                vec![],
                vec![],
                vec![],
            ),
        ] {
            assert_eq!(changes(old, &columns, policies), (texts(&create), texts(&update), texts(&delete)), "{name}");
        }
    }

    #[test]
    fn a_missing_partition_is_marked_once() {
        let mut gone = found("3").partition(&table(&["a"]), "c");
        gone.parameters.get_or_insert_default().insert(DEPRECATED_BY.into(), "5".into());
        let policies = (UpdateBehavior::UpdateInDatabase, DeleteBehavior::DeprecateInDatabase);
        let changes = partition_changes(&[], &table(&["a"]), vec![gone], "c", policies, 7);
        assert!(changes.is_empty());
    }
}
