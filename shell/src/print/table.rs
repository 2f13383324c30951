//! The table for people: aligned columns, numbers to the right, NULL set apart, cut with `…` to the width of the terminal.
//! Where there is no terminal nothing is ever cut: another program may read it.

use std::io::{self, Write};

use arrow::array::RecordBatch;
use catalog::Result;
use engine::export::Export;
use nu_ansi_term::Style as Paint;
use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

use super::{Cell, Head, Style, cells, output};

/// Rows seen before the widths of the columns are settled; what comes later is cut or juts out.
const SETTLED_AFTER: usize = 10_000;
/// A column is cut down to this width before columns are left out.
const NARROWEST: usize = 8;

/// Writes rows as they come, once enough of them were seen to know the widths.
pub(crate) struct Table<W> {
    heads: Vec<Head>,
    style: Style,
    out: W,
    pending: Vec<Vec<Cell>>,
    /// Set once the head is written.
    widths: Option<Vec<usize>>,
}

impl<W: Write + Send> Export for Table<W> {
    fn write(&mut self, batch: &RecordBatch) -> Result<()> {
        self.pending.extend(cells(batch)?);
        if self.widths.is_some() || self.pending.len() >= SETTLED_AFTER { self.flush().map_err(output) } else { Ok(()) }
    }

    fn finish(mut self: Box<Self>) -> Result<()> {
        self.flush().map_err(output)?;
        let shown = self.widths.as_ref().map_or(0, Vec::len);
        if shown < self.heads.len() {
            let note =
                format!("(the first {shown} of {} columns; \\x in the shell or --format json shows all)", self.heads.len());
            writeln!(self.out, "{note}").map_err(output)?;
        }
        self.out.flush().map_err(output)
    }
}

impl<W: Write> Table<W> {
    pub(crate) fn new(heads: Vec<Head>, style: Style, out: W) -> Self {
        Self { heads, style, out, pending: Vec::new(), widths: None }
    }

    fn flush(&mut self) -> io::Result<()> {
        let rows = std::mem::take(&mut self.pending);
        let widths = match self.widths.take() {
            Some(widths) => widths,
            None => {
                let widths = fit(natural_widths(&self.heads, &rows), self.style.width);
                let head = self.head(&widths);
                self.out.write_all(head.as_bytes())?;
                widths
            }
        };
        for row in &rows {
            let line = self.line(row, &widths);
            self.out.write_all(line.as_bytes())?;
        }
        self.widths = Some(widths);
        Ok(())
    }

    fn head(&self, widths: &[usize]) -> String {
        let left_out = widths.len() < self.heads.len();
        let mut line = String::new();
        let mut rule = String::new();
        for (i, (head, width)) in self.heads.iter().zip(widths).enumerate() {
            let separator = if i == 0 { "" } else { "│" };
            let name = clean(&head.name);
            line.push_str(separator);
            line.push_str(&self.cell(&name, *width, head.number, Paint::new().bold()));
            rule.push_str(if i == 0 { "" } else { "┼" });
            rule.push_str(&"─".repeat(width + 2));
        }
        if left_out {
            line.push_str("│ …");
            rule.push_str("┼──");
        }
        format!("{}\n{rule}\n", line.trim_end())
    }

    fn line(&self, row: &[Cell], widths: &[usize]) -> String {
        let mut line = String::new();
        for (i, ((cell, width), head)) in row.iter().zip(widths).zip(&self.heads).enumerate() {
            line.push_str(if i == 0 { "" } else { "│" });
            line.push_str(&match cell {
                Some(text) => self.cell(&clean(text), *width, head.number, Paint::new()),
                None => self.cell("NULL", *width, head.number, Paint::new().dimmed()),
            });
        }
        if widths.len() < self.heads.len() {
            line.push_str("│ …");
        }
        format!("{}\n", line.trim_end())
    }

    /// One padded cell; the text is cut only where there is a terminal.
    fn cell(&self, text: &str, width: usize, right: bool, paint: Paint) -> String {
        let text = if self.style.width.is_some() { cut(text, width) } else { text.to_owned() };
        let padding = " ".repeat(width.saturating_sub(text.width()));
        let text = if self.style.colour && paint != Paint::new() { paint.paint(text).to_string() } else { text };
        if right { format!(" {padding}{text} ") } else { format!(" {text}{padding} ") }
    }
}

/// Appends a whole table to `out`.
pub(super) fn write(heads: Vec<Head>, rows: Vec<Vec<Cell>>, style: Style, out: &mut Vec<u8>) {
    let mut table = Table { pending: rows, ..Table::new(heads, style, out) };
    // Writing to memory cannot fail.
    let _ = table.flush();
}

fn natural_widths(heads: &[Head], rows: &[Vec<Cell>]) -> Vec<usize> {
    let mut widths: Vec<usize> = heads.iter().map(|head| clean(&head.name).width()).collect();
    for row in rows {
        for (width, cell) in widths.iter_mut().zip(row) {
            *width = (*width).max(cell.as_ref().map_or(4, |text| clean(text).width()));
        }
    }
    widths
}

