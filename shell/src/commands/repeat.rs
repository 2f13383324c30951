//! `--every` and `--schedule`: doing something again and again in the foreground, until Ctrl-C.

use std::time::Duration;

use catalog::crawl::schedule::Expression;
use catalog::{Error, Result};
use chrono::{DateTime, Utc};

#[derive(Debug, Default, clap::Args)]
pub(crate) struct Repetition {
    /// Crawl again and again, this long after the last began, such as 30s, 5m or 1h
    #[arg(long, value_name = "TIME", value_parser = parse, conflicts_with = "schedule")]
    every: Option<Duration>,
    /// Crawl when AWS's expression says, in UTC: 'cron(0/15 * * * ? *)' or 'rate(5 minutes)'
    #[arg(long, value_name = "EXPRESSION")]
    schedule: Option<String>,
}

/// When the next run is.
#[derive(Debug, Clone)]
pub(crate) enum Repeat {
    Once,
    Every(Duration),
    Schedule(Expression),
}

impl Repetition {
    /// Errors: `InvalidInput` for a wrong expression.
    pub(crate) fn repeat(&self) -> Result<Repeat> {
        match (&self.every, &self.schedule) {
            (Some(every), _) => Ok(Repeat::Every(*every)),
            (None, Some(text)) => Ok(Repeat::Schedule(Expression::parse(text, server::SHORTEST_SCHEDULE)?)),
            (None, None) => Ok(Repeat::Once),
        }
    }
}

impl Repeat {
    /// When to run again after a run that began at `began`; `None` when that was the last.
    pub(crate) fn after(&self, began: DateTime<Utc>) -> Option<DateTime<Utc>> {
        match self {
            Self::Once => None,
            Self::Every(pause) => began.checked_add_signed(chrono::Duration::from_std(*pause).ok()?),
            Self::Schedule(expression) => expression.next_after(began),
        }
    }

    /// Whether there is one run only.
    pub(crate) fn is_once(&self) -> bool {
        matches!(self, Self::Once)
    }

    /// When the first run is: cron waits for its time.
    pub(crate) fn first(&self, now: DateTime<Utc>) -> DateTime<Utc> {
        match self {
            Self::Schedule(Expression::Cron(_)) => self.after(now).unwrap_or(now),
            _ => now,
        }
    }
}

/// `500ms`, `30s`, `5m`, `2h`, `1d`.
fn parse(text: &str) -> Result<Duration> {
    let wrong = || Error::invalid(format!("expected a time such as 30s, 5m or 1h, got '{text}'"));
    let digits = text.find(|c: char| !c.is_ascii_digit() && c != '.').ok_or_else(wrong)?;
    let (number, unit) = text.split_at(digits);
    let seconds = match unit.trim() {
        "ms" => 0.001,
        "s" => 1.0,
        "m" | "min" => 60.0,
        "h" => 3600.0,
        "d" => 86_400.0,
        _ => return Err(wrong()),
    };
    let seconds = number.parse::<f64>().map_err(|_| wrong())? * seconds;
    if (0.1..=31_536_000.0).contains(&seconds) { Ok(Duration::from_secs_f64(seconds)) } else { Err(wrong()) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use chrono::TimeZone;

    #[test]
    fn times() {
        for (text, millis) in [("30s", Some(30_000)), ("500ms", Some(500)), ("1.5h", Some(5_400_000)), ("5 m", Some(300_000))] {
            assert_eq!(parse(text).ok().map(|time| time.as_millis()), millis, "{text}");
        }
        for text in ["", "30", "s", "0s", "-1s", "1y", "99999999d", "1e3s"] {
            assert!(parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn the_next_run() {
        let at = |second| Utc.with_ymd_and_hms(2026, 1, 1, 0, 0, second).unwrap();
        assert_eq!(Repeat::Once.after(at(0)), None);
        assert_eq!(Repeat::Every(Duration::from_secs(30)).after(at(5)), Some(at(35)));
        let args = Repetition { every: None, schedule: Some("cron(0/15 * * * ? *)".to_owned()) };
        assert_eq!(args.repeat().unwrap().first(at(5)), Utc.with_ymd_and_hms(2026, 1, 1, 0, 15, 0).unwrap());
        assert!(Repetition { every: None, schedule: Some("hourly".to_owned()) }.repeat().is_err());
    }
}
