//! The one integration binary: each module is one concern.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod s3_server;
mod storage;
