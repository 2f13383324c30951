//! Property lists: `('key' = 'value', …)`, of tables, databases and SerDes.

use catalog::table::Parameters;
use catalog::{ErrorKind, Result};

use crate::cursor::Cursor;

/// A list in brackets. Values are strings, or numbers, which are kept as written; a key stands only once.
pub(super) fn list(cursor: &mut Cursor<'_>) -> Result<Parameters> {
    let mut properties = Parameters::new();
    cursor.list(|cursor| {
        let start = cursor.offset();
        let key = cursor.string()?;
        cursor.expect_symbol("=")?;
        let value = match cursor.accept_number() {
            Some(number) => number,
            None => cursor.string()?,
        };
        if properties.contains_key(&key) {
            return Err(cursor.error_at(start, ErrorKind::InvalidInput, format!("property '{key}' is given twice")));
        }
        properties.insert(key, value);
        Ok(())
    })?;
    Ok(properties)
}
