//! Arrays made of arrays.

use std::hash::{BuildHasher, RandomState};
use std::ops::Range;
use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, ListArray, StructArray, UInt64Array};
use arrow::buffer::OffsetBuffer;
use arrow::compute::concat as concat_arrays;
use arrow::datatypes::{DataType, Int64Type};
use datafusion::common::{Result, internal_err};

use crate::functions::{Call, Nulls, Overload, Scalar, invalid};
use crate::values::list::{Picks, as_list, list, offset, range, take_any};

pub(in crate::functions) const FUNCTIONS: &[Scalar] = &[
    Scalar {
        names: &["concat"],
        description: "Arrays one after the other, or an array with an element before or after it",
        overloads: &[
            Overload::new("(array(T), array(T)...) -> array(T)", concat),
            Overload::new("(array(T), T) -> array(T)", append),
            Overload::new("(T, array(T)) -> array(T)", prepend),
        ],
    },
    Scalar {
        names: &["reverse"],
        description: "The array from its end to its beginning",
        overloads: &[Overload::new("(array(T)) -> array(T)", |call| rearrange(call, |range, picks| picks.extend(range.rev())))],
    },
    Scalar {
        names: &["shuffle"],
        description: "The array in an order of chance",
        overloads: &[Overload::new("(array(T)) -> array(T)", shuffle)],
    },
    Scalar {
        names: &["slice"],
        description: "A part of an array by where it begins, counted from 1 or from the end with -1, and its length",
        overloads: &[Overload::new("(array(T), bigint, bigint) -> array(T)", slice)],
    },
    Scalar {
        names: &["trim_array"],
        description: "The array without so many elements at its end",
        overloads: &[Overload::new("(array(T), bigint) -> array(T)", trim_array)],
    },
    Scalar {
        names: &["flatten"],
        description: "The arrays in an array, one after the other",
        overloads: &[Overload::new("(array(array(T))) -> array(T)", flatten)],
    },
    Scalar {
        names: &["repeat"],
        description: "An array of so many times the same element",
        overloads: &[Overload { signature: "(T, bigint) -> array(T)", nulls: Nulls::Called, call: repeat }],
    },
    Scalar {
        names: &["ngrams"],
        description: "All so many elements that are next to each other",
        overloads: &[Overload::new("(array(T), bigint) -> array(array(T))", ngrams)],
    },
    Scalar {
        names: &["combinations"],
        description: "All choices of so many elements",
        overloads: &[Overload::new("(array(T), bigint) -> array(array(T))", combinations)],
    },
    Scalar {
        names: &["zip"],
        description: "Rows of the elements at the same places of arrays, NULL where one has ended",
        overloads: &[
            Overload::new("(array(A), array(B)) -> array(row(A, B))", zip),
            Overload::new("(array(A), array(B), array(C)) -> array(row(A, B, C))", zip),
            Overload::new("(array(A), array(B), array(C), array(D)) -> array(row(A, B, C, D))", zip),
            Overload::new("(array(A), array(B), array(C), array(D), array(E)) -> array(row(A, B, C, D, E))", zip),
        ],
    },
];

/// Arrays of elements of the first argument that `choose` picks for each row.
fn rearrange(call: &Call<'_>, mut choose: impl FnMut(Range<usize>, &mut Picks)) -> Result<ArrayRef> {
    try_rearrange(call, |_, range, picks| {
        choose(range, picks);
        Ok(())
    })
}

/// The same where rows have further arguments: `choose` is not asked about rows with a NULL among them.
fn try_rearrange(call: &Call<'_>, mut choose: impl FnMut(usize, Range<usize>, &mut Picks) -> Result<()>) -> Result<ArrayRef> {
    let array = call.array(0)?;
    let list = as_list(&array)?;
    let valid = call.valid();
    let mut picks = Picks::new(call.rows, list.values().len());
    for row in 0..call.rows {
        if valid.as_ref().is_none_or(|valid| valid.is_valid(row)) {
            choose(row, range(list.offsets(), row), &mut picks)?;
        }
        picks.end()?;
    }
    picks.list(list.values(), None)
}

fn concat(call: &Call<'_>) -> Result<ArrayRef> {
    let arrays = (0..call.types.len()).map(|at| call.array(at)).collect::<Result<Vec<_>>>()?;
    let lists = arrays.iter().map(as_list).collect::<Result<Vec<_>>>()?;
    let values = concat_arrays(&lists.iter().map(|list| list.values().as_ref()).collect::<Vec<_>>())?;
    let starts: Vec<usize> = lists
        .iter()
        .scan(0, |ahead, list| {
            let start = *ahead;
            *ahead += list.values().len();
            Some(start)
        })
        .collect();
    let mut picks = Picks::new(call.rows, values.len());
    for row in 0..call.rows {
        for (list, start) in lists.iter().zip(&starts) {
            picks.extend(range(list.offsets(), row).map(|at| at + start));
        }
        picks.end()?;
    }
    picks.list(&values, None)
}

