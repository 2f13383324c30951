//! Results as files: CSV, JSON, NDJSON, Markdown, Parquet and Arrow, written batch by batch, so that memory does not grow with
//! the result.
//!
//! SQL results may have several columns of one name. CSV and Markdown keep them as they are; in the other formats a name is a
//! key, so the second `id` becomes `id_1`, the third `id_2`: nothing is lost and readers can open the file.

mod columnar;
mod csv;
mod json;
mod markdown;

use std::collections::HashSet;
use std::fmt;
use std::io::Write;
use std::str::FromStr;

use arrow::array::RecordBatch;
use arrow::datatypes::SchemaRef;
use catalog::{Error, ErrorKind, Result};

/// A file format that results can be written in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Format {
    /// RFC 4180 with a header line; a field is quoted only where it must be, NULL is nothing and an empty string is `""`.
    Csv,
    /// One JSON array, one object per row.
    Json,
    /// One JSON object per line.
    Ndjson,
    /// A table of GitHub-flavoured Markdown.
    Markdown,
    /// Parquet with zstd.
    Parquet,
    /// An Arrow IPC file (Feather V2).
    Arrow,
}

impl Format {
    pub const ALL: [Self; 6] = [Self::Csv, Self::Json, Self::Ndjson, Self::Markdown, Self::Parquet, Self::Arrow];

    pub fn name(self) -> &'static str {
        match self {
            Self::Csv => "csv",
            Self::Json => "json",
            Self::Ndjson => "ndjson",
            Self::Markdown => "markdown",
            Self::Parquet => "parquet",
            Self::Arrow => "arrow",
        }
    }

    /// Whether the output is not text: a terminal should not be given it.
    pub fn is_binary(self) -> bool {
        matches!(self, Self::Parquet | Self::Arrow)
    }
}

impl fmt::Display for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Format {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        Self::ALL.into_iter().find(|format| format.name().eq_ignore_ascii_case(text)).ok_or_else(|| {
            let known = Self::ALL.map(Self::name).join(", ");
            Error::invalid(format!("'{text}' is not an output format; known are {known}"))
        })
    }
}

/// A file that is being written. What is not finished is torn.
pub trait Export: Send {
    /// Appends the rows of a batch that has the schema the file was begun with.
    fn write(&mut self, batch: &RecordBatch) -> Result<()>;
    /// Writes what ends the file and flushes the output.
    fn finish(self: Box<Self>) -> Result<()>;
}

/// Begins a file of `format` in `out`, which should be buffered.
///
/// `names` are the names of the output columns, one for each field of `schema`, whose own names do not count.
/// `NotSupported` for columns whose type the format cannot hold; `Unavailable`, caused by the `std::io::Error`, when `out` fails.
pub fn begin<'a, W: Write + Send + 'a>(
    format: Format,
    names: &[String],
    schema: &SchemaRef,
    out: W,
) -> Result<Box<dyn Export + 'a>> {
    if names.len() != schema.fields().len() {
        return Err(Error::internal(format!("{} names for {} columns", names.len(), schema.fields().len())));
    }
    Ok(match format {
        Format::Csv => Box::new(csv::Csv::new(names, out)?),
        Format::Json => Box::new(json::Json::new(&unique(names), json::Framing::Array, out)?),
        Format::Ndjson => Box::new(json::Json::new(&unique(names), json::Framing::Lines, out)?),
        Format::Markdown => Box::new(markdown::Markdown::new(names, schema, out)?),
        Format::Parquet => Box::new(columnar::Parquet::new(&unique(names), schema, out)?),
        Format::Arrow => Box::new(columnar::Arrow::new(&unique(names), schema, out)?),
    })
}

/// The names, each made one of its own by a number behind those that came before; names that nobody shares stay as they are.
pub(crate) fn unique(names: &[String]) -> Vec<String> {
    let mut taken: HashSet<String> = names.iter().cloned().collect();
    let mut seen = HashSet::new();
    names
        .iter()
        .map(|name| {
            if seen.insert(name.as_str()) {
                return name.clone();
            }
            let free = (1..).map(|number| format!("{name}_{number}")).find(|candidate| taken.insert(candidate.clone()));
            free.unwrap_or_else(|| name.clone())
        })
        .collect()
}

fn unwritable(error: std::io::Error) -> Error {
    Error::new(ErrorKind::Unavailable, format!("the result could not be written: {error}")).caused_by(error)
}

#[cfg(test)]
mod tests;
