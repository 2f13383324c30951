//! What a crawler remembers from its last run, so that only new and changed objects are read again: for each object how it was
//! recognised, each distinct finding once, and the tables it has written. One blob per crawled target.
//!
//! The blob is zstd over: the length of a JSON header (findings, tables), the header, then the objects in key order with their
//! keys front-coded. A hundred thousand objects are a few megabytes.

use std::collections::BTreeMap;
use std::io::Read;

use bytes::Bytes;
use md5::{Digest, Md5};
use serde::{Deserialize, Serialize};

use super::inspected::{Found, Inspected, Inspections, Note};
use crate::error::{Error, Result};
use crate::storage::Object;

/// Bumped when the blob or the meaning of what is in it changes: what an older crawler remembers is then read anew.
const VERSION: u32 = 1;

/// A blob claims no more than this, so that a damaged one cannot take the machine's memory.
const MAX_BYTES: u64 = 4 << 30;

/// What reading an object came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Known {
    Data {
        /// Number in [`Memory::findings`].
        inspection: u32,
        records: u64,
        /// Uncompressed bytes of those records.
        bytes: u64,
    },
    /// Not data; number of the reason in [`Memory::reasons`].
    Unrecognised(u32),
}

/// A table that the crawler wrote, as far as it must know to miss it later.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Written {
    pub database: String,
    pub table: String,
    /// The table's location, as text.
    pub location: String,
    /// Whether its folders are partitions: it stays one table then, whatever comes.
    pub partitioned: bool,
}

/// The memory of one target.
#[derive(Debug, Default)]
pub struct Memory {
    pub findings: Inspections,
    pub reasons: Vec<String>,
    pub tables: Vec<Written>,
    /// Tells the classifiers that recognised the objects.
    pub classifiers: String,
    /// By key relative to the target: fingerprint and what is known.
    pub objects: BTreeMap<String, (u64, Known)>,
}

#[derive(Serialize, Deserialize)]
struct Header {
    version: u32,
    findings: Vec<(Inspected, Vec<Note>)>,
    reasons: Vec<String>,
    tables: Vec<Written>,
    classifiers: String,
    objects: usize,
}

/// Tells one content of an object from another.
pub(super) fn fingerprint(object: &Object) -> u64 {
    let mut digest = Md5::new();
    digest.update(object.size.to_le_bytes());
    match &object.etag {
        Some(etag) => digest.update(etag.as_bytes()),
        None => digest.update(object.modified.to_le_bytes()),
    }
    digest.finalize().iter().take(8).fold(0, |print, byte| print << 8 | u64::from(*byte))
}

impl Memory {
    /// What is known of an object, unless it changed.
    pub fn known(&self, relative: &str, fingerprint: u64) -> Option<&Known> {
        self.objects.get(relative).filter(|(print, _)| *print == fingerprint).map(|(_, known)| known)
    }

    pub fn remember(&mut self, relative: String, fingerprint: u64, known: Known) {
        self.objects.insert(relative, (fingerprint, known));
    }

    /// The number of a reason for [`Known::Unrecognised`].
    pub fn reason(&mut self, why: &str) -> u32 {
        let at = self.reasons.iter().position(|known| known == why).unwrap_or_else(|| {
            self.reasons.push(why.to_string());
            self.reasons.len() - 1
        });
        at as u32
    }

