//! Hive types (`struct<a:int,b:array<string>>`), as Glue keeps them in a column, to and from Arrow.
//!
//! `string`, `varchar(n)` and `char(n)` become `Utf8View`: DataFusion's Parquet reader fills it without copying, its SQL casts
//! to varchar give it, comparisons and grouping are fastest on it, and a decoded `StringArray` turns into one without
//! copying its bytes. A length cannot be told from Arrow, so the declared text in the catalog stays the truth.
//! `timestamp` is `timestamp(3)` in Athena's Hive tables, hence milliseconds without zone.

use std::fmt::Write as _;
use std::sync::Arc;

use arrow::datatypes::{DataType, Field, Fields, TimeUnit};

use crate::error::{Error, Result};

/// Types nested deeper than this are refused; real ones stay below twenty.
const MAX_DEPTH: usize = 64;

/// The largest precision of a Hive decimal.
const MAX_PRECISION: u8 = 38;

/// The Arrow type of a Hive type. Keywords are matched without regard to case; member names of structs are kept as written
/// and may hold anything but `:`, `,`, `<`, `>`, which need backticks (`` struct<`a:b`:int> ``).
///
/// Errors: `InvalidInput` with the position of what was not expected; `NotSupported` for a Hive type that is not read here
/// (`uniontype`, `interval`, ...), by name.
pub fn parse(text: &str) -> Result<DataType> {
    let mut parser = Parser { text, at: 0 };
    let data_type = parser.data_type(0)?;
    parser.blank();
    if parser.at < text.len() {
        return Err(parser.unexpected("the end of the type"));
    }
    Ok(data_type)
}

struct Parser<'t> {
    text: &'t str,
    at: usize,
}

