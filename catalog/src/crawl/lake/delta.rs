//! What a Delta log says (Delta Lake protocol, "Delta Log Entries"): the schema of the newest `metaData` action.

use arrow::array::{Array, AsArray};
use arrow::datatypes::DataType;
use bytes::Bytes;
use parquet::arrow::ProjectionMask;
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use serde::Deserialize;
use serde_json::Value;

use super::Said;
use super::schema_json::{self, Words};
use crate::error::{Error, Result};
use crate::name::fold;
use crate::table::Column;

/// Catalogs hold at most so many bytes of a schema in one parameter; Spark splits it.
const SCHEMA_PART: usize = 4000;

/// Versions and names of the commits in a log, newest first.
pub(crate) fn commits<'a>(names: &[&'a str]) -> Vec<(u64, &'a str)> {
    let version = |name: &&'a str| Some((name.strip_suffix(".json").filter(|digits| digits.len() == 20)?.parse().ok()?, *name));
    let mut commits: Vec<(u64, &str)> = names.iter().filter_map(version).collect();
    commits.sort_by(|a, b| b.cmp(a));
    commits
}

/// The files of the newest checkpoint: one, or all parts of it; Parquet, or JSON as a checkpoint of version 2 may be. Its
/// sidecars hold no schema.
pub(super) fn newest_checkpoint<'a>(names: &[&'a str]) -> Vec<&'a str> {
    let is_checkpoint = |name: &&&'a str| {
        !name.contains('/') && name.contains(".checkpoint.") && (name.ends_with(".parquet") || name.ends_with(".json"))
    };
    let version = |name: &'a str| name.split('.').next().unwrap_or_default();
    let Some(newest) = names.iter().filter(is_checkpoint).map(|name| version(name)).max() else { return Vec::new() };
    names.iter().filter(is_checkpoint).copied().filter(|name| version(name) == newest).collect()
}

