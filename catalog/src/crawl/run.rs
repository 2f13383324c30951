//! Running a crawl: once for whoever asks, or as a run of a crawler that is kept, with its lease and its history.

use std::future::Future;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use tokio::time::MissedTickBehavior;

use super::apply::apply;
use super::plan::{Places, plan};
use super::progress::Progress;
use super::report::Report;
use super::request::Request;
use crate::crawler::{Classifier, Crawl, CrawlState, Crawler};
use crate::error::{Error, ErrorKind, Result};
use crate::local::LocalCatalog;
use crate::table::now;

/// How long a run may be silent before another process may take its crawler over.
const LEASE: Duration = Duration::from_secs(60);

/// How often a run says that it is alive.
const HEARTBEAT: Duration = Duration::from_secs(15);
/// How often a run looks whether it is to stop.
const LOOK: Duration = Duration::from_millis(500);

/// Crawls. A dry run changes nothing, not even what is remembered.
///
/// Errors: those of [`plan`] and [`apply`].
pub async fn run(request: Request, places: Places<'_>, progress: &Arc<Progress>, dry_run: bool) -> Result<Report> {
    let plan = plan(request, places, progress).await?;
    if dry_run { Ok(plan.report()) } else { apply(plan, places).await }
}

/// Runs the crawler of this name as `owner` (any text that is this process's alone) until it is done or `stop` says so. The run
/// is in the crawler's history, also when it failed.
///
/// Errors: those of [`Begun::new`] and [`Begun::finish`].
pub async fn run_crawler(
    name: &str,
    owner: &str,
    places: Places<'_>,
    progress: &Arc<Progress>,
    stop: impl Future<Output = ()>,
) -> Result<Report> {
    Begun::new(name, owner, places.home).await?.finish(places, progress, stop).await
}

/// A run of a crawler that is in its history and held by this process, and has done nothing yet.
#[derive(Debug)]
pub struct Begun {
    crawler: Crawler,
    classifiers: Vec<Classifier>,
    crawl: Crawl,
}

impl Begun {
    /// Errors: `EntityNotFound` for the crawler or one of its classifiers, `Busy` while another run of it lasts.
    pub async fn new(name: &str, owner: &str, home: &LocalCatalog) -> Result<Self> {
        let crawler = home.crawler(name).await?;
        let mut classifiers = Vec::with_capacity(crawler.classifiers.len());
        for classifier in &crawler.classifiers {
            classifiers.push(home.classifier(classifier).await?);
        }
        let crawl = home.start_crawl(name, owner, LEASE).await?;
        Ok(Self { crawler, classifiers, crawl })
    }

    /// Crawls until it is done, `stop` says so, or somebody asks it through the catalog.
    ///
    /// Errors: `Cancelled` when it was stopped, `Conflict` when its lease ran out, and those of [`run`].
    pub async fn finish(self, places: Places<'_>, progress: &Arc<Progress>, stop: impl Future<Output = ()>) -> Result<Report> {
        let Self { crawler, classifiers, mut crawl } = self;
        let result = match Request::of(&crawler, classifiers) {
            Ok(request) => with_heartbeat(request, places, progress, &mut crawl, stop).await,
            Err(error) => Err(error),
        };
        crawl.end_time = Some(now());
        match &result {
            Ok(report) => {
                crawl.state = CrawlState::Completed;
                crawl.counts = report.counts;
            }
            Err(error) => {
                crawl.state = if error.kind() == ErrorKind::Cancelled { CrawlState::Stopped } else { CrawlState::Failed };
                crawl.error_message = Some(error.message().to_string());
            }
        }
        places.home.finish_crawl(crawl).await?;
        result
    }
}

async fn with_heartbeat(
    request: Request,
    places: Places<'_>,
    progress: &Arc<Progress>,
    crawl: &mut Crawl,
    stop: impl Future<Output = ()>,
) -> Result<Report> {
    let mut crawling = pin!(run(request, places, progress, false));
    let mut stop = pin!(stop);
    let mut heartbeat = tokio::time::interval(HEARTBEAT);
    let mut look = tokio::time::interval(LOOK);
    look.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            result = &mut crawling => return result,
            () = &mut stop => return Err(Error::new(ErrorKind::Cancelled, "the crawl was stopped")),
            _ = look.tick() => {
                if places.home.asked_to_stop(&crawl.crawl_id).await? {
                    return Err(Error::new(ErrorKind::Cancelled, "the crawl was stopped"));
                }
            }
            _ = heartbeat.tick() => {
                let done = progress.snapshot();
                (crawl.counts.objects_listed, crawl.counts.objects_read, crawl.counts.bytes_read) = (done.listed, done.read, done.bytes);
                places.home.renew_crawl(crawl, LEASE).await?;
            }
        }
    }
}
