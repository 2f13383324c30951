//! JSON objects, however they follow one another: one per line, one per file, pretty-printed, concatenated, in an array, as
//! strings that hold JSON. All of that is values separated by optional white space, read straight into columns; where a chunk
//! ends inside a record, the record is undone and read again when its rest is there.
//!
//! Text that becomes a value must be UTF-8; values that no column asks for are skipped without looking at their encoding.

mod members;
mod value;

use arrow::datatypes::{Fields, SchemaRef};
use jiter::{Jiter, JsonErrorType, Peek};

use self::members::Members;
use self::value::{Fault, Reader};
use super::json_path;
use super::place::{Place, quoted};
use super::rows::Rows;
use crate::error::{Error, ErrorKind, Result};
use crate::format::{FRAMING_KEY, JsonFormat, JsonFraming};

/// A record that is larger is refused: it would have to be in memory in one piece.
const LARGEST_RECORD: usize = 256 << 20;

/// An escape or literal cut off by the end of a chunk is reported at most this many bytes before the end.
const LONGEST_TOKEN: usize = 16;

const TORN_RECORD: &str = "a record is torn: the object ends inside it";
const TORN_ARRAY: &str = "the object ends inside an array: it is not whole";

#[derive(Debug)]
pub(super) struct JsonDecoder {
    framing: JsonFraming,
    /// Text that is not JSON is a row of NULLs.
    lenient: bool,
    reader: Reader,
    members: Members,
    /// The way from what is read to the records.
    steps: Vec<json_path::Step>,
    /// The beginning of a record whose end has not come.
    pending: Vec<u8>,
    /// How long `pending` must be before it is worth reading again.
    retry_at: usize,
    /// Inside a top-level array, after an element.
    in_array: bool,
    /// After a malformed record: the rest of its line is skipped.
    skipping: bool,
    /// Reading goes on after a skipped line.
    resumed: bool,
    /// Room for strings with escapes.
    tape: Vec<u8>,
}

/// What reading one record came to.
enum Step {
    /// A record, or what stands between records.
    Read,
    /// Only white space is left.
    End,
    /// What is left is the beginning of a record.
    Incomplete,
    /// No record; go on after the line break that follows its beginning.
    Malformed,
}

impl JsonDecoder {
    /// Errors: `InvalidInput` for a path that is none.
    pub(super) fn new(format: &JsonFormat, columns: &SchemaRef, projection: &[usize]) -> Result<Self> {
        let projected: Fields = projection.iter().filter_map(|&index| columns.fields().get(index).cloned()).collect();
        let positions = (0..columns.fields().len()).map(|index| projection.iter().position(|&used| used == index)).collect();
        let mut steps = format.path.as_deref().map(json_path::parse).transpose()?.unwrap_or_default();
        // The elements of arrays are taken one by one, and with them the first step.
        if format.framing == JsonFraming::Array && steps.first() == Some(&json_path::Step::All) {
            steps.remove(0);
        }
        Ok(Self {
            framing: format.framing,
            lenient: format.ignore_malformed,
            reader: Reader { lenient: format.ignore_malformed || format.null_for_invalid },
            members: Members::new(&projected, positions, format),
            pending: Vec::new(),
            retry_at: 0,
            in_array: false,
            skipping: false,
            resumed: false,
            steps,
            tape: Vec::new(),
        })
    }

    pub(super) fn begin(&mut self) {
        self.pending.clear();
        self.retry_at = 0;
        (self.in_array, self.skipping, self.resumed) = (false, false, false);
    }

    pub(super) fn feed(&mut self, bytes: &[u8], place: &mut Place, rows: &mut Rows) -> Result<()> {
        if self.pending.is_empty() {
            let used = self.read(bytes, false, place, rows)?;
            self.pending.extend_from_slice(bytes.get(used..).unwrap_or_default());
        } else {
            self.pending.extend_from_slice(bytes);
            // Reading a long record again with every chunk would take quadratic time.
            if self.pending.len() < self.retry_at {
                return Ok(());
            }
            let mut pending = std::mem::take(&mut self.pending);
            let used = self.read(&pending, false, place, rows)?;
            pending.drain(..used);
            self.pending = pending;
        }
        if self.pending.len() > LARGEST_RECORD {
            let message = format!("a record is larger than {} MiB", LARGEST_RECORD >> 20);
            return Err(place.error(ErrorKind::LimitExceeded, &self.pending, 0, message));
        }
        self.retry_at = 2 * self.pending.len();
        Ok(())
    }

    pub(super) fn end(&mut self, place: &mut Place, rows: &mut Rows) -> Result<()> {
        if !self.pending.is_empty() {
            let pending = std::mem::take(&mut self.pending);
            self.read(&pending, true, place, rows)?;
            self.pending = pending;
            self.pending.clear();
        }
        if self.in_array && !self.lenient {
            return Err(place.bad_data(b"", 0, TORN_ARRAY));
        }
        Ok(())
    }

