//! Partition indexes. The catalog finds partitions by any of their first eight keys without being told; an index that somebody makes is
//! kept and shown, and active at once.

use catalog::local::Document;
use catalog::table::Table;
use catalog::{Error, ErrorKind, Page, name};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::about::identity;
use super::error::{Outcome, failure, invalid, not_found, of_table};
use super::page::Paging;
use super::records::{self, checked_name, too_many};
use super::request::OfTable;
use super::{Glue, page};

/// What Glue allows a table ("Working with partition indexes").
const MOST: usize = 3;

#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Index {
    keys: Vec<String>,
    index_name: String,
}

/// The indexes of one table.
#[derive(Serialize, Deserialize)]
pub(super) struct Indexes {
    database: String,
    table: String,
    /// When the table was made.
    of: i64,
    indexes: Vec<Index>,
}

impl Document for Indexes {
    const KIND: &'static str = "glue partition indexes";
    const WHAT: &'static str = "partition indexes";
    fn key(&self) -> String {
        records::of_table(&self.database, &self.table)
    }
}

/// Whether the table can have these.
pub(super) fn check(table: &Table, indexes: &[Index]) -> Outcome<()> {
    if indexes.len() > MOST {
        return Err(too_many("partition indexes", MOST).into());
    }
    indexes.iter().try_for_each(|index| {
        checked_name(&index.index_name)?;
        if index.keys.is_empty() {
            return Err(invalid(format!("partition index {} has no Keys", index.index_name)));
        }
        index.keys.iter().try_for_each(|key| {
            let wanted = name::fold(key);
            let column = table.partition_keys().iter().find(|column| name::fold(&column.name) == wanted);
            let column =
                column.ok_or_else(|| invalid(format!("{key} of partition index {} is no partition key", index.index_name)))?;
            let kind = column.hive_type().split('(').next().unwrap_or_default().to_ascii_lowercase();
            match kind.as_str() {
                "string" | "char" | "varchar" | "tinyint" | "smallint" | "int" | "integer" | "bigint" | "long" | "decimal"
                | "date" => Ok(()),
                _ => Err(invalid(format!(
                    "partition key {key} has the type {kind}: the keys of partition indexes are strings, numbers and dates"
                ))),
            }
        })
    })
}

async fn table(glue: Glue<'_>, database: &str, table: &str) -> Outcome<Table> {
    glue.catalog().table(database, table).await.map_err(of_table(database, table))
}

fn none(database: &str, table: &Table) -> Indexes {
    let of = identity(table.create_time);
    Indexes { database: name::fold(database), table: name::fold(&table.name), of, indexes: Vec::new() }
}

/// Stores the indexes that a table is made with.
pub(super) async fn begin(glue: Glue<'_>, database: &str, name: &str, indexes: Vec<Index>) -> Outcome<()> {
    let table = table(glue, database, name).await?;
    let document = Indexes { indexes, ..none(database, &table) };
    Ok(glue.home().put_document(&document).await?)
}

async fn kept(glue: Glue<'_>, empty: Indexes) -> Outcome<Indexes> {
    let kept = records::find::<Indexes>(glue.home(), &empty.key()).await?;
    Ok(kept.filter(|kept| kept.of == empty.of).unwrap_or(empty))
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Create {
    database_name: String,
    table_name: String,
    partition_index: Index,
}

pub(super) async fn create(glue: Glue<'_>, request: Create) -> Outcome {
    let Create { database_name, table_name, partition_index: index } = request;
    let table = table(glue, &database_name, &table_name).await?;
    check(&table, std::slice::from_ref(&index))?;
    let fresh = none(&database_name, &table);
    let of = fresh.of;
    let change = move |kept: &mut Indexes| {
        if kept.of != of {
            (kept.of, kept.indexes) = (of, Vec::new());
        }
        if kept.indexes.iter().any(|one| one.index_name == index.index_name || one.keys == index.keys) {
            return Err(Error::new(ErrorKind::AlreadyExists, "there is one"));
        }
        if kept.indexes.len() == MOST {
            return Err(too_many("partition indexes", MOST));
        }
        kept.indexes.push(index.clone());
        Ok(())
    };
    match records::upsert(glue.home(), fresh, change).await {
        Err(error) if error.kind() == ErrorKind::AlreadyExists => {
            Err(failure("AlreadyExistsException", "Partition index already exists."))
        }
        outcome => Ok(outcome.map(|()| json!({}))?),
    }
}

#[derive(Deserialize)]
pub(super) struct List {
    #[serde(flatten)]
    of: OfTable,
    #[serde(flatten)]
    _paging: Paging,
}

/// All on one page: there are three at most.
pub(super) async fn list(glue: Glue<'_>, request: List) -> Outcome {
    let OfTable { database_name, table_name } = request.of;
    let table = table(glue, &database_name, &table_name).await?;
    let kept = kept(glue, none(&database_name, &table)).await?;
    let shown = |index: &Index| {
        let key = |key: &String| {
            let column = table.partition_keys().iter().find(|column| column.name.eq_ignore_ascii_case(key));
            json!({ "Name": key, "Type": column.map_or("string", |column| column.hive_type()) })
        };
        json!({ "IndexName": index.index_name, "Keys": index.keys.iter().map(key).collect::<Vec<_>>(), "IndexStatus": "ACTIVE" })
    };
    let items: Vec<Value> = kept.indexes.iter().map(shown).collect();
    page::answer("PartitionIndexDescriptorList", Page { items, next: None })
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Delete {
    database_name: String,
    table_name: String,
    index_name: String,
}

pub(super) async fn delete(glue: Glue<'_>, request: Delete) -> Outcome {
    let table = table(glue, &request.database_name, &request.table_name).await?;
    let fresh = none(&request.database_name, &table);
    let missing = || not_found(format!("Partition index {} not found.", request.index_name));
    if !kept(glue, none(&request.database_name, &table)).await?.indexes.iter().any(|index| index.index_name == request.index_name)
    {
        return Err(missing());
    }
    let name = request.index_name.clone();
    let change = move |kept: &mut Indexes| {
        kept.indexes.retain(|index| index.index_name != name);
        Ok(())
    };
    records::upsert(glue.home(), fresh, change).await?;
    Ok(json!({}))
}
