//! Triggers that start crawlers: on demand, or by a schedule, which the server's scheduler runs. Triggers of jobs, and those that wait
//! for other runs or for events, are refused by name.

use std::collections::BTreeMap;

use catalog::crawl::schedule::Expression;
use catalog::local::LocalCatalog;
use catalog::{ErrorKind, Page, Result};
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::error::{Outcome, about, invalid, violated};
use super::page::{Paging, part};
use super::records::{self, Trigger, checked_name, text};
use super::request::Named;
use super::{Glue, crawlers, page, tags};
use crate::scheduler::{SHORTEST, Timed};

/// What CreateTrigger and UpdateTrigger say about one. What is absent stays as it is.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Definition {
    description: Option<String>,
    schedule: Option<String>,
    actions: Option<Vec<Map<String, Value>>>,
    predicate: Option<Map<String, Value>>,
    event_batching_condition: Option<Map<String, Value>>,
    workflow_name: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Create {
    name: String,
    r#type: String,
    #[serde(flatten)]
    definition: Definition,
    #[serde(default)]
    start_on_creation: bool,
    #[serde(default)]
    tags: BTreeMap<String, String>,
}

impl Definition {
    /// Changes the trigger to what is said.
    async fn apply(self, glue: Glue<'_>, trigger: &mut Map<String, Value>) -> Outcome<()> {
        let refused = [
            ("Predicate", self.predicate.is_some_and(|of| !of.is_empty())),
            ("EventBatchingCondition", self.event_batching_condition.is_some()),
            ("WorkflowName", self.workflow_name.is_some_and(|of| !of.is_empty())),
        ];
        if let Some((member, _)) = refused.into_iter().find(|(_, given)| *given) {
            return Err(invalid(format!("{member} of a trigger is not supported by Civetta")));
        }
        if let Some(actions) = self.actions {
            check_actions(glue, &actions).await?;
            trigger.insert("Actions".to_owned(), json!(actions));
        }
        if let Some(description) = self.description {
            trigger.insert("Description".to_owned(), json!(description));
        }
        let scheduled = text(trigger, "Type") == Some("SCHEDULED");
        match self.schedule.filter(|text| !text.is_empty()) {
            Some(schedule) if scheduled => {
                // A rate needs to know its last run, and triggers have no history.
                if !matches!(Expression::parse(&schedule, SHORTEST)?, Expression::Cron(_)) {
                    return Err(invalid(format!("Schedule '{schedule}' of a trigger is not cron(...)")));
                }
                trigger.insert("Schedule".to_owned(), json!(schedule));
            }
            Some(_) => return Err(invalid("Schedule is for triggers of type SCHEDULED")),
            None if scheduled && !trigger.contains_key("Schedule") => {
                return Err(invalid("a trigger of type SCHEDULED needs a Schedule"));
            }
            None => {}
        }
        Ok(())
    }
}

/// Each starts a crawler that is there, and that the caller could start.
async fn check_actions(glue: Glue<'_>, actions: &[Map<String, Value>]) -> Outcome<()> {
    if actions.is_empty() {
        return Err(invalid("a trigger needs at least one action"));
    }
    for action in actions {
        let Some(crawler) = text(action, "CrawlerName") else {
            return Err(invalid("actions other than crawlers are not supported by Civetta: it runs no jobs"));
        };
        if action.contains_key("JobName") {
            return Err(invalid("Both JobName and CrawlerName cannot be set together in an action"));
        }
        crawlers::usable(glue, crawler).await?;
    }
    Ok(())
}

fn crawlers_of(trigger: &Trigger) -> Vec<String> {
    let actions = trigger.0.get("Actions").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    actions.iter().filter_map(|action| action.get("CrawlerName")?.as_str().map(str::to_owned)).collect()
}