    /// Reads all whole records of `bytes` and says how many bytes they take. With `last`, nothing comes after `bytes`.
    fn read(&mut self, bytes: &[u8], last: bool, place: &mut Place, rows: &mut Rows) -> Result<usize> {
        let mut used = match place.byte_order_mark(bytes) {
            Some(mark) => mark,
            None if last => 0,
            None => return Ok(0),
        };
        loop {
            if self.skipping {
                match memchr::memchr(b'\n', bytes.get(used..).unwrap_or_default()) {
                    Some(line_break) => used += line_break,
                    None => {
                        used = bytes.len();
                        break;
                    }
                }
                (self.skipping, self.resumed) = (false, true);
            }
            used = self.records(bytes, used, last, place, rows)?;
            if !self.skipping {
                break;
            }
        }
        place.advance(bytes.get(..used).unwrap_or_default());
        Ok(used)
    }

    /// Records from `from` on, up to the last whole one or the first malformed one; says where it stopped.
    fn records(&mut self, bytes: &[u8], from: usize, last: bool, place: &Place, rows: &mut Rows) -> Result<usize> {
        let text = bytes.get(from..).unwrap_or_default();
        let mut json = Jiter::with_tape(text, std::mem::take(&mut self.tape)).with_allow_inf_nan();
        let mut used = from;
        loop {
            let before = (self.in_array, self.resumed);
            let row = rows.count();
            let step = self.record(&mut json, rows).or_else(|fault| {
                rows.undo_to(row);
                (self.in_array, self.resumed) = before;
                self.judge(fault, text.len(), last).map_err(|fault| located(fault, place, bytes, from, used))
            })?;
            match step {
                Step::Read => used = from + json.current_index(),
                Step::End => {
                    used = bytes.len();
                    break;
                }
                Step::Incomplete => break,
                Step::Malformed => {
                    self.skipping = true;
                    // The line break to be found is the one after the record's beginning, not before it.
                    used += blank(bytes.get(used..).unwrap_or_default());
                    if used < bytes.len() {
                        rows.push_null_row();
                    }
                    break;
                }
            }
        }
        self.tape = json.into_tape();
        Ok(used)
    }

    /// What a fault means: more must come, a row of NULLs, or an error.
    fn judge(&self, fault: Fault, length: usize, last: bool) -> Result<Step, Fault> {
        match &fault {
            Fault::Syntax { index, error } if !last && (ends_early(error) || index + LONGEST_TOKEN >= length) => {
                Ok(Step::Incomplete)
            }
            Fault::Syntax { .. } | Fault::Misfit { .. } if self.lenient => Ok(Step::Malformed),
            _ => Err(fault),
        }
    }

    /// One record, or one step between records.
    fn record(&mut self, json: &mut Jiter<'_>, rows: &mut Rows) -> Result<Step, Fault> {
        let peek = if self.in_array {
            let Some(peek) = self.next_element(json)? else {
                self.in_array = false;
                return Ok(Step::Read);
            };
            peek
        } else {
            match json.peek() {
                Ok(peek) => peek,
                Err(_) => return Ok(Step::End),
            }
        };
        let is_framing = self.framing == JsonFraming::Array && !self.in_array;
        if peek != Peek::Array || (!self.steps.is_empty() && !is_framing) {
            return self.element(json, peek, rows);
        }
        let Some(first) = json.known_array()? else {
            // An empty array is no records; as a record it has no members.
            if self.in_array {
                rows.push_null_row();
            }
            return Ok(Step::Read);
        };
        if !self.in_array && (self.framing == JsonFraming::Array || first == Peek::Object) {
            self.in_array = true;
            if first == Peek::Array && self.steps.is_empty() {
                let first = json.known_array()?;
                return self.positional(json, first, rows);
            }
            return self.element(json, first, rows);
        }
        self.positional(json, Some(first), rows)
    }

    fn next_element(&mut self, json: &mut Jiter<'_>) -> Result<Option<Peek>, Fault> {
        // The comma may have gone with the line that was skipped.
        if std::mem::take(&mut self.resumed) {
            let peek = json.peek()?;
            if !matches!(peek.into_inner(), b',' | b']') {
                return Ok(Some(peek));
            }
        }
        Ok(json.array_step()?)
    }

    /// A record that is written as an array.
    fn positional(&mut self, json: &mut Jiter<'_>, first: Option<Peek>, rows: &mut Rows) -> Result<Step, Fault> {
        self.reader.positional(json, first, &mut rows.columns, &mut self.members)?;
        rows.close();
        Ok(Step::Read)
    }

    /// The records in one value.
    fn found(&mut self, json: &mut Jiter<'_>, peek: Peek, rows: &mut Rows) -> Result<(), Fault> {
        follow(self.reader, &mut self.members, &self.steps, json, peek, rows)
    }