fn append(call: &Call<'_>) -> Result<ArrayRef> {
    with_element(call, &call.array(0)?, &call.array(1)?, false)
}

fn prepend(call: &Call<'_>) -> Result<ArrayRef> {
    with_element(call, &call.array(1)?, &call.array(0)?, true)
}

fn with_element(call: &Call<'_>, array: &ArrayRef, element: &ArrayRef, first: bool) -> Result<ArrayRef> {
    let list = as_list(array)?;
    let values = concat_arrays(&[list.values(), element])?;
    let ahead = list.values().len();
    let mut picks = Picks::new(call.rows, values.len());
    for row in 0..call.rows {
        if list.is_valid(row) {
            let range = range(list.offsets(), row);
            if first {
                picks.extend(std::iter::once(ahead + row).chain(range));
            } else {
                picks.extend(range.chain([ahead + row]));
            }
        }
        picks.end()?;
    }
    picks.list(&values, list.nulls().cloned())
}

/// Fisher-Yates.
fn shuffle(call: &Call<'_>) -> Result<ArrayRef> {
    let random = RandomState::new();
    let mut drawn = 0_u64;
    let mut order: Vec<usize> = Vec::new();
    rearrange(call, |range, picks| {
        order.clear();
        order.extend(range);
        for last in (1..order.len()).rev() {
            drawn += 1;
            order.swap(last, (random.hash_one(drawn) % (last as u64 + 1)) as usize);
        }
        picks.extend(order.iter().copied());
    })
}

fn slice(call: &Call<'_>) -> Result<ArrayRef> {
    let (starts, lengths) = (call.array(1)?, call.array(2)?);
    let (starts, lengths) = (starts.as_primitive::<Int64Type>(), lengths.as_primitive::<Int64Type>());
    try_rearrange(call, |row, range, picks| {
        let (start, length) = (starts.value(row), lengths.value(row));
        if length < 0 {
            return Err(invalid("length must be greater than or equal to 0"));
        }
        let size = range.len() as i64;
        let first = match start {
            0 => return Err(invalid("SQL array indices start at 1")),
            1.. => start - 1,
            _ => size.saturating_add(start),
        };
        if (0..size).contains(&first) {
            let last = first.saturating_add(length).min(size);
            picks.extend(range.start + first as usize..range.start + last as usize);
        }
        Ok(())
    })
}

fn trim_array(call: &Call<'_>) -> Result<ArrayRef> {
    let counts = call.array(1)?;
    let counts = counts.as_primitive::<Int64Type>();
    try_rearrange(call, |row, range, picks| {
        let count = counts.value(row);
        if count < 0 {
            return Err(invalid(format!("size must not be negative: {count}")));
        }
        match usize::try_from(count) {
            Ok(count) if count <= range.len() => picks.extend(range.start..range.end - count),
            _ => return Err(invalid(format!("size must not exceed array cardinality {}: {count}", range.len()))),
        }
        Ok(())
    })
}

fn flatten(call: &Call<'_>) -> Result<ArrayRef> {
    let array = call.array(0)?;
    let outer = as_list(&array)?;
    let DataType::List(_) = outer.values().data_type() else {
        // All elements are NULL.
        return Ok(arrow::array::new_null_array(&call.result_arrow(), call.rows));
    };
    let inner = as_list(outer.values())?;
    let mut picks = Picks::new(call.rows, inner.values().len());
    for row in 0..call.rows {
        for at in range(outer.offsets(), row).filter(|at| inner.is_valid(*at)) {
            picks.extend(range(inner.offsets(), at));
        }
        picks.end()?;
    }
    picks.list(inner.values(), None)
}

/// The most elements that `repeat` makes.
const MOST_REPEATED: i64 = 10_000;

fn repeat(call: &Call<'_>) -> Result<ArrayRef> {
    let (element, counts) = (call.array(0)?, call.array(1)?);
    let counts = counts.as_primitive::<Int64Type>();
    let mut picks = Picks::new(call.rows, call.rows);
    for row in 0..call.rows {
        match if counts.is_valid(row) { counts.value(row) } else { 0 } {
            ..0 => return Err(invalid("count argument of repeat function must be greater than or equal to 0")),
            count @ ..=MOST_REPEATED => picks.extend((0..count).map(|_| row)),
            _ => return Err(invalid(format!("count argument of repeat function must be less than or equal to {MOST_REPEATED}"))),
        }
        picks.end()?;
    }
    picks.list(&element, counts.nulls().cloned())
}

/// Lists of lists of elements of the first argument.
struct Nested {
    elements: Picks,
    ends: Vec<i32>,
    count: usize,
}

impl Nested {
    fn new(rows: usize) -> Self {
        Self { elements: Picks::new(rows, rows), ends: vec![0], count: 0 }
    }

