//! What the file system says of an object.

use std::fs::Metadata;
use std::time::UNIX_EPOCH;

use crate::storage::Object;

/// The object of `key` that a file with this metadata is.
///
/// The etag is size, modification time in nanoseconds and inode: every write of ours makes a new inode, an edit in place changes
/// the time. It has hyphens, so that no S3 client takes it for an MD5 of the content.
pub(super) fn object(key: String, meta: &Metadata) -> Object {
    let nanos = nanos(meta);
    let identity = identity(meta).map_or(0, |(_, inode)| inode);
    Object {
        key,
        size: meta.len(),
        etag: Some(format!("{:x}-{nanos:x}-{identity:x}", meta.len())),
        modified: i64::try_from(nanos.div_euclid(1_000_000)).unwrap_or(i64::MAX),
    }
}

/// What changes whenever the content does, and stays when the file is renamed.
pub(super) fn stamp(meta: &Metadata) -> String {
    format!("{:x}-{:x}", meta.len(), nanos(meta))
}

/// Nanoseconds from 1970 to the last change of the content.
fn nanos(meta: &Metadata) -> i128 {
    let modified = meta.modified().ok();
    match modified.map(|time| time.duration_since(UNIX_EPOCH)) {
        Some(Ok(after)) => i128::try_from(after.as_nanos()).unwrap_or(i128::MAX),
        Some(Err(before)) => -i128::try_from(before.duration().as_nanos()).unwrap_or(i128::MAX),
        None => 0,
    }
}

/// Device and inode: the same for two paths of one folder. None where the system has no such thing.
#[cfg(unix)]
pub(super) fn identity(meta: &Metadata) -> Option<(u64, u64)> {
    use std::os::unix::fs::MetadataExt as _;
    Some((meta.dev(), meta.ino()))
}

#[cfg(not(unix))]
pub(super) fn identity(_meta: &Metadata) -> Option<(u64, u64)> {
    None
}
