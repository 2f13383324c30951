//! A table as the crawl found it, before anybody asks what the catalog has.

use crate::storage::Location;
use crate::table::{Column, Parameters, Partition, SerDeInfo, StorageDescriptor, Table};

/// Parameters that say how much there is. They change with every new object and are no change of the table's definition.
pub(super) const STATISTICS: &[&str] = &[
    "objectCount",
    "sizeKey",
    "recordCount",
    "averageRecordSize",
    "CRAWL_RUN_ID",
    "delta.lastUpdateVersion",
    "delta.lastCommitTimestamp",
];

/// Who wrote a table or partition: the crawler's name.
pub(super) const UPDATED_BY: &str = "UPDATED_BY_CRAWLER";

/// When the crawler missed it: milliseconds since 1970.
pub(super) const DEPRECATED_BY: &str = "DEPRECATED_BY_CRAWLER";

/// How objects are read, in the catalog's words.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Reading {
    pub input_format: String,
    pub output_format: String,
    pub serde: SerDeInfo,
}

/// A table that was found.
#[derive(Debug, Clone, PartialEq)]
pub struct Found {
    pub location: Location,
    /// What the table is called after: its folder, its object or the bucket.
    pub called: String,
    pub columns: Vec<Column>,
    /// Names of the partition keys, outermost first.
    pub keys: Vec<String>,
    pub reading: Reading,
    /// All that Glue's crawler writes, statistics included, without those that name the crawler.
    pub parameters: Parameters,
    pub partitions: Vec<FoundPartition>,
    pub objects: u64,
    pub bytes: u64,
    /// For people, one remark a line.
    pub why: Vec<String>,
}

/// A folder that is a partition.
#[derive(Debug, Clone, PartialEq)]
pub struct FoundPartition {
    pub values: Vec<String>,
    pub location: Location,
    /// Where its objects are read in another way than the table's, with the parameters that says.
    pub reading: Option<(Reading, Parameters)>,
    /// Globs of objects below the location that are not the partition's.
    pub exclusions: Vec<String>,
}

impl Found {
    /// The table as Glue's crawler would write it.
    pub fn table(&self, database: &str, name: &str, crawler: &str) -> Table {
        let mut parameters = self.parameters.clone();
        for (key, value) in
            [(UPDATED_BY, crawler), ("CrawlerSchemaSerializerVersion", "1.0"), ("CrawlerSchemaDeserializerVersion", "1.0")]
        {
            parameters.insert(key.to_string(), value.to_string());
        }
        Table {
            name: name.to_string(),
            database_name: database.to_string(),
            owner: Some("owner".to_string()),
            retention: Some(0),
            table_type: Some("EXTERNAL_TABLE".to_string()),
            storage_descriptor: Some(StorageDescriptor {
                columns: Some(self.columns.clone()),
                location: Some(self.location.to_string()),
                compressed: Some(false),
                number_of_buckets: Some(-1),
                bucket_columns: Some(Vec::new()),
                sort_columns: Some(Vec::new()),
                stored_as_sub_directories: Some(false),
                parameters: Some(parameters.clone()),
                ..self.reading.descriptor()
            }),
            partition_keys: Some(self.keys.iter().map(|key| Column::new(key, "string")).collect()),
            parameters: Some(parameters),
            ..Table::default()
        }
    }
}

impl Reading {
    fn descriptor(&self) -> StorageDescriptor {
        StorageDescriptor {
            input_format: Some(self.input_format.clone()),
            output_format: Some(self.output_format.clone()),
            serde_info: Some(self.serde.clone()),
            ..StorageDescriptor::default()
        }
    }
}

impl FoundPartition {
    /// The partition of a table as it is in the catalog: with its columns and, unless the folder needs another, its reading.
    pub fn partition(&self, table: &Table, crawler: &str) -> Partition {
        let mut descriptor = table.storage_descriptor.clone().unwrap_or_default();
        descriptor.parameters = None;
        if let Some((reading, parameters)) = &self.reading {
            let StorageDescriptor { input_format, output_format, serde_info, .. } = reading.descriptor();
            descriptor =
                StorageDescriptor { input_format, output_format, serde_info, parameters: Some(parameters.clone()), ..descriptor };
        }
        descriptor.location = Some(self.location.to_string());
        let mut parameters = Parameters::from([(UPDATED_BY.to_string(), crawler.to_string())]);
        if let Some(globs) = exclusions_parameter(&self.exclusions) {
            parameters.insert("exclusions".to_string(), globs);
        }
        Partition {
            values: self.values.clone(),
            database_name: table.database_name.clone(),
            table_name: table.name.clone(),
            storage_descriptor: Some(descriptor),
            parameters: Some(parameters),
            ..Partition::default()
        }
    }
}

/// The value of the parameter `exclusions`, a JSON array of globs over whole locations; none for no globs.
pub(super) fn exclusions_parameter(globs: &[String]) -> Option<String> {
    (!globs.is_empty()).then(|| serde_json::Value::from(globs.to_vec()).to_string())
}

/// What a table at this location is called after: the last part of its key, or the bucket.
pub(super) fn called(location: &Location) -> String {
    let name = location.key.trim_end_matches('/').rsplit('/').next().unwrap_or_default();
    if name.is_empty() { location.bucket.clone() } else { name.to_string() }
}
