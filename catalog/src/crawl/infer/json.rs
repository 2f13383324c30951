//! JSON objects: how their records are framed, and the columns of all records.
//!
//! A record's shape is first a [`signature`]; only signatures that are new become [`Shape`](crate::crawl::shape::Shape)s.
//! Objects of one lake mostly consist of the same few signatures, so what a sequence of signatures came to is remembered
//! too: such an object costs one pass of the parser and one look-up.

use std::collections::HashMap;
use std::sync::Arc;

use jiter::{Jiter, JiterError, JiterErrorType, JsonErrorType, Peek};

use super::remarks::{Remarks, explain};
use super::text::Text;
use super::{Object, signature};
use crate::Result;
use crate::crawl::columns::Columns;
use crate::crawl::inspected::{Finding, Found, Framing, Inspected, Inspections, Kind};
use crate::crawl::shape::{Member, Shape};
use crate::decode::json_path::{self, Step};

/// An object with more different signatures than this has data for keys; they are joined as they come.
const MANY: usize = 4096;

/// What is remembered over objects is dropped when it has grown to this many bytes.
const MEMORY: usize = 32 << 20;

/// So much is read in search of a first whole record.
const PATIENCE: u64 = 1 << 20;

/// A custom classifier's path.
#[derive(Debug, Clone)]
pub(in super::super) struct Path {
    /// Tells paths apart; not 0, which is no path.
    pub(in super::super) number: u32,
    pub(in super::super) text: String,
    pub(in super::super) steps: Vec<Step>,
}

/// What a crawl knows of JSON records, over all its objects.
#[derive(Debug, Default)]
pub(in super::super) struct Json {
    /// Signature to its number, and back.
    numbers: HashMap<Arc<[u8]>, u32>,
    signatures: Vec<Arc<[u8]>>,
    /// By number: the last object that had it.
    seen_in: Vec<u64>,
    /// What an object is, and its signatures' numbers in order of first sight, to the inspection.
    outcomes: HashMap<Box<[u32]>, u32>,
    memory: usize,
    object: u64,
    /// The record before this one had this number.
    last: u32,
    /// Buffers, here to be used again.
    signature: Vec<u8>,
    ends: Vec<usize>,
    tape: Vec<u8>,
    inner_tape: Vec<u8>,
}

/// One object, while it is read.
struct Run<'a> {
    framing: Framing,
    steps: &'a [Step],
    /// Whether what the path leads to is one column, `record`, and not the object that holds the columns.
    one_column: bool,
    /// What the object is, then its signatures' numbers.
    outcome: Vec<u32>,
    /// For each of those numbers the line it was first seen in.
    lines: Vec<u64>,
    /// Of an object with too many signatures.
    joined: Option<Joined>,
    records: u64,
    broken: Remarks<'a>,
    /// Within a run of broken lines, which count once.
    in_ruins: bool,
    inside_array: bool,
}

/// The columns of several signatures, and which line changed what.
#[derive(Default)]
struct Joined {
    columns: Columns,
    why: Vec<(u64, String)>,
}

/// Why a record could not be read.
enum Trouble {
    /// It goes on where the window ends.
    Unfinished,
    Broken(String),
}

impl Json {
    /// What the text is, if it is JSON: else `None`, and the text is at its start again.
    pub(in super::super) fn inspect(
        &mut self,
        object: &Object<'_>,
        text: &mut Text<'_>,
        path: Option<&Path>,
        inspections: &mut Inspections,
    ) -> Result<Option<Finding>> {
        let Some(mut run) = self.begin(object, text, path)? else { return Ok(None) };
        while self.next_record(text, &mut run)? {
            // Something else that happens to start with a bracket or a quote, or a classifier that does not fit.
            let hopeless = run.broken.count > 0 && (run.framing != Framing::Values || path.is_some());
            if run.records == 0 && (hopeless || text.consumed() > PATIENCE) {
                break;
            }
        }
        if run.records == 0 {
            text.rewind();
        }
        let why = match run.framing {
            _ if run.records == 0 && path.is_some() => return Ok(None),
            Framing::Strings if run.records == 0 => return Ok(None),
            Framing::Array if run.records == 0 && run.broken.count > 0 => return Ok(None),
            Framing::Array if run.records == 0 => "a JSON array without an object in it".to_owned(),
            Framing::Values if run.records == 0 => format!("starts like JSON, but no record is whole: {}", run.broken.first()),
            _ if run.broken.count > run.records => {
                format!("JSON with {} whole records and {} broken places: {}", run.records, run.broken.count, run.broken.first())
            }
            _ => return Ok(Some(Finding::Found(self.finish(object, text, path, run, inspections)))),
        };
        Ok(Some(Finding::Unrecognised { why }))
    }

