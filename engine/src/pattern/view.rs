//! Definitions and measures, computed from what leaves hold.

use std::sync::Arc;

use datafusion::arrow::array::{
    Array, ArrayRef, AsArray, Int64Array, RecordBatch, RecordBatchOptions, StringArray, UInt64Array, new_null_array,
};
use datafusion::arrow::compute::{SortColumn, cast, concat, filter_record_batch, lexsort_to_indices, take, take_record_batch};
use datafusion::arrow::datatypes::{FieldRef, Schema, SchemaRef};
use datafusion::common::tree_node::{Transformed, TreeNode};
use datafusion::common::{Result, ScalarValue, internal_datafusion_err};
use datafusion::physical_expr::aggregate::AggregateFunctionExpr;
use datafusion::physical_expr::expressions::Column;
use datafusion::physical_expr::{PhysicalExpr, PhysicalSortExpr};

use super::leaves::{Aggregated, Leaf};
use super::navigation::View;
use super::node::Spec;
use super::program::Label;

/// A MATCH_RECOGNIZE, ready to run over its input's rows.
#[derive(Debug)]
pub(super) struct Compiled {
    pub(super) spec: Arc<Spec>,
    pub(super) partition: Vec<Arc<dyn PhysicalExpr>>,
    pub(super) order: Vec<PhysicalSortExpr>,
    /// Where the leaves' columns begin; the two before are the virtual ones.
    pub(super) first: usize,
    /// One for each of `spec.defined`.
    pub(super) definitions: Vec<Measured>,
    pub(super) measures: Vec<Measured>,
    pub(super) aggregates: Vec<Aggregation>,
}

/// An expression over leaves.
#[derive(Debug)]
pub(super) struct Measured {
    /// Over columns that are in the order of `leaves`.
    expr: Arc<dyn PhysicalExpr>,
    leaves: Vec<usize>,
    schema: SchemaRef,
}

#[derive(Debug)]
pub(super) struct Aggregation {
    pub(super) function: Arc<AggregateFunctionExpr>,
    pub(super) filter: Option<Arc<dyn PhysicalExpr>>,
    pub(super) order: Vec<PhysicalSortExpr>,
}

impl Measured {
    /// `expr` is over the input's columns, of which those from `first` on are leaves.
    pub(super) fn new(expr: Arc<dyn PhysicalExpr>, first: usize, input: &Schema) -> Result<Self> {
        let mut leaves: Vec<usize> = vec![];
        let expr = expr.transform(|expr| {
            let Some(column) = expr.downcast_ref::<Column>() else { return Ok(Transformed::no(expr)) };
            let leaf = column.index().checked_sub(first);
            let leaf = leaf.ok_or_else(|| internal_datafusion_err!("{} is no leaf", column.name()))?;
            let at = leaves.iter().position(|known| *known == leaf).unwrap_or_else(|| {
                leaves.push(leaf);
                leaves.len() - 1
            });
            Ok(Transformed::yes(Arc::new(Column::new(column.name(), at)) as Arc<dyn PhysicalExpr>))
        })?;
        let fields = leaves.iter().map(|leaf| input.field(first + leaf).clone().with_nullable(true));
        let schema = Arc::new(Schema::new(fields.collect::<Vec<_>>()));
        Ok(Self { expr: expr.data, leaves, schema })
    }
}

/// The rows of one partition.
pub(super) struct Rows<'a> {
    pub(super) compiled: &'a Compiled,
    pub(super) batch: &'a RecordBatch,
}

/// A view and the number of its match.
pub(super) type Numbered<'a> = (View<'a>, i64);

