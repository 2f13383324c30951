//! Partition values as bytes whose order is the order of their Hive type, so that an index answers `hour > 9` with numbers
//! and not with texts. No encoding is the beginning of another one: encodings joined one after another compare like tuples.
//!
//! The first byte is a class: NULL sorts before everything. Two values of a table with equal text have equal bytes.

use chrono::{NaiveDate, NaiveDateTime};

use crate::error::{Error, Result};
use crate::table::{Column, NULL_PARTITION, Partition, Table};

/// The encoding of NULL, which Hive writes as [`NULL_PARTITION`].
pub(crate) const NULL: &[u8] = &[0x01];
/// Every value that is not NULL is at or above this and below [`END`].
pub(crate) const NOT_NULL: &[u8] = &[0x02];
pub(crate) const END: &[u8] = &[0xFF];

const NEGATIVE: u8 = 0x10;
const ZERO: u8 = 0x11;
const POSITIVE: u8 = 0x12;
const FLOAT: u8 = 0x20;
const DATE: u8 = 0x30;
const TIMESTAMP: u8 = 0x40;
const BOOLEAN: u8 = 0x50;
const TEXT: u8 = 0x60;

/// How the values of a partition key compare.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum KeyType {
    Integer,
    Decimal,
    Float,
    Date,
    Timestamp,
    Boolean,
    Text,
}

impl KeyType {
    /// The types that Glue's model allows for partition keys, and Hive's others; whatever is not a scalar compares as text.
    pub(crate) fn of(column: &Column) -> Self {
        let name = column.hive_type().split('(').next().unwrap_or_default().trim().to_ascii_lowercase();
        match name.as_str() {
            "tinyint" | "smallint" | "short" | "int" | "integer" | "bigint" | "long" => Self::Integer,
            "decimal" | "numeric" | "dec" => Self::Decimal,
            "float" | "real" | "double" => Self::Float,
            "date" => Self::Date,
            "timestamp" => Self::Timestamp,
            "boolean" => Self::Boolean,
            _ => Self::Text,
        }
    }

    /// A value of this type as bytes; `None` when the text is no such value. Integers are compared with decimals, so a fraction
    /// is fine here.
    pub(crate) fn encode(self, text: &str) -> Option<Vec<u8>> {
        if text == NULL_PARTITION {
            return Some(NULL.to_vec());
        }
        match self {
            Self::Integer | Self::Decimal => number(text),
            Self::Float => text.parse().ok().map(float),
            Self::Date => date(text).map(|date| tagged(DATE, &ordered(i64::from(chrono::Datelike::num_days_from_ce(&date))))),
            Self::Timestamp => timestamp(text).map(|at| {
                let mut bytes = tagged(TIMESTAMP, &ordered(at.and_utc().timestamp()));
                bytes.extend(at.and_utc().timestamp_subsec_nanos().to_be_bytes());
                bytes
            }),
            Self::Boolean => match text.to_ascii_lowercase().as_str() {
                "true" => Some(vec![BOOLEAN, 1]),
                "false" => Some(vec![BOOLEAN, 0]),
                _ => None,
            },
            Self::Text => {
                let mut bytes = text_prefix(text);
                bytes.push(0);
                Some(bytes)
            }
        }
    }

    /// Whether this is the only text of its value, so that the encoding tells one partition from another.
    fn is_canonical(self, text: &str) -> bool {
        match self {
            _ if text == NULL_PARTITION => true,
            Self::Text => true,
            Self::Integer => text.parse::<i64>().is_ok_and(|value| value.to_string() == text),
            Self::Date => date(text).is_some_and(|value| value.to_string() == text),
            Self::Decimal | Self::Float | Self::Timestamp | Self::Boolean => false,
        }
    }
}

/// The bytes of all texts that begin with `text`: 0 and 1 are escaped with 1, so that the terminator 0 sorts before everything.
pub(crate) fn text_prefix(text: &str) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(text.len() + 2);
    bytes.push(TEXT);
    for byte in text.bytes() {
        if byte <= 1 {
            bytes.push(1);
        }
        bytes.push(byte + u8::from(byte <= 1));
    }
    bytes
}

