//! A row pattern in a window: from each row of the partition that no match before it covers, one match is looked for in the row's
//! frame. Every row stays, with the measures of its match and where that is.

use std::sync::Arc;

use catalog::{Error, ErrorKind};
use datafusion::arrow::array::{Array, ArrayRef, AsArray, Int64Array, RecordBatch, RecordBatchOptions, UInt64Array};
use datafusion::arrow::compute::{cast, take};
use datafusion::arrow::datatypes::{DataType, Int64Type, SchemaRef};
use datafusion::common::{Result, internal_datafusion_err};

use super::exec::after;
use super::navigation::View;
use super::node::{OutputColumn, Skip};
use super::program::Match;
use super::view::{Numbered, Rows};
use crate::error::into_datafusion;

/// What is found from a row: where the match begins, and the frame it is in.
struct Found {
    row: usize,
    start: usize,
    end: usize,
    found: Match,
}

/// The rows of one partition with what was found from each.
pub(super) fn rows(rows: &Rows<'_>, seek: bool, end: Option<usize>, schema: &SchemaRef) -> Result<RecordBatch> {
    let (compiled, batch) = (rows.compiled, rows.batch);
    let count = batch.num_rows();
    let found = search(rows, seek, &frames(rows, end)?)?;
    let views: Vec<Numbered<'_>> = found.iter().map(|found| (found.view(&found.found.labels), 1)).collect();
    let mut of_row = vec![None; count];
    for (at, found) in found.iter().enumerate() {
        of_row[found.row] = Some(at as u64);
    }
    let taken = UInt64Array::from(of_row.clone());
    let number = |number: &dyn Fn(&Found) -> usize, none: i64| -> ArrayRef {
        let numbers =
            of_row.iter().map(|at| match at.map(|at| &found[at as usize]).filter(|found| !found.found.labels.is_empty()) {
                Some(found) => (number(found) - found.row) as i64,
                // A frame that ends before it begins.
                None => none,
            });
        Arc::new(numbers.collect::<Int64Array>())
    };
    let column = |column: &OutputColumn| -> Result<ArrayRef> {
        Ok(match *column {
            OutputColumn::Input(at) => Arc::clone(batch.column(at)),
            OutputColumn::Measure(at) => take(&rows.measured(&compiled.measures[at], &views)?, &taken, None)?,
            OutputColumn::Row => Arc::new((0..count as i64).collect::<Int64Array>()),
            OutputColumn::First => number(&|found| found.start, 1),
            OutputColumn::Last => number(&|found| found.start + found.found.labels.len() - 1, 0),
        })
    };
    let columns = compiled.spec.columns.iter().map(column).collect::<Result<Vec<_>>>()?;
    let options = RecordBatchOptions::new().with_row_count(Some(count));
    Ok(RecordBatch::try_new_with_options(Arc::clone(schema), columns, &options)?)
}

impl Found {
    fn view<'a>(&self, labels: &'a [u16]) -> View<'a> {
        View { start: self.start, labels, seen: labels.len(), rows: self.end, first: self.row }
    }
}

/// Where each row's frame ends.
fn frames(rows: &Rows<'_>, end: Option<usize>) -> Result<Vec<usize>> {
    let count = rows.batch.num_rows();
    let Some(end) = end else { return Ok(vec![count; count]) };
    let offsets = cast(rows.batch.column(rows.compiled.first + end), &DataType::Int64)?;
    let offsets = offsets.as_primitive_opt::<Int64Type>().ok_or_else(|| internal_datafusion_err!("a frame's end is a number"))?;
    let end = |row: usize| {
        let offset = offsets.is_valid(row).then(|| usize::try_from(offsets.value(row)).ok()).flatten();
        let message = "Window frame ending offset must not be negative or null";
        let offset = offset.ok_or_else(|| into_datafusion(Error::new(ErrorKind::InvalidWindowFrame, message)))?;
        Ok((row + 1).saturating_add(offset).min(count))
    };
    (0..count).map(end).collect()
}

fn search(rows: &Rows<'_>, seek: bool, ends: &[usize]) -> Result<Vec<Found>> {
    let spec = &rows.compiled.spec;
    let mut all: Vec<Found> = vec![];
    let mut next = 0;
    for (row, end) in ends.iter().copied().enumerate() {
        if row < next {
            continue;
        }
        let starts = if seek { row..end } else { row..row + 1 };
        for start in starts {
            let holds = |labels: &[_]| rows.holds((View { start, labels, seen: labels.len(), rows: end, first: row }, 1));
            if let Some(found) = spec.program.find(start, end, holds)? {
                next = match spec.skip {
                    Skip::ToNextRow => row + 1,
                    _ => after(&spec.skip, start, &found, end)?.max(row + 1),
                };
                all.push(Found { row, start, end, found });
                break;
            }
        }
    }
    Ok(all)
}
