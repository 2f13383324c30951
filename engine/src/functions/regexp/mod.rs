//! Trino's "Regular expression functions", and `LIKE`.

mod lambda;
mod like;
mod pattern;
mod replace;
mod translate;

use std::sync::Arc;

use arrow::array::ArrayRef;
use datafusion::common::Result;

use super::columns::{Strings, booleans, integers, invalid, lists, longs, numbers, strings, texts};
use super::string::offset;
use super::{Call, Overload, Scalar};
pub(crate) use like::arrow_pattern;
pub(crate) use pattern::{Groups, Pattern};

pub(super) use lambda::regexp_replace as replace_by_lambda;
pub(super) use like::FUNCTIONS as LIKE;
pub(super) use replace::FUNCTIONS as REPLACEMENTS;

pub(super) const SEARCHES: &[Scalar] = &[
    Scalar {
        names: &["regexp_like"],
        description: "Whether the pattern matches some part of the text",
        overloads: &[
            Overload::new("(varchar, varchar) -> boolean", regexp_like),
            Overload::new("(varchar, char(x)) -> boolean", regexp_like),
        ],
    },
    Scalar {
        names: &["regexp_count"],
        description: "How often the pattern matches in the text",
        overloads: &[Overload::new("(varchar, varchar) -> bigint", regexp_count)],
    },
    Scalar {
        names: &["regexp_position"],
        description: "Where the pattern matches first, or for the n-th time, at or after a position, from 1; -1 where it does not",
        overloads: &[
            Overload::new("(varchar, varchar) -> integer", regexp_position),
            Overload::new("(varchar, varchar, bigint) -> integer", regexp_position),
            Overload::new("(varchar, varchar, bigint, bigint) -> integer", regexp_position),
        ],
    },
    Scalar {
        names: &["regexp_extract"],
        description: "The first part of the text that the pattern matches, or a group of it; NULL where there is none",
        overloads: &[
            Overload::new("(varchar, varchar) -> varchar", regexp_extract),
            Overload::new("(varchar, varchar, bigint) -> varchar", regexp_extract),
        ],
    },
    Scalar {
        names: &["regexp_extract_all"],
        description: "All parts of the text that the pattern matches, or a group of each",
        overloads: &[
            Overload::new("(varchar, varchar) -> array(varchar)", regexp_extract_all),
            Overload::new("(varchar, varchar, bigint) -> array(varchar)", regexp_extract_all),
        ],
    },
    Scalar {
        names: &["regexp_split"],
        description: "The parts of the text between matches of the pattern",
        overloads: &[Overload::new("(varchar, varchar) -> array(varchar)", regexp_split)],
    },
];

/// The patterns of an argument, each compiled once for a run of equal ones.
struct Patterns {
    texts: Strings,
    last: Option<(usize, Arc<Pattern>)>,
}

impl Patterns {
    fn of(call: &Call<'_>, argument: usize) -> Result<Self> {
        Ok(Self { texts: strings(call, argument)?, last: None })
    }

    fn at(&mut self, row: usize) -> Result<Arc<Pattern>> {
        match &self.last {
            Some((before, pattern)) if self.texts.same(*before, row) => Ok(Arc::clone(pattern)),
            _ => {
                let pattern = Pattern::compiled(self.texts.value(row))?;
                self.last = Some((row, Arc::clone(&pattern)));
                Ok(pattern)
            }
        }
    }
}

fn regexp_like(call: &Call<'_>) -> Result<ArrayRef> {
    let (text, mut patterns) = (strings(call, 0)?, Patterns::of(call, 1)?);
    booleans(call, |row| patterns.at(row)?.is_match(text.value(row)).map(Some))
}

fn regexp_count(call: &Call<'_>) -> Result<ArrayRef> {
    let (text, mut patterns) = (strings(call, 0)?, Patterns::of(call, 1)?);
    numbers(call, |row| {
        let mut count = 0;
        patterns.at(row)?.each(text.value(row), 0, |_| {
            count += 1;
            Ok(true)
        })?;
        Ok(Some(count))
    })
}

