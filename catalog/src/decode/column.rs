//! A column being built. Unlike Arrow's own builders it can be cut back to a length, which is what makes it cheap to undo half
//! a record: one that is torn, one whose end is in the next chunk, a key that comes twice.

use std::sync::Arc;

use arrow::array::{
    Array, ArrayRef, BinaryArray, BinaryViewArray, BooleanArray, BooleanBufferBuilder, Date32Array, Decimal128Array, ListArray,
    MapArray, NullBufferBuilder, PrimitiveArray, StringArray, StringViewArray, StructArray, TimestampMicrosecondArray,
    TimestampMillisecondArray, TimestampNanosecondArray, TimestampSecondArray,
};
use arrow::buffer::{Buffer, NullBuffer, OffsetBuffer, ScalarBuffer};
use arrow::datatypes::{
    ArrowNativeType, ArrowPrimitiveType, DataType, Field, Float32Type, Float64Type, Int8Type, Int16Type, Int32Type, Int64Type,
    TimeUnit,
};
use base64::Engine as _;

use super::scalar;
use crate::error::{Error, ErrorKind, Result};
use crate::hive_type;

/// Columns nested deeper than this are refused; `hive_type` has the same bound.
const MAX_DEPTH: usize = 64;

#[derive(Debug)]
pub(super) struct Column {
    /// The name for messages: `payload.values.x`.
    pub(super) path: String,
    data_type: DataType,
    nulls: NullBufferBuilder,
    pub(super) values: Values,
}

#[derive(Debug)]
pub(super) enum Values {
    Boolean(BooleanBufferBuilder),
    TinyInt(Vec<i8>),
    SmallInt(Vec<i16>),
    Int(Vec<i32>),
    BigInt(Vec<i64>),
    Float(Vec<f32>),
    Double(Vec<f64>),
    Decimal {
        values: Vec<i128>,
        precision: u8,
        scale: i8,
    },
    Date(Vec<i32>),
    Timestamp {
        values: Vec<i64>,
        unit: TimeUnit,
    },
    /// Text, or base64's bytes for binary columns. `ends[i]` is where value `i` ends in `bytes`.
    Text {
        ends: Vec<i32>,
        bytes: Vec<u8>,
    },
    Binary {
        ends: Vec<i32>,
        bytes: Vec<u8>,
    },
    List {
        ends: Vec<i32>,
        element: Box<Column>,
    },
    Map {
        ends: Vec<i32>,
        key: Box<Column>,
        value: Box<Column>,
    },
    Struct(Vec<Column>),
}

/// The text is not a value of the column's type, or there is no room for it in this batch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Misfit {
    Value,
    /// More than 2 GiB of text in one column of one batch.
    Room,
}

/// A scalar that can be compared and hashed.
#[derive(Debug, PartialEq, Eq, Hash)]
pub(super) enum Key<'c> {
    Number(i128),
    Text(&'c [u8]),
}

/// What becomes of a fraction in an integer column.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fraction {
    /// `1.5` does not fit, `1.0` does.
    Refuse,
    /// `1.5` is 1, as LazySimpleSerDe reads it.
    Drop,
}

impl Column {
    /// A builder for the field's type. Errors: `NotSupported` for types that no text format is decoded to.
    pub(super) fn new(field: &Field, capacity: usize) -> Result<Self> {
        Self::nested(field.name().clone(), field.data_type(), capacity, 0)
    }

