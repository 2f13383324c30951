//! The Athena side of Civetta: planning over the catalog, the scan, commands and results, on DataFusion.

pub mod command;
mod engine;
mod error;
pub mod export;
pub mod information_schema;
mod memory;
mod page;
mod plan;
mod query;
mod scan;
mod scanned;
mod session;
#[cfg(test)]
mod tests;
pub mod text;
pub mod trino_type;

pub use engine::{Answer, Engine, OutputColumn, Session, Settings};
pub use memory::default_limit as default_memory_limit;
pub use scan::LakeCodec;
pub use scanned::Scanned;
