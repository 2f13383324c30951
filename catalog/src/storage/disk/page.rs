//! Listings page by page, as S3's clients ask for them: each page is a request of its own that says where the last one ended.
//!
//! A walk that stopped at the end of a page is kept for a while, so that the next page goes on with it and does not read a
//! folder of 100,000 names again. It is used only while no object was made since: every page shows what was there when it was
//! asked for. What vanished meanwhile is left out, because sizes and times are read page by page.

use std::fs;
use std::iter::Peekable;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use super::walk::{Range, Step, Walk};
use super::{Attributes, Disk, Inner};
use crate::Result;
use crate::storage::Object;

/// Walks that are kept, for each bucket.
const KEPT: usize = 4;
/// How long one is kept. Files that are copied in by hand meanwhile are seen after that.
const PATIENCE: Duration = Duration::from_secs(10);

type Steps = Peekable<Box<dyn Iterator<Item = Step> + Send>>;

/// What is asked for.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Question {
    /// Keys begin with this; it may end amid a name.
    pub prefix: String,
    /// Entries are greater than this, in byte order.
    pub after: String,
    /// Keys in which this follows after the prefix are one entry, their common beginning up to its end.
    pub delimiter: Option<String>,
}

/// One page.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Page {
    /// In byte order.
    pub entries: Vec<Entry>,
    /// Whether there is more behind the last entry.
    pub more: bool,
}

/// One entry of a page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Entry {
    /// An object of any key, with the etag that S3's clients see.
    Object(Object),
    /// The common beginning of the keys of at least one object.
    Prefix(String),
}

impl Entry {
    /// What entries are ordered by, and what the next page is asked to come after.
    pub fn key(&self) -> &str {
        match self {
            Self::Object(object) => &object.key,
            Self::Prefix(prefix) => prefix,
        }
    }
}

/// A walk that waits for its next page to be asked for.
pub(super) struct Paused {
    next: Question,
    /// Objects made by then.
    made: u64,
    at: Instant,
    steps: Steps,
}

impl std::fmt::Debug for Paused {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Paused").field("next", &self.next).finish_non_exhaustive()
    }
}

impl Disk {
    /// At most `limit` entries of a listing. Files that cannot be read are left out, and logged.
    pub async fn page(&self, question: Question, limit: usize) -> Result<Page> {
        self.blocking(move |disk| {
            if limit == 0 {
                return Ok(Page::default());
            }
            let made = disk.made.load(Ordering::Relaxed);
            let mut steps = match disk.resume(&question, made) {
                Some(steps) => steps,
                None => disk.steps(&question)?,
            };
            let mut page = Page::default();
            while page.entries.len() < limit
                && let Some(step) = steps.next()
            {
                page.entries.extend(entry(step));
            }
            page.more = steps.peek().is_some();
            if let Some(last) = page.entries.last().filter(|_| page.more) {
                disk.pause(Paused {
                    next: Question { after: last.key().to_owned(), ..question },
                    made,
                    at: Instant::now(),
                    steps,
                });
            }
            Ok(page)
        })
        .await
    }
}

impl Inner {
    fn steps(&self, question: &Question) -> Result<Steps> {
        let Question { prefix, after, delimiter } = question.clone();
        let delimiter = delimiter.filter(|delimiter| !delimiter.is_empty());
        let walk = Walk::new(&self.root, self.names, &self.guard, Range { prefix, after, delimiter })?;
        let readable = walk.filter(|step| match step {
            Step::Skipped(skipped) => {
                tracing::warn!(key = skipped.key, why = %skipped.why, "left out of a listing");
                false
            }
            _ => true,
        });
        Ok((Box::new(readable) as Box<dyn Iterator<Item = Step> + Send>).peekable())
    }

    fn resume(&self, question: &Question, made: u64) -> Option<Steps> {
        let mut paused = self.waiting();
        paused.retain(|paused| paused.made == made && paused.at.elapsed() < PATIENCE);
        let found = paused.iter().position(|paused| paused.next == *question)?;
        Some(paused.remove(found).steps)
    }

    fn pause(&self, walk: Paused) {
        let mut paused = self.waiting();
        if paused.len() == KEPT {
            paused.remove(0);
        }
        paused.push(walk);
    }

    /// A panic while it was held left a list that is whole.
    fn waiting(&self) -> std::sync::MutexGuard<'_, Vec<Paused>> {
        self.paused.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}

/// A step with what the file system says of it; none when it has vanished.
fn entry(step: Step) -> Option<Entry> {
    match step {
        Step::Folder(prefix) => Some(Entry::Prefix(prefix)),
        Step::File { key, path } => {
            let meta = fs::metadata(&path).ok()?;
            Some(Entry::Object(Attributes::read_path(&path, &meta).object(key, &meta)))
        }
        Step::Skipped(_) => None,
    }
}
