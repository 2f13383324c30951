//! Which partitions of a table a crawl has found and written, remembered so that the next one need not read a million of them
//! out of the catalog to see that they are there. It holds for the one definition of the table it was made with.

use std::borrow::Cow;
use std::collections::BTreeSet;

use futures::{StreamExt, TryStreamExt, stream};
use md5::{Digest, Md5};

use super::found::FoundPartition;
use crate::catalog::{Catalog, PageRequest};
use crate::error::{ErrorKind, Result};
use crate::table::{Partition, StorageDescriptor, Table};

/// Tables with fewer partitions are compared whole, which is one page: what was changed by hand is then seen as well.
const FEW: usize = 1000;
/// More partitions that are new are not asked for one by one.
const ONE_BY_ONE: usize = 200;
/// Partitions asked for at the same time.
const AT_ONCE: usize = 16;

/// A fingerprint of each partition.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Seen(BTreeSet<u64>);

impl Seen {
    pub(super) fn of(found: &[FoundPartition], definition: &Definition) -> Self {
        Self(found.iter().map(|partition| definition.print(partition)).collect())
    }

    pub(super) fn save(&self) -> Vec<u8> {
        self.0.iter().flat_map(|print| print.to_le_bytes()).collect()
    }

    pub(super) fn load(blob: &[u8]) -> Self {
        Self(blob.as_chunks::<8>().0.iter().map(|print| u64::from_le_bytes(*print)).collect())
    }

    /// The numbers of the partitions that have come since `self`, of which `now` is made; `None` where all must be compared:
    /// they are few, or some are gone or others now, or many are new.
    fn come<'f>(&self, now: &Self, found: &'f [FoundPartition], definition: &Definition) -> Option<Vec<&'f FoundPartition>> {
        if found.len() <= FEW || !self.0.is_subset(&now.0) || now.0.len() - self.0.len() > ONE_BY_ONE {
            return None;
        }
        Some(found.iter().filter(|partition| !self.0.contains(&definition.print(partition))).collect())
    }
}

/// All but the partitions themselves that decides what is written of them, digested.
pub(super) struct Definition(Md5);

impl Definition {
    /// `old` is the table of the catalog, `table` what becomes of it, `how` the crawler and its policies.
    pub(super) fn of(old: &Table, table: &Table, how: &str) -> Self {
        let empty = StorageDescriptor::default();
        let descriptor = table.storage_descriptor.as_ref().unwrap_or(&empty);
        let reading = (&descriptor.columns, &descriptor.input_format, &descriptor.output_format, &descriptor.serde_info);
        let mut digest = Md5::new();
        // A table that was dropped and made again has another time.
        digest.update(format!("{:?}{:?}{reading:?}{how}", old.create_time, table.partition_keys).as_bytes());
        Self(digest)
    }

    fn print(&self, partition: &FoundPartition) -> u64 {
        let mut digest = self.0.clone();
        for value in &partition.values {
            digest.update(value.as_bytes());
            digest.update([0]);
        }
        digest.update(partition.location.to_string().as_bytes());
        if partition.reading.is_some() || !partition.exclusions.is_empty() {
            digest.update(format!("{:?}{:?}", partition.reading, partition.exclusions).as_bytes());
        }
        digest.finalize().iter().take(8).fold(0, |print, byte| print << 8 | u64::from(*byte))
    }
}

/// What is to be compared: found partitions, and those that the catalog has.
pub(super) struct Compared<'f> {
    pub(super) found: Cow<'f, [FoundPartition]>,
    pub(super) old: Vec<Partition>,
}

/// Reads of the catalog only the partitions that may have to change. `before` is what the last crawl of this definition saw.
///
/// Errors: those of the catalog.
pub(super) async fn to_compare<'f>(
    catalog: &dyn Catalog,
    table: &Table,
    found: &'f [FoundPartition],
    (before, now): (Option<&Seen>, &Seen),
    definition: &Definition,
) -> Result<Compared<'f>> {
    let (database, name) = (table.database_name.as_str(), table.name.as_str());
    let Some(new) = before.and_then(|before| before.come(now, found, definition)) else {
        return Ok(Compared { found: found.into(), old: all(catalog, database, name).await? });
    };
    let one = |partition: FoundPartition| async move {
        match catalog.partition(database, name, &partition.values).await {
            Ok(old) => Ok(Some(old)),
            Err(error) if error.kind() == ErrorKind::PartitionNotFound => Ok(None),
            Err(error) => Err(error),
        }
    };
    let found: Vec<FoundPartition> = new.into_iter().cloned().collect();
    let old = stream::iter(found.clone()).map(one).buffered(AT_ONCE).try_filter_map(|old| std::future::ready(Ok(old)));
    Ok(Compared { old: old.try_collect().await?, found: found.into() })
}

async fn all(catalog: &dyn Catalog, database: &str, table: &str) -> Result<Vec<Partition>> {
    let mut partitions = Vec::new();
    let mut page = PageRequest::default();
    loop {
        let next = catalog.partitions(database, table, None, page.clone()).await?;
        partitions.extend(next.items);
        match next.next {
            Some(token) => page.token = Some(token),
            None => return Ok(partitions),
        }
    }
}
