//! Casts to and from JSON ("JSON functions and operators": "Cast to JSON", "Cast from JSON").

mod from;
mod to;

pub(crate) use from::from_json;
pub(crate) use to::to_json;
