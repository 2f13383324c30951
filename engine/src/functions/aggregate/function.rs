//! An aggregate of the table as DataFusion has them.

use std::hash::{Hash, Hasher};
use std::sync::Arc;

use arrow::datatypes::{DataType, Field, FieldRef};
use catalog::Error;
use datafusion::common::{Result, internal_err};
use datafusion::logical_expr::function::{AccumulatorArgs, StateFieldsArgs};
use datafusion::logical_expr::utils::{AggregateOrderSensitivity, format_state_name};
use datafusion::logical_expr::{
    Accumulator, AggregateUDF, AggregateUDFImpl, GroupsAccumulator, ReversedUDAF, SetMonotonicity, Signature as UserSignature,
    StatisticsArgs, Volatility,
};
use datafusion::scalar::ScalarValue;

use super::adapter::{Distinct, Sliding};
use super::{Aggregate, Kind, Overload, Types, float};
use crate::error::into_datafusion;
use crate::functions::bind::{bind, unexpected};
use crate::functions::signature::Signature;
use crate::types::Type;

#[derive(Debug)]
pub(super) struct Function {
    aggregate: &'static Aggregate,
    signatures: Vec<Signature>,
    aliases: Vec<String>,
    signature: UserSignature,
}

impl Function {
    /// Errors: `Internal` where a signature cannot be read.
    pub(super) fn new(aggregate: &'static Aggregate) -> catalog::Result<Self> {
        let signatures = aggregate.overloads.iter().map(|overload| Signature::parse(overload.signature));
        Ok(Self {
            aggregate,
            signatures: signatures.collect::<catalog::Result<_>>()?,
            aliases: aggregate.names[1..].iter().map(|name| (*name).to_string()).collect(),
            signature: UserSignature::user_defined(Volatility::Immutable),
        })
    }

    fn bind<'t>(&self, arguments: impl IntoIterator<Item = &'t DataType>) -> Result<(&'static Overload, Types)> {
        let actual = arguments.into_iter().map(Type::of).collect::<catalog::Result<Vec<_>>>().map_err(into_datafusion)?;
        let Some(bound) = bind(&self.signatures, &actual) else { return Err(into_datafusion(self.unexpected(&actual))) };
        let arguments = bound.arguments.iter().map(Type::arrow).collect();
        Ok((&self.aggregate.overloads[bound.overload], Types { arguments, result: bound.result.arrow() }))
    }

    fn unexpected(&self, actual: &[Type]) -> Error {
        let name = self.aggregate.names[0];
        let given = actual.iter().map(Type::to_string).collect::<Vec<_>>();
        unexpected(name, &given, self.aggregate.overloads.iter().map(|overload| overload.signature))
    }

    fn of(&self, args: &AccumulatorArgs<'_>) -> Result<(&'static Overload, Types)> {
        self.bind(args.expr_fields.iter().map(|field| field.data_type()))
    }

    /// DataFusion's aggregate, where there is one: what it says of itself without regard to arguments.
    fn library(&self) -> Option<Arc<AggregateUDF>> {
        self.aggregate.overloads.iter().find_map(|overload| match &overload.kind {
            Kind::Library(library) => Some(library()),
            Kind::Float(_) | Kind::Own { .. } => None,
        })
    }
}

impl PartialEq for Function {
    fn eq(&self, other: &Self) -> bool {
        self.aggregate.names[0] == other.aggregate.names[0]
    }
}

impl Eq for Function {}

impl Hash for Function {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.aggregate.names[0].hash(state);
    }
}

/// Whether the library's aggregate sees to DISTINCT itself: repetitions do not matter.
fn is_distinct_itself(library: &AggregateUDF) -> bool {
    matches!(library.name(), "min" | "max" | "any_value" | "bool_and" | "bool_or" | "bit_and" | "bit_or" | "bit_xor")
}

/// The arguments for the library's accumulator, of rows that are distinct already.
fn not_distinct<'a>(args: &AccumulatorArgs<'a>) -> AccumulatorArgs<'a> {
    AccumulatorArgs { is_distinct: false, return_field: Arc::clone(&args.return_field), ..*args }
}

impl AggregateUDFImpl for Function {
    fn name(&self) -> &str {
        self.aggregate.names[0]
    }

    fn aliases(&self) -> &[String] {
        &self.aliases
    }

    fn signature(&self) -> &UserSignature {
        &self.signature
    }

    /// What does not fit is left as it is: [`Self::return_type`] then says so.
    fn coerce_types(&self, arg_types: &[DataType]) -> Result<Vec<DataType>> {
        Ok(match self.bind(arg_types) {
            Ok((_, types)) => types.arguments,
            Err(_) => arg_types.to_vec(),
        })
    }

    fn return_type(&self, arg_types: &[DataType]) -> Result<DataType> {
        Ok(self.bind(arg_types)?.1.result)
    }

