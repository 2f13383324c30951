//! The methods of items: `type()`, `size()`, `double()`, `datetime()` and the like.

use std::borrow::Cow;

use super::super::Json;
use super::evaluate::{Evaluation, unexpected};
use super::{Expression, Item, Method, Number, Result, failure, structural};

impl<'a> Evaluation<'a> {
    pub(super) fn method(&self, base: &Expression, method: &Method) -> Result<Vec<Item<'a>>> {
        match method {
            Method::Type => {
                let name = |item: &Item<'a>| Item::Made(Json::Text(item.type_name()));
                Ok(self.evaluate(base)?.iter().map(name).collect())
            }
            Method::Size => self.evaluate(base)?.iter().map(|item| self.size(item)).collect(),
            Method::Double => self.base(base)?.iter().map(double).collect(),
            Method::Ceiling => self.numbers(base, |number| Ok(number.whole(true))),
            Method::Floor => self.numbers(base, |number| Ok(number.whole(false))),
            Method::Abs => self.numbers(base, Number::abs),
            Method::KeyValue => {
                let mut out = Vec::new();
                for (id, item) in self.base(base)?.iter().enumerate() {
                    let Some(members) = item.members() else { return structural(unexpected(item, "OBJECT")) };
                    out.extend(members.into_iter().map(|(name, value)| Item::Made(key_value(name, &value, id))));
                }
                Ok(out)
            }
            Method::Datetime(template) => {
                let moment = |item: &Item<'a>| match item.text() {
                    Some(text) => super::super::datetime::moment(text, template.as_deref()),
                    None => structural(unexpected(item, "TEXT")),
                };
                self.base(base)?.iter().map(moment).collect()
            }
        }
    }

    fn size(&self, item: &Item<'a>) -> Result<Item<'a>> {
        match item.elements() {
            Some(elements) => Ok(Item::Number(Number::Integer(elements.len() as i64))),
            None if self.path.lax => Ok(Item::Number(Number::Integer(1))),
            None => structural(unexpected(item, "ARRAY")),
        }
    }

    fn numbers(&self, base: &Expression, calculate: impl Fn(Number) -> Result<Number>) -> Result<Vec<Item<'a>>> {
        let calculated = |item: &Item<'a>| match item.number() {
            Some(number) => Ok(Item::Number(calculate(number)?)),
            None => structural(unexpected(item, "NUMBER")),
        };
        self.base(base)?.iter().map(calculated).collect()
    }
}

fn double<'a>(item: &Item<'a>) -> Result<Item<'a>> {
    if let Some(number) = item.number() {
        return Ok(Item::Number(Number::Double(number.double())));
    }
    match item.text().map(|text| text.trim().parse()) {
        Some(Ok(value)) => Ok(Item::Number(Number::Double(value))),
        Some(Err(_)) => failure(format!("cannot cast '{}' to double", item.text().unwrap_or_default())),
        None => structural(unexpected(item, "NUMBER or TEXT")),
    }
}

fn key_value<'a>(name: &str, value: &Item<'a>, id: usize) -> Json<'a> {
    Json::Object(vec![
        ("name".to_string(), Json::Text(name.to_string())),
        ("value".to_string(), value.to_json()),
        ("id".to_string(), Json::Number(Cow::Owned(id.to_string()))),
    ])
}
