//! Names for the tables of a crawl, given what the catalog has.

use std::collections::BTreeSet;

use super::found::Found;
use super::request::Request;
use super::table_name::{self, Holder};
use crate::catalog::Catalog;
use crate::error::{Error, ErrorKind, Result};
use crate::storage::Location;
use crate::table::Table;

/// Gives each table a name, and looks up what the catalog has of that name.
pub(super) struct Namer<'a> {
    pub(super) request: &'a Request,
    pub(super) catalog: &'a dyn Catalog,
    /// Names given to other tables of this crawl.
    pub(super) taken: BTreeSet<String>,
    /// Whether the database is there.
    pub(super) exists: bool,
}

impl Namer<'_> {
    /// The table's name, and the table that the catalog has for its location.
    ///
    /// Errors: `AlreadyExists` when the name was asked for and belongs to another location; the catalog's.
    pub(super) async fn name(&mut self, found: &Found) -> Result<(String, Option<Table>)> {
        let location = found.location.to_string();
        let forced = self.request.table_name.as_deref().filter(|_| self.is_target(&found.location));
        let plain = table_name::plain(&self.request.table_prefix, forced.unwrap_or(&found.called));
        let of_plain = self.lookup(&plain).await?;
        if let (Some(name), Some(other)) =
            (forced, of_plain.as_ref().filter(|table| holder(Some(table), &location) == Holder::Other))
        {
            let at = other.storage_descriptor.as_ref().and_then(|sd| sd.location.as_deref()).unwrap_or("another location");
            return Err(Error::new(
                ErrorKind::AlreadyExists,
                format!("table '{}.{name}' exists and holds {at}; drop it or choose another name", self.request.database),
            ));
        }
        let suffixed = table_name::suffixed(&plain, &location);
        let of_suffixed =
            if holder(of_plain.as_ref(), &location) == Holder::Same { None } else { self.lookup(&suffixed).await? };
        let name = table_name::choose(&plain, &location, &self.taken, |asked| {
            holder(if asked == plain { of_plain.as_ref() } else { of_suffixed.as_ref() }, &location)
        });
        let old = if name == plain { of_plain } else { of_suffixed };
        self.taken.insert(name.clone());
        Ok((name, old))
    }

    fn is_target(&self, location: &Location) -> bool {
        self.request
            .targets
            .iter()
            .filter_map(|target| Location::parse(&target.path).ok())
            .any(|target| target.folder() == location.folder())
    }

    async fn lookup(&self, name: &str) -> Result<Option<Table>> {
        if !self.exists {
            return Ok(None);
        }
        match self.catalog.table(&self.request.database, name).await {
            Ok(table) => Ok(Some(table)),
            Err(error) if error.kind() == ErrorKind::TableNotFound => Ok(None),
            Err(error) => Err(error),
        }
    }
}

/// Whether a table is the one for a location.
pub(super) fn holder(table: Option<&Table>, location: &str) -> Holder {
    let Some(table) = table else { return Holder::Nobody };
    let at = table.storage_descriptor.as_ref().and_then(|sd| sd.location.as_deref());
    if !table.is_view() && at.is_some_and(|at| at.trim_end_matches('/') == location.trim_end_matches('/')) {
        Holder::Same
    } else {
        Holder::Other
    }
}
