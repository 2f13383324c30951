//! A [`PartitionFilter`] made ready for one table: its literals are encoded by the types of the partition keys. It says for a
//! partition whether it passes (SQL's three-valued logic), and for a key in which ranges all passing partitions lie.

use regex::Regex;

use crate::error::{Error, ErrorKind, Result};
use crate::filter::{Comparison, PartitionFilter};
use crate::key::{self, KeyType};
use crate::name;
use crate::table::Table;

/// Encoded values from `low` up to, not including, `high`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Range {
    pub(crate) low: Vec<u8>,
    pub(crate) high: Vec<u8>,
}

impl Range {
    pub(crate) fn all() -> Self {
        Self { low: Vec::new(), high: key::END.to_vec() }
    }

    fn not_null() -> Self {
        Self { low: key::NOT_NULL.to_vec(), high: key::END.to_vec() }
    }

    fn point(value: Vec<u8>) -> Self {
        Self { high: key::after(&value), low: value }
    }

    /// The texts that begin with `prefix`.
    fn beginning(prefix: &str) -> Self {
        let bytes = key::text_prefix(prefix);
        let high = key::after(&bytes);
        Self { low: KeyType::Text.encode(prefix).unwrap_or(bytes), high }
    }

    /// Whether it leaves all values of the type in.
    pub(crate) fn is_open(&self) -> bool {
        *self.low <= *key::NOT_NULL && self.high == key::END
    }

    /// Whether it holds one value.
    pub(crate) fn is_point(&self) -> bool {
        !self.low.is_empty() && self.high == key::after(&self.low)
    }
}

/// See the module.
#[derive(Debug)]
pub(crate) enum Predicate {
    Compare { key: usize, op: Comparison, value: Vec<u8> },
    In { key: usize, values: Vec<Vec<u8>> },
    And(Vec<Predicate>),
    Or(Vec<Predicate>),
    Not(Box<Predicate>),
    Like { key: usize, pattern: Regex, prefix: Range },
}

impl Predicate {
    /// Errors: `ColumnNotFound` for a key that the table has not, `InvalidInput` for a literal that is not of the key's type and
    /// for `LIKE` on a key that holds no text.
    pub(crate) fn new(table: &Table, filter: &PartitionFilter) -> Result<Self> {
        Ok(match filter {
            PartitionFilter::Compare { key, op, value } => {
                let index = find(table, key)?;
                Self::Compare { key: index, op: *op, value: encode(table, index, value)? }
            }
            PartitionFilter::In { key, values } => {
                let index = find(table, key)?;
                let mut values = values.iter().map(|value| encode(table, index, value)).collect::<Result<Vec<_>>>()?;
                values.sort_unstable();
                values.dedup();
                Self::In { key: index, values }
            }
            PartitionFilter::And(filters) => {
                Self::And(filters.iter().map(|filter| Self::new(table, filter)).collect::<Result<_>>()?)
            }
            PartitionFilter::Or(filters) => {
                Self::Or(filters.iter().map(|filter| Self::new(table, filter)).collect::<Result<_>>()?)
            }
            PartitionFilter::Not(filter) => Self::Not(Box::new(Self::new(table, filter)?)),
            PartitionFilter::Like { key, pattern } => {
                let index = find(table, key)?;
                if table.partition_keys().get(index).map(KeyType::of) != Some(KeyType::Text) {
                    return Err(Error::invalid(format!("LIKE needs text, partition key '{key}' holds none")));
                }
                let prefix = pattern.split(['%', '_']).next().unwrap_or_default();
                Self::Like { key: index, prefix: Range::beginning(prefix), pattern: like(pattern)? }
            }
        })
    }

