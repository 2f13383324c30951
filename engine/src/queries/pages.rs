//! Rows of a finished query, page by page: from what is kept at hand, else from the result's file, which every server reads. A page that
//! came from the file says where in it the next one begins, so that a result is not read from its start for each page.

use std::fmt;
use std::str::FromStr;

use catalog::storage::Location;
use catalog::{Error, ErrorKind, Result};
use futures::TryStreamExt;

use super::Queries;
use super::record::{Query, State};
use super::rows::Row;
use super::shape::{ResultFile, RowForm};

/// Where in a result a page begins. As text, `ROW` or `ROW:BYTE`, it is what clients keep between two pages.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Place {
    /// Without the header.
    pub row: u64,
    /// Where that row begins in the result's file, if that is known.
    pub byte: Option<u64>,
}

impl Place {
    /// A row of which no more is known.
    pub fn row(row: u64) -> Self {
        Self { row, byte: None }
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.row)?;
        self.byte.map_or(Ok(()), |byte| write!(f, ":{byte}"))
    }
}

impl FromStr for Place {
    type Err = std::num::ParseIntError;

    fn from_str(text: &str) -> std::result::Result<Self, Self::Err> {
        match text.split_once(':') {
            Some((row, byte)) => Ok(Self { row: row.parse()?, byte: Some(byte.parse()?) }),
            None => text.parse().map(Self::row),
        }
    }
}

impl Queries {
    /// Up to `count` rows from a place on, and the place behind them.
    ///
    /// Errors: `Conflict` while it has not succeeded; `ObjectNotFound` when the result is kept nowhere any more.
    pub async fn rows(&self, query: &Query, from: Place, count: usize) -> Result<(Vec<Row>, Place)> {
        if query.state != State::Succeeded {
            return Err(Error::new(ErrorKind::Conflict, format!("the query is {}, it has no rows", query.state.name())));
        }
        if count == 0 || query.answer.as_ref().is_some_and(|answer| from.row >= answer.rows) {
            return Ok((Vec::new(), from));
        }
        match self.0.spool.rows(&query.id, from.row, count, query.shape.rows).await {
            Ok(Some(rows)) => {
                let behind = Place::row(from.row + rows.len() as u64);
                return Ok((rows, behind));
            }
            Ok(None) => {}
            Err(error) => tracing::warn!(query = query.id, "what was kept of a result is lost, its file is read: {error}"),
        }
        if query.output.is_empty() {
            return Err(Error::new(ErrorKind::ObjectNotFound, format!("the result of query {} is not kept any more", query.id)));
        }
        let mut reader = Reader::new(query, from, count);
        let mut content = self.0.storage.stream_from(&Location::parse(&query.output)?, from.byte.unwrap_or(0));
        while let Some(bytes) = content.try_next().await? {
            if reader.feed(&bytes) {
                break;
            }
        }
        Ok(reader.finish())
    }
}

/// Reads the rows of a result's file as its bytes come. CSV is Athena's own: a value is quoted, NULL is nothing at all.
struct Reader {
    form: ResultFile,
    joined: bool,
    /// Rows still to be passed over, the header among them.
    skip: u64,
    count: usize,
    rows: Vec<Row>,
    /// Where in the file the next byte is.
    at: u64,
    from: Place,
    row: Row,
    field: Vec<u8>,
    state: Field,
}

/// Where in a field the next byte is.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Field {
    /// Nothing of it has come: it is NULL so far.
    Start,
    Quoted,
    /// Behind a quote that ends the value or is the first of two.
    Quote,
    Plain,
}

impl Reader {
    fn new(query: &Query, from: Place, count: usize) -> Self {
        let form = query.shape.file;
        let header = u64::from(form == ResultFile::Csv);
        Self {
            form,
            joined: query.shape.rows != RowForm::Cells,
            skip: from.byte.map_or(from.row + header, |_| 0),
            count,
            rows: Vec::new(),
            at: from.byte.unwrap_or(0),
            from,
            row: Row::new(),
            field: Vec::new(),
            state: Field::Start,
        }
    }

    /// Whether there are enough rows.
    fn feed(&mut self, bytes: &[u8]) -> bool {
        for byte in bytes {
            if self.rows.len() >= self.count {
                return true;
            }
            self.at += 1;
            match self.form {
                ResultFile::Csv => self.csv(*byte),
                ResultFile::Text => self.text(*byte),
            }
        }
        self.rows.len() >= self.count
    }

    fn csv(&mut self, byte: u8) {
        match (self.state, byte) {
            (Field::Start, b'"') | (Field::Quote, b'"') => {
                if self.state == Field::Quote {
                    self.field.push(b'"');
                }
                self.state = Field::Quoted;
            }
            (Field::Quoted, b'"') => self.state = Field::Quote,
            (Field::Quoted, byte) => self.field.push(byte),
            (_, b',') => self.end_field(),
            (_, b'\n') => {
                self.end_field();
                self.end_row();
            }
            (_, byte) => {
                self.field.push(byte);
                self.state = Field::Plain;
            }
        }
    }

    fn text(&mut self, byte: u8) {
        self.state = Field::Plain;
        match byte {
            b'\t' if !self.joined => self.end_field(),
            b'\n' => {
                self.state = Field::Plain;
                self.end_field();
                self.end_row();
            }
            byte => self.field.push(byte),
        }
    }

    fn end_field(&mut self) {
        let value = std::mem::take(&mut self.field);
        let value = (self.state != Field::Start).then(|| String::from_utf8_lossy(&value).into_owned());
        self.row.push(value);
        self.state = Field::Start;
    }

    fn end_row(&mut self) {
        let row = std::mem::take(&mut self.row);
        match self.skip {
            0 => self.rows.push(row),
            _ => self.skip -= 1,
        }
    }

    /// A text file ends without a line feed.
    fn finish(mut self) -> (Vec<Row>, Place) {
        if self.form == ResultFile::Text && self.rows.len() < self.count {
            self.state = Field::Plain;
            self.end_field();
            self.end_row();
        }
        let behind = Place { row: self.from.row + self.rows.len() as u64, byte: Some(self.at) };
        (self.rows, behind)
    }
}
