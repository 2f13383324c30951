//! Functions that look into a text: positions, beginnings and ends, code points, distances between texts.

use arrow::array::ArrayRef;
use datafusion::common::Result;
use memchr::memmem::Finder;

use super::super::columns::{booleans, integers, invalid, longs, numbers, strings, texts};
use super::super::{Call, Overload, Scalar};

pub(in super::super) const FUNCTIONS: &[Scalar] = &[
    Scalar {
        names: &["length"],
        description: "The number of characters",
        overloads: &[Overload::new("(varchar) -> bigint", length), Overload::new("(char(x)) -> bigint", length)],
    },
    Scalar {
        names: &["strpos"],
        description: "Where the part stands in the text, from 1, or 0; with a number its n-th occurrence, from the end where that is negative",
        overloads: &[
            Overload::new("(varchar, varchar) -> bigint", strpos),
            Overload::new("(varchar, varchar, bigint) -> bigint", strpos),
        ],
    },
    Scalar {
        names: &["index"],
        description: "Teradata's name of strpos",
        overloads: &[Overload::new("(varchar, varchar) -> bigint", strpos)],
    },
    Scalar {
        names: &["starts_with"],
        description: "Whether the text begins with the other",
        overloads: &[Overload::new("(varchar, varchar) -> boolean", starts_with)],
    },
    Scalar {
        names: &["ends_with"],
        description: "Whether the text ends with the other",
        overloads: &[Overload::new("(varchar, varchar) -> boolean", ends_with)],
    },
    Scalar {
        names: &["codepoint"],
        description: "The Unicode code point of the only character of the text",
        overloads: &[Overload::new("(varchar) -> integer", codepoint)],
    },
    Scalar {
        names: &["chr"],
        description: "The character with the Unicode code point",
        overloads: &[Overload::new("(bigint) -> varchar(1)", chr)],
    },
    Scalar {
        names: &["char2hexint"],
        description: "The text's UTF-16 in hexadecimal (Teradata)",
        overloads: &[Overload::new("(varchar) -> varchar", char2hexint)],
    },
    Scalar {
        names: &["levenshtein_distance"],
        description: "The least number of characters to insert, remove or change to make one text of the other",
        overloads: &[Overload::new("(varchar, varchar) -> bigint", levenshtein_distance)],
    },
    Scalar {
        names: &["hamming_distance"],
        description: "The number of positions at which two texts of one length differ",
        overloads: &[Overload::new("(varchar, varchar) -> bigint", hamming_distance)],
    },
    Scalar {
        names: &["luhn_check"],
        description: "Whether the digits have a right check digit by Luhn's algorithm",
        overloads: &[Overload::new("(varchar) -> boolean", luhn_check)],
    },
];

fn length(call: &Call<'_>) -> Result<ArrayRef> {
    let text = strings(call, 0)?;
    numbers(call, |row| Ok(Some(characters(text.value(row)))))
}

/// How many there are. Most texts are ASCII, whose characters are their bytes.
fn characters(text: &str) -> i64 {
    let count = if text.is_ascii() { text.len() } else { text.chars().count() };
    count as i64
}

fn strpos(call: &Call<'_>) -> Result<ArrayRef> {
    let (text, part) = (strings(call, 0)?, strings(call, 1)?);
    let instance = if call.types.len() > 2 { Some(longs(call, 2)?) } else { None };
    // The one part of all rows is prepared once.
    let once = call.constant_text(1).filter(|part| instance.is_none() && !part.is_empty()).map(Finder::new);
    if let Some(part) = once {
        return numbers(call, |row| {
            let text = text.value(row);
            Ok(Some(part.find(text.as_bytes()).map_or(0, |at| characters(&text[..at]) + 1)))
        });
    }
    numbers(call, |row| {
        let instance = instance.as_ref().map_or(1, |instance| instance.value(row));
        if instance == 0 {
            return Err(invalid("'instance' must not be a zero"));
        }
        Ok(Some(position(text.value(row), part.value(row), instance)))
    })
}

/// The position of the `instance`-th occurrence, which may overlap the one before; 0 without so many. Negative ones count from the end.
fn position(text: &str, part: &str, instance: i64) -> i64 {
    if part.is_empty() {
        return 1;
    }
    let mut found = None;
    for _ in 0..instance.unsigned_abs() {
        let next = match (instance > 0, found) {
            (true, None) => text.find(part),
            (true, Some(at)) => after_first(text, at).and_then(|from| text[from..].find(part).map(|at| from + at)),
            (false, None) => text.rfind(part),
            // One character less than the last occurrence has: it may begin anywhere before.
            (false, Some(at)) => text[..before_last(part) + at].rfind(part),
        };
        match next {
            Some(at) => found = Some(at),
            None => return 0,
        }
    }
    found.map_or(0, |at| characters(&text[..at]) + 1)
}

fn after_first(text: &str, at: usize) -> Option<usize> {
    text[at..].chars().next().map(|c| at + c.len_utf8())
}

fn before_last(part: &str) -> usize {
    part.char_indices().next_back().map_or(0, |(at, _)| at)
}

fn starts_with(call: &Call<'_>) -> Result<ArrayRef> {
    let (text, part) = (strings(call, 0)?, strings(call, 1)?);
    booleans(call, |row| Ok(Some(text.value(row).starts_with(part.value(row)))))
}

