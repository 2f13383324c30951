//! The shape of one JSON value as a string of bytes, written while it is parsed and compared without being decoded: of a
//! lake's million records all but a few have a signature that was seen before, and cost no allocation.
//!
//! A scalar is one byte. An array is `[`, its elements, `]`; equal neighbours are written once, and scalar neighbours are
//! joined. An object is `{`, for each member `"`, the key's length in four bytes, the key, the value, and then `}`.

use jiter::{Jiter, JiterError, Peek};

use crate::crawl::columns::Columns;
use crate::crawl::shape::{Member, Shape};

/// Values nested deeper than this are kept as JSON text.
const MAX_DEPTH: usize = 64;

/// What each scalar is written as.
const SCALARS: [(u8, Shape); 7] = [
    (b'n', Shape::Null),
    (b'b', Shape::Boolean),
    (b'i', Shape::Int),
    (b'l', Shape::BigInt),
    (b'L', Shape::Decimal(38, 0)),
    (b'd', Shape::Double),
    (b's', Shape::String),
];

/// Consumes the value that starts with `peek` and appends its signature to `out`.
///
/// # Errors
/// Where the value is not JSON, or ends before it is complete; `out` then holds part of a signature.
pub(super) fn write(jiter: &mut Jiter<'_>, peek: Peek, out: &mut Vec<u8>) -> Result<(), JiterError> {
    value(jiter, peek, out, 0)
}

fn value(jiter: &mut Jiter<'_>, peek: Peek, out: &mut Vec<u8>, depth: usize) -> Result<(), JiterError> {
    match peek {
        Peek::String => {
            jiter.known_bytes()?;
            out.push(b's');
        }
        Peek::Object | Peek::Array if depth == MAX_DEPTH => {
            jiter.known_skip(peek)?;
            out.push(b's');
        }
        Peek::Object => object(jiter, out, depth + 1)?,
        Peek::Array => array(jiter, out, depth + 1)?,
        Peek::Null => {
            jiter.known_null()?;
            out.push(b'n');
        }
        Peek::True | Peek::False => {
            jiter.known_bool(peek)?;
            out.push(b'b');
        }
        _ => {
            let tag = number(jiter.known_number_bytes(peek)?);
            out.push(tag);
        }
    }
    Ok(())
}

fn object(jiter: &mut Jiter<'_>, out: &mut Vec<u8>, depth: usize) -> Result<(), JiterError> {
    out.push(b'{');
    let mut key = jiter.known_object()?;
    while let Some(name) = key {
        out.push(b'"');
        out.extend_from_slice(&(name.len() as u32).to_le_bytes());
        out.extend_from_slice(name.as_bytes());
        let peek = jiter.peek()?;
        value(jiter, peek, out, depth)?;
        key = jiter.next_key()?;
    }
    out.push(b'}');
    Ok(())
}

fn array(jiter: &mut Jiter<'_>, out: &mut Vec<u8>, depth: usize) -> Result<(), JiterError> {
    out.push(b'[');
    let mut previous = None;
    let mut next = jiter.known_array()?;
    while let Some(peek) = next {
        let start = out.len();
        value(jiter, peek, out, depth)?;
        previous = Some(match previous {
            Some(previous) if absorb(out, previous, start) => previous,
            _ => start,
        });
        next = jiter.array_step()?;
    }
    out.push(b']');
    Ok(())
}

/// Whether the element at `start` says nothing that the one at `previous` does not: then it is taken away again.
fn absorb(out: &mut Vec<u8>, previous: usize, start: usize) -> bool {
    let Some((head, element)) = out.split_at_checked(start) else { return false };
    let joined = match (head.get(previous..), element) {
        (Some(before), after) if before == after => None,
        (Some(&[before]), &[after]) => Some(join(before, after)),
        _ => return false,
    };
    if let (Some(joined), Some(slot)) = (joined, out.get_mut(previous)) {
        *slot = joined;
    }
    out.truncate(start);
    true
}

fn join(a: u8, b: u8) -> u8 {
    let joined = scalar(a).merge(scalar(b));
    SCALARS.iter().find(|(_, shape)| *shape == joined).map_or(b's', |(tag, _)| *tag)
}

fn scalar(tag: u8) -> Shape {
    SCALARS.iter().find(|(known, _)| *known == tag).map_or(Shape::String, |(_, shape)| shape.clone())
}

