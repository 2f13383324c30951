//! Values inside of batches, as Trino compares them: equality of three values, keys that are equal and ordered as the values
//! are, and the parts of lists and maps.

pub(crate) mod equality;
pub(crate) mod key;
pub(crate) mod list;
mod plain;

#[cfg(test)]
mod tests;