    fn nested(path: String, data_type: &DataType, capacity: usize, depth: usize) -> Result<Self> {
        if depth > MAX_DEPTH {
            return Err(Error::invalid(format!("column '{path}' is nested deeper than {MAX_DEPTH} levels")));
        }
        let child = |name: &str, data_type: &DataType| {
            let path = if name.is_empty() { path.clone() } else { format!("{path}.{name}") };
            Self::nested(path, data_type, 0, depth + 1)
        };
        let values = match data_type {
            DataType::Boolean => Values::Boolean(BooleanBufferBuilder::new(capacity)),
            DataType::Int8 => Values::TinyInt(Vec::with_capacity(capacity)),
            DataType::Int16 => Values::SmallInt(Vec::with_capacity(capacity)),
            DataType::Int32 => Values::Int(Vec::with_capacity(capacity)),
            DataType::Int64 => Values::BigInt(Vec::with_capacity(capacity)),
            DataType::Float32 => Values::Float(Vec::with_capacity(capacity)),
            DataType::Float64 => Values::Double(Vec::with_capacity(capacity)),
            DataType::Decimal128(precision, scale) => {
                Values::Decimal { values: Vec::with_capacity(capacity), precision: *precision, scale: *scale }
            }
            DataType::Date32 => Values::Date(Vec::with_capacity(capacity)),
            DataType::Timestamp(unit, None) => Values::Timestamp { values: Vec::with_capacity(capacity), unit: *unit },
            DataType::Utf8 | DataType::Utf8View => Values::Text { ends: Vec::with_capacity(capacity), bytes: Vec::new() },
            DataType::Binary | DataType::BinaryView => Values::Binary { ends: Vec::with_capacity(capacity), bytes: Vec::new() },
            DataType::List(element) => Values::List { ends: Vec::new(), element: Box::new(child("", element.data_type())?) },
            DataType::Struct(members) => {
                Values::Struct(members.iter().map(|member| child(member.name(), member.data_type())).collect::<Result<_>>()?)
            }
            DataType::Map(entries, false) => match entries.data_type() {
                DataType::Struct(pair) if pair.len() == 2 && !pair[0].data_type().is_nested() => Values::Map {
                    ends: Vec::new(),
                    key: Box::new(child("", pair[0].data_type())?),
                    value: Box::new(child("", pair[1].data_type())?),
                },
                other => return Err(Error::not_supported(format!("column '{path}': a map with entries {other}"))),
            },
            other => {
                return Err(Error::not_supported(format!("column '{path}': text cannot be decoded to the Arrow type {other}")));
            }
        };
        Ok(Self { path, data_type: data_type.clone(), nulls: NullBufferBuilder::new(capacity), values })
    }

    /// Rows so far.
    pub(super) fn len(&self) -> usize {
        self.nulls.len()
    }

    /// The type as people know it, for messages.
    pub(super) fn type_name(&self) -> String {
        hive_type::print(&self.data_type).unwrap_or_else(|_| self.data_type.to_string())
    }

