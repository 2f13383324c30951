//! Values in the form in which they are compared byte by byte: floats with one zero and one NaN, maps in the order of their
//! keys.

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, BinaryArray, BooleanArray, MapArray, StructArray, UInt32Array};
use arrow::compute::{nullif, take};
use arrow::datatypes::{DataType, Field, FieldRef, Float32Type, Float64Type};
use datafusion::common::Result;

use super::key::{Keys, NaN};
use super::list::{list, map};
use crate::cast::wrapped;
use crate::error::into_datafusion;
use crate::types::number::is_nan;
use crate::types::{is_number, is_wrapper};

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
        DataType::List(_) => {
            let array = array.as_list::<i32>();
            Arc::new(list(array.offsets().clone(), canonical(array.values(), nan)?, array.nulls().cloned())?)
        }
        number if nan == NaN::Smallest && is_number(number) => {
            let numbers = wrapped::value(array).map_err(into_datafusion)?;
            let below_all: &[u8] = &[];
            let moved =
                numbers.as_binary::<i32>().iter().map(|bytes| bytes.map(|bytes| if is_nan(bytes) { below_all } else { bytes }));
            Arc::new(moved.collect::<BinaryArray>())
        }
        // What is beside the value of a wrapper, a time zone, does not matter.
        wrapper if is_wrapper(wrapper) => {
            let row = array.as_struct();
            let value = canonical(row.column(0), nan)?;
            match row.nulls().filter(|nulls| nulls.null_count() > 0) {
                Some(nulls) => nullif(&value, &BooleanArray::new(!nulls.inner(), None))?,
                None => value,
            }
        }
        DataType::Struct(fields) => {
            let row = array.as_struct();
            let columns = row.columns().iter().map(|column| canonical(column, nan)).collect::<Result<Vec<_>>>()?;
            let field = |(field, column): (&FieldRef, &ArrayRef)| Field::new(field.name(), column.data_type().clone(), true);
            let fields = fields.iter().zip(&columns).map(field).collect();
            Arc::new(StructArray::try_new_with_length(fields, columns, row.nulls().cloned(), row.len())?)
        }
        DataType::Map(..) => Arc::new(ordered(array.as_map(), nan)?),
        _ => Arc::clone(array),
    })
}

fn has_many_forms(data_type: &DataType) -> bool {
    match data_type {
        DataType::Float32 | DataType::Float64 | DataType::Map(..) => true,
        DataType::List(field) => has_many_forms(field.data_type()),
        wrapper if is_wrapper(wrapper) => true,
        DataType::Struct(fields) => fields.iter().any(|field| has_many_forms(field.data_type())),
        _ => false,
    }
}

/// The entries of each map by key: two maps are equal whatever the order they were made in.
fn ordered(array: &MapArray, nan: NaN) -> Result<MapArray> {
    let (keys, values) = (canonical(array.keys(), nan)?, canonical(array.values(), nan)?);
    let bytes = Keys::of(&keys)?;
    let mut order: Vec<u32> = (0..keys.len() as u32).collect();
    for bounds in array.offsets().windows(2) {
        let entries = &mut order[bounds[0] as usize..bounds[1] as usize];
        entries.sort_unstable_by(|a, b| bytes.get(*a as usize).cmp(bytes.get(*b as usize)));
    }
    let order = UInt32Array::from(order);
    map(array.offsets().clone(), take(&keys, &order, None)?, take(&values, &order, None)?, array.nulls().cloned())
}
