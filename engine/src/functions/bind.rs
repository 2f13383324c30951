//! Which overload a call means, and what its arguments turn into: exact types first, then Trino's coercions, the most special
//! overload of several.

use std::collections::HashMap;

use catalog::{Error, ErrorKind};

use super::signature::{Number, Pattern, Signature};
use crate::types::{Type, can_coerce, common_super_type};

/// An overload with types for its variables.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Bound {
    /// Which of the overloads.
    pub(super) overload: usize,
    /// What the arguments are to be.
    pub(super) arguments: Vec<Type>,
    pub(super) result: Type,
}

/// Operators that are functions.
const OPERATORS: [(&str, &str); 5] = [("$add", "+"), ("$subtract", "-"), ("$multiply", "*"), ("$divide", "/"), ("$modulus", "%")];

/// That no overload takes what is given, in Trino's words.
pub(crate) fn unexpected(name: &str, given: &[String], signatures: impl Iterator<Item = &'static str>) -> Error {
    let operator = OPERATORS.iter().find(|(function, _)| *function == name);
    let mismatch = |message: String| Error::new(ErrorKind::TypeMismatch, message);
    match (operator, name, given) {
        (Some((_, operator)), _, [left, right]) => return mismatch(format!("Cannot apply operator: {left} {operator} {right}")),
        (_, "$negate", [operand]) => return mismatch(format!("Cannot apply operator: -{operand}")),
        (_, "format", [first, ..]) => {
            return mismatch(format!("Type of first argument to format() must be VARCHAR (actual: {first})"));
        }
        _ => {}
    }
    let arguments = |signature: &'static str| signature.rsplit_once("->").map_or("", |(arguments, _)| arguments.trim());
    let expected = signatures.map(|signature| format!("{name}{}", arguments(signature))).collect::<Vec<_>>().join(", ");
    let given = given.join(", ");
    Error::new(ErrorKind::FunctionNotFound, format!("Unexpected parameters ({given}) for function {name}. Expected: {expected}"))
}

/// The overload that a call with arguments of these types means. None where there is none.
pub(super) fn bind(signatures: &[Signature], actual: &[Type]) -> Option<Bound> {
    let mut applicable: Vec<Bound> = Vec::new();
    for (overload, signature) in signatures.iter().enumerate() {
        let bound = signature.bind(actual);
        // Decimals whose result would have too many digits do not become numbers of another kind.
        if bound.is_none() && signature.is_of_decimals(actual) {
            return None;
        }
        if let Some((arguments, result)) = bound {
            let bound = Bound { overload, arguments, result };
            if bound.arguments == actual {
                return Some(bound);
            }
            applicable.push(bound);
        }
    }
    // One whose arguments turn into those of all others is the most special; else the first in the table.
    let special = |candidate: &Bound| applicable.iter().all(|other| all_coerce(&candidate.arguments, &other.arguments));
    let best = applicable.iter().position(special).unwrap_or(0);
    (!applicable.is_empty()).then(|| applicable.swap_remove(best))
}

fn all_coerce(from: &[Type], to: &[Type]) -> bool {
    from.iter().zip(to).all(|(from, to)| can_coerce(from, to))
}

impl Signature {
    fn is_of_decimals(&self, actual: &[Type]) -> bool {
        let decimal =
            |(pattern, actual): (&Pattern, &Type)| matches!((pattern, actual), (Pattern::Decimal(..), Type::Decimal(..)));
        !actual.is_empty() && self.arguments.len() == actual.len() && self.arguments.iter().zip(actual).all(decimal)
    }

    /// The types of arguments and result for a call with `actual`; None where the overload does not take them.
    fn bind(&self, actual: &[Type]) -> Option<(Vec<Type>, Type)> {
        let (least, given) = (self.arguments.len(), actual.len());
        if given != least && !(self.variadic && given >= least.max(1)) {
            return None;
        }
        let pattern_of = |at: usize| &self.arguments[at.min(least - 1)];
        let mut variables = Variables::default();
        for (at, r#type) in actual.iter().enumerate() {
            variables.gather(pattern_of(at), r#type)?;
        }
        for at in 0..given {
            variables.settle(pattern_of(at));
        }
        let Variables { types, numbers, .. } = variables;
        let argument = |(at, actual): (usize, &Type)| match pattern_of(at) {
            Pattern::Any => Some(actual.clone()),
            pattern => pattern.substitute(&types, &numbers),
        };
        let arguments = actual.iter().enumerate().map(argument).collect::<Option<Vec<Type>>>()?;
        let result = self.result.substitute(&types, &numbers)?;
        all_coerce(actual, &arguments).then_some((arguments, result))
    }
}

/// What is known of the variables of a signature.
#[derive(Default)]
pub(super) struct Variables {
    types: HashMap<String, Type>,
    numbers: HashMap<String, i64>,
    /// Decimals with the same two numbers get the least decimal in common, which is not the greatest of each number.
    decimals: Vec<((Number, Number), Type)>,
}

impl Variables {
    /// The type that a pattern stands for; None where it has a variable of which nothing is known.
    pub(super) fn substitute(&self, pattern: &Pattern) -> Option<Type> {
        pattern.substitute(&self.types, &self.numbers)
    }

