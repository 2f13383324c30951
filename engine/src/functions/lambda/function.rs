//! A function with lambdas as DataFusion has them: it says what lambdas take, what values turn into and what comes out.

use std::hash::{Hash, Hasher};
use std::sync::Arc;

use arrow::compute::cast;
use arrow::datatypes::{DataType, Field, FieldRef};
use catalog::Error;
use datafusion::common::{Result, ScalarValue, internal_datafusion_err};
use datafusion::logical_expr::{
    ColumnarValue, HigherOrderFunctionArgs, HigherOrderReturnFieldArgs, HigherOrderSignature, HigherOrderUDFImpl,
    LambdaParametersProgress, ValueOrLambda, Volatility,
};

use super::bind::{Argument, Bound, Given, Signature};
use super::{Call, Lambda};
use crate::error::into_datafusion;
use crate::functions::bind::unexpected;
use crate::types::Type;

#[derive(Debug)]
pub(super) struct Function {
    lambda: &'static Lambda,
    signatures: Vec<Signature>,
    aliases: Vec<String>,
    signature: HigherOrderSignature,
}

impl Function {
    /// Errors: `Internal` where a signature cannot be read.
    pub(super) fn new(lambda: &'static Lambda) -> catalog::Result<Self> {
        let signatures = lambda.overloads.iter().map(|overload| Signature::parse(overload.signature));
        Ok(Self {
            lambda,
            signatures: signatures.collect::<catalog::Result<_>>()?,
            aliases: lambda.names[1..].iter().map(|name| (*name).to_string()).collect(),
            signature: HigherOrderSignature::user_defined(Volatility::Immutable),
        })
    }

    /// The overload that is meant, and its types.
    fn bind(&self, given: &[Given]) -> Result<(usize, Bound)> {
        let candidates = self.signatures.iter().enumerate().filter(|(_, signature)| signature.fits(given));
        let mut bound = candidates.filter_map(|(at, signature)| Some((at, signature.bind(given)?)));
        bound.next().ok_or_else(|| into_datafusion(self.unexpected(given)))
    }

    fn unexpected(&self, given: &[Given]) -> Error {
        let name = self.lambda.names[0];
        let text = |given: &Given| match given {
            Given::Value(r#type) => r#type.to_string(),
            Given::Lambda(_) => "<function>".to_string(),
        };
        let given = given.iter().map(text).collect::<Vec<_>>();
        unexpected(name, &given, self.lambda.overloads.iter().map(|overload| overload.signature))
    }
}

impl PartialEq for Function {
    fn eq(&self, other: &Self) -> bool {
        self.lambda.names[0] == other.lambda.names[0]
    }
}

impl Eq for Function {}

impl Hash for Function {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.lambda.names[0].hash(state);
    }
}

impl HigherOrderUDFImpl for Function {
    fn name(&self) -> &str {
        self.lambda.names[0]
    }

    fn aliases(&self) -> &[String] {
        &self.aliases
    }

    fn signature(&self) -> &HigherOrderSignature {
        &self.signature
    }

    /// What does not fit is left as it is, so that [`Self::lambda_parameters`] or the result's type say so.
    fn coerce_value_types(&self, arg_types: &[DataType]) -> Result<Vec<DataType>> {
        let given = arg_types.iter().map(|data_type| Ok(Given::Value(of(data_type)?))).collect::<Result<Vec<_>>>()?;
        let Ok((at, bound)) = self.bind(&given) else { return Ok(arg_types.to_vec()) };
        Ok(self.values(at, &bound))
    }

