//! How many different values there are, about: HyperLogLog with an exact beginning. `approx_distinct` counts with it, and
//! `approx_set` hands it out.

use std::collections::HashSet;

use crate::functions::invalid;
use datafusion::common::{DataFusionError, Result};

/// Trino's default standard error.
pub(crate) const ERROR: f64 = 0.023;
/// The errors that may be asked for.
const ERRORS: std::ops::RangeInclusive<f64> = 0.0040625..=0.26;

/// A sketch of a set of hashes.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct HyperLogLog {
    bits: u8,
    kind: Kind,
}

#[derive(Debug, Clone, PartialEq)]
enum Kind {
    /// All hashes, while they are few.
    Few(HashSet<u64>),
    /// For each bucket the most zeros that a hash in it began with, and one more.
    Many(Vec<u8>),
}

impl HyperLogLog {
    /// Errors: INVALID_FUNCTION_ARGUMENT for a standard error out of range.
    pub(crate) fn new(error: f64) -> Result<Self> {
        if !ERRORS.contains(&error) {
            return Err(invalid(format!("Standard error must be in [{}, {}]: {error}", ERRORS.start(), ERRORS.end())));
        }
        let buckets = (1.04 / error).powi(2).ceil() as u64;
        Ok(Self { bits: buckets.next_power_of_two().trailing_zeros() as u8, kind: Kind::Few(HashSet::new()) })
    }

    fn buckets(&self) -> usize {
        1 << self.bits
    }

    pub(crate) fn add(&mut self, hash: u64) {
        let (bits, few) = (self.bits, self.buckets() / 4);
        match &mut self.kind {
            Kind::Few(hashes) => {
                hashes.insert(hash);
                if hashes.len() > few {
                    let mut buckets = vec![0; self.buckets()];
                    if let Kind::Few(hashes) = &self.kind {
                        hashes.iter().for_each(|hash| count(&mut buckets, bits, *hash));
                    }
                    self.kind = Kind::Many(buckets);
                }
            }
            Kind::Many(buckets) => count(buckets, bits, hash),
        }
    }

    /// Errors: the two were made with different standard errors.
    pub(crate) fn merge(&mut self, other: &Self) -> Result<()> {
        if self.bits != other.bits {
            return Err(invalid("Cannot merge HyperLogLog instances with different numbers of buckets"));
        }
        match &other.kind {
            Kind::Few(hashes) => hashes.iter().for_each(|hash| self.add(*hash)),
            Kind::Many(theirs) => {
                let ours = match std::mem::replace(&mut self.kind, Kind::Many(theirs.clone())) {
                    Kind::Few(hashes) => {
                        hashes.iter().for_each(|hash| self.add(*hash));
                        return Ok(());
                    }
                    Kind::Many(ours) => ours,
                };
                if let Kind::Many(merged) = &mut self.kind {
                    merged.iter_mut().zip(ours).for_each(|(merged, ours)| *merged = ours.max(*merged));
                }
            }
        }
        Ok(())
    }

    pub(crate) fn cardinality(&self) -> i64 {
        let buckets = match &self.kind {
            Kind::Few(hashes) => return hashes.len() as i64,
            Kind::Many(buckets) => buckets,
        };
        let m = buckets.len() as f64;
        let alpha = match self.bits {
            4 => 0.673,
            5 => 0.697,
            6 => 0.709,
            _ => 0.7213 / (1.0 + 1.079 / m),
        };
        let sum: f64 = buckets.iter().map(|zeros| 2.0_f64.powi(-i32::from(*zeros))).sum();
        let raw = alpha * m * m / sum;
        let empty = buckets.iter().filter(|zeros| **zeros == 0).count();
        // Few values: how many buckets are empty says more.
        let estimate = if raw <= 2.5 * m && empty > 0 { m * (m / empty as f64).ln() } else { raw };
        estimate.round() as i64
    }

    /// Bits of the bucket count, whether all hashes follow, and they or the buckets.
    pub(crate) fn to_bytes(&self) -> Vec<u8> {
        match &self.kind {
            Kind::Few(hashes) => {
                let mut sorted: Vec<u64> = hashes.iter().copied().collect();
                sorted.sort_unstable();
                [self.bits, 0].into_iter().chain(sorted.into_iter().flat_map(u64::to_le_bytes)).collect()
            }
            Kind::Many(buckets) => [self.bits, 1].iter().chain(buckets).copied().collect(),
        }
    }

    /// Errors: INVALID_FUNCTION_ARGUMENT for what [`Self::to_bytes`] did not make.
    pub(crate) fn from_bytes(bytes: &[u8]) -> Result<Self> {
        let wrong = || -> DataFusionError { invalid("Invalid HyperLogLog") };
        let [bits @ 4..=16, kind, rest @ ..] = bytes else { return Err(wrong()) };
        let kind = match kind {
            0 => {
                let hashes = rest.chunks_exact(8).map(|bytes| u64::from_le_bytes(bytes.try_into().unwrap_or_default()));
                Kind::Few(hashes.collect())
            }
            1 if rest.len() == 1 << bits => Kind::Many(rest.to_vec()),
            _ => return Err(wrong()),
        };
        Ok(Self { bits: *bits, kind })
    }

    /// Bytes, about.
    pub(crate) fn size(&self) -> usize {
        match &self.kind {
            Kind::Few(hashes) => hashes.capacity() * 16,
            Kind::Many(buckets) => buckets.len(),
        }
    }
}

/// The first bits of a hash say its bucket.
fn count(buckets: &mut [u8], bits: u8, hash: u64) {
    let bucket = &mut buckets[(hash >> (64 - bits)) as usize];
    let zeros = (hash << bits | 1 << (bits - 1)).leading_zeros() as u8 + 1;
    *bucket = zeros.max(*bucket);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sketch(values: std::ops::Range<u64>) -> HyperLogLog {
        let mut sketch = HyperLogLog::new(ERROR).unwrap();
        values.for_each(|value| sketch.add(twox_hash::XxHash64::oneshot(0, &value.to_le_bytes())));
        sketch
    }

    #[test]
    fn small_sets_are_counted_exactly_and_large_ones_within_the_error() {
        for count in [0, 1, 100, 500] {
            assert_eq!(sketch(0..count).cardinality(), count as i64);
        }
        for count in [2_000, 10_000, 1_000_000] {
            let error = (sketch(0..count).cardinality() as f64 - count as f64).abs() / count as f64;
            assert!(error < 3.0 * ERROR, "{count}: {error}");
        }
        assert!(HyperLogLog::new(0.001).is_err() && HyperLogLog::new(0.3).is_err());
    }

    #[test]
    fn merged_sketches_count_what_is_in_either_and_bytes_bring_them_back() {
        for (left, right) in [(0..100, 50..150), (0..100, 50..50_000), (0..50_000, 50..100), (0..50_000, 25_000..75_000)] {
            let mut both = sketch(left.clone());
            both.merge(&sketch(right.clone())).unwrap();
            assert_eq!(both.cardinality(), sketch(left.start.min(right.start)..left.end.max(right.end)).cardinality());
            assert_eq!(HyperLogLog::from_bytes(&both.to_bytes()).unwrap(), both);
        }
    }
}
