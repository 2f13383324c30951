//! The metadata file of an Iceberg table, and where the files are that it names.

use catalog::decode::Compression;
use catalog::storage::Location;
use catalog::{Error, Result, crawl};
use iceberg::spec::TableMetadata;

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
    serde_json::from_slice(&text)
        .map_err(|error| Error::bad_data(format!("iceberg: the metadata in {at} cannot be read: {error}")).caused_by(error))
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
        Self { said: said.trim_end_matches('/').to_string(), root: root.folder() }
    }

    pub(super) fn locate(&self, path: &str) -> Result<Location> {
        let below = path.strip_prefix(&self.said).and_then(|rest| rest.strip_prefix('/'));
        match below {
            Some(rest) => Ok(self.root.join(rest)),
            None => Location::parse(path),
        }
    }
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
