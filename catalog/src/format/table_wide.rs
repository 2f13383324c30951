//! Parameters of a table that change what is read whatever its format is.

use crate::error::{Error, Result};
use crate::table::{Parameters, Table};

/// Refuses what a query over the table would have to honour and cannot: client-side encryption, Hive's transactions. The engine calls it before it scans.
///
/// Errors: `NotSupported` with the parameter's name.
pub fn refuse_unsupported(table: &Table) -> Result<()> {
    let is_true = |key: &str| table.parameter(key).is_some_and(|value| value.trim().eq_ignore_ascii_case("true"));
    if is_true("has_encrypted_data") {
        return Err(Error::not_supported("client-side encrypted data ('has_encrypted_data') is not supported"));
    }
    if is_true("transactional") {
        return Err(Error::not_supported("Hive's transactional tables ('transactional') are not supported"));
    }
    Ok(())
}

/// The globs of the parameter `exclusions` of a table or partition, which Glue's crawler writes as a JSON array of strings. Objects that match one
/// are no data of the table. Athena ignores them; Civetta owns both sides and honours them (glue.md, P6).
///
/// Errors: `InvalidInput` when it is not such an array: reading too much silently would be worse.
pub fn exclusions(parameters: Option<&Parameters>) -> Result<Vec<String>> {
    match parameters.and_then(|parameters| parameters.get("exclusions")).map(|text| text.trim()) {
        None | Some("") => Ok(Vec::new()),
        Some(text) => serde_json::from_str(text).map_err(|error| {
            Error::invalid(format!("parameter 'exclusions' is '{text}': expected a JSON array of globs")).caused_by(error)
        }),
    }
}
