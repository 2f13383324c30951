//! JSON values into columns, without a document in between.
//!
//! What goes where: strings, numbers and booleans are read by their text, so `"12"` is a number in a numeric column and `12` is
//! text in a string column; objects and arrays in a string column are their JSON text as written; a single value in an array
//! column is an array of one; an array in a struct column gives the members in order; blank strings are NULL outside string
//! columns; binary columns hold base64. These are the openx SerDe's rules (Trino's `OpenXJsonDeserializer`), except that a
//! value that does not fit is an error and never silently NULL or false, unless the SerDe is to ignore malformed data.

use std::collections::HashSet;

use jiter::{Jiter, JiterError, JiterErrorType, JsonErrorType, Peek};

use super::super::column::{Column, Fraction, Misfit, Values};
use super::super::place::quoted;
use super::members::{Members, Rank};

/// Maps of up to this many entries are searched for equal keys one by one.
const SMALL_MAP: usize = 16;

/// Why a record could not be read, and the byte of the text where.
#[derive(Debug)]
pub(super) enum Fault {
    /// Not JSON, or not all of it is there yet.
    Syntax { index: usize, error: JsonErrorType },
    /// JSON, but not what the table holds.
    Misfit { index: usize, message: String },
    /// The batch is full.
    Room { column: String },
}

impl From<JiterError> for Fault {
    fn from(error: JiterError) -> Self {
        match error.error_type {
            JiterErrorType::JsonError(kind) => Self::Syntax { index: error.index, error: kind },
            JiterErrorType::WrongType { expected, actual } => {
                Self::Misfit { index: error.index, message: format!("expected {expected}, found {actual}") }
            }
        }
    }
}

/// Reads values; `lenient` makes those that do not fit NULL.
#[derive(Debug, Clone, Copy)]
pub(super) struct Reader {
    pub(super) lenient: bool,
}

impl Reader {
    /// One object into the members of a struct, or the columns of a table. `row` is how long they are before it.
    pub(super) fn object(
        self,
        json: &mut Jiter<'_>,
        columns: &mut [Column],
        members: &mut Members,
        row: usize,
    ) -> Result<(), Fault> {
        members.filled.fill(Rank::Missing);
        let mut hint = 0;
        let mut key = json.known_object()?;
        while let Some(name) = key {
            let (target, next) = members.find(name, hint);
            hint = next;
            match target {
                Some(target) => {
                    let inner = members.inner.get_mut(target.member).and_then(Option::as_deref_mut);
                    if let (Some(column), Some(filled)) = (columns.get_mut(target.member), members.filled.get_mut(target.member))
                    {
                        let peek = json.peek()?;
                        if peek == Peek::Null {
                            json.known_null()?;
                        } else if *filled > target.rank {
                            json.known_skip(peek)?;
                        } else {
                            if *filled != Rank::Missing {
                                column.truncate(row);
                            }
                            self.value(json, peek, column, inner)?;
                            *filled = target.rank;
                        }
                    }
                }
                None => json.next_skip()?,
            }
            key = json.next_key()?;
        }
        for (column, filled) in columns.iter_mut().zip(&members.filled) {
            if *filled == Rank::Missing {
                column.push_null();
            }
        }
        Ok(())
    }

    /// A value that is a record of one column, the table's first.
    pub(super) fn only(
        self,
        json: &mut Jiter<'_>,
        peek: Peek,
        columns: &mut [Column],
        members: &mut Members,
    ) -> Result<(), Fault> {
        let wanted = members.positions.first().copied().flatten();
        let others = columns.iter_mut().enumerate().filter(|(at, _)| Some(*at) != wanted);
        others.for_each(|(_, column)| column.push_null());
        match wanted.and_then(|member| Some((columns.get_mut(member)?, member))) {
            Some((column, member)) => {
                self.value(json, peek, column, members.inner.get_mut(member).and_then(Option::as_deref_mut))
            }
            None => Ok(json.known_skip(peek)?),
        }
    }

    /// An array that stands for a record: its elements are the members in their order. `first` is what it begins with.
    pub(super) fn positional(
        self,
        json: &mut Jiter<'_>,
        first: Option<Peek>,
        columns: &mut [Column],
        members: &mut Members,
    ) -> Result<(), Fault> {
        members.filled.fill(Rank::Missing);
        let mut index = 0;
        let mut next = first;
        while let Some(peek) = next {
            match members.positions.get(index).copied().flatten() {
                Some(member) => {
                    let inner = members.inner.get_mut(member).and_then(Option::as_deref_mut);
                    if let (Some(column), Some(filled)) = (columns.get_mut(member), members.filled.get_mut(member)) {
                        self.value(json, peek, column, inner)?;
                        *filled = Rank::Exact;
                    }
                }
                None => json.known_skip(peek)?,
            }
            index += 1;
            next = json.array_step()?;
        }
        for (column, filled) in columns.iter_mut().zip(&members.filled) {
            if *filled == Rank::Missing {
                column.push_null();
            }
        }
        Ok(())
    }

    /// One value into one column; `members` are those of the struct in the column, if there is one. On success the column is one
    /// row longer.
    fn value(self, json: &mut Jiter<'_>, peek: Peek, column: &mut Column, members: Option<&mut Members>) -> Result<(), Fault> {
        let row = column.len();
        let index = json.current_index();
        if peek == Peek::Null {
            json.known_null()?;
            column.push_null();
            return Ok(());
        }
        let fits = match &mut column.values {
            Values::Struct(_) | Values::List { .. } | Values::Map { .. } => self.nested(json, peek, column, members)?,
            Values::Text { .. } if matches!(peek, Peek::Object | Peek::Array) => {
                json.known_skip(peek)?;
                let text = json.slice_to_current(index);
                // Skipping does not look at the encoding of strings, and this text becomes a string.
                if std::str::from_utf8(text).is_err() {
                    return Err(Fault::Syntax { index, error: JsonErrorType::InvalidUnicodeCodePoint });
                }
                column.push_text(text, Fraction::Refuse)
            }
            _ => scalar(json, peek, column)?,
        };
        match fits {
            Ok(()) => Ok(()),
            Err(Misfit::Room) => Err(Fault::Room { column: column.path.clone() }),
            Err(Misfit::Value) if self.lenient => {
                column.truncate(row);
                column.push_null();
                Ok(())
            }
            Err(Misfit::Value) => Err(misfit(column, json.slice_to_current(index), index)),
        }
    }

