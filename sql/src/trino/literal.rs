//! Literals: numbers in all bases, strings with Unicode escapes, bytes, intervals, and strings with a type before them.

use catalog::{ErrorKind, Result};
use sqlparser::ast::{DateTimeField, Expr, Interval, TypedString, UnaryOperator, Value, ValueWithSpan};

use super::{data_type, name};
use crate::cursor::Cursor;
use crate::hive::unquote;
use crate::token::{Kind, Token};

/// Whether the token is a number, and not a name that begins with a digit.
pub(super) fn is_number(text: &str) -> bool {
    if let Some((digits, radix)) = prefixed(text) {
        return grouped(digits, |c| c.is_digit(radix));
    }
    let (mantissa, exponent) = match text.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, Some(exponent.trim_start_matches(['+', '-']))),
        None => (text, None),
    };
    let digits = |text: &str| text.is_empty() || grouped(text, |c| c.is_ascii_digit());
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    digits(whole)
        && digits(fraction)
        && (!whole.is_empty() || !fraction.is_empty())
        && exponent.is_none_or(|digits| !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit()))
}

/// Digits with single underscores between them.
fn grouped(text: &str, is_digit: impl Fn(char) -> bool) -> bool {
    text.split('_').all(|group| !group.is_empty() && group.chars().all(&is_digit))
}

/// The digits and the base of `0x1f`, `0o17` and `0b101`, which may have an underscore after the prefix.
fn prefixed(text: &str) -> Option<(&str, u32)> {
    let rest = text.strip_prefix('0')?;
    let radix = match rest.chars().next()? {
        'x' | 'X' => 16,
        'o' | 'O' => 8,
        'b' | 'B' => 2,
        _ => return None,
    };
    let digits = &rest[1..];
    Some((digits.strip_prefix('_').unwrap_or(digits), radix))
}

/// A number, which is a negative one after a minus sign. Whole numbers are within 64 bits, written in base ten.
pub(super) fn number(cursor: &mut Cursor<'_>, negative: bool) -> Result<Expr> {
    let Some(token) = cursor.peek().filter(|token| token.kind == Kind::Number) else {
        return Err(cursor.mismatch_with("<number>"));
    };
    let place = cursor.place();
    let text = token.text.replace('_', "");
    let whole = match prefixed(&text) {
        Some((digits, radix)) => Some(u64::from_str_radix(digits, radix)),
        None if text.contains(['.', 'e', 'E']) => None,
        None => Some(text.parse::<u64>()),
    };
    let most = i64::MAX.unsigned_abs() + u64::from(negative);
    let value = match whole {
        None => text,
        Some(Ok(number)) if number <= most => number.to_string(),
        Some(_) => {
            let sign = if negative { "-" } else { "" };
            let start = if negative { cursor.previous() } else { cursor.mark() };
            let error = cursor.error(ErrorKind::Syntax, format!("Invalid numeric literal: {sign}{}", token.text));
            return Err(error.at(cursor.place_at(start)));
        }
    };
    cursor.advance();
    let number = Expr::Value(ValueWithSpan { value: Value::Number(value, false), span: name::span(place, token.text) });
    Ok(if negative { Expr::UnaryOp { op: UnaryOperator::Minus, expr: Box::new(number) } } else { number })
}

/// `'…'` or `U&'…' [UESCAPE 'c']`, where there is one.
pub(super) fn accept_string(cursor: &mut Cursor<'_>) -> Result<Option<ValueWithSpan>> {
    let place = cursor.place();
    let Some(token) = cursor.peek() else {
        cursor.offer("<string>");
        return Ok(None);
    };
    let (value, text) = if token.kind == Kind::String {
        cursor.advance();
        (unquote(token.text), token.text)
    } else if let Some(quoted) = unicode_string(cursor) {
        let start = cursor.mark();
        cursor.advance();
        cursor.advance();
        cursor.advance();
        let escape = if cursor.accept("UESCAPE") { escape_character(cursor)? } else { '\\' };
        let decoded = unescape(&unquote(quoted.text), escape);
        let decoded = decoded.map_err(|message| cursor.error(ErrorKind::Syntax, message).at(cursor.place_at(start)))?;
        (decoded, quoted.text)
    } else {
        cursor.offer("<string>");
        return Ok(None);
    };
    Ok(Some(ValueWithSpan { value: Value::SingleQuotedString(value), span: name::span(place, text) }))
}

