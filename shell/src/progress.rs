//! The progress line: what is waited for and what was read meanwhile, on the terminal of standard error only.

use std::pin::pin;
use std::time::{Duration, Instant};

use catalog::storage::Storage;
use indicatif::{HumanBytes, HumanCount, ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::terminal::Terminal;

/// What takes less is not worth a line.
const PATIENCE: Duration = Duration::from_millis(500);
const TICK: Duration = Duration::from_millis(100);

/// Awaits `work`, showing the seconds and `message` while it takes long. The line is gone again before this returns, so that
/// whatever is printed next stands alone.
pub(crate) async fn watched<T>(started: Instant, message: impl Fn() -> String, work: impl Future<Output = T>) -> T {
    if !Terminal::of_stderr().is_terminal() {
        return work.await;
    }
    let mut work = pin!(work);
    if let Ok(done) = tokio::time::timeout(PATIENCE, &mut work).await {
        return done;
    }
    let line = ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr());
    if let Ok(style) = ProgressStyle::with_template("{spinner} {msg}") {
        line.set_style(style);
    }
    loop {
        line.set_message(format!("{:.1} s · {}", started.elapsed().as_secs_f64(), message()));
        line.tick();
        if let Ok(done) = tokio::time::timeout(TICK, &mut work).await {
            line.finish_and_clear();
            return done;
        }
    }
}

/// What a storage was asked since this was called, as a message.
pub(crate) fn reads_of(storage: &Storage) -> impl Fn() -> String {
    let (storage, before) = (storage.clone(), storage.requests());
    move || {
        let now = storage.requests();
        let (reads, bytes) = (now.get.saturating_sub(before.get), now.bytes_read.saturating_sub(before.bytes_read));
        if reads == 0 { "running".to_owned() } else { format!("{} reads · {}", HumanCount(reads), HumanBytes(bytes)) }
    }
}

/// How far a crawl is, as a message.
pub(crate) fn far(crawl: &catalog::crawl::Progress) -> String {
    let now = crawl.snapshot();
    let (listed, read) = (HumanCount(now.listed), HumanCount(now.read));
    format!("{listed} objects listed · {read} read · {} · {} tables", HumanBytes(now.bytes), HumanCount(now.tables))
}
