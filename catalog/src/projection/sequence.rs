//! Values that follow each other at equal distances: integers and dates, found by their number and their number by them.

use chrono::{Datelike, Months, NaiveDateTime, TimeDelta};

use super::java_date::JavaDate;
use crate::key::KeyType;

/// A projected value: the text that the key's column has, and the one in the location.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Projected {
    pub(super) value: String,
    pub(super) folder: String,
}

impl Projected {
    pub(super) fn plain(text: String) -> Self {
        Self { folder: text.clone(), value: text }
    }
}

#[derive(Debug, Clone, PartialEq)]
pub(super) enum Sequence {
    Integers(Integers),
    Dates(Dates),
}

#[derive(Debug, Clone, PartialEq)]
pub(super) struct Integers {
    pub(super) first: i64,
    pub(super) last: i64,
    pub(super) step: u64,
    /// Padded with zeros to this many; 0: not padded.
    pub(super) digits: usize,
}

#[derive(Debug, Clone, PartialEq)]
pub(super) struct Dates {
    pub(super) first: NaiveDateTime,
    pub(super) last: NaiveDateTime,
    pub(super) step: Step,
    pub(super) format: JavaDate,
}

/// The distance of dates.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Step {
    Months(u32),
    Fixed(TimeDelta),
}

impl Sequence {
    /// How many values there are.
    pub(super) fn len(&self) -> u64 {
        match self {
            Self::Integers(integers) => (integers.last.abs_diff(integers.first) / integers.step).saturating_add(1),
            Self::Dates(dates) => dates.number_of(dates.last).saturating_add(1),
        }
    }

    /// The value number `index`, from 0.
    pub(super) fn at(&self, index: u64, key_type: KeyType) -> Projected {
        match self {
            Self::Integers(integers) => {
                let value = i128::from(integers.first) + i128::from(index) * i128::from(integers.step);
                Projected::plain(integers.print(value))
            }
            Self::Dates(dates) => dates.projected(dates.at(index), key_type),
        }
    }

    /// The value that `text`, a literal of the key's type, stands for; `None` where it is not in the sequence. Whether it has
    /// just this text is not asked.
    pub(super) fn find(&self, text: &str, key_type: KeyType) -> Option<Projected> {
        match self {
            Self::Integers(integers) => {
                let value: i64 = text.trim().parse().ok()?;
                let inside = (integers.first..=integers.last).contains(&value);
                let hit = inside && value.abs_diff(integers.first) % integers.step == 0;
                hit.then(|| Projected::plain(integers.print(i128::from(value))))
            }
            Self::Dates(dates) => {
                let at = match key_type {
                    KeyType::Date | KeyType::Timestamp => moment(text)?,
                    _ => dates.format.parse(text)?,
                };
                let inside = dates.first <= at && at <= dates.last;
                (inside && dates.at(dates.number_of(at)) == at).then(|| dates.projected(at, key_type))
            }
        }
    }

    /// Whether the values, compared as the key's type, are in the order of the sequence.
    pub(super) fn is_sorted(&self, key_type: KeyType) -> bool {
        match (self, key_type) {
            (_, KeyType::Integer | KeyType::Decimal | KeyType::Float | KeyType::Date | KeyType::Timestamp) => true,
            (_, KeyType::Boolean) => false,
            // As texts, numbers are in order when none is negative and all have one length.
            (Self::Integers(integers), KeyType::Text) => {
                let length = |value: i64| integers.print(i128::from(value)).len();
                integers.first >= 0 && length(integers.first) == length(integers.last)
            }
            (Self::Dates(dates), KeyType::Text) => dates.format.is_sorted(),
        }
    }
}

impl Integers {
    fn print(&self, value: i128) -> String {
        let sign = if value < 0 { "-" } else { "" };
        format!("{sign}{:0>width$}", value.unsigned_abs(), width = self.digits)
    }
}

impl Dates {
    /// The number of the last value that is not after `at`, which is not before the first.
    fn number_of(&self, at: NaiveDateTime) -> u64 {
        match self.step {
            Step::Fixed(step) => {
                let distance = (at - self.first).num_milliseconds() / step.num_milliseconds().max(1);
                u64::try_from(distance).unwrap_or_default()
            }
            Step::Months(step) => {
                let months = |at: NaiveDateTime| i64::from(at.year()) * 12 + i64::from(at.month0());
                let number = u64::try_from((months(at) - months(self.first)) / i64::from(step.max(1))).unwrap_or_default();
                if number > 0 && self.at(number) > at { number - 1 } else { number }
            }
        }
    }

    fn at(&self, index: u64) -> NaiveDateTime {
        let value = match self.step {
            Step::Fixed(step) => i32::try_from(index).ok().and_then(|index| step.checked_mul(index)).map_or_else(
                || self.first.checked_add_signed(TimeDelta::milliseconds(step.num_milliseconds().saturating_mul(index as i64))),
                |distance| self.first.checked_add_signed(distance),
            ),
            Step::Months(step) => u32::try_from(index.saturating_mul(u64::from(step)))
                .ok()
                .and_then(|n| self.first.checked_add_months(Months::new(n))),
        };
        // Past the end of time is past the end of every range.
        value.unwrap_or(NaiveDateTime::MAX)
    }

    fn projected(&self, at: NaiveDateTime, key_type: KeyType) -> Projected {
        let folder = self.format.print(at);
        match key_type {
            KeyType::Date => Projected { value: at.format("%Y-%m-%d").to_string(), folder },
            KeyType::Timestamp => Projected { value: at.format("%Y-%m-%d %H:%M:%S%.3f").to_string(), folder },
            _ => Projected::plain(folder),
        }
    }
}

/// A literal of a date or timestamp.
fn moment(text: &str) -> Option<NaiveDateTime> {
    let date = || chrono::NaiveDate::parse_from_str(text, "%Y-%m-%d").ok()?.and_hms_opt(0, 0, 0);
    date().or_else(|| NaiveDateTime::parse_from_str(text, "%Y-%m-%d %H:%M:%S%.f").ok())
}
