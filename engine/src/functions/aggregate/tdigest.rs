//! The t-digest of Trino (`io.airlift.stats.TDigest`): a sketch of a distribution that is sharp at its ends. Percentiles of
//! Trino are its percentiles, so how values are interpolated between centroids follows it.

/// Trino's default.
pub(crate) const COMPRESSION: f64 = 100.0;

/// Weighted means that stand for values near them.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct TDigest {
    pub(crate) compression: f64,
    pub(crate) min: f64,
    pub(crate) max: f64,
    pub(crate) total: f64,
    /// Mean and weight; in order of the means after [`Self::settle`].
    pub(crate) centroids: Vec<(f64, f64)>,
    settled: bool,
    backwards: bool,
}

impl Default for TDigest {
    fn default() -> Self {
        Self::new(COMPRESSION)
    }
}

impl TDigest {
    /// `compression` is at least 10; more centroids with more of it.
    pub(crate) fn new(compression: f64) -> Self {
        Self {
            compression,
            min: f64::INFINITY,
            max: f64::NEG_INFINITY,
            total: 0.0,
            centroids: Vec::new(),
            settled: true,
            backwards: false,
        }
    }

    /// A digest from its parts, the centroids in order.
    pub(crate) fn of(compression: f64, min: f64, max: f64, centroids: Vec<(f64, f64)>) -> Self {
        let total = centroids.iter().map(|(_, weight)| weight).sum();
        Self { compression, min, max, total, centroids, settled: true, backwards: false }
    }

    /// `value` is finite, `weight` positive.
    pub(crate) fn add(&mut self, value: f64, weight: f64) {
        if self.centroids.len() >= self.capacity() {
            self.merge(2.0 * self.compression);
        }
        self.centroids.push((value, weight));
        self.total += weight;
        self.min = self.min.min(value);
        self.max = self.max.max(value);
        self.settled = false;
    }

    pub(crate) fn merge_with(&mut self, other: &Self) {
        self.centroids.extend_from_slice(&other.centroids);
        self.total += other.total;
        self.min = self.min.min(other.min);
        self.max = self.max.max(other.max);
        self.settled = false;
        if self.centroids.len() > self.capacity() {
            self.merge(2.0 * self.compression);
        }
    }

    /// Merges centroids down to what is kept of a digest.
    pub(crate) fn settle(&mut self) {
        self.merge(self.compression);
        self.settled = true;
    }

    fn capacity(&self) -> usize {
        (6.0 * (2.0 * self.compression + 10.0)) as usize
    }

    /// Neighbours become one while their weight is small for the quantile they stand at.
    fn merge(&mut self, compression: f64) {
        if self.centroids.is_empty() {
            return;
        }
        self.centroids.sort_by(|a, b| a.0.total_cmp(&b.0));
        if self.backwards {
            self.centroids.reverse();
        }
        let normalizer = compression / (4.0 * (self.total / compression).ln() + 24.0);
        let largest = |quantile: f64| quantile * (1.0 - quantile) / normalizer;
        let mut merged = Vec::with_capacity(self.centroids.len());
        let (mut mean, mut weight) = self.centroids[0];
        let (mut before, mut limit) = (0.0, largest(0.0));
        for &(next, more) in &self.centroids[1..] {
            let tentative = weight + more;
            let quantile = ((before + tentative) / self.total).min(1.0);
            if tentative <= self.total * limit.min(largest(quantile)) {
                mean += (next - mean) * more / tentative;
                weight = tentative;
            } else {
                merged.push((mean, weight));
                before += weight;
                limit = largest(before / self.total);
                (mean, weight) = (next, more);
            }
        }
        merged.push((mean, weight));
        if self.backwards {
            merged.reverse();
        }
        self.backwards = !self.backwards;
        self.centroids = merged;
    }

    /// The value at `quantile`, between 0 and 1; NaN where there is none.
    pub(crate) fn value_at(&mut self, quantile: f64) -> f64 {
        if !self.settled {
            self.merge(2.0 * self.compression);
            self.settled = true;
        }
        let (Some(&first), Some(&last)) = (self.centroids.first(), self.centroids.last()) else { return f64::NAN };
        if self.centroids.len() == 1 {
            return first.0;
        }
        // How many of all values in order are before the one that is sought.
        let offset = quantile * self.total;
        if offset < 1.0 {
            return self.min;
        }
        if offset < first.1 / 2.0 {
            return self.min + part(offset - 1.0, first.1 / 2.0 - 1.0, first.0 - self.min);
        }
        let behind = self.total - offset;
        if behind >= 1.0 && behind <= last.1 / 2.0 && last.1 / 2.0 > 1.0 {
            return self.max + part(behind - 1.0, last.1 / 2.0 - 1.0, last.0 - self.max);
        }
        if offset >= self.total - 1.0 {
            return self.max;
        }
        self.between(offset)
    }

