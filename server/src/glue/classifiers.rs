//! Custom classifiers.

use catalog::Page;
use catalog::crawl::inspect::Inspector;
use catalog::crawler::Classifier;
use catalog::table::now;
use serde_json::{Map, Value, json};

use super::error::{Outcome, about, invalid};
use super::page::Paging;
use super::request::Named;
use super::{Glue, page};

const KINDS: &[&str] = &["GrokClassifier", "XMLClassifier", "JsonClassifier", "CsvClassifier"];

/// The one kind that a request is about, and its members.
fn only(body: Value) -> Outcome<(&'static str, Map<String, Value>)> {
    let Value::Object(mut body) = body else { return Err(invalid("a request is an object")) };
    let mut given = KINDS.iter().filter_map(|kind| Some((*kind, body.remove(*kind)?)));
    match (given.next(), given.next()) {
        (Some((kind, Value::Object(mut members))), None) => {
            members.retain(|_, value| !value.is_null());
            Ok((kind, members))
        }
        _ => Err(invalid("exactly one of GrokClassifier, XMLClassifier, JsonClassifier and CsvClassifier is given")),
    }
}

/// The classifier with what Glue keeps besides: times and a version.
fn classifier(kind: &str, mut members: Map<String, Value>, created: &Value, version: i64) -> Outcome<Classifier> {
    members.insert("CreationTime".to_owned(), created.clone());
    members.insert("LastUpdated".to_owned(), json!(now()));
    members.insert("Version".to_owned(), json!(version));
    let classifier: Classifier = super::request::read(json!({ kind: members }))?;
    // Patterns and paths that are none are found now and not by the crawl.
    Inspector::new(std::slice::from_ref(&classifier))?;
    Ok(classifier)
}

pub(super) async fn create(glue: Glue<'_>, body: Value) -> Outcome {
    let (kind, members) = only(body)?;
    let classifier = classifier(kind, members, &json!(now()), 1)?;
    let name = classifier.name().to_owned();
    glue.home().create_classifier(classifier).await.map_err(|error| about("Classifier", &name, error))?;
    Ok(json!({}))
}

/// What is absent stays as it is; the kind stays in any case.
pub(super) async fn update(glue: Glue<'_>, body: Value) -> Outcome {
    let (kind, members) = only(body)?;
    let name = members.get("Name").and_then(Value::as_str).unwrap_or_default().to_owned();
    let old = page::value(&glue.home().classifier(&name).await.map_err(|error| about("Classifier", &name, error))?)?;
    let Some(Value::Object(mut merged)) = old.get(kind).cloned() else {
        return Err(invalid(format!("Classifier {name} is no {kind}")));
    };
    merged.extend(members);
    let created = merged.get("CreationTime").cloned().unwrap_or(json!(now()));
    let version = merged.get("Version").and_then(Value::as_i64).unwrap_or(0) + 1;
    let classifier = classifier(kind, merged, &created, version)?;
    glue.home().update_classifier(classifier).await.map_err(|error| about("Classifier", &name, error))?;
    Ok(json!({}))
}

pub(super) async fn get(glue: Glue<'_>, request: Named) -> Outcome {
    let found = glue.home().classifier(&request.name).await.map_err(|error| about("Classifier", &request.name, error))?;
    Ok(json!({ "Classifier": found }))
}

pub(super) async fn list(glue: Glue<'_>, request: Paging) -> Outcome {
    let found = glue.home().classifiers(request.request(1000)?).await?;
    page::answer("Classifiers", Page { items: found.items, next: found.next })
}

pub(super) async fn delete(glue: Glue<'_>, request: Named) -> Outcome {
    glue.home().delete_classifier(&request.name).await.map_err(|error| about("Classifier", &request.name, error))?;
    Ok(json!({}))
}
