//! OpenCSVSerde: cells that may be quoted, with delimiters and line breaks inside.
//!
//! Beyond Hive, whose records end with the line: line breaks inside quotes belong to the cell. As in Hive, missing cells are NULL
//! and surplus ones ignored. Blank lines are no records. A blank cell of a column that is not text is NULL, any other that is
//! not a value of its column's type is bad data.

use arrow::datatypes::Schema;
use csv_core::{ReadFieldResult, ReadRecordResult, Reader, ReaderBuilder};

use super::column::{Fraction, Misfit};
use super::delimited::targets;
use super::place::{Place, quoted};
use super::rows::Rows;
use crate::error::{Error, ErrorKind, Result};
use crate::format::Quoted;

/// A record that is larger is refused.
const LARGEST_RECORD: usize = 256 << 20;

#[derive(Debug)]
pub(super) struct QuotedDecoder {
    format: Quoted,
    /// Header lines per object.
    skip: usize,
    /// Header lines still to come.
    left: usize,
    /// Whether the byte order mark was dealt with.
    started: bool,
    reader: Box<Reader>,
    targets: Vec<Option<usize>>,
    /// The record's bytes from the chunks before this one: for the place of errors.
    raw: Vec<u8>,
    /// The cells of the record, one after another, and where each ends.
    cells: Vec<u8>,
    ends: Vec<usize>,
    /// How much of `cells` and `ends` is filled.
    filled: (usize, usize),
}

impl QuotedDecoder {
    pub(super) fn new(format: &Quoted, skip_lines: usize, columns: &Schema, projection: &[usize]) -> Result<Self> {
        for &index in projection {
            let field = columns.field(index);
            if field.data_type().is_nested() {
                let message = format!("column '{}': OpenCSVSerde has no arrays, maps or structs", field.name());
                return Err(Error::not_supported(message));
            }
        }
        Ok(Self {
            format: format.clone(),
            skip: skip_lines,
            left: skip_lines,
            started: false,
            reader: Box::new(reader(format)),
            targets: targets(projection),
            raw: Vec::new(),
            cells: vec![0; 1024],
            ends: vec![0; columns.fields().len().max(16)],
            filled: (0, 0),
        })
    }

    pub(super) fn begin(&mut self) {
        self.left = self.skip;
        self.started = false;
        self.raw.clear();
        self.filled = (0, 0);
        self.reader.reset();
    }

    pub(super) fn feed(&mut self, bytes: &[u8], place: &mut Place, rows: &mut Rows) -> Result<()> {
        if self.started {
            return self.read(bytes, place, rows);
        }
        self.raw.extend_from_slice(bytes);
        let Some(mark) = place.byte_order_mark(&self.raw) else { return Ok(()) };
        self.started = true;
        let head = std::mem::take(&mut self.raw);
        place.advance(head.get(..mark).unwrap_or_default());
        self.read(head.get(mark..).unwrap_or_default(), place, rows)
    }

    pub(super) fn end(&mut self, place: &mut Place, rows: &mut Rows) -> Result<()> {
        if !self.started {
            self.started = true;
            let head = std::mem::take(&mut self.raw);
            self.read(&head, place, rows)?;
        }
        if self.raw.trim_ascii().is_empty() && self.filled == (0, 0) {
            return Ok(());
        }
        // A line break ends the last record, unless it is inside quotes.
        let records = rows.count();
        self.read(b"\n", place, rows)?;
        if rows.count() == records && !self.raw.is_empty() {
            let start = start_of_cell(&self.format, &self.raw, 0);
            return Err(place.bad_data(&self.raw, start, "a record is torn: the object ends inside quotes"));
        }
        Ok(())
    }

