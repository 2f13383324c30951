//! Masks of dates and times: what the notations of MySQL, Joda-Time and Teradata come to, and printing and parsing by it, as
//! Joda-Time does both.

use std::fmt::Write;

use catalog::Result;

use super::invalid;
use crate::types::Zone;
use crate::types::temporal::{MICROS_PER_DAY, Moment, calendar};
use crate::types::zone::write_offset;

/// A mask: its parts in order.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Mask(pub(super) Vec<Part>);

#[derive(Debug, Clone, PartialEq)]
pub(super) enum Part {
    Literal(String),
    /// A number with at least so many digits when it is printed, at most so many when it is parsed.
    Number(Field, u8, u8),
    /// The last two digits of a year (or of the year of an ISO week), and the year in the middle of the century that they are of.
    /// Where `lenient`, other than two digits are the year itself.
    TwoDigitYear {
        of_week: bool,
        pivot: i64,
        lenient: bool,
    },
    /// Digits of the second's fraction: at least, at most.
    Fraction(u8, u8),
    MonthText {
        short: bool,
    },
    WeekdayText {
        short: bool,
    },
    HalfdayText,
    EraText,
    /// `+0545`, or `+05:45`.
    Offset {
        colon: bool,
    },
    /// `Asia/Kathmandu`
    ZoneId,
    /// `PST`
    ZoneName,
}

/// A field that is a number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Field {
    Century,
    YearOfEra,
    Year,
    WeekYear,
    Month,
    Week,
    DayOfYear,
    DayOfMonth,
    DayOfWeek,
    /// 0 to 23, 1 to 24, 0 to 11, 1 to 12.
    Hour,
    ClockHour,
    HourOfHalfday,
    ClockHourOfHalfday,
    Minute,
    Second,
}

impl Field {
    /// Of a local time.
    fn value(self, local: Moment) -> i64 {
        let day = local.day();
        let second = local.seconds().rem_euclid(86_400);
        let (hour, twelve) = (second / 3600, second / 3600 % 12);
        let civil = calendar::civil(day);
        let year_of_era = if civil.year > 0 { civil.year } else { 1 - civil.year };
        match self {
            Self::Century => year_of_era / 100,
            Self::YearOfEra => year_of_era,
            Self::Year => civil.year,
            Self::WeekYear => calendar::iso_week(day).0,
            Self::Month => civil.month.into(),
            Self::Week => calendar::iso_week(day).1,
            Self::DayOfYear => calendar::day_of_year(day),
            Self::DayOfMonth => civil.day.into(),
            Self::DayOfWeek => calendar::day_of_week(day),
            Self::Hour => hour,
            Self::ClockHour => {
                if hour == 0 {
                    24
                } else {
                    hour
                }
            }
            Self::HourOfHalfday => twelve,
            Self::ClockHourOfHalfday => {
                if twelve == 0 {
                    12
                } else {
                    twelve
                }
            }
            Self::Minute => second / 60 % 60,
            Self::Second => second % 60,
        }
    }

    fn range(self) -> (i64, i64) {
        match self {
            Self::Century => (0, 9_999_999),
            Self::YearOfEra => (1, 292_278_993),
            Self::Year | Self::WeekYear => (-292_275_054, 292_278_993),
            Self::Month | Self::ClockHourOfHalfday => (1, 12),
            Self::Week => (1, 53),
            Self::DayOfYear => (1, 366),
            Self::DayOfMonth => (1, 31),
            Self::DayOfWeek => (1, 7),
            Self::Hour => (0, 23),
            Self::ClockHour => (1, 24),
            Self::HourOfHalfday => (0, 11),
            Self::Minute | Self::Second => (0, 59),
        }
    }

    fn name(self) -> &'static str {
        match self {
            Self::Century => "centuryOfEra",
            Self::YearOfEra => "yearOfEra",
            Self::Year => "year",
            Self::WeekYear => "weekyear",
            Self::Month => "monthOfYear",
            Self::Week => "weekOfWeekyear",
            Self::DayOfYear => "dayOfYear",
            Self::DayOfMonth => "dayOfMonth",
            Self::DayOfWeek => "dayOfWeek",
            Self::Hour => "hourOfDay",
            Self::ClockHour => "clockhourOfDay",
            Self::HourOfHalfday => "hourOfHalfday",
            Self::ClockHourOfHalfday => "clockhourOfHalfday",
            Self::Minute => "minuteOfHour",
            Self::Second => "secondOfMinute",
        }
    }
}

