//! Query executions in the embedded catalog: who runs what until when, and what came of it. What a query is about is the
//! engine's JSON; here are only the columns by which queries are found.
//!
//! An unfinished query belongs to its owner until its lease is over. Records are written so that they survive the end of the
//! process however it ends, and are not waited for to reach the disk: each query writes two of them.

use std::time::Duration;

use chrono::Utc;
use sqlx::any::AnyRow;
use sqlx::{AnyConnection, AssertSqlSafe, Row};

use super::LocalCatalog;
use super::writer::Durability;
use crate::catalog::{Page, PageRequest};
use crate::error::{Error, ErrorKind, Result};

const PAGE: usize = 50;

/// A query execution as it is stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredQuery {
    pub id: String,
    pub work_group: String,
    pub state: String,
    /// Milliseconds since 1970. Listings are in this order, so it is best never the same twice.
    pub submitted: i64,
    /// Who runs it, or ran it.
    pub owner: String,
    pub json: String,
}

/// By what else a new query is found.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct QueryKeys {
    /// Given by the client so that a repeated request is no second query.
    pub token: Option<String>,
    /// Equal for queries of which one's result may answer the other.
    pub reuse: Option<String>,
}

/// Unfinished queries that nobody runs any more.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lost<'a> {
    /// Those whose lease is over.
    Lapsed,
    /// Those of a process that is known to be gone.
    Of(&'a str),
}

impl LocalCatalog {
    /// Stores a new query and holds it for its owner until `lease` is over. Where there is one with the same token that one is
    /// answered, and nothing is stored.
    pub async fn create_query(&self, query: StoredQuery, keys: QueryKeys, lease: Duration) -> Result<Option<StoredQuery>> {
        let create = self.writer.write_as(Durability::Process, move |connection| {
            Box::pin(async move { create(connection, query, keys, lease).await })
        });
        create.await
    }

    /// Stores what has become of a query that `owner` holds: with a lease it goes on, without one it is finished.
    ///
    /// Errors: `Conflict` when it is finished already, because its lease ended and another process said so.
    pub async fn save_query(&self, id: &str, owner: &str, state: &str, json: String, lease: Option<Duration>) -> Result<()> {
        let (id, owner, state) = (id.to_owned(), owner.to_owned(), state.to_owned());
        let save = self.writer.write_as(Durability::Process, move |connection| {
            Box::pin(async move { save(connection, &id, &owner, &state, &json, lease.map(until)).await })
        });
        save.await
    }

    pub async fn query(&self, id: &str) -> Result<Option<StoredQuery>> {
        find(&mut *self.connections.statement().await?, "id = $1", id).await
    }

    /// Newest first.
    ///
    /// Errors: `InvalidInput` for a token that is none of this listing's.
    pub async fn queries(&self, work_group: &str, page: PageRequest) -> Result<Page<StoredQuery>> {
        let limit = page.limit(PAGE)?;
        let (submitted, id) = match &page.token {
            None => (i64::MAX, ""),
            Some(token) => place(token).ok_or_else(|| Error::invalid(format!("'{token}' is no token of this listing")))?,
        };
        let sql = format!(
            "SELECT {COLUMNS} FROM queries WHERE work_group = $1 AND (submitted, id) < ($2, $3) \
             ORDER BY submitted DESC, id DESC LIMIT $4"
        );
        let rows = sqlx::query(AssertSqlSafe(sql))
            .bind(work_group)
            .bind(submitted)
            .bind(id)
            .bind(limit as i64 + 1)
            .fetch_all(&mut *self.connections.statement().await?)
            .await?;
        let items = rows.iter().map(read).collect::<Result<Vec<_>>>()?;
        Ok(Page::cut(items, limit, |last| format!("{}:{}", last.submitted, last.id)))
    }