    /// Row `index` as a map's key; `None` for nested columns, which are no keys.
    pub(super) fn key(&self, index: usize) -> Option<Key<'_>> {
        Some(match &self.values {
            Values::Boolean(values) => Key::Number(values.get_bit(index).into()),
            Values::TinyInt(values) => Key::Number((*values.get(index)?).into()),
            Values::SmallInt(values) => Key::Number((*values.get(index)?).into()),
            Values::Int(values) | Values::Date(values) => Key::Number((*values.get(index)?).into()),
            Values::BigInt(values) | Values::Timestamp { values, .. } => Key::Number((*values.get(index)?).into()),
            Values::Float(values) => Key::Number(values.get(index)?.to_bits().into()),
            Values::Double(values) => Key::Number(values.get(index)?.to_bits().into()),
            Values::Decimal { values, .. } => Key::Number(*values.get(index)?),
            Values::Text { ends, bytes } | Values::Binary { ends, bytes } => {
                let start = index.checked_sub(1).and_then(|before| ends.get(before)).copied().unwrap_or(0);
                Key::Text(bytes.get(start as usize..*ends.get(index)? as usize)?)
            }
            Values::List { .. } | Values::Map { .. } | Values::Struct(_) => return None,
        })
    }

    pub(super) fn push_null(&mut self) {
        self.nulls.append_null();
        match &mut self.values {
            Values::Boolean(values) => values.append(false),
            Values::TinyInt(values) => values.push(0),
            Values::SmallInt(values) => values.push(0),
            Values::Int(values) | Values::Date(values) => values.push(0),
            Values::BigInt(values) | Values::Timestamp { values, .. } => values.push(0),
            Values::Float(values) => values.push(0.0),
            Values::Double(values) => values.push(0.0),
            Values::Decimal { values, .. } => values.push(0),
            Values::Text { ends, .. } | Values::Binary { ends, .. } | Values::List { ends, .. } | Values::Map { ends, .. } => {
                ends.push(end_of(ends));
            }
            Values::Struct(members) => members.iter_mut().for_each(Self::push_null),
        }
    }

    /// A nested value whose children were pushed is complete.
    pub(super) fn close(&mut self) -> Result<(), Misfit> {
        match &mut self.values {
            Values::List { ends, element } => ends.push(length(element.len())?),
            Values::Map { ends, value, .. } => ends.push(length(value.len())?),
            _ => {}
        }
        self.nulls.append_non_null();
        Ok(())
    }

    /// Appends what `text` means to this column's type. Blank text is NULL unless the column holds text. On an error nothing
    /// was appended. Nested columns take no text.
    pub(super) fn push_text(&mut self, text: &[u8], fraction: Fraction) -> Result<(), Misfit> {
        if let Values::Text { ends, bytes } = &mut self.values {
            bytes.extend_from_slice(text);
            ends.push(length(bytes.len()).inspect_err(|_| bytes.truncate(end_of(ends) as usize))?);
            self.nulls.append_non_null();
            return Ok(());
        }
        let text = text.trim_ascii();
        if text.is_empty() {
            self.push_null();
            return Ok(());
        }
        match &mut self.values {
            Values::Boolean(values) => values.append(scalar::boolean(text).ok_or(Misfit::Value)?),
            Values::TinyInt(values) => values.push(integer(text, fraction)?),
            Values::SmallInt(values) => values.push(integer(text, fraction)?),
            Values::Int(values) => values.push(integer(text, fraction)?),
            Values::BigInt(values) => values.push(integer(text, fraction)?),
            Values::Float(values) => values.push(scalar::float(text).ok_or(Misfit::Value)?),
            Values::Double(values) => values.push(scalar::float(text).ok_or(Misfit::Value)?),
            Values::Decimal { values, precision, scale } => {
                values.push(scalar::decimal(text, *precision, *scale).ok_or(Misfit::Value)?);
            }
            Values::Date(values) => values.push(scalar::date(text).ok_or(Misfit::Value)?),
            Values::Timestamp { values, unit } => values.push(scalar::timestamp(text, *unit).ok_or(Misfit::Value)?),
            Values::Binary { ends, bytes } => {
                let from = bytes.len();
                let decoded = base64::engine::general_purpose::STANDARD.decode_vec(text, bytes).map_err(|_| Misfit::Value);
                let end = decoded.and_then(|()| length(bytes.len()));
                ends.push(end.inspect_err(|_| bytes.truncate(from))?);
            }
            Values::Text { .. } | Values::List { .. } | Values::Map { .. } | Values::Struct(_) => return Err(Misfit::Value),
        }
        self.nulls.append_non_null();
        Ok(())
    }

    /// Forgets all rows from `len` on, half-built ones included.
    pub(super) fn truncate(&mut self, len: usize) {
        self.nulls.truncate(len);
        match &mut self.values {
            Values::Boolean(values) => values.truncate(len),
            Values::TinyInt(values) => values.truncate(len),
            Values::SmallInt(values) => values.truncate(len),
            Values::Int(values) | Values::Date(values) => values.truncate(len),
            Values::BigInt(values) | Values::Timestamp { values, .. } => values.truncate(len),
            Values::Float(values) => values.truncate(len),
            Values::Double(values) => values.truncate(len),
            Values::Decimal { values, .. } => values.truncate(len),
            Values::Text { ends, bytes } | Values::Binary { ends, bytes } => {
                ends.truncate(len);
                bytes.truncate(end_of(ends) as usize);
            }
            Values::List { ends, element } => {
                ends.truncate(len);
                element.truncate(end_of(ends) as usize);
            }
            Values::Map { ends, key, value } => {
                ends.truncate(len);
                key.truncate(end_of(ends) as usize);
                value.truncate(end_of(ends) as usize);
            }
            Values::Struct(members) => members.iter_mut().for_each(|member| member.truncate(len)),
        }
    }

    /// All rows as an Arrow array of the column's type; the builder is empty afterwards.
    pub(super) fn finish(&mut self) -> Result<ArrayRef> {
        let rows = self.nulls.len();
        let nulls = self.nulls.finish();
        let array = match &mut self.values {
            Values::Boolean(values) => Arc::new(BooleanArray::new(values.finish(), nulls)),
            Values::TinyInt(values) => primitive::<Int8Type>(values, nulls)?,
            Values::SmallInt(values) => primitive::<Int16Type>(values, nulls)?,
            Values::Int(values) => primitive::<Int32Type>(values, nulls)?,
            Values::BigInt(values) => primitive::<Int64Type>(values, nulls)?,
            Values::Float(values) => primitive::<Float32Type>(values, nulls)?,
            Values::Double(values) => primitive::<Float64Type>(values, nulls)?,
            Values::Decimal { values, precision, scale } => {
                let array = Decimal128Array::try_new(taken(values), nulls).map_err(broken)?;
                Arc::new(array.with_precision_and_scale(*precision, *scale).map_err(broken)?)
            }
            Values::Date(values) => Arc::new(Date32Array::try_new(taken(values), nulls).map_err(broken)?),
            Values::Timestamp { values, unit } => timestamps(*unit, taken(values), nulls)?,
            Values::Text { ends, bytes } => {
                let array = StringArray::try_new(offsets(ends), taken_bytes(bytes), nulls).map_err(broken)?;
                if self.data_type == DataType::Utf8View {
                    Arc::new(StringViewArray::from(&array)) as ArrayRef
                } else {
                    Arc::new(array)
                }
            }
            Values::Binary { ends, bytes } => {
                let array = BinaryArray::try_new(offsets(ends), taken_bytes(bytes), nulls).map_err(broken)?;
                if self.data_type == DataType::BinaryView {
                    Arc::new(BinaryViewArray::from(&array)) as ArrayRef
                } else {
                    Arc::new(array)
                }
            }
            Values::List { ends, element } => match &self.data_type {
                DataType::List(field) => {
                    Arc::new(ListArray::try_new(field.clone(), offsets(ends), element.finish()?, nulls).map_err(broken)?)
                }
                other => return Err(Error::internal(format!("a list column of type {other}"))),
            },
            Values::Map { ends, key, value } => map(&self.data_type, offsets(ends), key.finish()?, value.finish()?, nulls)?,
            Values::Struct(members) => {
                let arrays = members.iter_mut().map(Self::finish).collect::<Result<Vec<_>>>()?;
                match &self.data_type {
                    DataType::Struct(fields) => {
                        Arc::new(StructArray::try_new_with_length(fields.clone(), arrays, nulls, rows).map_err(broken)?)
                    }
                    other => return Err(Error::internal(format!("a struct column of type {other}"))),
                }
            }
        };
        Ok(array)
    }
}

