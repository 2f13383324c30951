//! Counters, in Prometheus's text format ("Exposition formats", version 0.0.4).

use std::fmt::Write;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::Instant;

use catalog::storage::Requests;

/// What a server counts since its start. Clones count together.
#[derive(Debug, Clone)]
pub(crate) struct Metrics(Arc<Counters>);

#[derive(Debug)]
struct Counters {
    started: Instant,
    requests: AtomicU64,
    refused: AtomicU64,
    unauthorized: AtomicU64,
    crawls_completed: AtomicU64,
    crawls_failed: AtomicU64,
}

impl Metrics {
    pub(crate) fn new() -> Self {
        Self(Arc::new(Counters {
            started: Instant::now(),
            requests: AtomicU64::new(0),
            refused: AtomicU64::new(0),
            unauthorized: AtomicU64::new(0),
            crawls_completed: AtomicU64::new(0),
            crawls_failed: AtomicU64::new(0),
        }))
    }

    pub(crate) fn request(&self) {
        self.0.requests.fetch_add(1, Relaxed);
    }

    pub(crate) fn refused(&self) {
        self.0.refused.fetch_add(1, Relaxed);
    }

    pub(crate) fn unauthorized(&self) {
        self.0.unauthorized.fetch_add(1, Relaxed);
    }

    pub(crate) fn crawl_completed(&self) {
        self.0.crawls_completed.fetch_add(1, Relaxed);
    }

    pub(crate) fn crawl_failed(&self) {
        self.0.crawls_failed.fetch_add(1, Relaxed);
    }

    /// The answer of `/metrics`; `storage` is what the object stores were asked.
    pub(crate) fn text(&self, storage: Requests) -> String {
        let Counters { started, requests, refused, unauthorized, crawls_completed, crawls_failed } = &*self.0;
        let mut text = String::new();
        let mut family = |name: &str, kind: &str, help: &str, samples: &[(&str, f64)]| {
            // Writing to a String cannot fail.
            let _ = writeln!(text, "# HELP {name} {help}\n# TYPE {name} {kind}");
            for (labels, value) in samples {
                let _ = writeln!(text, "{name}{labels} {value}");
            }
        };
        family("civetta_uptime_seconds", "gauge", "Seconds since the server started.", &[("", started.elapsed().as_secs_f64())]);
        family("civetta_http_requests_total", "counter", "HTTP requests.", &[("", requests.load(Relaxed) as f64)]);
        let help = "HTTP requests refused for their Host or because another site sent them.";
        family("civetta_http_requests_refused_total", "counter", help, &[("", refused.load(Relaxed) as f64)]);
        let help = "HTTP requests that no access key vouches for.";
        family("civetta_http_requests_unauthorized_total", "counter", help, &[("", unauthorized.load(Relaxed) as f64)]);
        let crawls = [
            ("{state=\"completed\"}", crawls_completed.load(Relaxed) as f64),
            ("{state=\"failed\"}", crawls_failed.load(Relaxed) as f64),
        ];
        family("civetta_crawls_total", "counter", "Crawls that schedules started and that ended.", &crawls);
        let operations = [
            ("{operation=\"list\"}", storage.list as f64),
            ("{operation=\"get\"}", storage.get as f64),
            ("{operation=\"head\"}", storage.head as f64),
            ("{operation=\"put\"}", storage.put as f64),
            ("{operation=\"delete\"}", storage.delete as f64),
        ];
        family("civetta_storage_requests_total", "counter", "Requests to object stores.", &operations);
        let help = "Bytes read from object stores.";
        family("civetta_storage_read_bytes_total", "counter", help, &[("", storage.bytes_read as f64)]);
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_sample_has_its_family() {
        let metrics = Metrics::new();
        metrics.request();
        metrics.crawl_failed();
        let text = metrics.text(Requests { get: 7, ..Requests::default() });
        assert!(text.contains("civetta_http_requests_total 1\n"));
        assert!(text.contains("civetta_crawls_total{state=\"failed\"} 1\n"));
        assert!(text.contains("civetta_storage_requests_total{operation=\"get\"} 7\n"));
        for line in text.lines().filter(|line| !line.starts_with('#')) {
            let name = line.split(['{', ' ']).next().unwrap();
            assert!(text.contains(&format!("# TYPE {name} ")), "{line}");
        }
    }
}
