//! What a crawl is asked to do.

use md5::{Digest, Md5};
use serde_json::Value;

use super::exclude::Exclusions;
use super::options::Options;
use super::survey::Target;
use crate::crawler::{Classifier, Crawler, RecrawlBehavior, S3Target};
use crate::error::{Error, Result};
use crate::storage::Location;

/// What to crawl and how. `progress` counters should be fresh for each crawl: the report's numbers are theirs.
#[derive(Debug, Clone, Default)]
pub struct Request {
    /// Where the tables go; created when it is not there.
    pub database: String,
    pub targets: Vec<S3Target>,
    pub options: Options,
    /// Each target is one table of this name.
    pub table_name: Option<String>,
    pub table_prefix: String,
    pub classifiers: Vec<Classifier>,
    /// Only objects whose key below the target matches this glob, `*.json`.
    pub include: Option<String>,
    /// The crawler's name. A crawl without one remembers by its targets and options.
    pub crawler: Option<String>,
}

impl Request {
    /// The request of a crawler's record, with the classifiers that it names.
    ///
    /// Errors: `InvalidInput` for a record without a database or targets, and those of [`Request::check`].
    pub fn of(crawler: &Crawler, classifiers: Vec<Classifier>) -> Result<Self> {
        let refuse = |what: &str| Error::invalid(format!("crawler '{}' {what}", crawler.name));
        let targets = targets(crawler)?;
        if targets.is_empty() {
            return Err(refuse("has no targets"));
        }
        Ok(Self {
            database: crawler.database_name.clone().ok_or_else(|| refuse("has no database"))?,
            targets,
            options: Options::of(crawler)?,
            table_name: None,
            table_prefix: crawler.table_prefix.clone().unwrap_or_default(),
            classifiers,
            include: None,
            crawler: Some(crawler.name.clone()),
        })
    }

    /// Whether what a crawler's record says can be done at all, before it is kept.
    ///
    /// Errors: those of [`Options::of`]; `InvalidInput` for targets that are no locations and exclusions that are no globs;
    /// `NotSupported` for targets that are neither S3's nor a table format's.
    pub fn check(crawler: &Crawler) -> Result<()> {
        Options::of(crawler)?;
        for target in targets(crawler)? {
            Location::parse(&target.path)?;
            Exclusions::new(&target.exclusions)?;
            if target.sample_size == Some(0) {
                return Err(no_sample());
            }
        }
        Ok(())
    }

    /// Who the tables say wrote them.
    pub fn writer(&self) -> &str {
        self.crawler.as_deref().unwrap_or("civetta crawl")
    }

    /// Under which key the memory of a target is kept.
    pub(super) fn memory_key(&self, target: &Location) -> String {
        let who = match &self.crawler {
            Some(name) => format!("crawler/{name}"),
            None => {
                let decided = (&self.database, &self.options, &self.table_name, &self.table_prefix, &self.targets);
                format!("crawl/{}", digest(&format!("{decided:?}")))
            }
        };
        format!("{who}/{target}")
    }

    pub(super) fn target(&self, target: &S3Target) -> Result<Target> {
        let sample = match target.sample_size {
            Some(0) => return Err(no_sample()),
            sample => sample.map(|sample| sample as usize),
        };
        Ok(Target {
            location: Location::parse(&target.path)?,
            exclusions: Exclusions::new(&target.exclusions)?,
            include: self.include.as_ref().map(|glob| Exclusions::new(&[glob])).transpose()?,
            sample,
            new_folders_only: self.options.recrawl == RecrawlBehavior::CrawlNewFoldersOnly,
        })
    }
}

fn no_sample() -> Error {
    Error::invalid("a sample of 0 objects tells nothing: SampleSize must be at least 1")
}

/// What a crawler's record wants crawled: its S3 targets, and the folders of its Delta, Iceberg and Hudi targets, in which tables are
/// recognised by their logs as everywhere.
fn targets(crawler: &Crawler) -> Result<Vec<S3Target>> {
    let mut targets = crawler.targets.s3.clone();
    for (kind, value) in &crawler.targets.other {
        let entries = value.as_array().map(Vec::as_slice).unwrap_or_default();
        let paths = match kind.as_str() {
            "DeltaTargets" => "DeltaTables",
            "IcebergTargets" | "HudiTargets" => "Paths",
            _ if entries.is_empty() => continue,
            _ => {
                let message = format!(
                    "crawler '{}' has {kind}; S3Targets, DeltaTargets, IcebergTargets and HudiTargets are crawled",
                    crawler.name
                );
                return Err(Error::not_supported(message));
            }
        };
        for entry in entries {
            refuse_members(crawler, kind, entry)?;
            let texts = |member: &str| {
                let list = entry.get(member).and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
                list.iter().filter_map(Value::as_str).map(str::to_owned).collect::<Vec<_>>()
            };
            let exclusions = texts("Exclusions");
            let of_path = |path| S3Target { path, exclusions: exclusions.clone(), sample_size: None };
            targets.extend(texts(paths).into_iter().map(of_path));
        }
    }
    Ok(targets)
}

/// Members of a table format's target that would change what is done and are not followed.
fn refuse_members(crawler: &Crawler, kind: &str, entry: &Value) -> Result<()> {
    let refused = ["ConnectionName", "WriteManifest"].into_iter().find(|member| match entry.get(*member) {
        Some(Value::String(text)) => !text.is_empty(),
        value => value == Some(&Value::Bool(true)),
    });
    match refused {
        Some(member) => {
            Err(Error::not_supported(format!("crawler '{}' has {member} in {kind}, which is not supported", crawler.name)))
        }
        None => Ok(()),
    }
}

pub(super) fn digest(text: &str) -> String {
    Md5::digest(text.as_bytes()).iter().map(|byte| format!("{byte:02x}")).collect()
}
