//! Work groups: who runs queries together, where their results go and how much they may use. What is stored is the Athena
//! API's JSON of a work group, so that it is given back as it came.

mod configuration;

use std::collections::BTreeMap;

use catalog::local::{Document, LocalCatalog};
use catalog::table::{EpochSeconds, now};
use catalog::{Error, ErrorKind, Page, PageRequest, Result};
use serde::{Deserialize, Serialize};

pub use configuration::{
    AclConfiguration, Configuration, EncryptionConfiguration, EngineVersion, ManagedResults, ResultConfiguration,
};

/// The work group of whoever names none. It is always there.
pub const PRIMARY: &str = "primary";

/// Where the results of `primary` go on an embedded lake unless it is given another place.
pub const EMBEDDED_RESULTS: &str = "s3://civetta-results/";

/// The tag of a work group that says how many of its queries run at once; the others wait. Athena has such a quota for an
/// account and no member for it, so that a tag carries ours through unchanged clients.
pub const CONCURRENCY_TAG: &str = "civetta:max-concurrent-queries";

/// A work group, as stored and as `GetWorkGroup` shows it, except for the tags. Its name is kept with its case.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct WorkGroup {
    pub name: String,
    pub state: WorkGroupState,
    pub configuration: Configuration,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    pub creation_time: EpochSeconds,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub tags: BTreeMap<String, String>,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum WorkGroupState {
    #[default]
    Enabled,
    /// Refuses new queries.
    Disabled,
}

impl Document for WorkGroup {
    const KIND: &'static str = "work_group";
    const WHAT: &'static str = "work group";
    const MISSING: ErrorKind = ErrorKind::WorkGroupNotFound;

    fn key(&self) -> String {
        self.name.clone()
    }
}

impl WorkGroup {
    pub fn new(name: impl Into<String>, configuration: Configuration) -> Self {
        Self {
            name: name.into(),
            state: WorkGroupState::default(),
            configuration,
            description: None,
            creation_time: now(),
            tags: BTreeMap::new(),
        }
    }

    pub fn is_enabled(&self) -> bool {
        self.state == WorkGroupState::Enabled
    }

    /// How many of its queries may run at once; `None` is no limit of its own.
    pub fn concurrency(&self) -> Option<usize> {
        self.tags.get(CONCURRENCY_TAG).and_then(|count| count.parse().ok()).filter(|count| *count > 0)
    }

    /// Errors: `InvalidInput` for a member of its tags or configuration that cannot be right, `NotSupported` for one that is not
    /// done.
    fn check(&mut self, embedded: bool) -> Result<()> {
        if let Some(count) = self.tags.get(CONCURRENCY_TAG)
            && self.concurrency().is_none()
        {
            return Err(Error::invalid(format!("the tag {CONCURRENCY_TAG} is '{count}', it must be a number of at least 1")));
        }
        self.configuration.check(embedded)
    }
}

/// The work groups of a catalog.
#[derive(Debug, Clone)]
pub struct WorkGroups {
    home: LocalCatalog,
    embedded: bool,
}

impl WorkGroups {
    /// `embedded` says that `s3://` is the embedded lake.
    pub fn new(home: LocalCatalog, embedded: bool) -> Self {
        Self { home, embedded }
    }

    /// Errors: `WorkGroupNotFound`.
    pub async fn get(&self, name: &str) -> Result<WorkGroup> {
        match self.home.document(name).await {
            Err(error) if error.kind() == ErrorKind::WorkGroupNotFound && name == PRIMARY => self.create_primary().await,
            found => found,
        }
        .map(|group| self.with_results(group))
    }

    /// In the byte order of their names.
    pub async fn list(&self, page: PageRequest) -> Result<Page<WorkGroup>> {
        self.get(PRIMARY).await?;
        let page = self.home.documents("", page).await?;
        Ok(Page { items: page.items.into_iter().map(|group| self.with_results(group)).collect(), next: page.next })
    }

    /// Errors: `AlreadyExists`, and `InvalidInput` or `NotSupported` for its configuration.
    pub async fn create(&self, mut group: WorkGroup) -> Result<()> {
        group.check(self.embedded)?;
        self.get(PRIMARY).await?;
        self.home.create_document(&group).await
    }

    /// Errors: `WorkGroupNotFound`, those of `change`, and as [`Self::create`] for what it makes of the configuration.
    pub async fn update<F>(&self, name: &str, change: F) -> Result<WorkGroup>
    where
        F: FnOnce(&mut WorkGroup) -> Result<()> + Send + 'static,
    {
        self.get(name).await?;
        let embedded = self.embedded;
        let changed = self.home.change_document(name, move |group: &mut WorkGroup| {
            change(group)?;
            group.check(embedded)
        });
        Ok(self.with_results(changed.await?))
    }

    /// Deletes the work group alone, not what belongs to it.
    ///
    /// Errors: `WorkGroupNotFound`, and `InvalidInput` for `primary`.
    pub async fn delete(&self, name: &str) -> Result<()> {
        if name == PRIMARY {
            return Err(Error::invalid("the primary work group cannot be deleted"));
        }
        self.home.delete_document::<WorkGroup>(name).await
    }

    async fn create_primary(&self) -> Result<WorkGroup> {
        let configuration = Configuration { enforce_work_group_configuration: false, ..Configuration::default() };
        let created = self.home.create_document(&WorkGroup::new(PRIMARY, configuration)).await;
        match created {
            // Somebody else was first.
            Err(error) if error.kind() != ErrorKind::AlreadyExists => Err(error),
            _ => self.home.document(PRIMARY).await,
        }
    }

    /// The results of `primary` have a place on an embedded lake. It is not stored, because the lake may be another one later.
    fn with_results(&self, mut group: WorkGroup) -> WorkGroup {
        if self.embedded && group.name == PRIMARY {
            group.configuration.result_configuration.output_location.get_or_insert_with(|| EMBEDDED_RESULTS.to_owned());
        }
        group
    }
}

#[cfg(test)]
mod tests;
