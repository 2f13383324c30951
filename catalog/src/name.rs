//! Names of databases, tables and columns as Glue keeps them.

use crate::error::{Error, Result};

/// What Glue allows a name to be long, in bytes (model: `NameString`, 1 to 255).
const LONGEST: usize = 255;

/// The folded name of a new thing, or why it cannot be one. `what` is "database", "table" or the like.
pub(crate) fn checked(what: &str, name: &str) -> Result<String> {
    if name.is_empty() {
        return Err(Error::invalid(format!("a {what} needs a name, it is empty")));
    }
    if name.len() > LONGEST {
        return Err(Error::invalid(format!("{what} name '{name}' has {} bytes, at most {LONGEST} are allowed", name.len())));
    }
    if let Some(character) = name.chars().find(|character| character.is_control()) {
        return Err(Error::invalid(format!("{what} name {name:?} holds the control character {character:?}")));
    }
    Ok(fold(name))
}

/// Folds a name as Glue does when it stores it ("For Hive compatibility, this is folded to lowercase").
pub fn fold(name: &str) -> String {
    name.to_lowercase()
}

#[cfg(test)]
mod tests {
    #[test]
    fn folds_beyond_ascii() {
        assert_eq!(super::fold("Straße_ÄÖ"), "straße_äö");
    }

    #[test]
    fn names_are_checked() {
        assert_eq!(super::checked("table", "Orders").unwrap(), "orders");
        for bad in ["", "a\nb", "a\0", &"x".repeat(256)] {
            assert!(super::checked("table", bad).is_err(), "{bad:?}");
        }
    }
}