fn ends_with(call: &Call<'_>) -> Result<ArrayRef> {
    let (text, part) = (strings(call, 0)?, strings(call, 1)?);
    booleans(call, |row| Ok(Some(text.value(row).ends_with(part.value(row)))))
}

fn codepoint(call: &Call<'_>) -> Result<ArrayRef> {
    let text = strings(call, 0)?;
    integers(call, |row| {
        let mut chars = text.value(row).chars();
        match (chars.next(), chars.next()) {
            (Some(single), None) => Ok(Some(single as i32)),
            _ => Err(invalid("Input string must be a single character string")),
        }
    })
}

fn chr(call: &Call<'_>) -> Result<ArrayRef> {
    let code = longs(call, 0)?;
    texts(call, |row, out| {
        let code = code.value(row);
        match u32::try_from(code).ok().and_then(char::from_u32) {
            Some(c) => out.push(c),
            None => return Err(invalid(format!("Not a valid Unicode code point: {code}"))),
        }
        Ok(true)
    })
}

fn char2hexint(call: &Call<'_>) -> Result<ArrayRef> {
    let text = strings(call, 0)?;
    texts(call, |row, out| {
        text.value(row).encode_utf16().for_each(|unit| out.format(format_args!("{unit:04X}")));
        Ok(true)
    })
}

fn levenshtein_distance(call: &Call<'_>) -> Result<ArrayRef> {
    let (left, right) = (strings(call, 0)?, strings(call, 1)?);
    let mut room = Vec::new();
    numbers(call, |row| levenshtein(left.value(row), right.value(row), &mut room).map(Some))
}

/// The product of lengths that Trino still computes.
const MAX_CELLS: usize = 1_000_000;

fn levenshtein(left: &str, right: &str, costs: &mut Vec<usize>) -> Result<i64> {
    let columns = right.chars().count();
    if left.chars().count().saturating_mul(columns) > MAX_CELLS {
        return Err(invalid(format!(
            "The combined inputs for Levenshtein distance are too large: the product of their lengths is more than {MAX_CELLS}"
        )));
    }
    costs.clear();
    costs.extend(0..=columns);
    for (above, a) in left.chars().enumerate() {
        let mut diagonal = std::mem::replace(&mut costs[0], above + 1);
        for (column, b) in right.chars().enumerate() {
            let changed = diagonal + usize::from(a != b);
            diagonal = costs[column + 1];
            costs[column + 1] = changed.min(diagonal + 1).min(costs[column] + 1);
        }
    }
    Ok(costs[columns] as i64)
}

fn hamming_distance(call: &Call<'_>) -> Result<ArrayRef> {
    let (left, right) = (strings(call, 0)?, strings(call, 1)?);
    numbers(call, |row| {
        let (mut left, mut right) = (left.value(row).chars(), right.value(row).chars());
        let mut distance = 0;
        loop {
            match (left.next(), right.next()) {
                (Some(a), Some(b)) => distance += i64::from(a != b),
                (None, None) => return Ok(Some(distance)),
                _ => return Err(invalid("The input strings to hamming_distance function must have the same length")),
            }
        }
    })
}

fn luhn_check(call: &Call<'_>) -> Result<ArrayRef> {
    let text = strings(call, 0)?;
    booleans(call, |row| {
        let digits = text.value(row);
        if !digits.bytes().all(|digit| digit.is_ascii_digit()) {
            return Err(invalid(format!("Input contains non-digit characters: {digits}")));
        }
        let sum: u32 = digits.bytes().rev().enumerate().map(|(at, digit)| checked(at, u32::from(digit - b'0'))).sum();
        Ok(Some(!digits.is_empty() && sum.is_multiple_of(10)))
    })
}

/// What a digit, `at` from the right, adds to Luhn's sum: every second one counts twice, by the sum of its digits.
fn checked(at: usize, digit: u32) -> u32 {
    let weighed = if at % 2 == 1 { digit * 2 } else { digit };
    weighed / 10 + weighed % 10
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn positions() {
        for (text, part, instance, expected) in [
            ("high", "ig", 1, 2),
            ("", "", 1, 1),
            ("x", "", -3, 1),
            ("信念,爱,希望", "希望", 1, 6),
            ("信念,爱,希爱望", "爱", -2, 4),
            ("abc/xyz/foo/bar", "/", 2, 8),
            ("abc/xyz/foo/bar", "/", -3, 4),
            ("abc/xyz/foo/bar", "/", -4, 0),
            ("aaa", "aa", 2, 2),
            ("aaa", "aa", 3, 0),
            ("aaa", "aa", -1, 2),
            ("aaa", "aa", -2, 1),
            ("爱爱爱", "爱爱", -2, 1),
        ] {
            assert_eq!(position(text, part, instance), expected, "{text} {part} {instance}");
        }
    }

    #[test]
    fn edits() {
        let mut room = Vec::new();
        for (left, right, expected) in
            [("", "", 0), ("", "hello", 5), ("hello world", "hel wold", 3), ("信念,爱,希望", "信念,love,希望", 4)]
        {
            assert_eq!(levenshtein(left, right, &mut room).unwrap(), expected, "{left} {right}");
        }
        assert!(levenshtein(&"a".repeat(2000), &"b".repeat(2000), &mut room).is_err());
    }
}