/// Shrinks the widest columns first, to one common width, until the line fits; where that would make them narrower than
/// `NARROWEST`, columns are left out from the right and `… ` takes their place.
fn fit(mut widths: Vec<usize>, available: Option<usize>) -> Vec<usize> {
    let Some(available) = available else { return widths };
    let total = |widths: &[usize], cap: usize| widths.iter().map(|w| w.min(&cap) + 3).sum::<usize>().saturating_sub(1);
    let fits = |widths: &[usize], cap: usize, room: usize| total(widths, cap) <= room;
    let columns = widths.len();
    while widths.len() > 1 {
        let room = if widths.len() < columns { available.saturating_sub(3) } else { available };
        if fits(&widths, NARROWEST, room) {
            break;
        }
        widths.pop();
    }
    let room = if widths.len() < columns { available.saturating_sub(3) } else { available };
    let widest = widths.iter().copied().max().unwrap_or(0).min(room);
    let cap = (1..=widest).rev().find(|cap| fits(&widths, *cap, room)).unwrap_or(NARROWEST);
    widths.iter_mut().for_each(|width| *width = (*width).min(cap));
    widths
}

/// At most `width` columns of the terminal, with `…` at the end if something is missing.
pub(crate) fn cut(text: &str, width: usize) -> String {
    if text.width() <= width {
        return text.to_owned();
    }
    let mut taken = 0;
    let mut short: String = text
        .chars()
        .take_while(|c| {
            taken += c.width().unwrap_or(0);
            taken < width
        })
        .collect();
    short.push('…');
    short
}

/// Control characters as escapes: a line break would tear the table, and an escape sequence inside data must not reach the
/// terminal.
pub(crate) fn clean(text: &str) -> std::borrow::Cow<'_, str> {
    if !text.chars().any(char::is_control) {
        return text.into();
    }
    text.chars()
        .fold(String::with_capacity(text.len() + 8), |mut clean, c| {
            if c.is_control() {
                clean.extend(c.escape_default())
            } else {
                clean.push(c)
            }
            clean
        })
        .into()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn render(width: Option<usize>, heads: &[(&str, bool)], rows: &[&[Option<&str>]]) -> String {
        let heads = heads.iter().map(|(name, number)| Head { name: (*name).to_owned(), number: *number }).collect();
        let rows: Vec<_> = rows.iter().map(|row| row.iter().map(|cell| cell.map(str::to_owned)).collect()).collect();
        let mut out = Vec::new();
        let mut table = Box::new(Table::new(heads, Style { width, colour: false }, &mut out));
        table.pending = rows;
        table.finish().unwrap();
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn numbers_are_right_and_null_is_a_word() {
        let text = render(None, &[("name", false), ("n", true)], &[&[Some("a"), Some("1")], &[None, Some("-20")]]);
        assert_eq!(text, " name │   n\n──────┼─────\n a    │   1\n NULL │ -20\n");
    }

    #[test]
    fn wide_characters_count_double_and_control_characters_are_escaped() {
        let text =
            render(None, &[("x", false), ("y", false)], &[&[Some("日本"), Some("b")], &[Some("a\nb"), Some("\u{1b}[31m")]]);
        assert_eq!(text, " x    │ y\n──────┼────────────\n 日本 │ b\n a\\nb │ \\u{1b}[31m\n");
    }

    #[test]
    fn a_terminal_cuts_the_widest_column() {
        let long = "abcdefghijklmnopqrstuvwxyz";
        let text = render(Some(20), &[("id", true), ("text", false)], &[&[Some("7"), Some(long)]]);
        assert_eq!(text, " id │ text\n────┼───────────────\n  7 │ abcdefghijkl…\n");
        assert!(text.lines().all(|line| line.width() <= 20));
        assert!(render(None, &[("text", false)], &[&[Some(long)]]).contains(long));
    }

    #[test]
    fn too_many_columns_are_left_out_at_the_right() {
        let heads: Vec<_> = (0..10).map(|_| ("column_name", false)).collect();
        let row: Vec<_> = (0..10).map(|_| Some("value of a cell")).collect();
        let text = render(Some(40), &heads, &[&row]);
        assert!(text.lines().take(3).all(|line| line.width() <= 40), "{text}");
        assert_eq!(text.lines().next().unwrap().matches('│').count(), 3, "{text}");
        assert!(text.lines().next().unwrap().ends_with("│ …"));
        assert!(text.ends_with("(the first 3 of 10 columns; \\x in the shell or --format json shows all)\n"));
    }

    #[test]
    fn cutting_respects_the_width() {
        for (text, width, expected) in [("abc", 3, "abc"), ("abcd", 3, "ab…"), ("日本語", 4, "日…"), ("a", 0, "…")] {
            assert_eq!(cut(text, width), expected);
        }
    }
}
