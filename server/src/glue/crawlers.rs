//! Crawlers: their definitions, starting and stopping them, what they did so far.

use std::collections::BTreeMap;

use catalog::crawl::Request;
use catalog::crawler::{Crawl, CrawlState, Crawler, CrawlerTargets, RecrawlPolicy, SchemaChangePolicy};
use catalog::storage::Location;
use catalog::table::now;
use catalog::{Error, ErrorKind, Page, PageRequest, name};
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::error::{Outcome, Refusal, about, failure, invalid, violated};
use super::page::Paging;
use super::request::Named;
use super::tables::at_most;
use super::{Glue, page, schedules, tags};

/// What CreateCrawler and UpdateCrawler say about a crawler. What is absent stays as it is.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Definition {
    name: String,
    role: Option<String>,
    database_name: Option<String>,
    description: Option<String>,
    targets: Option<CrawlerTargets>,
    schedule: Option<String>,
    classifiers: Option<Vec<String>>,
    table_prefix: Option<String>,
    schema_change_policy: Option<SchemaChangePolicy>,
    recrawl_policy: Option<RecrawlPolicy>,
    lineage_configuration: Option<Map<String, Value>>,
    lake_formation_configuration: Option<Map<String, Value>>,
    configuration: Option<String>,
    crawler_security_configuration: Option<String>,
    #[serde(default)]
    tags: BTreeMap<String, String>,
}

impl Definition {
    /// Changes the crawler to what is said.
    fn apply(self, crawler: &mut Crawler) -> Outcome<()> {
        if self.lineage_configuration.as_ref().and_then(|of| of.get("CrawlerLineageSettings")) == Some(&json!("ENABLE")) {
            return Err(invalid("CrawlerLineageSettings ENABLE is not supported by Civetta"));
        }
        if self.lake_formation_configuration.as_ref().and_then(|of| of.get("UseLakeFormationCredentials")) == Some(&json!(true)) {
            return Err(invalid("UseLakeFormationCredentials is not supported by Civetta"));
        }
        let put = |kept: &mut Option<String>, given: Option<String>| {
            if let Some(given) = given {
                *kept = Some(given).filter(|text| !text.is_empty());
            }
        };
        put(&mut crawler.role, self.role.map(|role| role_name(&role)));
        put(&mut crawler.database_name, self.database_name.map(|database| name::fold(&database)));
        put(&mut crawler.description, self.description);
        put(&mut crawler.table_prefix, self.table_prefix);
        put(&mut crawler.configuration, self.configuration);
        if let Some(schedule) = self.schedule {
            crawler.schedule = schedules::read(&schedule)?;
        }
        crawler.targets = self.targets.unwrap_or(std::mem::take(&mut crawler.targets));
        crawler.classifiers = self.classifiers.unwrap_or(std::mem::take(&mut crawler.classifiers));
        crawler.schema_change_policy = self.schema_change_policy.unwrap_or(crawler.schema_change_policy);
        crawler.recrawl_policy = self.recrawl_policy.unwrap_or(crawler.recrawl_policy);
        let others = [
            ("LineageConfiguration", self.lineage_configuration.map(Value::Object)),
            ("LakeFormationConfiguration", self.lake_formation_configuration.map(Value::Object)),
            ("CrawlerSecurityConfiguration", self.crawler_security_configuration.map(Value::String)),
        ];
        for (member, value) in others {
            if let Some(value) = value {
                crawler.other.insert(member.to_owned(), value);
            }
        }
        Ok(())
    }
}

/// Glue gives back a role's name, with its path, and never its ARN.
fn role_name(role: &str) -> String {
    role.split_once(":role/").map_or(role, |(_, name)| name).to_owned()
}

/// Whether the crawler can be kept: what it says is understood, what it names is there, and the caller may go where it goes.
async fn check(glue: Glue<'_>, crawler: &Crawler) -> Outcome<()> {
    Request::check(crawler)?;
    if crawler.table_prefix.as_ref().is_some_and(|prefix| prefix.chars().count() > 128) {
        return Err(violated("", "TablePrefix", "Member must have length less than or equal to 128"));
    }
    may_run(glue, crawler)?;
    for classifier in &crawler.classifiers {
        glue.home().classifier(classifier).await.map_err(|error| about("Classifier", classifier, error))?;
    }
    Ok(())
}

