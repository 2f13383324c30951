//! A request's body as a typed structure. Unknown members are ignored and `null` is absence, as AWS's own services have it.

use serde::de::DeserializeOwned;
use serde_json::Value;

use super::Failure;

/// The members of `body` as `T`; `null` members are dropped first.
///
/// Errors: `SerializationException` naming the member that has another type, as AWS answers it.
pub(crate) fn read<T: DeserializeOwned>(mut body: Value) -> Result<T, Failure> {
    drop_nulls(&mut body);
    serde_json::from_value(body).map_err(|error| Failure::new("SerializationException", error.to_string()))
}

/// Drops members that are null, at any depth.
pub(crate) fn drop_nulls(value: &mut Value) {
    match value {
        Value::Object(members) => {
            members.retain(|_, member| !member.is_null());
            members.values_mut().for_each(drop_nulls);
        }
        Value::Array(elements) => elements.iter_mut().for_each(drop_nulls),
        _ => {}
    }
}
