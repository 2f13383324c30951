//! LazySimpleSerDe: cells between delimiters, no quotes, nesting by further delimiters.
//!
//! As Hive and Trino (`SimpleDeserializer`) read it: missing cells are NULL, surplus ones are ignored, a cell that is not a value
//! of its column's type is NULL (this SerDe never fails on a value), a fraction in an integer column is cut off, `\N` is NULL.
//! Arrays and structs inside a cell use the second delimiter, maps the second and third, deeper ones the control characters
//! that follow.

use arrow::datatypes::{DataType, Schema};

use super::column::{Column, Fraction, Misfit, Values};
use super::lines::Lines;
use super::place::Place;
use super::rows::Rows;
use crate::error::{Error, ErrorKind, Result};
use crate::format::Delimited;

/// Levels of delimiters, the cells' own included; Hive has as many without asking for more.
const LEVELS: usize = 8;

#[derive(Debug)]
pub(super) struct DelimitedDecoder {
    lines: Lines,
    cells: Cells,
}

#[derive(Debug)]
struct Cells {
    separators: [u8; LEVELS],
    escape: Option<u8>,
    null: Vec<u8>,
    /// For the n-th cell of a line, which projected column it is; no longer than the last one that is projected.
    targets: Vec<Option<usize>>,
    /// A cell without its escapes.
    plain: Vec<u8>,
}

impl DelimitedDecoder {
    pub(super) fn new(format: &Delimited, skip_lines: usize, columns: &Schema, projection: &[usize]) -> Result<Self> {
        for &index in projection {
            let field = columns.field(index);
            if levels(field.data_type()) >= LEVELS {
                let message = format!("column '{}': LazySimpleSerDe nests values in at most {LEVELS} levels", field.name());
                return Err(Error::not_supported(message));
            }
        }
        let cells = Cells {
            separators: [format.delimiter, format.collection, format.map_key, 4, 5, 6, 7, 8],
            escape: format.escape,
            null: format.null.clone().into_bytes(),
            targets: targets(projection),
            plain: Vec::new(),
        };
        Ok(Self { lines: Lines::new(skip_lines), cells })
    }

    pub(super) fn begin(&mut self) {
        self.lines.begin();
    }

    pub(super) fn feed(&mut self, bytes: &[u8], place: &mut Place, rows: &mut Rows) -> Result<()> {
        let Self { lines, cells } = self;
        lines.feed(bytes, place, |line, place| cells.row(line, place, rows))
    }

    pub(super) fn end(&mut self, place: &mut Place, rows: &mut Rows) -> Result<()> {
        let Self { lines, cells } = self;
        lines.end(place, |line, place| cells.row(line, place, rows))
    }
}

/// For the n-th cell of a record, which projected column it is.
pub(super) fn targets(projection: &[usize]) -> Vec<Option<usize>> {
    let cells = projection.iter().max().map_or(0, |last| last + 1);
    (0..cells).map(|cell| projection.iter().position(|&column| column == cell)).collect()
}

/// Levels of delimiters that a type needs below its own cell.
fn levels(data_type: &DataType) -> usize {
    match data_type {
        DataType::List(element) => 1 + levels(element.data_type()),
        DataType::Struct(members) => 1 + members.iter().map(|member| levels(member.data_type())).max().unwrap_or(0),
        DataType::Map(entries, _) => 1 + levels(entries.data_type()),
        _ => 0,
    }
}

impl Cells {
    fn row(&mut self, line: &[u8], place: &Place, rows: &mut Rows) -> Result<()> {
        if let Err(error) = std::str::from_utf8(line) {
            return Err(place.bad_data(line, error.valid_up_to(), "the text is not UTF-8"));
        }
        let mut parts = Parts { rest: Some(line), separator: self.separators[0], escape: self.escape };
        for cell in 0..self.targets.len() {
            let part = parts.next();
            let Some(column) = self.targets[cell].and_then(|target| rows.columns.get_mut(target)) else { continue };
            let fits = match part {
                Some(text) => self.element(column, text, 1),
                None => {
                    column.push_null();
                    Ok(())
                }
            };
            if fits.is_err() {
                let message = format!("column '{}' has more than 2 GiB of text in one batch", column.path);
                return Err(place.error(ErrorKind::LimitExceeded, line, 0, message));
            }
        }
        rows.close();
        Ok(())
    }

