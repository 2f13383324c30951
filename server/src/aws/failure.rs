//! A refused operation as JSON 1.1 carries it: HTTP 400 with `{"__type": ..., "Message": ...}` and what members a service adds.

use std::borrow::Cow;

use serde_json::{Map, Value, json};

/// What an operation answers.
pub(crate) type Reply = Result<Value, Failure>;

/// The modelled error of a service.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Failure {
    /// 4xx; 5xx only for defects of ours, because clients repeat what failed with one.
    pub(crate) status: u16,
    /// The error's name in the service's model: `EntityNotFoundException`.
    pub(crate) name: Cow<'static, str>,
    pub(crate) message: String,
    /// Further members of the error's shape.
    pub(crate) members: Box<Map<String, Value>>,
}

impl Failure {
    /// HTTP 400 with this name and message.
    pub(crate) fn new(name: impl Into<Cow<'static, str>>, message: impl Into<String>) -> Self {
        Self { status: 400, name: name.into(), message: message.into(), members: Box::default() }
    }

    /// With one more member of the error's shape.
    pub(crate) fn with(mut self, member: &str, value: impl Into<Value>) -> Self {
        self.members.insert(member.to_owned(), value.into());
        self
    }

    /// The body of the answer.
    pub(crate) fn body(&self) -> Value {
        let mut body = Map::clone(&self.members);
        body.insert("__type".to_owned(), json!(self.name));
        body.insert("Message".to_owned(), json!(self.message));
        Value::Object(body)
    }
}