/// The smallest bytes above everything that begins with `bytes`.
pub(crate) fn after(bytes: &[u8]) -> Vec<u8> {
    let mut end = bytes.to_vec();
    while let Some(last) = end.pop() {
        if last < 0xFF {
            end.push(last + 1);
            return end;
        }
    }
    END.to_vec()
}

fn tagged(class: u8, bytes: &[u8]) -> Vec<u8> {
    let mut tagged = Vec::with_capacity(bytes.len() + 1);
    tagged.push(class);
    tagged.extend_from_slice(bytes);
    tagged
}

/// Two's complement with the sign turned over: negative numbers first.
fn ordered(value: i64) -> [u8; 8] {
    (value ^ i64::MIN).to_be_bytes()
}

/// IEEE 754 sorts by its bits when negative numbers are turned over; the two zeros are one value.
fn float(value: f64) -> Vec<u8> {
    let bits = (value + 0.0).to_bits() as i64;
    tagged(FLOAT, &ordered(bits ^ (((bits >> 63) as u64) >> 1) as i64))
}

/// A decimal number of up to 100 digits on each side: class, number of digits before the point, digits without zeros at either
/// end, terminator; for negative numbers all of that turned over.
fn number(text: &str) -> Option<Vec<u8>> {
    let (negative, unsigned) = match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    };
    let (whole, fraction) = unsigned.split_once('.').unwrap_or((unsigned, ""));
    let all_digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
    if !(all_digits(whole) && all_digits(fraction)) || whole.len() + fraction.len() == 0 || whole.len().max(fraction.len()) > 100
    {
        return None;
    }
    let digits = [whole, fraction].concat();
    let significant = digits.trim_start_matches('0');
    if significant.is_empty() {
        return Some(vec![ZERO]);
    }
    let leading = digits.len() - significant.len();
    let exponent = 128 + whole.len() as i32 - leading as i32;
    let mut bytes = vec![u8::try_from(exponent).ok()?];
    bytes.extend(significant.trim_end_matches('0').bytes());
    bytes.push(0);
    if negative {
        bytes.iter_mut().for_each(|byte| *byte = !*byte);
    }
    Some(tagged(if negative { NEGATIVE } else { POSITIVE }, &bytes))
}

fn date(text: &str) -> Option<NaiveDate> {
    NaiveDate::parse_from_str(text, "%Y-%m-%d").ok()
}

fn timestamp(text: &str) -> Option<NaiveDateTime> {
    ["%Y-%m-%d %H:%M:%S%.f", "%Y-%m-%dT%H:%M:%S%.f", "%Y-%m-%d %H:%M"]
        .iter()
        .find_map(|format| NaiveDateTime::parse_from_str(text, format).ok())
        .or_else(|| date(text)?.and_hms_opt(0, 0, 0))
}

/// The types of a table's partition keys, in order.
pub(crate) fn types(table: &Table) -> Vec<KeyType> {
    table.partition_keys().iter().map(KeyType::of).collect()
}

/// The encoded values of one partition.
pub(crate) struct Key {
    /// One encoding per partition key.
    pub(crate) values: Vec<Vec<u8>>,
    /// All of them joined, and what tells apart partitions whose values are equal and whose texts are not (`1` and `01`).
    pub(crate) joined: Vec<u8>,
}

impl Key {
    /// The key of a partition of `table`. `types` are those of its partition keys.
    ///
    /// Errors: `InvalidInput` when the number of values or a value's type is not that of the table.
    pub(crate) fn new(table: &Table, types: &[KeyType], values: &[String]) -> Result<Self> {
        if values.len() != types.len() {
            return Err(Error::invalid(format!(
                "table '{}.{}' has {} partition keys, the partition ({}) has {} values",
                table.database_name,
                table.name,
                types.len(),
                values.join(", "),
                values.len()
            )));
        }
        let mut encoded = Vec::with_capacity(values.len());
        for ((text, key_type), column) in values.iter().zip(types).zip(table.partition_keys()) {
            let fits = *key_type != KeyType::Integer || text == NULL_PARTITION || text.parse::<i64>().is_ok();
            encoded.push(key_type.encode(text).filter(|_| fits).ok_or_else(|| wrong_type(column, text))?);
        }
        let mut joined = encoded.concat();
        if !values.iter().zip(types).all(|(text, key_type)| key_type.is_canonical(text)) {
            joined.extend(values.iter().filter_map(|text| KeyType::Text.encode(text)).flatten());
        }
        Ok(Self { values: encoded, joined })
    }

