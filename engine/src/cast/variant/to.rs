//! Values of SQL as variants, each as the variant's own type for it.

use arrow::array::{Array, ArrayRef, AsArray, StringViewArray};
use arrow::buffer::NullBuffer;
use arrow::datatypes::{ArrowPrimitiveType, Decimal128Type, Float32Type, Float64Type, Int8Type, Int16Type, Int32Type, Int64Type};
use catalog::{Error, Result};
use chrono::{DateTime, NaiveTime, TimeDelta, Utc};
use parquet_variant::{ObjectFieldBuilder, Variant, VariantBuilder, VariantBuilderExt};

use super::super::invalid;
use crate::functions::json::model::Json;
use crate::types::Type;
use crate::types::temporal::column::Column as Moments;
use crate::types::temporal::{Moment, PICOS_PER_MICRO};
use crate::types::variant::{Column, Variants, broken};

/// A column of variants of `array`'s values; NULL stays NULL, inside of arrays, maps and rows it is the variant `null`.
///
/// Errors: `InvalidCast` for a time of more digits than a variant has, or too far away.
pub(crate) fn to_variant(array: &ArrayRef, from: &Type) -> Result<ArrayRef> {
    let source = Source::new(array, from)?;
    let mut column = Column::new(array.len());
    for row in 0..array.len() {
        if source.is_null(row) {
            column.null();
            continue;
        }
        let mut built = VariantBuilder::new();
        source.append(row, &mut built)?;
        column.push(built)?;
    }
    column.finish()
}

/// A column of values that become variants.
struct Source<'a> {
    nulls: Option<NullBuffer>,
    kind: Kind<'a>,
}

type Scalar<'a> = Box<dyn Fn(usize) -> Result<Variant<'a, 'a>> + 'a>;

