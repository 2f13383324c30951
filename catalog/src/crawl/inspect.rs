//! From the bytes of one object to what it is: compression and format by content (names say nothing: Firehose writes none,
//! Kafka Connect wrong ones), then the columns from every record of it.

use std::io::Read;

use super::inspected::{Finding, Inspections};
use crate::crawler::Classifier;
use crate::{Error, Result};

/// At most so much uncompressed text is read of one object; more is noted and does not count for the schema.
pub const MAX_TEXT: u64 = 64 << 20;

/// How much of a file with its directory at the end is asked for at first.
pub const TAIL: u64 = 64 << 10;

/// An object's bytes, as far as the caller has them.
pub enum Content<'a> {
    /// All of them.
    Whole(&'a [u8]),
    /// From the start, of an object of `size` bytes: for objects too large to hold. Reads no further than it must.
    Stream { size: u64, reader: &'a mut dyn Read },
    /// The last ones, of an object of `size` bytes, after [`Finding::NeedsTail`].
    Tail { size: u64, bytes: &'a [u8] },
}

/// Inspects one object after another and keeps what it learnt: the thousandth object like the first costs one pass over its
/// bytes and no allocation.
pub struct Inspector {
    inspections: Inspections,
}

impl Inspector {
    /// `classifiers` are the crawler's own, asked before the built-in ones and in their order.
    ///
    /// # Errors
    /// `InvalidInput` for a grok pattern or JSON path that is none.
    pub fn new(_classifiers: &[Classifier]) -> Result<Self> {
        Err(Error::not_supported("inspecting objects"))
    }

    /// What the object with this key is.
    ///
    /// # Errors
    /// Those of reading a stream. Content that is broken or of no known format is a [`Finding`].
    pub fn inspect(&mut self, _key: &str, _content: Content<'_>) -> Result<Finding> {
        Err(Error::not_supported("inspecting objects"))
    }

    /// What was learnt so far; a crawl starts by interning what it remembers of the last one.
    pub fn inspections(&mut self) -> &mut Inspections {
        &mut self.inspections
    }
}
