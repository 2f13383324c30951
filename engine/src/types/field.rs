//! The length of a table's varchar, which Arrow's type has no place for: it stands in the metadata of the scan's field. DataFusion
//! carries that through columns, filters, joins and sorts and drops it where values are made anew.

use std::collections::HashMap;

use arrow::datatypes::Field;
use catalog::{Result, hive_type};

use super::Type;

/// The key under which a field's type stands as it was declared: `varchar(10)`.
pub(crate) const LENGTH: &str = "civetta.length";

impl Type {
    /// The type of a field's values, with the length of a varchar where it is known.
    ///
    /// Errors: as [`Type::of`].
    pub fn of_field(field: &Field) -> Result<Self> {
        let r#type = Self::of(field.data_type())?;
        let declared = field.metadata().get(LENGTH).and_then(|declared| Self::parse(declared).ok());
        Ok(match (&r#type, declared) {
            (Self::Varchar(None), Some(declared @ Self::Varchar(_))) => declared,
            _ => r#type,
        })
    }
}

/// The type of a catalog's column. Of `char(n)` the scan makes a varchar without the blanks at the end, as its length says.
///
/// Errors: `InvalidInput` for a text that is no Hive type.
pub(crate) fn of_hive(text: &str) -> Result<Type> {
    Type::of_field(&with_length(Field::new("", hive_type::parse(text)?, true), text))
}

/// The field of a column of the type `hive_type`, with its length where it has one.
pub(crate) fn with_length(field: Field, hive_type: &str) -> Field {
    let declared = hive_type.trim().to_ascii_lowercase();
    if declared.starts_with("varchar(") || declared.starts_with("char(") {
        return field.with_metadata(HashMap::from([(LENGTH.to_string(), declared)]));
    }
    field
}
