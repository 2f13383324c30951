//! `avg`: DataFusion's, but that the average of decimals has their own precision and scale, rounded half up ("Aggregate
//! functions: avg"). DataFusion's has four more digits, cut off, and of those half up is right.

use std::sync::Arc;

use arrow::array::{ArrayRef, AsArray, BooleanArray, Decimal128Array};
use arrow::datatypes::{DataType, Decimal128Type, Decimal256Type, Field, FieldRef, i256};
use datafusion::common::{Result, ScalarValue};
use datafusion::functions_aggregate::average::avg_udaf;
use datafusion::logical_expr::function::{AccumulatorArgs, StateFieldsArgs};
use datafusion::logical_expr::type_coercion::functions::fields_with_udf;
use datafusion::logical_expr::utils::AggregateOrderSensitivity;
use datafusion::logical_expr::{
    Accumulator, AggregateUDF, AggregateUDFImpl, EmitTo, GroupsAccumulator, ReversedUDAF, Signature, Volatility,
};

#[derive(Debug, PartialEq, Eq, Hash)]
pub(super) struct Average(Arc<AggregateUDF>, Signature);

pub(super) fn average() -> AggregateUDF {
    AggregateUDF::new_from_impl(Average(avg_udaf(), Signature::user_defined(Volatility::Immutable)))
}

/// The library's arguments, and the decimal to round to, where it is one.
fn library<'a>(args: AccumulatorArgs<'a>, avg: &AggregateUDF) -> Result<(AccumulatorArgs<'a>, Option<DataType>)> {
    let to = args.return_field.data_type().clone();
    if !matches!(to, DataType::Decimal128(..)) {
        return Ok((args, None));
    }
    let types: Vec<DataType> = args.expr_fields.iter().map(|field| field.data_type().clone()).collect();
    let field = Field::new(args.name, avg.return_type(&types)?, true);
    Ok((AccumulatorArgs { return_field: Arc::new(field), ..args }, Some(to)))
}

impl AggregateUDFImpl for Average {
    fn name(&self) -> &str {
        self.0.name()
    }

    fn signature(&self) -> &Signature {
        &self.1
    }

    fn coerce_types(&self, types: &[DataType]) -> Result<Vec<DataType>> {
        // Four more digits than 34 are more than a decimal has: these are averaged in twice the width.
        match types {
            [DataType::Decimal128(precision, scale)] if *precision > 34 => Ok(vec![DataType::Decimal256(*precision, *scale)]),
            types => {
                let fields: Vec<FieldRef> = types.iter().map(|of| Arc::new(Field::new("", of.clone(), true))).collect();
                let fields = fields_with_udf(&fields, self.0.as_ref())?;
                Ok(fields.iter().map(|field| field.data_type().clone()).collect())
            }
        }
    }

    fn return_type(&self, types: &[DataType]) -> Result<DataType> {
        match types {
            [DataType::Decimal128(precision, scale) | DataType::Decimal256(precision, scale)] => {
                Ok(DataType::Decimal128(*precision, *scale))
            }
            types => self.0.return_type(types),
        }
    }

    fn accumulator(&self, args: AccumulatorArgs<'_>) -> Result<Box<dyn Accumulator>> {
        let (args, to) = library(args, &self.0)?;
        let inner = self.0.accumulator(args)?;
        Ok(match to {
            Some(to) => Box::new(Rounded { inner, to }),
            None => inner,
        })
    }

    fn create_sliding_accumulator(&self, args: AccumulatorArgs<'_>) -> Result<Box<dyn Accumulator>> {
        let (args, to) = library(args, &self.0)?;
        let inner = self.0.create_sliding_accumulator(args)?;
        Ok(match to {
            Some(to) => Box::new(Rounded { inner, to }),
            None => inner,
        })
    }

    fn state_fields(&self, args: StateFieldsArgs<'_>) -> Result<Vec<FieldRef>> {
        self.0.state_fields(args)
    }

    fn groups_accumulator_supported(&self, args: AccumulatorArgs<'_>) -> bool {
        library(args, &self.0).is_ok_and(|(args, _)| self.0.groups_accumulator_supported(args))
    }

    fn create_groups_accumulator(&self, args: AccumulatorArgs<'_>) -> Result<Box<dyn GroupsAccumulator>> {
        let (args, to) = library(args, &self.0)?;
        let inner = self.0.create_groups_accumulator(args)?;
        Ok(match to {
            Some(to) => Box::new(RoundedGroups { inner, to }),
            None => inner,
        })
    }

