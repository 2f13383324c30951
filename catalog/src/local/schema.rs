//! The schema of the embedded catalog and its migrations: every release opens what an older one wrote, and refuses what a
//! newer one did.

use sqlx::AnyConnection;
use sqlx::Row;

use super::connect::{Connections, Dialect};
use super::databases;
use crate::error::{Error, ErrorKind, Result};
use crate::table::Database;

/// Migration `n` (from 1) leads from schema `n - 1` to `n`. A released one is never changed.
const MIGRATIONS: &[&str] =
    &[include_str!("migrations/0001.sql"), include_str!("migrations/0002.sql"), include_str!("migrations/0003.sql")];

/// PostgreSQL's counterparts of two type names that SQLite understands as they are: text that is compared by bytes whatever
/// the collation of the database, and bytes.
const POSTGRES_TYPES: &str = "CREATE DOMAIN bytetext AS TEXT COLLATE \"C\"; CREATE DOMAIN blob AS BYTEA;";

/// Brings the database to the newest schema, in one transaction that excludes other processes.
pub(super) async fn migrate(connections: &Connections) -> Result<()> {
    migrate_with(connections, MIGRATIONS).await
}

async fn migrate_with(connections: &Connections, migrations: &'static [&'static str]) -> Result<()> {
    let mut writer = connections.writer().await?;
    let mut transaction = connections.begin(&mut writer).await?;
    let found = version(&mut transaction).await?;
    let newest = migrations.len() as i64;
    if found > newest {
        return Err(Error::new(
            ErrorKind::NewerSchema,
            format!(
                "the catalog has schema {found}, and this release knows schemas up to {newest}: it was opened by a newer release; use that one"
            ),
        ));
    }
    if found == newest {
        return Ok(());
    }
    if found == 0 && connections.dialect == Dialect::Postgres {
        sqlx::raw_sql(POSTGRES_TYPES).execute(&mut *transaction).await?;
    }
    for (migration, to) in migrations.iter().zip(1_i64..).filter(|(_, to)| *to > found) {
        sqlx::raw_sql(*migration)
            .execute(&mut *transaction)
            .await
            .map_err(|error| Error::from(error).within(format!("migrating the catalog to schema {to}")))?;
    }
    sqlx::query("UPDATE schema_version SET version = $1").bind(newest).execute(&mut *transaction).await?;
    if found == 0 {
        let default = Database { name: "default".to_owned(), ..Database::default() };
        databases::create(&mut transaction, default).await?;
    }
    transaction.commit().await?;
    Ok(())
}

/// The schema that is there; 0 in an empty database. The write lock is held, so nobody else creates the table meanwhile.
async fn version(connection: &mut AnyConnection) -> Result<i64> {
    sqlx::raw_sql("CREATE TABLE IF NOT EXISTS schema_version (version BIGINT NOT NULL)").execute(&mut *connection).await?;
    if let Some(row) = sqlx::query("SELECT version FROM schema_version").fetch_optional(&mut *connection).await? {
        return Ok(row.try_get(0)?);
    }
    sqlx::query("INSERT INTO schema_version (version) VALUES (0)").execute(&mut *connection).await?;
    Ok(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn fresh() -> (tempfile::TempDir, Connections) {
        let folder = tempfile::tempdir().unwrap();
        let connections = Connections::sqlite(&folder.path().join("catalog.db")).await.unwrap();
        (folder, connections)
    }

    #[tokio::test]
    async fn a_newer_schema_is_refused_and_left_alone() {
        let (_folder, connections) = fresh().await;
        migrate(&connections).await.unwrap();
        let mut writer = connections.writer().await.unwrap();
        sqlx::query("UPDATE schema_version SET version = 700").execute(&mut *writer).await.unwrap();
        drop(writer);
        let error = migrate(&connections).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::NewerSchema);
        assert!(error.message().contains("schema 700"), "{error}");
    }

    #[tokio::test]
    async fn an_older_schema_is_migrated_once() {
        const FIRST: &[&str] = &[MIGRATIONS[0]];
        const TWO: &[&str] = &[MIGRATIONS[0], "CREATE TABLE later (x BIGINT); INSERT INTO later VALUES (1);"];
        let (_folder, connections) = fresh().await;
        migrate_with(&connections, FIRST).await.unwrap();
        migrate_with(&connections, TWO).await.unwrap();
        migrate_with(&connections, TWO).await.unwrap();
        let mut read = connections.read().await.unwrap();
        let rows: i64 = sqlx::query("SELECT count(*) FROM later").fetch_one(&mut *read).await.unwrap().get(0);
        assert_eq!(rows, 1);
    }

    #[tokio::test]
    async fn a_failed_migration_leaves_the_schema_before() {
        const FIRST: &[&str] = &[MIGRATIONS[0]];
        const BROKEN: &[&str] = &[MIGRATIONS[0], "CREATE TABLE later (x BIGINT); SELECT nonsense;"];
        let (_folder, connections) = fresh().await;
        migrate_with(&connections, FIRST).await.unwrap();
        let error = migrate_with(&connections, BROKEN).await.unwrap_err();
        assert!(error.message().starts_with("migrating the catalog to schema 2"), "{error}");
        migrate(&connections).await.unwrap();
    }
}
