//! The blocks of a Hudi log file (Apache Hudi, "Technical Specification": log file format).
//!
//! A block is `#HUDI#`, the length of the rest, the format's version, the block's type, a header (pairs of a number and a text), the
//! length of the content and the content, a footer like the header, and the block's length once more. All numbers are big-endian.

use bytes::Bytes;
use catalog::{Error, Result};

const MAGIC: &[u8] = b"#HUDI#";
/// The version of the frame around blocks; the only one since logs have headers.
const FRAME: u32 = 1;

/// Keys of a block's header.
const INSTANT: u32 = 0;
const TARGET: u32 = 1;
const SCHEMA: u32 = 2;
const COMMAND: u32 = 3;
const COMPACTED: u32 = 4;
const PARTIAL: u32 = 7;

/// What a block holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Command,
    Delete,
    Avro,
    Hfile,
    Parquet,
    /// Changes for readers of changes; the rows are in other blocks.
    Changes,
}

/// One block.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Block {
    pub(super) kind: Kind,
    /// The instant that wrote it.
    pub(super) instant: String,
    /// Of a rollback the instant whose blocks before it are void.
    pub(super) target: Option<String>,
    /// Of data the Avro schema of its records.
    pub(super) schema: Option<String>,
    pub(super) content: Bytes,
}

/// The blocks of a log file in order. A block that was not written to its end is left out where the instant that wrote it was not
/// finished, by `committed`, or cannot be told; the next block is then looked for, as Hudi's readers do.
///
/// Errors: `BadData` for a torn block of a finished instant, or a file that is no log; `NotSupported` names the kind of block, the
/// version or the feature that is not read.
pub(super) fn blocks(file: &Bytes, committed: &dyn Fn(&str) -> bool) -> Result<Vec<Block>> {
    if !file.is_empty() && !file.starts_with(MAGIC) {
        return Err(Error::bad_data("it is no hudi log file: it does not begin with #HUDI#"));
    }
    let mut found = vec![];
    let mut at = 0;
    while at < file.len() {
        match framed(file, at) {
            Some(end) => {
                found.extend(block(&file.slice(at + MAGIC.len() + 8..end - 8))?);
                at = end;
            }
            None => {
                let rest = file.slice(at..);
                if let Some(instant) = torn_instant(&rest).filter(|instant| committed(instant)) {
                    return Err(Error::bad_data(format!(
                        "the hudi log block at byte {at}, written by the finished instant {instant}, is torn"
                    )));
                }
                tracing::warn!(at, "a torn block of an unfinished write was skipped in a hudi log file");
                at = next(file, at + 1);
            }
        }
    }
    Ok(found)
}

/// Where the block at `at` ends, if it is whole.
fn framed(file: &Bytes, at: usize) -> Option<usize> {
    let rest = file.get(at..)?.strip_prefix(MAGIC)?;
    let length = usize::try_from(u64::from_be_bytes(rest.get(..8)?.try_into().ok()?)).ok()?;
    let end = (at + MAGIC.len() + 8).checked_add(length)?;
    let trailer = file.get(end.checked_sub(8)?..end)?;
    let said = u64::from_be_bytes(trailer.try_into().ok()?);
    let whole = length >= 16 && said == (length + MAGIC.len()) as u64;
    whole.then_some(end)
}

/// The next place where a block may begin.
fn next(file: &Bytes, from: usize) -> usize {
    let rest = file.get(from..).unwrap_or_default();
    rest.windows(MAGIC.len()).position(|window| window == MAGIC).map_or(file.len(), |found| from + found)
}

/// The instant in the header of a block that has no end.
fn torn_instant(rest: &Bytes) -> Option<String> {
    let mut reader = Reader { bytes: rest.slice((MAGIC.len() + 16).min(rest.len())..) };
    let header = reader.pairs().ok()?;
    header.into_iter().find(|(key, _)| *key == INSTANT).map(|(_, value)| value)
}

/// A block without its magic, length and trailer; none for those that hold nothing.
fn block(body: &Bytes) -> Result<Option<Block>> {
    let mut reader = Reader { bytes: body.clone() };
    let frame = reader.number()?;
    if frame != FRAME {
        return Err(Error::not_supported(format!(
            "hudi log blocks of the format version {frame} are not supported; version 1 is"
        )));
    }
    let kind = match reader.number()? {
        0 => Kind::Command,
        1 => Kind::Delete,
        2 => return Ok(None),
        3 => Kind::Avro,
        4 => Kind::Hfile,
        5 => Kind::Parquet,
        6 => Kind::Changes,
        other => return Err(Error::not_supported(format!("hudi log blocks of the type {other} are not supported"))),
    };
    let mut header = reader.pairs()?;
    let length = reader.length()?;
    let content = reader.take(length)?;
    let mut take = |wanted: u32| {
        let at = header.iter().position(|(key, _)| *key == wanted)?;
        Some(header.swap_remove(at).1)
    };
    if take(COMPACTED).is_some() {
        return Err(Error::not_supported("hudi log blocks that were compacted into others (log compaction) are not supported"));
    }
    if take(PARTIAL).is_some_and(|value| value.eq_ignore_ascii_case("true")) {
        return Err(Error::not_supported("hudi log blocks with partial updates are not supported"));
    }
    let (instant, target, schema) = (take(INSTANT), take(TARGET), take(SCHEMA));
    // The only command that there is takes back an instant.
    if kind == Kind::Command
        && let Some(other) = take(COMMAND).filter(|command| command != "0")
    {
        return Err(Error::not_supported(format!("hudi log commands of the type {other} are not supported")));
    }
    let instant = instant.ok_or_else(|| Error::bad_data("a hudi log block does not say which instant wrote it"))?;
    Ok(Some(Block { kind, instant, target, schema, content }))
}