const MONTHS: [&str; 12] =
    ["January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November", "December"];
const WEEKDAYS: [&str; 7] = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"];
const HALFDAYS: [&str; 2] = ["AM", "PM"];
const ERAS: [&str; 2] = ["BC", "AD"];

/// The first three letters, or all.
fn named<'a>(names: &[&'a str], number: i64, short: bool) -> &'a str {
    let name = usize::try_from(number).ok().and_then(|number| names.get(number)).copied().unwrap_or_default();
    if short { &name[..name.len().min(3)] } else { name }
}

impl Mask {
    /// Whether it prints or parses a zone.
    pub(super) fn has_zone(&self) -> bool {
        self.0.iter().any(|part| matches!(part, Part::Offset { .. } | Part::ZoneId | Part::ZoneName))
    }

    /// Appends the text of an instant in a zone, to the millisecond.
    pub(super) fn print(&self, instant: Moment, zone: Zone, out: &mut String) {
        let local = zone.local(instant).unwrap_or(instant);
        for part in &self.0 {
            part.print(local, instant, zone, out);
        }
    }

    /// The local time of a text, and its zone where it has one. What it does not say is that of 1970-01-01 00:00.
    ///
    /// Errors: `InvalidFunctionArgument` for a text that is not of this shape or says something impossible.
    pub(super) fn parse(&self, text: &str) -> Result<(Moment, Option<Zone>)> {
        let mut parsed = Parsed::default();
        let mut rest = text;
        for part in &self.0 {
            rest = part.parse(rest, &mut parsed).ok_or_else(|| malformed(text, rest))?;
        }
        if !rest.is_empty() {
            return Err(malformed(text, rest));
        }
        parsed.resolve(text)
    }
}

fn malformed(text: &str, rest: &str) -> catalog::Error {
    if rest.is_empty() {
        invalid(format!("invalid format: \"{text}\" is too short"))
    } else if rest.len() == text.len() {
        invalid(format!("invalid format: \"{text}\""))
    } else {
        invalid(format!("invalid format: \"{text}\" is malformed at \"{rest}\""))
    }
}

impl Part {
    fn print(&self, local: Moment, instant: Moment, zone: Zone, out: &mut String) {
        let millis = local.millis().rem_euclid(1000);
        _ = match self {
            Self::Literal(text) => out.write_str(text),
            Self::Number(field, least, _) => {
                let value = field.value(local);
                let sign = if value < 0 { "-" } else { "" };
                write!(out, "{sign}{:0width$}", value.unsigned_abs(), width = usize::from(*least))
            }
            Self::TwoDigitYear { of_week, .. } => {
                let field = if *of_week { Field::WeekYear } else { Field::Year };
                write!(out, "{:02}", field.value(local).unsigned_abs() % 100)
            }
            Self::Fraction(least, most) => {
                let digits = format!("{millis:03}");
                let digits = &digits[..usize::from(*most).min(3)];
                let needed = digits.trim_end_matches('0').len().max(usize::from(*least).min(digits.len()));
                write!(out, "{:0<width$}", &digits[..needed], width = usize::from(*least))
            }
            Self::MonthText { short } => out.write_str(named(&MONTHS, Field::Month.value(local) - 1, *short)),
            Self::WeekdayText { short } => out.write_str(named(&WEEKDAYS, Field::DayOfWeek.value(local) - 1, *short)),
            Self::HalfdayText => out.write_str(HALFDAYS[usize::from(Field::Hour.value(local) >= 12)]),
            Self::EraText => out.write_str(ERAS[usize::from(Field::Year.value(local) > 0)]),
            Self::Offset { colon: true } => write_offset(zone.offset_at(instant) / 60, out),
            Self::Offset { colon: false } => {
                let minutes = zone.offset_at(instant) / 60;
                let magnitude = minutes.unsigned_abs();
                write!(out, "{}{:02}{:02}", if minutes < 0 { '-' } else { '+' }, magnitude / 60, magnitude % 60)
            }
            Self::ZoneId => write!(out, "{zone}"),
            Self::ZoneName => out.write_str(&zone.abbreviation(instant)),
        };
    }