    /// A cell, or an element, member or value inside one; `level` says which delimiter is next. Only a lack of room is an error.
    fn element(&mut self, column: &mut Column, text: &[u8], level: usize) -> Result<(), Misfit> {
        if text == self.null {
            column.push_null();
            return Ok(());
        }
        match &mut column.values {
            Values::List { element, .. } => {
                for part in self.parts(text, level) {
                    self.element(element, part, level + 1)?;
                }
                column.close()
            }
            Values::Struct(members) => {
                let mut parts = self.parts(text, level);
                for member in members {
                    match parts.next() {
                        Some(part) => self.element(member, part, level + 1)?,
                        None => member.push_null(),
                    }
                }
                column.close()
            }
            Values::Map { key, value, .. } => {
                let first = key.len();
                for part in self.parts(text, level) {
                    self.entry(key, value, part, first, level)?;
                }
                column.close()
            }
            Values::Text { .. } => {
                let plain = self.unescape(text);
                column.push_text(plain, Fraction::Drop)
            }
            _ => match column.push_text(text, Fraction::Drop) {
                Err(Misfit::Value) => {
                    column.push_null();
                    Ok(())
                }
                other => other,
            },
        }
    }

    /// One entry of a map. Entries without a key, and those whose key was there before, are left out, as Hive does.
    fn entry(&mut self, key: &mut Column, value: &mut Column, text: &[u8], first: usize, level: usize) -> Result<(), Misfit> {
        let mut parts = self.parts(text, level + 1);
        let (name, rest) = (parts.next().unwrap_or_default(), parts.rest);
        let index = key.len();
        if name == self.null {
            return Ok(());
        }
        let name = self.unescape(name);
        if name.trim_ascii().is_empty() && !matches!(key.values, Values::Text { .. }) {
            return Ok(());
        }
        match key.push_text(name, Fraction::Drop) {
            Ok(()) if (first..index).any(|early| key.key(early) == key.key(index)) => key.truncate(index),
            Ok(()) => match rest {
                Some(rest) => self.element(value, rest, level + 2)?,
                None => value.push_null(),
            },
            Err(Misfit::Value) => {}
            Err(Misfit::Room) => return Err(Misfit::Room),
        }
        Ok(())
    }

    /// The parts of a nested value; nothing has none.
    fn parts<'t>(&self, text: &'t [u8], level: usize) -> Parts<'t> {
        let separator = self.separators.get(level).copied().unwrap_or(0);
        Parts { rest: (!text.is_empty()).then_some(text), separator, escape: self.escape }
    }

    fn unescape<'t>(&'t mut self, text: &'t [u8]) -> &'t [u8] {
        let Some(escape) = self.escape.filter(|&escape| memchr::memchr(escape, text).is_some()) else {
            return text;
        };
        self.plain.clear();
        let mut bytes = text.iter().copied();
        while let Some(byte) = bytes.next() {
            self.plain.push(match byte {
                byte if byte != escape => byte,
                _ => match bytes.next() {
                    Some(b'n') => b'\n',
                    Some(b'r') => b'\r',
                    Some(other) => other,
                    None => escape,
                },
            });
        }
        &self.plain
    }
}

/// Text between separators; an escaped one separates nothing.
struct Parts<'t> {
    /// What was not given yet; nothing after the last part.
    rest: Option<&'t [u8]>,
    separator: u8,
    escape: Option<u8>,
}

impl<'t> Iterator for Parts<'t> {
    type Item = &'t [u8];

    fn next(&mut self) -> Option<&'t [u8]> {
        let text = self.rest?;
        let end = match self.escape {
            None => memchr::memchr(self.separator, text),
            Some(escape) => unescaped(text, self.separator, escape),
        };
        match end {
            Some(end) => {
                self.rest = text.get(end + 1..);
                text.get(..end)
            }
            None => self.rest.take(),
        }
    }
}

fn unescaped(text: &[u8], separator: u8, escape: u8) -> Option<usize> {
    let mut from = 0;
    loop {
        let at = from + memchr::memchr2(separator, escape, text.get(from..)?)?;
        if text.get(at) == Some(&separator) {
            return Some(at);
        }
        from = at + 2;
    }
}

#[cfg(test)]
mod tests;
