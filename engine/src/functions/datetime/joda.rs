//! `format_datetime` and `parse_datetime`, with Joda-Time's masks: `yyyy-MM-dd HH:mm:ss.SSS ZZ`.

use arrow::array::ArrayRef;
use catalog::Result as OurResult;
use datafusion::common::Result;

use super::mask::{Field, Mask, Part};
use super::{Zoned, clock, invalid, mysql, overflow, zoned};
use crate::functions::rows::Understood;
use crate::functions::{Call, Overload, Scalar};

pub(in crate::functions) const FUNCTIONS: &[Scalar] = &[
    Scalar {
        names: &["format_datetime"],
        description: "Formats the given time by the given format",
        overloads: &[
            Overload::new("(timestamp(p), varchar) -> varchar", |call| mysql::format(call, zoneless)),
            Overload::new("(timestamp(p) with time zone, varchar) -> varchar", |call| mysql::format(call, mask)),
        ],
    },
    Scalar {
        names: &["parse_datetime"],
        description: "Parses the specified date/time by the given format",
        overloads: &[Overload::new("(varchar, varchar) -> timestamp(3) with time zone", parse)],
    },
];

fn parse(call: &Call<'_>) -> Result<ArrayRef> {
    let (texts, masks, session) = (call.text(0)?, Understood::of(call, 1, mask)?, clock(call)?.zone);
    let values = call.each(|row| {
        let (local, zone) = masks.at(row)?.parse(texts.value(row))?;
        let zone = zone.unwrap_or(session);
        Zoned::new(zone.instant(local).ok_or_else(overflow)?, zone)
    })?;
    Ok(zoned(call, &values))
}

/// A timestamp without a zone cannot print one.
fn zoneless(text: &str) -> OurResult<Mask> {
    let mask = mask(text)?;
    if mask.has_zone() {
        return Err(invalid(
            "format_datetime for TIMESTAMP type, cannot use 'Z' nor 'z' in format, as this type does not contain TZ information",
        ));
    }
    Ok(mask)
}

/// Joda takes the 30 years before this one as the middle of the century of `yy`; a mask must mean the same next year.
const PIVOT: i64 = 1996;

/// The token at the beginning of a mask and what follows: a run of one letter, or text.
fn token(mask: &str) -> Option<(Token<'_>, &str)> {
    let first = mask.chars().next()?;
    if first.is_ascii_alphabetic() {
        let end = mask.find(|c| c != first).unwrap_or(mask.len());
        return Some((Token::Letters(first, end), &mask[end..]));
    }
    let mut quoted = false;
    let mut chars = mask.char_indices().peekable();
    while let Some((at, char)) = chars.next() {
        match char {
            // Two quotes are one, inside and outside of quotes.
            '\'' if chars.next_if(|(_, next)| *next == '\'').is_some() => {}
            '\'' => quoted = !quoted,
            letter if letter.is_ascii_alphabetic() && !quoted => return Some((Token::Text(&mask[..at]), &mask[at..])),
            _ => {}
        }
    }
    Some((Token::Text(mask), ""))
}

enum Token<'a> {
    Letters(char, usize),
    Text(&'a str),
}

impl Token<'_> {
    /// Whether it is parsed as digits, so that the number before it cannot take as many as there are.
    fn is_numeric(&self) -> bool {
        match self {
            Self::Letters('M', count) => *count <= 2,
            Self::Letters(letter, _) => "cCxyYdhHmsSeDFwWkK".contains(*letter),
            Self::Text(_) => false,
        }
    }
}

fn mask(text: &str) -> OurResult<Mask> {
    let mut parts = Vec::new();
    let mut rest = text;
    while let Some((token, following)) = token(rest) {
        rest = following;
        match token {
            Token::Text(text) => parts.push(Part::Literal(unquoted(text))),
            Token::Letters(letter, count) => {
                let adjacent = self::token(rest).is_some_and(|(token, _)| token.is_numeric());
                parts.push(part(letter, count, adjacent)?);
            }
        }
    }
    if parts.is_empty() {
        return Err(invalid("invalid pattern specification"));
    }
    Ok(Mask(parts))
}

fn unquoted(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut chars = text.chars().peekable();
    while let Some(char) = chars.next() {
        if char != '\'' || chars.next_if_eq(&'\'').is_some() {
            out.push(char);
        }
    }
    out
}

