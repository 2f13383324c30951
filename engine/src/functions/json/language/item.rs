//! The items of the sequences that paths make.

use std::borrow::Cow;

use super::super::Json;
use super::Number;
use crate::types::Type;

#[derive(Debug, Clone, PartialEq)]
pub(in super::super) enum Item<'a> {
    /// A value of the input.
    Node(&'a Json<'a>),
    /// One that was made.
    Made(Json<'a>),
    Number(Number),
    /// A date or time: its text, and its type.
    Moment(String, Type),
}

impl<'a> Item<'a> {
    pub(super) fn json(&self) -> Option<&Json<'a>> {
        match self {
            Self::Node(json) => Some(json),
            Self::Made(json) => Some(json),
            Self::Number(_) | Self::Moment(..) => None,
        }
    }

    pub(super) fn number(&self) -> Option<Number> {
        match self {
            Self::Number(number) => Some(*number),
            _ => match self.json() {
                Some(Json::Number(text)) => Number::of_json(text),
                _ => None,
            },
        }
    }

    pub(super) fn text(&self) -> Option<&str> {
        match self.json() {
            Some(Json::Text(text)) => Some(text),
            _ => None,
        }
    }

    /// The elements of an array.
    pub(super) fn elements(&self) -> Option<Vec<Self>> {
        match self {
            Self::Node(Json::Array(items)) => Some(items.iter().map(Item::Node).collect()),
            Self::Made(Json::Array(items)) => Some(items.iter().cloned().map(Item::Made).collect()),
            _ => None,
        }
    }

    /// The members of an object; of equal names the last.
    pub(super) fn members(&self) -> Option<Vec<(&str, Self)>> {
        let mut members: Vec<(&str, Self)> = match self {
            Self::Node(Json::Object(members)) => members.iter().map(|(name, value)| (name.as_str(), Item::Node(value))).collect(),
            Self::Made(Json::Object(members)) => {
                members.iter().map(|(name, value)| (name.as_str(), Item::Made(value.clone()))).collect()
            }
            _ => return None,
        };
        for at in (0..members.len()).rev() {
            if members[at + 1..].iter().any(|(name, _)| *name == members[at].0) {
                members.remove(at);
            }
        }
        Some(members)
    }

    pub(super) fn member(&self, wanted: &str) -> Option<Self> {
        match self {
            Self::Node(Json::Object(members)) => {
                members.iter().rev().find(|(name, _)| name == wanted).map(|(_, value)| Item::Node(value))
            }
            Self::Made(Json::Object(members)) => {
                members.iter().rev().find(|(name, _)| name == wanted).map(|(_, value)| Item::Made(value.clone()))
            }
            _ => None,
        }
    }

    /// What the method `type()` calls it.
    pub(super) fn type_name(&self) -> String {
        match self {
            Self::Moment(_, r#type) => r#type.to_string(),
            Self::Number(_) => "number".to_string(),
            _ => match self.json() {
                Some(Json::Bool(_)) => "boolean",
                Some(Json::Number(_)) => "number",
                Some(Json::Text(_)) => "string",
                Some(Json::Array(_)) => "array",
                Some(Json::Object(_)) => "object",
                _ => "null",
            }
            .to_string(),
        }
    }

    /// The item as a JSON value.
    pub(in super::super) fn to_json(&self) -> Json<'a> {
        match self {
            Self::Node(json) => (*json).clone(),
            Self::Made(json) => json.clone(),
            Self::Number(number) => Json::Number(Cow::Owned(number.to_string())),
            Self::Moment(text, _) => Json::Text(text.clone()),
        }
    }
}
