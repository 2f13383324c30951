//! Hadoop's block format around raw snappy (`BlockCompressorStream`): blocks of a big-endian length of what comes out, and then
//! chunks, each a big-endian length and raw snappy, until that much came out.

use std::io::{self, Read};

/// Hadoop's buffers are 256 KiB by default; lengths above this are taken for damage instead of being allocated.
const MOST: u32 = 256 << 20;

pub(super) struct HadoopSnappyReader<R> {
    input: R,
    decoder: snap::raw::Decoder,
    compressed: Vec<u8>,
    chunk: Vec<u8>,
    /// How much of `chunk` was given out.
    given: usize,
    /// How much of the block is still to come after `chunk`.
    left: u32,
}

impl<R: Read> HadoopSnappyReader<R> {
    /// Whether an object begins with such a block. There is no magic number, but the lengths must agree: the block's, the
    /// chunk's, and the one that raw snappy begins with. No text begins with a byte this small and passes.
    pub(super) fn recognises(head: &[u8]) -> bool {
        let Some((block, rest)) = head.split_first_chunk::<4>() else { return false };
        let Some((chunk, snappy)) = rest.split_first_chunk::<4>() else { return false };
        let (block, chunk) = (u32::from_be_bytes(*block), u32::from_be_bytes(*chunk));
        let inside = snap::raw::decompress_len(snappy).unwrap_or(0);
        let fits = inside > 0 && inside <= block as usize && block <= MOST;
        fits && chunk > 0 && chunk as usize <= snap::raw::max_compress_len(inside)
    }

    pub(super) fn new(input: R) -> Self {
        let decoder = snap::raw::Decoder::new();
        Self { input, decoder, compressed: Vec::new(), chunk: Vec::new(), given: 0, left: 0 }
    }

    /// A length, or nothing at the end of the input.
    fn length(&mut self) -> io::Result<Option<u32>> {
        let mut bytes = [0; 4];
        let mut filled = 0;
        while let Some(rest) = bytes.get_mut(filled..).filter(|rest| !rest.is_empty()) {
            match self.input.read(rest) {
                Ok(0) if filled == 0 => return Ok(None),
                Ok(0) => return Err(torn()),
                Ok(read) => filled += read,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        match u32::from_be_bytes(bytes) {
            length if length <= MOST => Ok(Some(length)),
            length => Err(io::Error::new(io::ErrorKind::InvalidData, format!("a block of {length} bytes"))),
        }
    }

    /// The next chunk into `self.chunk`; false at the end.
    fn advance(&mut self) -> io::Result<bool> {
        while self.left == 0 {
            match self.length()? {
                Some(length) => self.left = length,
                None => return Ok(false),
            }
        }
        let length = self.length()?.ok_or_else(torn)?;
        self.compressed.clear();
        let read = self.input.by_ref().take(u64::from(length)).read_to_end(&mut self.compressed)?;
        if read < length as usize {
            return Err(torn());
        }
        let inside = snap::raw::decompress_len(&self.compressed)?;
        if inside == 0 || inside > self.left as usize {
            return Err(io::Error::new(io::ErrorKind::InvalidData, "a chunk is longer than its block"));
        }
        self.chunk.resize(inside, 0);
        self.decoder.decompress(&self.compressed, &mut self.chunk)?;
        self.left -= inside as u32;
        self.given = 0;
        Ok(true)
    }
}

fn torn() -> io::Error {
    io::Error::new(io::ErrorKind::UnexpectedEof, "the data ends inside a block")
}

impl<R: Read> Read for HadoopSnappyReader<R> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        if self.given == self.chunk.len() && !self.advance()? {
            return Ok(0);
        }
        let rest = self.chunk.get(self.given..).unwrap_or_default();
        let count = rest.len().min(out.len());
        if let (Some(out), Some(rest)) = (out.get_mut(..count), rest.get(..count)) {
            out.copy_from_slice(rest);
        }
        self.given += count;
        Ok(count)
    }
}
