//! `"t$partitions"`, the values of a table's partition keys, and `"t$properties"`, its parameters: one row each. Of an Iceberg table
//! also what its metadata says, by the names that Trino has for that.

use std::sync::Arc;

use catalog::format::{Format, TableFormat};
use catalog::storage::Location;
use catalog::table::Table;
use catalog::{Error, ErrorKind, Result};
use datafusion::arrow::array::{ArrayRef, RecordBatch, StringViewArray, new_empty_array};
use datafusion::arrow::datatypes::{DataType, Field, Schema};
use datafusion::common::ScalarValue;
use datafusion::datasource::{MemTable, provider_as_source};
use datafusion::logical_expr::TableSource;
use futures::TryStreamExt;

use crate::error::from_datafusion;
use crate::lake_format::iceberg::Iceberg;
use crate::lake_format::iceberg::tables::About;
use crate::lake_format::{AsOf, Asked};
use crate::scan::snapshot::Lake;
use crate::scan::{LakeTable, key_value};

/// What can be asked of a table by a name after its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Metadata {
    Properties,
    /// Of Iceberg tables; of others only partitions.
    About(About),
}

impl Metadata {
    /// `t$partitions` as the table and what is asked of it.
    pub(super) fn of(name: &str) -> Option<(&str, Self)> {
        let about = About::ALL.into_iter().map(|(end, about)| (end, Self::About(about)));
        about.chain([("$properties", Self::Properties)]).find_map(|(end, kind)| Some((name.strip_suffix(end)?, kind)))
    }

    /// The rows, as they are now.
    ///
    /// Errors: `TableNotFound` for the partitions of a table without partition keys, `NotSupported` for those of a table whose
    /// partitions are computed.
    pub(super) async fn source(self, lake: &Arc<Lake>, table: Table, as_of: Option<&AsOf>) -> Result<Arc<dyn TableSource>> {
        let iceberg = iceberg_root(&table)?;
        if as_of.is_some() && (iceberg.is_none() || self == Self::Properties) {
            return Err(Error::not_supported(format!("what is told of the table '{}' is told of its present state", table.name)));
        }
        let batch = match self {
            Self::Properties => properties(&table)?,
            Self::About(about) => match (iceberg, about) {
                (Some(root), _) => of_iceberg((lake, as_of), &table, &root, about).await?,
                (None, About::Partitions) => partitions(lake, table).await?,
                (None, _) => {
                    let what =
                        format!("table '{}.{}': only iceberg tables have \"{}\"", table.database_name, table.name, about.end());
                    return Err(Error::new(ErrorKind::TableNotFound, what));
                }
            },
        };
        let rows = MemTable::try_new(batch.schema(), vec![vec![batch]]).map_err(from_datafusion)?;
        Ok(provider_as_source(Arc::new(rows)))
    }
}

/// Where the table is, if it is an Iceberg table.
fn iceberg_root(table: &Table) -> Result<Option<Location>> {
    let Some(descriptor) = table.storage_descriptor.as_ref() else { return Ok(None) };
    let Ok(Format::Table(TableFormat::Iceberg)) = Format::of(table, descriptor) else { return Ok(None) };
    descriptor.location.as_deref().map(Location::parse).transpose()
}

async fn of_iceberg(
    (lake, as_of): (&Arc<Lake>, Option<&AsOf>),
    table: &Table,
    root: &Location,
    about: About,
) -> Result<RecordBatch> {
    let asked = Asked { storage: &lake.storage, table, root, as_of };
    let read = async { Iceberg::open(asked).await?.about(&lake.storage, about).await };
    read.await.map_err(|error| error.within(format!("table '{}.{}'", table.database_name, table.name)))
}

async fn partitions(lake: &Arc<Lake>, table: Table) -> Result<RecordBatch> {
    let scanned = LakeTable::new(Arc::clone(lake), table.clone(), vec![])?;
    let keys = scanned.keys();
    if keys.is_empty() {
        let message = format!("table 'awsdatacatalog.{}.{}$partitions' does not exist", table.database_name, table.name);
        return Err(Error::new(ErrorKind::TableNotFound, message));
    }
    if scanned.is_projected() {
        return Err(Error::not_supported(format!("\"{}$partitions\": its partitions are projected, not listed", table.name)));
    }
    let mut columns: Vec<Vec<ScalarValue>> = vec![vec![]; keys.len()];
    let mut pages = std::pin::pin!(lake.partitions(&table, None));
    while let Some(page) = pages.try_next().await? {
        for partition in page {
            for ((column, key), value) in columns.iter_mut().zip(keys).zip(&partition.values) {
                column.push(key_value(key, value)?);
            }
        }
    }
    let array = |(values, key): (Vec<ScalarValue>, &Arc<Field>)| match values.is_empty() {
        true => Ok(new_empty_array(key.data_type())),
        false => ScalarValue::iter_to_array(values),
    };
    let arrays = columns.into_iter().zip(keys).map(array).collect::<datafusion::common::Result<Vec<_>>>();
    batch(keys.iter().map(|key| key.as_ref().clone().with_nullable(true)).collect(), arrays.map_err(from_datafusion)?)
}

fn properties(table: &Table) -> Result<RecordBatch> {
    let mut parameters: Vec<(&str, &str)> =
        table.parameters.iter().flatten().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    parameters.sort_unstable();
    let fields = parameters.iter().map(|(name, _)| Field::new(*name, DataType::Utf8View, true)).collect();
    let values = parameters.iter().map(|(_, value)| Arc::new(StringViewArray::from(vec![*value])) as ArrayRef).collect();
    batch(fields, values)
}

fn batch(fields: Vec<Field>, columns: Vec<ArrayRef>) -> Result<RecordBatch> {
    RecordBatch::try_new(Arc::new(Schema::new(fields)), columns).map_err(|error| Error::internal(error.to_string()))
}
