//! What every [`Catalog`] must do, as functions over `&dyn Catalog`: run against SQLite, PostgreSQL and a Glue endpoint. They
//! are for tests and panic where a catalog differs. Each makes databases of its own name and leaves none behind, so that
//! a shared catalog serves as well as a fresh one.

mod databases;
mod partitions;
mod tables;

use crate::catalog::{Catalog, Page};
use crate::error::{Error, ErrorKind, Result};
use crate::table::{Column, Database, Partition, SerDeInfo, StorageDescriptor, Table};

/// In which points a substitute for AWS Glue is known to differ from it. What is `false` here is not asked of it.
#[derive(Debug, Clone, Copy)]
pub struct Expect {
    /// `UpdateTable` checks `VersionId`, honours `SkipArchive`, and the first version is "0". moto accepts stale updates, always archives and begins with "1".
    pub versions: bool,
    /// A name is found in any spelling of it, however another client stored it. We fold what we send, so this asks for
    /// descriptions of what is stored too. moto keeps names as they come.
    pub folds_names: bool,
    /// A listing has no more items than were asked for. moto gives everything at once.
    pub pages: bool,
    /// Listings are in the order of names. moto gives them in the order of their making.
    pub sorted: bool,
    /// `GetTables.Expression` is a regular expression. moto rewrites `*` as a shell would read it.
    pub table_expressions: bool,
    /// Values are checked against the types of their keys when a partition is made. Glue does so only where the table has a
    /// partition index; moto does not.
    pub typed_values: bool,
}

impl Expect {
    /// The embedded catalog, on either database.
    pub const LOCAL: Self =
        Self { versions: true, folds_names: true, pages: true, sorted: true, table_expressions: true, typed_values: true };
    /// moto's server as a stand-in for AWS Glue.
    pub const MOTO: Self =
        Self { versions: false, folds_names: false, pages: false, sorted: false, table_expressions: false, typed_values: false };
}

/// Everything below.
///
/// Errors: those of the catalog where none was expected.
pub async fn all(catalog: &dyn Catalog, expect: Expect) -> Result<()> {
    databases::lifecycle(catalog).await?;
    databases::listing(catalog, expect).await?;
    databases::deletion_takes_everything(catalog).await?;
    tables::lifecycle(catalog).await?;
    tables::every_member_comes_back(catalog).await?;
    tables::listing(catalog, expect).await?;
    tables::versions(catalog, expect).await?;
    tables::conflicts(catalog, expect).await?;
    tables::names(catalog, expect).await?;
    partitions::lifecycle(catalog).await?;
    partitions::batches(catalog).await?;
    partitions::listing(catalog, expect).await?;
    partitions::filters(catalog).await?;
    partitions::null_values(catalog).await?;
    partitions::types(catalog, expect).await
}

fn named(name: &str) -> Database {
    Database { name: name.to_owned(), ..Database::default() }
}

/// A partitioned table as a crawler writes it.
fn table(database: &str, name: &str, keys: &[(&str, &str)]) -> Table {
    Table {
        name: name.to_owned(),
        database_name: database.to_owned(),
        storage_descriptor: Some(descriptor(&format!("s3://bucket/{name}/"))),
        partition_keys: Some(keys.iter().map(|(name, hive_type)| Column::new(*name, *hive_type)).collect()),
        table_type: Some("EXTERNAL_TABLE".to_owned()),
        parameters: Some([("classification".to_owned(), "json".to_owned())].into()),
        ..Table::default()
    }
}

fn descriptor(location: &str) -> StorageDescriptor {
    StorageDescriptor {
        columns: Some(vec![Column::new("a", "int"), Column::new("b", "struct<c:string,d:array<double>>")]),
        location: Some(location.to_owned()),
        input_format: Some("org.apache.hadoop.mapred.TextInputFormat".to_owned()),
        compressed: Some(false),
        number_of_buckets: Some(-1),
        serde_info: Some(SerDeInfo {
            serialization_library: Some("org.openx.data.jsonserde.JsonSerDe".to_owned()),
            parameters: Some([("paths".to_owned(), "a,b".to_owned())].into()),
            ..SerDeInfo::default()
        }),
        bucket_columns: Some(Vec::new()),
        parameters: Some([("objectCount".to_owned(), "3".to_owned())].into()),
        ..StorageDescriptor::default()
    }
}

fn partition(values: &[&str]) -> Partition {
    Partition {
        values: values.iter().map(|value| (*value).to_owned()).collect(),
        storage_descriptor: Some(descriptor(&format!("s3://bucket/t/{}/", values.join("/")))),
        parameters: Some([("sizeKey".to_owned(), values.join("+"))].into()),
        ..Partition::default()
    }
}

/// A database with one table `t`.
async fn with_table(catalog: &dyn Catalog, database: &str, keys: &[(&str, &str)]) -> Result<()> {
    catalog.create_database(named(database)).await?;
    catalog.create_table(table(database, "t", keys)).await
}

/// All items of a listing in pages of `$limit`, and how many each page had. `$list` takes the page's request.
macro_rules! all_pages {
    ($limit:expr, $list:expr) => {{
        let (mut items, mut sizes, mut token) = (Vec::new(), Vec::new(), None);
        loop {
            let list: super::Listing<'_, _> = Box::pin($list(PageRequest { limit: Some($limit), token }));
            let page = list.await?;
            sizes.push(page.items.len());
            items.extend(page.items);
            token = page.next;
            assert_ne!(token.as_deref(), Some(""), "a token is never empty");
            if token.is_none() {
                break (items, sizes);
            }
        }
    }};
}
use all_pages;

type Listing<'a, T> = futures::future::BoxFuture<'a, Result<Page<T>>>;

/// That `outcome` failed with `kind`.
#[track_caller]
fn fails<T: std::fmt::Debug>(outcome: Result<T>, kind: ErrorKind) {
    assert_eq!(outcome.as_ref().err().map(Error::kind), Some(kind), "{outcome:?}");
}
