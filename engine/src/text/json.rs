//! Values as JSON, in two forms. Files have numbers as numbers and rows as objects; Trino's protocol has decimals as strings, rows as
//! arrays and bytes in base64 ("Client protocol"; what its clients read back). In both, what is no number of JSON is a string: `"NaN"`,
//! `"Infinity"`, `"-Infinity"`.

use std::ops::Range;

use arrow::array::{Array, ArrayRef, AsArray};
use arrow::datatypes::{DataType, Float32Type, Float64Type};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use catalog::{Error, Result};

use super::Text;
use crate::types::{Type, is_wrapper};

/// For whom values are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Form {
    /// A file of JSON objects.
    File,
    /// The data of Trino's protocol.
    Trino,
}

/// The bytes of a row's value, in base64.
type Bytes<'a> = Box<dyn Fn(usize) -> String + Send + 'a>;

/// One column as JSON values.
pub(crate) enum Value<'a> {
    /// The text is JSON as it is.
    Bare(Text<'a>),
    /// A number, or a string where JSON has no such number; the function says which.
    Float(Text<'a>, Box<dyn Fn(usize) -> bool + Send + 'a>),
    Quoted(Text<'a>),
    Base64 {
        nulls: &'a dyn Array,
        bytes: Bytes<'a>,
    },
    List {
        nulls: &'a dyn Array,
        range: Box<dyn Fn(usize) -> Range<usize> + Send + 'a>,
        items: Box<Value<'a>>,
    },
    /// With the members' names where it is an object.
    Row {
        nulls: &'a dyn Array,
        fields: Vec<(Option<String>, Value<'a>)>,
    },
    Map {
        nulls: &'a dyn Array,
        offsets: &'a [i32],
        keys: Box<Value<'a>>,
        values: Box<Value<'a>>,
    },
    Dictionary {
        nulls: &'a dyn Array,
        keys: Vec<usize>,
        values: Box<Value<'a>>,
    },
}

impl<'a> Value<'a> {
    /// Refuses with `NotSupported` the Arrow types that no SQL value has.
    pub(crate) fn new(array: &'a dyn Array, form: Form) -> Result<Self> {
        use DataType as T;
        Ok(match array.data_type() {
            T::Boolean => Self::Bare(Text::new(array)?),
            T::UInt64 if form == Form::Trino => Self::Quoted(Text::new(array)?),
            number if number.is_integer() => Self::Bare(Text::new(array)?),
            decimal if decimal.is_decimal() && form == Form::File => Self::Bare(Text::new(array)?),
            T::Float64 => {
                let values = array.as_primitive::<Float64Type>();
                Self::Float(Text::new(array)?, Box::new(|row| values.value(row).is_finite()))
            }
            T::Float32 => {
                let values = array.as_primitive::<Float32Type>();
                Self::Float(Text::new(array)?, Box::new(|row| values.value(row).is_finite()))
            }
            T::List(_) | T::LargeList(_) | T::ListView(_) | T::LargeListView(_) | T::FixedSizeList(..) => {
                Self::list(array, form)?
            }
            // Numbers and variants are kept as bytes, too, but are told as texts.
            wrapper if is_wrapper(wrapper) => match Type::of(wrapper)? {
                Type::HyperLogLog | Type::P4HyperLogLog | Type::SetDigest | Type::TDigest | Type::QDigest(_)
                    if form == Form::Trino =>
                {
                    Self::base64(array, array.as_struct().column(0))?
                }
                _ => Self::Quoted(Text::new(array)?),
            },
            T::Struct(_) => Self::row(array, form)?,
            T::Map(..) => {
                let maps = array.as_map();
                let key = match maps.keys().data_type() {
                    nested if nested.is_nested() && !is_wrapper(nested) => Self::Quoted(Text::new(maps.keys())?),
                    _ => Self::new(maps.keys(), form)?,
                };
                let (keys, values) = (Box::new(key), Box::new(Self::new(maps.values(), form)?));
                Self::Map { nulls: array, offsets: maps.value_offsets(), keys, values }
            }
            T::Dictionary(..) => {
                let words = array.as_any_dictionary();
                let keys = if words.values().is_empty() { Vec::new() } else { words.normalized_keys() };
                Self::Dictionary { nulls: array, keys, values: Box::new(Self::new(words.values(), form)?) }
            }
            T::Binary | T::LargeBinary | T::BinaryView | T::FixedSizeBinary(_) if form == Form::Trino => {
                Self::base64(array, array)?
            }
            _ => Self::Quoted(Text::new(array)?),
        })
    }

    fn base64(nulls: &'a dyn Array, values: &'a dyn Array) -> Result<Self> {
        let bytes: Bytes<'a> = match values.data_type() {
            DataType::Binary => {
                let values = values.as_binary::<i32>();
                Box::new(|row| STANDARD.encode(values.value(row)))
            }
            DataType::LargeBinary => {
                let values = values.as_binary::<i64>();
                Box::new(|row| STANDARD.encode(values.value(row)))
            }
            DataType::BinaryView => {
                let values = values.as_binary_view();
                Box::new(|row| STANDARD.encode(values.value(row)))
            }
            DataType::FixedSizeBinary(_) => {
                let values = values.as_fixed_size_binary();
                Box::new(|row| STANDARD.encode(values.value(row)))
            }
            other => return Err(unwritten(other)),
        };
        Ok(Self::Base64 { nulls, bytes })
    }

    fn row(array: &'a dyn Array, form: Form) -> Result<Self> {
        let rows = array.as_struct();
        let names: Vec<String> = rows.column_names().into_iter().map(String::from).collect();
        let keys: Vec<Option<String>> = match form {
            Form::File => crate::export::unique(&names).iter().map(|name| Some(key(name))).collect(),
            Form::Trino => names.iter().map(|_| None).collect(),
        };
        let field = |(name, column): (Option<String>, &'a ArrayRef)| Ok((name, Self::new(column, form)?));
        let fields = keys.into_iter().zip(rows.columns()).map(field).collect::<Result<_>>()?;
        Ok(Self::Row { nulls: array, fields })
    }

    fn list(array: &'a dyn Array, form: Form) -> Result<Self> {
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
            other => return Err(unwritten(other)),
        };
        Ok(Self::List { nulls: array, range, items: Box::new(Self::new(items, form)?) })
    }

    /// Appends the value in `row`, which is below the array's length.
    pub(crate) fn write(&self, row: usize, out: &mut String) {
        match self {
            Self::Bare(text) => bare(text, row, out),
            Self::Float(text, finite) if finite(row) => bare(text, row, out),
            Self::Float(text, _) | Self::Quoted(text) => quoted(text, row, out),
            Self::Base64 { nulls, .. }
            | Self::List { nulls, .. }
            | Self::Row { nulls, .. }
            | Self::Map { nulls, .. }
            | Self::Dictionary { nulls, .. }
                if nulls.is_null(row) =>
            {
                out.push_str("null");
            }
            Self::Base64 { bytes, .. } => {
                out.push('"');
                out.push_str(&bytes(row));
                out.push('"');
            }
            Self::List { range, items, .. } => enclose("[", "]", range(row), out, |item, out| items.write(item, out)),
            Self::Row { fields, .. } => {
                let (open, close) = if fields.iter().any(|(key, _)| key.is_none()) { ("[", "]") } else { ("{", "}") };
                enclose(open, close, 0..fields.len(), out, |field, out| {
                    let (key, value) = &fields[field];
                    if let Some(key) = key {
                        out.push_str(key);
                    }
                    value.write(row, out);
                });
            }
            Self::Map { offsets, keys, values, .. } => {
                enclose("{", "}", offsets[row] as usize..offsets[row + 1] as usize, out, |entry, out| {
                    let start = out.len();
                    keys.write(entry, out);
                    // Numbers and booleans are keys as strings.
                    if !out[start..].starts_with('"') {
                        out.insert(start, '"');
                        out.push('"');
                    }
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

fn enclose(open: &str, close: &str, range: Range<usize>, out: &mut String, write: impl Fn(usize, &mut String)) {
    out.push_str(open);
    for (index, item) in range.enumerate() {
        out.push_str(if index > 0 { "," } else { "" });
        write(item, out);
    }
    out.push_str(close);
}

/// `"name":`
pub(crate) fn key(name: &str) -> String {
    let mut key = String::new();
    quote(name, &mut key);
    key.push(':');
    key
}

/// A JSON string. Every string can be written as one, so the error that serde's signature has does not occur.
fn quote(text: &str, out: &mut String) {
    if let Ok(quoted) = serde_json::to_string(text) {
        out.push_str(&quoted);
    }
}

fn unwritten(r#type: &DataType) -> Error {
    Error::not_supported(format!("values of the arrow type {type} cannot be written as JSON"))
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use arrow::array::{
        BinaryArray, Decimal128Array, Float64Array, Int32Array, ListArray, MapBuilder, NullArray, StringArray, StringBuilder,
        StructArray,
    };
    use arrow::datatypes::{Field, Fields, Int32Type};

    use super::*;

    fn json(array: &dyn Array, form: Form) -> String {
        let value = Value::new(array, form).unwrap();
        let mut out = String::new();
        (0..array.len()).for_each(|row| {
            value.write(row, &mut out);
            out.push(' ');
        });
        out.trim_end().to_string()
    }

    #[test]
    fn trino_has_strings_and_arrays_where_files_have_numbers_and_objects() {
        let decimals = Decimal128Array::from(vec![Some(150), None]).with_precision_and_scale(5, 2).unwrap();
        let fields = Fields::from(vec![Field::new("a", DataType::Int32, true), Field::new("", DataType::Utf8, true)]);
        let columns: Vec<ArrayRef> = vec![Arc::new(Int32Array::from(vec![1])), Arc::new(StringArray::from(vec!["x\"y"]))];
        let row = StructArray::new(fields, columns, None);
        let list = ListArray::from_iter_primitive::<Int32Type, _, _>([Some(vec![Some(1), None]), None]);
        let mut map = MapBuilder::new(None, StringBuilder::new(), StringBuilder::new());
        map.keys().append_value("k\\");
        map.values().append_null();
        map.append(true).unwrap();
        let cases: [(&dyn Array, &str, &str); 7] = [
            (&decimals, "1.50 null", "\"1.50\" null"),
            (&Float64Array::from(vec![1.5, f64::NAN, f64::NEG_INFINITY, 1e20]), "1.5 \"NaN\" \"-Infinity\" 1.0E20", {
                "1.5 \"NaN\" \"-Infinity\" 1.0E20"
            }),
            (&BinaryArray::from(vec![b"A\0".as_slice()]), "\"41 00\"", "\"QQA=\""),
            (&row, "{\"a\":1,\"\":\"x\\\"y\"}", "[1,\"x\\\"y\"]"),
            (&list, "[1,null] null", "[1,null] null"),
            (&map.finish(), "{\"k\\\\\":null}", "{\"k\\\\\":null}"),
            (&NullArray::new(1), "null", "null"),
        ];
        for (array, file, trino) in cases {
            assert_eq!((json(array, Form::File).as_str(), json(array, Form::Trino).as_str()), (file, trino));
        }
    }
}
