//! The metadata of a finished instant: the files that it wrote and the file groups that it replaced (Apache Hudi, "Technical
//! Specification": commit metadata). It is JSON, or since table version 8 an Avro file with the same members.

use std::collections::HashMap;
use std::io::Cursor;

use arrow_avro::reader::ReaderBuilder;
use catalog::{Error, Result};
use datafusion::arrow::array::{Array, ArrayRef, AsArray, RecordBatch, StringArray};
use datafusion::arrow::error::ArrowError;
use serde::Deserialize;

/// The first bytes of an Avro file.
const AVRO: &[u8] = b"Obj\x01";

/// What one instant did to the files of a table.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct CommitFiles {
    pub(crate) written: Vec<Written>,
    /// Partition path and file id of each group whose rows are elsewhere now, or nowhere: clustering, insert_overwrite,
    /// delete_partition.
    pub(crate) replaced: Vec<(String, String)>,
}

/// A file that an instant wrote.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Written {
    pub(crate) partition: String,
    pub(crate) file_id: String,
    /// Below the table's folder.
    pub(crate) path: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Json {
    #[serde(default)]
    partition_to_write_stats: Option<HashMap<String, Vec<WriteStat>>>,
    #[serde(default)]
    partition_to_replace_file_ids: Option<HashMap<String, Vec<String>>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct WriteStat {
    #[serde(default)]
    file_id: Option<String>,
    #[serde(default)]
    path: Option<String>,
}

impl CommitFiles {
    /// Reads the metadata of a `commit`, `deltacommit` or `replacecommit`. An empty file says nothing (old writers wrote some).
    ///
    /// Errors: `BadData` for what is neither the JSON nor the Avro of commit metadata.
    pub(crate) fn parse(bytes: &[u8]) -> Result<Self> {
        if bytes.is_empty() {
            return Ok(Self::default());
        }
        if bytes.starts_with(AVRO) {
            return Self::of_avro(bytes);
        }
        let json: Json = serde_json::from_slice(bytes)
            .map_err(|error| Error::bad_data(format!("hudi commit metadata cannot be read: {error}")).caused_by(error))?;
        let mut files = Self::default();
        for (partition, stats) in json.partition_to_write_stats.unwrap_or_default() {
            for stat in stats {
                files.wrote(&partition, stat.file_id.as_deref(), stat.path.as_deref());
            }
        }
        let replaced = json.partition_to_replace_file_ids.unwrap_or_default();
        files
            .replaced
            .extend(replaced.into_iter().flat_map(|(partition, ids)| ids.into_iter().map(move |id| (partition.clone(), id))));
        Ok(files)
    }

    fn of_avro(bytes: &[u8]) -> Result<Self> {
        let broken =
            |error: ArrowError| Error::bad_data(format!("hudi commit metadata cannot be read: {error}")).caused_by(error);
        let mut files = Self::default();
        for batch in ReaderBuilder::new().build(Cursor::new(bytes)).map_err(broken)? {
            files.take(&batch.map_err(broken)?);
        }
        Ok(files)
    }

    /// A batch of one row; members that are absent are members of other versions.
    fn take(&mut self, batch: &RecordBatch) {
        for (partition, stats) in entries(batch, "partitionToWriteStats") {
            let Some(stats) = stats.as_struct_opt() else { continue };
            let text = |name: &str| stats.column_by_name(name).and_then(|column| column.as_string_opt::<i32>());
            for row in 0..stats.len() {
                let value = |column: Option<&StringArray>| column.filter(|c| c.is_valid(row)).map(|c| c.value(row).to_string());
                self.wrote(&partition, value(text("fileId")).as_deref(), value(text("path")).as_deref());
            }
        }
        for (partition, ids) in entries(batch, "partitionToReplaceFileIds") {
            let Some(ids) = ids.as_string_opt::<i32>() else { continue };
            self.replaced.extend(ids.iter().flatten().map(|id| (partition.clone(), id.to_string())));
        }
    }

    /// A write that failed has no path.
    fn wrote(&mut self, partition: &str, file_id: Option<&str>, path: Option<&str>) {
        if let (Some(file_id), Some(path)) = (file_id, path) {
            self.written.push(Written { partition: partition.into(), file_id: file_id.into(), path: path.into() });
        }
    }
}

/// The keys of a map of lists, with the elements of each list.
fn entries(batch: &RecordBatch, name: &str) -> Vec<(String, ArrayRef)> {
    let Some(map) = batch.column_by_name(name).and_then(|column| column.as_map_opt()) else { return vec![] };
    let mut found = vec![];
    for row in (0..map.len()).filter(|row| map.is_valid(*row)) {
        let pairs = map.value(row);
        let (Some(keys), Some(lists)) = (pairs.column(0).as_string_opt::<i32>(), pairs.column(1).as_list_opt::<i32>()) else {
            continue;
        };
        let present = (0..pairs.len()).filter(|at| lists.is_valid(*at));
        found.extend(present.map(|at| (keys.value(at).to_string(), lists.value(at))));
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn json_metadata() {
        let text = r#"{"partitionToWriteStats":{"p":[{"fileId":"f","path":"p/f_1-0-1_2.parquet","numWrites":1},{"fileId":"g","path":null}]},
            "partitionToReplaceFileIds":{"p":["a","b"]},"operationType":"CLUSTER"}"#;
        let files = CommitFiles::parse(text.as_bytes()).unwrap();
        let written = Written { partition: "p".into(), file_id: "f".into(), path: "p/f_1-0-1_2.parquet".into() };
        assert_eq!(files.written, [written]);
        assert_eq!(files.replaced, [("p".to_string(), "a".to_string()), ("p".to_string(), "b".to_string())]);
    }

    #[test]
    fn nothing_is_nothing_and_nonsense_is_told() {
        assert_eq!(CommitFiles::parse(b"").unwrap(), CommitFiles::default());
        for torn in [&b"{\"partitionToWriteStats\":{"[..], b"Obj\x01\x02"] {
            let error = CommitFiles::parse(torn).unwrap_err();
            assert!(error.message().starts_with("hudi commit metadata cannot be read"), "{error}");
        }
    }
}
