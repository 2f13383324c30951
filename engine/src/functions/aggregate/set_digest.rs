//! Trino's "Set Digest functions": a sketch of a set that tells how many values it has, about, and how much it has in common with
//! another one. It keeps the least hashes (MinHash), each with how often it came, and a HyperLogLog of all.

use std::collections::BTreeMap;

use arrow::array::{Array, ArrayRef, AsArray};
use arrow::datatypes::{DataType, Date32Type, Int64Type};
use datafusion::common::{Result, ScalarValue, internal_err};
use datafusion::logical_expr::Accumulator;

use super::hyperloglog::{ERROR, HyperLogLog};
use crate::functions::binary::murmur3;
use crate::functions::invalid;

/// How many hashes are kept.
const MOST: usize = 8192;

/// A sketch of a set.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct SetDigest {
    sketch: HyperLogLog,
    /// The least hashes with their counts.
    least: BTreeMap<i64, i16>,
}

impl SetDigest {
    pub(crate) fn new() -> Result<Self> {
        Ok(Self { sketch: HyperLogLog::new(ERROR)?, least: BTreeMap::new() })
    }

    pub(crate) fn add(&mut self, value: &[u8]) {
        let hash = murmur3::hash(value).0;
        self.sketch.add(hash);
        self.count(hash as i64, 1);
    }

    fn count(&mut self, hash: i64, times: i16) {
        let greater_than_all = self.least.last_key_value().is_none_or(|(last, _)| hash > *last);
        if self.is_exact() || !greater_than_all {
            let count = self.least.entry(hash).or_insert(0);
            *count = count.saturating_add(times);
            if self.least.len() > MOST {
                self.least.pop_last();
            }
        }
    }

    pub(crate) fn merge(&mut self, other: &Self) -> Result<()> {
        self.sketch.merge(&other.sketch)?;
        other.least.iter().for_each(|(hash, count)| self.count(*hash, *count));
        Ok(())
    }

    /// Whether all hashes are kept.
    fn is_exact(&self) -> bool {
        self.least.len() < MOST
    }

    pub(crate) fn cardinality(&self) -> i64 {
        if self.is_exact() { self.least.len() as i64 } else { self.sketch.cardinality() }
    }

    /// How many different values are in both, about.
    pub(crate) fn intersection(&self, other: &Self) -> Result<i64> {
        if self.is_exact() && other.is_exact() {
            return Ok(self.least.keys().filter(|hash| other.least.contains_key(hash)).count() as i64);
        }
        let mut both = self.clone();
        both.merge(other)?;
        let shared = (self.jaccard(other) * both.cardinality() as f64).round() as i64;
        // The smaller set is a better guess where it is almost a part of the other one.
        Ok(shared.min(self.cardinality()).min(other.cardinality()))
    }

    /// The share of the least hashes of both that are in each.
    pub(crate) fn jaccard(&self, other: &Self) -> f64 {
        let smaller = self.least.len().min(other.least.len());
        let mut either: Vec<i64> = self.least.keys().chain(other.least.keys()).copied().collect();
        either.sort_unstable();
        either.dedup();
        let shared = either.iter().take(smaller).filter(|hash| self.least.contains_key(hash) && other.least.contains_key(hash));
        shared.count() as f64 / smaller as f64
    }

    /// The hashes that are kept and how often each came.
    pub(crate) fn counts(&self) -> impl Iterator<Item = (i64, i16)> {
        self.least.iter().map(|(hash, count)| (*hash, *count))
    }

    /// How long the sketch is, it, and pairs of hash and count.
    pub(crate) fn to_bytes(&self) -> Vec<u8> {
        let sketch = self.sketch.to_bytes();
        let mut bytes = (sketch.len() as u32).to_le_bytes().to_vec();
        bytes.extend(sketch);
        for (hash, count) in &self.least {
            bytes.extend(hash.to_le_bytes());
            bytes.extend(count.to_le_bytes());
        }
        bytes
    }

    /// Errors: INVALID_FUNCTION_ARGUMENT for what [`Self::to_bytes`] did not make.
    pub(crate) fn from_bytes(bytes: &[u8]) -> Result<Self> {
        let wrong = || invalid("Invalid SetDigest");
        let (length, rest) = bytes.split_first_chunk().ok_or_else(wrong)?;
        let (sketch, pairs) = rest.split_at_checked(u32::from_le_bytes(*length) as usize).ok_or_else(wrong)?;
        let mut least = BTreeMap::new();
        for pair in pairs.chunks(10) {
            let (hash, count) = pair.split_first_chunk().ok_or_else(wrong)?;
            let count = count.try_into().map_err(|_| wrong())?;
            least.insert(i64::from_le_bytes(*hash), i16::from_le_bytes(count));
        }
        Ok(Self { sketch: HyperLogLog::from_bytes(sketch)?, least })
    }

