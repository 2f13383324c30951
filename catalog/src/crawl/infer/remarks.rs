//! Remarks on one object, each with its line: what was odd about it, and why a column has the type it has.

use crate::crawl::inspect::MAX_TEXT;
use crate::crawl::inspected::Note;
use crate::crawl::shape::Shape;

/// So many are kept of one object; the rest is counted.
const KEPT: u64 = 8;

/// What is odd about one object. Costs nothing while nothing is.
pub(super) struct Remarks<'a> {
    object: &'a str,
    notes: Vec<Note>,
    pub(super) count: u64,
}

impl<'a> Remarks<'a> {
    pub(super) fn new(object: &'a str) -> Self {
        Self { object, notes: Vec::new(), count: 0 }
    }

    pub(super) fn add(&mut self, line: u64, text: impl FnOnce() -> String) {
        self.count += 1;
        if self.count <= KEPT {
            self.notes.push(self.note(Some(line), text()));
        }
    }

    /// The first of them with its line, without the object.
    pub(super) fn first(&self) -> String {
        match self.notes.first() {
            Some(Note { line: Some(line), text, .. }) => format!("line {line}: {text}"),
            _ => "it ends before the first does".to_owned(),
        }
    }

    /// All of them; `cut` if the object was not read to its end.
    pub(super) fn take(&mut self, cut: bool) -> Vec<Note> {
        let mut notes = std::mem::take(&mut self.notes);
        if self.count > KEPT {
            notes.push(self.note(None, format!("and {} more like that", self.count - KEPT)));
        }
        if cut {
            notes.push(self.note(None, format!("only the first {} MiB of its text were read for the schema", MAX_TEXT >> 20)));
        }
        notes
    }

    /// A note about this object.
    pub(super) fn note(&self, line: Option<u64>, text: String) -> Note {
        Note { object: self.object.to_owned(), line, text }
    }
}

/// Why a column's type is now what it is: `` `price` is a fraction → double ``.
pub(super) fn explain(name: &str, came: &Shape, now: &Shape) -> String {
    format!("`{name}` is {} → {}", kind(came), now.hive())
}

fn kind(shape: &Shape) -> &'static str {
    match shape {
        Shape::Null => "null",
        Shape::Boolean => "a boolean",
        Shape::TinyInt | Shape::SmallInt | Shape::Int => "an integer",
        Shape::BigInt => "an integer of 64 bits",
        Shape::Decimal(_, 0) => "an integer beyond 64 bits",
        Shape::Decimal(..) => "a decimal",
        Shape::Float | Shape::Double => "a fraction",
        Shape::Date => "a date",
        Shape::Timestamp => "a timestamp",
        Shape::Binary => "bytes",
        Shape::String => "text",
        Shape::Array(_) => "an array",
        Shape::Map(..) => "a map",
        Shape::Struct(_) => "an object",
    }
}
