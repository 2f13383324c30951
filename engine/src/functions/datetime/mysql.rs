//! `date_format` and `date_parse`, with MySQL's masks: `%Y-%m-%d %H:%i:%s`.

use arrow::array::ArrayRef;
use catalog::Result as OurResult;
use datafusion::common::Result;

use super::mask::{Field, Mask, Part};
use super::{column, invalid};
use crate::functions::rows::Understood;
use crate::functions::{Call, Overload, Scalar};
use crate::types::temporal::column::timestamps;

pub(in crate::functions) const FUNCTIONS: &[Scalar] = &[
    Scalar {
        names: &["date_format"],
        description: "Formats a timestamp by the given format",
        overloads: &[
            Overload::new("(timestamp(p), varchar) -> varchar", |call| format(call, mask)),
            Overload::new("(timestamp(p) with time zone, varchar) -> varchar", |call| format(call, mask)),
        ],
    },
    Scalar {
        names: &["date_parse"],
        description: "Parses a timestamp by the given format",
        overloads: &[Overload::new("(varchar, varchar) -> timestamp(3)", |call| {
            let (texts, masks) = (call.text(0)?, Understood::of(call, 1, mask)?);
            let moments = call.each(|row| Ok(masks.at(row)?.parse(texts.value(row))?.0))?;
            Ok(timestamps(3, &moments, None))
        })],
    },
];

/// Prints the first argument, a timestamp, by the mask that is the second, to the millisecond.
pub(super) fn format(call: &Call<'_>, understand: fn(&str) -> OurResult<Mask>) -> Result<ArrayRef> {
    let (values, masks) = (column(call, 0)?, Understood::of(call, 1, understand)?);
    call.texts(|row, out| {
        let instant = values.moment(row);
        masks.at(row)?.print(instant.round(3).unwrap_or(instant), values.zone(row), out);
        Ok(())
    })
}

/// 70 is 1970, 69 is 2069.
const PIVOT: i64 = 2020;

fn mask(text: &str) -> OurResult<Mask> {
    let mut parts = Vec::new();
    let mut chars = text.chars();
    while let Some(char) = chars.next() {
        match char {
            '%' => match chars.next() {
                Some(specifier) => parts.extend(specified(specifier)?),
                None => break,
            },
            plain => literal(&mut parts, plain),
        }
    }
    Ok(Mask(parts))
}

fn literal(parts: &mut Vec<Part>, char: char) {
    match parts.last_mut() {
        Some(Part::Literal(text)) => text.push(char),
        _ => parts.push(Part::Literal(char.to_string())),
    }
}

