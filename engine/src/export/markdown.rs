//! A Markdown table as GitHub renders it. Numbers stand on the right, as the second line says; columns are not padded, because the
//! widths would need the whole result.

use std::io::Write;

use arrow::array::RecordBatch;
use arrow::datatypes::SchemaRef;
use catalog::Result;

use super::{Export, unwritable};
use crate::text::Text;

pub(super) struct Markdown<W> {
    out: W,
}

impl<W: Write + Send> Markdown<W> {
    pub(super) fn new(names: &[String], schema: &SchemaRef, mut out: W) -> Result<Self> {
        let mut lines = String::from("|");
        for name in names {
            lines.push(' ');
            cell(name, &mut lines);
            lines.push_str(" |");
        }
        lines.push_str("\n|");
        for field in schema.fields() {
            lines.push_str(if field.data_type().is_numeric() { " ---: |" } else { " --- |" });
        }
        lines.push('\n');
        out.write_all(lines.as_bytes()).map_err(unwritable)?;
        Ok(Self { out })
    }
}

impl<W: Write + Send> Export for Markdown<W> {
    fn write(&mut self, batch: &RecordBatch) -> Result<()> {
        let columns = batch.columns().iter().map(|column| Text::new(column)).collect::<Result<Vec<_>>>()?;
        let (mut lines, mut value) = (String::new(), String::new());
        for row in 0..batch.num_rows() {
            lines.push('|');
            for column in &columns {
                value.clear();
                column.write(row, &mut value);
                lines.push(' ');
                cell(&value, &mut lines);
                lines.push_str(" |");
            }
            lines.push('\n');
        }
        self.out.write_all(lines.as_bytes()).map_err(unwritable)
    }

    fn finish(mut self: Box<Self>) -> Result<()> {
        self.out.flush().map_err(unwritable)
    }
}

/// A cell ends at `|` or at the end of the line, so neither may stand in it.
fn cell(text: &str, line: &mut String) {
    for character in text.chars() {
        match character {
            '|' => line.push_str("\\|"),
            '\\' => line.push_str("\\\\"),
            '\n' => line.push_str("<br>"),
            '\r' => {}
            other => line.push(other),
        }
    }
}
