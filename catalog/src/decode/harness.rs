//! For the tests of all decoders: text in, rows out as text, over every way of splitting the text into chunks.

use std::sync::Arc;

use arrow::array::RecordBatch;
use arrow::datatypes::{Field, Schema, SchemaRef};
use arrow::util::display::{ArrayFormatter, FormatOptions};

use super::Decoder;
use crate::error::Result;
use crate::format::Format;
use crate::hive_type;

pub(super) fn schema(columns: &[(&str, &str)]) -> SchemaRef {
    let fields: Vec<_> = columns.iter().map(|(name, hive)| Field::new(*name, hive_type::parse(hive).unwrap(), true)).collect();
    Arc::new(Schema::new(fields))
}

/// One line a row: the columns separated by `|`, NULL as `~`.
pub(super) fn lines(batch: &RecordBatch) -> Vec<String> {
    let options = FormatOptions::default().with_null("~");
    let columns: Vec<_> =
        batch.columns().iter().map(|column| ArrayFormatter::try_new(column.as_ref(), &options).unwrap()).collect();
    (0..batch.num_rows())
        .map(|row| columns.iter().map(|column| column.value(row).to_string()).collect::<Vec<_>>().join("|"))
        .collect()
}

/// All columns of one object that comes in chunks of `chunk` bytes.
pub(super) fn decode_in(chunk: usize, format: &Format, columns: &[(&str, &str)], text: &[u8]) -> Result<Vec<String>> {
    let projection: Vec<_> = (0..columns.len()).collect();
    let mut decoder = Decoder::new(format, schema(columns), &projection, 16)?;
    decoder.begin("s3://b/k")?;
    for part in text.chunks(chunk) {
        decoder.feed(part)?;
    }
    decoder.end()?;
    let rows = decoder.rows();
    let batch = decoder.flush()?;
    assert_eq!(rows, batch.num_rows());
    Ok(lines(&batch))
}

/// Decodes in one piece, and asserts that every chunking gives the same.
pub(super) fn decode(format: &Format, columns: &[(&str, &str)], text: impl AsRef<[u8]>) -> Result<Vec<String>> {
    let text = text.as_ref();
    let whole = decode_in(usize::MAX, format, columns, text);
    for chunk in [1, 2, 3, 7, 16] {
        match (&whole, decode_in(chunk, format, columns, text)) {
            (Ok(whole), Ok(parts)) => assert_eq!(*whole, parts, "in chunks of {chunk}"),
            (Err(whole), Err(parts)) => assert_eq!(whole.to_string(), parts.to_string(), "in chunks of {chunk}"),
            (whole, parts) => panic!("in chunks of {chunk}: {whole:?} and {parts:?}"),
        }
    }
    whole
}