pub(super) fn string(cursor: &mut Cursor<'_>) -> Result<ValueWithSpan> {
    accept_string(cursor)?.ok_or_else(|| cursor.mismatch())
}

/// The string of `U&'…'` if that is next; nothing stands between its parts.
fn unicode_string<'a>(cursor: &Cursor<'a>) -> Option<Token<'a>> {
    let word = cursor.peek().filter(|token| token.is("U"))?;
    let and = cursor.ahead(1).filter(|token| token.is_symbol("&") && token.offset == word.end())?;
    cursor.ahead(2).filter(|token| token.kind == Kind::String && token.offset == and.end())
}

fn escape_character(cursor: &mut Cursor<'_>) -> Result<char> {
    let start = cursor.mark();
    let text = string(cursor)?.value.into_string().unwrap_or_default();
    let mut characters = text.chars();
    match (characters.next(), characters.next()) {
        (Some(c), None) if !(c.is_ascii_hexdigit() || c.is_whitespace() || matches!(c, '+' | '\'' | '"')) => Ok(c),
        _ => Err(cursor.error(ErrorKind::Syntax, "Invalid Unicode escape character").at(cursor.place_at(start))),
    }
}

/// Replaces `\XXXX` and `\+XXXXXX`; a doubled escape stands for itself.
fn unescape(text: &str, escape: char) -> std::result::Result<String, String> {
    let mut decoded = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find(escape) {
        decoded.push_str(&rest[..at]);
        rest = &rest[at + escape.len_utf8()..];
        if let Some(after) = rest.strip_prefix(escape) {
            decoded.push(escape);
            rest = after;
            continue;
        }
        let (digits, length) = rest.strip_prefix('+').map_or((rest, 4), |digits| (digits, 6));
        let code = digits.get(..length).filter(|code| code.bytes().all(|b| b.is_ascii_hexdigit()));
        let code = code.ok_or("Incomplete escape sequence: a Unicode escape has four hexadecimal digits, or six after a plus")?;
        let character = u32::from_str_radix(code, 16).ok().and_then(char::from_u32);
        decoded.push(character.ok_or_else(|| format!("Invalid escaped character: {code}"))?);
        rest = &digits[length..];
    }
    decoded.push_str(rest);
    Ok(decoded)
}

/// `X'…'`, where there is one: pairs of hexadecimal digits, blanks between them ignored.
pub(super) fn accept_binary(cursor: &mut Cursor<'_>) -> Result<Option<Expr>> {
    let word = cursor.peek().filter(|token| token.is("X"));
    let quoted = cursor.ahead(1).filter(|token| token.kind == Kind::String);
    let (Some(word), Some(quoted)) = (word, quoted) else { return Ok(None) };
    if quoted.offset != word.end() {
        return Ok(None);
    }
    let digits: String = unquote(quoted.text).chars().filter(|c| !c.is_whitespace()).collect();
    if !digits.bytes().all(|b| b.is_ascii_hexdigit()) {
        return Err(cursor.error(ErrorKind::Syntax, "Binary literal can only contain hexadecimal digits"));
    }
    if digits.len() % 2 == 1 {
        return Err(cursor.error(ErrorKind::Syntax, "Binary literal must contain an even number of digits"));
    }
    let span = name::span(cursor.place(), "X");
    cursor.advance();
    cursor.advance();
    Ok(Some(Expr::Value(ValueWithSpan { value: Value::HexStringLiteral(digits.to_ascii_uppercase()), span })))
}

