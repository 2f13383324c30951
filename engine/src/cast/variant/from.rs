//! Variants as values of SQL. A column is built for all rows at once, type by type from the outside in; scalars are cast from the
//! type that each variant has by itself, with the rules of that cast.

use std::sync::Arc;

use arrow::array::{
    Array, ArrayRef, BinaryArray, BooleanArray, Decimal128Array, FixedSizeBinaryBuilder, Float32Array, Float64Array, Int8Array,
    Int16Array, Int32Array, Int64Array, StringViewArray, StringViewBuilder, StructArray, new_null_array,
};
use arrow::buffer::{NullBuffer, OffsetBuffer};
use arrow::compute::interleave;
use arrow::datatypes::DataType;
use catalog::{Error, Result};
use chrono::{DateTime, NaiveTime, Utc};
use parquet_variant::Variant;

use super::super::{Clock, can_cast, invalid, strict, wrapped};
use super::json::{self, Bytes};
use crate::error::from_datafusion;
use crate::types::temporal::column::{dates, times, timestamps, timestamps_with_zone};
use crate::types::temporal::{Moment, PICOS_PER_MICRO};
use crate::types::variant::{Column, Variants, broken, kind};
use crate::types::{MAX_PRECISION, Type, Zone};
use crate::values::list::{list, map};

type Row<'a> = Option<Variant<'a, 'a>>;

/// A column of variants as values of `to`; the variant `null` is NULL.
///
/// Errors: `InvalidCast` for a variant of another shape, and those of the cast from its own type.
pub(crate) fn from_variant(array: &ArrayRef, to: &Type, clock: Clock) -> Result<ArrayRef> {
    let variants = Variants::of(array)?;
    let rows = (0..variants.len()).map(|row| variants.get(row)).collect::<Result<Vec<_>>>()?;
    build(&rows, to, clock)
}

fn build(rows: &[Row<'_>], to: &Type, clock: Clock) -> Result<ArrayRef> {
    match to {
        Type::Variant => {
            let mut column = Column::new(rows.len());
            for row in rows {
                match row {
                    None => column.null(),
                    Some(variant) => column.copy(variant.clone())?,
                }
            }
            column.finish()
        }
        Type::Json => to_json(rows),
        Type::Array(item) => array(rows, item, clock),
        Type::Map(_, value) => to_map(rows, value, to, clock),
        Type::Row(fields) => to_row(rows, fields, to, clock),
        scalar => scalars(rows, scalar, clock),
    }
}

/// The variant, where it is neither NULL nor `null`.
fn some<'r, 'a>(row: &'r Row<'a>) -> Option<&'r Variant<'a, 'a>> {
    row.as_ref().filter(|variant| !matches!(variant, Variant::Null))
}

