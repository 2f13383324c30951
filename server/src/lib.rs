//! The wire: HTTP, and what a server does on its own, which is running the crawlers' schedules. [`serve`] is the whole of it.

mod aws;
mod health;
mod host;
mod metrics;
mod scheduler;
mod serve;

pub use scheduler::SHORTEST as SHORTEST_SCHEDULE;
pub use serve::{Server, serve};