    /// Learns from an argument; None where no coercion makes it fit.
    pub(super) fn gather(&mut self, pattern: &Pattern, actual: &Type) -> Option<()> {
        match (pattern, actual) {
            (Pattern::Type(r#type), actual) => return can_coerce(actual, r#type).then_some(()),
            (Pattern::Any, _) => {}
            (Pattern::Variable(name), actual) => {
                let known = self.types.get(name).unwrap_or(&Type::Unknown);
                let common = common_super_type(known, actual)?;
                self.types.insert(name.clone(), common);
            }
            (_, Type::Unknown) => {}
            (Pattern::Decimal(precision, scale), actual) => {
                let (p, s) = actual.as_decimal()?;
                let (key, actual) = ((precision.clone(), scale.clone()), Type::Decimal(p, s));
                match self.decimals.iter_mut().find(|(known, _)| *known == key) {
                    Some((_, known)) => *known = common_super_type(known, &actual)?,
                    None => self.decimals.push((key, actual)),
                }
            }
            (Pattern::Varchar(n), Type::Varchar(length)) => self.greatest(n, length.map_or(i32::MAX as i64, i64::from)),
            (Pattern::Char(n), Type::Char(length)) => self.greatest(n, i64::from(*length)),
            (Pattern::Time(p), Type::Time(digits))
            | (Pattern::TimeTz(p), Type::Time(digits) | Type::TimeTz(digits))
            | (Pattern::Timestamp(p), Type::Timestamp(digits))
            | (Pattern::TimestampTz(p), Type::Timestamp(digits) | Type::TimestampTz(digits)) => {
                self.greatest(p, i64::from(*digits));
            }
            (Pattern::Timestamp(p) | Pattern::TimestampTz(p), Type::Date) => self.greatest(p, 0),
            (Pattern::Array(pattern), Type::Array(item)) => self.gather(pattern, item)?,
            (Pattern::Map(key_pattern, value_pattern), Type::Map(key, value)) => {
                self.gather(key_pattern, key)?;
                self.gather(value_pattern, value)?;
            }
            (Pattern::Row(patterns), Type::Row(fields)) if patterns.len() == fields.len() => {
                for (pattern, (_, field)) in patterns.iter().zip(fields) {
                    self.gather(pattern, field)?;
                }
            }
            (Pattern::QDigest(pattern), Type::QDigest(item)) => self.gather(pattern, item)?,
            _ => return None,
        }
        Some(())
    }

    fn greatest(&mut self, number: &Number, value: i64) {
        if let Number::Variable(name) = number {
            let known = self.numbers.entry(name.clone()).or_insert(value);
            *known = value.max(*known);
        }
    }

    /// Gives values to what no argument told: NULLs alone were there.
    pub(super) fn settle(&mut self, pattern: &Pattern) {
        match pattern {
            Pattern::Type(_) | Pattern::Any => {}
            Pattern::Variable(name) => _ = self.types.entry(name.clone()).or_insert(Type::Unknown),
            Pattern::Decimal(precision, scale) => {
                let key = (precision.clone(), scale.clone());
                let known = self.decimals.iter().find(|(known, _)| *known == key);
                let (p, s) = known.and_then(|(_, known)| known.as_decimal()).unwrap_or((1, 0));
                self.or(precision, p.into());
                self.or(scale, s.into());
            }
            Pattern::Varchar(n) => self.or(n, i32::MAX.into()),
            Pattern::Char(n) => self.or(n, 1),
            Pattern::Time(p) | Pattern::TimeTz(p) | Pattern::Timestamp(p) | Pattern::TimestampTz(p) => self.or(p, 3),
            Pattern::Array(item) | Pattern::QDigest(item) => self.settle(item),
            Pattern::Map(key, value) => {
                self.settle(key);
                self.settle(value);
            }
            Pattern::Row(fields) => fields.iter().for_each(|field| self.settle(field)),
        }
    }

    fn or(&mut self, number: &Number, value: i64) {
        if let Number::Variable(name) = number {
            self.numbers.entry(name.clone()).or_insert(value);
        }
    }
}
