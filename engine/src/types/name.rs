//! Types as Trino writes them: `bigint`, `array(varchar(3))`, `row(a integer, "B c" timestamp(3))`.

use std::fmt;

use catalog::{Error, ErrorKind, Result};

use super::{MAX_CHAR, MAX_FRACTION, MAX_PRECISION, RowField, Type};

/// Types nested deeper than this are refused.
const MAX_DEPTH: usize = 100;

impl Type {
    /// The type as Trino displays it: between the numbers of a decimal there is no blank.
    pub(crate) fn display_name(&self) -> String {
        let name = self.to_string();
        let mut pieces = name.split("decimal(");
        let mut out = pieces.next().unwrap_or_default().to_string();
        for piece in pieces {
            out.push_str("decimal(");
            out.push_str(&piece.replacen(", ", ",", 1));
        }
        out
    }
}

impl fmt::Display for Type {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unknown => f.write_str("unknown"),
            Self::Boolean => f.write_str("boolean"),
            Self::Tinyint => f.write_str("tinyint"),
            Self::Smallint => f.write_str("smallint"),
            Self::Integer => f.write_str("integer"),
            Self::Bigint => f.write_str("bigint"),
            Self::Real => f.write_str("real"),
            Self::Double => f.write_str("double"),
            Self::Decimal(precision, scale) => write!(f, "decimal({precision}, {scale})"),
            Self::Number => f.write_str("number"),
            Self::Varchar(None) => f.write_str("varchar"),
            Self::Varchar(Some(length)) => write!(f, "varchar({length})"),
            Self::Char(length) => write!(f, "char({length})"),
            Self::Varbinary => f.write_str("varbinary"),
            Self::Date => f.write_str("date"),
            Self::Time(digits) => write!(f, "time({digits})"),
            Self::TimeTz(digits) => write!(f, "time({digits}) with time zone"),
            Self::Timestamp(digits) => write!(f, "timestamp({digits})"),
            Self::TimestampTz(digits) => write!(f, "timestamp({digits}) with time zone"),
            Self::YearMonth => f.write_str("interval year to month"),
            Self::DayTime => f.write_str("interval day to second"),
            Self::Array(item) => write!(f, "array({item})"),
            Self::Map(key, value) => write!(f, "map({key}, {value})"),
            Self::Row(fields) => row(fields, f),
            Self::Json => f.write_str("json"),
            Self::Variant => f.write_str("variant"),
            Self::Uuid => f.write_str("uuid"),
            Self::IpAddress => f.write_str("ipaddress"),
            Self::HyperLogLog => f.write_str("HyperLogLog"),
            Self::P4HyperLogLog => f.write_str("P4HyperLogLog"),
            Self::SetDigest => f.write_str("SetDigest"),
            Self::TDigest => f.write_str("tdigest"),
            Self::QDigest(item) => write!(f, "qdigest({item})"),
        }
    }
}

