//! `numeric_histogram(buckets, value [, weight])`: few weighted means that stand for many numbers. Nearest neighbours become
//! one, by the penalty that Trino's `NumericHistogram` reckons with.

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, Float32Array, Float64Array};
use arrow::buffer::OffsetBuffer;
use arrow::datatypes::{DataType, Float64Type, Int64Type};
use datafusion::common::{Result, ScalarValue};
use datafusion::logical_expr::Accumulator;

use super::{arguments, one_list};
use crate::functions::invalid;
use crate::values::list::{as_list, map};

#[derive(Debug)]
pub(super) struct NumericHistogram {
    /// `map(real, real)` or `map(double, double)`
    result: DataType,
    buckets: Option<i64>,
    /// Value and weight.
    entries: Vec<(f64, f64)>,
}

impl NumericHistogram {
    pub(super) fn new(result: &DataType) -> Self {
        Self { result: result.clone(), buckets: None, entries: Vec::new() }
    }

    fn limit(&mut self, buckets: Option<i64>) -> Result<usize> {
        match buckets {
            Some(buckets @ 2..) => {
                self.buckets = Some(buckets);
                Ok(buckets as usize)
            }
            Some(_) => Err(invalid("numeric_histogram bucket count must be greater than one")),
            None => Err(invalid("numeric_histogram bucket count must not be NULL")),
        }
    }

    fn add(&mut self, value: f64, weight: f64, limit: usize) {
        self.entries.push((value, weight));
        if self.entries.len() >= limit + (limit / 5).max(1) {
            self.compact(limit);
        }
    }

    fn compact(&mut self, limit: usize) {
        self.entries.sort_by(|a, b| a.0.total_cmp(&b.0));
        self.entries.dedup_by(|next, kept| {
            let same = next.0 == kept.0;
            if same {
                kept.1 += next.1;
            }
            same
        });
        // Buckets are few: looking for the least penalty again after each merge costs less than a queue of them.
        let mut penalties: Vec<f64> = self.entries.windows(2).map(|pair| penalty(pair[0], pair[1])).collect();
        while self.entries.len() > limit {
            let least = penalties.iter().enumerate().min_by(|a, b| a.1.total_cmp(b.1)).map_or(0, |(at, _)| at);
            let (left, right) = (self.entries[least], self.entries.remove(least + 1));
            let weight = left.1 + right.1;
            self.entries[least] = ((left.0 * left.1 + right.0 * right.1) / weight, weight);
            penalties.remove(least);
            if let Some(next) = self.entries.get(least + 1) {
                penalties[least] = penalty(self.entries[least], *next);
            }
            if least > 0 {
                penalties[least - 1] = penalty(self.entries[least - 1], self.entries[least]);
            }
        }
    }

    fn arrays(&self) -> (ArrayRef, ArrayRef) {
        let (values, weights): (Vec<f64>, Vec<f64>) = self.entries.iter().copied().unzip();
        (Arc::new(Float64Array::from(values)), Arc::new(Float64Array::from(weights)))
    }
}

/// What merging two neighbours costs.
fn penalty((value1, weight1): (f64, f64), (value2, weight2): (f64, f64)) -> f64 {
    let weight = weight1 + weight2;
    let difference = value1 - value2;
    weight * difference * difference * (weight1 * weight2) / (weight * weight)
}

impl Accumulator for NumericHistogram {
    fn update_batch(&mut self, values: &[ArrayRef]) -> Result<()> {
        let [buckets, values, weights @ ..] = values else { return arguments(2, values) };
        let buckets = buckets.as_primitive::<Int64Type>();
        let values = arrow::compute::cast(values, &DataType::Float64)?;
        let values = values.as_primitive::<Float64Type>();
        let weights = weights.first().map(|weights| weights.as_primitive::<Float64Type>());
        for at in 0..values.len() {
            let limit = self.limit(buckets.is_valid(at).then(|| buckets.value(at)))?;
            if values.is_valid(at) && weights.is_none_or(|weights| weights.is_valid(at)) {
                self.add(values.value(at), weights.map_or(1.0, |weights| weights.value(at)), limit);
            }
        }
        Ok(())
    }

    fn evaluate(&mut self) -> Result<ScalarValue> {
        let (Some(limit), false) = (self.buckets, self.entries.is_empty()) else { return ScalarValue::try_from(&self.result) };
        self.compact(limit as usize);
        let (mut values, mut weights) = self.arrays();
        if matches!(&self.result, DataType::Map(entries, _) if matches!(entries.data_type(), DataType::Struct(pair) if pair[0].data_type() == &DataType::Float32))
        {
            let real = |array: &ArrayRef| -> ArrayRef {
                Arc::new(
                    array
                        .as_primitive::<Float64Type>()
                        .iter()
                        .map(|value| value.map(|value| value as f32))
                        .collect::<Float32Array>(),
                )
            };
            (values, weights) = (real(&values), real(&weights));
        }
        Ok(ScalarValue::Map(Arc::new(map(OffsetBuffer::from_lengths([values.len()]), values, weights, None)?)))
    }

    fn size(&self) -> usize {
        size_of_val(self) + self.entries.capacity() * size_of::<(f64, f64)>()
    }

    fn state(&mut self) -> Result<Vec<ScalarValue>> {
        if let Some(limit) = self.buckets {
            self.compact(limit as usize);
        }
        let (values, weights) = self.arrays();
        Ok(vec![ScalarValue::Int64(self.buckets), one_list(values)?, one_list(weights)?])
    }

    fn merge_batch(&mut self, states: &[ArrayRef]) -> Result<()> {
        let [buckets, values, weights] = states else { return arguments(3, states) };
        let (values, weights) = (as_list(values)?, as_list(weights)?);
        for (row, buckets) in buckets.as_primitive::<Int64Type>().iter().enumerate() {
            if buckets.is_some() {
                let limit = self.limit(buckets)?;
                let (values, weights) = (values.value(row), weights.value(row));
                let pairs =
                    values.as_primitive::<Float64Type>().values().iter().zip(weights.as_primitive::<Float64Type>().values());
                for (value, weight) in pairs {
                    self.add(*value, *weight, limit);
                }
            }
        }
        Ok(())
    }
}