impl<'t> Parser<'t> {
    fn rest(&self) -> &'t str {
        self.text.get(self.at..).unwrap_or_default()
    }

    fn blank(&mut self) {
        let rest = self.rest();
        self.at += rest.len() - rest.trim_start().len();
    }

    fn unexpected(&self, expected: &str) -> Error {
        let character = self.text.get(..self.at).unwrap_or_default().chars().count() + 1;
        let found = match self.rest().chars().next() {
            Some(found) => format!("'{found}'"),
            None => "the end".to_string(),
        };
        Error::invalid(format!("type '{}': expected {expected} at character {character}, found {found}", self.text))
    }

    fn accept(&mut self, token: char) -> bool {
        self.blank();
        let found = self.rest().starts_with(token);
        if found {
            self.at += token.len_utf8();
        }
        found
    }

    fn expect(&mut self, token: char) -> Result<()> {
        if self.accept(token) { Ok(()) } else { Err(self.unexpected(&format!("'{token}'"))) }
    }

    fn data_type(&mut self, depth: usize) -> Result<DataType> {
        if depth > MAX_DEPTH {
            return Err(Error::invalid(format!("a type is nested deeper than {MAX_DEPTH} levels")));
        }
        self.blank();
        let start = self.at;
        let rest = self.rest();
        let end = rest.find(['<', '>', '(', ')', ',', ':']).unwrap_or(rest.len());
        let word = rest.get(..end).unwrap_or_default().trim_end();
        if word.is_empty() {
            return Err(self.unexpected("a type"));
        }
        self.at += word.len();
        match word.to_ascii_lowercase().as_str() {
            "boolean" => Ok(DataType::Boolean),
            "tinyint" => Ok(DataType::Int8),
            "smallint" => Ok(DataType::Int16),
            "int" | "integer" => Ok(DataType::Int32),
            "bigint" => Ok(DataType::Int64),
            "float" | "real" => Ok(DataType::Float32),
            "double" | "double precision" => Ok(DataType::Float64),
            "string" => Ok(DataType::Utf8View),
            "varchar" => self.length(65535, true),
            "char" => self.length(255, false),
            "binary" | "varbinary" => Ok(DataType::Binary),
            "date" => Ok(DataType::Date32),
            "timestamp" => Ok(DataType::Timestamp(TimeUnit::Millisecond, None)),
            "decimal" | "numeric" => self.decimal(),
            "array" => self.array(depth),
            "map" => self.map(depth),
            "struct" | "row" => self.members(depth),
            other @ ("uniontype"
            | "interval"
            | "void"
            | "null"
            | "unknown"
            | "timestamp with local time zone"
            | "timestamptz") => {
                Err(Error::not_supported(format!("the Hive type '{other}' is not supported (in type '{}')", self.text)))
            }
            _ => {
                self.at = start;
                Err(self.unexpected(&format!("a Hive type instead of '{word}'")))
            }
        }
    }

    /// `(n)` of varchar and char; Athena also takes a bare `varchar`.
    fn length(&mut self, most: u32, optional: bool) -> Result<DataType> {
        if self.accept('(') {
            let start = self.at;
            let length = self.number()?;
            if length == 0 || length > most {
                self.at = start;
                return Err(self.unexpected(&format!("a length from 1 to {most}")));
            }
            self.expect(')')?;
        } else if !optional {
            return Err(self.unexpected("'(' and a length"));
        }
        Ok(DataType::Utf8View)
    }

    /// `decimal`, `decimal(p)`, `decimal(p,s)`; Hive's defaults are (10,0).
    fn decimal(&mut self) -> Result<DataType> {
        let (mut precision, mut scale) = (10, 0);
        if self.accept('(') {
            let start = self.at;
            precision = self.number()?;
            if self.accept(',') {
                scale = self.number()?;
            }
            if precision == 0 || precision > u32::from(MAX_PRECISION) || scale > precision {
                self.at = start;
                return Err(self.unexpected("a precision from 1 to 38 and a scale not above it"));
            }
            self.expect(')')?;
        }
        Ok(DataType::Decimal128(precision as u8, scale as i8))
    }

    fn number(&mut self) -> Result<u32> {
        self.blank();
        let rest = self.rest();
        let digits = rest.len() - rest.trim_start_matches(|c: char| c.is_ascii_digit()).len();
        let number = rest.get(..digits).and_then(|digits| digits.parse().ok()).ok_or_else(|| self.unexpected("a number"))?;
        self.at += digits;
        Ok(number)
    }

    fn array(&mut self, depth: usize) -> Result<DataType> {
        self.expect('<')?;
        let element = self.data_type(depth + 1)?;
        self.expect('>')?;
        Ok(list_of(element))
    }

    fn map(&mut self, depth: usize) -> Result<DataType> {
        self.expect('<')?;
        self.blank();
        let start = self.at;
        let key = self.data_type(depth + 1)?;
        if key.is_nested() {
            self.at = start;
            return Err(self.unexpected("a scalar type for the map's keys"));
        }
        self.expect(',')?;
        let value = self.data_type(depth + 1)?;
        self.expect('>')?;
        Ok(map_of(key, value))
    }

    fn members(&mut self, depth: usize) -> Result<DataType> {
        self.expect('<')?;
        let mut members: Vec<Field> = Vec::new();
        loop {
            let start = self.at;
            let name = self.member_name()?;
            if members.iter().any(|member| *member.name() == name) {
                self.at = start;
                return Err(self.unexpected(&format!("a member other than '{name}', which is there already")));
            }
            self.expect(':')?;
            members.push(Field::new(name, self.data_type(depth + 1)?, true));
            if !self.accept(',') {
                break;
            }
        }
        self.expect('>')?;
        Ok(DataType::Struct(Fields::from(members)))
    }

    fn member_name(&mut self) -> Result<String> {
        if self.accept('`') {
            return self.quoted_name();
        }
        let rest = self.rest();
        let end = rest.find([':', ',', '<', '>']).unwrap_or(rest.len());
        let name = rest.get(..end).unwrap_or_default().trim();
        if name.is_empty() {
            return Err(self.unexpected("a member name"));
        }
        self.at += end;
        Ok(name.to_string())
    }

    /// After the opening backtick; a doubled backtick stands for one.
    fn quoted_name(&mut self) -> Result<String> {
        let mut name = String::new();
        loop {
            let rest = self.rest();
            let Some((part, _)) = rest.split_once('`') else {
                self.at = self.text.len();
                return Err(self.unexpected("a closing backtick"));
            };
            name.push_str(part);
            self.at += part.len() + 1;
            if !self.rest().starts_with('`') {
                return if name.is_empty() { Err(self.unexpected("a member name")) } else { Ok(name) };
            }
            name.push('`');
            self.at += 1;
        }
    }
}

