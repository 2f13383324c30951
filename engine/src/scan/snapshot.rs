//! The files of one table that one query reads, pinned: partitions from the catalog, objects from one listing per folder.
//! Listings are kept for the query, so a self-join sees one state of the lake; nothing is kept longer.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use catalog::crawl::left_out;
use catalog::crawl::spark_log::{self, Committed};
use catalog::format::{Format, TableFormat};
use catalog::storage::{Listed, Location, Object, Storage};
use catalog::table::{Parameters, Partition, Table};
use catalog::{Catalog, Error, PageRequest, PartitionFilter, Result};
use datafusion::arrow::datatypes::FieldRef;
use datafusion::common::ScalarValue;
use futures::{StreamExt, TryStreamExt, stream};
use roaring::RoaringTreemap;
use tokio::sync::OnceCell;

use crate::lake_format::{self, AsOf, Asked, Place, Snapshot};

/// One object that belongs to a table.
#[derive(Debug, Clone)]
pub(crate) struct LakeFile {
    pub(crate) location: Location,
    pub(crate) size: u64,
    pub(crate) etag: Option<String>,
    /// Milliseconds since 1970.
    pub(crate) modified: i64,
    /// One value per partition key of the table, in its order.
    pub(crate) keys: Arc<[ScalarValue]>,
    /// How it is read: the table's format, or its partition's own.
    pub(crate) format: Arc<Format>,
    /// What a table format's log says of it.
    pub(crate) logged: Option<Arc<Logged>>,
}

/// What the log of a table format says of a data file.
#[derive(Debug, Clone, Default)]
pub(crate) struct Logged {
    /// The rows that are in it, deleted ones too, where the log knows.
    pub(crate) rows: Option<u64>,
    /// Its deleted rows, numbered from 0.
    pub(crate) deleted: RoaringTreemap,
    /// Whether its size may be another than the log says.
    pub(crate) size_unsure: bool,
    /// What its rows are not equal to: those that are have been deleted. The plan has a join for it, the leaf knows nothing of it.
    pub(crate) unlike: Vec<Arc<Unlike>>,
}

/// A file of rows that delete all rows that are equal to one of them.
#[derive(Debug)]
pub(crate) struct Unlike {
    /// The columns that are compared, NULL being equal to NULL: indices in the columns of the snapshot.
    pub(crate) columns: Vec<usize>,
    /// Those columns, and where the file has them.
    pub(crate) fields: Vec<FieldRef>,
    pub(crate) places: Arc<[Place]>,
    pub(crate) file: LakeFile,
}

/// A partition after pruning.
#[derive(Debug, Clone)]
pub(crate) struct Folder {
    pub(crate) location: Location,
    pub(crate) keys: Arc<[ScalarValue]>,
    pub(crate) format: Arc<Format>,
    /// Of the partition alone, beside the table's.
    pub(crate) exclusions: Exclusions,
}

impl Folder {
    /// Whether an object below the folder is the partition's.
    fn has(&self, object: &Object) -> bool {
        let inside = relative(&self.location, &object.key);
        self.exclusions.as_ref().is_none_or(|globs| globs.matching(inside).is_none())
    }
}

/// Up to this many partitions are listed one by one; more are found in one listing of the folder that they have in common.
const LIST_EACH: usize = 64;
/// Listings in flight.
const CONCURRENT_LISTINGS: usize = 32;

type Listing = Arc<OnceCell<Arc<[Object]>>>;
/// A table, where it is (tables of files that are named in a statement have one name), and the state that is asked for.
type Asking = (String, String, Location, Option<AsOf>);
type Pinned = Arc<OnceCell<Arc<Snapshot>>>;

/// What a query sees of the catalog and the store.
#[derive(Debug)]
pub(crate) struct Lake {
    pub(crate) catalog: Arc<dyn Catalog>,
    pub(crate) storage: Storage,
    listings: Mutex<HashMap<String, Listing>>,
    snapshots: Mutex<HashMap<Asking, Pinned>>,
}

impl Lake {
    pub(crate) fn new(catalog: Arc<dyn Catalog>, storage: Storage) -> Self {
        Self { catalog, storage, listings: Mutex::default(), snapshots: Mutex::default() }
    }

