//! Dates written and read by a pattern of Java's `SimpleDateFormat`, as far as it names folders: numbers and English names of
//! years to milliseconds, and texts between them.

use chrono::NaiveDateTime;
use chrono::format::{Item, Parsed, StrftimeItems, parse};

use crate::error::{Error, Result};

#[derive(Debug, Clone, PartialEq)]
pub(super) struct JavaDate {
    items: Vec<Item<'static>>,
    /// The finest field that the pattern has.
    finest: Field,
    sorted: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Field {
    Year,
    Month,
    Day,
    Hour,
    Minute,
    Second,
    Milli,
    /// A weekday or AM/PM: it orders nothing.
    Name,
}

impl JavaDate {
    /// Errors: `NotSupported` for a letter that is not read here, `InvalidInput` for an open quote and a pattern without year.
    pub(super) fn new(pattern: &str) -> Result<Self> {
        let (format, fields) = translate(pattern)?;
        let order: Vec<Field> = fields.iter().map(|(field, _)| *field).collect();
        let fixed = fields.iter().all(|(_, fixed)| *fixed);
        let named = !order.contains(&Field::Name);
        // Each field after the next coarser one, all of them of one length: then texts compare as dates do.
        let consecutive = order.first() == Some(&Field::Year) && order.windows(2).all(|pair| pair[1] as u8 == pair[0] as u8 + 1);
        if !order.contains(&Field::Year) {
            return Err(Error::invalid(format!("'{pattern}' has no year")));
        }
        let finest = order.iter().copied().filter(|field| *field != Field::Name).max().unwrap_or(Field::Year);
        let items = StrftimeItems::new(&format).parse_to_owned();
        let items = items.map_err(|error| Error::invalid(format!("'{pattern}' is no date format")).caused_by(error))?;
        Ok(Self { items, finest, sorted: fixed && named && consecutive })
    }

    pub(super) fn print(&self, at: NaiveDateTime) -> String {
        at.format_with_items(self.items.iter()).to_string()
    }

    /// The first moment that is written so.
    pub(super) fn parse(&self, text: &str) -> Option<NaiveDateTime> {
        let mut parsed = Parsed::new();
        parse(&mut parsed, text, self.items.iter()).ok()?;
        let by_day_of_year = parsed.ordinal().is_some();
        // What the pattern does not have is the first; setting a field again fails and leaves it as it was.
        if !by_day_of_year {
            let _ = parsed.set_month(1);
            let _ = parsed.set_day(1);
        }
        if parsed.hour_div_12().is_none() {
            let _ = parsed.set_hour(0);
        }
        let _ = parsed.set_minute(0);
        let _ = parsed.set_second(0);
        parsed.to_naive_datetime_with_offset(0).ok()
    }

    /// Whether dates, written so, are in order as texts.
    pub(super) fn is_sorted(&self) -> bool {
        self.sorted
    }

    /// The unit of the distance between dates where none is given: Athena knows one only for days and months.
    pub(super) fn default_unit(&self) -> Option<&'static str> {
        match self.finest {
            Field::Day => Some("DAYS"),
            Field::Month => Some("MONTHS"),
            _ => None,
        }
    }
}

/// The pattern as chrono writes patterns, and its fields in order, each with whether it always has the same length.
fn translate(pattern: &str) -> Result<(String, Vec<(Field, bool)>)> {
    let mut format = String::new();
    let mut fields = vec![];
    let mut chars = pattern.chars().peekable();
    while let Some(char) = chars.next() {
        match char {
            '\'' if chars.next_if_eq(&'\'').is_some() => format.push('\''),
            '\'' => loop {
                match chars.next() {
                    None => return Err(Error::invalid(format!("'{pattern}' has a quote that does not end"))),
                    Some('\'') if chars.next_if_eq(&'\'').is_none() => break,
                    Some(quoted) => literal(quoted, &mut format),
                }
            },
            letter if letter.is_ascii_alphabetic() => {
                let mut count = 1;
                while chars.next_if_eq(&letter).is_some() {
                    count += 1;
                }
                let (text, field, fixed) = specifier(letter, count).ok_or_else(|| {
                    let letters = letter.to_string().repeat(count);
                    Error::not_supported(format!("'{letters}' in the date format '{pattern}' is not supported"))
                })?;
                format.push_str(text);
                fields.push((field, fixed));
            }
            other => literal(other, &mut format),
        }
    }
    Ok((format, fields))
}

