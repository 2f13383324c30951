//! The cells of delimited text, one after another, out of a window that moves.

use csv_core::{ReadFieldResult, Reader, ReaderBuilder};

use crate::Result;
use crate::crawl::infer::text::Text;
use crate::crawl::inspected::Dialect;

pub(super) struct Cells {
    reader: Reader,
    quote: u8,
    /// Room for one cell.
    cell: Vec<u8>,
    at_row_start: bool,
    line: u64,
}

pub(super) struct Cell<'a> {
    /// Without its quotes.
    pub(super) text: &'a [u8],
    pub(super) quoted: bool,
    pub(super) ends_row: bool,
    /// Where the row begins, from 1.
    pub(super) line: u64,
}

impl Cells {
    pub(super) fn new(dialect: &Dialect) -> Self {
        // The characters of a dialect are ASCII, see `Choice::of` and `dialect::detect`.
        let byte = |c: char| u8::try_from(c).unwrap_or_default();
        let mut builder = ReaderBuilder::new();
        builder.delimiter(byte(dialect.delimiter)).quote(byte(dialect.quote));
        Self { reader: builder.build(), quote: byte(dialect.quote), cell: vec![0; 1024], at_row_start: true, line: 1 }
    }

    /// The next cell; blank lines are none.
    pub(super) fn next(&mut self, text: &mut Text<'_>) -> Result<Option<Cell<'_>>> {
        if std::mem::take(&mut self.at_row_start) {
            self.start_row(text)?;
        }
        let mut length = 0;
        let mut first = None;
        let ends_row = loop {
            let input = text.rest();
            if input.is_empty() && text.more()? {
                continue;
            }
            let input = text.rest();
            first = first.or_else(|| input.first().copied());
            let room = self.cell.get_mut(length..).unwrap_or_default();
            let (result, read, written) = self.reader.read_field(input, room);
            text.advance(read);
            length += written;
            match result {
                ReadFieldResult::InputEmpty => {}
                ReadFieldResult::OutputFull => self.cell.resize(self.cell.len() * 2, 0),
                ReadFieldResult::Field { record_end } => break record_end,
                ReadFieldResult::End => return Ok(None),
            }
        };
        self.at_row_start = ends_row;
        let quoted = first == Some(self.quote);
        Ok(Some(Cell { text: self.cell.get(..length).unwrap_or_default(), quoted, ends_row, line: self.line }))
    }

    /// Passes over the rest of a line break and blank lines.
    fn start_row(&mut self, text: &mut Text<'_>) -> Result<()> {
        loop {
            let breaks = text.rest().iter().take_while(|byte| matches!(byte, b'\r' | b'\n')).count();
            text.advance(breaks);
            if !text.rest().is_empty() || !text.more()? {
                break;
            }
        }
        self.line = text.line();
        Ok(())
    }
}
