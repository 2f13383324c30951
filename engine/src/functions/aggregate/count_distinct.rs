//! `approx_distinct(value [, error])` and `approx_set(value [, error])`, and `checksum(value)`: aggregates of hashes.

use arrow::array::{Array, ArrayRef, AsArray};
use arrow::datatypes::{DataType, Float64Type, Int64Type};
use datafusion::common::{Result, ScalarValue};
use datafusion::logical_expr::Accumulator;
use twox_hash::XxHash64;

use super::arguments;
use super::hyperloglog::{ERROR, HyperLogLog};
use crate::functions::invalid;
use crate::values::key::Keys;

/// Counts different values with a sketch.
#[derive(Debug)]
pub(super) struct Distinct {
    /// The sketch's type where it is what is asked for, and not its count.
    set: Option<DataType>,
    sketch: Option<HyperLogLog>,
}

impl Distinct {
    pub(super) fn count() -> Self {
        Self { set: None, sketch: None }
    }

    pub(super) fn set(data_type: &DataType) -> Self {
        Self { set: Some(data_type.clone()), sketch: None }
    }
}

impl Accumulator for Distinct {
    fn update_batch(&mut self, values: &[ArrayRef]) -> Result<()> {
        let [values, error @ ..] = values else { return arguments(1, values) };
        if values.is_empty() {
            return Ok(());
        }
        let sketch = match &mut self.sketch {
            Some(sketch) => sketch,
            none => {
                let error = match error.first().map(|error| error.as_primitive::<Float64Type>()) {
                    Some(error) if error.is_null(0) => return Err(invalid("Standard error must not be NULL")),
                    Some(error) => error.value(0),
                    None => ERROR,
                };
                none.insert(HyperLogLog::new(error)?)
            }
        };
        let keys = Keys::of(values)?;
        for at in (0..values.len()).filter(|at| values.is_valid(*at)) {
            sketch.add(XxHash64::oneshot(0, keys.get(at)));
        }
        Ok(())
    }

    fn evaluate(&mut self) -> Result<ScalarValue> {
        let Some(data_type) = &self.set else {
            return Ok(ScalarValue::Int64(Some(self.sketch.as_ref().map_or(0, HyperLogLog::cardinality))));
        };
        match &self.sketch {
            Some(sketch) => super::sketch(data_type, sketch.to_bytes()),
            None => ScalarValue::try_from(data_type),
        }
    }

    fn size(&self) -> usize {
        size_of_val(self) + self.sketch.as_ref().map_or(0, HyperLogLog::size)
    }

    fn state(&mut self) -> Result<Vec<ScalarValue>> {
        Ok(vec![ScalarValue::Binary(self.sketch.as_ref().map(HyperLogLog::to_bytes))])
    }

    fn merge_batch(&mut self, states: &[ArrayRef]) -> Result<()> {
        let [sketches] = states else { return arguments(1, states) };
        for bytes in sketches.as_binary::<i32>().iter().flatten() {
            let sketch = HyperLogLog::from_bytes(bytes)?;
            match &mut self.sketch {
                Some(ours) => ours.merge(&sketch)?,
                none => *none = Some(sketch),
            }
        }
        Ok(())
    }
}

/// `merge(HyperLogLog)`: the sets together.
#[derive(Debug)]
pub(super) struct MergeSets {
    data_type: DataType,
    inner: Distinct,
}

impl MergeSets {
    pub(super) fn new(data_type: &DataType) -> Self {
        Self { data_type: data_type.clone(), inner: Distinct::set(data_type) }
    }
}

impl Accumulator for MergeSets {
    fn update_batch(&mut self, values: &[ArrayRef]) -> Result<()> {
        let [sketches] = values else { return arguments(1, values) };
        self.inner.merge_batch(&[super::sketches(sketches)?])
    }

    fn evaluate(&mut self) -> Result<ScalarValue> {
        self.inner.evaluate()
    }

    fn size(&self) -> usize {
        self.inner.size() + size_of_val(&self.data_type)
    }

    fn state(&mut self) -> Result<Vec<ScalarValue>> {
        self.inner.state()
    }

    fn merge_batch(&mut self, states: &[ArrayRef]) -> Result<()> {
        self.inner.merge_batch(states)
    }
}

/// What hashes are spread with (xxHash's first prime); a NULL counts as it.
const PRIME: i64 = 0x9E37_79B1_85EB_CA87_u64 as i64;

/// `checksum(value)`: the sum of hashes, without regard to order.
#[derive(Debug, Default)]
pub(super) struct Checksum(Option<i64>);

impl Checksum {
    fn add(&mut self, hash: i64) {
        self.0 = Some(self.0.unwrap_or(0).wrapping_add(hash));
    }
}

impl Accumulator for Checksum {
    fn update_batch(&mut self, values: &[ArrayRef]) -> Result<()> {
        let [values] = values else { return arguments(1, values) };
        let hashes = crate::values::hash::hashes(values)?;
        for (at, hash) in hashes.into_iter().enumerate() {
            self.add(if values.is_valid(at) { hash.wrapping_mul(PRIME) } else { PRIME });
        }
        Ok(())
    }

    fn evaluate(&mut self) -> Result<ScalarValue> {
        Ok(ScalarValue::Binary(self.0.map(|sum| sum.to_le_bytes().to_vec())))
    }

    fn size(&self) -> usize {
        size_of_val(self)
    }

    fn state(&mut self) -> Result<Vec<ScalarValue>> {
        Ok(vec![ScalarValue::Int64(self.0)])
    }

    fn merge_batch(&mut self, states: &[ArrayRef]) -> Result<()> {
        let [sums] = states else { return arguments(1, states) };
        for sum in sums.as_primitive::<Int64Type>().iter().flatten() {
            self.add(sum);
        }
        Ok(())
    }
}
