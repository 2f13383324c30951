//! The rows decoded so far: one builder per projected column, all as long as there are rows, except inside a record.

use arrow::array::{RecordBatch, RecordBatchOptions};
use arrow::datatypes::{Schema, SchemaRef};

use super::column::Column;
use crate::error::{Error, Result};

#[derive(Debug)]
pub(super) struct Rows {
    schema: SchemaRef,
    pub(super) columns: Vec<Column>,
    count: usize,
}

impl Rows {
    /// For the columns of `columns` that `projection` names by index, in its order.
    pub(super) fn new(columns: &Schema, projection: &[usize], capacity: usize) -> Result<Self> {
        let schema = columns
            .project(projection)
            .map_err(|error| Error::internal("a projection names columns that the table does not have").caused_by(error))?;
        let columns = schema.fields().iter().map(|field| Column::new(field, capacity)).collect::<Result<_>>()?;
        Ok(Self { schema: schema.into(), columns, count: 0 })
    }

    pub(super) fn count(&self) -> usize {
        self.count
    }

    /// Every column got its value of the row.
    pub(super) fn close(&mut self) {
        self.count += 1;
    }

    pub(super) fn push_null_row(&mut self) {
        self.columns.iter_mut().for_each(Column::push_null);
        self.count += 1;
    }

    /// Takes back a row that was begun.
    pub(super) fn undo(&mut self) {
        self.undo_to(self.count);
    }

    /// Takes back all rows but the first `count`, and one that was begun.
    pub(super) fn undo_to(&mut self, count: usize) {
        self.count = count;
        for column in &mut self.columns {
            column.truncate(self.count);
        }
    }

    /// All rows; none are left.
    pub(super) fn flush(&mut self) -> Result<RecordBatch> {
        let arrays = self.columns.iter_mut().map(Column::finish).collect::<Result<Vec<_>>>()?;
        let options = RecordBatchOptions::new().with_row_count(Some(self.count));
        self.count = 0;
        RecordBatch::try_new_with_options(self.schema.clone(), arrays, &options)
            .map_err(|error| Error::internal("decoded columns do not make a batch").caused_by(error))
    }
}
