//! Functions that make one text of another, character by character: case, order, pieces, padding, blanks.

use arrow::array::ArrayRef;
use datafusion::common::Result;

use super::super::columns::{Texts, invalid, longs, stored, strings, texts};
use super::super::{Call, Overload, Scalar};
use crate::types::Type;

pub(in super::super) const FUNCTIONS: &[Scalar] = &[
    Scalar {
        names: &["lower"],
        description: "Converts the text to lower case",
        overloads: &[Overload::new("(varchar(x)) -> varchar(x)", lower), Overload::new("(char(x)) -> char(x)", lower)],
    },
    Scalar {
        names: &["upper"],
        description: "Converts the text to upper case",
        overloads: &[Overload::new("(varchar(x)) -> varchar(x)", upper), Overload::new("(char(x)) -> char(x)", upper)],
    },
    Scalar {
        names: &["title_case"],
        description: "Converts the first letter of each word to upper case and the others to lower case",
        overloads: &[Overload::new("(varchar(x)) -> varchar(x)", title_case), Overload::new("(char(x)) -> char(x)", title_case)],
    },
    Scalar {
        names: &["reverse"],
        description: "The characters of the text in reverse order",
        overloads: &[Overload::new("(varchar(x)) -> varchar(x)", reverse), Overload::new("(char(x)) -> char(x)", reverse)],
    },
    Scalar {
        names: &["substring", "substr"],
        description: "The rest of the text from a position on, which counts from 1, or from the end where it is negative; with the length at most that many characters",
        overloads: &[
            Overload::new("(varchar(x), bigint) -> varchar(x)", substr),
            Overload::new("(varchar(x), bigint, bigint) -> varchar(x)", substr),
            Overload::new("(char(x), bigint) -> varchar(x)", substr),
            Overload::new("(char(x), bigint, bigint) -> varchar(x)", substr),
        ],
    },
    Scalar {
        names: &["overlay"],
        description: "Replaces a part of the text, which begins at a position and is as long as its replacement, or as the length says",
        overloads: &[
            Overload::new("(varchar, varchar, bigint) -> varchar", overlay),
            Overload::new("(varchar, varchar, bigint, bigint) -> varchar", overlay),
        ],
    },
    Scalar {
        names: &["lpad"],
        description: "Cuts the text, or fills it up at its left with the padding, so that it has so many characters",
        overloads: &[Overload::new("(varchar, bigint, varchar) -> varchar", lpad)],
    },
    Scalar {
        names: &["rpad"],
        description: "Cuts the text, or fills it up at its right with the padding, so that it has so many characters",
        overloads: &[Overload::new("(varchar, bigint, varchar) -> varchar", rpad)],
    },
    Scalar {
        names: &["ltrim"],
        description: "Removes blanks, or the characters given, from the text's start",
        overloads: &TRIMS_LEFT,
    },
    Scalar {
        names: &["rtrim"],
        description: "Removes blanks, or the characters given, from the text's end",
        overloads: &TRIMS_RIGHT,
    },
    Scalar {
        names: &["trim"],
        description: "Removes blanks, or the characters given, from the text's start and end",
        overloads: &TRIMS_BOTH,
    },
];

const TRIMS_LEFT: [Overload; 4] = trims(|call| trim(call, true, false));
const TRIMS_RIGHT: [Overload; 4] = trims(|call| trim(call, false, true));
const TRIMS_BOTH: [Overload; 4] = trims(|call| trim(call, true, true));

