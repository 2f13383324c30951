//! Names of databases, tables and columns as Glue keeps them.

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
}