    pub fn save(&self) -> Result<Bytes> {
        let numbers = self.used();
        let findings =
            numbers.keys().filter_map(|&at| Some((self.findings.get(at)?.clone(), self.findings.why(at).to_vec()))).collect();
        let header = Header {
            version: VERSION,
            findings,
            reasons: self.reasons.clone(),
            tables: self.tables.clone(),
            classifiers: self.classifiers.clone(),
            objects: self.objects.len(),
        };
        let header = serde_json::to_vec(&header)
            .map_err(|error| Error::internal("the crawler's memory cannot be written").caused_by(error))?;
        let mut raw = Vec::with_capacity(header.len() + self.objects.len() * 40);
        push(&mut raw, header.len() as u64);
        raw.extend_from_slice(&header);
        let mut last = "";
        for (key, (print, known)) in &self.objects {
            let shared = key.bytes().zip(last.bytes()).take_while(|(a, b)| a == b).count();
            let suffix = key.as_bytes().get(shared..).unwrap_or_default();
            push(&mut raw, shared as u64);
            push(&mut raw, suffix.len() as u64);
            raw.extend_from_slice(suffix);
            raw.extend_from_slice(&print.to_le_bytes());
            match known {
                Known::Unrecognised(reason) => push(&mut raw, u64::from(*reason) << 1),
                Known::Data { inspection, records, bytes } => {
                    let number = numbers.get(inspection).copied().unwrap_or_default();
                    push(&mut raw, number << 1 | 1);
                    push(&mut raw, *records);
                    push(&mut raw, *bytes);
                }
            }
            last = key;
        }
        let packed = zstd::encode_all(raw.as_slice(), 1)
            .map_err(|error| Error::internal("the crawler's memory cannot be packed").caused_by(error))?;
        Ok(packed.into())
    }

    /// The findings that objects still have, with their numbers in the blob: those of objects that are gone are forgotten.
    fn used(&self) -> BTreeMap<u32, u64> {
        let mut numbers: BTreeMap<u32, u64> = BTreeMap::new();
        for (_, known) in self.objects.values() {
            if let Known::Data { inspection, .. } = known {
                numbers.entry(*inspection).or_default();
            }
        }
        numbers.values_mut().zip(0..).for_each(|(number, next)| *number = next);
        numbers
    }

    /// Nothing when an older crawler wrote the blob in another form.
    ///
    /// Errors: `BadData` when the blob is damaged.
    pub fn load(blob: &[u8]) -> Result<Option<Self>> {
        let damaged = |what: &str| Error::bad_data(format!("the crawler's memory is damaged: {what}"));
        let mut raw = Vec::new();
        let decoder = zstd::Decoder::new(blob).map_err(|error| damaged("it is not packed as expected").caused_by(error))?;
        decoder.take(MAX_BYTES).read_to_end(&mut raw).map_err(|error| damaged("it cannot be unpacked").caused_by(error))?;
        let mut rest = raw.as_slice();
        let length = pull(&mut rest).ok_or_else(|| damaged("its header is cut off"))?;
        let header = usize::try_from(length)
            .ok()
            .and_then(|length| rest.split_at_checked(length))
            .ok_or_else(|| damaged("its header is cut off"))?;
        rest = header.1;
        #[derive(Deserialize)]
        struct Version {
            version: u32,
        }
        let version: Version =
            serde_json::from_slice(header.0).map_err(|error| damaged("its header is no JSON").caused_by(error))?;
        if version.version != VERSION {
            return Ok(None);
        }
        let header: Header =
            serde_json::from_slice(header.0).map_err(|error| damaged("its header is not understood").caused_by(error))?;
        let mut memory =
            Self { reasons: header.reasons, tables: header.tables, classifiers: header.classifiers, ..Self::default() };
        for (inspected, why) in header.findings {
            memory.findings.intern(inspected, || why);
        }
        let mut key: Vec<u8> = Vec::new();
        for _ in 0..header.objects {
            let (print, known) = object(&mut rest, &mut key).ok_or_else(|| damaged("its objects are cut off"))?;
            let relative = String::from_utf8(key.clone()).map_err(|error| damaged("a key is not UTF-8").caused_by(error))?;
            memory.objects.insert(relative, (print, known));
        }
        Ok(Some(memory))
    }
}

impl From<&Found> for Known {
    fn from(found: &Found) -> Self {
        Self::Data { inspection: found.inspection, records: found.records, bytes: found.bytes }
    }
}

/// The next object; `key` holds the one before it and becomes its key.
fn object(rest: &mut &[u8], key: &mut Vec<u8>) -> Option<(u64, Known)> {
    let shared = usize::try_from(pull(rest)?).ok()?;
    let length = usize::try_from(pull(rest)?).ok()?;
    let (suffix, after) = rest.split_at_checked(length)?;
    let (print, after) = after.split_first_chunk::<8>()?;
    *rest = after;
    key.truncate(shared);
    key.extend_from_slice(suffix);
    let tag = pull(rest)?;
    let number = u32::try_from(tag >> 1).ok()?;
    let known = if tag & 1 == 0 {
        Known::Unrecognised(number)
    } else {
        Known::Data { inspection: number, records: pull(rest)?, bytes: pull(rest)? }
    };
    Some((u64::from_le_bytes(*print), known))
}

