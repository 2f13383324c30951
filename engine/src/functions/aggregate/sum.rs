//! `sum`: DataFusion's, but that a sum beyond its type is an error and not another number, and that the sum of decimals has 38
//! digits ("Aggregate functions: sum").

use std::fmt::Debug;
use std::marker::PhantomData;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use arrow::array::{Array, ArrayRef, ArrowNativeTypeOp, ArrowPrimitiveType, AsArray, BooleanArray, PrimitiveArray};
use arrow::datatypes::{
    DataType, Decimal128Type, DurationMillisecondType, Field, FieldRef, Int64Type, IntervalUnit, IntervalYearMonthType, TimeUnit,
};
use catalog::{Error, ErrorKind};
use datafusion::common::{DataFusionError, Result, ScalarValue};
use datafusion::functions_aggregate::sum::sum_udaf;
use datafusion::logical_expr::function::{AccumulatorArgs, StateFieldsArgs};
use datafusion::logical_expr::type_coercion::functions::fields_with_udf;
use datafusion::logical_expr::utils::{AggregateOrderSensitivity, format_state_name};
use datafusion::logical_expr::{
    Accumulator, AggregateUDF, AggregateUDFImpl, EmitTo, GroupsAccumulator, ReversedUDAF, Signature, Volatility,
};
use datafusion_functions_aggregate_common::aggregate::groups_accumulator::prim_op::PrimitiveGroupsAccumulator;

use super::adapter::Distinct;
use super::arguments;
use crate::error::into_datafusion;
use crate::types::MAX_PRECISION;

#[derive(Debug, PartialEq, Eq, Hash)]
pub(super) struct Sum(Arc<AggregateUDF>, Signature);

pub(super) fn sum() -> AggregateUDF {
    AggregateUDF::new_from_impl(Sum(sum_udaf(), Signature::user_defined(Volatility::Immutable)))
}

/// With the type that sums are made in, for the types whose sums have an end. Floats have infinity.
macro_rules! bounded {
    ($data_type:expr, $make:ident, $args:tt) => {
        match $data_type {
            DataType::Int64 => Some($make::<Int64Type> $args),
            DataType::Decimal128(..) => Some($make::<Decimal128Type> $args),
            DataType::Duration(TimeUnit::Millisecond) => Some($make::<DurationMillisecondType> $args),
            DataType::Interval(IntervalUnit::YearMonth) => Some($make::<IntervalYearMonthType> $args),
            _ => None,
        }
    };
}

impl AggregateUDFImpl for Sum {
    fn name(&self) -> &str {
        self.0.name()
    }

    fn signature(&self) -> &Signature {
        &self.1
    }

    fn coerce_types(&self, types: &[DataType]) -> Result<Vec<DataType>> {
        let fields: Vec<FieldRef> = types.iter().map(|of| Arc::new(Field::new("", of.clone(), true))).collect();
        let fields = fields_with_udf(&fields, self.0.as_ref())?;
        Ok(fields.iter().map(|field| field.data_type().clone()).collect())
    }

    fn return_type(&self, types: &[DataType]) -> Result<DataType> {
        match types {
            [DataType::Decimal128(_, scale)] => Ok(DataType::Decimal128(MAX_PRECISION, *scale)),
            types => self.0.return_type(types),
        }
    }

    fn accumulator(&self, args: AccumulatorArgs<'_>) -> Result<Box<dyn Accumulator>> {
        let Some(sum) = bounded!(args.return_field.data_type(), checked, (args.return_field.data_type())) else {
            return self.0.accumulator(args);
        };
        let types: Vec<DataType> = args.expr_fields.iter().map(|field| field.data_type().clone()).collect();
        Ok(if args.is_distinct { Box::new(Distinct::new(sum, &types)) } else { sum })
    }

    fn create_sliding_accumulator(&self, args: AccumulatorArgs<'_>) -> Result<Box<dyn Accumulator>> {
        let bounded = bounded!(args.return_field.data_type(), checked, (args.return_field.data_type()));
        match bounded.filter(|_| !args.is_distinct) {
            Some(sum) => Ok(sum),
            None => self.0.create_sliding_accumulator(args),
        }
    }

    fn state_fields(&self, args: StateFieldsArgs<'_>) -> Result<Vec<FieldRef>> {
        let is_bounded = bounded!(args.return_field.data_type(), is_bounded, ()).is_some();
        if !args.is_distinct || !is_bounded {
            return self.0.state_fields(args);
        }
        let types: Vec<DataType> = args.input_fields.iter().map(|field| field.data_type().clone()).collect();
        let name = format_state_name(args.name, "sum distinct");
        Ok(vec![Arc::new(Field::new(name, Distinct::state_type(&types), true))])
    }

    fn groups_accumulator_supported(&self, args: AccumulatorArgs<'_>) -> bool {
        self.0.groups_accumulator_supported(args)
    }

    fn create_groups_accumulator(&self, args: AccumulatorArgs<'_>) -> Result<Box<dyn GroupsAccumulator>> {
        let bounded = bounded!(args.return_field.data_type(), groups, (args.return_field.data_type()));
        bounded.map_or_else(|| self.0.create_groups_accumulator(args), Ok)
    }

    fn order_sensitivity(&self) -> AggregateOrderSensitivity {
        self.0.order_sensitivity()
    }

    fn reverse_expr(&self) -> ReversedUDAF {
        ReversedUDAF::Identical
    }
}

fn is_bounded<T: Bounded>() {}

fn overflow(to: &DataType) -> DataFusionError {
    let message = match to {
        DataType::Int64 => "bigint addition overflow",
        DataType::Decimal128(..) => "Decimal overflow",
        _ => "interval addition overflow",
    };
    into_datafusion(Error::new(ErrorKind::NumericOutOfRange, message))
}

