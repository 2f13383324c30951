//! JSON as values of SQL. A column is built for all rows at once, type by type from the outside in; scalars become text, which
//! the casts from varchar read.

use std::sync::Arc;

use arrow::array::{
    Array, ArrayRef, AsArray, BooleanArray, Float64Array, ListArray, MapArray, StringViewArray, StructArray, new_null_array,
};
use arrow::buffer::{NullBuffer, OffsetBuffer};
use arrow::datatypes::DataType;
use catalog::{Error, ErrorKind};
use datafusion::common::{Result, internal_err};

use super::super::super::columns::{Strings, wrapped};
use super::super::model::Json;
use crate::cast::decimal::{digits, fits, read};
use crate::error::into_datafusion;
use crate::types::Type;

/// A cast of a column of varchar or double to a type, with the rules of that cast.
pub(crate) type Cast<'a> = dyn Fn(&ArrayRef, &Type, &Type) -> Result<ArrayRef> + 'a;

/// A column of json as values of the type. `cast` does scalars: it gets values, their type and the wanted one. With `safe` a row
/// that does not fit is NULL.
///
/// Errors: `InvalidCast` in Trino's words for a row that does not fit.
pub(crate) fn from_json(values: &ArrayRef, to: &Type, cast: &Cast<'_>, safe: bool) -> Result<ArrayRef> {
    let texts = Strings::of(values)?;
    let rows = 0..values.len();
    let parsed: Vec<Option<Json<'_>>> = rows
        .clone()
        .map(|row| (!texts.is_null(row)).then(|| Json::parse(texts.value(row)).unwrap_or_else(|| raw(texts.value(row)))))
        .collect();
    let present: Vec<Option<&Json<'_>>> = parsed.iter().map(Option::as_ref).collect();
    match build(&present, to, cast) {
        Ok(values) => Ok(values),
        // Row by row, to find those that do not fit.
        Err(_) if safe => {
            let single = |row: usize| build(&present[row..=row], to, cast).unwrap_or_else(|_| new_null_array(&to.arrow(), 1));
            let rows: Vec<ArrayRef> = rows.map(single).collect();
            let rows: Vec<&dyn Array> = rows.iter().map(AsRef::as_ref).collect();
            if rows.is_empty() { Ok(new_null_array(&to.arrow(), 0)) } else { Ok(arrow::compute::concat(&rows)?) }
        }
        Err(error) => match error {
            datafusion::common::DataFusionError::External(ours)
                if ours.is::<Unfit>() || is_nested(to) && ours.downcast_ref().is_some_and(is_of_value) =>
            {
                let row = (0..present.len()).find(|row| build(&present[*row..=*row], to, cast).is_err()).unwrap_or(0);
                Err(into_datafusion(Error::new(
                    ErrorKind::InvalidCast,
                    format!("Cannot cast to {to}. {ours}\n{}", texts.value(row)),
                )))
            }
            other => Err(other),
        },
    }
}

fn is_nested(r#type: &Type) -> bool {
    matches!(r#type, Type::Array(_) | Type::Map(..) | Type::Row(_))
}

fn is_of_value(error: &Error) -> bool {
    matches!(error.kind(), ErrorKind::InvalidCast | ErrorKind::NumericOutOfRange)
}

/// What [`super::super::json_array_get`] made of a string has no quotes.
fn raw(text: &str) -> Json<'static> {
    Json::Text(text.to_string())
}

/// Why a value does not fit; the whole message has the JSON as well.
#[derive(Debug)]
struct Unfit(String);