fn present(rows: &[Row<'_>]) -> Option<NullBuffer> {
    Some(rows.iter().map(|row| some(row).is_some()).collect::<Vec<bool>>().into())
}

fn unfit(variant: &Variant<'_, '_>, to: impl std::fmt::Display) -> Error {
    invalid(format!("Cannot cast VARIANT {} to {to}", kind(variant)))
}

fn to_json(rows: &[Row<'_>]) -> Result<ArrayRef> {
    let mut texts = StringViewBuilder::with_capacity(rows.len());
    let mut text = String::new();
    for row in rows {
        match row {
            None => texts.append_null(),
            Some(variant) => {
                text.clear();
                json::write(variant, Bytes::Refused, &mut text)?;
                texts.append_value(&text);
            }
        }
    }
    wrapped::wrap(Arc::new(texts.finish()), &Type::Json)
}

fn array(rows: &[Row<'_>], item: &Type, clock: Clock) -> Result<ArrayRef> {
    let mut items = Vec::new();
    let mut lengths = Vec::with_capacity(rows.len());
    for row in rows {
        let before = items.len();
        match some(row) {
            None => {}
            Some(Variant::List(values)) => {
                for value in values.iter_try() {
                    items.push(Some(value.map_err(broken)?));
                }
            }
            Some(other) => return Err(unfit(other, "array")),
        }
        lengths.push(items.len() - before);
    }
    let made = list(OffsetBuffer::from_lengths(lengths), build(&items, item, clock)?, present(rows));
    Ok(Arc::new(made.map_err(from_datafusion)?))
}

fn to_map(rows: &[Row<'_>], value: &Type, to: &Type, clock: Clock) -> Result<ArrayRef> {
    let (mut names, mut values) = (Vec::new(), Vec::new());
    let mut lengths = Vec::with_capacity(rows.len());
    for row in rows {
        let before = values.len();
        match some(row) {
            None => {}
            Some(Variant::Object(members)) => {
                for member in members.iter_try() {
                    let (name, value) = member.map_err(broken)?;
                    names.push(name);
                    values.push(Some(value));
                }
            }
            Some(other) => return Err(unfit(other, to)),
        }
        lengths.push(values.len() - before);
    }
    let keys: ArrayRef = Arc::new(StringViewArray::from_iter_values(names));
    let made = map(OffsetBuffer::from_lengths(lengths), keys, build(&values, value, clock)?, present(rows));
    Ok(Arc::new(made.map_err(from_datafusion)?))
}

/// Rows are read from objects by name, and from arrays by place.
fn to_row(rows: &[Row<'_>], fields: &[(Option<String>, Type)], to: &Type, clock: Clock) -> Result<ArrayRef> {
    let mut columns: Vec<Vec<Row<'_>>> = vec![Vec::with_capacity(rows.len()); fields.len()];
    for row in rows {
        match some(row) {
            None => columns.iter_mut().for_each(|column| column.push(None)),
            Some(Variant::Object(members)) => {
                for (column, (name, _)) in columns.iter_mut().zip(fields) {
                    column.push(name.as_deref().and_then(|name| members.get(name)));
                }
            }
            Some(Variant::List(items)) if items.len() == fields.len() => {
                for (column, item) in columns.iter_mut().zip(items.iter_try()) {
                    column.push(Some(item.map_err(broken)?));
                }
            }
            Some(other) => return Err(unfit(other, to)),
        }
    }
    let DataType::Struct(arrow) = to.arrow() else { return Err(Error::internal(format!("{to} is not a row"))) };
    let columns = columns.iter().zip(fields).map(|(column, (_, r#type))| build(column, r#type, clock));
    let made = StructArray::try_new_with_length(arrow, columns.collect::<Result<_>>()?, present(rows), rows.len());
    Ok(Arc::new(made.map_err(|error| Error::internal(error.to_string()))?))
}

/// All variants of one type are cast together, and then put where their rows are.
fn scalars(rows: &[Row<'_>], to: &Type, clock: Clock) -> Result<ArrayRef> {
    let mut kinds: Vec<(Type, Vec<&Variant<'_, '_>>)> = vec![];
    // The first array is of one NULL.
    let mut places = Vec::with_capacity(rows.len());
    for row in rows {
        let Some(variant) = some(row) else {
            places.push((0, 0));
            continue;
        };
        let r#type = own_type(variant).filter(|own| can_cast(own, to)).ok_or_else(|| unfit(variant, to))?;
        let at = kinds.iter().position(|(known, _)| *known == r#type).unwrap_or_else(|| {
            kinds.push((r#type, vec![]));
            kinds.len() - 1
        });
        kinds[at].1.push(variant);
        places.push((at + 1, kinds[at].1.len() - 1));
    }
    let mut arrays = vec![new_null_array(&to.arrow(), 1)];
    for (own, variants) in &kinds {
        arrays.push(strict(&values(own, variants)?, own, to, clock)?);
    }
    let arrays: Vec<&dyn Array> = arrays.iter().map(AsRef::as_ref).collect();
    interleave(&arrays, &places).map_err(|error| Error::internal(error.to_string()))
}

/// The type that a scalar has by itself.
fn own_type(variant: &Variant<'_, '_>) -> Option<Type> {
    Some(match variant {
        Variant::BooleanTrue | Variant::BooleanFalse => Type::Boolean,
        Variant::Int8(_) => Type::Tinyint,
        Variant::Int16(_) => Type::Smallint,
        Variant::Int32(_) => Type::Integer,
        Variant::Int64(_) => Type::Bigint,
        Variant::Float(_) => Type::Real,
        Variant::Double(_) => Type::Double,
        Variant::Decimal4(value) => Type::Decimal(MAX_PRECISION, value.scale()),
        Variant::Decimal8(value) => Type::Decimal(MAX_PRECISION, value.scale()),
        Variant::Decimal16(value) => Type::Decimal(MAX_PRECISION, value.scale()),
        Variant::String(_) | Variant::ShortString(_) => Type::VARCHAR,
        Variant::Binary(_) => Type::Varbinary,
        Variant::Uuid(_) => Type::Uuid,
        Variant::Date(_) => Type::Date,
        Variant::Time(_) => Type::Time(6),
        Variant::TimestampNtzMicros(_) => Type::Timestamp(6),
        Variant::TimestampNtzNanos(_) => Type::Timestamp(9),
        Variant::TimestampMicros(_) => Type::TimestampTz(6),
        Variant::TimestampNanos(_) => Type::TimestampTz(9),
        Variant::Null | Variant::Object(_) | Variant::List(_) => return None,
    })
}

/// Variants that are all of the type.
fn values(own: &Type, variants: &[&Variant<'_, '_>]) -> Result<ArrayRef> {
    let all = variants.iter();
    Ok(match own {
        Type::Boolean => Arc::new(all.map(|variant| variant.as_boolean()).collect::<BooleanArray>()),
        Type::Tinyint => Arc::new(all.map(|variant| variant.as_int8()).collect::<Int8Array>()),
        Type::Smallint => Arc::new(all.map(|variant| variant.as_int16()).collect::<Int16Array>()),
        Type::Integer => Arc::new(all.map(|variant| variant.as_int32()).collect::<Int32Array>()),
        Type::Bigint => Arc::new(all.map(|variant| variant.as_int64()).collect::<Int64Array>()),
        Type::Real => Arc::new(all.map(|variant| variant.as_f32()).collect::<Float32Array>()),
        Type::Double => Arc::new(all.map(|variant| variant.as_f64()).collect::<Float64Array>()),
        Type::Decimal(precision, scale) => {
            let unscaled = all.map(|variant| match variant {
                Variant::Decimal4(value) => Some(value.integer().into()),
                Variant::Decimal8(value) => Some(value.integer().into()),
                Variant::Decimal16(value) => Some(value.integer()),
                _ => None,
            });
            let unscaled = unscaled.collect::<Decimal128Array>().with_precision_and_scale(*precision, *scale as i8);
            Arc::new(unscaled.map_err(broken)?)
        }
        Type::Varchar(_) => Arc::new(all.map(|variant| variant.as_string()).collect::<StringViewArray>()),
        Type::Varbinary => Arc::new(all.map(|variant| variant.as_u8_slice()).collect::<BinaryArray>()),
        Type::Uuid => {
            let mut ids = FixedSizeBinaryBuilder::new(16);
            for variant in all {
                ids.append_value(variant.as_uuid().unwrap_or_default().as_bytes()).map_err(broken)?;
            }
            wrapped::wrap(Arc::new(ids.finish()), own)?
        }
        Type::Date => {
            let days = all.map(|variant| variant.as_naive_date().map_or(0, |date| date.to_epoch_days()));
            dates(days.collect(), None)
        }
        Type::Time(digits) => {
            let since = |time: NaiveTime| time.signed_duration_since(NaiveTime::MIN).num_microseconds().unwrap_or_default();
            let picos = all.map(|variant| variant.as_time_utc().map_or(0, since) * PICOS_PER_MICRO);
            times(*digits, picos.collect(), None)
        }
        Type::Timestamp(digits) => timestamps(*digits, &all.map(|variant| moment(variant)).collect::<Vec<_>>(), None),
        Type::TimestampTz(digits) => {
            let instants: Vec<_> = all.map(|variant| (moment(variant), Zone::UTC)).collect();
            timestamps_with_zone(*digits, &instants, None)
        }
        other => return Err(Error::internal(format!("no variant is a {other}"))),
    })
}

fn moment(variant: &Variant<'_, '_>) -> Moment {
    let at: DateTime<Utc> = match variant {
        Variant::TimestampMicros(at) | Variant::TimestampNanos(at) => *at,
        Variant::TimestampNtzMicros(at) | Variant::TimestampNtzNanos(at) => at.and_utc(),
        _ => DateTime::UNIX_EPOCH,
    };
    Moment { micros: at.timestamp_micros(), picos: at.timestamp_subsec_nanos() % 1000 * 1000 }
}
