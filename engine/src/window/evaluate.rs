//! A function over the frames of a partition. An aggregate goes on with what it has while the frame only grows; where the frame
//! also loses rows at its beginning and the aggregate can take them back, it does so, and otherwise begins anew.

use std::collections::HashSet;
use std::ops::Range;
use std::sync::Arc;

use datafusion::arrow::array::{Array, ArrayRef, AsArray, BooleanArray, UInt32Array, new_empty_array};
use datafusion::arrow::compute::{SortColumn, SortOptions, filter, lexsort_to_indices, take};
use datafusion::arrow::datatypes::{FieldRef, Schema};
use datafusion::arrow::row::{RowConverter, SortField};
use datafusion::common::{Result, ScalarValue};
use datafusion::logical_expr::function::PartitionEvaluatorArgs;
use datafusion::logical_expr::{Accumulator, PartitionEvaluator, WindowFunctionDefinition};
use datafusion::physical_expr::PhysicalExpr;
use datafusion::physical_expr::aggregate::{AggregateExprBuilder, AggregateFunctionExpr};
use datafusion::physical_expr::expressions::{Column, Literal};

use super::bounds::frames;
use super::spec::{Spec, internal};

#[derive(Debug)]
pub(super) struct Frames {
    spec: Spec,
    /// The function's own arguments.
    own: usize,
    function: Function,
}

#[derive(Debug)]
enum Function {
    Aggregate(Arc<AggregateFunctionExpr>),
    Window(Box<dyn PartitionEvaluator>),
}

impl Frames {
    pub(super) fn new(
        inner: WindowFunctionDefinition,
        spec: Spec,
        exprs: &[Arc<dyn PhysicalExpr>],
        fields: &[FieldRef],
    ) -> Result<Self> {
        let function = match inner {
            WindowFunctionDefinition::WindowUDF(function) => {
                let args = PartitionEvaluatorArgs::new(exprs, fields, false, spec.ignore_nulls);
                Function::Window(function.partition_evaluator_factory(args)?)
            }
            WindowFunctionDefinition::AggregateUDF(function) => {
                // Literals are seen as such; all else is a column of the partition.
                let names = (0..fields.len()).map(|at| format!("a{at}"));
                let schema = fields.iter().zip(names).map(|(field, name)| field.as_ref().clone().with_name(name));
                let schema = Arc::new(Schema::new(schema.collect::<Vec<_>>()));
                let columns = exprs.iter().enumerate().map(|(at, expr)| match expr.downcast_ref::<Literal>() {
                    Some(_) => Arc::clone(expr),
                    None => Arc::new(Column::new(&format!("a{at}"), at)) as Arc<dyn PhysicalExpr>,
                });
                let name = function.name().to_string();
                let builder = AggregateExprBuilder::new(function, columns.collect()).schema(schema).alias(name);
                Function::Aggregate(Arc::new(builder.with_distinct(spec.distinct && spec.order.is_empty()).build()?))
            }
        };
        Ok(Self { spec, own: exprs.len(), function })
    }
}

impl PartitionEvaluator for Frames {
    fn evaluate_all(&mut self, values: &[ArrayRef], count: usize) -> Result<ArrayRef> {
        let (own, rest) = values.split_at_checked(self.own + 1).ok_or_else(|| internal("a frame has arguments"))?;
        let own = &own[..self.own];
        let (kept, rest) = match self.spec.filter {
            true => {
                rest.split_first().map(|(kept, rest)| (Some(kept), rest)).ok_or_else(|| internal("a frame lost its filter"))?
            }
            false => (None, rest),
        };
        let ranges = frames(&self.spec, count, rest)?;
        let order = rest.len() - self.spec.order.len();
        match &mut self.function {
            Function::Window(function) => windowed(function.as_mut(), own, &ranges),
            Function::Aggregate(function) => {
                let rows = Rows::new(own, kept, count)?;
                let ranges = ranges.into_iter().map(|range| rows.kept(range));
                match self.spec.order.is_empty() {
                    true => aggregated(function, &rows.columns, ranges),
                    false => ordered(function, &rows, ranges, &rest[order..], &self.spec),
                }
            }
        }
    }
}

fn windowed(function: &mut dyn PartitionEvaluator, columns: &[ArrayRef], ranges: &[Range<usize>]) -> Result<ArrayRef> {
    // An empty frame is `n..n`, which gives NULL of the function's type.
    let results = ranges.iter().map(|range| function.evaluate(columns, range)).collect::<Result<Vec<_>>>()?;
    ScalarValue::iter_to_array(results)
}

/// The rows that a filter leaves.
struct Rows {
    columns: Vec<ArrayRef>,
    /// How many rows are left before each row and all; none without a filter.
    before: Option<Vec<usize>>,
    filter: Option<BooleanArray>,
}

impl Rows {
    fn new(columns: &[ArrayRef], kept: Option<&ArrayRef>, count: usize) -> Result<Self> {
        let Some(kept) = kept else { return Ok(Self { columns: columns.to_vec(), before: None, filter: None }) };
        let kept = kept.as_boolean_opt().ok_or_else(|| internal("a filter is a condition"))?;
        let columns = columns.iter().map(|column| filter(column, kept)).collect::<std::result::Result<_, _>>()?;
        let mut before = Vec::with_capacity(count + 1);
        let mut left = 0;
        for row in 0..count {
            before.push(left);
            left += usize::from(kept.is_valid(row) && kept.value(row));
        }
        before.push(left);
        Ok(Self { columns, before: Some(before), filter: Some(kept.clone()) })
    }