    fn lambda_parameters(
        &self,
        step: usize,
        fields: &[ValueOrLambda<FieldRef, Option<FieldRef>>],
    ) -> Result<LambdaParametersProgress> {
        let given = fields.iter().map(|field| match field {
            ValueOrLambda::Value(field) => Ok(Given::Value(of(field.data_type())?)),
            ValueOrLambda::Lambda(field) => Ok(Given::Lambda(field.as_ref().map(|field| of(field.data_type())).transpose()?)),
        });
        let given = given.collect::<Result<Vec<_>>>()?;
        let (at, bound) = self.bind(&given)?;
        let signature = &self.signatures[at];
        let parameters = |types: &Vec<Type>| -> Vec<FieldRef> {
            types.iter().map(|r#type| Arc::new(Field::new("", r#type.arrow(), true))).collect()
        };
        // A running state's type is what the values say and what the lambda then gives: it is asked again until they agree.
        let feedback: Vec<bool> = signature
            .arguments
            .iter()
            .filter(|argument| matches!(argument, Argument::Lambda(..)))
            .map(|argument| signature.feeds_back(argument))
            .collect();
        let known = |given: &Given| !matches!(given, Given::Lambda(None));
        let unknown =
            signature.arguments.iter().zip(&given).any(|(argument, given)| signature.feeds_back(argument) && !known(given));
        if unknown || (step == 1 && feedback.contains(&true)) {
            let partial = bound.parameters.iter().zip(feedback).map(|(types, again)| again.then(|| parameters(types)));
            return Ok(LambdaParametersProgress::Partial(partial.collect()));
        }
        Ok(LambdaParametersProgress::Complete(bound.parameters.iter().map(parameters).collect()))
    }

    fn coerce_values_for_lambdas(&self, fields: &[ValueOrLambda<DataType, DataType>]) -> Result<Option<Vec<DataType>>> {
        let given = fields.iter().map(|field| match field {
            ValueOrLambda::Value(data_type) => Ok(Given::Value(of(data_type)?)),
            ValueOrLambda::Lambda(data_type) => Ok(Given::Lambda(Some(of(data_type)?))),
        });
        let (at, bound) = self.bind(&given.collect::<Result<Vec<_>>>()?)?;
        Ok(Some(self.values(at, &bound)))
    }

    fn return_field_from_args(&self, args: HigherOrderReturnFieldArgs<'_>) -> Result<FieldRef> {
        let (_, bound) = self.bind(&given(args.arg_fields)?)?;
        let result = bound.result.ok_or_else(|| internal_datafusion_err!("the result of '{}' is open", self.name()))?;
        Ok(Arc::new(Field::new(self.name(), result.arrow(), true)))
    }

    /// Rows that are NULL are left out by the functions themselves, also of maps.
    fn clear_null_values(&self) -> bool {
        false
    }

    /// What is inside of TRY is not to be computed outside of it.
    fn short_circuits(&self) -> bool {
        self.lambda.names[0] == super::tried::NAME
    }

    fn invoke_with_args(&self, args: HigherOrderFunctionArgs) -> Result<ColumnarValue> {
        let (at, bound) = self.bind(&given(&args.arg_fields)?)?;
        let result = bound.result.ok_or_else(|| internal_datafusion_err!("the result of '{}' is open", self.name()))?;
        let (mut arrays, mut lambdas) = (Vec::new(), Vec::new());
        for (argument, r#type) in args.args.iter().zip(&bound.arguments) {
            let expected = r#type.as_ref().map(Type::arrow);
            let expected = expected.ok_or_else(|| internal_datafusion_err!("an argument of '{}' is open", self.name()))?;
            match argument {
                ValueOrLambda::Value(value) => {
                    let array = value.to_array(args.number_rows)?;
                    arrays.push(if *array.data_type() == expected { array } else { cast(&array, &expected)? });
                }
                ValueOrLambda::Lambda(lambda) => lambdas.push((lambda, expected)),
            }
        }
        if arrays.iter().any(|array| !array.is_empty() && *array.data_type() == DataType::Null)
            && bound.parameters.len() == lambdas.len()
            && lambdas.is_empty()
        {
            return Ok(ColumnarValue::Scalar(ScalarValue::try_from(&result.arrow())?));
        }
        let call = Call { arrays, lambdas, result, rows: args.number_rows };
        Ok(ColumnarValue::Array((self.lambda.overloads[at].call)(&call)?))
    }
}

impl Function {
    /// The Arrow types of the arguments that are no lambdas.
    fn values(&self, overload: usize, bound: &Bound) -> Vec<DataType> {
        let arguments = self.signatures[overload].arguments.iter().zip(&bound.arguments);
        let value = |(argument, r#type): (&Argument, &Option<Type>)| match argument {
            Argument::Value(_) => r#type.as_ref().map(Type::arrow),
            Argument::Lambda(..) => None,
        };
        arguments.filter_map(value).collect()
    }
}

fn of(data_type: &DataType) -> Result<Type> {
    Type::of(data_type).map_err(into_datafusion)
}

fn given(fields: &[ValueOrLambda<FieldRef, FieldRef>]) -> Result<Vec<Given>> {
    let given = fields.iter().map(|field| match field {
        ValueOrLambda::Value(field) => Ok(Given::Value(of(field.data_type())?)),
        ValueOrLambda::Lambda(field) => Ok(Given::Lambda(Some(of(field.data_type())?))),
    });
    given.collect()
}