    fn order_sensitivity(&self) -> AggregateOrderSensitivity {
        self.0.order_sensitivity()
    }

    fn reverse_expr(&self) -> ReversedUDAF {
        ReversedUDAF::Identical
    }
}

/// Decimals with fewer digits after the point.
fn rounded(values: &ArrayRef, to: &DataType) -> Result<ArrayRef> {
    let DataType::Decimal128(precision, scale) = to else { return Ok(arrow::compute::cast(values, to)?) };
    if let Some(wide) = values.as_primitive_opt::<Decimal256Type>() {
        // Half is added before digits are cut off.
        let by = i256::from_i128(10_i128.pow(u32::try_from(wide.scale() - scale).unwrap_or_default()));
        let half = by.wrapping_div(i256::from_i128(2));
        let signed = |value: i256| if value.is_negative() { value.wrapping_sub(half) } else { value.wrapping_add(half) };
        let round = |value: i256| signed(value).wrapping_div(by).to_i128();
        let rounded: Decimal128Array = wide.iter().map(|value| value.and_then(round)).collect();
        return Ok(Arc::new(rounded.with_precision_and_scale(*precision, *scale)?));
    }
    let Some(values) = values.as_primitive_opt::<Decimal128Type>() else { return Ok(arrow::compute::cast(values, to)?) };
    let less = u32::try_from(values.scale() - scale).unwrap_or_default();
    let by = 10_i128.pow(less);
    let round = |value: i128| {
        let up = if (value % by).abs() * 2 >= by { value.signum() } else { 0 };
        value / by + if by == 1 { 0 } else { up }
    };
    let rounded: Decimal128Array = values.unary(round);
    Ok(Arc::new(rounded.with_precision_and_scale(*precision, *scale)?))
}

#[derive(Debug)]
struct Rounded {
    inner: Box<dyn Accumulator>,
    to: DataType,
}

impl Accumulator for Rounded {
    fn update_batch(&mut self, values: &[ArrayRef]) -> Result<()> {
        self.inner.update_batch(values)
    }

    fn evaluate(&mut self) -> Result<ScalarValue> {
        ScalarValue::try_from_array(&rounded(&self.inner.evaluate()?.to_array()?, &self.to)?, 0)
    }

    fn size(&self) -> usize {
        self.inner.size()
    }

    fn state(&mut self) -> Result<Vec<ScalarValue>> {
        self.inner.state()
    }

    fn merge_batch(&mut self, states: &[ArrayRef]) -> Result<()> {
        self.inner.merge_batch(states)
    }

    fn retract_batch(&mut self, values: &[ArrayRef]) -> Result<()> {
        self.inner.retract_batch(values)
    }

    fn supports_retract_batch(&self) -> bool {
        self.inner.supports_retract_batch()
    }
}

struct RoundedGroups {
    inner: Box<dyn GroupsAccumulator>,
    to: DataType,
}

impl GroupsAccumulator for RoundedGroups {
    fn update_batch(&mut self, values: &[ArrayRef], groups: &[usize], filter: Option<&BooleanArray>, total: usize) -> Result<()> {
        self.inner.update_batch(values, groups, filter, total)
    }

    fn evaluate(&mut self, emit_to: EmitTo) -> Result<ArrayRef> {
        rounded(&self.inner.evaluate(emit_to)?, &self.to)
    }

    fn state(&mut self, emit_to: EmitTo) -> Result<Vec<ArrayRef>> {
        self.inner.state(emit_to)
    }

    fn merge_batch(&mut self, values: &[ArrayRef], groups: &[usize], total: usize) -> Result<()> {
        self.inner.merge_batch(values, groups, total)
    }

    fn convert_to_state(&self, values: &[ArrayRef], filter: Option<&BooleanArray>) -> Result<Vec<ArrayRef>> {
        self.inner.convert_to_state(values, filter)
    }

    fn size(&self) -> usize {
        self.inner.size()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn halves_are_rounded_away_from_zero() {
        let values = |values: Vec<i128>, scale| -> ArrayRef {
            Arc::new(Decimal128Array::from(values).with_precision_and_scale(20, scale).unwrap())
        };
        let from = values(vec![15_000, 14_999, -15_000, -14_999, 0], 6);
        let to = rounded(&from, &DataType::Decimal128(20, 2)).unwrap();
        assert_eq!(&to, &values(vec![2, 1, -2, -1, 0], 2));
    }
}
