//! Trino's "Quantile digest functions": a q-digest (Shrivastava, Buragohain, Agrawal and Suri, "Medians and Beyond") counts values in
//! the ranges of a binary tree over all numbers. Ranges that count little are merged into the range around them, so that a
//! quantile is right within the error that was asked for.

use std::collections::BTreeMap;

use crate::functions::invalid;
use datafusion::common::Result;

/// Trino's default error.
pub(crate) const ERROR: f64 = 0.01;
/// Bits of a number, and with them levels of the tree.
const BITS: u8 = 64;

/// A range of the tree: its greatest number and how many of the last bits it leaves open. In the order of a walk that comes to a
/// range after what is in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Node {
    last: u64,
    level: u8,
}

impl Node {
    /// The range around this one.
    fn around(self) -> Self {
        Self { last: self.last | open(self.level + 1), level: self.level + 1 }
    }
}

/// So many last bits.
fn open(level: u8) -> u64 {
    if level >= BITS { u64::MAX } else { (1 << level) - 1 }
}

/// Counts of numbers, which are in the order of what they stand for.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct QDigest {
    error: f64,
    weight: f64,
    least: u64,
    greatest: u64,
    nodes: BTreeMap<Node, f64>,
    /// With so many ranges those that count little are merged.
    most: usize,
}

impl QDigest {
    /// Errors: INVALID_FUNCTION_ARGUMENT for an error out of range.
    pub(crate) fn new(error: f64) -> Result<Self> {
        if !(error > 0.0 && error < 1.0) {
            return Err(invalid("Percentile accuracy must be exclusively between 0 and 1"));
        }
        let most = (4.0 * f64::from(BITS) / error) as usize;
        Ok(Self { error, weight: 0.0, least: u64::MAX, greatest: 0, nodes: BTreeMap::new(), most })
    }

    pub(crate) fn add(&mut self, number: u64, weight: f64) {
        self.least = self.least.min(number);
        self.greatest = self.greatest.max(number);
        self.count(Node { last: number, level: 0 }, weight);
    }

    fn count(&mut self, node: Node, weight: f64) {
        self.weight += weight;
        *self.nodes.entry(node).or_insert(0.0) += weight;
        if self.nodes.len() > self.most {
            self.merge_small();
        }
    }

    pub(crate) fn merge(&mut self, other: &Self) {
        self.least = self.least.min(other.least);
        self.greatest = self.greatest.max(other.greatest);
        other.nodes.iter().for_each(|(node, weight)| self.count(*node, *weight));
    }

    /// Merges, level by level, ranges that with their neighbour count less than the error lets go.
    fn merge_small(&mut self) {
        let little = self.error * self.weight / f64::from(BITS);
        for level in 0..BITS {
            let mut around: BTreeMap<Node, f64> = BTreeMap::new();
            for (node, weight) in self.nodes.iter().filter(|(node, _)| node.level == level) {
                *around.entry(node.around()).or_insert(0.0) += weight;
            }
            for (node, weight) in around {
                let whole = weight + self.nodes.get(&node).copied().unwrap_or(0.0);
                if whole > little {
                    continue;
                }
                let half = 1_u64 << level;
                self.nodes.remove(&Node { last: node.last, level });
                self.nodes.remove(&Node { last: node.last - half, level });
                self.nodes.insert(node, whole);
            }
        }
        // What cannot be merged within the error may grow.
        self.most = self.most.max(self.nodes.len() * 2);
    }

    /// The number below which so much of the weight is.
    pub(crate) fn value_at(&self, quantile: f64) -> u64 {
        let offset = quantile * self.weight;
        let mut before = 0.0;
        let found = self.nodes.iter().find(|(_, weight)| {
            before += *weight;
            before > offset
        });
        found.map_or(self.greatest, |(node, _)| node.last.min(self.greatest)).max(self.least)
    }

    /// How much of the weight is at most a number; none outside of the numbers that were counted.
    pub(crate) fn quantile_at(&self, number: u64) -> Option<f64> {
        if self.nodes.is_empty() || number < self.least || number > self.greatest {
            return None;
        }
        let below = self.nodes.iter().filter(|(node, _)| node.last <= number);
        Some(below.map(|(_, weight)| weight).sum::<f64>() / self.weight)
    }

