//! Functions that plans of relations call and nobody writes.

use std::sync::{Arc, LazyLock};

use catalog::Error;
use datafusion::arrow::array::{Array, ArrayRef, AsArray, BooleanArray, Int64Array, ListArray, StructArray, make_array};
use datafusion::arrow::buffer::{NullBuffer, OffsetBuffer};
use datafusion::arrow::compute::kernels::length::length;
use datafusion::arrow::datatypes::FieldRef;
use datafusion::arrow::datatypes::{DataType, Field, Int32Type, Int64Type};
use datafusion::common::{Result, ScalarValue, internal_err};
use datafusion::logical_expr::{
    ColumnarValue, Expr, ReturnFieldArgs, ScalarFunctionArgs, ScalarUDF, ScalarUDFImpl, Signature, Volatility, lit,
};
use datafusion::sql::sqlparser::ast;

use crate::error::into_datafusion;
use crate::plan::call;

/// The name of the function that takes a field of a row by its place.
pub(crate) const MEMBER: &str = "$member";

static MEMBER_FUNCTION: LazyLock<Arc<ScalarUDF>> =
    LazyLock::new(|| Arc::new(Member(Signature::any(2, Volatility::Immutable)).into()));
static ORDINALS_FUNCTION: LazyLock<Arc<ScalarUDF>> =
    LazyLock::new(|| Arc::new(Ordinals(Signature::variadic_any(Volatility::Immutable)).into()));

static SAMPLED_FUNCTION: LazyLock<Arc<ScalarUDF>> =
    LazyLock::new(|| Arc::new(Sampled(Signature::variadic_any(Volatility::Volatile)).into()));

pub(super) fn all() -> [Arc<ScalarUDF>; 3] {
    [Arc::clone(&MEMBER_FUNCTION), Arc::clone(&ORDINALS_FUNCTION), Arc::clone(&SAMPLED_FUNCTION)]
}

/// True by a chance from 0 to 1, anew in each row; the columns only say of which rows.
pub(super) fn sampled(chance: f64, columns: Vec<Expr>) -> Expr {
    SAMPLED_FUNCTION.call(std::iter::once(lit(chance)).chain(columns).collect())
}

/// The field at a place of a row, from 0. Fields may have the same name or none.
pub(super) fn member(row: Expr, at: usize) -> Expr {
    MEMBER_FUNCTION.call(vec![row, lit(at as i64)])
}

/// The same in a syntax tree. The place is a text there, since numbers get a type when the tree is lowered.
pub(crate) fn field_at(row: ast::Expr, at: usize) -> ast::Expr {
    let place = ast::Expr::Value(ast::Value::SingleQuotedString(at.to_string()).with_empty_span());
    call(MEMBER, vec![row, place])
}

/// The numbers from 1 to the length of the longest list, as a list.
pub(super) fn ordinals(lists: Vec<Expr>) -> Expr {
    ORDINALS_FUNCTION.call(lists)
}

#[derive(Debug, PartialEq, Eq, Hash)]
struct Sampled(Signature);

impl ScalarUDFImpl for Sampled {
    fn name(&self) -> &str {
        "$sampled"
    }

    fn signature(&self) -> &Signature {
        &self.0
    }

    fn return_type(&self, _types: &[DataType]) -> Result<DataType> {
        Ok(DataType::Boolean)
    }

    fn invoke_with_args(&self, args: ScalarFunctionArgs) -> Result<ColumnarValue> {
        let Some(ColumnarValue::Scalar(ScalarValue::Float64(Some(chance)))) = args.args.first() else { return Err(misused()) };
        let drawn: BooleanArray = (0..args.number_rows).map(|_| Some(fastrand::f64() < *chance)).collect();
        Ok(ColumnarValue::Array(Arc::new(drawn)))
    }
}

#[derive(Debug, PartialEq, Eq, Hash)]
struct Member(Signature);

impl ScalarUDFImpl for Member {
    fn name(&self) -> &str {
        MEMBER
    }

    fn signature(&self) -> &Signature {
        &self.0
    }

    fn return_type(&self, _types: &[DataType]) -> Result<DataType> {
        internal_err!("{MEMBER} has a type by its argument's value")
    }

    fn return_field_from_args(&self, args: ReturnFieldArgs<'_>) -> Result<FieldRef> {
        let (Some(DataType::Struct(fields)), Some(at)) =
            (args.arg_fields.first().map(|field| field.data_type()), place(args.scalar_arguments.get(1).copied().flatten()))
        else {
            return Err(misused());
        };
        let field = fields.get(at).ok_or_else(misused)?;
        Ok(Arc::new(Field::new(MEMBER, field.data_type().clone(), true)))
    }

    fn invoke_with_args(&self, args: ScalarFunctionArgs) -> Result<ColumnarValue> {
        let at = match args.args.get(1) {
            Some(ColumnarValue::Scalar(value)) => place(Some(value)),
            _ => None,
        };
        let (Some(at), Some(row)) = (at, args.args.into_iter().next()) else { return Err(misused()) };
        let rows = row.into_array(args.number_rows)?;
        Ok(ColumnarValue::Array(field_of(rows.as_struct(), at)?))
    }
}

fn place(value: Option<&ScalarValue>) -> Option<usize> {
    match value?.cast_to(&DataType::Int64) {
        Ok(ScalarValue::Int64(Some(at))) => usize::try_from(at).ok(),
        _ => None,
    }
}

/// A field's values, NULL where the row is.
fn field_of(rows: &StructArray, at: usize) -> Result<ArrayRef> {
    let Some(column) = rows.columns().get(at) else { return Err(misused()) };
    let nulls = NullBuffer::union(rows.nulls(), column.nulls());
    if column.data_type() == &DataType::Null {
        return Ok(Arc::clone(column));
    }
    Ok(make_array(column.to_data().into_builder().nulls(nulls).build()?))
}

#[derive(Debug, PartialEq, Eq, Hash)]
struct Ordinals(Signature);

impl ScalarUDFImpl for Ordinals {
    fn name(&self) -> &str {
        "$ordinals"
    }

    fn signature(&self) -> &Signature {
        &self.0
    }

    fn return_type(&self, _types: &[DataType]) -> Result<DataType> {
        Ok(DataType::new_list(DataType::Int64, false))
    }

    fn invoke_with_args(&self, args: ScalarFunctionArgs) -> Result<ColumnarValue> {
        let mut longest = vec![0_i64; args.number_rows];
        for list in args.args {
            let lengths = length(list.into_array(args.number_rows)?.as_ref())?;
            let lengths: Vec<i64> = match lengths.as_primitive_opt::<Int32Type>() {
                Some(lengths) => lengths.iter().map(|length| length.unwrap_or(0).into()).collect(),
                None => lengths.as_primitive::<Int64Type>().iter().map(Option::unwrap_or_default).collect(),
            };
            for (longest, length) in longest.iter_mut().zip(lengths) {
                *longest = length.max(*longest);
            }
        }
        let numbers: Int64Array = longest.iter().flat_map(|length| 1..=*length).collect();
        let offsets = OffsetBuffer::from_lengths(longest.iter().map(|length| usize::try_from(*length).unwrap_or_default()));
        let field = Field::new_list_field(DataType::Int64, false);
        Ok(ColumnarValue::Array(Arc::new(ListArray::try_new(Arc::new(field), offsets, Arc::new(numbers), None)?)))
    }
}

fn misused() -> datafusion::common::DataFusionError {
    into_datafusion(Error::internal(format!("{MEMBER} takes a row and the place of one of its fields")))
}