    /// Looks at the first byte that is not white space.
    fn begin<'p>(&mut self, object: &Object<'p>, text: &mut Text<'_>, path: Option<&'p Path>) -> Result<Option<Run<'p>>> {
        if self.memory > MEMORY {
            *self = Self { object: self.object, ..Self::default() };
        }
        self.object += 1;
        let Some(first) = first_byte(text)? else { return Ok(None) };
        let mut steps = path.map(|path| path.steps.as_slice()).unwrap_or_default();
        let framing = match first {
            b'{' => Framing::Values,
            b'"' => Framing::Strings,
            b'[' if path.is_none() => Framing::Array,
            b'[' => match steps.split_first() {
                Some((Step::All, rest)) => {
                    steps = rest;
                    Framing::Array
                }
                _ => Framing::Values,
            },
            _ => return Ok(None),
        };
        let one_column = path.is_some_and(|path| json_path::is_one_column(&path.steps));
        // `$[*]` on an array of objects is what is done without a classifier, too.
        let number = path.map_or(0, |path| if framing == Framing::Array && steps.is_empty() { 0 } else { path.number });
        Ok(Some(Run {
            framing,
            steps,
            one_column,
            outcome: vec![framing as u32, object.compression as u32, number],
            lines: Vec::new(),
            joined: None,
            records: 0,
            broken: Remarks::new(object.key),
            in_ruins: false,
            inside_array: false,
        }))
    }

    /// Reads one record or what stands in its place; false at the end.
    fn next_record(&mut self, text: &mut Text<'_>, run: &mut Run<'_>) -> Result<bool> {
        let gap = run.gap(text.rest());
        text.advance(gap);
        if text.rest().is_empty() {
            return text.more();
        }
        let trouble = match self.parse(text.rest(), text.is_complete() && !text.is_cut(), run) {
            Ok(length) => {
                if !self.ends.is_empty() {
                    self.saw(text, run);
                    text.commit();
                }
                text.advance(length);
                run.in_ruins = false;
                return Ok(true);
            }
            Err(Trouble::Unfinished) if text.more()? => return Ok(true),
            Err(trouble) => trouble,
        };
        let reason = match trouble {
            Trouble::Unfinished if text.is_cut() => return Ok(false),
            Trouble::Unfinished => "the record does not end".to_owned(),
            Trouble::Broken(reason) => reason,
        };
        if !std::mem::replace(&mut run.in_ruins, true) {
            run.broken.add(text.line(), || format!("a broken record is left out: {reason}"));
        }
        text.skip_line()
    }

    /// The length of the record at the start of `data`; its signatures are then in `self.signature`, up to `self.ends`.
    fn parse(&mut self, data: &[u8], complete: bool, run: &Run<'_>) -> Result<usize, Trouble> {
        self.signature.clear();
        self.ends.clear();
        let mut jiter = Jiter::with_tape(data, std::mem::take(&mut self.tape)).with_allow_inf_nan();
        let parsed = match (run.framing, data.first()) {
            (Framing::Strings, Some(b'"')) => self.string(&mut jiter, run),
            (Framing::Values | Framing::Array, Some(b'{')) => self.signatures(&mut jiter, Peek::Object, run),
            (Framing::Values, Some(b'[')) if !run.steps.is_empty() => self.signatures(&mut jiter, Peek::Array, run),
            (Framing::Array, Some(_)) if !run.steps.is_empty() || run.one_column => {
                jiter.peek().and_then(|peek| self.signatures(&mut jiter, peek, run))
            }
            // A tombstone of Kafka's, which is no row.
            (_, Some(b'n')) => jiter.next_null(),
            _ => return Err(Trouble::Broken("expected a JSON object".to_owned())),
        };
        let length = jiter.current_index();
        self.tape = jiter.into_tape();
        match parsed {
            Ok(()) => Ok(length),
            Err(error) if !complete && is_unfinished(&error, data.len()) => Err(Trouble::Unfinished),
            Err(error) => Err(Trouble::Broken(error.error_type.to_string())),
        }
    }

    fn signatures(&mut self, jiter: &mut Jiter<'_>, peek: Peek, run: &Run<'_>) -> Result<(), JiterError> {
        let (signature, ends) = (&mut self.signature, &mut self.ends);
        json_path::follow(jiter, peek, run.steps, &mut |jiter, peek| {
            signature::write(jiter, peek, signature)?;
            ends.push(signature.len());
            Ok(())
        })
    }

    /// A JSON string that holds a JSON object.
    fn string(&mut self, jiter: &mut Jiter<'_>, run: &Run<'_>) -> Result<(), JiterError> {
        let at = jiter.current_index();
        let inner = jiter.known_str()?.trim();
        let no_object = || JiterError { error_type: JiterErrorType::JsonError(JsonErrorType::ExpectedSomeValue), index: at };
        if !inner.starts_with('{') {
            return Err(no_object());
        }
        let mut inner = Jiter::with_tape(inner.as_bytes(), std::mem::take(&mut self.inner_tape)).with_allow_inf_nan();
        let parsed = self.signatures(&mut inner, Peek::Object, run).and_then(|()| inner.finish());
        self.inner_tape = inner.into_tape();
        parsed.map_err(|_| no_object())
    }

    /// Takes note of the signatures that [`Json::parse`] found.
    fn saw(&mut self, text: &mut Text<'_>, run: &mut Run<'_>) {
        let (found, ends) = (std::mem::take(&mut self.signature), std::mem::take(&mut self.ends));
        let mut start = 0;
        for &end in &ends {
            run.records += 1;
            if let Some(signature) = found.get(start..end) {
                self.saw_one(signature, text, run);
            }
            start = end;
        }
        (self.signature, self.ends) = (found, ends);
    }

    fn saw_one(&mut self, signature: &[u8], text: &mut Text<'_>, run: &mut Run<'_>) {
        let known = match self.signatures.get(self.last as usize) {
            Some(last) if **last == *signature => Some(self.last),
            _ => self.numbers.get(signature).copied(),
        };
        let number = match (known, &mut run.joined) {
            (Some(number), _) => number,
            (None, Some(joined)) => return joined.add(signature, run.one_column, text.line()),
            (None, None) => self.learn(signature),
        };
        self.last = number;
        match self.seen_in.get_mut(number as usize) {
            Some(seen_in) if *seen_in != self.object => *seen_in = self.object,
            _ => return,
        }
        let line = text.line();
        if let Some(joined) = &mut run.joined {
            return joined.add(signature, run.one_column, line);
        }
        run.outcome.push(number);
        run.lines.push(line);
        if run.lines.len() > MANY {
            run.joined = Some(self.join(run));
        }
    }

    fn learn(&mut self, signature: &[u8]) -> u32 {
        let signature: Arc<[u8]> = signature.into();
        let number = self.signatures.len() as u32;
        self.memory += 2 * signature.len() + 64;
        self.signatures.push(signature.clone());
        self.seen_in.push(0);
        self.numbers.insert(signature, number);
        number
    }

    fn join(&self, run: &Run<'_>) -> Joined {
        let mut joined = Joined::default();
        for (number, line) in run.outcome.iter().skip(OUTCOME_HEAD).zip(&run.lines) {
            if let Some(signature) = self.signatures.get(*number as usize) {
                joined.add(signature, run.one_column, *line);
            }
        }
        joined
    }

    fn finish(
        &mut self,
        object: &Object<'_>,
        text: &Text<'_>,
        path: Option<&Path>,
        mut run: Run<'_>,
        all: &mut Inspections,
    ) -> Found {
        let notes = run.broken.take(text.is_cut());
        let (records, bytes) = (run.records, text.consumed());
        if let (None, Some(&inspection)) = (&run.joined, self.outcomes.get(run.outcome.as_slice())) {
            return Found { inspection, records, bytes, notes };
        }
        let many = run.joined.is_some();
        let Joined { columns, why } = run.joined.take().unwrap_or_else(|| self.join(&run));
        let columns = columns.into_members();
        let always_null = |column: &&Member| column.shape == Shape::Null;
        let nulls: Vec<_> = columns.iter().filter(always_null).map(|column| column.name.clone()).collect();
        let path = path.filter(|_| run.outcome.get(2) != Some(&0)).map(|path| path.text.clone());
        let inspected = Inspected {
            kind: Kind::Json { framing: run.framing, path },
            compression: object.compression.name().to_owned(),
            classification: "json".to_owned(),
            columns,
        };
        let inspection = all.intern(inspected, || {
            let why = why.into_iter().map(|(line, text)| run.broken.note(Some(line), text));
            let nulls = nulls.iter().map(|name| run.broken.note(None, format!("`{name}` is null in every record → string")));
            why.chain(nulls).collect()
        });
        if !many {
            self.memory += 4 * run.outcome.len() + 64;
            self.outcomes.insert(run.outcome.into(), inspection);
        }
        Found { inspection, records, bytes, notes }
    }
}

