//! The parser library's errors in Trino's words: `mismatched input 'x'. Expecting: 'y'`. Clients match on them.

use catalog::{Error, ErrorKind, Position};
use sqlparser::parser::ParserError;
use sqlparser::tokenizer::Location;

/// `end` is the position after the last character, which is where the library's end of input is.
pub(super) fn syntax(error: ParserError, end: Position) -> Error {
    let text = match error {
        ParserError::RecursionLimitExceeded => {
            return Error::new(ErrorKind::Syntax, "the query is nested too deeply; split it up with WITH");
        }
        ParserError::TokenizerError(text) | ParserError::ParserError(text) => text,
    };
    let (message, location) = located(&text);
    match message.strip_prefix("Expected: ").and_then(|rest| rest.rsplit_once(", found: ")) {
        Some((expected, found)) => mismatch(found, expected, location, end),
        None => Error::new(ErrorKind::Syntax, lower(message)).at(position(location, end)),
    }
}

/// `found` was there instead of `expected`.
pub(super) fn mismatch(found: &str, expected: &str, location: Location, end: Position) -> Error {
    let found = if found == "EOF" { "<EOF>" } else { found };
    let expected = expected.trim_start_matches("one of ");
    Error::new(ErrorKind::Syntax, format!("mismatched input '{found}'. Expecting: {expected}")).at(position(location, end))
}

/// Cuts the ` at Line: 1, Column: 8` off that the library ends its messages with; line 0 where there is none.
fn located(text: &str) -> (&str, Location) {
    let parsed = text.rsplit_once(" at Line: ").and_then(|(message, place)| {
        let (line, column) = place.split_once(", Column: ")?;
        Some((message, Location { line: line.parse().ok()?, column: column.parse().ok()? }))
    });
    parsed.unwrap_or((text, Location { line: 0, column: 0 }))
}

fn position(location: Location, end: Position) -> Position {
    if location.line == 0 { end } else { Position { line: location.line, column: location.column } }
}

/// The library's sentence as ours: first letter lower case unless it begins a word in capitals.
pub(super) fn lower(message: &str) -> String {
    let mut characters = message.chars();
    match (characters.next(), characters.clone().next()) {
        (Some(first), Some(second)) if first.is_uppercase() && !second.is_uppercase() => {
            first.to_lowercase().chain(characters).collect()
        }
        _ => message.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn library_errors_become_trinos() {
        let end = Position { line: 9, column: 9 };
        let cases = [
            ("Expected: FROM, found: x at Line: 1, Column: 8", "SYNTAX_ERROR: line 1:8: mismatched input 'x'. Expecting: FROM"),
            ("Expected: one of A or B, found: EOF", "SYNTAX_ERROR: line 9:9: mismatched input '<EOF>'. Expecting: A or B"),
            ("Unterminated string literal at Line: 2, Column: 3", "SYNTAX_ERROR: line 2:3: unterminated string literal"),
        ];
        for (text, expected) in cases {
            assert_eq!(syntax(ParserError::ParserError(text.to_string()), end).to_string(), expected);
        }
    }
}