    /// Whether the partition with these values passes; `None` is SQL's unknown, which does not. `texts` are the values as
    /// written, `values` the same encoded.
    pub(crate) fn matches(&self, texts: &[String], values: &[Vec<u8>]) -> Option<bool> {
        match self {
            Self::Compare { key, op, value } => {
                let found = values.get(*key)?;
                let null = found == key::NULL || value == key::NULL;
                match op {
                    // Comparing with the text of NULL itself asks which partitions have it.
                    Comparison::Eq if value == key::NULL => Some(found == value),
                    Comparison::NotEq if value == key::NULL => Some(found != value),
                    _ if null => None,
                    Comparison::Eq => Some(found == value),
                    Comparison::NotEq => Some(found != value),
                    Comparison::Lt => Some(found < value),
                    Comparison::LtEq => Some(found <= value),
                    Comparison::Gt => Some(found > value),
                    Comparison::GtEq => Some(found >= value),
                }
            }
            Self::In { key, values: wanted } => {
                let found = values.get(*key)?;
                let hit = wanted.binary_search(found).is_ok();
                if hit || found != key::NULL { Some(hit) } else { None }
            }
            Self::And(all) => all
                .iter()
                .try_fold(Some(true), |so_far, next| match next.matches(texts, values) {
                    Some(false) => Err(Some(false)),
                    known => Ok(so_far.and(known)),
                })
                .unwrap_or_else(|decided| decided),
            Self::Or(any) => any
                .iter()
                .try_fold(Some(false), |so_far, next| match next.matches(texts, values) {
                    Some(true) => Err(Some(true)),
                    known => Ok(so_far.and(known)),
                })
                .unwrap_or_else(|decided| decided),
            Self::Not(inner) => inner.matches(texts, values).map(|passes| !passes),
            Self::Like { key, pattern, .. } => {
                if values.get(*key)? == key::NULL {
                    None
                } else {
                    Some(pattern.is_match(texts.get(*key)?))
                }
            }
        }
    }

    /// Sorted, disjoint ranges of the values of key number `wanted` outside of which no partition passes.
    pub(crate) fn ranges(&self, wanted: usize) -> Vec<Range> {
        match self {
            Self::Compare { key, op, value } if *key == wanted => vec![match op {
                Comparison::Eq => Range::point(value.clone()),
                Comparison::NotEq => Range::not_null(),
                Comparison::Lt => Range { high: value.clone(), ..Range::not_null() },
                Comparison::LtEq => Range { high: key::after(value), ..Range::not_null() },
                Comparison::Gt => Range { low: key::after(value), ..Range::not_null() },
                Comparison::GtEq => Range { low: value.clone(), ..Range::not_null() },
            }],
            Self::In { key, values } if *key == wanted => values.iter().cloned().map(Range::point).collect(),
            Self::Like { key, prefix, .. } if *key == wanted => vec![prefix.clone()],
            Self::And(all) => all.iter().map(|next| next.ranges(wanted)).fold(vec![Range::all()], |a, b| intersect(&a, &b)),
            Self::Or(any) => unite(any.iter().flat_map(|next| next.ranges(wanted)).collect()),
            Self::Compare { .. } | Self::In { .. } | Self::Like { .. } | Self::Not(_) => vec![Range::all()],
        }
    }
}

fn find(table: &Table, key: &str) -> Result<usize> {
    let key = name::fold(key);
    table.partition_keys().iter().position(|column| name::fold(&column.name) == key).ok_or_else(|| {
        Error::new(
            ErrorKind::ColumnNotFound,
            format!("table '{}.{}' has no partition key '{key}'", table.database_name, table.name),
        )
    })
}

fn encode(table: &Table, key: usize, text: &str) -> Result<Vec<u8>> {
    let column = table.partition_keys().get(key).ok_or_else(|| Error::internal("a partition key that is not there"))?;
    KeyType::of(column).encode(text).ok_or_else(|| key::wrong_type(column, text))
}

/// SQL's pattern as a regular expression over the whole text.
fn like(pattern: &str) -> Result<Regex> {
    let mut expression = String::from("(?s)^");
    for character in pattern.chars() {
        match character {
            '%' => expression.push_str(".*"),
            '_' => expression.push('.'),
            other => expression.push_str(&regex::escape(other.encode_utf8(&mut [0; 4]))),
        }
    }
    expression.push('$');
    Regex::new(&expression).map_err(|error| Error::invalid(format!("LIKE pattern '{pattern}' is too long")).caused_by(error))
}

fn intersect(a: &[Range], b: &[Range]) -> Vec<Range> {
    let (mut a, mut b) = (a.iter().peekable(), b.iter().peekable());
    let mut both = Vec::new();
    while let (Some(x), Some(y)) = (a.peek(), b.peek()) {
        let (low, high) = (x.low.clone().max(y.low.clone()), x.high.clone().min(y.high.clone()));
        if low < high {
            both.push(Range { low, high });
        }
        if x.high < y.high {
            a.next()
        } else {
            b.next()
        };
    }
    both
}

fn unite(mut ranges: Vec<Range>) -> Vec<Range> {
    ranges.retain(|range| range.low < range.high);
    ranges.sort_unstable_by(|a, b| a.low.cmp(&b.low));
    let mut united: Vec<Range> = Vec::with_capacity(ranges.len());
    for range in ranges {
        match united.last_mut() {
            // Two points that touch stay two: a point is what the next key's ranges can be joined to.
            Some(last) if range.low < last.high => last.high = last.high.clone().max(range.high),
            _ => united.push(range),
        }
    }
    united
}

#[cfg(test)]
mod tests;