    fn kept(&self, range: Range<usize>) -> Range<usize> {
        match &self.before {
            Some(before) => before[range.start]..before[range.end],
            None => range,
        }
    }

    /// Another column of the partition, without the rows that are filtered out.
    fn without(&self, column: &ArrayRef) -> Result<ArrayRef> {
        Ok(match &self.filter {
            Some(kept) => filter(column, kept)?,
            None => Arc::clone(column),
        })
    }
}

fn slices(columns: &[ArrayRef], range: &Range<usize>) -> Vec<ArrayRef> {
    columns.iter().map(|column| column.slice(range.start, range.len())).collect()
}

fn collected(function: &AggregateFunctionExpr, results: Vec<ScalarValue>) -> Result<ArrayRef> {
    match results.is_empty() {
        true => Ok(new_empty_array(function.field().data_type())),
        false => ScalarValue::iter_to_array(results),
    }
}

/// An aggregate and the rows it is of.
struct Running {
    accumulator: Box<dyn Accumulator>,
    range: Range<usize>,
    retracts: bool,
}

impl Running {
    /// `moving` says whether frames will lose rows at their beginning.
    fn new(function: &AggregateFunctionExpr, at: usize, moving: bool) -> Result<Self> {
        if moving
            && let Ok(accumulator) = function.create_sliding_accumulator()
            && accumulator.supports_retract_batch()
        {
            return Ok(Self { accumulator, range: at..at, retracts: true });
        }
        Ok(Self { accumulator: function.create_accumulator()?, range: at..at, retracts: false })
    }

    /// Whether it can be brought to a frame.
    fn reaches(&self, to: &Range<usize>) -> bool {
        let last = &self.range;
        let grows = last.start == to.start && last.end <= to.end;
        grows || self.retracts && last.start <= to.start && to.start <= last.end && last.end <= to.end
    }

    fn moved(&mut self, columns: &[ArrayRef], to: Range<usize>) -> Result<ScalarValue> {
        if self.range.end < to.end {
            self.accumulator.update_batch(&slices(columns, &(self.range.end..to.end)))?;
        }
        if self.range.start < to.start {
            self.accumulator.retract_batch(&slices(columns, &(self.range.start..to.start)))?;
        }
        self.range = to;
        self.accumulator.evaluate()
    }
}

fn aggregated(
    function: &AggregateFunctionExpr,
    columns: &[ArrayRef],
    ranges: impl Iterator<Item = Range<usize>>,
) -> Result<ArrayRef> {
    let ranges: Vec<Range<usize>> = ranges.collect();
    let moving = ranges.windows(2).any(|pair| pair[0].start != pair[1].start);
    let mut results: Vec<ScalarValue> = Vec::with_capacity(ranges.len());
    let mut running: Option<Running> = None;
    for range in ranges {
        let result = match (&running, results.last()) {
            (Some(last), Some(result)) if last.range == range => result.clone(),
            _ => {
                let mut now = match running.take().filter(|last| last.reaches(&range)) {
                    Some(last) => last,
                    None => Running::new(function, range.start, moving)?,
                };
                let result = now.moved(columns, range)?;
                running = Some(now);
                result
            }
        };
        results.push(result);
    }
    collected(function, results)
}

/// An aggregate of rows in an order of their own.
fn ordered(
    function: &AggregateFunctionExpr,
    rows: &Rows,
    ranges: impl Iterator<Item = Range<usize>>,
    sort_keys: &[ArrayRef],
    spec: &Spec,
) -> Result<ArrayRef> {
    let mut sorted = vec![];
    for (key, order) in sort_keys.iter().zip(&spec.order) {
        let options = SortOptions { descending: order.descending, nulls_first: order.nulls_first };
        sorted.push(SortColumn { values: rows.without(key)?, options: Some(options) });
    }
    // The place of each row in the order of all: those of a frame are in the order of their places.
    let by_order = lexsort_to_indices(&sorted, None)?;
    let mut places = vec![0_u32; by_order.len()];
    for (place, row) in (0_u32..).zip(by_order.values()) {
        places[*row as usize] = place;
    }
    // Of rows that are the same to DISTINCT the first of a frame counts.
    let keys = match spec.distinct {
        true => {
            let fields = rows.columns.iter().map(|column| SortField::new(column.data_type().clone())).collect();
            Some(RowConverter::new(fields)?.convert_columns(&rows.columns)?)
        }
        false => None,
    };
    let mut results: Vec<ScalarValue> = vec![];
    let mut last: Option<Range<usize>> = None;
    for range in ranges {
        if let (Some(before), Some(result)) = (&last, results.last())
            && *before == range
        {
            results.push(result.clone());
            continue;
        }
        let mut frame: Vec<u32> = range.clone().map(|row| row as u32).collect();
        frame.sort_by_key(|row| places[*row as usize]);
        if let Some(keys) = &keys {
            let mut seen = HashSet::new();
            frame.retain(|row| seen.insert(keys.row(*row as usize)));
        }
        let frame = UInt32Array::from(frame);
        let columns = rows.columns.iter().map(|column| take(column, &frame, None));
        let mut accumulator = function.create_accumulator()?;
        if !range.is_empty() {
            accumulator.update_batch(&columns.collect::<std::result::Result<Vec<_>, _>>()?)?;
        }
        results.push(accumulator.evaluate()?);
        last = Some(range);
    }
    collected(function, results)
}
