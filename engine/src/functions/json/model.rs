//! A JSON value as it was read, and its canonical text: no blanks, members in the order of their names, the last of equal names,
//! numbers as Java prints them.

use std::borrow::Cow;

use jiter::{Jiter, JiterError, JiterErrorType, JsonErrorType, Peek};

use crate::text::double;

/// Values nested deeper are refused, so that none can exhaust the stack.
const MAX_DEPTH: usize = 500;

#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Json<'a> {
    Null,
    Bool(bool),
    /// As it was written.
    Number(Cow<'a, str>),
    Text(String),
    Array(Vec<Json<'a>>),
    /// In the order of the text.
    Object(Vec<(String, Json<'a>)>),
}

impl<'a> Json<'a> {
    /// The value that the whole text is; `None` where it is none.
    pub(crate) fn parse(text: &'a str) -> Option<Self> {
        let mut jiter = Jiter::new(text.as_bytes());
        let peek = jiter.peek().ok()?;
        let value = read(&mut jiter, peek, 0).ok()?;
        jiter.finish().ok()?;
        Some(value)
    }

    /// The same, of its own text.
    pub(crate) fn into_owned(self) -> Json<'static> {
        match self {
            Self::Null => Json::Null,
            Self::Bool(value) => Json::Bool(value),
            Self::Number(number) => Json::Number(Cow::Owned(number.into_owned())),
            Self::Text(text) => Json::Text(text),
            Self::Array(items) => Json::Array(items.into_iter().map(Json::into_owned).collect()),
            Self::Object(members) => Json::Object(members.into_iter().map(|(name, value)| (name, value.into_owned())).collect()),
        }
    }

    /// Whether a number is written without a fraction and an exponent.
    pub(crate) fn is_integer(number: &str) -> bool {
        !number.contains(['.', 'e', 'E'])
    }

    /// Appends the canonical text.
    pub(crate) fn write(&self, out: &mut String) {
        self.put(true, out);
    }

    /// Appends the text without blanks, members where they stood.
    pub(crate) fn write_in_order(&self, out: &mut String) {
        self.put(false, out);
    }

    fn put(&self, sorted: bool, out: &mut String) {
        match self {
            Self::Null => out.push_str("null"),
            Self::Bool(value) => out.push_str(if *value { "true" } else { "false" }),
            Self::Number(number) => write_number(number, out),
            Self::Text(text) => write_text(text, out),
            Self::Array(items) => {
                out.push('[');
                for (at, item) in items.iter().enumerate() {
                    if at > 0 {
                        out.push(',');
                    }
                    item.put(sorted, out);
                }
                out.push(']');
            }
            Self::Object(members) => {
                out.push('{');
                for (at, member) in order(members, sorted).into_iter().enumerate() {
                    if at > 0 {
                        out.push(',');
                    }
                    write_text(&members[member].0, out);
                    out.push(':');
                    members[member].1.put(sorted, out);
                }
                out.push('}');
            }
        }
    }
}

/// Which members to write, of equal names the last: as they stand, or by name.
fn order(members: &[(String, Json<'_>)], sorted: bool) -> Vec<usize> {
    let mut order: Vec<usize> = (0..members.len()).collect();
    // Java's order of strings is that of UTF-16. The sort is stable: the last of equal names is the last of the text.
    order.sort_by(|a, b| members[*a].0.encode_utf16().cmp(members[*b].0.encode_utf16()));
    order.reverse();
    order.dedup_by(|a, b| members[*a].0 == members[*b].0);
    if sorted {
        order.reverse();
    } else {
        order.sort_unstable();
    }
    order
}

/// The value that begins with `peek`, `depth` others around it.
pub(super) fn read<'a>(jiter: &mut Jiter<'a>, peek: Peek, depth: usize) -> Result<Json<'a>, JiterError> {
    if depth > MAX_DEPTH {
        let error_type = JiterErrorType::JsonError(JsonErrorType::RecursionLimitExceeded);
        return Err(JiterError { error_type, index: jiter.current_index() });
    }
    Ok(match peek {
        Peek::Null => {
            jiter.known_null()?;
            Json::Null
        }
        Peek::True | Peek::False => Json::Bool(jiter.known_bool(peek)?),
        Peek::String => Json::Text(jiter.known_str()?.to_string()),
        Peek::Array => {
            let mut items = Vec::new();
            let mut next = jiter.known_array()?;
            while let Some(peek) = next {
                items.push(read(jiter, peek, depth + 1)?);
                next = jiter.array_step()?;
            }
            Json::Array(items)
        }
        Peek::Object => {
            let mut members = Vec::new();
            let mut next = jiter.known_object()?.map(str::to_string);
            while let Some(name) = next {
                let peek = jiter.peek()?;
                members.push((name, read(jiter, peek, depth + 1)?));
                next = jiter.next_key()?.map(str::to_string);
            }
            Json::Object(members)
        }
        number => {
            let start = jiter.current_index();
            jiter.known_skip(number)?;
            Json::Number(String::from_utf8_lossy(jiter.slice_to_current(start)))
        }
    })
}

/// A number as Java prints what it has read: integers as they stand, others as doubles, and as they stand where no double is the
/// same number.
pub(crate) fn write_number(number: &str, out: &mut String) {
    match number.parse::<f64>() {
        Ok(value) if !Json::is_integer(number) && is_double(number, value) => write_double(value, out),
        _ if number == "-0" => out.push('0'),
        _ => out.push_str(number),
    }
}

/// Whether the shortest digits of `value` are the digits of the number that it was read from.
fn is_double(number: &str, value: f64) -> bool {
    let same = || {
        let of = |text: &str| {
            let (negative, digits, exponent) = crate::cast::decimal::digits(text)?;
            let kept = digits.trim_end_matches('0');
            let exponent = exponent + (digits.len() - kept.len()) as i64;
            let kept = kept.trim_start_matches('0');
            Some((negative, kept.to_string(), if kept.is_empty() { 0 } else { exponent }))
        };
        of(number) == of(&format!("{value:e}"))
    };
    // Fifteen digits come back from every double that is not too small.
    let few = number.bytes().filter(u8::is_ascii_digit).count() <= 15;
    value.is_finite() && (few && value.is_normal() || same())
}

/// A double, in quotes where JSON has no number for it.
pub(crate) fn write_double(value: f64, out: &mut String) {
    if value.is_finite() {
        return double(value, out);
    }
    out.push('"');
    double(value, out);
    out.push('"');
}

/// A string in quotes, with the escapes that JSON needs and no others.
pub(crate) fn write_text(text: &str, out: &mut String) {
    out.push('"');
    let mut rest = 0;
    for (at, byte) in text.bytes().enumerate().filter(|(_, byte)| matches!(byte, b'"' | b'\\' | 0..0x20)) {
        out.push_str(&text[rest..at]);
        rest = at + 1;
        match byte {
            b'"' => out.push_str("\\\""),
            b'\\' => out.push_str("\\\\"),
            b'\n' => out.push_str("\\n"),
            b'\r' => out.push_str("\\r"),
            b'\t' => out.push_str("\\t"),
            0x08 => out.push_str("\\b"),
            0x0c => out.push_str("\\f"),
            control => out.push_str(&format!("\\u{control:04X}")),
        }
    }
    out.push_str(&text[rest..]);
    out.push('"');
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn canonical_texts() {
        for (text, expected) in [
            ("null", Some("null")),
            (r#" { "b" : 1, "a" : [true , false, null] } "#, Some(r#"{"a":[true,false,null],"b":1}"#)),
            (r#"{"a":1,"b":2,"a":3}"#, Some(r#"{"a":3,"b":2}"#)),
            ("[1.0, 1e2, -0, 12345678901234567890123, 0.00001]", Some("[1.0,100.0,0,12345678901234567890123,1.0E-5]")),
            (r#""\u0041\n\u001f\/é""#, Some(r#""A\n\u001F/é""#)),
            ("[1e400, 1e-400, 0e9]", Some("[1e400,1e-400,0.0]")),
            ("[1.00, 0.1234567890123456789]", Some("[1.0,0.1234567890123456789]")),
            ("", None),
            ("[1,]", None),
            ("{} x", None),
            ("{a: 1}", None),
            ("NaN", None),
            ("01", None),
        ] {
            let written = Json::parse(text).map(|value| {
                let mut out = String::new();
                value.write(&mut out);
                out
            });
            assert_eq!(written.as_deref(), expected, "{text}");
        }
        assert_eq!(Json::parse(&"[".repeat(100_000)), None);
    }
}
