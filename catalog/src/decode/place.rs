//! Where in an object the decoder is: the name for errors, line and column, counted over chunks that are gone already.

use crate::error::{Error, ErrorKind};

const BYTE_ORDER_MARK: &[u8] = &[0xEF, 0xBB, 0xBF];

/// The place of the first byte that is not consumed yet.
#[derive(Debug, Default)]
pub(super) struct Place {
    object: String,
    /// Newlines before it.
    lines: u64,
    /// Bytes of its line before it.
    column: u64,
    /// Bytes of the object before it.
    offset: u64,
}

impl Place {
    /// Starts at the beginning of `object`.
    pub(super) fn begin(&mut self, object: &str) {
        self.object.clear();
        self.object.push_str(object);
        (self.lines, self.column, self.offset) = (0, 0, 0);
    }

    /// Says that these bytes were consumed.
    pub(super) fn advance(&mut self, bytes: &[u8]) {
        self.offset += bytes.len() as u64;
        match memchr::memrchr(b'\n', bytes) {
            Some(last) => {
                self.lines += memchr::memchr_iter(b'\n', bytes).count() as u64;
                self.column = (bytes.len() - last - 1) as u64;
            }
            None => self.column += bytes.len() as u64,
        }
    }

    /// Says that a line of `bytes` bytes, its line break included, was consumed from its beginning.
    pub(super) fn next_line(&mut self, bytes: usize) {
        self.offset += bytes as u64;
        self.lines += 1;
        self.column = 0;
    }

    /// How many bytes at the object's start are a byte order mark; `None` when more bytes must come to know.
    pub(super) fn byte_order_mark(&self, bytes: &[u8]) -> Option<usize> {
        if self.offset > 0 || bytes.is_empty() {
            Some(0)
        } else if bytes.starts_with(BYTE_ORDER_MARK) {
            Some(BYTE_ORDER_MARK.len())
        } else if BYTE_ORDER_MARK.starts_with(bytes) {
            None
        } else {
            Some(0)
        }
    }

    /// `BadData` at the byte `index` of `ahead`, the bytes that are not consumed yet. Lines and columns count from 1,
    /// columns in bytes.
    pub(super) fn bad_data(&self, ahead: &[u8], index: usize, message: impl std::fmt::Display) -> Error {
        self.error(ErrorKind::BadData, ahead, index, message)
    }

    pub(super) fn error(&self, kind: ErrorKind, ahead: &[u8], index: usize, message: impl std::fmt::Display) -> Error {
        let before = ahead.get(..index).unwrap_or(ahead);
        let line = self.lines + memchr::memchr_iter(b'\n', before).count() as u64 + 1;
        let column = match memchr::memrchr(b'\n', before) {
            Some(last) => (before.len() - last) as u64,
            None => self.column + before.len() as u64 + 1,
        };
        Error::new(kind, format!("{}: line {line}, column {column}: {message}", self.object))
    }
}

/// The beginning of `text`, quoted for a message: at most 40 characters, control characters escaped.
pub(super) fn quoted(text: &[u8]) -> String {
    const MOST: usize = 40;
    let head = text.get(..text.len().min(4 * MOST)).unwrap_or(text);
    let lossy = String::from_utf8_lossy(head);
    let mut short = String::new();
    for character in lossy.chars().take(MOST) {
        match character {
            '\'' => short.push('\''),
            other => short.extend(other.escape_debug()),
        }
    }
    if lossy.chars().nth(MOST).is_some() || head.len() < text.len() {
        short.push('…');
    }
    format!("\"{short}\"")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_over_chunks() {
        let mut place = Place::default();
        place.begin("s3://b/k");
        assert_eq!(place.bad_data(b"abc", 0, "x").message(), "s3://b/k: line 1, column 1: x");
        place.advance(b"one\ntwo\nth");
        assert_eq!(place.bad_data(b"ree\nfour", 1, "x").message(), "s3://b/k: line 3, column 4: x");
        assert_eq!(place.bad_data(b"ree\nfour", 4, "x").message(), "s3://b/k: line 4, column 1: x");
        place.begin("t");
        assert_eq!(place.bad_data(b"\n\n", 2, "x").message(), "t: line 3, column 1: x");
    }

    #[test]
    fn quotes_shortly() {
        assert_eq!(quoted(b"a\"b\n"), r#""a\"b\n""#);
        assert_eq!(quoted(&[b'x'; 100]).chars().count(), 43);
        assert_eq!(quoted("ä".repeat(41).as_bytes()).chars().count(), 43);
    }
}
