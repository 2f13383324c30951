//! The Athena side of Civetta: planning over the catalog, the scan, commands and results, on DataFusion.

mod again;
mod cast;
mod coerce;
pub mod command;
mod compute;
mod cooperative;
mod deadline;
mod describe_prepared;
mod engine;
mod error;
mod explain;
pub mod export;
mod functions;
pub mod information_schema;
mod lake_format;
mod listing;
mod looked_up;
mod memory;
mod optimize;
mod page;
mod pattern;
mod plan;
mod prepared;
mod properties;
pub mod queries;
mod query;
mod routine;
mod scan;
mod scanned;
mod session;
mod session_property;
mod session_statement;
mod system;
#[cfg(test)]
mod tests;
pub mod text;
pub mod types;
mod values;
mod window;
pub mod work_group;

pub use engine::{Answer, Engine, OutputColumn, Session, Settings};
pub use memory::default_limit as default_memory_limit;
pub use prepared::PreparedStatement;
pub use properties::Properties;
pub use scan::LakeCodec;
pub use scanned::Scanned;
pub use sql::Door;
pub use system::Seen;

/// What `version()` answers, and the version of the one node.
pub const VERSION: &str = env!("CARGO_PKG_VERSION");
