//! The values of one Parquet column as the table's type: members of structs are found by name without regard to case, at any
//! depth and inside lists and maps; missing ones are NULL; numbers widen and narrow as long as the value stays the same; a
//! value that does not fit is an error that shows it.

use std::sync::Arc;

use catalog::{Error, hive_type};
use datafusion::arrow::array::{
    Array, ArrayRef, AsArray, Decimal128Array, Int16Array, Int64Array, ListArray, MapArray, StructArray, new_null_array,
};
use datafusion::arrow::compute::{CastOptions, can_cast_types, cast, cast_with_options};
use datafusion::arrow::datatypes::{
    DataType, Field, Fields, Float32Type, Float64Type, TimeUnit, TimestampMicrosecondType, TimestampNanosecondType,
};
use datafusion::arrow::error::ArrowError;
use datafusion::arrow::util::display::array_value_to_string;
use datafusion::common::{DataFusionError, ScalarValue};
use datafusion::physical_expr::expressions::CastExpr;

use super::length::Length;
use crate::types::{Type, Zone, is_wrapper, variant};

/// Characters of a value that an error shows.
const SHOWN: usize = 40;

/// What does not fit, and the way to it through the members.
#[derive(Debug)]
pub(super) struct Unfit {
    /// Innermost first.
    path: Vec<String>,
    expected: String,
    found: String,
}

impl Unfit {
    fn new(expected: &DataType, found: impl Into<String>) -> Self {
        Self { path: vec![], expected: type_name(expected), found: found.into() }
    }

    fn within(mut self, name: &str) -> Self {
        self.path.push(name.to_string());
        self
    }

    /// `BadData` that names the column with its members, the type and the value.
    pub(super) fn in_column(self, name: &str) -> Error {
        let members = self.path.iter().rev().fold(name.to_string(), |path, member| format!("{path}.{member}"));
        Error::bad_data(format!("expected {} for column '{members}', found {}", self.expected, self.found))
    }
}

impl From<ArrowError> for Unfit {
    fn from(error: ArrowError) -> Self {
        Self { path: vec![], expected: "another value".to_string(), found: error.to_string() }
    }
}

/// A type as the catalog writes it; Trino's name where that has none, else Arrow's.
fn type_name(data_type: &DataType) -> String {
    if let Some(wrapped) = is_wrapper(data_type).then(|| Type::of(data_type).ok()).flatten() {
        return wrapped.to_string();
    }
    hive_type::print(data_type).unwrap_or_else(|_| data_type.to_string())
}

/// The member of `fields` that a table calls `name`: the exact one, else the first that differs only in case.
pub(crate) fn named<'a>(fields: &'a Fields, name: &str) -> Option<(usize, &'a Field)> {
    let found = fields.iter().position(|field| field.name() == name);
    let found = found.or_else(|| fields.iter().position(|field| catalog::name::fold(field.name()) == catalog::name::fold(name)));
    found.map(|at| (at, fields[at].as_ref()))
}

/// Whether values of the type `from` can be asked to fit `to` at all.
///
/// Errors: the member that cannot, with both types.
pub(super) fn check(from: &DataType, to: &DataType) -> Result<(), Unfit> {
    match (from, to) {
        _ if from == to || wrapped(from, to).is_some() => Ok(()),
        (DataType::Struct(_), DataType::Struct(_)) if is_wrapper(to) => {
            Err(Unfit::new(to, format!("{} in the file", type_name(from))))
        }
        (DataType::Struct(have), DataType::Struct(wanted)) => {
            wanted.iter().try_for_each(|wanted| match named(have, wanted.name()) {
                Some((_, have)) => check(have.data_type(), wanted.data_type()).map_err(|unfit| unfit.within(wanted.name())),
                None => Ok(()),
            })
        }
        (DataType::Map(have, _), DataType::Map(wanted, _)) => match (have.data_type(), wanted.data_type()) {
            (DataType::Struct(have), DataType::Struct(wanted)) if have.len() == 2 && wanted.len() == 2 => {
                have.iter().zip(wanted).try_for_each(|(have, wanted)| check(have.data_type(), wanted.data_type()))
            }
            _ => Err(Unfit::new(to, type_name(from))),
        },
        (_, DataType::List(wanted)) => match element(from) {
            Some(have) => check(have.data_type(), wanted.data_type()),
            None => Err(Unfit::new(to, type_name(from))),
        },
        (DataType::Dictionary(_, values), _) => check(values, to),
        _ if scalars_fit(from, to) => Ok(()),
        _ => Err(Unfit::new(to, format!("{} in the file", type_name(from)))),
    }
}

