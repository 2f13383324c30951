//! A piece of the user's text and where it starts, so that every error points into what the user typed.

use catalog::Position;

use crate::door::Door;

/// The start of a text.
pub(crate) const START: Position = Position { line: 1, column: 1 };

/// One statement's text. Offsets are bytes into `text`.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Source<'a> {
    pub(crate) text: &'a str,
    /// Where `text` begins in what the user typed.
    pub(crate) start: Position,
    /// By which door it came.
    pub(crate) door: Door,
}

impl<'a> Source<'a> {
    /// A text of its own.
    pub(crate) fn new(text: &'a str) -> Self {
        Self { text, start: START, door: Door::default() }
    }

    /// The position of the character at `offset`; one past the end is the end.
    pub(crate) fn position(&self, offset: usize) -> Position {
        advance(self.start, self.text.get(..offset).unwrap_or(self.text))
    }

    /// The part from `offset` on, which knows its own place.
    pub(crate) fn from(&self, offset: usize) -> Source<'a> {
        Source { text: self.text.get(offset..).unwrap_or_default(), start: self.position(offset), door: self.door }
    }
}

/// Where one stands after reading `text` from `from`.
pub(crate) fn advance(from: Position, text: &str) -> Position {
    let newlines = text.bytes().filter(|byte| *byte == b'\n').count() as u64;
    let tail = text.rsplit('\n').next().unwrap_or_default().chars().count() as u64;
    match newlines {
        0 => Position { line: from.line, column: from.column + tail },
        _ => Position { line: from.line + newlines, column: tail + 1 },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn positions_count_characters_and_lines() {
        let source = Source::new("sélect\n  x");
        assert_eq!(source.position(3), Position { line: 1, column: 3 });
        assert_eq!(source.position("sélect\n  ".len()), Position { line: 2, column: 3 });
        assert_eq!(source.position(99), Position { line: 2, column: 4 });
        let rest = source.from("sélect\n  ".len());
        assert_eq!(rest.position(1), Position { line: 2, column: 4 });
    }
}
