//! What a crawl is asked to do.

use md5::{Digest, Md5};

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
    /// Errors: `InvalidInput` for a record without a database or targets, and those of [`Options::of`]; `NotSupported` for targets
    /// that are not S3's.
    pub fn of(crawler: &Crawler, classifiers: Vec<Classifier>) -> Result<Self> {
        let refuse = |what: &str| Error::invalid(format!("crawler '{}' {what}", crawler.name));
        let set = |value: &&serde_json::Value| value.as_array().is_none_or(|targets| !targets.is_empty());
        if let Some((kind, _)) = crawler.targets.other.iter().find(|(_, value)| set(value)) {
            return Err(Error::not_supported(format!("crawler '{}' has {kind}; only S3Targets are crawled", crawler.name)));
        }
        if crawler.targets.s3.is_empty() {
            return Err(refuse("has no targets"));
        }
        Ok(Self {
            database: crawler.database_name.clone().ok_or_else(|| refuse("has no database"))?,
            targets: crawler.targets.s3.clone(),
            options: Options::of(crawler)?,
            table_name: None,
            table_prefix: crawler.table_prefix.clone().unwrap_or_default(),
            classifiers,
            include: None,
            crawler: Some(crawler.name.clone()),
        })
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
            Some(0) => return Err(Error::invalid("a sample of 0 objects tells nothing: SampleSize must be at least 1")),
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

pub(super) fn digest(text: &str) -> String {
    Md5::digest(text.as_bytes()).iter().map(|byte| format!("{byte:02x}")).collect()
}
