//! Distinct values in the order in which they first came, each with something kept for it.

use std::collections::HashMap;

use arrow::array::{ArrayRef, new_empty_array};
use arrow::datatypes::DataType;
use datafusion::common::{Result, ScalarValue};

use crate::values::key::Keys;

/// Values of one type, by Trino's IS NOT DISTINCT FROM, and a `T` for each.
#[derive(Debug)]
pub(super) struct Keyed<T> {
    key_type: DataType,
    places: HashMap<Box<[u8]>, usize>,
    keys: Vec<ScalarValue>,
    pub(super) kept: Vec<T>,
}

impl<T> Keyed<T> {
    pub(super) fn new(key_type: DataType) -> Self {
        Self { key_type, places: HashMap::new(), keys: Vec::new(), kept: Vec::new() }
    }

    /// What is kept for value `at` of `array`, whose keys are `keys`; made by `new` where the value is new.
    pub(super) fn entry(
        &mut self,
        array: &ArrayRef,
        keys: &Keys,
        at: usize,
        new: impl FnOnce() -> Result<T>,
    ) -> Result<Entry<'_, T>> {
        if let Some(place) = self.places.get(keys.get(at)) {
            return Ok(Entry::Old(&mut self.kept[*place]));
        }
        self.keys.push(ScalarValue::try_from_array(array, at)?.compacted());
        self.places.insert(keys.get(at).into(), self.kept.len());
        self.kept.push(new()?);
        let last = self.kept.len() - 1;
        Ok(Entry::New(&mut self.kept[last]))
    }

    pub(super) fn keys(&self) -> Result<ArrayRef> {
        array(&self.key_type, self.keys.iter().cloned())
    }

    /// Bytes, about.
    pub(super) fn size(&self) -> usize {
        let places: usize = self.places.keys().map(|key| key.len() + 48).sum();
        places + ScalarValue::size_of_vec(&self.keys) + self.kept.capacity() * size_of::<T>()
    }
}

/// What was kept before, or was made now.
pub(super) enum Entry<'a, T> {
    Old(&'a mut T),
    New(&'a mut T),
}

impl<'a, T> Entry<'a, T> {
    pub(super) fn kept(self) -> &'a mut T {
        match self {
            Self::Old(kept) | Self::New(kept) => kept,
        }
    }
}

/// `values` of `data_type` as an array, also where there are none.
pub(super) fn array(data_type: &DataType, values: impl IntoIterator<Item = ScalarValue>) -> Result<ArrayRef> {
    let mut values = values.into_iter().peekable();
    if values.peek().is_none() {
        return Ok(new_empty_array(data_type));
    }
    ScalarValue::iter_to_array(values)
}
