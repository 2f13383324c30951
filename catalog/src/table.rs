//! The things a catalog keeps. These structs *are* the Glue API's JSON (AWS Glue model, shapes of the same names), and that
//! JSON is what is stored: absent members stay absent, because clients post back what they read.
//! Timestamps are epoch seconds with a fraction, as JSON 1.1 writes them.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// A parameter map of Glue: ordered, so that equal maps print equally.
pub type Parameters = BTreeMap<String, String>;

/// Seconds since 1970 with a fraction, as Glue's wire format has them.
pub type EpochSeconds = f64;

/// The present time in Glue's unit.
pub fn now() -> EpochSeconds {
    chrono::Utc::now().timestamp_micros() as f64 / 1e6
}

#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Database {
    pub name: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub location_uri: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parameters: Option<Parameters>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub create_time: Option<EpochSeconds>,
    /// Members that Civetta does not use itself and gives back unchanged.
    #[serde(flatten)]
    pub other: serde_json::Map<String, serde_json::Value>,
}

#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Column {
    pub name: String,
    /// A Hive type, `struct<a:int>`; see [`crate::hive_type`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub r#type: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub comment: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parameters: Option<Parameters>,
}

impl Column {
    pub fn new(name: impl Into<String>, hive_type: impl Into<String>) -> Self {
        Self { name: name.into(), r#type: Some(hive_type.into()), comment: None, parameters: None }
    }

    /// The declared type; Glue lets it be absent, which Athena reads as `string`.
    pub fn hive_type(&self) -> &str {
        self.r#type.as_deref().unwrap_or("string")
    }
}

#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct SerDeInfo {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub serialization_library: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parameters: Option<Parameters>,
}

/// Where the files of a table or partition are and how they are read.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct StorageDescriptor {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub columns: Option<Vec<Column>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub location: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub input_format: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub output_format: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub compressed: Option<bool>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub number_of_buckets: Option<i32>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub serde_info: Option<SerDeInfo>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bucket_columns: Option<Vec<String>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sort_columns: Option<Vec<serde_json::Value>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parameters: Option<Parameters>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stored_as_sub_directories: Option<bool>,
    /// Members that Civetta does not use itself and gives back unchanged.
    #[serde(flatten)]
    pub other: serde_json::Map<String, serde_json::Value>,
}

impl StorageDescriptor {
    pub fn columns(&self) -> &[Column] {
        self.columns.as_deref().unwrap_or_default()
    }
}

#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Table {
    pub name: String,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub database_name: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub owner: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub create_time: Option<EpochSeconds>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub update_time: Option<EpochSeconds>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_access_time: Option<EpochSeconds>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retention: Option<i64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub storage_descriptor: Option<StorageDescriptor>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub partition_keys: Option<Vec<Column>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub view_original_text: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub view_expanded_text: Option<String>,
    /// `EXTERNAL_TABLE` or `VIRTUAL_VIEW`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub table_type: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parameters: Option<Parameters>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub created_by: Option<String>,
    /// Set by the catalog; the optimistic lock of [`crate::Catalog::update_table`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version_id: Option<String>,
    /// Members that Civetta does not use itself and gives back unchanged.
    #[serde(flatten)]
    pub other: serde_json::Map<String, serde_json::Value>,
}

impl Table {
    pub fn partition_keys(&self) -> &[Column] {
        self.partition_keys.as_deref().unwrap_or_default()
    }

    pub fn columns(&self) -> &[Column] {
        self.storage_descriptor.as_ref().map(StorageDescriptor::columns).unwrap_or_default()
    }

    pub fn parameter(&self, key: &str) -> Option<&str> {
        self.parameters.as_ref()?.get(key).map(String::as_str)
    }

    pub fn is_view(&self) -> bool {
        self.table_type.as_deref() == Some("VIRTUAL_VIEW")
    }
}

#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Partition {
    /// One text per partition key of the table, in its order, as Hive keeps them.
    pub values: Vec<String>,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub database_name: String,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub table_name: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub creation_time: Option<EpochSeconds>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_access_time: Option<EpochSeconds>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub storage_descriptor: Option<StorageDescriptor>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parameters: Option<Parameters>,
    #[serde(flatten)]
    pub other: serde_json::Map<String, serde_json::Value>,
}

#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct TableVersion {
    pub table: Table,
    pub version_id: String,
}

/// The value that Hive writes for a NULL or empty partition key.
pub const NULL_PARTITION: &str = "__HIVE_DEFAULT_PARTITION__";

/// What a writer says about a database (model: `DatabaseInput`); the other members are what the catalog says.
pub const DATABASE_INPUT: &[&str] =
    &["Name", "Description", "LocationUri", "Parameters", "CreateTableDefaultPermissions", "TargetDatabase", "FederatedDatabase"];

/// What a writer says about a table (model: `TableInput`); the other members are what the catalog says.
pub const TABLE_INPUT: &[&str] = &[
    "Name",
    "Description",
    "Owner",
    "LastAccessTime",
    "LastAnalyzedTime",
    "Retention",
    "StorageDescriptor",
    "PartitionKeys",
    "ViewOriginalText",
    "ViewExpandedText",
    "TableType",
    "Parameters",
    "TargetTable",
    "FederatedTable",
    "ViewDefinition",
];

/// What a writer says about a partition (model: `PartitionInput`); the other members are what the catalog says.
pub const PARTITION_INPUT: &[&str] = &["Values", "LastAccessTime", "StorageDescriptor", "Parameters", "LastAnalyzedTime"];
