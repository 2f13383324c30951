//! A function of ours as DataFusion has them: it binds a call to an overload, says what its arguments turn into and what comes
//! out, and calls it.

use std::hash::{Hash, Hasher};
use std::sync::{Arc, PoisonError, RwLock};

use arrow::array::{Array, ArrayRef, BooleanArray, new_null_array};
use arrow::compute::{can_cast_types, nullif};
use arrow::datatypes::{DataType, Field, FieldRef};
use catalog::Error;
use datafusion::common::{Result, ScalarValue, internal_err};
use datafusion::logical_expr::{
    ColumnarValue, ReturnFieldArgs, ScalarFunctionArgs, ScalarUDFImpl, Signature as UserSignature, Volatility,
};

use super::bind::{Bound, bind, unexpected};
use super::signature::Signature;
use super::{Call, Nulls, Overload, Scalar};
use crate::error::into_datafusion;
use crate::types::Type;

/// Functions that give another value each time they are called.
const VOLATILE: &[&str] = &["random", "rand", "uuid", "shuffle"];

#[derive(Debug)]
pub(super) struct Function {
    name: &'static str,
    overloads: Vec<&'static Overload>,
    signatures: Vec<Signature>,
    aliases: Vec<String>,
    signature: UserSignature,
    /// Calls that were bound already: planning asks for one several times, and each batch does.
    bound: RwLock<Vec<Arc<Binding>>>,
}

/// A call that was bound.
#[derive(Debug)]
struct Binding {
    /// What it was called with.
    given: Vec<DataType>,
    bound: Bound,
    /// The Arrow types of arguments and result.
    arguments: Vec<DataType>,
    result: DataType,
}

/// So many ways to call a function are remembered.
const MAX_BINDINGS: usize = 32;

impl Function {
    /// The function of which `parts`, which have one name, say the overloads.
    ///
    /// Errors: `Internal` where a signature cannot be read.
    pub(super) fn new(parts: &[&'static Scalar]) -> catalog::Result<Self> {
        let names: Vec<&'static str> = parts.iter().flat_map(|part| part.names.iter().copied()).collect();
        let name = *names.first().ok_or_else(|| Error::internal("a function without a name"))?;
        let volatility = if VOLATILE.contains(&name) { Volatility::Volatile } else { Volatility::Immutable };
        let overloads: Vec<&'static Overload> = parts.iter().flat_map(|part| part.overloads).collect();
        let signatures = overloads.iter().map(|overload| Signature::parse(overload.signature));
        let mut aliases: Vec<String> = names.iter().filter(|other| **other != name).map(|name| (*name).to_string()).collect();
        aliases.sort_unstable();
        aliases.dedup();
        Ok(Self {
            name,
            signatures: signatures.collect::<catalog::Result<_>>()?,
            overloads,
            aliases,
            signature: UserSignature::user_defined(volatility),
            bound: RwLock::default(),
        })
    }

    fn bind<'t>(&self, given: impl Iterator<Item = &'t DataType> + Clone) -> Result<Arc<Binding>> {
        let known = self.bound.read().unwrap_or_else(PoisonError::into_inner);
        if let Some(binding) = known.iter().find(|binding| binding.given.iter().eq(given.clone())) {
            return Ok(Arc::clone(binding));
        }
        drop(known);
        let types = given.clone().map(|r#type| Type::of(r#type).map_err(into_datafusion)).collect::<Result<Vec<_>>>()?;
        let bound = bind(&self.signatures, &types).ok_or_else(|| into_datafusion(self.unexpected(&types)))?;
        let binding = Arc::new(Binding {
            given: given.cloned().collect(),
            arguments: bound.arguments.iter().map(Type::arrow).collect(),
            result: bound.result.arrow(),
            bound,
        });
        let mut known = self.bound.write().unwrap_or_else(PoisonError::into_inner);
        if known.len() >= MAX_BINDINGS {
            known.remove(0);
        }
        known.push(Arc::clone(&binding));
        Ok(binding)
    }

    /// The varchar that comes out of a call of varchars whose lengths are known: `lower` of a `varchar(3)` is one too.
    pub(super) fn with_length(&self, given: &[Type]) -> Option<Type> {
        let plain: Vec<DataType> = given.iter().map(Type::arrow).collect();
        let called = self.bind(plain.iter()).ok()?;
        bind(&self.signatures, given).filter(|bound| bound.overload == called.bound.overload).map(|bound| bound.result)
    }

    /// What arguments of these types are to turn into. What fits no overload is left as it is.
    pub(super) fn wanted(&self, given: &[DataType]) -> Vec<DataType> {
        self.bind(given.iter()).map_or_else(|_| given.to_vec(), |binding| binding.arguments.clone())
    }

    fn unexpected(&self, types: &[Type]) -> Error {
        // As users call it.
        let called = self.aliases.iter().map(String::as_str).find(|alias| !alias.starts_with('$'));
        let name = called.filter(|_| self.name.starts_with('$')).unwrap_or(self.name);
        let given = types.iter().map(Type::to_string).collect::<Vec<_>>();
        unexpected(name, &given, self.overloads.iter().map(|overload| overload.signature))
    }
}

impl PartialEq for Function {
    fn eq(&self, other: &Self) -> bool {
        self.name == other.name
    }
}

impl Eq for Function {}

impl Hash for Function {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.name.hash(state);
    }
}