/// Whether the caller could do what the crawler does, which runs with the rights of the server. One without a database writes into
/// whichever its targets are named after.
fn may_run(glue: Glue<'_>, crawler: &Crawler) -> Outcome<()> {
    let rights = &glue.caller.rights;
    rights.database(crawler.database_name.as_deref().map(name::fold).as_deref().unwrap_or_default())?;
    for target in &crawler.targets.s3 {
        rights.location(&Location::parse(&target.path)?)?;
    }
    Ok(())
}

/// The crawler of this name, which the caller may run, change or stop.
pub(super) async fn usable(glue: Glue<'_>, name: &str) -> Outcome<Crawler> {
    let crawler = find(glue, name).await?;
    may_run(glue, &crawler)?;
    Ok(crawler)
}

/// Whether the caller sees the crawler: who may not go where it goes is not told of it.
fn is_seen(glue: Glue<'_>, crawler: &Crawler) -> bool {
    glue.caller.rights.is_of_the_account() || may_run(glue, crawler).is_ok()
}

/// The same by its name; one that is gone is nobody's.
pub(super) async fn seen(glue: Glue<'_>, name: &str) -> Outcome<bool> {
    match glue.home().crawler(name).await {
        Ok(crawler) => Ok(is_seen(glue, &crawler)),
        Err(error) if error.kind() == ErrorKind::EntityNotFound => Ok(true),
        Err(error) => Err(error.into()),
    }
}

/// A page of those that the caller sees, which may be fewer than were asked for.
async fn page_seen(glue: Glue<'_>, request: PageRequest) -> Outcome<Page<Crawler>> {
    let Page { mut items, next } = glue.home().crawlers(request).await?;
    items.retain(|crawler| is_seen(glue, crawler));
    Ok(Page { items, next })
}

/// Members of S3 targets that would change what is done and are not followed.
fn refuse_members(body: &Value) -> Outcome<()> {
    let targets = body.pointer("/Targets/S3Targets").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    for member in ["ConnectionName", "EventQueueArn", "DlqEventQueueArn"] {
        if targets.iter().any(|target| target.get(member).and_then(Value::as_str).is_some_and(|text| !text.is_empty())) {
            return Err(invalid(format!("{member} of S3Targets is not supported by Civetta")));
        }
    }
    Ok(())
}

pub(super) async fn create(glue: Glue<'_>, body: Value) -> Outcome {
    refuse_members(&body)?;
    let mut definition: Definition = super::request::read(body)?;
    for (member, absent) in [("Role", definition.role.is_none()), ("Targets", definition.targets.is_none())] {
        if absent {
            return Err(violated("null", member, "Member must not be null"));
        }
    }
    let tags = std::mem::take(&mut definition.tags);
    let mut crawler = Crawler { name: definition.name.clone(), ..Crawler::default() };
    definition.apply(&mut crawler)?;
    check(glue, &crawler).await?;
    let name = crawler.name.clone();
    glue.home().create_crawler(crawler).await.map_err(|error| about("Crawler", &name, error))?;
    tags::begin(glue, "crawler", &name, tags).await?;
    Ok(json!({}))
}

pub(super) async fn update(glue: Glue<'_>, body: Value) -> Outcome {
    refuse_members(&body)?;
    let definition: Definition = super::request::read(body)?;
    let mut crawler = usable(glue, &definition.name).await?;
    let name = crawler.name.clone();
    definition.apply(&mut crawler)?;
    check(glue, &crawler).await?;
    glue.home().update_crawler(crawler).await.map_err(|error| running(&name, error))?;
    Ok(json!({}))
}

async fn find(glue: Glue<'_>, name: &str) -> Outcome<Crawler> {
    glue.home().crawler(name).await.map_err(|error| about("Crawler", name, error))
}

