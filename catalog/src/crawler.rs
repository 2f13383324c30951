//! Crawlers, their runs and their classifiers, in the Glue API's JSON (shapes Crawler, CrawlerHistory, Classifier).
//! They are kept by the embedded catalog in every mode: AWS would run crawlers that were put into AWS Glue itself.

use serde::{Deserialize, Serialize};

use crate::table::EpochSeconds;

#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct S3Target {
    /// A location of any scheme Civetta reads, although Glue's member is called S3.
    pub path: String,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub exclusions: Vec<String>,
    /// At most this many objects per leaf folder are read for the schema.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sample_size: Option<u32>,
}

#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct CrawlerTargets {
    #[serde(rename = "S3Targets", default, skip_serializing_if = "Vec::is_empty")]
    pub s3: Vec<S3Target>,
    #[serde(flatten)]
    pub other: serde_json::Map<String, serde_json::Value>,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum UpdateBehavior {
    Log,
    #[default]
    UpdateInDatabase,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum DeleteBehavior {
    Log,
    DeleteFromDatabase,
    #[default]
    DeprecateInDatabase,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct SchemaChangePolicy {
    pub update_behavior: UpdateBehavior,
    pub delete_behavior: DeleteBehavior,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
#[expect(clippy::enum_variant_names, reason = "Glue's names")]
pub enum RecrawlBehavior {
    #[default]
    CrawlEverything,
    CrawlNewFoldersOnly,
    CrawlEventMode,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct RecrawlPolicy {
    pub recrawl_behavior: RecrawlBehavior,
}

/// `cron(...)` or `rate(...)`, UTC; see [`crate::crawl::schedule`].
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Schedule {
    pub schedule_expression: String,
    /// `SCHEDULED` or `NOT_SCHEDULED`.
    pub state: String,
}

#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Crawler {
    pub name: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub role: Option<String>,
    pub targets: CrawlerTargets,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub database_name: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub classifiers: Vec<String>,
    #[serde(default)]
    pub recrawl_policy: RecrawlPolicy,
    #[serde(default)]
    pub schema_change_policy: SchemaChangePolicy,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub table_prefix: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub schedule: Option<Schedule>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub creation_time: Option<EpochSeconds>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_updated: Option<EpochSeconds>,
    #[serde(default)]
    pub version: i64,
    /// Glue's `Configuration` document, as text; see [`crate::crawl::Options`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub configuration: Option<String>,
    #[serde(flatten)]
    pub other: serde_json::Map<String, serde_json::Value>,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum CrawlState {
    #[default]
    Running,
    Completed,
    Failed,
    Stopped,
}

/// What a run did, in numbers.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct CrawlCounts {
    pub objects_listed: u64,
    pub objects_read: u64,
    pub bytes_read: u64,
    pub objects_skipped: u64,
    pub tables_created: u64,
    pub tables_updated: u64,
    pub tables_deleted: u64,
    pub tables_unchanged: u64,
    pub partitions_created: u64,
    pub partitions_updated: u64,
    pub partitions_deleted: u64,
}

/// One run of a crawler, kept as history.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Crawl {
    pub crawl_id: String,
    pub crawler_name: String,
    pub state: CrawlState,
    pub start_time: EpochSeconds,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub end_time: Option<EpochSeconds>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error_message: Option<String>,
    #[serde(default)]
    pub counts: CrawlCounts,
}

/// A custom classifier as Glue's API has it: exactly one member is set.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum Classifier {
    #[serde(rename = "GrokClassifier")]
    Grok(GrokClassifier),
    #[serde(rename = "XMLClassifier")]
    Xml(XmlClassifier),
    #[serde(rename = "JsonClassifier")]
    Json(JsonClassifier),
    #[serde(rename = "CsvClassifier")]
    Csv(CsvClassifier),
}

impl Classifier {
    pub fn name(&self) -> &str {
        match self {
            Self::Grok(c) => &c.name,
            Self::Xml(c) => &c.name,
            Self::Json(c) => &c.name,
            Self::Csv(c) => &c.name,
        }
    }
}

#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct GrokClassifier {
    pub name: String,
    pub classification: String,
    pub grok_pattern: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub custom_patterns: Option<String>,
    #[serde(flatten)]
    pub other: serde_json::Map<String, serde_json::Value>,
}

#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct XmlClassifier {
    pub name: String,
    pub classification: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub row_tag: Option<String>,
    #[serde(flatten)]
    pub other: serde_json::Map<String, serde_json::Value>,
}

#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct JsonClassifier {
    pub name: String,
    pub json_path: String,
    #[serde(flatten)]
    pub other: serde_json::Map<String, serde_json::Value>,
}

#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct CsvClassifier {
    pub name: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub delimiter: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub quote_symbol: Option<String>,
    /// `UNKNOWN`, `PRESENT` or `ABSENT`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub contains_header: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub header: Option<Vec<String>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub disable_value_trimming: Option<bool>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub allow_single_column: Option<bool>,
    #[serde(flatten)]
    pub other: serde_json::Map<String, serde_json::Value>,
}