    /// What is left of the text after this part. `None` where it is not there.
    fn parse<'a>(&self, text: &'a str, parsed: &mut Parsed) -> Option<&'a str> {
        Some(match self {
            Self::Literal(literal) => {
                let (start, rest) = text.split_at_checked(literal.len())?;
                // As text without regard to case.
                (start.to_lowercase() == literal.to_lowercase()).then_some(rest)?
            }
            Self::Number(field, _, most) => {
                let signed = matches!(field, Field::Year | Field::WeekYear);
                let (value, rest) = number(text, usize::from(*most), signed)?;
                parsed.set(*field, value);
                rest
            }
            Self::TwoDigitYear { of_week, pivot, lenient } => {
                let field = if *of_week { Field::WeekYear } else { Field::Year };
                let (value, rest) = number(text, if *lenient { 9 } else { 2 }, *lenient)?;
                let two = text.len() - rest.len() == 2 && value >= 0;
                if !two && !lenient {
                    return None;
                }
                // Of the hundred years around the pivot.
                let low = pivot - 50;
                parsed.set(field, if two { low + (value - low).rem_euclid(100) } else { value });
                rest
            }
            Self::Fraction(_, most) => {
                let count = text.bytes().take(usize::from(*most)).take_while(u8::is_ascii_digit).count();
                let (digits, rest) = text.split_at(count);
                let first: String = digits.chars().chain("00".chars()).take(3).collect();
                parsed.millis = Some(if count == 0 { return None } else { first.parse().ok()? });
                rest
            }
            Self::MonthText { .. } => {
                let (month, rest) = name(text, &MONTHS)?;
                parsed.set(Field::Month, month + 1);
                rest
            }
            Self::WeekdayText { .. } => {
                let (day, rest) = name(text, &WEEKDAYS)?;
                parsed.set(Field::DayOfWeek, day + 1);
                rest
            }
            Self::HalfdayText => {
                let (half, rest) = name(text, &HALFDAYS)?;
                parsed.afternoon = Some(half == 1);
                rest
            }
            Self::EraText => {
                let (era, rest) = name(text, &ERAS)?;
                parsed.before_christ = era == 0;
                rest
            }
            Self::Offset { .. } => {
                let end = text.find(|c: char| !c.is_ascii_digit() && !matches!(c, '+' | '-' | ':')).unwrap_or(text.len());
                let (offset, rest) = text.split_at(end);
                parsed.zone = Some(Zone::parse(offset).filter(|_| offset.starts_with(['+', '-']))?);
                rest
            }
            Self::ZoneId => {
                let end = text.find(|c: char| !c.is_ascii_alphanumeric() && !"+-:/_".contains(c)).unwrap_or(text.len());
                // The longest name that there is.
                let (zone, end) = (1..=end).rev().find_map(|end| Some((Zone::parse(text.get(..end)?)?, end)))?;
                parsed.zone = Some(zone);
                &text[end..]
            }
            Self::ZoneName => return None,
        })
    }
}

/// A number of up to `most` digits at the beginning, and what follows.
fn number(text: &str, most: usize, signed: bool) -> Option<(i64, &str)> {
    let sign = usize::from(signed && text.starts_with(['+', '-']));
    let count = text.bytes().skip(sign).take(most).take_while(u8::is_ascii_digit).count();
    if count == 0 {
        return None;
    }
    let (digits, rest) = text.split_at(sign + count);
    Some((digits.parse().ok()?, rest))
}

/// Which of the names, whole or its first three letters, is at the beginning, and what follows.
fn name<'a>(text: &'a str, names: &[&str]) -> Option<(i64, &'a str)> {
    let starts = |name: &str| text.get(..name.len()).is_some_and(|start| start.eq_ignore_ascii_case(name));
    let whole = names.iter().position(|name| starts(name)).map(|at| (at, names[at].len()));
    let short = || names.iter().position(|name| starts(&name[..name.len().min(3)])).map(|at| (at, names[at].len().min(3)));
    let (at, length) = whole.or_else(short)?;
    Some((at as i64, &text[length..]))
}

