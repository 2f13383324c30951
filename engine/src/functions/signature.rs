//! Signatures in Trino's notation, taken apart.

use std::collections::HashMap;

use catalog::{Error, Result};

use crate::types::{Parts, Type};

/// `(varchar, bigint...) -> varchar`
#[derive(Debug)]
pub(super) struct Signature {
    pub(super) arguments: Vec<Pattern>,
    /// Whether the last argument may come more than once.
    pub(super) variadic: bool,
    pub(super) result: Pattern,
}

/// A type with variables in it.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Pattern {
    /// A type without variables.
    Type(Type),
    /// `T`
    Variable(String),
    /// `ANY`: whatever stands there.
    Any,
    Decimal(Number, Number),
    Varchar(Number),
    Char(Number),
    Time(Number),
    TimeTz(Number),
    Timestamp(Number),
    TimestampTz(Number),
    Array(Box<Pattern>),
    Map(Box<Pattern>, Box<Pattern>),
    Row(Vec<Pattern>),
    QDigest(Box<Pattern>),
}

/// A number in a type: a variable or what is counted from some.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Number {
    Constant(i64),
    Variable(String),
    Sum(Box<Number>, Box<Number>),
    Difference(Box<Number>, Box<Number>),
    Least(Box<Number>, Box<Number>),
    Greatest(Box<Number>, Box<Number>),
}

impl Signature {
    /// Errors: `Internal`, since signatures are ours.
    pub(super) fn parse(text: &str) -> Result<Self> {
        let wrong = || Error::internal(format!("'{text}' is not a signature"));
        let (arguments, result) = text.rsplit_once("->").ok_or_else(wrong)?;
        let parts = Parts::of(arguments).filter(|parts| parts.name.is_empty()).ok_or_else(wrong)?;
        let mut texts: Vec<&str> = parts.arguments.into_iter().filter(|text| !text.is_empty()).collect();
        let variadic = match texts.last_mut() {
            Some(last) => last.strip_suffix("...").map(|text| *last = text.trim_end()).is_some(),
            None => false,
        };
        Ok(Self { arguments: texts.into_iter().map(pattern).collect::<Result<_>>()?, variadic, result: pattern(result)? })
    }
}