/// A running crawler is not changed.
fn running(name: &str, error: Error) -> Refusal {
    match error.kind() {
        ErrorKind::Busy => failure("CrawlerRunningException", format!("Crawler with name {name} is running")),
        _ => about("Crawler", name, error),
    }
}

pub(super) async fn delete(glue: Glue<'_>, request: Named) -> Outcome {
    usable(glue, &request.name).await?;
    glue.home().delete_crawler(&request.name).await.map_err(|error| running(&request.name, error))?;
    tags::end(glue, "crawler", &request.name).await?;
    Ok(json!({}))
}

pub(super) async fn start(glue: Glue<'_>, request: Named) -> Outcome {
    let crawler = find(glue, &request.name).await?;
    // The crawl does what the caller could not do alone otherwise.
    check(glue, &crawler).await?;
    begin(glue, &crawler.name).await?;
    Ok(json!({}))
}

/// Starts a run in this process.
pub(super) async fn begin(glue: Glue<'_>, name: &str) -> Outcome<()> {
    glue.shared.crawls.start(name).await.map_err(|error| match error.kind() {
        ErrorKind::Busy => failure("CrawlerRunningException", format!("Crawler with name {name} has already started")),
        _ => about("Crawler", name, error),
    })
}

pub(super) async fn stop(glue: Glue<'_>, request: Named) -> Outcome {
    let name = usable(glue, &request.name).await?.name;
    match glue.home().running_crawl(&name).await? {
        None => Err(failure("CrawlerNotRunningException", format!("Crawler with name {name} isn't running"))),
        Some((_, true)) => Err(failure("CrawlerStoppingException", format!("Crawler with name {name} is stopping"))),
        Some((crawl, false)) => {
            glue.home().ask_to_stop(&crawl.crawl_id).await?;
            Ok(json!({}))
        }
    }
}

pub(super) async fn get(glue: Glue<'_>, request: Named) -> Outcome {
    Ok(json!({ "Crawler": shown(glue, usable(glue, &request.name).await?).await? }))
}

/// The crawler as Glue shows it: with its state, its last run, and what it does not say itself.
async fn shown(glue: Glue<'_>, crawler: Crawler) -> Outcome {
    let running = glue.home().running_crawl(&crawler.name).await?;
    let last = glue.home().crawls(&crawler.name, PageRequest { limit: Some(2), token: None }).await?.items;
    let mut value = page::value(&crawler)?;
    let Some(members) = value.as_object_mut() else { return Ok(value) };
    let (state, elapsed) = match &running {
        Some((crawl, asked)) => (if *asked { "STOPPING" } else { "RUNNING" }, ((now() - crawl.start_time) * 1e3).max(0.0) as i64),
        None => ("READY", 0),
    };
    members.insert("State".to_owned(), json!(state));
    members.insert("CrawlElapsedTime".to_owned(), json!(elapsed));
    members.entry("Classifiers").or_insert(json!([]));
    members.entry("LineageConfiguration").or_insert(json!({ "CrawlerLineageSettings": "DISABLE" }));
    if let Some(targets) = members.get_mut("Targets").and_then(Value::as_object_mut) {
        targets.entry("S3Targets").or_insert(json!([]));
    }
    if let Some(last) = last.iter().find(|crawl| crawl.state != CrawlState::Running) {
        members.insert("LastCrawl".to_owned(), last_crawl(last));
    }
    Ok(value)
}

fn last_crawl(crawl: &Crawl) -> Value {
    let status = match crawl.state {
        CrawlState::Completed => "SUCCEEDED",
        CrawlState::Stopped => "CANCELLED",
        CrawlState::Failed | CrawlState::Running => "FAILED",
    };
    let mut value = json!({ "Status": status, "StartTime": crawl.start_time, "MessagePrefix": crawl.crawl_id });
    if let (Some(message), Some(members)) = (&crawl.error_message, value.as_object_mut()) {
        members.insert("ErrorMessage".to_owned(), json!(super::history::shortened(message)));
    }
    value
}

