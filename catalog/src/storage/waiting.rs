//! Requests wait on the runtime that the storage was opened on, wherever they are made: who computes on a runtime of its own has
//! no time for sockets.

use tokio::runtime::Handle;
use tokio::task::JoinSet;

use crate::{Error, Result};

/// What `work` gives, awaited on `runtime`. Dropping the future drops the work.
///
/// Errors: `Internal` when the work panicked or the runtime is at its end.
pub(super) async fn on<T: Send + 'static>(runtime: &Handle, work: impl Future<Output = T> + Send + 'static) -> Result<T> {
    let mut tasks = JoinSet::new();
    tasks.spawn_on(work, runtime);
    match tasks.join_next().await {
        Some(Ok(done)) => Ok(done),
        Some(Err(error)) => Err(Error::internal("a request to a store was not finished").caused_by(error)),
        None => Err(Error::internal("a request to a store was lost")),
    }
}
