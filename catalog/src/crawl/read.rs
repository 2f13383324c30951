//! Reading objects for the crawl: many small ones at once, large ones in chunks or by their tails, all inspected on the
//! blocking threads while more are on their way.

use std::collections::HashMap;
use std::io::{self, Read};
use std::sync::{Arc, Mutex, PoisonError};

use bytes::{Buf, Bytes};
use futures::stream::{self, Stream};
use futures::{StreamExt, TryStreamExt};
use tokio::sync::mpsc;

use super::inspect::{Content, Inspector};
use super::inspected::{Finding, Found, Inspections, Note};
use super::memory::Known;
use super::progress::Progress;
use crate::crawler::Classifier;
use crate::error::{Error, ErrorKind, Result};
use crate::storage::{Location, Storage};

/// Objects up to this size are fetched whole, many at once.
pub(super) const SMALL: u64 = 256 << 10;

/// So many small objects are inspected in one go.
const BATCH: usize = 256;

/// So many pages' objects are fetched at once: the last objects of one page do not hold up the next.
const PAGES: usize = 4;

/// Large objects read at once.
const LARGE: usize = 8;

/// An object to be read: a number of the caller's, its key in the bucket, its size.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Wanted {
    pub index: usize,
    pub key: String,
    pub size: u64,
}

/// What reading an object came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Outcome {
    Data {
        found: Known,
        notes: Vec<Note>,
    },
    Unrecognised(String),
    /// Gone since it was listed.
    Vanished,
    /// Not ours to read.
    Unreadable(String),
}

/// The inspectors of a crawl: one for each thread that inspects at a time, because each keeps what it learnt.
pub(super) struct Readers {
    storage: Storage,
    progress: Arc<Progress>,
    classifiers: Vec<Classifier>,
    idle: Mutex<Vec<(usize, Inspector)>>,
    made: Mutex<usize>,
}

/// An outcome whose finding is numbered by one of the inspectors.
pub(super) type Raw = (usize, usize, Result<Finding>);

impl Readers {
    /// Errors: `InvalidInput` for a classifier that is none.
    pub(super) fn new(storage: Storage, progress: Arc<Progress>, classifiers: Vec<Classifier>) -> Result<Arc<Self>> {
        let first = Inspector::new(&classifiers)?;
        Ok(Arc::new(Self { storage, progress, classifiers, idle: Mutex::new(vec![(0, first)]), made: Mutex::new(1) }))
    }

    /// Reads the objects of all batches as they come; `base` says in which bucket.
    pub(super) async fn read(
        self: &Arc<Self>,
        base: &Location,
        batches: impl Stream<Item = Vec<Wanted>> + Send,
    ) -> Result<Vec<Raw>> {
        let threads = std::thread::available_parallelism().map_or(2, std::num::NonZero::get);
        let results = batches
            .map(|batch| {
                let (small, large): (Vec<Wanted>, Vec<Wanted>) = batch.into_iter().partition(|wanted| wanted.size <= SMALL);
                stream::select(self.small(base, small, threads), self.large(base, large))
            })
            .flatten_unordered(PAGES);
        results.try_concat().await
    }

    fn small(
        self: &Arc<Self>,
        base: &Location,
        wanted: Vec<Wanted>,
        threads: usize,
    ) -> impl Stream<Item = Result<Vec<Raw>>> + Send + use<> {
        let keys: HashMap<usize, String> = wanted.iter().map(|wanted| (wanted.index, wanted.key.clone())).collect();
        let keys = Arc::new(keys);
        let numbered = wanted.into_iter().map(|wanted| (wanted.index, wanted.key)).collect::<Vec<_>>();
        let contents = if numbered.is_empty() { stream::empty().boxed() } else { self.storage.get_many(base, numbered, None) };
        let readers = Arc::clone(self);
        contents
            .ready_chunks(BATCH)
            .map(move |chunk| {
                let (readers, keys) = (Arc::clone(&readers), Arc::clone(&keys));
                async move { on_blocking_thread(move || readers.inspect_all(chunk, &keys)).await? }
            })
            .buffer_unordered(threads)
    }

