//! What the planner makes of constructors and of access to fields: `ARRAY[…]`, `ROW(…)`, `x.field`, and of intervals.

use std::any::Any;
use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, BooleanArray, ListArray, StringViewArray, StructArray};
use arrow::buffer::OffsetBuffer;
use arrow::compute::{interleave, nullif};
use arrow::datatypes::{DataType, DurationMillisecondType, Field, FieldRef, Fields, Int64Type, IntervalYearMonthType};
use catalog::{Error, ErrorKind};
use datafusion::common::{Result, ScalarValue, internal_err};
use datafusion::logical_expr::preimage::PreimageResult;
use datafusion::logical_expr::simplify::SimplifyContext;
use datafusion::logical_expr::{
    ColumnarValue, Expr, ReturnFieldArgs, ScalarFunctionArgs, ScalarUDF, ScalarUDFImpl, Signature, Volatility,
};

use super::{Call, Nulls, Overload, Scalar};
use crate::cast::preimage;
use crate::error::into_datafusion;
use crate::types::Type;

pub(super) const FUNCTIONS: &[Scalar] = &[
    Scalar {
        names: &["$array"],
        description: "An array of values",
        overloads: &[
            Overload { signature: "() -> array(unknown)", nulls: Nulls::Called, call: array },
            Overload { signature: "(T...) -> array(T)", nulls: Nulls::Called, call: array },
        ],
    },
    Scalar {
        names: &["$row_fields"],
        description: "The names of a row's fields, NULL for those without one",
        overloads: &[Overload { signature: "(ANY) -> array(varchar)", nulls: Nulls::Called, call: row_fields }],
    },
    Scalar {
        names: &["$hidden"],
        description: "The value itself, of which the planner is to know nothing",
        overloads: &[Overload { signature: "(T) -> T", nulls: Nulls::Called, call: |call| call.array(0) }],
    },
    Scalar {
        names: &["$day_to_second"],
        description: "An interval of milliseconds",
        overloads: &[Overload {
            signature: "(bigint) -> interval day to second",
            nulls: Nulls::Null,
            call: |call| {
                let millis = call.array(0)?;
                Ok(Arc::new(millis.as_primitive::<Int64Type>().reinterpret_cast::<DurationMillisecondType>()))
            },
        }],
    },
    Scalar {
        names: &["$year_to_month"],
        description: "An interval of months",
        overloads: &[Overload {
            signature: "(bigint) -> interval year to month",
            nulls: Nulls::Null,
            call: |call| {
                let months = call.array(0)?;
                // The planner has seen to it that they fit.
                let months = months.as_primitive::<Int64Type>();
                Ok(Arc::new(months.unary::<_, IntervalYearMonthType>(|months| i32::try_from(months).unwrap_or(i32::MAX))))
            },
        }],
    },
];

/// One list a row, of the arguments' values in that row.
fn array(call: &Call<'_>) -> Result<ArrayRef> {
    let DataType::List(item) = call.result_arrow() else { return internal_err!("an array was expected") };
    let width = call.types.len();
    let columns = (0..width).map(|argument| call.array(argument)).collect::<Result<Vec<_>>>()?;
    let arrays: Vec<&dyn Array> = columns.iter().map(AsRef::as_ref).collect();
    let places: Vec<(usize, usize)> = (0..call.rows).flat_map(|row| (0..width).map(move |column| (column, row))).collect();
    let values = if places.is_empty() || *item.data_type() == DataType::Null {
        arrow::array::new_null_array(item.data_type(), places.len())
    } else {
        interleave(&arrays, &places)?
    };
    let offsets = OffsetBuffer::from_repeated_length(width, call.rows);
    Ok(Arc::new(ListArray::try_new(item, offsets, values, None)?))
}

/// The names that the type has, in every row.
fn row_fields(call: &Call<'_>) -> Result<ArrayRef> {
    let Some(Type::Row(fields)) = call.types.first() else {
        let given = call.types.first().map(Type::to_string).unwrap_or_default();
        return Err(into_datafusion(Error::new(ErrorKind::TypeMismatch, format!("Expression is not of type ROW: {given}"))));
    };
    let names = std::iter::repeat_n(fields, call.rows).flatten().map(|(name, _)| name.as_deref());
    let names: ArrayRef = Arc::new(names.collect::<StringViewArray>());
    let offsets = OffsetBuffer::from_repeated_length(fields.len(), call.rows);
    Ok(Arc::new(crate::values::list::list(offsets, names, None)?))
}