/// An integer is the smallest of int, bigint and decimal(38,0) that holds it, beyond that text; so none loses a digit. A
/// number with a fraction or an exponent is a double.
fn number(text: &[u8]) -> u8 {
    if text.iter().any(|c| !matches!(c, b'0'..=b'9' | b'-')) {
        return b'd';
    }
    if text.len() <= 9 {
        return b'i';
    }
    let text = std::str::from_utf8(text).unwrap_or_default();
    match text.parse::<i64>() {
        Ok(value) if i32::try_from(value).is_ok() => b'i',
        Ok(_) => b'l',
        Err(_) if text.trim_start_matches('-').len() <= 38 => b'L',
        Err(_) => b's',
    }
}

/// The shape that a signature stands for.
pub(super) fn shape(signature: &[u8]) -> Shape {
    read(&mut &*signature)
}

fn read(rest: &mut &[u8]) -> Shape {
    match take(rest) {
        Some(b'[') => {
            let mut element = Shape::Null;
            while !rest.is_empty() && rest.first() != Some(&b']') {
                element.join(&read(rest));
            }
            take(rest);
            Shape::Array(Box::new(element))
        }
        Some(b'{') => {
            let mut members = Columns::default();
            while let Some(b'"') = take(rest) {
                let name = String::from_utf8_lossy(key(rest)).into_owned();
                members.merge(&[Member { name, shape: read(rest) }], |_, _, _, _| {});
            }
            Shape::Struct(members.into_members())
        }
        Some(tag) => scalar(tag),
        None => Shape::Null,
    }
}

fn take(rest: &mut &[u8]) -> Option<u8> {
    let (first, tail) = rest.split_first()?;
    *rest = tail;
    Some(*first)
}

fn key<'a>(rest: &mut &'a [u8]) -> &'a [u8] {
    let Some((length, tail)) = rest.split_first_chunk::<4>() else { return &[] };
    let (key, tail) = tail.split_at_checked(u32::from_le_bytes(*length) as usize).unwrap_or_default();
    *rest = tail;
    key
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hive(json: &str) -> String {
        let mut jiter = Jiter::new(json.as_bytes()).with_allow_inf_nan();
        let mut out = Vec::new();
        let peek = jiter.peek().unwrap();
        write(&mut jiter, peek, &mut out).unwrap();
        shape(&out).hive()
    }

    #[test]
    fn types() {
        for (json, hive_type) in [
            ("null", "string"),
            ("true", "boolean"),
            ("\"2024-01-01\"", "string"),
            ("0", "int"),
            ("-2147483648", "int"),
            ("2147483647", "int"),
            ("2147483648", "bigint"),
            ("-2147483649", "bigint"),
            ("9223372036854775807", "bigint"),
            ("9223372036854775808", "decimal(38,0)"),
            ("-18446744073709551616", "decimal(38,0)"),
            ("123456789012345678901234567890123456789", "string"),
            ("0.0", "double"),
            ("1e3", "double"),
            ("NaN", "double"),
            ("[]", "array<string>"),
            ("[1,2.5]", "array<double>"),
            ("[1,\"a\",2.5]", "array<string>"),
            ("[null,1,null,5000000000]", "array<bigint>"),
            ("[[1],[2.5],[]]", "array<array<double>>"),
            ("[1,[2]]", "array<string>"),
            ("{}", "string"),
            (r#"{"a":1,"b":{"c":[{"d":1},{"e":"x"},{"d":2.5}]}}"#, "struct<a:int,b:struct<c:array<struct<d:double,e:string>>>>"),
            (r#"{"a":1,"a":"x"}"#, "struct<a:string>"),
            (r#"{"\u00e4\n":1}"#, "map<string,int>"),
            (r#"{"ä}\"":1}"#, "map<string,int>"),
        ] {
            assert_eq!(hive(json), hive_type, "{json}");
        }
    }

    #[test]
    fn deep_nesting_is_text() {
        let text = format!("{}1{}", "[".repeat(100), "]".repeat(100));
        assert_eq!(hive(&text), format!("{}string{}", "array<".repeat(64), ">".repeat(64)));
    }

    #[test]
    fn equal_neighbours_are_written_once() {
        let long = format!("[{}{{\"a\":1}}]", "{\"a\":1},".repeat(1000));
        let mut out = Vec::new();
        write(&mut Jiter::new(long.as_bytes()), Peek::Array, &mut out).unwrap();
        assert_eq!(out.len(), 2 + 2 + 1 + 4 + 1 + 1);
    }
}
