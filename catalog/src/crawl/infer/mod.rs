//! What one object is, format by format.

mod avro;
mod csv;
mod json;
mod log;
mod orc;
mod parquet;
mod protobuf;
mod remarks;
mod signature;
mod text;

pub(super) use avro::inspect as avro;
pub(super) use csv::{Choice, inspect as csv, unique_names};
pub(super) use json::{Json, Path};
pub(super) use log::{Log, built_in as built_in_logs};
pub(super) use orc::inspect as orc;
pub(super) use parquet::inspect as parquet;
pub(super) use text::Text;

use super::inspected::{Finding, Inspected, Inspections, Kind};
use super::shape::Member;
use crate::decode::Compression;

/// The object that is being inspected.
#[derive(Debug, Clone, Copy)]
pub(super) struct Object<'a> {
    pub(super) key: &'a str,
    pub(super) compression: Compression,
}

/// The object's own directory at its end, or that more of the end is needed to read it.
enum Directory<T> {
    Read(T),
    Needs(u64),
    Damaged(String),
}

/// Files that say themselves what their columns are.
struct Described {
    kind: Kind,
    classification: &'static str,
    columns: Vec<Member>,
    records: u64,
    bytes: u64,
}

impl Described {
    fn found(self, inspections: &mut Inspections) -> Finding {
        let Self { kind, classification, columns, records, bytes } = self;
        let compression = Compression::None.name().to_owned();
        let inspected = Inspected { kind, compression, classification: classification.to_owned(), columns };
        let inspection = inspections.intern(inspected, Vec::new);
        Finding::Found(super::inspected::Found { inspection, records, bytes, notes: Vec::new() })
    }
}

impl Directory<Described> {
    fn found(self, inspections: &mut Inspections) -> Finding {
        match self {
            Self::Read(described) => described.found(inspections),
            Self::Needs(bytes) => Finding::NeedsTail { bytes },
            Self::Damaged(why) => Finding::Unrecognised { why },
        }
    }
}
