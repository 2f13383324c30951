//! The arguments of a call as columns of texts, bytes and numbers, and results written row by row. Rows in which an argument is
//! NULL are left out: a function that has nothing to do with NULL never sees them.

use std::fmt::Write;
use std::sync::Arc;

use arrow::array::{
    Array, ArrayBuilder, ArrayRef, ArrowPrimitiveType, AsArray, BinaryArray, BinaryBuilder, BooleanArray, BooleanBuilder,
    ListArray, MapArray, NullBufferBuilder, PrimitiveArray, StringViewArray, StringViewBuilder, StructArray,
};
use arrow::buffer::{NullBuffer, OffsetBuffer};
use arrow::datatypes::{DataType, Int32Type, Int64Type};
use catalog::{Error, ErrorKind};
use datafusion::common::{DataFusionError, Result, internal_err};

use super::Call;
use crate::error::into_datafusion;
use crate::types::Type;

/// The error of an argument that a function cannot work with, in Trino's words.
pub(crate) fn invalid(message: impl Into<String>) -> DataFusionError {
    into_datafusion(Error::new(ErrorKind::InvalidFunctionArgument, message))
}

/// A column of texts.
#[derive(Debug, Clone)]
pub(crate) struct Strings(StringViewArray);

impl Strings {
    /// Of a column of varchar, or of what a wrapper (char, json) holds.
    pub(crate) fn of(array: &dyn Array) -> Result<Self> {
        match array.data_type() {
            DataType::Utf8View => Ok(Self(array.as_string_view().clone())),
            DataType::Struct(fields) if fields.first().is_some_and(|v| *v.data_type() == DataType::Utf8View) => {
                let (_, columns, nulls) = array.as_struct().clone().into_parts();
                let (views, buffers, own) = columns[0].as_string_view().clone().into_parts();
                Ok(Self(StringViewArray::try_new(views, buffers, NullBuffer::union(own.as_ref(), nulls.as_ref()))?))
            }
            other => internal_err!("{other} is not a type of texts"),
        }
    }

    pub(crate) fn value(&self, row: usize) -> &str {
        self.0.value(row)
    }

    pub(crate) fn is_null(&self, row: usize) -> bool {
        self.0.is_null(row)
    }

    /// Whether two rows hold the same text; quick when they share it.
    pub(crate) fn same(&self, row: usize, other: usize) -> bool {
        self.0.views()[row] == self.0.views()[other] || self.0.value(row) == self.0.value(other)
    }

    pub(crate) fn array(&self) -> &StringViewArray {
        &self.0
    }
}

/// The texts of an argument; a `char(n)` with the blanks that belong to it.
pub(crate) fn strings(call: &Call<'_>, argument: usize) -> Result<Strings> {
    let stored = stored(call, argument)?;
    match call.types.get(argument) {
        Some(Type::Char(length)) => {
            let length = *length as usize;
            let mut out = Texts::new(call.rows);
            for row in 0..call.rows {
                if stored.is_null(row) {
                    out.builder.append_null();
                } else {
                    out.push_str(stored.value(row));
                    (stored.value(row).chars().count()..length).for_each(|_| out.push(' '));
                    out.end();
                }
            }
            Ok(Strings(out.builder.finish()))
        }
        _ => Ok(stored),
    }
}

/// The texts of an argument as they are stored: a `char(n)` without blanks at its end.
pub(crate) fn stored(call: &Call<'_>, argument: usize) -> Result<Strings> {
    Strings::of(&call.array(argument)?)
}

/// The arrays of texts of an argument: the column, and the texts of all of them.
pub(crate) fn lists_of(call: &Call<'_>, argument: usize) -> Result<(ListArray, Strings)> {
    let lists = call.array(argument)?.as_list::<i32>().clone();
    let items = Strings::of(lists.values())?;
    Ok((lists, items))
}

/// A column of bytes.
pub(crate) struct Bytes(BinaryArray);

impl Bytes {
    /// Of an argument that is varbinary or varchar.
    pub(crate) fn of_any(call: &Call<'_>, argument: usize) -> Result<Self> {
        match call.types.get(argument) {
            Some(Type::Varbinary) => binaries(call, argument),
            _ => {
                let texts = strings(call, argument)?;
                Ok(Self((0..call.rows).map(|row| (!texts.is_null(row)).then(|| texts.value(row).as_bytes())).collect()))
            }
        }
    }

    pub(crate) fn value(&self, row: usize) -> &[u8] {
        self.0.value(row)
    }
}

/// The bytes of an argument.
pub(crate) fn binaries(call: &Call<'_>, argument: usize) -> Result<Bytes> {
    Ok(Bytes(call.array(argument)?.as_binary::<i32>().clone()))
}

