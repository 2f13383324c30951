//! Crawls that this process runs: begun at once, finished in the background, stopped with the server or by whoever asks.

use std::sync::Arc;

use catalog::crawl::{Begun, Places};
use catalog::{ErrorKind, Result};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use uuid::Uuid;

use crate::metrics::Metrics;
use crate::serve::Server;

/// Clones run crawls together.
#[derive(Clone)]
pub(crate) struct Crawls {
    server: Server,
    metrics: Metrics,
    stop: CancellationToken,
    /// What this process is called in claims and leases.
    owner: Arc<str>,
    running: TaskTracker,
}

impl Crawls {
    /// Crawls of `server` that end when `stop` says so.
    pub(crate) fn new(server: Server, metrics: Metrics, stop: CancellationToken) -> Self {
        let owner = format!("process {} ({})", std::process::id(), Uuid::new_v4()).into();
        Self { server, metrics, stop, owner, running: TaskTracker::new() }
    }

    pub(crate) fn owner(&self) -> &str {
        &self.owner
    }

    /// Starts a run of the crawler; it is in the crawler's history when this returns.
    ///
    /// Errors: `EntityNotFound` for the crawler or one of its classifiers, `Busy` while another run of it lasts.
    pub(crate) async fn start(&self, name: &str) -> Result<()> {
        let begun = Begun::new(name, &self.owner, &self.server.home).await?;
        self.running.spawn(self.clone().finish(name.to_owned(), begun));
        Ok(())
    }

    async fn finish(self, name: String, begun: Begun) {
        let Server { home, catalog, storage, .. } = &self.server;
        let places = Places { storage, catalog: catalog.as_ref(), home };
        match begun.finish(places, &Arc::default(), self.stop.cancelled()).await {
            Ok(_) => self.metrics.crawl_completed(),
            Err(error) if error.kind() == ErrorKind::Cancelled => tracing::info!(crawler = name, "the crawl was stopped"),
            Err(error) => {
                self.metrics.crawl_failed();
                tracing::warn!(crawler = name, "crawl failed: {error}");
            }
        }
    }

    /// Waits until none runs.
    pub(crate) async fn ended(&self) {
        self.running.close();
        self.running.wait().await;
    }
}
