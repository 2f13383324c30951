//! Tables of delimited text: LazySimpleSerDe, which knows delimiters, escapes and nesting but no quotes, and OpenCSVSerde,
//! which knows quotes.

use serde::{Deserialize, Serialize};

use super::settings::{NULL_FOR_INVALID, Settings};
use crate::error::{Error, Result};
use crate::table::Parameters;

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CsvFormat {
    /// Lines at the beginning of every object that are not data.
    pub skip_lines: usize,
    pub dialect: CsvDialect,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CsvDialect {
    Delimited(Delimited),
    Quoted(Quoted),
}

/// What LazySimpleSerDe needs to know. Bytes, as in Hive: none of them is part of a longer UTF-8 character.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Delimited {
    pub delimiter: u8,
    /// The byte after it is taken as it is; `n` and `r` are line breaks.
    pub escape: Option<u8>,
    /// Between the elements of arrays and members of structs.
    pub collection: u8,
    /// Between the key and the value of a map's entry.
    pub map_key: u8,
    /// What stands for NULL.
    pub null: String,
}

/// What OpenCSVSerde needs to know.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Quoted {
    pub delimiter: u8,
    /// Cells may be enclosed in it; doubled inside it stands for itself. `None`: there are no quotes.
    pub quote: Option<u8>,
    /// Before a quote or itself, inside quotes. `None`: only doubling.
    pub escape: Option<u8>,
    /// A cell that is not a value of its column's type is NULL; LazySimpleSerDe does that always.
    pub null_for_invalid: bool,
}

const FIELD: &str = "field.delim";
const FORMAT: &str = "serialization.format";
const COLLECTION: &str = "collection.delim";
/// Hive before version 3 spelled it so (HIVE-16922).
const COLLECTION_MISSPELT: &str = "colelction.delim";
const MAP_KEY: &str = "mapkey.delim";
const ESCAPE: &str = "escape.delim";
const NULL: &str = "serialization.null.format";
const SEPARATOR_CHAR: &str = "separatorChar";
const QUOTE_CHAR: &str = "quoteChar";
const ESCAPE_CHAR: &str = "escapeChar";

impl Default for Delimited {
    fn default() -> Self {
        Self { delimiter: 1, escape: None, collection: 2, map_key: 3, null: "\\N".to_string() }
    }
}

impl Default for Quoted {
    fn default() -> Self {
        Self { delimiter: b',', quote: Some(b'"'), escape: Some(b'\\'), null_for_invalid: false }
    }
}

impl CsvFormat {
    pub(super) fn delimited(settings: &Settings<'_>) -> Result<Self> {
        settings.refuse_for_text()?;
        settings.refuse(
            "serialization.last.column.takes.rest",
            &["", "false"],
            "delimiters in the last column need an escape",
        )?;
        settings.refuse("quote.delim", &[""], "LazySimpleSerDe has no quotes; use OpenCSVSerde")?;
        for levels in ["hive.serialization.extend.nesting.levels", "hive.serialization.extend.additional.nesting.levels"] {
            settings.refuse(levels, &["", "false"], "values nest in at most eight levels")?;
        }
        let default = Delimited::default();
        let byte = |key: &str| settings.get(key).filter(|text| !text.is_empty()).map(|text| byte_of(key, text)).transpose();
        let dialect = Delimited {
            delimiter: byte(FIELD)?.or(byte(FORMAT)?).unwrap_or(default.delimiter),
            escape: byte(ESCAPE)?,
            collection: byte(COLLECTION)?.or(byte(COLLECTION_MISSPELT)?).unwrap_or(default.collection),
            map_key: byte(MAP_KEY)?.unwrap_or(default.map_key),
            null: settings.get(NULL).map_or(default.null, str::to_string),
        };
        if dialect.escape == Some(dialect.delimiter) {
            return Err(Error::invalid(format!("parameters '{FIELD}' and '{ESCAPE}' are the same character")));
        }
        Ok(Self { skip_lines: settings.header_lines()?, dialect: CsvDialect::Delimited(dialect) })
    }

