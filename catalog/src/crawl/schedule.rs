//! Schedules of crawlers: AWS's `cron(minutes hours day-of-month month day-of-week year)` with `?`, `L`, `W` and `#`, and
//! `rate(5 minutes)`, both in UTC (AWS Glue Developer Guide, "Time-based schedules"; EventBridge's schedule expressions).

use std::time::Duration;

use chrono::{DateTime, Utc};
use croner::Cron;
use croner::parser::{CronParser, Seconds, Year};

use crate::error::{Error, Result};

/// Glue runs nothing more often than this.
pub const GLUE_MINIMUM: Duration = Duration::from_secs(5 * 60);

/// A schedule that was checked.
#[derive(Debug, Clone)]
pub enum Expression {
    Cron(Box<Cron>),
    Rate(Duration),
}

impl Expression {
    /// `minimum` is the shortest time between two runs that is allowed ([`GLUE_MINIMUM`] is AWS's).
    ///
    /// Errors: `InvalidInput` saying which field or rule is broken.
    pub fn parse(text: &str, minimum: Duration) -> Result<Self> {
        let inside = |name: &str| text.trim().strip_prefix(name)?.strip_prefix('(')?.strip_suffix(')').map(str::trim);
        let expression = if let Some(fields) = inside("cron") {
            Self::Cron(Box::new(cron(fields).map_err(|error| error.within(format!("schedule '{text}'")))?))
        } else if let Some(rate) = inside("rate") {
            Self::Rate(period(rate).map_err(|error| error.within(format!("schedule '{text}'")))?)
        } else {
            return Err(Error::invalid(format!(
                "schedule '{text}' is neither cron(minutes hours day-of-month month day-of-week year), such as cron(0/15 * * * ? *), \
                 nor rate(value unit), such as rate(5 minutes)"
            )));
        };
        match expression.shortest_gap() {
            Some(gap) if gap < minimum => Err(Error::invalid(format!(
                "schedule '{text}' runs every {} s, and every {} s is the most often allowed",
                gap.as_secs(),
                minimum.as_secs()
            ))),
            _ => Ok(expression),
        }
    }

    /// The first run after a moment, which for a rate is the last run. `None` when there is none any more.
    pub fn next_after(&self, moment: DateTime<Utc>) -> Option<DateTime<Utc>> {
        match self {
            Self::Cron(cron) => cron.find_next_occurrence(&moment, false).ok(),
            Self::Rate(period) => moment.checked_add_signed(chrono::Duration::from_std(*period).ok()?),
        }
    }

    /// The shortest time between two runs. Within two hours of runs every pair of minutes that can follow each other has done so.
    fn shortest_gap(&self) -> Option<Duration> {
        let Self::Cron(_) = self else {
            return if let Self::Rate(period) = self { Some(*period) } else { None };
        };
        let mut at = self.next_after(DateTime::<Utc>::UNIX_EPOCH)?;
        let mut shortest: Option<Duration> = None;
        for _ in 0..121 {
            let Some(next) = self.next_after(at) else { break };
            let gap = (next - at).to_std().ok()?;
            shortest = Some(shortest.map_or(gap, |shortest| shortest.min(gap)));
            at = next;
        }
        shortest
    }
}

fn cron(fields: &str) -> Result<Cron> {
    let parts: Vec<&str> = fields.split_whitespace().collect();
    let [minutes, hours, day, month, weekday, year] = parts.as_slice() else {
        return Err(Error::invalid(format!(
            "expected six fields (minutes hours day-of-month month day-of-week year), found {}",
            parts.len()
        )));
    };
    for (name, field) in [("minutes", minutes), ("hours", hours), ("month", month), ("year", year)] {
        if field.contains('?') {
            return Err(Error::invalid(format!(
                "'?' stands in the {name} field; it is allowed for day-of-month and day-of-week only"
            )));
        }
    }
    if (*day == "?") == (*weekday == "?") {
        return Err(Error::invalid("exactly one of day-of-month and day-of-week must be '?'"));
    }
    check_years(year)?;
    CronParser::builder()
        .seconds(Seconds::Required)
        .year(Year::Required)
        .alternative_weekdays(true)
        .sloppy_ranges(true)
        .build()
        .parse(&format!("0 {minutes} {hours} {day} {month} {weekday} {year}").to_uppercase())
        .map_err(|error| Error::invalid(error.to_string()).caused_by(error))
}

