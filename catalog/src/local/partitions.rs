//! Partitions in the embedded catalog: storing, replacing and deleting them. [`super::lookup`] finds them.

use std::collections::{HashMap, HashSet};

use sha2::{Digest, Sha256};
use sqlx::AnyConnection;
use sqlx::{AssertSqlSafe, Row};

use super::record;
use super::tables::{self, Stored};
use crate::catalog::PartitionError;
use crate::error::{Error, ErrorKind, Result};
use crate::key::{self, Key};
use crate::table::{Partition, StorageDescriptor, Table, now};

/// So many values of a partition have a column, and all but the first an index, of their own; the others are compared after reading.
pub(super) const INDEXED: usize = 8;

/// Rows of one INSERT; with 12 values each it stays below what SQLite (32,766) and PostgreSQL (65,535) let a statement bind.
const ROWS: usize = 500;

/// A partition on its way into the database.
struct Record {
    key: Key,
    partition: Partition,
    descriptor: Option<i64>,
}

fn not_found(table: &Table, values: &[String]) -> Error {
    let message = format!("partition ({}) of table '{}.{}' does not exist", values.join(", "), table.database_name, table.name);
    Error::new(ErrorKind::PartitionNotFound, message)
}

pub(super) async fn create(
    connection: &mut AnyConnection,
    database: &str,
    table: &str,
    partitions: Vec<Partition>,
) -> Result<Vec<PartitionError>> {
    let stored = tables::find(connection, database, table).await?;
    let types = key::types(&stored.table);
    let mut errors = Vec::new();
    let mut records = Vec::with_capacity(partitions.len());
    let mut descriptors = Descriptors::new(stored.id);
    for mut partition in partitions {
        match Key::of(&stored.table, &types, &partition) {
            Ok(key) => {
                partition.creation_time = Some(now());
                let descriptor = descriptors.share(connection, &mut partition).await?;
                records.push(Record { key, partition, descriptor });
            }
            Err(error) => errors.push(PartitionError { values: partition.values, error }),
        }
    }
    while !records.is_empty() {
        let rest = records.split_off(records.len().min(ROWS));
        let mut created = insert(connection, stored.id, &records).await?;
        // A key comes back once, so the second of two equal partitions in one statement is the one that already exists.
        errors.extend(records.into_iter().filter(|record| !created.remove(&record.key.joined)).map(|record| {
            let values = record.partition.values;
            let Table { database_name, name, .. } = &stored.table;
            let message = format!("partition ({}) of table '{database_name}.{name}' already exists", values.join(", "));
            PartitionError { values, error: Error::new(ErrorKind::AlreadyExists, message) }
        }));
        records = rest;
    }
    Ok(errors)
}

/// Inserts the partitions that are not there; returns the keys of those it inserted.
async fn insert(connection: &mut AnyConnection, table: i64, records: &[Record]) -> Result<HashSet<Vec<u8>>> {
    let columns = records.first().map_or(0, |record| record.key.values.len().min(INDEXED));
    let mut sql = String::from("INSERT INTO partitions (table_id, key, descriptor, json");
    (0..columns).for_each(|column| sql.push_str(&format!(", k{column}")));
    sql.push_str(") VALUES ");
    let mut next = 1;
    for row in 0..records.len() {
        sql.push_str(if row == 0 { "(" } else { ", (" });
        for value in 0..4 + columns {
            sql.push_str(&format!("{}${next}", if value == 0 { "" } else { ", " }));
            next += 1;
        }
        sql.push(')');
    }
    sql.push_str(" ON CONFLICT DO NOTHING RETURNING key");
    let mut query = sqlx::query(AssertSqlSafe(sql));
    for record in records {
        query = query.bind(table).bind(&*record.key.joined).bind(record.descriptor).bind(record::write(&record.partition)?);
        for value in record.key.values.iter().take(columns) {
            query = query.bind(&**value);
        }
    }
    let rows = query.fetch_all(connection).await?;
    rows.iter().map(|row| Ok(row.try_get(0)?)).collect()
}