    pub(super) fn quoted(settings: &Settings<'_>) -> Result<Self> {
        settings.refuse_for_text()?;
        let default = Quoted::default();
        let byte = |key: &str| settings.get(key).filter(|text| !text.is_empty()).map(|text| character_of(key, text)).transpose();
        let delimiter = byte(SEPARATOR_CHAR)?.unwrap_or(default.delimiter);
        let quote = byte(QUOTE_CHAR)?.map_or(default.quote, some_unless_nul);
        // opencsv takes a double quote as "the default", which is the backslash.
        let escape = byte(ESCAPE_CHAR)?.filter(|&escape| escape != b'"').map_or(default.escape, some_unless_nul);
        if quote == Some(delimiter) || escape == Some(delimiter) || (quote.is_some() && quote == escape) {
            return Err(Error::invalid(format!(
                "parameters '{SEPARATOR_CHAR}', '{QUOTE_CHAR}' and '{ESCAPE_CHAR}' must be different characters"
            )));
        }
        let dialect = Quoted { delimiter, quote, escape, null_for_invalid: settings.flag(NULL_FOR_INVALID, false)? };
        Ok(Self { skip_lines: settings.header_lines()?, dialect: CsvDialect::Quoted(dialect) })
    }

    pub(super) fn parameters(&self) -> Parameters {
        let mut parameters = Parameters::new();
        let mut set = |key: &str, value: String| {
            parameters.insert(key.to_string(), value);
        };
        match &self.dialect {
            CsvDialect::Delimited(dialect) => {
                let default = Delimited::default();
                set(FIELD, text_of(dialect.delimiter));
                if let Some(escape) = dialect.escape {
                    set(ESCAPE, text_of(escape));
                }
                if dialect.collection != default.collection {
                    set(COLLECTION, text_of(dialect.collection));
                }
                if dialect.map_key != default.map_key {
                    set(MAP_KEY, text_of(dialect.map_key));
                }
                if dialect.null != default.null {
                    set(NULL, dialect.null.clone());
                }
            }
            CsvDialect::Quoted(dialect) => {
                set(SEPARATOR_CHAR, text_of(dialect.delimiter));
                set(QUOTE_CHAR, text_of(dialect.quote.unwrap_or(0)));
                set(ESCAPE_CHAR, text_of(dialect.escape.unwrap_or(0)));
                if dialect.null_for_invalid {
                    set(NULL_FOR_INVALID, "true".to_string());
                }
            }
        }
        parameters
    }
}

fn some_unless_nul(byte: u8) -> Option<u8> {
    (byte != 0).then_some(byte)
}

/// The character itself; Hive reads digits as the byte's number, and no digit is ever a delimiter.
fn text_of(byte: u8) -> String {
    char::from(byte).to_string()
}

/// A delimiter of LazySimpleSerDe: a number from -128 to 127 or a character, as Hive has it, also escaped (`\t`, `\001`, `\u0001`).
fn byte_of(key: &str, text: &str) -> Result<u8> {
    match text.parse::<i8>() {
        Ok(number) => Ok(number.cast_unsigned()),
        Err(_) => character_of(key, text),
    }
}

fn character_of(key: &str, text: &str) -> Result<u8> {
    let byte = match text.as_bytes() {
        [byte] => Some(*byte),
        [b'\\', escaped @ ..] => unescaped(escaped),
        _ => None,
    };
    byte.filter(u8::is_ascii).ok_or_else(|| {
        let shown = text.escape_debug();
        Error::not_supported(format!("the parameter '{key}' is '{shown}': only a single ASCII character is supported"))
    })
}

fn unescaped(escaped: &[u8]) -> Option<u8> {
    match escaped {
        b"t" => Some(b'\t'),
        b"\\" => Some(b'\\'),
        b"0" => Some(0),
        [b'u', hex @ ..] if hex.len() == 4 => u8::try_from(u32::from_str_radix(std::str::from_utf8(hex).ok()?, 16).ok()?).ok(),
        octal if octal.len() == 3 => u8::from_str_radix(std::str::from_utf8(octal).ok()?, 8).ok(),
        _ => None,
    }
}
