//! Counters, in Prometheus's text format ("Exposition formats", version 0.0.4).

use std::collections::BTreeMap;
use std::fmt::Write;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use catalog::storage::Requests;
use engine::queries::State;

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
    /// By operation.
    latencies: Mutex<BTreeMap<String, Latency>>,
}

/// Upper bounds of the latencies that are counted apart, in seconds.
const BOUNDS: [f64; 12] = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 5.0, 30.0];

/// How long requests of one operation took.
#[derive(Debug, Default, Clone, Copy)]
struct Latency {
    /// As many as took no longer than the bound of the same place, and longer than the one before.
    within: [u64; BOUNDS.len()],
    requests: u64,
    seconds: f64,
}

/// What the queries of this process have done since its start.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Ran {
    /// How many came to each state.
    pub(crate) states: [(State, u64); 5],
    pub(crate) scanned_bytes: u64,
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
            latencies: Mutex::default(),
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

    /// A request was answered to its end.
    pub(crate) fn answered(&self, operation: &str, took: Duration) {
        let mut latencies = self.0.latencies.lock().unwrap_or_else(PoisonError::into_inner);
        let seconds = took.as_secs_f64();
        if !latencies.contains_key(operation) {
            latencies.insert(operation.to_owned(), Latency::default());
        }
        let Some(latency) = latencies.get_mut(operation) else { return };
        if let Some(place) =
            BOUNDS.iter().zip(&mut latency.within).find_map(|(bound, place)| (seconds <= *bound).then_some(place))
        {
            *place += 1;
        }
        latency.requests += 1;
        latency.seconds += seconds;
    }

    /// The answer of `/metrics`; `storage` is what the object stores were asked, `ran` what queries did.
    pub(crate) fn text(&self, storage: Requests, ran: Ran) -> String {
        let Counters { started, requests, refused, unauthorized, crawls_completed, crawls_failed, .. } = &*self.0;
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
        let states = ran.states.map(|(state, count)| (format!("{{state=\"{}\"}}", state.name().to_lowercase()), count as f64));
        let states = states.each_ref().map(|(label, count)| (label.as_str(), *count));
        family("civetta_queries_total", "counter", "Queries that came to each state.", &states);
        let help = "Bytes that queries scanned.";
        family("civetta_query_scanned_bytes_total", "counter", help, &[("", ran.scanned_bytes as f64)]);
        self.latencies(&mut text);
        text
    }

    fn latencies(&self, text: &mut String) {
        const NAME: &str = "civetta_http_request_duration_seconds";
        let latencies = self.0.latencies.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let _ = writeln!(text, "# HELP {NAME} From a request's head to the last byte of its answer.\n# TYPE {NAME} histogram");
        for (operation, Latency { within, requests, seconds }) in &latencies {
            let mut below = 0;
            for (bound, count) in BOUNDS.iter().zip(within) {
                below += count;
                let _ = writeln!(text, "{NAME}_bucket{{operation=\"{operation}\",le=\"{bound}\"}} {below}");
            }
            let _ = writeln!(text, "{NAME}_bucket{{operation=\"{operation}\",le=\"+Inf\"}} {requests}");
            let _ = writeln!(text, "{NAME}_sum{{operation=\"{operation}\"}} {seconds}");
            let _ = writeln!(text, "{NAME}_count{{operation=\"{operation}\"}} {requests}");
        }
    }
}

#[cfg(test)]
impl Default for Ran {
    /// There was no query.
    fn default() -> Self {
        Self { states: State::ALL.map(|state| (state, 0)), scanned_bytes: 0 }
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
        for milliseconds in [1, 20, 20, 60_000] {
            metrics.answered("glue.GetTable", Duration::from_millis(milliseconds));
        }
        let ran = Ran { states: State::ALL.map(|state| (state, state as u64)), scanned_bytes: 9 };
        let text = metrics.text(Requests { get: 7, ..Requests::default() }, ran);
        assert!(text.contains("civetta_queries_total{state=\"succeeded\"} 2\n"), "{text}");
        assert!(text.contains("civetta_query_scanned_bytes_total 9\n"));
        for (bound, count) in [("0.001", 1), ("0.01", 1), ("0.025", 3), ("30", 3), ("+Inf", 4)] {
            let line = format!("_seconds_bucket{{operation=\"glue.GetTable\",le=\"{bound}\"}} {count}\n");
            assert!(text.contains(&line), "{line}{text}");
        }
        assert!(text.contains("_seconds_sum{operation=\"glue.GetTable\"} 60.041\n"), "{text}");
        assert!(text.contains("civetta_http_requests_total 1\n"));
        assert!(text.contains("civetta_crawls_total{state=\"failed\"} 1\n"));
        assert!(text.contains("civetta_storage_requests_total{operation=\"get\"} 7\n"));
        for line in text.lines().filter(|line| !line.starts_with('#')) {
            let name = line.split(['{', ' ']).next().unwrap();
            let family = ["_bucket", "_sum", "_count"].iter().find_map(|part| name.strip_suffix(part)).unwrap_or(name);
            assert!(text.contains(&format!("# TYPE {family} ")), "{line}");
        }
    }
}