fn row(fields: &[RowField], f: &mut fmt::Formatter<'_>) -> fmt::Result {
    f.write_str("row(")?;
    for (index, (name, r#type)) in fields.iter().enumerate() {
        if index > 0 {
            f.write_str(", ")?;
        }
        match name.as_deref() {
            None => {}
            Some(plain) if is_plain(plain) => write!(f, "{plain} ")?,
            Some(odd) => write!(f, "\"{}\" ", odd.replace('"', "\"\""))?,
        }
        write!(f, "{type}")?;
    }
    f.write_str(")")
}

/// Whether a name needs no quotes: it is one that Trino would leave as it is.
fn is_plain(name: &str) -> bool {
    name.starts_with(|c: char| c.is_ascii_lowercase() || c == '_')
        && name.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_')
}

impl Type {
    /// The type that Trino's notation names, keywords and names without regard to case.
    ///
    /// Errors: `TypeMismatch` (`unknown type: …`) for a type that Trino does not have, `InvalidInput` for precisions out of range.
    pub fn parse(text: &str) -> Result<Self> {
        parse(text, 0)
    }
}

fn parse(text: &str, depth: usize) -> Result<Type> {
    if depth > MAX_DEPTH {
        return Err(Error::invalid(format!("a type is nested deeper than {MAX_DEPTH} levels")));
    }
    let parts = Parts::of(text).ok_or_else(|| unknown(text))?;
    let inner = |at: usize| parts.argument(at).ok_or_else(|| unknown(text)).and_then(|text| parse(text, depth + 1));
    let (name, arguments) = (parts.name.as_str(), parts.arguments.len());
    Ok(match (name, arguments) {
        ("unknown", 0) => Type::Unknown,
        ("boolean", 0) => Type::Boolean,
        ("tinyint", 0) => Type::Tinyint,
        ("smallint", 0) => Type::Smallint,
        ("integer" | "int", 0) => Type::Integer,
        ("bigint", 0) => Type::Bigint,
        ("real", 0) => Type::Real,
        ("double" | "double precision", 0) => Type::Double,
        ("decimal" | "numeric" | "dec", 0..=2) => decimal(&parts)?,
        ("number", 0) => Type::Number,
        ("varchar", 0) => Type::VARCHAR,
        ("varchar", 1) => Type::Varchar(Some(parts.number(0, 0, i32::MAX as u32)?).filter(|n| *n != i32::MAX as u32)),
        ("char", 0) => Type::Char(1),
        ("char", 1) => Type::Char(parts.number(0, 0, MAX_CHAR)?),
        ("varbinary", 0) => Type::Varbinary,
        ("date", 0) => Type::Date,
        ("time" | "time without time zone", 0 | 1) => Type::Time(parts.fraction()?),
        ("time with time zone", 0 | 1) => Type::TimeTz(parts.fraction()?),
        ("timestamp" | "timestamp without time zone", 0 | 1) => Type::Timestamp(parts.fraction()?),
        ("timestamp with time zone", 0 | 1) => Type::TimestampTz(parts.fraction()?),
        ("interval year to month", 0) => Type::YearMonth,
        ("interval day to second", 0) => Type::DayTime,
        ("array", 1) => Type::array(inner(0)?),
        ("map", 2) => Type::map(inner(0)?, inner(1)?),
        ("row", 1..) => Type::Row(parts.arguments.iter().map(|text| field(text, depth + 1)).collect::<Result<_>>()?),
        ("json", 0) => Type::Json,
        ("variant", 0) => Type::Variant,
        ("uuid", 0) => Type::Uuid,
        ("ipaddress", 0) => Type::IpAddress,
        ("hyperloglog", 0) => Type::HyperLogLog,
        ("p4hyperloglog", 0) => Type::P4HyperLogLog,
        ("setdigest", 0) => Type::SetDigest,
        ("tdigest", 0) => Type::TDigest,
        ("qdigest", 1) => Type::QDigest(Box::new(inner(0)?)),
        _ => match parts.name.strip_suffix(" array") {
            // `bigint array`: the type before it is the item's.
            Some(_) => Type::array(parse(text.trim_end().get(..text.trim_end().len() - 5).unwrap_or_default(), depth + 1)?),
            None => return Err(unknown(text)),
        },
    })
}

fn decimal(parts: &Parts<'_>) -> Result<Type> {
    if parts.arguments.is_empty() {
        return Ok(Type::Decimal(MAX_PRECISION, 0));
    }
    let precision = parts.number(0, 1, MAX_PRECISION.into())? as u8;
    let scale = if parts.arguments.len() > 1 { parts.number(1, 0, precision.into())? as u8 } else { 0 };
    Ok(Type::Decimal(precision, scale))
}

/// A field of a row: `a bigint`, `"A b" bigint`, or a type alone.
fn field(text: &str, depth: usize) -> Result<RowField> {
    let text = text.trim();
    if let Some(quoted) = text.strip_prefix('"') {
        let mut name = String::new();
        let mut chars = quoted.char_indices().peekable();
        while let Some((at, c)) = chars.next() {
            match c {
                '"' if chars.next_if(|(_, next)| *next == '"').is_some() => name.push('"'),
                '"' => return Ok((Some(name), parse(&quoted[at + 1..], depth)?)),
                c => name.push(c),
            }
        }
        return Err(unknown(text));
    }
    // `date date` is a field called date; `date` alone is a type.
    match parse(text, depth) {
        Ok(r#type) => Ok((None, r#type)),
        Err(error) => match text.split_once(char::is_whitespace) {
            Some((name, rest)) => Ok((Some(name.to_lowercase()), parse(rest, depth)?)),
            None => Err(error),
        },
    }
}

/// `name(arguments) rest`, taken apart: the name has the words before and after the brackets, in lower case.
pub(crate) struct Parts<'t> {
    pub(crate) name: String,
    pub(crate) arguments: Vec<&'t str>,
    text: &'t str,
}

impl<'t> Parts<'t> {
    /// None where brackets or quotes do not match.
    pub(crate) fn of(text: &'t str) -> Option<Self> {
        let text = text.trim();
        let (mut depth, mut quoted, mut start) = (0_usize, false, 0);
        let (mut open, mut close) = (None, None);
        let mut arguments = Vec::new();
        for (at, byte) in text.bytes().enumerate() {
            match byte {
                b'"' => quoted = !quoted,
                _ if quoted => {}
                b'(' => {
                    depth += 1;
                    // Of `decimal(3,1) array` only the first pair is the type's own.
                    if depth == 1 && open.is_none() {
                        (open, start) = (Some(at), at + 1);
                    }
                }
                b')' => {
                    depth = depth.checked_sub(1)?;
                    if depth == 0 && close.is_none() {
                        arguments.push(text[start..at].trim());
                        close = Some(at);
                    }
                }
                b',' if depth == 1 && close.is_none() => {
                    arguments.push(text[start..at].trim());
                    start = at + 1;
                }
                _ => {}
            }
        }
        if depth != 0 || quoted {
            return None;
        }
        let (before, after) = match (open, close) {
            (Some(open), Some(close)) => (&text[..open], &text[close + 1..]),
            _ => (text, ""),
        };
        let words = before.split_whitespace().chain(after.split_whitespace());
        let name = words.map(str::to_lowercase).collect::<Vec<_>>().join(" ");
        Some(Self { name, arguments, text })
    }

    fn argument(&self, at: usize) -> Option<&'t str> {
        self.arguments.get(at).copied()
    }

    fn number(&self, at: usize, least: u32, most: u32) -> Result<u32> {
        let text = self.argument(at).unwrap_or_default();
        match text.parse() {
            Ok(number) if (least..=most).contains(&number) => Ok(number),
            _ => Err(Error::invalid(format!("type '{}': expected a number from {least} to {most}, found '{text}'", self.text))),
        }
    }

    /// Digits of a second's fraction: 3 where none are given.
    fn fraction(&self) -> Result<u8> {
        if self.arguments.is_empty() { Ok(3) } else { Ok(self.number(0, 0, MAX_FRACTION.into())? as u8) }
    }
}

fn unknown(text: &str) -> Error {
    Error::new(ErrorKind::TypeMismatch, format!("unknown type: {}", text.trim()))
}
