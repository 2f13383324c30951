//! How delimited text is written, from a sample of it.

use std::collections::HashMap;

use super::cells::Cells;
use super::header;
use crate::crawl::infer::text::Text;
use crate::crawl::inspected::Dialect;
use crate::crawl::shape::Shape;
use crate::crawler::CsvClassifier;
use crate::{Error, Result};

/// In Glue's order, which decides where two fit equally well.
const DELIMITERS: [char; 5] = [',', '|', '\t', ';', '\u{1}'];

/// What a custom classifier says of the text; the default says nothing.
#[derive(Debug, Clone, Default)]
pub(in super::super::super) struct Choice {
    delimiter: Option<char>,
    quote: Option<char>,
    header: Header,
    names: Option<Vec<String>>,
    /// One type per column, in their order.
    pub(super) types: Option<Vec<Shape>>,
    single_column: bool,
    serde: Option<String>,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
enum Header {
    #[default]
    Unknown,
    Present,
    Absent,
}

/// What a sample shows.
pub(super) struct Found {
    pub(super) dialect: Dialect,
    /// Names that the header or the classifier gives.
    pub(super) names: Vec<String>,
    pub(super) width: usize,
    /// Why there is a header, where people may wonder.
    pub(super) reason: Option<String>,
}

/// One way to read the sample.
struct Reading {
    rows: Vec<Vec<String>>,
    quoted: bool,
    /// The most frequent number of cells, and how many rows have it.
    width: usize,
    regular: usize,
}

impl Choice {
    /// # Errors
    /// `InvalidInput` for what Glue's API would refuse.
    pub(in super::super::super) fn of(classifier: &CsvClassifier) -> Result<Self> {
        let wrong = |what: String| Error::invalid(format!("classifier '{}': {what}", classifier.name));
        let ascii = |what: &str, text: &Option<String>| match text.as_deref().map(|text| (text, text.as_bytes())) {
            None | Some(("", _)) => Ok(None),
            Some((_, [byte])) if byte.is_ascii() => Ok(Some(char::from(*byte))),
            Some(("\\t", _)) => Ok(Some('\t')),
            Some((text, _)) => Err(wrong(format!("{what} '{text}': expected one ASCII character"))),
        };
        let header = match classifier.contains_header.as_deref() {
            None | Some("" | "UNKNOWN") => Header::Unknown,
            Some("PRESENT") => Header::Present,
            Some("ABSENT") => Header::Absent,
            Some(other) => return Err(wrong(format!("ContainsHeader '{other}': expected UNKNOWN, PRESENT or ABSENT"))),
        };
        let serde = match classifier.other.get("Serde").and_then(|serde| serde.as_str()) {
            None | Some("" | "None") => None,
            Some(serde @ ("OpenCSVSerDe" | "LazySimpleSerDe")) => Some(serde.to_owned()),
            Some(other) => return Err(wrong(format!("Serde '{other}': expected OpenCSVSerDe, LazySimpleSerDe or None"))),
        };
        let types = match classifier.other.get("CustomDatatypeConfigured").and_then(|set| set.as_bool()) {
            Some(true) => Some(types(classifier).map_err(wrong)?),
            _ => None,
        };
        Ok(Self {
            delimiter: ascii("Delimiter", &classifier.delimiter)?,
            quote: ascii("QuoteSymbol", &classifier.quote_symbol)?,
            header,
            names: classifier.header.clone().filter(|names| !names.is_empty()),
            types,
            single_column: classifier.allow_single_column.unwrap_or(false),
            serde,
        })
    }
}

/// The member `CustomDatatypes`, whose meaning AWS does not describe: one type per column, in the order of the columns.
fn types(classifier: &CsvClassifier) -> Result<Vec<Shape>, String> {
    let list = classifier.other.get("CustomDatatypes").and_then(|list| list.as_array()).filter(|list| !list.is_empty());
    let list = list.ok_or("CustomDatatypeConfigured is true, and CustomDatatypes has no types")?;
    let shape = |name: &serde_json::Value| match name.as_str().unwrap_or_default().trim().to_ascii_uppercase().as_str() {
        "BINARY" => Ok(Shape::Binary),
        "BOOLEAN" => Ok(Shape::Boolean),
        "DATE" => Ok(Shape::Date),
        // Hive's decimal without digits.
        "DECIMAL" => Ok(Shape::Decimal(10, 0)),
        "DOUBLE" => Ok(Shape::Double),
        "FLOAT" => Ok(Shape::Float),
        "INT" => Ok(Shape::Int),
        "LONG" => Ok(Shape::BigInt),
        "SHORT" => Ok(Shape::SmallInt),
        "STRING" => Ok(Shape::String),
        "TIMESTAMP" => Ok(Shape::Timestamp),
        other => Err(format!(
            "CustomDatatypes has '{other}': expected BINARY, BOOLEAN, DATE, DECIMAL, DOUBLE, FLOAT, INT, LONG, SHORT, STRING or TIMESTAMP"
        )),
    };
    list.iter().map(shape).collect()
}

/// How the sample is best read; `complete` if nothing comes after it.
///
/// # Errors
/// Why it is no delimited text.
pub(super) fn detect(sample: &[u8], complete: bool, choice: &Choice) -> Result<Found, String> {
    let quote = choice.quote.unwrap_or('"');
    let delimiters = choice.delimiter.as_ref().map(std::slice::from_ref).unwrap_or(&DELIMITERS);
    let mut best: Option<(Reading, char)> = None;
    for &delimiter in delimiters {
        let Some(reading) = Reading::of(sample, complete, delimiter, quote) else { continue };
        if reading.is_table(choice) && best.as_ref().is_none_or(|(best, _)| reading.regularity() > best.regularity()) {
            best = Some((reading, delimiter));
        }
    }
    let Some((mut reading, delimiter)) = best else { return Err(no_table(sample, choice)) };
    let (has_header, reason) = match choice.header {
        Header::Present => (true, None),
        Header::Absent => (false, None),
        Header::Unknown => header::is_header(&reading.rows).map_or((false, None), |reason| (true, reason)),
    };
    let names = match &choice.names {
        Some(names) if names.len() != reading.width => {
            return Err(format!("the classifier names {} columns, the rows have {}", names.len(), reading.width));
        }
        Some(names) => header::names(names),
        None if has_header => header::names(&std::mem::take(&mut reading.rows).into_iter().next().unwrap_or_default()),
        None => Vec::new(),
    };
    let width = if names.is_empty() { reading.width } else { names.len() };
    if let Some(types) = choice.types.as_ref().filter(|types| types.len() != width) {
        return Err(format!("the classifier has types for {} columns, the rows have {width}", types.len()));
    }
    let dialect = Dialect { delimiter, quote, quoted: reading.quoted, header: has_header, serde: choice.serde.clone() };
    Ok(Found { dialect, names, width, reason })
}

fn no_table(sample: &[u8], choice: &Choice) -> String {
    let rows = sample.split(|byte| *byte == b'\n').filter(|line| !line.trim_ascii().is_empty()).count();
    match rows {
        0 => "there is only white space in it".to_owned(),
        1 if !choice.single_column => "one line of text: a table of delimited text needs two rows".to_owned(),
        _ => "text that is neither JSON nor a known log nor rows of two or more delimited cells".to_owned(),
    }
}

impl Reading {
    /// `None` if there is no whole row.
    fn of(sample: &[u8], complete: bool, delimiter: char, quote: char) -> Option<Self> {
        let dialect = Dialect { delimiter, quote, quoted: false, header: false, serde: None };
        let mut cells = Cells::new(&dialect);
        let mut text = Text::whole(sample);
        let (mut rows, mut row) = (Vec::new(), Vec::new());
        let mut any_quoted = false;
        while let Some(cell) = cells.next(&mut text).ok()? {
            any_quoted |= cell.quoted;
            row.push(String::from_utf8_lossy(cell.text).into_owned());
            if cell.ends_row {
                rows.push(std::mem::take(&mut row));
            }
        }
        if !complete {
            // The sample's end is most likely within it.
            rows.pop();
        }
        let mut widths = HashMap::new();
        for row in &rows {
            *widths.entry(row.len()).or_insert(0) += 1;
        }
        let (width, regular) = widths.into_iter().max_by_key(|&(width, rows)| (rows, width))?;
        Some(Self { rows, quoted: any_quoted, width, regular })
    }

    /// Most rows have the same number of cells, two or more; or the first names columns and no row is without a delimiter.
    fn is_table(&self, choice: &Choice) -> bool {
        let narrowest = self.rows.iter().map(Vec::len).min().unwrap_or_default();
        let enough_rows = self.rows.len() >= 2 || choice.header == Header::Absent || choice.names.is_some();
        if choice.single_column && self.width == 1 && narrowest == self.width {
            return true;
        }
        let ragged = narrowest >= 2 && (self.regular * 2 >= self.rows.len() || header::is_header(&self.rows).is_some());
        enough_rows && self.width >= 2 && (self.regular * 10 >= self.rows.len() * 7 || ragged)
    }

    /// How well the delimiter fits: whether it is there at all, the share of regular rows, their width.
    fn regularity(&self) -> (bool, usize, usize) {
        (self.width > 1, self.regular * 100 / self.rows.len().max(1), self.width)
    }
}
