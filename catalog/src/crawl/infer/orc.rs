//! ORC: the columns and rows that its footer tells (ORC specification v1, "File Tail"). Read by hand: the two messages needed
//! have a dozen fields, and the crates that read ORC bring a protobuf compiler's output and a second Arrow with them.

use std::io::Read;

use super::protobuf::{FieldValue, fields, numbers};
use super::{Described, Directory};
use crate::crawl::inspected::{Finding, Inspections, Kind};
use crate::crawl::shape::{Member, Shape};

/// A footer claims no more than this uncompressed.
const LARGEST_FOOTER: u64 = 256 << 20;

/// Types nested deeper than this are kept as text.
const MAX_DEPTH: usize = 64;

/// `end` are the last bytes of an object of `size`, or all of them.
pub(in super::super) fn inspect(end: &[u8], size: u64, inspections: &mut Inspections) -> Finding {
    directory(end, size).found(inspections)
}

fn directory(end: &[u8], size: u64) -> Directory<Described> {
    let damaged = |why: &str| Directory::Damaged(format!("an ORC file {why}"));
    let Some((&length, rest)) = end.split_last() else { return damaged("without bytes") };
    let Some(start) = rest.len().checked_sub(usize::from(length)) else { return damaged("too short to be one") };
    let (before, postscript) = rest.split_at_checked(start).unwrap_or_default();
    let Some(postscript) = Postscript::of(postscript) else {
        return damaged("whose end is missing: it is not whole");
    };
    let needed = postscript.footer.saturating_add(u64::from(length) + 1);
    if needed > size {
        return damaged("whose footer is said to be longer than the file");
    }
    let Some(start) = before.len().checked_sub(postscript.footer as usize) else { return Directory::Needs(needed) };
    let footer = before.get(start..).unwrap_or_default();
    match unpack(footer, postscript.compression) {
        Ok(footer) => match describe(&footer, size) {
            Some(described) => Directory::Read(described),
            None => damaged("whose footer describes no columns"),
        },
        Err(why) => damaged(&why),
    }
}

struct Postscript {
    /// Length of the footer in bytes, as stored.
    footer: u64,
    compression: u64,
}

impl Postscript {
    fn of(message: &[u8]) -> Option<Self> {
        let mut postscript = Self { footer: 0, compression: 0 };
        let mut is_orc = false;
        for field in fields(message) {
            match (field.number, field.value) {
                (1, FieldValue::Number(length)) => postscript.footer = length,
                (2, FieldValue::Number(kind)) => postscript.compression = kind,
                (8000, FieldValue::Bytes(magic)) => is_orc = magic == b"ORC",
                _ => {}
            }
        }
        is_orc.then_some(postscript)
    }
}

/// The footer without its compression, which is in chunks with a header of three bytes each.
fn unpack(mut stored: &[u8], compression: u64) -> Result<Vec<u8>, String> {
    if compression == 0 {
        return Ok(stored.to_vec());
    }
    let mut unpacked = Vec::new();
    while let Some(([a, b, c], rest)) = stored.split_first_chunk::<3>() {
        let header = u32::from_le_bytes([*a, *b, *c, 0]);
        let (chunk, rest) = rest.split_at_checked((header >> 1) as usize).ok_or("whose footer is cut off")?;
        stored = rest;
        if header & 1 == 1 {
            unpacked.extend_from_slice(chunk);
        } else {
            inflate(chunk, compression, &mut unpacked)?;
        }
        if unpacked.len() as u64 > LARGEST_FOOTER {
            return Err("whose footer is too large".to_owned());
        }
    }
    Ok(unpacked)
}

fn inflate(chunk: &[u8], compression: u64, out: &mut Vec<u8>) -> Result<(), String> {
    let damaged = |error: &dyn std::fmt::Display| format!("whose footer cannot be unpacked: {error}");
    let mut read = |reader: &mut dyn Read| reader.take(LARGEST_FOOTER).read_to_end(out).map_err(|error| damaged(&error));
    match compression {
        1 => drop(read(&mut flate2::read::DeflateDecoder::new(chunk))?),
        2 => out.extend(snap::raw::Decoder::new().decompress_vec(chunk).map_err(|error| damaged(&error))?),
        4 => out.extend(lz4_flex::block::decompress(chunk, LARGEST_CHUNK).map_err(|error| damaged(&error))?),
        5 => drop(read(&mut zstd::stream::read::Decoder::new(chunk).map_err(|error| damaged(&error))?)?),
        3 => return Err("compressed with LZO, which is not supported".to_owned()),
        other => return Err(format!("with an unknown compression ({other})")),
    }
    Ok(())
}

/// ORC's writers make chunks of 256 KiB; LZ4's blocks do not say how long they are.
const LARGEST_CHUNK: usize = 8 << 20;

/// One entry of the footer's list of types.
#[derive(Default)]
struct OrcType {
    kind: u64,
    children: Vec<u64>,
    names: Vec<String>,
    precision: Option<u8>,
    scale: i8,
}

fn describe(footer: &[u8], size: u64) -> Option<Described> {
    let (mut types, mut rows) = (Vec::new(), 0);
    for field in fields(footer) {
        match (field.number, field.value) {
            (4, FieldValue::Bytes(message)) => types.push(OrcType::of(message)),
            (6, FieldValue::Number(number)) => rows = number,
            _ => {}
        }
    }
    match shape(&types, 0, 0) {
        Shape::Struct(columns) => Some(Described { kind: Kind::Orc, classification: "orc", columns, records: rows, bytes: size }),
        _ => None,
    }
}

impl OrcType {
    fn of(message: &[u8]) -> Self {
        let mut described = Self::default();
        for field in fields(message) {
            match (field.number, field.value) {
                (1, FieldValue::Number(kind)) => described.kind = kind,
                (2, FieldValue::Bytes(packed)) => described.children.extend(numbers(packed)),
                (2, FieldValue::Number(child)) => described.children.push(child),
                (3, FieldValue::Bytes(name)) => described.names.push(String::from_utf8_lossy(name).into_owned()),
                (5, FieldValue::Number(precision)) => described.precision = u8::try_from(precision).ok(),
                (6, FieldValue::Number(scale)) => described.scale = i8::try_from(scale).unwrap_or_default(),
                _ => {}
            }
        }
        described
    }
}

fn shape(types: &[OrcType], at: u64, depth: usize) -> Shape {
    let Some(this) = usize::try_from(at).ok().and_then(|at| types.get(at)).filter(|_| depth <= MAX_DEPTH) else {
        return Shape::String;
    };
    let child = |index: usize| this.children.get(index).map_or(Shape::Null, |child| shape(types, *child, depth + 1));
    match this.kind {
        0 => Shape::Boolean,
        1 => Shape::TinyInt,
        2 => Shape::SmallInt,
        3 => Shape::Int,
        4 => Shape::BigInt,
        5 => Shape::Float,
        6 => Shape::Double,
        8 => Shape::Binary,
        9 | 18 => Shape::Timestamp,
        10 => Shape::Array(Box::new(child(0))),
        11 => Shape::Map(Box::new(child(0)), Box::new(child(1))),
        12 => Shape::Struct((0..this.children.len()).zip(&this.names).map(|(at, name)| Member::new(name, child(at))).collect()),
        14 => Shape::Decimal(this.precision.unwrap_or(super::super::shape::MAX_DECIMAL_DIGITS), this.scale),
        15 => Shape::Date,
        // string, varchar and char; a union of types too.
        _ => Shape::String,
    }
}

#[cfg(test)]
mod tests;
