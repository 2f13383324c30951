//! What the crawler learnt from one object, and the store of all such findings of a crawl, each kept once.

use std::collections::HashMap;
use std::fmt;
use std::hash::{BuildHasher, RandomState};

use serde::{Deserialize, Serialize};

use super::shape::Member;
pub use crate::format::JsonFraming as Framing;

/// What an object's bytes are. Two objects whose [`Inspected`] are equal are the same to the crawler; most objects of a lake
/// are, so each is kept once, and an object remembers only its number in [`Inspections`].
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Inspected {
    pub kind: Kind,
    /// Of the whole object, as Glue's `compressionType` names it: `none`, `gzip`, `bzip2`, `zstd`, `snappy`, `lz4`.
    /// Never what Parquet, Avro or ORC do inside.
    pub compression: String,
    /// Glue's `classification`: the format's name, or that which a custom classifier gives.
    pub classification: String,
    /// Columns in order of first sight, names as the object has them (CSV without a header: `col0`, `col1`, …).
    pub columns: Vec<Member>,
}

/// The format, with what a reader needs to know beyond the columns.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Kind {
    Json {
        framing: Framing,
        /// The path of a custom classifier, `$.id`; what it leads to are the records.
        path: Option<String>,
    },
    Csv(Dialect),
    /// Lines that a grok pattern takes apart; the patterns of its own that a custom classifier adds, one per line.
    Grok {
        pattern: String,
        custom_patterns: String,
    },
    Parquet,
    /// The schema of the file's header, as JSON text.
    Avro {
        schema: String,
    },
    Orc,
}

/// How a delimited text is written.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Dialect {
    pub delimiter: char,
    pub quote: char,
    /// Whether any cell is quoted, so that LazySimpleSerDe would leave the quotes in the values.
    pub quoted: bool,
    /// Whether the first line names the columns.
    pub header: bool,
    /// The SerDe that a custom classifier asks for: `OpenCSVSerDe`, `LazySimpleSerDe`.
    pub serde: Option<String>,
}

/// What inspecting one object came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Finding {
    Found(Found),
    /// The type stands at the object's end: ask again with [`super::inspect::Content::Tail`] and this many bytes, or with the
    /// whole object when it is not longer.
    NeedsTail {
        bytes: u64,
    },
    /// Not data that the crawler knows; the reason, for people.
    Unrecognised {
        why: String,
    },
}

/// An object that holds data.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Found {
    /// Number in [`Inspections`].
    pub inspection: u32,
    /// Records; estimated from what was read of an object that was not read to its end, else exact.
    pub records: u64,
    /// Bytes of those records, uncompressed.
    pub bytes: u64,
    /// What is odd about this object: torn records, what was not read.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<Note>,
}

/// A remark with its place, for `--dry-run` and `peek`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Note {
    /// The object's key.
    pub object: String,
    /// From 1, in the uncompressed text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub line: Option<u64>,
    pub text: String,
}

impl fmt::Display for Note {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.line {
            Some(line) => write!(f, "line {line} of {}: {}", self.object, self.text),
            None => write!(f, "{}: {}", self.object, self.text),
        }
    }
}

/// The different findings of a crawl, each once, numbered in order of first sight.
#[derive(Debug, Default)]
pub struct Inspections {
    known: Vec<(Inspected, Vec<Note>)>,
    /// From hash to the numbers of that hash.
    index: HashMap<u64, Vec<u32>>,
    hasher: RandomState,
}

impl Inspections {
    /// The number of `inspected`, new or known. `why` is asked only for a new one: which line gave which type, in the first
    /// object that has it.
    pub fn intern(&mut self, inspected: Inspected, why: impl FnOnce() -> Vec<Note>) -> u32 {
        let same_hash = self.index.entry(self.hasher.hash_one(&inspected)).or_default();
        let equal = |&&at: &&u32| self.known.get(at as usize).is_some_and(|(known, _)| *known == inspected);
        if let Some(&at) = same_hash.iter().find(equal) {
            return at;
        }
        let at = self.known.len() as u32;
        same_hash.push(at);
        self.known.push((inspected, why()));
        at
    }

    pub fn get(&self, at: u32) -> Option<&Inspected> {
        self.known.get(at as usize).map(|(inspected, _)| inspected)
    }

    /// Why the columns of number `at` are as they are.
    pub fn why(&self, at: u32) -> &[Note] {
        self.known.get(at as usize).map(|(_, why)| why.as_slice()).unwrap_or_default()
    }

    pub fn len(&self) -> usize {
        self.known.len()
    }

    pub fn is_empty(&self) -> bool {
        self.known.is_empty()
    }

    pub fn iter(&self) -> impl Iterator<Item = &Inspected> {
        self.known.iter().map(|(inspected, _)| inspected)
    }
}