/// Numbers fit numbers, everything fits text, text may hold anything, a date is a timestamp; a number is no date and no boolean.
fn scalars_fit(from: &DataType, to: &DataType) -> bool {
    let text = |kind: &DataType| kind.is_string();
    let bytes = |kind: &DataType| kind.is_binary() || matches!(kind, DataType::FixedSizeBinary(_));
    let number = |kind: &DataType| kind.is_numeric();
    let alike = (number(from) && number(to))
        || (text(to) && !from.is_nested())
        || (text(from) && !to.is_nested())
        || (bytes(from) && bytes(to))
        || from.is_null()
        || matches!((from, to), (DataType::Timestamp(..) | DataType::Date32 | DataType::Date64, DataType::Timestamp(..)))
        || matches!((from, to), (DataType::Date64, DataType::Date32));
    alike && can_cast_types(from, to)
}

/// Whether DataFusion's own adaptation of a column gives just this and cannot fail. It prunes better than ours does: by
/// statistics, and by leaving out members of structs that nobody wants.
pub(super) fn plain(from: &DataType, to: &DataType) -> bool {
    match (from, to) {
        _ if from == to => true,
        (DataType::Struct(_), _) if is_wrapper(to) => false,
        (DataType::Struct(have), DataType::Struct(wanted)) => {
            let exact = |name: &str| have.iter().find(|field| field.name() == name);
            wanted.iter().any(|wanted| exact(wanted.name()).is_some())
                && wanted.iter().all(|wanted| match exact(wanted.name()) {
                    Some(have) => plain(have.data_type(), wanted.data_type()),
                    None => named(have, wanted.name()).is_none(),
                })
        }
        (DataType::List(have), DataType::List(wanted)) => plain(have.data_type(), wanted.data_type()),
        (DataType::Timestamp(..), DataType::Timestamp(..)) => true,
        (DataType::Decimal128(p, s), DataType::Decimal128(q, t)) => {
            t >= s && i16::from(*q) - i16::from(*t) >= i16::from(*p) - i16::from(*s)
        }
        _ => CastExpr::check_bigger_cast(to, from) || (from.is_string() && to.is_string()),
    }
}

/// The element of a list of any kind.
fn element(list: &DataType) -> Option<&Field> {
    match list {
        DataType::List(item)
        | DataType::LargeList(item)
        | DataType::ListView(item)
        | DataType::LargeListView(item)
        | DataType::FixedSizeList(item, _) => Some(item),
        _ => None,
    }
}

/// A column of a file as the table's column `field`.
///
/// Errors: `BadData` for a value that does not fit.
pub(crate) fn fit_column(array: &ArrayRef, field: &Field) -> Result<ArrayRef, Error> {
    check(array.data_type(), field.data_type()).map_err(|unfit| unfit.in_column(field.name()))?;
    let fitted = fit(array, field.data_type()).map_err(|unfit| unfit.in_column(field.name()))?;
    Ok(Length::of(field).map_or_else(|| Arc::clone(&fitted), |length| length.cut(&fitted)))
}

