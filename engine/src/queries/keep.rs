//! What keeps the records true while queries run and after processes end: leases, lost queries, history, results of the past.

use std::fs::{File, TryLockError};
use std::io::{Read, Seek, Write};
use std::path::Path;
use std::sync::Weak;
use std::time::Duration;

use catalog::local::{Lost, StoredQuery};
use catalog::{Error, ErrorKind, Result};
use chrono::Utc;

use super::record::Outcome;
use super::{Inner, LEASE, Queries, Why, read};

/// The name of whoever keeps results in a folder is in this file, which is locked while that process lives.
const OWNER: &str = "owner";
/// History is pruned once in so many renewals of the leases.
const PRUNE: u32 = 720;

/// Takes the folder over from a process that is gone: answers the lock, and that process's name. A folder that a live process
/// holds is shared, and then nobody is known to be gone.
pub(super) fn take_over(folder: &Path, owner: &str) -> Result<(Option<File>, Option<String>)> {
    std::fs::create_dir_all(folder).map_err(|error| unusable(folder, error))?;
    let path = folder.join(OWNER);
    let failed = |error| unusable(&path, error);
    let mut file = File::options().read(true).write(true).create(true).truncate(false).open(&path).map_err(failed)?;
    match file.try_lock() {
        Err(TryLockError::WouldBlock) => return Ok((None, None)),
        Err(TryLockError::Error(error)) => return Err(failed(error)),
        Ok(()) => {}
    }
    let mut gone = String::new();
    file.read_to_string(&mut gone).map_err(failed)?;
    for entry in std::fs::read_dir(folder).map_err(|error| unusable(folder, error))?.flatten() {
        if entry.path().is_dir()
            && let Err(error) = std::fs::remove_dir_all(entry.path())
        {
            tracing::warn!("results of the past in {} could not be removed: {error}", entry.path().display());
        }
    }
    file.set_len(0).and_then(|()| file.rewind()).and_then(|()| file.write_all(owner.as_bytes())).map_err(failed)?;
    Ok((Some(file), Some(gone).filter(|gone| !gone.is_empty())))
}

pub(super) fn unusable(path: &Path, error: std::io::Error) -> Error {
    Error::invalid(format!("{} cannot be used for results: {error}", path.display())).caused_by(error)
}

/// Renews leases and looks for lost queries until the queries are gone.
pub(super) async fn run(inner: Weak<Inner>) {
    let mut renewals = 0_u32;
    loop {
        tokio::time::sleep(LEASE / 3).await;
        let Some(inner) = inner.upgrade() else { return };
        let queries = Queries(inner);
        if let Err(error) = queries.renew(renewals.is_multiple_of(PRUNE)).await {
            tracing::warn!("the leases of queries could not be renewed, and will be tried again: {error}");
        }
        renewals = renewals.wrapping_add(1);
    }
}

impl Queries {
    pub(super) async fn renew(&self, prune: bool) -> Result<()> {
        let Self(inner) = self;
        if inner.any_live().is_some() {
            for id in inner.home.renew_queries(&inner.owner, LEASE).await? {
                if let Some(live) = inner.live().get(&id) {
                    live.end(Why::Asked);
                }
            }
        }
        self.end_lost(None).await?;
        inner.spool.expire();
        if prune {
            let history = i64::try_from(inner.settings.history.as_millis()).unwrap_or(i64::MAX);
            if inner.home.delete_queries(Utc::now().timestamp_millis().saturating_sub(history)).await? > 0 {
                inner.ended.clear();
            }
        }
        Ok(())
    }

    /// Queries whose server is gone have failed: those whose lease is over, and at once those of `gone`.
    pub(super) async fn end_lost(&self, gone: Option<&str>) -> Result<()> {
        let home = &self.0.home;
        let mut ended = home.end_lost_queries(Lost::Lapsed, failed).await?;
        if let Some(gone) = gone {
            ended += home.end_lost_queries(Lost::Of(gone), failed).await?;
        }
        if ended > 0 {
            tracing::warn!("{ended} queries are failed: the server that ran them is gone");
        }
        Ok(())
    }
}

/// The state and record of a query that nobody runs any more.
fn failed(stored: &StoredQuery) -> Result<(String, String)> {
    let mut query = read(stored)?;
    let lost: Outcome = Err(Error::new(
        ErrorKind::Internal,
        "the server that ran this query was stopped before the query had ended; run it again",
    ));
    query.end(lost);
    Ok((query.state.name().to_owned(), query.to_json()?))
}

/// How long a query may take unseen by other servers before its state `RUNNING` is stored.
pub(super) const UNSEEN: Duration = Duration::from_millis(250);