    /// What the query sees of a table of `format`, whose folder is `root`: the same however often it is asked.
    pub(crate) async fn pinned(
        &self,
        format: TableFormat,
        table: &Table,
        root: &Location,
        as_of: Option<&AsOf>,
    ) -> Result<Arc<Snapshot>> {
        let cell = {
            let mut snapshots = self.snapshots.lock().map_err(|_| Error::internal("a snapshot of this query panicked"))?;
            let key = (table.database_name.clone(), table.name.clone(), root.clone(), as_of.cloned());
            Arc::clone(snapshots.entry(key).or_default())
        };
        let asked = Asked { storage: &self.storage, table, root, as_of };
        let pinned = cell.get_or_try_init(|| async { lake_format::snapshot(format, asked).await.map(Arc::new) }).await?;
        Ok(Arc::clone(pinned))
    }

    /// Every partition that `filter` leaves, page by page.
    pub(crate) fn partitions<'a>(
        &'a self,
        table: &'a Table,
        filter: Option<PartitionFilter>,
    ) -> impl futures::Stream<Item = Result<Vec<Partition>>> + 'a {
        stream::try_unfold(Some(PageRequest::default()), move |request| {
            let filter = filter.clone();
            async move {
                let Some(request) = request else { return Ok(None) };
                let page = self.catalog.partitions(&table.database_name, &table.name, filter.as_ref(), request).await?;
                let next = page.next.map(|token| PageRequest { limit: None, token: Some(token) });
                Ok(Some((page.items, next)))
            }
        })
    }

    /// The data objects of `folders`: hidden, empty and excluded ones are left out as Hive and Athena leave them out, and so is
    /// what Spark's streaming sink has not committed.
    pub(crate) async fn files(&self, root: &Location, folders: Vec<Folder>, exclusions: &Exclusions) -> Result<Vec<LakeFile>> {
        let one = matches!(folders.as_slice(), [folder] if folder.location == *root);
        let (files, committed) = tokio::try_join!(self.listed(root, folders, exclusions), self.committed(root, one))?;
        let Some(committed) = committed else { return Ok(files) };
        Ok(files.into_iter().filter(|file| committed.contains(relative(root, &file.location.key))).collect())
    }

    async fn listed(&self, root: &Location, folders: Vec<Folder>, exclusions: &Exclusions) -> Result<Vec<LakeFile>> {
        let together = folders.len() > LIST_EACH && folders.iter().all(|folder| within(root, &folder.location));
        if together {
            return self.files_of_root(root, folders, exclusions).await;
        }
        let listed: Vec<Vec<LakeFile>> = stream::iter(folders)
            .map(|folder| async move {
                let objects = self.list(&folder.location).await?;
                let data = data_objects(&folder.location, &objects, exclusions, root);
                Ok::<_, Error>(data.filter(|object| folder.has(object)).map(|object| file(&folder, object)).collect())
            })
            .buffered(CONCURRENT_LISTINGS)
            .try_collect()
            .await?;
        Ok(listed.into_iter().flatten().collect())
    }

    /// One listing for all partitions, below `root`; each object belongs to the deepest partition that holds it.
    async fn files_of_root(&self, root: &Location, folders: Vec<Folder>, exclusions: &Exclusions) -> Result<Vec<LakeFile>> {
        let by_key: HashMap<&str, &Folder> = folders.iter().map(|folder| (folder.location.key.as_str(), folder)).collect();
        let objects = self.list(&root.with_key(common_folder(folders.iter().map(|f| f.location.key.as_str())))).await?;
        let owner = |object: &Object| {
            let mut end = object.key.len();
            while let Some(slash) = object.key[..end].rfind('/') {
                if let Some(folder) = by_key.get(&object.key[..=slash]) {
                    return Some(*folder);
                }
                end = slash;
            }
            None
        };
        Ok(data_objects(root, &objects, exclusions, root)
            .filter_map(|object| owner(object).filter(|folder| folder.has(object)).map(|folder| file(folder, object)))
            .collect())
    }

    /// All objects under a folder, once per query.
    async fn list(&self, folder: &Location) -> Result<Arc<[Object]>> {
        let cell = {
            let mut listings = self.listings.lock().map_err(|_| Error::internal("a listing of this query panicked"))?;
            Arc::clone(listings.entry(folder.to_string()).or_default())
        };
        let objects = cell
            .get_or_try_init(|| async {
                let mut objects = vec![];
                let mut pages = self.storage.list(folder);
                while let Some(page) = pages.try_next().await? {
                    for listed in page {
                        match listed {
                            Listed::Object(object) => objects.push(object),
                            Listed::Skipped(skipped) => tracing::warn!(key = skipped.key, why = ?skipped.why, "object skipped"),
                        }
                    }
                }
                Ok::<_, Error>(Arc::from(objects))
            })
            .await?;
        Ok(Arc::clone(objects))
    }
}

