//! Column types, printed in the normal form that Glue keeps: lower case, no blanks, `decimal(10,2)`, `struct<a:int>`.

use std::fmt::Write as _;

use catalog::{ErrorKind, Result};

use crate::cursor::Cursor;

/// Types nested deeper than this are refused, as in [`catalog::hive_type`].
const DEPTH: usize = 64;

/// Reads a type and returns its normal form.
pub(super) fn data_type(cursor: &mut Cursor<'_>) -> Result<String> {
    let mut text = String::new();
    nested(cursor, &mut text, 0)?;
    Ok(text)
}

fn nested(cursor: &mut Cursor<'_>, text: &mut String, depth: usize) -> Result<()> {
    if depth > DEPTH {
        return Err(cursor.error(ErrorKind::InvalidInput, format!("a type is nested deeper than {DEPTH} levels")));
    }
    let word = cursor.word().map(str::to_ascii_lowercase).unwrap_or_default();
    let plain = match word.as_str() {
        "boolean" | "tinyint" | "smallint" | "bigint" | "float" | "string" | "binary" | "date" | "timestamp" | "int" => &word,
        "integer" => "int",
        "double" => "double",
        "array" | "map" | "struct" => return brackets(cursor, &word, text, depth),
        "decimal" | "numeric" | "dec" => return decimal(cursor, text),
        "varchar" | "char" => return length(cursor, &word, text),
        "uniontype" | "interval" | "void" => return other(cursor, &word, depth),
        _ => return Err(cursor.mismatch_with("<type>")),
    };
    cursor.advance();
    if word == "double" {
        cursor.accept("PRECISION");
    }
    text.push_str(plain);
    Ok(())
}

/// A type of Hive's that Athena does not have: `void`, `interval`, or `uniontype<a, b>`.
fn other(cursor: &mut Cursor<'_>, word: &str, depth: usize) -> Result<()> {
    cursor.refuse(&format!("the type {word}"), cursor.mark());
    cursor.advance();
    if word == "uniontype" {
        cursor.expect_symbol("<")?;
        nested(cursor, &mut String::new(), depth + 1)?;
        while cursor.accept_symbol(",") {
            nested(cursor, &mut String::new(), depth + 1)?;
        }
        cursor.expect_symbol(">")?;
    }
    Ok(())
}

fn brackets(cursor: &mut Cursor<'_>, word: &str, text: &mut String, depth: usize) -> Result<()> {
    cursor.advance();
    cursor.expect_symbol("<")?;
    let _ = write!(text, "{word}<");
    match word {
        "array" => nested(cursor, text, depth + 1)?,
        "map" => {
            nested(cursor, text, depth + 1)?;
            cursor.expect_symbol(",")?;
            text.push(',');
            nested(cursor, text, depth + 1)?;
        }
        _ => members(cursor, text, depth)?,
    }
    cursor.expect_symbol(">")?;
    text.push('>');
    Ok(())
}

/// `a:int, b:string`; a name with a mark of the type's own syntax in it keeps its back quotes.
fn members(cursor: &mut Cursor<'_>, text: &mut String, depth: usize) -> Result<()> {
    loop {
        let name = cursor.name()?;
        cursor.expect_symbol(":")?;
        if name.contains([':', ',', '<', '>', '`', ' ']) {
            let _ = write!(text, "`{}`:", name.replace('`', "``"));
        } else {
            let _ = write!(text, "{name}:");
        }
        nested(cursor, text, depth + 1)?;
        if cursor.accept_refused("COMMENT", "COMMENT on a member of a struct") {
            cursor.string()?;
        }
        if !cursor.accept_symbol(",") {
            return Ok(());
        }
        text.push(',');
    }
}

/// `decimal[(precision[, scale])]`; Hive's defaults are 10 and 0, its limits 38 and the precision.
fn decimal(cursor: &mut Cursor<'_>, text: &mut String) -> Result<()> {
    cursor.advance();
    let (mut precision, mut scale) = (10, 0);
    if cursor.accept_symbol("(") {
        precision = number(cursor, 1, 38)?;
        if cursor.accept_symbol(",") {
            scale = number(cursor, 0, precision)?;
        }
        cursor.expect_symbol(")")?;
    }
    let _ = write!(text, "decimal({precision},{scale})");
    Ok(())
}

/// `varchar(n)` up to 65535, `char(n)` up to 255.
fn length(cursor: &mut Cursor<'_>, word: &str, text: &mut String) -> Result<()> {
    cursor.advance();
    cursor.expect_symbol("(")?;
    let length = number(cursor, 1, if word == "char" { 255 } else { 65535 })?;
    cursor.expect_symbol(")")?;
    let _ = write!(text, "{word}({length})");
    Ok(())
}

fn number(cursor: &mut Cursor<'_>, least: u32, most: u32) -> Result<u32> {
    let start = cursor.offset();
    match cursor.accept_number().map(|number| number.parse::<u32>()) {
        Some(Ok(number)) if (least..=most).contains(&number) => Ok(number),
        Some(_) => Err(cursor.error_at(start, ErrorKind::InvalidInput, format!("expected a number from {least} to {most}"))),
        None => Err(cursor.mismatch()),
    }
}
