//! When a statement has to be done. What is not done then is dropped, which cancels it and frees what it held.

use std::time::Duration;

use catalog::{Error, ErrorKind, Result};
use futures::stream::{self, BoxStream};
use futures::{StreamExt, TryStreamExt};
use tokio::time::{Instant, timeout_at};

/// A point in time, and the limit that set it; without a limit there is none.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Deadline(Option<(Instant, Duration)>);

impl Deadline {
    /// `limit` from now on.
    pub(crate) fn after(limit: Option<Duration>) -> Self {
        Self(limit.and_then(|limit| Some((Instant::now().checked_add(limit)?, limit))))
    }

    /// What `work` gives, or the error `TimedOut` as soon as the time has come.
    pub(crate) async fn bound<T>(self, work: impl Future<Output = Result<T>>) -> Result<T> {
        match self.0 {
            None => work.await,
            Some((end, limit)) => timeout_at(end, work).await.unwrap_or_else(|_| Err(timed_out(limit))),
        }
    }

    /// The same rows, ended by `TimedOut` when the time has come.
    pub(crate) fn rows<T: Send + 'static>(self, rows: BoxStream<'static, Result<T>>) -> BoxStream<'static, Result<T>> {
        if self.0.is_none() {
            return rows;
        }
        let next = move |mut rows: BoxStream<'static, Result<T>>| async move {
            let item = self.bound(rows.try_next()).await?;
            Ok(item.map(|item| (item, rows)))
        };
        stream::try_unfold(rows, next).boxed()
    }
}

fn timed_out(limit: Duration) -> Error {
    Error::new(ErrorKind::TimedOut, format!("the statement was not done within the time limit of {limit:?} and was cancelled"))
}
