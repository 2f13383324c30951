//! Results for people and for other programs. Tables and `\x`, which people read, are written here; what programs read is
//! written by [`engine::export`]. Values have the texts that Athena gives them.

mod error;
mod expanded;
mod table;

use std::io::Write;
use std::path::Path;

use arrow::array::RecordBatch;
use arrow::datatypes::{DataType, SchemaRef};
use catalog::{Error, Result};
use clap::builder::PossibleValue;
use engine::export::{self, Export};
use engine::text::Text;

pub(crate) use error::{describe, is_broken_pipe, output};
use expanded::Expanded;
use table::Table;

/// The text of a value; `None` is NULL.
pub(crate) type Cell = Option<String>;

/// The head of a column.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Head {
    pub(crate) name: String,
    /// Its values stand at the right of their column.
    pub(crate) number: bool,
}

/// How tables are drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Style {
    /// The columns of the terminal; `None` where nothing is to be cut.
    pub(crate) width: Option<usize>,
    pub(crate) colour: bool,
}

/// The form of a result.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Format {
    /// The table for people.
    Table,
    File(export::Format),
}

impl clap::ValueEnum for Format {
    fn value_variants<'a>() -> &'a [Self] {
        const ALL: [Format; export::Format::ALL.len() + 1] = {
            let mut all = [Format::Table; export::Format::ALL.len() + 1];
            let mut at = 0;
            while at < export::Format::ALL.len() {
                all[at + 1] = Format::File(export::Format::ALL[at]);
                at += 1;
            }
            all
        };
        &ALL
    }

    fn to_possible_value(&self) -> Option<PossibleValue> {
        Some(PossibleValue::new(match self {
            Self::Table => "table",
            Self::File(format) => format.name(),
        }))
    }
}

impl Format {
    /// The form that a file's name asks for.
    ///
    /// Errors: `InvalidInput` if its extension is none of ours.
    pub(crate) fn of(path: &Path) -> Result<Self> {
        let extension = path.extension().and_then(|text| text.to_str()).unwrap_or_default().to_ascii_lowercase();
        let name = match extension.as_str() {
            "txt" => return Ok(Self::Table),
            "jsonl" => "ndjson",
            "md" => "markdown",
            "feather" => "arrow",
            other => other,
        };
        match name.parse() {
            Ok(format) => Ok(Self::File(format)),
            Err(_) => Err(Error::invalid(format!(
                "cannot tell the format of '{}' by its extension (txt, csv, json, ndjson, md, parquet or arrow); say it with --format",
                path.display()
            ))),
        }
    }

    /// Bytes that no terminal should see, and of which a file holds one result only.
    pub(crate) fn is_binary(self) -> bool {
        matches!(self, Self::File(format) if format.is_binary())
    }
}

/// How a result is to look.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Form {
    pub(crate) format: Format,
    /// `\x`, where the format is the table.
    pub(crate) expanded: bool,
    pub(crate) style: Style,
}

impl Form {
    /// Begins a result in `out`; `names` are those of the output columns, one for each field of `schema`.
    pub(crate) fn begin<'a>(
        self,
        names: &[String],
        schema: &SchemaRef,
        out: impl Write + Send + 'a,
    ) -> Result<Box<dyn Export + 'a>> {
        if let Format::File(format) = self.format {
            return export::begin(format, names, schema, out);
        }
        let numbers = schema.fields().iter().map(|field| is_number(field.data_type()));
        let heads = names.iter().cloned().zip(numbers).map(|(name, number)| Head { name, number }).collect();
        Ok(if self.expanded {
            Box::new(Expanded::new(heads, self.style, out))
        } else {
            Box::new(Table::new(heads, self.style, out))
        })
    }
}

fn is_number(data_type: &DataType) -> bool {
    data_type.is_numeric()
}

/// The texts of a batch, row by row.
fn cells(batch: &RecordBatch) -> Result<Vec<Vec<Cell>>> {
    let columns = batch.columns().iter().map(|column| Text::new(column.as_ref())).collect::<Result<Vec<_>>>()?;
    let cell = |column: &Text<'_>, row| {
        let mut text = String::new();
        column.write(row, &mut text).then_some(text)
    };
    Ok((0..batch.num_rows()).map(|row| columns.iter().map(|column| cell(column, row)).collect()).collect())
}

/// A table of texts at once, for listings that are no result of a statement. `true` puts a column's values at its right.
pub(crate) fn listing(heads: &[(&str, bool)], rows: Vec<Vec<Cell>>, style: Style) -> Vec<u8> {
    let heads = heads.iter().map(|(name, number)| Head { name: (*name).to_owned(), number: *number }).collect();
    let mut text = Vec::new();
    table::write(heads, rows, style, &mut text);
    text
}
