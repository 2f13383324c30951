//! `"$framed f"`: the window function or aggregate `f` over frames that are arguments.

use std::sync::Arc;

use datafusion::arrow::datatypes::{DataType, FieldRef};
use datafusion::common::{Result, ScalarValue};
use datafusion::functions_window::nth_value::{first_value_udwf, last_value_udwf, nth_value_udwf};
use datafusion::logical_expr::function::{PartitionEvaluatorArgs, WindowUDFFieldArgs};
use datafusion::logical_expr::type_coercion::functions::fields_with_udf;
use datafusion::logical_expr::{
    AggregateUDF, Expr, PartitionEvaluator, Signature, Volatility, WindowFunctionDefinition, WindowUDF, WindowUDFImpl,
};
use datafusion::physical_expr::expressions::Literal;

use super::evaluate::Frames;
use super::spec::{Spec, internal};

#[derive(Debug, PartialEq, Eq, Hash)]
pub(crate) struct Framed {
    name: String,
    inner: WindowFunctionDefinition,
    signature: Signature,
}

/// The functions that plans may call, by name also where a plan was sent to.
pub(crate) fn functions<'a>(aggregates: impl IntoIterator<Item = &'a Arc<AggregateUDF>>) -> Vec<Arc<WindowUDF>> {
    let aggregates = aggregates.into_iter().map(|function| WindowFunctionDefinition::AggregateUDF(Arc::clone(function)));
    let values = [first_value_udwf(), last_value_udwf(), nth_value_udwf()].map(WindowFunctionDefinition::WindowUDF);
    aggregates.chain(values).map(|inner| Arc::new(WindowUDF::new_from_impl(Framed::new(inner)))).collect()
}

impl Framed {
    pub(super) fn new(inner: WindowFunctionDefinition) -> Self {
        let name = format!("$framed {}", inner.name());
        Self { name, inner, signature: Signature::user_defined(Volatility::Immutable) }
    }

    pub(super) fn inner(&self) -> &WindowFunctionDefinition {
        &self.inner
    }

    /// The frame in the arguments of a call, and how many arguments are the function's own.
    pub(super) fn spec(&self, args: &[Expr]) -> Result<(Spec, usize)> {
        let spec = args.iter().enumerate().find_map(|(at, arg)| match arg {
            Expr::Literal(value @ ScalarValue::LargeBinary(_), _) => Some((at, value)),
            _ => None,
        });
        let (at, value) = spec.ok_or_else(|| internal("a frame is not where it should be"))?;
        Ok((Spec::read(value)?, at))
    }
}

/// How many of the arguments are the function's own: those before the spec, which alone has its type.
fn own(fields: &[FieldRef]) -> usize {
    fields.iter().position(|field| field.data_type() == &DataType::LargeBinary).unwrap_or(fields.len())
}

impl WindowUDFImpl for Framed {
    fn name(&self) -> &str {
        &self.name
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn coerce_types(&self, types: &[DataType]) -> Result<Vec<DataType>> {
        Ok(types.to_vec())
    }

    fn field(&self, args: WindowUDFFieldArgs<'_>) -> Result<FieldRef> {
        let fields = &args.input_fields()[..own(args.input_fields())];
        let field = match &self.inner {
            WindowFunctionDefinition::AggregateUDF(function) => {
                function.return_field(&fields_with_udf(fields, function.as_ref())?)?
            }
            WindowFunctionDefinition::WindowUDF(function) => {
                let fields = fields_with_udf(fields, function.as_ref())?;
                function.field(WindowUDFFieldArgs::new(&fields, args.name()))?
            }
        };
        Ok(Arc::new(field.as_ref().clone().with_name(args.name()).with_nullable(true)))
    }

    fn partition_evaluator(&self, args: PartitionEvaluatorArgs<'_>) -> Result<Box<dyn PartitionEvaluator>> {
        let own = own(args.input_fields());
        let spec = args.input_exprs().get(own).and_then(|expr| expr.downcast_ref::<Literal>());
        let spec = Spec::read(spec.ok_or_else(|| internal("a frame is a literal"))?.value())?;
        Ok(Box::new(Frames::new(self.inner.clone(), spec, &args.input_exprs()[..own], &args.input_fields()[..own])?))
    }
}