pub(super) async fn create(glue: Glue<'_>, request: Create) -> Outcome {
    let Create { name, r#type, definition, start_on_creation, tags } = request;
    checked_name(&name)?;
    match r#type.as_str() {
        "SCHEDULED" | "ON_DEMAND" => {}
        "CONDITIONAL" | "EVENT" => return Err(invalid(format!("triggers of type {type} are not supported by Civetta"))),
        other => return Err(invalid(format!("Type {other} is none of SCHEDULED, CONDITIONAL, ON_DEMAND, EVENT"))),
    }
    if definition.actions.is_none() {
        return Err(violated("null", "Actions", "Member must not be null"));
    }
    if start_on_creation && r#type == "ON_DEMAND" {
        return Err(invalid("StartOnCreation is not for triggers of type ON_DEMAND"));
    }
    let state = if start_on_creation { "ACTIVATED" } else { "CREATED" };
    let mut trigger = Map::new();
    trigger.insert("Name".to_owned(), json!(name));
    trigger.insert("Type".to_owned(), json!(r#type));
    trigger.insert("State".to_owned(), json!(state));
    definition.apply(glue, &mut trigger).await?;
    glue.home().create_document(&Trigger(trigger)).await.map_err(|error| about("Trigger", &name, error))?;
    tags::begin(glue, "trigger", &name, tags).await?;
    Ok(json!({ "Name": name }))
}

async fn find(glue: Glue<'_>, name: &str) -> Outcome<Trigger> {
    glue.home().document(name).await.map_err(|error| about("Trigger", name, error))
}

/// Whether the caller sees the trigger: that is, all of its crawlers.
async fn is_seen(glue: Glue<'_>, trigger: &Trigger) -> Outcome<bool> {
    if glue.caller.rights.is_of_the_account() {
        return Ok(true);
    }
    for crawler in crawlers_of(trigger) {
        if !crawlers::seen(glue, &crawler).await? {
            return Ok(false);
        }
    }
    Ok(true)
}

/// The trigger of this name, all of whose crawlers the caller may start. A crawler that is gone is nobody's.
pub(super) async fn usable(glue: Glue<'_>, name: &str) -> Outcome<Trigger> {
    let trigger = find(glue, name).await?;
    for crawler in crawlers_of(&trigger) {
        match glue.home().crawler(&crawler).await {
            Err(error) if error.kind() == ErrorKind::EntityNotFound => {}
            _ => drop(crawlers::usable(glue, &crawler).await?),
        }
    }
    Ok(trigger)
}

pub(super) async fn get(glue: Glue<'_>, request: Named) -> Outcome {
    Ok(json!({ "Trigger": usable(glue, &request.name).await? }))
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct List {
    dependent_job_name: Option<String>,
    #[serde(default)]
    tags: BTreeMap<String, String>,
    #[serde(flatten)]
    paging: Paging,
}

impl List {
    /// The triggers that are meant. None depends on a job.
    async fn found(self, glue: Glue<'_>) -> Outcome<Page<Trigger>> {
        let mut items = Vec::new();
        if self.dependent_job_name.is_none() {
            for trigger in records::all::<Trigger>(glue.home(), "").await? {
                if !is_seen(glue, &trigger).await? {
                    continue;
                }
                let name = text(&trigger.0, "Name").unwrap_or_default();
                let tagged = if self.tags.is_empty() { BTreeMap::new() } else { tags::of(glue, "trigger", name).await? };
                if self.tags.iter().all(|(key, value)| tagged.get(key) == Some(value)) {
                    items.push(trigger);
                }
            }
        }
        part(items, self.paging, 200)
    }
}

pub(super) async fn list(glue: Glue<'_>, request: List) -> Outcome {
    page::answer("Triggers", request.found(glue).await?)
}

pub(super) async fn names(glue: Glue<'_>, request: List) -> Outcome {
    let Page { items, next } = request.found(glue).await?;
    let items = items.iter().filter_map(|trigger| text(&trigger.0, "Name").map(str::to_owned)).collect();
    page::answer("TriggerNames", Page::<String> { items, next })
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Many {
    trigger_names: Vec<String>,
}

pub(super) async fn get_many(glue: Glue<'_>, request: Many) -> Outcome {
    let (mut found, mut missing) = (Vec::new(), Vec::new());
    for name in request.trigger_names {
        match records::find::<Trigger>(glue.home(), &name).await? {
            Some(trigger) if is_seen(glue, &trigger).await? => found.push(trigger),
            _ => missing.push(name),
        }
    }
    Ok(json!({ "Triggers": found, "TriggersNotFound": missing }))
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Update {
    name: String,
    trigger_update: Definition,
}

pub(super) async fn update(glue: Glue<'_>, request: Update) -> Outcome {
    let mut trigger = usable(glue, &request.name).await?;
    request.trigger_update.apply(glue, &mut trigger.0).await?;
    glue.home().put_document(&trigger).await?;
    Ok(json!({ "Trigger": trigger }))
}

/// As in Glue, deleting one that is not there succeeds.
pub(super) async fn delete(glue: Glue<'_>, request: Named) -> Outcome {
    if records::find::<Trigger>(glue.home(), &request.name).await?.is_some() {
        usable(glue, &request.name).await?;
        glue.home().delete_document::<Trigger>(&request.name).await?;
        tags::end(glue, "trigger", &request.name).await?;
    }
    Ok(json!({ "Name": request.name }))
}

/// An on-demand trigger starts its crawlers now, a scheduled one from now on when they are due.
pub(super) async fn start(glue: Glue<'_>, request: Named) -> Outcome {
    let trigger = usable(glue, &request.name).await?;
    if text(&trigger.0, "Type") == Some("SCHEDULED") {
        set_state(glue, trigger, "ACTIVATED").await?;
    } else {
        for crawler in crawlers_of(&trigger) {
            crawlers::begin(glue, &crawler).await?;
        }
    }
    Ok(json!({ "Name": request.name }))
}

pub(super) async fn stop(glue: Glue<'_>, request: Named) -> Outcome {
    let trigger = usable(glue, &request.name).await?;
    if text(&trigger.0, "Type") == Some("SCHEDULED") {
        set_state(glue, trigger, "DEACTIVATED").await?;
    }
    Ok(json!({ "Name": request.name }))
}

async fn set_state(glue: Glue<'_>, mut trigger: Trigger, state: &str) -> Outcome<()> {
    trigger.0.insert("State".to_owned(), json!(state));
    Ok(glue.home().put_document(&trigger).await?)
}

/// The scheduled triggers that are on, for the scheduler.
pub(crate) async fn timed(home: &LocalCatalog) -> Result<Vec<Timed>> {
    let on = |trigger: &Trigger| text(&trigger.0, "Type") == Some("SCHEDULED") && text(&trigger.0, "State") == Some("ACTIVATED");
    let timed = |trigger: Trigger| {
        let name = text(&trigger.0, "Name").unwrap_or_default();
        Timed::trigger(name, text(&trigger.0, "Schedule").unwrap_or_default(), crawlers_of(&trigger))
    };
    Ok(records::all::<Trigger>(home, "").await?.into_iter().filter(on).map(timed).collect())
}
