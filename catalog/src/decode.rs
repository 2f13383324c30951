//! From the bytes of objects to record batches: compression, framing and SerDes, on Arrow alone. The crawler and the scan both
//! need it. One [`Decoder`] reads any number of objects one after another into the same batches, because a lake of a streaming
//! pipeline is a hundred thousand objects of one record each.

mod column;
mod compression;
mod delimited;
mod grok;
mod hadoop;
#[cfg(test)]
mod harness;
mod json;
pub(crate) mod json_path;
mod lines;
mod lz4;
mod pattern;
mod place;
mod quoted;
mod rows;
mod scalar;

use arrow::array::RecordBatch;
use arrow::datatypes::SchemaRef;

pub use self::compression::Compression;
use self::delimited::DelimitedDecoder;
pub use self::grok::{Grok, GrokField};
use self::json::JsonDecoder;
use self::pattern::PatternDecoder;
use self::place::Place;
use self::quoted::QuotedDecoder;
use self::rows::Rows;
use crate::error::{Error, Result};
use crate::format::{CsvDialect, Format};

/// Decodes the text formats: JSON, CSV, and lines that a regular expression takes apart.
///
/// For each object: [`begin`](Self::begin), [`feed`](Self::feed) with its decompressed bytes in any chunks,
/// [`end`](Self::end). [`flush`](Self::flush) takes the rows at any time between those calls; ask [`rows`](Self::rows) after
/// each of them, a batch may become as long as a chunk has records. After an error the decoder may be used for another object;
/// rows of whole records before the error are kept.
///
/// Errors are `BadData` with object, line, column (in bytes) and what was found, or `LimitExceeded` for a record above 256 MiB.
#[derive(Debug)]
pub struct Decoder {
    place: Place,
    rows: Rows,
    kind: Kind,
}

#[derive(Debug)]
enum Kind {
    Json(JsonDecoder),
    Delimited(DelimitedDecoder),
    Quoted(QuotedDecoder),
    Pattern(PatternDecoder),
}

impl Decoder {
    /// `columns` are the table's data columns, in its order; `projection` indexes them and gives the order of the output.
    /// `batch_size` is how many rows to make room for.
    ///
    /// Errors: `NotSupported` for a format that is not text, or a column type that text is not decoded to.
    pub fn new(format: &Format, columns: SchemaRef, projection: &[usize], batch_size: usize) -> Result<Self> {
        let rows = Rows::new(&columns, projection, batch_size)?;
        let kind = match format {
            Format::Json(format) => Kind::Json(JsonDecoder::new(format, &columns, projection)?),
            Format::Csv(csv) => match &csv.dialect {
                CsvDialect::Delimited(dialect) => {
                    Kind::Delimited(DelimitedDecoder::new(dialect, csv.skip_lines, &columns, projection)?)
                }
                CsvDialect::Quoted(dialect) => Kind::Quoted(QuotedDecoder::new(dialect, csv.skip_lines, &columns, projection)?),
            },
            Format::Regex(format) => Kind::Pattern(PatternDecoder::new(format, &columns, projection)?),
            other => return Err(Error::not_supported(format!("{} is not decoded as text", other.name()))),
        };
        Ok(Self { place: Place::default(), rows, kind })
    }

    /// A new object starts; `object` is its name for errors. What was left of another one is forgotten.
    pub fn begin(&mut self, object: &str) -> Result<()> {
        self.place.begin(object);
        self.rows.undo();
        match &mut self.kind {
            Kind::Json(json) => json.begin(),
            Kind::Delimited(delimited) => delimited.begin(),
            Kind::Quoted(quoted) => quoted.begin(),
            Kind::Pattern(pattern) => pattern.begin(),
        }
        Ok(())
    }

    /// The next bytes of the object, decompressed.
    pub fn feed(&mut self, bytes: &[u8]) -> Result<()> {
        match &mut self.kind {
            Kind::Json(json) => json.feed(bytes, &mut self.place, &mut self.rows),
            Kind::Delimited(delimited) => delimited.feed(bytes, &mut self.place, &mut self.rows),
            Kind::Quoted(quoted) => quoted.feed(bytes, &mut self.place, &mut self.rows),
            Kind::Pattern(pattern) => pattern.feed(bytes, &mut self.place, &mut self.rows),
        }
    }

    /// The object is complete: a last record without a line break counts, a torn one is an error.
    pub fn end(&mut self) -> Result<()> {
        match &mut self.kind {
            Kind::Json(json) => json.end(&mut self.place, &mut self.rows),
            Kind::Delimited(delimited) => delimited.end(&mut self.place, &mut self.rows),
            Kind::Quoted(quoted) => quoted.end(&mut self.place, &mut self.rows),
            Kind::Pattern(pattern) => pattern.end(&mut self.place, &mut self.rows),
        }
    }

    /// Rows decoded and not yet flushed.
    pub fn rows(&self) -> usize {
        self.rows.count()
    }

    /// Takes all rows decoded so far; the columns are those of the projection.
    pub fn flush(&mut self) -> Result<RecordBatch> {
        self.rows.flush()
    }
}
