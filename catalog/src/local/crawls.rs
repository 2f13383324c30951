//! Runs of crawlers in the embedded catalog: who runs what until when, what came of it, and who claimed which firing of a
//! schedule. Leases are times of the clocks of the processes, so a lease must be long against the clocks' difference.

use std::time::Duration;

use chrono::{DateTime, SecondsFormat, Utc};
use sqlx::AnyConnection;
use sqlx::Row;
use uuid::Uuid;

use super::record;
use crate::catalog::{Page, PageRequest};
use crate::crawler::{Crawl, CrawlState};
use crate::error::{Error, ErrorKind, Result};
use crate::table::now;

const PAGE: usize = 100;
/// The kind of the documents that ask runs to stop; their keys are the runs' ids.
const STOP: &str = "crawl stop";
const ABOVE_EVERY_ID: &str = "~";

/// A run that is going on, as far as the database knows.
struct Running {
    crawl: Crawl,
    owner: String,
    lease_until: i64,
}

impl Running {
    async fn of(connection: &mut AnyConnection, crawler: &str) -> Result<Option<Self>> {
        let row = sqlx::query("SELECT json, owner, lease_until FROM crawls WHERE crawler = $1 AND state = 'RUNNING'")
            .bind(crawler)
            .fetch_optional(connection)
            .await?;
        row.map(|row| Ok(Self { crawl: record::read(row.try_get(0)?)?, owner: row.try_get(1)?, lease_until: row.try_get(2)? }))
            .transpose()
    }

    fn is_live(&self) -> bool {
        self.lease_until > Utc::now().timestamp_millis()
    }

    fn busy(&self) -> Error {
        let Self { crawl, owner, lease_until } = self;
        Error::new(
            ErrorKind::Busy,
            format!(
                "crawler '{}' is being run by {owner}, whose lease ends {}: wait for it to finish",
                crawl.crawler_name,
                time(*lease_until)
            ),
        )
    }
}

fn time(millis: i64) -> String {
    DateTime::from_timestamp_millis(millis).unwrap_or_default().to_rfc3339_opts(SecondsFormat::Secs, true)
}

/// The end of a lease that begins now.
fn until(lease: Duration) -> i64 {
    Utc::now().timestamp_millis().saturating_add(i64::try_from(lease.as_millis()).unwrap_or(i64::MAX))
}

/// `CrawlState` as Glue writes it, for the column that the indexes know.
fn state(state: CrawlState) -> &'static str {
    match state {
        CrawlState::Running => "RUNNING",
        CrawlState::Completed => "COMPLETED",
        CrawlState::Failed => "FAILED",
        CrawlState::Stopped => "STOPPED",
    }
}

/// The run of a crawler that is going on, and whether somebody asked it to stop.
pub(super) async fn running(connection: &mut AnyConnection, crawler: &str) -> Result<Option<(Crawl, bool)>> {
    let Some(running) = Running::of(&mut *connection, crawler).await?.filter(Running::is_live) else { return Ok(None) };
    let asked = asked_to_stop(connection, &running.crawl.crawl_id).await?;
    Ok(Some((running.crawl, asked)))
}

/// Asks a run to stop, whichever process holds it. It says so in its history once it has.
pub(super) async fn ask_to_stop(connection: &mut AnyConnection, id: &str) -> Result<()> {
    let sql = "INSERT INTO documents (kind, key, json) VALUES ($1, $2, 'true') ON CONFLICT DO NOTHING";
    sqlx::query(sql).bind(STOP).bind(id).execute(connection).await?;
    Ok(())
}

pub(super) async fn asked_to_stop(connection: &mut AnyConnection, id: &str) -> Result<bool> {
    let sql = "SELECT 1 FROM documents WHERE kind = $1 AND key = $2";
    Ok(sqlx::query(sql).bind(STOP).bind(id).fetch_optional(connection).await?.is_some())
}

pub(super) async fn refuse_running(connection: &mut AnyConnection, crawler: &str) -> Result<()> {
    match Running::of(connection, crawler).await?.filter(Running::is_live) {
        Some(running) => Err(running.busy()),
        None => Ok(()),
    }
}

