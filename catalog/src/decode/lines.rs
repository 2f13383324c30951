//! Objects of text as lines: a byte order mark and header lines are taken off, lines end with `\n` or `\r\n`, the last one
//! with the object.

use super::place::Place;
use crate::error::{ErrorKind, Result};

/// A line that is longer is refused.
const LONGEST_LINE: usize = 256 << 20;

#[derive(Debug)]
pub(super) struct Lines {
    /// Header lines per object.
    skip: usize,
    /// Header lines still to come.
    left: usize,
    /// The beginning of a line whose end has not come.
    pending: Vec<u8>,
}

impl Lines {
    pub(super) fn new(skip: usize) -> Self {
        Self { skip, left: skip, pending: Vec::new() }
    }

    pub(super) fn begin(&mut self) {
        self.left = self.skip;
        self.pending.clear();
    }

    /// Calls `each` with every line that is whole now, without its end; the place is then the line's beginning.
    pub(super) fn feed(
        &mut self,
        mut bytes: &[u8],
        place: &mut Place,
        mut each: impl FnMut(&[u8], &Place) -> Result<()>,
    ) -> Result<()> {
        while let Some(at) = memchr::memchr(b'\n', bytes) {
            let (line, rest) = bytes.split_at(at);
            bytes = rest.get(1..).unwrap_or_default();
            if self.pending.is_empty() {
                self.line(line, place, &mut each)?;
            } else {
                let mut whole = std::mem::take(&mut self.pending);
                whole.extend_from_slice(line);
                self.line(&whole, place, &mut each)?;
                whole.clear();
                self.pending = whole;
            }
        }
        self.pending.extend_from_slice(bytes);
        if self.pending.len() > LONGEST_LINE {
            let message = format!("a line is longer than {} MiB", LONGEST_LINE >> 20);
            return Err(place.error(ErrorKind::LimitExceeded, &self.pending, 0, message));
        }
        Ok(())
    }

    /// The last line, if no line break ended it.
    pub(super) fn end(&mut self, place: &mut Place, mut each: impl FnMut(&[u8], &Place) -> Result<()>) -> Result<()> {
        if self.pending.is_empty() {
            return Ok(());
        }
        let last = std::mem::take(&mut self.pending);
        // A byte order mark alone is an empty object.
        if place.byte_order_mark(&last) == Some(last.len()) {
            return Ok(());
        }
        self.line(&last, place, &mut each)
    }

    fn line(&mut self, whole: &[u8], place: &mut Place, each: &mut impl FnMut(&[u8], &Place) -> Result<()>) -> Result<()> {
        let mark = place.byte_order_mark(whole).unwrap_or(0);
        let line = whole.get(mark..).unwrap_or_default();
        if self.left > 0 {
            self.left -= 1;
        } else {
            each(line.strip_suffix(b"\r").unwrap_or(line), place)?;
        }
        place.next_line(whole.len() + 1);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(skip: usize, text: &str, chunk: usize) -> Vec<String> {
        let mut found = Vec::new();
        let (mut lines, mut place) = (Lines::new(skip), Place::default());
        let mut each = |line: &[u8], _: &Place| {
            found.push(String::from_utf8(line.to_vec()).unwrap());
            Ok(())
        };
        for part in text.as_bytes().chunks(chunk) {
            lines.feed(part, &mut place, &mut each).unwrap();
        }
        lines.end(&mut place, &mut each).unwrap();
        found
    }

    #[test]
    fn splits() {
        for (skip, text, expected) in [
            (0, "a\nb\n", vec!["a", "b"]),
            (0, "a\r\n\r\nb", vec!["a", "", "b"]),
            (0, "\u{feff}a\nb", vec!["a", "b"]),
            (0, "\u{feff}", vec![]),
            (0, "", vec![]),
            (0, "\n", vec![""]),
            (1, "\u{feff}h\na\n", vec!["a"]),
            (2, "h\nh\na", vec!["a"]),
            (1, "h", vec![]),
            (5, "a\nb\n", vec![]),
        ] {
            for chunk in [1, 2, 3, 100] {
                assert_eq!(lines(skip, text, chunk), expected, "{text:?} in chunks of {chunk}");
            }
        }
    }
}
