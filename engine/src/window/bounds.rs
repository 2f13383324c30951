//! The frame of each row of a partition.

use std::ops::Range;

use catalog::{Error, ErrorKind};
use datafusion::arrow::array::{Array, ArrayRef, AsArray};
use datafusion::arrow::compute::SortOptions;
use datafusion::arrow::datatypes::Int64Type;
use datafusion::arrow::row::{RowConverter, Rows, SortField};
use datafusion::common::Result;

use super::spec::{Bound, Order, Spec, Units, internal};
use crate::error::into_datafusion;

/// The frames of `count` rows, in their order; `columns` are what the bounds are computed of and the window's sort keys.
///
/// Errors: `InvalidWindowFrame` for offsets that are NULL or negative.
pub(super) fn frames(spec: &Spec, count: usize, columns: &[ArrayRef]) -> Result<Vec<Range<usize>>> {
    let (start, rest) = columns.split_at_checked(spec.of_bound(spec.start)).ok_or_else(|| internal("a frame lost its start"))?;
    let (end, keys) = rest.split_at_checked(spec.of_bound(spec.end)).ok_or_else(|| internal("a frame lost its end"))?;
    let keys = keys.get(..spec.keys.len()).ok_or_else(|| internal("a frame lost its keys"))?;
    let peers = if spec.units == Units::Rows { Peers::default() } else { Peers::of(keys, &spec.keys, count)? };
    let starts = bounds(spec, spec.start, true, start, keys, &peers, count)?;
    let ends = bounds(spec, spec.end, false, end, keys, &peers, count)?;
    Ok(starts.into_iter().zip(ends).map(|(start, end)| start..end.max(start)).collect())
}

/// Rows that are equal to the order.
#[derive(Default)]
struct Peers {
    /// Of each row, its group.
    group: Vec<usize>,
    /// Where each group begins; at last the number of rows.
    starts: Vec<usize>,
}

impl Peers {
    fn of(keys: &[ArrayRef], orders: &[Order], count: usize) -> Result<Self> {
        let rows = if keys.is_empty() { None } else { Some(sortable(keys, orders)?) };
        let (mut group, mut starts) = (Vec::with_capacity(count), vec![]);
        for row in 0..count {
            if row == 0 || rows.as_ref().is_some_and(|rows| rows.row(row) != rows.row(row - 1)) {
                starts.push(row);
            }
            group.push(starts.len() - 1);
        }
        starts.push(count);
        Ok(Self { group, starts })
    }

    fn start(&self, row: usize) -> usize {
        self.starts[self.group[row]]
    }

    fn end(&self, row: usize) -> usize {
        self.starts[self.group[row] + 1]
    }
}

/// Rows of bytes that compare as the order says.
fn sortable(columns: &[ArrayRef], orders: &[Order]) -> Result<Rows> {
    let field = |(column, order): (&ArrayRef, &Order)| {
        let options = SortOptions { descending: order.descending, nulls_first: order.nulls_first };
        SortField::new_with_options(column.data_type().clone(), options)
    };
    Ok(RowConverter::new(columns.iter().zip(orders).map(field).collect())?.convert_columns(columns)?)
}

/// One end of all frames: the first row that is in, or the first that is out again.
fn bounds(
    spec: &Spec,
    bound: Bound,
    start: bool,
    of_bound: &[ArrayRef],
    keys: &[ArrayRef],
    peers: &Peers,
    count: usize,
) -> Result<Vec<usize>> {
    let all = 0..count;
    match (spec.units, bound) {
        (_, Bound::Unbounded) => Ok(vec![if start { 0 } else { count }; count]),
        (Units::Rows, Bound::CurrentRow) => Ok(all.map(|row| if start { row } else { row + 1 }).collect()),
        (_, Bound::CurrentRow) => Ok(all.map(|row| if start { peers.start(row) } else { peers.end(row) }).collect()),
        (Units::Range, _) => ranged(spec, bound, start, of_bound, keys, peers, count),
        (Units::Rows, _) => {
            let offsets = offsets(of_bound, start)?;
            let moved = |(row, offset)| moved(row + usize::from(!start), offset, bound, count);
            Ok(all.zip(offsets).map(moved).collect())
        }
        (Units::Groups, _) => {
            let offsets = offsets(of_bound, start)?;
            let groups = peers.starts.len() - 1;
            let moved = |(row, offset): (usize, usize)| {
                peers.starts[moved(peers.group[row] + usize::from(!start), offset, bound, groups)]
            };
            Ok(all.zip(offsets).map(moved).collect())
        }
    }
}

/// Back or on by an offset, within the first `count`.
fn moved(from: usize, offset: usize, bound: Bound, count: usize) -> usize {
    if bound == Bound::Preceding { from.saturating_sub(offset) } else { from.saturating_add(offset).min(count) }
}

fn invalid(start: bool) -> datafusion::common::DataFusionError {
    let which = if start { "starting" } else { "ending" };
    let message = format!("Window frame {which} offset must not be negative or null");
    into_datafusion(Error::new(ErrorKind::InvalidWindowFrame, message))
}

fn offsets(of_bound: &[ArrayRef], start: bool) -> Result<Vec<usize>> {
    let [offsets] = of_bound else { return Err(internal("a bound has one offset")) };
    let offsets = offsets.as_primitive_opt::<Int64Type>().ok_or_else(|| internal("an offset is a bigint"))?;
    let offset = |offset: Option<i64>| offset.and_then(|offset| usize::try_from(offset).ok()).ok_or_else(|| invalid(start));
    offsets.iter().map(offset).collect()
}

/// Where the sort key reaches the bound's value, among the keys that are not NULL; a row whose key is NULL has its peers.
fn ranged(
    spec: &Spec,
    bound: Bound,
    start: bool,
    of_bound: &[ArrayRef],
    keys: &[ArrayRef],
    peers: &Peers,
    count: usize,
) -> Result<Vec<usize>> {
    let ([offset, value, sorted], [key], [order]) = (of_bound, keys, spec.keys.as_slice()) else {
        return Err(internal("a range has one key"));
    };
    let nulls = key.logical_nulls();
    let is_null = |row: usize| nulls.as_ref().is_some_and(|nulls| nulls.is_null(row));
    let first = (0..count).find(|row| !is_null(*row)).unwrap_or(count);
    let last = (first..count).find(|row| is_null(*row)).unwrap_or(count);
    let (values, sorted) =
        (sortable(std::slice::from_ref(value), &[*order])?, sortable(std::slice::from_ref(sorted), &[*order])?);
    let mut found = Vec::with_capacity(count);
    for row in 0..count {
        if is_null(row) {
            found.push(if start { peers.start(row) } else { peers.end(row) });
            continue;
        }
        let (at, own) = (values.row(row), sorted.row(row));
        let backwards = if bound == Bound::Preceding { at > own } else { at < own };
        if offset.is_null(row) || backwards {
            return Err(invalid(start));
        }
        let (mut low, mut high) = (first, last);
        while low < high {
            let middle = low + (high - low) / 2;
            let before = if start { sorted.row(middle) < at } else { sorted.row(middle) <= at };
            if before { low = middle + 1 } else { high = middle }
        }
        found.push(low);
    }
    Ok(found)
}
