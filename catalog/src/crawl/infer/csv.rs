//! Delimited text: which delimiter, whether cells are quoted, whether the first line names the columns, and the columns'
//! types from every line. The rules are those of Glue's csv classifier (AWS Glue Developer Guide, "Built-in CSV
//! classifier"), but for headers of text-only files, quotes and numbers that a bigint would garble, where it loses data.

mod cells;
mod dialect;
mod header;
mod value;

use cells::{Cell, Cells};
use value::Type;

pub(in super::super) use dialect::Choice;
pub(in super::super) use header::names as unique_names;

use super::Object;
use super::remarks::{Remarks, explain};
use super::text::Text;
use crate::Result;
use crate::crawl::inspected::{Dialect, Finding, Found, Inspected, Inspections, Kind, Note};
use crate::crawl::shape::Member;

/// So much text decides about the dialect and the header.
const SAMPLE: usize = 64 << 10;

/// Why a text is no table of delimited text, in words.
pub(in super::super) type Why = String;

/// One column, while lines are read.
#[derive(Debug, Clone, Default)]
struct Column {
    r#type: Type,
    /// The line that gave it its type, from the second type on.
    changed: Option<(u64, Type)>,
}

/// What the text is, if it is delimited text of at least two rows; else why not, and the text is at its start again.
/// `choice` is what a custom classifier says of it, the default for none.
pub(in super::super) fn inspect(
    object: &Object<'_>,
    text: &mut Text<'_>,
    choice: &Choice,
    inspections: &mut Inspections,
) -> Result<Result<Finding, Why>> {
    text.at_least(SAMPLE)?;
    let rest = text.rest();
    let sample = rest.get(..SAMPLE).unwrap_or(rest);
    let complete = text.is_complete() && rest.len() <= SAMPLE;
    let found = match dialect::detect(sample, complete, choice) {
        Ok(found) => found,
        Err(why) => return Ok(Err(why)),
    };
    let mut names = found.names.clone();
    let mut columns = vec![Column::default(); found.width];
    let mut remarks = Remarks::new(object.key);
    text.commit();
    let records = read(text, &found.dialect, &mut columns, &mut remarks)?;
    header::complete(&mut names, columns.len());
    let declared = |at: usize| choice.types.as_ref().and_then(|types| types.get(at).cloned());
    let shapes = columns.iter().enumerate().map(|(at, column)| declared(at).unwrap_or_else(|| column.r#type.shape()));
    let members = names.iter().zip(shapes).map(|(name, shape)| Member::new(name, shape)).collect();
    let inspected = Inspected {
        kind: Kind::Csv(found.dialect),
        compression: object.compression.name().to_owned(),
        classification: "csv".to_owned(),
        columns: members,
    };
    let inspection = inspections.intern(inspected, || why(&names, &columns, found.reason, &remarks));
    let notes = remarks.take(text.is_cut());
    Ok(Ok(Finding::Found(Found { inspection, records, bytes: text.consumed(), notes })))
}

/// Reads all rows and says how many there are.
fn read(text: &mut Text<'_>, dialect: &Dialect, columns: &mut Vec<Column>, remarks: &mut Remarks<'_>) -> Result<u64> {
    let mut cells = Cells::new(dialect);
    let (mut rows, mut at) = (0, 0);
    let mut in_header = dialect.header;
    while let Some(cell) = cells.next(text)? {
        if !in_header {
            if at == columns.len() {
                if dialect.header {
                    remarks.add(cell.line, || {
                        format!("the row has more cells than the header, which names {at}: the rest is not read")
                    });
                } else {
                    columns.push(Column::default());
                }
            }
            if let Some(column) = columns.get_mut(at) {
                column.take(&cell);
            }
            at += 1;
        }
        if cell.ends_row {
            rows += u64::from(!in_header);
            (at, in_header) = (0, false);
        }
    }
    Ok(rows)
}

impl Column {
    fn take(&mut self, cell: &Cell<'_>) {
        if self.r#type == Type::Text {
            return;
        }
        let came = Type::of(cell.text);
        let now = self.r#type.join(came);
        if now != self.r#type && self.r#type != Type::Empty {
            self.changed = Some((cell.line, came));
        }
        self.r#type = now;
    }
}

fn why(names: &[String], columns: &[Column], reason: Option<String>, remarks: &Remarks<'_>) -> Vec<Note> {
    let mut notes: Vec<_> = reason.map(|reason| remarks.note(Some(1), reason)).into_iter().collect();
    for (name, column) in names.iter().zip(columns) {
        if let Some((line, came)) = column.changed {
            notes.push(remarks.note(Some(line), explain(name, &came.shape(), &column.r#type.shape())));
        } else if column.r#type == Type::Empty {
            notes.push(remarks.note(None, format!("`{name}` is empty in every row → string")));
        }
    }
    notes
}

#[cfg(test)]
mod tests;
