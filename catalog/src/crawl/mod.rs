//! The crawler: list → layout → inspect → group → diff → apply. Everything between listing and applying is pure functions
//! over what was listed and read; `apply` alone changes the catalog. The rules are Glue's (AWS Glue Developer Guide,
//! "Crawlers") where they serve people and our own, each with its reason, where they do not.

pub mod columns;
pub mod diff;
pub mod exclude;
pub mod folder_name;
pub mod found;
pub mod group;
mod infer;
pub mod inspect;
pub mod inspected;
pub mod layout;
pub mod left_out;
pub mod memory;
pub mod nested;
pub mod options;
pub mod partition_keys;
pub mod progress;
pub mod read;
pub mod schedule;
pub mod shape;
pub mod similar;
pub mod spark_log;
pub mod survey;
pub mod table_name;
pub mod tree;

pub use exclude::Exclusions;
pub use left_out::Reason;
pub use options::{Grouping, Options};