/// What a text has said so far; what is said twice counts the second time.
#[derive(Debug, Default)]
struct Parsed {
    fields: Vec<(Field, i64)>,
    afternoon: Option<bool>,
    before_christ: bool,
    millis: Option<i64>,
    zone: Option<Zone>,
}

impl Parsed {
    fn set(&mut self, field: Field, value: i64) {
        self.fields.push((field, value));
    }

    fn get(&self, field: Field) -> Option<i64> {
        self.fields.iter().rev().find(|(known, _)| *known == field).map(|(_, value)| *value)
    }

    /// Larger fields are set before smaller ones, each at the beginning of the one before.
    fn resolve(&self, text: &str) -> Result<(Moment, Option<Zone>)> {
        let impossible = |field: Field, value: i64, (low, high): (i64, i64)| {
            let name = field.name();
            invalid(format!("cannot parse \"{text}\": value {value} for {name} must be in the range [{low},{high}]"))
        };
        for (field, value) in &self.fields {
            let (low, high) = field.range();
            if !(low..=high).contains(value) {
                return Err(impossible(*field, *value, (low, high)));
            }
        }
        let year = self.year();
        let (month, day_of_month) = (self.get(Field::Month), self.get(Field::DayOfMonth));
        // A day that has no year may be the 29th of February.
        let default =
            if self.get(Field::WeekYear).is_none() && (month.is_some() || day_of_month.is_some()) { 2000 } else { 1970 };
        let year = year.unwrap_or(default);
        let mut day = calendar::days(year, month.unwrap_or(1) as u8, 1);
        if let Some(week_year) = self.get(Field::WeekYear) {
            let first = calendar::days(week_year, 1, 4);
            day = first - calendar::day_of_week(first) + 1;
        }
        if let Some(week) = self.get(Field::Week) {
            let first = calendar::days(calendar::iso_week(day).0, 1, 4);
            day = first - calendar::day_of_week(first) + 1 + (week - 1) * 7;
        }
        if let Some(value) = self.get(Field::DayOfYear) {
            let length = if calendar::is_leap(year) { 366 } else { 365 };
            day = (value <= length)
                .then(|| calendar::days(year, 1, 1) + value - 1)
                .ok_or_else(|| impossible(Field::DayOfYear, value, (1, length)))?;
        }
        if let Some(value) = day_of_month {
            let civil = calendar::civil(day);
            let length = calendar::month_length(civil.year, civil.month).into();
            day = (value <= length)
                .then(|| calendar::days(civil.year, civil.month, 1) + value - 1)
                .ok_or_else(|| impossible(Field::DayOfMonth, value, (1, length)))?;
        }
        if let Some(weekday) = self.get(Field::DayOfWeek) {
            day += weekday - calendar::day_of_week(day);
        }
        let seconds = self.hour() * 3600 + self.get(Field::Minute).unwrap_or(0) * 60 + self.get(Field::Second).unwrap_or(0);
        let micros = (seconds * 1000 + self.millis.unwrap_or(0)) * 1000;
        let micros = day.checked_mul(MICROS_PER_DAY).and_then(|day| day.checked_add(micros));
        Ok((Moment { micros: micros.ok_or_else(super::overflow)?, picos: 0 }, self.zone))
    }

    fn year(&self) -> Option<i64> {
        let of_era = match (self.get(Field::Century), self.get(Field::YearOfEra)) {
            (_, Some(year)) => Some(year),
            (Some(century), None) => Some(century * 100),
            (None, None) => None,
        };
        self.get(Field::Year).or(of_era.map(|year| if self.before_christ { 1 - year } else { year }))
    }

    fn hour(&self) -> i64 {
        if let Some(hour) = self.get(Field::Hour).or(self.get(Field::ClockHour).map(|hour| hour % 24)) {
            return hour;
        }
        let twelve = self.get(Field::HourOfHalfday).or(self.get(Field::ClockHourOfHalfday).map(|hour| hour % 12));
        twelve.unwrap_or(0) + if self.afternoon == Some(true) { 12 } else { 0 }
    }
}
