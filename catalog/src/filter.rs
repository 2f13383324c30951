//! A predicate over partition keys: what the planner could prove about them, and what Glue's `GetPartitions.Expression` says.
//! Values are the texts of the keys; the catalog compares them by the key's Hive type (`hour > 9` is not text order).

/// A predicate over the partition keys of one table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PartitionFilter {
    Compare {
        key: String,
        op: Comparison,
        value: String,
    },
    In {
        key: String,
        values: Vec<String>,
    },
    And(Vec<PartitionFilter>),
    Or(Vec<PartitionFilter>),
    Not(Box<PartitionFilter>),
    /// SQL `LIKE` with `%` and `_`; only for keys that hold text.
    Like {
        key: String,
        pattern: String,
    },
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Comparison {
    Eq,
    NotEq,
    Lt,
    LtEq,
    Gt,
    GtEq,
}