    /// A value into a struct, list or map column.
    fn nested(
        self,
        json: &mut Jiter<'_>,
        peek: Peek,
        column: &mut Column,
        members: Option<&mut Members>,
    ) -> Result<Result<(), Misfit>, Fault> {
        let row = column.len();
        // The string may be the one element of a list; only then must it still be there to be read.
        if peek == Peek::String && !matches!(column.values, Values::List { .. }) {
            let blank = json.known_str()?.trim().is_empty();
            if blank {
                column.push_null();
            }
            return Ok(if blank { Ok(()) } else { Err(Misfit::Value) });
        }
        match (&mut column.values, members) {
            (Values::Struct(columns), Some(members)) if peek == Peek::Object => self.object(json, columns, members, row)?,
            (Values::Struct(columns), Some(members)) if peek == Peek::Array => {
                let first = json.known_array()?;
                self.positional(json, first, columns, members)?;
            }
            (Values::List { element, .. }, members) => {
                if !self.elements(json, peek, element, members)? {
                    column.push_null();
                    return Ok(Ok(()));
                }
            }
            (Values::Map { key, value, .. }, members) if peek == Peek::Object => {
                let fits = self.entries(json, key, value, members)?;
                if fits.is_err() {
                    return Ok(fits);
                }
            }
            _ => {
                json.known_skip(peek)?;
                return Ok(Err(Misfit::Value));
            }
        }
        Ok(column.close())
    }

    /// The elements of a list. False when it is no list at all but an empty string, which stands for NULL.
    fn elements(
        self,
        json: &mut Jiter<'_>,
        peek: Peek,
        element: &mut Column,
        mut members: Option<&mut Members>,
    ) -> Result<bool, Fault> {
        if peek == Peek::Array {
            let mut next = json.known_array()?;
            while let Some(peek) = next {
                self.value(json, peek, element, members.as_deref_mut())?;
                next = json.array_step()?;
            }
            return Ok(true);
        }
        let before = json.current_index();
        let row = element.len();
        self.value(json, peek, element, members)?;
        let empty = json.slice_to_current(before) == b"\"\"";
        if empty {
            element.truncate(row);
        }
        Ok(!empty)
    }

    /// The entries of a map. Keys must be unique: Arrow's maps are, and which value was meant is not ours to say.
    fn entries(
        self,
        json: &mut Jiter<'_>,
        keys: &mut Column,
        values: &mut Column,
        mut members: Option<&mut Members>,
    ) -> Result<Result<(), Misfit>, Fault> {
        let first = keys.len();
        let mut start = json.current_index();
        let mut key = json.known_object()?;
        let mut wrong = None;
        while let Some(name) = key {
            let fits = if name.trim().is_empty() && !matches!(keys.values, Values::Text { .. }) {
                Err(Misfit::Value)
            } else {
                keys.push_text(name.as_bytes(), Fraction::Refuse)
            };
            match fits {
                Ok(()) => {
                    let peek = json.peek()?;
                    self.value(json, peek, values, members.as_deref_mut())?;
                }
                Err(misfit) => {
                    wrong.get_or_insert(misfit);
                    json.next_skip()?;
                }
            }
            start = json.current_index();
            key = json.next_key()?;
        }
        if wrong.is_none() && has_equal_keys(keys, first) {
            if self.lenient {
                return Ok(Err(Misfit::Value));
            }
            return Err(Fault::Misfit { index: start, message: format!("column '{}': an object has a key twice", keys.path) });
        }
        Ok(wrong.map_or(Ok(()), Err))
    }
}

/// A string, number or boolean by its text.
fn scalar(json: &mut Jiter<'_>, peek: Peek, column: &mut Column) -> Result<Result<(), Misfit>, Fault> {
    Ok(match peek {
        Peek::String => column.push_text(json.known_str()?.as_bytes(), Fraction::Refuse),
        Peek::True | Peek::False => {
            let text: &[u8] = if json.known_bool(peek)? { b"true" } else { b"false" };
            column.push_text(text, Fraction::Refuse)
        }
        Peek::Array | Peek::Object => {
            json.known_skip(peek)?;
            Err(Misfit::Value)
        }
        _ => column.push_text(json.known_number_bytes(peek)?, Fraction::Refuse),
    })
}

fn misfit(column: &Column, found: &[u8], index: usize) -> Fault {
    // A string is shown without its own quotes.
    let bare = found.strip_prefix(b"\"").and_then(|found| found.strip_suffix(b"\"")).unwrap_or(found);
    let message = format!("expected {} for column '{}', found {}", column.type_name(), column.path, quoted(bare));
    Fault::Misfit { index, message }
}

/// Whether two keys of a map are the same; `first` is where the map's keys begin.
fn has_equal_keys(keys: &Column, first: usize) -> bool {
    let count = keys.len() - first;
    if count <= SMALL_MAP {
        return (first..keys.len()).any(|late| (first..late).any(|early| keys.key(early) == keys.key(late)));
    }
    let mut seen = HashSet::with_capacity(count);
    (first..keys.len()).any(|index| !seen.insert(keys.key(index)))
}
