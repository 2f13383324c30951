//! The crawler: list → layout → inspect → group → diff → apply. Everything between listing and applying is pure functions
//! over what was listed and read; `apply` alone changes the catalog. The rules are Glue's (AWS Glue Developer Guide,
//! "Crawlers") where they serve people and our own, each with its reason, where they do not.
//!
//! [`run()`] crawls, [`run_crawler`] runs a kept crawler with lease and history, [`plan()`] and [`apply()`] are the two halves of
//! it, and [`find`] is the part that needs no catalog.

mod apply;
mod assemble;
pub mod columns;
pub mod describe;
mod diff;
pub mod exclude;
mod find;
pub mod folder_name;
mod found;
mod group;
mod infer;
pub mod inspect;
pub mod inspected;
mod lake;
mod layout;
pub mod left_out;
mod memory;
mod naming;
mod nested;
mod options;
mod partition_diff;
mod partition_keys;
mod partition_memory;
mod plan;
mod progress;
mod read;
mod report;
mod request;
mod run;
pub mod schedule;
pub mod shape;
mod similar;
pub mod spark_log;
mod survey;
pub mod table_name;
mod tree;

pub use apply::apply;
pub use diff::TableChange;
pub use exclude::Exclusions;
pub use find::{Finds, find};
pub use found::{Found, FoundPartition, Reading};
pub use lake::iceberg::newest as newest_iceberg_metadata;
pub use left_out::Reason;
pub use options::{Grouping, Options};
pub use partition_diff::PartitionChanges;
pub use plan::{MissingTable, Places, Plan, PlannedTable, plan};
pub use progress::{Progress, Snapshot};
pub use report::{Action, LeftOut, Report, TableReport};
pub use request::Request;
pub use run::{Begun, run, run_crawler};
