//! The properties `projection.KEY.…` of a table, checked.

use chrono::{Months, NaiveDateTime, TimeDelta};

use super::Values;
use super::java_date::JavaDate;
use super::sequence::{Dates, Integers, Sequence, Step};
use crate::error::{Error, Result};
use crate::key::KeyType;
use crate::table::{Column, Table};

pub(super) fn is_enabled(table: &Table) -> bool {
    find(table, "projection.enabled").is_some_and(|value| value.trim().eq_ignore_ascii_case("true"))
}

fn find<'t>(table: &'t Table, name: &str) -> Option<&'t str> {
    let parameters = table.parameters.as_ref()?;
    let found = parameters.iter().find(|(key, _)| key.eq_ignore_ascii_case(name));
    found.map(|(_, value)| value.as_str())
}

/// The properties of one key.
struct Properties<'t> {
    table: &'t Table,
    key: &'t str,
}

impl<'t> Properties<'t> {
    fn get(&self, name: &str) -> Option<&'t str> {
        find(self.table, &format!("projection.{}.{name}", self.key))
    }

    fn required(&self, name: &str) -> Result<&'t str> {
        self.get(name).ok_or_else(|| {
            Error::invalid(format!(
                "the table's partitions are projected and its property 'projection.{}.{name}' is missing",
                self.key
            ))
        })
    }

    fn wrong(&self, name: &str, expected: &str) -> Error {
        let value = self.get(name).unwrap_or_default();
        Error::invalid(format!("property 'projection.{}.{name}' is '{value}': expected {expected}", self.key))
    }

    fn positive(&self, name: &str) -> Result<Option<u64>> {
        let parse = |text: &str| text.trim().parse().ok().filter(|number| *number > 0);
        self.get(name).map(|text| parse(text).ok_or_else(|| self.wrong(name, "a positive integer"))).transpose()
    }

    /// Refuses what no projection of this type has: a misspelt property would be without effect.
    fn known(&self, names: &[&str]) -> Result<()> {
        let prefix = format!("projection.{}.", self.key);
        let all = self.table.parameters.iter().flatten();
        let mut own = all.filter_map(|(key, _)| {
            key.get(..prefix.len()).filter(|head| head.eq_ignore_ascii_case(&prefix)).map(|_| &key[prefix.len()..])
        });
        match own.find(|name| *name != "type" && !names.iter().any(|known| known.eq_ignore_ascii_case(name))) {
            None => Ok(()),
            Some(other) => Err(Error::invalid(format!(
                "property '{prefix}{other}' is none of this type of projection ({})",
                names.join(", ")
            ))),
        }
    }
}

/// Where the values of the key `column` come from.
pub(super) fn values(table: &Table, column: &Column, key_type: KeyType, now: NaiveDateTime) -> Result<Values> {
    let properties = Properties { table, key: &column.name };
    match properties.required("type")?.trim().to_ascii_lowercase().as_str() {
        "enum" => {
            properties.known(&["values"])?;
            let values: Vec<String> = properties.required("values")?.split(',').map(str::to_string).collect();
            match values.iter().find(|value| key_type.encode(value).is_none()) {
                None => Ok(Values::Enum(values)),
                Some(_) => Err(properties.wrong("values", &format!("values of the type {}", column.hive_type()))),
            }
        }
        "integer" => integers(&properties).map(|integers| Values::Sequence(Sequence::Integers(integers))),
        "date" => dates(&properties, now).map(|dates| Values::Sequence(Sequence::Dates(dates))),
        "injected" => properties.known(&[]).map(|()| Values::Injected),
        _ => Err(properties.wrong("type", "enum, integer, date or injected")),
    }
}

