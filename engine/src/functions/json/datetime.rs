//! The method `datetime()`: a text as a date or a time, by ISO's forms or by a template of SQL's (`YYYY-MM-DD HH24:MI:SS.FF3`).

use super::language::{Failure, Item};
use crate::types::Type;

/// The parts of a moment as digits, in the order of their text.
#[derive(Debug, Default)]
struct Parts {
    date: Option<(String, String, String)>,
    time: Option<String>,
    fraction: String,
    zone: Option<String>,
}

/// `text` as a moment. Fails for what is none, or does not fit the template.
pub(super) fn moment<'a>(text: &str, template: Option<&str>) -> Result<Item<'a>, Failure> {
    let parts = match template {
        Some(template) => by_template(text, template).ok_or_else(|| format!("does not fit the template '{template}'")),
        None => iso(text).ok_or_else(|| "is not a date or a time".to_string()),
    };
    parts
        .and_then(|parts| parts.item().ok_or_else(|| "is not a date or a time".to_string()))
        .map_err(|why| Failure(format!("'{text}' {why}")))
}

impl Parts {
    fn item<'a>(self) -> Option<Item<'a>> {
        let digits = u8::try_from(self.fraction.len()).ok().filter(|digits| *digits <= crate::types::MAX_FRACTION)?;
        let date = self.date.map(|(year, month, day)| format!("{year}-{month}-{day}"));
        let fraction = if self.fraction.is_empty() { String::new() } else { format!(".{}", self.fraction) };
        let time = self.time.map(|time| format!("{time}{fraction}"));
        let (text, r#type) = match (date, time, self.zone) {
            (Some(date), None, None) => (date, Type::Date),
            (None, Some(time), None) => (time, Type::Time(digits)),
            (None, Some(time), Some(zone)) => (format!("{time}{zone}"), Type::TimeTz(digits)),
            (Some(date), Some(time), None) => (format!("{date} {time}"), Type::Timestamp(digits)),
            (Some(date), Some(time), Some(zone)) => (format!("{date} {time} {zone}"), Type::TimestampTz(digits)),
            _ => return None,
        };
        Some(Item::Moment(text, r#type))
    }
}

/// `2024-01-02`, `12:34:56.789+05:30`, `2024-01-02 12:34:56`, with a blank or a `T` between.
fn iso(text: &str) -> Option<Parts> {
    let mut parts = Parts::default();
    let (date, time) = match text.split_once([' ', 'T']) {
        Some((date, time)) => (Some(date), Some(time)),
        None if text.contains(':') => (None, Some(text)),
        None => (Some(text), None),
    };
    if let Some(date) = date {
        let mut digits = date.split('-').map(str::to_string);
        parts.date = Some((digits.next()?, digits.next()?, digits.next()?));
        digits.next().is_none().then_some(())?;
    }
    if let Some(time) = time {
        let end = time.find(['+', '-', 'Z', ' ']).unwrap_or(time.len());
        let (clock, fraction) = time[..end].split_once('.').unwrap_or((&time[..end], ""));
        (clock.len() == 8 || clock.len() == 5).then_some(())?;
        parts.time = Some(if clock.len() == 5 { format!("{clock}:00") } else { clock.to_string() });
        parts.fraction = fraction.to_string();
        parts.zone = match time[end..].trim() {
            "" => None,
            "Z" => Some("+00:00".to_string()),
            zone => Some(zone.to_string()),
        };
    }
    let digits = |text: &str| text.bytes().all(|c| c.is_ascii_digit());
    let whole = parts.date.as_ref().is_none_or(|(year, month, day)| [year, month, day].iter().all(|part| digits(part)));
    (whole && digits(&parts.fraction)).then_some(parts)
}

/// Digits that a template asks for, and their number.
const FIELDS: [(&str, usize); 9] =
    [("YYYY", 4), ("HH24", 2), ("HH12", 2), ("MM", 2), ("DD", 2), ("MI", 2), ("SS", 2), ("TZH", 3), ("TZM", 2)];

fn by_template(text: &str, template: &str) -> Option<Parts> {
    let (mut text, mut template) = (text, template);
    let mut read: Vec<(&str, &str)> = Vec::new();
    while !template.is_empty() {
        let fraction =
            template.strip_prefix("FF").and_then(|rest| Some((rest.chars().next()?.to_digit(10)? as usize, &rest[1..])));
        let field = FIELDS.iter().find(|(field, _)| template.starts_with(field));
        let (name, length, rest) = match (fraction, field) {
            (Some((digits, rest)), _) => ("FF", digits, rest),
            (None, Some((field, length))) => (*field, *length, &template[field.len()..]),
            (None, None) => {
                let delimiter = template.chars().next().filter(|c| !c.is_alphanumeric())?;
                text = text.strip_prefix(delimiter)?;
                template = &template[delimiter.len_utf8()..];
                continue;
            }
        };
        let value = text.get(..length)?;
        let digits = if name == "TZH" { value.strip_prefix(['+', '-'])? } else { value };
        digits.bytes().all(|c| c.is_ascii_digit()).then_some(())?;
        read.push((name, value));
        (text, template) = (&text[length..], rest);
    }
    let field = |name: &str| read.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).to_string());
    let date = match (field("YYYY"), field("MM"), field("DD")) {
        (Some(year), Some(month), Some(day)) => Some((year, month, day)),
        (None, None, None) => None,
        _ => return None,
    };
    let or_zero = |name: &str| field(name).unwrap_or_else(|| "00".to_string());
    let time = field("HH24").map(|hour| format!("{hour}:{}:{}", or_zero("MI"), or_zero("SS")));
    let zone = field("TZH").map(|hours| format!("{hours}:{}", or_zero("TZM")));
    text.is_empty().then(|| Parts { date, time, fraction: field("FF").unwrap_or_default(), zone })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments() {
        for (text, template, expected) in [
            ("2024-01-02", None, Some(("2024-01-02", "date"))),
            ("12:34:56.789+05:30", None, Some(("12:34:56.789+05:30", "time(3) with time zone"))),
            ("2024-01-02T12:34:56", None, Some(("2024-01-02 12:34:56", "timestamp(0)"))),
            ("01/02/2024", Some("MM/DD/YYYY"), Some(("2024-01-02", "date"))),
            ("2024-01-02 12:34:56.789", Some("YYYY-MM-DD HH24:MI:SS.FF3"), Some(("2024-01-02 12:34:56.789", "timestamp(3)"))),
            ("2024-01-02 12", Some("YYYY-MM-DD"), None),
            ("x", None, None),
            ("é", Some("YYYY"), None),
        ] {
            let found = moment(text, template).ok().map(|item| match item {
                Item::Moment(text, r#type) => (text, r#type.to_string()),
                other => panic!("{other:?}"),
            });
            let expected = expected.map(|(text, name): (&str, &str)| (text.to_string(), name.to_string()));
            assert_eq!(found, expected, "{text} {template:?}");
        }
    }
}
