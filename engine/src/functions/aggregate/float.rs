//! `max` and `min` of doubles and reals: NaN counts only where there is nothing else, as in Trino; DataFusion takes it for the
//! largest.

use std::fmt::Debug;
use std::sync::Arc;

use arrow::array::{Array, ArrayRef, ArrowPrimitiveType, AsArray, BooleanArray, PrimitiveArray};
use arrow::compute::nullif;
use arrow::datatypes::{DataType, Float32Type, Float64Type};
use datafusion::common::{Result, ScalarValue, internal_err};
use datafusion::logical_expr::{Accumulator, EmitTo, GroupsAccumulator};

use super::extreme::End;

/// The better of two numbers: of one and NaN that one.
type Better<P> = fn(<P as ArrowPrimitiveType>::Native, <P as ArrowPrimitiveType>::Native) -> <P as ArrowPrimitiveType>::Native;

/// An accumulator for one group, or a frame that only grows.
pub(super) fn one(end: End, data_type: &DataType) -> Result<Box<dyn Accumulator>> {
    Ok(match data_type {
        DataType::Float64 => Box::new(Best::<Float64Type> { better: doubles(end), best: None }),
        DataType::Float32 => Box::new(Best::<Float32Type> { better: reals(end), best: None }),
        other => return internal_err!("{other} has no NaN"),
    })
}

/// An accumulator for many groups.
pub(super) fn many(end: End, data_type: &DataType) -> Result<Box<dyn GroupsAccumulator>> {
    Ok(match data_type {
        DataType::Float64 => Box::new(Groups::<Float64Type> { better: doubles(end), best: vec![] }),
        DataType::Float32 => Box::new(Groups::<Float32Type> { better: reals(end), best: vec![] }),
        other => return internal_err!("{other} has no NaN"),
    })
}

fn doubles(end: End) -> Better<Float64Type> {
    if end == End::Largest { f64::max } else { f64::min }
}

fn reals(end: End) -> Better<Float32Type> {
    if end == End::Largest { f32::max } else { f32::min }
}

#[derive(Debug)]
struct Best<P: ArrowPrimitiveType> {
    better: Better<P>,
    best: Option<P::Native>,
}

impl<P: ArrowPrimitiveType + Debug> Accumulator for Best<P> {
    fn update_batch(&mut self, values: &[ArrayRef]) -> Result<()> {
        let [values] = values else { return super::arguments(1, values) };
        let best = values.as_primitive::<P>().iter().flatten().chain(self.best).reduce(self.better);
        self.best = best;
        Ok(())
    }

    fn evaluate(&mut self) -> Result<ScalarValue> {
        ScalarValue::try_from_array(&PrimitiveArray::<P>::from_iter([self.best]), 0)
    }

    fn size(&self) -> usize {
        size_of_val(self)
    }

    fn state(&mut self) -> Result<Vec<ScalarValue>> {
        Ok(vec![self.evaluate()?])
    }

    fn merge_batch(&mut self, states: &[ArrayRef]) -> Result<()> {
        self.update_batch(states)
    }
}

#[derive(Debug)]
struct Groups<P: ArrowPrimitiveType> {
    better: Better<P>,
    best: Vec<Option<P::Native>>,
}

impl<P: ArrowPrimitiveType> Groups<P> {
    fn emit(&mut self, emit_to: EmitTo) -> ArrayRef {
        Arc::new(PrimitiveArray::<P>::from_iter(emit_to.take_needed(&mut self.best)))
    }
}

impl<P: ArrowPrimitiveType + Debug> GroupsAccumulator for Groups<P> {
    fn update_batch(
        &mut self,
        values: &[ArrayRef],
        group_indices: &[usize],
        opt_filter: Option<&BooleanArray>,
        total_num_groups: usize,
    ) -> Result<()> {
        let [values] = values else { return super::arguments(1, values) };
        self.best.resize(total_num_groups, None);
        let counts = |at: usize| opt_filter.is_none_or(|filter| filter.is_valid(at) && filter.value(at));
        for (at, (value, group)) in values.as_primitive::<P>().iter().zip(group_indices).enumerate() {
            if let Some(value) = value.filter(|_| counts(at)) {
                let best = &mut self.best[*group];
                *best = Some(best.map_or(value, |best| (self.better)(best, value)));
            }
        }
        Ok(())
    }

    fn evaluate(&mut self, emit_to: EmitTo) -> Result<ArrayRef> {
        Ok(self.emit(emit_to))
    }

    fn state(&mut self, emit_to: EmitTo) -> Result<Vec<ArrayRef>> {
        Ok(vec![self.emit(emit_to)])
    }

    fn merge_batch(&mut self, values: &[ArrayRef], group_indices: &[usize], total_num_groups: usize) -> Result<()> {
        self.update_batch(values, group_indices, None, total_num_groups)
    }

    /// Each value is a state, NULL where it is filtered out.
    fn convert_to_state(&self, values: &[ArrayRef], opt_filter: Option<&BooleanArray>) -> Result<Vec<ArrayRef>> {
        let [values] = values else { return super::arguments(1, values) };
        let Some(filter) = opt_filter else { return Ok(vec![Arc::clone(values)]) };
        let dropped: BooleanArray = filter.iter().map(|counts| Some(counts != Some(true))).collect();
        Ok(vec![nullif(values, &dropped)?])
    }

    fn size(&self) -> usize {
        self.best.capacity() * size_of::<Option<P::Native>>()
    }
}

#[cfg(test)]
mod tests {
    use arrow::array::Float64Array;

    use super::*;

    #[test]
    fn what_is_no_number_counts_last() {
        let values: ArrayRef = Arc::new(Float64Array::from(vec![Some(f64::NAN), Some(1.0), None, Some(2.0)]));
        for (end, expected) in [(End::Largest, 2.0), (End::Smallest, 1.0)] {
            let mut best = one(end, &DataType::Float64).unwrap();
            best.update_batch(std::slice::from_ref(&values)).unwrap();
            assert_eq!(best.evaluate().unwrap(), ScalarValue::Float64(Some(expected)));
            let mut groups = many(end, &DataType::Float64).unwrap();
            groups.update_batch(std::slice::from_ref(&values), &[0, 1, 2, 1], None, 3).unwrap();
            let found = groups.evaluate(EmitTo::All).unwrap();
            let found = found.as_primitive::<Float64Type>();
            assert!(found.value(0).is_nan() && found.value(1) == expected && found.is_null(2));
        }
    }
}
