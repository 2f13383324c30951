//! Deletion vectors: which rows of a file are deleted ("Deletion Vectors" and "Deletion Vector Format" in the Delta protocol).

use catalog::Result;
use catalog::storage::{Location, Storage};
use roaring::RoaringTreemap;
use uuid::Uuid;

use super::located;
use crate::lake_format::deletion_vector::{FRAME, bad, bitmap, framed};

/// A UUID in Z85.
const UUID_LENGTH: usize = 20;

/// Where a file's deletion vector is.
#[derive(Debug, Clone)]
pub(super) enum Descriptor {
    Inline(String),
    File { path: String, offset: u64, size: u32 },
}

impl Descriptor {
    /// Errors: `BadData` for what the protocol does not have.
    pub(super) fn of(storage: &str, place: String, offset: Option<i32>, size: u32) -> Result<Self> {
        // A file with one vector begins with its version, a byte.
        let offset = offset.map_or(Ok(1), u64::try_from).map_err(|_| bad("its offset is negative"))?;
        Ok(match storage {
            "i" => Self::Inline(place),
            "p" => Self::File { path: place, offset, size },
            "u" => Self::File { path: named_by_uuid(&place)?, offset, size },
            other => return Err(bad(&format!("its storage type '{other}' is not known"))),
        })
    }

    /// The deleted rows, counted from 0.
    ///
    /// Errors: `BadData` naming the file, and those of reading.
    pub(super) async fn read(&self, storage: &Storage, root: &Location) -> Result<RoaringTreemap> {
        match self {
            Self::Inline(text) => bitmap(&z85::decode(text).map_err(|error| bad(&error.to_string()))?),
            Self::File { path, offset, size } => {
                let at = located(root, path)?;
                let bytes = storage.get_range(&at, *offset..*offset + FRAME + u64::from(*size)).await?;
                framed(&bytes, *size).map_err(|error| error.within(&at))
            }
        }
    }
}

/// `<prefix><UUID in Z85>` names the file `prefix/deletion_vector_UUID.bin`.
fn named_by_uuid(place: &str) -> Result<String> {
    let split = place.len().checked_sub(UUID_LENGTH).filter(|at| place.is_char_boundary(*at));
    let (prefix, encoded) = place.split_at(split.ok_or_else(|| bad("its place is too short for a UUID"))?);
    let bytes = z85::decode(encoded).map_err(|error| bad(&error.to_string()))?;
    let uuid = Uuid::from_slice(&bytes).map_err(|error| bad(&error.to_string()))?;
    let folder = if prefix.is_empty() { String::new() } else { format!("{prefix}/") };
    Ok(format!("{folder}deletion_vector_{uuid}.bin"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn vectors_are_named() {
        // The example of the protocol.
        let named = named_by_uuid("ab^-aqEH.-t@S}K{vb[*k^").unwrap();
        assert_eq!(named, "ab/deletion_vector_d2c639aa-8816-431a-aaf6-d3fe2512ff61.bin");
        assert!(named_by_uuid("short").is_err());
        assert!(Descriptor::of("x", String::new(), None, 0).is_err());
    }
}
