//! Runs a `MATCH_RECOGNIZE`: each partition of the sorted input is searched for matches, which are made into rows.

use std::fmt;
use std::sync::Arc;

use catalog::{Error, ErrorKind};
use datafusion::arrow::array::{ArrayRef, RecordBatch, RecordBatchOptions, UInt64Array};
use datafusion::arrow::compute::take;
use datafusion::arrow::datatypes::SchemaRef;
use datafusion::arrow::row::{RowConverter, SortField};
use datafusion::common::tree_node::TreeNodeRecursion;
use datafusion::common::{DataFusionError, Result, internal_err};
use datafusion::execution::memory_pool::MemoryConsumer;
use datafusion::execution::{SendableRecordBatchStream, TaskContext};
use datafusion::physical_expr::{
    Distribution, EquivalenceProperties, LexOrdering, OrderingRequirements, Partitioning, PhysicalExpr, PhysicalSortExpr,
};
use datafusion::physical_plan::execution_plan::{Boundedness, EmissionType};
use datafusion::physical_plan::stream::RecordBatchStreamAdapter;
use datafusion::physical_plan::{DisplayAs, DisplayFormatType, ExecutionPlan, ExecutionPlanProperties, PlanProperties};
use futures::{StreamExt, TryStreamExt, stream};

use super::navigation::{Navigation, View};
use super::node::{Output, OutputColumn, Skip};
use super::program::Match;
use super::view::{Compiled, Numbered, Rows, joined};
use super::window;
use crate::error::into_datafusion;

#[derive(Debug)]
pub(super) struct RecognizeExec {
    input: Arc<dyn ExecutionPlan>,
    compiled: Arc<Compiled>,
    schema: SchemaRef,
    properties: Arc<PlanProperties>,
}

impl RecognizeExec {
    pub(super) fn new(input: Arc<dyn ExecutionPlan>, compiled: Arc<Compiled>, schema: SchemaRef) -> Self {
        let partitions = Partitioning::UnknownPartitioning(input.output_partitioning().partition_count());
        let equivalences = EquivalenceProperties::new(Arc::clone(&schema));
        let properties = PlanProperties::new(equivalences, partitions, EmissionType::Final, Boundedness::Bounded);
        Self { input, compiled, schema, properties: Arc::new(properties) }
    }
}

impl DisplayAs for RecognizeExec {
    fn fmt_as(&self, _: DisplayFormatType, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let partition = self.compiled.partition.iter().map(ToString::to_string).collect::<Vec<_>>();
        write!(f, "MatchRecognizeExec: partition=[{}]", partition.join(", "))
    }
}

impl ExecutionPlan for RecognizeExec {
    fn name(&self) -> &str {
        "MatchRecognizeExec"
    }

    fn properties(&self) -> &Arc<PlanProperties> {
        &self.properties
    }

    fn children(&self) -> Vec<&Arc<dyn ExecutionPlan>> {
        vec![&self.input]
    }

    fn required_input_distribution(&self) -> Vec<Distribution> {
        match self.compiled.partition.as_slice() {
            [] => vec![Distribution::SinglePartition],
            keys => vec![Distribution::KeyPartitioned(keys.to_vec())],
        }
    }

    fn required_input_ordering(&self) -> Vec<Option<OrderingRequirements>> {
        let keys = self.compiled.partition.iter().map(|key| PhysicalSortExpr::new_default(Arc::clone(key)));
        vec![LexOrdering::new(keys.chain(self.compiled.order.iter().cloned())).map(OrderingRequirements::from)]
    }

    fn apply_expressions(
        &self,
        f: &mut dyn FnMut(&Arc<dyn PhysicalExpr>) -> Result<TreeNodeRecursion>,
    ) -> Result<TreeNodeRecursion> {
        for key in &self.compiled.partition {
            if f(key)? == TreeNodeRecursion::Stop {
                return Ok(TreeNodeRecursion::Stop);
            }
        }
        Ok(TreeNodeRecursion::Continue)
    }

    fn with_new_children(self: Arc<Self>, children: Vec<Arc<dyn ExecutionPlan>>) -> Result<Arc<dyn ExecutionPlan>> {
        let Some(input) = children.into_iter().next() else { return internal_err!("MatchRecognizeExec has one input") };
        Ok(Arc::new(Self::new(input, Arc::clone(&self.compiled), Arc::clone(&self.schema))))
    }

    fn execute(&self, partition: usize, context: Arc<TaskContext>) -> Result<SendableRecordBatchStream> {
        let input = self.input.execute(partition, Arc::clone(&context))?;
        let (compiled, schema) = (Arc::clone(&self.compiled), Arc::clone(&self.schema));
        let reservation = MemoryConsumer::new("MatchRecognizeExec").register(context.memory_pool());
        let input_schema = input.schema();
        let made = async move {
            let batches =
                input.and_then(|batch| std::future::ready(reservation.try_grow(batch.get_array_memory_size()).map(|()| batch)));
            let batches: Vec<RecordBatch> = batches.try_collect().await?;
            let all = joined(&input_schema, &batches)?;
            drop(batches);
            let ends = ends(&compiled.partition, &all)?;
            let starts = std::iter::once(0).chain(ends.clone());
            let ranges: Vec<(usize, usize)> = starts.zip(ends).collect();
            let rows = stream::iter(ranges).map(move |(start, end)| {
                // The reservation lives as long as the rows do.
                let _held = &reservation;
                recognized(&compiled, &all.slice(start, end - start), &schema)
            });
            Ok::<_, DataFusionError>(rows)
        };
        let rows = stream::once(made).try_flatten();
        Ok(Box::pin(RecordBatchStreamAdapter::new(Arc::clone(&self.schema), rows)))
    }
}

