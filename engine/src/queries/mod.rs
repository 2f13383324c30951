//! Queries as a server keeps them: submitted, admitted in order, run, their results written as files and kept at hand for paging,
//! their history remembered. Every state is in the catalog's database, so that it survives the process and other servers see it.

mod admit;
mod change;
mod client;
mod ended;
mod failure;
mod file;
mod json;
mod keep;
mod metadata;
mod pages;
mod record;
mod request;
mod rows;
mod run;
mod shape;
mod spool;
#[cfg(test)]
mod tests;

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, AtomicI64, AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use catalog::local::{LocalCatalog, StoredQuery};
use catalog::storage::Storage;
use catalog::{Error, ErrorKind, Page, PageRequest, Result};
use chrono::Utc;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use self::admit::Admission;
use self::ended::Ended;
use self::spool::{Limits, Spool};
use crate::work_group::WorkGroups;

pub use change::Change;
pub use client::{ByTrino, Client, Told};
pub use failure::Failure;
pub use json::JsonPage;
pub use pages::Place;
pub use record::{Query, State, Statistics, Summary};
pub use request::{LONGEST_TEXT, Request};
pub use rows::Row;
pub use shape::{ResultColumn, ResultFile, Shape, StatementType};

/// An unfinished query is this process's for so long; then another may say that it is lost.
const LEASE: Duration = Duration::from_secs(15);
/// How many queries may wait for their turn.
const MOST_WAITING: usize = 10_000;
/// Before a query of another server is looked at again.
const LOOK_AGAIN: Duration = Duration::from_millis(50);

/// What a server allows its queries.
#[derive(Debug, Clone)]
pub struct QuerySettings {
    /// The folder for results that are kept for paging. Nobody else uses it.
    pub folder: PathBuf,
    /// Queries that run at once; the others wait in order.
    pub concurrency: usize,
    /// How long the record of a query is kept.
    pub history: Duration,
    /// How long the first [`Queries::wait`] for a query takes at most; later ones a quarter of it.
    pub patience: Duration,
    /// Bytes of results kept for paging, in memory and on disk, and how long they are kept unused.
    pub kept_memory: usize,
    pub kept_disk: u64,
    pub kept_for: Duration,
}

impl QuerySettings {
    /// Athena's 45 days of history; a GiB of results kept for an hour.
    pub fn new(folder: impl Into<PathBuf>) -> Self {
        Self {
            folder: folder.into(),
            concurrency: 20,
            history: Duration::from_secs(45 * 86_400),
            patience: Duration::from_millis(800),
            kept_memory: 64 << 20,
            kept_disk: 1 << 30,
            kept_for: Duration::from_secs(3600),
        }
    }
}

/// The queries of one server. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Queries(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    home: LocalCatalog,
    groups: WorkGroups,
    storage: Storage,
    settings: QuerySettings,
    admission: Admission,
    spool: Spool,
    /// What this process is called in leases.
    owner: String,
    /// Held while this process lives: who can lock it knows that the owner written in it is gone.
    _lock: Option<std::fs::File>,
    live: Mutex<HashMap<String, Arc<Live>>>,
    /// Queries that have ended lately: clients ask for them once more, and then for their rows.
    ended: Ended,
    /// When the last query was submitted, in milliseconds since 1970: no two have the same time, so that listings have an order.
    last: AtomicI64,
    /// No new queries are taken.
    draining: AtomicBool,
    /// How many queries came by Trino's protocol: they are numbered.
    numbered: AtomicU64,
    counts: [AtomicU64; 5],
    scanned: AtomicU64,
}

/// A query that this process has not finished.
#[derive(Debug)]
struct Live {
    now: watch::Sender<Arc<Query>>,
    /// Ends it, and why.
    stop: CancellationToken,
    why: Mutex<Option<Why>>,
    /// Somebody has waited for it already.
    polled: AtomicBool,
}