pub(super) async fn start(connection: &mut AnyConnection, crawler: &str, owner: &str, lease: Duration) -> Result<Crawl> {
    if let Some(running) = Running::of(connection, crawler).await? {
        if running.is_live() {
            return Err(running.busy());
        }
        let reason = format!(
            "the lease of {} on this run ended {} without news of it: {owner} took the crawler over",
            running.owner,
            time(running.lease_until)
        );
        let failed = Crawl { state: CrawlState::Failed, end_time: Some(now()), error_message: Some(reason), ..running.crawl };
        save(connection, &failed, None).await?;
    }
    let crawl =
        Crawl { crawl_id: Uuid::now_v7().to_string(), crawler_name: crawler.to_owned(), start_time: now(), ..Crawl::default() };
    sqlx::query("INSERT INTO crawls (id, crawler, state, started, owner, lease_until, json) VALUES ($1, $2, $3, $4, $5, $6, $7)")
        .bind(&crawl.crawl_id)
        .bind(crawler)
        .bind(state(crawl.state))
        .bind((crawl.start_time * 1000.0) as i64)
        .bind(owner)
        .bind(until(lease))
        .bind(record::write(&crawl)?)
        .execute(&mut *connection)
        .await?;
    sqlx::query("UPDATE schedules SET owner = NULL, lease_until = NULL WHERE crawler = $1 AND owner = $2")
        .bind(crawler)
        .bind(owner)
        .execute(connection)
        .await?;
    Ok(crawl)
}

/// Stores a run that is still held, with a new lease where there is one.
pub(super) async fn save(connection: &mut AnyConnection, crawl: &Crawl, lease: Option<Duration>) -> Result<()> {
    let saved = sqlx::query(
        "UPDATE crawls SET state = $1, json = $2, lease_until = COALESCE($3, lease_until) WHERE id = $4 AND state = 'RUNNING'",
    )
    .bind(state(crawl.state))
    .bind(record::write(crawl)?)
    .bind(lease.map(until))
    .bind(&crawl.crawl_id)
    .execute(&mut *connection)
    .await?;
    if lease.is_none() {
        let sql = "DELETE FROM documents WHERE kind = $1 AND key = $2";
        sqlx::query(sql).bind(STOP).bind(&crawl.crawl_id).execute(connection).await?;
    }
    match saved.rows_affected() {
        0 => Err(Error::new(
            ErrorKind::Conflict,
            format!(
                "run {} of crawler '{}' is no longer held: its lease ended and another process took over",
                crawl.crawl_id, crawl.crawler_name
            ),
        )),
        _ => Ok(()),
    }
}

/// Newest first.
pub(super) async fn list(connection: &mut AnyConnection, crawler: &str, page: PageRequest) -> Result<Page<Crawl>> {
    let limit = page.limit(PAGE)?;
    // Ids are UUIDs of version 7: their order is that of their time, within a process strictly.
    let rows = sqlx::query("SELECT json FROM crawls WHERE crawler = $1 AND id < $2 ORDER BY id DESC LIMIT $3")
        .bind(crawler)
        .bind(page.token.as_deref().unwrap_or(ABOVE_EVERY_ID))
        .bind(limit as i64 + 1)
        .fetch_all(connection)
        .await?;
    let items = rows.iter().map(|row| record::read(row.try_get(0)?)).collect::<Result<Vec<Crawl>>>()?;
    Ok(Page::cut(items, limit, |last| last.crawl_id.clone()))
}

/// Deletes the history of a crawler and the state of its schedule.
pub(super) async fn forget(connection: &mut AnyConnection, crawler: &str) -> Result<()> {
    sqlx::query("DELETE FROM crawls WHERE crawler = $1").bind(crawler).execute(&mut *connection).await?;
    sqlx::query("DELETE FROM schedules WHERE crawler = $1").bind(crawler).execute(connection).await?;
    Ok(())
}

/// Whether `owner` is the one to run what was due at `due`. A firing belongs to whoever claims it first; when that one's
/// lease ends before it started the run, the same firing can be claimed again.
pub(super) async fn claim(
    connection: &mut AnyConnection,
    crawler: &str,
    due: DateTime<Utc>,
    owner: &str,
    lease: Duration,
) -> Result<bool> {
    let claimed = sqlx::query(
        "INSERT INTO schedules (crawler, fired, owner, lease_until) VALUES ($1, $2, $3, $4) \
         ON CONFLICT (crawler) DO UPDATE SET fired = excluded.fired, owner = excluded.owner, lease_until = excluded.lease_until \
         WHERE schedules.fired < excluded.fired OR (schedules.fired = excluded.fired AND schedules.lease_until <= $5)",
    )
    .bind(crawler)
    .bind(due.timestamp_millis())
    .bind(owner)
    .bind(until(lease))
    .bind(Utc::now().timestamp_millis())
    .execute(connection)
    .await?;
    Ok(claimed.rows_affected() > 0)
}
