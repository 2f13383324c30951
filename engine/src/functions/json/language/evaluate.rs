//! Following a path: each expression makes a sequence of items.

use super::super::Json;
use super::{Expression, Failure, Item, Path, Result, Subscript, failure, structural};

/// The values that PASSING gives, by name; none for an empty sequence.
pub(in super::super) type Parameters<'a> = Vec<(String, Option<Item<'a>>)>;

/// What expressions see while a path is followed.
#[derive(Clone)]
pub(super) struct Evaluation<'a> {
    pub(super) path: &'a Path,
    context: &'a Json<'a>,
    parameters: &'a Parameters<'a>,
    /// `@`
    current: Option<Item<'a>>,
    /// The last index of the array whose subscripts are evaluated.
    last: Option<i64>,
}

impl Path {
    /// The sequence that the path makes of the input.
    pub(in super::super) fn follow<'a>(&'a self, input: &'a Json<'a>, parameters: &'a Parameters<'a>) -> Result<Vec<Item<'a>>> {
        Evaluation { path: self, context: input, parameters, current: None, last: None }.evaluate(&self.root)
    }
}

/// Arrays replaced by their elements.
pub(super) fn unwrapped(items: Vec<Item<'_>>) -> Vec<Item<'_>> {
    let mut out = Vec::with_capacity(items.len());
    for item in items {
        match item.elements() {
            Some(elements) => out.extend(elements),
            None => out.push(item),
        }
    }
    out
}

impl<'a> Evaluation<'a> {
    pub(super) fn evaluate(&self, expression: &Expression) -> Result<Vec<Item<'a>>> {
        let made = |json: Json<'a>| Ok(vec![Item::Made(json)]);
        match expression {
            Expression::Null => made(Json::Null),
            Expression::Boolean(value) => made(Json::Bool(*value)),
            Expression::Text(text) => made(Json::Text(text.clone())),
            Expression::Number(number) => Ok(vec![Item::Number(*number)]),
            Expression::Context => Ok(vec![Item::Node(self.context)]),
            Expression::Current => Ok(self.current.clone().into_iter().collect()),
            Expression::Last => match self.last {
                Some(last) => Ok(vec![Item::Number(super::Number::Integer(last))]),
                None => failure("accessing the last array index with no enclosing array"),
            },
            Expression::Variable(name) => match self.parameters.iter().find(|(known, _)| known == name) {
                Some((_, value)) => Ok(value.clone().into_iter().collect()),
                None => failure(format!("no value passed for parameter {name}")),
            },
            Expression::Positive(inner) => self.signed(inner, false),
            Expression::Negative(inner) => self.signed(inner, true),
            Expression::Arithmetic(left, operator, right) => {
                let (left, right) = (self.singleton(left)?, self.singleton(right)?);
                match (left.number(), right.number()) {
                    (Some(left), Some(right)) => Ok(vec![Item::Number(left.calculate(*operator, right)?)]),
                    _ => failure(format!(
                        "invalid operand types to the arithmetic operator ({}, {})",
                        left.type_name(),
                        right.type_name()
                    )),
                }
            }
            Expression::Member(base, name) => self.member(base, name),
            Expression::AllMembers(base) => {
                let mut out = Vec::new();
                for item in self.base(base)? {
                    match item.members() {
                        Some(members) => out.extend(members.into_iter().map(|(_, value)| value)),
                        None if self.path.lax => {}
                        None => return structural(unexpected(&item, "OBJECT")),
                    }
                }
                Ok(out)
            }
            Expression::Descendants(base, name) => {
                let mut out = Vec::new();
                self.evaluate(base)?.iter().for_each(|item| descend(item, name, &mut out));
                Ok(out)
            }
            Expression::Elements(base, subscripts) => self.elements(base, subscripts),
            Expression::AllElements(base) => {
                let mut out = Vec::new();
                for item in self.evaluate(base)? {
                    match item.elements() {
                        Some(elements) => out.extend(elements),
                        None if self.path.lax => out.push(item),
                        None => return structural(unexpected(&item, "ARRAY")),
                    }
                }
                Ok(out)
            }
            Expression::Method(base, method) => self.method(base, method),
            Expression::Filter(base, predicate) => {
                let mut kept = self.base(base)?;
                kept.retain(|item| {
                    let inner = Self { current: Some(item.clone()), ..self.clone() };
                    inner.test(predicate) == Some(true)
                });
                Ok(kept)
            }
        }
    }

    /// A sequence whose arrays are unwrapped in lax mode.
    pub(super) fn base(&self, expression: &Expression) -> Result<Vec<Item<'a>>> {
        let items = self.evaluate(expression)?;
        Ok(if self.path.lax { unwrapped(items) } else { items })
    }

    fn singleton(&self, expression: &Expression) -> Result<Item<'a>> {
        let mut items = self.base(expression)?;
        match (items.pop(), items.is_empty()) {
            (Some(item), true) => Ok(item),
            _ => failure("arithmetic binary expression requires singleton operands"),
        }
    }

    fn signed(&self, expression: &Expression, negative: bool) -> Result<Vec<Item<'a>>> {
        let signed = |item: Item<'a>| match item.number() {
            Some(number) if negative => Ok(Item::Number(number.negative()?)),
            Some(_) => Ok(item),
            None => structural(unexpected(&item, "NUMBER")),
        };
        self.base(expression)?.into_iter().map(signed).collect()
    }

    fn member(&self, base: &Expression, name: &str) -> Result<Vec<Item<'a>>> {
        let mut out = Vec::new();
        for item in self.base(base)? {
            match item.member(name) {
                Some(value) => out.push(value),
                None if self.path.lax => {}
                None if item.members().is_some() => {
                    return structural(format!("missing member '{name}' in JSON object"));
                }
                None => return structural(unexpected(&item, "OBJECT")),
            }
        }
        Ok(out)
    }

    fn elements(&self, base: &Expression, subscripts: &[Subscript]) -> Result<Vec<Item<'a>>> {
        let mut out = Vec::new();
        for item in self.evaluate(base)? {
            let elements = match item.elements() {
                Some(elements) => elements,
                None if self.path.lax => vec![item],
                None => return structural(unexpected(&item, "ARRAY")),
            };
            let size = elements.len() as i64;
            // Of an empty array nothing is asked for in lax mode.
            if size == 0 && !self.path.lax {
                return structural("invalid array subscript for empty array".to_string());
            }
            let inner = Self { last: Some(size - 1), ..self.clone() };
            for subscript in subscripts {
                let from = inner.index(&subscript.from, "from")?;
                let to = match &subscript.to {
                    Some(to) => inner.index(to, "to")?,
                    None => from,
                };
                if !self.path.lax && (from < 0 || from > to || to >= size) {
                    return structural(format!("invalid array subscript: [{from}, {to}] for array of size {size}"));
                }
                let range = from.clamp(0, size)..to.saturating_add(1).clamp(0, size);
                out.extend(range.filter_map(|at| elements.get(at as usize).cloned()));
            }
        }
        Ok(out)
    }

    fn index(&self, expression: &Expression, which: &str) -> Result<i64> {
        let items = self.evaluate(expression)?;
        let index = match items.as_slice() {
            [item] => item.number().and_then(super::Number::index),
            _ => None,
        };
        index.ok_or_else(|| Failure(format!("array subscript '{which}' value must be singleton numeric")))
    }
}

pub(super) fn unexpected(item: &Item<'_>, expected: &str) -> String {
    format!("invalid item type. Expected: {expected}, actual: {}", item.type_name().to_uppercase())
}

/// All members with a name, however deep.
fn descend<'a>(item: &Item<'a>, wanted: &str, out: &mut Vec<Item<'a>>) {
    out.extend(item.member(wanted));
    for (_, value) in item.members().unwrap_or_default() {
        descend(&value, wanted, out);
    }
    for element in item.elements().unwrap_or_default() {
        descend(&element, wanted, out);
    }
}