impl Queries {
    /// Begins with what a process that is gone left behind. `storage` is where results are written, and read again.
    ///
    /// Errors: `InvalidInput` when the folder cannot be made, those of the catalog.
    pub async fn start(home: LocalCatalog, storage: Storage, settings: QuerySettings) -> Result<Self> {
        let owner = format!("process {} ({})", std::process::id(), Uuid::new_v4());
        let (lock, gone) = keep::take_over(&settings.folder, &owner)?;
        let own = settings.folder.join(Uuid::new_v4().to_string());
        std::fs::create_dir_all(&own).map_err(|error| keep::unusable(&own, error))?;
        let limits = Limits { memory: settings.kept_memory, disk: settings.kept_disk, age: settings.kept_for };
        let inner = Inner {
            groups: WorkGroups::new(home.clone(), storage.lake().is_some()),
            home,
            storage,
            admission: Admission::new(settings.concurrency, MOST_WAITING),
            spool: Spool::new(own, limits),
            settings,
            owner,
            _lock: lock,
            live: Mutex::default(),
            ended: Ended::default(),
            last: AtomicI64::new(0),
            draining: AtomicBool::new(false),
            numbered: AtomicU64::new(0),
            counts: Default::default(),
            scanned: AtomicU64::new(0),
        };
        let queries = Self(Arc::new(inner));
        queries.end_lost(gone.as_deref()).await?;
        tokio::spawn(keep::run(Arc::downgrade(&queries.0)));
        Ok(queries)
    }

    pub fn work_groups(&self) -> &WorkGroups {
        &self.0.groups
    }

    /// The record of a query as it is now.
    ///
    /// Errors: `QueryNotFound`.
    pub async fn get(&self, id: &str) -> Result<Arc<Query>> {
        if let Some(live) = self.0.live().get(id) {
            return Ok(Arc::clone(&live.now.borrow()));
        }
        if let Some(query) = self.0.ended.get(id) {
            return Ok(query);
        }
        let stored = self.0.home.query(id).await?;
        let stored = stored.ok_or_else(|| Error::new(ErrorKind::QueryNotFound, format!("QueryExecution {id} was not found")))?;
        Ok(Arc::new(read(&stored)?))
    }

    /// The record once the query has ended, or as it is when the patience is over: clients sleep long after an unfinished answer.
    ///
    /// Errors: `QueryNotFound`.
    pub async fn wait(&self, id: &str) -> Result<Arc<Query>> {
        let (first, again) = (self.0.settings.patience, self.0.settings.patience / 4);
        let live = self.0.live().get(id).cloned();
        let Some(live) = live else { return self.wait_for_other(id, again).await };
        self.wait_for(id, if live.polled.swap(true, Relaxed) { again } else { first }).await
    }

    /// As [`Self::wait`], for so long and no longer.
    ///
    /// Errors: `QueryNotFound`.
    pub async fn wait_for(&self, id: &str, patience: Duration) -> Result<Arc<Query>> {
        let live = self.0.live().get(id).cloned();
        let Some(live) = live else { return self.wait_for_other(id, patience).await };
        let mut now = live.now.subscribe();
        let ended = now.wait_for(|query| query.state.is_final());
        if let Ok(Ok(query)) = tokio::time::timeout(patience, ended).await {
            return Ok(Arc::clone(&query));
        }
        let query = Arc::clone(&live.now.borrow());
        Ok(query)
    }

    /// Another server runs it, or it has ended.
    async fn wait_for_other(&self, id: &str, patience: Duration) -> Result<Arc<Query>> {
        let begins = Instant::now();
        loop {
            let query = self.get(id).await?;
            if query.state.is_final() || begins.elapsed() >= patience {
                return Ok(query);
            }
            tokio::time::sleep(LOOK_AGAIN.min(patience)).await;
        }
    }

    /// The queries of a work group, newest first.
    ///
    /// Errors: `InvalidInput` for a token that is none of this listing's.
    pub async fn list(&self, work_group: &str, page: PageRequest) -> Result<Page<String>> {
        let page = self.0.home.queries(work_group, page).await?;
        Ok(Page { items: page.items.into_iter().map(|query| query.id).collect(), next: page.next })
    }

    /// The queries that came by Trino's protocol, newest first, as they are now.
    ///
    /// Errors: `InvalidInput` for a token that is none of this listing's.
    pub async fn list_by_trino(&self, page: PageRequest) -> Result<Page<Arc<Query>>> {
        let page = self.0.home.queries(client::LISTING, page).await?;
        let live = |stored: &StoredQuery| match self.0.live().get(&stored.id) {
            Some(live) => Ok(Arc::clone(&live.now.borrow())),
            None => read(stored).map(Arc::new),
        };
        Ok(Page { items: page.items.iter().map(live).collect::<Result<_>>()?, next: page.next })
    }