    /// Holds everything unfinished of `owner` for `lease` from now. Answers the ids of those that somebody wants to end.
    pub async fn renew_queries(&self, owner: &str, lease: Duration) -> Result<Vec<String>> {
        let owner = owner.to_owned();
        let renew = self.writer.write_as(Durability::Process, move |connection| {
            Box::pin(async move {
                let sql = "UPDATE queries SET lease_until = $1 WHERE owner = $2 AND lease_until IS NOT NULL";
                sqlx::query(sql).bind(until(lease)).bind(&owner).execute(&mut *connection).await?;
                let sql = "SELECT id FROM queries WHERE owner = $1 AND lease_until IS NOT NULL AND stop = 1";
                let rows = sqlx::query(sql).bind(&owner).fetch_all(connection).await?;
                rows.iter().map(|row| Ok(row.try_get(0)?)).collect()
            })
        });
        renew.await
    }

    /// Tells the owner of an unfinished query that it is to end. A finished one stays as it is.
    pub async fn ask_query_to_stop(&self, id: &str) -> Result<()> {
        let id = id.to_owned();
        let ask = self.writer.write_as(Durability::Process, move |connection| {
            Box::pin(async move {
                let sql = "UPDATE queries SET stop = 1 WHERE id = $1 AND lease_until IS NOT NULL";
                sqlx::query(sql).bind(id).execute(connection).await?;
                Ok(())
            })
        });
        ask.await
    }

