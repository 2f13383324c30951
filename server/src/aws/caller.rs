//! Who asks, and what that one may do. While there are no access keys it is somebody who may do everything.

use std::collections::BTreeSet;
use std::sync::Arc;

use catalog::storage::Location;
use catalog::{Error, ErrorKind, Result};
use uuid::Uuid;

use crate::keys::Holder;

/// The account that everything belongs to: Civetta has one, and clients want twelve digits.
pub(crate) const ACCOUNT: &str = "000000000000";

/// The sender of one request.
#[derive(Debug, Clone)]
pub(crate) struct Caller {
    /// In the answer's `x-amzn-RequestId`, in error bodies and in the access log.
    pub(crate) request_id: Uuid,
    /// The region that the request was signed for; `us-east-1` for an unsigned one.
    pub(crate) region: String,
    pub(crate) rights: Arc<Rights>,
    /// Whose credentials signed the request; `None` while there are no access keys.
    pub(crate) holder: Option<Holder>,
}

impl Caller {
    /// The name of what limits this caller's statements, if anything does.
    pub(crate) fn limits(&self) -> Option<String> {
        self.holder.as_ref().filter(|_| self.rights.is_limited()).map(|holder| holder.key.id.clone())
    }
}

#[cfg(test)]
impl Caller {
    /// Somebody who may do everything.
    pub(crate) fn anybody() -> Self {
        Self { request_id: Uuid::nil(), region: "eu-west-1".to_owned(), rights: Arc::default(), holder: None }
    }
}

/// What an access key may do; `None` is no limit.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Rights {
    pub(crate) databases: Option<BTreeSet<String>>,
    pub(crate) work_groups: Option<BTreeSet<String>>,
    /// Where objects may be read, and written unless `read_only`.
    pub(crate) roots: Option<Vec<Location>>,
    pub(crate) read_only: bool,
}

impl Rights {
    /// Whether there is any limit to what statements may do.
    pub(crate) fn is_limited(&self) -> bool {
        self.databases.is_some() || self.roots.is_some() || self.read_only
    }

    /// Whether it may use everything of the account, be it only to read.
    pub(crate) fn is_of_the_account(&self) -> bool {
        self.databases.is_none() && self.roots.is_none()
    }

    /// Errors: `AccessDenied` for a database that is not among this key's.
    pub(crate) fn database(&self, name: &str) -> Result<()> {
        Self::among("database", self.databases.as_ref(), name)
    }

    /// Errors: `AccessDenied` for a work group that is not among this key's.
    pub(crate) fn work_group(&self, name: &str) -> Result<()> {
        Self::among("work group", self.work_groups.as_ref(), name)
    }

    /// Errors: `AccessDenied` for what is under none of this key's roots.
    pub(crate) fn location(&self, at: &Location) -> Result<()> {
        match &self.roots {
            Some(roots) if !roots.iter().any(|root| root.covers(at)) => {
                Err(Error::new(ErrorKind::AccessDenied, format!("this access key may not use {at}")))
            }
            _ => Ok(()),
        }
    }

    /// Errors: `AccessDenied` when the key only reads.
    pub(crate) fn write(&self) -> Result<()> {
        match self.read_only {
            true => Err(Error::new(ErrorKind::AccessDenied, "this access key may only read")),
            false => Ok(()),
        }
    }

    fn among(what: &str, allowed: Option<&BTreeSet<String>>, name: &str) -> Result<()> {
        match allowed {
            Some(allowed) if !allowed.contains(name) => {
                Err(Error::new(ErrorKind::AccessDenied, format!("this access key may not use the {what} '{name}'")))
            }
            _ => Ok(()),
        }
    }
}
