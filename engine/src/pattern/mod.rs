//! `MATCH_RECOGNIZE` ("Row pattern recognition").
//!
//! A pattern is compiled to a [`program`], whose matches are looked for in each partition by backtracking. Definitions and
//! measures are ordinary expressions over [`leaves`]: columns that hold what [`navigation`], `CLASSIFIER()`, `MATCH_NUMBER()` and
//! aggregates take from a match. Definitions are computed for a row at a time, since each depends on the rows before it;
//! measures for all rows of the result at once. A pattern in a window is searched from each row in its frame ([`window`]).

mod exec;
mod leaves;
mod navigation;
mod node;
mod nullable;
mod physical;
mod plan;
mod program;
mod view;
mod window;

pub(crate) use nullable::function;
pub(crate) use physical::Planner;
pub(crate) use plan::plan;
