//! Aggregates that make maps: `histogram`, `map_agg`, `multimap_agg`, `map_union`, `approx_most_frequent`.

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, Int64Array, MapArray};
use arrow::buffer::OffsetBuffer;
use arrow::datatypes::{DataType, Int64Type};
use datafusion::common::{Result, ScalarValue};
use datafusion::logical_expr::Accumulator;

use super::keyed::{Keyed, array};
use super::{arguments, one_list};
use crate::functions::invalid;
use crate::values::key::Keys;
use crate::values::list::{as_list, as_map, list, map, range};

/// One map of `keys` to `values`, NULL where it would be empty.
fn one_map(result: &DataType, keys: ArrayRef, values: ArrayRef) -> Result<ScalarValue> {
    if keys.is_empty() {
        return ScalarValue::try_from(result);
    }
    let offsets = OffsetBuffer::from_lengths([keys.len()]);
    Ok(ScalarValue::Map(Arc::new(map(offsets, keys, values, None)?)))
}

/// How many of each value there are; with a number of buckets the most frequent ones.
#[derive(Debug)]
pub(super) struct Histogram {
    result: DataType,
    counts: Keyed<i64>,
    /// `approx_most_frequent(buckets, value, capacity)` has other arguments and returns the most frequent values. Its counts
    /// are exact here: what Trino's sketch estimates.
    most_frequent: bool,
    buckets: Option<i64>,
}

impl Histogram {
    /// `histogram(value)`.
    pub(super) fn new(key_type: &DataType, result: &DataType) -> Self {
        Self { result: result.clone(), counts: Keyed::new(key_type.clone()), most_frequent: false, buckets: None }
    }

    /// `approx_most_frequent(buckets, value, capacity)`.
    pub(super) fn most_frequent(key_type: &DataType, result: &DataType) -> Self {
        Self { most_frequent: true, ..Self::new(key_type, result) }
    }

    fn add(&mut self, values: &ArrayRef, count: impl Fn(usize) -> i64) -> Result<()> {
        let keys = Keys::of(values)?;
        for at in (0..values.len()).filter(|at| values.is_valid(*at)) {
            *self.counts.entry(values, &keys, at, || Ok(0))?.kept() += count(at);
        }
        Ok(())
    }

    fn settings(&mut self, buckets: &ArrayRef, capacity: &ArrayRef) -> Result<()> {
        for (buckets, capacity) in buckets.as_primitive::<Int64Type>().iter().zip(capacity.as_primitive::<Int64Type>()) {
            let (Some(buckets), Some(capacity)) = (buckets, capacity) else {
                return Err(invalid("approx_most_frequent bucket count and capacity must not be NULL"));
            };
            if buckets < 2 {
                return Err(invalid(format!(
                    "approx_most_frequent bucket count must be greater than one, input bucket count: {buckets}"
                )));
            }
            if capacity < buckets {
                return Err(invalid("approx_most_frequent capacity must not be smaller than the bucket count"));
            }
            self.buckets = Some(buckets);
        }
        Ok(())
    }
}

impl Accumulator for Histogram {
    fn update_batch(&mut self, values: &[ArrayRef]) -> Result<()> {
        match values {
            [buckets, values, capacity] if self.most_frequent => {
                self.settings(buckets, capacity)?;
                self.add(values, |_| 1)
            }
            [values] => self.add(values, |_| 1),
            _ => arguments(1, values),
        }
    }

    fn evaluate(&mut self) -> Result<ScalarValue> {
        let (keys, counts) = (self.counts.keys()?, &self.counts.kept);
        let Some(buckets) = self.buckets else {
            return one_map(&self.result, keys, Arc::new(Int64Array::from(counts.clone())));
        };
        let mut order: Vec<u32> = (0..counts.len() as u32).collect();
        order.sort_by_key(|at| std::cmp::Reverse(counts[*at as usize]));
        order.truncate(usize::try_from(buckets).unwrap_or(usize::MAX));
        let most = order.iter().map(|at| counts[*at as usize]).collect::<Int64Array>();
        let keys = arrow::compute::take(&keys, &arrow::array::UInt32Array::from(order), None)?;
        one_map(&self.result, keys, Arc::new(most))
    }

    fn size(&self) -> usize {
        size_of_val(self) + self.counts.size()
    }

    fn state(&mut self) -> Result<Vec<ScalarValue>> {
        let counts = Arc::new(Int64Array::from(self.counts.kept.clone()));
        Ok(vec![one_list(self.counts.keys()?)?, one_list(counts)?, ScalarValue::Int64(self.buckets)])
    }

    fn merge_batch(&mut self, states: &[ArrayRef]) -> Result<()> {
        let [keys, counts, buckets] = states else { return arguments(3, states) };
        let (keys, counts) = (as_list(keys)?, as_list(counts)?);
        for row in 0..keys.len() {
            let counts = counts.value(row);
            let counts = counts.as_primitive::<Int64Type>();
            self.add(&keys.value(row), |at| counts.value(at))?;
        }
        self.buckets = self.buckets.or(buckets.as_primitive::<Int64Type>().iter().flatten().next());
        Ok(())
    }
}

