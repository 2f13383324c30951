//! LZ4 frames, one after another. The library's reader takes a file that breaks off between two blocks for a whole one, and a
//! frame's end for the file's; both would lose rows silently.

use std::io::{self, BufRead, BufReader, Read};

use lz4_flex::frame::FrameDecoder;

pub(super) struct Lz4Reader<R: Read> {
    /// The frame being read; always there between calls. A reader of its own for each: the library's cannot go from one block
    /// size to another.
    frame: Option<FrameDecoder<Tail<BufReader<R>>>>,
}

impl<R: Read> Lz4Reader<R> {
    pub(super) fn new(input: R) -> Self {
        let input = Tail { input: BufReader::new(input), asked_in_vain: false };
        Self { frame: Some(FrameDecoder::new(input)) }
    }
}

impl<R: Read> Read for Lz4Reader<R> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        while let Some(frame) = &mut self.frame {
            let read = frame.read(out)?;
            if read > 0 || out.is_empty() {
                return Ok(read);
            }
            let source = frame.get_mut();
            if source.asked_in_vain {
                return Err(io::Error::new(io::ErrorKind::UnexpectedEof, "an LZ4 frame has no end mark"));
            }
            if source.input.fill_buf()?.is_empty() {
                return Ok(0);
            }
            self.frame = self.frame.take().map(|frame| FrameDecoder::new(frame.into_inner()));
        }
        Ok(0)
    }
}

/// A reader that remembers whether the frame reader asked for more than there was: after a frame's end mark it does not.
struct Tail<R> {
    input: R,
    asked_in_vain: bool,
}

impl<R: Read> Read for Tail<R> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        let read = self.input.read(out)?;
        self.asked_in_vain |= read == 0 && !out.is_empty();
        Ok(read)
    }
}
