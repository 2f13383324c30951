//! Which rows of a base file the logs above it take away. It is found out when a query is planned, from the file's columns of keys and
//! ordering values alone; the rows themselves are read by the scan.

use std::ops::Range;
use std::sync::Arc;

use bytes::Bytes;
use catalog::storage::{Location, Storage};
use catalog::{Error, Result};
use futures::future::BoxFuture;
use futures::{FutureExt, TryStreamExt};
use parquet::arrow::ProjectionMask;
use parquet::arrow::arrow_reader::ArrowReaderOptions;
use parquet::arrow::async_reader::{AsyncFileReader, ParquetRecordBatchStreamBuilder};
use parquet::errors::ParquetError;
use parquet::file::metadata::{ParquetMetaData, ParquetMetaDataReader};
use roaring::RoaringTreemap;

use super::log::{KEY, Logs, Rules, columns, text_column, values};

/// The numbers, from 0, of the rows of the base file at `location` that `logs` replace or delete. Of keys whose row in the base
/// file is the greater one, `logs` forgets what it had.
///
/// Errors: `BadData` for a file that is no Parquet file or has no record keys; those of reading.
pub(super) async fn replaced(
    storage: &Storage,
    location: &Location,
    size: u64,
    logs: &mut Logs,
    rules: &Rules,
) -> Result<RoaringTreemap> {
    let broken =
        |error: ParquetError| Error::bad_data(format!("the hudi base file {location} cannot be read: {error}")).caused_by(error);
    let file = BaseFile { storage: storage.clone(), location: location.clone(), size };
    let builder = ParquetRecordBatchStreamBuilder::new(file).await.map_err(broken)?;
    let fields = if rules.base_compared() { rules.fields.as_slice() } else { &[] };
    let wanted: Vec<usize> = builder
        .schema()
        .fields()
        .iter()
        .enumerate()
        .filter(|(_, field)| field.name() == KEY || fields.iter().any(|wanted| wanted.eq_ignore_ascii_case(field.name())))
        .map(|(at, _)| at)
        .collect();
    let mask = ProjectionMask::roots(builder.parquet_schema(), wanted);
    let mut batches = builder.with_projection(mask).build().map_err(broken)?;
    let mut gone = RoaringTreemap::new();
    let mut first = 0;
    while let Some(batch) = batches.try_next().await.map_err(broken)? {
        let keys = text_column(&batch, KEY)?
            .ok_or_else(|| Error::bad_data(format!("the hudi base file {location} has no column {KEY}")))?;
        let ordering = columns(&batch, fields).map_err(|error| error.within(location))?;
        for (row, key) in keys.iter().enumerate() {
            let Some(key) = key else { continue };
            if logs.replace(key, rules, || values(&ordering, row))? {
                gone.insert(first + row as u64);
            }
        }
        first += batch.num_rows() as u64;
    }
    Ok(gone)
}

/// A base file as the Parquet reader asks for its bytes.
struct BaseFile {
    storage: Storage,
    location: Location,
    size: u64,
}

impl AsyncFileReader for BaseFile {
    fn get_bytes(&mut self, range: Range<u64>) -> BoxFuture<'_, parquet::errors::Result<Bytes>> {
        let read = async move { self.storage.get_range(&self.location, range).await };
        read.map(|bytes| bytes.map_err(|error| ParquetError::External(Box::new(error)))).boxed()
    }

    fn get_metadata<'a>(
        &'a mut self,
        _: Option<&'a ArrowReaderOptions>,
    ) -> BoxFuture<'a, parquet::errors::Result<Arc<ParquetMetaData>>> {
        async move {
            let size = self.size;
            Ok(Arc::new(ParquetMetaDataReader::new().load_and_finish(self, size).await?))
        }
        .boxed()
    }
}
