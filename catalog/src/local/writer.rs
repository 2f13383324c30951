//! The one writer of the embedded catalog: operations that arrive together share a transaction (group commit), a failing one
//! does not fail the others (savepoints), and each is answered only after the commit. Mostly an operation comes alone: then there is
//! nothing to save from it, and each word that is not said to SQLite spares waking its thread.

use futures::future::BoxFuture;
use sqlx::pool::PoolConnection;
use sqlx::{Any, AnyConnection, Connection};
use tokio::sync::{mpsc, oneshot};

use super::connect::{Connections, Dialect};
use crate::error::{Error, ErrorKind, Result};

/// At most so many operations share a transaction, so that the first of them is answered soon.
const BATCH: usize = 256;

/// Answers the caller once the fate of the transaction is known: `None` when it was committed.
type Settle = Box<dyn FnOnce(Option<Error>) + Send>;

/// Runs one operation, or takes the error why there is no transaction; says whether it succeeded and how to answer its caller.
type Run = Box<dyn for<'c> FnOnce(Result<&'c mut AnyConnection>) -> BoxFuture<'c, (bool, Settle)> + Send>;

/// What an acknowledged write survives.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Durability {
    /// A failure of power.
    Power,
    /// The end of this process, however it ends. It costs no wait for the disk.
    Process,
}

struct Job {
    durability: Durability,
    run: Run,
}

/// A handle to the writer task, which ends when the last handle is dropped.
#[derive(Clone)]
pub(super) struct Writer(mpsc::Sender<Job>);

impl Writer {
    pub(super) fn start(connections: Connections) -> Self {
        let (sender, receiver) = mpsc::channel(BATCH);
        tokio::spawn(run(connections, receiver));
        Self(sender)
    }

    /// Runs `operation` in a transaction and returns after its commit. An `Err` of the operation undoes all it did.
    pub(super) async fn write<T, F>(&self, operation: F) -> Result<T>
    where
        T: Send + 'static,
        F: for<'c> FnOnce(&'c mut AnyConnection) -> BoxFuture<'c, Result<T>> + Send + 'static,
    {
        self.write_as(Durability::Power, operation).await
    }

    /// [`Self::write`] with the choice of what the write survives.
    pub(super) async fn write_as<T, F>(&self, durability: Durability, operation: F) -> Result<T>
    where
        T: Send + 'static,
        F: for<'c> FnOnce(&'c mut AnyConnection) -> BoxFuture<'c, Result<T>> + Send + 'static,
    {
        let (answer, outcome) = oneshot::channel();
        let run: Run = Box::new(move |connection| {
            Box::pin(async move {
                let result = match connection {
                    Ok(connection) => operation(connection).await,
                    Err(error) => Err(error),
                };
                let succeeded = result.is_ok();
                let settle: Settle = Box::new(move |failure| {
                    let result = match failure {
                        Some(error) if succeeded => Err(error),
                        _ => result,
                    };
                    // A caller that went away does not want the answer.
                    let _ = answer.send(result);
                });
                (succeeded, settle)
            })
        });
        self.0.send(Job { durability, run }).await.map_err(|_| stopped())?;
        outcome.await.map_err(|_| stopped())?
    }
}

fn stopped() -> Error {
    Error::new(ErrorKind::Unavailable, "the catalog's writer has stopped")
}

/// The connection for writing, and what its commits survive.
struct Held {
    connection: PoolConnection<Any>,
    durability: Durability,
}

impl Held {
    /// A new one.
    async fn open(connections: &Connections) -> Result<Self> {
        // It waits for the disk until it is told otherwise.
        Ok(Self { connection: connections.writer().await?, durability: Durability::Power })
    }

    async fn with(mut self, durability: Durability, connections: &Connections) -> Result<Self> {
        if durability != self.durability {
            connections.wait_for_disk(&mut self.connection, durability == Durability::Power).await?;
        }
        Ok(Self { durability, ..self })
    }
}

async fn run(connections: Connections, mut jobs: mpsc::Receiver<Job>) {
    let (mut held, mut next) = (None, None);
    loop {
        let first = match next.take() {
            Some(job) => Some(job),
            None => tokio::select! {
                job = jobs.recv() => job,
                () = connections.closing() => None,
            },
        };
        let Some(first) = first else { return };
        let connection = async {
            let held = match held.take() {
                Some(held) => held,
                None => Held::open(&connections).await?,
            };
            held.with(first.durability, &connections).await
        };
        let mut connection = match connection.await {
            Ok(connection) => connection,
            Err(error) => {
                (first.run)(Err(error)).await.1(None);
                continue;
            }
        };
        let mut settles = Vec::new();
        let outcome = batch(&connections, &mut connection, first, &mut jobs, &mut settles, &mut next).await;
        for settle in settles {
            settle(outcome.as_ref().err().map(again));
        }
        // A server may go away meanwhile, and any connection be broken: the pool finds that out.
        held = Some(connection).filter(|_| outcome.is_ok() && connections.dialect == Dialect::Sqlite);
    }
}

/// The same error for one more caller.
fn again(error: &Error) -> Error {
    Error::new(error.kind(), error.message())
}

/// One transaction: `first` and whatever else of its durability is waiting by the time the one before is done. The first of
/// another durability is left in `other`.
async fn batch(
    connections: &Connections,
    held: &mut Held,
    first: Job,
    jobs: &mut mpsc::Receiver<Job>,
    settles: &mut Vec<Settle>,
    other: &mut Option<Job>,
) -> Result<()> {
    let durability = first.durability;
    let mut transaction = match connections.begin(&mut held.connection).await {
        Ok(transaction) => transaction,
        Err(error) => {
            settles.push((first.run)(Err(again(&error))).await.1);
            return Err(error);
        }
    };
    let (succeeded, settle) = (first.run)(Ok(&mut transaction)).await;
    settles.push(settle);
    if !succeeded {
        return Ok(transaction.rollback().await?);
    }
    while settles.len() < BATCH
        && let Ok(job) = jobs.try_recv()
    {
        if job.durability != durability {
            *other = Some(job);
            break;
        }
        let mut savepoint = match transaction.begin().await {
            Ok(savepoint) => savepoint,
            Err(error) => {
                let error = Error::from(error);
                settles.push((job.run)(Err(again(&error))).await.1);
                return Err(error);
            }
        };
        let (succeeded, settle) = (job.run)(Ok(&mut savepoint)).await;
        settles.push(settle);
        if succeeded {
            savepoint.commit().await?;
        } else {
            savepoint.rollback().await?;
        }
    }
    transaction.commit().await?;
    Ok(())
}
