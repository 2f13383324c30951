//! What can be told of the rows of Parquet files before they are read: how many there are, and between which whole numbers and days
//! they lie. From it DataFusion estimates how many pairs a join makes, and builds its table of the smaller side.

use catalog::storage::Storage;
use datafusion::arrow::datatypes::{DataType, FieldRef};
use datafusion::catalog::Session;
use datafusion::common::stats::Precision;
use datafusion::common::{Result, ScalarValue, Statistics};
use datafusion::datasource::physical_plan::parquet::metadata::DFParquetMetadata;
use futures::future::join_all;
use parquet::file::metadata::{PageIndexPolicy, ParquetMetaData};
use parquet::file::statistics::Statistics as Chunk;

use super::columns::Columns;
use super::leaf::meta;
use super::parquet::FOOTER_HINT;
use super::rows::BundledFile;
use crate::error::into_datafusion;

/// So many footers are read of a table at most; the other files are taken to be alike.
const FILES: usize = 8;

/// `statistics`, in the order of the leaf, with what the footers of some of the files say. Footers stay in the runtime's cache, by
/// the size and time of their files.
///
/// Errors: a bucket that is not known. A footer that cannot be read is left to the scan, which says so.
pub(super) async fn estimated(
    mut statistics: Statistics,
    files: &[BundledFile],
    columns: &Columns,
    by_name: bool,
    (storage, state): (&Storage, &dyn Session),
) -> Result<Statistics> {
    let Some(first) = files.first() else { return Ok(statistics) };
    let (_, store) = storage.object_store(&first.file.location).map_err(into_datafusion)?;
    let cache = state.runtime_env().cache_manager.get_file_metadata_cache();
    let sample: Vec<&BundledFile> = files.iter().step_by(files.len().div_ceil(FILES)).collect();
    let footers = sample.iter().map(|file| {
        let (store, cache) = (&store, &cache);
        async move {
            let meta = meta(&file.file).ok()?;
            let footer = DFParquetMetadata::new(store.as_ref(), &meta)
                .with_file_metadata_cache(Some(std::sync::Arc::clone(cache)))
                .with_page_index_policy(Some(PageIndexPolicy::Skip))
                .with_metadata_size_hint(Some(FOOTER_HINT));
            Some((file.file.size, footer.fetch_metadata().await.ok()?))
        }
    });
    let footers: Vec<_> = join_all(footers).await.into_iter().flatten().collect();
    let bytes: u64 = footers.iter().map(|(size, _)| size).sum();
    let all: u64 = files.iter().map(|file| file.file.size).sum();
    if bytes == 0 {
        return Ok(statistics);
    }
    let share = all as f64 / bytes as f64;
    let rows: i64 = footers.iter().map(|(_, footer)| footer.file_metadata().num_rows()).sum();
    statistics.num_rows = Precision::Inexact((rows as f64 * share) as usize);
    for (field, known) in columns.data.iter().zip(&mut statistics.column_statistics).filter(|_| by_name) {
        if let Some(range) = range(field, footers.iter().map(|(_, footer)| footer.as_ref())) {
            known.min_value = Precision::Inexact(range.least);
            known.max_value = Precision::Inexact(range.greatest);
            known.null_count = Precision::Inexact((range.nulls as f64 * share) as usize);
        }
    }
    Ok(statistics)
}

struct Range {
    least: ScalarValue,
    greatest: ScalarValue,
    nulls: u64,
}

/// Between which values a column lies in these files; `None` where one of them does not say.
fn range<'f>(field: &FieldRef, footers: impl Iterator<Item = &'f ParquetMetaData>) -> Option<Range> {
    let (mut least, mut greatest, mut nulls) = (i64::MAX, i64::MIN, 0);
    for footer in footers {
        let leaves = footer.file_metadata().schema_descr().columns();
        let at = leaves.iter().position(|leaf| {
            let path = leaf.path().parts();
            path.len() == 1 && path[0].eq_ignore_ascii_case(field.name())
        })?;
        for group in footer.row_groups() {
            let chunk = group.column(at).statistics()?;
            let (low, high) = match chunk {
                Chunk::Int32(values) => (values.min_opt().map(|v| i64::from(*v)), values.max_opt().map(|v| i64::from(*v))),
                Chunk::Int64(values) => (values.min_opt().copied(), values.max_opt().copied()),
                _ => return None,
            };
            nulls += chunk.null_count_opt().unwrap_or(0);
            // A group of NULLs alone has neither.
            least = low.map_or(least, |low| low.min(least));
            greatest = high.map_or(greatest, |high| high.max(greatest));
        }
    }
    if least > greatest {
        return None;
    }
    Some(Range { least: scalar(least, field.data_type())?, greatest: scalar(greatest, field.data_type())?, nulls })
}

fn scalar(value: i64, r#type: &DataType) -> Option<ScalarValue> {
    Some(match r#type {
        DataType::Int8 => ScalarValue::Int8(Some(value.try_into().ok()?)),
        DataType::Int16 => ScalarValue::Int16(Some(value.try_into().ok()?)),
        DataType::Int32 => ScalarValue::Int32(Some(value.try_into().ok()?)),
        DataType::Int64 => ScalarValue::Int64(Some(value)),
        DataType::Date32 => ScalarValue::Date32(Some(value.try_into().ok()?)),
        _ => return None,
    })
}