    /// Between the middles of two centroids.
    fn between(&self, offset: f64) -> f64 {
        let mut before = self.centroids[0].1 / 2.0;
        for pair in self.centroids.windows(2) {
            let ((left, left_weight), (right, right_weight)) = (pair[0], pair[1]);
            let length = (left_weight + right_weight) / 2.0;
            if before + length <= offset {
                before += length;
                continue;
            }
            let into = offset - before;
            if left_weight == 1.0 && into < left_weight / 2.0 {
                return left;
            }
            if right_weight == 1.0 && into >= left_weight / 2.0 {
                return right;
            }
            // A centroid of one value is that value; only the other one is spread out.
            let (into, length) = match (left_weight == 1.0, right_weight == 1.0) {
                (true, _) => (into - left_weight / 2.0, right_weight / 2.0),
                (_, true) => (into, left_weight / 2.0),
                _ => (into, length),
            };
            return left + part(into, length, right - left);
        }
        let last = self.centroids[self.centroids.len() - 1];
        let behind = self.total - offset;
        if behind >= 1.0 && last.1 / 2.0 > 1.0 {
            return self.max + part(behind - 1.0, last.1 / 2.0 - 1.0, last.0 - self.max);
        }
        self.max
    }

    /// The share of values that are at most `value`; NaN where there are none.
    pub(crate) fn quantile_at(&mut self, value: f64) -> f64 {
        if !self.settled {
            self.merge(2.0 * self.compression);
            self.settled = true;
        }
        if self.total == 0.0 {
            return f64::NAN;
        }
        if value < self.min {
            return 0.0;
        }
        if value >= self.max {
            return 1.0;
        }
        let (mut before, mut left, mut left_half) = (0.0, self.min, 0.0);
        for &(mean, weight) in &self.centroids {
            if value < mean {
                let share = if mean > left { (value - left) / (mean - left) } else { 0.0 };
                return (before + share * (left_half + weight / 2.0)) / self.total;
            }
            before += left_half + weight / 2.0;
            (left, left_half) = (mean, weight / 2.0);
        }
        let share = if self.max > left { (value - left) / (self.max - left) } else { 1.0 };
        (before + share * left_half) / self.total
    }

    /// Format, least and greatest value, compression, weight, count of centroids, their means and their weights: as Trino
    /// keeps it.
    pub(crate) fn bytes(&mut self) -> Vec<u8> {
        self.settle();
        let numbers = [self.min, self.max, self.compression, self.total];
        let mut bytes = vec![0];
        bytes.extend(numbers.iter().flat_map(|number| number.to_le_bytes()));
        bytes.extend((self.centroids.len() as i32).to_le_bytes());
        bytes.extend(self.centroids.iter().flat_map(|(mean, _)| mean.to_le_bytes()));
        bytes.extend(self.centroids.iter().flat_map(|(_, weight)| weight.to_le_bytes()));
        bytes
    }

    /// None for what [`Self::bytes`] did not make.
    pub(crate) fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let rest = bytes.strip_prefix(&[0])?;
        let (numbers, rest) = rest.split_at_checked(4 * 8)?;
        let (count, rest) = rest.split_at_checked(4)?;
        let count = usize::try_from(i32::from_le_bytes(count.try_into().ok()?)).ok()?;
        if rest.len() != count.checked_mul(16)? {
            return None;
        }
        let doubles = |bytes: &[u8]| -> Vec<f64> {
            bytes.chunks_exact(8).map(|bytes| f64::from_le_bytes(bytes.try_into().unwrap_or_default())).collect()
        };
        let [min, max, compression, _] = doubles(numbers)[..] else { return None };
        let (means, weights) = rest.split_at(count * 8);
        Some(Self::of(compression, min, max, doubles(means).into_iter().zip(doubles(weights)).collect()))
    }
}

/// The part of `height` that is `x` of `length`.
fn part(x: f64, length: f64, height: f64) -> f64 {
    x / length * height
}

#[cfg(test)]
mod tests {
    use super::*;

    fn digest(values: &[(f64, f64)]) -> TDigest {
        let mut digest = TDigest::default();
        values.iter().for_each(|(value, weight)| digest.add(*value, *weight));
        digest
    }

    #[test]
    fn percentiles_are_those_of_trino() {
        // TestApproximatePercentileAggregation
        let mut weighted = digest(&[(1.0, 4.0), (2.0, 2.0), (3.0, 1.0)]);
        let cases = [
            (digest(&[(1.0, 1.0), (2.0, 1.0), (3.0, 1.0)]).value_at(0.5), 2.0),
            (digest(&[(1.0, 1.0), (2.0, 1.0), (3.0, 1.0)]).value_at(0.99), 3.0),
            (digest(&[(-2.0, 1.0), (3.0, 1.0), (-1.0, 1.0)]).value_at(0.5), -1.0),
            (weighted.value_at(0.5), 1.5),
            (digest(&[(7.0, 1.0)]).value_at(0.1), 7.0),
        ];
        for (found, expected) in cases {
            assert_eq!(found, expected);
        }
        assert!((2.6..=2.8).contains(&weighted.value_at(0.8)), "{}", weighted.value_at(0.8));
        assert!(TDigest::default().value_at(0.5).is_nan());
    }

    #[test]
    fn many_values_are_few_centroids_and_merging_keeps_the_distribution() {
        let mut left = TDigest::default();
        let mut right = TDigest::default();
        for value in 0..50_000 {
            left.add(f64::from(value), 1.0);
            right.add(f64::from(value + 50_000), 1.0);
        }
        left.merge_with(&right);
        left.settle();
        assert!(left.centroids.len() < 300, "{}", left.centroids.len());
        for (quantile, expected) in [(0.0, 0.0), (0.01, 1_000.0), (0.5, 50_000.0), (0.99, 99_000.0), (1.0, 99_999.0)] {
            assert!((left.value_at(quantile) - expected).abs() < 500.0, "{quantile}: {}", left.value_at(quantile));
        }
        assert!((left.quantile_at(25_000.0) - 0.25).abs() < 0.01);
    }
}
