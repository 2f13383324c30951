//! The Athena side: plan, scan, functions, run, results.

pub mod export;
pub mod text;
pub mod trino_type;