impl std::fmt::Display for Unfit {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Unfit {}

fn unfit<T>(message: String) -> Result<T> {
    Err(datafusion::common::DataFusionError::External(Box::new(Unfit(message))))
}

type Rows<'r, 'a> = [Option<&'r Json<'a>>];

fn build(rows: &Rows<'_, '_>, to: &Type, cast: &Cast<'_>) -> Result<ArrayRef> {
    match to {
        Type::Json => {
            let texts: StringViewArray = rows
                .iter()
                .map(|row| {
                    row.map(|value| {
                        let mut out = String::new();
                        value.write(&mut out);
                        out
                    })
                })
                .collect();
            wrapped(Arc::new(texts), to)
        }
        Type::Array(item) => array(rows, item, to, cast),
        Type::Map(key, value) => map(rows, key, value, to, cast),
        Type::Row(_) => row(rows, to, cast),
        Type::Boolean => {
            let values = rows.iter().map(|row| boolean(*row)).collect::<Result<BooleanArray>>()?;
            Ok(Arc::new(values))
        }
        _ => scalars(rows, to, cast),
    }
}

/// NULL where the value is missing or null.
fn some<'r, 'a>(row: Option<&'r Json<'a>>) -> Option<&'r Json<'a>> {
    row.filter(|value| **value != Json::Null)
}

/// The first character of a value, as Trino names it in errors.
fn token(value: &Json<'_>) -> String {
    match value {
        Json::Array(_) => "[".to_string(),
        Json::Object(_) => "{".to_string(),
        Json::Text(text) => text.clone(),
        other => {
            let mut out = String::new();
            other.write(&mut out);
            out
        }
    }
}

fn boolean(row: Option<&Json<'_>>) -> Result<Option<bool>> {
    let Some(value) = some(row) else { return Ok(None) };
    Ok(Some(match value {
        Json::Bool(value) => *value,
        Json::Number(number) => match number.parse::<f64>() {
            Ok(value) if value.is_finite() => value != 0.0,
            _ => return Err(into_datafusion(Error::new(ErrorKind::InvalidCast, format!("Cannot cast '{number}' to boolean")))),
        },
        Json::Text(text) => match text.to_lowercase().as_str() {
            "t" | "true" | "1" => true,
            "f" | "false" | "0" => false,
            _ => return Err(into_datafusion(Error::new(ErrorKind::InvalidCast, format!("Cannot cast '{text}' to boolean")))),
        },
        other => return unfit(format!("Unexpected token when cast to boolean: {}", token(other))),
    }))
}

/// Scalars as text or as doubles, cast as those are.
fn scalars(rows: &Rows<'_, '_>, to: &Type, cast: &Cast<'_>) -> Result<ArrayRef> {
    let mut texts: Vec<Option<String>> = Vec::with_capacity(rows.len());
    let mut doubles: Vec<Option<f64>> = vec![None; rows.len()];
    let as_double = to.is_integer() || matches!(to, Type::Varchar(_));
    for (at, row) in rows.iter().enumerate() {
        texts.push(match some(*row) {
            None => None,
            Some(Json::Number(number)) if as_double && !Json::is_integer(number) => {
                doubles[at] = number.parse().ok();
                None
            }
            Some(Json::Number(number)) => Some(number.to_string()),
            Some(Json::Text(text)) => Some(text.clone()),
            Some(Json::Bool(value)) if to.is_numeric() => Some(u8::from(*value).to_string()),
            Some(Json::Bool(value)) if matches!(to, Type::Varchar(_)) => Some(value.to_string()),
            Some(other) => return unfit(format!("Unexpected token when cast to {to}: {}", token(other))),
        });
    }
    let texts: ArrayRef = Arc::new(StringViewArray::from_iter(texts));
    match to {
        Type::Varchar(Some(length)) => shorter(rows, &texts, *length)?,
        Type::Decimal(precision, scale) => smaller(&texts, *precision, *scale)?,
        _ => {}
    }
    let texts = cast(&texts, &Type::VARCHAR, to)?;
    if doubles.iter().all(Option::is_none) {
        return Ok(texts);
    }
    let doubles = Float64Array::from(doubles);
    let by_double = arrow::compute::is_not_null(&doubles)?;
    let doubles = cast(&(Arc::new(doubles) as ArrayRef), &Type::Double, to)?;
    Ok(arrow::compute::kernels::zip::zip(&by_double, &doubles, &texts)?)
}

/// Refuses numbers that are too large for a decimal, whether they are JSON's or in texts.
fn smaller(texts: &ArrayRef, precision: u8, scale: u8) -> Result<()> {
    let too_large = |text: &str| digits(text).is_some() && !read(text, scale).is_some_and(|value| fits(value, precision));
    if texts.as_string_view().iter().flatten().any(|text| too_large(text.trim())) {
        let message = format!("Cannot cast input json to DECIMAL({precision},{scale})");
        return Err(into_datafusion(Error::new(ErrorKind::NumericOutOfRange, message)));
    }
    Ok(())
}

/// Refuses what is longer than a varchar of its length: it is not cut.
fn shorter(rows: &Rows<'_, '_>, texts: &ArrayRef, length: u32) -> Result<()> {
    let too_long = |text: &str| text.chars().count() > length as usize;
    let longer = rows.iter().zip(texts.as_string_view()).find(|(_, text)| text.is_some_and(too_long));
    let Some((row, _)) = longer else { return Ok(()) };
    let mut json = String::new();
    row.iter().for_each(|value| value.write(&mut json));
    let message = format!("Cannot cast '{json}' to varchar({length})");
    Err(into_datafusion(Error::new(ErrorKind::InvalidCast, message)))
}

fn array(rows: &Rows<'_, '_>, item: &Type, to: &Type, cast: &Cast<'_>) -> Result<ArrayRef> {
    let mut items = Vec::new();
    let mut lengths = Vec::with_capacity(rows.len());
    for row in rows {
        let before = items.len();
        match some(*row) {
            None => {}
            Some(Json::Array(values)) => items.extend(values.iter().map(Some)),
            Some(other) => return unfit(format!("Expected a json array, but got {}", token(other))),
        }
        lengths.push(items.len() - before);
    }
    let DataType::List(field) = to.arrow() else { return internal_err!("{to} is not an array") };
    let values = build(&items, item, cast)?;
    Ok(Arc::new(ListArray::try_new(field, OffsetBuffer::from_lengths(lengths), values, present(rows))?))
}

fn present(rows: &Rows<'_, '_>) -> Option<NullBuffer> {
    Some(rows.iter().map(|row| some(*row).is_some()).collect::<Vec<bool>>().into())
}

fn map(rows: &Rows<'_, '_>, key: &Type, value: &Type, to: &Type, cast: &Cast<'_>) -> Result<ArrayRef> {
    let mut names = Vec::new();
    let mut values = Vec::new();
    let mut lengths = Vec::with_capacity(rows.len());
    for row in rows {
        let before = values.len();
        match some(*row) {
            None => {}
            Some(Json::Object(members)) => {
                names.extend(members.iter().map(|(name, _)| Json::Text(name.clone())));
                values.extend(members.iter().map(|(_, value)| Some(value)));
            }
            Some(other) => return unfit(format!("Expected a json object, but got {}", token(other))),
        }
        lengths.push(values.len() - before);
    }
    let DataType::Map(field, ordered) = to.arrow() else { return internal_err!("{to} is not a map") };
    let DataType::Struct(fields) = field.data_type() else { return internal_err!("a map of no entries") };
    let names: Vec<_> = names.iter().map(Some).collect();
    let columns = vec![build(&names, key, cast)?, build(&values, value, cast)?];
    let mut start = 0;
    for length in &lengths {
        unique(&columns[0], start, *length)?;
        start += length;
    }
    let entries = StructArray::try_new(fields.clone(), columns, None)?;
    Ok(Arc::new(MapArray::try_new(field, OffsetBuffer::from_lengths(lengths), entries, present(rows), ordered)?))
}

/// Refuses a map with two equal keys, which texts that differ may have become.
fn unique(keys: &ArrayRef, start: usize, length: usize) -> Result<()> {
    if length < 2 {
        return Ok(());
    }
    let keys = crate::text::Text::new(keys).map_err(into_datafusion)?;
    let mut seen = std::collections::HashSet::with_capacity(length);
    for at in start..start + length {
        let mut text = String::new();
        keys.write(at, &mut text);
        if seen.contains(&text) {
            return unfit("Duplicate keys are not allowed".to_string());
        }
        seen.insert(text);
    }
    Ok(())
}

/// Rows are read from arrays by place, and from objects by name.
fn row(rows: &Rows<'_, '_>, to: &Type, cast: &Cast<'_>) -> Result<ArrayRef> {
    let Type::Row(types) = to else { return internal_err!("{to} is not a row") };
    let names: Vec<Option<String>> = types.iter().map(|(name, _)| name.as_ref().map(|name| name.to_lowercase())).collect();
    let mut columns: Vec<Vec<Option<&Json<'_>>>> = vec![Vec::with_capacity(rows.len()); types.len()];
    for row in rows {
        match some(*row) {
            None => columns.iter_mut().for_each(|column| column.push(None)),
            Some(Json::Array(values)) if values.len() == types.len() => {
                columns.iter_mut().zip(values).for_each(|(column, value)| column.push(Some(value)));
            }
            Some(Json::Array(values)) if values.len() > types.len() => {
                return unfit(format!("Expected json array ending, but got {}", token(&values[types.len()])));
            }
            Some(Json::Array(values)) => {
                return unfit(format!("Expected {} values in the json array, but got {}", types.len(), values.len()));
            }
            Some(Json::Object(_)) if names.iter().any(Option::is_none) => {
                return unfit("Cannot cast a JSON object to anonymous row type. Input must be a JSON array.".to_string());
            }
            Some(Json::Object(members)) => {
                let mut found: Vec<Option<&Json<'_>>> = vec![None; types.len()];
                for (name, value) in members {
                    let name = name.to_lowercase();
                    let Some(at) = names.iter().position(|known| known.as_deref() == Some(name.as_str())) else { continue };
                    if found[at].replace(value).is_some() {
                        return unfit(format!("Duplicate field: {name}"));
                    }
                }
                columns.iter_mut().zip(found).for_each(|(column, value)| column.push(value));
            }
            Some(other) => return unfit(format!("Expected a json array or object, but got {}", token(other))),
        }
    }
    let DataType::Struct(fields) = to.arrow() else { return internal_err!("{to} is not a row") };
    let columns = columns.iter().zip(types).map(|(column, (_, r#type))| build(column, r#type, cast));
    Ok(Arc::new(StructArray::try_new(fields, columns.collect::<Result<_>>()?, present(rows))?))
}
