//! The aggregate behind a scalar subquery: its one value, NULL for no row, an error for a second row.

use catalog::{Error, ErrorKind};
use datafusion::arrow::array::ArrayRef;
use datafusion::arrow::datatypes::{DataType, Field, FieldRef};
use datafusion::common::{Result, ScalarValue};
use datafusion::logical_expr::function::{AccumulatorArgs, StateFieldsArgs};
use datafusion::logical_expr::{Accumulator, AggregateUDFImpl, Signature, Volatility};

use crate::error::into_datafusion;

/// `"$single"(x)`
#[derive(Debug, PartialEq, Eq, Hash)]
pub(crate) struct Single(Signature);

impl Default for Single {
    fn default() -> Self {
        Self(Signature::any(1, Volatility::Immutable))
    }
}

impl AggregateUDFImpl for Single {
    fn name(&self) -> &str {
        "$single"
    }

    fn signature(&self) -> &Signature {
        &self.0
    }

    fn return_type(&self, types: &[DataType]) -> Result<DataType> {
        Ok(types.first().cloned().unwrap_or(DataType::Null))
    }

    fn state_fields(&self, args: StateFieldsArgs<'_>) -> Result<Vec<FieldRef>> {
        let value = Field::new("value", args.return_field.data_type().clone(), true);
        Ok(vec![value.into(), Field::new("rows", DataType::UInt64, false).into()])
    }

    fn accumulator(&self, args: AccumulatorArgs<'_>) -> Result<Box<dyn Accumulator>> {
        Ok(Box::new(One { value: ScalarValue::try_from(args.return_field.data_type())?, rows: 0 }))
    }
}

#[derive(Debug)]
struct One {
    value: ScalarValue,
    rows: u64,
}

impl One {
    fn take(&mut self, value: &ArrayRef, row: usize, rows: u64) -> Result<()> {
        self.rows += rows;
        if self.rows > 1 {
            let error = Error::new(ErrorKind::SubqueryMultipleRows, "scalar sub-query has returned multiple rows");
            return Err(into_datafusion(error));
        }
        self.value = ScalarValue::try_from_array(value, row)?;
        Ok(())
    }
}

impl Accumulator for One {
    fn update_batch(&mut self, values: &[ArrayRef]) -> Result<()> {
        match values.first() {
            Some(value) if !value.is_empty() => self.take(value, 0, value.len() as u64),
            _ => Ok(()),
        }
    }

    fn merge_batch(&mut self, states: &[ArrayRef]) -> Result<()> {
        let [value, rows] = states else { return Err(into_datafusion(Error::internal("$single has two states"))) };
        for row in 0..value.len() {
            let counted = ScalarValue::try_from_array(rows, row)?;
            if let ScalarValue::UInt64(Some(counted)) = counted
                && counted > 0
            {
                self.take(value, row, counted)?;
            }
        }
        Ok(())
    }

    fn state(&mut self) -> Result<Vec<ScalarValue>> {
        Ok(vec![self.value.clone(), ScalarValue::UInt64(Some(self.rows))])
    }

    fn evaluate(&mut self) -> Result<ScalarValue> {
        Ok(self.value.clone())
    }

    fn size(&self) -> usize {
        size_of_val(self) + self.value.size()
    }
}
