//! Signatures with lambdas in them, and what a call's types make of their variables.

use catalog::{Error, Result};
use std::collections::HashSet;

use crate::functions::bind::Variables;
use crate::functions::signature::{Pattern, pattern};
use crate::types::{Parts, Type};

/// `(array(T), function(T, U)) -> array(U)`
#[derive(Debug)]
pub(super) struct Signature {
    pub(super) arguments: Vec<Argument>,
    result: Pattern,
}

#[derive(Debug)]
pub(super) enum Argument {
    Value(Pattern),
    /// What a lambda takes, and what it gives.
    Lambda(Vec<Pattern>, Pattern),
}

/// The types of a call's arguments: of a value, or of what a lambda gives, where that is known.
#[derive(Debug, Clone)]
pub(super) enum Given {
    Value(Type),
    Lambda(Option<Type>),
}

/// A call's types.
#[derive(Debug)]
pub(super) struct Bound {
    /// For each argument the value's type, or what the lambda gives; None where that is not known.
    pub(super) arguments: Vec<Option<Type>>,
    /// For each lambda what it takes.
    pub(super) parameters: Vec<Vec<Type>>,
    pub(super) result: Option<Type>,
}

impl Signature {
    /// Errors: `Internal`, since signatures are ours.
    pub(super) fn parse(text: &str) -> Result<Self> {
        let wrong = || Error::internal(format!("'{text}' is not a signature"));
        let (arguments, result) = text.rsplit_once("->").ok_or_else(wrong)?;
        let parts = Parts::of(arguments).filter(|parts| parts.name.is_empty()).ok_or_else(wrong)?;
        let argument = |text: &str| match text.trim().strip_prefix("function") {
            None => Ok(Argument::Value(pattern(text)?)),
            Some(types) => {
                let types = Parts::of(types).ok_or_else(wrong)?;
                let mut types = types.arguments.into_iter().map(pattern).collect::<Result<Vec<_>>>()?;
                let result = types.pop().ok_or_else(wrong)?;
                Ok(Argument::Lambda(types, result))
            }
        };
        let arguments = parts.arguments.into_iter().map(argument).collect::<Result<_>>()?;
        Ok(Self { arguments, result: pattern(result)? })
    }

    /// Whether a call has a value or a lambda where this has one. Without lambdas among `given` only values are looked at.
    pub(super) fn fits(&self, given: &[Given]) -> bool {
        let is_value = |argument: &&Argument| matches!(argument, Argument::Value(_));
        if given.iter().all(|given| matches!(given, Given::Value(_))) && given.len() < self.arguments.len() {
            return self.arguments.iter().filter(is_value).count() == given.len();
        }
        self.arguments.len() == given.len()
            && self.arguments.iter().zip(given).all(|(argument, given)| is_value(&argument) == matches!(given, Given::Value(_)))
    }

    /// The types for a call; None where they do not fit. What lambdas give is learnt from those that are known.
    pub(super) fn bind(&self, given: &[Given]) -> Option<Bound> {
        let mut variables = Variables::default();
        let mut values_only = given.iter();
        let mut actual: Vec<Option<&Type>> = Vec::new();
        let lambdas_given = given.iter().any(|given| matches!(given, Given::Lambda(_)));
        for argument in &self.arguments {
            actual.push(match argument {
                Argument::Lambda(..) if !lambdas_given => None,
                _ => match values_only.next()? {
                    Given::Value(r#type) => Some(r#type),
                    Given::Lambda(r#type) => r#type.as_ref(),
                },
            });
        }
        // Values first: what lambdas take follows from them.
        for (argument, actual) in self.arguments.iter().zip(&actual) {
            if let (Argument::Value(pattern), Some(actual)) = (argument, actual) {
                variables.gather(pattern, actual)?;
                variables.settle(pattern);
            }
        }
        for (argument, actual) in self.arguments.iter().zip(&actual) {
            if let (Argument::Lambda(_, pattern), Some(actual)) = (argument, actual) {
                variables.gather(pattern, actual)?;
                variables.settle(pattern);
            }
        }
        let parameters = self.arguments.iter().filter_map(|argument| match argument {
            Argument::Lambda(parameters, _) => Some(parameters.iter().map(|pattern| variables.substitute(pattern)).collect()),
            Argument::Value(_) => None,
        });
        Some(Bound {
            parameters: parameters.collect::<Option<_>>()?,
            arguments: self.arguments.iter().map(|argument| variables.substitute(argument.pattern())).collect(),
            result: variables.substitute(&self.result),
        })
    }

    /// Whether what the lambda gives is also what lambdas take, as a running state is.
    pub(super) fn feeds_back(&self, lambda: &Argument) -> bool {
        let Argument::Lambda(_, result) = lambda else { return false };
        let mut taken = HashSet::new();
        for argument in &self.arguments {
            if let Argument::Lambda(parameters, _) = argument {
                parameters.iter().for_each(|pattern| names(pattern, &mut taken));
            }
        }
        let mut given = HashSet::new();
        names(result, &mut given);
        !taken.is_disjoint(&given)
    }
}

impl Argument {
    fn pattern(&self) -> &Pattern {
        match self {
            Self::Value(pattern) | Self::Lambda(_, pattern) => pattern,
        }
    }
}

/// The variables for types in a pattern.
fn names<'p>(pattern: &'p Pattern, into: &mut HashSet<&'p str>) {
    match pattern {
        Pattern::Variable(name) => _ = into.insert(name),
        Pattern::Array(item) => names(item, into),
        Pattern::Map(key, value) => {
            names(key, into);
            names(value, into);
        }
        Pattern::Row(fields) => fields.iter().for_each(|field| names(field, into)),
        _ => {}
    }
}