    fn size(&self) -> usize {
        self.sketch.size() + self.least.len() * 32
    }
}

/// `make_set_digest(value)` and `merge_set_digest(digest)`; NULL where there was no value.
#[derive(Debug)]
pub(super) struct Set {
    data_type: DataType,
    /// Whether what comes are digests.
    merges: bool,
    digest: Option<SetDigest>,
}

impl Set {
    pub(super) fn of_values(data_type: &DataType) -> Self {
        Self { data_type: data_type.clone(), merges: false, digest: None }
    }

    pub(super) fn of_digests(data_type: &DataType) -> Self {
        Self { merges: true, ..Self::of_values(data_type) }
    }

    fn add(&mut self, value: &[u8]) -> Result<()> {
        match &mut self.digest {
            Some(digest) => digest.add(value),
            none => none.insert(SetDigest::new()?).add(value),
        }
        Ok(())
    }

    fn merge(&mut self, digests: &ArrayRef) -> Result<()> {
        for bytes in digests.as_binary::<i32>().iter().flatten() {
            let digest = SetDigest::from_bytes(bytes)?;
            match &mut self.digest {
                Some(ours) => ours.merge(&digest)?,
                none => *none = Some(digest),
            }
        }
        Ok(())
    }
}

impl Accumulator for Set {
    fn update_batch(&mut self, values: &[ArrayRef]) -> Result<()> {
        let [values] = values else { return super::arguments(1, values) };
        if self.merges {
            return self.merge(&super::sketches(values)?);
        }
        match values.data_type() {
            DataType::Int64 => {
                let mut numbers = values.as_primitive::<Int64Type>().iter().flatten();
                numbers.try_for_each(|number| self.add(&number.to_le_bytes()))
            }
            DataType::Date32 => {
                let mut days = values.as_primitive::<Date32Type>().iter().flatten();
                days.try_for_each(|day| self.add(&i64::from(day).to_le_bytes()))
            }
            DataType::Utf8View => values.as_string_view().iter().flatten().try_for_each(|text| self.add(text.as_bytes())),
            DataType::BinaryView => values.as_binary_view().iter().flatten().try_for_each(|bytes| self.add(bytes)),
            DataType::Binary => values.as_binary::<i32>().iter().flatten().try_for_each(|bytes| self.add(bytes)),
            other => internal_err!("a set digest of {other}"),
        }
    }

    fn evaluate(&mut self) -> Result<ScalarValue> {
        match &self.digest {
            Some(digest) => super::sketch(&self.data_type, digest.to_bytes()),
            None => ScalarValue::try_from(&self.data_type),
        }
    }

    fn size(&self) -> usize {
        size_of_val(self) + self.digest.as_ref().map_or(0, SetDigest::size)
    }

    fn state(&mut self) -> Result<Vec<ScalarValue>> {
        Ok(vec![ScalarValue::Binary(self.digest.as_ref().map(SetDigest::to_bytes))])
    }

    fn merge_batch(&mut self, states: &[ArrayRef]) -> Result<()> {
        let [digests] = states else { return super::arguments(1, states) };
        self.merge(digests)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn digest(values: impl Iterator<Item = i64>) -> SetDigest {
        let mut digest = SetDigest::new().unwrap();
        values.for_each(|value| digest.add(&value.to_le_bytes()));
        digest
    }

    #[test]
    fn what_trinos_page_says() {
        let counts: Vec<_> = digest([1, 1, 1, 2, 2].into_iter()).counts().collect();
        assert_eq!(counts, [(-2_447_670_524_089_286_488, 2), (19_144_387_141_682_250, 3)]);
        assert_eq!(digest([1, 2].into_iter()).jaccard(&digest(1..=4)), 0.5);
    }

    #[test]
    fn large_sets_are_told_about() {
        let (left, right) = (digest(0..50_000), digest(25_000..75_000));
        assert_eq!(SetDigest::from_bytes(&left.to_bytes()).unwrap(), left);
        let shared = left.intersection(&right).unwrap() as f64;
        assert!((shared - 25_000.0).abs() < 2_500.0, "{shared}");
        assert!((left.cardinality() as f64 - 50_000.0).abs() < 3_500.0);
        let (few, many) = (digest(0..100), digest(50..150));
        assert_eq!((few.cardinality(), few.intersection(&many).unwrap()), (100, 50));
        assert!(SetDigest::from_bytes(b"abc").is_err());
    }
}
