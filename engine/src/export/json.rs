//! JSON: numbers and booleans as such, arrays as arrays, rows and maps as objects, NULL as `null`, all else as a string in the
//! form that Athena prints (so a timestamp is `"2024-01-01 00:00:00.000"`, which the JSON SerDes read back).
//!
//! arrow-json writes neither maps whose keys are not strings nor NaN and the infinities, which become `null` there; here they are
//! the strings `"NaN"`, `"Infinity"`, `"-Infinity"`.

use std::io::Write;
use std::ops::Range;

use arrow::array::{Array, AsArray, RecordBatch};
use arrow::datatypes::{DataType, Float32Type, Float64Type};
use catalog::{Error, Result};

use super::{Export, unwritable};
use crate::text::Text;

/// How the objects of the rows make up a file.
pub(super) enum Framing {
    Array,
    Lines,
}

pub(super) struct Json<W> {
    out: W,
    framing: Framing,
    /// `"name":` of each column.
    keys: Vec<String>,
    rows: u64,
}

impl<W: Write + Send> Json<W> {
    pub(super) fn new(names: &[String], framing: Framing, out: W) -> Result<Self> {
        let key = |name: &String| {
            let mut key = String::new();
            quote(name, &mut key);
            key.push(':');
            key
        };
        Ok(Self { out, framing, keys: names.iter().map(key).collect(), rows: 0 })
    }
}

impl<W: Write + Send> Export for Json<W> {
    fn write(&mut self, batch: &RecordBatch) -> Result<()> {
        let columns = batch.columns().iter().map(|column| Value::new(column)).collect::<Result<Vec<_>>>()?;
        let mut lines = String::new();
        for row in 0..batch.num_rows() {
            match self.framing {
                Framing::Array => lines.push_str(if self.rows == 0 { "[\n" } else { ",\n" }),
                Framing::Lines => {}
            }
            self.rows += 1;
            for (index, (key, column)) in self.keys.iter().zip(&columns).enumerate() {
                lines.push(if index == 0 { '{' } else { ',' });
                lines.push_str(key);
                column.write(row, &mut lines);
            }
            lines.push_str(if columns.is_empty() { "{}" } else { "}" });
            if matches!(self.framing, Framing::Lines) {
                lines.push('\n');
            }
        }
        self.out.write_all(lines.as_bytes()).map_err(unwritable)
    }

    fn finish(mut self: Box<Self>) -> Result<()> {
        let end = match (&self.framing, self.rows) {
            (Framing::Array, 0) => "[]\n",
            (Framing::Array, _) => "\n]\n",
            (Framing::Lines, _) => "",
        };
        self.out.write_all(end.as_bytes()).map_err(unwritable)?;
        self.out.flush().map_err(unwritable)
    }
}