const fn trims(call: fn(&Call<'_>) -> Result<ArrayRef>) -> [Overload; 4] {
    [
        Overload::new("(varchar(x)) -> varchar(x)", call),
        Overload::new("(char(x)) -> varchar(x)", call),
        Overload::new("(varchar(x), varchar) -> varchar(x)", call),
        Overload::new("(char(x), varchar) -> varchar(x)", call),
    ]
}

fn lower(call: &Call<'_>) -> Result<ArrayRef> {
    cased(call, str::make_ascii_lowercase, char::to_lowercase)
}

fn upper(call: &Call<'_>) -> Result<ArrayRef> {
    cased(call, str::make_ascii_uppercase, char::to_uppercase)
}

/// Java maps a character to one character: `ß` has no upper case.
fn one(mut mapped: impl Iterator<Item = char>, c: char, out: &mut Texts) {
    match (mapped.next(), mapped.next()) {
        (Some(single), None) => out.push(single),
        _ => out.push(c),
    }
}

/// Most texts are ASCII, whose case changes in place.
fn cased<C: Iterator<Item = char>>(call: &Call<'_>, ascii: fn(&mut str), other: fn(char) -> C) -> Result<ArrayRef> {
    let text = strings(call, 0)?;
    texts(call, |row, out| {
        let text = text.value(row);
        if text.is_ascii() {
            out.push_str(text);
            ascii(out.text().as_mut_str());
        } else {
            text.chars().for_each(|c| one(other(c), c, out));
        }
        Ok(true)
    })
}

fn title_case(call: &Call<'_>) -> Result<ArrayRef> {
    let text = strings(call, 0)?;
    texts(call, |row, out| {
        let mut within = false;
        for c in text.value(row).chars() {
            match within {
                true => one(c.to_lowercase(), c, out),
                false => one(c.to_uppercase(), c, out),
            }
            within = !is_blank(c);
        }
        Ok(true)
    })
}

fn reverse(call: &Call<'_>) -> Result<ArrayRef> {
    let text = strings(call, 0)?;
    texts(call, |row, out| {
        text.value(row).chars().rev().for_each(|c| out.push(c));
        Ok(true)
    })
}

fn substr(call: &Call<'_>) -> Result<ArrayRef> {
    let (text, start) = (strings(call, 0)?, longs(call, 1)?);
    let length = if call.types.len() > 2 { Some(longs(call, 2)?) } else { None };
    texts(call, |row, out| {
        out.push_str(substring(text.value(row), start.value(row), length.as_ref().map(|length| length.value(row))));
        Ok(true)
    })
}

/// Positions count from 1, negative ones from the end; outside of the text there is nothing.
pub(crate) fn substring(text: &str, start: i64, length: Option<i64>) -> &str {
    let from = match start {
        0 => None,
        1.. => offset(text, start.unsigned_abs() - 1),
        _ => offset_from_end(text, start.unsigned_abs()),
    };
    let rest = from.map_or("", |from| &text[from..]);
    match length {
        None => rest,
        Some(..=0) => "",
        Some(length) => &rest[..offset(rest, length.unsigned_abs()).unwrap_or(rest.len())],
    }
}

/// The byte at which the character after `count` others begins; the length for the end; `None` beyond it.
pub(crate) fn offset(text: &str, count: u64) -> Option<usize> {
    let count = usize::try_from(count).ok()?;
    if text.is_ascii() {
        return (count <= text.len()).then_some(count);
    }
    text.char_indices().map(|(at, _)| at).chain([text.len()]).nth(count)
}

fn offset_from_end(text: &str, count: u64) -> Option<usize> {
    let count = usize::try_from(count).ok()?;
    if text.is_ascii() {
        return text.len().checked_sub(count);
    }
    text.char_indices().rev().map(|(at, _)| at).nth(count.checked_sub(1)?)
}

fn overlay(call: &Call<'_>) -> Result<ArrayRef> {
    let (text, with, start) = (strings(call, 0)?, strings(call, 1)?, longs(call, 2)?);
    let length = if call.types.len() > 3 { Some(longs(call, 3)?) } else { None };
    texts(call, |row, out| {
        let (text, with, start) = (text.value(row), with.value(row), start.value(row));
        if start < 1 {
            return Err(invalid("Start position must be greater than zero"));
        }
        let length = length.as_ref().map_or_else(|| with.chars().count() as i64, |length| length.value(row)).max(0);
        let from = offset(text, start.unsigned_abs() - 1).unwrap_or(text.len());
        let to = from + offset(&text[from..], length.unsigned_abs()).unwrap_or(text.len() - from);
        out.push_str(&text[..from]);
        out.push_str(with);
        out.push_str(&text[to..]);
        Ok(true)
    })
}

fn lpad(call: &Call<'_>) -> Result<ArrayRef> {
    pad(call, true)
}

fn rpad(call: &Call<'_>) -> Result<ArrayRef> {
    pad(call, false)
}

fn pad(call: &Call<'_>, left: bool) -> Result<ArrayRef> {
    let (text, target, padding) = (strings(call, 0)?, longs(call, 1)?, strings(call, 2)?);
    texts(call, |row, out| {
        let (text, padding) = (text.value(row), padding.value(row));
        let target = target_length(target.value(row))?;
        if padding.is_empty() {
            return Err(invalid("Padding string must not be empty"));
        }
        if let Some(cut) = offset(text, target as u64) {
            out.push_str(&text[..cut]);
            return Ok(true);
        }
        let fill = padding.chars().cycle().take(target - text.chars().count());
        if left {
            fill.for_each(|c| out.push(c));
            out.push_str(text);
        } else {
            out.push_str(text);
            fill.for_each(|c| out.push(c));
        }
        Ok(true)
    })
}

/// The length that a padded value is to have, in characters or bytes.
pub(crate) fn target_length(length: i64) -> Result<usize> {
    match i32::try_from(length) {
        Ok(length @ 0..) => Ok(length as usize),
        _ => Err(invalid("Target length must be in the range [0..2147483647]")),
    }
}

fn trim(call: &Call<'_>, left: bool, right: bool) -> Result<ArrayRef> {
    let text = stored(call, 0)?;
    let set = if call.types.len() > 1 { Some(strings(call, 1)?) } else { None };
    texts(call, |row, out| {
        let removed = |c: char| match &set {
            Some(set) => set.value(row).contains(c),
            None => is_blank(c),
        };
        let mut text = text.value(row);
        // Mostly a letter is there, and nothing to be removed.
        let ends_in = |byte: Option<&u8>| set.is_some() || byte.is_some_and(|byte| !byte.is_ascii_graphic());
        if left && ends_in(text.as_bytes().first()) {
            text = text.trim_start_matches(removed);
        }
        if right && ends_in(text.as_bytes().last()) {
            text = text.trim_end_matches(removed);
        }
        // Of a char blanks at the end are none of its value.
        if matches!(call.types[0], Type::Char(_)) {
            text = text.trim_end_matches(' ');
        }
        out.push_str(text);
        Ok(true)
    })
}

/// What Java's `Character.isWhitespace` takes for a blank: no no-break spaces.
fn is_blank(c: char) -> bool {
    matches!(c, '\t'..='\r' | '\u{1c}'..='\u{1f}')
        || (c.is_whitespace() && !matches!(c, '\u{85}' | '\u{a0}' | '\u{2007}' | '\u{202f}'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn substrings_count_characters_from_either_end() {
        for (text, start, length, expected) in [
            ("Quadratically", 5, None, "ratically"),
            ("Quadratically", 50, None, ""),
            ("Quadratically", -5, None, "cally"),
            ("Quadratically", -50, None, ""),
            ("Quadratically", -13, Some(2), "Qu"),
            ("Quadratically", 0, None, ""),
            ("Quadratically", 5, Some(6), "ratica"),
            ("Quadratically", 5, Some(0), ""),
            ("Quadratically", 5, Some(-1), ""),
            ("信念,爱,希望", 1, Some(1), "信"),
            ("信念,爱,希望", -2, None, "希望"),
            ("信念", 3, None, ""),
            ("", 1, None, ""),
            ("a", i64::MIN, Some(i64::MAX), ""),
            ("é", i64::MAX, None, ""),
        ] {
            assert_eq!(substring(text, start, length), expected, "{text} {start} {length:?}");
        }
    }

    #[test]
    fn blanks_are_javas() {
        assert!(['\t', ' ', '\u{1f}', '\u{2003}', '\u{3000}'].into_iter().all(is_blank));
        assert!(!['\u{a0}', '\u{2007}', 'a', '\u{85}'].into_iter().any(is_blank));
    }
}
