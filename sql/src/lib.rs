//! The language: Athena text in, typed Statement out. It does no input or output and knows no DataFusion.
//!
//! [`parse`] takes one statement, [`split`] a script; [`tables`] says what a statement reads. Two grammars share the door,
//! as in Athena: Hive's for definitions (`hive`) and Trino's for queries (`trino`), chosen by a statement's first words.

mod cursor;
mod door;
mod hive;
pub mod keywords;
mod names;
mod parse;
mod prepared;
mod session;
mod source;
mod split;
mod statement;
mod token;
mod trino;
pub mod view;

pub use door::Door;
pub use names::tables;
pub use parse::{parse, parse_by};
pub use prepared::{bind, parameter, parameters, places};
pub use split::{Ending, Fragment, Script, split};
pub use statement::{
    AlterAction, ColumnPlace, DatabaseName, DescribeStyle, ExplainFormat, ExplainKind, Listing, NamePattern, NewPartition,
    ObjectName, PartitionSpec, Statement, TableReference, TableSource, Transaction,
};
pub use trino::{INLINE, query_of, type_text};
