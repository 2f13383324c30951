//! Work groups.

use std::collections::BTreeMap;

use catalog::PageRequest;
use catalog::storage::Location;
use engine::PreparedStatement;
use engine::work_group::{
    AclConfiguration, Configuration, EncryptionConfiguration, EngineVersion, ManagedResults, WorkGroup, WorkGroupState,
};
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::named_query::NamedQuery;
use super::{asked, invalid, nothing, page, refused, value, work_groups};
use crate::aws::{Caller, Failure, Reply, read};
use crate::serve::Shared;

/// What Athena says of a work group that is not there.
pub(super) const MISSING: &str = "WorkGroup is not found.";

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Tag {
    pub(super) key: String,
    #[serde(default)]
    pub(super) value: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Create {
    name: String,
    configuration: Option<Configuration>,
    description: Option<String>,
    #[serde(default)]
    tags: Vec<Tag>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Named {
    work_group: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Listing {
    max_results: Option<i64>,
    next_token: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Delete {
    work_group: String,
    #[serde(default)]
    recursive_delete_option: bool,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Update {
    work_group: String,
    description: Option<String>,
    state: Option<WorkGroupState>,
    #[serde(default)]
    configuration_updates: Updates,
}

/// Athena's `WorkGroupConfigurationUpdates`: what is absent stays as it is.
#[derive(Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct Updates {
    enforce_work_group_configuration: Option<bool>,
    result_configuration_updates: ResultUpdates,
    managed_query_results_configuration_updates: Option<ManagedResults>,
    publish_cloud_watch_metrics_enabled: Option<bool>,
    bytes_scanned_cutoff_per_query: Option<i64>,
    remove_bytes_scanned_cutoff_per_query: bool,
    requester_pays_enabled: Option<bool>,
    engine_version: Option<EngineVersion>,
    enable_minimum_encryption_configuration: Option<bool>,
    /// What else there is: the configuration refuses what it does not do.
    #[serde(flatten)]
    other: Map<String, Value>,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct ResultUpdates {
    output_location: Option<String>,
    remove_output_location: bool,
    encryption_configuration: Option<EncryptionConfiguration>,
    remove_encryption_configuration: bool,
    expected_bucket_owner: Option<String>,
    remove_expected_bucket_owner: bool,
    acl_configuration: Option<AclConfiguration>,
    remove_acl_configuration: bool,
}

/// The caller may use this work group.
pub(super) fn allowed(caller: &Caller, name: &str) -> Result<(), Failure> {
    caller.rights.work_group(name).map_err(|error| refused(error, MISSING))
}

/// The caller may change it.
pub(super) fn changeable(caller: &Caller, name: &str) -> Result<(), Failure> {
    caller.rights.write().map_err(|error| refused(error, MISSING))?;
    allowed(caller, name)
}

/// The caller may have results written there, which is done with the server's rights. What is no location is refused elsewhere.
fn may_write(caller: &Caller, output: Option<&str>) -> Result<(), Failure> {
    match output.map(Location::parse) {
        Some(Ok(at)) => caller.rights.location(&at).map_err(|error| refused(error, MISSING)),
        _ => Ok(()),
    }
}

pub(super) async fn create(shared: &Shared, caller: &Caller, body: Value) -> Reply {
    let Create { name, configuration, description, tags } = read(body)?;
    changeable(caller, &name)?;
    may_write(caller, configuration.as_ref().and_then(Configuration::output_location))?;
    let of_name = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-');
    if name.is_empty() || name.len() > 128 || !name.chars().all(of_name) {
        return Err(invalid(format!("'{name}' cannot be a work group: a name has 1 to 128 of a-z, A-Z, 0-9, '.', '_', '-'")));
    }
    let mut group = WorkGroup::new(&name, configuration.unwrap_or_default());
    group.description = description;
    group.tags = tags.into_iter().map(|tag| (tag.key, tag.value)).collect::<BTreeMap<_, _>>();
    work_groups(shared).create(group).await.map_err(|error| match error.kind() {
        catalog::ErrorKind::AlreadyExists => invalid("WorkGroup is already created"),
        _ => refused(error, MISSING),
    })?;
    nothing()
}

pub(super) async fn get(shared: &Shared, caller: &Caller, body: Value) -> Reply {
    let Named { work_group } = read(body)?;
    allowed(caller, &work_group)?;
    let mut group = work_groups(shared).get(&work_group).await.map_err(|error| refused(error, MISSING))?;
    group.tags.clear();
    Ok(json!({"WorkGroup": value(&group)?}))
}

pub(super) async fn list(shared: &Shared, caller: &Caller, body: Value) -> Reply {
    let Listing { max_results, next_token } = read(body)?;
    let found = work_groups(shared).list(asked(max_results, next_token)?).await.map_err(|error| refused(error, MISSING))?;
    let seen = found.items.into_iter().filter(|group| caller.rights.work_group(&group.name).is_ok());
    let summary = |group: WorkGroup| {
        let mut summary = json!({
            "Name": group.name,
            "State": value(&group.state)?,
            "CreationTime": group.creation_time,
            "EngineVersion": value(&group.configuration.engine_version)?,
        });
        if let Some(description) = group.description {
            summary["Description"] = json!(description);
        }
        Ok(summary)
    };
    page("WorkGroups", seen.map(summary).collect::<Result<_, Failure>>()?, found.next)
}

pub(super) async fn update(shared: &Shared, caller: &Caller, body: Value) -> Reply {
    let Update { work_group, description, state, configuration_updates } = read(body)?;
    changeable(caller, &work_group)?;
    may_write(caller, configuration_updates.result_configuration_updates.output_location.as_deref())?;
    let change = move |group: &mut WorkGroup| {
        group.state = state.unwrap_or(group.state);
        if description.is_some() {
            group.description = description;
        }
        configuration_updates.apply(&mut group.configuration);
        Ok(())
    };
    work_groups(shared).update(&work_group, change).await.map_err(|error| refused(error, MISSING))?;
    nothing()
}

impl Updates {
    fn apply(self, to: &mut Configuration) {
        let set = |now: &mut bool, wanted: Option<bool>| *now = wanted.unwrap_or(*now);
        set(&mut to.enforce_work_group_configuration, self.enforce_work_group_configuration);
        set(&mut to.publish_cloud_watch_metrics_enabled, self.publish_cloud_watch_metrics_enabled);
        set(&mut to.requester_pays_enabled, self.requester_pays_enabled);
        set(&mut to.enable_minimum_encryption_configuration, self.enable_minimum_encryption_configuration);
        change(
            &mut to.bytes_scanned_cutoff_per_query,
            self.bytes_scanned_cutoff_per_query,
            self.remove_bytes_scanned_cutoff_per_query,
        );
        change(&mut to.managed_query_results_configuration, self.managed_query_results_configuration_updates, false);
        if let Some(engine) = self.engine_version {
            to.engine_version = engine;
        }
        to.other = self.other;
        let (from, to) = (self.result_configuration_updates, &mut to.result_configuration);
        change(&mut to.output_location, from.output_location, from.remove_output_location);
        change(&mut to.encryption_configuration, from.encryption_configuration, from.remove_encryption_configuration);
        change(&mut to.expected_bucket_owner, from.expected_bucket_owner, from.remove_expected_bucket_owner);
        change(&mut to.acl_configuration, from.acl_configuration, from.remove_acl_configuration);
    }
}

fn change<T>(now: &mut Option<T>, wanted: Option<T>, remove: bool) {
    if remove {
        *now = None;
    } else if wanted.is_some() {
        *now = wanted;
    }
}

/// Deletes it; with `RecursiveDeleteOption` what belongs to it too, without it only one to which nothing belongs.
pub(super) async fn delete(shared: &Shared, caller: &Caller, body: Value) -> Reply {
    let Delete { work_group, recursive_delete_option } = read(body)?;
    changeable(caller, &work_group)?;
    let groups = work_groups(shared);
    groups.get(&work_group).await.map_err(|error| refused(error, MISSING))?;
    let home = &shared.server.home;
    let prefix = PreparedStatement::key_of(&work_group, "");
    let one = PageRequest { limit: Some(1), token: None };
    let prepared = home.documents::<PreparedStatement>(&prefix, one).await.map_err(|error| refused(error, MISSING))?;
    let named = NamedQuery::of_work_group(shared, &work_group).await?;
    let executions = shared.server.queries.list(&work_group, PageRequest { limit: Some(1), token: None }).await;
    let executions = executions.map_err(|error| refused(error, MISSING))?;
    let holds_something = !prepared.items.is_empty() || !named.is_empty() || !executions.items.is_empty();
    if holds_something && !recursive_delete_option {
        return Err(invalid(format!("WorkGroup {work_group} is not empty")));
    }
    groups.delete(&work_group).await.map_err(|error| refused(error, MISSING))?;
    home.delete_documents::<PreparedStatement>(&prefix).await.map_err(|error| refused(error, MISSING))?;
    shared.server.queries.forget(&work_group).await.map_err(|error| refused(error, MISSING))?;
    for query in named {
        home.delete_document::<NamedQuery>(&query.named_query_id).await.map_err(|error| refused(error, MISSING))?;
    }
    nothing()
}

pub(super) fn engines(body: Value) -> Reply {
    let Listing { max_results, next_token } = read(body)?;
    asked(max_results.map(|most| most.min(10)), next_token)?;
    Ok(json!({"EngineVersions": EngineVersion::all().iter().map(value).collect::<Result<Vec<_>, _>>()?}))
}