/// The folder name of Spark Structured Streaming's log.
const SPARK_LOG: &str = "_spark_metadata/";

impl Lake {
    /// What Spark's streaming sink has committed, where it keeps a log in the table's root: files that are not in it are not
    /// data. `listed`: the whole root is listed anyway, else this is one more listing.
    async fn committed(&self, root: &Location, listed: bool) -> Result<Option<Committed>> {
        let log = root.folder().join(SPARK_LOG);
        let objects = self.list(if listed { root } else { &log }).await?;
        let names = objects.iter().filter_map(|object| object.key.strip_prefix(&log.key));
        let mut committed = None;
        for name in spark_log::current(names) {
            let at = log.join(name);
            let bytes = self.storage.get(&at).await?;
            let known = committed.get_or_insert_with(Committed::default);
            known.read(&String::from_utf8_lossy(&bytes)).map_err(|error| error.within(&at))?;
        }
        Ok(committed)
    }
}

/// Globs of objects that lie below a table or partition and are not its data, as the crawler wrote them into the definition.
pub(crate) type Exclusions = Option<Arc<catalog::crawl::Exclusions>>;

/// The exclusions of a table or partition at `location`, ready to match.
pub(crate) fn exclusions(location: &Location, parameters: Option<&Parameters>) -> Result<Exclusions> {
    let globs = catalog::format::exclusions(parameters)?;
    if globs.is_empty() {
        return Ok(None);
    }
    catalog::crawl::Exclusions::of_table(location, &globs).map(|globs| Some(Arc::new(globs)))
}

/// A key as seen from a folder; the name of the object when the location is the object itself.
fn relative<'a>(folder: &Location, key: &'a str) -> &'a str {
    match key.strip_prefix(folder.key.trim_end_matches('/')).map(|rest| rest.trim_start_matches('/')) {
        None => key,
        Some("") => key.rsplit('/').next().unwrap_or(key),
        Some(rest) => rest,
    }
}

/// The deepest folder that all of these folders are in.
fn common_folder<'a>(mut folders: impl Iterator<Item = &'a str>) -> &'a str {
    let Some(first) = folders.next() else { return "" };
    let shared = folders
        .fold(first.len(), |shared, folder| first.bytes().zip(folder.bytes()).take(shared).take_while(|(a, b)| a == b).count());
    // A slash is a byte of its own in UTF-8, so this cuts no character.
    let end = first.as_bytes()[..shared].iter().rposition(|byte| *byte == b'/').map_or(0, |slash| slash + 1);
    &first[..end]
}

fn within(root: &Location, folder: &Location) -> bool {
    root.scheme == folder.scheme && root.bucket == folder.bucket && folder.key.starts_with(&root.key)
}

fn data_objects<'a>(
    folder: &'a Location,
    objects: &'a [Object],
    exclusions: &'a Exclusions,
    root: &'a Location,
) -> impl Iterator<Item = &'a Object> {
    objects.iter().filter(move |object| {
        left_out::by_name(relative(folder, &object.key), object.size).is_none()
            && exclusions.as_ref().is_none_or(|globs| globs.matching(relative(root, &object.key)).is_none())
    })
}

fn file(folder: &Folder, object: &Object) -> LakeFile {
    LakeFile {
        location: Location { key: object.key.clone(), ..folder.location.clone() },
        size: object.size,
        etag: object.etag.clone(),
        modified: object.modified,
        keys: Arc::clone(&folder.keys),
        format: Arc::clone(&folder.format),
        logged: None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folders_have_a_folder_in_common() {
        for (folders, common) in [
            (&["t/2024/01/01/", "t/2024/01/02/"][..], "t/2024/01/"),
            (&["t/2024/01/", "t/2024/01/"], "t/2024/01/"),
            (&["t/a/", "t/a/b/"], "t/a/"),
            (&["t/ä/", "t/ö/"], "t/"),
            (&["a/", "b/"], ""),
            (&[], ""),
        ] {
            assert_eq!(common_folder(folders.iter().copied()), common, "{folders:?}");
        }
    }
}