    /// A record that is not written as an array.
    fn element(&mut self, json: &mut Jiter<'_>, peek: Peek, rows: &mut Rows) -> Result<Step, Fault> {
        let index = json.current_index();
        match peek {
            Peek::Object => self.found(json, peek, rows)?,
            Peek::Array if !self.steps.is_empty() => self.found(json, peek, rows)?,
            // As Athena reads it; Debezium's tombstones are such lines.
            Peek::Null => {
                json.known_null()?;
                rows.push_null_row();
            }
            Peek::String if self.framing == JsonFraming::Strings => {
                let text = json.known_str()?;
                inside(self.reader, &mut self.members, &self.steps, text, index, rows)?;
            }
            _ => {
                json.known_skip(peek)?;
                // Its text is not shown: a chunk may end inside a number.
                let found = match peek {
                    Peek::String => {
                        format!("a string; where strings hold the records, set the SerDe parameter '{FRAMING_KEY}' to 'strings'")
                    }
                    Peek::True | Peek::False => "a boolean".to_string(),
                    _ => "a number".to_string(),
                };
                let message = format!("expected an object, found {found}");
                return Err(Fault::Misfit { index, message });
            }
        }
        Ok(Step::Read)
    }
}

/// The records that the steps lead to from one value; without steps, the value itself.
fn follow(
    reader: Reader,
    members: &mut Members,
    steps: &[json_path::Step],
    json: &mut Jiter<'_>,
    peek: Peek,
    rows: &mut Rows,
) -> Result<(), Fault> {
    let one_column = json_path::is_one_column(steps);
    json_path::follow(json, peek, steps, &mut |json, peek| {
        let row = rows.count();
        match peek {
            _ if one_column => reader.only(json, peek, &mut rows.columns, members)?,
            Peek::Object => reader.object(json, &mut rows.columns, members, row)?,
            Peek::Null => {
                json.known_null()?;
                rows.columns.iter_mut().for_each(|column| column.push_null());
            }
            _ => {
                let index = json.current_index();
                json.known_skip(peek)?;
                let message = "the JSON path leads to something that is no object".to_string();
                return Err(Fault::Misfit { index, message });
            }
        }
        rows.close();
        Ok(())
    })
}

/// The record in a string that holds JSON; `index` is where the string begins.
fn inside(
    reader: Reader,
    members: &mut Members,
    steps: &[json_path::Step],
    text: &str,
    index: usize,
    rows: &mut Rows,
) -> Result<(), Fault> {
    let mut json = Jiter::new(text.as_bytes()).with_allow_inf_nan();
    let mut read = || -> Result<(), Fault> {
        match json.peek()? {
            peek @ Peek::Object => follow(reader, members, steps, &mut json, peek, rows)?,
            Peek::Null => {
                json.known_null()?;
                rows.push_null_row();
            }
            _ => {
                let message = format!("expected a string that holds an object, found {}", quoted(text.as_bytes()));
                return Err(Fault::Misfit { index: 0, message });
            }
        }
        Ok(json.finish()?)
    };
    read().map_err(|fault| match fault {
        Fault::Syntax { error, .. } => Fault::Misfit { index, message: format!("malformed JSON in a string: {error}") },
        Fault::Misfit { message, .. } => Fault::Misfit { index, message },
        Fault::Room { column } => Fault::Room { column },
    })
}

/// The text may only be cut off.
fn ends_early(error: &JsonErrorType) -> bool {
    matches!(
        error,
        JsonErrorType::EofWhileParsingList
            | JsonErrorType::EofWhileParsingObject
            | JsonErrorType::EofWhileParsingString
            | JsonErrorType::EofWhileParsingValue
    )
}

/// Bytes of white space, and the comma of an array, before the next record.
fn blank(text: &[u8]) -> usize {
    text.iter().take_while(|byte| matches!(byte, b' ' | b'\t' | b'\r' | b'\n' | b',')).count()
}

/// The error for a fault: `from` is where its index counts from, `record` where the record's turn began.
fn located(fault: Fault, place: &Place, bytes: &[u8], from: usize, record: usize) -> Error {
    match fault {
        Fault::Syntax { error, .. } if ends_early(&error) => {
            let start = record + blank(bytes.get(record..).unwrap_or_default());
            let message = if start < bytes.len() { TORN_RECORD } else { TORN_ARRAY };
            place.bad_data(bytes, start, message)
        }
        Fault::Syntax { index, error: JsonErrorType::InvalidUnicodeCodePoint } => {
            place.bad_data(bytes, from + index, "the text is not UTF-8")
        }
        Fault::Syntax { index, error } => {
            let found = quoted(bytes.get(from + index..).unwrap_or_default());
            place.bad_data(bytes, from + index, format!("malformed JSON: {error}, found {found}"))
        }
        Fault::Misfit { index, message } => place.bad_data(bytes, from + index, message),
        Fault::Room { column } => {
            let message = format!("column '{column}' has more than 2 GiB of text in one batch");
            place.error(ErrorKind::LimitExceeded, bytes, record, message)
        }
    }
}

#[cfg(test)]
mod tests;
