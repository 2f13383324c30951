//! `qdigest_agg(value [, weight [, accuracy]])` and `merge(qdigest)`.

use arrow::array::{Array, ArrayRef, AsArray};
use arrow::datatypes::{DataType, Float32Type, Float64Type, Int64Type};
use datafusion::common::{Result, ScalarValue, internal_err};
use datafusion::logical_expr::Accumulator;

use super::qdigest::{ERROR, QDigest, of_double, of_long};
use crate::functions::invalid;

/// Gathers values, or digests of values, in one digest; NULL where there was none.
#[derive(Debug)]
pub(super) struct Quantiles {
    data_type: DataType,
    /// Whether what comes are digests.
    merges: bool,
    digest: Option<QDigest>,
}

impl Quantiles {
    pub(super) fn of_values(data_type: &DataType) -> Self {
        Self { data_type: data_type.clone(), merges: false, digest: None }
    }

    pub(super) fn of_digests(data_type: &DataType) -> Self {
        Self { merges: true, ..Self::of_values(data_type) }
    }

    fn merge(&mut self, digests: &ArrayRef) -> Result<()> {
        for bytes in digests.as_binary::<i32>().iter().flatten() {
            let digest = QDigest::from_bytes(bytes)?;
            match &mut self.digest {
                Some(ours) => ours.merge(&digest),
                none => *none = Some(digest),
            }
        }
        Ok(())
    }
}

/// Numbers as the digest orders them, with which of them are there.
pub(in crate::functions) fn keys(values: &ArrayRef) -> Result<Vec<Option<u64>>> {
    Ok(match values.data_type() {
        DataType::Int64 => values.as_primitive::<Int64Type>().iter().map(|number| number.map(of_long)).collect(),
        DataType::Float64 => values.as_primitive::<Float64Type>().iter().map(|number| number.map(of_double)).collect(),
        DataType::Float32 => {
            let numbers = values.as_primitive::<Float32Type>().iter();
            numbers.map(|number| number.map(|number| of_double(number.into()))).collect()
        }
        other => return internal_err!("a quantile digest of {other}"),
    })
}

impl Accumulator for Quantiles {
    fn update_batch(&mut self, values: &[ArrayRef]) -> Result<()> {
        let (values, more) = match values {
            [digests] if self.merges => return self.merge(&super::sketches(digests)?),
            [values, more @ ..] => (values, more),
            [] => return super::arguments(1, values),
        };
        let weights = more.first().map(|weights| weights.as_primitive::<Int64Type>());
        let errors = more.get(1).map(|errors| errors.as_primitive::<Float64Type>());
        for (at, key) in keys(values)?.into_iter().enumerate() {
            let Some(key) = key else { continue };
            if weights.is_some_and(|weights| weights.is_null(at)) || errors.is_some_and(|errors| errors.is_null(at)) {
                continue;
            }
            let weight = weights.map_or(1, |weights| weights.value(at));
            if weight < 1 {
                return Err(invalid("Percentile weight must be > 0"));
            }
            match &mut self.digest {
                Some(digest) => digest.add(key, weight as f64),
                none => {
                    let digest = QDigest::new(errors.map_or(ERROR, |errors| errors.value(at)))?;
                    none.insert(digest).add(key, weight as f64);
                }
            }
        }
        Ok(())
    }

    fn evaluate(&mut self) -> Result<ScalarValue> {
        match &self.digest {
            Some(digest) => super::sketch(&self.data_type, digest.to_bytes()),
            None => ScalarValue::try_from(&self.data_type),
        }
    }

    fn size(&self) -> usize {
        size_of_val(self) + self.digest.as_ref().map_or(0, QDigest::size)
    }

    fn state(&mut self) -> Result<Vec<ScalarValue>> {
        Ok(vec![ScalarValue::Binary(self.digest.as_ref().map(QDigest::to_bytes))])
    }

    fn merge_batch(&mut self, states: &[ArrayRef]) -> Result<()> {
        let [digests] = states else { return super::arguments(1, states) };
        self.merge(digests)
    }
}