/// The numbers of an argument whose Arrow type is `P`.
pub(crate) fn primitive<P: ArrowPrimitiveType>(call: &Call<'_>, argument: usize) -> Result<PrimitiveArray<P>> {
    Ok(call.array(argument)?.as_primitive::<P>().clone())
}

/// The values of a bigint argument.
pub(crate) fn longs(call: &Call<'_>, argument: usize) -> Result<PrimitiveArray<Int64Type>> {
    primitive::<Int64Type>(call, argument)
}

fn is_null(valid: Option<&NullBuffer>, row: usize) -> bool {
    valid.is_some_and(|valid| valid.is_null(row))
}

/// Texts being written, one after the other.
pub(crate) struct Texts {
    text: String,
    builder: StringViewBuilder,
}

impl Texts {
    fn new(rows: usize) -> Self {
        Self { text: String::new(), builder: StringViewBuilder::with_capacity(rows) }
    }

    pub(crate) fn push(&mut self, c: char) {
        self.text.push(c);
    }

    pub(crate) fn push_str(&mut self, text: &str) {
        self.text.push_str(text);
    }

    pub(crate) fn format(&mut self, arguments: std::fmt::Arguments<'_>) {
        // Writing to a String cannot fail.
        _ = self.text.write_fmt(arguments);
    }

    /// The text of this row so far, for what others write to a `String`.
    pub(crate) fn text(&mut self) -> &mut String {
        &mut self.text
    }

    fn end(&mut self) {
        self.builder.append_value(&self.text);
        self.text.clear();
    }
}

/// A text a row from `write`, which says whether there is one.
pub(crate) fn texts(call: &Call<'_>, write: impl FnMut(usize, &mut Texts) -> Result<bool>) -> Result<ArrayRef> {
    write_texts(call, call.valid(), write)
}

/// As [`texts`], with the rows that have a NULL.
pub(crate) fn texts_called(call: &Call<'_>, write: impl FnMut(usize, &mut Texts) -> Result<bool>) -> Result<ArrayRef> {
    write_texts(call, None, write)
}

fn write_texts(
    call: &Call<'_>,
    valid: Option<NullBuffer>,
    mut write: impl FnMut(usize, &mut Texts) -> Result<bool>,
) -> Result<ArrayRef> {
    let mut out = Texts::new(call.rows);
    for row in 0..call.rows {
        if is_null(valid.as_ref(), row) || !write(row, &mut out)? {
            out.text.clear();
            out.builder.append_null();
            continue;
        }
        if let Type::Char(length) = call.result {
            let end = out.text.char_indices().map(|(at, _)| at).nth(*length as usize).unwrap_or(out.text.len());
            let kept = out.text[..end].trim_end_matches(' ').len();
            out.text.truncate(kept);
        }
        out.end();
    }
    wrapped(Arc::new(out.builder.finish()), call.result)
}

/// Values as a column of the type: inside of its wrapper where it has one.
pub(crate) fn wrapped(values: ArrayRef, r#type: &Type) -> Result<ArrayRef> {
    match r#type.arrow() {
        DataType::Struct(fields) => {
            let nulls = values.nulls().cloned();
            Ok(Arc::new(StructArray::try_new(fields, vec![values], nulls)?))
        }
        _ => Ok(values),
    }
}

/// Bytes a row from `write`, which says whether there are any.
pub(crate) fn blobs(call: &Call<'_>, mut write: impl FnMut(usize, &mut Vec<u8>) -> Result<bool>) -> Result<ArrayRef> {
    let valid = call.valid();
    let mut out = BinaryBuilder::with_capacity(call.rows, 0);
    let mut bytes = Vec::new();
    for row in 0..call.rows {
        bytes.clear();
        match !is_null(valid.as_ref(), row) && write(row, &mut bytes)? {
            true => out.append_value(&bytes),
            false => out.append_null(),
        }
    }
    Ok(Arc::new(out.finish()))
}

/// A number of the Arrow type `P` a row.
pub(crate) fn primitives<P: ArrowPrimitiveType>(
    call: &Call<'_>,
    mut value: impl FnMut(usize) -> Result<Option<P::Native>>,
) -> Result<ArrayRef> {
    let valid = call.valid();
    let (mut values, mut nulls) = (Vec::with_capacity(call.rows), NullBufferBuilder::new(call.rows));
    for row in 0..call.rows {
        let made = if is_null(valid.as_ref(), row) { None } else { value(row)? };
        nulls.append(made.is_some());
        values.push(made.unwrap_or_default());
    }
    Ok(Arc::new(PrimitiveArray::<P>::try_new(values.into(), nulls.finish())?))
}

