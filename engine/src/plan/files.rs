//! `SELECT … FROM 's3://bucket/path/*.json'`: a table that nobody registered. What the objects are is found by the crawler's
//! pure steps; the query then reads exactly the objects that were found.

use std::collections::BTreeMap;
use std::sync::Arc;

use catalog::crawl::{self, Found, Progress, Request};
use catalog::crawler::S3Target;
use catalog::storage::Location;
use catalog::{Error, Result};

use crate::scan::snapshot::{Lake, LakeFile};
use crate::scan::{Hidden, LakeTable};

/// The table that the objects at `text` make: a folder, an object, or a glob (`*`, `**`, `?`, `[…]`, `{a,b}`).
///
/// Errors: `InvalidInput` where there is no table, or more than one.
pub(super) async fn table(lake: &Arc<Lake>, text: &str, hidden: &[Hidden]) -> Result<LakeTable> {
    let (folder, glob) = split(text);
    let target = Location::parse(folder)?;
    let request = Request {
        targets: vec![S3Target { path: target.to_string(), ..S3Target::default() }],
        table_name: Some("files".to_string()),
        include: glob.map(str::to_string),
        ..Request::default()
    };
    let finds = crawl::find(&request, &lake.storage, BTreeMap::new(), &Arc::new(Progress::default())).await?;
    match finds.tables.as_slice() {
        [found] => of_found(lake, found, glob, hidden).await,
        [] => Err(Error::invalid("no objects that make a table: nothing matches, or nothing was recognised")),
        several => Err(Error::invalid(format!("{} tables are in it; name the folder of one", several.len()))),
    }
}

async fn of_found(lake: &Arc<Lake>, found: &Found, glob: Option<&str>, hidden: &[Hidden]) -> Result<LakeTable> {
    let definition = found.table("", "files", "");
    let table = LakeTable::open(Arc::clone(lake), definition.clone(), hidden.to_vec(), None).await?;
    if table.is_logged() {
        return match glob {
            None => Ok(table),
            Some(_) => Err(Error::not_supported("the table has a log that says which files are its data; name its folder alone")),
        };
    }
    let partitions: Vec<_> = found.partitions.iter().map(|partition| partition.partition(&definition, "")).collect();
    let files = table.files_of(&partitions).await?;
    let files = match glob {
        None => files,
        Some(glob) => {
            let glob = crawl::Exclusions::new(&[glob])?;
            let relative = |file: &LakeFile| file.location.key.strip_prefix(&found.location.key).unwrap_or_default().to_string();
            files.into_iter().filter(|file| glob.matching(&relative(file)).is_some()).collect()
        }
    };
    Ok(table.with_files(files))
}

/// The folder before the first glob character, and what is below it.
fn split(text: &str) -> (&str, Option<&str>) {
    match text.find(['*', '?', '[', '{']) {
        None => (text, None),
        Some(at) => {
            let folder = text[..at].rfind('/').map_or(0, |slash| slash + 1);
            (if folder == 0 { "./" } else { &text[..folder] }, Some(&text[folder..]))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_glob_is_split_at_the_last_folder_before_it() {
        for (text, folder, glob) in [
            ("s3://b/t/*.json", "s3://b/t/", Some("*.json")),
            ("s3://b/**/x.json", "s3://b/", Some("**/x.json")),
            ("s3://b/t/a?/b.json", "s3://b/t/", Some("a?/b.json")),
            ("*.csv", "./", Some("*.csv")),
            ("/tmp/t", "/tmp/t", None),
        ] {
            assert_eq!(split(text), (folder, glob), "{text}");
        }
    }
}
