//! Trino's "Aggregate functions" as tables: those that DataFusion has with the same meaning under Trino's names and for Trino's
//! types, and accumulators of ours for the others.

mod adapter;
mod average;
mod count_distinct;
mod digest;
mod extreme;
mod float;
mod function;
pub(super) mod hyperloglog;
mod keyed;
mod maps;
mod moments;
mod numeric_histogram;
mod percentile;
pub(super) mod qdigest;
mod quantiles;
pub(super) mod set_digest;
mod sum;
mod table;
pub(super) mod tdigest;

use std::sync::Arc;

use arrow::array::{ArrayRef, AsArray, BinaryArray, StructArray};
use arrow::buffer::OffsetBuffer;
use arrow::datatypes::DataType;
use datafusion::common::{Result, ScalarValue, internal_err};
use datafusion::logical_expr::{Accumulator, AggregateUDF};

use crate::values::list::list;
pub(super) use quantiles::keys;

/// An aggregate function.
#[derive(Debug)]
struct Aggregate {
    /// As [`super::Scalar::names`].
    names: &'static [&'static str],
    description: &'static str,
    overloads: &'static [Overload],
}

#[derive(Debug)]
struct Overload {
    /// As [`super::Overload::signature`].
    signature: &'static str,
    kind: Kind,
}

#[derive(Debug)]
enum Kind {
    /// DataFusion's aggregate of the same meaning.
    Library(fn() -> Arc<AggregateUDF>),
    /// `max` or `min` of numbers among which NaN may be.
    Float(extreme::End),
    Own {
        /// The types of an accumulator's state.
        state: fn(&Types) -> Vec<DataType>,
        make: fn(&Types) -> Box<dyn Accumulator>,
        /// Whether the order of the rows matters, so that ORDER BY is not without effect.
        ordered: bool,
    },
}

/// A call's types in Arrow.
#[derive(Debug)]
struct Types {
    arguments: Vec<DataType>,
    result: DataType,
}

/// Every overload, once for each name.
pub(super) fn listed() -> impl Iterator<Item = super::Listed> {
    table::AGGREGATES.iter().flat_map(|function| {
        let signatures = function.overloads.iter().map(|overload| overload.signature);
        super::list(super::library::AGGREGATE, function.names, function.description, signatures)
    })
}

/// Whether one has this name.
pub(super) fn has(name: &str) -> bool {
    table::AGGREGATES.iter().any(|aggregate| aggregate.names.contains(&name))
}

/// All of them, ready to be registered.
///
/// Errors: `Internal` where a signature cannot be read.
pub(crate) fn all() -> catalog::Result<Vec<Arc<AggregateUDF>>> {
    let functions = table::AGGREGATES.iter().map(function::Function::new);
    let own = functions.map(|function| Ok(Arc::new(AggregateUDF::new_from_impl(function?))));
    own.chain([Ok(Arc::new(average::average())), Ok(Arc::new(sum::sum()))]).collect()
}

/// An array as the one value of a list.
fn one_list(values: ArrayRef) -> Result<ScalarValue> {
    Ok(ScalarValue::List(Arc::new(list(OffsetBuffer::from_lengths([values.len()]), values, None)?)))
}

/// A sketch as the one value of its type.
fn sketch(data_type: &DataType, bytes: Vec<u8>) -> Result<ScalarValue> {
    let DataType::Struct(fields) = data_type else { return internal_err!("{data_type} is no sketch") };
    let bytes: ArrayRef = Arc::new(BinaryArray::from_vec(vec![&bytes]));
    Ok(ScalarValue::Struct(Arc::new(StructArray::try_new(fields.clone(), vec![bytes], None)?)))
}

/// The bytes of sketches, NULL where one is.
pub(super) fn sketches(array: &ArrayRef) -> Result<ArrayRef> {
    let Some(rows) = array.as_struct_opt() else { return internal_err!("{} is no sketch", array.data_type()) };
    let (_, columns, nulls) = rows.clone().into_parts();
    let bytes = columns[0].as_binary::<i32>();
    let (offsets, values, own) = bytes.clone().into_parts();
    let nulls = arrow::buffer::NullBuffer::union(own.as_ref(), nulls.as_ref());
    Ok(Arc::new(BinaryArray::try_new(offsets, values, nulls)?))
}

/// The error of an accumulator that is given other arguments than its signature has.
fn arguments<T>(expected: usize, given: &[ArrayRef]) -> Result<T> {
    internal_err!("an aggregate of {expected} columns is given {}", given.len())
}