    fn inspect_all(&self, chunk: Vec<(usize, Result<Bytes>)>, keys: &HashMap<usize, String>) -> Result<Vec<Raw>> {
        self.with_inspector(|number, inspector| {
            let inspect = |(index, content): (usize, Result<Bytes>)| {
                let key = keys.get(&index).map(String::as_str).unwrap_or_default();
                let finding = content.and_then(|bytes| {
                    self.progress.add_read(bytes.len() as u64);
                    inspector.inspect(key, Content::Whole(&bytes))
                });
                (index, number, finding)
            };
            chunk.into_iter().map(inspect).collect()
        })
    }

    fn large(self: &Arc<Self>, base: &Location, wanted: Vec<Wanted>) -> impl Stream<Item = Result<Vec<Raw>>> + Send + use<> {
        let (readers, base) = (Arc::clone(self), base.clone());
        stream::iter(wanted)
            .map(move |wanted| {
                let at = Location { key: wanted.key.clone(), ..base.clone() };
                let readers = Arc::clone(&readers);
                async move { readers.one_large(at, wanted).await.map(|raw| vec![raw]) }
            })
            .buffer_unordered(LARGE)
    }

    async fn one_large(self: Arc<Self>, at: Location, wanted: Wanted) -> Result<Raw> {
        let (number, finding) = self.clone().inspect_stream(&at, &wanted).await?;
        let Ok(Finding::NeedsTail { bytes }) = finding else { return Ok((wanted.index, number, finding)) };
        let mut bytes = bytes;
        // A directory that is longer than was guessed tells its length.
        loop {
            let start = wanted.size.saturating_sub(bytes);
            let tail = match self.storage.get_range(&at, start..wanted.size).await {
                Ok(tail) => tail,
                Err(error) => return Ok((wanted.index, number, Err(error))),
            };
            self.progress.add_bytes(tail.len() as u64);
            let (readers, key, size) = (Arc::clone(&self), wanted.key.clone(), wanted.size);
            let (number, finding) = on_blocking_thread(move || {
                readers.with_inspector(|number, inspector| {
                    let content = if start == 0 { Content::Whole(&tail) } else { Content::Tail { size, bytes: &tail } };
                    (number, inspector.inspect(&key, content))
                })
            })
            .await??;
            match finding {
                Ok(Finding::NeedsTail { bytes: more }) if more > bytes && start > 0 => bytes = more,
                Ok(Finding::NeedsTail { .. }) => {
                    let why = "its directory does not fit into it".to_string();
                    return Ok((wanted.index, number, Ok(Finding::Unrecognised { why })));
                }
                finding => return Ok((wanted.index, number, finding)),
            }
        }
    }

    /// Inspects an object from its start, reading no further than the inspector asks.
    async fn inspect_stream(self: Arc<Self>, at: &Location, wanted: &Wanted) -> Result<(usize, Result<Finding>)> {
        let (sender, receiver) = mpsc::channel(4);
        let mut chunks = self.storage.stream(at);
        let feed = async move {
            while let Some(chunk) = chunks.next().await {
                // The inspector has seen enough when nobody receives any more.
                if sender.send(chunk).await.is_err() {
                    break;
                }
            }
        };
        let (readers, key, size) = (Arc::clone(&self), wanted.key.clone(), wanted.size);
        let inspect = on_blocking_thread(move || {
            let mut reader = Chunks { receiver, chunk: Bytes::new(), failure: None, bytes: 0 };
            let found = readers.with_inspector(|number, inspector| {
                (number, inspector.inspect(&key, Content::Stream { size, reader: &mut reader }))
            });
            readers.progress.add_read(reader.bytes);
            // The store's own error says more than the one that came out of the inspector's reader.
            match (found, reader.failure) {
                (Ok((number, Err(_))), Some(failure)) => Ok((number, Err(failure))),
                (found, _) => found,
            }
        });
        let ((), found) = tokio::join!(feed, inspect);
        found?
    }

