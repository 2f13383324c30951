//! The functions that casts are in plans: `"$cast"(value, 'type')` and `"$try_cast"(value, 'type')`.

use std::sync::{Arc, LazyLock};

use arrow::array::ArrayRef;
use arrow::datatypes::{DataType, Field, FieldRef};
use catalog::{Error, ErrorKind};
use datafusion::common::{Result, ScalarValue, internal_err};
use datafusion::config::ConfigOptions;
use datafusion::logical_expr::preimage::PreimageResult;
use datafusion::logical_expr::simplify::SimplifyContext;
use datafusion::logical_expr::{
    ColumnarValue, Expr, ReturnFieldArgs, ScalarFunctionArgs, ScalarUDF, ScalarUDFImpl, Signature, Volatility,
};

use super::{Strictness, cast, clock};
use crate::error::into_datafusion;
use crate::properties::Properties;
use crate::types::Type;

static CAST: LazyLock<Arc<ScalarUDF>> = LazyLock::new(|| Arc::new(ScalarUDF::new_from_impl(Cast::new(Strictness::Strict))));
static TRY_CAST: LazyLock<Arc<ScalarUDF>> = LazyLock::new(|| Arc::new(ScalarUDF::new_from_impl(Cast::new(Strictness::Try))));

/// The function that casts in this way.
pub(crate) fn function(strictness: Strictness) -> Arc<ScalarUDF> {
    match strictness {
        Strictness::Strict => Arc::clone(&CAST),
        Strictness::Try => Arc::clone(&TRY_CAST),
    }
}

/// Both, to be registered: a plan that comes from elsewhere names them.
pub(crate) fn all() -> [Arc<ScalarUDF>; 2] {
    [function(Strictness::Strict), function(Strictness::Try)]
}

#[derive(Debug, PartialEq, Eq, Hash)]
struct Cast {
    strictness: Strictness,
    signature: Signature,
}

impl Cast {
    fn new(strictness: Strictness) -> Self {
        Self { strictness, signature: Signature::user_defined(Volatility::Immutable) }
    }
}

impl ScalarUDFImpl for Cast {
    fn name(&self) -> &str {
        match self.strictness {
            Strictness::Strict => "$cast",
            Strictness::Try => "$try_cast",
        }
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, _: &[DataType]) -> Result<DataType> {
        internal_err!("a cast's type is its second argument")
    }

    fn coerce_types(&self, arg_types: &[DataType]) -> Result<Vec<DataType>> {
        Ok(arg_types.to_vec())
    }

    fn return_field_from_args(&self, args: ReturnFieldArgs<'_>) -> Result<FieldRef> {
        let to = target(args.scalar_arguments.get(1).copied().flatten())?;
        let mut nullable = self.strictness == Strictness::Try || args.arg_fields.iter().any(|field| field.is_nullable());
        if let Some(field) = args.arg_fields.first() {
            let from = Type::of(field.data_type()).map_err(into_datafusion)?;
            if !super::can_cast(&from, &to) {
                let message = format!("Cannot cast {from} to {to}");
                return Err(into_datafusion(Error::new(ErrorKind::TypeMismatch, message)));
            }
            // The JSON null is NULL.
            nullable |= from == Type::Json;
        }
        Ok(Arc::new(Field::new(self.name(), to.arrow(), nullable)))
    }

    fn preimage(&self, args: &[Expr], constant: &Expr, context: &SimplifyContext) -> Result<PreimageResult> {
        super::preimage::of_date(args, constant, context)
    }

    fn invoke_with_args(&self, args: ScalarFunctionArgs) -> Result<ColumnarValue> {
        let [value, ColumnarValue::Scalar(name)] = args.args.as_slice() else {
            return internal_err!("a cast has a value and the name of a type");
        };
        let (from, to) = (Type::of(&value.data_type()).map_err(into_datafusion)?, target(Some(name))?);
        let clock = clock_of(&args.config_options)?;
        let cast = |array: ArrayRef| {
            // DataFusion's window functions count in unsigned numbers, which are decimals to us.
            let array =
                if array.data_type().is_unsigned_integer() { arrow::compute::cast(&array, &from.arrow())? } else { array };
            cast(&array, &from, &to, self.strictness, clock).map_err(into_datafusion)
        };
        match value {
            ColumnarValue::Array(array) => Ok(ColumnarValue::Array(cast(Arc::clone(array))?)),
            ColumnarValue::Scalar(value) => Ok(ColumnarValue::Scalar(ScalarValue::try_from_array(&cast(value.to_array()?)?, 0)?)),
        }
    }
}

pub(super) fn target(name: Option<&ScalarValue>) -> Result<Type> {
    match name.and_then(|name| name.try_as_str().flatten()) {
        Some(name) => Type::parse(name).map_err(into_datafusion),
        None => Err(into_datafusion(Error::internal("a cast does not say its type"))),
    }
}

fn clock_of(options: &ConfigOptions) -> Result<crate::types::temporal::cast::Clock> {
    clock(&Properties::of(options)).map_err(into_datafusion)
}
