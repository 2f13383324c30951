//! `array_sort(array [, (x, y) -> -1, 0 or 1])`. With a lambda the arrays of all rows are merge-sorted in step, so that it is
//! called once for all comparisons of a step.

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, UInt32Array, UInt64Array};
use arrow::datatypes::Int64Type;
use datafusion::common::Result;

use super::call::Elements;
use super::{Call, Lambda, Overload};
use crate::functions::invalid;
use crate::values::key::Keys;
use crate::values::list::{Picks, as_list, list, range, take_any};

pub(super) const FUNCTIONS: &[Lambda] = &[Lambda {
    names: &["array_sort"],
    description: "The array in the order of its elements, NULL last, or in the order that the lambda says",
    overloads: &[
        Overload { signature: "(array(T)) -> array(T)", call: natural },
        Overload { signature: "(array(T), function(T, T, bigint)) -> array(T)", call: by_lambda },
    ],
}];

fn natural(call: &Call<'_>) -> Result<ArrayRef> {
    let array = as_list(call.array(0)?)?;
    let keys = Keys::of(array.values())?;
    let nulls = array.values().logical_nulls();
    let is_null = |at: usize| nulls.as_ref().is_some_and(|nulls| nulls.is_null(at));
    let mut picks = Picks::new(call.rows, array.values().len());
    let mut order: Vec<usize> = Vec::new();
    for row in 0..call.rows {
        if array.is_valid(row) {
            order.clear();
            order.extend(range(array.offsets(), row));
            order.sort_by(|a, b| is_null(*a).cmp(&is_null(*b)).then_with(|| keys.get(*a).cmp(keys.get(*b))));
            picks.extend(order.iter().copied());
        }
        picks.end()?;
    }
    picks.list(array.values(), array.nulls().cloned())
}

/// Two runs next to each other that become one: where each goes on, where the first ends and the second.
struct Merge {
    row: u32,
    left: usize,
    middle: usize,
    right: usize,
    end: usize,
    out: usize,
}

fn by_lambda(call: &Call<'_>) -> Result<ArrayRef> {
    let array = as_list(call.array(0)?)?;
    let elements = Elements::of(array.offsets(), array.nulls(), array.values().len());
    let values = elements.take(array.values())?;
    let longest = elements.offsets.lengths().max().unwrap_or(0);
    let mut order: Vec<u64> = (0..values.len() as u64).collect();
    let mut next = order.clone();
    let mut width = 1;
    while width < longest {
        let mut merges: Vec<Merge> = Vec::new();
        for row in 0..call.rows {
            let range = range(&elements.offsets, row);
            for start in range.clone().step_by(2 * width) {
                let middle = (start + width).min(range.end);
                let end = (start + 2 * width).min(range.end);
                merges.push(Merge { row: row as u32, left: start, middle, right: middle, end, out: start });
            }
        }
        merge(call, &values, &order, &mut next, merges)?;
        std::mem::swap(&mut order, &mut next);
        width *= 2;
    }
    let sorted = take_any(&values, &UInt64Array::from(order))?;
    Ok(Arc::new(list(elements.offsets, sorted, array.nulls().cloned())?))
}

/// Does all merges, one comparison of each at a time.
fn merge(call: &Call<'_>, values: &ArrayRef, order: &[u64], next: &mut [u64], mut merges: Vec<Merge>) -> Result<()> {
    loop {
        merges.retain(|merge| {
            let both = merge.left < merge.middle && merge.right < merge.end;
            if !both {
                let rest = order[merge.left..merge.middle].iter().chain(&order[merge.right..merge.end]);
                next[merge.out..merge.end].iter_mut().zip(rest).for_each(|(to, from)| *to = *from);
            }
            both
        });
        if merges.is_empty() {
            return Ok(());
        }
        let side = |place: fn(&Merge) -> usize| -> Result<ArrayRef> {
            take_any(values, &merges.iter().map(|merge| Some(order[place(merge)])).collect::<UInt64Array>())
        };
        // As Java's sorts ask: for the later one against the earlier one.
        let columns = [side(|merge| merge.right)?, side(|merge| merge.left)?];
        let rows: UInt32Array = merges.iter().map(|merge| Some(merge.row)).collect();
        let found = call.apply(0, &columns, &rows)?;
        for (merge, found) in merges.iter_mut().zip(found.as_primitive::<Int64Type>()) {
            let from = match found {
                Some(0 | 1) => &mut merge.left,
                Some(-1) => &mut merge.right,
                _ => return Err(invalid("Lambda comparator must return either -1, 0, or 1")),
            };
            next[merge.out] = order[*from];
            *from += 1;
            merge.out += 1;
        }
    }
}
