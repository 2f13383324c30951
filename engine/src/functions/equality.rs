//! Comparisons of arrays, maps and rows, whose parts may be NULL ("Comparison functions and operators").

use std::cmp::Ordering;
use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, BooleanArray, make_comparator};
use arrow::buffer::{NullBuffer, OffsetBuffer};
use arrow::compute::SortOptions;
use arrow::datatypes::{DataType, Float32Type, Float64Type};
use datafusion::common::Result;

use super::{Call, Nulls, Overload, Scalar};
use crate::types::number::is_nan;
use crate::types::{Type, is_number};
use crate::values::equality::Equality;
use crate::values::key::Keys;
use crate::values::list::range;

macro_rules! comparison {
    ($name:literal, $description:literal, $nulls:ident, $call:expr) => {
        Scalar {
            names: &[$name],
            description: $description,
            overloads: &[Overload { signature: "(T, T) -> boolean", nulls: Nulls::$nulls, call: $call }],
        }
    };
}

pub(super) const FUNCTIONS: &[Scalar] = &[
    comparison!("$equal", "Equal", Null, |call| equal(call, true)),
    comparison!("$not_equal", "Not equal", Null, |call| equal(call, false)),
    comparison!("$less", "Less than", Null, |call| ordered(call, Ordering::is_lt)),
    comparison!("$less_or_equal", "Less than or equal", Null, |call| ordered(call, Ordering::is_le)),
    comparison!("$greater", "Greater than", Null, |call| ordered(call, Ordering::is_gt)),
    comparison!("$greater_or_equal", "Greater than or equal", Null, |call| ordered(call, Ordering::is_ge)),
    comparison!("$distinct", "Is distinct from", Called, |call| keys(call, |a, b| a != b)),
    comparison!("$not_distinct", "Is not distinct from", Called, |call| keys(call, |a, b| a == b)),
];

fn equal(call: &Call<'_>, wanted: bool) -> Result<ArrayRef> {
    let equality = Equality::new(&call.array(0)?, &call.array(1)?)?;
    let rows = (0..call.rows).map(|row| equality.equal(row, row).map(|equal| equal == wanted));
    Ok(Arc::new(rows.collect::<BooleanArray>()))
}

fn keys(call: &Call<'_>, of: fn(&[u8], &[u8]) -> bool) -> Result<ArrayRef> {
    let (left, right) = (Keys::of(&call.array(0)?)?, Keys::of(&call.array(1)?)?);
    Ok(Arc::new(BooleanArray::from_iter((0..call.rows).map(|row| Some(of(left.get(row), right.get(row)))))))
}

fn ordered(call: &Call<'_>, of: fn(Ordering) -> bool) -> Result<ArrayRef> {
    let order = Order::new(&call.array(0)?, &call.array(1)?)?;
    let compare = |row: usize| match order.compare(row, row) {
        Compared::Unknown => None,
        Compared::Never => Some(false),
        Compared::As(ordering) => Some(of(ordering)),
    };
    let valid = call.valid();
    let is_valid = |row: usize| valid.as_ref().is_none_or(|valid| valid.is_valid(row));
    let rows = (0..call.rows).map(|row| if is_valid(row) { compare(row) } else { None });
    Ok(Arc::new(rows.collect::<BooleanArray>()))
}

/// How two values compare.
enum Compared {
    As(Ordering),
    /// One of them is NULL, or a field that decides is.
    Unknown,
    /// One of them is NaN.
    Never,
}

type Compare = Box<dyn Fn(usize, usize) -> Compared>;

/// The order of two arrays' values: of rows and arrays by their first parts that differ.
struct Order {
    nulls: [Option<NullBuffer>; 2],
    kind: Kind,
}

enum Kind {
    Plain(Compare),
    List(OffsetBuffer<i32>, OffsetBuffer<i32>, Box<Order>),
    Row(Vec<Order>),
}

