//! How far a crawl is, for whoever watches it.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

/// Counters that only grow while a crawl runs. Share it in an `Arc`.
#[derive(Debug, Default)]
pub struct Progress {
    listed: AtomicU64,
    read: AtomicU64,
    bytes: AtomicU64,
    tables: AtomicU64,
}

/// The counters at one moment.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Snapshot {
    /// Objects in listings.
    pub listed: u64,
    /// Objects whose content was asked for.
    pub read: u64,
    /// Bytes of their content.
    pub bytes: u64,
    /// Tables found.
    pub tables: u64,
}

impl Progress {
    pub fn snapshot(&self) -> Snapshot {
        Snapshot {
            listed: self.listed.load(Relaxed),
            read: self.read.load(Relaxed),
            bytes: self.bytes.load(Relaxed),
            tables: self.tables.load(Relaxed),
        }
    }

    pub(super) fn add_listed(&self, objects: usize) {
        self.listed.fetch_add(objects as u64, Relaxed);
    }

    pub(super) fn add_read(&self, bytes: u64) {
        self.read.fetch_add(1, Relaxed);
        self.add_bytes(bytes);
    }

    pub(super) fn add_bytes(&self, bytes: u64) {
        self.bytes.fetch_add(bytes, Relaxed);
    }

    pub(super) fn add_tables(&self, tables: usize) {
        self.tables.fetch_add(tables as u64, Relaxed);
    }
}