fn integers(properties: &Properties<'_>) -> Result<Integers> {
    properties.known(&["range", "interval", "digits"])?;
    let range = properties.required("range")?.split_once(',');
    let range = range.and_then(|(low, high)| Some((low.trim().parse::<i64>().ok()?, high.trim().parse::<i64>().ok()?)));
    let Some((first, last)) = range.filter(|(first, last)| first <= last) else {
        return Err(properties.wrong("range", "two integers, the smaller first, such as 1,31"));
    };
    let step = properties.positive("interval")?.unwrap_or(1);
    let digits = properties.positive("digits")?.unwrap_or(0);
    if digits > 100 {
        return Err(properties.wrong("digits", "at most 100"));
    }
    Ok(Integers { first, last, step, digits: digits as usize })
}

fn dates(properties: &Properties<'_>, now: NaiveDateTime) -> Result<Dates> {
    properties.known(&["range", "format", "interval", "interval.unit"])?;
    let format = JavaDate::new(properties.required("format")?)
        .map_err(|error| error.within(format!("property 'projection.{}.format'", properties.key)))?;
    let range = properties.required("range")?.split_once(',');
    let bound = |text: &str| {
        let text = text.trim();
        // A moment from now is as exact as the format is.
        relative(text, now).and_then(|at| format.parse(&format.print(at))).or_else(|| format.parse(text))
    };
    let range = range.and_then(|(first, last)| Some((bound(first)?, bound(last)?)));
    let Some((first, last)) = range.filter(|(first, last)| first <= last) else {
        let expected = "two dates in the format of the property 'format', or NOW-3YEARS and the like, the earlier first";
        return Err(properties.wrong("range", expected));
    };
    let interval = properties.positive("interval")?.unwrap_or(1);
    let step = match properties.get("interval.unit") {
        Some(unit) => step(interval, unit.trim())
            .ok_or_else(|| properties.wrong("interval.unit", "YEARS, MONTHS, WEEKS, DAYS, HOURS, MINUTES, SECONDS or MILLIS"))?,
        // Required, unless the format ends at days or months.
        None => match format.default_unit().and_then(|unit| step(interval, unit)) {
            Some(step) => step,
            None => return properties.required("interval.unit").map(|_| Err(Error::internal("a unit came late")))?,
        },
    };
    Ok(Dates { first, last, step, format })
}

/// `NOW`, `NOW-3YEARS`, `NOW + 1 DAY`.
fn relative(text: &str, now: NaiveDateTime) -> Option<NaiveDateTime> {
    let rest = text.get(..3).filter(|word| word.eq_ignore_ascii_case("now")).map(|_| text[3..].trim())?;
    if rest.is_empty() {
        return Some(now);
    }
    let back = rest.starts_with('-');
    let rest = rest.strip_prefix(['+', '-'])?.trim();
    let digits = rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len());
    let (number, unit) = rest.split_at(digits);
    match (step(number.parse().ok()?, unit.trim())?, back) {
        (Step::Months(months), false) => now.checked_add_months(Months::new(months)),
        (Step::Months(months), true) => now.checked_sub_months(Months::new(months)),
        (Step::Fixed(time), false) => now.checked_add_signed(time),
        (Step::Fixed(time), true) => now.checked_sub_signed(time),
    }
}

/// `count` of a unit, with or without its plural S.
fn step(count: u64, unit: &str) -> Option<Step> {
    let count = i64::try_from(count).ok()?;
    let unit = unit.to_ascii_uppercase();
    let fixed = |unit: Option<TimeDelta>| unit.map(Step::Fixed);
    match unit.strip_suffix('S').unwrap_or(&unit) {
        "YEAR" => u32::try_from(count.checked_mul(12)?).ok().map(Step::Months),
        "MONTH" => u32::try_from(count).ok().map(Step::Months),
        "WEEK" => fixed(TimeDelta::try_weeks(count)),
        "DAY" => fixed(TimeDelta::try_days(count)),
        "HOUR" => fixed(TimeDelta::try_hours(count)),
        "MINUTE" => fixed(TimeDelta::try_minutes(count)),
        "SECOND" => fixed(TimeDelta::try_seconds(count)),
        "MILLI" => fixed(TimeDelta::try_milliseconds(count)),
        _ => None,
    }
}