fn end_of(ends: &[i32]) -> i32 {
    ends.last().copied().unwrap_or(0)
}

fn length(length: usize) -> Result<i32, Misfit> {
    i32::try_from(length).map_err(|_| Misfit::Room)
}

fn integer<T: TryFrom<i64>>(text: &[u8], fraction: Fraction) -> Result<T, Misfit> {
    let value = match fraction {
        Fraction::Refuse => scalar::integral(text),
        Fraction::Drop => scalar::whole_part(text),
    };
    value.and_then(|value| T::try_from(value).ok()).ok_or(Misfit::Value)
}

/// The values, leaving room for as many again: the next batch will be of the same kind.
fn taken<T: ArrowNativeType>(values: &mut Vec<T>) -> ScalarBuffer<T> {
    let next = Vec::with_capacity(values.len());
    ScalarBuffer::from(std::mem::replace(values, next))
}

fn taken_bytes(bytes: &mut Vec<u8>) -> Buffer {
    let next = Vec::with_capacity(bytes.len());
    Buffer::from_vec(std::mem::replace(bytes, next))
}

fn offsets(ends: &mut Vec<i32>) -> OffsetBuffer<i32> {
    let mut offsets = Vec::with_capacity(ends.len() + 1);
    offsets.push(0);
    offsets.append(ends);
    OffsetBuffer::new(ScalarBuffer::from(offsets))
}

fn primitive<T: ArrowPrimitiveType>(values: &mut Vec<T::Native>, nulls: Option<NullBuffer>) -> Result<ArrayRef> {
    Ok(Arc::new(PrimitiveArray::<T>::try_new(taken(values), nulls).map_err(broken)?))
}

fn timestamps(unit: TimeUnit, values: ScalarBuffer<i64>, nulls: Option<NullBuffer>) -> Result<ArrayRef> {
    Ok(match unit {
        TimeUnit::Second => Arc::new(TimestampSecondArray::try_new(values, nulls).map_err(broken)?),
        TimeUnit::Millisecond => Arc::new(TimestampMillisecondArray::try_new(values, nulls).map_err(broken)?),
        TimeUnit::Microsecond => Arc::new(TimestampMicrosecondArray::try_new(values, nulls).map_err(broken)?),
        TimeUnit::Nanosecond => Arc::new(TimestampNanosecondArray::try_new(values, nulls).map_err(broken)?),
    })
}

fn map(
    data_type: &DataType,
    offsets: OffsetBuffer<i32>,
    keys: ArrayRef,
    values: ArrayRef,
    nulls: Option<NullBuffer>,
) -> Result<ArrayRef> {
    let DataType::Map(entries, sorted) = data_type else {
        return Err(Error::internal(format!("a map column of type {data_type}")));
    };
    let DataType::Struct(pair) = entries.data_type() else {
        return Err(Error::internal(format!("a map column of type {data_type}")));
    };
    let length = keys.len();
    let rows = StructArray::try_new_with_length(pair.clone(), vec![keys, values], None, length).map_err(broken)?;
    Ok(Arc::new(MapArray::try_new(entries.clone(), offsets, rows, nulls, *sorted).map_err(broken)?))
}

/// Arrow refused what was built here: a defect, or a NULL where the schema allows none.
fn broken(error: arrow::error::ArrowError) -> Error {
    Error::new(ErrorKind::Internal, "decoded values do not make an Arrow array of the column's type").caused_by(error)
}
