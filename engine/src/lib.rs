//! The Athena side: plan, scan, functions, run, results.

pub mod command;
pub mod export;
pub mod information_schema;
mod page;
pub mod text;
pub mod trino_type;
