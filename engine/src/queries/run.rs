//! One query from its turn to its end: executed, its rows written to the result's file and kept for paging, its end recorded.

use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;
use std::time::{Duration, Instant};

use catalog::storage::Location;
use catalog::table::now;
use catalog::{Error, ErrorKind, Result};
use chrono::Utc;
use futures::{FutureExt, StreamExt};
use sql::Statement;

use super::change::Change;
use super::file::File;
use super::keep::UNSEEN;
use super::metadata::metadata;
use super::record::{Done, Outcome, Query, State, Statistics, Summary};
use super::request::Job;
use super::shape::{ResultColumn, Shape};
use super::{LEASE, Live, Queries, read};
use crate::command::Rows;
use crate::engine::{Answer, Session};
use crate::prepared::PreparedStatement;
use crate::work_group::EMBEDDED_RESULTS;

/// How often a scan is held against its limit while no row comes.
const LOOK: Duration = Duration::from_millis(100);
/// Before the end of a query is recorded a second time; then longer.
const FIRST_PAUSE: Duration = Duration::from_millis(100);

impl Queries {
    /// Whatever happens, the query's end is recorded.
    pub(super) async fn run(self, live: Arc<Live>, job: Job) {
        let whole = AssertUnwindSafe(self.take_turn(&live, &job)).catch_unwind().await;
        let outcome = whole.unwrap_or_else(|_| Err(Error::internal("the query failed inside the server")));
        let mut query = Query::clone(&live.now.borrow());
        query.end(outcome);
        self.leave_reason(&query).await;
        let id = query.id.clone();
        let query = self.record_end(query).await;
        self.0.count(query.state);
        let query = Arc::new(query);
        self.0.ended.keep(Arc::clone(&query));
        live.now.send_replace(query);
        self.0.live().remove(&id);
    }

    /// Hive's statements leave in their file why they failed. Where that cannot be written the record alone says it.
    async fn leave_reason(&self, query: &Query) {
        let Some(reason) = query.reason.as_ref().filter(|_| query.state == State::Failed && query.shape.is_hive()) else {
            return;
        };
        let written = async {
            let at = Location::parse(&query.output)?;
            self.bucket(&at).await?;
            self.0.storage.put(&at, reason.clone().into()).await
        };
        if let Err(error) = written.await {
            tracing::debug!(query = query.id, "the reason of a failure could not be written: {error}");
        }
    }

    /// Stores how a query ended; answers what the catalog then says of it. A catalog that does not answer is asked until it does:
    /// a query whose end nobody knows would be running for ever.
    async fn record_end(&self, query: Query) -> Query {
        let Self(inner) = self;
        let mut pause = FIRST_PAUSE;
        loop {
            let saved = async {
                let (state, json) = (query.state.name(), query.to_json()?);
                inner.home.save_query(&query.id, &inner.owner, state, json, None).await
            };
            let Err(error) = saved.await else { return query };
            if error.kind() == ErrorKind::Conflict {
                // The lease was over, and another server has said that the query is lost.
                let theirs = inner.home.query(&query.id).await;
                return theirs.ok().flatten().and_then(|stored| read(&stored).ok()).unwrap_or(query);
            }
            tracing::warn!(query = query.id, "the end of a query could not be recorded, and will be tried again: {error}");
            tokio::time::sleep(pause).await;
            pause = (pause * 2).min(LEASE / 3);
        }
    }

    async fn take_turn(&self, live: &Live, job: &Job) -> Outcome {
        let Self(inner) = self;
        let waits = Instant::now();
        let turn = inner.admission.queue(&job.group.name, job.group.concurrency())?;
        let turn = async { turn.await.map_err(|_| Error::internal("the queue of queries was lost")) };
        let _turn = unless_ended(live, turn).await?;
        live.now.send_modify(|query| Arc::make_mut(query).begin(millis(waits)));
        inner.count(State::Running);
        let query = Arc::clone(&live.now.borrow());
        let work = self.execute(live, &query, job);
        tokio::pin!(work);
        tokio::select! {
            outcome = &mut work => return outcome,
            () = tokio::time::sleep(UNSEEN) => {}
        }
        // Long enough for other servers to be told.
        let json = query.to_json()?;
        inner.home.save_query(&query.id, &inner.owner, query.state.name(), json, Some(LEASE)).await?;
        work.await
    }

