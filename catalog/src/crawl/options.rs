//! What a crawler may decide: Glue's `Configuration` document and the policies beside it, checked once.

use serde_json::{Map, Value};

use crate::crawler::{Crawler, DeleteBehavior, RecrawlBehavior, UpdateBehavior};
use crate::error::{Error, Result};

/// When the folders under a target are one table.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Grouping {
    /// Ours: folders named as partitions and the files of one folder always are, other sibling folders when they are similar.
    #[default]
    Similar,
    /// Glue's `CombineCompatibleSchemas`: whatever has the same format is.
    Combine,
    /// Glue's behaviour without a policy, asked for with `TableGroupingPolicy` `SeparateDissimilarSchemas` (a value of ours):
    /// also folders named as partitions and the files of one folder are a table each when they are not similar.
    Separate,
}

/// The decisions of a crawler that hold for all of its targets.
///
/// Glue's `InheritFromTable` is accepted and has no field: partitions here always carry their table's columns, because each
/// having its own is what makes queries fail with HIVE_PARTITION_SCHEMA_MISMATCH.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Options {
    pub grouping: Grouping,
    /// Glue's `TableLevelConfiguration`: tables start at this depth of folders, the bucket being 1.
    pub table_level: Option<usize>,
    /// Glue's `MergeNewColumns`: columns are added to existing tables and never removed or retyped.
    pub merge_new_columns: bool,
    /// Glue's `TableThreshold`: a crawl that finds more tables fails and writes nothing.
    pub table_threshold: Option<usize>,
    /// Whether `partition_filtering.enabled` is written into partitioned tables.
    pub partition_index: bool,
    pub update: UpdateBehavior,
    pub delete: DeleteBehavior,
    pub recrawl: RecrawlBehavior,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            grouping: Grouping::default(),
            table_level: None,
            merge_new_columns: false,
            table_threshold: None,
            partition_index: true,
            update: UpdateBehavior::default(),
            delete: DeleteBehavior::default(),
            recrawl: RecrawlBehavior::default(),
        }
    }
}

impl Options {
    /// The options of a crawler's record.
    ///
    /// Errors: `InvalidInput` for a `Configuration` that is not what Glue takes, in Glue's words where they are known;
    /// `NotSupported` for the event mode.
    pub fn of(crawler: &Crawler) -> Result<Self> {
        let mut options = match &crawler.configuration {
            Some(text) => Self::parse(text)?,
            None => Self::default(),
        };
        options.update = crawler.schema_change_policy.update_behavior;
        options.delete = crawler.schema_change_policy.delete_behavior;
        options.recrawl = crawler.recrawl_policy.recrawl_behavior;
        match options.recrawl {
            RecrawlBehavior::CrawlEverything => {}
            // AWS Glue Developer Guide, "Incremental crawls": the policy of such a crawler is LOG for both.
            RecrawlBehavior::CrawlNewFoldersOnly => {
                options.update = UpdateBehavior::Log;
                options.delete = DeleteBehavior::Log;
            }
            RecrawlBehavior::CrawlEventMode => {
                return Err(Error::not_supported(
                    "RecrawlBehavior CRAWL_EVENT_MODE needs S3 events from SQS; use CRAWL_EVERYTHING, which reads only new and changed objects",
                ));
            }
        }
        Ok(options)
    }

    /// The options in a `Configuration` document; the policies stay at their defaults.
    pub fn parse(text: &str) -> Result<Self> {
        let document: Value = serde_json::from_str(text)
            .map_err(|error| Error::invalid(format!("the crawler's Configuration is not JSON: {error}")).caused_by(error))?;
        let mut options = Self::default();
        let root = object("Configuration", &document, &["Version", "Grouping", "CrawlerOutput", "CreatePartitionIndex"])?;
        if let Some(version) = root.get("Version")
            && version.as_f64() != Some(1.0)
        {
            return Err(Error::invalid(format!("Version of the crawler's Configuration must be 1.0, not {version}")));
        }
        if let Some(create) = root.get("CreatePartitionIndex") {
            options.partition_index = create.as_bool().ok_or_else(|| wrong("CreatePartitionIndex", "true or false", create))?;
        }
        if let Some(grouping) = root.get("Grouping") {
            options.read_grouping(grouping)?;
        }
        if let Some(output) = root.get("CrawlerOutput") {
            options.read_output(output)?;
        }
        Ok(options)
    }

    fn read_grouping(&mut self, grouping: &Value) -> Result<()> {
        let grouping = object("Grouping", grouping, &["TableGroupingPolicy", "TableLevelConfiguration"])?;
        if let Some(policy) = grouping.get("TableGroupingPolicy") {
            self.grouping = match policy.as_str() {
                Some("CombineCompatibleSchemas") => Grouping::Combine,
                Some("SeparateDissimilarSchemas") => Grouping::Separate,
                _ => {
                    return Err(wrong(
                        "Grouping.TableGroupingPolicy",
                        "CombineCompatibleSchemas or SeparateDissimilarSchemas",
                        policy,
                    ));
                }
            };
        }
        if let Some(level) = grouping.get("TableLevelConfiguration") {
            self.table_level = Some(positive("Grouping.TableLevelConfiguration", level)?);
        }
        Ok(())
    }

