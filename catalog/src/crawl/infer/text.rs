//! The uncompressed text of one object: a window that moves over it, so that a large object is read in pieces and a small
//! one, which the caller holds already, is not copied.

use std::borrow::Cow;
use std::io::Read;

use memchr::{memchr, memchr_iter};

use crate::{Error, Result};

/// How much is read at once.
const CHUNK: usize = 256 << 10;

/// UTF-8's.
const BYTE_ORDER_MARK: &[u8] = b"\xEF\xBB\xBF";

pub(in super::super) struct Text<'a> {
    window: Cow<'a, [u8]>,
    /// Where in the window reading stands.
    at: usize,
    /// Where the text begins, behind a byte order mark.
    start: usize,
    reader: Option<Box<dyn Read + Send + 'a>>,
    /// How many bytes may still be taken from the reader.
    budget: u64,
    cut: bool,
    /// Whether what was read may be dropped, after which there is no way back.
    committed: bool,
    /// Bytes before the window.
    dropped: u64,
    /// Where in the window lines were last counted, and the line's number there, from 1.
    counted: (usize, u64),
}

impl<'a> Text<'a> {
    /// Text that is all there.
    pub(in super::super) fn whole(bytes: &'a [u8]) -> Self {
        Self {
            window: Cow::Borrowed(bytes),
            at: 0,
            start: 0,
            reader: None,
            budget: 0,
            cut: false,
            committed: false,
            dropped: 0,
            counted: (0, 1),
        }
    }

    /// Text that is read as it is needed, at most `budget` bytes of it.
    pub(in super::super) fn read(reader: Box<dyn Read + Send + 'a>, budget: u64) -> Self {
        Self { reader: Some(reader), budget, ..Self::whole(&[]) }
    }

    /// What is there and not yet consumed.
    pub(in super::super) fn rest(&self) -> &[u8] {
        self.window.get(self.at..).unwrap_or_default()
    }

    pub(super) fn advance(&mut self, bytes: usize) {
        self.at = (self.at + bytes).min(self.window.len());
    }

    /// Bytes consumed since the start.
    pub(super) fn consumed(&self) -> u64 {
        self.dropped + self.at as u64
    }

    /// Whether the end is in the window.
    pub(in super::super) fn is_complete(&self) -> bool {
        self.reader.is_none()
    }

    /// Whether there was more than the budget.
    pub(super) fn is_cut(&self) -> bool {
        self.cut
    }

    /// From now on, what is consumed may be forgotten.
    pub(super) fn commit(&mut self) {
        self.committed = true;
    }

    /// Back to the start, for another format's try; only before [`Text::commit`].
    pub(super) fn rewind(&mut self) {
        debug_assert!(!self.committed || self.dropped == 0);
        self.at = self.start;
        self.counted = (0, 1);
    }

    /// Passes over the byte order mark at the start, which is no part of the text.
    pub(in super::super) fn skip_mark(&mut self) -> Result<()> {
        self.at_least(BYTE_ORDER_MARK.len())?;
        if self.rest().starts_with(BYTE_ORDER_MARK) {
            self.start = BYTE_ORDER_MARK.len();
            self.at = self.start;
        }
        Ok(())
    }

    /// The number of the line that holds the next byte, from 1.
    pub(super) fn line(&mut self) -> u64 {
        let (from, line) = self.counted;
        let between = self.window.get(from..self.at).unwrap_or_default();
        self.counted = (self.at, line + memchr_iter(b'\n', between).count() as u64);
        self.counted.1
    }

    /// Reads on. At least as much as is there unconsumed, so that looking again at an unfinished record costs no more than
    /// twice its length in all. False when nothing is left.
    pub(super) fn more(&mut self) -> Result<bool> {
        if self.reader.is_none() {
            return Ok(false);
        }
        if self.committed {
            self.drop_consumed();
        }
        let wanted = CHUNK.max(self.rest().len());
        Ok(self.fill(wanted)? > 0)
    }

    /// Reads until `bytes` unconsumed bytes are there, or the end.
    pub(in super::super) fn at_least(&mut self, bytes: usize) -> Result<()> {
        while self.rest().len() < bytes && self.more()? {}
        Ok(())
    }

    /// Consumes through the next line break; false when the text ended without one.
    pub(super) fn skip_line(&mut self) -> Result<bool> {
        loop {
            if let Some(end) = memchr(b'\n', self.rest()) {
                self.advance(end + 1);
                return Ok(true);
            }
            let seen = self.rest().len();
            self.advance(seen);
            if !self.more()? {
                return Ok(false);
            }
        }
    }

    fn drop_consumed(&mut self) {
        self.line();
        self.dropped += self.at as u64;
        let at = std::mem::take(&mut self.at);
        self.counted.0 = 0;
        self.window.to_mut().drain(..at);
    }

    fn fill(&mut self, wanted: usize) -> Result<usize> {
        let Some(reader) = self.reader.as_mut() else { return Ok(0) };
        let allowed = self.budget.min(wanted as u64);
        let read = (&mut **reader)
            .take(allowed)
            .read_to_end(self.window.to_mut())
            .map_err(|error| Error::bad_data(format!("cannot be read or unpacked: {error}")).caused_by(error))?;
        self.budget -= read as u64;
        if (read as u64) < allowed {
            self.reader = None;
        } else if self.budget == 0 {
            let mut one = [0];
            self.cut = matches!(reader.read(&mut one), Ok(1));
            self.reader = None;
        }
        Ok(read)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_window_moves_and_counts_lines() {
        let source = "0123456789\n".repeat(100_000);
        let mut text = Text::read(Box::new(source.as_bytes()), u64::MAX);
        text.commit();
        let mut lines = 0;
        while text.skip_line().unwrap() {
            lines += 1;
            if lines == 77_777 {
                assert_eq!(text.line(), 77_778);
            }
        }
        assert_eq!((lines, text.line(), text.consumed()), (100_000, 100_001, source.len() as u64));
        assert!(text.is_complete() && !text.is_cut());
    }

    #[test]
    fn the_budget_cuts() {
        for (budget, cut) in [(9, true), (10, false), (11, false)] {
            let mut text = Text::read(Box::new(&b"0123456789"[..]), budget);
            text.at_least(100).unwrap();
            assert_eq!((text.rest().len() as u64, text.is_cut()), (budget.min(10), cut), "{budget}");
        }
    }

    #[test]
    fn rewinds_until_committed() {
        let mut text = Text::read(Box::new(&b"a\nb\n"[..]), 100);
        assert!(text.skip_line().unwrap());
        assert_eq!(text.line(), 2);
        text.rewind();
        assert_eq!(text.line(), 1);
        assert_eq!(text.rest(), b"a\nb\n");
    }
}
