//! `to_char`, `to_date`, `to_timestamp`, with Teradata's masks: `yyyy/mm/dd hh24:mi:ss` ("Teradata functions").

use catalog::Result as OurResult;

use super::mask::{Field, Mask, Part};
use super::{invalid, mysql, overflow};
use crate::functions::rows::Understood;
use crate::functions::{Overload, Scalar};
use crate::types::temporal::column::{dates, timestamps};

pub(in crate::functions) const FUNCTIONS: &[Scalar] = &[
    Scalar {
        names: &["to_char"],
        description: "Formats a timestamp",
        overloads: &[
            Overload::new("(timestamp(p), varchar) -> varchar", |call| mysql::format(call, mask)),
            Overload::new("(timestamp(p) with time zone, varchar) -> varchar", |call| mysql::format(call, mask)),
        ],
    },
    Scalar {
        names: &["to_date"],
        description: "Converts a string to a DATE data type",
        overloads: &[Overload::new("(varchar, varchar) -> date", |call| {
            let (texts, masks) = (call.text(0)?, Understood::of(call, 1, mask)?);
            let days = call.each(|row| {
                let (moment, _) = masks.at(row)?.parse(texts.value(row))?;
                i32::try_from(moment.day()).map_err(|_| overflow())
            })?;
            Ok(dates(days, None))
        })],
    },
    Scalar {
        names: &["to_timestamp"],
        description: "Converts a string to a TIMESTAMP data type",
        overloads: &[Overload::new("(varchar, varchar) -> timestamp(3)", |call| {
            let (texts, masks) = (call.text(0)?, Understood::of(call, 1, mask)?);
            let moments = call.each(|row| Ok(masks.at(row)?.parse(texts.value(row))?.0))?;
            Ok(timestamps(3, &moments, None))
        })],
    },
];

/// All two-digit years are of this century.
const PIVOT: i64 = 2050;

fn mask(text: &str) -> OurResult<Mask> {
    // Longer ones first.
    const WORDS: [(&str, Field, u8); 8] = [
        ("yyyy", Field::Year, 4),
        ("hh24", Field::Hour, 2),
        ("dd", Field::DayOfMonth, 2),
        ("hh", Field::ClockHourOfHalfday, 2),
        ("mi", Field::Minute, 2),
        ("mm", Field::Month, 2),
        ("ss", Field::Second, 2),
        ("yy", Field::Year, 2),
    ];
    let mut parts = Vec::new();
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        if let Some((word, field, digits)) = WORDS.iter().find(|(word, ..)| rest.starts_with(word)) {
            parts.push(match *word {
                "yy" => Part::TwoDigitYear { of_week: false, pivot: PIVOT, lenient: false },
                _ => Part::Number(*field, *digits, *digits),
            });
            rest = &rest[word.len()..];
        } else if " -/,.;:".contains(first) {
            parts.push(Part::Literal(first.to_string()));
            rest = &rest[1..];
        } else {
            return Err(invalid(format!("failed to tokenize string [{text}] at offset [{}]", text.len() - rest.len())));
        }
    }
    Ok(Mask(parts))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::types::Zone;
    use crate::types::temporal::print;

    #[test]
    fn masks() {
        for (text, format, expected) in [
            ("1988/04/08", "yyyy/mm/dd", Some("1988-04-08 00:00:00")),
            ("1988/04/08 2", "yyyy/mm/dd hh", Some("1988-04-08 02:00:00")),
            ("1988/04/08 14:15:16", "yyyy/mm/dd hh24:mi:ss", Some("1988-04-08 14:15:16")),
            ("88/04/08", "yy/mm/dd", Some("2088-04-08 00:00:00")),
            ("88", "yyx", None),
        ] {
            let moment = mask(format).and_then(|mask| mask.parse(text)).ok().map(|(moment, _)| moment);
            let printed = moment.map(|moment| {
                let mut out = String::new();
                print::timestamp(moment, 0, &mut out);
                out
            });
            assert_eq!(printed.as_deref(), expected, "{text}");
        }
        let mut out = String::new();
        mask("yyyy-mm-dd hh:mi").unwrap().print(crate::types::temporal::Moment::default(), Zone::UTC, &mut out);
        assert_eq!(out, "1970-01-01 12:00");
    }
}
