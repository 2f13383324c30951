//! Lists of a batch by row, and lists that are made by picking elements.

use std::ops::Range;
use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, ListArray, MapArray, StructArray, UInt64Array, new_null_array};
use arrow::buffer::{NullBuffer, OffsetBuffer};
use arrow::compute::take;
use arrow::datatypes::{DataType, Field, FieldRef};
use datafusion::common::{DataFusionError, Result};

/// The elements of row `at` among the values of a list or map.
pub(crate) fn range(offsets: &OffsetBuffer<i32>, at: usize) -> Range<usize> {
    offsets[at] as usize..offsets[at + 1] as usize
}

/// `array` as a list.
///
/// Errors: it is none, which is a defect of the caller.
pub(crate) fn as_list(array: &ArrayRef) -> Result<&ListArray> {
    array.as_list_opt::<i32>().ok_or_else(|| DataFusionError::Internal(format!("{} is not a list", array.data_type())))
}

/// `array` as a map.
///
/// Errors: it is none, which is a defect of the caller.
pub(crate) fn as_map(array: &ArrayRef) -> Result<&MapArray> {
    array.as_map_opt().ok_or_else(|| DataFusionError::Internal(format!("{} is not a map", array.data_type())))
}

/// The field of the elements of a list of `elements`.
pub(crate) fn element(elements: &DataType) -> FieldRef {
    Arc::new(Field::new_list_field(elements.clone(), true))
}

/// A list of `values` with the element type's own name, so that its type is that of every list of such elements.
pub(crate) fn list(offsets: OffsetBuffer<i32>, values: ArrayRef, nulls: Option<NullBuffer>) -> Result<ListArray> {
    Ok(ListArray::try_new(element(values.data_type()), offsets, values, nulls)?)
}

/// The type of maps of `keys` to `values`.
pub(crate) fn map_type(keys: &DataType, values: &DataType) -> DataType {
    let entries =
        DataType::Struct(vec![Field::new("key", keys.clone(), false), Field::new("value", values.clone(), true)].into());
    DataType::Map(Arc::new(Field::new("entries", entries, false)), false)
}

/// A map of `keys` to `values`, whose lengths are the same; keys are distinct in each row and not NULL.
pub(crate) fn map(offsets: OffsetBuffer<i32>, keys: ArrayRef, values: ArrayRef, nulls: Option<NullBuffer>) -> Result<MapArray> {
    let DataType::Map(field, sorted) = map_type(keys.data_type(), values.data_type()) else {
        return Err(DataFusionError::Internal("a map's type is no map".to_string()));
    };
    let DataType::Struct(fields) = field.data_type() else {
        return Err(DataFusionError::Internal("a map's entries are no rows".to_string()));
    };
    let entries = StructArray::try_new(fields.clone(), vec![keys, values], None)?;
    Ok(MapArray::try_new(field, offsets, entries, nulls, sorted)?)
}

/// Rows of picked elements: places in an array of values, row by row.
#[derive(Debug)]
pub(crate) struct Picks {
    places: Vec<u64>,
    ends: Vec<i32>,
}

impl Picks {
    /// Room for `rows` rows and about `elements` elements.
    pub(crate) fn new(rows: usize, elements: usize) -> Self {
        let mut ends = Vec::with_capacity(rows + 1);
        ends.push(0);
        Self { places: Vec::with_capacity(elements), ends }
    }

    pub(crate) fn push(&mut self, place: usize) {
        self.places.push(place as u64);
    }

    pub(crate) fn extend(&mut self, places: impl IntoIterator<Item = usize>) {
        for place in places {
            self.push(place);
        }
    }

    /// Ends the row; an empty one where nothing was pushed since the last end.
    ///
    /// Errors: more elements than a batch can have.
    pub(crate) fn end(&mut self) -> Result<()> {
        self.ends.push(offset(self.places.len())?);
        Ok(())
    }

    /// The offsets and the places.
    pub(crate) fn parts(self) -> (OffsetBuffer<i32>, UInt64Array) {
        (OffsetBuffer::new(self.ends.into()), UInt64Array::from(self.places))
    }

    /// The lists of what was picked of `values`.
    pub(crate) fn list(self, values: &ArrayRef, nulls: Option<NullBuffer>) -> Result<ArrayRef> {
        let (offsets, places) = self.parts();
        Ok(Arc::new(list(offsets, take_any(values, &places)?, nulls)?))
    }

    /// The maps of what was picked of `keys` and `values`.
    pub(crate) fn map(self, keys: &ArrayRef, values: &ArrayRef, nulls: Option<NullBuffer>) -> Result<ArrayRef> {
        let (offsets, places) = self.parts();
        Ok(Arc::new(map(offsets, take_any(keys, &places)?, take_any(values, &places)?, nulls)?))
    }
}

/// `take`, also where all places are NULL and there are no values at all.
pub(crate) fn take_any(values: &ArrayRef, places: &UInt64Array) -> Result<ArrayRef> {
    if values.is_empty() {
        return Ok(new_null_array(values.data_type(), places.len()));
    }
    Ok(take(values, places, None)?)
}

/// A length as an offset.
///
/// Errors: a batch has more than 2³¹ - 1 elements.
pub(crate) fn offset(length: usize) -> Result<i32> {
    i32::try_from(length).map_err(|_| {
        let kind = catalog::ErrorKind::LimitExceeded;
        crate::error::into_datafusion(catalog::Error::new(kind, "arrays of a batch have more than 2147483647 elements together"))
    })
}