/// One column as JSON values.
enum Value<'a> {
    /// The text is JSON as it is.
    Bare(Text<'a>),
    /// A number, or a string where JSON has no such number; the function says which.
    Float(Text<'a>, Box<dyn Fn(usize) -> bool + Send + 'a>),
    Quoted(Text<'a>),
    List {
        nulls: &'a dyn Array,
        range: Box<dyn Fn(usize) -> Range<usize> + Send + 'a>,
        items: Box<Value<'a>>,
    },
    Row {
        nulls: &'a dyn Array,
        fields: Vec<(String, Value<'a>)>,
    },
    Map {
        nulls: &'a dyn Array,
        offsets: &'a [i32],
        keys: Text<'a>,
        values: Box<Value<'a>>,
    },
    Dictionary {
        nulls: &'a dyn Array,
        keys: Vec<usize>,
        values: Box<Value<'a>>,
    },
}

impl<'a> Value<'a> {
    fn new(array: &'a dyn Array) -> Result<Self> {
        use DataType as T;
        Ok(match array.data_type() {
            T::Boolean => Self::Bare(Text::new(array)?),
            number if number.is_integer() || number.is_decimal() => Self::Bare(Text::new(array)?),
            T::Float64 => {
                let values = array.as_primitive::<Float64Type>();
                Self::Float(Text::new(array)?, Box::new(|row| values.value(row).is_finite()))
            }
            T::Float32 => {
                let values = array.as_primitive::<Float32Type>();
                Self::Float(Text::new(array)?, Box::new(|row| values.value(row).is_finite()))
            }
            T::List(_) | T::LargeList(_) | T::ListView(_) | T::LargeListView(_) | T::FixedSizeList(..) => Self::list(array)?,
            T::Struct(_) => {
                let rows = array.as_struct();
                let names: Vec<String> = rows.column_names().into_iter().map(String::from).collect();
                let field = |(name, column): (String, &'a arrow::array::ArrayRef)| {
                    let mut key = String::new();
                    quote(&name, &mut key);
                    Ok((key, Self::new(column)?))
                };
                let fields = super::unique(&names).into_iter().zip(rows.columns()).map(field).collect::<Result<_>>()?;
                Self::Row { nulls: array, fields }
            }
            T::Map(..) => {
                let maps = array.as_map();
                let (keys, values) = (Text::new(maps.keys())?, Box::new(Self::new(maps.values())?));
                Self::Map { nulls: array, offsets: maps.value_offsets(), keys, values }
            }
            T::Dictionary(..) => {
                let words = array.as_any_dictionary();
                let keys = if words.values().is_empty() { Vec::new() } else { words.normalized_keys() };
                Self::Dictionary { nulls: array, keys, values: Box::new(Self::new(words.values())?) }
            }
            _ => Self::Quoted(Text::new(array)?),
        })
    }

    fn list(array: &'a dyn Array) -> Result<Self> {
        let (items, range): (_, Box<dyn Fn(usize) -> Range<usize> + Send + 'a>) = match array.data_type() {
            DataType::List(_) => {
                let lists = array.as_list::<i32>();
                let offsets = lists.value_offsets();
                (lists.values(), Box::new(|row| offsets[row] as usize..offsets[row + 1] as usize))
            }
            DataType::LargeList(_) => {
                let lists = array.as_list::<i64>();
                let offsets = lists.value_offsets();
                (lists.values(), Box::new(|row| offsets[row] as usize..offsets[row + 1] as usize))
            }
            DataType::FixedSizeList(..) => {
                let lists = array.as_fixed_size_list();
                let width = lists.value_length() as usize;
                (lists.values(), Box::new(move |row| row * width..(row + 1) * width))
            }
            other => return Err(Error::not_supported(format!("values of the arrow type {other} cannot be written as JSON"))),
        };
        Ok(Self::List { nulls: array, range, items: Box::new(Self::new(items)?) })
    }

    fn write(&self, row: usize, out: &mut String) {
        match self {
            Self::Bare(text) => bare(text, row, out),
            Self::Float(text, finite) if finite(row) => bare(text, row, out),
            Self::Float(text, _) | Self::Quoted(text) => quoted(text, row, out),
            Self::List { nulls, .. } | Self::Row { nulls, .. } | Self::Map { nulls, .. } | Self::Dictionary { nulls, .. }
                if nulls.is_null(row) =>
            {
                out.push_str("null");
            }
            Self::List { range, items, .. } => enclose('[', ']', range(row), out, |item, out| items.write(item, out)),
            Self::Row { fields, .. } => enclose('{', '}', 0..fields.len(), out, |field, out| {
                let (key, value) = &fields[field];
                out.push_str(key);
                out.push(':');
                value.write(row, out);
            }),
            Self::Map { offsets, keys, values, .. } => {
                enclose('{', '}', offsets[row] as usize..offsets[row + 1] as usize, out, |entry, out| {
                    let mut key = String::new();
                    keys.write(entry, &mut key);
                    quote(&key, out);
                    out.push(':');
                    values.write(entry, out);
                });
            }
            Self::Dictionary { keys, values, .. } => values.write(keys[row], out),
        }
    }
}

fn bare(text: &Text<'_>, row: usize, out: &mut String) {
    if !text.write(row, out) {
        out.push_str("null");
    }
}

/// The value as a string. Most texts have nothing to escape and are written once, in place.
fn quoted(text: &Text<'_>, row: usize, out: &mut String) {
    let start = out.len();
    out.push('"');
    if !text.write(row, out) {
        out.truncate(start);
        out.push_str("null");
    } else if out.as_bytes()[start + 1..].iter().any(|byte| matches!(byte, b'"' | b'\\' | 0..0x20)) {
        let raw = out.split_off(start + 1);
        out.truncate(start);
        quote(&raw, out);
    } else {
        out.push('"');
    }
}

fn enclose(open: char, close: char, range: Range<usize>, out: &mut String, write: impl Fn(usize, &mut String)) {
    out.push(open);
    for (index, item) in range.enumerate() {
        out.push_str(if index > 0 { "," } else { "" });
        write(item, out);
    }
    out.push(close);
}

/// A JSON string. Every string can be written as one, so the error that serde's signature has does not occur.
fn quote(text: &str, out: &mut String) {
    if let Ok(quoted) = serde_json::to_string(text) {
        out.push_str(&quoted);
    }
}
