//! Trino's "String functions", and the few of its page of Teradata functions that are about texts.

mod change;
mod find;
mod split;
mod words;

pub(crate) use change::{offset, target_length};

pub(super) use change::FUNCTIONS as CHANGES;
pub(super) use find::FUNCTIONS as SEARCHES;
pub(super) use split::FUNCTIONS as SPLITS;
pub(super) use words::FUNCTIONS as WORDS;