pub(super) async fn list(glue: Glue<'_>, request: Paging) -> Outcome {
    let found = page_seen(glue, request.request(1000)?).await?;
    let mut items = Vec::with_capacity(found.items.len());
    for crawler in found.items {
        items.push(shown(glue, crawler).await?);
    }
    page::answer("Crawlers", Page { items, next: found.next })
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Many {
    crawler_names: Vec<String>,
}

pub(super) async fn get_many(glue: Glue<'_>, request: Many) -> Outcome {
    at_most(&request.crawler_names, 100, "CrawlerNames")?;
    let (mut found, mut missing) = (Vec::new(), Vec::new());
    for name in request.crawler_names {
        match glue.home().crawler(&name).await {
            Ok(crawler) if is_seen(glue, &crawler) => found.push(shown(glue, crawler).await?),
            Ok(_) => missing.push(name),
            Err(error) if error.kind() == ErrorKind::EntityNotFound => missing.push(name),
            Err(error) => return Err(error.into()),
        }
    }
    Ok(json!({ "Crawlers": found, "CrawlersNotFound": missing }))
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Names {
    #[serde(flatten)]
    paging: Paging,
    #[serde(default)]
    tags: BTreeMap<String, String>,
}

pub(super) async fn names(glue: Glue<'_>, request: Names) -> Outcome {
    let found = page_seen(glue, request.paging.request(1000)?).await?;
    let mut names = Vec::with_capacity(found.items.len());
    for crawler in found.items {
        let tagged = if request.tags.is_empty() { BTreeMap::new() } else { tags::of(glue, "crawler", &crawler.name).await? };
        if request.tags.iter().all(|(key, value)| tagged.get(key) == Some(value)) {
            names.push(crawler.name);
        }
    }
    page::answer("CrawlerNames", Page { items: names, next: found.next })
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Metrics {
    #[serde(default)]
    crawler_name_list: Vec<String>,
    #[serde(flatten)]
    paging: Paging,
}

pub(super) async fn metrics(glue: Glue<'_>, request: Metrics) -> Outcome {
    at_most(&request.crawler_name_list, 100, "CrawlerNameList")?;
    let found = match request.crawler_name_list.is_empty() {
        true => {
            let page = page_seen(glue, request.paging.request(1000)?).await?;
            Page { items: page.items.into_iter().map(|crawler| crawler.name).collect(), next: page.next }
        }
        false => Page { items: request.crawler_name_list, next: None },
    };
    let mut items = Vec::with_capacity(found.items.len());
    for name in &found.items {
        match glue.home().crawler(name).await {
            Ok(crawler) if is_seen(glue, &crawler) => items.push(measured(glue, &crawler.name).await?),
            Ok(_) => {}
            Err(error) if error.kind() == ErrorKind::EntityNotFound => {}
            Err(error) => return Err(error.into()),
        }
    }
    page::answer("CrawlerMetricsList", Page { items, next: found.next })
}

/// Over the last hundred runs.
async fn measured(glue: Glue<'_>, name: &str) -> Outcome {
    let runs = glue.home().crawls(name, PageRequest { limit: Some(100), token: None }).await?.items;
    let seconds = |crawl: &Crawl| crawl.end_time.map(|end| (end - crawl.start_time).max(0.0));
    let mut took: Vec<f64> = runs.iter().filter_map(seconds).collect();
    let last = took.first().copied().unwrap_or_default();
    took.sort_by(f64::total_cmp);
    let median = took.get(took.len() / 2).copied().unwrap_or_default();
    let running = glue.home().running_crawl(name).await?;
    let left = running.as_ref().map_or(0.0, |(crawl, _)| (median - (now() - crawl.start_time)).max(0.0));
    let sum = |count: fn(&Crawl) -> u64| runs.iter().map(count).sum::<u64>();
    Ok(json!({
        "CrawlerName": name,
        "TimeLeftSeconds": left,
        "StillEstimating": running.is_some() && took.is_empty(),
        "LastRuntimeSeconds": last,
        "MedianRuntimeSeconds": median,
        "TablesCreated": sum(|crawl| crawl.counts.tables_created),
        "TablesUpdated": sum(|crawl| crawl.counts.tables_updated),
        "TablesDeleted": sum(|crawl| crawl.counts.tables_deleted),
    }))
}