pub(super) async fn update(
    connection: &mut AnyConnection,
    database: &str,
    table: &str,
    partitions: Vec<Partition>,
) -> Result<Vec<PartitionError>> {
    let stored = tables::find(connection, database, table).await?;
    let types = key::types(&stored.table);
    let mut errors = Vec::new();
    let mut descriptors = Descriptors::new(stored.id);
    for mut partition in partitions {
        let key = match Key::of(&stored.table, &types, &partition) {
            Ok(key) => key.joined,
            Err(error) => {
                errors.push(PartitionError { values: partition.values, error });
                continue;
            }
        };
        let old = sqlx::query("SELECT json FROM partitions WHERE table_id = $1 AND key = $2")
            .bind(stored.id)
            .bind(&*key)
            .fetch_optional(&mut *connection)
            .await?;
        let Some(old) = old else {
            let error = not_found(&stored.table, &partition.values);
            errors.push(PartitionError { values: partition.values, error });
            continue;
        };
        partition.creation_time = record::read::<Partition>(old.try_get(0)?)?.creation_time;
        let descriptor = descriptors.share(connection, &mut partition).await?;
        sqlx::query("UPDATE partitions SET descriptor = $1, json = $2 WHERE table_id = $3 AND key = $4")
            .bind(descriptor)
            .bind(record::write(&partition)?)
            .bind(stored.id)
            .bind(&*key)
            .execute(&mut *connection)
            .await?;
    }
    Ok(errors)
}

pub(super) async fn delete(
    connection: &mut AnyConnection,
    database: &str,
    table: &str,
    partitions: Vec<Vec<String>>,
) -> Result<Vec<PartitionError>> {
    let stored = tables::find(connection, database, table).await?;
    let types = key::types(&stored.table);
    let mut errors = Vec::new();
    for values in partitions {
        let deleted = match Key::new(&stored.table, &types, &values) {
            Ok(key) => sqlx::query("DELETE FROM partitions WHERE table_id = $1 AND key = $2")
                .bind(stored.id)
                .bind(&*key.joined)
                .execute(&mut *connection)
                .await?
                .rows_affected(),
            // What cannot be a partition of the table is not one.
            Err(_) => 0,
        };
        if deleted == 0 {
            errors.push(PartitionError { error: not_found(&stored.table, &values), values });
        }
    }
    Ok(errors)
}

pub(super) async fn get(connection: &mut AnyConnection, database: &str, table: &str, values: &[String]) -> Result<Partition> {
    let stored = tables::find(connection, database, table).await?;
    let key = Key::new(&stored.table, &key::types(&stored.table), values)?;
    let row = sqlx::query("SELECT descriptor, json FROM partitions WHERE table_id = $1 AND key = $2")
        .bind(stored.id)
        .bind(&*key.joined)
        .fetch_optional(&mut *connection)
        .await?
        .ok_or_else(|| not_found(&stored.table, values))?;
    let partition = record::read(row.try_get(1)?)?;
    Descriptors::new(stored.id).complete(connection, &stored, partition, row.try_get(0)?).await
}

/// Encodes the keys of all partitions anew, because the table's partition keys changed.
///
/// Errors: `InvalidInput` when a partition does not fit the new keys; nothing is changed then.
pub(super) async fn rekey(connection: &mut AnyConnection, table: i64, old: &Table, new: &Table) -> Result<()> {
    let types = key::types(new);
    if types == key::types(old) {
        return Ok(());
    }
    // A key that was changed already may be met again further on; it is the same then.
    let mut last = Vec::new();
    loop {
        let rows = sqlx::query("SELECT key, json FROM partitions WHERE table_id = $1 AND key > $2 ORDER BY key LIMIT 1000")
            .bind(table)
            .bind(&*last)
            .fetch_all(&mut *connection)
            .await?;
        let Some(row) = rows.last() else { return Ok(()) };
        last = row.try_get(0)?;
        for row in &rows {
            let before: Vec<u8> = row.try_get(0)?;
            let key = Key::of(new, &types, &record::read(row.try_get(1)?)?)?;
            if key.joined == before {
                continue;
            }
            let mut sql = String::from("UPDATE partitions SET key = $3");
            (0..key.values.len().min(INDEXED)).for_each(|column| sql.push_str(&format!(", k{column} = ${}", column + 4)));
            sql.push_str(" WHERE table_id = $1 AND key = $2");
            let mut update = sqlx::query(AssertSqlSafe(sql)).bind(table).bind(before).bind(key.joined);
            for value in key.values.into_iter().take(INDEXED) {
                update = update.bind(value);
            }
            update.execute(&mut *connection).await?;
        }
    }
}