enum Kind<'a> {
    Scalar(Scalar<'a>),
    Json(&'a StringViewArray),
    Variants(Box<Variants>),
    List(&'a [i32], Box<Source<'a>>),
    Map(&'a [i32], &'a StringViewArray, Box<Source<'a>>),
    /// Fields with their names.
    Row(Vec<(&'a str, Source<'a>)>),
}

impl<'a> Source<'a> {
    fn new(array: &'a ArrayRef, from: &'a Type) -> Result<Self> {
        let kind = match from {
            Type::Array(item) => {
                let lists = array.as_list::<i32>();
                Kind::List(lists.value_offsets(), Box::new(Self::new(lists.values(), item)?))
            }
            Type::Map(_, value) => {
                let maps = array.as_map();
                let keys = maps.keys().as_string_view_opt();
                let keys = keys.ok_or_else(|| Error::internal("keys of variants are texts"))?;
                Kind::Map(maps.value_offsets(), keys, Box::new(Self::new(maps.values(), value)?))
            }
            Type::Row(fields) => {
                let columns = array.as_struct().columns().iter().zip(fields);
                let field = |(column, (name, r#type)): (&'a ArrayRef, &'a (Option<String>, Type))| {
                    Ok((name.as_deref().unwrap_or_default(), Self::new(column, r#type)?))
                };
                Kind::Row(columns.map(field).collect::<Result<_>>()?)
            }
            Type::Json => Kind::Json(array.as_struct().column(0).as_string_view()),
            Type::Variant => Kind::Variants(Box::new(Variants::of(array)?)),
            scalar => Kind::Scalar(of_scalar(array, scalar)?),
        };
        Ok(Self { nulls: array.logical_nulls(), kind })
    }

    fn is_null(&self, row: usize) -> bool {
        self.nulls.as_ref().is_some_and(|nulls| nulls.is_null(row))
    }

    fn append(&self, row: usize, out: &mut impl VariantBuilderExt) -> Result<()> {
        if self.is_null(row) {
            out.append_value(Variant::Null);
            return Ok(());
        }
        let range = |offsets: &[i32]| offsets[row] as usize..offsets[row + 1] as usize;
        match &self.kind {
            Kind::Scalar(value) => out.append_value(value(row)?),
            Kind::Variants(variants) => out.append_value(variants.get(row)?.unwrap_or(Variant::Null)),
            Kind::Json(texts) => {
                let text = texts.value(row);
                append_json(&Json::parse(text).unwrap_or_else(|| Json::Text(text.to_string())), out)?;
            }
            Kind::List(offsets, items) => {
                let mut list = out.try_new_list().map_err(broken)?;
                for at in range(offsets) {
                    items.append(at, &mut list)?;
                }
                list.finish();
            }
            Kind::Map(offsets, keys, values) => {
                let mut object = out.try_new_object().map_err(broken)?;
                for at in range(offsets) {
                    values.append(at, &mut ObjectFieldBuilder::new(keys.value(at), &mut object))?;
                }
                object.finish();
            }
            Kind::Row(fields) => {
                let mut object = out.try_new_object().map_err(broken)?;
                for (name, field) in fields {
                    field.append(row, &mut ObjectFieldBuilder::new(name, &mut object))?;
                }
                object.finish();
            }
        }
        Ok(())
    }
}

fn append_json(json: &Json<'_>, out: &mut impl VariantBuilderExt) -> Result<()> {
    match json {
        Json::Null => out.append_value(Variant::Null),
        Json::Bool(value) => out.append_value(*value),
        Json::Text(text) => out.append_value(text.as_str()),
        Json::Number(number) => append_number(number, out),
        Json::Array(items) => {
            let mut list = out.try_new_list().map_err(broken)?;
            for item in items {
                append_json(item, &mut list)?;
            }
            list.finish();
        }
        Json::Object(members) => {
            let mut object = out.try_new_object().map_err(broken)?;
            for (name, value) in members {
                append_json(value, &mut ObjectFieldBuilder::new(name, &mut object))?;
            }
            object.finish();
        }
    }
    Ok(())
}

/// The least integer type that holds it, a decimal where none does; with a fraction or an exponent a double.
fn append_number(number: &str, out: &mut impl VariantBuilderExt) {
    if Json::is_integer(number) {
        if let Ok(value) = number.parse::<i32>() {
            return out.append_value(value);
        }
        if let Ok(value) = number.parse::<i64>() {
            return out.append_value(value);
        }
        if let Some(Ok(value)) = number.parse::<i128>().ok().map(|value| Variant::try_from((value, 0))) {
            return out.append_value(value);
        }
    }
    // The reader has seen that it is a number; one beyond the range is infinite.
    out.append_value(number.parse::<f64>().unwrap_or(f64::INFINITY));
}

fn of_scalar<'a>(array: &'a ArrayRef, from: &'a Type) -> Result<Scalar<'a>> {
    fn plain<'a, P: ArrowPrimitiveType>(array: &'a ArrayRef) -> Scalar<'a>
    where
        Variant<'a, 'a>: From<P::Native>,
    {
        let values = array.as_primitive::<P>().values();
        Box::new(move |row| Ok(Variant::from(values[row])))
    }
    Ok(match from {
        Type::Unknown => Box::new(|_| Ok(Variant::Null)),
        Type::Boolean => {
            let values = array.as_boolean();
            Box::new(move |row| Ok(Variant::from(values.value(row))))
        }
        Type::Tinyint => plain::<Int8Type>(array),
        Type::Smallint => plain::<Int16Type>(array),
        Type::Integer => plain::<Int32Type>(array),
        Type::Bigint => plain::<Int64Type>(array),
        Type::Real => plain::<Float32Type>(array),
        Type::Double => plain::<Float64Type>(array),
        Type::Decimal(_, scale) => {
            let values = array.as_primitive::<Decimal128Type>().values();
            Box::new(move |row| Variant::try_from((values[row], *scale)).map_err(broken))
        }
        Type::Varchar(_) => {
            let texts = array.as_string_view();
            Box::new(move |row| Ok(Variant::from(texts.value(row))))
        }
        Type::Varbinary => {
            let bytes = array.as_binary::<i32>();
            Box::new(move |row| Ok(Variant::from(bytes.value(row))))
        }
        Type::Uuid => {
            let bytes = array.as_struct().column(0).as_fixed_size_binary();
            Box::new(move |row| Ok(Variant::from(uuid::Uuid::from_slice(bytes.value(row)).unwrap_or_default())))
        }
        Type::Date | Type::Time(_) | Type::Timestamp(_) | Type::TimestampTz(_) => of_moment(Moments::of(array, from)?, from),
        other => return Err(Error::internal(format!("{other} cannot be cast to variant"))),
    })
}

fn of_moment(moments: Moments, from: &Type) -> Scalar<'_> {
    let unfit = move || invalid(format!("Cannot cast {from} to VARIANT: the value is too far away or has too many digits"));
    let instant = move |moment: Moment| {
        let nanos = moment.picos.is_multiple_of(1000).then(|| i64::from(moment.picos) / 1000).ok_or_else(unfit)?;
        let at: Option<DateTime<Utc>> = DateTime::from_timestamp_micros(moment.micros);
        at.and_then(|at| at.checked_add_signed(TimeDelta::nanoseconds(nanos))).ok_or_else(unfit)
    };
    match from {
        Type::Date => Box::new(move |row| Ok(Variant::from(instant(moments.moment(row))?.date_naive()))),
        Type::Time(_) => Box::new(move |row| {
            let picos = moments.time(row);
            let micros =
                (picos % PICOS_PER_MICRO == 0).then(|| TimeDelta::microseconds(picos / PICOS_PER_MICRO)).ok_or_else(unfit)?;
            Ok(Variant::from(NaiveTime::MIN + micros))
        }),
        Type::TimestampTz(_) => Box::new(move |row| Ok(Variant::from(instant(moments.moment(row))?))),
        _ => Box::new(move |row| Ok(Variant::from(instant(moments.moment(row))?.naive_utc()))),
    }
}