    pub(crate) fn of(table: &Table, types: &[KeyType], partition: &Partition) -> Result<Self> {
        Self::new(table, types, &partition.values)
    }
}

/// A value that is not of its key's type.
pub(crate) fn wrong_type(column: &Column, text: &str) -> Error {
    Error::invalid(format!("'{text}' is not a value of partition key '{}', which is {}", column.name, column.hive_type()))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Each list is in the order of its type; neighbours are different values.
    #[test]
    fn encodings_keep_the_order_of_the_type() {
        let lists: [(KeyType, &[&str]); 6] = [
            (
                KeyType::Integer,
                &["-9223372036854775808", "-10", "-9", "-1", "0", "1", "9", "10", "11", "99", "100", "9223372036854775807"],
            ),
            (
                KeyType::Decimal,
                &["-100.5", "-10", "-1.05", "-1", "-0.05", "-0.005", "0", "0.005", "0.05", "0.5", "1", "1.05", "1.1", "10"],
            ),
            (KeyType::Float, &["-inf", "-1e300", "-1.5", "-1e-300", "0", "1e-300", "1.5", "2", "1e300", "inf"]),
            (KeyType::Date, &["0001-01-01", "1969-12-31", "1970-01-01", "2024-02-29", "2024-10-01", "9999-12-31"]),
            (
                KeyType::Timestamp,
                &["1969-12-31 23:59:59", "2024-01-01", "2024-01-01 00:00:00.5", "2024-01-01T00:00:01", "2024-01-01 10:00"],
            ),
            (KeyType::Text, &["", "\0", "\0a", "\u{1}", "\u{2}", "10", "9", "a", "a\0", "a\u{1}", "aa", "b", "ä"]),
        ];
        for (key_type, list) in lists {
            let encoded: Vec<_> = list.iter().map(|text| key_type.encode(text).unwrap()).collect();
            for (pair, texts) in encoded.windows(2).zip(list.windows(2)) {
                assert!(pair[0] < pair[1], "{key_type:?} {texts:?}");
                assert!(after(&pair[0]) <= pair[1], "{key_type:?} {texts:?}: no encoding begins another");
            }
            assert!(encoded.iter().all(|bytes| NOT_NULL <= &bytes[..] && &bytes[..] < END && NULL < &bytes[..]));
        }
    }

    #[test]
    fn equal_values_have_equal_encodings_and_different_keys() {
        for (key_type, a, b) in [
            (KeyType::Integer, "1", "01"),
            (KeyType::Integer, "-0", "0"),
            (KeyType::Decimal, "2.50", "2.5"),
            (KeyType::Float, "-0.0", "0"),
            (KeyType::Date, "2024-1-5", "2024-01-05"),
            (KeyType::Timestamp, "2024-01-05", "2024-01-05 00:00:00"),
            (KeyType::Boolean, "TRUE", "true"),
        ] {
            assert_eq!(key_type.encode(a), key_type.encode(b), "{a} {b}");
            let hive = format!("{key_type:?}").to_lowercase();
            let column = Column::new("k", if hive == "integer" { "int" } else { &hive });
            let table = Table { partition_keys: Some(vec![column]), ..Table::default() };
            let key = |text: &str| Key::new(&table, &types(&table), &[text.to_owned()]).unwrap().joined;
            assert_ne!(key(a), key(b), "{a} {b}");
        }
    }

    #[test]
    fn texts_that_are_no_values_are_refused() {
        for (key_type, text) in [
            (KeyType::Integer, "ten"),
            (KeyType::Integer, ""),
            (KeyType::Integer, "-"),
            (KeyType::Decimal, "."),
            (KeyType::Decimal, "1e3"),
            (KeyType::Date, "2024-13-01"),
            (KeyType::Timestamp, "noon"),
            (KeyType::Boolean, "1"),
        ] {
            assert_eq!(key_type.encode(text), None, "{key_type:?} {text:?}");
        }
    }
}