/// `array` with the type `to`.
pub(super) fn fit(array: &ArrayRef, to: &DataType) -> Result<ArrayRef, Unfit> {
    if let Some(wrapped) = wrapped(array.data_type(), to) {
        return wrap(array, to, &wrapped);
    }
    match (array.data_type(), to) {
        (from, _) if from == to => Ok(Arc::clone(array)),
        (DataType::Struct(_), DataType::Struct(wanted)) => fit_struct(array.as_struct(), wanted),
        (DataType::Map(..), DataType::Map(entries, sorted)) => {
            let map = array.as_map();
            let DataType::Struct(pair) = entries.data_type() else { return Err(Unfit::new(to, "a map")) };
            let [key, value] = pair.as_ref() else { return Err(Unfit::new(to, "a map")) };
            let columns = vec![fit(map.keys(), key.data_type())?, fit(map.values(), value.data_type())?];
            let columns = StructArray::try_new(pair.clone(), columns, None)?;
            let (offsets, nulls) = (map.offsets().clone(), map.nulls().cloned());
            Ok(Arc::new(MapArray::try_new(Arc::clone(entries), offsets, columns, nulls, *sorted)?))
        }
        (DataType::List(_), DataType::List(item)) => {
            let list = array.as_list::<i32>();
            let values = fit(list.values(), item.data_type())?;
            Ok(Arc::new(ListArray::try_new(Arc::clone(item), list.offsets().clone(), values, list.nulls().cloned())?))
        }
        (from, DataType::List(_)) if element(from).is_some() => {
            let item = element(from).map(|item| Arc::new(item.clone())).ok_or_else(|| Unfit::new(to, type_name(from)))?;
            fit(&cast(array, &DataType::List(item))?, to)
        }
        (DataType::Dictionary(_, values), _) => fit(&cast(array, values)?, to),
        _ => fit_scalars(array, to),
    }
}

/// The type with which values of the type `from` are kept in the wrapper `to`, where they can be.
fn wrapped(from: &DataType, to: &DataType) -> Option<Type> {
    let r#type = if is_wrapper(to) { Type::of(to).ok()? } else { return None };
    let fits = match (&r#type, from) {
        (Type::Timestamp(_) | Type::TimestampTz(_), DataType::Timestamp(..)) | (Type::Uuid, DataType::FixedSizeBinary(16)) => {
            true
        }
        // A shredded one has a third member.
        (Type::Variant, DataType::Struct(fields)) => fields.len() == 2 && VARIANT.iter().all(|name| fields.find(name).is_some()),
        _ => false,
    };
    fits.then_some(r#type)
}

/// The members of a variant in Parquet ("Variant in Parquet"): its names, and its value.
const VARIANT: [&str; 2] = ["metadata", "value"];

fn variants(array: &StructArray) -> Result<ArrayRef, Unfit> {
    let member = |name: &str| -> Result<ArrayRef, ArrowError> {
        let found = array.column_by_name(name);
        cast(found.ok_or_else(|| ArrowError::SchemaError(format!("a variant without '{name}'")))?, &DataType::Binary)
    };
    let [names, values] = VARIANT.map(member);
    let (names, values) = (names?, values?);
    let (names, values) = (names.as_binary::<i32>(), values.as_binary::<i32>());
    let mut column = variant::Column::new(array.len());
    let unfit = |error: Error| Unfit::new(&Type::Variant.arrow(), error.message().to_string());
    for row in 0..array.len() {
        match array.is_valid(row) {
            true => column.encoded(names.value(row), values.value(row)).map_err(unfit)?,
            false => column.null(),
        }
    }
    column.finish().map_err(unfit)
}

/// A wrapper around the values; the zone is UTC.
fn wrap(array: &ArrayRef, to: &DataType, r#type: &Type) -> Result<ArrayRef, Unfit> {
    if *r#type == Type::Variant {
        return variants(array.as_struct());
    }
    let DataType::Struct(fields) = to else { return Err(Unfit::new(to, "a wrapper")) };
    let mut columns: Vec<ArrayRef> = match r#type {
        Type::Timestamp(digits) | Type::TimestampTz(digits) => vec![instants(array, *digits)?],
        _ => vec![Arc::clone(array)],
    };
    if matches!(r#type, Type::TimestampTz(_)) {
        columns.push(Arc::new(Int16Array::from_value(Zone::UTC.key(), array.len())));
    }
    Ok(Arc::new(StructArray::try_new(fields.clone(), columns, array.logical_nulls())?))
}