/// `type '…'`, where there is one, as `DATE '2024-01-01'` or `DOUBLE PRECISION '1'`.
pub(super) fn accept_typed(cursor: &mut Cursor<'_>) -> Result<Option<Expr>> {
    let Some(word) = cursor.peek().filter(|token| name::is_name(*token)) else { return Ok(None) };
    let double = cursor.sees("DOUBLE PRECISION");
    if cursor.ahead(1 + usize::from(double)).is_none_or(|token| token.kind != Kind::String) {
        return Ok(None);
    }
    if word.is("X") {
        return Err(cursor.error(ErrorKind::Syntax, "Unknown type: X"));
    }
    // The literal is where its type is.
    let span = name::span(cursor.place(), word.text);
    let data_type = data_type::data_type(cursor)?;
    let value = ValueWithSpan { span, ..string(cursor)? };
    Ok(Some(Expr::TypedString(TypedString { data_type, value, uses_odbc_syntax: false })))
}

/// `INTERVAL [+|-] '…' field [(precision)] [TO field [(precision)]]`, where there is one.
pub(super) fn accept_interval(cursor: &mut Cursor<'_>) -> Result<Option<Expr>> {
    let signed = cursor.ahead(1).is_some_and(|token| token.is_symbol("-") || token.is_symbol("+"));
    let text = cursor.ahead(1 + usize::from(signed)).is_some_and(|token| token.kind == Kind::String);
    if !cursor.sees("INTERVAL") || !text {
        return Ok(None);
    }
    cursor.advance();
    let negative = cursor.accept_symbol("-");
    if !negative {
        cursor.accept_symbol("+");
    }
    let value = Box::new(Expr::Value(string(cursor)?));
    let (leading_field, leading_precision) = field(cursor)?;
    let (mut last_field, mut fractional_seconds_precision) = (None, None);
    if cursor.accept("TO") {
        let (last, precision) = field(cursor)?;
        (last_field, fractional_seconds_precision) = (Some(last), precision);
    }
    let leading_field = Some(leading_field);
    let interval = Expr::Interval(Interval { value, leading_field, leading_precision, last_field, fractional_seconds_precision });
    Ok(Some(if negative { Expr::UnaryOp { op: UnaryOperator::Minus, expr: Box::new(interval) } } else { interval }))
}

fn field(cursor: &mut Cursor<'_>) -> Result<(DateTimeField, Option<u64>)> {
    let fields = [
        ("YEAR", DateTimeField::Year),
        ("MONTH", DateTimeField::Month),
        ("DAY", DateTimeField::Day),
        ("HOUR", DateTimeField::Hour),
        ("MINUTE", DateTimeField::Minute),
        ("SECOND", DateTimeField::Second),
    ];
    let Some((_, field)) = fields.into_iter().find(|(word, _)| cursor.accept(word)) else { return Err(cursor.mismatch()) };
    if !cursor.accept_symbol("(") {
        return Ok((field, None));
    }
    let precision = whole(cursor)?;
    cursor.expect_symbol(")")?;
    Ok((field, Some(precision)))
}

/// A whole number without a sign.
pub(super) fn whole(cursor: &mut Cursor<'_>) -> Result<u64> {
    let number = cursor.peek().filter(|token| token.kind == Kind::Number).and_then(|token| token.text.parse().ok());
    match number {
        Some(number) => {
            cursor.advance();
            Ok(number)
        }
        None => Err(cursor.mismatch_with("<integer>")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_and_names_that_begin_with_digits() {
        for number in ["1", "1_000", "1.", ".5", "1.5", "1e5", "1.E-7", "1E+5", "0x1F", "0X_ff", "0b10", "0o17", "1_0.0_1"] {
            assert!(is_number(number), "{number}");
        }
        for name in ["1x", "1_", "1__0", "0xg", "1e", "1.5.3", "1e5e5", "0b2"] {
            assert!(!is_number(name), "{name}");
        }
    }

    #[test]
    fn unicode_escapes() {
        assert_eq!(unescape(r"a\6d4B\\\+10FFFF", '\\').unwrap(), "a\u{6d4b}\\\u{10ffff}");
        assert_eq!(unescape("a##b#8Bd5", '#').unwrap(), "a#b\u{8bd5}");
        for wrong in [r"\6dB", r"\K6B1", r"\+FFFFFD\8Bd", r"\DBFF", r"\+00DBFF", r"a\"] {
            assert!(unescape(wrong, '\\').is_err(), "{wrong}");
        }
    }
}
