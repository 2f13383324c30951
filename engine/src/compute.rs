//! The threads that queries compute on: a runtime of their own, so that a busy query keeps neither requests nor timers
//! waiting. Network and catalog are waited for on the runtime that the engine was made on.

use catalog::{Error, Result};
use futures::stream::{self, BoxStream};
use futures::{Stream, StreamExt, TryStreamExt};
use tokio::runtime::{Builder, Handle, Runtime};
use tokio::task::JoinSet;

use crate::deadline::Deadline;

/// Items computed ahead of the reader.
const AHEAD: usize = 2;

/// The runtime; with it go the tasks that it still has.
#[derive(Debug)]
pub(crate) struct Compute(Option<Runtime>, Handle);

impl Compute {
    /// Errors: `Unavailable` when the system gives no threads.
    pub(crate) fn new(threads: usize) -> Result<Self> {
        // Polls are long here, and a new query waits in the runtime's common queue: a busy worker looks there after each poll
        // and not, as it does by default, after every 61st.
        let mut builder = Builder::new_multi_thread();
        builder.worker_threads(threads).thread_name("query").enable_all().global_queue_interval(1);
        let runtime = builder.build();
        let runtime = runtime.map_err(|error| {
            Error::new(catalog::ErrorKind::Unavailable, format!("the threads for queries cannot be started: {error}"))
        })?;
        let handle = runtime.handle().clone();
        Ok(Self(Some(runtime), handle))
    }

    pub(crate) fn handle(&self) -> &Handle {
        &self.1
    }
}

impl Drop for Compute {
    fn drop(&mut self) {
        // The last engine may go inside a task, where waiting for threads is not allowed.
        if let Some(runtime) = self.0.take() {
            runtime.shutdown_background();
        }
    }
}

/// The items of `items`, made in a task on `runtime`, a few ahead of their reader. A panic inside a library is an error of these
/// items and of nothing else. Dropping the result aborts the task; it also keeps the deadline by itself, so that it frees what
/// it holds when nobody takes its items.
pub(crate) fn on<T: Send + 'static>(
    runtime: &Handle,
    deadline: Deadline,
    items: impl Stream<Item = Result<T>> + Send + 'static,
) -> BoxStream<'static, Result<T>> {
    let (sender, receiver) = tokio::sync::mpsc::channel(AHEAD);
    let mut tasks = JoinSet::new();
    let made = async move {
        let sent = items.try_for_each(|item| async { sender.send(Ok(item)).await.map_err(|_| Error::internal("nobody reads")) });
        if let Err(error) = deadline.bound(sent).await {
            // The reader may be gone already; then nobody needs the error.
            drop(sender.send(Err(error)).await);
        }
    };
    tasks.spawn_on(made, runtime);
    stream::unfold((receiver, tasks), |(mut receiver, mut tasks)| async move {
        if let Some(item) = receiver.recv().await {
            return Some((item, (receiver, tasks)));
        }
        match tasks.join_next().await {
            Some(Err(error)) if error.is_panic() => {
                Some((Err(Error::internal("a library panicked while the query ran").caused_by(error)), (receiver, tasks)))
            }
            _ => None,
        }
    })
    .fuse()
    .boxed()
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, Instant};

    use super::*;

    /// Ten items of 50 ms of pure computing each.
    fn busy() -> impl Stream<Item = Result<u32>> + Send + 'static {
        stream::iter(0..10).map(|item| {
            let started = Instant::now();
            while started.elapsed() < Duration::from_millis(50) {
                std::hint::spin_loop();
            }
            Ok(item)
        })
    }

    /// How often a timer of this runtime, which has one thread, fires while the items are made on `runtime`.
    async fn ticks(runtime: &Handle) -> u32 {
        let mut items = on(runtime, Deadline::after(None), busy());
        let mut ticks = 0;
        loop {
            tokio::select! {
                item = items.next() => match item {
                    Some(item) => drop(item.unwrap()),
                    None => return ticks,
                },
                () = tokio::time::sleep(Duration::from_millis(5)) => ticks += 1,
            }
        }
    }

    #[tokio::test]
    async fn a_busy_query_keeps_no_timer_waiting() {
        let compute = Compute::new(1).unwrap();
        let apart = ticks(compute.handle()).await;
        let together = ticks(&Handle::current()).await;
        assert!(apart > 20 && together <= 20, "{apart} ticks beside the query, {together} on its own thread");
    }

    #[tokio::test]
    async fn a_panic_is_an_error_of_its_query() {
        let compute = Compute::new(1).unwrap();
        let panics = stream::iter(0..3).map(|item| if item == 2 { panic!("on purpose") } else { Ok(item) });
        let items: Vec<Result<i32>> = on(compute.handle(), Deadline::after(None), panics).collect().await;
        assert_eq!(items.len(), 3);
        assert!(items[2].as_ref().is_err_and(|error| error.message().contains("panicked")), "{items:?}");
    }
}