pub(super) fn pattern(text: &str) -> Result<Pattern> {
    let text = text.trim();
    if text == "ANY" {
        return Ok(Pattern::Any);
    }
    if is_variable(text) {
        return Ok(Pattern::Variable(text.to_string()));
    }
    let parts = Parts::of(text).ok_or_else(|| Error::internal(format!("'{text}' is not a type")))?;
    let inner = |at: usize| Ok::<_, Error>(Box::new(pattern(parts.arguments[at])?));
    let count = |at: usize| number(parts.arguments[at]);
    let found = match (parts.name.as_str(), parts.arguments.len()) {
        ("decimal", 2) => Pattern::Decimal(count(0)?, count(1)?),
        ("varchar", 1) => Pattern::Varchar(count(0)?),
        ("char", 1) => Pattern::Char(count(0)?),
        ("time", 1) => Pattern::Time(count(0)?),
        ("time with time zone", 1) => Pattern::TimeTz(count(0)?),
        ("timestamp", 1) => Pattern::Timestamp(count(0)?),
        ("timestamp with time zone", 1) => Pattern::TimestampTz(count(0)?),
        ("array", 1) => Pattern::Array(inner(0)?),
        ("map", 2) => Pattern::Map(inner(0)?, inner(1)?),
        ("qdigest", 1) => Pattern::QDigest(inner(0)?),
        // Of fields with names only whole types are understood.
        ("row", 1..) => match Type::parse(text) {
            Ok(r#type) => Pattern::Type(r#type),
            Err(_) => Pattern::Row(parts.arguments.iter().map(|text| pattern(text)).collect::<Result<_>>()?),
        },
        _ => Pattern::Type(Type::parse(text)?),
    };
    // What has no variables in it is a type like any other.
    Ok(match found.substitute(&HashMap::new(), &HashMap::new()) {
        Some(r#type) => Pattern::Type(r#type),
        None => found,
    })
}

fn is_variable(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_uppercase()) && text.chars().all(|c| c.is_ascii_uppercase() || c.is_ascii_digit())
}

/// `38`, `p`, `a + b - c`, `min(38, p + 1)`
fn number(text: &str) -> Result<Number> {
    let text = text.trim();
    // The last operator outside of brackets splits, so that `a - b + c` is `(a - b) + c`.
    let mut depth = 0_usize;
    let mut split = None;
    for (at, byte) in text.bytes().enumerate() {
        match byte {
            b'(' => depth += 1,
            b')' => depth = depth.saturating_sub(1),
            b'+' | b'-' if depth == 0 && at > 0 => split = Some((at, byte)),
            _ => {}
        }
    }
    if let Some((at, operator)) = split {
        let (left, right) = (Box::new(number(&text[..at])?), Box::new(number(&text[at + 1..])?));
        return Ok(if operator == b'+' { Number::Sum(left, right) } else { Number::Difference(left, right) });
    }
    if let Ok(constant) = text.parse() {
        return Ok(Number::Constant(constant));
    }
    let parts = Parts::of(text).ok_or_else(|| Error::internal(format!("'{text}' is not a number")))?;
    match (parts.name.as_str(), parts.arguments.as_slice()) {
        ("", [inner]) => number(inner),
        ("min", [a, b]) => Ok(Number::Least(Box::new(number(a)?), Box::new(number(b)?))),
        ("max", [a, b]) => Ok(Number::Greatest(Box::new(number(a)?), Box::new(number(b)?))),
        (name, []) if !name.is_empty() && name.bytes().all(|b| b.is_ascii_alphanumeric()) => {
            Ok(Number::Variable(name.to_string()))
        }
        _ => Err(Error::internal(format!("'{text}' is not a number"))),
    }
}

impl Number {
    pub(super) fn value(&self, numbers: &HashMap<String, i64>) -> Option<i64> {
        Some(match self {
            Self::Constant(constant) => *constant,
            Self::Variable(name) => *numbers.get(name)?,
            Self::Sum(a, b) => a.value(numbers)? + b.value(numbers)?,
            Self::Difference(a, b) => a.value(numbers)? - b.value(numbers)?,
            Self::Least(a, b) => a.value(numbers)?.min(b.value(numbers)?),
            Self::Greatest(a, b) => a.value(numbers)?.max(b.value(numbers)?),
        })
    }
}

impl Pattern {
    /// The type, where all of its variables have a value and its numbers are in range.
    pub(super) fn substitute(&self, types: &HashMap<String, Type>, numbers: &HashMap<String, i64>) -> Option<Type> {
        let inner = |pattern: &Self| pattern.substitute(types, numbers);
        let small = |number: &Number| number.value(numbers).and_then(|number| u8::try_from(number).ok());
        let large = |number: &Number| number.value(numbers).and_then(|number| u32::try_from(number).ok());
        let fraction = |number: &Number| small(number).filter(|digits| *digits <= crate::types::MAX_FRACTION);
        Some(match self {
            Self::Type(r#type) => r#type.clone(),
            Self::Variable(name) => types.get(name)?.clone(),
            Self::Any => return None,
            Self::Decimal(precision, scale) => {
                let (precision, scale) = (small(precision)?, small(scale)?);
                ((1..=crate::types::MAX_PRECISION).contains(&precision) && scale <= precision)
                    .then_some(Type::Decimal(precision, scale))?
            }
            Self::Varchar(length) => Type::Varchar(large(length).filter(|length| *length < i32::MAX as u32)),
            Self::Char(length) => Type::Char(large(length)?.min(crate::types::MAX_CHAR)),
            Self::Time(digits) => Type::Time(fraction(digits)?),
            Self::TimeTz(digits) => Type::TimeTz(fraction(digits)?),
            Self::Timestamp(digits) => Type::Timestamp(fraction(digits)?),
            Self::TimestampTz(digits) => Type::TimestampTz(fraction(digits)?),
            Self::Array(item) => Type::array(inner(item)?),
            Self::Map(key, value) => Type::map(inner(key)?, inner(value)?),
            Self::Row(fields) => Type::Row(fields.iter().map(|field| Some((None, inner(field)?))).collect::<Option<_>>()?),
            Self::QDigest(item) => Type::QDigest(Box::new(inner(item)?)),
        })
    }
}