    fn read_output(&mut self, output: &Value) -> Result<()> {
        let output = object("CrawlerOutput", output, &["Tables", "Partitions"])?;
        if let Some(tables) = output.get("Tables") {
            let tables = object("CrawlerOutput.Tables", tables, &["AddOrUpdateBehavior", "TableThreshold"])?;
            if let Some(behavior) = tables.get("AddOrUpdateBehavior") {
                if behavior.as_str() != Some("MergeNewColumns") {
                    return Err(wrong("CrawlerOutput.Tables.AddOrUpdateBehavior", "MergeNewColumns", behavior));
                }
                self.merge_new_columns = true;
            }
            if let Some(threshold) = tables.get("TableThreshold") {
                self.table_threshold = Some(positive("CrawlerOutput.Tables.TableThreshold", threshold)?);
            }
        }
        if let Some(partitions) = output.get("Partitions") {
            let partitions = object("CrawlerOutput.Partitions", partitions, &["AddOrUpdateBehavior"])?;
            if let Some(behavior) = partitions.get("AddOrUpdateBehavior")
                && behavior.as_str() != Some("InheritFromTable")
            {
                return Err(wrong("CrawlerOutput.Partitions.AddOrUpdateBehavior", "InheritFromTable", behavior));
            }
        }
        Ok(())
    }
}

/// The members of an object of the document. Unknown ones are refused in Glue's words: an option that is misspelt would
/// otherwise silently do nothing.
fn object<'a>(path: &str, value: &'a Value, known: &[&str]) -> Result<&'a Map<String, Value>> {
    let members = value.as_object().ok_or_else(|| wrong(path, "an object", value))?;
    let unknown: Vec<&str> = members.keys().map(String::as_str).filter(|key| !known.contains(key)).collect();
    if unknown.is_empty() {
        Ok(members)
    } else {
        Err(Error::invalid(format!("{path} contains unsupported keys: {}.", unknown.join(", "))))
    }
}

fn positive(path: &str, value: &Value) -> Result<usize> {
    value
        .as_u64()
        .filter(|&number| number > 0)
        .and_then(|number| usize::try_from(number).ok())
        .ok_or_else(|| wrong(path, "a positive whole number", value))
}

fn wrong(path: &str, expected: &str, found: &Value) -> Error {
    Error::invalid(format!("{path} of the crawler's Configuration must be {expected}, not {found}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::crawler::RecrawlPolicy;

    #[test]
    fn the_whole_document_is_understood() {
        let options = Options::parse(
            r#"{"Version":1.0,"Grouping":{"TableGroupingPolicy":"CombineCompatibleSchemas","TableLevelConfiguration":3},
                "CrawlerOutput":{"Tables":{"AddOrUpdateBehavior":"MergeNewColumns","TableThreshold":5},
                                 "Partitions":{"AddOrUpdateBehavior":"InheritFromTable"}},"CreatePartitionIndex":false}"#,
        )
        .unwrap();
        let expected = Options {
            grouping: Grouping::Combine,
            table_level: Some(3),
            merge_new_columns: true,
            table_threshold: Some(5),
            partition_index: false,
            ..Options::default()
        };
        assert_eq!(options, expected);
        assert_eq!(Options::parse("{}").unwrap(), Options::default());
    }

    #[test]
    fn what_is_not_understood_is_refused() {
        for (text, words) in [
            (
                r#"{"Version":1.0,"CrawlerOutput":{"Partitions":{"UpdateBehavior":"LOG"}}}"#,
                "CrawlerOutput.Partitions contains unsupported keys: UpdateBehavior.",
            ),
            (r#"{"Groupings":{}}"#, "Configuration contains unsupported keys: Groupings."),
            (r#"{"Version":2.0}"#, "must be 1.0"),
            (r#"{"Grouping":{"TableGroupingPolicy":"x"}}"#, "CombineCompatibleSchemas"),
            (r#"{"Grouping":{"TableLevelConfiguration":0}}"#, "positive whole number"),
            (r#"{"CrawlerOutput":{"Tables":{"TableThreshold":"5"}}}"#, "positive whole number"),
            (r#"{"CrawlerOutput":[]}"#, "an object"),
            ("{", "not JSON"),
        ] {
            let error = Options::parse(text).expect_err(text);
            assert!(error.message().contains(words), "{text}: {error}");
        }
    }

    #[test]
    fn new_folders_only_changes_nothing_that_exists() {
        let mut crawler = Crawler {
            recrawl_policy: RecrawlPolicy { recrawl_behavior: RecrawlBehavior::CrawlNewFoldersOnly },
            ..Crawler::default()
        };
        let options = Options::of(&crawler).unwrap();
        assert_eq!((options.update, options.delete), (UpdateBehavior::Log, DeleteBehavior::Log));
        crawler.recrawl_policy.recrawl_behavior = RecrawlBehavior::CrawlEventMode;
        assert_eq!(Options::of(&crawler).unwrap_err().kind(), crate::ErrorKind::NotSupported);
    }
}
