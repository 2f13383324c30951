//! What any accumulator can do with help: take each set of arguments once (DISTINCT), and follow a window frame.

use std::collections::HashSet;
use std::sync::Arc;

use arrow::array::{Array, ArrayRef, StructArray, UInt32Array};
use arrow::compute::{concat, take};
use arrow::datatypes::{DataType, Field};
use datafusion::common::{Result, ScalarValue};
use datafusion::logical_expr::Accumulator;

use super::{arguments, one_list};
use crate::values::key::Keys;
use crate::values::list::as_list;

/// Hands each combination of arguments on once. Its state is all of them.
#[derive(Debug)]
pub(super) struct Distinct {
    inner: Box<dyn Accumulator>,
    seen: HashSet<Box<[u8]>>,
    /// What was handed on, an array a batch, as rows.
    rows: Vec<ArrayRef>,
    types: Vec<DataType>,
}

impl Distinct {
    /// `types` are those of the arguments.
    pub(super) fn new(inner: Box<dyn Accumulator>, types: &[DataType]) -> Self {
        Self { inner, seen: HashSet::new(), rows: Vec::new(), types: types.to_vec() }
    }

    /// The state's type: a list of rows of arguments.
    pub(super) fn state_type(types: &[DataType]) -> DataType {
        DataType::List(crate::values::list::element(&row_type(types)))
    }
}

fn row_type(types: &[DataType]) -> DataType {
    let field = |(at, data_type): (usize, &DataType)| Field::new(format!("a{at}"), data_type.clone(), true);
    DataType::Struct(types.iter().enumerate().map(field).collect())
}

impl Accumulator for Distinct {
    fn update_batch(&mut self, values: &[ArrayRef]) -> Result<()> {
        let DataType::Struct(fields) = row_type(&self.types) else { return arguments(self.types.len(), values) };
        let rows: ArrayRef = Arc::new(StructArray::try_new(fields, values.to_vec(), None)?);
        let keys = Keys::of(&rows)?;
        let new: UInt32Array = (0..rows.len() as u32).filter(|at| self.seen.insert(keys.get(*at as usize).into())).collect();
        if new.is_empty() {
            return Ok(());
        }
        let rows = take(&rows, &new, None)?;
        let values: Vec<ArrayRef> = arrow::array::AsArray::as_struct(&rows).columns().to_vec();
        self.rows.push(rows);
        self.inner.update_batch(&values)
    }

    fn evaluate(&mut self) -> Result<ScalarValue> {
        self.inner.evaluate()
    }

    fn size(&self) -> usize {
        let seen: usize = self.seen.iter().map(|key| key.len() + 32).sum();
        self.inner.size() + seen + self.rows.iter().map(|rows| rows.get_array_memory_size()).sum::<usize>()
    }

    fn state(&mut self) -> Result<Vec<ScalarValue>> {
        let parts: Vec<&dyn Array> = self.rows.iter().map(AsRef::as_ref).collect();
        let rows = match parts.is_empty() {
            true => arrow::array::new_empty_array(&row_type(&self.types)),
            false => concat(&parts)?,
        };
        Ok(vec![one_list(rows)?])
    }

    fn merge_batch(&mut self, states: &[ArrayRef]) -> Result<()> {
        let [lists] = states else { return arguments(1, states) };
        for rows in as_list(lists)?.iter().flatten() {
            self.update_batch(arrow::array::AsArray::as_struct(&rows).columns())?;
        }
        Ok(())
    }
}

/// Makes accumulators anew.
type Make = Box<dyn Fn() -> Result<Box<dyn Accumulator>> + Send + Sync>;

/// Follows a frame whose beginning moves: keeps the frame's rows and counts them again.
pub(super) struct Sliding {
    make: Make,
    /// The arguments' values in the frame, and how many of the first ones are out of it.
    columns: Vec<ArrayRef>,
    gone: usize,
}

impl std::fmt::Debug for Sliding {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Sliding").field("columns", &self.columns.len()).finish_non_exhaustive()
    }
}

impl Sliding {
    pub(super) fn new(make: Make) -> Self {
        Self { make, columns: Vec::new(), gone: 0 }
    }
}

impl Accumulator for Sliding {
    fn update_batch(&mut self, values: &[ArrayRef]) -> Result<()> {
        if self.columns.is_empty() {
            self.columns = values.to_vec();
            return Ok(());
        }
        for (column, new) in self.columns.iter_mut().zip(values) {
            let kept = column.slice(self.gone, column.len() - self.gone);
            *column = concat(&[&kept, new])?;
        }
        self.gone = 0;
        Ok(())
    }

    fn retract_batch(&mut self, values: &[ArrayRef]) -> Result<()> {
        self.gone += values.first().map_or(0, |values| values.len());
        Ok(())
    }

    fn supports_retract_batch(&self) -> bool {
        true
    }

    fn evaluate(&mut self) -> Result<ScalarValue> {
        let mut accumulator = (self.make)()?;
        if let Some(first) = self.columns.first() {
            let rows = first.len() - self.gone;
            let frame: Vec<ArrayRef> = self.columns.iter().map(|column| column.slice(self.gone, rows)).collect();
            accumulator.update_batch(&frame)?;
        }
        accumulator.evaluate()
    }

    fn size(&self) -> usize {
        self.columns.iter().map(|column| column.get_array_memory_size()).sum()
    }

    fn state(&mut self) -> Result<Vec<ScalarValue>> {
        Err(datafusion::common::DataFusionError::Internal("a window's aggregate has no state".to_string()))
    }

    fn merge_batch(&mut self, _states: &[ArrayRef]) -> Result<()> {
        Err(datafusion::common::DataFusionError::Internal("a window's aggregate is not merged".to_string()))
    }
}
