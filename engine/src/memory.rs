//! How much memory queries may take: the default limit (container or machine), and a pool per query inside a global one.
//! DataFusion's `FairSpillPool` shared by several queries would let one query's operators starve another's; a plain global
//! pool would let one operator take everything. So each query divides its share fairly and also asks the global pool.

use std::fmt;
use std::sync::Arc;

use datafusion::common::Result;
use datafusion::execution::memory_pool::{FairSpillPool, MemoryConsumer, MemoryLimit, MemoryPool, MemoryReservation};

/// Of the memory that the process may use, this share is given to queries; the rest is for everything that is not accounted.
const SHARE: f64 = 0.7;

/// The default for `--memory`: 70 % of the container's limit (cgroup v2 or v1) or of the machine's memory, in bytes.
pub fn default_limit() -> usize {
    let machine = meminfo().unwrap_or(4 << 30);
    let limit = ["/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes"]
        .iter()
        .find_map(|path| std::fs::read_to_string(path).ok()?.trim().parse::<u64>().ok())
        .map_or(machine, |container| container.min(machine));
    (limit as f64 * SHARE) as usize
}

/// `MemTotal` in bytes; `None` where there is no `/proc`.
fn meminfo() -> Option<u64> {
    let text = std::fs::read_to_string("/proc/meminfo").ok()?;
    let line = text.lines().find(|line| line.starts_with("MemTotal:"))?;
    Some(line.split_whitespace().nth(1)?.parse::<u64>().ok()? * 1024)
}

/// The pool of one query.
pub(crate) struct QueryPool {
    global: Arc<dyn MemoryPool>,
    own: FairSpillPool,
}

impl QueryPool {
    /// A query may take up to `limit` bytes, as far as `global` has them.
    pub(crate) fn new(global: Arc<dyn MemoryPool>, limit: usize) -> Self {
        Self { global, own: FairSpillPool::new(limit) }
    }
}

impl MemoryPool for QueryPool {
    fn name(&self) -> &str {
        "query"
    }

    fn register(&self, consumer: &MemoryConsumer) {
        self.own.register(consumer);
    }

    fn unregister(&self, consumer: &MemoryConsumer) {
        self.own.unregister(consumer);
    }

    fn grow(&self, reservation: &MemoryReservation, additional: usize) {
        self.own.grow(reservation, additional);
        self.global.grow(reservation, additional);
    }

    fn shrink(&self, reservation: &MemoryReservation, shrink: usize) {
        self.own.shrink(reservation, shrink);
        self.global.shrink(reservation, shrink);
    }

    fn try_grow(&self, reservation: &MemoryReservation, additional: usize) -> Result<()> {
        self.own.try_grow(reservation, additional)?;
        self.global.try_grow(reservation, additional).inspect_err(|_| self.own.shrink(reservation, additional))
    }

    fn reserved(&self) -> usize {
        self.own.reserved()
    }

    fn memory_limit(&self) -> MemoryLimit {
        self.own.memory_limit()
    }
}

impl fmt::Debug for QueryPool {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("QueryPool").field("own", &self.own).finish_non_exhaustive()
    }
}

impl fmt::Display for QueryPool {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "query({})", self.own)
    }
}

#[cfg(test)]
mod tests {
    use datafusion::execution::memory_pool::GreedyMemoryPool;

    use super::*;

    #[test]
    fn a_query_is_bounded_by_itself_and_by_the_others() {
        let global: Arc<dyn MemoryPool> = Arc::new(GreedyMemoryPool::new(100));
        let one: Arc<dyn MemoryPool> = Arc::new(QueryPool::new(Arc::clone(&global), 80));
        let two: Arc<dyn MemoryPool> = Arc::new(QueryPool::new(Arc::clone(&global), 80));
        let first = MemoryConsumer::new("a").register(&one);
        let second = MemoryConsumer::new("b").register(&two);
        assert!(first.try_grow(81).is_err(), "over its own limit");
        first.try_grow(70).unwrap();
        assert!(second.try_grow(40).is_err(), "over what the first left");
        second.try_grow(30).unwrap();
        drop(first);
        second.try_grow(40).unwrap();
        drop(second);
        assert_eq!((global.reserved(), one.reserved(), two.reserved()), (0, 0, 0));
    }

    #[test]
    fn the_default_leaves_room() {
        let limit = default_limit() as u64;
        assert!(limit > 1 << 20 && limit < meminfo().unwrap_or(u64::MAX));
    }
}