    /// Ends the queries that nobody runs any more: `end` gives the state and JSON of each. Answers how many there were.
    pub async fn end_lost_queries<F>(&self, lost: Lost<'_>, end: F) -> Result<usize>
    where
        F: Fn(&StoredQuery) -> Result<(String, String)> + Send + 'static,
    {
        let owner = match lost {
            Lost::Lapsed => None,
            Lost::Of(owner) => Some(owner.to_owned()),
        };
        // Mostly there are none, which a reader finds out without keeping writers from their turn.
        if self::lost(&mut *self.connections.statement().await?, owner.as_deref()).await?.is_empty() {
            return Ok(0);
        }
        let end = self.writer.write_as(Durability::Process, move |connection| {
            Box::pin(async move {
                let queries = self::lost(&mut *connection, owner.as_deref()).await?;
                for query in &queries {
                    let (state, json) = end(query)?;
                    save(&mut *connection, &query.id, &query.owner, &state, &json, None).await?;
                }
                Ok(queries.len())
            })
        });
        end.await
    }

    /// The newest finished query of that reuse key and state that was submitted at `since` (milliseconds since 1970) or later.
    pub async fn reusable_query(&self, reuse: &str, state: &str, since: i64) -> Result<Option<StoredQuery>> {
        let sql = format!(
            "SELECT {COLUMNS} FROM queries WHERE reuse = $1 AND submitted >= $2 AND state = $3 ORDER BY submitted DESC LIMIT 1"
        );
        let query = sqlx::query(AssertSqlSafe(sql)).bind(reuse).bind(since).bind(state);
        query.fetch_optional(&mut *self.connections.statement().await?).await?.as_ref().map(read).transpose()
    }

    /// Forgets the finished queries of a work group.
    pub async fn delete_queries_of(&self, work_group: &str) -> Result<()> {
        let work_group = work_group.to_owned();
        let delete = self.writer.write_as(Durability::Process, move |connection| {
            Box::pin(async move {
                let sql = "DELETE FROM queries WHERE work_group = $1 AND lease_until IS NULL";
                sqlx::query(sql).bind(work_group).execute(connection).await?;
                Ok(())
            })
        });
        delete.await
    }

    /// Forgets the finished queries that were submitted before `before`, in milliseconds since 1970. Answers how many.
    pub async fn delete_queries(&self, before: i64) -> Result<u64> {
        let delete = self.writer.write_as(Durability::Process, move |connection| {
            Box::pin(async move {
                let sql = "DELETE FROM queries WHERE submitted < $1 AND lease_until IS NULL";
                Ok(sqlx::query(sql).bind(before).execute(connection).await?.rows_affected())
            })
        });
        delete.await
    }
}

const COLUMNS: &str = "id, work_group, state, submitted, owner, json";

fn read(row: &AnyRow) -> Result<StoredQuery> {
    Ok(StoredQuery {
        id: row.try_get(0)?,
        work_group: row.try_get(1)?,
        state: row.try_get(2)?,
        submitted: row.try_get(3)?,
        owner: row.try_get(4)?,
        json: row.try_get(5)?,
    })
}

async fn find(connection: &mut AnyConnection, which: &'static str, value: &str) -> Result<Option<StoredQuery>> {
    let sql = format!("SELECT {COLUMNS} FROM queries WHERE {which}");
    sqlx::query(AssertSqlSafe(sql)).bind(value).fetch_optional(connection).await?.as_ref().map(read).transpose()
}

async fn lost(connection: &mut AnyConnection, owner: Option<&str>) -> Result<Vec<StoredQuery>> {
    let which = match owner {
        Some(_) => "lease_until IS NOT NULL AND owner = $1",
        None => "lease_until < $1",
    };
    let sql = format!("SELECT {COLUMNS} FROM queries WHERE {which}");
    let query = sqlx::query(AssertSqlSafe(sql));
    let query = match owner {
        Some(owner) => query.bind(owner),
        None => query.bind(Utc::now().timestamp_millis()),
    };
    query.fetch_all(connection).await?.iter().map(read).collect()
}

async fn create(
    connection: &mut AnyConnection,
    query: StoredQuery,
    keys: QueryKeys,
    lease: Duration,
) -> Result<Option<StoredQuery>> {
    // Mostly a token is new, so that it is looked for only where it was not.
    let sql = "INSERT INTO queries (id, work_group, state, submitted, owner, json, lease_until, token, reuse) \
               VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) ON CONFLICT DO NOTHING";
    let created = sqlx::query(sql)
        .bind(query.id)
        .bind(query.work_group)
        .bind(query.state)
        .bind(query.submitted)
        .bind(query.owner)
        .bind(query.json)
        .bind(until(lease))
        .bind(&keys.token)
        .bind(keys.reuse)
        .execute(&mut *connection)
        .await?;
    if created.rows_affected() > 0 {
        return Ok(None);
    }
    let earlier = match keys.token {
        Some(token) => find(connection, "token = $1", &token).await?,
        None => None,
    };
    earlier.map(Some).ok_or_else(|| Error::internal("a new query has the id of another"))
}

async fn save(
    connection: &mut AnyConnection,
    id: &str,
    owner: &str,
    state: &str,
    json: &str,
    lease_until: Option<i64>,
) -> Result<()> {
    let sql =
        "UPDATE queries SET state = $1, json = $2, lease_until = $3 WHERE id = $4 AND owner = $5 AND lease_until IS NOT NULL";
    let saved = sqlx::query(sql).bind(state).bind(json).bind(lease_until).bind(id).bind(owner).execute(connection).await?;
    match saved.rows_affected() {
        0 => Err(Error::new(
            ErrorKind::Conflict,
            format!("query {id} is no longer held: its lease ended and another process took over"),
        )),
        _ => Ok(()),
    }
}

/// The end of a lease that begins now.
fn until(lease: Duration) -> i64 {
    Utc::now().timestamp_millis().saturating_add(i64::try_from(lease.as_millis()).unwrap_or(i64::MAX))
}

/// Where a page ended.
fn place(token: &str) -> Option<(i64, &str)> {
    let (submitted, id) = token.split_once(':')?;
    Some((submitted.parse().ok()?, id))
}

#[cfg(test)]
mod tests {
    use super::*;

    const MINUTE: Duration = Duration::from_secs(60);

    fn stored(id: &str, submitted: i64) -> StoredQuery {
        let text = |text: &str| text.to_owned();
        StoredQuery {
            id: text(id),
            work_group: text("primary"),
            state: text("QUEUED"),
            submitted,
            owner: text("me"),
            json: text("{}"),
        }
    }

    fn keys(token: &str) -> QueryKeys {
        QueryKeys { token: Some(token.to_owned()), reuse: Some("same".to_owned()) }
    }