/// A bigint a row.
pub(crate) fn numbers(call: &Call<'_>, value: impl FnMut(usize) -> Result<Option<i64>>) -> Result<ArrayRef> {
    primitives::<Int64Type>(call, value)
}

/// An integer a row.
pub(crate) fn integers(call: &Call<'_>, value: impl FnMut(usize) -> Result<Option<i32>>) -> Result<ArrayRef> {
    primitives::<Int32Type>(call, value)
}

/// A boolean a row.
pub(crate) fn booleans(call: &Call<'_>, mut value: impl FnMut(usize) -> Result<Option<bool>>) -> Result<ArrayRef> {
    let valid = call.valid();
    let mut out = BooleanBuilder::with_capacity(call.rows);
    for row in 0..call.rows {
        out.append_option(if is_null(valid.as_ref(), row) { None } else { value(row)? });
    }
    Ok(Arc::new(out.finish()))
}

/// An array of texts a row from `write`, which says whether there is one.
pub(crate) fn lists(call: &Call<'_>, mut write: impl FnMut(usize, &mut StringViewBuilder) -> Result<bool>) -> Result<ArrayRef> {
    let valid = call.valid();
    let mut items = StringViewBuilder::new();
    let (mut lengths, mut present) = (Vec::with_capacity(call.rows), Vec::with_capacity(call.rows));
    for row in 0..call.rows {
        let before = items.len();
        present.push(!is_null(valid.as_ref(), row) && write(row, &mut items)?);
        lengths.push(items.len() - before);
    }
    let DataType::List(item) = call.result_arrow() else { return internal_err!("{} is not an array", call.result) };
    let nulls = NullBuffer::from(present);
    Ok(Arc::new(ListArray::try_new(item, OffsetBuffer::from_lengths(lengths), Arc::new(items.finish()), Some(nulls))?))
}

/// A map of texts a row, from its entries in the order of the keys.
pub(crate) fn maps<'a>(call: &Call<'_>, mut entries: impl FnMut(usize) -> Result<Vec<(&'a str, &'a str)>>) -> Result<ArrayRef> {
    let valid = call.valid();
    let (mut keys, mut values) = (StringViewBuilder::new(), StringViewBuilder::new());
    let mut lengths = Vec::with_capacity(call.rows);
    for row in 0..call.rows {
        let entries = if is_null(valid.as_ref(), row) { vec![] } else { entries(row)? };
        lengths.push(entries.len());
        for (key, value) in entries {
            keys.append_value(key);
            values.append_value(value);
        }
    }
    map(call, lengths, Arc::new(keys.finish()), Arc::new(values.finish()), valid)
}

/// A map of arrays of texts a row, from entries in the order of the keys, of which several may be equal.
pub(crate) fn multimaps<'a>(
    call: &Call<'_>,
    mut entries: impl FnMut(usize) -> Result<Vec<(&'a str, &'a str)>>,
) -> Result<ArrayRef> {
    let valid = call.valid();
    let (mut keys, mut values) = (StringViewBuilder::new(), StringViewBuilder::new());
    let (mut lengths, mut counts) = (Vec::with_capacity(call.rows), Vec::new());
    for row in 0..call.rows {
        let entries = if is_null(valid.as_ref(), row) { vec![] } else { entries(row)? };
        let before = keys.len();
        for run in entries.chunk_by(|one, other| one.0 == other.0) {
            keys.append_value(run[0].0);
            counts.push(run.len());
            run.iter().for_each(|(_, value)| values.append_value(value));
        }
        lengths.push(keys.len() - before);
    }
    let Type::Map(_, value) = call.result else { return internal_err!("{} is not a map", call.result) };
    let DataType::List(item) = value.arrow() else { return internal_err!("{value} is not an array") };
    let lists = ListArray::try_new(item, OffsetBuffer::from_lengths(counts), Arc::new(values.finish()), None)?;
    map(call, lengths, Arc::new(keys.finish()), Arc::new(lists), valid)
}

fn map(call: &Call<'_>, lengths: Vec<usize>, keys: ArrayRef, values: ArrayRef, valid: Option<NullBuffer>) -> Result<ArrayRef> {
    let DataType::Map(field, ordered) = call.result_arrow() else { return internal_err!("{} is not a map", call.result) };
    let DataType::Struct(fields) = field.data_type() else { return internal_err!("a map of no entries") };
    let entries = StructArray::try_new(fields.clone(), vec![keys, values], None)?;
    Ok(Arc::new(MapArray::try_new(field, OffsetBuffer::from_lengths(lengths), entries, valid, ordered)?))
}

/// The values of a boolean argument.
pub(crate) fn flags(call: &Call<'_>, argument: usize) -> Result<BooleanArray> {
    Ok(call.array(argument)?.as_boolean().clone())
}