/// The Arrow type of `array<element>`; the element's field has Arrow's usual name, `item`.
pub fn list_of(element: DataType) -> DataType {
    DataType::List(Arc::new(Field::new_list_field(element, true)))
}

/// The Arrow type of `map<key,value>`, with the field names that DataFusion's own maps have.
pub fn map_of(key: DataType, value: DataType) -> DataType {
    let entries = Fields::from(vec![Field::new("key", key, false), Field::new("value", value, true)]);
    DataType::Map(Arc::new(Field::new("entries", DataType::Struct(entries), false)), false)
}

/// The Hive type that holds every value of an Arrow type: unsigned integers widen, all strings are `string`.
///
/// Errors: `NotSupported` for Arrow types without one (times, intervals, unions, decimals beyond 38 digits).
pub fn print(data_type: &DataType) -> Result<String> {
    let mut text = String::new();
    write_type(data_type, &mut text, 0)?;
    Ok(text)
}

fn write_type(data_type: &DataType, out: &mut String, depth: usize) -> Result<()> {
    if depth > MAX_DEPTH {
        return Err(Error::invalid(format!("a type is nested deeper than {MAX_DEPTH} levels")));
    }
    let scalar = match data_type {
        DataType::Boolean => "boolean",
        DataType::Int8 => "tinyint",
        DataType::Int16 | DataType::UInt8 => "smallint",
        DataType::Int32 | DataType::UInt16 => "int",
        DataType::Int64 | DataType::UInt32 => "bigint",
        DataType::UInt64 => "decimal(20,0)",
        DataType::Float16 | DataType::Float32 => "float",
        DataType::Float64 => "double",
        DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View | DataType::Null => "string",
        DataType::Binary | DataType::LargeBinary | DataType::BinaryView | DataType::FixedSizeBinary(_) => "binary",
        DataType::Date32 | DataType::Date64 => "date",
        DataType::Timestamp(_, _) => "timestamp",
        _ => return write_parametrised(data_type, out, depth),
    };
    out.push_str(scalar);
    Ok(())
}

fn write_parametrised(data_type: &DataType, out: &mut String, depth: usize) -> Result<()> {
    match data_type {
        DataType::Decimal32(precision, scale)
        | DataType::Decimal64(precision, scale)
        | DataType::Decimal128(precision, scale)
        | DataType::Decimal256(precision, scale)
            if *precision <= MAX_PRECISION && *scale >= 0 =>
        {
            // Writing to a String cannot fail.
            let _ = write!(out, "decimal({precision},{scale})");
        }
        DataType::Dictionary(_, values) => write_type(values, out, depth + 1)?,
        DataType::RunEndEncoded(_, values) => write_type(values.data_type(), out, depth + 1)?,
        DataType::List(element)
        | DataType::LargeList(element)
        | DataType::ListView(element)
        | DataType::LargeListView(element)
        | DataType::FixedSizeList(element, _) => {
            out.push_str("array<");
            write_type(element.data_type(), out, depth + 1)?;
            out.push('>');
        }
        DataType::Struct(members) if !members.is_empty() => {
            out.push_str("struct<");
            for (index, member) in members.iter().enumerate() {
                if index > 0 {
                    out.push(',');
                }
                write_member_name(member.name(), out);
                out.push(':');
                write_type(member.data_type(), out, depth + 1)?;
            }
            out.push('>');
        }
        DataType::Map(entries, _) => match entries.data_type() {
            DataType::Struct(pair) if pair.len() == 2 => {
                out.push_str("map<");
                write_type(pair[0].data_type(), out, depth + 1)?;
                out.push(',');
                write_type(pair[1].data_type(), out, depth + 1)?;
                out.push('>');
            }
            other => return Err(Error::internal(format!("a map's entries are {other}"))),
        },
        other => return Err(Error::not_supported(format!("no Hive type holds the Arrow type {other}"))),
    }
    Ok(())
}

fn write_member_name(name: &str, out: &mut String) {
    if !name.is_empty() && name.trim() == name && !name.contains([':', ',', '<', '>', '`']) {
        out.push_str(name);
    } else {
        out.push('`');
        out.push_str(&name.replace('`', "``"));
        out.push('`');
    }
}

#[cfg(test)]
mod tests;
