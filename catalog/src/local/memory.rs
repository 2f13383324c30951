//! What a crawl remembers for the next one, as bytes that only the crawler understands, in the embedded catalog.

use bytes::Bytes;
use sqlx::AnyConnection;
use sqlx::Row;

use crate::error::Result;

pub(super) async fn get(connection: &mut AnyConnection, key: &str) -> Result<Option<Bytes>> {
    let row = sqlx::query("SELECT value FROM crawl_memory WHERE key = $1").bind(key).fetch_optional(connection).await?;
    row.map(|row| Ok(Bytes::from(row.try_get::<Vec<u8>, _>(0)?))).transpose()
}

pub(super) async fn save(connection: &mut AnyConnection, key: &str, value: &[u8]) -> Result<()> {
    sqlx::query("INSERT INTO crawl_memory (key, value) VALUES ($1, $2) ON CONFLICT (key) DO UPDATE SET value = excluded.value")
        .bind(key)
        .bind(value)
        .execute(connection)
        .await?;
    Ok(())
}

pub(super) async fn forget(connection: &mut AnyConnection, key: &str) -> Result<()> {
    sqlx::query("DELETE FROM crawl_memory WHERE key = $1").bind(key).execute(connection).await?;
    Ok(())
}
