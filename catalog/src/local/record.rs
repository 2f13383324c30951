//! The stored form of what the embedded catalog keeps: the Glue API's JSON, as text.

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::error::{Error, ErrorKind, Result};

pub(super) fn write<T: Serialize>(thing: &T) -> Result<String> {
    serde_json::to_string(thing)
        .map_err(|error| Error::new(ErrorKind::Internal, format!("cannot write a catalog record: {error}")).caused_by(error))
}

pub(super) fn read<T: DeserializeOwned>(text: &str) -> Result<T> {
    serde_json::from_str(text).map_err(|error| {
        Error::new(ErrorKind::Internal, format!("the catalog holds a record that cannot be read: {error}")).caused_by(error)
    })
}
