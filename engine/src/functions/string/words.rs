//! Functions that put texts together, replace parts of them, or know something about words and scripts.

use arrow::array::{Array, ArrayRef};
use datafusion::common::Result;
use memchr::memmem::Finder;
use rust_stemmers::{Algorithm, Stemmer};
use unicode_normalization::UnicodeNormalization;

use super::super::columns::{invalid, lists_of, strings, texts, texts_called};
use super::super::{Call, Nulls, Overload, Scalar};

pub(in super::super) const FUNCTIONS: &[Scalar] = &[
    Scalar {
        names: &["concat"],
        description: "The texts one after the other",
        overloads: &[
            Overload::new("(varchar...) -> varchar", concat),
            Overload::new("(char(x), char(y)) -> char(x + y)", concat),
        ],
    },
    Scalar {
        names: &["concat_ws"],
        description: "The texts that are not NULL, with the first argument between them",
        overloads: &[
            Overload { nulls: Nulls::Called, ..Overload::new("(varchar, array(varchar)) -> varchar", concat_ws_array) },
            Overload { nulls: Nulls::Called, ..Overload::new("(varchar, varchar...) -> varchar", concat_ws) },
        ],
    },
    Scalar {
        names: &["replace"],
        description: "Removes each occurrence of a text, or replaces it by another",
        overloads: &[
            Overload::new("(varchar, varchar) -> varchar", replace),
            Overload::new("(varchar, varchar, varchar) -> varchar", replace),
        ],
    },
    Scalar {
        names: &["translate"],
        description: "Replaces each character of the second text by the one at the same place of the third, or removes it",
        overloads: &[Overload::new("(varchar, varchar, varchar) -> varchar", translate)],
    },
    Scalar {
        names: &["normalize"],
        description: "The text in a Unicode normalization form: NFD, NFC (without saying one), NFKD or NFKC",
        overloads: &[Overload::new("(varchar) -> varchar", normalize), Overload::new("(varchar, varchar) -> varchar", normalize)],
    },
    Scalar {
        names: &["soundex"],
        description: "How the word sounds in English: a letter and three digits",
        overloads: &[Overload::new("(varchar) -> varchar(4)", soundex)],
    },
    Scalar {
        names: &["word_stem"],
        description: "The stem of a word in English, or in the language with the code",
        overloads: &[Overload::new("(varchar) -> varchar", word_stem), Overload::new("(varchar, varchar) -> varchar", word_stem)],
    },
];

fn concat(call: &Call<'_>) -> Result<ArrayRef> {
    if call.types.len() < 2 {
        return Err(invalid("There must be two or more concatenation arguments"));
    }
    let parts = (0..call.types.len()).map(|argument| strings(call, argument)).collect::<Result<Vec<_>>>()?;
    texts(call, |row, out| {
        parts.iter().for_each(|part| out.push_str(part.value(row)));
        Ok(true)
    })
}

fn concat_ws(call: &Call<'_>) -> Result<ArrayRef> {
    let separator = strings(call, 0)?;
    let parts = (1..call.types.len()).map(|argument| strings(call, argument)).collect::<Result<Vec<_>>>()?;
    texts_called(call, |row, out| {
        if separator.is_null(row) {
            return Ok(false);
        }
        let mut between = "";
        for part in parts.iter().filter(|part| !part.is_null(row)) {
            out.push_str(between);
            out.push_str(part.value(row));
            between = separator.value(row);
        }
        Ok(true)
    })
}

fn concat_ws_array(call: &Call<'_>) -> Result<ArrayRef> {
    let separator = strings(call, 0)?;
    let (list, parts) = lists_of(call, 1)?;
    texts_called(call, |row, out| {
        if separator.is_null(row) || list.is_null(row) {
            return Ok(false);
        }
        let offsets = list.value_offsets();
        let mut between = "";
        for at in (offsets[row] as usize..offsets[row + 1] as usize).filter(|at| !parts.is_null(*at)) {
            out.push_str(between);
            out.push_str(parts.value(at));
            between = separator.value(row);
        }
        Ok(true)
    })
}

fn replace(call: &Call<'_>) -> Result<ArrayRef> {
    let (text, search) = (strings(call, 0)?, strings(call, 1)?);
    let by = if call.types.len() > 2 { Some(strings(call, 2)?) } else { None };
    // The one part of all rows is prepared once.
    let once = call.constant_text(1).filter(|part| !part.is_empty()).map(Finder::new);
    texts(call, |row, out| {
        // An empty text is found around each character, as Rust's `split` has it.
        let by = by.as_ref().map_or("", |by| by.value(row));
        let text = text.value(row);
        let mut rest = 0;
        let mut replaced = |at: usize, length: usize| {
            out.push_str(&text[rest..at]);
            out.push_str(by);
            rest = at + length;
        };
        match &once {
            Some(part) => part.find_iter(text.as_bytes()).for_each(|at| replaced(at, part.needle().len())),
            None => text.match_indices(search.value(row)).for_each(|(at, found)| replaced(at, found.len())),
        }
        out.push_str(&text[rest..]);
        Ok(true)
    })
}

