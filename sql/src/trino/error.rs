//! The parser library's errors in Trino's words: `mismatched input 'x'. Expecting: 'y'`. Clients match on them.

use catalog::{Error, ErrorKind, Position};
use sqlparser::parser::ParserError;
use sqlparser::tokenizer::{Location, TokenWithSpan};

/// `current` is where the parser stands; `end` is the position after the last character, where its end of input is.
pub(super) fn syntax(error: ParserError, current: &TokenWithSpan, end: Position) -> Error {
    let text = match error {
        ParserError::RecursionLimitExceeded => {
            let message = "the query is nested too deeply, or there is an error deep inside it; split it up with WITH";
            return Error::new(ErrorKind::Syntax, message).at(position(current.span.start, end));
        }
        ParserError::TokenizerError(text) | ParserError::ParserError(text) => text,
    };
    let (message, location) = located(&text);
    // One of the library's sentences, "Expected an expression", goes without the colon.
    let expectation = message.strip_prefix("Expected: ").or_else(|| message.strip_prefix("Expected "));
    if let Some((expected, found)) = expectation.and_then(|rest| rest.rsplit_once(", found: ")) {
        return mismatch(found, expected, location, end);
    }
    if message.starts_with("No infix parser for token") {
        return mismatch(&current.token.to_string(), "<operator>", current.span.start, end);
    }
    let location = if location.line == 0 { current.span.start } else { location };
    Error::new(ErrorKind::Syntax, lower(message)).at(position(location, end))
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
    use sqlparser::tokenizer::Token;

    #[test]
    fn library_errors_become_trinos() {
        let end = Position { line: 9, column: 9 };
        let current = TokenWithSpan::wrap(Token::make_word("match", None));
        let cases = [
            ("Expected: FROM, found: x at Line: 1, Column: 8", "SYNTAX_ERROR: line 1:8: mismatched input 'x'. Expecting: FROM"),
            (
                "Expected an expression, found: FROM at Line: 1, Column: 8",
                "SYNTAX_ERROR: line 1:8: mismatched input 'FROM'. Expecting: an expression",
            ),
            ("Expected: one of A or B, found: EOF", "SYNTAX_ERROR: line 9:9: mismatched input '<EOF>'. Expecting: A or B"),
            ("No infix parser for token Word(…)", "SYNTAX_ERROR: line 9:9: mismatched input 'match'. Expecting: <operator>"),
            ("Unterminated string literal at Line: 2, Column: 3", "SYNTAX_ERROR: line 2:3: unterminated string literal"),
        ];
        for (text, expected) in cases {
            assert_eq!(syntax(ParserError::ParserError(text.to_string()), &current, end).to_string(), expected);
        }
    }
}