    fn with_inspector<T>(&self, work: impl FnOnce(usize, &mut Inspector) -> T) -> Result<T> {
        let idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner).pop();
        let (number, mut inspector) = match idle {
            Some(idle) => idle,
            None => {
                let mut made = self.made.lock().unwrap_or_else(PoisonError::into_inner);
                *made += 1;
                (*made - 1, Inspector::new(&self.classifiers)?)
            }
        };
        let result = work(number, &mut inspector);
        self.idle.lock().unwrap_or_else(PoisonError::into_inner).push((number, inspector));
        Ok(result)
    }

    /// Gives the findings of all inspectors one numbering, that of `findings`, and sorts outcomes from failures.
    ///
    /// Errors: a read that failed for another reason than that the object is gone or not ours.
    pub(super) fn settle(&self, raw: Vec<Raw>, findings: &mut Inspections) -> Result<Vec<(usize, Outcome)>> {
        let mut numbers: HashMap<(usize, u32), u32> = HashMap::new();
        let mut inspectors = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        for (number, inspector) in inspectors.iter_mut() {
            let learnt = inspector.inspections();
            for at in 0..learnt.len() as u32 {
                let Some(inspected) = learnt.get(at) else { continue };
                numbers.insert((*number, at), findings.intern(inspected.clone(), || learnt.why(at).to_vec()));
            }
        }
        raw.into_iter().map(|(index, inspector, finding)| Ok((index, outcome(inspector, finding, &numbers)?))).collect()
    }
}

fn outcome(inspector: usize, finding: Result<Finding>, numbers: &HashMap<(usize, u32), u32>) -> Result<Outcome> {
    match finding {
        Ok(Finding::Found(Found { inspection, records, bytes, notes })) => match numbers.get(&(inspector, inspection)) {
            Some(&inspection) => Ok(Outcome::Data { found: Known::Data { inspection, records, bytes }, notes }),
            None => Err(Error::internal("an inspector forgot what it found")),
        },
        Ok(Finding::Unrecognised { why }) => Ok(Outcome::Unrecognised(why)),
        // A whole object was given, and there is no more of it.
        Ok(Finding::NeedsTail { .. }) => Ok(Outcome::Unrecognised("it is cut off".to_string())),
        Err(error) if error.kind() == ErrorKind::ObjectNotFound => Ok(Outcome::Vanished),
        Err(error) if error.kind() == ErrorKind::AccessDenied => Ok(Outcome::Unreadable(error.message().to_string())),
        Err(error) => Err(error),
    }
}

async fn on_blocking_thread<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Result<T> {
    tokio::task::spawn_blocking(work)
        .await
        .map_err(|error| Error::internal("inspecting objects was interrupted").caused_by(error))
}

/// The chunks of an object as a reader for a blocking thread.
struct Chunks {
    receiver: mpsc::Receiver<Result<Bytes>>,
    chunk: Bytes,
    failure: Option<Error>,
    bytes: u64,
}

impl Read for Chunks {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        while self.chunk.is_empty() {
            match self.receiver.blocking_recv() {
                None => return Ok(0),
                Some(Ok(chunk)) => {
                    self.bytes += chunk.len() as u64;
                    self.chunk = chunk;
                }
                Some(Err(error)) => {
                    let message = error.to_string();
                    self.failure = Some(error);
                    return Err(io::Error::other(message));
                }
            }
        }
        let count = buffer.len().min(self.chunk.len());
        self.chunk.split_to(count).copy_to_slice(buffer.get_mut(..count).unwrap_or_default());
        Ok(count)
    }
}
