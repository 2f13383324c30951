//! Black-box tests in one binary, so that they are linked once. This file lists the modules and holds nothing else.

mod catalog_glue;
mod catalog_killed;
mod catalog_postgres;
mod compat;
mod crawl_cases;
mod crawl_layouts;
mod lake;
mod s3_server;
mod services;
mod sql;
mod storage;
mod tidy;
