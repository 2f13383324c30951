//! Types in Trino's notation. In the syntax tree a type is one of the library's own where that says all of it, and else a
//! `Custom` whose name is the type's whole text, `timestamp(3) with time zone`; [`type_text`] gives the text of either.

use std::fmt::Write as _;

use catalog::Result;
use sqlparser::ast::{CharacterLength, DataType, ExactNumberInfo, Ident, ObjectName, TimezoneInfo};

use super::{literal, name};
use crate::cursor::Cursor;
use crate::token::Kind;

/// The Trino text of a type of the syntax tree, in lower case but for quoted names of fields: `row(a bigint, "B" varchar)`.
pub fn type_text(data_type: &DataType) -> String {
    match data_type {
        DataType::Custom(name, _) => match name.0.as_slice() {
            [one] => one.as_ident().map_or_else(|| one.to_string(), |ident| ident.value.clone()),
            _ => name.to_string(),
        },
        DataType::Varchar(Some(CharacterLength::IntegerLength { length, .. })) => format!("varchar({length})"),
        other => other.to_string().to_ascii_lowercase(),
    }
}

/// Reads a type.
pub(super) fn data_type(cursor: &mut Cursor<'_>) -> Result<DataType> {
    let mut text = String::new();
    nested(cursor, &mut text)?;
    Ok(of_text(text))
}

/// The library's type for a text, where it has one that the text can be recovered from.
pub(super) fn of_text(text: String) -> DataType {
    match text.as_str() {
        "boolean" => DataType::Boolean,
        "tinyint" => DataType::TinyInt(None),
        "smallint" => DataType::SmallInt(None),
        "integer" => DataType::Integer(None),
        "bigint" => DataType::BigInt(None),
        "real" => DataType::Real,
        "double" => DataType::Double(ExactNumberInfo::None),
        "varchar" => DataType::Varchar(None),
        "date" => DataType::Date,
        "timestamp" => DataType::Timestamp(None, TimezoneInfo::None),
        "time" => DataType::Time(None, TimezoneInfo::None),
        _ => numbered(&text).unwrap_or_else(|| custom(text)),
    }
}

/// `decimal(p,s)`, `varchar(n)`, `char(n)` and `timestamp(p)`.
fn numbered(text: &str) -> Option<DataType> {
    let (word, numbers) = text.strip_suffix(')')?.split_once('(')?;
    let length = |text: &str| Some(CharacterLength::IntegerLength { length: text.parse().ok()?, unit: None });
    match (word, numbers.split_once(',')) {
        ("decimal", Some((precision, scale))) => {
            let exact = ExactNumberInfo::PrecisionAndScale(precision.parse().ok()?, scale.parse().ok()?);
            Some(DataType::Decimal(exact))
        }
        ("varchar", None) => Some(DataType::Varchar(Some(length(numbers)?))),
        ("char", None) => Some(DataType::Char(Some(length(numbers)?))),
        ("timestamp", None) => Some(DataType::Timestamp(Some(numbers.parse().ok()?), TimezoneInfo::None)),
        _ => None,
    }
}

fn custom(text: String) -> DataType {
    DataType::Custom(ObjectName::from(vec![Ident::new(text)]), Vec::new())
}

fn nested(cursor: &mut Cursor<'_>, text: &mut String) -> Result<()> {
    cursor.nested(|cursor| {
        let start = text.len();
        one(cursor, text)?;
        // `bigint ARRAY` and `bigint ARRAY[3]` are old ways to say array(bigint).
        while cursor.accept("ARRAY") {
            if cursor.accept_symbol("[") {
                literal::whole(cursor)?;
                cursor.expect_symbol("]")?;
            }
            text.insert_str(start, "array(");
            text.push(')');
        }
        Ok(())
    })
}

fn one(cursor: &mut Cursor<'_>, text: &mut String) -> Result<()> {
    let angle = cursor.ahead(1).is_some_and(|token| token.is_symbol("<"));
    let bracket = cursor.ahead(1).is_some_and(|token| token.is_symbol("("));
    if cursor.sees("ROW") && bracket {
        row(cursor, text)
    } else if cursor.sees("INTERVAL") {
        interval(cursor, text)
    } else if cursor.sees("TIMESTAMP") || cursor.sees("TIME") {
        time(cursor, text)
    } else if (cursor.sees("ARRAY") || cursor.sees("MAP")) && angle {
        let word = cursor.word().unwrap_or_default().to_ascii_lowercase();
        cursor.advance();
        parameters(cursor, text, &word, ("<", ">"))
    } else {
        generic(cursor, text)
    }
}

/// `name [(number or type, …)]`
fn generic(cursor: &mut Cursor<'_>, text: &mut String) -> Result<()> {
    if cursor.sees("DOUBLE PRECISION") {
        cursor.advance();
        cursor.advance();
        text.push_str("double");
        return Ok(());
    }
    let Some(token) = cursor.peek().filter(|token| name::is_name(*token)) else {
        return Err(cursor.mismatch_with("<type>"));
    };
    cursor.advance();
    let word = token.text.trim_matches('"').to_ascii_lowercase();
    let word = match word.as_str() {
        "int" => "integer".to_string(),
        "dec" | "numeric" => "decimal".to_string(),
        _ => word,
    };
    if cursor.is_symbol("(") {
        return parameters(cursor, text, &word, ("(", ")"));
    }
    text.push_str(&word);
    Ok(())
}

fn parameters(cursor: &mut Cursor<'_>, text: &mut String, word: &str, marks: (&'static str, &'static str)) -> Result<()> {
    cursor.expect_symbol(marks.0)?;
    let _ = write!(text, "{word}(");
    loop {
        match cursor.peek().filter(|token| token.kind == Kind::Number) {
            Some(_) => {
                let _ = write!(text, "{}", literal::whole(cursor)?);
            }
            None => nested(cursor, text)?,
        }
        if !cursor.accept_symbol(",") {
            break;
        }
        text.push_str(if word == "decimal" { "," } else { ", " });
    }
    cursor.expect_symbol(marks.1)?;
    text.push(')');
    Ok(())
}

