//! Values in the form in which they are compared byte by byte: floats with one zero and one NaN, maps in the order of their
//! keys.

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, ListArray, MapArray, StructArray, UInt32Array};
use arrow::compute::take;
use arrow::datatypes::{DataType, Float32Type, Float64Type};
use datafusion::common::Result;

use super::key::{Keys, NaN};

/// `array` with one zero and one NaN, and the entries of each map ordered by key.
pub(super) fn canonical(array: &ArrayRef, nan: NaN) -> Result<ArrayRef> {
    if !has_many_forms(array.data_type()) {
        return Ok(Arc::clone(array));
    }
    Ok(match array.data_type() {
        DataType::Float32 => {
            let nan = if nan == NaN::Largest { f32::NAN.abs() } else { -f32::NAN.abs() };
            let one = |value: f32| if value.is_nan() { nan } else { value + 0.0 };
            Arc::new(array.as_primitive::<Float32Type>().unary::<_, Float32Type>(one))
        }
        DataType::Float64 => {
            let nan = if nan == NaN::Largest { f64::NAN.abs() } else { -f64::NAN.abs() };
            let one = |value: f64| if value.is_nan() { nan } else { value + 0.0 };
            Arc::new(array.as_primitive::<Float64Type>().unary::<_, Float64Type>(one))
        }
        DataType::List(field) => {
            let list = array.as_list::<i32>();
            let values = canonical(list.values(), nan)?;
            Arc::new(ListArray::new(Arc::clone(field), list.offsets().clone(), values, list.nulls().cloned()))
        }
        DataType::Struct(fields) => {
            let row = array.as_struct();
            let columns = row.columns().iter().map(|column| canonical(column, nan)).collect::<Result<Vec<_>>>()?;
            Arc::new(StructArray::try_new_with_length(fields.clone(), columns, row.nulls().cloned(), row.len())?)
        }
        DataType::Map(..) => Arc::new(ordered(array.as_map(), nan)?),
        _ => Arc::clone(array),
    })
}

fn has_many_forms(data_type: &DataType) -> bool {
    match data_type {
        DataType::Float32 | DataType::Float64 | DataType::Map(..) => true,
        DataType::List(field) => has_many_forms(field.data_type()),
        DataType::Struct(fields) => fields.iter().any(|field| has_many_forms(field.data_type())),
        _ => false,
    }
}

/// The entries of each map by key: two maps are equal whatever the order they were made in.
fn ordered(map: &MapArray, nan: NaN) -> Result<MapArray> {
    let entries = canonical(&(Arc::new(map.entries().clone()) as ArrayRef), nan)?;
    let keys = Keys::of(map.keys())?;
    let mut order: Vec<u32> = (0..map.keys().len() as u32).collect();
    for bounds in map.offsets().windows(2) {
        order[bounds[0] as usize..bounds[1] as usize].sort_unstable_by(|a, b| keys.get(*a as usize).cmp(keys.get(*b as usize)));
    }
    let entries = take(&entries, &UInt32Array::from(order), None)?;
    let DataType::Map(field, sorted) = map.data_type() else { return Ok(map.clone()) };
    let entries = entries.as_struct().clone();
    Ok(MapArray::try_new(Arc::clone(field), map.offsets().clone(), entries, map.nulls().cloned(), *sorted)?)
}
