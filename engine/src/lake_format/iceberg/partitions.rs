//! `"t$partitions"`: what the files of each partition of an Iceberg table have together.

use std::sync::Arc;

use catalog::Result;
use datafusion::arrow::array::{ArrayRef, RecordBatch, StructArray, new_empty_array};
use datafusion::arrow::datatypes::{DataType, Field, FieldRef};
use datafusion::common::ScalarValue;
use iceberg::spec::{DataContentType, DataFile, Struct};

use super::manifests::Entry;
use super::tables::{batch, broken, longs};
use super::{Iceberg, columns, values};
use crate::error::from_datafusion;

/// The data files of one partition.
struct Partition<'a> {
    spec: i32,
    value: &'a Struct,
    files: Vec<&'a DataFile>,
}

/// One row for each partition. Its own columns are those of the table's present specification; files of an older one have NULL in
/// what that does not say.
pub(super) fn rows(iceberg: &Iceberg, entries: &[Entry]) -> Result<RecordBatch> {
    let mut partitions: Vec<Partition<'_>> = vec![];
    for entry in entries {
        let file = entry.entry.data_file();
        if file.content_type() != DataContentType::Data {
            continue;
        }
        match partitions.iter_mut().find(|known| known.spec == entry.spec && known.value == file.partition()) {
            Some(known) => known.files.push(file),
            None => partitions.push(Partition { spec: entry.spec, value: file.partition(), files: vec![file] }),
        }
    }
    let sum = |of: fn(&DataFile) -> u64| {
        let total = |partition: &Partition<'_>| partition.files.iter().map(|file| of(file)).sum::<u64>();
        longs(partitions.iter().map(|partition| i64::try_from(total(partition)).ok()))
    };
    let mut columns: Vec<(&str, ArrayRef)> = vec![];
    if let Some(keys) = keys(iceberg, &partitions)? {
        columns.push(("partition", keys));
    }
    columns.extend([
        ("record_count", sum(DataFile::record_count)),
        ("file_count", sum(|_| 1)),
        ("total_size", sum(DataFile::file_size_in_bytes)),
    ]);
    if let Some(data) = data(iceberg, &partitions)? {
        columns.push(("data", data));
    }
    batch(columns)
}

/// The values of the partitions' fields; `None` where the table is not partitioned.
fn keys(iceberg: &Iceberg, partitions: &[Partition<'_>]) -> Result<Option<ArrayRef>> {
    let current = iceberg.metadata.default_partition_spec();
    let mut fields: Vec<(FieldRef, ArrayRef)> = vec![];
    for (field, r#type) in current.fields().iter().zip(iceberg.metadata.default_partition_type().fields()) {
        let to = columns::of(&r#type.field_type)?.arrow();
        let value = |partition: &Partition<'_>| {
            let spec = iceberg.metadata.partition_spec_by_id(partition.spec)?;
            let at = spec.fields().iter().position(|own| own.field_id == field.field_id)?;
            values::constant(r#type.field_type.as_primitive_type()?, partition.value.fields().get(at)?.as_ref(), &to)
        };
        let values = array(partitions.iter().map(value), &to)?;
        fields.push((Arc::new(Field::new(&field.name, to, true)), values));
    }
    row(fields, partitions.len())
}

/// Per column of the table the bounds that its files have together.
fn data(iceberg: &Iceberg, partitions: &[Partition<'_>]) -> Result<Option<ArrayRef>> {
    let mut fields: Vec<(FieldRef, ArrayRef)> = vec![];
    for field in iceberg.schema.as_struct().fields().iter().filter(|field| field.field_type.is_primitive()) {
        let to = columns::of(&field.field_type)?.arrow();
        let bound = |low: bool| {
            let to = &to;
            let best = move |partition: &Partition<'_>| {
                let of = |file: &&DataFile| {
                    let bounds = if low { file.lower_bounds() } else { file.upper_bounds() };
                    values::bound(bounds.get(&field.id), to)
                };
                let known = partition.files.iter().map(of);
                let known = known.filter(|value| !value.is_null());
                known.reduce(|one, other| if (other < one) == low { other } else { one })
            };
            array(partitions.iter().map(best), to)
        };
        let count = |of: fn(&DataFile) -> &std::collections::HashMap<i32, u64>| {
            let total = |partition: &Partition<'_>| {
                let known = partition.files.iter().filter_map(|file| of(file).get(&field.id)).copied();
                known.reduce(|one, other| one + other).and_then(|total| i64::try_from(total).ok())
            };
            longs(partitions.iter().map(total))
        };
        let member = |name: &str, values: ArrayRef| -> (FieldRef, ArrayRef) {
            (Arc::new(Field::new(name, values.data_type().clone(), true)), values)
        };
        let members = vec![
            member("min", bound(true)?),
            member("max", bound(false)?),
            member("null_count", count(DataFile::null_value_counts)),
            member("nan_count", count(DataFile::nan_value_counts)),
        ];
        if let Some(values) = row(members, partitions.len())? {
            fields.push(member(&field.name, values));
        }
    }
    row(fields, partitions.len())
}

fn array(values: impl Iterator<Item = Option<ScalarValue>>, to: &DataType) -> Result<ArrayRef> {
    let null = ScalarValue::try_from(to).map_err(from_datafusion)?;
    let values: Vec<ScalarValue> = values.map(|value| value.unwrap_or_else(|| null.clone())).collect();
    if values.is_empty() { Ok(new_empty_array(to)) } else { ScalarValue::iter_to_array(values).map_err(from_datafusion) }
}

fn row(fields: Vec<(FieldRef, ArrayRef)>, length: usize) -> Result<Option<ArrayRef>> {
    if fields.is_empty() {
        return Ok(None);
    }
    let (fields, values): (Vec<FieldRef>, Vec<ArrayRef>) = fields.into_iter().unzip();
    Ok(Some(Arc::new(StructArray::try_new_with_length(fields.into(), values, None, length).map_err(broken)?)))
}
