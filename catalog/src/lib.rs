//! The Glue side of Civetta: names, tables, types, storage, the catalogs and the crawler. It knows no DataFusion.

mod catalog;
pub mod conformance;
pub mod crawl;
pub mod crawler;
pub mod decode;
mod error;
mod filter;
pub mod format;
pub mod glue;
pub mod hive_type;
mod key;
pub mod local;
pub mod name;
pub mod partition_name;
mod predicate;
pub mod projection;
mod restricted;
pub mod storage;
pub mod table;

pub use catalog::{Catalog, Page, PageRequest, PartitionError, UpdateTable};
pub use error::{Error, ErrorKind, Position, Result};
pub use filter::{Comparison, PartitionFilter};
pub use restricted::Restricted;
