//! Casts of arrays, maps and rows: of what is in them.

use std::collections::HashSet;
use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, ListArray, MapArray, StructArray};
use arrow::compute::cast as convert;
use arrow::datatypes::{DataType, Fields};
use arrow::row::{RowConverter, SortField};
use catalog::{Error, Result};

use super::{Clock, invalid, strict};
use crate::types::{RowField, Type};

pub(super) fn array(array: &ArrayRef, from: &Type, to: &Type, clock: Clock) -> Result<ArrayRef> {
    let item = Type::array(to.clone()).arrow();
    let DataType::List(field) = &item else { return Err(unexpected(&item)) };
    let lists = lists(array)?;
    // What stands below a NULL list, or outside of all of them, is no value: it must not fail.
    let lists = compact(&lists)?;
    let values = strict(lists.values(), from, to, clock)?;
    let made = ListArray::try_new(Arc::clone(field), lists.offsets().clone(), values, lists.nulls().cloned());
    Ok(Arc::new(made.map_err(|error| Error::internal(error.to_string()))?))
}

fn lists(array: &ArrayRef) -> Result<ListArray> {
    let DataType::List(_) = array.data_type() else {
        let item = Type::of(array.data_type())?.arrow();
        let list = convert(array, &item).map_err(|error| Error::internal(error.to_string()))?;
        return Ok(list.as_list::<i32>().clone());
    };
    Ok(array.as_list::<i32>().clone())
}

/// The same lists with nothing in their values but what they hold.
fn compact(lists: &ListArray) -> Result<ListArray> {
    let offsets = lists.value_offsets();
    let held: usize =
        (0..lists.len()).filter(|row| lists.is_valid(*row)).map(|row| (offsets[row + 1] - offsets[row]) as usize).sum();
    if held == lists.values().len() {
        return Ok(lists.clone());
    }
    let rows =
        arrow::array::UInt32Array::from_iter((0..lists.len() as u32).map(|row| lists.is_valid(row as usize).then_some(row)));
    let taken = arrow::compute::take(lists, &rows, None).map_err(|error| Error::internal(error.to_string()))?;
    Ok(taken.as_list::<i32>().clone())
}

pub(super) fn map(array: &ArrayRef, from: (&Type, &Type), to: (&Type, &Type), clock: Clock) -> Result<ArrayRef> {
    let target = Type::map(to.0.clone(), to.1.clone()).arrow();
    let DataType::Map(field, _) = &target else { return Err(unexpected(&target)) };
    let DataType::Struct(pair) = field.data_type() else { return Err(unexpected(&target)) };
    let maps = array.as_map_opt().ok_or_else(|| unexpected(array.data_type()))?;
    let keys = strict(maps.keys(), from.0, to.0, clock)?;
    if keys.null_count() > 0 {
        return Err(invalid(format!("map key cannot be null after the cast to {}", to.0)));
    }
    let values = strict(maps.values(), from.1, to.1, clock)?;
    if !keeps_apart(from.0, to.0) {
        distinct(&keys, maps)?;
    }
    let entries =
        StructArray::try_new(pair.clone(), vec![keys, values], None).map_err(|error| Error::internal(error.to_string()))?;
    let made = MapArray::try_new(Arc::clone(field), maps.offsets().clone(), entries, maps.nulls().cloned(), false);
    Ok(Arc::new(made.map_err(|error| Error::internal(error.to_string()))?))
}

/// Whether different keys stay different.
fn keeps_apart(from: &Type, to: &Type) -> bool {
    from == to || crate::types::can_coerce(from, to) && !matches!(to, Type::Real | Type::Double | Type::Char(_))
}

fn distinct(keys: &ArrayRef, maps: &MapArray) -> Result<()> {
    let converter = RowConverter::new(vec![SortField::new(keys.data_type().clone())]);
    let rows = converter.and_then(|converter| converter.convert_columns(&[Arc::clone(keys)]));
    let rows = rows.map_err(|error| Error::internal(error.to_string()))?;
    for row in 0..maps.len() {
        let (start, end) = (maps.value_offsets()[row] as usize, maps.value_offsets()[row + 1] as usize);
        let mut seen = HashSet::new();
        if maps.is_valid(row) && !(start..end).all(|entry| seen.insert(rows.row(entry))) {
            return Err(invalid("duplicate keys in the map after the cast".to_string()));
        }
    }
    Ok(())
}

/// Fields by their place; their names are the target's.
pub(super) fn row(array: &ArrayRef, from: &[RowField], fields: &[RowField], to: &Type, clock: Clock) -> Result<ArrayRef> {
    let DataType::Struct(target) = to.arrow() else { return Err(unexpected(&to.arrow())) };
    let rows = array.as_struct_opt().ok_or_else(|| unexpected(array.data_type()))?;
    let columns = rows.columns().iter().zip(from.iter().zip(fields)).map(|(column, ((_, from), (_, to)))| {
        let column = below(rows, column)?;
        strict(&column, from, to, clock)
    });
    let columns = columns.collect::<Result<Vec<_>>>()?;
    made(target, columns, rows)
}

/// The column with NULL where its row is NULL.
fn below(rows: &StructArray, column: &ArrayRef) -> Result<ArrayRef> {
    match rows.nulls() {
        Some(nulls) if nulls.null_count() > 0 => {
            let mask = arrow::array::BooleanArray::new(!nulls.inner(), None);
            arrow::compute::nullif(column, &mask).map_err(|error| Error::internal(error.to_string()))
        }
        _ => Ok(Arc::clone(column)),
    }
}

fn made(fields: Fields, columns: Vec<ArrayRef>, rows: &StructArray) -> Result<ArrayRef> {
    let made = StructArray::try_new_with_length(fields, columns, rows.nulls().cloned(), rows.len());
    Ok(Arc::new(made.map_err(|error| Error::internal(error.to_string()))?))
}

fn unexpected(data_type: &DataType) -> Error {
    Error::internal(format!("{data_type} is not what was to be cast"))
}
