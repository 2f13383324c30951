//! Tags of work groups, which are all that has tags here.

use engine::work_group::WorkGroup;
use serde::Deserialize;
use serde_json::{Value, json};

use super::work_group::{MISSING, Tag, allowed, changeable};
use super::{invalid, nothing, page, refused, work_groups};
use crate::aws::{Caller, Failure, Reply, read};
use crate::serve::Shared;

/// The most tags of one thing.
const MOST: usize = 50;

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Add {
    #[serde(rename = "ResourceARN")]
    arn: String,
    tags: Vec<Tag>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Remove {
    #[serde(rename = "ResourceARN")]
    arn: String,
    tag_keys: Vec<String>,
}

#[derive(Deserialize)]
struct List {
    #[serde(rename = "ResourceARN")]
    arn: String,
}

/// The work group that an ARN names: `arn:aws:athena:REGION:ACCOUNT:workgroup/NAME`.
fn group(arn: &str) -> Result<&str, Failure> {
    let resource = arn.strip_prefix("arn:").and_then(|rest| rest.splitn(5, ':').nth(4));
    resource
        .and_then(|resource| resource.strip_prefix("workgroup/"))
        .ok_or_else(|| invalid(format!("'{arn}' is not the ARN of a work group, which are all that has tags")))
}

pub(super) async fn add(shared: &Shared, caller: &Caller, body: Value) -> Reply {
    let Add { arn, tags } = read(body)?;
    let name = group(&arn)?;
    changeable(caller, name)?;
    let change = move |group: &mut WorkGroup| {
        group.tags.extend(tags.into_iter().map(|tag| (tag.key, tag.value)));
        match group.tags.len() > MOST {
            true => Err(catalog::Error::invalid(format!("a work group has at most {MOST} tags"))),
            false => Ok(()),
        }
    };
    work_groups(shared).update(name, change).await.map_err(|error| refused(error, MISSING))?;
    nothing()
}

pub(super) async fn remove(shared: &Shared, caller: &Caller, body: Value) -> Reply {
    let Remove { arn, tag_keys } = read(body)?;
    let name = group(&arn)?;
    changeable(caller, name)?;
    let change = move |group: &mut WorkGroup| {
        group.tags.retain(|key, _| !tag_keys.contains(key));
        Ok(())
    };
    work_groups(shared).update(name, change).await.map_err(|error| refused(error, MISSING))?;
    nothing()
}

pub(super) async fn list(shared: &Shared, caller: &Caller, body: Value) -> Reply {
    let List { arn } = read(body)?;
    let name = group(&arn)?;
    allowed(caller, name)?;
    let group = work_groups(shared).get(name).await.map_err(|error| refused(error, MISSING))?;
    page("Tags", group.tags.into_iter().map(|(key, value)| json!({"Key": key, "Value": value})).collect(), None)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arns() {
        assert_eq!(group("arn:aws:athena:us-east-1:000000000000:workgroup/a-b").unwrap(), "a-b");
        for other in ["workgroup/a", "arn:aws:athena:us-east-1:0:datacatalog/x", "arn:aws:athena:workgroup/a", ""] {
            assert!(group(other).is_err(), "{other}");
        }
    }
}
