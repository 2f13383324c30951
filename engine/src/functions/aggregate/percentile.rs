//! `approx_percentile(value [, weight], percentage [, accuracy])`, with one percentage or an array of them.

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, Float64Array};
use arrow::datatypes::{DataType, Float64Type};
use datafusion::common::{Result, ScalarValue};
use datafusion::logical_expr::Accumulator;

use super::tdigest::TDigest;
use super::{arguments, one_list};
use crate::functions::invalid;
use crate::values::list::as_list;

#[derive(Debug)]
pub(super) struct Percentile {
    /// What the values are: bigint, real or double. They come as doubles.
    value_type: DataType,
    weighted: bool,
    many: bool,
    percentages: Vec<f64>,
    digest: TDigest,
}

impl Percentile {
    pub(super) fn new(value_type: DataType, weighted: bool, many: bool) -> Self {
        Self { value_type, weighted, many, percentages: Vec::new(), digest: TDigest::default() }
    }

    /// The percentages of the first row: they are the same in all.
    fn learn(&mut self, percentages: &ArrayRef) -> Result<()> {
        if !self.percentages.is_empty() || percentages.is_empty() {
            return Ok(());
        }
        let found = if self.many { as_list(percentages)?.value(0) } else { percentages.slice(0, 1) };
        for percentage in found.as_primitive::<Float64Type>() {
            match percentage {
                Some(percentage @ 0.0..=1.0) => self.percentages.push(percentage),
                Some(_) => return Err(invalid("Percentile must be between 0 and 1")),
                None => return Err(invalid("Percentile cannot be NULL")),
            }
        }
        Ok(())
    }

    fn typed(&self, value: f64) -> ScalarValue {
        match self.value_type {
            // Half way goes up, as Java's `Math.round` has it.
            DataType::Int64 => ScalarValue::Int64(Some((value + 0.5).floor() as i64)),
            DataType::Float32 => ScalarValue::Float32(Some(value as f32)),
            _ => ScalarValue::Float64(Some(value)),
        }
    }
}

impl Accumulator for Percentile {
    fn update_batch(&mut self, values: &[ArrayRef]) -> Result<()> {
        let (values, weights, percentages) = match values {
            [values, weights, percentages, ..] if self.weighted => (values, Some(weights), percentages),
            [values, percentages, ..] if !self.weighted => (values, None, percentages),
            _ => return arguments(2, values),
        };
        self.learn(percentages)?;
        let values = arrow::compute::cast(values, &DataType::Float64)?;
        let values = values.as_primitive::<Float64Type>();
        let weights = weights.map(|weights| weights.as_primitive::<Float64Type>());
        for at in (0..values.len()).filter(|at| values.is_valid(*at)) {
            let weight = match weights {
                Some(weights) if weights.is_null(at) => continue,
                Some(weights) => weights.value(at),
                None => 1.0,
            };
            let value = values.value(at);
            if !value.is_finite() || !weight.is_finite() {
                return Err(invalid("approx_percentile takes finite values and weights only"));
            }
            if weight <= 0.0 {
                return Err(invalid("percentile weight must be > 0"));
            }
            self.digest.add(value, weight);
        }
        Ok(())
    }

    fn evaluate(&mut self) -> Result<ScalarValue> {
        if self.digest.total == 0.0 {
            let one = self.value_type.clone();
            return ScalarValue::try_from(&if self.many { DataType::List(crate::values::list::element(&one)) } else { one });
        }
        let percentages = self.percentages.clone();
        let mut found = percentages
            .iter()
            .map(|percentage| self.digest.value_at(*percentage))
            .collect::<Vec<_>>()
            .into_iter()
            .map(|value| self.typed(value));
        if self.many {
            return one_list(super::keyed::array(&self.value_type, found)?);
        }
        found.next().map_or_else(|| ScalarValue::try_from(&self.value_type), Ok)
    }

    fn size(&self) -> usize {
        size_of_val(self) + self.digest.centroids.capacity() * size_of::<(f64, f64)>()
    }

    fn state(&mut self) -> Result<Vec<ScalarValue>> {
        let (means, weights): (Vec<f64>, Vec<f64>) = self.digest.centroids.iter().copied().unzip();
        let list = |numbers: Vec<f64>| one_list(Arc::new(Float64Array::from(numbers)));
        Ok(vec![list(self.percentages.clone())?, list(vec![self.digest.min, self.digest.max])?, list(means)?, list(weights)?])
    }

    fn merge_batch(&mut self, states: &[ArrayRef]) -> Result<()> {
        let [percentages, bounds, means, weights] = states else { return arguments(4, states) };
        for row in 0..percentages.len() {
            let numbers = |array: &ArrayRef| -> Result<Vec<f64>> {
                Ok(as_list(array)?.value(row).as_primitive::<Float64Type>().values().to_vec())
            };
            let (bounds, means, weights) = (numbers(bounds)?, numbers(means)?, numbers(weights)?);
            if self.percentages.is_empty() {
                self.percentages = numbers(percentages)?;
            }
            let ([min, max], false) = (&bounds[..], means.is_empty()) else { continue };
            let centroids = means.into_iter().zip(weights).collect();
            self.digest.merge_with(&TDigest::of(self.digest.compression, *min, *max, centroids));
        }
        Ok(())
    }
}