fn literal(char: char, format: &mut String) {
    if char == '%' {
        format.push('%');
    }
    format.push(char);
}

/// chrono's specifier for `count` times `letter`, its field, and whether it always has the same length.
fn specifier(letter: char, count: usize) -> Option<(&'static str, Field, bool)> {
    Some(match (letter, count) {
        ('y', 2) => ("%y", Field::Year, true),
        ('y', 1 | 4) => ("%Y", Field::Year, true),
        ('M' | 'L', 1) => ("%-m", Field::Month, false),
        ('M' | 'L', 2) => ("%m", Field::Month, true),
        ('M' | 'L', 3) => ("%b", Field::Month, false),
        ('M' | 'L', _) => ("%B", Field::Month, false),
        ('d', 1) => ("%-d", Field::Day, false),
        ('d', 2) => ("%d", Field::Day, true),
        ('D', 1) => ("%-j", Field::Day, false),
        // Days of a year follow the year without a month between them, so they are not counted as in order.
        ('D', 3) => ("%j", Field::Day, false),
        ('E', 1..=3) => ("%a", Field::Name, false),
        ('E', _) => ("%A", Field::Name, false),
        ('a', _) => ("%p", Field::Name, false),
        ('H', 1) => ("%-H", Field::Hour, false),
        ('H', 2) => ("%H", Field::Hour, true),
        ('h', 1) => ("%-I", Field::Hour, false),
        ('h', 2) => ("%I", Field::Hour, false),
        ('m', 1) => ("%-M", Field::Minute, false),
        ('m', 2) => ("%M", Field::Minute, true),
        ('s', 1) => ("%-S", Field::Second, false),
        ('s', 2) => ("%S", Field::Second, true),
        ('S', 3) => ("%3f", Field::Milli, true),
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_write_and_read() {
        let at = chrono::NaiveDate::from_ymd_opt(2024, 3, 5).unwrap().and_hms_milli_opt(7, 8, 9, 45).unwrap();
        for (pattern, text, truncated, sorted) in [
            ("yyyy-MM-dd", "2024-03-05", "2024-03-05 00:00:00", true),
            ("yyyy/MM/dd/HH", "2024/03/05/07", "2024-03-05 07:00:00", true),
            ("yyyyMMddHHmmssSSS", "20240305070809045", "2024-03-05 07:08:09.045", true),
            ("yyyy-MM", "2024-03", "2024-03-01 00:00:00", true),
            ("yyyy", "2024", "2024-01-01 00:00:00", true),
            ("dd-MM-yyyy", "05-03-2024", "2024-03-05 00:00:00", false),
            ("yyyy-M-d", "2024-3-5", "2024-03-05 00:00:00", false),
            ("yyyy-dd", "2024-05", "2024-01-05 00:00:00", false),
            ("EEE, d MMM yyyy", "Tue, 5 Mar 2024", "2024-03-05 00:00:00", false),
            ("yyyy-MM-dd hh a", "2024-03-05 07 AM", "2024-03-05 07:00:00", false),
            ("yyyy-DDD", "2024-065", "2024-03-05 00:00:00", false),
            ("'year='yyyy'/100%/it''s 'MM", "year=2024/100%/it's 03", "2024-03-01 00:00:00", true),
        ] {
            let format = JavaDate::new(pattern).unwrap();
            assert_eq!(format.print(at), text, "{pattern}");
            assert_eq!(format.parse(text).unwrap().to_string(), truncated, "{pattern}");
            assert_eq!(format.is_sorted(), sorted, "{pattern}");
            assert_eq!(format.parse("often"), None);
        }
    }

    #[test]
    fn what_is_not_a_pattern_here() {
        for (pattern, says) in [
            ("YYYY-MM-dd", "'YYYY'"),
            ("yyyy-MM-dd'T'HHX", "'X'"),
            ("yyyy 'open", "does not end"),
            ("MM-dd", "no year"),
            ("yyyyy", "'yyyyy'"),
        ] {
            let error = JavaDate::new(pattern).unwrap_err();
            assert!(error.message().contains(says), "{error}");
        }
    }
}