/// `map_agg(key, value)` and `map_union(map)`: of equal keys the first one that came stays.
#[derive(Debug)]
pub(super) struct MapOf {
    result: DataType,
    value_type: DataType,
    entries: Keyed<ScalarValue>,
}

impl MapOf {
    pub(super) fn new(key_type: &DataType, value_type: &DataType, result: &DataType) -> Self {
        Self { result: result.clone(), value_type: value_type.clone(), entries: Keyed::new(key_type.clone()) }
    }

    fn add(&mut self, keys: &ArrayRef, values: &ArrayRef, places: impl Iterator<Item = usize>) -> Result<()> {
        let bytes = Keys::of(keys)?;
        for at in places.filter(|at| keys.is_valid(*at)) {
            self.entries.entry(keys, &bytes, at, || Ok(ScalarValue::try_from_array(values, at)?.compacted()))?;
        }
        Ok(())
    }

    fn add_maps(&mut self, maps: &MapArray) -> Result<()> {
        let rows = (0..maps.len()).filter(|row| maps.is_valid(*row));
        let places: Vec<usize> = rows.flat_map(|row| range(maps.offsets(), row)).collect();
        self.add(maps.keys(), maps.values(), places.into_iter())
    }
}

impl Accumulator for MapOf {
    fn update_batch(&mut self, values: &[ArrayRef]) -> Result<()> {
        match values {
            [maps] => self.add_maps(as_map(maps)?),
            [keys, values] => self.add(keys, values, 0..keys.len()),
            _ => arguments(2, values),
        }
    }

    fn evaluate(&mut self) -> Result<ScalarValue> {
        one_map(&self.result, self.entries.keys()?, array(&self.value_type, self.entries.kept.iter().cloned())?)
    }

    fn size(&self) -> usize {
        size_of_val(self) + self.entries.size() + self.entries.kept.iter().map(ScalarValue::size).sum::<usize>()
    }

    fn state(&mut self) -> Result<Vec<ScalarValue>> {
        Ok(vec![self.evaluate()?])
    }

    fn merge_batch(&mut self, states: &[ArrayRef]) -> Result<()> {
        let [maps] = states else { return arguments(1, states) };
        self.add_maps(as_map(maps)?)
    }
}

/// `multimap_agg(key, value)`: all values of each key, in the order in which they came.
#[derive(Debug)]
pub(super) struct MultimapOf {
    result: DataType,
    value_type: DataType,
    entries: Keyed<Vec<ScalarValue>>,
}

impl MultimapOf {
    pub(super) fn new(key_type: &DataType, value_type: &DataType, result: &DataType) -> Self {
        Self { result: result.clone(), value_type: value_type.clone(), entries: Keyed::new(key_type.clone()) }
    }
}

impl Accumulator for MultimapOf {
    fn update_batch(&mut self, values: &[ArrayRef]) -> Result<()> {
        let [keys, values] = values else { return arguments(2, values) };
        let bytes = Keys::of(keys)?;
        for at in (0..keys.len()).filter(|at| keys.is_valid(*at)) {
            let value = ScalarValue::try_from_array(values, at)?.compacted();
            self.entries.entry(keys, &bytes, at, || Ok(Vec::new()))?.kept().push(value);
        }
        Ok(())
    }

    fn evaluate(&mut self) -> Result<ScalarValue> {
        let kept = &self.entries.kept;
        let offsets = OffsetBuffer::from_lengths(kept.iter().map(Vec::len));
        let values = array(&self.value_type, kept.iter().flatten().cloned())?;
        one_map(&self.result, self.entries.keys()?, Arc::new(list(offsets, values, None)?))
    }

    fn size(&self) -> usize {
        size_of_val(self) + self.entries.size() + self.entries.kept.iter().map(ScalarValue::size_of_vec).sum::<usize>()
    }

    fn state(&mut self) -> Result<Vec<ScalarValue>> {
        Ok(vec![self.evaluate()?])
    }

    fn merge_batch(&mut self, states: &[ArrayRef]) -> Result<()> {
        let [maps] = states else { return arguments(1, states) };
        let maps = as_map(maps)?;
        let bytes = Keys::of(maps.keys())?;
        let values = as_list(maps.values())?;
        for at in (0..maps.len()).filter(|row| maps.is_valid(*row)).flat_map(|row| range(maps.offsets(), row)) {
            let kept = self.entries.entry(maps.keys(), &bytes, at, || Ok(Vec::new()))?.kept();
            for place in range(values.offsets(), at) {
                kept.push(ScalarValue::try_from_array(values.values(), place)?.compacted());
            }
        }
        Ok(())
    }
}
