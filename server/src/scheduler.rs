//! The scheduler: runs crawlers when their schedules say so, or the triggers that start them. Several processes over one catalog share the work: a firing is
//! claimed by one of them, and a crawler that still runs is not started again.

use std::collections::HashMap;
use std::time::Duration;

use catalog::crawl::schedule::Expression;
use catalog::crawler::Crawler;
use catalog::{ErrorKind, PageRequest, Result};
use chrono::{DateTime, Utc};
use tokio_util::sync::CancellationToken;

use crate::crawls::Crawls;
use crate::glue;
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
    crawls: Crawls,
    stop: CancellationToken,
}

/// Something that is to be started at times.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Timed {
    /// Unique; who claims a firing claims it under this.
    key: String,
    /// `cron(...)` or `rate(...)`.
    text: String,
    /// What is then started.
    crawlers: Vec<String>,
    /// From when on a rate counts that has started nothing yet. Every process has it from the catalog, so that they agree on when.
    since: Option<DateTime<Utc>>,
}

impl Timed {
    /// A trigger. Its key is none that a crawler can have: names hold no control characters.
    pub(crate) fn trigger(name: &str, text: &str, crawlers: Vec<String>) -> Self {
        Self { key: format!("trigger\u{1f}{name}"), text: text.to_owned(), crawlers, since: None }
    }

    /// A crawler whose schedule is on.
    fn crawler(crawler: &Crawler) -> Option<Self> {
        let (name, text) = (crawler.name.clone(), expression(crawler)?.to_owned());
        let since = crawler.last_updated.and_then(|seconds| DateTime::from_timestamp_millis((seconds * 1e3) as i64));
        Some(Self { key: name.clone(), text, crawlers: vec![name], since })
    }
}

/// What is known of one schedule.
struct Scheduled {
    text: String,
    /// `None` when the schedule has no further firing, or is wrong.
    due: Option<DateTime<Utc>>,
    expression: Option<Expression>,
}

impl Scheduler {
    /// Schedules of `server`, whose crawls `crawls` runs.
    pub(crate) fn new(server: Server, crawls: Crawls, stop: CancellationToken) -> Self {
        Self { server, crawls, stop }
    }

    /// Runs until it is stopped.
    pub(crate) async fn run(self) {
        let mut known: HashMap<String, Scheduled> = HashMap::new();
        while !self.stop.is_cancelled() {
            match self.scheduled().await {
                Ok(timed) => {
                    known.retain(|key, _| timed.iter().any(|one| one.key == *key));
                    for one in timed {
                        self.look(&one, &mut known).await;
                    }
                }
                Err(error) => tracing::warn!("the scheduler cannot read the schedules, and will try again: {error}"),
            }
            tokio::select! {
                () = self.stop.cancelled() => {}
                () = tokio::time::sleep(LOOK) => {}
            }
        }
    }

    /// The crawlers and triggers that have a schedule which is on.
    async fn scheduled(&self) -> Result<Vec<Timed>> {
        let mut all = glue::timed_triggers(&self.server.home).await?;
        let mut page = PageRequest::default();
        loop {
            let answer = self.server.home.crawlers(page).await?;
            all.extend(answer.items.iter().filter_map(Timed::crawler));
            match answer.next {
                Some(token) => page = PageRequest { limit: None, token: Some(token) },
                None => return Ok(all),
            }
        }
    }

    /// Starts what is due, and decides when it is due next.
    async fn look(&self, timed: &Timed, known: &mut HashMap<String, Scheduled>) {
        let Timed { key, text, crawlers, .. } = timed;
        let now = Utc::now();
        if known.get(key).is_none_or(|entry| entry.text != *text) {
            known.insert(key.clone(), self.begin(timed, now).await);
        }
        let Some(entry) = known.get_mut(key) else { return };
        if entry.due.is_some_and(|due| due <= now) && matches!(entry.expression, Some(Expression::Rate(_))) {
            // Another process may have run it meanwhile, and a rate counts from that.
            *entry = self.begin(timed, now).await;
        }
        let Some(due) = entry.due.filter(|due| *due <= now) else { return };
        // Firings that passed while this process was asleep are one firing.
        entry.due = entry.expression.as_ref().and_then(|expression| next(expression, due, now));
        match self.server.home.claim_schedule(key, due, self.crawls.owner(), CLAIM).await {
            Ok(true) => self.fire(crawlers).await,
            Ok(false) => tracing::debug!(schedule = key, "another process runs this firing"),
            Err(error) => tracing::warn!(schedule = key, "the firing of {due} could not be claimed: {error}"),
        }
    }

    /// A rate counts from the last run, whichever process ran it, so that a restart neither skips nor repeats one; cron is due
    /// by the clock, and what passed while no server ran is over.
    async fn begin(&self, timed: &Timed, now: DateTime<Utc>) -> Scheduled {
        let Timed { key, text, since, .. } = timed;
        let expression = match Expression::parse(text, SHORTEST) {
            Ok(expression) => expression,
            Err(error) => {
                tracing::warn!(schedule = key, "this schedule will not run: {error}");
                return Scheduled { text: text.clone(), due: None, expression: None };
            }
        };
        let from = match &expression {
            Expression::Cron(_) => now,
            Expression::Rate(_) => self.last_run(key).await.or(*since).unwrap_or(now),
        };
        Scheduled { text: text.clone(), due: expression.next_after(from), expression: Some(expression) }
    }

    async fn last_run(&self, name: &str) -> Option<DateTime<Utc>> {
        let page = self.server.home.crawls(name, PageRequest { limit: Some(1), token: None }).await.ok()?;
        DateTime::from_timestamp_millis((page.items.first()?.start_time * 1e3) as i64)
    }

    async fn fire(&self, crawlers: &[String]) {
        for name in crawlers {
            match self.crawls.start(name).await {
                Ok(()) => tracing::info!(crawler = name, "crawl started by its schedule"),
                Err(error) if error.kind() == ErrorKind::Busy => tracing::info!(crawler = name, "not started: {error}"),
                Err(error) => tracing::warn!(crawler = name, "not started: {error}"),
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