    async fn home() -> (tempfile::TempDir, LocalCatalog) {
        let folder = tempfile::tempdir().unwrap();
        let home = LocalCatalog::open(folder.path()).await.unwrap();
        (folder, home)
    }

    #[tokio::test]
    async fn a_token_is_one_query() {
        let (_folder, home) = home().await;
        assert_eq!(home.create_query(stored("a", 1), keys("t"), MINUTE).await.unwrap(), None);
        let again = home.create_query(stored("b", 2), keys("t"), MINUTE).await.unwrap();
        assert_eq!(again.unwrap().id, "a");
        assert_eq!(home.query("b").await.unwrap(), None);
    }

    #[tokio::test]
    async fn the_newest_come_first_page_by_page() {
        let (_folder, home) = home().await;
        for (at, id) in ["a", "b", "c", "d", "e"].iter().enumerate() {
            home.create_query(stored(id, at as i64), QueryKeys::default(), MINUTE).await.unwrap();
        }
        let mut request = PageRequest { limit: Some(2), token: None };
        let mut ids = Vec::new();
        loop {
            let page = home.queries("primary", request).await.unwrap();
            ids.extend(page.items.into_iter().map(|query| query.id));
            let Some(next) = page.next else { break };
            request = PageRequest { limit: Some(2), token: Some(next) };
        }
        assert_eq!(ids, ["e", "d", "c", "b", "a"]);
        assert_eq!(home.queries("other", PageRequest::default()).await.unwrap().items, []);
        let odd = PageRequest { limit: None, token: Some("x".to_owned()) };
        assert_eq!(home.queries("primary", odd).await.unwrap_err().kind(), ErrorKind::InvalidInput);
    }

    #[tokio::test]
    async fn only_lost_queries_are_ended_and_their_owner_notices() {
        let (_folder, home) = home().await;
        home.create_query(stored("live", 1), QueryKeys::default(), MINUTE).await.unwrap();
        home.create_query(stored("lost", 2), QueryKeys::default(), Duration::ZERO).await.unwrap();
        tokio::time::sleep(Duration::from_millis(5)).await;
        let end = |_: &StoredQuery| Ok(("FAILED".to_owned(), "{\"lost\":1}".to_owned()));
        assert_eq!(home.end_lost_queries(Lost::Lapsed, end).await.unwrap(), 1);
        assert_eq!(home.query("lost").await.unwrap().unwrap().state, "FAILED");
        let late = home.save_query("lost", "me", "SUCCEEDED", "{}".to_owned(), None).await.unwrap_err();
        assert_eq!(late.kind(), ErrorKind::Conflict);
        assert_eq!(home.query("live").await.unwrap().unwrap().state, "QUEUED");
        assert_eq!(home.end_lost_queries(Lost::Of("somebody else"), end).await.unwrap(), 0);
        assert_eq!(home.end_lost_queries(Lost::Of("me"), end).await.unwrap(), 1);
    }

    #[tokio::test]
    async fn whoever_renews_hears_what_is_to_stop() {
        let (_folder, home) = home().await;
        home.create_query(stored("a", 1), keys("t"), Duration::ZERO).await.unwrap();
        home.ask_query_to_stop("a").await.unwrap();
        assert_eq!(home.renew_queries("me", MINUTE).await.unwrap(), ["a"]);
        let end = |_: &StoredQuery| Ok(("FAILED".to_owned(), String::new()));
        assert_eq!(home.end_lost_queries(Lost::Lapsed, end).await.unwrap(), 0, "it was renewed");
        home.save_query("a", "me", "SUCCEEDED", "{}".to_owned(), None).await.unwrap();
        assert_eq!(home.renew_queries("me", MINUTE).await.unwrap(), [""; 0]);
        assert_eq!(home.reusable_query("same", "SUCCEEDED", 1).await.unwrap().unwrap().id, "a");
        assert_eq!(home.reusable_query("same", "SUCCEEDED", 2).await.unwrap(), None);
        assert_eq!(home.delete_queries(2).await.unwrap(), 1);
    }
}
