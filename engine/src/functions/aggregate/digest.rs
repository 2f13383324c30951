//! `tdigest_agg(value [, weight [, compression]])` and `merge(tdigest)`.

use arrow::array::{Array, ArrayRef, AsArray};
use arrow::datatypes::{DataType, Float64Type};
use datafusion::common::{Result, ScalarValue};
use datafusion::logical_expr::Accumulator;

use super::tdigest::{COMPRESSION, TDigest};
use crate::functions::invalid;

/// Gathers values, or digests of values, in one digest; NULL where there was none.
#[derive(Debug)]
pub(super) struct Digest {
    data_type: DataType,
    /// Whether what comes are digests.
    merges: bool,
    digest: Option<TDigest>,
}

impl Digest {
    pub(super) fn of_values(data_type: &DataType) -> Self {
        Self { data_type: data_type.clone(), merges: false, digest: None }
    }

    pub(super) fn of_digests(data_type: &DataType) -> Self {
        Self { merges: true, ..Self::of_values(data_type) }
    }

    fn merge(&mut self, digests: &ArrayRef) -> Result<()> {
        for bytes in digests.as_binary::<i32>().iter().flatten() {
            let digest = TDigest::from_bytes(bytes).ok_or_else(|| invalid("Invalid T-digest"))?;
            match &mut self.digest {
                Some(ours) => ours.merge_with(&digest),
                none => *none = Some(digest),
            }
        }
        Ok(())
    }
}

impl Accumulator for Digest {
    fn update_batch(&mut self, values: &[ArrayRef]) -> Result<()> {
        let (values, more) = match values {
            [digests] if self.merges => return self.merge(&super::sketches(digests)?),
            [values, more @ ..] => (values.as_primitive::<Float64Type>(), more),
            [] => return super::arguments(1, values),
        };
        let more: Vec<_> = more.iter().map(|column| column.as_primitive::<Float64Type>()).collect();
        for at in 0..values.len() {
            if values.is_null(at) || more.iter().any(|column| column.is_null(at)) {
                continue;
            }
            let (value, weight) = (values.value(at), more.first().map_or(1.0, |weights| weights.value(at)));
            if !value.is_finite() {
                return Err(invalid("Cannot add non-finite value to t-digest"));
            }
            if !weight.is_finite() || weight < 1.0 {
                return Err(invalid("weight must be >= 1"));
            }
            if self.digest.is_none() {
                let compression = more.get(1).map_or(COMPRESSION, |compressions| compressions.value(at));
                if !(10.0..=1000.0).contains(&compression) {
                    return Err(invalid("compression factor must be between 10 and 1000"));
                }
                self.digest = Some(TDigest::new(compression));
            }
            if let Some(digest) = &mut self.digest {
                digest.add(value, weight);
            }
        }
        Ok(())
    }

    fn evaluate(&mut self) -> Result<ScalarValue> {
        match &mut self.digest {
            Some(digest) => super::sketch(&self.data_type, digest.bytes()),
            None => ScalarValue::try_from(&self.data_type),
        }
    }

    fn size(&self) -> usize {
        size_of_val(self) + self.digest.as_ref().map_or(0, |digest| digest.centroids.capacity() * size_of::<(f64, f64)>())
    }

    fn state(&mut self) -> Result<Vec<ScalarValue>> {
        Ok(vec![ScalarValue::Binary(self.digest.as_mut().map(TDigest::bytes))])
    }

    fn merge_batch(&mut self, states: &[ArrayRef]) -> Result<()> {
        let [digests] = states else { return super::arguments(1, states) };
        self.merge(digests)
    }
}