/// Whether a decimal has more digits than its type.
fn is_too_long(value: i128, to: &DataType) -> bool {
    matches!(to, DataType::Decimal128(precision, _) if value.unsigned_abs() >= 10_u128.pow((*precision).into()))
}

/// A type of numbers that 128 bits hold.
trait Bounded: ArrowPrimitiveType<Native: Into<i128> + TryFrom<i128>> + Debug + Send + Sync {}
impl<T: ArrowPrimitiveType<Native: Into<i128> + TryFrom<i128>> + Debug + Send + Sync> Bounded for T {}

fn checked<T: Bounded>(to: &DataType) -> Box<dyn Accumulator> {
    Box::new(Checked::<T> { sum: 0, count: 0, to: to.clone(), of: PhantomData })
}

/// The sum of values that are there, from which values may be taken again.
#[derive(Debug)]
struct Checked<T: Bounded> {
    sum: i128,
    count: usize,
    to: DataType,
    of: PhantomData<T>,
}

impl<T: Bounded> Checked<T> {
    fn add(&mut self, values: &[ArrayRef], one: impl Fn(i128, i128) -> Option<i128>) -> Result<usize> {
        let [values] = values else { return arguments(1, values) };
        let values = values.as_primitive::<T>();
        let mut each = |value: T::Native| {
            self.sum = one(self.sum, value.into()).ok_or_else(|| overflow(&self.to))?;
            Ok::<_, DataFusionError>(())
        };
        match values.null_count() {
            0 => values.values().iter().copied().try_for_each(&mut each)?,
            _ => values.iter().flatten().try_for_each(&mut each)?,
        }
        Ok(values.len() - values.null_count())
    }
}

impl<T: Bounded> Accumulator for Checked<T> {
    fn update_batch(&mut self, values: &[ArrayRef]) -> Result<()> {
        self.count += self.add(values, i128::checked_add)?;
        Ok(())
    }

    fn retract_batch(&mut self, values: &[ArrayRef]) -> Result<()> {
        self.count -= self.add(values, i128::checked_sub)?;
        Ok(())
    }

    fn supports_retract_batch(&self) -> bool {
        true
    }

    fn merge_batch(&mut self, states: &[ArrayRef]) -> Result<()> {
        self.update_batch(states)
    }

    fn evaluate(&mut self) -> Result<ScalarValue> {
        if self.count == 0 {
            return ScalarValue::try_from(&self.to);
        }
        let sum = T::Native::try_from(self.sum).ok().filter(|_| !is_too_long(self.sum, &self.to));
        ScalarValue::new_primitive::<T>(Some(sum.ok_or_else(|| overflow(&self.to))?), &self.to)
    }

    fn state(&mut self) -> Result<Vec<ScalarValue>> {
        Ok(vec![self.evaluate()?])
    }

    fn size(&self) -> usize {
        size_of_val(self)
    }
}

fn groups<T: Bounded>(to: &DataType) -> Box<dyn GroupsAccumulator> {
    let overflowed = Arc::new(AtomicBool::new(false));
    let seen = Arc::clone(&overflowed);
    let inner = PrimitiveGroupsAccumulator::<T, _>::new(to, move |sum, value| {
        let made = sum.add_wrapping(value);
        // One that went the other way than what was added went round. Arrow's checked addition makes a text for each error.
        if made.is_lt(*sum) != value.is_lt(T::Native::ZERO) {
            seen.store(true, Ordering::Relaxed);
        }
        *sum = made;
    });
    Box::new(CheckedGroups { inner: Box::new(inner), overflowed, to: to.clone() })
}

/// Sums of groups; the first that is beyond its type fails the batch that it is in.
struct CheckedGroups {
    inner: Box<dyn GroupsAccumulator>,
    overflowed: Arc<AtomicBool>,
    to: DataType,
}

impl CheckedGroups {
    fn check(&self) -> Result<()> {
        if self.overflowed.load(Ordering::Relaxed) { Err(overflow(&self.to)) } else { Ok(()) }
    }

    /// Sums that have left 128 bits were seen as they did; these have left the digits of a decimal.
    fn check_digits(&self, sums: ArrayRef) -> Result<ArrayRef> {
        let decimals: Option<&PrimitiveArray<Decimal128Type>> = sums.as_primitive_opt();
        match decimals.is_some_and(|sums| sums.iter().flatten().any(|sum| is_too_long(sum, &self.to))) {
            true => Err(overflow(&self.to)),
            false => Ok(sums),
        }
    }
}

impl GroupsAccumulator for CheckedGroups {
    fn update_batch(&mut self, values: &[ArrayRef], groups: &[usize], filter: Option<&BooleanArray>, total: usize) -> Result<()> {
        self.inner.update_batch(values, groups, filter, total)?;
        self.check()
    }

    fn merge_batch(&mut self, values: &[ArrayRef], groups: &[usize], total: usize) -> Result<()> {
        self.inner.merge_batch(values, groups, total)?;
        self.check()
    }

    fn evaluate(&mut self, emit_to: EmitTo) -> Result<ArrayRef> {
        let sums = self.inner.evaluate(emit_to)?;
        self.check_digits(sums)
    }

    fn state(&mut self, emit_to: EmitTo) -> Result<Vec<ArrayRef>> {
        Ok(vec![self.evaluate(emit_to)?])
    }

    fn convert_to_state(&self, values: &[ArrayRef], filter: Option<&BooleanArray>) -> Result<Vec<ArrayRef>> {
        self.inner.convert_to_state(values, filter)
    }

    fn size(&self) -> usize {
        self.inner.size()
    }
}
