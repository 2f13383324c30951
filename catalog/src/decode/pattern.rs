//! RegexSerDe and GrokSerDe: a pattern for the whole line, its groups are the cells.
//!
//! As Athena does, a line that the pattern does not match is a row of NULLs. A group that took no part is NULL, a blank one too
//! unless its column is text; any other that is not a value of its column's type is bad data.

use arrow::datatypes::Schema;
use fancy_regex::Regex;

use super::column::{Fraction, Misfit};
use super::grok::Grok;
use super::lines::Lines;
use super::place::{Place, quoted};
use super::rows::Rows;
use crate::error::{Error, ErrorKind, Result};
use crate::format::{RegexFormat, RegexSyntax};

#[derive(Debug)]
pub(super) struct PatternDecoder {
    lines: Lines,
    pattern: Pattern,
}

#[derive(Debug)]
struct Pattern {
    regex: Regex,
    null_for_invalid: bool,
    /// For each projected column, the groups that may hold it: the first that took part does.
    groups: Vec<Vec<usize>>,
}

impl PatternDecoder {
    /// Errors: `InvalidInput` for a pattern that is none, `NotSupported` for nested columns.
    pub(super) fn new(format: &RegexFormat, columns: &Schema, projection: &[usize]) -> Result<Self> {
        for &index in projection {
            let field = columns.field(index);
            if field.data_type().is_nested() {
                let message =
                    format!("column '{}': lines taken apart by a pattern have no arrays, maps or structs", field.name());
                return Err(Error::not_supported(message));
            }
        }
        let null_for_invalid = format.null_for_invalid;
        let pattern = match &format.syntax {
            RegexSyntax::Regex { pattern, case_insensitive } => {
                let flags = if *case_insensitive { "is" } else { "s" };
                let regex = Regex::new(&format!("(?{flags})\\A(?:{pattern})\\z"))
                    .map_err(|error| Error::invalid(format!("the regular expression '{pattern}' cannot be used: {error}")))?;
                Pattern { regex, null_for_invalid, groups: projection.iter().map(|column| vec![column + 1]).collect() }
            }
            RegexSyntax::Grok { pattern, custom } => {
                let grok = Grok::new(pattern, custom)?;
                let fields = fields_of(&grok, columns);
                let groups = projection.iter().map(|&column| fields.get(column).cloned().unwrap_or_default()).collect();
                Pattern { regex: grok.into_regex(), null_for_invalid, groups }
            }
        };
        Ok(Self { lines: Lines::new(format.skip_lines), pattern })
    }

    pub(super) fn begin(&mut self) {
        self.lines.begin();
    }

    pub(super) fn feed(&mut self, bytes: &[u8], place: &mut Place, rows: &mut Rows) -> Result<()> {
        let Self { lines, pattern } = self;
        lines.feed(bytes, place, |line, place| pattern.row(line, place, rows))
    }

    pub(super) fn end(&mut self, place: &mut Place, rows: &mut Rows) -> Result<()> {
        let Self { lines, pattern } = self;
        lines.end(place, |line, place| pattern.row(line, place, rows))
    }
}

/// For each column of the table the groups of its field: by name where every column's name is a field's, else in order, which
/// is how Glue's SerDe goes about it.
fn fields_of(grok: &Grok, columns: &Schema) -> Vec<Vec<usize>> {
    let named = |name: &str| grok.fields().iter().find(|field| field.name.eq_ignore_ascii_case(name));
    let by_name: Option<Vec<_>> =
        columns.fields().iter().map(|column| named(column.name()).map(|field| field.groups.clone())).collect();
    by_name.unwrap_or_else(|| grok.fields().iter().map(|field| field.groups.clone()).collect())
}

impl Pattern {
    fn row(&self, line: &[u8], place: &Place, rows: &mut Rows) -> Result<()> {
        let text =
            std::str::from_utf8(line).map_err(|error| place.bad_data(line, error.valid_up_to(), "the text is not UTF-8"))?;
        let captures = self.regex.captures(text).map_err(|error| {
            place.error(ErrorKind::LimitExceeded, line, 0, format!("the pattern takes too long on this line: {error}"))
        })?;
        let Some(captures) = captures else {
            rows.push_null_row();
            return Ok(());
        };
        for (column, groups) in rows.columns.iter_mut().zip(&self.groups) {
            let Some(found) = groups.iter().find_map(|&group| captures.get(group)) else {
                column.push_null();
                continue;
            };
            match column.push_text(found.as_str().as_bytes(), Fraction::Refuse) {
                Ok(()) => {}
                Err(Misfit::Value) if self.null_for_invalid => column.push_null(),
                Err(Misfit::Value) => {
                    let (expected, found_text) = (column.type_name(), quoted(found.as_str().as_bytes()));
                    let message = format!("expected {expected} for column '{}', found {found_text}", column.path);
                    rows.undo();
                    return Err(place.bad_data(line, found.start(), message));
                }
                Err(Misfit::Room) => {
                    let message = format!("column '{}' has more than 2 GiB of text in one batch", column.path);
                    rows.undo();
                    return Err(place.error(ErrorKind::LimitExceeded, line, 0, message));
                }
            }
        }
        rows.close();
        Ok(())
    }
}

#[cfg(test)]
mod tests;