    /// Forgets the queries of a work group that have ended. Their results stay where they are.
    pub async fn forget(&self, work_group: &str) -> Result<()> {
        self.0.home.delete_queries_of(work_group).await?;
        self.0.ended.clear();
        Ok(())
    }

    /// Ends a query; one that has ended stays as it is.
    ///
    /// Errors: `QueryNotFound`.
    pub async fn stop(&self, id: &str) -> Result<()> {
        if let Some(live) = self.0.live().get(id) {
            live.end(Why::Asked);
            return Ok(());
        }
        match self.get(id).await?.state.is_final() {
            true => Ok(()),
            false => self.0.home.ask_query_to_stop(id).await,
        }
    }

    /// Takes no more queries, lets those under way end within `limit`, and then ends them.
    pub async fn drain(&self, limit: Duration) {
        self.0.draining.store(true, Relaxed);
        let all_ended = async {
            while let Some(live) = self.0.any_live() {
                let mut now = live.now.subscribe();
                // An error says that it is gone.
                let _ = now.wait_for(|query| query.state.is_final()).await;
                tokio::task::yield_now().await;
            }
        };
        if tokio::time::timeout(limit, all_ended).await.is_err() {
            let left: Vec<Arc<Live>> = self.0.live().values().cloned().collect();
            left.iter().for_each(|live| live.end(Why::Stopping));
            let until_recorded = async {
                while self.0.any_live().is_some() {
                    tokio::time::sleep(Duration::from_millis(10)).await;
                }
            };
            let _ = tokio::time::timeout(Duration::from_secs(5), until_recorded).await;
        }
    }

    /// An id as Trino has it: the time, a number, and five characters that are this process's own (`20260102_030405_00001_k3x9q`).
    pub fn next_trino_id(&self) -> String {
        let number = self.0.numbered.fetch_add(1, Relaxed);
        let own: String = self.0.owner.chars().rev().filter(|c| c.is_ascii_alphanumeric()).take(5).collect();
        format!("{}_{number:05}_{own}", Utc::now().format("%Y%m%d_%H%M%S"))
    }

    /// The bytes that queries have scanned since the start, those of failed ones too.
    pub fn scanned_bytes(&self) -> u64 {
        self.0.scanned.load(Relaxed)
    }

    /// How many queries have come to each state since the start.
    pub fn counts(&self) -> [(State, u64); 5] {
        State::ALL.map(|state| (state, self.0.counts[state as usize].load(Relaxed)))
    }
}

impl Inner {
    /// What a panic left is whole: each change is one step.
    fn live(&self) -> MutexGuard<'_, HashMap<String, Arc<Live>>> {
        self.live.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn any_live(&self) -> Option<Arc<Live>> {
        self.live().values().next().cloned()
    }

    /// The present time in milliseconds since 1970, or the next that no query has yet.
    fn next_time(&self) -> i64 {
        let now = Utc::now().timestamp_millis();
        let later = self.last.fetch_update(Relaxed, Relaxed, |last| Some(now.max(last + 1)));
        later.map_or(now, |last| now.max(last + 1))
    }

    fn count(&self, state: State) {
        self.counts[state as usize].fetch_add(1, Relaxed);
    }
}

/// Why a query is ended before it is done.
#[derive(Debug, Clone, Copy)]
enum Why {
    /// Its user does not want it any more.
    Asked,
    /// The server ends.
    Stopping,
}

impl Live {
    /// The first reason counts.
    fn end(&self, why: Why) {
        self.why.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert(why);
        self.stop.cancel();
    }

    fn ended(&self) -> Error {
        let why = *self.why.lock().unwrap_or_else(PoisonError::into_inner);
        match why {
            Some(Why::Stopping) => Error::internal("the server was stopped before the query had ended; run it again"),
            Some(Why::Asked) | None => Error::new(ErrorKind::Cancelled, "Query cancelled by user"),
        }
    }
}

fn read(stored: &StoredQuery) -> Result<Query> {
    Query::from_json(&stored.json)
}
