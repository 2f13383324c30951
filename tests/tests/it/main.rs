//! Black-box tests in one binary, so that they are linked once. This file lists the modules and holds nothing else.

// A helper that cannot do its work ends its test, as an assertion does; clippy's own exception knows only `#[test]` functions.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod binary;
mod bounds;
mod catalog_glue;
mod catalog_killed;
mod catalog_postgres;
mod cli;
mod clients;
mod compat;
mod confined;
mod conformance;
mod crawl_api;
mod crawl_cases;
mod crawl_killed;
mod crawl_layouts;
mod fuzz;
mod hudi;
mod keys;
mod lake;
mod s3_server;
mod sdk;
mod serve;
mod services;
mod serving;
mod sql;
mod storage;
mod table_formats;
mod terminal;
mod tidy;
mod two_servers;
