//! The wire: HTTP, and what a server does on its own, which is running the crawlers' schedules. [`serve`] is the whole of it.

mod access;
mod admit;
mod athena;
mod aws;
mod crawls;
mod dispatch;
mod front;
mod glue;
mod health;
mod host;
mod keys;
mod listen;
mod metrics;
mod route;
mod s3;
mod scheduler;
mod serve;
mod signature;
mod sts;
mod trino;

pub use front::Front;
pub use keys::{Key, KeyFile, Keys};
pub use listen::Tls;
pub use scheduler::SHORTEST as SHORTEST_SCHEDULE;
pub use serve::{Server, serve};