    /// Error, least and greatest number, and ranges with their weights.
    pub(crate) fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = self.error.to_le_bytes().to_vec();
        bytes.extend(self.least.to_le_bytes());
        bytes.extend(self.greatest.to_le_bytes());
        for (node, weight) in &self.nodes {
            bytes.push(node.level);
            bytes.extend(node.last.to_le_bytes());
            bytes.extend(weight.to_le_bytes());
        }
        bytes
    }

    /// Errors: INVALID_FUNCTION_ARGUMENT for what [`Self::to_bytes`] did not make.
    pub(crate) fn from_bytes(bytes: &[u8]) -> Result<Self> {
        let wrong = || invalid("Invalid quantile digest");
        let mut words = bytes;
        let mut word = || {
            let (word, rest) = words.split_first_chunk::<8>().ok_or_else(wrong)?;
            words = rest;
            Ok::<_, datafusion::common::DataFusionError>(*word)
        };
        let mut digest = Self::new(f64::from_le_bytes(word()?))?;
        (digest.least, digest.greatest) = (u64::from_le_bytes(word()?), u64::from_le_bytes(word()?));
        for node in words.chunks(17) {
            let [level @ 0..=BITS, last @ ..] = node else { return Err(wrong()) };
            let (last, weight) = last.split_first_chunk().ok_or_else(wrong)?;
            let weight = f64::from_le_bytes(weight.try_into().map_err(|_| wrong())?);
            digest.weight += weight;
            digest.nodes.insert(Node { last: u64::from_le_bytes(*last), level: *level }, weight);
        }
        Ok(digest)
    }

    pub(crate) fn size(&self) -> usize {
        self.nodes.len() * 40
    }
}

/// A whole number in the order of numbers without sign.
pub(crate) fn of_long(number: i64) -> u64 {
    (number as u64) ^ (1 << 63)
}

pub(crate) fn to_long(key: u64) -> i64 {
    (key ^ (1 << 63)) as i64
}

/// A double, likewise.
pub(crate) fn of_double(number: f64) -> u64 {
    let bits = number.to_bits();
    if bits >> 63 == 1 { !bits } else { bits | 1 << 63 }
}

pub(crate) fn to_double(key: u64) -> f64 {
    f64::from_bits(if key >> 63 == 1 { key & !(1 << 63) } else { !key })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn digest(numbers: impl Iterator<Item = i64>) -> QDigest {
        let mut digest = QDigest::new(ERROR).unwrap();
        numbers.for_each(|number| digest.add(of_long(number), 1.0));
        digest
    }

    #[test]
    fn numbers_keep_their_order() {
        for pair in [i64::MIN, -1, 0, 1, i64::MAX].windows(2) {
            assert!(of_long(pair[0]) < of_long(pair[1]));
            assert_eq!(to_long(of_long(pair[0])), pair[0]);
        }
        for pair in [f64::NEG_INFINITY, -1.5, 0.0, 2.5, f64::INFINITY].windows(2) {
            assert!(of_double(pair[0]) < of_double(pair[1]));
            assert_eq!(to_double(of_double(pair[0])), pair[0]);
        }
    }

    #[test]
    fn quantiles_are_right_within_the_error() {
        let few = digest(1..=10);
        assert_eq!([0.0, 0.5, 0.99, 1.0].map(|at| to_long(few.value_at(at))), [1, 6, 10, 10]);
        let mut left = digest(0..100_000);
        left.merge(&digest(100_000..200_000));
        assert!(left.nodes.len() < 60_000, "{}", left.nodes.len());
        for (quantile, expected) in [(0.1, 20_000), (0.5, 100_000), (0.9, 180_000)] {
            let found = to_long(left.value_at(quantile));
            assert!((found - expected).abs() <= 2_000, "{quantile}: {found}");
            let back = left.quantile_at(of_long(expected)).unwrap();
            assert!((back - quantile).abs() <= 0.01, "{quantile}: {back}");
        }
        assert_eq!(QDigest::from_bytes(&left.to_bytes()).unwrap().value_at(0.5), left.value_at(0.5));
        assert!(QDigest::new(1.0).is_err() && QDigest::from_bytes(b"x").is_err());
        assert_eq!(few.quantile_at(of_long(11)), None);
    }
}