impl ScalarUDFImpl for Function {
    fn name(&self) -> &str {
        self.name
    }

    fn aliases(&self) -> &[String] {
        &self.aliases
    }

    fn signature(&self) -> &UserSignature {
        &self.signature
    }

    fn return_type(&self, _: &[DataType]) -> Result<DataType> {
        internal_err!("the result of '{}' depends on its arguments", self.name())
    }

    fn return_field_from_args(&self, args: ReturnFieldArgs<'_>) -> Result<FieldRef> {
        let binding = self.bind(args.arg_fields.iter().map(|field| field.data_type()))?;
        Ok(Arc::new(Field::new(self.name(), binding.result.clone(), true)))
    }

    /// What does not fit is left as it is: [`Self::return_field_from_args`] then says so, in an error that DataFusion hands on. So is
    /// what Arrow does not cast, which DataFusion would refuse; [`crate::coerce`] asks [`super::wanted`].
    fn coerce_types(&self, arg_types: &[DataType]) -> Result<Vec<DataType>> {
        let wanted = self.wanted(arg_types);
        let castable = wanted.iter().zip(arg_types).all(|(to, from)| from == to || can_cast_types(from, to));
        Ok(if castable { wanted } else { arg_types.to_vec() })
    }

    fn invoke_with_args(&self, args: ScalarFunctionArgs) -> Result<ColumnarValue> {
        let binding = self.bind(args.arg_fields.iter().map(|field| field.data_type()))?;
        let bound = &binding.bound;
        let overload = self.overloads[bound.overload];
        let drops_nulls = overload.nulls == Nulls::Null;
        if drops_nulls && args.args.iter().any(is_null) {
            return Ok(ColumnarValue::Scalar(ScalarValue::try_from(&binding.result)?));
        }
        let constant = self.signature.volatility != Volatility::Volatile
            && args.args.iter().all(|argument| matches!(argument, ColumnarValue::Scalar(_)));
        let rows = if constant { 1 } else { args.number_rows };
        let call =
            Call { arguments: &args.args, types: &bound.arguments, result: &bound.result, rows, options: &args.config_options };
        let values = (overload.call)(&call)?;
        let values = if drops_nulls { without(values, &call)? } else { values };
        if values.len() != rows || *values.data_type() != binding.result {
            let (name, got) = (self.name(), values.data_type());
            return internal_err!("'{name}' made {} values of {got} instead of {rows} of {}", values.len(), bound.result);
        }
        if constant {
            return Ok(ColumnarValue::Scalar(ScalarValue::try_from_array(&values, 0)?));
        }
        Ok(ColumnarValue::Array(values))
    }
}

fn is_null(argument: &ColumnarValue) -> bool {
    match argument {
        ColumnarValue::Scalar(scalar) => scalar.is_null(),
        ColumnarValue::Array(array) => *array.data_type() == DataType::Null,
    }
}

/// `values` with NULL where an argument is NULL.
fn without(values: ArrayRef, call: &Call<'_>) -> Result<ArrayRef> {
    match call.valid() {
        Some(valid) if values.nulls() != Some(&valid) => {
            if valid.null_count() == valid.len() {
                return Ok(new_null_array(values.data_type(), values.len()));
            }
            Ok(nullif(&values, &BooleanArray::new(!valid.inner(), None))?)
        }
        _ => Ok(values),
    }
}
