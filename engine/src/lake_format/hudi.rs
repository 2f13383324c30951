//! Hudi: not queried yet.

use catalog::storage::Storage;
use catalog::{Error, Result};

use super::{Asked, Files, Pruning, Snapshot};

/// What has been committed.
#[derive(Debug)]
pub(super) enum Timeline {}

/// Errors: `NotSupported`.
pub(super) async fn snapshot(_: Asked<'_>) -> Result<Snapshot> {
    Err(Error::not_supported("tables in the format hudi are not queried yet"))
}

impl Timeline {
    pub(super) async fn files(&self, _: &Storage, _: &Pruning<'_>) -> Result<Files> {
        match *self {}
    }
}