/// AWS knows the years 1970 to 2199.
fn check_years(field: &str) -> Result<()> {
    let numbers = field.split(|c: char| !c.is_ascii_digit()).filter(|number| number.len() == 4);
    match numbers.filter_map(|number| number.parse::<u32>().ok()).find(|year| !(1970..=2199).contains(year)) {
        Some(year) => Err(Error::invalid(format!("the year {year} is not between 1970 and 2199"))),
        None => Ok(()),
    }
}

fn period(text: &str) -> Result<Duration> {
    let refuse = || Error::invalid(format!("rate '{text}' is not a positive number and one of minute(s), hour(s), day(s)"));
    let (number, unit) = text.split_once(char::is_whitespace).ok_or_else(refuse)?;
    let number: u64 = number.parse().map_err(|_| refuse())?;
    let unit = unit.trim();
    let seconds = match unit.strip_suffix('s').unwrap_or(unit) {
        "minute" => 60,
        "hour" => 3600,
        "day" => 86_400,
        _ => return Err(refuse()),
    };
    if (number == 1) == unit.ends_with('s') {
        return Err(Error::invalid(format!("rate '{text}' takes the singular unit for 1 and the plural for any other value")));
    }
    match number.checked_mul(seconds) {
        Some(seconds) if number > 0 => Ok(Duration::from_secs(seconds)),
        _ => Err(refuse()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn next(text: &str, after: &str) -> String {
        let after = DateTime::parse_from_rfc3339(after).unwrap().to_utc();
        let expression = Expression::parse(text, GLUE_MINIMUM).unwrap();
        expression.next_after(after).map_or("never".into(), |at| at.format("%Y-%m-%dT%H:%M:%SZ").to_string())
    }

    #[test]
    fn next_runs() {
        // 2024-05-15 is a Wednesday.
        let after = "2024-05-15T10:07:30Z";
        for (text, expected) in [
            ("cron(15 12 * * ? *)", "2024-05-15T12:15:00Z"),
            ("cron(0/15 * * * ? *)", "2024-05-15T10:15:00Z"),
            ("cron(0/5 8-17 ? * MON-FRI *)", "2024-05-15T10:10:00Z"),
            ("cron(0 18 ? * MON-FRI *)", "2024-05-15T18:00:00Z"),
            ("cron(0 8 1 * ? *)", "2024-06-01T08:00:00Z"),
            ("cron(0 0 L * ? *)", "2024-05-31T00:00:00Z"),
            ("cron(0 0 LW * ? *)", "2024-05-31T00:00:00Z"),
            ("cron(0 0 1W * ? *)", "2024-06-03T00:00:00Z"),
            ("cron(0 10 ? * 6L *)", "2024-05-31T10:00:00Z"),
            ("cron(0 10 ? * 2#1 *)", "2024-06-03T10:00:00Z"),
            ("cron(0 0 ? * 1 *)", "2024-05-19T00:00:00Z"),
            ("cron(0 0 ? * sun *)", "2024-05-19T00:00:00Z"),
            ("cron(0 0 1 1 ? 2199)", "2199-01-01T00:00:00Z"),
            ("cron(0 0 1 1 ? 2001)", "never"),
            ("rate(5 minutes)", "2024-05-15T10:12:30Z"),
            ("rate(1 hour)", "2024-05-15T11:07:30Z"),
            ("rate(2 days)", "2024-05-17T10:07:30Z"),
        ] {
            assert_eq!(next(text, after), expected, "{text}");
        }
    }

    #[test]
    fn broken_schedules_are_refused_with_the_rule() {
        for (text, word) in [
            ("every hour", "neither"),
            ("cron(0 12 * * *)", "six fields"),
            ("cron(0 12 * * * *)", "exactly one"),
            ("cron(0 12 ? * ? *)", "exactly one"),
            ("cron(? 12 * * ? *)", "minutes field"),
            ("cron(* * * * ? *)", "every 60 s"),
            ("cron(0,2 * * * ? *)", "every 120 s"),
            ("cron(58,0 * * * ? *)", "every 120 s"),
            ("cron(61 * * * ? *)", "schedule"),
            ("cron(0 0 1 1 ? 2200)", "2199"),
            ("cron(0 0 ? * 8 *)", "schedule"),
            ("rate(0 minutes)", "positive"),
            ("rate(1 minutes)", "singular"),
            ("rate(5 minute)", "plural"),
            ("rate(5 weeks)", "minute(s)"),
            ("rate(1 minute)", "every 60 s"),
            ("rate(99999999999999999 days)", "positive"),
        ] {
            let error = Expression::parse(text, GLUE_MINIMUM).expect_err(text);
            assert!(error.message().contains(word), "{text}: {error}");
        }
        assert!(Expression::parse("cron(* * * * ? *)", Duration::ZERO).is_ok(), "the minimum is the caller's");
    }
}
