//! The doctor's look at the places of objects: roots that a server may read, and where results go. It has a server's rights, which are less
//! than those of whoever types.

use catalog::storage::{Heard, Listed, Location, Scheme};
use catalog::{Error, ErrorKind, Result};
use engine::work_group::{PRIMARY, WorkGroups};
use futures::TryStreamExt as _;

use crate::config::Config;
use crate::open::Lake;

pub(super) fn region(heard: Option<&Heard>) -> String {
    match heard {
        Some(heard) => format!("{} for {} (AWS_REGION)", heard.region, heard.url),
        None => "any: the embedded lake has none; clients want one, such as AWS_REGION=us-east-1".to_owned(),
    }
}

/// Each root with what can be done there.
pub(super) async fn roots(lake: &Lake, config: &Config) -> Vec<(String, Result<String>)> {
    let mut found = Vec::new();
    for root in &config.roots.value {
        found.push((root.clone(), readable(lake, root).await.map_err(|error| error.within(root))));
    }
    if found.is_empty() && lake.storage.lake().is_none() {
        let none = "a server may touch nothing of this S3: give `civetta serve` --root s3://BUCKET/, or roots in civetta.toml";
        found.push(("none".to_owned(), Err(Error::invalid(none))));
    }
    found
}

/// Lists the root, and reads a byte of the first object that it has.
async fn readable(lake: &Lake, root: &str) -> Result<String> {
    let at = Location::parse(root)?;
    let mut text = String::new();
    if at.scheme == Scheme::S3
        && let Some(region) = lake.storage.region_of(&at.bucket).await.map_err(|error| advised(error, "s3:ListBucket"))?
    {
        text = format!("in {region}, ");
    }
    let mut pages = lake.storage.list(&at);
    let first = loop {
        match pages.try_next().await.map_err(|error| advised(error, "s3:ListBucket"))? {
            None => return Ok(format!("{text}no objects")),
            Some(page) => {
                let key = page.into_iter().find_map(|listed| match listed {
                    Listed::Object(object) => Some(object.key),
                    Listed::Skipped(_) => None,
                });
                if let Some(key) = key {
                    break key;
                }
            }
        }
    };
    lake.storage.get_range(&at.with_key(first), 0..1).await.map_err(|error| advised(error, "s3:GetObject"))?;
    Ok(format!("{text}listed and read"))
}

/// Writes, reads and removes an object where the results of `primary` go.
pub(super) async fn results(lake: &Lake) -> Result<String> {
    let embedded = lake.storage.lake();
    let group = WorkGroups::new(lake.home.clone(), embedded.is_some()).get(PRIMARY).await?;
    let Some(location) = group.configuration.output_location() else {
        return Err(Error::invalid(
            "queries over Athena's API have no place for their results unless each names one; set it with `aws athena update-work-group \
             --work-group primary --configuration-updates ResultConfigurationUpdates={OutputLocation=s3://BUCKET/PREFIX/}`",
        ));
    };
    let folder = Location::parse(location)?.folder();
    if embedded.is_some_and(|lake| lake.bucket(&folder.bucket).is_err()) {
        return Ok(format!("{location}, a bucket that is made when it is needed"));
    }
    let probe = folder.join(&format!(".civetta-doctor-{}", std::process::id()));
    lake.storage.put(&probe, "probe".into()).await.map_err(|error| advised(error, "s3:PutObject"))?;
    let read = lake.storage.get(&probe).await.map_err(|error| advised(error, "s3:GetObject"));
    let removed = lake.storage.delete(&probe).await.map_err(|error| advised(error, "s3:DeleteObject"));
    read.and(removed)?;
    Ok(format!("{location} is written, read and cleared"))
}

/// With what to do about it.
fn advised(error: Error, right: &str) -> Error {
    let advice = match error.kind() {
        ErrorKind::AccessDenied => {
            format!("the server needs the right {right} there, and the place under one of its roots (--root)")
        }
        ErrorKind::ObjectNotFound => "make the bucket, or name another place".to_owned(),
        ErrorKind::Unavailable => "see that the endpoint (--s3) is right and can be reached".to_owned(),
        _ => return error,
    };
    let message = format!("{}; {advice}", error.message());
    Error::new(error.kind(), message).caused_by(error)
}