fn part(letter: char, count: usize, adjacent: bool) -> OurResult<Part> {
    use Field::{
        Century, ClockHour, ClockHourOfHalfday, DayOfMonth, DayOfWeek, DayOfYear, Hour, HourOfHalfday, Minute, Month, Second,
        Week, WeekYear, Year, YearOfEra,
    };
    let least = u8::try_from(count).unwrap_or(u8::MAX).min(18);
    let number = |field: Field, most: u8| Part::Number(field, least, most.max(least));
    let year = |field| match (count, field) {
        (2, field) => Part::TwoDigitYear { of_week: field == WeekYear, pivot: PIVOT, lenient: !adjacent },
        (_, field) => Part::Number(field, least, if adjacent { least } else { 9.max(least) }),
    };
    Ok(match letter {
        'G' => Part::EraText,
        'C' => number(Century, 9),
        'Y' => year(YearOfEra),
        'x' => year(WeekYear),
        'y' => year(Year),
        'w' => number(Week, 2),
        'e' => number(DayOfWeek, 1),
        'E' => Part::WeekdayText { short: count < 4 },
        'D' => number(DayOfYear, 3),
        'M' if count >= 3 => Part::MonthText { short: count < 4 },
        'M' => number(Month, 2),
        'd' => number(DayOfMonth, 2),
        'a' => Part::HalfdayText,
        'K' => number(HourOfHalfday, 2),
        'h' => number(ClockHourOfHalfday, 2),
        'H' => number(Hour, 2),
        'k' => number(ClockHour, 2),
        'm' => number(Minute, 2),
        's' => number(Second, 2),
        'S' => Part::Fraction(least, least),
        'z' if count < 4 => Part::ZoneName,
        'z' => return Err(invalid("long names of time zones (zzzz) are not supported; use ZZZ for the zone's ID")),
        'Z' if count >= 3 => Part::ZoneId,
        'Z' => Part::Offset { colon: count == 2 },
        other => return Err(invalid(format!("illegal pattern component: {other}"))),
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
        let zone = Zone::parse("Asia/Kathmandu").unwrap();
        let local = TimestampText::parse("2020-05-10 12:34:56.120").unwrap().local(3).unwrap();
        for (text, expected) in [
            ("yyyy-MM-dd HH:mm:ss.SSS Z", "2020-05-10 12:34:56.120 +0545"),
            ("ZZ ZZZ yy M MMM MMMM E EEEE e", "+05:45 Asia/Kathmandu 20 5 May May Sun Sunday 7"),
            ("G C YYYY xxxx ww D h K k a S", "AD 20 2020 2020 19 131 12 0 12 PM 1"),
            ("yyyy'year' ''hh o''clock".trim_end_matches(" o''clock"), "2020year '12"),
            ("YYYY/MM/dd", "2020/05/10"),
            ("SSSSSS", "120000"),
        ] {
            let mut out = String::new();
            mask(text).unwrap().print(zone.instant(local).unwrap(), zone, &mut out);
            assert_eq!(out, expected, "{text}");
        }
        assert!(mask("").is_err() && mask("b").is_err() && zoneless("Z").is_err());
    }

    #[test]
    fn parsing() {
        for (text, format, expected, zone) in [
            ("2020-08-18 03:04:05.678", "yyyy-MM-dd HH:mm:ss.SSS", "2020-08-18 03:04:05.678", None),
            ("1960/01/22 03:04 Asia/Oral", "yyyy/MM/dd HH:mm ZZZZZ", "1960-01-22 03:04:00.000", Some("Asia/Oral")),
            ("1960/01/22 03:04 +0500", "yyyy/MM/dd HH:mm Z", "1960-01-22 03:04:00.000", Some("+05:00")),
            ("20200818", "yyyyMMdd", "2020-08-18 00:00:00.000", None),
            ("12 Mon March", "dd EEE MMMM", "2000-03-06 00:00:00.000", None),
            ("45 46 2001", "yy yy yyyy", "2001-01-01 00:00:00.000", None),
            ("45", "yy", "2045-01-01 00:00:00.000", None),
            ("46", "yy", "1946-01-01 00:00:00.000", None),
        ] {
            let (moment, parsed) = mask(format).unwrap().parse(text).unwrap();
            let mut out = String::new();
            print::timestamp(moment, 3, &mut out);
            assert_eq!((out.as_str(), parsed), (expected, zone.and_then(Zone::parse)), "{text} {format}");
        }
    }
}