    fn push(&mut self, places: impl IntoIterator<Item = usize>) -> Result<()> {
        self.elements.extend(places);
        self.elements.end()?;
        self.count += 1;
        Ok(())
    }

    fn end(&mut self) -> Result<()> {
        self.ends.push(offset(self.count)?);
        Ok(())
    }

    fn finish(self, values: &ArrayRef) -> Result<ArrayRef> {
        let inner = self.elements.list(values, None)?;
        Ok(Arc::new(list(OffsetBuffer::new(self.ends.into()), inner, None)?))
    }
}

fn ngrams(call: &Call<'_>) -> Result<ArrayRef> {
    let (array, sizes) = (call.array(0)?, call.array(1)?);
    let (list, sizes) = (as_list(&array)?, sizes.as_primitive::<Int64Type>());
    let valid = call.valid();
    let mut grams = Nested::new(call.rows);
    for row in 0..call.rows {
        if valid.as_ref().is_none_or(|valid| valid.is_valid(row)) {
            let range = range(list.offsets(), row);
            let size = sizes.value(row);
            if size <= 0 {
                return Err(invalid("N must be positive"));
            }
            // An array that is too short is one n-gram.
            let size = usize::try_from(size).unwrap_or(usize::MAX).min(range.len());
            for start in range.start..=range.end - size {
                grams.push(start..start + size)?;
            }
        }
        grams.end()?;
    }
    grams.finish(list.values())
}

/// The most elements of a combination, and the most elements of all combinations together, as Trino limits them.
const LONGEST_COMBINATION: i64 = 5;
const MOST_COMBINED: usize = 100_000;

fn combinations(call: &Call<'_>) -> Result<ArrayRef> {
    let (array, sizes) = (call.array(0)?, call.array(1)?);
    let (list, sizes) = (as_list(&array)?, sizes.as_primitive::<Int64Type>());
    let valid = call.valid();
    let mut choices = Nested::new(call.rows);
    for row in 0..call.rows {
        if valid.as_ref().is_none_or(|valid| valid.is_valid(row)) {
            let range = range(list.offsets(), row);
            let size = match sizes.value(row) {
                size @ ..0 => return Err(invalid(format!("combination size must not be negative: {size}"))),
                size @ 0..=LONGEST_COMBINATION => size as usize,
                size => return Err(invalid(format!("combination size must not exceed {LONGEST_COMBINATION}: {size}"))),
            };
            if size <= range.len() {
                if count_of_combinations(range.len(), size).saturating_mul(size.max(1)) > MOST_COMBINED {
                    return Err(invalid("combinations exceed max size"));
                }
                combine(range, size, &mut choices)?;
            }
        }
        choices.end()?;
    }
    choices.finish(list.values())
}

fn count_of_combinations(length: usize, size: usize) -> usize {
    (0..size).fold(1_usize, |count, at| count.saturating_mul(length - at) / (at + 1))
}

/// In the order in which the last place moves fastest.
fn combine(range: Range<usize>, size: usize, into: &mut Nested) -> Result<()> {
    let mut chosen: Vec<usize> = (0..size).collect();
    loop {
        into.push(chosen.iter().map(|at| range.start + at))?;
        let Some(moved) = (0..size).rev().find(|at| chosen[*at] < range.len() - size + at) else { return Ok(()) };
        chosen[moved] += 1;
        for at in moved + 1..size {
            chosen[at] = chosen[at - 1] + 1;
        }
    }
}

fn zip(call: &Call<'_>) -> Result<ArrayRef> {
    let arrays = (0..call.types.len()).map(|at| call.array(at)).collect::<Result<Vec<_>>>()?;
    let lists = arrays.iter().map(as_list).collect::<Result<Vec<&ListArray>>>()?;
    let valid = call.valid();
    let lengths = (0..call.rows).map(|row| match &valid {
        Some(valid) if valid.is_null(row) => 0,
        _ => lists.iter().map(|list| range(list.offsets(), row).len()).max().unwrap_or(0),
    });
    let offsets = OffsetBuffer::<i32>::from_lengths(lengths);
    let columns = lists.iter().map(|list| {
        let places = (0..call.rows).flat_map(|row| {
            let range = range(list.offsets(), row);
            let length = (offsets[row + 1] - offsets[row]) as usize;
            (0..length).map(move |at| (at < range.len()).then_some((range.start + at) as u64))
        });
        take_any(list.values(), &places.collect::<UInt64Array>())
    });
    let columns = columns.collect::<Result<Vec<_>>>()?;
    let DataType::List(item) = call.result_arrow() else { return internal_err!("zip makes arrays") };
    let DataType::Struct(fields) = item.data_type() else { return internal_err!("zip makes arrays of rows") };
    Ok(Arc::new(list(offsets, Arc::new(StructArray::try_new(fields.clone(), columns, None)?), None)?))
}