impl Rows<'_> {
    /// Whether the definition of the last row's variable holds; a variable without one takes any row.
    pub(super) fn holds(&self, (view, number): Numbered<'_>) -> Result<bool> {
        let Some(label) = view.labels.last() else { return Ok(true) };
        let Some(at) = self.compiled.spec.defined.iter().position(|defined| defined == label) else { return Ok(true) };
        let value = self.measured(&self.compiled.definitions[at], &[(view, number)])?;
        let value = value.as_boolean_opt().ok_or_else(|| internal_datafusion_err!("a definition is no condition"))?;
        Ok(value.is_valid(0) && value.value(0))
    }

    /// The expression for each of the views.
    pub(super) fn measured(&self, measured: &Measured, views: &[Numbered<'_>]) -> Result<ArrayRef> {
        let column = |(leaf, field): (&usize, &FieldRef)| {
            let column = self.leaf(*leaf, views)?;
            // An aggregate may have its texts in another form than its type says.
            if column.data_type() == field.data_type() { Ok(column) } else { Ok(cast(&column, field.data_type())?) }
        };
        let columns = measured.leaves.iter().zip(measured.schema.fields()).map(column).collect::<Result<Vec<_>>>()?;
        let options = RecordBatchOptions::new().with_row_count(Some(views.len()));
        let batch = RecordBatch::try_new_with_options(Arc::clone(&measured.schema), columns, &options)?;
        measured.expr.evaluate(&batch)?.into_array(views.len())
    }

    fn leaf(&self, at: usize, views: &[Numbered<'_>]) -> Result<ArrayRef> {
        let column = self.batch.column(self.compiled.first + at);
        match &self.compiled.spec.leaves[at] {
            Leaf::Value(navigation) => {
                let rows: UInt64Array = views.iter().map(|(view, _)| view.row(navigation).map(|row| row as u64)).collect();
                Ok(take(column, &rows, None)?)
            }
            Leaf::Classifier(navigation) => {
                let labels: StringArray =
                    views.iter().map(|(view, _)| view.label(navigation).map(|label| self.variable(label))).collect();
                Ok(cast(&labels, column.data_type())?)
            }
            Leaf::Number => Ok(Arc::new(views.iter().map(|(_, number)| Some(*number)).collect::<Int64Array>())),
            Leaf::Aggregate(aggregated) => {
                let values = views.iter().map(|view| self.aggregate(aggregated, *view)).collect::<Result<Vec<_>>>()?;
                match values.is_empty() {
                    true => Ok(new_null_array(column.data_type(), 0)),
                    false => ScalarValue::iter_to_array(values),
                }
            }
        }
    }

    fn variable(&self, label: Label) -> &str {
        self.compiled.spec.variables.get(usize::from(label)).map_or("", String::as_str)
    }

    /// An aggregate over the rows that a view sees, with the virtual columns filled in.
    fn aggregate(&self, aggregated: &Aggregated, (view, number): Numbered<'_>) -> Result<ScalarValue> {
        let aggregation = &self.compiled.aggregates[aggregated.at];
        let rows: Vec<usize> = view.rows_of(&aggregated.labels, aggregated.complete).collect();
        let indices: UInt64Array = rows.iter().map(|row| Some(*row as u64)).collect();
        let mut batch = self.with_virtual(take_record_batch(self.batch, &indices)?, &rows, view, number)?;
        if let Some(filter) = &aggregation.filter {
            let kept = filter.evaluate(&batch)?.into_array(batch.num_rows())?;
            batch = filter_record_batch(&batch, kept.as_boolean())?;
        }
        if !aggregation.order.is_empty() && batch.num_rows() > 1 {
            let sorted = aggregation.order.iter().map(|sort| {
                let values = sort.expr.evaluate(&batch)?.into_array(batch.num_rows())?;
                Ok(SortColumn { values, options: Some(sort.options) })
            });
            let order = lexsort_to_indices(&sorted.collect::<Result<Vec<_>>>()?, None)?;
            batch = take_record_batch(&batch, &order)?;
        }
        let function = &aggregation.function;
        let ordered = function.order_bys().iter().map(|sort| Arc::clone(&sort.expr));
        let arguments = function.expressions().into_iter().chain(ordered);
        let arguments = arguments.map(|expr| expr.evaluate(&batch)?.into_array(batch.num_rows())).collect::<Result<Vec<_>>>()?;
        let mut accumulator = function.create_accumulator()?;
        accumulator.update_batch(&arguments)?;
        accumulator.evaluate()
    }

    fn with_virtual(&self, batch: RecordBatch, rows: &[usize], view: View<'_>, number: i64) -> Result<RecordBatch> {
        let (classifier, match_number) = (self.compiled.first - 2, self.compiled.first - 1);
        let labels: StringArray = rows.iter().map(|row| Some(self.variable(view.labels[row - view.start]))).collect();
        let schema = batch.schema();
        let mut columns = batch.columns().to_vec();
        columns[classifier] = cast(&labels, schema.field(classifier).data_type())?;
        columns[match_number] = Arc::new(Int64Array::from(vec![number; rows.len()]));
        let options = RecordBatchOptions::new().with_row_count(Some(rows.len()));
        Ok(RecordBatch::try_new_with_options(schema, columns, &options)?)
    }
}

/// All batches as one.
pub(super) fn joined(schema: &SchemaRef, batches: &[RecordBatch]) -> Result<RecordBatch> {
    let column = |at: usize| {
        let parts: Vec<&dyn Array> = batches.iter().map(|batch| batch.column(at).as_ref()).collect();
        if parts.is_empty() { Ok(new_null_array(schema.field(at).data_type(), 0)) } else { concat(&parts) }
    };
    let columns = (0..schema.fields().len()).map(column).collect::<std::result::Result<Vec<_>, _>>()?;
    let rows = batches.iter().map(RecordBatch::num_rows).sum();
    let options = RecordBatchOptions::new().with_row_count(Some(rows));
    Ok(RecordBatch::try_new_with_options(Arc::clone(schema), columns, &options)?)
}
