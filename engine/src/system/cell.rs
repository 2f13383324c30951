//! Rows of the catalog `system` as record batches.

use std::sync::Arc;

use arrow::array::{
    ArrayRef, BooleanArray, Int16Array, Int64Array, ListBuilder, RecordBatch, StringViewArray, StringViewBuilder, StructArray,
};
use arrow::buffer::NullBuffer;
use arrow::datatypes::{DataType, SchemaRef};
use catalog::{Error, Result};

use super::definition::Definition;
use crate::types::{Type, Zone};

/// What a column holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Text,
    Number,
    Truth,
    /// `timestamp(3) with time zone`
    Instant,
    /// `array(varchar)`
    Texts,
}

impl Kind {
    pub(super) fn r#type(self) -> Type {
        match self {
            Self::Text => Type::VARCHAR,
            Self::Number => Type::Bigint,
            Self::Truth => Type::Boolean,
            Self::Instant => Type::TimestampTz(3),
            Self::Texts => Type::array(Type::VARCHAR),
        }
    }
}

/// One value. `Null` goes into every column.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Cell {
    Null,
    Text(String),
    Number(i64),
    Truth(bool),
    /// Microseconds since 1970.
    Instant(i64),
    Texts(Vec<String>),
}

pub(super) type Row = Vec<Cell>;

impl From<&str> for Cell {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl From<String> for Cell {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}

impl From<i64> for Cell {
    fn from(number: i64) -> Self {
        Self::Number(number)
    }
}

impl From<bool> for Cell {
    fn from(truth: bool) -> Self {
        Self::Truth(truth)
    }
}

impl<T: Into<Self>> From<Option<T>> for Cell {
    fn from(value: Option<T>) -> Self {
        value.map_or(Self::Null, Into::into)
    }
}

/// Rows with a cell for each of the table's columns, as a batch.
pub(super) fn batch(definition: &Definition, schema: &SchemaRef, rows: &[Row]) -> Result<RecordBatch> {
    let columns = definition.columns.iter().enumerate().map(|(at, (_, kind))| column(*kind, rows, at)).collect();
    RecordBatch::try_new(Arc::clone(schema), columns)
        .map_err(|error| Error::internal(format!("system.{}.{}: {error}", definition.place, definition.name)).caused_by(error))
}

fn column(kind: Kind, rows: &[Row], at: usize) -> ArrayRef {
    let cells = rows.iter().map(|row| row.get(at));
    match kind {
        Kind::Text => Arc::new(StringViewArray::from_iter(cells.map(text))),
        Kind::Number => Arc::new(Int64Array::from_iter(cells.map(number))),
        Kind::Truth => Arc::new(BooleanArray::from_iter(cells.map(truth))),
        Kind::Instant => instants(&cells.map(number).collect::<Vec<_>>()),
        Kind::Texts => {
            let mut lists = ListBuilder::new(StringViewBuilder::new());
            for cell in cells {
                match cell {
                    Some(Cell::Texts(texts)) => lists.append_value(texts.iter().map(Some)),
                    _ => lists.append_null(),
                }
            }
            Arc::new(lists.finish())
        }
    }
}

fn text(cell: Option<&Cell>) -> Option<&str> {
    match cell {
        Some(Cell::Text(text)) => Some(text),
        _ => None,
    }
}

fn number(cell: Option<&Cell>) -> Option<i64> {
    match cell {
        Some(Cell::Number(number) | Cell::Instant(number)) => Some(*number),
        _ => None,
    }
}

fn truth(cell: Option<&Cell>) -> Option<bool> {
    match cell {
        Some(Cell::Truth(truth)) => Some(*truth),
        _ => None,
    }
}

/// In UTC, as [`Type::arrow`] has them.
fn instants(micros: &[Option<i64>]) -> ArrayRef {
    let DataType::Struct(fields) = Kind::Instant.r#type().arrow() else { return Arc::new(Int64Array::from(micros.to_vec())) };
    let nulls = NullBuffer::from_iter(micros.iter().map(Option::is_some));
    let ticks = Int64Array::from_iter_values(micros.iter().map(|micros| micros.unwrap_or(0)));
    let zones = Int16Array::from_iter_values(micros.iter().map(|_| Zone::UTC.key()));
    Arc::new(StructArray::new(fields, vec![Arc::new(ticks), Arc::new(zones)], Some(nulls)))
}