/// How many numbers at the start of [`Run::outcome`] say what the object is.
const OUTCOME_HEAD: usize = 3;

impl Run<'_> {
    /// White space, and in an array its brackets and commas.
    fn gap(&mut self, data: &[u8]) -> usize {
        let mut length = 0;
        for byte in data {
            match byte {
                b' ' | b'\t' | b'\r' | b'\n' => {}
                b',' if self.inside_array => {}
                b'[' if self.framing == Framing::Array && !self.inside_array => self.inside_array = true,
                b']' if self.inside_array => self.inside_array = false,
                _ => break,
            }
            length += 1;
        }
        length
    }
}

impl Joined {
    fn add(&mut self, signature: &[u8], one_column: bool, line: u64) {
        let members = match signature::shape(signature) {
            Shape::Struct(members) if !one_column => members,
            shape => vec![Member::new("record", shape)],
        };
        self.columns.merge(&members, |name, _, came, now| self.why.push((line, explain(name, came, now))));
    }
}

fn first_byte(text: &mut Text<'_>) -> Result<Option<u8>> {
    loop {
        let blank = text.rest().iter().take_while(|byte| byte.is_ascii_whitespace()).count();
        text.advance(blank);
        if let Some(first) = text.rest().first() {
            return Ok(Some(*first));
        }
        if !text.more()? {
            return Ok(None);
        }
    }
}

/// Whether the value may go on behind the window.
fn is_unfinished(error: &JiterError, length: usize) -> bool {
    // A literal, number or escape that the end cuts in two is reported as wrong, at the very end.
    const LONGEST_TOKEN: usize = 16;
    matches!(&error.error_type, JiterErrorType::JsonError(kind) if is_end(kind)) || error.index + LONGEST_TOKEN >= length
}

fn is_end(kind: &JsonErrorType) -> bool {
    use JsonErrorType::{EofWhileParsingList, EofWhileParsingObject, EofWhileParsingString, EofWhileParsingValue};
    matches!(kind, EofWhileParsingList | EofWhileParsingObject | EofWhileParsingString | EofWhileParsingValue)
}
