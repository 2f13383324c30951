//! Trino's `=` on values of any type: unknown (None) where NULLs inside of arrays, maps and rows leave it open.

use std::ops::Range;

use arrow::array::{Array, ArrayRef, AsArray, make_comparator};
use arrow::buffer::{NullBuffer, OffsetBuffer};
use arrow::compute::SortOptions;
use arrow::datatypes::{DataType, Float32Type, Float64Type};
use datafusion::common::Result;

use crate::types::number::is_nan;
use crate::types::variant::holds_nan;
use crate::types::{is_number, is_variant, is_wrapper};

/// Compares values of one array with values of another of the same type.
pub(crate) struct Equality {
    left: Option<NullBuffer>,
    right: Option<NullBuffer>,
    kind: Kind,
}

type Test = Box<dyn Fn(usize, usize) -> bool + Send + Sync>;

enum Kind {
    /// Values without parts.
    Plain(Test),
    List(Offsets, Offsets, Box<Equality>),
    Map(Offsets, Offsets, Box<Equality>, Box<Equality>),
    Row(Vec<Equality>),
    /// All values are NULL.
    Unknown,
}

type Offsets = OffsetBuffer<i32>;

impl Equality {
    /// Errors: types that cannot be compared.
    pub(crate) fn new(left: &ArrayRef, right: &ArrayRef) -> Result<Self> {
        let kind = match (left.data_type(), right.data_type()) {
            (DataType::Null, _) | (_, DataType::Null) => Kind::Unknown,
            (DataType::Float32, DataType::Float32) => {
                let (left, right) = (left.as_primitive::<Float32Type>().clone(), right.as_primitive::<Float32Type>().clone());
                Kind::Plain(Box::new(move |i, j| left.value(i) == right.value(j)))
            }
            (DataType::Float64, DataType::Float64) => {
                let (left, right) = (left.as_primitive::<Float64Type>().clone(), right.as_primitive::<Float64Type>().clone());
                Kind::Plain(Box::new(move |i, j| left.value(i) == right.value(j)))
            }
            (DataType::List(_), DataType::List(_)) => {
                let (left, right) = (left.as_list::<i32>(), right.as_list::<i32>());
                let elements = Self::new(left.values(), right.values())?;
                Kind::List(left.offsets().clone(), right.offsets().clone(), Box::new(elements))
            }
            (DataType::Map(..), DataType::Map(..)) => {
                let (left, right) = (left.as_map(), right.as_map());
                let keys = Self::new(left.keys(), right.keys())?;
                let values = Self::new(left.values(), right.values())?;
                Kind::Map(left.offsets().clone(), right.offsets().clone(), Box::new(keys), Box::new(values))
            }
            (number, DataType::Struct(_)) if is_number(number) => {
                let (left, right) = (left.as_struct().column(0).clone(), right.as_struct().column(0).clone());
                Kind::Plain(Box::new(move |i, j| {
                    let (left, right) = (left.as_binary::<i32>().value(i), right.as_binary::<i32>().value(j));
                    left == right && !is_nan(left)
                }))
            }
            (variant, DataType::Struct(_)) if is_variant(variant) => {
                let (left, right) = (left.as_struct().column(0).clone(), right.as_struct().column(0).clone());
                Kind::Plain(Box::new(move |i, j| {
                    let (left, right) = (left.as_binary::<i32>().value(i), right.as_binary::<i32>().value(j));
                    left == right && !holds_nan(left)
                }))
            }
            // What is beside the value of a wrapper, a time zone, does not matter.
            (wrapper, DataType::Struct(_)) if is_wrapper(wrapper) => {
                return Ok(Self {
                    kind: Self::new(left.as_struct().column(0), right.as_struct().column(0))?.kind,
                    ..nulls_of(left, right)
                });
            }
            (DataType::Struct(_), DataType::Struct(_)) => {
                let pairs = left.as_struct().columns().iter().zip(right.as_struct().columns());
                Kind::Row(pairs.map(|(left, right)| Self::new(left, right)).collect::<Result<_>>()?)
            }
            _ => {
                let compare = make_comparator(left, right, SortOptions::default())?;
                Kind::Plain(Box::new(move |i, j| compare(i, j).is_eq()))
            }
        };
        Ok(Self { kind, ..nulls_of(left, right) })
    }

    /// Whether the value `i` of the left array is the value `j` of the right one.
    pub(crate) fn equal(&self, i: usize, j: usize) -> Option<bool> {
        let is_null = |nulls: &Option<NullBuffer>, at| nulls.as_ref().is_some_and(|nulls| nulls.is_null(at));
        if is_null(&self.left, i) || is_null(&self.right, j) {
            return None;
        }
        match &self.kind {
            Kind::Plain(test) => Some(test(i, j)),
            Kind::List(left, right, elements) => lists(range(left, i), range(right, j), elements),
            Kind::Map(left, right, keys, values) => maps(range(left, i), range(right, j), keys, values),
            Kind::Row(fields) => all(fields.iter().map(|field| field.equal(i, j))),
            Kind::Unknown => None,
        }
    }
}

fn nulls_of(left: &ArrayRef, right: &ArrayRef) -> Equality {
    let nulls = |array: &ArrayRef| array.nulls().filter(|nulls| nulls.null_count() > 0).cloned();
    Equality { left: nulls(left), right: nulls(right), kind: Kind::Unknown }
}

fn range(offsets: &Offsets, at: usize) -> Range<usize> {
    offsets[at] as usize..offsets[at + 1] as usize
}

/// False where anything is false, else unknown where anything is unknown.
fn all(parts: impl Iterator<Item = Option<bool>>) -> Option<bool> {
    let mut result = Some(true);
    for part in parts {
        match part {
            Some(true) => {}
            Some(false) => return Some(false),
            None => result = None,
        }
    }
    result
}

fn lists(left: Range<usize>, right: Range<usize>, elements: &Equality) -> Option<bool> {
    if left.len() != right.len() {
        return Some(false);
    }
    all(left.zip(right).map(|(i, j)| elements.equal(i, j)))
}

/// Keys are found without regard to their order.
fn maps(left: Range<usize>, right: Range<usize>, keys: &Equality, values: &Equality) -> Option<bool> {
    if left.len() != right.len() {
        return Some(false);
    }
    let ahead = left.start;
    all(left.map(|i| {
        let guess = right.start + (i - ahead);
        let same = |j: &usize| keys.equal(i, *j) == Some(true);
        let found = Some(guess).filter(same).or_else(|| right.clone().find(same));
        found.map_or(Some(false), |j| values.equal(i, j))
    }))
}
