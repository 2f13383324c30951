//! The connection to the embedded catalog's database: an SQLite file or a PostgreSQL server behind one code path.

use std::path::Path;
use std::time::Duration;

use futures::future::BoxFuture;
use percent_encoding::{AsciiSet, CONTROLS, utf8_percent_encode};
use sqlx::any::AnyPoolOptions;
use sqlx::pool::PoolConnection;
use sqlx::{Any, AnyConnection, AnyPool, Connection, Transaction};

use crate::error::{Error, ErrorKind, Result};

/// What a writer waits for another process's write before it gives up.
const WRITE_WAIT: Duration = Duration::from_secs(30);

/// Connections for reading; writes have one of their own.
const READERS: u32 = 8;

/// The key of PostgreSQL's advisory lock that makes writers of all processes take turns, as SQLite's file lock does.
const TAKE_WRITE_LOCK: &str = "SELECT pg_advisory_xact_lock(4883612205)";

/// What a path must not contain unescaped in an SQLite URL.
const IN_PATH: &AsciiSet = &CONTROLS.add(b' ').add(b'#').add(b'?').add(b'%');

/// The few places where the two databases want different words.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Dialect {
    Sqlite,
    Postgres,
}

/// The pools of one database. Debug prints no URL: it may hold a password.
#[derive(Clone)]
pub(super) struct Connections {
    pub(super) dialect: Dialect,
    readers: AnyPool,
    writer: AnyPool,
}

impl Connections {
    /// Opens or creates the SQLite file at `path`, whose folder exists.
    pub(super) async fn sqlite(path: &Path) -> Result<Self> {
        let text = path.to_str().ok_or_else(|| {
            Error::invalid(format!(
                "the catalog's path must be UTF-8, '{}' is not: choose another data directory",
                path.display()
            ))
        })?;
        own(path).map_err(|error| Error::invalid(format!("cannot make the catalog at '{text}': {error}")).caused_by(error))?;
        let url = format!("sqlite://{}?mode=rwc", utf8_percent_encode(text, IN_PATH));
        Self::open(Dialect::Sqlite, &url)
            .await
            .map_err(|error| unavailable(format!("cannot open the catalog at '{text}'"), error))
    }

    /// Connects to the PostgreSQL database at `url` (`postgres://user:password@host:port/database?...`).
    pub(super) async fn postgres(url: &str) -> Result<Self> {
        Self::open(Dialect::Postgres, url)
            .await
            .map_err(|error| unavailable("cannot connect to the catalog's PostgreSQL database".to_owned(), error))
    }

    async fn open(dialect: Dialect, url: &str) -> sqlx::Result<Self> {
        sqlx::any::install_default_drivers();
        let options = || {
            AnyPoolOptions::new()
                .acquire_timeout(WRITE_WAIT)
                .test_before_acquire(dialect == Dialect::Postgres)
                .after_connect(move |connection, _| prepare(dialect, connection))
        };
        // A pool tries again for as long as a caller may wait; a server that is not there is to be told at once.
        AnyConnection::connect(url).await?.close().await?;
        // The writer comes first: it makes the file, and its journal mode is the file's.
        let writer = options().max_connections(1).connect(url).await?;
        let readers = options().max_connections(READERS).connect(url).await?;
        Ok(Self { dialect, readers, writer })
    }

    /// A snapshot of the database to read from; dropping it ends it.
    pub(super) async fn read(&self) -> Result<Transaction<'static, Any>> {
        Ok(match self.dialect {
            Dialect::Sqlite => self.readers.begin_with("BEGIN").await?,
            Dialect::Postgres => self.readers.begin_with("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY").await?,
        })
    }

    /// A connection for one statement, which sees a snapshot by itself: neither its beginning nor its end have to be told.
    pub(super) async fn statement(&self) -> Result<PoolConnection<Any>> {
        Ok(self.readers.acquire().await?)
    }

    /// The connection for writing; whoever else wants it waits. Its commits wait for the disk.
    pub(super) async fn writer(&self) -> Result<PoolConnection<Any>> {
        Ok(self.writer.acquire().await?)
    }

    /// A transaction that excludes all other writers, of this process and others, until it ends.
    pub(super) async fn begin<'c>(&self, writer: &'c mut AnyConnection) -> Result<Transaction<'c, Any>> {
        Ok(match self.dialect {
            Dialect::Sqlite => writer.begin_with("BEGIN IMMEDIATE").await?,
            Dialect::Postgres => {
                let mut transaction = writer.begin_with("BEGIN").await?;
                sqlx::raw_sql(TAKE_WRITE_LOCK).execute(&mut *transaction).await?;
                transaction
            }
        })
    }

    /// Whether this writer's commits wait for SQLite's file to be on the disk. PostgreSQL decides that for itself.
    pub(super) async fn wait_for_disk(&self, writer: &mut AnyConnection, wait: bool) -> Result<()> {
        if self.dialect == Dialect::Sqlite {
            let setting = if wait { "PRAGMA synchronous = FULL" } else { "PRAGMA synchronous = NORMAL" };
            sqlx::raw_sql(setting).execute(writer).await?;
        }
        Ok(())
    }

    /// Done once somebody closes the connections.
    pub(super) async fn closing(&self) {
        self.writer.close_event().await;
    }

    pub(super) async fn close(&self) {
        self.readers.close().await;
        self.writer.close().await;
    }
}

/// Makes the file as one that nobody else reads, unless it is there: it holds passwords of connections, and what people asked. SQLite
/// gives the files that it puts beside it the same mode.
fn own(path: &Path) -> std::io::Result<()> {
    use std::os::unix::fs::OpenOptionsExt as _;
    match std::fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(path) {
        Err(error) if error.kind() != std::io::ErrorKind::AlreadyExists => Err(error),
        _ => Ok(()),
    }
}

/// Settings of one connection. With `synchronous = FULL` what was acknowledged survives a power failure as well as SIGKILL.
fn prepare(dialect: Dialect, connection: &mut AnyConnection) -> BoxFuture<'_, sqlx::Result<()>> {
    Box::pin(async move {
        if dialect == Dialect::Sqlite {
            let wait = WRITE_WAIT.as_millis();
            let settings = format!(
                "PRAGMA busy_timeout = {wait}; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; \
                 PRAGMA foreign_keys = ON; PRAGMA cache_size = -32768;"
            );
            sqlx::raw_sql(sqlx::AssertSqlSafe(settings)).execute(connection).await?;
        }
        Ok(())
    })
}

fn unavailable(what: String, error: sqlx::Error) -> Error {
    Error::new(ErrorKind::Unavailable, format!("{what}: {error}")).caused_by(error)
}

/// A failure of the database. That something is or is not there is asked before, so none of these is about names.
impl From<sqlx::Error> for Error {
    fn from(error: sqlx::Error) -> Self {
        match &error {
            sqlx::Error::ColumnNotFound(_) | sqlx::Error::ColumnDecode { .. } | sqlx::Error::RowNotFound => {
                Self::new(ErrorKind::Internal, format!("the catalog's database answered what was not asked: {error}"))
                    .caused_by(error)
            }
            sqlx::Error::Database(database) if database.message().contains("database is locked") => Self::new(
                ErrorKind::Unavailable,
                format!(
                    "another process has been writing to the catalog for {} s: try again when it is done",
                    WRITE_WAIT.as_secs()
                ),
            )
            .caused_by(error),
            _ => unavailable("the catalog's database failed".to_owned(), error),
        }
    }
}