/// Where the partitions of sorted rows end.
fn ends(keys: &[Arc<dyn PhysicalExpr>], rows: &RecordBatch) -> Result<Vec<usize>> {
    let count = rows.num_rows();
    if count == 0 {
        return Ok(vec![]);
    }
    if keys.is_empty() {
        return Ok(vec![count]);
    }
    let keys = keys.iter().map(|key| key.evaluate(rows)?.into_array(count)).collect::<Result<Vec<_>>>()?;
    let fields = keys.iter().map(|key| SortField::new(key.data_type().clone())).collect();
    let keys = RowConverter::new(fields)?.convert_columns(&keys)?;
    let mut ends: Vec<usize> = (1..count).filter(|row| keys.row(*row) != keys.row(row - 1)).collect();
    ends.push(count);
    Ok(ends)
}

/// A row of the result: of which match, as its how-manieth row, and of which row of the partition.
struct Row {
    found: Option<usize>,
    seen: usize,
    row: usize,
}

/// The result's rows of one partition.
fn recognized(compiled: &Compiled, batch: &RecordBatch, schema: &SchemaRef) -> Result<RecordBatch> {
    let rows = Rows { compiled, batch };
    if let Output::Window { seek, end } = compiled.spec.output {
        return window::rows(&rows, seek, end, schema);
    }
    let (matches, result) = matches(&rows)?;
    let view = |row: &Row| -> Option<Numbered<'_>> {
        let at = row.found?;
        let (start, found) = &matches[at];
        let view = View { start: *start, labels: &found.labels, seen: row.seen, rows: batch.num_rows(), first: 0 };
        Some((view, at as i64 + 1))
    };
    let views: Vec<Numbered<'_>> = result.iter().filter_map(view).collect();
    // Rows of no match have no measures.
    let mut next = 0;
    let of_match: UInt64Array = result
        .iter()
        .map(|row| {
            row.found.map(|_| {
                next += 1;
                next - 1
            })
        })
        .collect();
    let of_input: UInt64Array = result.iter().map(|row| Some(row.row as u64)).collect();
    let column = |column: &OutputColumn| -> Result<ArrayRef> {
        Ok(match *column {
            OutputColumn::Input(at) => take(batch.column(at), &of_input, None)?,
            OutputColumn::Measure(at) => take(&rows.measured(&compiled.measures[at], &views)?, &of_match, None)?,
            OutputColumn::Row | OutputColumn::First | OutputColumn::Last => return internal_err!("only a window has numbers"),
        })
    };
    let columns = compiled.spec.columns.iter().map(column).collect::<Result<Vec<_>>>()?;
    let options = RecordBatchOptions::new().with_row_count(Some(result.len()));
    Ok(RecordBatch::try_new_with_options(Arc::clone(schema), columns, &options)?)
}

/// A partition's matches, each with the row it begins at, and the rows of the result.
type Matched = (Vec<(usize, Match)>, Vec<Row>);

/// Searches a partition.
fn matches(rows: &Rows<'_>) -> Result<Matched> {
    let (spec, count) = (&rows.compiled.spec, rows.batch.num_rows());
    let (mut found, mut result) = (vec![], vec![]);
    let mut covered = vec![false; count];
    let mut start = 0;
    while start < count {
        let number = found.len() as i64 + 1;
        let holds = |labels: &[_]| rows.holds((View { start, labels, seen: labels.len(), rows: count, first: 0 }, number));
        let Some(one) = spec.program.find(start, count, holds)? else {
            if matches!(spec.output, Output::All { unmatched: true, .. }) && !covered[start] {
                result.push(Row { found: None, seen: 0, row: start });
            }
            start += 1;
            continue;
        };
        let (at, length) = (found.len(), one.labels.len());
        covered[start..start + length].fill(true);
        match spec.output {
            // Windows are searched elsewhere.
            Output::Window { .. } => {}
            Output::One => result.push(Row { found: Some(at), seen: length, row: start }),
            Output::All { empty: true, .. } if length == 0 => result.push(Row { found: Some(at), seen: 0, row: start }),
            Output::All { .. } => {
                let kept = (0..length).filter(|row| !one.excluded[*row]);
                result.extend(kept.map(|row| Row { found: Some(at), seen: row + 1, row: start + row }));
            }
        }
        let next = after(&spec.skip, start, &one, count)?;
        found.push((start, one));
        start = next;
    }
    Ok((found, result))
}

/// Where the search goes on after a match.
pub(super) fn after(skip: &Skip, start: usize, found: &Match, rows: usize) -> Result<usize> {
    let length = found.labels.len();
    match skip {
        _ if length == 0 => Ok(start + 1),
        Skip::PastLastRow => Ok(start + length),
        Skip::ToNextRow => Ok(start + 1),
        Skip::To { first, labels } => {
            let navigation = Navigation { labels: labels.clone(), first: *first, ..Navigation::default() };
            let view = View { start, labels: &found.labels, seen: length, rows, first: 0 };
            let message = match view.row(&navigation) {
                Some(row) if row > start => return Ok(row),
                Some(_) => "AFTER MATCH SKIP TO failed: cannot skip to first row of match",
                None => "AFTER MATCH SKIP TO failed: pattern variable is not present in match",
            };
            Err(into_datafusion(Error::new(ErrorKind::InvalidInput, message)))
        }
    }
}
