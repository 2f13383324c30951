//! `\x`: one line for each value, for rows that are wider than the screen. Nothing is cut.

use std::io::{self, Write};

use arrow::array::RecordBatch;
use catalog::Result;
use engine::export::Export;
use nu_ansi_term::Style as Paint;
use unicode_width::UnicodeWidthStr;

use super::table::clean;
use super::{Cell, Head, Style, cells, output};

/// Writes each row as a block of `name │ value` lines under a rule with the row's number.
pub(crate) struct Expanded<W> {
    heads: Vec<Head>,
    style: Style,
    out: W,
    written: u64,
}

impl<W: Write + Send> Export for Expanded<W> {
    fn write(&mut self, batch: &RecordBatch) -> Result<()> {
        cells(batch)?.iter().try_for_each(|row| self.row(row)).map_err(output)
    }

    fn finish(mut self: Box<Self>) -> Result<()> {
        self.out.flush().map_err(output)
    }
}

impl<W: Write> Expanded<W> {
    pub(crate) fn new(heads: Vec<Head>, style: Style, out: W) -> Self {
        Self { heads, style, out, written: 0 }
    }

    fn row(&mut self, row: &[Cell]) -> io::Result<()> {
        let names: Vec<_> = self.heads.iter().map(|head| clean(&head.name)).collect();
        let width = names.iter().map(|name| name.width()).max().unwrap_or(0);
        self.written += 1;
        let title = format!("─ row {} ", self.written);
        writeln!(self.out, "{title}{}", "─".repeat((width + 3).saturating_sub(title.width()).max(1)))?;
        for (name, cell) in names.iter().zip(row) {
            let padding = " ".repeat(width - name.width());
            let (text, paint) = match cell {
                Some(text) => (clean(text), Paint::new()),
                None => ("NULL".into(), Paint::new().dimmed()),
            };
            if self.style.colour {
                writeln!(self.out, "{}{padding} │ {}", Paint::new().bold().paint(name.as_ref()), paint.paint(text))?;
            } else {
                writeln!(self.out, "{name}{padding} │ {text}")?;
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_for_each_value() {
        let heads = ["id", "name"].map(|name| Head { name: name.to_owned(), number: false }).to_vec();
        let mut out = Vec::new();
        let mut expanded = Expanded::new(heads, Style { width: Some(12), colour: false }, &mut out);
        expanded.row(&[Some("1".to_owned()), None]).unwrap();
        expanded.row(&[Some("2".to_owned()), Some("a long name\n".to_owned())]).unwrap();
        assert_eq!(
            String::from_utf8(out).unwrap(),
            "─ row 1 ─\nid   │ 1\nname │ NULL\n─ row 2 ─\nid   │ 2\nname │ a long name\\n\n"
        );
    }
}
