//! Values inside of batches, as Trino compares them: equality of three values, keys that are equal and ordered as the values
//! are, and the parts of lists and maps.

pub(crate) mod equality;
pub(crate) mod hash;
pub(crate) mod key;
pub(crate) mod list;
mod plain;

#[cfg(test)]
mod tests;

use arrow::array::ArrayRef;
use datafusion::common::Result;

/// The value at a place as an error names it: `NULL`, or as Athena prints it.
///
/// Errors: the array's type is no SQL type.
pub(crate) fn text(array: &ArrayRef, at: usize) -> Result<String> {
    let mut text = String::new();
    let one = array.slice(at, 1);
    let written = crate::text::Text::new(&one).map_err(crate::error::into_datafusion)?.write(0, &mut text);
    Ok(if written { text } else { "NULL".to_string() })
}