/// `ROW(type or name type, …)`
fn row(cursor: &mut Cursor<'_>, text: &mut String) -> Result<()> {
    cursor.advance();
    cursor.expect_symbol("(")?;
    text.push_str("row(");
    loop {
        if names_a_field(cursor) {
            let ident = name::identifier(cursor)?;
            let plain = ident.value.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_');
            if ident.quote_style.is_some() && !(plain && ident.value.starts_with(|c: char| !c.is_ascii_digit())) {
                let _ = write!(text, "\"{}\" ", ident.value.replace('"', "\"\""));
            } else {
                let _ = write!(text, "{} ", catalog::name::fold(&ident.value));
            }
        }
        nested(cursor, text)?;
        if !cursor.accept_symbol(",") {
            break;
        }
        text.push_str(", ");
    }
    cursor.expect_symbol(")")?;
    text.push(')');
    Ok(())
}

/// Whether a name of a field stands here before its type: two names in a row that are not a type of two words.
fn names_a_field(cursor: &Cursor<'_>) -> bool {
    let is_name = |places| cursor.ahead(places).is_some_and(name::is_name);
    let two_words =
        cursor.sees("DOUBLE PRECISION") && cursor.ahead(2).is_some_and(|token| token.is_symbol(",") || token.is_symbol(")"));
    let year_to = cursor.sees("INTERVAL")
        && ["YEAR", "MONTH", "DAY", "HOUR", "MINUTE", "SECOND"]
            .iter()
            .any(|word| cursor.ahead(1).is_some_and(|token| token.is(word)));
    let array = cursor.ahead(1).is_some_and(|token| token.is("ARRAY"))
        && cursor.ahead(2).is_some_and(|token| ["[", ",", ")"].iter().any(|symbol| token.is_symbol(symbol)));
    is_name(0) && is_name(1) && !two_words && !year_to && !array
}

/// `INTERVAL YEAR [TO MONTH]` and `INTERVAL DAY [TO SECOND]`; the fields between are of the second kind.
fn interval(cursor: &mut Cursor<'_>, text: &mut String) -> Result<()> {
    cursor.advance();
    let years = ["YEAR", "MONTH"];
    let days = ["DAY", "HOUR", "MINUTE", "SECOND"];
    let is_years = years.into_iter().any(|word| cursor.accept(word));
    if !is_years && !days.into_iter().any(|word| cursor.accept(word)) {
        return Err(cursor.mismatch());
    }
    if cursor.accept("TO") {
        let ends = if is_years { &years[..] } else { &days[..] };
        if !ends.iter().any(|word| cursor.accept(word)) {
            return Err(cursor.mismatch());
        }
    }
    text.push_str(if is_years { "interval year to month" } else { "interval day to second" });
    Ok(())
}

/// `TIME` or `TIMESTAMP`, `[(precision)] [WITH TIME ZONE | WITHOUT TIME ZONE]`
fn time(cursor: &mut Cursor<'_>, text: &mut String) -> Result<()> {
    text.push_str(if cursor.sees("TIME") { "time" } else { "timestamp" });
    cursor.advance();
    if cursor.accept_symbol("(") {
        let _ = write!(text, "({})", literal::whole(cursor)?);
        cursor.expect_symbol(")")?;
    }
    // WITH may also begin what follows a type, as the properties of a column.
    if cursor.sees("WITH TIME") && cursor.accept("WITH TIME ZONE") {
        text.push_str(" with time zone");
    } else if cursor.sees("WITHOUT TIME") {
        cursor.expect("WITHOUT TIME ZONE")?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::Source;
    use crate::token::Grammar;

    fn parse(text: &str) -> Result<DataType> {
        let mut cursor = Cursor::new(Source::new(text), Grammar::Trino);
        let parsed = data_type(&mut cursor)?;
        cursor.end()?;
        Ok(parsed)
    }

    #[test]
    fn types_in_their_normal_form() {
        for (text, expected) in [
            ("INT", "integer"),
            ("Double Precision", "double"),
            ("varchar(3)", "varchar(3)"),
            ("DECIMAL(10,2)", "decimal(10,2)"),
            ("array(array(BIGINT))", "array(array(bigint))"),
            ("ARRAY<map<varchar, int>>", "array(map(varchar, integer))"),
            ("bigint array[3] ARRAY", "array(array(bigint))"),
            ("ROW(A bigint, \"B c\" varchar, \"d\" date)", "row(a bigint, \"B c\" varchar, d date)"),
            ("row(bigint, double precision, interval year to month)", "row(bigint, double, interval year to month)"),
            ("row(interval interval day to second, x double precision)", "row(interval interval day to second, x double)"),
            ("row(x array(row(y time(3))))", "row(x array(row(y time(3))))"),
            ("timestamp (6) WITH TIME ZONE", "timestamp(6) with time zone"),
            ("TIME WITHOUT TIME ZONE", "time"),
            ("interval hour", "interval day to second"),
            ("HyperLogLog", "hyperloglog"),
            ("json", "json"),
        ] {
            let parsed = parse(text).unwrap_or_else(|error| panic!("{text}: {error}"));
            assert_eq!(type_text(&parsed), expected, "{text}");
        }
        for wrong in
            ["", "row()", "array(", "timestamp(3) with time", "interval", "decimal(,)", "interval year to day", "map(a,)"]
        {
            assert!(parse(wrong).is_err(), "{wrong}");
        }
    }
}