    fn accumulator(&self, args: AccumulatorArgs<'_>) -> Result<Box<dyn Accumulator>> {
        let (overload, types) = self.of(&args)?;
        let inner = match &overload.kind {
            Kind::Own { make, .. } => make(&types),
            // Repetitions do not matter.
            Kind::Float(end) => return float::one(*end, &types.result),
            Kind::Library(library) if !args.is_distinct || is_distinct_itself(&library()) => return library().accumulator(args),
            Kind::Library(library) => library().accumulator(not_distinct(&args))?,
        };
        Ok(if args.is_distinct { Box::new(Distinct::new(inner, &types.arguments)) } else { inner })
    }

    fn create_sliding_accumulator(&self, args: AccumulatorArgs<'_>) -> Result<Box<dyn Accumulator>> {
        let (overload, types) = self.of(&args)?;
        match &overload.kind {
            Kind::Library(library) => {
                let inner = library().create_sliding_accumulator(args)?;
                if inner.supports_retract_batch() {
                    return Ok(inner);
                }
                internal_err!("'{}' cannot follow a frame whose beginning moves", self.name())
            }
            Kind::Float(end) => {
                let (end, data_type) = (*end, types.result);
                Ok(Box::new(Sliding::new(Box::new(move || float::one(end, &data_type)))))
            }
            Kind::Own { make, .. } => {
                let inner = make(&types);
                if inner.supports_retract_batch() && !args.is_distinct {
                    return Ok(inner);
                }
                let (make, distinct) = (*make, args.is_distinct);
                Ok(Box::new(Sliding::new(Box::new(move || {
                    let inner = make(&types);
                    Ok(if distinct { Box::new(Distinct::new(inner, &types.arguments)) } else { inner })
                }))))
            }
        }
    }

    fn state_fields(&self, args: StateFieldsArgs<'_>) -> Result<Vec<FieldRef>> {
        let (overload, types) = self.bind(args.input_fields.iter().map(|field| field.data_type()))?;
        let states = match &overload.kind {
            Kind::Library(library) if !args.is_distinct || is_distinct_itself(&library()) => return library().state_fields(args),
            Kind::Float(_) => vec![types.result],
            _ if args.is_distinct => vec![Distinct::state_type(&types.arguments)],
            Kind::Own { state, .. } => state(&types),
            Kind::Library(_) => return internal_err!("an aggregate of the library has its own state"),
        };
        let field = |(at, state)| Arc::new(Field::new(format_state_name(args.name, &format!("s{at}")), state, true));
        Ok(states.into_iter().enumerate().map(field).collect())
    }

    fn groups_accumulator_supported(&self, args: AccumulatorArgs<'_>) -> bool {
        match self.of(&args) {
            Ok((Overload { kind: Kind::Library(library), .. }, _)) if !args.is_distinct || is_distinct_itself(&library()) => {
                library().groups_accumulator_supported(args)
            }
            Ok((Overload { kind: Kind::Float(_), .. }, _)) => true,
            _ => false,
        }
    }

    fn create_groups_accumulator(&self, args: AccumulatorArgs<'_>) -> Result<Box<dyn GroupsAccumulator>> {
        let (overload, types) = self.of(&args)?;
        match &overload.kind {
            Kind::Library(library) => library().create_groups_accumulator(args),
            Kind::Float(end) => float::many(*end, &types.result),
            Kind::Own { .. } => internal_err!("'{}' has no accumulator of groups", self.name()),
        }
    }

    fn order_sensitivity(&self) -> AggregateOrderSensitivity {
        match &self.aggregate.overloads[0].kind {
            Kind::Library(library) => library().order_sensitivity(),
            Kind::Own { ordered: true, .. } => AggregateOrderSensitivity::HardRequirement,
            Kind::Float(_) | Kind::Own { ordered: false, .. } => AggregateOrderSensitivity::Insensitive,
        }
    }

    fn reverse_expr(&self) -> ReversedUDAF {
        match self.order_sensitivity() {
            AggregateOrderSensitivity::Insensitive => ReversedUDAF::Identical,
            _ => ReversedUDAF::NotSupported,
        }
    }

    fn is_descending(&self) -> Option<bool> {
        self.library()?.is_descending()
    }

    fn value_from_stats(&self, statistics: &StatisticsArgs<'_>) -> Option<ScalarValue> {
        if statistics.exprs.len() == 1 { self.library()?.value_from_stats(statistics) } else { None }
    }

    fn default_value(&self, data_type: &DataType) -> Result<ScalarValue> {
        match self.name() {
            "count_if" | "approx_distinct" => Ok(ScalarValue::Int64(Some(0))),
            _ => ScalarValue::try_from(data_type),
        }
    }

    fn set_monotonicity(&self, data_type: &DataType) -> SetMonotonicity {
        self.library().map_or(SetMonotonicity::NotMonotonic, |library| library.inner().set_monotonicity(data_type))
    }
}