fn regexp_position(call: &Call<'_>) -> Result<ArrayRef> {
    let (text, mut patterns) = (strings(call, 0)?, Patterns::of(call, 1)?);
    let start = (call.types.len() > 2).then(|| longs(call, 2)).transpose()?;
    let occurrence = (call.types.len() > 3).then(|| longs(call, 3)).transpose()?;
    integers(call, |row| {
        let start = start.as_ref().map_or(1, |start| start.value(row));
        let occurrence = occurrence.as_ref().map_or(1, |occurrence| occurrence.value(row));
        if start < 1 {
            return Err(invalid("start position cannot be smaller than 1"));
        }
        if occurrence < 1 {
            return Err(invalid("occurrence cannot be smaller than 1"));
        }
        let text = text.value(row);
        let Some(from) = offset(text, start.unsigned_abs() - 1) else { return Ok(Some(-1)) };
        let (mut left, mut position) = (occurrence, -1);
        patterns.at(row)?.each(text, from, |found| {
            left -= 1;
            if left == 0 {
                position = text[..found.start].chars().count() as i32 + 1;
            }
            Ok(left > 0)
        })?;
        Ok(Some(position))
    })
}

/// The number of a group, which the pattern must have.
fn checked_group(pattern: &Pattern, group: i64) -> Result<usize> {
    match usize::try_from(group) {
        Err(_) => Err(invalid("Group cannot be negative")),
        Ok(group) if group > pattern.groups() => {
            Err(invalid(format!("Pattern has {} groups. Cannot access group {group}", pattern.groups())))
        }
        Ok(group) => Ok(group),
    }
}

fn regexp_extract(call: &Call<'_>) -> Result<ArrayRef> {
    let (text, mut patterns) = (strings(call, 0)?, Patterns::of(call, 1)?);
    let group = (call.types.len() > 2).then(|| longs(call, 2)).transpose()?;
    let mut groups = Groups::new();
    texts(call, |row, out| {
        let (text, pattern) = (text.value(row), patterns.at(row)?);
        let group = checked_group(&pattern, group.as_ref().map_or(0, |group| group.value(row)))?;
        let found = match group {
            0 => pattern.find(text, 0)?,
            _ => pattern.captures(text, 0, &mut groups)?.then(|| groups[group].clone()).flatten(),
        };
        found.clone().inspect(|found| out.push_str(&text[found.clone()]));
        Ok(found.is_some())
    })
}

fn regexp_extract_all(call: &Call<'_>) -> Result<ArrayRef> {
    let (text, mut patterns) = (strings(call, 0)?, Patterns::of(call, 1)?);
    let group = (call.types.len() > 2).then(|| longs(call, 2)).transpose()?;
    lists(call, |row, out| {
        let (text, pattern) = (text.value(row), patterns.at(row)?);
        let group = checked_group(&pattern, group.as_ref().map_or(0, |group| group.value(row)))?;
        if group == 0 {
            pattern.each(text, 0, |found| {
                out.append_value(&text[found]);
                Ok(true)
            })?;
        } else {
            pattern.each_captures(text, |groups| {
                out.append_option(groups[group].clone().map(|found| &text[found]));
                Ok(())
            })?;
        }
        Ok(true)
    })
}

fn regexp_split(call: &Call<'_>) -> Result<ArrayRef> {
    let (text, mut patterns) = (strings(call, 0)?, Patterns::of(call, 1)?);
    lists(call, |row, out| {
        let text = text.value(row);
        let mut rest = 0;
        patterns.at(row)?.each(text, 0, |found| {
            out.append_value(&text[rest..found.start]);
            rest = found.end;
            Ok(true)
        })?;
        out.append_value(&text[rest..]);
        Ok(true)
    })
}
