//! CSV as RFC 4180 has it, with `\n` at the end of a line as every tool on Unix writes it.

use std::io::Write;

use arrow::array::RecordBatch;
use catalog::Result;

use super::{Export, unwritable};
use crate::text::Text;

pub(super) struct Csv<W> {
    out: W,
    /// The lines of a batch, kept to be filled again.
    lines: String,
}

impl<W: Write + Send> Csv<W> {
    pub(super) fn new(names: &[String], out: W) -> Result<Self> {
        let mut csv = Self { out, lines: String::new() };
        for (index, name) in names.iter().enumerate() {
            separate(index, &mut csv.lines);
            field(name, &mut csv.lines);
        }
        csv.lines.push('\n');
        csv.flush_lines()?;
        Ok(csv)
    }

    fn flush_lines(&mut self) -> Result<()> {
        self.out.write_all(self.lines.as_bytes()).map_err(unwritable)?;
        self.lines.clear();
        Ok(())
    }
}

impl<W: Write + Send> Export for Csv<W> {
    fn write(&mut self, batch: &RecordBatch) -> Result<()> {
        let columns = batch.columns().iter().map(|column| Text::new(column)).collect::<Result<Vec<_>>>()?;
        let mut value = String::new();
        for row in 0..batch.num_rows() {
            for (index, column) in columns.iter().enumerate() {
                separate(index, &mut self.lines);
                value.clear();
                if column.write(row, &mut value) {
                    field(&value, &mut self.lines);
                }
            }
            self.lines.push('\n');
        }
        self.flush_lines()
    }

    fn finish(mut self: Box<Self>) -> Result<()> {
        self.out.flush().map_err(unwritable)
    }
}

fn separate(index: usize, line: &mut String) {
    if index > 0 {
        line.push(',');
    }
}

/// Quoted only where it must be; an empty text is quoted, so that it is not read as NULL.
fn field(text: &str, line: &mut String) {
    let plain = !text.is_empty() && !text.bytes().any(|byte| matches!(byte, b',' | b'"' | b'\n' | b'\r'));
    if plain {
        line.push_str(text);
        return;
    }
    line.push('"');
    for (index, part) in text.split('"').enumerate() {
        line.push_str(if index > 0 { "\"\"" } else { "" });
        line.push_str(part);
    }
    line.push('"');
}
