//! Deletion vectors as Delta and Iceberg keep them in files: size, magic, roaring bitmap, checksum ("Deletion Vector Format" in the
//! Delta protocol, `deletion-vector-v1` in the Puffin specification).

use catalog::{Error, Result};
use roaring::RoaringTreemap;

/// Starts a bitmap in the portable format, which is the only one in use.
const MAGIC: u32 = 1_681_511_377;

/// Bytes around the vector itself: its size before it, its checksum after it.
pub(super) const FRAME: u64 = 8;

/// A vector of `size` bytes in its frame.
///
/// Errors: `BadData` for sizes or checksums that do not agree, and as [`bitmap`].
pub(super) fn framed(bytes: &[u8], size: u32) -> Result<RoaringTreemap> {
    let number = |from: usize| bytes.get(from..from + 4).and_then(|four| four.try_into().ok()).map(u32::from_be_bytes);
    let end = 4 + size as usize;
    let (Some(written), Some(vector), Some(checksum)) = (number(0), bytes.get(4..end), number(end)) else {
        return Err(bad("the file ends before it does"));
    };
    if written != size {
        return Err(bad(&format!("the log says that it has {size} bytes, the file says {written}")));
    }
    if crc32fast::hash(vector) != checksum {
        return Err(bad("its checksum is another"));
    }
    bitmap(vector)
}

/// A vector without its frame.
///
/// Errors: `BadData` for bytes that are no bitmap in the portable format.
pub(super) fn bitmap(bytes: &[u8]) -> Result<RoaringTreemap> {
    let (magic, rest) = bytes.split_at_checked(4).ok_or_else(|| bad("it is empty"))?;
    match magic.try_into().map(u32::from_le_bytes) {
        Ok(MAGIC) => RoaringTreemap::deserialize_from(rest).map_err(|error| bad(&error.to_string()).caused_by(error)),
        _ => Err(bad("it is no portable bitmap")),
    }
}

pub(super) fn bad(why: &str) -> Error {
    Error::bad_data(format!("a deletion vector cannot be read: {why}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn vectors_are_checked() {
        let rows = RoaringTreemap::from_iter([0, 7, 1 << 40]);
        let mut vector = MAGIC.to_le_bytes().to_vec();
        rows.serialize_into(&mut vector).unwrap();
        let size = vector.len() as u32;
        let framed_vector = |checksum: u32| [&size.to_be_bytes(), vector.as_slice(), &checksum.to_be_bytes()].concat();
        assert_eq!(framed(&framed_vector(crc32fast::hash(&vector)), size).unwrap(), rows);
        assert!(framed(&framed_vector(7), size).unwrap_err().message().contains("checksum"));
        assert!(framed(&framed_vector(7)[..9], size).unwrap_err().message().contains("ends before"));
        assert!(bitmap(&[1, 2]).is_err());
    }
}