/// Functions whose result has a type that no signature can say.
pub(super) fn all() -> Vec<Arc<ScalarUDF>> {
    let make = |what, aliases: &[&str]| {
        let aliases = aliases.iter().map(|alias| (*alias).to_string()).collect();
        let signature = Signature::user_defined(Volatility::Immutable);
        Arc::new(ScalarUDF::new_from_impl(Shape { what, aliases, signature }))
    };
    vec![
        make(What::Row, &["row"]),
        make(What::NamedRow, &[]),
        make(What::Field, &[]),
        make(What::Key, &[]),
        make(What::Subscript, &[]),
    ]
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum What {
    /// `"$row"(a, b)`: a row without names.
    Row,
    /// `"$named_row"('x', a, NULL, b)`: a row with names, where they are not NULL.
    NamedRow,
    /// `"$dereference"(row, 'name')`: a field by its name, without regard to case.
    Field,
    /// `"$subscript"(x, y)`: a row's field by its place or its name, or what `$element` finds in an array or map.
    Subscript,
    /// `"$key"(wrapped)`: what stands for a wrapped value where it is compared.
    Key,
}

#[derive(Debug, PartialEq, Eq, Hash)]
struct Shape {
    what: What,
    aliases: Vec<String>,
    signature: Signature,
}

impl ScalarUDFImpl for Shape {
    fn name(&self) -> &str {
        match self.what {
            What::Row => "$row",
            What::NamedRow => "$named_row",
            What::Field => "$dereference",
            What::Key => "$key",
            What::Subscript => "$subscript",
        }
    }

    fn aliases(&self) -> &[String] {
        &self.aliases
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, _: &[DataType]) -> Result<DataType> {
        internal_err!("the result of '{}' depends on its arguments", self.name())
    }

    fn coerce_types(&self, arg_types: &[DataType]) -> Result<Vec<DataType>> {
        match (self.what, arg_types) {
            (What::Subscript, [first, _]) if !is_row(first) => {
                super::named(ELEMENT).map_err(into_datafusion)?.coerce_types(arg_types)
            }
            _ => Ok(arg_types.to_vec()),
        }
    }

    fn return_field_from_args(&self, args: ReturnFieldArgs<'_>) -> Result<FieldRef> {
        if self.what == What::Subscript && !args.arg_fields.first().is_some_and(|field| is_row(field.data_type())) {
            return super::named(ELEMENT).map_err(into_datafusion)?.return_field_from_args(args);
        }
        let first = || args.arg_fields.first().map(|field| field.data_type());
        let data_type = match self.what {
            What::Row => DataType::Struct(fields(args.arg_fields.iter().map(|field| field.data_type().clone()))),
            What::NamedRow => {
                let pairs = args.scalar_arguments.chunks(2).zip(args.arg_fields.chunks(2));
                let field = |(names, fields): (&[Option<&ScalarValue>], &[FieldRef])| {
                    let name = names.first().copied().flatten().and_then(|name| name.try_as_str().flatten());
                    fields.get(1).map(|field| Field::new(name.unwrap_or_default(), field.data_type().clone(), true))
                };
                DataType::Struct(pairs.filter_map(field).collect())
            }
            What::Key => match first() {
                Some(DataType::Struct(fields)) if !fields.is_empty() => fields[0].data_type().clone(),
                other => return internal_err!("{other:?} is not wrapped"),
            },
            What::Field | What::Subscript => {
                let name = args.scalar_arguments.get(1).copied().flatten();
                let (_, field) = field_of(first(), name)?;
                field.data_type().clone()
            }
        };
        Ok(Arc::new(Field::new(self.name(), data_type, true)))
    }

    fn preimage(&self, args: &[Expr], constant: &Expr, context: &SimplifyContext) -> Result<PreimageResult> {
        match self.what {
            What::Key => preimage::of_instant(args, constant, context),
            _ => Ok(PreimageResult::None),
        }
    }

    fn invoke_with_args(&self, args: ScalarFunctionArgs) -> Result<ColumnarValue> {
        if self.what == What::Subscript && !args.args.first().is_some_and(|row| is_row(&row.data_type())) {
            return super::named(ELEMENT).map_err(into_datafusion)?.invoke_with_args(args);
        }
        let constant = args.args.iter().all(|argument| matches!(argument, ColumnarValue::Scalar(_)));
        let rows = if constant { 1 } else { args.number_rows };
        let array = |argument: usize| args.args[argument].to_array(rows);
        let made: ArrayRef = match self.what {
            What::Row => {
                let columns = (0..args.args.len()).map(array).collect::<Result<Vec<_>>>()?;
                let fields = fields(columns.iter().map(|column| column.data_type().clone()));
                Arc::new(StructArray::try_new_with_length(fields, columns, None, rows)?)
            }
            What::NamedRow => {
                let columns = (1..args.args.len()).step_by(2).map(array).collect::<Result<Vec<_>>>()?;
                let DataType::Struct(fields) = args.return_field.data_type() else { return internal_err!("a row was expected") };
                Arc::new(StructArray::try_new_with_length(fields.clone(), columns, None, rows)?)
            }
            What::Key => child(&array(0)?, 0)?,
            What::Field | What::Subscript => {
                let name = match &args.args[1] {
                    ColumnarValue::Scalar(name) => Some(name),
                    ColumnarValue::Array(_) => None,
                };
                let row = array(0)?;
                let (index, _) = field_of(Some(row.data_type()), name)?;
                child(&row, index)?
            }
        };
        if constant {
            return Ok(ColumnarValue::Scalar(ScalarValue::try_from_array(&made, 0)?));
        }
        Ok(ColumnarValue::Array(made))
    }
}

fn fields(types: impl Iterator<Item = DataType>) -> Fields {
    types.map(|data_type| Field::new("", data_type, true)).collect()
}

/// The function that finds an element, where `function` is a subscript of an array or a map.
pub(super) fn looks_into(function: &dyn Any, given: &[DataType]) -> Option<Arc<ScalarUDF>> {
    let subscript = function.downcast_ref::<Shape>().is_some_and(|shape| shape.what == What::Subscript);
    let element = subscript && given.first().is_some_and(|first| !is_row(first));
    element.then(|| super::named(ELEMENT).ok()).flatten()
}

/// The function that looks into arrays and maps.
const ELEMENT: &str = "$element";

fn is_row(data_type: &DataType) -> bool {
    matches!(data_type, DataType::Struct(_)) && !crate::types::is_wrapper(data_type)
}

/// The field that is called `name`, or has that place, counted from 1.
fn field_of<'a>(row: Option<&'a DataType>, name: Option<&ScalarValue>) -> Result<(usize, &'a FieldRef)> {
    let place = match name {
        Some(ScalarValue::Int32(Some(place))) => usize::try_from(*place).ok(),
        Some(ScalarValue::Int64(Some(place))) => usize::try_from(*place).ok(),
        _ => None,
    };
    if let (Some(place), Some(row @ DataType::Struct(fields))) = (place, row)
        && is_row(row)
    {
        let found = place.checked_sub(1).and_then(|at| Some((at, fields.get(at)?)));
        let message = || format!("ROW index out of bounds: {place}. Expected 1 to {}", fields.len());
        return found.ok_or_else(|| into_datafusion(Error::new(ErrorKind::InvalidFunctionArgument, message())));
    }
    let name = name.and_then(|name| name.try_as_str().flatten()).unwrap_or_default();
    let wrong = |kind, message: String| Err(into_datafusion(Error::new(kind, message)));
    let fields = match row {
        Some(row @ DataType::Struct(fields)) if !crate::types::is_wrapper(row) => fields,
        Some(other) => {
            let r#type = crate::types::name(other).map_err(into_datafusion)?;
            return wrong(ErrorKind::TypeMismatch, format!("Expression is not of type ROW: {type}"));
        }
        None => return internal_err!("there is no row"),
    };
    let mut found = fields.iter().enumerate().filter(|(_, field)| field.name().to_lowercase() == name.to_lowercase());
    match (found.next(), found.next()) {
        (Some(one), None) => Ok(one),
        (Some(_), Some(_)) => wrong(ErrorKind::InvalidInput, format!("Ambiguous row field reference: {name}")),
        (None, _) => wrong(ErrorKind::ColumnNotFound, format!("Column '{name}' cannot be resolved")),
    }
}

/// A struct's child, NULL where the struct is.
fn child(array: &ArrayRef, index: usize) -> Result<ArrayRef> {
    let rows = array.as_struct();
    match rows.nulls() {
        Some(nulls) if nulls.null_count() > 0 => Ok(nullif(rows.column(index), &BooleanArray::new(!nulls.inner(), None))?),
        _ => Ok(Arc::clone(rows.column(index))),
    }
}