/// Writes a number in groups of seven bits, the lowest first.
fn push(out: &mut Vec<u8>, mut number: u64) {
    while number >= 0x80 {
        out.push(number as u8 | 0x80);
        number >>= 7;
    }
    out.push(number as u8);
}

fn pull(rest: &mut &[u8]) -> Option<u64> {
    let mut number = 0u64;
    for shift in (0..64).step_by(7) {
        let (&byte, after) = rest.split_first()?;
        *rest = after;
        number |= u64::from(byte & 0x7f) << shift;
        if byte < 0x80 {
            return Some(number);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::super::inspected::{Framing, Kind};
    use super::super::shape::{Member, Shape};
    use super::*;

    fn object(size: u64, etag: Option<&str>, modified: i64) -> Object {
        Object { key: "k".into(), size, etag: etag.map(str::to_string), modified }
    }

    #[test]
    fn comes_back_as_it_was() {
        let mut memory = Memory::default();
        let inspected = Inspected {
            kind: Kind::Json { framing: Framing::Values, path: None },
            compression: "none".into(),
            classification: "json".into(),
            columns: vec![Member::new("a", Shape::Array(Box::new(Shape::Int)))],
        };
        let note = Note { object: "a".into(), line: Some(3), text: "why".into() };
        memory.findings.intern(Inspected { classification: "gone".into(), ..inspected.clone() }, Vec::new);
        memory.findings.intern(inspected.clone(), || vec![note.clone()]);
        let reason = memory.reason("no idea");
        assert_eq!(memory.reason("no idea"), reason);
        let table = Written { database: "d".into(), table: "t".into(), location: "s3://b/t/".into(), partitioned: true };
        memory.tables.push(table.clone());
        for i in 0..1000u64 {
            memory.remember(
                format!("dt={}/é{i}.json", i / 100),
                i * 77,
                Known::Data { inspection: 1, records: i, bytes: i << 33 },
            );
        }
        memory.remember("x".into(), 5, Known::Unrecognised(reason));
        let loaded = Memory::load(&memory.save().unwrap()).unwrap().unwrap();
        assert_eq!(loaded.objects.len(), 1001);
        let expected = Known::Data { inspection: 0, records: 999, bytes: 999 << 33 };
        assert_eq!(loaded.known("dt=9/é999.json", 999 * 77), Some(&expected));
        assert_eq!((loaded.findings.get(0), loaded.findings.why(0)), (Some(&inspected), [note].as_slice()));
        assert_eq!((loaded.reasons, loaded.tables), (vec!["no idea".to_string()], vec![table]));
        assert_eq!(memory.known("x", 6), None, "it changed");
    }

    #[test]
    fn a_changed_object_has_another_fingerprint() {
        let print = |size, etag, modified| fingerprint(&object(size, etag, modified));
        assert_eq!(print(1, Some("a"), 1), print(1, Some("a"), 2), "the etag decides");
        assert_ne!(print(1, Some("a"), 1), print(1, Some("b"), 1));
        assert_ne!(print(1, None, 1), print(1, None, 2));
        assert_ne!(print(1, None, 1), print(2, None, 1));
    }

    #[test]
    fn damage_is_an_error_and_never_a_panic() {
        let mut memory = Memory::default();
        memory.remember("a/b".into(), 1, Known::Unrecognised(0));
        let blob = memory.save().unwrap();
        for length in 0..blob.len() {
            assert!(Memory::load(&blob[..length]).is_err(), "cut at {length}");
        }
        let raw = zstd::decode_all(blob.as_ref()).unwrap();
        for length in 0..raw.len() {
            assert!(Memory::load(&zstd::encode_all(&raw[..length], 1).unwrap()).is_err(), "cut at {length}");
        }
        for at in 0..raw.len() {
            let mut flipped = raw.clone();
            flipped[at] ^= 0xff;
            let _ = Memory::load(&zstd::encode_all(flipped.as_slice(), 1).unwrap());
        }
    }
}