    async fn execute(&self, live: &Live, query: &Query, job: &Job) -> Outcome {
        if let Some(done) = self.reuse(query, job).await? {
            return Ok(done);
        }
        let begins = Instant::now();
        let mut session = job.session.clone();
        let answer = unless_ended(live, self.answer(query, job, &mut session)).await?;
        let change = query.client.as_ref().and_then(|_| Change::of(&job.statement, &session));
        let planning_ms = millis(begins);
        let scanned = answer.scanned.clone();
        let cutoff = job.group.configuration.bytes_scanned_cutoff_per_query.and_then(|cutoff| u64::try_from(cutoff).ok());
        let (shape, columns, mut file) = match query.client {
            Some(_) => (query.shape.clone(), Shape::columns_by_trino(&answer.columns), None),
            None => {
                let shape = query.shape.clone().with_columns(&answer.columns);
                let columns = shape.columns(&answer.columns);
                let at = Location::parse(&query.output)?;
                self.bucket(&at).await?;
                let file = File::begin(&self.0.storage, &at, shape.file, &columns).await?;
                (shape, columns, Some((file, at)))
            }
        };
        let limited = async {
            loop {
                tokio::time::sleep(LOOK).await;
                within(cutoff, scanned.bytes())?;
            }
        };
        let written = tokio::select! {
            written = unless_ended(live, self.write(query, &columns, &mut file, answer)) => written,
            over = limited, if cutoff.is_some() => over,
        };
        self.0.scanned.fetch_add(scanned.bytes(), Relaxed);
        let (rows, bytes) = match written.and_then(|ended| within(cutoff, scanned.bytes()).map(|()| ended)) {
            Ok(ended) => ended,
            Err(error) => {
                if let Some((file, at)) = file {
                    file.abort(&self.0.storage).await;
                    if let Err(left) = self.0.storage.delete(&beside(&at)).await {
                        tracing::warn!(query = query.id, "the metadata of a result that failed could not be removed: {left}");
                    }
                }
                return Err(error);
            }
        };
        let summary = Summary { columns, rows, bytes, update_count: shape.counts.then_some(0), change, reused: false };
        let statistics =
            Statistics { planning_ms, engine_ms: millis(begins).max(1), scanned_bytes: scanned.bytes(), ..Statistics::default() };
        Ok(Done { summary, statistics, shape })
    }

    /// Prepared statements belong to the work group; all else is the engine's.
    async fn answer(&self, query: &Query, job: &Job, session: &mut Session) -> Result<Answer> {
        let home = &self.0.home;
        match &job.statement {
            Statement::Prepare { name, text } if query.client.is_none() => {
                let prepared = PreparedStatement {
                    statement_name: name.clone(),
                    query_statement: text.clone(),
                    work_group_name: query.work_group.clone(),
                    description: None,
                    last_modified_time: now(),
                };
                home.put_document(&prepared).await?;
                Ok(Answer::from(Rows::none()))
            }
            Statement::Deallocate { name } if query.client.is_none() => {
                PreparedStatement::delete(home, &query.work_group, name).await?;
                Ok(Answer::from(Rows::none()))
            }
            statement => job.engine.execute(session, statement.clone()).await,
        }
    }