    fn read(&mut self, mut bytes: &[u8], place: &mut Place, rows: &mut Rows) -> Result<()> {
        while self.left > 0 {
            let Some(line_break) = memchr::memchr(b'\n', bytes) else {
                place.advance(bytes);
                return Ok(());
            };
            let (line, rest) = bytes.split_at(line_break + 1);
            place.advance(line);
            bytes = rest;
            self.left -= 1;
        }
        // What was consumed of the record so far, from `bytes`.
        let mut taken = 0;
        loop {
            let rest = bytes.get(taken..).unwrap_or_default();
            let (cells, ends) = (self.cells.get_mut(self.filled.0..), self.ends.get_mut(self.filled.1..));
            let (result, input, output, count) =
                self.reader.read_record(rest, cells.unwrap_or_default(), ends.unwrap_or_default());
            taken += input;
            self.filled = (self.filled.0 + output, self.filled.1 + count);
            match result {
                ReadRecordResult::OutputFull => self.cells.resize(2 * self.cells.len(), 0),
                ReadRecordResult::OutputEndsFull => self.ends.resize(2 * self.ends.len(), 0),
                ReadRecordResult::Record => {
                    let (record, rest) = bytes.split_at(taken);
                    (bytes, taken) = (rest, 0);
                    self.row(record, place, rows)?;
                }
                ReadRecordResult::InputEmpty | ReadRecordResult::End => break,
            }
        }
        self.raw.extend_from_slice(bytes);
        if self.raw.len() > LARGEST_RECORD {
            let message = format!("a record is larger than {} MiB: is a quote not closed?", LARGEST_RECORD >> 20);
            return Err(place.error(ErrorKind::LimitExceeded, &self.raw, 0, message));
        }
        Ok(())
    }

    /// The record whose cells were read; `record` are its bytes, as far as `raw` does not hold them.
    fn row(&mut self, record: &[u8], place: &mut Place, rows: &mut Rows) -> Result<()> {
        let cells = self.cells.get(..self.filled.0).unwrap_or_default();
        let ends = self.ends.get(..self.filled.1).unwrap_or_default();
        let mut fault = std::str::from_utf8(cells).err().map(|error| {
            let cell = ends.iter().position(|&end| end > error.valid_up_to()).unwrap_or(0);
            (cell, ErrorKind::BadData, "the text is not UTF-8".to_string())
        });
        let mut start = 0;
        for (cell, target) in self.targets.iter().enumerate() {
            let end = ends.get(cell).copied();
            let text = end.and_then(|end| cells.get(start..end));
            start = end.unwrap_or(start);
            let Some(column) = target.and_then(|target| rows.columns.get_mut(target)).filter(|_| fault.is_none()) else {
                continue;
            };
            match text.map(|text| column.push_text(text, Fraction::Refuse)) {
                Some(Ok(())) => {}
                None => column.push_null(),
                Some(Err(Misfit::Value)) if self.format.null_for_invalid => column.push_null(),
                Some(Err(Misfit::Value)) => {
                    let (expected, found) = (column.type_name(), quoted(text.unwrap_or_default()));
                    let message = format!("expected {expected} for column '{}', found {found}", column.path);
                    fault = Some((cell, ErrorKind::BadData, message));
                }
                Some(Err(Misfit::Room)) => {
                    let message = format!("column '{}' has more than 2 GiB of text in one batch", column.path);
                    fault = Some((cell, ErrorKind::LimitExceeded, message));
                }
            }
        }
        self.filled = (0, 0);
        if let Some((cell, kind, message)) = fault {
            rows.undo();
            self.raw.extend_from_slice(record);
            let index = start_of_cell(&self.format, &self.raw, cell);
            return Err(place.error(kind, &self.raw, index, message));
        }
        rows.close();
        if !self.raw.is_empty() {
            place.advance(&self.raw);
            self.raw.clear();
        }
        place.advance(record);
        Ok(())
    }
}

fn reader(format: &Quoted) -> Reader {
    let mut builder = ReaderBuilder::new();
    builder.delimiter(format.delimiter).escape(format.escape);
    match format.quote {
        Some(quote) => builder.quote(quote),
        None => builder.quoting(false),
    };
    builder.build()
}

/// Where the n-th cell of a record begins, for an error: reads the record once more.
fn start_of_cell(format: &Quoted, record: &[u8], cell: usize) -> usize {
    let mut reader = reader(format);
    let mut scratch = [0; 256];
    // Line breaks before the record are the end of the one before.
    let mut at = record.iter().take_while(|byte| matches!(byte, b'\r' | b'\n')).count();
    let mut passed = 0;
    while passed < cell {
        let (result, read, _) = reader.read_field(record.get(at..).unwrap_or_default(), &mut scratch);
        at += read;
        match result {
            ReadFieldResult::Field { .. } => passed += 1,
            ReadFieldResult::OutputFull => {}
            ReadFieldResult::InputEmpty | ReadFieldResult::End => break,
        }
    }
    at
}

#[cfg(test)]
mod tests;
