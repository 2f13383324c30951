//! Resource policies: kept with their hash. What a key may do is said in Civetta's own configuration; policies change nothing of it.

use catalog::Page;
use catalog::table::now;
use md5::{Digest, Md5};
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::error::{Outcome, failure, invalid, not_found};
use super::page::{Paging, part};
use super::records::{self, Policy, text};
use super::{Glue, page};

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Put {
    policy_in_json: String,
    #[serde(default)]
    resource_arn: String,
    policy_hash_condition: Option<String>,
    policy_exists_condition: Option<String>,
}

pub(super) async fn put(glue: Glue<'_>, request: Put) -> Outcome {
    let parsed: Result<Map<String, Value>, _> = serde_json::from_str(&request.policy_in_json);
    if let Err(error) = parsed {
        return Err(invalid(format!("PolicyInJson is no JSON object: {error}")));
    }
    let old = records::find::<Policy>(glue.home(), &request.resource_arn).await?;
    match (request.policy_exists_condition.as_deref(), &old) {
        (None | Some("NONE"), _) | (Some("MUST_EXIST"), Some(_)) | (Some("NOT_EXIST"), None) => {}
        (Some("MUST_EXIST"), None) => return Err(not_found("Policy not found.")),
        (Some("NOT_EXIST"), Some(_)) => return Err(unmet("there is a policy already")),
        (Some(other), _) => return Err(invalid(format!("PolicyExistsCondition {other} is none of MUST_EXIST, NOT_EXIST, NONE"))),
    }
    check_hash(request.policy_hash_condition.as_deref(), old.as_ref())?;
    let hash = Md5::digest(request.policy_in_json.as_bytes()).iter().map(|byte| format!("{byte:02x}")).collect::<String>();
    let created = old.and_then(|old| old.0.get("CreateTime").cloned()).unwrap_or(json!(now()));
    let mut policy = Map::new();
    policy.insert("Arn".to_owned(), json!(request.resource_arn));
    policy.insert("PolicyInJson".to_owned(), json!(request.policy_in_json));
    policy.insert("PolicyHash".to_owned(), json!(hash));
    policy.insert("CreateTime".to_owned(), created);
    policy.insert("UpdateTime".to_owned(), json!(now()));
    glue.home().put_document(&Policy(policy)).await?;
    Ok(json!({ "PolicyHash": hash }))
}

fn unmet(why: &str) -> super::error::Refusal {
    failure("ConditionCheckFailureException", format!("Condition check failed: {why}"))
}

fn check_hash(wanted: Option<&str>, policy: Option<&Policy>) -> Outcome<()> {
    match wanted.filter(|wanted| !wanted.is_empty()) {
        Some(wanted) if policy.and_then(|policy| text(&policy.0, "PolicyHash")) != Some(wanted) => {
            Err(unmet("the hash of the policy is another one"))
        }
        _ => Ok(()),
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct OfResource {
    #[serde(default)]
    resource_arn: String,
    policy_hash_condition: Option<String>,
}

async fn find(glue: Glue<'_>, arn: &str) -> Outcome<Policy> {
    records::find(glue.home(), arn).await?.ok_or_else(|| not_found("Policy not found."))
}

fn shown(policy: Policy) -> Value {
    let mut members = policy.0;
    members.remove("Arn");
    Value::Object(members)
}

pub(super) async fn get(glue: Glue<'_>, request: OfResource) -> Outcome {
    Ok(shown(find(glue, &request.resource_arn).await?))
}

pub(super) async fn delete(glue: Glue<'_>, request: OfResource) -> Outcome {
    let policy = find(glue, &request.resource_arn).await?;
    check_hash(request.policy_hash_condition.as_deref(), Some(&policy))?;
    glue.home().delete_document::<Policy>(&request.resource_arn).await?;
    Ok(json!({}))
}

pub(super) async fn list(glue: Glue<'_>, request: Paging) -> Outcome {
    let all = records::all::<Policy>(glue.home(), "").await?.into_iter().map(shown).collect();
    let Page { items, next } = part(all, request, 1000)?;
    page::answer("GetResourcePoliciesResponseList", Page { items, next })
}