/// Takes a block apart from its front.
pub(super) struct Reader {
    pub(super) bytes: Bytes,
}

impl Reader {
    /// Errors (`BadData`): there are not so many bytes; also of the others.
    pub(super) fn take(&mut self, count: usize) -> Result<Bytes> {
        if count > self.bytes.len() {
            return Err(Error::bad_data(format!(
                "a hudi log block ends early: {count} bytes were expected, {} are left",
                self.bytes.len()
            )));
        }
        Ok(self.bytes.split_to(count))
    }

    pub(super) fn number(&mut self) -> Result<u32> {
        let bytes = self.take(4)?;
        Ok(bytes.iter().fold(0, |number, byte| number << 8 | u32::from(*byte)))
    }

    fn length(&mut self) -> Result<usize> {
        let (high, low) = (self.number()?, self.number()?);
        usize::try_from(u64::from(high) << 32 | u64::from(low)).map_err(|_| Error::bad_data("a hudi log block is too long"))
    }

    fn pairs(&mut self) -> Result<Vec<(u32, String)>> {
        let count = self.number()?;
        let mut pairs = vec![];
        for _ in 0..count {
            let (key, length) = (self.number()?, self.number()?);
            let value = self.take(length as usize)?;
            let text = std::str::from_utf8(&value).map_err(|_| Error::bad_data("the header of a hudi log block is no text"))?;
            pairs.push((key, text.to_string()));
        }
        Ok(pairs)
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    /// A block as Hudi writes it.
    pub(crate) fn written(kind: u32, header: &[(u32, &str)], content: &[u8]) -> Vec<u8> {
        let mut body = vec![];
        body.extend(FRAME.to_be_bytes());
        body.extend(kind.to_be_bytes());
        body.extend((header.len() as u32).to_be_bytes());
        for (key, value) in header {
            body.extend(key.to_be_bytes());
            body.extend((value.len() as u32).to_be_bytes());
            body.extend(value.as_bytes());
        }
        body.extend((content.len() as u64).to_be_bytes());
        body.extend(content);
        body.extend(0_u32.to_be_bytes());
        let length = (body.len() + 8) as u64;
        let trailer = (length + MAGIC.len() as u64).to_be_bytes();
        [MAGIC, &length.to_be_bytes(), &body, &trailer].concat()
    }

    fn read(bytes: Vec<u8>) -> Result<Vec<(Kind, String)>> {
        let found = blocks(&Bytes::from(bytes), &|instant| instant == "10")?;
        Ok(found.into_iter().map(|block| (block.kind, block.instant)).collect())
    }

    #[test]
    fn blocks_follow_each_other() {
        let file = [
            written(3, &[(INSTANT, "10"), (SCHEMA, "{}")], b"data"),
            written(0, &[(INSTANT, "20"), (TARGET, "10"), (COMMAND, "0")], b""),
            written(1, &[(INSTANT, "30")], b"keys"),
        ]
        .concat();
        let expected = [(Kind::Avro, "10".to_string()), (Kind::Command, "20".to_string()), (Kind::Delete, "30".to_string())];
        assert_eq!(read(file).unwrap(), expected);
        assert_eq!(read(vec![]).unwrap(), []);
    }

    #[test]
    fn torn_blocks_of_unfinished_writes_are_skipped() {
        let torn = |instant: &str| written(3, &[(INSTANT, instant)], b"0123456789")[..50].to_vec();
        let whole = written(1, &[(INSTANT, "10")], b"");
        assert_eq!(read([torn("99"), whole.clone()].concat()).unwrap(), [(Kind::Delete, "10".to_string())]);
        assert_eq!(read([whole.clone(), torn("99")].concat()).unwrap(), [(Kind::Delete, "10".to_string())]);
        let error = read([whole, torn("10")].concat()).unwrap_err();
        assert!(error.message().contains("finished instant 10, is torn"), "{error}");
    }

    #[test]
    fn what_is_not_read_is_told_by_name() {
        for (block, expected) in [
            (written(3, &[(INSTANT, "10"), (PARTIAL, "true")], b""), "partial updates"),
            (written(3, &[(INSTANT, "10"), (COMPACTED, "1,2")], b""), "log compaction"),
            (written(9, &[(INSTANT, "10")], b""), "of the type 9"),
            (written(3, &[], b""), "which instant"),
            (b"PAR1".to_vec(), "it is no hudi log file"),
        ] {
            let error = read(block).unwrap_err();
            assert!(error.message().contains(expected), "{error}");
        }
    }
}