fn specified(specifier: char) -> OurResult<Vec<Part>> {
    use Field::{ClockHourOfHalfday, DayOfMonth, DayOfYear, Hour, Minute, Month, Second, Week, WeekYear, Year};
    let two = |field| Part::Number(field, 2, 2);
    let colon = || Part::Literal(":".to_string());
    Ok(match specifier {
        'a' => vec![Part::WeekdayText { short: true }],
        'b' => vec![Part::MonthText { short: true }],
        'c' => vec![Part::Number(Month, 1, 2)],
        'd' => vec![two(DayOfMonth)],
        'e' => vec![Part::Number(DayOfMonth, 1, 2)],
        'f' => vec![Part::Fraction(6, 9)],
        'H' => vec![two(Hour)],
        'h' | 'I' => vec![two(ClockHourOfHalfday)],
        'i' => vec![two(Minute)],
        'j' => vec![Part::Number(DayOfYear, 3, 3)],
        'k' => vec![Part::Number(Hour, 1, 2)],
        'l' => vec![Part::Number(ClockHourOfHalfday, 1, 2)],
        'M' => vec![Part::MonthText { short: false }],
        'm' => vec![two(Month)],
        'p' => vec![Part::HalfdayText],
        'r' => {
            let space = Part::Literal(" ".to_string());
            vec![two(ClockHourOfHalfday), colon(), two(Minute), colon(), two(Second), space, Part::HalfdayText]
        }
        'S' | 's' => vec![two(Second)],
        'T' => vec![two(Hour), colon(), two(Minute), colon(), two(Second)],
        'v' => vec![two(Week)],
        'x' => vec![Part::Number(WeekYear, 4, 4)],
        'W' => vec![Part::WeekdayText { short: false }],
        'Y' => vec![Part::Number(Year, 4, 4)],
        'y' => vec![Part::TwoDigitYear { of_week: false, pivot: PIVOT, lenient: false }],
        'w' | 'U' | 'u' | 'V' | 'X' | 'D' => {
            return Err(invalid(format!("%{specifier} not supported in date format string")));
        }
        plain => vec![Part::Literal(plain.to_string())],
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::types::Zone;
    use crate::types::temporal::parse::TimestampText;
    use crate::types::temporal::print;

    #[test]
    fn printing() {
        let moment = TimestampText::parse("2001-01-09 13:04:05.321").unwrap().local(3).unwrap();
        for (text, expected) in [
            ("%a %W %b %M %c %m %d %e", "Tue Tuesday Jan January 1 01 09 9"),
            ("%f %H %h %I %i %j %k %l %p %r %S %T", "321000 13 01 01 04 009 13 1 PM 01:04:05 PM 05 13:04:05"),
            ("%v %x %Y %y %% %4 %Y年%m月", "02 2001 2001 01 % 4 2001年01月"),
        ] {
            let mut out = String::new();
            mask(text).unwrap().print(moment, Zone::UTC, &mut out);
            assert_eq!(out, expected);
        }
        assert!(mask("%u").unwrap_err().to_string().contains("%u not supported in date format string"));
    }

    #[test]
    fn parsing() {
        for (text, format, expected) in [
            ("2013-05", "%Y-%m", "2013-05-01 00:00:00.000"),
            ("2013-05-17 12:35:10", "%Y-%m-%d %h:%i:%s", "2013-05-17 00:35:10.000"),
            ("2013-05-17 12:35:10 PM", "%Y-%m-%d %h:%i:%s %p", "2013-05-17 12:35:10.000"),
            ("abc 2013-05-17 fff 23:35:10 xyz", "abc %Y-%m-%d fff %H:%i:%s xyz", "2013-05-17 23:35:10.000"),
            ("2013 14", "%Y %y", "2014-01-01 00:00:00.000"),
            ("1.01", "%s.%f", "1970-01-01 00:00:01.010"),
            ("59.123456789", "%s.%f", "1970-01-01 00:00:59.123"),
            ("28-JAN-16 11.45.46.421000 PM", "%d-%b-%y %l.%i.%s.%f %p", "2016-01-28 23:45:46.421"),
            ("31-MAY-69 04.59.59.999000 AM", "%d-%b-%y %l.%i.%s.%f %p", "2069-05-31 04:59:59.999"),
            ("2020 53", "%x %v", "2020-12-28 00:00:00.000"),
            ("02-29", "%m-%d", "2000-02-29 00:00:00.000"),
            ("3.0123456789", "%s.%f", "INVALID_FUNCTION_ARGUMENT: invalid format: \"3.0123456789\" is malformed at \"9\""),
            ("2013-", "%Y-%m", "INVALID_FUNCTION_ARGUMENT: invalid format: \"2013-\" is too short"),
            (
                "2013-02-30",
                "%Y-%m-%d",
                "INVALID_FUNCTION_ARGUMENT: cannot parse \"2013-02-30\": value 30 for dayOfMonth must be in the range [1,28]",
            ),
        ] {
            let got = match mask(format).unwrap().parse(text) {
                Ok((moment, _)) => {
                    let mut out = String::new();
                    print::timestamp(moment, 3, &mut out);
                    out
                }
                Err(error) => error.to_string(),
            };
            assert_eq!(got, expected, "{text} {format}");
        }
    }
}