impl Order {
    fn new(left: &ArrayRef, right: &ArrayRef) -> Result<Self> {
        let kind = match left.data_type() {
            DataType::Float32 => {
                let (left, right) = (left.as_primitive::<Float32Type>().clone(), right.as_primitive::<Float32Type>().clone());
                Kind::Plain(Box::new(move |i, j| of_floats(left.value(i).partial_cmp(&right.value(j)))))
            }
            DataType::Float64 => {
                let (left, right) = (left.as_primitive::<Float64Type>().clone(), right.as_primitive::<Float64Type>().clone());
                Kind::Plain(Box::new(move |i, j| of_floats(left.value(i).partial_cmp(&right.value(j)))))
            }
            DataType::List(_) => {
                let (left, right) = (left.as_list::<i32>(), right.as_list::<i32>());
                Kind::List(left.offsets().clone(), right.offsets().clone(), Box::new(Self::new(left.values(), right.values())?))
            }
            number @ DataType::Struct(_) if is_number(number) => {
                let (left, right) = (left.as_struct().column(0).clone(), right.as_struct().column(0).clone());
                Kind::Plain(Box::new(move |i, j| {
                    let (left, right) = (left.as_binary::<i32>().value(i), right.as_binary::<i32>().value(j));
                    if is_nan(left) || is_nan(right) { Compared::Never } else { Compared::As(left.cmp(right)) }
                }))
            }
            char @ DataType::Struct(_) if matches!(Type::of(char), Ok(Type::Char(_))) => {
                let (left, right) = (left.as_struct().column(0).clone(), right.as_struct().column(0).clone());
                Kind::Plain(Box::new(move |i, j| {
                    let (left, right) = (left.as_string_view().value(i), right.as_string_view().value(j));
                    Compared::As(padded(left.as_bytes(), right.as_bytes()))
                }))
            }
            DataType::Struct(_) => {
                let wrapped = crate::types::is_wrapper(left.data_type());
                let pairs = left.as_struct().columns().iter().zip(right.as_struct().columns());
                // Of a value with its time zone the instant counts.
                let pairs = pairs.take(if wrapped { 1 } else { usize::MAX });
                Kind::Row(pairs.map(|(left, right)| Self::new(left, right)).collect::<Result<_>>()?)
            }
            _ => {
                let compare = make_comparator(left, right, SortOptions::default())?;
                Kind::Plain(Box::new(move |i, j| Compared::As(compare(i, j))))
            }
        };
        Ok(Self { nulls: [left.logical_nulls(), right.logical_nulls()], kind })
    }

    fn compare(&self, i: usize, j: usize) -> Compared {
        let is_null = |side: usize, at: usize| self.nulls[side].as_ref().is_some_and(|nulls| nulls.is_null(at));
        if is_null(0, i) || is_null(1, j) {
            return Compared::Unknown;
        }
        match &self.kind {
            Kind::Plain(compare) => compare(i, j),
            Kind::Row(fields) => {
                for field in fields {
                    match field.compare(i, j) {
                        Compared::As(Ordering::Equal) => {}
                        decided => return decided,
                    }
                }
                Compared::As(Ordering::Equal)
            }
            Kind::List(left, right, items) => {
                let (left, right) = (range(left, i), range(right, j));
                let lengths = left.len().cmp(&right.len());
                for (i, j) in left.zip(right) {
                    match items.compare(i, j) {
                        Compared::As(Ordering::Equal) => {}
                        decided => return decided,
                    }
                }
                Compared::As(lengths)
            }
        }
    }
}

/// Of chars the blanks at their ends count, which are not kept: what is less than a blank makes the longer one the smaller.
fn padded(left: &[u8], right: &[u8]) -> Ordering {
    let common = left.len().min(right.len());
    let blanks = |rest: &[u8]| rest.iter().map(|byte| byte.cmp(&b' ')).find(|order| order.is_ne()).unwrap_or(Ordering::Equal);
    let longer = blanks(&left[common..]).then(blanks(&right[common..]).reverse());
    left[..common].cmp(&right[..common]).then(longer)
}

fn of_floats(ordering: Option<Ordering>) -> Compared {
    ordering.map_or(Compared::Never, Compared::As)
}
