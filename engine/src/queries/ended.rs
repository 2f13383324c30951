//! Records of queries that have ended lately. They do not change any more, so that only their number is bounded.

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::record::Query;

/// Records that are kept; the oldest goes first.
const MOST: usize = 512;

/// The records, by their ids.
#[derive(Debug, Default)]
pub(super) struct Ended(Mutex<Kept>);

#[derive(Debug, Default)]
struct Kept {
    queries: HashMap<String, Arc<Query>>,
    order: VecDeque<String>,
}

impl Ended {
    pub(super) fn get(&self, id: &str) -> Option<Arc<Query>> {
        self.kept().queries.get(id).cloned()
    }

    pub(super) fn keep(&self, query: Arc<Query>) {
        let mut kept = self.kept();
        kept.order.push_back(query.id.clone());
        kept.queries.insert(query.id.clone(), query);
        if kept.order.len() > MOST
            && let Some(oldest) = kept.order.pop_front()
        {
            kept.queries.remove(&oldest);
        }
    }

    /// Forgets them all; the catalog knows those that are still to be known.
    pub(super) fn clear(&self) {
        *self.kept() = Kept::default();
    }

    fn kept(&self) -> MutexGuard<'_, Kept> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
