//! Counters of requests: tests assert them, metrics show them.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

/// Counters of requests since the storage was opened. A request that was retried counts once.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Requests {
    /// Pages of listings of remote stores; listings of files.
    pub list: u64,
    pub get: u64,
    pub head: u64,
    /// Objects written and copied; parts of large ones count each.
    pub put: u64,
    pub delete: u64,
    /// Bytes of objects' content.
    pub bytes_read: u64,
}

#[derive(Debug, Default)]
pub(super) struct Counters {
    pub(super) list: AtomicU64,
    pub(super) get: AtomicU64,
    pub(super) head: AtomicU64,
    pub(super) put: AtomicU64,
    pub(super) delete: AtomicU64,
    pub(super) bytes_read: AtomicU64,
}

/// Counts one more.
pub(super) fn count(counter: &AtomicU64) {
    counter.fetch_add(1, Relaxed);
}

impl Counters {
    pub(super) fn read(&self, bytes: usize) {
        self.bytes_read.fetch_add(bytes as u64, Relaxed);
    }

    pub(super) fn now(&self) -> Requests {
        Requests {
            list: self.list.load(Relaxed),
            get: self.get.load(Relaxed),
            head: self.head.load(Relaxed),
            put: self.put.load(Relaxed),
            delete: self.delete.load(Relaxed),
            bytes_read: self.bytes_read.load(Relaxed),
        }
    }
}
