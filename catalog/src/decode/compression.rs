//! Whole-object compression, recognised by its first bytes: names say nothing in a lake (Firehose writes none). What is inside
//! Parquet, Avro and ORC files is their readers' business.

use std::io::{self, BufReader, Read};

use serde::{Deserialize, Serialize};

use super::hadoop::HadoopSnappyReader;
use super::lz4::Lz4Reader;
use crate::error::{Error, Result};

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Compression {
    #[default]
    None,
    /// Any number of members.
    Gzip,
    /// Hadoop's DefaultCodec, `.deflate`: a zlib stream.
    Zlib,
    /// Any number of streams.
    Bzip2,
    /// Any number of frames, skippable ones among them.
    Zstd,
    /// The framing format of the snappy project.
    Snappy,
    /// Hadoop's own blocks around raw snappy.
    HadoopSnappy,
    /// Any number of frames.
    Lz4,
    /// Recognised to be refused.
    Zip,
    /// Recognised to be refused.
    Xz,
}

const ZSTD_MAGIC: [u8; 4] = [0x28, 0xB5, 0x2F, 0xFD];
const LZ4_MAGIC: [u8; 4] = [0x04, 0x22, 0x4D, 0x18];

impl Compression {
    /// How many first bytes of an object [`detect`](Self::detect) wants to see.
    pub const HEAD: usize = 24;

    /// The compression of an object that begins with `head`; `None` for anything else, text included.
    pub fn detect(head: &[u8]) -> Self {
        match head {
            [0x1F, 0x8B, 8, ..] => Self::Gzip,
            [b'B', b'Z', b'h', b'1'..=b'9', rest @ ..] if is_bzip2(rest) => Self::Bzip2,
            head if head.starts_with(&ZSTD_MAGIC) => Self::Zstd,
            // A skippable frame, which pzstd writes first; LZ4 knows them too, but nothing begins its files so.
            [0x50..=0x5F, 0x2A, 0x4D, 0x18, ..] => Self::Zstd,
            head if head.starts_with(&LZ4_MAGIC) => Self::Lz4,
            head if head.starts_with(b"\xFF\x06\x00\x00sNaPpY") => Self::Snappy,
            head if head.starts_with(b"PK\x03\x04") || head.starts_with(b"PK\x05\x06") => Self::Zip,
            head if head.starts_with(b"\xFD7zXZ\0") => Self::Xz,
            // The header of the fastest level, 78 01, may be text too: an `x` before LazySimpleSerDe's delimiter.
            [0x78, 0x9C | 0xDA, ..] => Self::Zlib,
            head if HadoopSnappyReader::<&[u8]>::recognises(head) => Self::HadoopSnappy,
            _ => Self::None,
        }
    }

    /// What Glue's crawler writes as `compressionType`.
    pub fn name(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Gzip => "gzip",
            Self::Zlib => "deflate",
            Self::Bzip2 => "bzip2",
            Self::Zstd => "zstd",
            Self::Snappy | Self::HadoopSnappy => "snappy",
            Self::Lz4 => "lz4",
            Self::Zip => "zip",
            Self::Xz => "xz",
        }
    }

    /// The decompressed bytes of `input`. Damaged and torn data is an `io::Error` of the reader; [`damaged`](Self::damaged) makes
    /// a `BadData` of it.
    ///
    /// Errors: `NotSupported` for zip and xz.
    pub fn reader<'r>(self, input: impl Read + Send + 'r) -> Result<Box<dyn Read + Send + 'r>> {
        Ok(match self {
            Self::None => Box::new(input),
            Self::Gzip => Box::new(flate2::read::MultiGzDecoder::new(BufReader::new(input))),
            Self::Zlib => Box::new(flate2::read::ZlibDecoder::new(BufReader::new(input))),
            Self::Bzip2 => Box::new(bzip2::read::MultiBzDecoder::new(BufReader::new(input))),
            Self::Zstd => Box::new(zstd::stream::read::Decoder::new(input).map_err(|error| self.damaged(error))?),
            Self::Snappy => Box::new(snap::read::FrameDecoder::new(input)),
            Self::HadoopSnappy => Box::new(HadoopSnappyReader::new(input)),
            Self::Lz4 => Box::new(Lz4Reader::new(input)),
            Self::Zip | Self::Xz => {
                let name = self.name();
                return Err(Error::not_supported(format!("{name} archives are not supported; recompress with gzip or zstd")));
            }
        })
    }

    /// A whole object, decompressed.
    ///
    /// Errors: `NotSupported` for zip and xz, `BadData` for damaged or torn data; the caller adds the object's name.
    pub fn decompress(self, bytes: &[u8]) -> Result<Vec<u8>> {
        // Text compresses some five-fold; growing from there costs little.
        let mut decompressed = Vec::with_capacity(if self == Self::None { bytes.len() } else { 4 * bytes.len() });
        self.reader(bytes)?.read_to_end(&mut decompressed).map_err(|error| self.damaged(error))?;
        Ok(decompressed)
    }

    /// The error for one that a [`reader`](Self::reader) gave: damaged data, unless the source itself failed.
    pub fn damaged(self, error: io::Error) -> Error {
        Error::bad_data(format!("the {} data is damaged or torn: {error}", self.name())).caused_by(error)
    }
}

/// After `BZh` and the level: a block, or the end of an empty stream.
fn is_bzip2(rest: &[u8]) -> bool {
    const BLOCK: &[u8] = &[0x31, 0x41, 0x59, 0x26, 0x53, 0x59];
    const END: &[u8] = &[0x17, 0x72, 0x45, 0x38, 0x50, 0x90];
    rest.starts_with(BLOCK) || rest.starts_with(END)
}

#[cfg(test)]
mod tests;