/// Instants as wrappers hold them: microseconds, cut to the digits; with more than six of them seconds with twelve.
fn instants(array: &ArrayRef, digits: u8) -> Result<ArrayRef, Unfit> {
    if digits > 6 {
        let nanos = fit_scalars(array, &DataType::Timestamp(TimeUnit::Nanosecond, None))?;
        let nanos = nanos.as_primitive::<TimestampNanosecondType>();
        let seconds: Decimal128Array = nanos.unary(|nanos| i128::from(nanos) * 1000);
        return Ok(Arc::new(seconds.with_precision_and_scale(38, 12)?));
    }
    let micros = fit_scalars(array, &DataType::Timestamp(TimeUnit::Microsecond, None))?;
    let step = 10i64.pow(6u32.saturating_sub(u32::from(digits)));
    let cut = |micros: i64| micros.div_euclid(step) * step;
    let cut: Int64Array = micros.as_primitive::<TimestampMicrosecondType>().unary(cut);
    Ok(Arc::new(cut))
}

/// A value as one of the type `to`.
pub(super) fn fit_value(value: &ScalarValue, to: &DataType) -> Result<ScalarValue, Unfit> {
    let lost = |error: DataFusionError| Unfit::new(to, error.to_string());
    let array = value.to_array().map_err(lost)?;
    ScalarValue::try_from_array(&fit(&array, to)?, 0).map_err(lost)
}

fn fit_struct(array: &StructArray, wanted: &Fields) -> Result<ArrayRef, Unfit> {
    let members = wanted.iter().map(|wanted| match named(array.fields(), wanted.name()) {
        Some((at, _)) => fit(array.column(at), wanted.data_type()).map_err(|unfit| unfit.within(wanted.name())),
        None => Ok(new_null_array(wanted.data_type(), array.len())),
    });
    let members = members.collect::<Result<Vec<_>, _>>()?;
    Ok(Arc::new(StructArray::try_new_with_length(wanted.clone(), members, array.nulls().cloned(), array.len())?))
}

fn fit_scalars(array: &ArrayRef, to: &DataType) -> Result<ArrayRef, Unfit> {
    // What cannot be cast becomes NULL, so that the value can be found and shown.
    let fitted = cast_with_options(array, to, &CastOptions { safe: true, ..CastOptions::default() })?;
    match lost(array, &fitted)? {
        None => Ok(fitted),
        Some(row) => Err(Unfit::new(to, shown(array, row))),
    }
}

/// The first row whose value is not the same any more.
fn lost(array: &ArrayRef, fitted: &ArrayRef) -> Result<Option<usize>, ArrowError> {
    if fitted.logical_null_count() > array.logical_null_count() {
        return Ok((0..array.len()).find(|row| array.is_valid(*row) && fitted.is_null(*row)));
    }
    if !array.data_type().is_floating() {
        return Ok(None);
    }
    if fitted.data_type().is_integer() {
        let exact = cast(array, &DataType::Float64)?;
        return Ok(exact.as_primitive::<Float64Type>().iter().position(|value| value.is_some_and(|value| value.fract() != 0.0)));
    }
    if *fitted.data_type() == DataType::Float32 {
        let exact = cast(array, &DataType::Float64)?;
        let pairs = exact.as_primitive::<Float64Type>().iter().zip(fitted.as_primitive::<Float32Type>());
        let overflown = |(exact, fitted): (Option<f64>, Option<f32>)| {
            exact.is_some_and(f64::is_finite) && fitted.is_some_and(f32::is_infinite)
        };
        return Ok(pairs.into_iter().position(overflown));
    }
    Ok(None)
}

fn shown(array: &ArrayRef, row: usize) -> String {
    let text = array_value_to_string(array, row).unwrap_or_default();
    let quote = if array.data_type().is_string() { "\"" } else { "" };
    match text.char_indices().nth(SHOWN) {
        Some((end, _)) => format!("{quote}{}…{quote}", &text[..end]),
        None => format!("{quote}{text}{quote}"),
    }
}

#[cfg(test)]
mod tests;
