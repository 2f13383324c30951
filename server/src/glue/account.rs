//! What belongs to the whole account and to no database: connections with their passwords, policies, settings of security, definitions of
//! catalogs and classifiers. A key that is limited to databases or to places sees none of what tells of others' places or secrets, and
//! changes nothing of it.

use catalog::{Error, ErrorKind};

use super::error::Outcome;
use crate::aws::Rights;

/// Neither seen nor changed.
const HIDDEN: &[&str] = &[
    "Connection",
    "Connections",
    "EncryptionSettings",
    "ResourcePolicies",
    "ResourcePolicy",
    "SecurityConfiguration",
    "SecurityConfigurations",
];
/// Seen and not changed. Crawlers of every key may use classifiers.
const SHARED: &[&str] = &["Catalog", "Classifier"];

/// Errors: `AccessDenied` for an operation that the key has no part in.
pub(super) fn check(rights: &Rights, operation: &str) -> Outcome<()> {
    let is_about = |nouns: &[&str]| nouns.iter().any(|noun| operation.ends_with(noun));
    let denied = is_about(HIDDEN) || is_about(SHARED) && !operation.starts_with("Get");
    match denied && !rights.is_of_the_account() {
        true => Err(no_part(operation).into()),
        false => Ok(()),
    }
}

/// The refusal of what is about the account.
pub(super) fn no_part(what: &str) -> Error {
    let message = format!("{what} is about the whole account, and this access key is limited to databases or places");
    Error::new(ErrorKind::AccessDenied, message)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::super::operations::OPERATIONS;
    use super::*;

    #[test]
    fn limited_keys_have_a_part_in_what_belongs_to_databases_and_places() {
        let limited = Rights { databases: Some(BTreeSet::new()), ..Rights::default() };
        let denied: Vec<_> = OPERATIONS.iter().copied().filter(|operation| check(&limited, operation).is_err()).collect();
        for operation in ["GetConnection", "BatchDeleteConnection", "PutResourcePolicy", "CreateClassifier", "DeleteCatalog"] {
            assert!(denied.contains(&operation), "{operation}");
        }
        for operation in ["GetClassifiers", "GetCatalog", "GetCatalogImportStatus", "GetTables", "CreateCrawler", "TagResource"] {
            assert!(!denied.contains(&operation), "{operation}");
        }
        let reader = Rights { read_only: true, ..Rights::default() };
        assert!(OPERATIONS.iter().all(|operation| check(&reader, operation).is_ok()));
    }
}
