//! The metadata file of an Iceberg table, and where the files are that it names.

use catalog::decode::Compression;
use catalog::storage::Location;
use catalog::{Error, Result, crawl};
use iceberg::spec::TableMetadata;
use serde_json::Value;

use crate::lake_format::Asked;

/// Reads the metadata file that the catalog points to; where it points to none, the newest of the table's folder.
///
/// Errors: `BadData` naming the file, `ObjectNotFound` where there is none, and those of reading.
pub(super) async fn read(asked: Asked<'_>) -> Result<TableMetadata> {
    let at = match asked.table.parameter("metadata_location") {
        Some(at) => Location::parse(at)?,
        None => newest(asked).await?,
    };
    let bytes = asked.storage.get(&at).await.map_err(|error| error.within("iceberg: the table's metadata file"))?;
    let text = match Compression::detect(&bytes) {
        Compression::None => bytes.to_vec(),
        compressed => compressed.decompress(&bytes).map_err(|error| error.within(&at))?,
    };
    parsed(&text)
        .map_err(|error| Error::bad_data(format!("iceberg: the metadata in {at} cannot be read: {error}")).caused_by(error))
}

/// What writers do and the library does not expect is mended first.
fn parsed(text: &[u8]) -> serde_json::Result<TableMetadata> {
    let mut metadata: Value = serde_json::from_slice(text)?;
    signed(&mut metadata);
    if let Some(members) = metadata.as_object_mut() {
        // No snapshot: so Java's library writes it in all versions.
        if members.get("current-snapshot-id").and_then(Value::as_i64) == Some(-1) {
            members.remove("current-snapshot-id");
        }
        if members.get("format-version").and_then(Value::as_i64) == Some(3) {
            members.entry("next-row-id").or_insert(Value::from(0));
        }
    }
    serde_json::from_value(metadata)
}

/// Ids are long; some writers' have no sign.
fn signed(value: &mut Value) {
    match value {
        Value::Number(number) if !number.is_i64() => {
            if let Some(id) = number.as_u64() {
                *value = Value::from(id.cast_signed());
            }
        }
        Value::Array(items) => items.iter_mut().for_each(signed),
        Value::Object(members) => members.values_mut().for_each(signed),
        _ => {}
    }
}

async fn newest(asked: Asked<'_>) -> Result<Location> {
    let folder = asked.root.join("metadata/");
    let listed = asked.storage.list_folder(&folder).await?;
    let names: Vec<&str> = listed.objects.iter().filter_map(|object| object.key.strip_prefix(&folder.key)).collect();
    match crawl::newest_iceberg_metadata(&names) {
        Some(name) => Ok(folder.join(name)),
        None => Err(Error::bad_data(format!("iceberg: no metadata.json in {folder}"))),
    }
}

/// Where the files are that a table's metadata names. Names are absolute; those below the table's own location are looked for
/// where the table is, so that a folder that was copied can be read.
#[derive(Debug)]
pub(super) struct Paths {
    /// What the metadata says.
    said: String,
    root: Location,
}

impl Paths {
    pub(super) fn new(said: &str, root: &Location) -> Self {
        Self { said: relative(said).trim_end_matches('/').to_string(), root: root.folder() }
    }

    pub(super) fn locate(&self, path: &str) -> Result<Location> {
        let below = relative(path).strip_prefix(&self.said).and_then(|rest| rest.strip_prefix('/'));
        match below {
            Some(rest) => Ok(self.root.join(rest)),
            None => Location::parse(path),
        }
    }
}

/// A path of the folder in which the writer was, without the sign for that.
fn relative(path: &str) -> &str {
    path.strip_prefix("./").unwrap_or(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_are_where_the_table_is() {
        let root = Location::parse("s3://here/copy").unwrap();
        let paths = Paths::new("s3a://there/t/", &root);
        for (path, at) in [
            ("s3a://there/t/data/a.parquet", "s3://here/copy/data/a.parquet"),
            ("s3a://there/t2/a.parquet", "s3://there/t2/a.parquet"),
            ("s3://elsewhere/a.parquet", "s3://elsewhere/a.parquet"),
        ] {
            assert_eq!(paths.locate(path).unwrap().to_string(), at);
        }
    }
}
