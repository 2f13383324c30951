//! The scheduler: runs crawlers when their schedules say so. Several processes over one catalog share the work: a firing is
//! claimed by one of them, and a crawler that still runs is not started again.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use catalog::crawl::schedule::Expression;
use catalog::crawl::{Places, run_crawler};
use catalog::crawler::Crawler;
use catalog::{ErrorKind, PageRequest, Result};
use chrono::{DateTime, Utc};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use crate::metrics::Metrics;
use crate::serve::Server;

/// How often the stored crawlers are looked at: a new schedule is in force after at most this, a due one is late by at most this.
const LOOK: Duration = Duration::from_secs(1);
/// More often than this nothing runs. AWS's own minimum is five minutes; on one's own machine a minute is fine, and it is what
/// cron can say.
pub const SHORTEST: Duration = Duration::from_secs(60);
/// How long a claimed firing stays ours until its run has started.
const CLAIM: Duration = Duration::from_secs(60);

/// What this process works with.
#[derive(Clone)]
pub(crate) struct Scheduler {
    server: Server,
    metrics: Metrics,
    stop: CancellationToken,
    /// What this process is called in claims and leases.
    owner: Arc<str>,
}

/// What is known of one schedule.
struct Scheduled {
    text: String,
    /// `None` when the schedule has no further firing, or is wrong.
    due: Option<DateTime<Utc>>,
    expression: Option<Expression>,
}

impl Scheduler {
    pub(crate) fn new(server: Server, metrics: Metrics, stop: CancellationToken) -> Self {
        let owner = format!("process {} ({})", std::process::id(), Uuid::new_v4()).into();
        Self { server, metrics, stop, owner }
    }

    /// Runs until it is stopped; then running crawls are stopped too, and recorded as that.
    pub(crate) async fn run(self) {
        let mut known: HashMap<String, Scheduled> = HashMap::new();
        let mut running = JoinSet::new();
        while !self.stop.is_cancelled() {
            match self.scheduled().await {
                Ok(crawlers) => {
                    known.retain(|name, _| crawlers.iter().any(|crawler| crawler.name == *name));
                    for crawler in crawlers {
                        self.look(&crawler, &mut known, &mut running).await;
                    }
                }
                Err(error) => tracing::warn!("the scheduler cannot read the crawlers, and will try again: {error}"),
            }
            while running.try_join_next().is_some() {}
            tokio::select! {
                () = self.stop.cancelled() => {}
                () = tokio::time::sleep(LOOK) => {}
            }
        }
        while running.join_next().await.is_some() {}
    }

    /// The crawlers that have a schedule which is on.
    async fn scheduled(&self) -> Result<Vec<Crawler>> {
        let mut all = Vec::new();
        let mut page = PageRequest::default();
        loop {
            let answer = self.server.home.crawlers(page).await?;
            all.extend(answer.items.into_iter().filter(|crawler| expression(crawler).is_some()));
            match answer.next {
                Some(token) => page = PageRequest { limit: None, token: Some(token) },
                None => return Ok(all),
            }
        }
    }

    /// Starts the crawler if it is due, and decides when it is due next.
    async fn look(&self, crawler: &Crawler, known: &mut HashMap<String, Scheduled>, running: &mut JoinSet<()>) {
        let (name, text) = (&crawler.name, expression(crawler).unwrap_or_default());
        let now = Utc::now();
        if known.get(name).is_none_or(|entry| entry.text != text) {
            known.insert(name.clone(), self.begin(crawler, text, now).await);
        }
        let Some(entry) = known.get_mut(name) else { return };
        let Some(due) = entry.due.filter(|due| *due <= now) else { return };
        // Firings that passed while this process was asleep are one firing.
        entry.due = entry.expression.as_ref().and_then(|expression| next(expression, due, now));
        match self.server.home.claim_schedule(name, due, &self.owner, CLAIM).await {
            Ok(true) => {
                running.spawn(self.clone().fire(name.clone()));
            }
            Ok(false) => tracing::debug!(crawler = name, "another process runs this firing"),
            Err(error) => tracing::warn!(crawler = name, "the firing of {due} could not be claimed: {error}"),
        }
    }

    /// A rate counts from the last run, whichever process ran it, so that a restart neither skips nor repeats one; cron is due
    /// by the clock, and what passed while no server ran is over.
    async fn begin(&self, crawler: &Crawler, text: &str, now: DateTime<Utc>) -> Scheduled {
        let expression = match Expression::parse(text, SHORTEST) {
            Ok(expression) => expression,
            Err(error) => {
                tracing::warn!(crawler = crawler.name, "this crawler will not run: {error}");
                return Scheduled { text: text.to_owned(), due: None, expression: None };
            }
        };
        let from = match &expression {
            Expression::Cron(_) => now,
            Expression::Rate(_) => self.last_run(&crawler.name).await.unwrap_or(now),
        };
        Scheduled { text: text.to_owned(), due: expression.next_after(from), expression: Some(expression) }
    }

    async fn last_run(&self, name: &str) -> Option<DateTime<Utc>> {
        let page = self.server.home.crawls(name, PageRequest { limit: Some(1), token: None }).await.ok()?;
        DateTime::from_timestamp_millis((page.items.first()?.start_time * 1e3) as i64)
    }

    async fn fire(self, name: String) {
        let Server { home, catalog, storage, .. } = &self.server;
        let places = Places { storage, catalog: catalog.as_ref(), home };
        tracing::info!(crawler = name, "crawl started by its schedule");
        match run_crawler(&name, &self.owner, places, &Arc::default(), self.stop.cancelled()).await {
            Ok(_) => self.metrics.crawl_completed(),
            Err(error) if error.kind() == ErrorKind::Busy => tracing::info!(crawler = name, "not started: {error}"),
            Err(error) if error.kind() == ErrorKind::Cancelled => tracing::info!(crawler = name, "stopped with the server"),
            Err(error) => {
                self.metrics.crawl_failed();
                tracing::warn!(crawler = name, "crawl failed: {error}");
            }
        }
    }
}

fn expression(crawler: &Crawler) -> Option<&str> {
    let schedule = crawler.schedule.as_ref().filter(|schedule| schedule.state != "NOT_SCHEDULED")?;
    Some(schedule.schedule_expression.as_str()).filter(|text| !text.is_empty())
}

/// The first firing after `due` that is still to come.
fn next(expression: &Expression, due: DateTime<Utc>, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
    let next = expression.next_after(due)?;
    if next > now { Some(next) } else { expression.next_after(now) }
}

#[cfg(test)]
mod tests;