/// What has been read of a log.
#[derive(Debug, Default)]
pub(crate) struct Log {
    /// The schema as Spark's JSON.
    pub schema: Option<String>,
    partitions: Vec<String>,
    version: Option<u64>,
    committed: Option<i64>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Action {
    meta_data: Option<MetaData>,
    commit_info: Option<CommitInfo>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct MetaData {
    schema_string: Option<String>,
    #[serde(default)]
    partition_columns: Vec<String>,
}

#[derive(Deserialize)]
struct CommitInfo {
    timestamp: Option<i64>,
}

impl Log {
    /// Takes in a commit; the newest come first.
    ///
    /// Errors: `BadData` for a line that is no action.
    pub(crate) fn read(&mut self, version: u64, commit: &[u8]) -> Result<()> {
        self.read_actions(commit)?;
        self.version.get_or_insert(version);
        Ok(())
    }

    /// An action a line. What follows it on its line is ignored, as Spark ignores it: there are logs with such a thing.
    fn read_actions(&mut self, text: &[u8]) -> Result<()> {
        let lines = text.split(|byte| *byte == b'\n').filter(|line| !line.trim_ascii().is_empty());
        for action in lines.filter_map(|line| serde_json::Deserializer::from_slice(line).into_iter::<Action>().next()) {
            let bad = |error| Error::bad_data(format!("a line is no action of Delta's log: {error}")).caused_by(error);
            let action = action.map_err(bad)?;
            if let Some(MetaData { schema_string: Some(schema), partition_columns }) = action.meta_data
                && self.schema.is_none()
            {
                self.schema = Some(schema);
                self.partitions = partition_columns;
            }
            if let Some(info) = action.commit_info
                && self.version.is_none()
            {
                self.committed = info.timestamp;
            }
        }
        Ok(())
    }

    /// Takes in a checkpoint or a part of one.
    ///
    /// Errors: `BadData` when it is neither a Parquet file with a schema nor actions as JSON.
    pub(crate) fn read_checkpoint(&mut self, bytes: Bytes) -> Result<()> {
        if !bytes.starts_with(b"PAR1") {
            return self.read_actions(&bytes);
        }
        let bad = |error: &dyn std::fmt::Display| Error::bad_data(format!("the checkpoint cannot be read: {error}"));
        let builder = ParquetRecordBatchReaderBuilder::try_new(bytes).map_err(|error| bad(&error).caused_by(error))?;
        let mask = ProjectionMask::columns(builder.parquet_schema(), ["metaData.schemaString"]);
        for batch in builder.with_projection(mask).build().map_err(|error| bad(&error).caused_by(error))? {
            let batch = batch.map_err(|error| bad(&error).caused_by(error))?;
            let Some(metadata) = batch.column_by_name("metaData").and_then(|column| column.as_struct_opt()) else {
                continue;
            };
            let Some(schemas) = metadata.column_by_name("schemaString") else { continue };
            // Writers leave Arrow's type of their choice in the file.
            let schemas = arrow::compute::cast(schemas, &DataType::Utf8).map_err(|error| bad(&error).caused_by(error))?;
            let schemas = schemas.as_string::<i32>();
            // Where there is no metaData, a text that is required within it is empty.
            let found = (0..schemas.len()).find(|row| metadata.is_valid(*row) && schemas.is_valid(*row));
            self.schema = found.map(|row| schemas.value(row).to_string()).or(self.schema.take());
        }
        Ok(())
    }

    /// Errors: `BadData` when no schema was read or it is not understood.
    pub(crate) fn said(self) -> Result<Said> {
        let Some(schema) = self.schema else {
            return Err(Error::bad_data("its log holds no metaData action and no checkpoint that has one"));
        };
        let mut said = Said { columns: columns(&schema)?, ..Said::default() };
        let mut set = |key: &str, value: String| said.parameters.insert(key.to_string(), value);
        set("spark.sql.sources.provider", "delta".to_string());
        set("spark.sql.partitionProvider", "catalog".to_string());
        let parts = parts(&schema);
        set("spark.sql.sources.schema.numParts", parts.len().to_string());
        for (number, part) in parts.into_iter().enumerate() {
            set(&format!("spark.sql.sources.schema.part.{number}"), part);
        }
        if let Some(version) = self.version {
            set("delta.lastUpdateVersion", version.to_string());
        }
        if let Some(committed) = self.committed {
            set("delta.lastCommitTimestamp", committed.to_string());
        }
        said.why.push("a Delta table: its folder holds _delta_log".to_string());
        if !self.partitions.is_empty() {
            said.why.push(format!("its log partitions it by ({}), which stay columns", self.partitions.join(", ")));
        }
        Ok(said)
    }
}

/// The text in pieces of at most [`SCHEMA_PART`] characters.
fn parts(text: &str) -> Vec<String> {
    let characters: Vec<char> = text.chars().collect();
    characters.chunks(SCHEMA_PART).map(|part| part.iter().collect()).collect()
}

/// Catalog columns from Spark's schema JSON.
fn columns(schema: &str) -> Result<Vec<Column>> {
    let schema: Value = serde_json::from_str(schema)
        .map_err(|error| Error::bad_data(format!("its schema is no JSON: {error}")).caused_by(error))?;
    let fields = schema.get("fields").and_then(Value::as_array).ok_or_else(|| Error::bad_data("its schema has no fields"))?;
    let column = |field| schema_json::field(field, &WORDS).map(|(name, hive)| Column::new(fold(name), hive));
    fields.iter().map(column).collect()
}

const WORDS: Words = Words {
    format: "Delta",
    list: ("array", "elementType"),
    map: ("keyType", "valueType"),
    scalar: |name| scalar(name).map(str::to_string),
};

fn scalar(spark: &str) -> Option<&str> {
    Some(match spark {
        "long" => "bigint",
        "integer" => "int",
        "short" => "smallint",
        "byte" => "tinyint",
        "timestamp_ntz" => "timestamp",
        // No Hive type holds it; the text does.
        "variant" => "string",
        "string" | "float" | "double" | "boolean" | "binary" | "date" | "timestamp" => spark,
        name if name.starts_with("decimal") || name.starts_with("varchar") || name.starts_with("char") => name,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_newest_schema_counts() {
        let names =
            ["00000000000000000000.json", "00000000000000000010.json", "_last_checkpoint", "x.json", "00000000000000000002.json"];
        let commits = commits(&names);
        assert_eq!(commits.iter().map(|(version, _)| *version).collect::<Vec<_>>(), [10, 2, 0]);
        let mut log = Log::default();
        log.read(10, br#"{"commitInfo":{"timestamp":5,"operation":"WRITE"}}"#).unwrap();
        log.read(2, br#"{"metaData":{"id":"x","schemaString":"{\"type\":\"struct\",\"fields\":[{\"name\":\"Id\",\"type\":\"long\",\"nullable\":true},{\"name\":\"s\",\"type\":{\"type\":\"struct\",\"fields\":[{\"name\":\"a\",\"type\":{\"type\":\"array\",\"elementType\":\"decimal(10,2)\",\"containsNull\":true}},{\"name\":\"m\",\"type\":{\"type\":\"map\",\"keyType\":\"string\",\"valueType\":\"integer\"}}]}}]}","partitionColumns":["id"]}}"#).unwrap();
        log.read(0, br#"{"metaData":{"schemaString":"{}"}}"#).unwrap();
        let said = log.said().unwrap();
        assert_eq!(
            said.columns,
            [Column::new("id", "bigint"), Column::new("s", "struct<a:array<decimal(10,2)>,m:map<string,int>>")]
        );
        let parameter = |key: &str| said.parameters.get(key).map(String::as_str);
        assert_eq!((parameter("delta.lastUpdateVersion"), parameter("delta.lastCommitTimestamp")), (Some("10"), Some("5")));
        assert_eq!(parameter("spark.sql.sources.schema.numParts"), Some("1"));
    }

    #[test]
    fn what_is_broken_is_said() {
        assert!(Log::default().said().unwrap_err().message().contains("no metaData"));
        assert!(Log::default().read(0, b"nonsense").is_err());
        assert!(Log::default().read_checkpoint(Bytes::from_static(b"nonsense")).is_err());
        let log = Log { schema: Some(r#"{"fields":[{"name":"a","type":"interval"}]}"#.into()), ..Log::default() };
        assert!(log.said().unwrap_err().message().contains("column 'a'"));
    }

    /// Checkpoints as they are written by deltalake: with views of texts in Arrow's schema, and required within what is optional.
    #[test]
    fn checkpoints_have_texts_of_any_kind() {
        use std::sync::Arc;

        use arrow::array::{ArrayRef, RecordBatch, StringViewArray, StructArray};
        use arrow::datatypes::Field;

        let schema = r#"{"fields":[{"name":"a","type":"long"}]}"#;
        let texts: ArrayRef = Arc::new(StringViewArray::from(vec!["", schema]));
        let field = Field::new("schemaString", DataType::Utf8View, false);
        let metadata = StructArray::new(vec![field].into(), vec![texts], Some(vec![false, true].into()));
        let batch = RecordBatch::try_from_iter([("metaData", Arc::new(metadata) as ArrayRef)]).unwrap();
        let mut writer = parquet::arrow::ArrowWriter::try_new(vec![], batch.schema(), None).unwrap();
        writer.write(&batch).unwrap();
        let mut log = Log::default();
        log.read_checkpoint(Bytes::from(writer.into_inner().unwrap())).unwrap();
        assert_eq!(log.said().unwrap().columns.len(), 1);
    }

    #[test]
    fn checkpoints_in_parts() {
        let names = [
            "00000000000000000010.checkpoint.parquet",
            "00000000000000000020.checkpoint.0000000001.0000000002.parquet",
            "00000000000000000020.checkpoint.0000000002.0000000002.parquet",
        ];
        assert_eq!(newest_checkpoint(&names), &names[1..]);
    }
}
