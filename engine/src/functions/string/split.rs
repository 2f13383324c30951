//! Functions that take a text apart at delimiters.

use arrow::array::ArrayRef;
use datafusion::common::Result;

use super::super::columns::{Strings, invalid, lists, longs, maps, multimaps, strings, texts};
use super::super::{Call, Overload, Scalar};
use super::change::offset;

pub(in super::super) const FUNCTIONS: &[Scalar] = &[
    Scalar {
        names: &["split"],
        description: "The pieces of the text between delimiters, at most as many as the limit says, the last one with the rest",
        overloads: &[
            Overload::new("(varchar, varchar) -> array(varchar)", split),
            Overload::new("(varchar, varchar, bigint) -> array(varchar)", split),
        ],
    },
    Scalar {
        names: &["split_part"],
        description: "The n-th piece of the text between delimiters, from 1; NULL beyond the last",
        overloads: &[Overload::new("(varchar, varchar, bigint) -> varchar", split_part)],
    },
    Scalar {
        names: &["split_to_map"],
        description: "Splits the text into entries and each entry into key and value; no key may be there twice",
        overloads: &[Overload::new("(varchar, varchar, varchar) -> map(varchar, varchar)", split_to_map)],
    },
    Scalar {
        names: &["split_to_multimap"],
        description: "Splits the text into entries and each entry into key and value; a key has all of its values",
        overloads: &[Overload::new("(varchar, varchar, varchar) -> map(varchar, array(varchar))", split_to_multimap)],
    },
];

fn split(call: &Call<'_>) -> Result<ArrayRef> {
    let (text, delimiter) = (strings(call, 0)?, strings(call, 1)?);
    let limit = if call.types.len() > 2 { Some(longs(call, 2)?) } else { None };
    lists(call, |row, out| {
        let (text, delimiter) = (text.value(row), delimiter.value(row));
        let limit = match &limit {
            Some(limit) => pieces(limit.value(row))?,
            None => usize::MAX,
        };
        if delimiter.is_empty() {
            return Err(invalid("The delimiter may not be the empty string"));
        }
        text.splitn(limit, delimiter).for_each(|piece| out.append_value(piece));
        Ok(true)
    })
}

fn pieces(limit: i64) -> Result<usize> {
    match i32::try_from(limit) {
        Ok(limit @ 1..) => Ok(limit as usize),
        Ok(_) => Err(invalid("Limit must be positive")),
        Err(_) if limit < 0 => Err(invalid("Limit must be positive")),
        Err(_) => Err(invalid("Limit is too large")),
    }
}

fn split_part(call: &Call<'_>) -> Result<ArrayRef> {
    let (text, delimiter, index) = (strings(call, 0)?, strings(call, 1)?, longs(call, 2)?);
    texts(call, |row, out| {
        let index = index.value(row);
        if index < 1 {
            return Err(invalid("Index must be greater than zero"));
        }
        let found = part(text.value(row), delimiter.value(row), index.unsigned_abs() - 1);
        found.inspect(|part| out.push_str(part));
        Ok(found.is_some())
    })
}

/// The piece at `index` from 0; with an empty delimiter each character is one.
fn part<'a>(text: &'a str, delimiter: &str, index: u64) -> Option<&'a str> {
    if delimiter.is_empty() {
        let from = offset(text, index).filter(|from| *from < text.len())?;
        let length = text[from..].chars().next().map_or(0, char::len_utf8);
        return Some(&text[from..from + length]);
    }
    text.split(delimiter).nth(usize::try_from(index).ok()?)
}

/// The entries of the text in one row, key and value each.
fn entries<'a>(text: &'a Strings, entry: &'a Strings, key: &'a Strings, row: usize) -> Result<Vec<(&'a str, &'a str)>> {
    let (text, entry_delimiter, key_delimiter) = (text.value(row), entry.value(row), key.value(row));
    if entry_delimiter.is_empty() {
        return Err(invalid("entryDelimiter is empty"));
    }
    if key_delimiter.is_empty() {
        return Err(invalid("keyValueDelimiter is empty"));
    }
    if entry_delimiter == key_delimiter {
        return Err(invalid("entryDelimiter and keyValueDelimiter must not be the same"));
    }
    let entries = text.split(entry_delimiter).enumerate();
    // What stands after the last delimiter is no entry when it is empty, as in an empty text.
    let entries = entries.filter(|(at, entry)| !entry.is_empty() || at + 1 < text.split(entry_delimiter).count());
    entries
        .map(|(_, entry)| match entry.split_once(key_delimiter) {
            Some((_, value)) if value.contains(key_delimiter) => Err(once(entry)),
            Some(pair) => Ok(pair),
            None => Err(once(entry)),
        })
        .collect()
}

fn once(entry: &str) -> datafusion::common::DataFusionError {
    invalid(format!("Key-value delimiter must appear exactly once in each entry. Bad input: '{entry}'"))
}

fn split_to_map(call: &Call<'_>) -> Result<ArrayRef> {
    let (text, entry, key) = (strings(call, 0)?, strings(call, 1)?, strings(call, 2)?);
    maps(call, |row| {
        let mut entries = entries(&text, &entry, &key, row)?;
        entries.sort_by_key(|(key, _)| *key);
        match entries.windows(2).find(|pair| pair[0].0 == pair[1].0) {
            Some(pair) => Err(invalid(format!("Duplicate keys ({}) are not allowed", pair[0].0))),
            None => Ok(entries),
        }
    })
}

fn split_to_multimap(call: &Call<'_>) -> Result<ArrayRef> {
    let (text, entry, key) = (strings(call, 0)?, strings(call, 1)?, strings(call, 2)?);
    multimaps(call, |row| {
        let mut entries = entries(&text, &entry, &key, row)?;
        // Stable: the values of one key stay in the order of the text.
        entries.sort_by_key(|(key, _)| *key);
        Ok(entries)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts() {
        for (text, delimiter, index, expected) in [
            ("abc-@-def-@-ghi", "-@-", 1, Some("def")),
            ("a/b/c", "/", 3, None),
            ("abc", "", 2, Some("c")),
            ("abc", "", 3, None),
            ("", "", 0, None),
            ("abcdddddef", "dd", 2, Some("def")),
            ("證证証", "证", 1, Some("証")),
        ] {
            assert_eq!(part(text, delimiter, index), expected, "{text} {delimiter} {index}");
        }
    }
}