fn translate(call: &Call<'_>) -> Result<ArrayRef> {
    let (text, from, to) = (strings(call, 0)?, strings(call, 1)?, strings(call, 2)?);
    texts(call, |row, out| {
        let (from, to) = (from.value(row), to.value(row));
        for c in text.value(row).chars() {
            match from.chars().position(|source| source == c) {
                None => out.push(c),
                Some(at) => to.chars().nth(at).into_iter().for_each(|c| out.push(c)),
            }
        }
        Ok(true)
    })
}

fn normalize(call: &Call<'_>) -> Result<ArrayRef> {
    let text = strings(call, 0)?;
    let form = if call.types.len() > 1 { Some(strings(call, 1)?) } else { None };
    texts(call, |row, out| {
        let text = text.value(row);
        match form.as_ref().map_or("NFC", |form| form.value(row)) {
            "NFC" => text.nfc().for_each(|c| out.push(c)),
            "NFD" => text.nfd().for_each(|c| out.push(c)),
            "NFKC" => text.nfkc().for_each(|c| out.push(c)),
            "NFKD" => text.nfkd().for_each(|c| out.push(c)),
            _ => return Err(invalid("Normalization form must be one of [NFD, NFC, NFKD, NFKC]")),
        }
        Ok(true)
    })
}

fn soundex(call: &Call<'_>) -> Result<ArrayRef> {
    let text = strings(call, 0)?;
    texts(call, |row, out| {
        code(text.value(row))?.into_iter().for_each(|c| out.push(c));
        Ok(true)
    })
}

/// The digits of the letters A to Z; `-` are vowels, which part equal sounds, `.` H and W, which do not.
const SOUNDS: &[u8; 26] = b"-123-12.-22455-12623-1.2-2";

/// American Soundex, as Apache's `Soundex` does it: only letters count, other alphabets' are refused.
fn code(word: &str) -> Result<Vec<char>> {
    let mut letters = word.chars().filter(|c| c.is_alphabetic()).map(|c| c.to_ascii_uppercase());
    if let Some(odd) = letters.clone().find(|c| !c.is_ascii_uppercase()) {
        return Err(invalid(format!("The character is not mapped: {odd}")));
    }
    let sound = |letter: char| char::from(SOUNDS[(letter as u8 - b'A') as usize]);
    let Some(first) = letters.next() else { return Ok(vec![]) };
    let mut code = vec![first];
    let mut last = sound(first);
    for sound in letters.map(sound).filter(|sound| *sound != '.') {
        if sound != '-' && sound != last && code.len() < 4 {
            code.push(sound);
        }
        last = sound;
    }
    code.resize(4, '0');
    Ok(code)
}

fn word_stem(call: &Call<'_>) -> Result<ArrayRef> {
    let word = strings(call, 0)?;
    let language = if call.types.len() > 1 { Some(strings(call, 1)?) } else { None };
    let mut stemmer: Option<(String, Stemmer)> = None;
    texts(call, |row, out| {
        let wanted = language.as_ref().map_or("en", |language| language.value(row));
        let known = match stemmer.take() {
            Some((language, known)) if language == wanted => known,
            _ => Stemmer::create(algorithm(wanted)?),
        };
        out.push_str(&known.stem(word.value(row)));
        stemmer = Some((wanted.to_string(), known));
        Ok(true)
    })
}

/// The languages of Trino's page but Catalan, Basque, Armenian, Irish and Lithuanian, for which the library has no rules.
fn algorithm(language: &str) -> Result<Algorithm> {
    Ok(match language {
        "da" => Algorithm::Danish,
        "de" => Algorithm::German,
        "en" => Algorithm::English,
        "es" => Algorithm::Spanish,
        "fi" => Algorithm::Finnish,
        "fr" => Algorithm::French,
        "hu" => Algorithm::Hungarian,
        "it" => Algorithm::Italian,
        "nl" => Algorithm::Dutch,
        "no" => Algorithm::Norwegian,
        "pt" => Algorithm::Portuguese,
        "ro" => Algorithm::Romanian,
        "ru" => Algorithm::Russian,
        "sv" => Algorithm::Swedish,
        "tr" => Algorithm::Turkish,
        other => return Err(invalid(format!("Unknown stemmer language: {other}"))),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sounds() {
        for (word, expected) in [
            ("jim", "J500"),
            ("johannes", "J520"),
            ("x123", "X000"),
            ("123", ""),
            ("Tymczak", "T522"),
            ("Pfister", "P236"),
            ("Ashcraft", "A261"),
            ("Honeyman", "H555"),
        ] {
            assert_eq!(code(word).unwrap().iter().collect::<String>(), expected, "{word}");
        }
        assert!(code("żółw").is_err());
    }
}