    /// Writes all rows to the result's file and into the spool; answers how many there are, and the file's bytes. The file is
    /// there, whole, before this is done.
    async fn write(
        &self,
        query: &Query,
        columns: &[ResultColumn],
        file: &mut Option<(File, Location)>,
        mut answer: Answer,
    ) -> Result<(u64, u64)> {
        let mut draft = self.0.spool.draft();
        let mut rows = 0;
        while let Some(batch) = answer.rows.next().await {
            let batch = batch?;
            if let Some((file, _)) = file {
                file.write(&batch).await?;
            }
            rows += batch.num_rows() as u64;
            draft.push(&batch).await;
            if file.is_none() && draft.is_given_up() {
                return Err(self.too_large());
            }
        }
        let ended = match file {
            Some((file, at)) => {
                let beside = beside(at);
                let (ended, ()) = tokio::try_join!(file.finish(), self.0.storage.put(&beside, metadata(query, columns)))?;
                ended
            }
            None => (rows, 0),
        };
        // Without a file there is nothing else that pages could come from.
        if !draft.keep(&query.id).await && file.is_none() {
            return Err(self.too_large());
        }
        Ok(ended)
    }

    fn too_large(&self) -> Error {
        let most = self.0.settings.kept_disk;
        let message = format!("the result is larger than the {most} bytes that are kept for paging, or the disk is full");
        Error::new(ErrorKind::LimitExceeded, message)
    }

    /// The bucket for results of `primary` on an embedded lake is made when it is first needed.
    async fn bucket(&self, at: &Location) -> Result<()> {
        let Some(lake) = self.0.storage.lake() else { return Ok(()) };
        let own = Location::parse(EMBEDDED_RESULTS)?.bucket;
        if at.bucket != own || lake.bucket(&own).is_ok() {
            return Ok(());
        }
        match lake.create_bucket(&own).await {
            Err(error) if error.kind() != ErrorKind::AlreadyExists => Err(error),
            _ => Ok(()),
        }
    }

    /// Answers with a copy of an earlier result, where one is wanted, young enough and still there.
    async fn reuse(&self, query: &Query, job: &Job) -> Result<Option<Done>> {
        let (Some(minutes), Some(key)) = (query.reuse_minutes, &job.reuse) else { return Ok(None) };
        let since = Utc::now().timestamp_millis() - i64::from(minutes) * 60_000;
        let Some(earlier) = self.0.home.reusable_query(key, State::Succeeded.name(), since).await? else { return Ok(None) };
        let earlier = read(&earlier)?;
        let Some(answer) = earlier.answer else { return Ok(None) };
        for ending in ["", ".metadata"] {
            let of = |output: &str| Location::parse(&format!("{output}{ending}"));
            let (from, to) = (of(&earlier.output)?, of(&query.output)?);
            let (_, store) = self.0.storage.object_store(&to)?;
            if store.copy_opts(&from.path()?, &to.path()?, Default::default()).await.is_err() {
                // Somebody removed it: the query runs.
                return Ok(None);
            }
        }
        self.0.spool.share(&earlier.id, &query.id);
        let statistics = Statistics { engine_ms: 1, ..Statistics::default() };
        Ok(Some(Done { summary: Summary { reused: true, ..answer }, statistics, shape: query.shape.clone() }))
    }
}

/// What `work` gives, or the reason why the query is ended.
async fn unless_ended<T>(live: &Live, work: impl Future<Output = Result<T>>) -> Result<T> {
    tokio::select! {
        biased;
        () = live.stop.cancelled() => Err(live.ended()),
        done = work => done,
    }
}

/// Where the metadata of a result are.
fn beside(at: &Location) -> Location {
    at.with_key(format!("{}.metadata", at.key))
}

fn within(cutoff: Option<u64>, scanned: u64) -> Result<()> {
    match cutoff {
        Some(cutoff) if scanned > cutoff => Err(Error::new(
            ErrorKind::LimitExceeded,
            format!("Bytes scanned limit was exceeded: {scanned} bytes were scanned, the work group's limit is {cutoff}"),
        )),
        _ => Ok(()),
    }
}

fn millis(since: Instant) -> u64 {
    u64::try_from(since.elapsed().as_millis()).unwrap_or(u64::MAX)
}