/// The shared descriptors of one table, as far as they were met.
///
/// A partition's own record keeps of its storage descriptor what differs from partition to partition, location and
/// parameters; all the rest is stored once by its hash. A descriptor that no partition refers to any more goes with its table.
pub(super) struct Descriptors {
    table: i64,
    by_hash: HashMap<Vec<u8>, i64>,
    by_id: HashMap<i64, StorageDescriptor>,
}

impl Descriptors {
    pub(super) fn new(table: i64) -> Self {
        Self { table, by_hash: HashMap::new(), by_id: HashMap::new() }
    }

    /// Takes the shared part out of the partition and returns its number.
    async fn share(&mut self, connection: &mut AnyConnection, partition: &mut Partition) -> Result<Option<i64>> {
        let Some(mut shared) = partition.storage_descriptor.take() else { return Ok(None) };
        partition.storage_descriptor = Some(StorageDescriptor {
            location: shared.location.take(),
            parameters: shared.parameters.take(),
            ..StorageDescriptor::default()
        });
        let json = record::write(&shared)?;
        let hash = Sha256::digest(json.as_bytes()).to_vec();
        if let Some(id) = self.by_hash.get(&hash) {
            return Ok(Some(*id));
        }
        sqlx::query(
            "INSERT INTO descriptors (table_id, id, hash, json) \
             VALUES ($1, (SELECT COALESCE(MAX(id), 0) + 1 FROM descriptors WHERE table_id = $1), $2, $3) ON CONFLICT DO NOTHING",
        )
        .bind(self.table)
        .bind(&*hash)
        .bind(json)
        .execute(&mut *connection)
        .await?;
        let row = sqlx::query("SELECT id FROM descriptors WHERE table_id = $1 AND hash = $2")
            .bind(self.table)
            .bind(&*hash)
            .fetch_one(connection)
            .await?;
        let id = row.try_get(0)?;
        self.by_hash.insert(hash, id);
        Ok(Some(id))
    }

    /// Puts the shared part back, and where the partition belongs.
    pub(super) async fn complete(
        &mut self,
        connection: &mut AnyConnection,
        stored: &Stored,
        mut partition: Partition,
        descriptor: Option<i64>,
    ) -> Result<Partition> {
        partition.database_name.clone_from(&stored.table.database_name);
        partition.table_name.clone_from(&stored.table.name);
        if let Some(id) = descriptor {
            let own = partition.storage_descriptor.take().unwrap_or_default();
            let shared = self.get(connection, id).await?.clone();
            partition.storage_descriptor =
                Some(StorageDescriptor { location: own.location, parameters: own.parameters, ..shared });
        }
        Ok(partition)
    }

    async fn get(&mut self, connection: &mut AnyConnection, id: i64) -> Result<&StorageDescriptor> {
        match self.by_id.entry(id) {
            std::collections::hash_map::Entry::Occupied(known) => Ok(known.into_mut()),
            std::collections::hash_map::Entry::Vacant(unknown) => {
                let row = sqlx::query("SELECT json FROM descriptors WHERE table_id = $1 AND id = $2")
                    .bind(self.table)
                    .bind(id)
                    .fetch_one(connection)
                    .await?;
                Ok(unknown.insert(record::read(row.try_get(0)?)?))
            }
        }
    }
}
