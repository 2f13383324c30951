//! Values of SQL as JSON: numbers, booleans and NULL as such, json as it is, arrays as arrays, maps and rows as objects, all
//! else as its text.

use arrow::array::{Array, ArrayRef, AsArray, StringViewBuilder, make_array};
use arrow::datatypes::{Float32Type, Float64Type};
use datafusion::common::{Result, internal_err};
use std::sync::Arc;

use super::super::super::columns::wrapped;
use super::super::model::{write_double, write_text};
use crate::error::into_datafusion;
use crate::text::Text;
use crate::types::number::column::Numbers;
use crate::types::{Number, Type};

/// Whether values of the type can be cast to JSON.
pub(crate) fn is_castable(r#type: &Type) -> bool {
    match r#type {
        Type::Unknown | Type::Boolean | Type::Tinyint | Type::Smallint | Type::Integer | Type::Bigint => true,
        Type::Real | Type::Double | Type::Decimal(..) | Type::Number | Type::Varchar(_) | Type::Json => true,
        Type::Date | Type::Timestamp(_) | Type::TimestampTz(_) => true,
        Type::Array(item) => is_castable(item),
        Type::Map(key, value) => is_name(key) && is_castable(value),
        Type::Row(fields) => fields.iter().all(|(_, field)| is_castable(field)),
        _ => false,
    }
}

/// Whether values of the type can be names of members.
pub(super) fn is_name(r#type: &Type) -> bool {
    match r#type {
        Type::Unknown | Type::Boolean | Type::Varchar(_) => true,
        other => other.is_numeric(),
    }
}

/// `values` of the type as a column of json; a NULL stays one.
///
/// Errors: `Internal` for a type that is not [`is_castable`].
pub(crate) fn to_json(values: &ArrayRef, r#type: &Type) -> Result<ArrayRef> {
    let write = writer(values.as_ref(), r#type)?;
    let nulls = values.logical_nulls();
    let mut out = StringViewBuilder::with_capacity(values.len());
    let mut text = String::new();
    for row in 0..values.len() {
        if nulls.as_ref().is_some_and(|nulls| nulls.is_null(row)) {
            out.append_null();
        } else {
            text.clear();
            write(row, &mut text);
            out.append_value(&text);
        }
    }
    wrapped(Arc::new(out.finish()), &Type::Json)
}

/// Appends the JSON of a row.
type Writer<'a> = Box<dyn Fn(usize, &mut String) + 'a>;

/// What writes the values, `null` for NULL.
fn writer<'a>(values: &'a dyn Array, r#type: &Type) -> Result<Writer<'a>> {
    let write: Writer<'a> = match r#type {
        Type::Unknown => Box::new(|_, out| out.push_str("null")),
        Type::Real => {
            let values = values.as_primitive::<Float32Type>();
            Box::new(move |row, out| match values.value(row) {
                // By its own digits: 0.1 is no 0.10000000149011612.
                value if value.is_finite() => crate::text::real(value, out),
                value => write_double(value.into(), out),
            })
        }
        Type::Double => {
            let values = values.as_primitive::<Float64Type>();
            Box::new(move |row, out| write_double(values.value(row), out))
        }
        Type::Number => numbers(values)?,
        Type::Boolean | Type::Tinyint | Type::Smallint | Type::Integer | Type::Bigint | Type::Decimal(..) | Type::Json => {
            let text = Text::new(values).map_err(into_datafusion)?;
            Box::new(move |row, out| _ = text.write(row, out))
        }
        Type::Array(item) => array(values, item)?,
        Type::Map(_, value) => map(values, value)?,
        Type::Row(fields) => {
            let rows = values.as_struct();
            let columns = rows
                .columns()
                .iter()
                .zip(fields)
                .map(|(column, (name, field))| Ok((name.clone().unwrap_or_default(), writer(column.as_ref(), field)?)));
            let columns = columns.collect::<Result<Vec<_>>>()?;
            Box::new(move |row, out| {
                out.push('{');
                for (at, (name, write)) in columns.iter().enumerate() {
                    if at > 0 {
                        out.push(',');
                    }
                    write_text(name, out);
                    out.push(':');
                    write(row, out);
                }
                out.push('}');
            })
        }
        other if is_castable(other) => {
            let text = Text::new(values).map_err(into_datafusion)?;
            Box::new(move |row, out| {
                let mut plain = String::new();
                text.write(row, &mut plain);
                write_text(&plain, out);
            })
        }
        other => return internal_err!("{other} cannot be cast to json"),
    };
    let Some(nulls) = values.logical_nulls() else { return Ok(write) };
    Ok(Box::new(move |row, out| match nulls.is_null(row) {
        true => out.push_str("null"),
        false => write(row, out),
    }))
}

/// NaN and infinities, which JSON has no number for, are texts.
fn numbers<'a>(values: &dyn Array) -> Result<Writer<'a>> {
    let numbers = Numbers::of(&make_array(values.to_data())).map_err(into_datafusion)?;
    let texts = numbers.iter().map(|number| {
        Ok(number?.map_or_else(String::new, |number| match number {
            Number::Finite(_) => number.to_string(),
            _ => format!("\"{number}\""),
        }))
    });
    let texts = texts.collect::<catalog::Result<Vec<String>>>().map_err(into_datafusion)?;
    Ok(Box::new(move |row, out| out.push_str(&texts[row])))
}

fn array<'a>(values: &'a dyn Array, item: &Type) -> Result<Writer<'a>> {
    let lists = values.as_list::<i32>();
    let item = writer(lists.values().as_ref(), item)?;
    Ok(Box::new(move |row, out| {
        let offsets = lists.value_offsets();
        out.push('[');
        for at in offsets[row]..offsets[row + 1] {
            if at > offsets[row] {
                out.push(',');
            }
            item(at as usize, out);
        }
        out.push(']');
    }))
}

/// Members in the order of their names.
fn map<'a>(values: &'a dyn Array, value: &Type) -> Result<Writer<'a>> {
    let maps = values.as_map();
    let keys = Text::new(maps.keys().as_ref()).map_err(into_datafusion)?;
    let write = writer(maps.values().as_ref(), value)?;
    Ok(Box::new(move |row, out| {
        let offsets = maps.value_offsets();
        let mut entries: Vec<(String, usize)> = (offsets[row] as usize..offsets[row + 1] as usize)
            .map(|at| {
                let mut key = String::new();
                keys.write(at, &mut key);
                (key, at)
            })
            .collect();
        entries.sort_unstable();
        out.push('{');
        for (place, (key, at)) in entries.iter().enumerate() {
            if place > 0 {
                out.push(',');
            }
            write_text(key, out);
            out.push(':');
            write(*at, out);
        }
        out.push('}');
    }))
}
